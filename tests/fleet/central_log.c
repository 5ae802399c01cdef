/* central_log.c: the lines in which Apex Central tells how its agents are, in the Common Event Format: the keys are
 * those of the vendor's guide (800101 and 800102). It sends nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "behaviours.h"
#include "central.h"
#include "console.h"

#define PAGE_LINES  1000
#define HUGE_EVERY  50 /* lines: a page of huge ones would have 100 MB */
#define ODD_SORTS   4
#define TWICE_EVERY 20 /* lines: with all of them, a second would not fit on a page */

/* One line, and what becomes of it. */
struct line {
    const struct record *record;
    const struct central_log *log;
    const char *host; /* that tells it */
    enum twist twist;
    time_t time;
    size_t number; /* on its page */
};

/* Adds a key, its value escaped; no value, no key. */
static void add(FILE *out, const char *key, const char *value)
{
    if (!value)
        return;
    fprintf(out, " %s=", key);
    for (; *value; value++) {
        if (*value == '\\' || *value == '=')
            putc('\\', out);
        putc(*value, out);
    }
}

static void add_labelled(FILE *out, const char *key, const char *label, const char *value)
{
    char name[16];

    snprintf(name, sizeof name, "%sLabel", key);
    add(out, name, value ? label : NULL);
    add(out, key, value);
}

static void add_status(FILE *out, const struct line *line, const char *usual_connection, const char *usual_age)
{
    static const char *const odd[] = { "77", "-1", "99999999999999999999", "", "1.5" };
    static const char *const wrong[] = { "many", "true" };
    const struct record *record = line->record;
    const bool engine = line->log->engine;
    const char *connection = record_get(record, "cn1", usual_connection);
    const char *age = record_get(record, engine ? "engine.cn3" : "cn3", usual_age);
    const char *version = record_get(record, engine ? "engine.cs5" : "cs5", engine ? "22.620.1016" : "19.429.80");

    if (line->twist == TWIST_ODD_VALUES) {
        connection = odd[line->number % 5];
        age = odd[(line->number + 1) % 5];
    } else if (line->twist == TWIST_TYPES) {
        connection = age = wrong[line->number % 2];
    }
    add_labelled(out, "cn1", "Connection_Status", connection);
    add_labelled(out, "cn2", engine ? "Engine" : "Pattern/Rule", engine ? "4096" : "2048");
    add_labelled(out, "cs5", engine ? "Engine_Version" : "Pattern/Rule_Version", version);
    add_labelled(out, "cn3", engine ? "Engine_Status" : "Pattern/Rule_Status", age);
    add_labelled(out, "cs6", "AUComponent_Type", engine ? "1" : "2");
}

static void add_head(FILE *out, const struct line *line)
{
    const size_t odd = line->twist == TWIST_ODD_LINES ? line->number % ODD_SORTS : ODD_SORTS;
    const char *event = line->log->engine ? "800102|Engine Update Status" : "800101|Pattern Update Status";
    char time[64];
    struct tm parts;

    gmtime_r(&line->time, &parts);
    strftime(time, sizeof time, "%b %d %Y %H:%M:%S GMT+00:00", &parts);
    if (odd == 0)
        fprintf(out, "CEF:7|Trend Micro|Apex Central|2031|%s|3|rt=%s", event, time);
    else if (odd == 1)
        fprintf(out, "CEF:0|Trend Micro|Apex Central|2019|899999|Status Of Nothing|3|rt=%s", time);
    else if (odd == 2)
        fprintf(out, "CEF:0|Trend Micro|Apex Central|2019|%s|3|rt=%s cs99Label=Colour cs99=red xyzzy=1", event, time);
    else
        fprintf(out, "CEF:0|Trend Micro|Apex Central|2019|%s|3|rt=%s", event, time);
}

static void write_line(FILE *out, const struct line *line)
{
    const struct record *record = line->record;
    const char *folder = record_get(record, "folder", "Workgroup");
    const bool huge = line->twist == TWIST_HUGE && line->number % HUGE_EVERY == 0;
    struct record_identity who;

    if (line->twist == TWIST_ODD_LINES && line->number % ODD_SORTS == 3) {
        fprintf(out, "Nov 22 10:00:00 apex-central last message repeated 3 times");
        return;
    }
    record_identify(record, &who);
    add_head(out, line);
    add(out, "shost", huge ? hostile_huge_text() : record_get(record, "host", who.name));
    if (!line->log->engine)
        add_labelled(out, "cs1", "Operating_System", "Windows 10");
    add_labelled(out, "cs2", "Product/Endpoint_IP", record_get(record, "address", who.address));
    if (!line->log->engine) {
        add_labelled(out, "cs3", "Update_Agent", "0");
        add_labelled(out, "cs4", "Domain", folder);
    }
    add_status(out, line, "1", "1");
    add(out, "deviceFacility", "Apex One");
    add(out, "msg", line->log->engine ? "Virus Scan Engine (Windows, 64-bit)" : "Virus Pattern");
    add(out, "deviceNtDomain", record_get(record, "domain", NULL));
    add(out, "dntdom", folder);
    add(out, "ApexCentralHost", line->host);
    add(out, "devicePayloadId", who.guid);
}

static int add_line(json_t *lines, struct line *line)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return -1;
    write_line(out, line);
    json_t *json = fclose(out) != 0                                      ? NULL
                   : line->twist == TWIST_TYPES && line->number % 3 == 1 ? json_integer((json_int_t)line->number)
                                                                         : json_string(text);
    free(text);
    line->number++;
    return json_array_append_new(lines, json);
}

/* Adds what a page has. Without an end, records come again and again, later each time. Returns 0 or -1. */
static int add_lines(const struct conn *conn, struct line *line, time_t since, json_t *lines)
{
    const struct console *console = conn->target->console;
    const bool endless = line->twist == TWIST_ENDLESS;
    const time_t now = time(NULL);
    const struct record *record = records_next(console->records, NULL);
    int result = 0;
    bool any = false;

    while (record && line->number < PAGE_LINES && result == 0) {
        const time_t told = endless ? since + 1 + (time_t)(line->number / RECORDS_A_SECOND_MAX) : record_time(record);
        if (record_is_shown(record, console->generated) && told >= since && (endless || told <= now)) {
            line->record = record;
            line->time = told;
            result = add_line(lines, line);
            if (line->twist == TWIST_DUPLICATES && line->number % TWICE_EVERY == 0 && line->number < PAGE_LINES &&
                result == 0)
                result = add_line(lines, line);
            any = true;
        }
        record = records_next(console->records, record);
        if (!record && endless && any)
            record = records_next(console->records, NULL);
    }
    return result;
}

json_t *central_log_page(const struct conn *conn, const struct central_log *log, time_t since)
{
    const struct console *console = conn->target->console;
    struct line line = { .log = log, .host = conn->target->name, .twist = conn->behaviour->twist, .time = since };
    json_t *lines = json_array();

    records_lock(console->records);
    const int result = lines ? add_lines(conn, &line, since, lines) : -1;
    records_unlock(console->records);
    if (result < 0) {
        json_decref(lines);
        return NULL;
    }
    return json_pack("{s:{s:s,s:o,s:{s:I,s:i}}}", "Data", "Next", "", "Logs", lines, "NextPage", "SinceTime",
                     (json_int_t)line.time, "PageToken", 0);
}

/* --probe: gathers what was asked, then shows it, as text or as JSON. It judges nothing: the store does. */
#include "daemon/inspect.h"

#include "core/checks.h"
#include "core/guidance.h"
#include "core/line.h"
#include "core/notes.h"
#include "core/record.h"
#include "daemon/log.h"
#include "daemon/sweep.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One driver's answer: the questions, and what the whole has shown. */
static json_t *json_of_answer(const struct probe_answer *answer)
{
    json_t *questions = json_array();
    const struct transcript *transcript = answer->transcript;

    for (size_t i = 0; transcript && i < transcript_count(transcript); i++) {
        const struct transcript_entry *entry = transcript_at(transcript, i);
        json_t *question = json_pack("{s:s, s:s, s:s, s:I}", "question", entry->question, "answer", entry->answer,
                                     "cause", cause_name(entry->cause), "time_ms", (json_int_t)entry->time_ms);
        json_array_append_new(questions, question);
    }
    return json_pack("{s:s, s:s, s:I, s:s, s:o, s:b}", "driver", driver_name(answer->observation.driver), "cause",
                     cause_name(answer->observation.cause), "time_ms", (json_int_t)answer->observation.rtt_ms, "detail",
                     answer->detail, "questions", questions, "complete", transcript && transcript_is_whole(transcript));
}

enum { REFERENCE_NAME_BYTES = 300 };

/* What is gathered while the sweep runs. */
struct inspection {
    uint32_t agent, server; /* indexes */
    json_t *answers;
    json_t *of_sources;    /* by name, each the source's answers; which of them are the agent's is known in the end */
    json_t *of_references; /* by HOST:PORT, each the reference server's answer; they come in any order */
    struct probing *probing;
};

static void keep_source(struct inspection *inspection, const struct probe_answer *answer)
{
    const struct source_row *source = store_source(probing_store(inspection->probing), answer->observation.index);
    if (source)
        json_object_set_new(inspection->of_sources, source->identity->name, json_of_answer(answer));
}

/* The sources of the agent's list, behind what the others said. */
static void add_sources(struct inspection *inspection, const struct agent_row *agent)
{
    const struct store *store = probing_store(inspection->probing);
    uint32_t index = 0;
    for (const struct source_row *source; (source = store_next_source(store, index)); index = source->index) {
        json_t *answer = json_object_get(inspection->of_sources, source->identity->name);
        if (!answer || !store_lists_source(store, agent, source))
            continue;
        json_object_set_new(answer, "source", json_string(source->identity->name));
        json_array_append(inspection->answers, answer);
    }
}

/* By the host and port that it was asked at. */
static void name_reference(const struct reference_row *reference, char *buffer, size_t bytes)
{
    const char *host = text_chars(reference->host);
    const bool bracket = strchr(host, ':');
    snprintf(buffer, bytes, "%s%s%s:%u", bracket ? "[" : "", host, bracket ? "]" : "", reference->port);
}

static void keep_reference(struct inspection *inspection, const struct probe_answer *answer)
{
    const struct store *store = probing_store(inspection->probing);
    const struct reference_row *reference = store_reference(store, answer->observation.index);
    char name[REFERENCE_NAME_BYTES];
    if (!reference)
        return;
    name_reference(reference, name, sizeof name);
    json_object_set_new(inspection->of_references, name, json_of_answer(answer));
}

/* In the order in which the agent tries them. */
static void add_references(struct inspection *inspection)
{
    const struct store *store = probing_store(inspection->probing);
    uint32_t index = 0;
    for (const struct reference_row *reference; (reference = store_reference(store, ++index));) {
        char name[REFERENCE_NAME_BYTES];
        name_reference(reference, name, sizeof name);
        json_t *answer = json_object_get(inspection->of_references, name);
        if (!answer)
            continue;
        json_object_set_new(answer, "referenceServer", json_string(name));
        json_array_append(inspection->answers, answer);
    }
}

static void on_answer(void *user, const struct probe_answer *answer)
{
    struct inspection *inspection = user;
    const struct observation *observation = &answer->observation;
    const bool of_agent = observation->subject == SUBJECT_AGENT && observation->index == inspection->agent;
    const bool of_server = observation->subject == SUBJECT_SERVER && observation->index == inspection->server;

    if (of_agent || of_server)
        json_array_append_new(inspection->answers, json_of_answer(answer));
    else if (observation->subject == SUBJECT_COLLECTOR) /* sscfg.ini, which the agent's file is held against */
        json_array_insert_new(inspection->answers, 0, json_of_answer(answer));
    else if (observation->subject == SUBJECT_SOURCE)
        keep_source(inspection, answer);
    else if (observation->subject == SUBJECT_REFERENCE)
        keep_reference(inspection, answer);
}

/* The records, and the agent that they are of. */
struct recollection {
    json_t *records;
    enum side server_side;
};

/* What is true, false or not known. */
static json_t *json_of_tri(bool known, bool value)
{
    return known ? json_boolean(value) : json_null();
}

/* What a console has on record of the agent. */
static void on_record(void *user, const struct console_config *console, const struct roster_entry *entry)
{
    const struct recollection *recollection = user;
    const enum recorded recorded = entry->recorded ? (enum recorded)entry->recorded : RECORDED_UNKNOWN;
    const bool has_pattern = entry->pattern && entry->pattern != CONSOLE_AGE_ODD;
    const bool has_engine = entry->engine && entry->engine != CONSOLE_AGE_ODD;
    static const char *const kinds[ROSTER_KINDS] = {
        [ROSTER_LISTED] = "listed", [ROSTER_GONE] = "vanished", [ROSTER_RECORD] = "notListed"
    };
    const time_t written = (time_t)(entry->recorded_wall_ms / 1000);
    char time[32] = "";
    struct tm parts;
    if (written && gmtime_r(&written, &parts))
        strftime(time, sizeof time, "%FT%TZ", &parts);
    json_array_append_new(
        recollection->records,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:s, s:o}", "driver", driver_name(console->driver),
                  "console", console->name, "inventory", kinds[entry->kind], "server", entry->server, "recorded",
                  recorded_name(recorded), "time", time, "contradicted",
                  record_is_contradicted(recorded, recollection->server_side), "patternVersion", entry->pattern_version,
                  "versionsBehind", has_pattern ? json_integer(entry->pattern - 1) : json_null(), "engineVersion",
                  entry->engine_version, "engineUpToDate", json_of_tri(has_engine, entry->engine == 1)));
}

static json_t *names_of(uint32_t conditions)
{
    json_t *names = json_array();
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        if (conditions & CONDITION_BIT(condition))
            json_array_append_new(names, json_string(condition_name(condition)));
    return names;
}

static void add_steps(json_t *steps, uint32_t subject, enum language language)
{
    size_t n;
    const struct guidance *all = guidance_all(&n);
    for (size_t i = 0; i < n; i++)
        if (all[i].subject == subject)
            json_array_append_new(steps, json_string(all[i].text[language]));
}

/* What to do about each condition that holds. */
static json_t *guidance_of(const struct verdict *verdict, enum language language)
{
    json_t *guidance = json_array();
    for (enum condition condition = 0; condition < CONDITIONS; condition++) {
        if (!(verdict->conditions & CONDITION_BIT(condition)))
            continue;
        json_t *steps = json_array();
        add_steps(steps, guidance_subject(condition_icon(condition), (enum diagnosis)verdict->diagnosis), language);
        json_array_append_new(guidance,
                              json_pack("{s:s, s:o}", "condition", condition_name(condition), "steps", steps));
    }
    return guidance;
}

static json_t *json_of_side(const struct agent_row *agent, enum axis axis, const struct contact *contact)
{
    return json_pack("{s:s, s:s, s:I}", "state", side_name((enum side)agent->dampers[axis].believed), "cause",
                     cause_name(contact->mono_ms ? (enum cause)contact->cause : CAUSE_UNKNOWN), "time_ms",
                     (json_int_t)contact->rtt_ms);
}

/* Facts about which the sources contradict each other. */
static json_t *disagreements_of(const struct agent_row *agent)
{
    static const char *const facts[DISAGREEMENTS] = {
        [DISAGREE_MODE] = "mode",
        [DISAGREE_RTS_POLICY] = "realTimeScanPolicy",
        [DISAGREE_RTS_SERVICE] = "realTimeScanService",
        [DISAGREE_SCAN_METHOD] = "scanMethod",
        [DISAGREE_PATTERN] = "pattern",
        [DISAGREE_LOCATION] = "location",
        [DISAGREE_SMART_PROTECTION] = "smartProtection",
        [DISAGREE_TMUSA] = "tmusa",
        [DISAGREE_AGENT_SIDE] = "agentSide",
        [DISAGREE_RESOLVED] = "resolvedServer",
        [DISAGREE_OWN] = "addresses",
    };
    json_t *names = json_array();
    for (unsigned at = 0; at < DISAGREEMENTS; at++)
        if (agent->disagreements & DISAGREE_BIT(at))
            json_array_append_new(names, json_string(facts[at]));
    return names;
}

enum { CHECK_SHOWN_BYTES = 1024 };

/* What the checks of Smart Protection have found. */
static json_t *checks_of(const struct agent_row *agent, const struct snapshot *snapshot)
{
    static const char *const results[] = {
        [RESULT_UNKNOWN] = "unknown",
        [RESULT_OK] = "ok",
        [RESULT_FAILED] = "failed",
        [RESULT_NOT_APPLICABLE] = "notApplicable",
    };
    json_t *checks = json_array();
    for (unsigned check = 1; check <= SMART_CHECKS; check++) {
        const enum check_result result = finding_result(agent->verdict.findings[check - 1]);
        char text[CHECK_SHOWN_BYTES];
        check_text(text, sizeof text, snapshot, agent, (enum smart_check)check);
        json_array_append_new(checks, json_pack("{s:s, s:s, s:s}", "check", smart_check_name((enum smart_check)check),
                                                "result", results[result], "text", text));
    }
    return checks;
}

/* What the agent says of where it is; unknown while it says nothing. */
static enum location found_location(const struct agent_row *agent)
{
    const struct fact_value *found = &agent->evidence.known.facts[FACT_LOCATION];
    return found->mono_ms ? (enum location)found->value : LOCATION_UNKNOWN;
}

static json_t *json_of_verdict(const struct agent_row *agent, const struct snapshot *snapshot)
{
    const enum language language = snapshot->collector.language;
    char note[REPORT_TEXT_BYTES];
    notes_text(note, sizeof note, language, &agent->evidence, (enum location)agent->verdict.expected_location,
               agent->identity->asked);
    const struct verdict *verdict = &agent->verdict;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:o}", "icon",
                     icon_name((enum icon)verdict->icon), "severity", severity_name((enum severity)verdict->severity),
                     "diagnosis", diagnosis_name((enum diagnosis)verdict->diagnosis), "conditions",
                     names_of(verdict->conditions), "unknowns", names_of(verdict->unknowns), "serverSide",
                     json_of_side(agent, AXIS_SERVER_SIDE, &agent->evidence.server_side), "agentSide",
                     json_of_side(agent, AXIS_AGENT_SIDE, &agent->evidence.known.agent_side), "presence",
                     presence_name((enum presence)agent->dampers[AXIS_PRESENCE].believed), "location",
                     location_name(found_location(agent)), "expectedLocation",
                     location_name((enum location)verdict->expected_location), "note", note, "disagreements",
                     disagreements_of(agent), "checks", checks_of(agent, snapshot));
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Good is a word of its own for people. */
static const char *cause_of(const json_t *answer)
{
    const char *cause = text_of(answer, "cause");
    return strcmp(cause, cause_name(CAUSE_NONE)) == 0 ? "answered" : cause;
}

enum { ANSWER_SHOWN_BYTES = 800 }; /* all of it is in the JSON */

static void print_answer(const json_t *answer)
{
    size_t i;
    const json_t *question;

    const char *whom = *text_of(answer, "source") ? text_of(answer, "source") : text_of(answer, "referenceServer");

    printf("\n%s%s%s: %s, %lld ms%s%s\n", text_of(answer, "driver"), *whom ? " " : "", whom, cause_of(answer),
           number_of(answer, "time_ms"), *text_of(answer, "detail") ? ": " : "", text_of(answer, "detail"));
    json_array_foreach(json_object_get(answer, "questions"), i, question)
    {
        const char *text = text_of(question, "answer");
        size_t shown = strlen(text);
        if (shown > ANSWER_SHOWN_BYTES)
            for (shown = ANSWER_SHOWN_BYTES; shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80; shown--)
                ;
        printf("  %s\n    %s, %lld ms%s%.*s%s\n", text_of(question, "question"), cause_of(question),
               number_of(question, "time_ms"), *text ? ": " : "", (int)shown, text, text[shown] ? " ..." : "");
    }
    if (!json_is_true(json_object_get(answer, "complete")))
        printf("  (some questions are missing here: out of memory)\n");
}

static void print_names(const char *title, const json_t *names)
{
    size_t i;
    const json_t *name;

    printf("  %-14s", title);
    json_array_foreach(names, i, name) printf(" %s", json_string_value(name));
    printf("%s\n", json_array_size(names) ? "" : " none");
}

static void print_side(const char *title, const json_t *side)
{
    printf("  %-14s %s", title, text_of(side, "state"));
    if (strcmp(text_of(side, "state"), side_name(SIDE_OFFLINE)) == 0)
        printf(" (%s)", text_of(side, "cause"));
    else if (number_of(side, "time_ms") > 0)
        printf(", %lld ms", number_of(side, "time_ms"));
    putchar('\n');
}

enum { BEHIND_MAX = 6 }; /* or more */

static void print_record(const json_t *record)
{
    printf("\n%s %s: %s\n", text_of(record, "driver"), text_of(record, "console"), text_of(record, "inventory"));
    const char *pattern = text_of(record, "patternVersion"), *engine = text_of(record, "engineVersion");
    const json_t *is_new = json_object_get(record, "engineUpToDate");
    const long long behind = number_of(record, "versionsBehind");
    if (*text_of(record, "server"))
        printf("  server: %s\n", text_of(record, "server"));
    printf("  on record: %s%s%s%s\n", text_of(record, "recorded"), *text_of(record, "time") ? ", since " : "",
           text_of(record, "time"), json_is_true(json_object_get(record, "contradicted")) ? ", contradicted" : "");
    if (!json_is_null(json_object_get(record, "versionsBehind")))
        printf("  pattern%s%s: %s%lld version%s behind\n", *pattern ? " " : "", pattern,
               behind == BEHIND_MAX ? "at least " : "", behind, behind == 1 ? "" : "s");
    if (!json_is_null(is_new))
        printf("  engine%s%s: %s\n", *engine ? " " : "", engine,
               json_is_true(is_new) ? "up to date" : "not up to date");
}

static void print_text(const json_t *whole)
{
    const json_t *agent = json_object_get(whole, "agent"), *verdict = json_object_get(whole, "verdict");
    const json_t *answer, *guidance, *step;
    size_t i, j;

    printf("%s (agent %lld, %s%s%s)\n", text_of(agent, "name"), number_of(agent, "index"), text_of(agent, "address"),
           *text_of(agent, "group") ? ", " : "", text_of(agent, "group"));
    json_array_foreach(json_object_get(whole, "probes"), i, answer) print_answer(answer);
    const json_t *record;
    json_array_foreach(json_object_get(whole, "records"), i, record) print_record(record);
    printf("\nverdict: %s (%s)\n", text_of(verdict, "icon"), text_of(verdict, "severity"));
    print_names("conditions", json_object_get(verdict, "conditions"));
    print_names("unknown", json_object_get(verdict, "unknowns"));
    printf("  %-14s %s\n", "diagnosis", text_of(verdict, "diagnosis"));
    print_side("server side", json_object_get(verdict, "serverSide"));
    print_side("agent side", json_object_get(verdict, "agentSide"));
    printf("  %-14s %s\n", "presence", text_of(verdict, "presence"));
    printf("  %-14s %s (expected: %s)\n", "location", text_of(verdict, "location"),
           text_of(verdict, "expectedLocation"));
    if (json_array_size(json_object_get(verdict, "disagreements")))
        print_names("disagreements", json_object_get(verdict, "disagreements"));
    if (*text_of(verdict, "note"))
        printf("  %-14s %s\n", "note", text_of(verdict, "note"));
    const json_t *check;
    json_array_foreach(json_object_get(verdict, "checks"), i, check)
    {
        printf("  %-14s %s: %s%s%s\n", "check", text_of(check, "check"), text_of(check, "result"),
               *text_of(check, "text") ? ": " : "", text_of(check, "text"));
    }
    json_array_foreach(json_object_get(whole, "guidance"), i, guidance)
    {
        printf("\n%s: what to do\n", text_of(guidance, "condition"));
        json_array_foreach(json_object_get(guidance, "steps"), j, step)
            printf("  %zu. %s\n", j + 1, json_string_value(step));
    }
}

/* Shows the whole; false: it could not be put together or printed. */
static bool show(const struct agent_row *agent, json_t *answers, json_t *records, struct probing *probing,
                 enum language language, bool json)
{
    const struct agent_identity *identity = agent->identity;
    struct snapshot *snapshot = store_publish(probing_store(probing), &(struct collector_info){ .language = language });
    json_t *whole =
        snapshot ? json_pack("{s:{s:s, s:I, s:s, s:s, s:s}, s:O, s:O, s:o, s:o}", "agent", "name", identity->name,
                             "index", (json_int_t)agent->index, "address", identity->address, "group", identity->group,
                             "guid", identity->guid, "probes", answers, "records", records, "verdict",
                             json_of_verdict(agent, snapshot), "guidance", guidance_of(&agent->verdict, language))
                 : NULL;
    snapshot_unref(snapshot);
    if (!whole)
        return false;
    if (!json)
        print_text(whole);
    else if (json_dumpf(whole, stdout, JSON_INDENT(2)) == 0)
        putchar('\n');
    json_decref(whole);
    return fflush(stdout) == 0 && !ferror(stdout);
}

/* The worst of this agent alone. */
static int exit_code_of(const struct verdict *verdict)
{
    return verdict->conditions ? EXIT_CONDITION : verdict->unknowns ? EXIT_UNKNOWN : EXIT_HEALTHY;
}

int inspect_run(const struct config *config, const char *name, bool json)
{
    struct probing *probing = NULL;
    struct inspection inspection = { .answers = json_array(),
                                     .of_sources = json_object(),
                                     .of_references = json_object() };
    json_t *records = json_array();
    int code = EXIT_FAILED;

    if (!records || !inspection.answers || !inspection.of_sources || !inspection.of_references ||
        sweep_new(config, &probing) < 0)
        goto done;
    inspection.agent = probing_find_agent(probing, name);
    const struct agent_row *agent = inspection.agent ? store_agent(probing_store(probing), inspection.agent) : NULL;
    if (!agent) {
        const size_t namesakes = probing_namesakes(probing, name);
        if (namesakes)
            log_write(LOG_ERR, "%zu agents are called %s", namesakes, name);
        else
            log_write(LOG_ERR, "there is no agent %s, neither in the configuration nor in a console that could be read",
                      name);
        goto done;
    }
    inspection.server = agent->identity->server;
    inspection.probing = probing;
    probing_show(probing, on_answer, &inspection);
    if (sweep_run(probing, inspection.agent) < 0)
        goto done;
    agent = store_agent(probing_store(probing), inspection.agent);
    add_sources(&inspection, agent);
    add_references(&inspection);
    struct recollection recollection = { records, (enum side)agent->dampers[AXIS_SERVER_SIDE].believed };
    probing_records(probing, inspection.agent, on_record, &recollection);
    if (show(agent, inspection.answers, records, probing, config->language, json))
        code = exit_code_of(&agent->verdict);
    else
        log_write(LOG_ERR, "the result could not be printed");
done:
    probing_free(probing);
    json_decref(inspection.answers);
    json_decref(inspection.of_sources);
    json_decref(inspection.of_references);
    json_decref(records);
    return code;
}

/* Turns the rows of the inventory's CSV file into agents. A bad row harms no other, and changes nothing. */
#include "inventory.h"

#include "csv_reader.h"
#include "probes/ini.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_BYTES_MAX = 256 << 20, TEXT_BYTES_MAX = 255, TOLD_MAX = 20 };

enum column { COLUMN_NAME, COLUMN_ADDRESS, COLUMN_PORT, COLUMN_GUID, COLUMN_GROUP, COLUMN_SERVER, COLUMNS };

struct rows {
    struct inventory *inventory;
    const struct inventory_context *context;
    const char *file;
    const char *headings[COLUMNS];
    size_t positions[COLUMNS]; /* SIZE_MAX: not in this file */
    size_t rejected;
    const char *group; /* the last one, as neighbours mostly share theirs */
};

__attribute__((format(printf, 4, 5))) static int reject(struct rows *rows, unsigned line, const char *column,
                                                        const char *format, ...)
{
    char what[1024];
    va_list list;

    if (rows->rejected++ < TOLD_MAX) {
        va_start(list, format);
        vsnprintf(what, sizeof what, format, list);
        va_end(list);
        config_fault_at(rows->context->faults, false, rows->file, line, column, "%s", what);
    }
    return 0;
}

static bool is_mandatory(enum column column)
{
    return column == COLUMN_NAME || column == COLUMN_ADDRESS;
}

/* Finds the columns. False: one is missing or there twice, which is fatal. */
static bool read_headings(struct rows *rows, const struct csv_record *record)
{
    struct config_faults *faults = rows->context->faults;
    bool good = !record->wrong;

    if (record->wrong)
        config_fault_at(faults, true, rows->file, record->line, "", "%s", record->wrong);
    for (enum column c = 0; !record->wrong && c < COLUMNS; c++) {
        size_t times = 0;

        rows->positions[c] = SIZE_MAX;
        for (size_t i = 0; *rows->headings[c] && i < record->n; i++) {
            if (strcasecmp(record->fields[i], rows->headings[c]) != 0)
                continue;
            rows->positions[c] = i;
            times++;
        }
        if (times > 1 || (times == 0 && is_mandatory(c))) {
            config_fault_at(faults, true, rows->file, record->line, rows->headings[c],
                            times ? "given twice" : "missing");
            good = false;
        }
    }
    return good;
}

/* The first of the addresses in a field. Returns what is wrong, or NULL. */
static const char *first_address(const char *field, char address[TEXT_BYTES_MAX + 1])
{
    static const char separators[] = ", ;";
    size_t bytes;

    field += strspn(field, separators);
    bytes = strcspn(field, separators);
    if (bytes == 0)
        return "empty";
    if (bytes > TEXT_BYTES_MAX)
        return "longer than 255 bytes";
    memcpy(address, field, bytes);
    address[bytes] = '\0';
    return option_host_fault(address);
}

/* Keeps the row's texts. 0 or -ENOMEM. */
static int keep(struct rows *rows, unsigned line, struct agent_config *agent)
{
    struct config_memory *memory = rows->context->memory;

    if (strcmp(rows->group, agent->group) != 0)
        rows->group = config_memory_text(memory, agent->group);
    agent->group = rows->group;
    agent->name = config_memory_text(memory, agent->name);
    agent->guid = config_memory_text(memory, agent->guid);
    agent->address = config_memory_text(memory, agent->address);
    agent->where = config_memory_format(memory, "%s: line %u", rows->file, line);
    if (!agent->group || !agent->name || !agent->guid || !agent->address || !agent->where) {
        rows->group = "";
        return -ENOMEM;
    }
    return inventory_add(rows->inventory, agent);
}

static int read_row(struct rows *rows, const struct csv_record *record)
{
    const char *const *headings = rows->headings, *wrong;
    const char *fields[COLUMNS];
    char address[TEXT_BYTES_MAX + 1];
    const struct inventory *inventory = rows->inventory;
    struct agent_config agent;
    uint32_t at;
    uint64_t port = 0;

    if (record->wrong)
        return reject(rows, record->line, "", "%s", record->wrong);
    for (enum column c = 0; c < COLUMNS; c++) {
        bool there = rows->positions[c] < record->n;

        if (!there && is_mandatory(c))
            return reject(rows, record->line, headings[c], "missing");
        fields[c] = there ? record->fields[rows->positions[c]] : "";
        if (c != COLUMN_ADDRESS && strlen(fields[c]) > TEXT_BYTES_MAX)
            return reject(rows, record->line, headings[c], "longer than %d bytes", TEXT_BYTES_MAX);
        if (ini_has_control(fields[c]))
            return reject(rows, record->line, headings[c], "has a control character");
    }
    wrong = inventory_name_fault(fields[COLUMN_NAME]);
    if (wrong)
        return reject(rows, record->line, headings[COLUMN_NAME], "%s", wrong);
    wrong = first_address(fields[COLUMN_ADDRESS], address);
    if (wrong)
        return reject(rows, record->line, headings[COLUMN_ADDRESS], "%s", wrong);
    if (*fields[COLUMN_PORT] &&
        (option_read_number(fields[COLUMN_PORT], strlen(fields[COLUMN_PORT]), 65535, &port) || port == 0))
        return reject(rows, record->line, headings[COLUMN_PORT], "\"%s\" is not a number from 1 to 65535",
                      fields[COLUMN_PORT]);
    agent = (struct agent_config){ .name = fields[COLUMN_NAME],
                                   .guid = fields[COLUMN_GUID],
                                   .group = fields[COLUMN_GROUP],
                                   .address = address,
                                   .port = (unsigned)port,
                                   .server = "" };
    if (*fields[COLUMN_SERVER]) {
        agent.server = inventory_server(rows->context, fields[COLUMN_SERVER]);
        if (!agent.server)
            return reject(rows, record->line, headings[COLUMN_SERVER], "there is no [server %s]",
                          fields[COLUMN_SERVER]);
    }
    at = inventory_find_name(inventory, agent.name);
    if (at != TEXT_INDEX_END)
        return reject(rows, record->line, headings[COLUMN_NAME], "the same as in %s", inventory->agents[at].where);
    at = inventory_find_guid(inventory, agent.guid);
    if (at != TEXT_INDEX_END)
        return reject(rows, record->line, headings[COLUMN_GUID], "the same as in %s", inventory->agents[at].where);
    return keep(rows, record->line, &agent);
}

static int read_rows(struct rows *rows, struct csv_reader *reader)
{
    struct config_faults *faults = rows->context->faults;
    struct csv_record record;
    int r = csv_reader_next(reader, &record);

    if (r == 0)
        config_fault_at(faults, true, rows->file, 0, "", "empty");
    if (r <= 0 || !read_headings(rows, &record))
        return r < 0 ? r : 0;
    while ((r = csv_reader_next(reader, &record)) > 0) {
        r = read_row(rows, &record);
        if (r)
            return r;
    }
    if (rows->rejected > TOLD_MAX)
        config_fault_at(faults, false, rows->file, 0, "", "%zu more rows are faulty", rows->rejected - TOLD_MAX);
    rows->inventory->rows_rejected = rows->rejected;
    return r;
}

int inventory_read_csv(struct inventory *inventory, const struct inventory_settings *settings,
                       const struct inventory_context *context)
{
    struct rows rows = {
        .inventory = inventory,
        .context = context,
        .file = settings->csv,
        .group = "",
        .headings = { [COLUMN_NAME] = settings->column_name,
                      [COLUMN_ADDRESS] = settings->column_address,
                      [COLUMN_PORT] = settings->column_port,
                      [COLUMN_GUID] = settings->column_guid,
                      [COLUMN_GROUP] = settings->column_group,
                      [COLUMN_SERVER] = settings->column_server },
    };
    struct csv_reader *reader = NULL;
    char *text = NULL;
    size_t bytes;
    int r = ini_read_file(settings->csv, FILE_BYTES_MAX, &text, &bytes);

    if (r == -ENOMEM)
        return r;
    if (r) {
        config_fault(context->faults, "inventory", "csv", "%s: %s", settings->csv, config_file_fault(r));
        return 0;
    }
    r = csv_reader_new(text, bytes, settings->encoding, &reader);
    if (r == -ENOTSUP)
        config_fault(context->faults, "inventory", "encoding", "this system can not convert %s", settings->encoding);
    else if (r == -EILSEQ)
        config_fault_at(context->faults, true, rows.file, 0, "", "not text in %s: it has NUL bytes",
                        settings->encoding);
    else if (!r)
        r = read_rows(&rows, reader);
    csv_reader_free(reader);
    free(text);
    return r == -ENOTSUP || r == -EILSEQ ? 0 : r;
}

/* The sweep of -1, and how its outcome is shown. */
#include "daemon/once.h"

#include "daemon/log.h"
#include "daemon/sweep.h"

#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static void names_of(uint32_t conditions, char *buffer, size_t bytes)
{
    size_t length = 0;
    buffer[0] = 0;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        if (conditions & CONDITION_BIT(condition) && length < bytes)
            length +=
                (size_t)snprintf(buffer + length, bytes - length, "%s%s", length ? " " : "", condition_name(condition));
}

static int add_agent(struct libscols_table *table, const struct agent_row *agent)
{
    const struct contact *server_side = &agent->evidence.server_side;
    char conditions[256], unknowns[256], rtt[16];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (!line)
        return -1;
    names_of(agent->verdict.conditions, conditions, sizeof conditions);
    names_of(agent->verdict.unknowns, unknowns, sizeof unknowns);
    snprintf(rtt, sizeof rtt, "%" PRIu32, server_side->rtt_ms);
    const char *const cells[] = {
        agent->identity->name,
        agent->identity->group,
        agent->identity->address,
        icon_name(agent->verdict.icon),
        severity_name(agent->verdict.severity),
        diagnosis_name(agent->verdict.diagnosis),
        side_name(agent->dampers[AXIS_SERVER_SIDE].believed),
        cause_name(server_side->mono_ms ? server_side->cause : CAUSE_UNKNOWN),
        server_side->mono_ms ? rtt : "",
        side_name(agent->dampers[AXIS_AGENT_SIDE].believed),
        presence_name(agent->dampers[AXIS_PRESENCE].believed),
        conditions,
        unknowns,
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (scols_line_set_data(line, i, cells[i]) < 0)
            return -1;
    return 0;
}

static int print_fleet(const struct store *store, bool json)
{
    static const char *const columns[] = { "agent",     "group",      "address", "icon",   "severity",
                                           "diagnosis", "serverSide", "cause",   "rtt_ms", "agentSide",
                                           "presence",  "conditions", "unknowns" };
    setlocale(LC_CTYPE, "C.UTF-8"); /* names are UTF-8, whatever the terminal is: columns are counted by it */
    struct libscols_table *table = scols_new_table();
    int error = table ? 0 : -1;
    if (json && error == 0) {
        scols_table_enable_json(table, 1);
        error = scols_table_set_name(table, "agents");
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns && error == 0; i++) {
        struct libscols_column *column = scols_table_new_column(table, columns[i], 0, 0);
        if (!column || (strcmp(columns[i], "rtt_ms") == 0 && scols_column_set_json_type(column, SCOLS_JSON_NUMBER) < 0))
            error = -1;
    }
    uint32_t index = 0;
    for (const struct agent_row *agent; error == 0 && (agent = store_next_agent(store, index)); index = agent->index)
        error = add_agent(table, agent);
    if (error == 0)
        error = scols_print_table(table);
    scols_unref_table(table);
    return error;
}

/* The table is of agents; who else does not answer must not go unseen. */
static void report_servers(const struct store *store)
{
    uint32_t index = 0;
    for (const struct server_row *server; (server = store_next_server(store, index)); index = server->index)
        if (server->contact.side == SIDE_OFFLINE)
            log_write(LOG_WARNING, "server %s: %s", server->identity->name,
                      cause_text(server->contact.cause, LANGUAGE_EN));
}

static void report_sources(const struct store *store)
{
    uint32_t index = 0;
    for (const struct source_row *source; (source = store_next_source(store, index)); index = source->index)
        for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++) {
            const struct way_outcome *service = source_service(&source->check, reputation);
            if (source->wall_ms && service && service->cause != CAUSE_NONE)
                log_write(LOG_WARNING, "source %s: %s reputation: %s", source->identity->name,
                          reputation == REPUTATION_FILE ? "file" : "web",
                          cause_text((enum cause)service->cause, LANGUAGE_EN));
        }
}

static void report_references(const struct store *store)
{
    uint32_t index = 0;
    for (const struct reference_row *reference; (reference = store_reference(store, ++index));)
        if (reference->contact.side == SIDE_OFFLINE)
            log_write(LOG_WARNING, "reference server %s port %u: %s", text_chars(reference->host), reference->port,
                      cause_text((enum cause)reference->contact.cause, LANGUAGE_EN));
}

/* Whom only they know is not in the table. */
static size_t report_consoles(const struct probing *probing)
{
    const size_t failed = probing_consoles_failed(probing);
    if (failed)
        log_write(LOG_WARNING, "%zu console%s could not be read: agents may be missing, and what is on record of them",
                  failed, failed == 1 ? "" : "s");
    return failed;
}

int once_run(const struct config *config, bool json)
{
    struct probing *probing = NULL;
    int code = EXIT_FAILED;

    if (sweep_new(config, &probing) < 0 || sweep_run(probing, 0) < 0)
        goto done;
    const struct store *store = probing_store(probing);
    report_servers(store);
    report_sources(store);
    report_references(store);
    if (print_fleet(store, json) < 0) {
        log_write(LOG_ERR, "the table could not be printed");
        goto done;
    }
    code = sweep_exit_code(store_fleet(store));
    if (report_consoles(probing) && code == EXIT_HEALTHY)
        code = EXIT_UNKNOWN;
done:
    probing_free(probing);
    return code;
}

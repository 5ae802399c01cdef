/* The sweep of -1, and how its outcome is shown. */
#include "daemon/once.h"

#include "daemon/clock.h"
#include "daemon/collector.h"
#include "daemon/log.h"
#include "daemon/probing.h"

#include <errno.h>
#include <inttypes.h>
#include <libsmartcols/libsmartcols.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { EXIT_HEALTHY = 0, EXIT_CONDITION = 1, EXIT_UNKNOWN = 2, EXIT_FAILED = 3 };
enum { LONGEST_WAIT_MS = 100 };

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

static void sweep(struct probing *probing)
{
    struct now now = clock_now();
    const int64_t start_ms = now.mono_ms;
    struct pollfd answers = { .fd = probing_answers_fd(probing), .events = POLLIN };
    for (;;) {
        const int64_t next = probing_step(probing, &now);
        if (probing_is_idle(probing, &now))
            break;
        const int64_t wait_ms = next > now.mono_ms + LONGEST_WAIT_MS ? LONGEST_WAIT_MS : next - now.mono_ms;
        if (wait_ms > 0 && poll(&answers, 1, (int)wait_ms) < 0 && errno != EINTR)
            break;
        now = clock_now();
    }
    probing_tick(probing, &now);
    log_write(LOG_NOTICE, "one sweep: %u agents in %" PRId64 " ms", store_fleet(probing_store(probing))->agents,
              now.mono_ms - start_ms);
}

/* The table is of agents; a server that does not answer must not go unseen. */
static void report_servers(const struct store *store)
{
    uint32_t index = 0;
    for (const struct server_row *server; (server = store_next_server(store, index)); index = server->index)
        if (server->contact.side == SIDE_OFFLINE)
            log_write(LOG_WARNING, "server %s: %s", server->identity->name,
                      cause_text(server->contact.cause, LANGUAGE_EN));
}

int once_run(const struct config *config, bool json)
{
    /* Nobody is asked twice: a large fleet's next round would begin before this one is over. */
    struct config once = *config;
    once.probes[DRIVER_LISTENER].interval_s = once.probes[DRIVER_SERVER].interval_s = 0;
    struct probing *probing = NULL;
    struct store_settings settings = store_settings_of(config);
    const struct now now = clock_now();
    int code = EXIT_FAILED;

    settings.policy.rise = settings.policy.fall = 1;
    settings.notify = false;
    signal(SIGPIPE, SIG_IGN);
    if (probing_new(config, &settings, NULL, &probing) < 0 || probing_apply(probing, &once, &now) < 0)
        goto done;
    if (probing_verify(probing, 0, &now) < 0)
        goto done;
    sweep(probing);
    report_servers(probing_store(probing));
    if (print_fleet(probing_store(probing), json) < 0) {
        log_write(LOG_ERR, "the table could not be printed");
        goto done;
    }
    const struct tally *fleet = store_fleet(probing_store(probing));
    code = EXIT_HEALTHY;
    if (fleet->unknown)
        code = EXIT_UNKNOWN;
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        if (fleet->conditions[condition])
            code = EXIT_CONDITION;
done:
    probing_free(probing);
    return code;
}

/* console_rounds: reads one management console, round by round, to be measured and to be tested against the simulated
 * ones. It judges nothing.
 * usage: console_rounds KEY=VALUE...   kind=central|vision url= application_id= api_key= token= ca_file= pin=
 * verify=0|1 timeout_ms=5000 round_ms=60000 body_max=N agents_max=N keep=N Each line of its input is a round: "read",
 * or "read N", which is stopped after N ms. Each prints a line of JSON: what console_read() has filled in, the first
 * `keep` agents and records, how long it took, and the peak of its memory. */
#include "probes/console.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct taken {
    json_t *agents, *records;
    size_t keep;
    int fail_with; /* what the sink returns */
};

static double now_s(clockid_t clock)
{
    struct timespec at;

    clock_gettime(clock, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* Of this program alone: getrusage() counts what its parent was before it began. */
static long peak_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");

    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

static int take_agent(void *user, const struct console_agent *agent)
{
    struct taken *taken = user;

    if (json_array_size(taken->agents) < taken->keep)
        json_array_append_new(taken->agents,
                              json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", agent->name, "guid", agent->guid, "server",
                                        agent->server, "group", agent->group, "address", agent->address));
    return taken->fail_with;
}

static int take_record(void *user, const struct console_record *record)
{
    struct taken *taken = user;

    if (json_array_size(taken->records) < taken->keep)
        json_array_append_new(taken->records,
                              json_pack("{s:s,s:s,s:s,s:I,s:i,s:i,s:i,s:s,s:s}", "name", record->name, "guid",
                                        record->guid, "address", record->address, "wall_ms",
                                        (json_int_t)record->wall_ms, "recorded", record->recorded, "pattern",
                                        record->pattern, "engine", record->engine, "pattern_version",
                                        record->pattern_version, "engine_version", record->engine_version));
    return taken->fail_with;
}

static bool is_late(void *user)
{
    return now_s(CLOCK_MONOTONIC) >= *(const double *)user;
}

static void read_round(struct console *console, size_t keep, const char *line)
{
    struct taken taken = { json_array(), json_array(), keep, 0 };
    const struct console_sink sink = { &taken, take_agent, take_record };
    const double start = now_s(CLOCK_MONOTONIC), cpu = now_s(CLOCK_PROCESS_CPUTIME_ID);
    const long stop_ms = strtol(line + strcspn(line, " "), NULL, 10);
    double end = start + (double)(stop_ms > 0 ? stop_ms : 3600000) / 1000;
    struct console_round round = { .cause = CAUSE_UNKNOWN };

    const int r = console_read(console, &sink, is_late, &end, &round);
    json_t *out = json_pack("{s:i,s:s,s:b,s:b,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:s,s:o,s:o,s:f,s:f,s:i}", "error", r,
                            "cause", cause_name(round.cause), "inventory", round.inventory, "heard", round.heard,
                            "rtt_ms", (int)round.rtt_ms, "requests", (int)round.requests, "agents", (int)round.agents,
                            "records", (int)round.records, "odd", (int)round.odd, "odd_agents", (int)round.odd_agents,
                            "retry_after_ms", (int)round.retry_after_ms, "detail", round.detail, "first_agents",
                            taken.agents, "first_records", taken.records, "seconds", now_s(CLOCK_MONOTONIC) - start,
                            "cpu_seconds", now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu, "peak_kib", (int)peak_kib());
    if (!out || json_dumpf(out, stdout, JSON_COMPACT) < 0)
        exit(2);
    json_decref(out);
    putchar('\n');
    fflush(stdout);
}

static const char *option(int argc, char **argv, const char *key, const char *usual)
{
    const size_t bytes = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, bytes) == 0 && argv[i][bytes] == '=')
            return argv[i] + bytes + 1;
    return usual;
}

static uint32_t number(int argc, char **argv, const char *key, const char *usual)
{
    return (uint32_t)strtoul(option(argc, argv, key, usual), NULL, 10);
}

int main(int argc, char **argv)
{
    const struct console_settings settings = {
        .driver = strcmp(option(argc, argv, "kind", "central"), "vision") == 0 ? DRIVER_VISION : DRIVER_CENTRAL,
        .name = "measured",
        .url = option(argc, argv, "url", ""),
        .application_id = option(argc, argv, "application_id", ""),
        .api_key = option(argc, argv, "api_key", ""),
        .token = option(argc, argv, "token", ""),
        .tls_verify = number(argc, argv, "verify", "0") != 0,
        .ca_file = option(argc, argv, "ca_file", ""),
        .pin = option(argc, argv, "pin", ""),
        .timeout_ms = number(argc, argv, "timeout_ms", "5000"),
        .round_timeout_ms = number(argc, argv, "round_ms", "60000"),
        .body_max_bytes = number(argc, argv, "body_max", "268435456"),
        .agents_max = number(argc, argv, "agents_max", "100000"),
    };
    char line[64];

    if (argc < 2 || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        return 2;
    struct console *console = console_new(&settings);
    if (!console)
        return 2;
    while (fgets(line, sizeof line, stdin))
        read_round(console, number(argc, argv, "keep", "0"), line);
    console_free(console);
    return 0;
}

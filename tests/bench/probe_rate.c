/* probe_rate: sweeps of the worker pool over a list of URLs, to be measured beside shared/bench/curlbare. It stores and
 * judges nothing.
 * usage: probe_rate WORKERS CONCURRENCY TIMEOUT_MS SWEEPS < URLS (one a line); certificates are not verified
 * prints for each sweep: concurrency=64 urls=10000 ok=10000 seconds=1.170 probes_per_s=8547 rss_kib=9000 */
#include "probes/worker.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ANSWERS_A_TURN = 64 };

static double now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static long rss_kib(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (!statm || fscanf(statm, "%*d %ld", &pages) != 1)
        pages = 0;
    if (statm)
        fclose(statm);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static const struct probe_target **read_targets(size_t *ret_n)
{
    const struct probe_target **targets = NULL;
    size_t n = 0, room = 0;
    char line[512];

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (n == room) {
            room = room ? 2 * room : 1024;
            targets = realloc(targets, room * sizeof *targets);
            if (!targets)
                exit(2);
        }
        const struct probe_target target = {
            .subject = SUBJECT_AGENT, .index = (uint32_t)n + 1, .where = line, .name = ""
        };
        targets[n] = probe_target_new(&target);
        if (!targets[n++])
            exit(2);
    }
    *ret_n = n;
    return targets;
}

static void sweep(struct worker_pool *pool, int fd, const struct probe_settings *settings,
                  const struct probe_target **targets, size_t n, size_t concurrency)
{
    struct probe_answer answers[ANSWERS_A_TURN];
    size_t next = 0, done = 0, by_cause[CAUSE_LAST + 1] = { 0 };
    const double start = now_s();

    while (done < n) {
        for (; next < n && next - done < concurrency; next++) {
            const struct probe_job job = { .settings = probe_settings_ref(settings),
                                           .target = probe_target_ref(targets[next]),
                                           .ticket = next };
            if (worker_pool_submit(pool, &job) < 0)
                exit(2);
        }
        worker_pool_flush(pool);
        struct pollfd ready = { .fd = fd, .events = POLLIN };
        if (poll(&ready, 1, 60000) <= 0)
            exit(2);
        const size_t got = worker_pool_collect(pool, answers, ANSWERS_A_TURN);
        for (size_t i = 0; i < got; i++)
            by_cause[answers[i].observation.cause]++;
        done += got;
    }
    const double seconds = now_s() - start;
    printf("concurrency=%zu urls=%zu ok=%zu seconds=%.3f probes_per_s=%.0f rss_kib=%ld\n", concurrency, n,
           by_cause[CAUSE_NONE], seconds, (double)n / seconds, rss_kib());
    for (unsigned cause = CAUSE_NONE + 1; cause <= CAUSE_LAST; cause++)
        if (by_cause[cause])
            fprintf(stderr, "%s=%zu\n", cause_name(cause), by_cause[cause]);
}

int main(int argc, char **argv)
{
    struct worker_pool *pool;
    int fd;
    size_t n;

    if (argc != 5)
        return 2;
    const size_t concurrency = (size_t)atol(argv[2]);
    const struct probe_settings given = {
        .driver = DRIVER_LISTENER, .timeout_ms = (uint32_t)atol(argv[3]), .body_max_bytes = 65536, .marker = "!CRYPT!"
    };
    const struct probe_target **targets = read_targets(&n);
    const struct probe_settings *settings = probe_settings_new(&given);

    if (!settings || curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK ||
        worker_pool_new((unsigned)atoi(argv[1]), concurrency, &pool, &fd) < 0)
        return 2;
    for (int i = 0; i < atoi(argv[4]); i++)
        sweep(pool, fd, settings, targets, n, concurrency);
    worker_pool_free(pool);
    for (size_t i = 0; i < n; i++)
        probe_target_unref(targets[i]);
    free(targets);
    probe_settings_unref(settings);
    return 0;
}

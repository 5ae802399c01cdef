/* The loop of a sweep by hand. */
#include "daemon/sweep.h"

#include "daemon/collector.h"
#include "daemon/log.h"
#include "probes/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>

enum { LONGEST_WAIT_MS = 100 };

/* Until each console has been read, however that went. */
static void settle(struct probing *probing)
{
    struct pollfd consoles = { .fd = probing_consoles_fd(probing), .events = POLLIN };

    while (!probing_is_settled(probing)) {
        const struct now now = clock_now();
        const bool at_once = probing_step(probing, &now) <= now.mono_ms;
        if (!probing_is_settled(probing) && poll(&consoles, 1, at_once ? 0 : LONGEST_WAIT_MS) < 0 && errno != EINTR)
            return;
    }
}

int sweep_new(const struct config *config, struct probing **ret)
{
    /* Nobody is asked twice: a large fleet's next round would begin before this one is over. */
    static struct config once; /* it is borrowed for as long as the process lives */
    once = *config;
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++)
        if (driver != DRIVER_FEED)
            once.probes[driver].interval_s = 0;
    struct store_settings settings = store_settings_of(config);
    const struct now now = clock_now();

    settings.policy.rise = settings.policy.fall = 1;
    settings.notify = false;
    signal(SIGPIPE, SIG_IGN);
    struct probing *probing = NULL;
    int error = probing_new(config, &settings, NULL, NULL, &probing);
    if (error == 0)
        error = probing_apply(probing, &once, &now);
    if (error < 0) {
        probing_free(probing);
        return error;
    }
    settle(probing);
    *ret = probing;
    return 0;
}

int sweep_run(struct probing *probing, uint32_t index)
{
    struct now now = clock_now();
    const int64_t start_ms = now.mono_ms;
    struct pollfd answers = { .fd = probing_answers_fd(probing), .events = POLLIN };

    const int error = probing_verify(probing, index, &now);
    if (error < 0)
        return error;
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
    if (index == 0)
        log_write(LOG_NOTICE, "one sweep: %u agents in %" PRId64 " ms", store_fleet(probing_store(probing))->agents,
                  now.mono_ms - start_ms);
    return 0;
}

int sweep_exit_code(const struct tally *tally)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        if (tally->conditions[condition])
            return EXIT_CONDITION;
    return tally->unknown ? EXIT_UNKNOWN : EXIT_HEALTHY;
}

/* Words for a login that is refused everywhere, and for a proxy. */
#include "daemon/answer_log.h"

#include "daemon/log.h"

void answer_log_pause(struct scheduler *scheduler, const struct probe_answer *answer)
{
    const enum driver driver = answer->observation.driver;
    const int64_t pause_ms = scheduler_login_pause(scheduler, driver);
    if (pause_ms)
        log_write(LOG_ERR, "%s: the account is refused again and again (%s): nobody is asked for %lld s",
                  driver_name(driver), answer->detail, (long long)pause_ms / 1000);
}

void answer_log_proxy(const struct store *store, const struct observation *observation)
{
    const struct source_row *source = store_source(store, observation->index);
    if (!source || observation->cause == CAUSE_CANCELLED)
        return;
    const enum cause cause = source_proxy_cause(&observation->source);
    const enum cause before = source->mono_ms ? source_proxy_cause(&source->check) : CAUSE_UNKNOWN;
    if (cause > CAUSE_NONE && cause != before)
        log_write(LOG_WARNING, "source %s: its agents' proxy: %s", source->identity->name, cause_name(cause));
    else if (cause == CAUSE_NONE && before > CAUSE_NONE)
        log_write(LOG_NOTICE, "source %s: its agents' proxy lets through again", source->identity->name);
}

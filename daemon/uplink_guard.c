/* Carries values between the uplink and those around it. */
#include "daemon/uplink_guard.h"

/* So many of each kind are asked for a sign of life: enough not to depend on one, few enough to be no burden. */
enum { WITNESSES_ASKED = 16, PATIENCE_BEYOND_TIMEOUT_MS = 1000 };

int uplink_guard_begin(struct uplink_guard *guard, struct store *store, struct scheduler *scheduler)
{
    guard->store = store;
    guard->scheduler = scheduler;
    return uplink_new(&guard->uplink);
}

void uplink_guard_done(struct uplink_guard *guard)
{
    uplink_free(guard->uplink);
}

void uplink_guard_watch(struct uplink_guard *guard)
{
    guard->is_on = true;
    uplink_guard_count(guard);
}

void uplink_guard_apply(struct uplink_guard *guard, const struct config *config)
{
    uint32_t timeout_ms = 0;
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++)
        if (uplink_concerns(driver) && config->probes[driver].enabled && config->probes[driver].timeout_ms > timeout_ms)
            timeout_ms = config->probes[driver].timeout_ms;
    guard->settings.patience_ms = timeout_ms + PATIENCE_BEYOND_TIMEOUT_MS;
    guard->settings.fall = config->policy.fall;
    uplink_guard_count(guard);
    uplink_guard_follow(guard);
}

static bool is_asked(const void *user, enum driver driver, uint32_t index)
{
    return scheduler_has(user, driver, index);
}

void uplink_guard_follow(struct uplink_guard *guard)
{
    uplink_follow(guard->uplink, is_asked, guard->scheduler);
}

static size_t targets_of(const struct uplink_guard *guard, enum driver driver)
{
    struct probe_row numbers;
    return scheduler_numbers(guard->scheduler, driver, &numbers) ? numbers.targets : 0;
}

void uplink_guard_count(struct uplink_guard *guard)
{
    const size_t listeners = targets_of(guard, DRIVER_LISTENER), endpoints = targets_of(guard, DRIVER_WINRM);
    guard->settings.targets = targets_of(guard, DRIVER_SERVER) + targets_of(guard, DRIVER_SOURCE) +
                              targets_of(guard, DRIVER_LOCATION) + (listeners > endpoints ? listeners : endpoints);
    if (guard->is_on)
        uplink_configure(guard->uplink, &guard->settings);
}

/* All that may have changed while nothing could be seen is asked for. */
static void come_back(struct uplink_guard *guard, const struct now *now)
{
    for (enum driver driver = DRIVER_LISTENER; driver < DRIVERS; driver++)
        if (uplink_concerns(driver))
            scheduler_renew(guard->scheduler, driver, now->mono_ms);
    guard->is_back = true;
}

/* The store's word is renewed each time: it may have had no memory for it. */
static void tell_store(struct uplink_guard *guard, const struct now *now)
{
    const enum updown state = uplink_state(guard->uplink);
    store_put_uplink(guard->store, state, now);
    if (guard->was_down && state == UPDOWN_UP)
        come_back(guard, now);
    guard->was_down = state == UPDOWN_DOWN;
}

bool uplink_guard_is_back(struct uplink_guard *guard)
{
    const bool is_back = guard->is_back;
    guard->is_back = false;
    return is_back;
}

static size_t ask_witnesses(struct uplink_guard *guard, enum driver driver, const struct now *now)
{
    size_t n = 0;
    for (uint32_t index = 0; n < WITNESSES_ASKED && (index = uplink_next_witness(guard->uplink, driver, index)); n++)
        if (!scheduler_is_asking(guard->scheduler, driver, index))
            scheduler_kick(guard->scheduler, driver, index, now->mono_ms);
    return n;
}

/* Endpoints cost a logon each: they are asked only where nobody else is. */
static void ask_for_proof(struct uplink_guard *guard, const struct now *now)
{
    size_t n = ask_witnesses(guard, DRIVER_SERVER, now) + ask_witnesses(guard, DRIVER_SOURCE, now) +
               ask_witnesses(guard, DRIVER_LOCATION, now) + ask_witnesses(guard, DRIVER_LISTENER, now);
    if (n < UPLINK_WITNESSES)
        ask_witnesses(guard, DRIVER_WINRM, now);
}

bool uplink_guard_admits(struct uplink_guard *guard, const struct observation *observation, const struct now *now)
{
    const bool admits = uplink_admits(guard->uplink, observation, now);
    if (uplink_wants_proof(guard->uplink))
        ask_for_proof(guard, now);
    tell_store(guard, now);
    return admits;
}

bool uplink_guard_next(struct uplink_guard *guard, struct observation *ret, const struct now *now)
{
    enum uplink_word word;
    while ((word = uplink_next(guard->uplink, ret)) == UPLINK_AGAIN)
        scheduler_kick(guard->scheduler, ret->driver, ret->index, now->mono_ms);
    return word == UPLINK_COUNTS;
}

int64_t uplink_guard_step(struct uplink_guard *guard, int64_t consoles_heard_ms, const struct now *now)
{
    uplink_hear(guard->uplink, consoles_heard_ms);
    const int64_t next_ms = uplink_step(guard->uplink, now);
    tell_store(guard, now);
    return next_ms;
}

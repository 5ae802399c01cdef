/* Smart Protection sources in the store: who they are, how they are judged, and what that means for the agents that use
 * them. */
#include "store_state.h"

#include <errno.h>
#include <string.h>

static bool is_same_identity(const struct source_identity *a, const struct source_identity *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->url, b->url) == 0 && strcmp(a->web_url, b->web_url) == 0 &&
           strcmp(a->ranges, b->ranges) == 0 && a->kind == b->kind;
}

static bool is_of_list(const struct store *store, const struct agent_row *agent, uint32_t list)
{
    return !list || agent->list.list == list || lists_find(store, agent->withheld) == list;
}

void judge_agents_by(struct store *store, uint32_t list, const struct now *now)
{
    store->settles_later = true;
    judge_agents(store, is_of_list, list, now);
    store->settles_later = false;
    lists_settle_all(store, now);
}

/* The source that stands in the same list at the same place under another name: before a reload removes that one, the
 * new name of the same. NULL: there is none. */
static const struct source_row *find_twin(const struct store *store, uint32_t index,
                                          const struct source_identity *identity)
{
    const struct source_row *source = rowset_next(store->sources, 0);
    while (source && (source->index == index || !source_identity_is_beside(source->identity, identity) ||
                      strcmp(source->identity->url, identity->url) != 0 ||
                      strcmp(source->identity->web_url, identity->web_url) != 0))
        source = rowset_next(store->sources, source->index);
    return source;
}

/* Its state goes on. It has an alarm of its own, which is told if the other one's was. */
static void carry_on(struct source_row *source, const struct source_row *twin)
{
    const uint32_t index = source->index;
    const struct source_identity *identity = source->identity;
    *source = *twin;
    source->index = index;
    source->identity = identity;
    source->judged = twin->alarm ? twin->told : twin->judged;
    source->alarm = 0;
    source->told = false;
    source->agents = 0;
}

int store_put_source(struct store *store, uint32_t index, const struct source_identity *identity, const struct now *now)
{
    const struct source_row *known = rowset_get(store->sources, index);
    if (known && is_same_identity(known->identity, identity))
        return 0;
    const struct source_row *found = known ? NULL : find_twin(store, index, identity);
    const struct source_row twin = found ? *found : (struct source_row){ 0 };
    struct source_row *source = known ? rowset_edit(store->sources, index) : rowset_insert(store->sources, index);
    if (!source)
        return -ENOMEM;
    const struct source_identity *old = source->identity;
    bool goes_on = false;
    source->identity = source_identity_ref(identity);
    if (!old) {
        source->check.certificate = CERTIFICATE_UNKNOWN;
        source->check.certificate_days = CERTIFICATE_DAYS_UNKNOWN;
        source->state = UPDOWN_UNKNOWN;
        source->valid_until_ms = INT64_MAX;
        for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++)
            source->dampers[reputation] = (struct damper){ UPDOWN_UNKNOWN, UPDOWN_UNKNOWN, 0 };
        goes_on = restore_source(store, source);
    }
    if (!goes_on && twin.index) {
        carry_on(source, &twin);
        goes_on = true;
    }
    if (lists_rebuild(store, 0) < 0) {
        source_identity_unref(source->identity);
        source->identity = old;
        if (!old && rowset_remove(store->sources, index) < 0)
            store->dropped++;
        return -ENOMEM;
    }
    source_identity_unref(old);
    store->dirty = true;
    if (goes_on)
        judge_source(store, source, false, now);
    judge_agents_by(store, 0, now);
    return 0;
}

int store_remove_source(struct store *store, uint32_t index, const struct now *now)
{
    if (!rowset_get(store->sources, index))
        return -ENOENT;
    struct source_row *source = rowset_edit(store->sources, index);
    if (!source)
        return -ENOMEM;
    if (source->alarm && alarm_clear(store, source->alarm, NULL, CLEAR_REMOVED, source->told, now) < 0)
        return -ENOMEM;
    source->alarm = 0;
    if (lists_rebuild(store, index) < 0)
        return -ENOMEM;
    store->dirty = true;
    journal_note(&store->journal, KEPT_SOURCE, index);
    const int error = rowset_remove(store->sources, index);
    judge_agents_by(store, 0, now);
    return error;
}

const struct source_row *store_source(const struct store *store, uint32_t index)
{
    return rowset_get(store->sources, index);
}

const struct source_row *store_next_source(const struct store *store, uint32_t after)
{
    return rowset_next(store->sources, after);
}

/* Both services together: one that is down suffices, and both have to be up. */
static enum updown state_of(const struct source_row *source)
{
    const uint8_t file = source->dampers[REPUTATION_FILE].believed, web = source->dampers[REPUTATION_WEB].believed;
    if (file == UPDOWN_DOWN || web == UPDOWN_DOWN)
        return UPDOWN_DOWN;
    return file == UPDOWN_UP && (web == UPDOWN_UP || !*source->identity->web_url) ? UPDOWN_UP : UPDOWN_UNKNOWN;
}

/* Also when nothing changed: an alarm that could not be raised or cleared for want of memory is tried again. */
static void update_alarm(struct store *store, struct source_row *source, const struct now *now)
{
    if (source->state == UPDOWN_DOWN && !source->alarm) {
        const bool tell = store->settings.notify && (source->judged || store->settings.tell_first_verdict);
        source->alarm = alarm_raise_source(store, source, tell, now);
        source->told = tell;
    } else if (source->state == UPDOWN_DOWN) {
        alarm_refresh_source(store, source, now);
    } else if (source->state == UPDOWN_UP && source->alarm &&
               alarm_clear(store, source->alarm, NULL, CLEAR_RECOVERED, source->told, now) == 0) {
        source->alarm = 0;
    }
    source->judged = source->judged || source->state == UPDOWN_UP || source->alarm;
}

void judge_source(struct store *store, struct source_row *source, bool observed, const struct now *now)
{
    const struct policy *policy = &store->settings.policy;
    const bool fresh = evidence_is_fresh(source->mono_ms, policy->evidence_max_age_ms, now->mono_ms);
    const struct source_row was = *source;
    bool changed = false;

    source->valid_until_ms = fresh ? source->mono_ms + policy->evidence_max_age_ms + 1 : INT64_MAX;
    for (enum reputation reputation = 0; reputation < REPUTATIONS; reputation++) {
        struct damper *damper = &source->dampers[reputation];
        const struct way_outcome *service = fresh ? source_service(&source->check, reputation) : NULL;
        const uint8_t says = !service ? UPDOWN_UNKNOWN : service->cause == CAUSE_NONE ? UPDOWN_UP : UPDOWN_DOWN;
        damp(damper, says, observed, says == UPDOWN_DOWN ? policy->fall : policy->rise);
        changed = changed || damper->believed != was.dampers[reputation].believed;
    }
    if (changed)
        source->since_wall_ms = now->wall_ms;
    source->state = (uint8_t)state_of(source);
    store->dirty = true;
    update_alarm(store, source, now);
    if (memcmp(source->dampers, was.dampers, sizeof was.dampers) != 0 || source->alarm != was.alarm ||
        source->judged != was.judged || source->told != was.told)
        journal_note(&store->journal, KEPT_SOURCE, source->index);
    const uint32_t list = lists_recount(store, source->index);
    if (list)
        judge_agents_by(store, list, now);
}

int observe_source(struct store *store, const struct observation *observation, const struct now *now)
{
    if (!rowset_get(store->sources, observation->index))
        return -ENOENT;
    struct source_row *source = rowset_edit(store->sources, observation->index);
    if (!source)
        return -ENOMEM;
    source->check = observation->source;
    source->mono_ms = observation->mono_ms;
    source->wall_ms = observation->wall_ms;
    judge_source(store, source, true, now);
    return 0;
}

/* Which Smart Protection sources each agent uses, how its list of them stands, and the one alarm that stands for all
 * agents of a list that is down. It judges neither agents nor sources. */
#include "store_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One list of sources, as agents use it. */
struct list {
    uint32_t first; /* the index of its first source, which names it */
    enum list_kind kind;
    uint32_t sources, up, down, failing; /* failing: the latest check went wrong */
    uint32_t signs[PROXY_AT_FAULT + 1];  /* by enum proxy_sign: of those that were checked */
    uint32_t agents;                     /* that use it, and name no source */
};

/* A source, and who names it. */
struct member {
    uint32_t source;
    size_t list; /* its position */
    uint32_t agents;
};

struct lists {
    size_t n_lists, n_members;
    struct list *lists;      /* owned, ascending by their first source */
    struct member members[]; /* ascending by source */
};

static struct list *find_list(const struct store *store, uint32_t first)
{
    for (size_t i = 0; store->lists && first && i < store->lists->n_lists; i++)
        if (store->lists->lists[i].first == first)
            return &store->lists->lists[i];
    return NULL;
}

static int compare_source(const void *key, const void *member)
{
    const uint32_t source = *(const uint32_t *)key, other = ((const struct member *)member)->source;
    return (source > other) - (source < other);
}

static struct member *find_member(const struct store *store, uint32_t source)
{
    return store->lists && source ? bsearch(&source, store->lists->members, store->lists->n_members,
                                            sizeof *store->lists->members, compare_source)
                                  : NULL;
}

static const struct source_identity *identity_of(const struct store *store, uint32_t source)
{
    return ((const struct source_row *)rowset_get(store->sources, source))->identity;
}

void lists_free(struct lists *lists)
{
    if (!lists)
        return;
    free(lists->lists);
    free(lists);
}

/* The position of the list that a source stands in, made if it is the first. */
static size_t place_source(const struct store *store, struct lists *lists, const struct source_row *source)
{
    for (size_t i = 0; i < lists->n_lists; i++)
        if (source_identity_is_beside(identity_of(store, lists->lists[i].first), source->identity))
            return i;
    lists->lists[lists->n_lists] = (struct list){ .first = source->index, .kind = source->identity->kind };
    return lists->n_lists++;
}

static void count_sources(const struct store *store, size_t at)
{
    struct list *list = &store->lists->lists[at];
    list->sources = list->up = list->down = list->failing = 0;
    memset(list->signs, 0, sizeof list->signs);
    for (size_t i = 0; i < store->lists->n_members; i++) {
        if (store->lists->members[i].list != at)
            continue;
        const struct source_row *source = rowset_get(store->sources, store->lists->members[i].source);
        list->sources++;
        list->up += source->state == UPDOWN_UP;
        list->down += source->state == UPDOWN_DOWN;
        if (source->valid_until_ms == INT64_MAX)
            continue;
        list->failing += source_cause(&source->check) != CAUSE_NONE;
        list->signs[source_proxy_sign(&source->check)]++;
    }
}

static void count_use(struct store *store, const struct list_use *use, int sign)
{
    struct list *list = find_list(store, use->list);
    struct member *member = find_member(store, use->source);
    if (member)
        member->agents += (uint32_t)sign;
    if (list && !use->source)
        list->agents += (uint32_t)sign;
}

int lists_rebuild(struct store *store, uint32_t without)
{
    const size_t n = rowset_count(store->sources);
    struct lists *lists = calloc(1, sizeof *lists + n * sizeof *lists->members);
    if (!lists || !(lists->lists = calloc(n + 1, sizeof *lists->lists))) {
        lists_free(lists);
        return -ENOMEM;
    }
    const struct source_row *source = rowset_next(store->sources, 0);
    for (; source; source = rowset_next(store->sources, source->index)) {
        if (source->index == without)
            continue;
        const size_t at = place_source(store, lists, source);
        lists->members[lists->n_members++] = (struct member){ source->index, at, 0 };
    }
    lists_free(store->lists);
    store->lists = lists;
    for (size_t i = 0; i < lists->n_lists; i++)
        count_sources(store, i);
    const struct agent_row *agent = rowset_next(store->agents, 0);
    for (; agent; agent = rowset_next(store->agents, agent->index))
        count_use(store, &agent->list, 1);
    return 0;
}

static enum updown state_of(const struct list *list)
{
    return list->up ? UPDOWN_UP : list->sources && list->down == list->sources ? UPDOWN_DOWN : UPDOWN_UNKNOWN;
}

uint32_t lists_find(const struct store *store, uint32_t source)
{
    const struct member *member = find_member(store, source);
    return member ? store->lists->lists[member->list].first : 0;
}

enum updown lists_state(const struct store *store, uint32_t list)
{
    const struct list *found = find_list(store, list);
    return found ? state_of(found) : UPDOWN_UNKNOWN;
}

/* A source that is down is reached by no way: it says something of the proxy only where no other source does. */
static enum check_result proxies_of(const struct list *list)
{
    if (list->signs[PROXY_AT_FAULT])
        return RESULT_FAILED;
    if (list->signs[PROXY_WORKS])
        return RESULT_OK;
    if (list->signs[PROXY_UNTRIED] + list->signs[PROXY_UNCLEAR] < list->sources)
        return RESULT_UNKNOWN;
    return list->signs[PROXY_UNCLEAR] ? RESULT_FAILED : RESULT_NOT_APPLICABLE;
}

uint32_t lists_recount(struct store *store, uint32_t source)
{
    const struct member *member = find_member(store, source);
    if (!member)
        return 0;
    struct list *list = &store->lists->lists[member->list];
    const struct list was = *list;
    count_sources(store, member->list);
    const bool same = state_of(list) == state_of(&was) && (list->up == list->sources) == (was.up == was.sources) &&
                      (list->failing == list->sources) == (was.failing == was.sources) &&
                      proxies_of(list) == proxies_of(&was);
    return same ? 0 : list->first;
}

/* The first source of the list of that kind that serves the agent; 0: there is none. */
static uint32_t list_of_kind(const struct store *store, const struct agent_row *agent, enum list_kind kind)
{
    const struct address_list *own = statement_own(&agent->evidence.known);
    const struct address *address = &agent->identity->literal;

    /* Where the inventory has a name, the endpoint itself may have told its address. */
    if (address->family == 0 && own->mono_ms && own->n)
        address = &own->at[0];
    for (size_t i = 0; store->lists && i < store->lists->n_lists; i++) {
        const struct list *list = &store->lists->lists[i];
        if (list->kind == kind && source_identity_serves(identity_of(store, list->first), address))
            return list->first;
    }
    return 0;
}

/* By its location, where that is known: outside the network, inside the custom list that serves its address, or else
 * the standard one. */
static uint32_t find_list_of(const struct store *store, const struct agent_row *agent)
{
    const struct fact_value *location = &agent->evidence.known.facts[FACT_LOCATION];
    if (location->mono_ms && location->value == LOCATION_EXTERNAL)
        return list_of_kind(store, agent, LIST_NETWORK);
    if (!location->mono_ms || location->value != LOCATION_INTERNAL)
        return 0;
    const uint32_t custom = list_of_kind(store, agent, LIST_CUSTOM);
    return custom ? custom : list_of_kind(store, agent, LIST_STANDARD);
}

static bool is_named(const struct source_identity *identity, const char *host, size_t n)
{
    const char *own;
    const size_t bytes = url_host(identity->url, &own);
    return (bytes == n && strncasecmp(own, host, n) == 0) ||
           (strlen(identity->name) == n && strncasecmp(identity->name, host, n) == 0);
}

/* The source that the agent itself says that it uses. */
static uint32_t find_named(const struct store *store, const struct agent_row *agent)
{
    const struct statement *known = &agent->evidence.known;
    const struct fact_value *fact = &known->facts[FACT_CURRENT_SOURCE];
    const char *host;

    if (!fact->mono_ms || fact->value != TRI_YES || !known->report || !*known->report->source)
        return 0;
    const size_t n = url_host(known->report->source, &host);
    for (size_t i = 0; store->lists && i < store->lists->n_members; i++)
        if (is_named(identity_of(store, store->lists->members[i].source), host, n))
            return store->lists->members[i].source;
    return SOURCE_ELSEWHERE;
}

void lists_follow(struct store *store, struct agent_row *agent, const struct now *now)
{
    struct list_use *use = &agent->list;
    const uint32_t first = find_list_of(store, agent);
    const struct list *list = find_list(store, first);

    if (first != use->list)
        *use = (struct list_use){ .list = first };
    use->source = find_named(store, agent);
    use->kind = (uint8_t)(list ? list->kind : LIST_UNKNOWN);
    use->state = (uint8_t)(list ? state_of(list) : UPDOWN_UNKNOWN);
    if (use->state == UPDOWN_DOWN)
        use->was_down = true;
    if (use->state == UPDOWN_UP && use->was_down) {
        use->was_down = false;
        use->up_since_s = (uint32_t)((now->mono_ms + 999) / 1000);
    }
}

/* Of the proxy by which agents of that location reach their sources. */
static enum check_result proxies_for(const struct store *store, const struct agent_row *agent, const struct list *list)
{
    const struct fact_value *location = &agent->evidence.known.facts[FACT_LOCATION];
    if (!location->mono_ms || location->value <= LOCATION_UNKNOWN)
        return RESULT_UNKNOWN;
    if (!store->settings.proxied[location->value])
        return RESULT_NOT_APPLICABLE;
    return list ? proxies_of(list) : RESULT_UNKNOWN;
}

/* An agent that was believed to have lost its source before stays so while they fail. */
struct list_context lists_context(const struct store *store, const struct agent_row *agent)
{
    const struct list *list = find_list(store, agent->list.list);
    return (struct list_context){
        .state = list ? (enum updown)agent->list.state : UPDOWN_UNKNOWN,
        .whole = list && list->up == list->sources,
        .failing = list && list->failing == list->sources && agent->dampers[AXIS_SMART].believed != TRI_NO,
        .up_since_ms = (int64_t)agent->list.up_since_s * 1000,
        .proxies = proxies_for(store, agent, list),
    };
}

void lists_count(struct store *store, const struct agent_row *agent, int sign)
{
    struct outage *outage = &store->outages[agent->list.kind];
    count_use(store, &agent->list, sign);
    if (agent->verdict.outage)
        outage->out += (uint32_t)sign;
    if (agent->verdict.conditions & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE))
        outage->lost += (uint32_t)sign;
}

void lists_show_counts(struct store *store)
{
    for (size_t i = 0; store->lists && i < store->lists->n_members; i++) {
        const struct member *member = &store->lists->members[i];
        const uint32_t agents = member->agents + store->lists->lists[member->list].agents;
        const struct source_row *shown = rowset_get(store->sources, member->source);
        if (shown->agents == agents)
            continue;
        struct source_row *source = rowset_edit(store->sources, member->source);
        if (source)
            source->agents = agents;
        else
            store->dropped++; /* the next publication tries again */
    }
}

bool store_lists_source(const struct store *store, const struct agent_row *agent, const struct source_row *source)
{
    const struct member *member = find_member(store, source->index);
    return agent->list.list && member && store->lists->lists[member->list].first == agent->list.list;
}

/* Whether the lists of a kind are out: yes where one is down, no where all are up. */
static enum tri outage_of(const struct store *store, enum list_kind kind, bool *ret_exists)
{
    enum tri out = TRI_NO;
    *ret_exists = false;
    for (size_t i = 0; store->lists && i < store->lists->n_lists; i++) {
        const struct list *list = &store->lists->lists[i];
        if (list->kind != kind)
            continue;
        *ret_exists = true;
        if (state_of(list) == UPDOWN_DOWN)
            return TRI_YES;
        if (state_of(list) != UPDOWN_UP)
            out = TRI_UNKNOWN;
    }
    return out;
}

/* Also when nothing changed: an alarm that could not be raised or cleared for want of memory is tried again. */
void lists_settle(struct store *store, enum list_kind kind, const struct now *now)
{
    struct outage *outage = &store->outages[kind];
    bool exists;

    if (kind <= LIST_UNKNOWN)
        return;
    const enum tri out = outage_of(store, kind, &exists);
    if (out == TRI_YES && outage->out && !outage->alarm) {
        const bool tell = store->settings.notify && (outage->judged || store->settings.tell_first_verdict);
        outage->alarm = alarm_raise_list(store, kind, outage->out, tell, now);
        outage->told = tell;
    } else if (out == TRI_NO && outage->alarm) {
        if (alarm_clear_list(store, outage->alarm, outage->lost, exists ? CLEAR_RECOVERED : CLEAR_REMOVED, outage->told,
                             now) == 0)
            outage->alarm = 0;
    } else if (outage->alarm) {
        alarm_refresh_list(store, outage->alarm, outage->out, now);
    }
    outage->judged = outage->judged || (exists && out == TRI_NO) || outage->alarm;
}

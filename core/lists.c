/* Which Smart Protection sources each agent uses, how its list of them stands, and the one alarm that stands for all
 * agents of a list that is down. It judges neither agents nor sources. */
#include "store_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How a host is written. What is written in two ways can not be compared. */
enum form { FORM_ADDRESS, FORM_FULL_NAME, FORM_SHORT_NAME };
#define FORM_BIT(form) (1U << (form))

static enum form form_of(const char *host, size_t n)
{
    const size_t numeric = strspn(host, "0123456789.");
    if (memchr(host, ':', n) || numeric >= n)
        return FORM_ADDRESS;
    return memchr(host, '.', n) ? FORM_FULL_NAME : FORM_SHORT_NAME;
}

/* One list of sources, as agents use it. */
struct list {
    uint32_t
        first; /* the index of its first source, which names it; 0: the list is gone, and its alarm still to clear */
    const struct source_identity *identity; /* of that source; owns a reference */
    struct outage outage;
    uint32_t out;                        /* agents that have lost their source for that reason alone */
    uint32_t lost;                       /* and for whatever reason */
    unsigned forms;                      /* FORM_BITs: how the hosts of its sources are written */
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

static bool is_same_list(const struct list *a, const struct list *b)
{
    return source_identity_is_beside(a->identity, b->identity);
}

static const struct source_identity *identity_of(const struct store *store, uint32_t source)
{
    return ((const struct source_row *)rowset_get(store->sources, source))->identity;
}

void lists_free(struct lists *lists)
{
    if (!lists)
        return;
    for (size_t i = 0; i < lists->n_lists; i++)
        source_identity_unref(lists->lists[i].identity);
    free(lists->lists);
    free(lists);
}

/* The position of the list that a source stands in, made if it is the first. */
static size_t place_source(struct lists *lists, const struct source_row *source)
{
    for (size_t i = 0; i < lists->n_lists; i++)
        if (source_identity_is_beside(lists->lists[i].identity, source->identity))
            return i;
    lists->lists[lists->n_lists] =
        (struct list){ .first = source->index, .identity = source_identity_ref(source->identity) };
    return lists->n_lists++;
}

/* What was told of the lists that there were. A list that is new is no news where its first source was judged in
 * another one; one that is gone stays until its alarm is cleared. */
static void take_over_outages(const struct store *store, struct lists *lists)
{
    const size_t n_now = lists->n_lists;
    for (size_t i = 0; i < n_now; i++) {
        const struct member *moved = find_member(store, lists->lists[i].first);
        lists->lists[i].outage.judged = moved && store->lists->lists[moved->list].outage.judged;
    }
    for (size_t k = 0; store->lists && k < store->lists->n_lists; k++) {
        const struct list *was = &store->lists->lists[k];
        size_t at = 0;
        while (at < n_now && !is_same_list(&lists->lists[at], was))
            at++;
        if (at == n_now && !was->outage.alarm)
            continue;
        if (at == n_now)
            lists->lists[at = lists->n_lists++] = (struct list){ .identity = source_identity_ref(was->identity) };
        lists->lists[at].outage = was->outage;
    }
}

/* Lists may have come, gone, or got another first source. */
static void note_lists(struct store *store, const struct lists *lists)
{
    for (size_t i = 0; lists && i < lists->n_lists; i++)
        journal_note(&store->journal, KEPT_LIST, lists->lists[i].first);
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

void lists_count(struct store *store, const struct agent_row *agent, int sign)
{
    const struct list_use *use = &agent->list;
    struct list *list = find_list(store, use->list);
    struct member *member = find_member(store, use->source);
    const uint32_t one = (uint32_t)sign;

    if (member)
        member->agents += one;
    if (!list)
        return;
    list->agents += use->source ? 0 : one;
    list->out += agent->verdict.outage ? one : 0;
    list->lost += agent->verdict.conditions & CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE) ? one : 0;
}

int lists_rebuild(struct store *store, uint32_t without)
{
    const size_t n = rowset_count(store->sources);
    const size_t n_were = store->lists ? store->lists->n_lists : 0;
    struct lists *lists = calloc(1, sizeof *lists + n * sizeof *lists->members);
    if (!lists || !(lists->lists = calloc(n + n_were + 1, sizeof *lists->lists))) {
        lists_free(lists);
        return -ENOMEM;
    }
    const struct source_row *source = rowset_next(store->sources, 0);
    for (; source; source = rowset_next(store->sources, source->index)) {
        if (source->index == without)
            continue;
        const char *host;
        const size_t at = place_source(lists, source), n_host = url_host(source->identity->url, &host);
        lists->lists[at].forms |= FORM_BIT(form_of(host, n_host));
        lists->members[lists->n_members++] = (struct member){ source->index, at, 0 };
    }
    take_over_outages(store, lists);
    note_lists(store, store->lists);
    lists_free(store->lists);
    store->lists = lists;
    note_lists(store, lists);
    for (size_t i = 0; i < lists->n_lists; i++) {
        restore_list(store, lists->lists[i].first, &lists->lists[i].outage);
        count_sources(store, i);
    }
    const struct agent_row *agent = rowset_next(store->agents, 0);
    for (; agent; agent = rowset_next(store->agents, agent->index))
        lists_count(store, agent, 1);
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

/* What is reached by no way says nothing of the proxy: the source is down, or the straight way is not open to us. */
static enum finding proxies_of(const struct list *list)
{
    if (list->signs[PROXY_AT_FAULT])
        return FINDING_PROXY_FAILS;
    if (list->signs[PROXY_WORKS])
        return FINDING_PROXY_WORKS;
    if (list->signs[PROXY_UNTRIED] + list->signs[PROXY_UNCLEAR] < list->sources)
        return FINDING_PROXY_UNTRIED;
    return list->signs[PROXY_UNCLEAR] ? FINDING_PROXY_UNCLEAR : FINDING_NO_PROXY;
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
        if (list->first && list->identity->kind == kind && source_identity_serves(list->identity, address))
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

/* The host of the source that the agent itself says that it uses; its length, 0: it says none. */
static size_t named_host(const struct agent_row *agent, const char **ret_host)
{
    const struct statement *known = &agent->evidence.known;
    const struct fact_value *fact = &known->facts[FACT_CURRENT_SOURCE];
    if (!fact->mono_ms || fact->value != TRI_YES || !known->report || !*known->report->source)
        return 0;
    return url_host(known->report->source, ret_host);
}

/* The source of that host; of several, which stand in several lists, the one of the agent's own list. */
static uint32_t find_named(const struct store *store, const struct agent_row *agent, uint32_t list)
{
    uint32_t found = SOURCE_ELSEWHERE;
    const char *host;
    const size_t n = named_host(agent, &host);
    if (!n)
        return 0;
    for (size_t i = 0; store->lists && i < store->lists->n_members; i++) {
        const struct member *member = &store->lists->members[i];
        const bool mine = store->lists->lists[member->list].first == list;
        if ((mine || found == SOURCE_ELSEWHERE) && is_named(identity_of(store, member->source), host, n)) {
            found = member->source;
            if (mine)
                break;
        }
    }
    return found;
}

void lists_follow(struct store *store, struct agent_row *agent, const struct now *now)
{
    struct list_use *use = &agent->list;
    const uint32_t first = find_list_of(store, agent);
    const struct list *list = find_list(store, first);

    if (first != use->list)
        *use = (struct list_use){ .list = first };
    use->source = find_named(store, agent, first);
    use->state = (uint8_t)(list ? state_of(list) : UPDOWN_UNKNOWN);
    if (use->state == UPDOWN_DOWN)
        use->was_down = true;
    if (use->state == UPDOWN_UP && use->was_down) {
        use->was_down = false;
        use->up_since_s = (uint32_t)((now->mono_ms + 999) / 1000);
    }
}

/* Of the proxy by which agents of that location reach their sources. */
static enum finding proxies_for(const struct store *store, const struct agent_row *agent, const struct list *list)
{
    const struct fact_value *location = &agent->evidence.known.facts[FACT_LOCATION];
    if (!location->mono_ms || location->value <= LOCATION_UNKNOWN)
        return FINDING_PROXY_OPEN;
    if (!store->settings.proxied[location->value])
        return FINDING_NO_PROXY;
    return list ? proxies_of(list) : FINDING_PROXY_OPEN;
}

/* Whether the agent is known to use what is none of its list's: it has not been told of a change. What an external one
 * names is the source that it would use inside. */
static enum finding find_stray(const struct store *store, const struct agent_row *agent, const struct list *list)
{
    const struct fact_value *location = &agent->evidence.known.facts[FACT_LOCATION];
    const struct member *member = find_member(store, agent->list.source);
    const char *host;
    const size_t n = named_host(agent, &host);

    if (!list || !n || location->value != LOCATION_INTERNAL)
        return FINDING_NOTHING;
    if (member)
        return &store->lists->lists[member->list] == list ? FINDING_NOTHING : FINDING_SOURCE_OF_OTHER_LIST;
    return list->forms == FORM_BIT(form_of(host, n)) ? FINDING_SOURCE_ELSEWHERE : FINDING_NOTHING;
}

/* An agent that was believed to have lost its source before stays so while they fail. */
struct list_context lists_context(const struct store *store, const struct agent_row *agent)
{
    const struct list *list = find_list(store, agent->list.list);
    return (struct list_context){
        .state = list ? (enum updown)agent->list.state : UPDOWN_UNKNOWN,
        .exists = list != NULL,
        .stray = find_stray(store, agent, list),
        .whole = list && list->up == list->sources,
        .failing = list && list->failing == list->sources && agent->dampers[AXIS_SMART].believed != TRI_NO,
        .up_since_ms = (int64_t)agent->list.up_since_s * 1000,
        .proxies = proxies_for(store, agent, list),
    };
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

bool lists_freeze(const struct store *store, uint32_t list, struct codec *codec)
{
    const struct list *found = find_list(store, list);
    if (!found || !(found->outage.judged || found->outage.alarm))
        return false;
    struct outage own = found->outage;
    frozen_outage(codec, &own);
    return true;
}

bool lists_have_alarm(const struct store *store, uint32_t seq)
{
    for (size_t i = 0; store->lists && i < store->lists->n_lists; i++)
        if (store->lists->lists[i].outage.alarm == seq)
            return true;
    return false;
}

/* Also when nothing changed: an alarm that could not be raised or cleared for want of memory is tried again. */
static void settle(struct store *store, struct list *list, const struct now *now)
{
    const enum updown state = state_of(list);
    struct outage *outage = &list->outage;
    const struct outage was = *outage;

    if (state == UPDOWN_DOWN && list->out && !outage->alarm) {
        const bool tell = store->settings.notify && (outage->judged || store->settings.tell_first_verdict);
        outage->alarm = alarm_raise_list(store, list->first, list->identity, list->out, tell, now);
        outage->told = tell;
    } else if (outage->alarm && (state == UPDOWN_UP || !list->first)) {
        const enum clear_reason why = list->first ? CLEAR_RECOVERED : CLEAR_REMOVED;
        if (alarm_clear_list(store, outage->alarm, list->lost, why, outage->told, now) == 0)
            outage->alarm = 0;
    } else if (outage->alarm) {
        alarm_refresh_list(store, outage->alarm, list->first, list->identity, list->out, now);
    }
    outage->judged = outage->judged || state == UPDOWN_UP || outage->alarm;
    if (outage->alarm != was.alarm || outage->judged != was.judged || outage->told != was.told)
        journal_note(&store->journal, KEPT_LIST, list->first);
}

void lists_settle(struct store *store, uint32_t list, const struct now *now)
{
    struct list *found = find_list(store, list);
    if (found)
        settle(store, found, now);
}

/* Those that are gone stand last: their alarms end before others begin, maybe by the same source's name. */
void lists_settle_all(struct store *store, const struct now *now)
{
    for (size_t i = store->lists ? store->lists->n_lists : 0; i-- > 0;)
        settle(store, &store->lists->lists[i], now);
}

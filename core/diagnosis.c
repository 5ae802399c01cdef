/* Judges one agent: evidence to axes, believed axes to a verdict. Pure functions over values; it remembers nothing,
 * damps nothing and tells nobody. */
#include "diagnosis.h"

/* axes_observe() while it works: what it reads, and until when what it has read stays as it is. */
struct reading {
    const struct evidence *evidence;
    const struct policy *policy;
    int64_t now_ms;
    int64_t valid_until_ms;
};

static void note_change_at(struct reading *reading, int64_t at_ms)
{
    if (at_ms < reading->valid_until_ms)
        reading->valid_until_ms = at_ms;
}

/* Whether a piece of evidence counts; if so, the answer rests on it until it gets too old. */
static bool read_fresh(struct reading *reading, int64_t mono_ms)
{
    if (!evidence_is_fresh(mono_ms, reading->policy->evidence_max_age_ms, reading->now_ms))
        return false;
    note_change_at(reading, mono_ms + reading->policy->evidence_max_age_ms + 1);
    return true;
}

/* A fact's value; 1, which is unknown in every enumeration, where there is none. */
static int32_t read_fact(struct reading *reading, enum fact fact)
{
    const struct fact_value *known = &reading->evidence->known.facts[fact];
    return read_fresh(reading, known->mono_ms) ? known->value : 1;
}

static enum side read_side(struct reading *reading, const struct contact *contact)
{
    return read_fresh(reading, contact->mono_ms) ? (enum side)contact->side : SIDE_UNKNOWN;
}

/* Every question that was asked and answered by silence speaks for absence; anything that was heard, against it. */
static enum presence observe_presence(struct reading *reading)
{
    const struct contact *const contacts[] = { &reading->evidence->server_side, &reading->evidence->asked };
    bool heard = read_fresh(reading, reading->evidence->feed_mono_ms);
    unsigned asked = 0, silent = 0;

    for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++) {
        if (!read_fresh(reading, contacts[i]->mono_ms) || contacts[i]->side <= SIDE_UNKNOWN)
            continue;
        asked++;
        heard |= contacts[i]->heard;
        silent += cause_is_silence(contacts[i]->cause);
    }
    if (heard)
        return PRESENCE_PRESENT;
    return asked > 0 && silent == asked ? PRESENCE_ABSENT : PRESENCE_UNKNOWN;
}

/* A pattern ages on between observations, as long as its age counts at all. Without one, the record tells how far it is
 * behind. */
static enum tri observe_pattern(struct reading *reading)
{
    const struct fact_value *age = &reading->evidence->known.facts[FACT_PATTERN_AGE_S];
    const struct fact_value *behind = &reading->evidence->known.facts[FACT_PATTERN_BEHIND];
    if (!read_fresh(reading, age->mono_ms))
        return !read_fresh(reading, behind->mono_ms)                               ? TRI_UNKNOWN
               : behind->value < (int32_t)reading->policy->pattern_versions_behind ? TRI_YES
                                                                                   : TRI_NO;

    int64_t outdated_from_ms = age->mono_ms + reading->policy->pattern_max_age_ms - (int64_t)age->value * 1000 + 1;
    if (reading->now_ms >= outdated_from_ms)
        return TRI_NO;
    note_change_at(reading, outdated_from_ms);
    return TRI_YES;
}

static enum scan_state observe_scan(struct reading *reading)
{
    const int32_t enabled = read_fact(reading, FACT_RTS_POLICY);
    const int32_t service = read_fact(reading, FACT_RTS_SERVICE);
    const int32_t mode = read_fact(reading, FACT_MODE);

    if (enabled == TRI_NO)
        return mode == MODE_STANDALONE ? SCAN_STANDALONE_UNPROTECTED : SCAN_DISABLED;
    /* The service alone decides nothing: where the policy is off, a stopped one is as it should be, and a running one
     * does not scan. To name either would be a guess. */
    if (enabled != TRI_YES)
        return SCAN_UNKNOWN;
    switch (service) {
    case SERVICE_RUNNING:
        return SCAN_RUNNING;
    case SERVICE_STOPPED:
    case SERVICE_MISSING:
        return SCAN_NOT_FUNCTIONING;
    default:
        return SCAN_UNKNOWN;
    }
}

/* "Lost", said by an agent none of whose sources answered at that time, tells of the sources, not of the agent. */
static enum tri read_loss(struct reading *reading, enum fact fact, const struct list_context *list)
{
    const enum tri says = (enum tri)read_fact(reading, fact);
    const bool of_sources = list->state == UPDOWN_DOWN || list->failing ||
                            (list->up_since_ms && reading->evidence->known.facts[fact].mono_ms < list->up_since_ms);
    return says == TRI_NO && of_sources ? TRI_UNKNOWN : says;
}

static struct smart_facts read_smart(struct reading *reading, const struct list_context *list)
{
    const struct statement *known = &reading->evidence->known;
    return (struct smart_facts){
        .answers = read_loss(reading, FACT_SMART_PROTECTION, list),
        .location = (enum location)read_fact(reading, FACT_LOCATION),
        .source = read_loss(reading, FACT_CURRENT_SOURCE, list),
        .scan_method = (enum scan_method)read_fact(reading, FACT_SCAN_METHOD),
        .tmusa = (enum service)read_fact(reading, FACT_TMUSA),
        .listed = list->exists,
        .stray = list->stray,
        .list = list->state,
        .list_whole = list->whole,
        .proxies = list->proxies,
        .files = read_fresh(reading, known->files_mono_ms) ? (enum files)known->files : FILES_UNKNOWN,
    };
}

/* "Offline", said by an agent whose server was down at that time, tells of the server, not of the agent. */
static bool was_said_before_server_came_back(const struct contact *agent_side, const struct context *context)
{
    return context->server_up_since_ms != 0 && agent_side->mono_ms < context->server_up_since_ms;
}

/* What the endpoint said of its way to the server, when it was asked, says nothing any more once the endpoint itself
 * has not been heard: by who asked it again, or by the listener's silence, which began later. */
static bool was_said_before_silence(const struct evidence *evidence)
{
    const struct contact *agent_side = &evidence->known.agent_side, *asked = &evidence->asked;
    if (agent_side->driver != DRIVER_WINRM)
        return false;
    return (evidence->silent_since_ms != 0 && agent_side->mono_ms < evidence->silent_since_ms) ||
           (asked->side == SIDE_OFFLINE && !asked->heard && asked->mono_ms > agent_side->mono_ms);
}

static enum side observe_agent_side(struct reading *reading, const struct context *context)
{
    const struct contact *contact = &reading->evidence->known.agent_side;
    enum side side = read_side(reading, contact);
    if (was_said_before_silence(reading->evidence))
        return SIDE_UNKNOWN;
    if (side == SIDE_OFFLINE && (context->server_state == UPDOWN_DOWN || context->server_failing ||
                                 was_said_before_server_came_back(contact, context)))
        return SIDE_UNKNOWN;
    return side;
}

struct axes axes_observe(const struct evidence *evidence, const struct context *context, const struct policy *policy,
                         int64_t now_ms, int64_t *ret_valid_until_ms)
{
    struct reading reading = { evidence, policy, now_ms, INT64_MAX };
    const struct smart_facts smart = read_smart(&reading, &context->list);
    struct axes axes = {
        .at = { [AXIS_SERVER_SIDE] = (uint8_t)read_side(&reading, &evidence->server_side),
                [AXIS_AGENT_SIDE] = (uint8_t)observe_agent_side(&reading, context),
                [AXIS_PRESENCE] = (uint8_t)observe_presence(&reading),
                [AXIS_PATTERN] = (uint8_t)observe_pattern(&reading),
                [AXIS_SCAN] = (uint8_t)observe_scan(&reading),
                [AXIS_SMART] = (uint8_t)smart_available(&smart) },
    };
    /* No axis reads the addresses, but diagnose() does, and must be asked again when they get too old. */
    read_fresh(&reading, statement_own(&evidence->known)->mono_ms);
    read_fresh(&reading, statement_resolved(&evidence->known)->mono_ms);
    read_fresh(&reading, evidence->known.facts[FACT_LISTENER_SERVICE].mono_ms);
    *ret_valid_until_ms = reading.valid_until_ms;
    return axes;
}

bool axis_is_bad(enum axis axis, unsigned value)
{
    switch (axis) {
    case AXIS_SERVER_SIDE:
    case AXIS_AGENT_SIDE:
        return value == SIDE_OFFLINE;
    case AXIS_PRESENCE:
        return value == PRESENCE_ABSENT;
    case AXIS_PATTERN:
    case AXIS_SMART:
        return value == TRI_NO;
    case AXIS_SCAN:
        return value == SCAN_NOT_FUNCTIONING || value == SCAN_DISABLED || value == SCAN_STANDALONE_UNPROTECTED;
    case AXES:
        break;
    }
    return false;
}

uint32_t axes_touched(const struct observation *observation)
{
    static const uint8_t axis_of_fact[FACTS] = {
        [FACT_MODE] = AXIS_BIT(AXIS_SCAN),
        [FACT_RTS_POLICY] = AXIS_BIT(AXIS_SCAN),
        [FACT_RTS_SERVICE] = AXIS_BIT(AXIS_SCAN),
        [FACT_PATTERN_AGE_S] = AXIS_BIT(AXIS_PATTERN),
        [FACT_PATTERN_BEHIND] = AXIS_BIT(AXIS_PATTERN),
        [FACT_SMART_PROTECTION] = AXIS_BIT(AXIS_SMART),
        [FACT_LOCATION] = AXIS_BIT(AXIS_SMART),
        [FACT_CURRENT_SOURCE] = AXIS_BIT(AXIS_SMART),
        [FACT_SCAN_METHOD] = AXIS_BIT(AXIS_SMART),
        [FACT_TMUSA] = AXIS_BIT(AXIS_SMART),
    };
    uint32_t touched = 0;

    for (unsigned fact = 0; fact < FACTS; fact++) {
        if (observation_tells_facts(observation) && (observation->facts & FACT_BIT(fact)))
            touched |= axis_of_fact[fact];
    }
    if (observation_shows_server_side(observation))
        touched |= AXIS_BIT(AXIS_SERVER_SIDE) | AXIS_BIT(AXIS_PRESENCE);
    if (observation_shows_agent_side(observation))
        touched |= AXIS_BIT(AXIS_AGENT_SIDE);
    if (observation_is_live_feed(observation) || observation_asks_endpoint(observation))
        touched |= AXIS_BIT(AXIS_PRESENCE);
    return touched;
}

uint32_t axes_conditions(uint32_t axes)
{
    const uint32_t scan = CONDITION_BIT(CONDITION_REAL_TIME_SCAN_NOT_FUNCTIONING) |
                          CONDITION_BIT(CONDITION_REAL_TIME_SCAN_DISABLED) |
                          CONDITION_BIT(CONDITION_STANDALONE_UNPROTECTED);
    uint32_t conditions = 0;

    conditions |=
        axes & (AXIS_BIT(AXIS_SERVER_SIDE) | AXIS_BIT(AXIS_AGENT_SIDE)) ? CONDITION_BIT(CONDITION_OFFLINE) : 0;
    conditions |= axes & AXIS_BIT(AXIS_PATTERN) ? CONDITION_BIT(CONDITION_PATTERN_OUTDATED) : 0;
    conditions |= axes & AXIS_BIT(AXIS_SCAN) ? scan : 0;
    conditions |= axes & AXIS_BIT(AXIS_SMART) ? CONDITION_BIT(CONDITION_SMART_PROTECTION_UNAVAILABLE) : 0;
    return conditions;
}

/* The endpoint itself says that nobody listens there. */
static bool listener_is_stopped(const struct evidence *evidence, const struct policy *policy, int64_t now_ms)
{
    const struct fact_value *service = &evidence->known.facts[FACT_LISTENER_SERVICE];
    return evidence_is_fresh(service->mono_ms, policy->evidence_max_age_ms, now_ms) &&
           (service->value == SERVICE_STOPPED || service->value == SERVICE_MISSING);
}

/* The agent is heard, its listener is not: the addresses tell whether we ask at the right place. */
static enum diagnosis diagnose_listener(const struct evidence *evidence, const struct context *context,
                                        const struct policy *policy, int64_t now_ms)
{
    const struct address_list *own = statement_own(&evidence->known);
    if (context->recorded.family == 0 || own->n == 0 ||
        !evidence_is_fresh(own->mono_ms, policy->evidence_max_age_ms, now_ms))
        return DIAGNOSIS_FIREWALL_OR_ADDRESS;
    for (unsigned i = 0; i < own->n; i++) {
        if (address_equal(&own->at[i], &context->recorded))
            return DIAGNOSIS_FIREWALL_BLOCKS_SERVER;
    }
    return DIAGNOSIS_AGENT_ADDRESS_CHANGED;
}

/* The connection's part of a verdict: its condition (as a tri: does it hold?) and its cause. */
struct connection {
    enum tri offline;
    enum diagnosis diagnosis;
};

static struct connection judge_connection(const struct axes *believed, const struct evidence *evidence,
                                          const struct context *context, const struct policy *policy, int64_t now_ms)
{
    if (policy->absent == ABSENT_NOTE && believed->at[AXIS_PRESENCE] == PRESENCE_ABSENT)
        return (struct connection){ TRI_NO, DIAGNOSIS_NONE };

    enum side server = (enum side)believed->at[AXIS_SERVER_SIDE];
    if (context->server_state == UPDOWN_DOWN && evidence->known.agent_side.side == SIDE_OFFLINE &&
        evidence_is_fresh(evidence->known.agent_side.mono_ms, policy->evidence_max_age_ms, now_ms)) {
        enum tri offline = server == SIDE_UNKNOWN ? TRI_UNKNOWN : server == SIDE_OFFLINE ? TRI_YES : TRI_NO;
        return (struct connection){ offline, DIAGNOSIS_SERVER_DOWN };
    }

    /* By agent side, then server side. Agent online and server offline asks for the addresses. */
    static const struct connection by_sides[SIDE_OFFLINE + 1][SIDE_OFFLINE + 1] = {
        [SIDE_UNKNOWN] = { [SIDE_UNKNOWN] = { TRI_UNKNOWN, DIAGNOSIS_UNKNOWN },
                           [SIDE_ONLINE] = { TRI_NO, DIAGNOSIS_NONE },
                           [SIDE_OFFLINE] = { TRI_YES, DIAGNOSIS_UNVERIFIED } },
        [SIDE_ONLINE] = { [SIDE_UNKNOWN] = { TRI_NO, DIAGNOSIS_NONE },
                          [SIDE_ONLINE] = { TRI_NO, DIAGNOSIS_NONE },
                          [SIDE_OFFLINE] = { TRI_YES, DIAGNOSIS_FIREWALL_OR_ADDRESS } },
        [SIDE_OFFLINE] = { [SIDE_UNKNOWN] = { TRI_YES, DIAGNOSIS_UNVERIFIED },
                           [SIDE_ONLINE] = { TRI_YES, DIAGNOSIS_SERVER_NAME_UNRESOLVED },
                           [SIDE_OFFLINE] = { TRI_YES, DIAGNOSIS_NETWORK_FAULT } },
    };
    struct connection connection = by_sides[believed->at[AXIS_AGENT_SIDE]][server];
    if (connection.diagnosis == DIAGNOSIS_FIREWALL_OR_ADDRESS)
        connection.diagnosis = diagnose_listener(evidence, context, policy, now_ms);
    /* No firewall and no address is to blame for that. */
    if (server == SIDE_OFFLINE && believed->at[AXIS_AGENT_SIDE] != SIDE_OFFLINE &&
        listener_is_stopped(evidence, policy, now_ms))
        connection.diagnosis = DIAGNOSIS_LISTENER_STOPPED;
    return connection;
}

/* The conditions that each scan state is; what is unknown is unknown for all three. */
static uint32_t scan_conditions(unsigned scan)
{
    switch (scan) {
    case SCAN_NOT_FUNCTIONING:
        return CONDITION_BIT(CONDITION_REAL_TIME_SCAN_NOT_FUNCTIONING);
    case SCAN_DISABLED:
        return CONDITION_BIT(CONDITION_REAL_TIME_SCAN_DISABLED);
    case SCAN_STANDALONE_UNPROTECTED:
        return CONDITION_BIT(CONDITION_STANDALONE_UNPROTECTED);
    case SCAN_UNKNOWN:
        return CONDITION_BIT(CONDITION_REAL_TIME_SCAN_NOT_FUNCTIONING) |
               CONDITION_BIT(CONDITION_REAL_TIME_SCAN_DISABLED) | CONDITION_BIT(CONDITION_STANDALONE_UNPROTECTED);
    default:
        return 0;
    }
}

/* One address that is as it should be suffices: a name has several, of both families, and an agent tries them all. */
static enum name_check check_name(const struct address_list *resolved, const struct context *context)
{
    if (resolved->n == 0)
        return NAME_NOT_FOUND;
    if (context->n_expected == 0)
        return NAME_UNKNOWN;
    for (size_t i = 0; i < context->n_expected; i++)
        for (unsigned k = 0; k < resolved->n; k++)
            if (address_equal(&context->expected[i], &resolved->at[k]))
                return NAME_AS_EXPECTED;
    return context->n_expected < EXPECTED_ADDRESSES_MAX ? NAME_OTHER_ADDRESS : NAME_UNKNOWN;
}

/* A feed may come from anywhere: only who answers us is where we are. */
static bool is_seen_from_here(struct reading *reading, const struct axes *believed)
{
    const struct contact *const contacts[] = { &reading->evidence->server_side, &reading->evidence->asked };

    if (believed->at[AXIS_SERVER_SIDE] == SIDE_ONLINE)
        return true;
    for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++)
        if (believed->at[AXIS_PRESENCE] == PRESENCE_PRESENT && contacts[i]->heard &&
            read_fresh(reading, contacts[i]->mono_ms))
            return true;
    return false;
}

static enum location expect_location(struct reading *reading, const struct axes *believed,
                                     const struct context *context)
{
    return location_expected(&(struct location_facts){
        .agent_side = (enum side)believed->at[AXIS_AGENT_SIDE],
        .gateway = (enum tri)read_fact(reading, FACT_GATEWAY),
        .seen = is_seen_from_here(reading, believed),
        .server = context->server_state,
        .references = context->places.references,
    });
}

static void add_findings(struct verdict *verdict, const struct axes *believed, const struct evidence *evidence,
                         const struct context *context, const struct policy *policy, int64_t now_ms)
{
    struct reading reading = { evidence, policy, now_ms, INT64_MAX };
    struct smart_facts smart = read_smart(&reading, &context->list);

    smart.places = context->places;
    smart.comparison = context->comparison;
    smart.expected = expect_location(&reading, believed, context);
    verdict->expected_location = (uint8_t)smart.expected;
    for (enum smart_check check = CHECK_ENDPOINT_LOCATION; check <= SMART_CHECKS; check++)
        verdict->findings[check - 1] = (uint8_t)smart_find(check, &smart);
    verdict->name_check = read_fresh(&reading, statement_resolved(&evidence->known)->mono_ms)
                              ? (uint8_t)check_name(statement_resolved(&evidence->known), context)
                              : NAME_UNKNOWN;
}

uint32_t verdict_failed_checks(const struct verdict *verdict)
{
    uint32_t failed = 0;
    for (enum smart_check check = CHECK_ENDPOINT_LOCATION; check <= SMART_CHECKS; check++)
        if (finding_result(verdict->findings[check - 1]) == RESULT_FAILED)
            failed |= CHECK_BIT(check);
    return failed;
}

static void add_conditions(struct verdict *verdict, bool unknown, uint32_t conditions)
{
    if (unknown)
        verdict->unknowns |= conditions;
    else
        verdict->conditions |= conditions;
}

/* A condition whose state is a tri: `bad` is the value with which it holds. */
static void add_tri(struct verdict *verdict, unsigned value, enum tri bad, enum condition condition)
{
    if (value == TRI_UNKNOWN || value == (unsigned)bad)
        add_conditions(verdict, value == TRI_UNKNOWN, CONDITION_BIT(condition));
}

static void derive_icon(struct verdict *verdict)
{
    unsigned best_rank = UINT32_MAX;
    verdict->icon = verdict->unknowns ? ICON_UNKNOWN : ICON_HEALTHY;
    verdict->severity = verdict->unknowns ? SEVERITY_UNKNOWN : SEVERITY_CLEARED;
    for (unsigned condition = 0; condition < CONDITIONS; condition++) {
        if (!(verdict->conditions & CONDITION_BIT(condition)) || condition_icon_rank(condition) >= best_rank)
            continue;
        best_rank = condition_icon_rank(condition);
        verdict->icon = (uint8_t)condition_icon(condition);
        verdict->severity = (uint8_t)condition_severity(condition);
    }
}

struct verdict diagnose(const struct axes *believed, const struct evidence *evidence, const struct context *context,
                        const struct policy *policy, int64_t now_ms)
{
    struct axes axes = *believed;
    for (unsigned axis = 0; axis < AXES; axis++) {
        if (axes.at[axis] == 0)
            axes.at[axis] = 1;
    }
    const struct connection connection = judge_connection(&axes, evidence, context, policy, now_ms);
    struct verdict verdict = { .diagnosis = (uint8_t)connection.diagnosis };

    add_tri(&verdict, connection.offline, TRI_YES, CONDITION_OFFLINE);
    add_tri(&verdict, axes.at[AXIS_PATTERN], TRI_NO, CONDITION_PATTERN_OUTDATED);
    verdict.outage = context->list.state == UPDOWN_DOWN && axes.at[AXIS_SMART] != TRI_NO;
    add_tri(&verdict, verdict.outage ? TRI_NO : axes.at[AXIS_SMART], TRI_NO, CONDITION_SMART_PROTECTION_UNAVAILABLE);
    add_conditions(&verdict, axes.at[AXIS_SCAN] == SCAN_UNKNOWN, scan_conditions(axes.at[AXIS_SCAN]));
    /* What nobody asks for is not unknown, just not asked; what evidence shows holds all the same. */
    verdict.unknowns &= context->monitored;
    add_findings(&verdict, &axes, evidence, context, policy, now_ms);
    derive_icon(&verdict);
    return verdict;
}

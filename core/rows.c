/* Life and sharing of what rows point to. Nothing here changes after it was made, but for the reference counts. */
#include "rows.h"

#include "shared.h"

#include <stdlib.h>
#include <string.h>

struct text {
    atomic_uint refs;
    char chars[];
};

struct shared_agent {
    atomic_uint refs;
    struct agent_identity identity;
    char texts[];
};

struct shared_server {
    atomic_uint refs;
    struct server_identity identity;
    char texts[];
};

struct shared_source {
    atomic_uint refs;
    struct source_identity identity;
    char texts[];
};

#define SHARED(type, identity_) ((struct type *)((uintptr_t)(identity_)-offsetof(struct type, identity)))

const struct text *text_new(const char *from)
{
    const size_t bytes = strlen(from) + 1;
    struct text *text = malloc(sizeof *text + bytes);
    if (!text)
        return NULL;
    atomic_init(&text->refs, 1);
    memcpy(text->chars, from, bytes);
    return text;
}

const struct text *text_ref(const struct text *text)
{
    if (text)
        shared_ref(&((struct text *)(uintptr_t)text)->refs);
    return text;
}

void text_unref(const struct text *text)
{
    struct text *own = (struct text *)(uintptr_t)text;
    if (own && shared_unref_was_last(&own->refs))
        free(own);
}

const char *text_chars(const struct text *text)
{
    return text ? text->chars : "";
}

const struct agent_identity *agent_identity_new(const struct agent_identity *from)
{
    struct agent_identity identity = *from;
    struct shared_agent *shared = shared_pack(
        sizeof *shared, (const char **[]){ &identity.name, &identity.guid, &identity.group, &identity.address }, 4);
    if (!shared)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->identity = identity;
    return &shared->identity;
}

const struct agent_identity *agent_identity_ref(const struct agent_identity *identity)
{
    shared_ref(&SHARED(shared_agent, identity)->refs);
    return identity;
}

void agent_identity_unref(const struct agent_identity *identity)
{
    if (identity && shared_unref_was_last(&SHARED(shared_agent, identity)->refs))
        free(SHARED(shared_agent, identity));
}

bool agent_identity_equal(const struct agent_identity *a, const struct agent_identity *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->guid, b->guid) == 0 && strcmp(a->group, b->group) == 0 &&
           strcmp(a->address, b->address) == 0 && a->port == b->port && a->server == b->server &&
           a->group_index == b->group_index && a->monitored == b->monitored && a->listened == b->listened &&
           a->asked == b->asked && a->retired == b->retired;
}

/* Reads an address of so many characters; what is none is left out. */
static void expect_address(struct server_identity *identity, const char *chars, size_t n)
{
    char text[ADDRESS_TEXT_BYTES];
    if (n >= sizeof text || identity->n_expected == EXPECTED_ADDRESSES_MAX)
        return;
    memcpy(text, chars, n);
    text[n] = '\0';
    if (address_parse(text, &identity->expected[identity->n_expected]) == 0)
        identity->n_expected++;
}

/* Where no address is told, a url that needs no name tells it: scheme://ADDRESS:port/ or scheme://[ADDRESS]:port/. */
static void find_expected(struct server_identity *identity)
{
    static const char separators[] = ", \t";
    const char *at = identity->addresses ? identity->addresses : "";
    const char *host;

    identity->n_expected = 0;
    for (at += strspn(at, separators); *at; at += strspn(at, separators)) {
        expect_address(identity, at, strcspn(at, separators));
        at += strcspn(at, separators);
    }
    if (identity->n_expected > 0 || !strstr(identity->url, "://"))
        return;
    const size_t bytes = url_host(identity->url, &host);
    expect_address(identity, host, bytes);
}

const struct server_identity *server_identity_new(const struct server_identity *from)
{
    struct server_identity identity = *from;
    find_expected(&identity);
    struct shared_server *shared =
        shared_pack(sizeof *shared, (const char **[]){ &identity.name, &identity.url, &identity.addresses }, 3);
    if (!shared)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->identity = identity;
    return &shared->identity;
}

const struct server_identity *server_identity_ref(const struct server_identity *identity)
{
    shared_ref(&SHARED(shared_server, identity)->refs);
    return identity;
}

void server_identity_unref(const struct server_identity *identity)
{
    if (identity && shared_unref_was_last(&SHARED(shared_server, identity)->refs))
        free(SHARED(shared_server, identity));
}

const struct source_identity *source_identity_new(const struct source_identity *from)
{
    struct source_identity identity = *from;
    const char *at = identity.ranges, *item;

    memset(identity.range, 0, sizeof identity.range);
    identity.n_ranges = 0;
    for (size_t n; (n = list_item(&at, &item)) > 0 && identity.n_ranges < SOURCE_RANGES_MAX;)
        if (range_parse(item, n, &identity.range[identity.n_ranges]) == 0)
            identity.n_ranges++;
    struct shared_source *shared = shared_pack(
        sizeof *shared, (const char **[]){ &identity.name, &identity.url, &identity.web_url, &identity.ranges }, 4);
    if (!shared)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->identity = identity;
    return &shared->identity;
}

const struct source_identity *source_identity_ref(const struct source_identity *identity)
{
    shared_ref(&SHARED(shared_source, identity)->refs);
    return identity;
}

void source_identity_unref(const struct source_identity *identity)
{
    if (identity && shared_unref_was_last(&SHARED(shared_source, identity)->refs))
        free(SHARED(shared_source, identity));
}

bool source_identity_serves(const struct source_identity *identity, const struct address *address)
{
    for (size_t i = 0; i < identity->n_ranges; i++)
        if (range_has(&identity->range[i], address))
            return true;
    return identity->n_ranges == 0 && identity->kind != LIST_CUSTOM;
}

bool source_identity_is_beside(const struct source_identity *a, const struct source_identity *b)
{
    return a->kind == b->kind && a->n_ranges == b->n_ranges &&
           memcmp(a->range, b->range, a->n_ranges * sizeof *a->range) == 0;
}

bool group_is_out(const struct group_row *group)
{
    for (enum condition condition = 0; condition < CONDITIONS; condition++)
        if (group->outages[condition])
            return true;
    return false;
}

static void retain_agent(const void *row)
{
    const struct agent_row *agent = row;
    if (agent->identity)
        agent_identity_ref(agent->identity);
    evidence_retain(&agent->evidence);
}

static void release_agent(const void *row)
{
    const struct agent_row *agent = row;
    agent_identity_unref(agent->identity);
    evidence_release(&agent->evidence);
}

static void retain_server(const void *row)
{
    const struct server_row *server = row;
    if (server->identity)
        server_identity_ref(server->identity);
}

static void release_server(const void *row)
{
    server_identity_unref(((const struct server_row *)row)->identity);
}

static void retain_source(const void *row)
{
    const struct source_row *source = row;
    if (source->identity)
        source_identity_ref(source->identity);
}

static void release_source(const void *row)
{
    source_identity_unref(((const struct source_row *)row)->identity);
}

static void retain_reference(const void *row)
{
    text_ref(((const struct reference_row *)row)->host);
}

static void release_reference(const void *row)
{
    text_unref(((const struct reference_row *)row)->host);
}

static void retain_gateway(const void *row)
{
    text_ref(((const struct gateway_row *)row)->address);
}

static void release_gateway(const void *row)
{
    text_unref(((const struct gateway_row *)row)->address);
}

static void retain_group(const void *row)
{
    text_ref(((const struct group_row *)row)->name);
}

static void release_group(const void *row)
{
    text_unref(((const struct group_row *)row)->name);
}

static void retain_alarm(const void *row)
{
    const struct alarm_row *alarm = row;
    text_ref(alarm->subject_name);
    text_ref(alarm->text);
}

static void release_alarm(const void *row)
{
    const struct alarm_row *alarm = row;
    text_unref(alarm->subject_name);
    text_unref(alarm->text);
}

static void retain_history(const void *row)
{
    retain_alarm(&((const struct history_row *)row)->alarm);
}

static void release_history(const void *row)
{
    release_alarm(&((const struct history_row *)row)->alarm);
}

static void retain_telling(const void *row)
{
    retain_alarm(&((const struct telling_row *)row)->owed);
}

static void release_telling(const void *row)
{
    release_alarm(&((const struct telling_row *)row)->owed);
}

const struct rowset_type agent_rows = { sizeof(struct agent_row), retain_agent, release_agent };
const struct rowset_type server_rows = { sizeof(struct server_row), retain_server, release_server };
const struct rowset_type source_rows = { sizeof(struct source_row), retain_source, release_source };
const struct rowset_type reference_rows = { sizeof(struct reference_row), retain_reference, release_reference };
const struct rowset_type gateway_rows = { sizeof(struct gateway_row), retain_gateway, release_gateway };
const struct rowset_type group_rows = { sizeof(struct group_row), retain_group, release_group };
const struct rowset_type alarm_rows = { sizeof(struct alarm_row), retain_alarm, release_alarm };
const struct rowset_type history_rows = { sizeof(struct history_row), retain_history, release_history };
const struct rowset_type telling_rows = { sizeof(struct telling_row), retain_telling, release_telling };
const struct rowset_type change_rows = { sizeof(struct change_row), NULL, NULL };
const struct rowset_type probe_rows = { sizeof(struct probe_row), NULL, NULL };

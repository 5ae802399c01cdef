/* Puts the findings of the checks into words. It finds nothing out by itself. */
#include "checks.h"

#include "line.h"

#include <string.h>

/* A line, and what goes in front of the next name. */
struct naming {
    struct line line;
    const char *mark;
};

static const struct words silent_references = { { "; reference servers that do not answer: ",
                                                  "、応答しない参照サーバ: " } };
static const struct words malformed_gateways = { { "; gateways that match none: ",
                                                   "、どれにも一致しないゲートウェイ: " } };

static void begin_name(struct naming *naming)
{
    line_add(&naming->line, "%s", naming->mark);
    naming->mark = ", ";
}

/* Says what the next names are, unless the finding itself has said so. */
static void announce(struct naming *naming, bool said, const struct words *words)
{
    naming->mark = said ? ": " : words->in[naming->line.language];
}

static void name_references(struct naming *naming, const struct rowview *references)
{
    const struct reference_row *reference = rowview_first(references);
    for (; reference; reference = rowview_next(references, reference->index, NULL)) {
        const char *host = text_chars(reference->host);
        const bool bracket = strchr(host, ':');
        if (reference->damper.believed != UPDOWN_DOWN)
            continue;
        begin_name(naming);
        line_add(&naming->line, "%s%s%s:%u", bracket ? "[" : "", host, bracket ? "]" : "", reference->port);
    }
}

static void name_gateways(struct naming *naming, const struct rowview *gateways)
{
    const struct gateway_row *gateway = rowview_first(gateways);
    for (; gateway; gateway = rowview_next(gateways, gateway->index, NULL)) {
        if (gateway->kind != GATEWAY_MALFORMED)
            continue;
        begin_name(naming);
        line_add(&naming->line, "%s", text_chars(gateway->address));
    }
}

/* Whatever was found: they are to be seen to, though they need not be the agent's trouble. */
static void name_places(struct naming *naming, const struct snapshot *snapshot, enum finding finding)
{
    if (finding == FINDING_GATEWAY_MALFORMED) {
        announce(naming, true, &malformed_gateways);
        name_gateways(naming, snapshot->gateways);
    }
    announce(naming, finding == FINDING_REFERENCES_SILENT, &silent_references);
    name_references(naming, snapshot->references);
    if (finding != FINDING_GATEWAY_MALFORMED) {
        announce(naming, false, &malformed_gateways);
        name_gateways(naming, snapshot->gateways);
    }
}

/* Those of the agent's list that are down, or that answer straight, but not through its proxy, with the cause. */
static void name_sources(struct naming *naming, const struct rowview *sources, const struct agent_row *agent,
                         bool by_proxy)
{
    const struct source_row *first = rowview_get(sources, agent->list.list, NULL), *source = first;
    for (; source; source = rowview_next(sources, source->index, NULL)) {
        const enum cause cause = by_proxy ? source_proxy_cause(&source->check) : source_cause(&source->check);
        const bool fails =
            by_proxy ? source_proxy_sign(&source->check) == PROXY_AT_FAULT : source->state == UPDOWN_DOWN;
        if (!fails || !source_identity_is_beside(first->identity, source->identity))
            continue;
        begin_name(naming);
        line_add(&naming->line, "%s", source->identity->name);
        if (cause > CAUSE_NONE)
            line_add(&naming->line, " (%s)", cause_text(cause, naming->line.language));
    }
}

/* The one that the agent uses: by its name here, or else as the agent calls it. */
static void name_stray(struct naming *naming, const struct rowview *sources, const struct agent_row *agent)
{
    const struct source_row *source = rowview_get(sources, agent->list.source, NULL);
    const struct report *report = agent->evidence.known.report;
    begin_name(naming);
    line_add(&naming->line, "%s", source ? source->identity->name : report ? report->source : "");
}

size_t check_text(char *buffer, size_t bytes, const struct snapshot *snapshot, const struct agent_row *agent,
                  enum smart_check check)
{
    const enum finding finding = (enum finding)agent->verdict.findings[check - 1];
    struct naming naming = { .line = line_begin(snapshot->collector.language), .mark = ": " };

    line_add(&naming.line, "%s", finding_text(finding, naming.line.language));
    if (check == CHECK_ENDPOINT_LOCATION)
        name_places(&naming, snapshot, finding);
    else if (finding == FINDING_SOURCE_ELSEWHERE || finding == FINDING_SOURCE_OF_OTHER_LIST)
        name_stray(&naming, snapshot->sources, agent);
    else if (finding_result(finding) == RESULT_FAILED && (check == CHECK_SOURCE_LIST || check == CHECK_PROXIES))
        name_sources(&naming, snapshot->sources, agent, check == CHECK_PROXIES);
    else if (finding_result(finding) == RESULT_FAILED && check == CHECK_CONFIGURATION_FILES)
        difference_add_words(&naming.line, agent->evidence.known.difference);
    return line_finish(&naming.line, buffer, bytes);
}

/* Any bytes as the answers of an endpoint, one behind the other: no crash, an end to the conversation, and no fact out
 * of its range. The first byte of each answer, up to a line "----", says how it is taken: as it is, or as the body of
 * an envelope that relates to the question. */
#include "probes/driver.h"
#include "probes/soap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANSWER_BYTES_MAX = 16384, QUESTIONS_MAX = 2000 };

/* The highest word of each fact. */
static const int32_t fact_max[FACTS] = {
    [FACT_MODE] = MODE_OFF_PREMISES,
    [FACT_RTS_POLICY] = TRI_NO,
    [FACT_RTS_SERVICE] = SERVICE_NOT_APPLICABLE,
    [FACT_SCAN_METHOD] = SCAN_METHOD_CONVENTIONAL,
    [FACT_PATTERN_AGE_S] = INT32_MAX,
    [FACT_SMART_PROTECTION] = TRI_NO,
    [FACT_LOCATION] = LOCATION_EXTERNAL,
    [FACT_TMUSA] = SERVICE_NOT_APPLICABLE,
    [FACT_LISTENER_SERVICE] = SERVICE_NOT_APPLICABLE,
    [FACT_CURRENT_SOURCE] = TRI_NO,
};

static const struct winrm_names names = {
    .names = {
#define WINRM_NAME(constant, key, initial, help) [WINRM_NAME_##constant] = initial,
#include "probes/winrm_names.def"
#undef WINRM_NAME
    },
    .values = {
#define WINRM_VALUE(constant, key, initial, type, help) [WINRM_VALUE_##constant] = initial,
#include "probes/winrm_values.def"
#undef WINRM_VALUE
    },
};

/* The next answer's text, put together; false: there is none. */
static bool next_answer(const uint8_t **at, const uint8_t *end, const struct request *request, char *answer,
                        size_t room)
{
    if (*at == end)
        return false;
    const bool raw = *(*at)++ & 1;
    const uint8_t *stop = memmem(*at, (size_t)(end - *at), "\n----\n", 6);
    const size_t bytes = (size_t)((stop ? stop : end) - *at);
    const char *id = strstr(request->body, "uuid:");
    const int id_bytes = id ? (int)strcspn(id, "<") : 0;

    if (raw)
        snprintf(answer, room, "%.*s", (int)bytes, (const char *)*at);
    else
        snprintf(answer, room,
                 "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' "
                 "xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing' "
                 "xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd' "
                 "xmlns:n='http://schemas.xmlsoap.org/ws/2004/09/enumeration' "
                 "xmlns:rsp='http://schemas.microsoft.com/wbem/wsman/1/windows/shell' "
                 "xmlns:r='http://schemas.microsoft.com/wbem/wsman/1/wmi/root/default/StdRegProv' "
                 "xmlns:f='http://schemas.microsoft.com/wbem/wsman/1/wsmanfault'>"
                 "<s:Header><a:RelatesTo>%.*s</a:RelatesTo></s:Header><s:Body>%.*s</s:Body></s:Envelope>",
                 id_bytes, id ? id : "", (int)bytes, (const char *)*at);
    *at = stop ? stop + 6 : end;
    return true;
}

static void check(const struct observation *seen)
{
    for (enum fact fact = 0; fact < FACTS; fact++) {
        const int32_t min = fact == FACT_PATTERN_AGE_S ? 0 : 2; /* 1 is unknown, which is not said */
        if (seen->facts & FACT_BIT(fact) && (seen->values[fact] < min || seen->values[fact] > fact_max[fact]))
            abort();
    }
    if (seen->own.n > OWN_ADDRESSES_MAX || seen->resolved.n > RESOLVED_ADDRESSES_MAX ||
        strnlen(seen->pattern_version, VERSION_BYTES) == VERSION_BYTES || seen->cause < CAUSE_NONE ||
        seen->cause > CAUSE_LAST)
        abort();
    if (seen->report &&
        (strlen(seen->report->system) >= REPORT_TEXT_BYTES || strlen(seen->report->named_server) >= REPORT_TEXT_BYTES))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char answer[ANSWER_BYTES_MAX];
    const struct conversation *kind = winrm_driver.conversation;
    const struct now now = { .mono_ms = 86400000, .wall_ms = 1795392060000 };
    const uint8_t *at = data, *const end = data + size;
    void *memory = NULL;
    soap_init();
    /* Twice, so that what was remembered is used. The second time there is a transcript. */
    for (unsigned round = 0; round < 2; round++) {
        struct probe_job job = {
            .settings = probe_settings_new(&(struct probe_settings){ .driver = DRIVER_WINRM,
                                                                     .timeout_ms = 10000,
                                                                     .winrm = names,
                                                                     .reads_ssnotify = true,
                                                                     .internet_host = "www.example.com" }),
            .target = probe_target_new(&(struct probe_target){
                .subject = SUBJECT_AGENT, .index = 1, .where = "https://a:5986/wsman", .server = "apex1" }),
            .transcript = round ? transcript_new() : NULL,
        };
        struct request request;
        struct probe_answer result;
        void *talk = kind->begin(&job, &memory, &now);
        unsigned questions = 0;
        if (!talk)
            abort();
        while (kind->next(talk, &request)) {
            if (++questions > QUESTIONS_MAX || strlen(request.body) != request.bytes)
                abort();
            const bool more = next_answer(&at, end, &request, answer, sizeof answer);
            const struct reply reply = { .cause = more ? CAUSE_NONE : CAUSE_TIMED_OUT,
                                         .status = more ? 200 : 0,
                                         .body = more ? answer : "",
                                         .bytes = more ? strlen(answer) : 0,
                                         .date_ms = 1795392000000,
                                         .detail = more ? "" : "silence" };
            kind->take(talk, &reply, &now);
        }
        answer_begin(&job, &now, &result);
        kind->end(talk, &now, &result);
        check(&result.observation);
        probe_answer_done(&result);
        kind->free(talk);
        probe_job_done(&job);
        at = data;
    }
    kind->forget(memory);
    return 0;
}

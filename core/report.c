/* Life and sharing of reports. It never looks at what they say. */
#include "report.h"

#include "shared.h"

#include <stdint.h>
#include <stdlib.h>

struct shared_report {
    atomic_uint refs;
    struct report report;
    char texts[];
};

#define SHARED(report_) ((struct shared_report *)((uintptr_t)(report_)-offsetof(struct shared_report, report)))

const struct report *report_new(const struct report *from)
{
    struct report report = *from;
    struct shared_report *shared = shared_pack(
        sizeof *shared, (const char **[]){ &report.system, &report.named_server, &report.source, &report.odd }, 4);
    if (!shared)
        return NULL;
    atomic_init(&shared->refs, 1);
    shared->report = report;
    return &shared->report;
}

const struct report *report_ref(const struct report *report)
{
    if (report)
        shared_ref(&SHARED(report)->refs);
    return report;
}

void report_unref(const struct report *report)
{
    if (report && shared_unref_was_last(&SHARED(report)->refs))
        free(SHARED(report));
}

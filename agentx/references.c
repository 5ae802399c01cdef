/* ahReferenceServerTable: by what agents find out that they are inside, in the order in which they try it. */
#include "tables.h"

#define REFERENCE ((const struct reference_row *)row->at)
#define CONTACT   (&REFERENCE->contact)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->references, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->references, hint, index, n, ret);
}

GETTER(ahReferenceServerHost, value_text(ret, text_chars(REFERENCE->host)))
GETTER(ahReferenceServerPort, value_gauge(ret, REFERENCE->port))
GETTER(ahReferenceServerState, value_enum(ret, REFERENCE->damper.believed))
GETTER(ahReferenceServerCause, value_enum(ret, CONTACT->cause))
GETTER(ahReferenceServerRtt, value_gauge(ret, CONTACT->side == SIDE_ONLINE ? CONTACT->rtt_ms : VALUE_UNKNOWN_NUMBER))
GETTER(ahReferenceServerLastCheck, value_date(ret, CONTACT->wall_ms))

static const uint32_t arcs[] = { AH_REFERENCE_SERVER_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_REFERENCE_SERVER_TABLE_COLUMNS(COLUMN) };
const struct table reference_server_table = {
    .name = "ahReferenceServerTable",
    TABLE_ARRAYS,
    .n_index = AH_REFERENCE_SERVER_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};

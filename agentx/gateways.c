/* ahGatewayTable: the gateways by which agents find out that they are inside. */
#include "tables.h"

#define GATEWAY ((const struct gateway_row *)row->at)

static bool find(const struct view *view, struct rowhint *hint, const uint32_t *index, struct row *ret)
{
    return rows_find(view->snapshot->gateways, hint, index, ret);
}

static bool next(const struct view *view, struct rowhint *hint, const uint32_t *index, size_t n, struct row *ret)
{
    return rows_next(view->snapshot->gateways, hint, index, n, ret);
}

GETTER(ahGatewayAddress, value_text(ret, text_chars(GATEWAY->address)))
GETTER(ahGatewayKind, value_enum(ret, GATEWAY->kind))

static const uint32_t arcs[] = { AH_GATEWAY_TABLE_ENTRY_ARCS };
static const struct column columns[] = { AH_GATEWAY_TABLE_COLUMNS(COLUMN) };
const struct table gateway_table = {
    .name = "ahGatewayTable",
    TABLE_ARRAYS,
    .n_index = AH_GATEWAY_TABLE_INDEX_COUNT,
    .find = find,
    .next = next,
};

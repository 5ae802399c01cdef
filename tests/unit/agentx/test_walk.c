/* Every table against an oracle: a sorted list of all cells that must exist, made from the module's column lists and
 * the estate's row numbers alone, and searched from its beginning each time. And walks while rows come and go. */
#include "estate.h"

#include "agentx/objects.h"
#include "core/guidance.h"

#include <stdio.h>

struct cells {
    struct cell *at;
    size_t n;
};

struct expected {
    const struct table *table;
    struct cells cells; /* sorted */
};

static int compare(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
    for (size_t i = 0; i < n_a && i < n_b; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return (n_a > n_b) - (n_a < n_b);
}

static void add(struct cells *cells, uint32_t column, size_t n_index, uint32_t first, uint32_t second)
{
    cells->at = realloc(cells->at, (cells->n + 1) * sizeof *cells->at);
    assert_non_null(cells->at);
    cells->at[cells->n++] = (struct cell){ .sub = { column, first, second }, .n = (uint32_t)(1 + n_index) };
}

static void add_rows(struct cells *cells, uint32_t column, const struct indexes *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        add(cells, column, 1, rows->at[i], 0);
}

/* Rows with a second index from `low` to `high`. */
static void add_pairs(struct cells *cells, uint32_t column, const struct indexes *rows, uint32_t low, uint32_t high)
{
    for (size_t i = 0; i < rows->n; i++)
        for (uint32_t second = low; second <= high; second++)
            add(cells, column, 2, rows->at[i], second);
}

static void add_guidance(struct cells *cells, uint32_t column)
{
    size_t n;
    const struct guidance *steps = guidance_all(&n);
    for (size_t i = 0; i < n; i++)
        add(cells, column, 2, steps[i].subject, steps[i].step);
}

static const struct table *table_named(const char *name)
{
    for (size_t i = 0; i < ALL_TABLES; i++)
        if (strcmp(all_tables[i]->name, name) == 0)
            return all_tables[i];
    fail_msg("no table %s", name);
    return NULL;
}

static const struct indexes zero = { { 0 }, 1 }, none = { { 0 }, 0 };

/* What must exist in the table that the module calls `name`. */
static void expect(const struct estate *estate, const char *name, uint32_t column, struct cells *cells)
{
    const struct {
        const char *name;
        const struct indexes *rows;
    } simple[] = {
        { "ahCollector", &zero },
        { "ahFleet", &zero },
        { "ahDelivery", &zero },
        { "ahAlarmInfo", &zero },
        { "ahServerTable", &estate->servers },
        { "ahSourceTable", &estate->sources },
        { "ahSourceTable", &none },
        { "ahAgentTable", &estate->agents },
        { "ahConnectionTable", &estate->agents },
        { "ahProtectionTable", &estate->agents },
        { "ahAlarmTable", &estate->alarms },
        { "ahAlarmHistoryTable", &estate->history },
        { "ahChangeTable", &estate->changes },
        { "ahProbeTable", &estate->probes },
        { "ahGroupTable", &estate->groups },
        { "ahReferenceServerTable", &estate->references },
        { "ahGatewayTable", &estate->gateways },
    };
    for (size_t i = 0; i < sizeof simple / sizeof simple[0]; i++)
        if (strcmp(simple[i].name, name) == 0) {
            add_rows(cells, column, simple[i].rows);
            return;
        }
    if (strcmp(name, "ahGuidanceTable") == 0)
        add_guidance(cells, column);
    else if (strcmp(name, "ahProbeAnswerTable") == 0)
        add_pairs(cells, column, &estate->probes, 2, 16);
    else if (strcmp(name, "ahAgentComponentTable") == 0)
        add_pairs(cells, column, &estate->agents, 2, 5);
    else if (strcmp(name, "ahSmartCheckTable") == 0)
        add_pairs(cells, column, &estate->unprotected, 1, 6);
    else
        fail_msg("the oracle does not know %s", name);
}

/* The linear oracle. */
static const struct cell *exact(const struct cells *cells, const uint32_t *sub, size_t n)
{
    for (size_t i = 0; i < cells->n; i++)
        if (compare(cells->at[i].sub, cells->at[i].n, sub, n) == 0)
            return &cells->at[i];
    return NULL;
}

static const struct cell *after(const struct cells *cells, const uint32_t *sub, size_t n)
{
    for (size_t i = 0; i < cells->n; i++)
        if (compare(cells->at[i].sub, cells->at[i].n, sub, n) > 0)
            return &cells->at[i];
    return NULL;
}

/* Asks the table from one point, exactly and for the next, with a hint from wherever it was before. */
static void ask(const struct estate *estate, const struct expected *expected, struct rowhint *hint, const uint32_t *sub,
                size_t n)
{
    const struct cell *wanted = exact(&expected->cells, sub, n);
    struct value value;
    struct cell got;
    table_get(expected->table, &estate->view, hint, sub, n, &value);
    assert_int_equal(wanted != NULL, value.type < VALUE_NO_SUCH_OBJECT);
    if (wanted)
        assert_int_equal(value.type, table_column(expected->table, sub[0])->type);
    wanted = after(&expected->cells, sub, n);
    const bool found = table_next(expected->table, &estate->view, hint, sub, n, &got, &value);
    assert_int_equal(wanted != NULL, found);
    if (wanted) {
        assert_int_equal(compare(got.sub, got.n, wanted->sub, wanted->n), 0);
        assert_int_equal(value.type, table_column(expected->table, got.sub[0])->type);
    }
}

/* From each cell, from just before and after it, cut short and made longer. */
static void ask_around(const struct estate *estate, const struct expected *expected, const struct cell *cell)
{
    struct rowhint hint = { 0 };
    uint32_t sub[1 + INDEX_MAX + 2];
    for (uint32_t n = 0; n <= cell->n + 2; n++) {
        memset(sub, 0, sizeof sub);
        memcpy(sub, cell->sub, cell->n * sizeof sub[0]);
        ask(estate, expected, &hint, sub, n);
        for (uint32_t i = 0; i < n; i++) {
            const uint32_t was = sub[i];
            sub[i] = was - 1;
            ask(estate, expected, &hint, sub, n);
            sub[i] = was + 1;
            ask(estate, expected, &hint, sub, n);
            sub[i] = UINT32_MAX;
            ask(estate, expected, &hint, sub, n);
            sub[i] = was;
        }
    }
}

static void walk(const struct estate *estate, const struct expected *expected)
{
    struct rowhint hint = { 0 };
    struct value value;
    struct cell at = { .n = 0 };
    size_t i = 0;
    for (; table_next(expected->table, &estate->view, &hint, at.sub, at.n, &at, &value); i++) {
        assert_true(i < expected->cells.n);
        assert_int_equal(compare(at.sub, at.n, expected->cells.at[i].sub, expected->cells.at[i].n), 0);
    }
    assert_int_equal(i, expected->cells.n);
}

static void check_table(const struct estate *estate, struct expected *expected, uint32_t *seed)
{
    struct rowhint hint = { 0 };
    walk(estate, expected);
    ask(estate, expected, &hint, NULL, 0);
    for (size_t i = 0; i < expected->cells.n; i += 1 + estate_random(seed) % 7)
        ask_around(estate, expected, &expected->cells.at[i]);
    for (unsigned i = 0; i < 200; i++) {
        const uint32_t sub[] = { estate_random(seed) % 25, estate_random(seed) % 500, estate_random(seed) % 20 };
        ask(estate, expected, &hint, sub, estate_random(seed) % 4);
    }
    free(expected->cells.at);
}

static void check_estate(size_t most, uint32_t seed)
{
    struct estate *estate = estate_new(most, seed);
    struct expected expected;
#define CELL(id, object, syntax, access) expect(estate, expected.table->name, id, &expected.cells);
#define TABLE(constant, object)                                                                                        \
    expected = (struct expected){ table_named(#object), { NULL, 0 } };                                                 \
    constant##_COLUMNS(CELL);                                                                                          \
    check_table(estate, &expected, &seed);
#define SCALARS(constant, object)                                                                                      \
    expected = (struct expected){ table_named(#object), { NULL, 0 } };                                                 \
    constant##_SCALARS(CELL);                                                                                          \
    check_table(estate, &expected, &seed);
    AH_TABLES(TABLE)
    AH_SCALAR_GROUPS(SCALARS)
    estate_free(estate);
}

static void test_random_estates(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++)
        check_estate(12, seed * 2654435761U);
}

static void test_chunks(void **state)
{
    (void)state;
    check_estate(ESTATE_ROWS_MAX, 20261123); /* more rows than one chunk of a view holds */
}

static void test_empty_estate(void **state)
{
    (void)state;
    check_estate(0, 1);
}

/* Rows of every kind, some of which stay throughout, while others come and go between the steps of a walk. */
enum { SETS = 10, LASTING = 40, KEYS = 1200 };

struct changing {
    struct rowset *sets[SETS];
    struct snapshot snapshot;
    struct view view;
    uint32_t seed;
};

static const struct rowset_type *const types[SETS] = { &agent_rows,   &server_rows, &source_rows, &reference_rows,
                                                       &gateway_rows, &group_rows,  &alarm_rows,  &history_rows,
                                                       &change_rows,  &probe_rows };

static void insert(struct changing *changing, size_t set, uint32_t key)
{
    static const struct server_identity server = { .name = "apex", .url = "https://apex" };
    static const struct source_identity source = {
        .name = "sps", .kind = LIST_STANDARD, .url = "https://sps/tmcss/", .web_url = "", .ranges = ""
    };
    void *row = rowset_insert(changing->sets[set], key);
    if (row && types[set] == &agent_rows)
        estate_agent(row, &changing->seed);
    else if (row && types[set] == &server_rows)
        ((struct server_row *)row)->identity = server_identity_new(&server);
    else if (row && types[set] == &source_rows)
        ((struct source_row *)row)->identity = source_identity_new(&source);
}

static uint32_t draw_key(struct changing *changing, size_t set)
{
    return 2 + estate_random(&changing->seed) % (types[set] == &probe_rows ? DRIVERS - 2 : KEYS);
}

static struct rowview **views_of(struct snapshot *snapshot, size_t set)
{
    struct rowview **const views[SETS] = { &snapshot->agents,     &snapshot->servers,  &snapshot->sources,
                                           &snapshot->references, &snapshot->gateways, &snapshot->groups,
                                           &snapshot->alarms,     &snapshot->history,  &snapshot->changes,
                                           &snapshot->probes };
    return views[set];
}

static void publish(struct changing *changing)
{
    for (size_t set = 0; set < SETS; set++) {
        struct rowview **view = views_of(&changing->snapshot, set);
        rowview_unref(*view);
        *view = rowset_view(changing->sets[set]);
        assert_non_null(*view);
    }
}

/* Lasting rows have even keys, all others odd ones. */
static void begin_changing(struct changing *changing, uint32_t seed)
{
    *changing = (struct changing){ .seed = seed, .snapshot = { .collector = { .name = "test", .version = "1" } } };
    changing->view = (struct view){ .snapshot = &changing->snapshot,
                                    .root = estate_root,
                                    .root_len = sizeof estate_root / sizeof estate_root[0] };
    for (size_t set = 0; set < SETS; set++) {
        changing->sets[set] = estate_set(types[set]);
        for (unsigned i = 0; i < LASTING; i++)
            insert(changing, set, draw_key(changing, set) & ~1U);
    }
    publish(changing);
}

static void end_changing(struct changing *changing)
{
    for (size_t set = 0; set < SETS; set++) {
        rowview_unref(*views_of(&changing->snapshot, set));
        rowset_free(changing->sets[set]);
    }
}

static void come_and_go(struct changing *changing)
{
    for (size_t set = 0; set < SETS; set++)
        for (unsigned i = 0; i < 5; i++) {
            const uint32_t key = draw_key(changing, set) | 1;
            if (rowset_get(changing->sets[set], key))
                assert_int_equal(rowset_remove(changing->sets[set], key), 0);
            else
                insert(changing, set, key);
        }
    publish(changing);
}

/* A walk over one table, during which other rows come and go: always forward, and past every lasting cell. */
static void walk_changing(struct changing *changing, const struct table *table, const struct cells *lasting)
{
    struct rowhint hint = { 0 };
    struct value value;
    struct cell at = { .n = 0 }, next;
    size_t met = 0;
    while (table_next(table, &changing->view, &hint, at.sub, at.n, &next, &value)) {
        assert_true(compare(next.sub, next.n, at.sub, at.n) > 0);
        at = next;
        if (met < lasting->n && compare(at.sub, at.n, lasting->at[met].sub, lasting->at[met].n) == 0)
            met++;
        if (estate_random(&changing->seed) % 8 == 0)
            come_and_go(changing);
    }
    if (met != lasting->n)
        fail_msg("%s: cell %zu of %zu was not met", table->name, met, lasting->n);
}

static void test_walks_while_rows_come_and_go(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        struct changing changing;
        struct cells lasting[ALL_TABLES] = { 0 };
        begin_changing(&changing, seed * 2654435761U);
        for (size_t i = 0; i < ALL_TABLES; i++) {
            struct cell at = { .n = 0 };
            struct value value;
            while (table_next(all_tables[i], &changing.view, NULL, at.sub, at.n, &at, &value))
                add(&lasting[i], at.sub[0], at.n - 1, at.sub[1], at.sub[2]);
            assert_true(lasting[i].n > 0);
        }
        for (size_t i = 0; i < ALL_TABLES; i++) {
            walk_changing(&changing, all_tables[i], &lasting[i]);
            free(lasting[i].at);
        }
        end_changing(&changing);
    }
}

static void test_tables_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 1; i < ALL_TABLES; i++)
        assert_true(compare(all_tables[i - 1]->arcs, all_tables[i - 1]->n_arcs, all_tables[i]->arcs,
                            all_tables[i]->n_arcs) < 0);
}

/* column_from() counts on it. */
static void test_columns_have_no_gap(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_TABLES; i++)
        for (size_t k = 0; k < all_tables[i]->n_columns; k++)
            assert_int_equal(all_tables[i]->columns[k].id, all_tables[i]->columns[0].id + k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_estates),      cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_empty_estate),        cmocka_unit_test(test_tables_are_in_order),
        cmocka_unit_test(test_columns_have_no_gap), cmocka_unit_test(test_walks_while_rows_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

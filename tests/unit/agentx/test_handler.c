/* A subagent's Get and GetNext on varbinds: from name and range to name and value, across tables. */
#include "estate.h"

#include "agentx/handler.h"
#include "agentx/library.h"

#include <stdio.h>

static struct estate *estate;

static void ignore(int level, const char *text)
{
    (void)level;
    (void)text;
}

static int set_up(void **state)
{
    static struct handler_context context;
    (void)state;
    estate = estate_new(0, 1);
    struct rowset *agents = estate_set(&agent_rows);
    for (uint32_t i = 1; i <= 3; i++) {
        uint32_t seed = i;
        estate_agent(estate_insert(agents, i * 10), &seed);
    }
    rowview_unref(estate->snapshot->agents);
    estate->snapshot->agents = estate_view(agents);
    context.view = &estate->view;
    if (library_environment())
        return -1;
    library_begin(ignore, true);
    init_agent(LIBRARY_NAME);
    return handlers_register(&context);
}

static int tear_down(void **state)
{
    (void)state;
    library_end();
    estate_free(estate);
    return 0;
}

/* Reads `.1.5.1`: below the root; `1.3`: absolute; "": none. */
static size_t parse(const char *text, oid *ret)
{
    size_t n = 0;
    if (text[0] == '.') {
        library_oid(ret, estate_root, 8);
        n = 8;
    }
    while (*text) {
        char *end;
        text += *text == '.';
        ret[n++] = strtoul(text, &end, 10);
        text = end;
    }
    return n;
}

static netsnmp_variable_list *varbind(const char *name, const char *end, bool inclusive)
{
    oid name_arcs[MAX_OID_LEN], end_arcs[MAX_OID_LEN];
    const size_t n_name = parse(name, name_arcs), n_end = parse(end, end_arcs);
    netsnmp_variable_list *list = NULL;
    snmp_varlist_add_variable(&list, name_arcs, n_name, inclusive ? ASN_PRIV_INCL_RANGE : ASN_PRIV_EXCL_RANGE, end_arcs,
                              n_end * sizeof end_arcs[0]);
    assert_non_null(list);
    return list;
}

/* The name below the root, and what kind of value. */
static const char *describe(const netsnmp_variable_list *list, char text[200])
{
    int n = 0;
    text[0] = '\0';
    for (size_t i = 8; i < list->name_length; i++)
        n += snprintf(text + n, (size_t)(200 - n), ".%lu", list->name[i]);
    snprintf(text + n, (size_t)(200 - n), " %s",
             list->type == SNMP_ENDOFMIBVIEW     ? "end"
             : list->type == SNMP_NOSUCHOBJECT   ? "no object"
             : list->type == SNMP_NOSUCHINSTANCE ? "no instance"
                                                 : "value");
    return text;
}

static void test_get_next(void **state)
{
    static const struct {
        const char *start, *end;
        bool inclusive;
        const char *answer;
    } cases[] = {
        { ".1.5", ".1.6", false, ".1.5.1.2.10 value" },
        { ".1.5.1", "", false, ".1.5.1.2.10 value" },
        { ".1.5.1.2", "", false, ".1.5.1.2.10 value" },
        { ".1.5.1.2.10", "", false, ".1.5.1.2.20 value" },
        { ".1.5.1.2.10", "", true, ".1.5.1.2.10 value" },
        { ".1.5.1.2.11", "", true, ".1.5.1.2.20 value" },
        { ".1.5.1.2.10.0", "", true, ".1.5.1.2.20 value" },
        { ".1.5.1.2.10", "0.0", false, ".1.5.1.2.20 value" },       /* a null end: no bound */
        { ".1.5.1.2.10", ".1.5.1.2.20", false, ".1.5.1.2.10 end" }, /* the end is not in the range */
        { ".1.5.1.2.10", ".1.5.1.2.20.0", false, ".1.5.1.2.20 value" },
        { ".1.5.1.2.30", "", false, ".1.5.1.3.10 value" },  /* the next column */
        { ".1.5.1.21.30", "", false, ".1.6.1.1.10 value" }, /* the next table */
        { ".1.5.1.21.30", ".1.6", false, ".1.5.1.21.30 end" },
        { ".1.5.1.4294967295", ".1.6", false, ".1.5.1.4294967295 end" },
        { ".1.3", "", false, ".1.5.1.2.10 value" }, /* over tables without rows */
        { "1.3.6", "", false, ".1.1.1.0 value" },   /* before all of them */
        { ".1.20.9.0", "", false, ".1.20.9.0 end" },
        { ".1.21", "", false, ".1.21 end" },
        { ".2", "", false, ".2 end" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        netsnmp_variable_list *list = varbind(cases[i].start, cases[i].end, cases[i].inclusive);
        char text[200];
        assert_int_equal(handlers_answer(list, true), 0);
        if (strcmp(describe(list, text), cases[i].answer) != 0)
            fail_msg("from %s to %s: %s, not %s", cases[i].start, cases[i].end, text, cases[i].answer);
        snmp_free_varbind(list);
    }
}

static void test_get(void **state)
{
    static const struct {
        const char *name, *answer;
    } cases[] = {
        { ".1.5.1.2.10", ".1.5.1.2.10 value" },
        { ".1.2.1.0", ".1.2.1.0 value" },
        { ".1.2.1", ".1.2.1 no instance" },
        { ".1.2.1.1", ".1.2.1.1 no instance" },
        { ".1.5.1.2.11", ".1.5.1.2.11 no instance" },
        { ".1.5.1.2.10.0", ".1.5.1.2.10.0 no instance" },
        { ".1.5.1.2", ".1.5.1.2 no instance" },
        { ".1.5.1.1.10", ".1.5.1.1.10 no object" }, /* the index itself is not readable */
        { ".1.5.1.99.10", ".1.5.1.99.10 no object" },
        { ".1.5.1", ".1.5.1 no object" },
        { ".1.5.2.2.10", ".1.5.2.2.10 no object" },
        { ".1.4.1.2.1", ".1.4.1.2.1 no instance" }, /* a table without rows */
        { ".1.21.1.1.1", ".1.21.1.1.1 no object" },
        { ".0.7", ".0.7 no object" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        netsnmp_variable_list *list = varbind(cases[i].name, "", false);
        char text[200];
        assert_int_equal(handlers_answer(list, false), 0);
        if (strcmp(describe(list, text), cases[i].answer) != 0)
            fail_msg("%s: %s, not %s", cases[i].name, text, cases[i].answer);
        snmp_free_varbind(list);
    }
}

/* Several varbinds in one request, each from its own start. */
static void test_side_by_side(void **state)
{
    netsnmp_variable_list *list = varbind(".1.5.1.2.10", "", false);
    char text[200];
    (void)state;
    list->next_variable = varbind(".1.5.1.8.20", "", false);
    list->next_variable->next_variable = varbind(".1.2.1", "", false);
    assert_int_equal(handlers_answer(list, true), 0);
    assert_string_equal(describe(list, text), ".1.5.1.2.20 value");
    assert_string_equal(describe(list->next_variable, text), ".1.5.1.8.30 value");
    assert_string_equal(describe(list->next_variable->next_variable, text), ".1.2.1.0 value");
    snmp_free_varbind(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_next),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_side_by_side),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

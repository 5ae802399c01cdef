/* What rows share: texts and identities are copied once, live as long as somebody holds them, and die once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/rows.h"
#include "support/heap.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void a_text_is_a_copy_that_lives_as_long_as_it_is_held(void **state)
{
    (void)state;
    const long before = heap_blocks();
    char from[] = "東京 PC";
    const struct text *text = text_new(from);
    from[0] = 'X';
    assert_string_equal(text_chars(text), "東京 PC");
    assert_ptr_equal(text_ref(text), text);
    text_unref(text);
    assert_string_equal(text_chars(text), "東京 PC");
    text_unref(text);
    assert_int_equal(heap_blocks(), before);
}

static void no_text_is_an_empty_one(void **state)
{
    (void)state;
    assert_string_equal(text_chars(NULL), "");
    assert_null(text_ref(NULL));
    text_unref(NULL);
}

static void identities_carry_their_own_texts(void **state)
{
    (void)state;
    const long before = heap_blocks();
    char name[] = "PC-0001", guid[] = "0a1b", group[] = "HQ\\Sales", address[] = "10.1.2.3", url[] = "https://a";
    const struct agent_identity *agent = agent_identity_new(&(struct agent_identity){
        .name = name, .guid = guid, .group = group, .address = address, .port = 21112, .group_index = 3, .server = 2 });
    const struct server_identity *server = server_identity_new(&(struct server_identity){ .name = name, .url = url });
    memset(name, 'x', sizeof name - 1), memset(guid, 'x', sizeof guid - 1), memset(group, 'x', sizeof group - 1);
    memset(address, 'x', sizeof address - 1), memset(url, 'x', sizeof url - 1);
    assert_string_equal(agent->name, "PC-0001");
    assert_string_equal(agent->guid, "0a1b");
    assert_string_equal(agent->group, "HQ\\Sales");
    assert_string_equal(agent->address, "10.1.2.3");
    assert_int_equal(agent->port, 21112);
    assert_int_equal(agent->group_index, 3);
    assert_int_equal(agent->server, 2);
    assert_string_equal(server->name, "PC-0001");
    assert_string_equal(server->url, "https://a");
    assert_ptr_equal(agent_identity_ref(agent), agent);
    agent_identity_unref(agent);
    agent_identity_unref(agent);
    assert_ptr_equal(server_identity_ref(server), server);
    server_identity_unref(server);
    server_identity_unref(server);
    agent_identity_unref(NULL);
    server_identity_unref(NULL);
    assert_int_equal(heap_blocks(), before);
}

static void a_server_is_expected_at_its_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url, *addresses, *expected;
    } rows[] = {
        { "https://apex1.example:4343", NULL, "" },
        { "https://apex1.example:4343", "", "" },
        { "https://apex1.example:4343", "10.0.0.5", "10.0.0.5" },
        { "https://apex1.example:4343", " 10.0.0.5, ,2001:db8::5\t10.0.0.6 ", "10.0.0.5 2001:db8::5 10.0.0.6" },
        { "https://apex1.example:4343", "apex1 10.0.0.5", "10.0.0.5" }, /* what is no address is none */
        /* a url that needs no name tells it by itself */
        { "https://10.0.0.7:4343/x", NULL, "10.0.0.7" },
        { "https://10.0.0.7", NULL, "10.0.0.7" },
        { "http://10.0.0.7?x", "", "10.0.0.7" },
        { "https://[2001:db8::7]:4343/", "", "2001:db8::7" },
        { "https://[2001:db8::7", "", "2001:db8::7" },
        { "https://10.0.0.7:4343", "10.0.0.5", "10.0.0.5" },
        { "https://10.0.0.7.example:4343", NULL, "" },
        { "10.0.0.7", NULL, "" },
        { "https://", NULL, "" },
        /* as many as there is room for */
        { "https://a",
          "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 "
          "10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16 10.0.0.17",
          "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 "
          "10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct server_identity *server = server_identity_new(
            &(struct server_identity){ .name = "a", .url = rows[i].url, .addresses = rows[i].addresses });
        char text[512] = "", one[ADDRESS_TEXT_BYTES];
        for (size_t k = 0; k < server->n_expected; k++) {
            strcat(text, k ? " " : "");
            strcat(text, address_format(&server->expected[k], one));
        }
        assert_string_equal(text, rows[i].expected);
        assert_string_equal(server->addresses, rows[i].addresses ? rows[i].addresses : "");
        server_identity_unref(server);
    }
}

/* A row that was added and not filled in yet owns nothing, and dies without harm. */
static void empty_rows_of_every_type_can_be_copied_and_released(void **state)
{
    (void)state;
    static const struct rowset_type *const types[] = { &agent_rows,   &server_rows, &group_rows, &alarm_rows,
                                                       &history_rows, &change_rows, &probe_rows };
    for (size_t i = 0; i < COUNT(types); i++) {
        struct rowset *set;
        assert_int_equal(rowset_new(types[i], &set), 0);
        assert_non_null(rowset_insert(set, 1));
        struct rowview *view = rowset_view(set);
        assert_non_null(rowset_edit(set, 1)); /* copies: the view holds the old one */
        assert_int_equal(rowset_remove(set, 1), 0);
        rowview_unref(view);
        rowset_free(set);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_a_copy_that_lives_as_long_as_it_is_held),
        cmocka_unit_test(no_text_is_an_empty_one),
        cmocka_unit_test(identities_carry_their_own_texts),
        cmocka_unit_test(a_server_is_expected_at_its_addresses),
        cmocka_unit_test(empty_rows_of_every_type_can_be_copied_and_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

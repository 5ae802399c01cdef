/* [location]: the file of reference servers, the gateways, and how store and scheduler follow them. */
#include "config_box.h"

#include "daemon/location.h"
#include "support/field.h"
#include "support/world.h"

#include <errno.h>

#define CONF   "agenthealthd.conf: "
#define FILE_  "places: "
#define WITH   "[location]\nreference_servers_file = places\n"
#define A_HOST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* "HOST PORT, ..." in order */
static const char *list_of(const struct config *config)
{
    static char text[2048];

    text[0] = '\0';
    for (size_t i = 0; i < config->n_references; i++) {
        const size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s %u", n ? ", " : "", config->references[i].host,
                 config->references[i].port);
    }
    return text;
}

static void the_file_says_whom_and_in_which_order(void **state)
{
    static const struct {
        const char *file, *list;
    } cases[] = {
        { "", "" },
        { "\n\r\n# nobody\n  \t\n", "" },
        { "dc1.corp.example:389\n10.1.0.5:443\n[2001:db8::1]:80\ndc2:65535", "dc1.corp.example 389, 10.1.0.5 443, "
                                                                             "2001:db8::1 80, dc2 65535" },
        { "\xef\xbb\xbf"
          "dc2:1\r\n \tdc1:1 \t # the first\r\n#dc0:1\r\n",
          "dc2 1, dc1 1" },
        { "dc1:1\ndc1:2\ndc2:1\n", "dc1 1, dc1 2, dc2 1" },
    };
    struct config_box *box = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        box_write(box, "places", cases[i].file, strlen(cases[i].file));
        box_load(box, WITH);
        assert_string_equal(box->text, *cases[i].list ? "" : FILE_ "no reference server in it\n"); /* and is used */
        assert_int_equal(box->result, 0);
        assert_string_equal(list_of(box->config), cases[i].list);
        assert_int_equal(box->config->probes[DRIVER_LOCATION].enabled, *cases[i].list != '\0');
    }
}

static void each_fault_is_told_with_its_line(void **state)
{
    static const struct {
        const char *file, *faults;
    } cases[] = {
        { "dc1\n", FILE_ "line 1: \"dc1\" has no port: it must be HOST:PORT\n" },
        { "\n# x\ndc1:0 # y\n", FILE_ "line 3: \"dc1:0\" does not end in a port from 1 to 65535\n" },
        { "dc1:65536\ndc2:\ndc3:-1\ndc4:http\n",
          FILE_ "line 1: \"dc1:65536\" does not end in a port from 1 to 65535\n" FILE_
                "line 2: \"dc2:\" does not end in a port from 1 to 65535\n" FILE_
                "line 3: \"dc3:-1\" does not end in a port from 1 to 65535\n" FILE_
                "line 4: \"dc4:http\" does not end in a port from 1 to 65535\n" },
        { "2001:db8::1:443\n",
          FILE_ "line 1: \"2001:db8::1:443\" has an IPv6 address, which must stand in brackets\n" },
        { "[10.1.0.1]:443\n", FILE_ "line 1: \"[10.1.0.1]:443\" has no IPv6 address in its brackets\n" },
        { "[2001:db8::x]:443\n", FILE_ "line 1: \"[2001:db8::x]:443\" has no IPv6 address in its brackets\n" },
        { "[]:443\n", FILE_ "line 1: \"[]:443\" has no IPv6 address in its brackets\n" },
        { ":443\n", FILE_ "line 1: \":443\" has neither an address nor a host name\n" },
        { "d c:443\n", FILE_ "line 1: \"d c:443\" has neither an address nor a host name\n" },
        { "10.1.0.256:443\n", FILE_ "line 1: \"10.1.0.256:443\" has neither an address nor a host name\n" },
        { "http://dc1:443\n", FILE_ "line 1: \"http://dc1:443\" is a URL: it must be HOST:PORT\n" },
        { "a:1,b:2\n", FILE_ "line 1: \"a:1,b:2\" must be one HOST:PORT alone: each has a line of its own\n" },
        { "a:1; b:2\n", FILE_ "line 1: \"a:1; b:2\" must be one HOST:PORT alone: each has a line of its own\n" },
        { "dc1:443\ndc2:443\nDC1:443\n", FILE_ "line 3: the same as in line 1\n" },
        { "[2001:db8::1]:443\n\n[2001:DB8:0::1]:443\n", FILE_ "line 3: the same as in line 1\n" },
    };
    struct config_box *box = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        box_write(box, "places", cases[i].file, strlen(cases[i].file));
        box_load(box, WITH);
        assert_string_equal(box->text, cases[i].faults);
        assert_int_equal(box->result, -EINVAL);
    }
    box_write(box, "places", "dc1:1\n\0dc2:1\n", 13);
    box_load(box, WITH);
    assert_string_equal(box->text, FILE_ "not text: it has NUL bytes\n");
    box_load(box, "[location]\nreference_servers_file = none\n");
    assert_string_equal(box->text, CONF "[location] reference_servers_file: none: No such file or directory\n");
    box_load(box, "[location]\nreference_servers_file = /\n");
    assert_string_equal(box->text, CONF "[location] reference_servers_file: /: is a directory\n");
    box_write(box, "places", A_HOST A_HOST A_HOST A_HOST A_HOST ":1\n", 5 * (sizeof A_HOST - 1) + 3);
    box_load(box, WITH);
    assert_non_null(strstr(box->text, ":1\" has too long a name\n"));
}

static void three_hundred_and_twenty_are_as_many_as_there_may_be(void **state)
{
    struct config_box *box = *state;
    char *text = NULL;
    size_t bytes;

    for (unsigned beyond = 0; beyond < 2; beyond++) {
        FILE *out = open_memstream(&text, &bytes);
        for (unsigned i = 0; i < REFERENCES_MAX + 2 * beyond; i++)
            fprintf(out, "dc%u:389\n", i);
        fclose(out);
        box_write(box, "places", text, bytes);
        box_load(box, WITH);
        assert_string_equal(box->text, beyond ? FILE_ "line 321: more than 320 reference servers\n" : "");
        if (!beyond)
            assert_int_equal(box->config->n_references, REFERENCES_MAX);
        free(text);
    }
}

/* What no agent can match is a fault for who checks the file, and shown; the rest is used. */
static void gateways_are_looked_at(void **state)
{
    struct config_box *box = *state;
    char text[1024] = "[location]\ngateways = ";

    box_load(box, "[location]\ngateways = 10.1.0.1, 00:11:22:33:44:55 0011.2233.4456\n");
    assert_string_equal(box->text, "");
    box_load(box, "[location]\ngateways = 10.1.0.1, 00:11:22:33:44:55 0011.2233.4455 10.1.0.1 10.1.0.2\n");
    assert_string_equal(box->text, CONF "[location] gateways: \"0011.2233.4455\" is given twice\n" CONF
                                        "[location] gateways: \"10.1.0.1\" is given twice\n");
    assert_int_equal(box->result, 0);
    box_load(box, "[location]\ngateways = 0.0.0.0, ::, 00-00-00-00-00-00, 10.1.0.1\n");
    assert_string_equal(box->text,
                        CONF "[location] gateways: \"0.0.0.0\" is nobody's address: no agent can match it\n" CONF
                             "[location] gateways: \"::\" is nobody's address: no agent can match it\n" CONF
                             "[location] gateways: \"00-00-00-00-00-00\" is nobody's address: no agent can match it\n");
    assert_int_equal(box->result, 0);
    box_load(box, "[location]\ngateways = 10.1.0.1, router, 00-11-22\n");
    assert_int_equal(box->result, 0);
    assert_int_equal(box->faults, 2);
    assert_string_equal(box->text, CONF "[location] gateways: \"router\" is neither an IP address nor a MAC such as "
                                        "00-11-22-33-44-55: no agent can match it\n" CONF
                                        "[location] gateways: \"00-11-22\" is neither an IP address nor a MAC such as "
                                        "00-11-22-33-44-55: no agent can match it\n");
    assert_string_equal(box->config->gateways, "10.1.0.1, router, 00-11-22");
    box_load(box, "[location]\ngateways = \",\"\n");
    assert_string_equal(box->text, CONF "[location] gateways: \",\" holds no gateway\n");
    for (unsigned i = 0; i < GATEWAYS_MAX + 1; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "10.1.0.%u ", i);
    box_load(box, strcat(text, "\n"));
    assert_non_null(strstr(box->text, " holds more than 64 gateways\n"));
}

/* Whom the scheduler asks, by place: "1=http://dc1:389 ..." */
static const char *asked(struct field *field)
{
    static char text[1024];
    const size_t before = field->n;

    text[0] = '\0';
    scheduler_kick(field->scheduler, DRIVER_LOCATION, 0, field->now_ms);
    field_run(field);
    for (uint32_t index = 1; index <= 8; index++)
        for (size_t i = before; i < field->n; i++) {
            struct question *question = &field->questions[i];
            const size_t n = strlen(text);
            if (question->index != index)
                continue;
            assert_int_equal(question->target->subject, SUBJECT_REFERENCE);
            snprintf(text + n, sizeof text - n, "%s%u=%s", n ? " " : "", index, question->target->where);
        }
    for (size_t i = before; i < field->n; i++)
        if (field->questions[i].is_out)
            field_answer(field, &field->questions[i], CAUSE_NONE);
    return text;
}

static void store_and_scheduler_follow_the_list(void **state)
{
    (void)state;
    static struct reference_server lists[][3] = {
        { { "dc1", 389 }, { "2001:db8::1", 443 }, { "10.1.0.5", 80 } },
        { { "dc0", 389 }, { "dc1", 389 }, { "", 0 } },
    };
    static const struct {
        unsigned list;
        size_t n;
        bool enabled;
        const char *asked;
    } steps[] = {
        { 0, 3, true, "1=http://dc1:389 2=http://[2001:db8::1]:443 3=http://10.1.0.5:80" },
        { 0, 3, true, "1=http://dc1:389 2=http://[2001:db8::1]:443 3=http://10.1.0.5:80" },
        { 1, 2, true, "1=http://dc0:389 2=http://dc1:389" },
        { 1, 2, false, "" },
        { 0, 3, true, "1=http://dc1:389 2=http://[2001:db8::1]:443 3=http://10.1.0.5:80" },
        { 0, 0, true, "" },
    };
    const struct store_settings settings = world_settings();
    const struct probe_settings *probe =
        probe_settings_new(&(struct probe_settings){ .driver = DRIVER_LOCATION, .timeout_ms = 1000 });
    struct world world;
    struct field field;

    world_begin(&world, &settings);
    field_begin(&field);
    field.now_ms = world.now.mono_ms;
    scheduler_configure(field.scheduler, probe, 60000, REFERENCES_MAX);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct config config = { .references = lists[steps[i].list],
                                 .n_references = steps[i].n,
                                 .gateways = "10.1.0.1" };
        config.probes[DRIVER_LOCATION].enabled = steps[i].enabled;
        assert_int_equal(location_apply(&config, world.store, field.scheduler, &world.now), 0);
        assert_string_equal(asked(&field), steps[i].asked);
        for (size_t place = 0; place < steps[i].n; place++)
            assert_string_equal(text_chars(store_reference(world.store, (uint32_t)place + 1)->host),
                                lists[steps[i].list][place].host);
        assert_null(store_reference(world.store, (uint32_t)steps[i].n + 1));
    }
    probe_settings_unref(probe);
    field_end(&field);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_file_says_whom_and_in_which_order, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(each_fault_is_told_with_its_line, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(three_hundred_and_twenty_are_as_many_as_there_may_be, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(gateways_are_looked_at, box_setup, box_teardown),
        cmocka_unit_test(store_and_scheduler_follow_the_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The CSV inventory: encodings, rows that are bad and harm no other, and sections that override rows. */
#include "config_box.h"

#include <errno.h>
#include <iconv.h>
#include <time.h>

#define CSV  "agents.csv: "
#define CONF "agenthealthd.conf: "

static const char inventory[] = "[inventory]\ncsv = agents.csv\n";

static void write_csv(const struct config_box *box, const char *text)
{
    box_write(box, "agents.csv", text, strlen(text));
}

static void test_columns(void **state)
{
    struct config_box *box = *state;
    const struct agent_config *agent;

    write_csv(box, "Domain Hierarchy,endpoint,Logon User,IP Address,GUID,Listening Port\r\n"
                   "HQ\\Sales,PC-1,me,10.1.0.1,G1,21112\r\n"
                   "\r\n"
                   "\"HQ\\Sales, East\" , \"PC-\"\"2\"\"\",you,\"10.1.0.2, fe80::2\"\r\n"
                   ",PC-3,,pc-3.example fe80::3,,\r\n"
                   ",PC-4,,fe80::4");
    box_load(box, inventory);
    assert_string_equal(box->text, "");
    assert_int_equal(box->config->n_agents, 4);
    assert_int_equal(box->config->csv_rows_rejected, 0);
    agent = &box->config->agents[0];
    assert_string_equal(agent->name, "PC-1");
    assert_string_equal(agent->address, "10.1.0.1");
    assert_string_equal(agent->guid, "G1");
    assert_string_equal(agent->group, "HQ\\Sales");
    assert_string_equal(agent->server, "");
    assert_int_equal(agent->port, 21112);
    assert_non_null(strstr(agent->where, "/agents.csv: line 2"));
    agent = &box->config->agents[1];
    assert_string_equal(agent->name, "PC-\"2\"");
    assert_string_equal(agent->address, "10.1.0.2");
    assert_string_equal(agent->group, "HQ\\Sales, East");
    assert_string_equal(agent->guid, "");
    assert_int_equal(agent->port, 0);
    assert_string_equal(box->config->agents[2].address, "pc-3.example");
    assert_string_equal(box->config->agents[3].address, "fe80::4");
}

static void test_bad_rows(void **state)
{
    static const struct {
        const char *rows, *faults;
        unsigned rejected, good; /* besides the one before and the one after */
    } cases[] = {
        { "PC-1\n", CSV "line 3: column \"IP Address\": missing\n", 1, 0 },
        { ",10.1.0.1\n", CSV "line 3: column \"Endpoint\": empty\n", 1, 0 },
        { "PC-1,\n", CSV "line 3: column \"IP Address\": empty\n", 1, 0 },
        { "PC-1,10.1.0.256\n", CSV "line 3: column \"IP Address\": neither an address nor a host name\n", 1, 0 },
        { "PC-1,10.1.0.1,0\n", CSV "line 3: column \"Listening Port\": \"0\" is not a number from 1 to 65535\n", 1, 0 },
        { "PC-1,10.1.0.1,0x1\n", CSV "line 3: column \"Listening Port\": \"0x1\" is not a number from 1 to 65535\n", 1,
          0 },
        { "P\001C,10.1.0.1\n", CSV "line 3: column \"Endpoint\": has a control character\n", 1, 0 },
        { "P\302\205C,10.1.0.1\n", CSV "line 3: column \"Endpoint\": has a control character\n", 1, 0 },
        { "\"P\nC\",10.1.0.1\n", CSV "line 3: column \"Endpoint\": has a control character\n", 1, 0 },
        { "../PC,10.1.0.1\n", CSV "line 3: column \"Endpoint\": has a slash, or begins with a dot\n", 1, 0 },
        { "FIRST,10.1.0.1\n", CSV "line 3: column \"Endpoint\": the same as in agents.csv: line 2\n", 1, 0 },
        { "PC-1,10.1.0.1,,g0\n", CSV "line 3: column \"GUID\": the same as in agents.csv: line 2\n", 1, 0 },
        { "PC-1,10.1.0.1,,,,b\n", CSV "line 3: column \"Server\": there is no [server b]\n", 1, 0 },
        { "PC-1,10.1.0.1,,,,A\n", "", 0, 1 },
        { "\"PC-1,10.1.0.1\nPC-2,10.1.0.2\n", CSV "line 3: unbalanced quotes\n", 1, 1 },
        { "PC-1,\"10.1.0.1\"x\nPC-2,10.1.0.2\n", CSV "line 3: unbalanced quotes\n", 1, 1 },
        { "PC\"1,10.1.0.1\nPC-2,10.1.0.2\n", CSV "line 3: unbalanced quotes\n", 1, 1 },
        { "P\xff"
          "C,10.1.0.1\n",
          CSV "line 3: bytes that are not valid in the encoding\n", 1, 0 },
        { "P\xf7\xaa\xab\xb1"
          "C,a\n",
          CSV "line 3: bytes that are not valid in the encoding\n", 1, 0 },
        { "PC-1,10.1.0.1\xe6\x9d\nPC-2,10.1.0.2\n", CSV "line 3: bytes that are not valid in the encoding\n", 1, 1 },
    };
    struct config_box *box = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024];

        snprintf(text, sizeof text,
                 "Endpoint,IP Address,Listening Port,GUID,Domain Hierarchy,Server\nfirst,10.0.0.1,,G0\n"
                 "%slast,10.0.0.2\n",
                 cases[i].rows);
        write_csv(box, text);
        box_load(box, "[server a]\nurl = https://a\n[inventory]\ncsv = agents.csv\ncolumn_server = Server\n");
        assert_string_equal(box->text, cases[i].faults);
        assert_int_equal(box->result, 0);
        assert_int_equal(box->config->csv_rows_rejected, cases[i].rejected);
        assert_int_equal(box->config->n_agents, 2 + cases[i].good);
        assert_string_equal(box->config->agents[1 + cases[i].good].name, "last");
    }
}

static void test_long_fields(void **state)
{
    struct config_box *box = *state;
    char *text = calloc(1, 1 << 20), *at = text;

    at += sprintf(at, "Endpoint,IP Address,Domain Hierarchy\n");
    at += sprintf(at, "%0300d,10.0.0.1\n%0255d,10.0.0.2\nPC-3,10.0.0.3,%0256d\nPC-4,%0300d\n", 1, 2, 3, 4);
    at += sprintf(at, "PC-5,10.0.0.5,%070000d\n", 5);
    at += sprintf(at, "\"PC-6,10.0.0.6\n");
    for (unsigned i = 0; i < 20000; i++)
        at += sprintf(at, "a%05u,10.0.0.7\n", i);
    write_csv(box, text);
    box_load(box, inventory);
    assert_string_equal(box->text, CSV "line 2: column \"Endpoint\": longer than 255 bytes\n" CSV
                                       "line 4: column \"Domain Hierarchy\": longer than 255 bytes\n" CSV
                                       "line 5: column \"IP Address\": longer than 255 bytes\n" CSV
                                       "line 6: the line is longer than 64 KiB\n" CSV
                                       "line 7: unbalanced quotes: the record is longer than 192 KiB\n");
    assert_int_equal(box->config->csv_rows_rejected, 5);
    assert_int_equal(box->config->n_agents, 20001);
    free(text);
}

static void test_files(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *faults;
    } cases[] = {
        { "", 0, CSV "empty\n" },
        { "\n  \r\n", 5, CSV "empty\n" },
        { "\x7f\x45\x4c\x46\0\0", 6, CSV "not text in UTF-8: it has NUL bytes\n" },
        { "\x93\xfa\x96\x7b,IP Address\n", 16, CSV "line 1: bytes that are not valid in the encoding\n" },
        { "\"Endpoint,IP Address\n", 21, CSV "line 1: unbalanced quotes\n" },
        { "Name,IP Address\n", 16, CSV "line 1: column \"Endpoint\": missing\n" },
        { "Name;Address\n", 13,
          CSV "line 1: column \"Endpoint\": missing\n" CSV "line 1: column \"IP Address\": missing\n" },
        { "Endpoint,IP Address,GUID,endpoint\n", 34, CSV "line 1: column \"Endpoint\": given twice\n" },
    };
    struct config_box *box = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        box_write(box, "agents.csv", cases[i].bytes, cases[i].n);
        box_load(box, inventory);
        assert_string_equal(box->text, cases[i].faults);
        assert_int_equal(box->result, -EINVAL);
    }
    write_csv(box, "Endpoint,IP Address\n");
    box_load(box, inventory);
    assert_int_equal(box->result, 0);
    assert_int_equal(box->config->n_agents, 0);
    assert_int_equal(truncate(box_path(box, "agents.csv"), (256 << 20) + 1), 0);
    box_load(box, inventory);
    assert_string_equal(box->text, CONF "[inventory] csv: agents.csv: too large\n");
}

static void test_many_faults(void **state)
{
    struct config_box *box = *state;
    char text[8192], *at = text, expected[4096] = "";

    at += sprintf(at, "Endpoint,IP Address\n");
    for (int i = 0; i < 50; i++)
        at += sprintf(at, "PC-%d,\nPC-%d,10.0.0.1\n", i, i);
    write_csv(box, text);
    box_load(box, inventory);
    for (int i = 0; i < 20; i++)
        sprintf(expected + strlen(expected), CSV "line %d: column \"IP Address\": empty\n", 2 + 2 * i);
    strcat(expected, CSV "30 more rows are faulty\n");
    assert_string_equal(box->text, expected);
    assert_int_equal(box->fatal, 0);
    assert_int_equal(box->config->csv_rows_rejected, 50);
    assert_int_equal(box->config->n_agents, 50);
}

static void test_encodings(void **state)
{
    static const char text[] = "エンドポイント,IPアドレス,ドメイン階層\r\n"
                               "表計算-1,10.1.0.1,本社\\営業部\r\n"
                               "ｶﾅ,10.1.0.2,\"支社, 髙橋①\"\r\n";
    static const struct {
        const char *option, *to, *mark;
        size_t mark_bytes;
    } cases[] = {
        { "UTF-8", "UTF-8", "", 0 },
        { "utf-8", "UTF-8", "\xef\xbb\xbf", 3 },
        { "Shift_JIS", "UTF-8", "\xef\xbb\xbf", 3 },
        { "UTF-16", "UTF-16LE", "\xff\xfe", 2 },
        { "UTF-16", "UTF-16BE", "\xfe\xff", 2 },
        { "UTF-16", "UTF-16LE", "", 0 },
        { "UTF-16LE", "UTF-16LE", "", 0 },
        { "UTF-16BE", "UTF-16BE", "", 0 },
        { "UTF-8", "UTF-16LE", "\xff\xfe", 2 },
        { "Shift_JIS", "CP932", "", 0 },
        { "CP932", "CP932", "", 0 },
    };
    struct config_box *box = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        iconv_t conversion = iconv_open(cases[i].to, "UTF-8");
        char source[sizeof text], bytes[1024], conf[512], *in = source, *out = bytes + cases[i].mark_bytes;
        size_t in_bytes = sizeof text - 1, out_bytes = sizeof bytes - 8;

        memcpy(source, text, sizeof text);
        memcpy(bytes, cases[i].mark, cases[i].mark_bytes);
        assert_int_equal(iconv(conversion, &in, &in_bytes, &out, &out_bytes), 0);
        iconv_close(conversion);
        box_write(box, "agents.csv", bytes, (size_t)(out - bytes));
        snprintf(conf, sizeof conf,
                 "[inventory]\ncsv = agents.csv\nencoding = %s\ncolumn_name = エンドポイント\n"
                 "column_address = IPアドレス\ncolumn_group = ドメイン階層\n",
                 cases[i].option);
        box_load(box, conf);
        assert_string_equal(box->text, "");
        assert_int_equal(box->config->n_agents, 2);
        assert_string_equal(box->config->agents[0].name, "表計算-1");
        assert_string_equal(box->config->agents[0].group, "本社\\営業部");
        assert_string_equal(box->config->agents[1].name, "ｶﾅ");
        assert_string_equal(box->config->agents[1].group, "支社, 髙橋①");
    }
}

static void test_bad_utf16(void **state)
{
    /* Half a surrogate pair, a NUL character, and a last unit cut in half. */
    static const char rows[] = "\xff\xfe"
                               "E\0n\0d\0p\0o\0i\0n\0t\0,\0I\0P\0 \0A\0d\0d\0r\0e\0s\0s\0\n\0"
                               "\x00\xd8,\0a\0\n\0"
                               "\0\0,\0a\0\n\0"
                               "b\0,\0c\0\n\0"
                               "d\0,\0e";
    struct config_box *box = *state;

    box_write(box, "agents.csv", rows, sizeof rows - 1);
    box_load(box, inventory);
    assert_string_equal(box->text,
                        CSV "line 2: bytes that are not valid in the encoding\n" CSV "line 3: a NUL character\n" CSV
                            "line 5: bytes that are not valid in the encoding\n");
    assert_int_equal(box->config->n_agents, 1);
    assert_string_equal(box->config->agents[0].name, "b");
}

static void test_overrides(void **state)
{
    struct config_box *box = *state;
    const struct agent_config *agent;

    write_csv(box, "Endpoint,IP Address,Listening Port,GUID,Domain Hierarchy\n"
                   "PC-1,10.1.0.1,1111,G1,One\nPC-2,10.1.0.2,2222,G2,Two\nPC-3,10.1.0.3,3333,,Three\n");
    box_load(box, "[server a]\nurl = https://a\n[inventory]\ncsv = agents.csv\n"
                  "[agent pc-1]\nport = 9\nserver = A\n[agent renamed]\nguid = g2\ngroup = New\n"
                  "[agent PC-2]\naddress = 10.1.0.4\n[agent PC-3]\nguid = G3\n");
    assert_string_equal(box->text, "");
    assert_int_equal(box->config->n_agents, 4);
    agent = &box->config->agents[0];
    assert_string_equal(agent->name, "pc-1");
    assert_string_equal(agent->address, "10.1.0.1");
    assert_string_equal(agent->guid, "G1");
    assert_string_equal(agent->group, "One");
    assert_string_equal(agent->server, "a");
    assert_int_equal(agent->port, 9);
    assert_string_equal(agent->where, "[agent pc-1]");
    agent = &box->config->agents[1];
    assert_string_equal(agent->name, "renamed");
    assert_string_equal(agent->address, "10.1.0.2");
    assert_string_equal(agent->group, "New");
    assert_int_equal(agent->port, 2222);
    assert_string_equal(box->config->agents[2].guid, "G3");
    agent = &box->config->agents[3]; /* its name is free, since the row was renamed */
    assert_string_equal(agent->name, "PC-2");
    assert_string_equal(agent->address, "10.1.0.4");
    assert_string_equal(agent->guid, "");

    box_load(box, "[inventory]\ncsv = agents.csv\n[agent PC-3]\nguid = G1\n[agent PC-4]\nport = 1\n"
                  "[agent x]\nguid = G1\n[agent y]\nguid = G1\n");
    assert_string_equal(box->text,
                        CONF "[agent PC-3] guid: it is that of another agent, PC-1 (agents.csv: line 2)\n" CONF
                             "[agent PC-4] address: missing\n" CONF "[agent y] guid: the same agent as [agent x]\n");
}

static void test_twenty_thousand(void **state)
{
    enum { ROWS = 20000 };
    struct config_box *box = *state;
    char *text = malloc(ROWS * 80), *at = text;
    struct timespec before, after;

    at += sprintf(at, "Endpoint,IP Address,Listening Port,GUID,Domain Hierarchy\n");
    for (int i = 0; i < ROWS; i++)
        at += sprintf(at, "PC-%05d,10.1.%d.%d,21112,guid-%d,HQ\\Group %d\n", i, i / 250, i % 250, i, i / 100);
    write_csv(box, text);
    clock_gettime(CLOCK_MONOTONIC, &before);
    box_load(box, inventory);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_string_equal(box->text, "");
    assert_int_equal(box->config->n_agents, ROWS);
    for (int i = 0; i < ROWS; i++) {
        char name[16];

        snprintf(name, sizeof name, "PC-%05d", i);
        assert_string_equal(box->config->agents[i].name, name);
    }
    /* Were it quadratic, it would take minutes. */
    assert_in_range(after.tv_sec - before.tv_sec, 0, 60);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_columns, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_bad_rows, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_long_fields, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_files, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_many_faults, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_encodings, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_bad_utf16, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_overrides, box_setup, box_teardown),
        cmocka_unit_test_setup_teardown(test_twenty_thousand, box_setup, box_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

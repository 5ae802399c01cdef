/* The login guard as tables: answers in, how many may be asked out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/logins.h"

enum { CONCURRENCY = 64, MINUTE_MS = 60000 };

/* Plays answers, one a second: a accepted, f forbidden (which is let in), r refused, t timed out, . a minute of nobody.
 */
static void play(struct logins *logins, const char *answers, int64_t *now_ms, unsigned *ret_pauses)
{
    for (; *answers; answers++) {
        const enum cause cause = *answers == 'a'   ? CAUSE_NONE
                                 : *answers == 'f' ? CAUSE_FORBIDDEN
                                 : *answers == 'r' ? CAUSE_AUTHENTICATION_FAILED
                                                   : CAUSE_TIMED_OUT;
        if (*answers == '.')
            *now_ms += MINUTE_MS;
        else
            *ret_pauses += logins_note(logins, cause, *now_ms += 1000);
    }
}

static void an_account_is_tried_carefully_and_let_alone_when_it_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *answers;
        unsigned pauses, allowed;
    } rows[] = {
        { "", 0, LOGINS_CAREFUL },   { "t", 0, LOGINS_CAREFUL }, /* says nothing of the account */
        { "a", 0, CONCURRENCY },     { "f", 0, CONCURRENCY },
        { "rr", 0, LOGINS_CAREFUL }, { "rrr", 1, 0 },
        { "rtrtr", 1, 0 },           { "rrat", 0, CONCURRENCY },
        { "rrarr", 0, CONCURRENCY }, { "rrr.", 1, 1 }, /* one is tried */
        { "rrr.r", 2, 0 },                             /* and is refused: longer */
        { "rrr.a", 1, CONCURRENCY }, { "rrrr", 1, 0 }, /* what was under way does not count again */
        { "arrrr", 0, CONCURRENCY },                   /* some endpoints refuse what others accept */
        { "arrrrr", 1, 0 },          { "arrrrara", 0, CONCURRENCY },
        { "rrr.r.", 2, 0 }, /* the second pause is two minutes long */
        { "rrr.r..", 2, 1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct logins logins = { 0 };
        int64_t now_ms = 1000000;
        unsigned pauses = 0;
        play(&logins, rows[i].answers, &now_ms, &pauses);
        assert_int_equal(pauses, rows[i].pauses);
        assert_int_equal(logins_allowed(&logins, CONCURRENCY, now_ms), rows[i].allowed);
    }
    assert_int_equal(logins_allowed(&(struct logins){ 0 }, 1, 0), 1);
}

static void pauses_double_up_to_an_hour(void **state)
{
    (void)state;
    struct logins logins = { 0 };
    int64_t now_ms = 0;
    unsigned pauses = 0;
    play(&logins, "rrr", &now_ms, &pauses);
    for (int64_t minutes = 1; minutes < 200; minutes *= 2) {
        assert_int_equal(logins.pause_ms, (minutes > 60 ? 60 : minutes) * MINUTE_MS);
        assert_int_equal(logins_allowed(&logins, CONCURRENCY, logins.until_ms - 1), 0);
        now_ms = logins.until_ms;
        assert_int_equal(logins_allowed(&logins, CONCURRENCY, now_ms), 1);
        assert_true(logins_note(&logins, CAUSE_AUTHENTICATION_FAILED, now_ms));
    }
    assert_false(logins_note(&logins, CAUSE_NONE, now_ms));
    assert_int_equal(logins_allowed(&logins, CONCURRENCY, now_ms), CONCURRENCY);
}

static void an_endpoint_that_refuses_is_asked_later_and_later(void **state)
{
    (void)state;
    static const struct {
        unsigned refusals;
        int64_t interval_s, next_s;
    } rows[] = {
        { 1, 300, 300 },   { 2, 300, 600 },   { 3, 300, 1200 },  { 4, 300, 2400 },  { 5, 300, 3600 },
        { 60, 300, 3600 }, { 1, 7200, 7200 }, { 9, 7200, 7200 }, { 1000, 1, 3600 }, { 2, 1, 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(logins_next_ms(rows[i].refusals, rows[i].interval_s * 1000), rows[i].next_s * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_tried_carefully_and_let_alone_when_it_is_refused),
        cmocka_unit_test(pauses_double_up_to_an_hour),
        cmocka_unit_test(an_endpoint_that_refuses_is_asked_later_and_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

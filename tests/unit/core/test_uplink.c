/* Sequences of answers in; what counts, waits or is asked again out. */
#include "core/uplink.h"
#include "support/chance.h"
#include "support/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 700, PATIENCE_MS = 1700 };

static const struct {
    char letter;
    enum driver driver;
    enum subject subject;
} kinds[] = {
    { 'a', DRIVER_LISTENER, SUBJECT_AGENT },     { 'w', DRIVER_WINRM, SUBJECT_AGENT },
    { 's', DRIVER_SERVER, SUBJECT_SERVER },      { 'p', DRIVER_SOURCE, SUBJECT_SOURCE },
    { 'r', DRIVER_LOCATION, SUBJECT_REFERENCE }, { 'f', DRIVER_FEED, SUBJECT_AGENT },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static char letter_of(const struct observation *observation)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].driver == observation->driver)
            return kinds[i].letter;
    fail_msg("driver %d", observation->driver);
    return '?';
}

static enum cause cause_named(const char *name)
{
    for (enum cause cause = CAUSE_UNKNOWN; cause <= CAUSE_LAST; cause++)
        if (strcmp(cause_name(cause), name) == 0)
            return cause;
    fail_msg("no cause is named %s", name);
    return CAUSE_UNKNOWN;
}

/* "a1 CAUSE [rtt=MS] [facts] [web=CAUSE]", the answer of a target at `ms`. */
static struct observation answer(int64_t ms, const char *words)
{
    struct observation observation = { .mono_ms = ms, .wall_ms = ms, .index = (uint32_t)strtoul(words + 1, NULL, 10) };
    char line[128], *rest = NULL;

    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].letter == words[0]) {
            observation.driver = kinds[i].driver;
            observation.subject = kinds[i].subject;
        }
    assert_true(observation.driver);
    snprintf(line, sizeof line, "%s", words);
    strtok_r(line, " ", &rest);
    observation.cause = cause_named(strtok_r(NULL, " ", &rest));
    observation.rtt_ms = observation.cause == CAUSE_TIMED_OUT ? TIMEOUT_MS : 1;
    enum cause web = observation.cause;
    for (const char *word; (word = strtok_r(NULL, " ", &rest));) {
        if (strncmp(word, "rtt=", 4) == 0)
            observation.rtt_ms = (uint32_t)strtoul(word + 4, NULL, 10);
        else if (strncmp(word, "web=", 4) == 0)
            web = cause_named(word + 4);
        else if (strcmp(word, "facts") == 0)
            observation.facts = FACT_BIT(FACT_MODE);
        else
            fail_msg("%s: what is %s?", words, word);
    }
    if (observation.subject == SUBJECT_SOURCE) {
        observation.source.ways[WAY_FILE] =
            (struct way_outcome){ .cause = (uint8_t)observation.cause, .rtt_ms = observation.rtt_ms };
        observation.source.ways[WAY_WEB] = (struct way_outcome){ .cause = (uint8_t)web, .rtt_ms = 1 };
    }
    return observation;
}

static struct uplink *begin(size_t targets, unsigned fall)
{
    struct uplink *uplink;
    assert_int_equal(uplink_new(&uplink), 0);
    uplink_configure(uplink, &(struct uplink_settings){ PATIENCE_MS, fall, targets });
    return uplink;
}

static bool asks_all_but_2(const void *user, enum driver driver, uint32_t index)
{
    (void)user, (void)driver;
    return index != 2;
}

static void add(char *text, size_t bytes, char sign, const struct observation *observation)
{
    const size_t length = strlen(text);
    snprintf(text + length, bytes - length, "%s%c%c%u", length ? " " : "", sign, letter_of(observation),
             observation->index);
}

/* The next column of a line, without the blanks around it; "" behind the last one. */
static const char *column(char **line)
{
    char *begin = strsep(line, "|");
    if (!begin)
        return "";
    begin += strspn(begin, " ");
    for (size_t end = strlen(begin); end && begin[end - 1] == ' ';)
        begin[--end] = '\0';
    return begin;
}

/* What happens at a time; what comes out then, in `seen`. */
static void happen(struct uplink *uplink, long ms, const char *event, char *seen, size_t bytes)
{
    const struct now now = { .mono_ms = ms, .wall_ms = ms };
    struct observation observation, held;
    enum uplink_word word;
    bool counts = false;

    seen[0] = '\0';
    if (strcmp(event, "heard") == 0) {
        uplink_hear(uplink, ms);
    } else if (strcmp(event, "follow") == 0) {
        uplink_follow(uplink, asks_all_but_2, NULL);
    } else if (strcmp(event, "time") == 0) {
        uplink_step(uplink, &now);
    } else {
        observation = answer(ms, event);
        counts = uplink_admits(uplink, &observation, &now);
    }
    while ((word = uplink_next(uplink, &held)))
        add(seen, bytes, word == UPLINK_COUNTS ? '!' : '?', &held);
    if (counts)
        add(seen, bytes, '+', &observation);
    const size_t length = strlen(seen);
    if (uplink_wants_proof(uplink))
        snprintf(seen + length, bytes - length, "%sproof", length ? " " : "");
}

/* Lines "MS | EVENT | OUT | STATE". An event is an answer, "heard" (by a console), "time", or "follow" (target 2 is
 * gone of each kind). What comes out, in order: "+a1" counts now, "!a1" counts now that was held back, "?a1" is to be
 * asked again, "proof" is wanted. A line without a state leaves it as it was. */
static void play(size_t targets, unsigned fall, const char *script)
{
    struct uplink *uplink = begin(targets, fall);
    char line[128], seen[128], is[16] = "unknown";

    for (const char *at = script; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        char *rest = line;
        const long ms = strtol(column(&rest), NULL, 10);
        const char *event = column(&rest), *wanted = column(&rest), *state = column(&rest);
        if (*state)
            snprintf(is, sizeof is, "%s", state);
        happen(uplink, ms, event, seen, sizeof seen);
        if (strcmp(seen, wanted) != 0 || strcmp(updown_name(uplink_state(uplink)), is) != 0)
            fail_msg("%ld %s: came \"%s\", %s", ms, event, seen, updown_name(uplink_state(uplink)));
    }
    uplink_free(uplink);
}

#define FOUR_ANSWER                                                                                                    \
    "1000 | a1 none | +a1 | up\n"                                                                                      \
    "1000 | a2 none | +a2\n"                                                                                           \
    "1000 | a3 none | +a3\n"                                                                                           \
    "1000 | s1 none | +s1\n"

static void one_that_is_silent_among_others_counts_at_once(void **state)
{
    (void)state;
    play(4, 1,
         FOUR_ANSWER "1500 | a2 none | +a2\n"
                     "1700 | a1 timedOut | +a1\n"   /* heard in the second half of its wait */
                     "1900 | a3 timedOut | proof\n" /* and that was in the first half of this one's */
                     "1901 | s1 none | !a3 +s1\n"
                     "2600 | a3 timedOut | +a3\n" /* it is believed: more makes no difference */
                     "9000 | a3 timedOut | +a3\n");
    play(4, 2,
         FOUR_ANSWER "1900 | a3 timedOut | proof\n"
                     "1901 | s1 none | !a3 +s1\n"
                     "2900 | a3 timedOut | proof\n" /* the second one is what makes it believed */
                     "2901 | s1 none | !a3 +s1\n"
                     "3900 | a3 timedOut | +a3\n");
}

static void each_cause_says_whether_the_way_is_there(void **state)
{
    static const struct {
        const char *event, *out;
    } rows[] = {
        { "a1 timedOut", "proof" },        { "a1 unreachable", "proof" }, { "a1 nameNotFound", "proof" },
        { "s1 timedOut", "proof" },        { "w1 timedOut", "proof" },    { "r1 timedOut", "proof" },
        { "p1 timedOut", "proof" },        { "a1 refused", "+a1" },       { "a1 reset", "+a1" },
        { "a1 tlsRejected", "+a1" },       { "a1 forbidden", "+a1" },     { "a1 wrongAnswer", "+a1" },
        { "a1 httpError", "+a1" },         { "a1 cancelled", "+a1" },     { "w1 timedOut facts", "+w1" },
        { "p1 timedOut web=none", "+p1" }, { "f1 timedOut", "+f1" },
    };
    char script[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(script, sizeof script, FOUR_ANSWER "9000 | %s | %s\n", rows[i].event, rows[i].out);
        play(4, 1, script);
    }
}

static void what_proves_the_way_releases_what_was_held_back(void **state)
{
    static const struct {
        const char *event, *out;
    } rows[] = {
        { "a2 none", "!a1 +a2" },
        { "a2 refused", "!a1 +a2" },
        { "a1 none", "!a1 +a1" }, /* in their order */
        { "heard", "!a1" },
        { "p1 timedOut web=httpError", "+p1" }, /* whose web was heard before */
        { "p1 timedOut web=httpError rtt=10", "!a1 +p1" },
        { "a2 cancelled", "+a2" },
        { "f2 none", "+f2" },
        { "w1 timedOut facts", "+w1" },
    };
    char script[512];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(script, sizeof script, FOUR_ANSWER "9000 | a1 timedOut | proof\n9200 | %s | %s\n", rows[i].event,
                 rows[i].out);
        play(4, 1, script);
    }
}

static void silence_of_all_is_the_collectors_own(void **state)
{
    (void)state;
    play(4, 1,
         FOUR_ANSWER "1701 | a1 timedOut | proof\n"
                     "1750 | a2 timedOut |\n"
                     "1800 | s1 timedOut |\n"
                     "2400 | a1 timedOut |\n"
                     "3400 | time |\n"
                     "3401 | time | | down\n"
                     "3500 | a3 timedOut |\n"
                     "3900 | a1 timedOut |\n"
                     "9000 | time |\n"
                     "9500 | s1 none | +s1 | up\n"
                     "9600 | a1 timedOut | ?a1\n" /* it was asked before that */
                     "9960 | a3 none | +a3\n"
                     "10300 | a1 timedOut | +a1\n");
}

static void two_are_too_few_to_tell(void **state)
{
    (void)state;
    play(2, 1, "1000 | a1 timedOut | +a1\n1000 | s1 timedOut | +s1\n");
    play(2, 1, "1000 | a1 none | +a1 | up\n1000 | s1 none | +s1\n9000 | a1 timedOut | +a1\n9000 | s1 timedOut | +s1\n");
    /* Many are asked, and two answer. */
    play(9, 1,
         "1000 | a1 none | +a1 | up\n"
         "1000 | s1 none | +s1\n"
         "1000 | a2 timedOut rtt=300 | +a2\n"
         "1000 | a3 timedOut rtt=300 | +a3\n"
         "9000 | a1 timedOut | +a1\n"
         "9000 | s1 timedOut | +s1\n");
    /* An agent that is asked in two ways is one. */
    play(9, 1,
         "1000 | a1 none | +a1 | up\n"
         "1000 | w1 none | +w1\n"
         "1000 | s1 none | +s1\n"
         "9000 | a1 timedOut | +a1\n");
    /* But those who are asked in that way alone count. */
    play(9, 1,
         "1000 | w1 none | +w1 | up\n"
         "1000 | w2 none | +w2\n"
         "1000 | w3 none | +w3\n"
         "9000 | w1 timedOut | proof\n"
         "9000 | w2 timedOut |\n"
         "9000 | w3 timedOut |\n"
         "10700 | time | | down\n");
}

static void too_few_that_are_silent_count_in_the_end(void **state)
{
    (void)state;
    play(4, 1, FOUR_ANSWER "9000 | a1 timedOut | proof\n9000 | a2 timedOut |\n10700 | time | !a1 !a2\n");
}

static void those_who_are_absent_for_good_are_no_sign(void **state)
{
    (void)state;
    play(9, 1,
         FOUR_ANSWER "1000 | a4 timedOut rtt=300 | +a4\n"
                     "1000 | a5 timedOut rtt=300 | +a5\n"
                     "1000 | a6 timedOut rtt=300 | +a6\n"
                     "9000 | a4 timedOut | +a4\n"
                     "9000 | a5 timedOut | +a5\n"
                     "9000 | a6 timedOut | +a6\n"
                     "9001 | a7 timedOut | proof\n" /* who was never heard, is none either */
                     "9001 | a8 timedOut |\n"
                     "9001 | a9 timedOut |\n"
                     "10701 | time | !a7 !a8 !a9\n");
}

static void nothing_is_heard_from_the_start(void **state)
{
    (void)state;
    play(3, 1,
         "1700 | a1 timedOut | proof | unknown\n"
         "1700 | a2 timedOut |\n"
         "1700 | s1 timedOut |\n"
         "3400 | time | | down\n"
         "9000 | s1 refused | +s1 | up\n");
    play(3, 1,
         "1700 | a1 timedOut | proof | unknown\n"
         "1700 | a2 timedOut |\n"
         "1701 | s1 none | !a1 !a2 +s1 | up\n");
}

/* Or it would be believed of all that were asked meanwhile. */
static void a_short_outage_has_them_asked_again(void **state)
{
    (void)state;
    play(4, 1,
         FOUR_ANSWER "1701 | a1 timedOut | proof\n"
                     "1702 | a2 timedOut |\n"
                     "1703 | a3 timedOut |\n"
                     "2300 | s1 none | ?a1 ?a2 ?a3 +s1\n"
                     "2350 | a4 timedOut | ?a4\n" /* it was under way */
                     "3000 | a1 none | +a1\n"
                     "3001 | a2 timedOut | +a2\n");
    /* Once only: where little is asked, nothing else may be heard meanwhile. */
    play(4, 1,
         FOUR_ANSWER "1701 | a1 timedOut | proof\n"
                     "1701 | a2 timedOut |\n"
                     "1701 | a3 timedOut |\n"
                     "1702 | s1 none | ?a1 ?a2 ?a3 +s1\n"
                     "2403 | a1 timedOut | proof\n"
                     "2403 | a2 timedOut |\n"
                     "2403 | a3 timedOut |\n"
                     "2404 | s1 none | !a1 !a2 !a3 +s1\n");
    /* But who was doubted is a sign that the uplink is down once more. */
    play(4, 1,
         FOUR_ANSWER "1701 | a1 timedOut | proof\n"
                     "1701 | a2 timedOut |\n"
                     "1701 | a3 timedOut |\n"
                     "1702 | s1 none | ?a1 ?a2 ?a3 +s1\n"
                     "2403 | a1 timedOut | proof\n"
                     "2403 | a2 timedOut |\n"
                     "2403 | a3 timedOut |\n"
                     "4103 | time | | down\n");
}

static void an_answer_that_comes_late_proves_its_own_time(void **state)
{
    static const struct {
        int64_t ms;
        const char *words;
        bool admits;
        enum uplink_word word;
    } rows[] = {
        { 1000, "a1 none", true, UPLINK_NOTHING },
        { 1000, "a2 none", true, UPLINK_NOTHING },
        { 1000, "a3 none", true, UPLINK_NOTHING },
        { 1000, "s1 none", true, UPLINK_NOTHING },
        { 9000, "a1 timedOut", false, UPLINK_NOTHING },
        { 9000, "a2 timedOut", false, UPLINK_NOTHING },
        { 9000, "a3 timedOut", false, UPLINK_NOTHING },
        { 8649, "s1 none", true, UPLINK_NOTHING }, /* in the first half of their wait */
        { 9000, "s1 none", true, UPLINK_COUNTS },  /* in the second one */
    };
    struct uplink *uplink = begin(4, 1);
    const struct now now = { .mono_ms = 9000, .wall_ms = 9000 };
    struct observation observation = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        observation = answer(rows[i].ms, rows[i].words);
        assert_int_equal(uplink_admits(uplink, &observation, &now), rows[i].admits);
        assert_int_equal(uplink_next(uplink, &observation), rows[i].word);
    }
    assert_int_equal(observation.driver, DRIVER_LISTENER);
    assert_int_equal(observation.index, 1);
    assert_int_equal(observation.mono_ms, 9000);
    uplink_free(uplink);
}

static void what_was_heard_before_a_cut_does_not_end_it(void **state)
{
    struct uplink *uplink = begin(3, 1);
    struct observation observation;
    (void)state;
    for (int64_t ms = 1000; ms <= 9000; ms += 8000)
        for (uint32_t index = 1; index <= 3; index++) {
            observation = answer(ms, ms == 1000 ? "a1 none" : "a1 timedOut");
            observation.index = index;
            assert_int_equal(uplink_admits(uplink, &observation, &(struct now){ ms, ms }), ms == 1000);
        }
    assert_int_equal(uplink_step(uplink, &(struct now){ 9000, 9000 }), 9000 + PATIENCE_MS);
    assert_int_equal(uplink_step(uplink, &(struct now){ 9000 + PATIENCE_MS, 9000 }), INT64_MAX);
    uplink_hear(uplink, 1000);
    uplink_hear(uplink, 0);
    assert_int_equal(uplink_state(uplink), UPDOWN_DOWN);
    uplink_hear(uplink, 1001);
    assert_int_equal(uplink_state(uplink), UPDOWN_UP);
    uplink_free(uplink);
}

static void what_was_held_back_comes_out_as_it_went_in(void **state)
{
    struct uplink *uplink = begin(4, 1);
    const struct now now = { .mono_ms = 9000, .wall_ms = 9000 };
    struct observation seen;
    (void)state;
    for (uint32_t index = 1; index <= 3; index++) {
        const struct observation heard = {
            .driver = DRIVER_SERVER, .subject = SUBJECT_SERVER, .index = index, .cause = CAUSE_NONE, .mono_ms = 1
        };
        assert_true(uplink_admits(uplink, &heard, &now));
    }
    const struct observation silent[] = {
        { .driver = DRIVER_LISTENER,
          .subject = SUBJECT_AGENT,
          .index = 7,
          .cause = CAUSE_UNREACHABLE,
          .heard = true,
          .rtt_ms = 3,
          .mono_ms = 8999,
          .wall_ms = 77,
          .has = HAS_SERVER_SIDE },
        { .driver = DRIVER_SOURCE,
          .subject = SUBJECT_SOURCE,
          .index = 2,
          .cause = CAUSE_TIMED_OUT,
          .rtt_ms = 5,
          .mono_ms = 9000,
          .wall_ms = 78,
          .source = { .ways = { [WAY_WEB] = { .cause = CAUSE_TIMED_OUT, .rtt_ms = 5 } }, .certificate_days = -3 } },
    };
    for (size_t i = 0; i < 2; i++)
        assert_false(uplink_admits(uplink, &silent[i], &now));
    uplink_hear(uplink, 9001);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(uplink_next(uplink, &seen), UPLINK_COUNTS);
        assert_int_equal(seen.driver, silent[i].driver);
        assert_int_equal(seen.subject, silent[i].subject);
        assert_int_equal(seen.index, silent[i].index);
        assert_int_equal(seen.cause, silent[i].cause);
        assert_int_equal(seen.heard, silent[i].heard);
        assert_int_equal(seen.rtt_ms, silent[i].rtt_ms);
        assert_int_equal(seen.mono_ms, silent[i].mono_ms);
        assert_int_equal(seen.wall_ms, silent[i].wall_ms);
        assert_int_equal(seen.has, silent[i].has);
        assert_memory_equal(&seen.source, &silent[i].source, sizeof seen.source);
    }
    assert_int_equal(uplink_next(uplink, &seen), UPLINK_NOTHING);
    uplink_free(uplink);
}

static void a_change_of_targets_leaves_nothing_held_back(void **state)
{
    (void)state;
    play(4, 1,
         FOUR_ANSWER "9000 | a1 timedOut | proof\n"
                     "9000 | a2 timedOut |\n"
                     "9000 | follow | ?a1 ?a2\n"
                     "9700 | a1 timedOut | proof\n"
                     "9700 | s1 none | !a1 +s1\n");
    /* Two that are gone are no witnesses any more. */
    play(4, 1,
         "1000 | a1 none | +a1 | up\n"
         "1000 | a2 none | +a2\n"
         "1000 | s2 none | +s2\n"
         "1000 | follow |\n"
         "9000 | a1 timedOut | +a1\n");
}

static void witnesses_are_those_that_answer(void **state)
{
    struct uplink *uplink = begin(9, 1);
    const struct now now = { .mono_ms = 1000, .wall_ms = 1000 };
    (void)state;
    static const char *const events[] = { "a5 none", "a70 refused", "a6 timedOut rtt=0", "a200 none" };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        const struct observation observation = answer(1000, events[i]);
        assert_true(uplink_admits(uplink, &observation, &now));
    }
    assert_int_equal(uplink_next_witness(uplink, DRIVER_LISTENER, 0), 5);
    assert_int_equal(uplink_next_witness(uplink, DRIVER_LISTENER, 5), 70);
    assert_int_equal(uplink_next_witness(uplink, DRIVER_LISTENER, 70), 200);
    assert_int_equal(uplink_next_witness(uplink, DRIVER_LISTENER, 200), 0);
    assert_int_equal(uplink_next_witness(uplink, DRIVER_SERVER, 0), 0);
    uplink_free(uplink);
}

/* Whatever happens: an answer comes out once at the most, those of a target in their order, a good one at once; and
 * nothing waits for longer than the patience. */
static void nothing_is_doubled_or_disordered(void **state)
{
    enum { AGENTS = 12, STEPS = 4000 };
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct uplink *uplink = begin(AGENTS, 1 + (unsigned)seed % 3);
        struct chance chance = chance_of(seed);
        int64_t latest[AGENTS + 1] = { 0 }, waits[AGENTS + 1] = { 0 }, ms = 1000;
        size_t counted = 0, again = 0, downs = 0;
        bool cut = false;
        for (size_t step = 0; step < STEPS; step++) {
            const uint32_t index = 1 + chance_below(&chance, AGENTS);
            ms += 1 + chance_below(&chance, 200);
            const struct now now = { .mono_ms = ms, .wall_ms = ms };
            cut = chance_percent(&chance, 2) ? !cut : cut;
            const bool silent = cut || chance_percent(&chance, 30);
            const struct observation observation = {
                .driver = DRIVER_LISTENER,
                .subject = SUBJECT_AGENT,
                .index = index,
                .mono_ms = ms,
                .cause = silent ? CAUSE_TIMED_OUT : CAUSE_NONE,
                .rtt_ms = silent ? TIMEOUT_MS : 2,
            };
            struct observation held;
            enum uplink_word word;
            const bool counts = uplink_admits(uplink, &observation, &now);
            const bool was_down = uplink_state(uplink) == UPDOWN_DOWN;
            assert_true(counts || silent);
            for (int turn = 0; turn < 2; turn++) {
                while ((word = uplink_next(uplink, &held))) {
                    assert_true(held.cause == CAUSE_TIMED_OUT && held.mono_ms > latest[held.index]);
                    assert_true(held.mono_ms == waits[held.index] || held.mono_ms == ms);
                    waits[held.index] = 0;
                    latest[held.index] = held.mono_ms;
                    *(word == UPLINK_COUNTS ? &counted : &again) += 1;
                }
                if (turn == 0 && counts) {
                    assert_int_equal(waits[index], 0);
                    latest[index] = ms;
                } else if (turn == 0 && !was_down && latest[index] != ms && !waits[index]) {
                    waits[index] = ms;
                }
                if (turn == 0)
                    uplink_step(uplink, &now);
            }
            if (uplink_state(uplink) == UPDOWN_DOWN) {
                downs += !was_down;
                memset(waits, 0, sizeof waits);
            }
            for (uint32_t i = 1; i <= AGENTS; i++)
                assert_true(!waits[i] || ms - waits[i] <= PATIENCE_MS);
        }
        assert_true(counted && again && downs);
        uplink_free(uplink);
    }
}

static void without_memory_answers_pass(void **state)
{
    static const struct {
        unsigned long first;
        bool admits;
    } rows[] = { { 1, true }, { 2, true }, { 3, false } }; /* room for the target, and for its answer */
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uplink *uplink = begin(4, 1);
        const struct now now = { .mono_ms = 1000, .wall_ms = 1000 };
        const struct observation observation = answer(1000, "a1 timedOut");
        heap_fail(rows[i].first, 1);
        assert_int_equal(uplink_admits(uplink, &observation, &now), rows[i].admits);
        heap_heal();
        uplink_free(uplink);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_silent_among_others_counts_at_once),
        cmocka_unit_test(each_cause_says_whether_the_way_is_there),
        cmocka_unit_test(what_proves_the_way_releases_what_was_held_back),
        cmocka_unit_test(silence_of_all_is_the_collectors_own),
        cmocka_unit_test(two_are_too_few_to_tell),
        cmocka_unit_test(too_few_that_are_silent_count_in_the_end),
        cmocka_unit_test(those_who_are_absent_for_good_are_no_sign),
        cmocka_unit_test(nothing_is_heard_from_the_start),
        cmocka_unit_test(a_short_outage_has_them_asked_again),
        cmocka_unit_test(an_answer_that_comes_late_proves_its_own_time),
        cmocka_unit_test(what_was_heard_before_a_cut_does_not_end_it),
        cmocka_unit_test(what_was_held_back_comes_out_as_it_went_in),
        cmocka_unit_test(a_change_of_targets_leaves_nothing_held_back),
        cmocka_unit_test(witnesses_are_those_that_answer),
        cmocka_unit_test(nothing_is_doubled_or_disordered),
        cmocka_unit_test(without_memory_answers_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* An endpoint that falls silent, and one that says by itself why its listener does: scripts of what happens, and the
 * verdict that follows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/world.h"

static void an_agent_side_that_was_told_before_silence_says_nothing(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    /* It is switched off: asked again, it does not answer either. */
    world_play(&settings, "0   | listener none                    | unknown\n"
                          "1   | asked good own=10.0.0.1          | healthy            |           |\n"
                          "60  | listener timedOut                | healthy\n"
                          "70  | asked cause=timedOut             | healthy\n"
                          "120 | listener timedOut                | offline:unverified | 1=offline | +1\n");
    /* The listener alone is: the endpoint has said so since. */
    world_play(&settings, "0   | listener none                    | unknown\n"
                          "1   | asked good own=10.0.0.1          | healthy\n"
                          "60  | listener timedOut                | healthy\n"
                          "61  | asked good own=10.0.0.1          | healthy\n"
                          "120 | listener timedOut                | offline:firewallBlocksServer | 1=offline | +1\n"
                          "180 | asked cause=timedOut             | offline:unverified\n"
                          "181 | asked cause=authenticationFailed | offline:unverified\n"
                          "240 | asked good own=10.0.0.1          | offline:firewallBlocksServer\n");
    /* A refusal is an answer, and so is a login that is refused. */
    world_play(&settings, "0   | listener none                    | unknown\n"
                          "1   | asked good own=10.0.0.1          | healthy\n"
                          "60  | listener refused                 | healthy\n"
                          "61  | asked cause=authenticationFailed | healthy\n"
                          "120 | listener refused                 | offline:firewallBlocksServer\n");
    /* Silence that is over was none. */
    world_play(&settings, "0   | listener none                    | unknown\n"
                          "1   | listener timedOut                | unknown\n"
                          "2   | asked good own=10.0.0.1          | healthy\n"
                          "3   | listener none                    | healthy\n"
                          "60  | listener refused                 | healthy\n"
                          "120 | listener refused                 | offline:firewallBlocksServer\n");
    /* A feed is brought by the endpoint, and is as good as its age. */
    world_play(&settings, "0   | listener none                    | unknown\n"
                          "1   | feed good own=10.0.0.1           | healthy\n"
                          "60  | listener timedOut                | healthy\n"
                          "120 | listener timedOut                | offline:firewallBlocksServer\n");
}

static void a_listener_that_does_not_run_is_no_firewall(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0   | listener none                             | unknown\n"
                          "1   | asked good own=10.0.0.1 tmlisten=running  | healthy\n"
                          "60  | listener refused                          | healthy\n"
                          "61  | asked good own=10.0.0.1 tmlisten=stopped  | healthy\n"
                          "120 | listener refused                          | offline:listenerStopped | 1=offline | +1\n"
                          "121 | asked good own=10.0.0.1 tmlisten=running  | offline:firewallBlocksServer\n"
                          "122 | asked good own=10.0.0.1 tmlisten=missing  | offline:listenerStopped\n"
                          "123 | asked good agent=offline tmlisten=missing | offline:listenerStopped\n"
                          "124 | asked good agent=offline tmlisten=missing | offline:networkFault\n"
                          "180 | listener none                             | offline:serverNameUnresolved\n");
    /* Also where the agent side is not known. */
    world_play(&settings, "0   | listener refused       | unknown:unknown\n"
                          "1   | asked tmlisten=stopped | unknown:unknown\n"
                          "60  | listener refused       | offline:listenerStopped\n"
                          "902 | expire                 | offline:unverified\n");
}

static void what_an_endpoint_says_as_a_whole_replaces_what_it_said(void **state)
{
    (void)state;
    const struct store_settings settings = world_settings();
    world_play(&settings, "0 | asked good whole              | healthy\n"
                          "1 | listener none                 | healthy\n"
                          "2 | asked agent=online            | healthy\n" /* broke off after that */
                          "3 | asked agent=online whole      | unknown\n" /* it has no more to say */
                          "4 | asked good whole              | healthy\n"
                          "5 | asked cause=timedOut whole    | healthy\n" /* nothing was said */
                          "6 | feed good                     | healthy\n"
                          "7 | asked agent=online whole      | healthy\n" /* another says it, too */
                          "8 | feed                          | unknown\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agent_side_that_was_told_before_silence_says_nothing),
        cmocka_unit_test(a_listener_that_does_not_run_is_no_firewall),
        cmocka_unit_test(what_an_endpoint_says_as_a_whole_replaces_what_it_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

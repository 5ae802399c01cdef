/* A small estate around a store, driven by lines of text and looked at as text, so that tests can be tables: what
 * happens, and what is to be seen of it. It fails the running test by itself. */
#ifndef AH_TEST_WORLD_H
#define AH_TEST_WORLD_H

#include "core/store.h"

enum { WORLD_TEXT_BYTES = 512, WORLD_LIMIT_S = 900 };

struct world {
    struct store *store;
    struct now now;
    bool listened;      /* agents that are put from now on have a listener that is asked */
    uint32_t past_seen; /* the last entry of the history that was looked at */
    char text[WORLD_TEXT_BYTES];
};

/* Believes the first good and the second bad answer, evidence lasts WORLD_LIMIT_S, patterns 72 h, absent is an alarm,
 * the first verdict is silent. */
struct store_settings world_settings(void);

/* A store at second 0 with server 1 "apex1", which should have the address 10.1.0.5, and nobody else. */
void world_begin(struct world *world, const struct store_settings *settings);
void world_end(struct world *world);
void world_at(struct world *world, unsigned s);

/* Agents are named after their index, have the address 10.0.0.INDEX (carried into the third byte), and are all
 * monitored. group 0: none. */
int world_put_agent(struct world *world, uint32_t index, uint32_t group, uint32_t server, uint32_t monitored);
int world_put_server(struct world *world, uint32_t index);
/* "spsINDEX", which is asked for both services at spsINDEX.example. */
int world_put_source(struct world *world, uint32_t index, enum list_kind kind, const char *ranges);

/* What happens to an agent (or to server 1), as one line; the store's own result.
 *   listener CAUSE [rtt=MS]      CAUSE by name, none for a good answer
 *   server CAUSE
 *   source CAUSE [of=INDEX] [web=CAUSE] [proxy=CAUSE] [webproxy=CAUSE]      what is not said is good, a proxy not tried
 *   add INDEX standard|custom|network [RANGE,...]     world_put_source()
 *   drop INDEX                                        removes a source
 *   references [HOST:PORT,...]                        the list of reference servers
 *   reference CAUSE [of=INDEX]                        how a connection to one ended
 *   gateways [ADDRESS,...]                            the list of gateways
 *   maintain agent|server|group [of=INDEX] SECONDS    from now on; 0: no more
 *   acknowledge SEQ                                   an alarm
 *   feed [age=S] [agent=online|offline] [resolved=ADDRESS,...|nothing] [own=ADDRESS,...] [mode=normal|standalone]
 *        [policy=on|off] [service=running|stopped|missing] [method=smart|conventional] [pattern=HOURS] [version=TEXT]
 *        [day=DAYS] [smart=yes|no] [location=internal|external] [source=yes|no]
 *        [tmusa=running|stopped|missing|unneeded] [tmlisten=running|stopped] [system=TEXT, as its report]
 *        [gateway=yes|no] [uses=TEXT, the source that it names, in its report]
 *   feed good [...]              all that an endpoint can report, and all of it good but for what follows
 *   asked ... whole              it is all that the endpoint has to say
 *   feed broken
 *   record [active|inactive|roaming] [behind=1..7] [engine=yes|no] [system=TEXT] [by=vision]      a console's
 *   asked ...                    the same words, but of an endpoint that is asked for just these facts: a feed is a
 * whole statement asked cause=CAUSE            the question failed expire                       the store looks for
 * what is too old remove */
int world_do(struct world *world, uint32_t agent, const char *event);
/* The observation that such a line stands for; the caller owns its report. */
struct observation world_observation(const struct world *world, uint32_t agent, const char *event);

/* What is to be seen, in the world's buffer: the next of these calls overwrites it.
 * "ICON", and ":DIAGNOSIS" unless that is none */
const char *world_verdict(struct world *world, uint32_t agent);
/* Of what its sources disagree about the names, in order */
const char *world_disagreements(struct world *world, uint32_t agent);
/* Of all active alarms "SEQ=CONDITION", in order */
const char *world_alarms(struct world *world);
/* Of the notifications that wait "+SEQ" for raised, "-SEQ" for cleared; they are taken */
const char *world_told(struct world *world);
/* Of the cleared alarms that are new since the last call "SEQ=recovered|replaced|removed|absent" */
const char *world_past(struct world *world);
/* Of the change table "SEQ=AGENT", in order */
const char *world_changes(struct world *world);

struct snapshot *world_publish(struct world *world);

/* Plays a script: lines "SECOND | EVENT | VERDICT | ALARMS | TOLD | PAST". At that second the event happens to agent 1
 * (in group 1, under server 1, all monitored), and then that is to be seen. Columns that a line does not have are not
 * looked at, nor is a "?". The whole state is audited after each line. */
void world_play(const struct store_settings *settings, const char *script);

#endif

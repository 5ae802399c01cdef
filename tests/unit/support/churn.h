/* A random life for an estate: observations of all kinds, reloads, expiries, agents, servers and sources that come and
 * go. */
#ifndef AH_TEST_CHURN_H
#define AH_TEST_CHURN_H

#include "chance.h"
#include "world.h"

enum { CHURN_AGENTS = 40, CHURN_SERVERS = 3, CHURN_SOURCES = 4, CHURN_GROUPS = 5 };

struct churn {
    struct world world;
    struct chance chance;
    unsigned s;             /* the second that it has come to */
    uint64_t out_of_memory; /* calls that said -ENOMEM */
};

/* A full estate that nobody has observed yet; everything after it follows from the seed. */
void churn_begin(struct churn *churn, const struct store_settings *settings, uint64_t seed);
void churn_end(struct churn *churn);
/* Something happens. Fails the test when the store answers otherwise than it should. */
void churn_step(struct churn *churn);
/* Every agent, server and source is there, and each reports as often as is needed to be believed that all is well. */
void churn_settle(struct churn *churn);

#endif

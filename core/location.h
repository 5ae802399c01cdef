/* Where an agent should find itself: inside the company's network or outside. Pure functions; nobody is asked. */
#ifndef AH_CORE_LOCATION_H
#define AH_CORE_LOCATION_H

#include "model.h"

/* How the endpoint location settings stand, the same for all agents. */
struct location_context {
    bool configured;         /* there is a reference server or a gateway */
    enum updown references;  /* up: a reference server answers; down: there are some, and none does */
    bool gateways_malformed; /* a gateway can never match */
};

/* What is known of one agent's way to what tells it where it is. */
struct location_facts {
    enum side agent_side; /* whether it reaches its server */
    enum tri gateway;     /* one of its gateways is a configured one */
    bool seen;            /* it answers us, who are inside */
    enum updown server;   /* its server, as seen from here */
    enum updown references;
};

/* Internal: it reaches its server, or has a configured gateway, or answers from the network where its server or a
 * reference server answers as well. Else external: its gateways are known and none of them is configured, or it does
 * not reach its server and there are reference servers, none of which answers. Else unknown. */
enum location location_expected(const struct location_facts *facts);

/* The note (enum report_note) about an agent that finds itself elsewhere than it should; 0: none. */
uint32_t location_note(enum location found, enum location expected);

#endif

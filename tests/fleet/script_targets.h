/* script_targets.h: the directives of a script that say who is simulated. */
#ifndef FLEET_SCRIPT_TARGETS_H
#define FLEET_SCRIPT_TARGETS_H

#include "fleet.h"

/* Each reads the words behind its directive's name, and adds to a fleet that does not run yet. Returns 0, -ENOMEM, or
 * -EINVAL with a fault. */
int script_read_agents(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));
int script_read_agent(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));
int script_read_server(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));
int script_read_source(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));
int script_read_proxy(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));

int script_read_central(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));
int script_read_vision(struct fleet *fleet, char **words, int count, struct fault *fault)
    __attribute__((warn_unused_result));

/* Reads http or https. Returns 0, or -EINVAL with a fault. */
int script_read_scheme(const char *scheme, bool *ret_https, struct fault *fault) __attribute__((warn_unused_result));

#endif

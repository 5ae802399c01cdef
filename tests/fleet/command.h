/* command.h: the commands that change or question a fleet while it runs, and lines of the script that do the same. */
#ifndef FLEET_COMMAND_H
#define FLEET_COMMAND_H

#include <event2/buffer.h>

#include "fleet.h"

#define COMMAND_WORDS_MAX 64
#define COMMAND_LINE_MAX  8192

/* set SELECTION [behaviour=B] [delay_ms=N]. `words` begin with the selection. Returns 0 or a negative errno with a
 * fault; `ret_count` says how many targets it was. */
int command_set(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
    __attribute__((warn_unused_result));

/* feed SELECTION [section.key=value ...], likewise; the files are written if the fleet runs. */
int command_feed(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
    __attribute__((warn_unused_result));

/* endpoint SELECTION key=value ..., likewise; agents stand for their endpoints. */
int command_endpoint(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
    __attribute__((warn_unused_result));

/* record SELECTION key=value ..., vanish SELECTION and appear SELECTION, likewise, of what consoles know of agents. */
int command_record(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
    __attribute__((warn_unused_result));
int command_vanish(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
    __attribute__((warn_unused_result));
int command_appear(struct fleet *fleet, char **words, int count, size_t *ret_count, struct fault *fault)
    __attribute__((warn_unused_result));

/* Carries a command line out, spoiling it, and adds the answer, one line, to `out`. */
void command_run(struct fleet *fleet, char *line, struct evbuffer *out);

/* Reads a behaviour's name. Returns it, or NULL with a fault. */
const struct behaviour *command_behaviour(const char *name, struct fault *fault);

#endif

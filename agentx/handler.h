/* The tables as net-snmp handlers, for a subagent and for a master alike: one registration for each table. */
#ifndef AH_AGENTX_HANDLER_H
#define AH_AGENTX_HANDLER_H

#include "objects.h"

/* Where the handlers read, and what carries out what managers write. */
struct handler_context {
    const struct view *view; /* borrowed */
    struct rowhint hints[ALL_TABLES];
    bool is_master; /* managers ask us, and not a master whose subagent we are */
    /* How many commands can be taken; and takes one. */
    size_t (*room)(void *user);
    void (*apply)(void *user, const struct snmp_command *command);
    void *user;
};

/* After init_agent(). `context` is borrowed until the library is shut down. 0 or -ENOMEM. */
int handlers_register(struct handler_context *context) AH_WARN_UNUSED;

/* Answers a subagent's Get or GetNext (RFC 2741, sections 7.2.3.1 and 7.2.3.2) in place, past the library's own way
 * from session to handler, which copies every request three times and sends it through two pipes. A varbind of GetNext
 * has the end of its range as its value. 0 or -ENOMEM. */
struct variable_list;
int handlers_answer(struct variable_list *varbinds, bool next) AH_WARN_UNUSED;

#endif

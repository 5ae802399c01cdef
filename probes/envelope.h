/* Requests of WS-Management as texts (DSP0226, MS-WSMV; SOAP 1.2), as Windows takes them. Pure: it makes no identifier
 * and sends nothing.
 *
 * Each function writes a whole envelope in UTF-8 and returns its length without the NUL behind it. 0: it does not fit
 * in `room`, or a text is not UTF-8 or has a character that XML 1.0 can not hold; what is in the buffer then is of no
 * use. Texts are given as they are meant: what XML needs escaped is escaped here. */
#ifndef AH_PROBES_ENVELOPE_H
#define AH_PROBES_ENVELOPE_H

#include "core/model.h"

/* What all of them but Identify begin with. */
struct envelope_head {
    const char *to;         /* the URL that is asked */
    const char *message_id; /* "uuid:..."; the answer relates to it */
    unsigned timeout_ms;    /* the server answers within it, be it with a fault */
};

enum registry_type { REGISTRY_DWORD, REGISTRY_STRING };

/* Who is there; the one request that needs no login. */
size_t envelope_identify(char *buffer, size_t room) AH_WARN_UNUSED;

/* A query of root/cimv2, with the first items in its answer; then a Pull for the next ones, as long as the answer has
 * no end. A context that is not followed to its end is released. */
size_t envelope_enumerate(char *buffer, size_t room, const struct envelope_head *head, const char *wql,
                          unsigned max_elements) AH_WARN_UNUSED;
size_t envelope_pull(char *buffer, size_t room, const struct envelope_head *head, const char *context,
                     unsigned max_elements) AH_WARN_UNUSED;
size_t envelope_release(char *buffer, size_t room, const struct envelope_head *head,
                        const char *context) AH_WARN_UNUSED;

/* A value below HKEY_LOCAL_MACHINE. `key` has single backslashes and none at its ends. The answer is an OUTPUT with
 * ReturnValue (0: found) and uValue or sValue. */
size_t envelope_registry(char *buffer, size_t room, const struct envelope_head *head, enum registry_type type,
                         const char *key, const char *name) AH_WARN_UNUSED;

/* A shell, a command in it that cmd.exe runs, what it writes until its end, its end by force, the shell's end. Windows
 * takes no idle_s below 60 (community). */
size_t envelope_shell_create(char *buffer, size_t room, const struct envelope_head *head,
                             unsigned idle_s) AH_WARN_UNUSED;
size_t envelope_shell_command(char *buffer, size_t room, const struct envelope_head *head, const char *shell,
                              const char *command_line) AH_WARN_UNUSED;
size_t envelope_shell_receive(char *buffer, size_t room, const struct envelope_head *head, const char *shell,
                              const char *command) AH_WARN_UNUSED;
size_t envelope_shell_signal(char *buffer, size_t room, const struct envelope_head *head, const char *shell,
                             const char *command) AH_WARN_UNUSED;
size_t envelope_shell_delete(char *buffer, size_t room, const struct envelope_head *head,
                             const char *shell) AH_WARN_UNUSED;

/* A text as a literal of WQL, in quotes. Returns its length; 0: as above. */
size_t envelope_wql_text(char *buffer, size_t room, const char *text) AH_WARN_UNUSED;

#endif

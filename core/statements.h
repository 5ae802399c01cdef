/* What each source has last said of one agent, once there are several: reference-counted, since rows share it, and
 * written only by an owner who has it alone. */
#ifndef AH_CORE_STATEMENTS_H
#define AH_CORE_STATEMENTS_H

#include "statement.h"

struct statements;

/* Both NULL-safe. */
struct statements *statements_ref(struct statements *statements);
void statements_unref(struct statements *statements);

/* Gives the writable statement of a source, empty if it had none, in an object that is the owner's alone: where others
 * refer to *statements, or there is none, or no room in it, a new one takes its place. 0 or -ENOMEM: nothing changed.
 */
int statements_open(struct statements **statements, enum driver driver, struct statement **ret) AH_WARN_UNUSED;

size_t statements_count(const struct statements *statements); /* 0 for NULL, as all of the following */
const struct statement *statements_at(const struct statements *statements, size_t i);
enum driver statements_driver(const struct statements *statements, size_t i);
/* Takes the word that counts about a piece into *statement (statement_update()), if it is of `oldest_ms` or later; of
 * equally old ones that of the source that was the first to speak at all. False: there is none. */
bool statements_recall(const struct statements *statements, unsigned piece, int64_t oldest_ms,
                       struct statement *statement);

#endif

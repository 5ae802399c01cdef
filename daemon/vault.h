/* The rows that outlive the process, in the tables of the state database, over a connection of its own. It is for one
 * thread at a time, and knows nothing of what the rows say. */
#ifndef AH_DAEMON_VAULT_H
#define AH_DAEMON_VAULT_H

#include "core/batch.h"
#include "daemon/state.h"

/* Rows, and how far the sequences have come with them. */
struct vault_batch {
    struct batch rows; /* owned */
    uint32_t sequences[STATE_SEQUENCES];
    bool is_whole; /* it is all that there is: what was saved before goes */
    bool is_last;  /* nothing comes behind it: the sequences are exact */
};
void vault_batch_done(struct vault_batch *batch);

struct vault;

enum { VAULT_ERROR_BYTES = 256 };

/* Opens the database that state_open() has opened. 0, or a negative errno with the reason in *error. */
int vault_open(const char *directory, struct vault **ret, char error[VAULT_ERROR_BYTES]) AH_WARN_UNUSED;
void vault_close(struct vault *vault); /* NULL-safe */

/* Gives every row, ascending by kind and key, until one is refused. 0; an error of the database; or the refusal. */
typedef int vault_row_fn(void *user, enum kept kind, uint32_t key, const void *bytes, size_t n);
int vault_load(struct vault *vault, vault_row_fn *row, void *user, char error[VAULT_ERROR_BYTES]) AH_WARN_UNUSED;

/* Whether the file that is open is no more the one of its name, with that in *error. */
bool vault_is_astray(const struct vault *vault, char error[VAULT_ERROR_BYTES]);

/* In one transaction: saves the batches in order, and forgets the notifications of these numbers. On an error nothing
 * of it is saved; -ESTALE: the file is astray. */
int vault_save(struct vault *vault, const struct vault_batch *const *batches, size_t n_batches, const uint32_t *told,
               size_t n_told, char error[VAULT_ERROR_BYTES]) AH_WARN_UNUSED;

#endif

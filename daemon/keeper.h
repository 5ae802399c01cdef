/* The keeper: a thread that saves batches while the main loop goes on. What is handed over together is saved together,
 * in order; after an error it saves nothing more until it is given a batch that is whole. Meanwhile it looks, once a
 * second, whether the file is still there. It decides nothing. */
#ifndef AH_DAEMON_KEEPER_H
#define AH_DAEMON_KEEPER_H

#include "daemon/vault.h"

struct keeper;

/* Starts the thread; takes the vault, also on failure. *ret_fd (owned by the keeper) becomes readable when
 * keeper_news() has something new. */
int keeper_new(struct vault *vault, struct keeper **ret, int *ret_fd) AH_WARN_UNUSED;
/* When all that was handed over is saved, or can not be. NULL-safe. */
void keeper_free(struct keeper *keeper);

/* Takes *batch. `id`: of the last notification in it or before it. -ENOMEM: it still is the caller's. */
int keeper_put(struct keeper *keeper, struct vault_batch *batch, uint32_t id, int64_t now_ms) AH_WARN_UNUSED;
/* Any thread: a notification's fate is decided, so that it is not kept any longer. */
void keeper_told(struct keeper *keeper, uint32_t id);
/* Goes on with another vault, which it takes; after a failure, and while it has nothing to save. */
void keeper_exchange(struct keeper *keeper, struct vault *vault);

struct keeper_news {
    uint32_t saved_id; /* of the last batch that was saved */
    uint64_t wholes;   /* batches that were whole and are saved */
    uint32_t failures;
    bool is_idle;                  /* nothing waits, and nothing is being saved */
    bool is_astray;                /* the latest failure was that the file is another by now: nothing can be saved
                                    * before keeper_exchange() */
    int64_t oldest_ms;             /* mono: when the oldest that is not saved was handed over; 0: there is none */
    char error[VAULT_ERROR_BYTES]; /* of the latest failure */
};
void keeper_news(struct keeper *keeper, struct keeper_news *ret);
/* Waits until it is idle, at most so long; true: it is. */
bool keeper_wait(struct keeper *keeper, unsigned timeout_ms);

#endif

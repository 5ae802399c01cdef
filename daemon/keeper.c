/* The keeper's mailbox and its thread. */
#include "daemon/keeper.h"

#include "probes/clock.h"
#include "probes/threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BATCHES_AT_ONCE = 64, LOOK_MS = 1000 };

/* A batch that waits. */
struct item {
    struct vault_batch batch;
    uint32_t id;
    int64_t put_ms;
    struct item *next;
};

/* Numbers of notifications that were told. */
struct told {
    uint32_t *at; /* owned */
    size_t n, room;
};

struct keeper {
    struct vault *vault; /* of the thread */
    pthread_t thread;
    int news_fd;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t work, idle;
    struct item *first, **last; /* owned */
    struct told told;
    bool has_failed; /* and nothing whole was saved since */
    bool stop;
    struct keeper_news news;
};

static void free_items(struct item *item)
{
    while (item) {
        struct item *next = item->next;
        vault_batch_done(&item->batch);
        free(item);
        item = next;
    }
}

/* What is saved in one transaction. */
struct load {
    struct item *items; /* owned; those before `first` are lost */
    const struct vault_batch *batches[BATCHES_AT_ONCE];
    size_t n;
    struct told told;
};

/* Takes what waits, in order, as much as there is room for. After an error, what comes before something whole is lost.
 */
static struct load take(struct keeper *keeper)
{
    struct load load = { .items = keeper->first, .told = keeper->told };
    bool has_failed = keeper->has_failed;
    struct item **next = &keeper->first;
    while (*next && load.n < BATCHES_AT_ONCE) {
        const struct item *item = *next;
        has_failed = has_failed && !item->batch.is_whole;
        if (!has_failed)
            load.batches[load.n++] = &item->batch;
        next = &(*next)->next;
    }
    struct item *rest = *next;
    *next = NULL;
    keeper->first = rest;
    if (!rest)
        keeper->last = &keeper->first;
    keeper->told = (struct told){ 0 };
    return load;
}

static void note_failure(struct keeper *keeper, int fault, const char *error)
{
    struct keeper_news *news = &keeper->news;
    keeper->has_failed = true;
    news->failures++;
    news->is_astray = fault == -ESTALE;
    snprintf(news->error, sizeof news->error, "%s", error);
}

/* Saves what waits, and says what became of it. The lock is held, but for the work itself. */
static void work(struct keeper *keeper)
{
    struct keeper_news *news = &keeper->news;
    struct load load = take(keeper);
    const bool is_lost = keeper->has_failed && load.n == 0;
    char error[VAULT_ERROR_BYTES] = "";
    pthread_mutex_unlock(&keeper->lock);

    const int result = is_lost ? 0 : vault_save(keeper->vault, load.batches, load.n, load.told.at, load.told.n, error);

    pthread_mutex_lock(&keeper->lock);
    for (const struct item *item = load.items; item && result == 0 && !is_lost; item = item->next) {
        news->saved_id = item->id;
        news->wholes += item->batch.is_whole;
    }
    keeper->has_failed = is_lost;
    if (result < 0)
        note_failure(keeper, result, error);
    free_items(load.items);
    free(load.told.at);
}

/* Where nothing is written, nothing else would fail. The lock is held, but for the look itself. */
static void look(struct keeper *keeper)
{
    char error[VAULT_ERROR_BYTES];
    pthread_mutex_unlock(&keeper->lock);
    const bool is_astray = vault_is_astray(keeper->vault, error);
    pthread_mutex_lock(&keeper->lock);
    if (!is_astray)
        return;
    note_failure(keeper, -ESTALE, error);
    eventfd_write(keeper->news_fd, 1);
}

static void *run(void *user)
{
    struct keeper *keeper = user;
    pthread_mutex_lock(&keeper->lock);
    for (;;) {
        if (keeper->first || keeper->told.n > 0) {
            keeper->news.is_idle = false;
            keeper->news.oldest_ms = keeper->first ? keeper->first->put_ms : clock_now().mono_ms;
            work(keeper);
            keeper->news.oldest_ms = keeper->first ? keeper->first->put_ms : 0;
            eventfd_write(keeper->news_fd, 1);
            continue;
        }
        keeper->news.is_idle = true;
        pthread_cond_broadcast(&keeper->idle);
        if (keeper->stop)
            break;
        if (thread_condition_wait(&keeper->work, &keeper->lock, clock_now().mono_ms + LOOK_MS) == ETIMEDOUT &&
            !keeper->has_failed)
            look(keeper);
    }
    pthread_mutex_unlock(&keeper->lock);
    return NULL;
}

static void release(struct keeper *keeper)
{
    vault_close(keeper->vault);
    if (keeper->news_fd >= 0)
        close(keeper->news_fd);
    pthread_mutex_destroy(&keeper->lock);
    pthread_cond_destroy(&keeper->work);
    pthread_cond_destroy(&keeper->idle);
    free(keeper);
}

int keeper_new(struct vault *vault, struct keeper **ret, int *ret_fd)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper) {
        vault_close(vault);
        return -ENOMEM;
    }
    keeper->vault = vault;
    keeper->last = &keeper->first;
    keeper->news.is_idle = true;
    pthread_mutex_init(&keeper->lock, NULL);
    thread_condition_init(&keeper->work);
    thread_condition_init(&keeper->idle);
    keeper->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    const int error = keeper->news_fd < 0 ? -errno : thread_start(&keeper->thread, run, keeper);
    if (error < 0) {
        release(keeper);
        return error;
    }
    *ret = keeper;
    *ret_fd = keeper->news_fd;
    return 0;
}

void keeper_free(struct keeper *keeper)
{
    if (!keeper)
        return;
    pthread_mutex_lock(&keeper->lock);
    keeper->stop = true;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->thread, NULL);
    release(keeper);
}

int keeper_put(struct keeper *keeper, struct vault_batch *batch, uint32_t id, int64_t now_ms)
{
    struct item *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    *item = (struct item){ .batch = *batch, .id = id, .put_ms = now_ms };
    *batch = (struct vault_batch){ .is_whole = false };
    pthread_mutex_lock(&keeper->lock);
    *keeper->last = item;
    keeper->last = &item->next;
    keeper->news.is_idle = false;
    if (keeper->news.oldest_ms == 0)
        keeper->news.oldest_ms = now_ms;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
    return 0;
}

void keeper_told(struct keeper *keeper, uint32_t id)
{
    struct told *told = &keeper->told;
    pthread_mutex_lock(&keeper->lock);
    if (told->n == told->room) {
        const size_t room = told->room ? 2 * told->room : 64;
        uint32_t *at = reallocarray(told->at, room, sizeof *at);
        told->at = at ? at : told->at;
        told->room = at ? room : told->room;
    }
    if (told->n < told->room) /* else the main thread, which is told as well, has it forgotten with its next batch */
        told->at[told->n++] = id;
    keeper->news.is_idle = false;
    pthread_cond_signal(&keeper->work);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_exchange(struct keeper *keeper, struct vault *vault)
{
    pthread_mutex_lock(&keeper->lock);
    assert(keeper->has_failed && !keeper->first); /* else the thread may be using it */
    struct vault *old = keeper->vault;
    keeper->vault = vault;
    keeper->news.is_astray = false;
    pthread_mutex_unlock(&keeper->lock);
    vault_close(old);
}

void keeper_news(struct keeper *keeper, struct keeper_news *ret)
{
    eventfd_t count;
    (void)eventfd_read(keeper->news_fd, &count); /* fails only where there is nothing */
    pthread_mutex_lock(&keeper->lock);
    *ret = keeper->news;
    pthread_mutex_unlock(&keeper->lock);
}

bool keeper_wait(struct keeper *keeper, unsigned timeout_ms)
{
    const int64_t until_ms = clock_now().mono_ms + timeout_ms;
    int error = 0;
    pthread_mutex_lock(&keeper->lock);
    while (!keeper->news.is_idle && error == 0)
        error = thread_condition_wait(&keeper->idle, &keeper->lock, until_ms);
    const bool is_idle = keeper->news.is_idle;
    pthread_mutex_unlock(&keeper->lock);
    return is_idle;
}

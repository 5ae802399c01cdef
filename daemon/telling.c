/* The queue of notifications, driven by the main thread, and the mailbox of their outcomes, which the SNMP thread
 * fills. */
#include "daemon/telling.h"

#include "daemon/log.h"
#include "probes/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct telling {
    struct delivery *delivery;
    int told_fd;
    pthread_mutex_t lock;           /* of the next two */
    uint32_t told[DELIVERY_WINDOW]; /* as many as may be handed over */
    size_t n_told;
    struct telling_record record; /* all zero: nobody records */
};

static void note_change(void *user, uint32_t id)
{
    const struct telling_record *record = &((struct telling *)user)->record;
    if (record->changed)
        record->changed(record->user, id);
}

int telling_new(size_t queue_max, struct telling **ret)
{
    struct telling *telling = calloc(1, sizeof *telling);
    if (!telling)
        return -ENOMEM;
    telling->told_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = telling->told_fd < 0 ? -errno : 0;
    if (!error)
        error = delivery_new(queue_max, note_change, telling, &telling->delivery);
    pthread_mutex_init(&telling->lock, NULL);
    if (error)
        telling_free(telling);
    else
        *ret = telling;
    return error;
}

void telling_free(struct telling *telling)
{
    if (!telling)
        return;
    delivery_free(telling->delivery);
    pthread_mutex_destroy(&telling->lock);
    if (telling->told_fd >= 0)
        close(telling->told_fd);
    free(telling);
}

void telling_record(struct telling *telling, const struct telling_record *record)
{
    telling->record = *record;
}

int telling_restore(struct telling *telling, struct notification *notification)
{
    return delivery_restore(telling->delivery, notification);
}

void telling_number_above(struct telling *telling, uint32_t id)
{
    delivery_number_above(telling->delivery, id);
}

uint32_t telling_last_id(const struct telling *telling)
{
    return delivery_last_id(telling->delivery);
}

const struct notification *telling_kept(const struct telling *telling, uint32_t id)
{
    return delivery_find(telling->delivery, id);
}

const struct notification *telling_kept_next(const struct telling *telling, uint32_t after)
{
    return delivery_find_next(telling->delivery, after);
}

/* In the SNMP thread. */
static void on_told(void *user, uint32_t id, bool accepted)
{
    struct telling *telling = user;
    (void)accepted; /* what is refused is given up, and the SNMP side has logged and counted it */
    if (telling->record.told)
        telling->record.told(telling->record.user, id);
    pthread_mutex_lock(&telling->lock);
    assert(telling->n_told < DELIVERY_WINDOW);
    telling->told[telling->n_told++] = id;
    pthread_mutex_unlock(&telling->lock);
    eventfd_write(telling->told_fd, 1);
}

void telling_settings(struct telling *telling, struct snmp_settings *settings)
{
    settings->queue_max = DELIVERY_WINDOW;
    settings->told = on_told;
    settings->told_user = telling;
}

int telling_fd(const struct telling *telling)
{
    return telling->told_fd;
}

/* Those of agents are many; those of servers, sources and lists concern many agents. */
static void log_notification(const struct notification *notification)
{
    const bool is_raised = notification->kind == NOTIFICATION_RAISED;
    const int level = notification->alarm.subject == SUBJECT_AGENT ? LOG_INFO : is_raised ? LOG_WARNING : LOG_NOTICE;
    if (log_wants(level))
        log_write(level, "%s %u: %s", is_raised ? "raised" : "cleared", notification->alarm.seq,
                  text_chars(notification->alarm.text));
}

void telling_take(struct telling *telling, struct store *store, const struct now *now)
{
    struct notification notification;
    while (store_take_notification(store, &notification)) {
        log_notification(&notification);
        delivery_append(telling->delivery, &notification, now);
    }
}

void telling_release(struct telling *telling, uint32_t id)
{
    delivery_recorded(telling->delivery, id);
}

uint32_t telling_released_id(const struct telling *telling)
{
    return delivery_recorded_id(telling->delivery);
}

static void take_outcomes(struct telling *telling)
{
    eventfd_t count;
    (void)eventfd_read(telling->told_fd, &count); /* fails only where there is nothing */
    pthread_mutex_lock(&telling->lock);
    for (size_t i = 0; i < telling->n_told; i++)
        if (delivery_told(telling->delivery, telling->told[i]))
            note_change(telling, telling->told[i]); /* where the SNMP thread's word about it was lost */
    telling->n_told = 0;
    pthread_mutex_unlock(&telling->lock);
}

void telling_step(struct telling *telling, struct snmp_agent *snmp)
{
    struct delivery *delivery = telling->delivery;
    struct snmp_counters counters;
    struct notification next;
    take_outcomes(telling);
    snmp_agent_counters(snmp, &counters);
    while (counters.connected && delivery_next(delivery, &next)) {
        if (snmp_agent_notify(snmp, &next) < 0) {
            notification_done(&next); /* of the copy: the next step tries again */
            break;
        }
        delivery_handed_over(delivery);
    }
    snmp_agent_set_backlog(snmp, (uint32_t)delivery_waiting(delivery), delivery_folded(delivery));
}

size_t telling_drain(struct telling *telling, struct snmp_agent *snmp, unsigned timeout_ms)
{
    const int64_t until_ms = clock_now().mono_ms + timeout_ms;
    for (;;) {
        telling_step(telling, snmp);
        const size_t left = delivery_count(telling->delivery);
        const int64_t wait_ms = until_ms - clock_now().mono_ms;
        if (left == 0 || wait_ms <= 0)
            return left;
        struct pollfd outcomes = { .fd = telling->told_fd, .events = POLLIN };
        (void)poll(&outcomes, 1, (int)wait_ms);
    }
}

const struct notification_summary *telling_summary(const struct telling *telling)
{
    return delivery_summary(telling->delivery);
}

/* The queue of notifications, driven by the main thread, and the mailbox of their outcomes, which the SNMP thread
 * fills. */
#include "daemon/outgoing.h"

#include "daemon/log.h"
#include "probes/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct outgoing {
    struct delivery *delivery;
    int told_fd;
    pthread_mutex_t lock;           /* of the next two */
    uint32_t told[DELIVERY_WINDOW]; /* as many as may be handed over */
    size_t n_told;
    struct outgoing_record record; /* all zero: nobody records */
};

static void note_change(void *user, uint32_t id)
{
    const struct outgoing_record *record = &((struct outgoing *)user)->record;
    if (record->changed)
        record->changed(record->user, id);
}

int outgoing_new(size_t queue_max, struct outgoing **ret)
{
    struct outgoing *outgoing = calloc(1, sizeof *outgoing);
    if (!outgoing)
        return -ENOMEM;
    outgoing->told_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = outgoing->told_fd < 0 ? -errno : 0;
    if (!error)
        error = delivery_new(queue_max, note_change, outgoing, &outgoing->delivery);
    pthread_mutex_init(&outgoing->lock, NULL);
    if (error)
        outgoing_free(outgoing);
    else
        *ret = outgoing;
    return error;
}

void outgoing_free(struct outgoing *outgoing)
{
    if (!outgoing)
        return;
    delivery_free(outgoing->delivery);
    pthread_mutex_destroy(&outgoing->lock);
    if (outgoing->told_fd >= 0)
        close(outgoing->told_fd);
    free(outgoing);
}

void outgoing_record(struct outgoing *outgoing, const struct outgoing_record *record)
{
    outgoing->record = *record;
}

int outgoing_restore(struct outgoing *outgoing, struct notification *notification)
{
    return delivery_restore(outgoing->delivery, notification);
}

void outgoing_number_above(struct outgoing *outgoing, uint32_t id)
{
    delivery_number_above(outgoing->delivery, id);
}

uint32_t outgoing_last_id(const struct outgoing *outgoing)
{
    return delivery_last_id(outgoing->delivery);
}

const struct notification *outgoing_kept(const struct outgoing *outgoing, uint32_t id)
{
    return delivery_find(outgoing->delivery, id);
}

const struct notification *outgoing_kept_next(const struct outgoing *outgoing, uint32_t after)
{
    return delivery_find_next(outgoing->delivery, after);
}

/* In the SNMP thread. */
static void on_told(void *user, uint32_t id, bool accepted)
{
    struct outgoing *outgoing = user;
    (void)accepted; /* what is refused is given up, and the SNMP side has logged and counted it */
    if (outgoing->record.told)
        outgoing->record.told(outgoing->record.user, id);
    pthread_mutex_lock(&outgoing->lock);
    assert(outgoing->n_told < DELIVERY_WINDOW);
    outgoing->told[outgoing->n_told++] = id;
    pthread_mutex_unlock(&outgoing->lock);
    eventfd_write(outgoing->told_fd, 1);
}

/* In the SNMP thread. */
static void on_sent(void *user, uint32_t id, uint64_t master)
{
    const struct outgoing *outgoing = user;
    if (outgoing->record.sent)
        outgoing->record.sent(outgoing->record.user, id, master);
}

void outgoing_settings(struct outgoing *outgoing, struct snmp_settings *settings)
{
    settings->queue_max = DELIVERY_WINDOW;
    settings->told = on_told;
    settings->sent = on_sent;
    settings->told_user = outgoing;
}

int outgoing_fd(const struct outgoing *outgoing)
{
    return outgoing->told_fd;
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

void outgoing_take(struct outgoing *outgoing, struct store *store, const struct now *now)
{
    struct notification notification;
    while (store_take_notification(store, &notification)) {
        log_notification(&notification);
        delivery_append(outgoing->delivery, &notification, now);
    }
}

void outgoing_release(struct outgoing *outgoing, uint32_t id)
{
    delivery_recorded(outgoing->delivery, id);
}

uint32_t outgoing_released_id(const struct outgoing *outgoing)
{
    return delivery_recorded_id(outgoing->delivery);
}

static void take_outcomes(struct outgoing *outgoing)
{
    eventfd_t count;
    (void)eventfd_read(outgoing->told_fd, &count); /* fails only where there is nothing */
    pthread_mutex_lock(&outgoing->lock);
    for (size_t i = 0; i < outgoing->n_told; i++)
        if (delivery_told(outgoing->delivery, outgoing->told[i]))
            note_change(outgoing, outgoing->told[i]); /* where the SNMP thread's word about it was lost */
    outgoing->n_told = 0;
    pthread_mutex_unlock(&outgoing->lock);
}

void outgoing_step(struct outgoing *outgoing, struct snmp_agent *snmp)
{
    struct delivery *delivery = outgoing->delivery;
    struct snmp_counters counters;
    struct notification next;
    take_outcomes(outgoing);
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

size_t outgoing_drain(struct outgoing *outgoing, struct snmp_agent *snmp, unsigned timeout_ms)
{
    const int64_t until_ms = clock_now().mono_ms + timeout_ms;
    for (;;) {
        outgoing_step(outgoing, snmp);
        const size_t left = delivery_count(outgoing->delivery);
        const int64_t wait_ms = until_ms - clock_now().mono_ms;
        if (left == 0 || wait_ms <= 0)
            return left;
        struct pollfd outcomes = { .fd = outgoing->told_fd, .events = POLLIN };
        (void)poll(&outcomes, 1, (int)wait_ms);
    }
}

const struct notification_summary *outgoing_summary(const struct outgoing *outgoing)
{
    return delivery_summary(outgoing->delivery);
}

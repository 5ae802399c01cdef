/* The thread that reads one console: when it is its time, and again and again. It logs nothing and touches nothing of
 * the daemon's state: what it has read is taken from it. */
#ifndef AH_DAEMON_CONSOLE_THREAD_H
#define AH_DAEMON_CONSOLE_THREAD_H

#include "daemon/roster.h"

struct console_thread;

struct console_thread_settings {
    struct console_settings console; /* copied */
    int64_t interval_ms;             /* from one beginning to the next; 0: it is read once */
    int64_t retire_ms;
    int wake_fd;      /* an eventfd: written whenever a round has ended */
    const char *file; /* where what it told is kept; copied; NULL: nowhere */
};

/* A round that has ended; or, of the first one, that its inventory was read, as the records take their time. */
struct console_finished {
    bool early; /* the latter: there is a roster, and nothing else to tell */
    struct console_round round;
    int error;                   /* 0; or why it could not be read at all: then `round` says nothing */
    const struct roster *roster; /* what it gave; NULL: nothing. The taker owns the reference */
    struct roster_news news;     /* of that */
    int unkept;                  /* 0; or why what it gave could not be kept in the file */
    struct now began, ended;
    uint32_t missed;     /* beginnings that it left no time for */
    unsigned failures;   /* in a row, with this one */
    int64_t pause_ms;    /* until the next */
    bool is_backing_off; /* which is longer than it would be */
};

/* Reads at once. `before` is what the console told last, or NULL; a reference is taken. 0 or a negative errno. */
int console_thread_start(const struct console_thread_settings *settings, const struct roster *before,
                         struct console_thread **ret) AH_WARN_UNUSED;
/* Asks it to end, whatever is under way; it does so soon. */
void console_thread_stop(struct console_thread *thread);
/* Waits for that. NULL-safe. */
void console_thread_free(struct console_thread *thread);

/* The oldest round that was not taken yet; false: none. */
bool console_thread_take(struct console_thread *thread, struct console_finished *ret);
/* Reads at once, unless the console has asked to be left alone. */
void console_thread_kick(struct console_thread *thread);
/* A round is under way. */
bool console_thread_is_reading(const struct console_thread *thread);

/* How long to wait after so many failures in a row (0: it went well), from the end of a round that took `took_ms`; what
 * the console asks for counts up to a day. */
int64_t console_thread_pause(int64_t interval_ms, unsigned failures, int64_t took_ms, uint32_t retry_after_ms);

#endif

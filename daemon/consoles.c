/* The threads of all consoles, and what the main thread keeps of each. */
#include "daemon/consoles.h"

#include "core/evidence.h"
#include "daemon/console_thread.h"
#include "daemon/log.h"
#include "daemon/numbers.h"
#include "daemon/roster_file.h"
#include "daemon/strange_servers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What is kept of one console. */
struct reader {
    const struct console_config *section; /* borrowed from the configuration */
    struct probe_config settings;         /* of its driver, to see what changes */
    struct console_thread *thread;        /* NULL: it could not be started */
    char *file;                           /* owned; where what it told is kept; NULL: nowhere */
    int unkept;                           /* why it is not, as last told */
    bool is_read;                         /* once, well or not */
    bool has_failed;                      /* the last time */
    bool is_backing_off;
    enum cause told;                /* what the log was last told of it; 0: nothing */
    char odd[CONSOLE_DETAIL_BYTES]; /* what was odd first, as last told; "": nothing */
    size_t doubtful;                /* agents, as last told */
    struct strange_servers strange;
};

struct consoles {
    int fd;
    char *directory;        /* owned; of the files in which what was told is kept; NULL: it is not */
    struct reader *readers; /* one for each layer */
    struct fleet_layer *layers;
    size_t n;
    const struct config *config; /* borrowed */
    int64_t max_age_ms;          /* of evidence */
    int64_t heard_ms;            /* consoles_heard_ms() */
    struct probe_row numbers[DRIVERS];
};

int consoles_new(const char *directory, struct consoles **ret, int *ret_fd)
{
    struct consoles *consoles = calloc(1, sizeof *consoles);
    if (!consoles)
        return -ENOMEM;
    consoles->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int error = consoles->fd < 0 ? -errno : 0;
    if (error == 0 && directory && !(consoles->directory = strdup(directory)))
        error = -ENOMEM;
    if (error < 0) {
        consoles_free(consoles);
        return error;
    }
    *ret = consoles;
    *ret_fd = consoles->fd;
    return 0;
}

/* Those at work end side by side. */
static void forget_readers(struct reader *readers, struct fleet_layer *layers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (readers[i].thread)
            console_thread_stop(readers[i].thread);
    for (size_t i = 0; i < n; i++) {
        console_thread_free(readers[i].thread);
        strange_servers_done(&readers[i].strange);
        free(readers[i].file);
        roster_unref(layers[i].roster);
    }
    free(readers);
    free(layers);
}

void consoles_free(struct consoles *consoles)
{
    if (!consoles)
        return;
    forget_readers(consoles->readers, consoles->layers, consoles->n);
    if (consoles->fd >= 0)
        close(consoles->fd);
    free(consoles->directory);
    free(consoles);
}

static bool is_same_section(const struct console_config *a, const struct console_config *b)
{
    return strcmp(a->url, b->url) == 0 && strcmp(a->application_id, b->application_id) == 0 &&
           strcmp(a->secret, b->secret) == 0 && a->tls_verify == b->tls_verify && strcmp(a->ca_file, b->ca_file) == 0 &&
           strcmp(a->pin, b->pin) == 0 && a->retire_after_h == b->retire_after_h;
}

static bool are_same_settings(const struct probe_config *a, const struct probe_config *b)
{
    return a->interval_s == b->interval_s && a->timeout_ms == b->timeout_ms &&
           a->round_timeout_s == b->round_timeout_s && a->body_max_bytes == b->body_max_bytes &&
           a->agents_max == b->agents_max;
}

static int start(const struct consoles *consoles, struct reader *reader, const struct roster *before)
{
    const struct console_config *section = reader->section;
    const struct console_thread_settings settings = {
        .console = { .driver = section->driver,
                     .name = section->name,
                     .url = section->url,
                     .application_id = section->application_id,
                     .api_key = section->driver == DRIVER_CENTRAL ? section->secret : "",
                     .token = section->driver == DRIVER_VISION ? section->secret : "",
                     .tls_verify = section->tls_verify,
                     .ca_file = section->ca_file,
                     .pin = section->pin,
                     .timeout_ms = reader->settings.timeout_ms,
                     .round_timeout_ms = reader->settings.round_timeout_s * 1000,
                     .body_max_bytes = reader->settings.body_max_bytes,
                     .agents_max = reader->settings.agents_max },
        .interval_ms = (int64_t)reader->settings.interval_s * 1000,
        .retire_ms = (int64_t)section->retire_after_h * 3600000,
        .wake_fd = consoles->fd,
        .file = reader->file,
    };
    const int error = console_thread_start(&settings, before, &reader->thread);
    if (error < 0)
        log_write(LOG_ERR, "%s %s can not be read: %s", driver_name(section->driver), section->name, strerror(-error));
    return error;
}

/* Takes over what there was of a console of that name: its thread, where nothing about it has changed, or what it told.
 * True: its thread goes on. */
static bool take_over(struct consoles *consoles, struct reader *reader, struct fleet_layer *layer)
{
    for (size_t i = 0; i < consoles->n; i++) {
        struct reader *before = &consoles->readers[i];
        const struct console_config *section = reader->section;
        if (before->section->driver != section->driver || strcasecmp(before->section->name, section->name) != 0)
            continue;
        layer->roster = roster_ref(consoles->layers[i].roster);
        if (!before->thread || !is_same_section(before->section, section) ||
            !are_same_settings(&before->settings, &reader->settings))
            return false;
        *reader = (struct reader){ .section = section,
                                   .settings = before->settings,
                                   .thread = before->thread,
                                   .file = reader->file,
                                   .unkept = before->unkept,
                                   .is_read = before->is_read,
                                   .has_failed = before->has_failed,
                                   .is_backing_off = before->is_backing_off,
                                   .told = before->told,
                                   .doubtful = before->doubtful,
                                   .strange = before->strange };
        memcpy(reader->odd, before->odd, sizeof reader->odd);
        before->thread = NULL;
        before->strange = (struct strange_servers){ 0 };
        return true;
    }
    return false;
}

/* What a console told before we came. */
static void recall(const struct reader *reader, struct fleet_layer *layer, const struct now *now)
{
    const struct console_config *section = reader->section;
    const int error = reader->file ? roster_file_read(reader->file, now, &layer->roster) : -ENOENT;
    if (error < 0 && error != -ENOENT)
        log_write(LOG_ERR, "%s %s: %s can not be read: %s; whom it alone knows is not there before it answers",
                  driver_name(section->driver), section->name, reader->file,
                  error == -EPROTO ? "it is damaged, or of another version" : strerror(-error));
}

/* What consoles told that are not configured any more is forgotten. */
static void forget_files(const struct consoles *consoles)
{
    char **paths = calloc(consoles->n + 1, sizeof *paths);
    int error = paths ? 0 : -ENOMEM;
    for (size_t i = 0; i < consoles->n && error == 0; i++)
        error = (paths[i] = consoles->readers[i].file) ? 0 : -ENOMEM;
    if (error == 0)
        error = roster_file_forget_others(consoles->directory, paths, consoles->n);
    if (error < 0)
        log_write(LOG_WARNING, "%s: what consoles told that are gone can not be removed: %s", consoles->directory,
                  strerror(-error));
    free(paths);
}

/* A console is awaited until it was read once, and while it is read again after it has been silent for so long that its
 * records do not count any more. */
static bool is_awaited(const struct consoles *consoles, size_t i, const struct now *now)
{
    const struct reader *reader = &consoles->readers[i];
    const int64_t confirmed_ms = roster_confirmed_ms(consoles->layers[i].roster);

    return reader->thread &&
           (!reader->is_read || (console_thread_is_reading(reader->thread) &&
                                 !evidence_is_fresh(confirmed_ms, consoles->max_age_ms, now->mono_ms)));
}

/* True: one is not awaited any more. */
static bool find_awaited(struct consoles *consoles, const struct now *now)
{
    bool arrived = false;

    for (size_t i = 0; i < consoles->n; i++) {
        const bool awaited = is_awaited(consoles, i, now);
        arrived = arrived || (consoles->layers[i].awaited && !awaited);
        consoles->layers[i].awaited = awaited;
    }
    return arrived;
}

int consoles_apply(struct consoles *consoles, const struct config *config, const struct now *now)
{
    struct reader *readers = calloc(config->n_consoles + 1, sizeof *readers);
    struct fleet_layer *layers = calloc(config->n_consoles + 1, sizeof *layers);
    bool *goes_on = calloc(config->n_consoles + 1, sizeof *goes_on);
    size_t n = 0;
    int error = 0;

    if (!readers || !layers || !goes_on) {
        /* Their sections are about to go. */
        forget_readers(consoles->readers, consoles->layers, consoles->n);
        consoles->readers = NULL;
        consoles->layers = NULL;
        consoles->n = 0;
        free(readers);
        free(layers);
        free(goes_on);
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->n_consoles; i++) {
        const struct console_config *section = &config->consoles[i];
        if (!config->probes[section->driver].enabled)
            continue;
        readers[n] = (struct reader){ .section = section, .settings = config->probes[section->driver] };
        if (consoles->directory &&
            !(readers[n].file = roster_file_path(consoles->directory, section->driver, section->name)))
            error = -ENOMEM;
        layers[n].console = section;
        goes_on[n] = take_over(consoles, &readers[n], &layers[n]);
        if (!layers[n].roster)
            recall(&readers[n], &layers[n], now);
        n++;
    }
    forget_readers(consoles->readers, consoles->layers, consoles->n);
    consoles->readers = readers;
    consoles->layers = layers;
    consoles->n = n;
    consoles->config = config;
    consoles->max_age_ms = config->policy.evidence_max_age_ms;
    for (size_t i = 0; i < n; i++) {
        const int failed = goes_on[i] ? 0 : start(consoles, &readers[i], layers[i].roster);
        error = failed < 0 ? failed : error;
    }
    if (consoles->directory)
        forget_files(consoles);
    find_awaited(consoles, now);
    free(goes_on);
    return error;
}

const struct fleet_layer *consoles_layers(const struct consoles *consoles, size_t *ret_n)
{
    *ret_n = consoles->n;
    return consoles->layers;
}

static void log_failure(struct reader *reader, const struct console_finished *finished)
{
    const struct console_config *section = reader->section;
    const struct console_round *round = &finished->round;

    if (finished->error < 0) {
        log_write(LOG_ERR, "%s %s: %s", driver_name(section->driver), section->name, strerror(-finished->error));
        return;
    }
    if (reader->told == round->cause)
        return;
    reader->told = round->cause;
    char again[64] = "";
    if (reader->settings.interval_s)
        snprintf(again, sizeof again, "; tried again in %lld s", (long long)(finished->pause_ms + 999) / 1000);
    log_write(LOG_WARNING, "%s %s: %s: %s%s", driver_name(section->driver), section->name, cause_name(round->cause),
              *round->detail ? round->detail : cause_text(round->cause, LANGUAGE_EN), again);
}

/* Believed, but not without a word. */
static void log_loss(const struct reader *reader, const struct roster_news *news)
{
    const struct console_config *section = reader->section;
    char kept[32] = "removed";

    if (section->retire_after_h)
        snprintf(kept, sizeof kept, "kept for %u h", section->retire_after_h);
    if (news->vanished > 0 && news->vanished > news->listed_before / 2)
        log_write(LOG_WARNING, "%s %s: of %zu agents that it knew, %zu have vanished; they are %s",
                  driver_name(section->driver), section->name, news->listed_before, news->vanished, kept);
    else if (news->listed == 0 && !reader->is_read)
        log_write(LOG_WARNING, "%s %s: its inventory is empty", driver_name(section->driver), section->name);
}

/* Agents of which the inventory leaves it open who they are: at each other number. */
static void log_doubtful(struct reader *reader, const struct roster_news *news)
{
    const struct console_config *section = reader->section;

    if (news->passed_over + news->shared == reader->doubtful)
        return;
    reader->doubtful = news->passed_over + news->shared;
    if (news->passed_over)
        log_write(LOG_WARNING, "%s %s: %zu agents are there twice or have no possible name and were passed over",
                  driver_name(section->driver), section->name, news->passed_over);
    if (news->shared)
        log_write(LOG_WARNING, "%s %s: %zu agents share a GUID with others and are known by their names",
                  driver_name(section->driver), section->name, news->shared);
}

/* What makes no sense in what it tells: once, until there is nothing more of that kind, or the first one is another. */
static void log_oddities(struct reader *reader, const struct console_finished *finished)
{
    const struct console_config *section = reader->section;
    const struct console_round *round = &finished->round;
    const char *words = strstr(round->detail, ": "); /* behind the place, which is another one each time */

    words = words ? words : round->detail;
    if (round->odd > 0 && strcmp(words, reader->odd) != 0)
        log_write(LOG_WARNING, "%s %s: %u items make no sense, as a whole or in part; the first: %s",
                  driver_name(section->driver), section->name, round->odd, round->detail);
    snprintf(reader->odd, sizeof reader->odd, "%s", round->odd ? words : "");
    if (finished->roster)
        log_doubtful(reader, &finished->news);
}

/* Once for each reason, until it can be kept again. */
static void log_unkept(struct reader *reader, const struct console_finished *finished)
{
    const struct console_config *section = reader->section;
    if (!finished->roster || finished->unkept == reader->unkept)
        return;
    reader->unkept = finished->unkept;
    if (reader->unkept < 0)
        log_write(LOG_ERR, "%s %s: what it tells can not be kept in %s: %s", driver_name(section->driver),
                  section->name, reader->file, strerror(-reader->unkept));
    else
        log_write(LOG_NOTICE, "%s %s: what it tells is kept again", driver_name(section->driver), section->name);
}

static void log_round(struct reader *reader, const struct console_finished *finished)
{
    const struct console_config *section = reader->section;

    log_unkept(reader, finished);
    if (finished->roster)
        log_loss(reader, &finished->news);
    if (finished->error < 0 || finished->round.cause != CAUSE_NONE) {
        log_failure(reader, finished);
        return;
    }
    log_oddities(reader, finished);
    if (reader->told != CAUSE_NONE)
        log_write(LOG_NOTICE, "%s %s: %zu agents, %u records, in %lld ms", driver_name(section->driver), section->name,
                  finished->news.listed, finished->round.records,
                  (long long)(finished->ended.mono_ms - finished->began.mono_ms));
    reader->told = CAUSE_NONE;
}

static void book(struct consoles *consoles, const struct reader *reader, const struct console_finished *finished)
{
    struct probe_row *numbers = &consoles->numbers[reader->section->driver];
    const struct console_round *round = &finished->round;
    const enum cause cause = finished->error < 0 ? CAUSE_CANCELLED : round->cause;

    numbers->runs++;
    numbers->overruns += finished->missed;
    numbers->last_sweep_ms = (uint32_t)(finished->ended.mono_ms - finished->began.mono_ms);
    numbers->last_sweep_wall_ms = finished->ended.wall_ms;
    numbers_book(numbers, reader->section->name, cause, round->detail, &finished->ended);
}

bool consoles_collect(struct consoles *consoles, const struct now *now)
{
    uint64_t count;
    bool news = false;

    if (read(consoles->fd, &count, sizeof count) < 0 && errno != EAGAIN)
        return false;
    for (size_t i = 0; i < consoles->n; i++) {
        struct reader *reader = &consoles->readers[i];
        struct console_finished finished;
        while (reader->thread && console_thread_take(reader->thread, &finished)) {
            if (!finished.early) {
                book(consoles, reader, &finished);
                log_round(reader, &finished);
                reader->is_read = true;
                if (finished.round.heard && !cause_is_silence(finished.round.cause))
                    consoles->heard_ms = finished.ended.mono_ms;
                reader->has_failed = finished.error < 0 || finished.round.cause != CAUSE_NONE;
                reader->is_backing_off = finished.is_backing_off;
            }
            if (!finished.roster)
                continue;
            roster_unref(consoles->layers[i].roster);
            consoles->layers[i].roster = finished.roster;
            if (!finished.early)
                strange_servers_log(&reader->strange, &consoles->layers[i], consoles->config);
            news = true;
        }
    }
    return find_awaited(consoles, now) || news;
}

void consoles_kick(struct consoles *consoles)
{
    for (size_t i = 0; i < consoles->n; i++)
        if (consoles->readers[i].thread)
            console_thread_kick(consoles->readers[i].thread);
}

int64_t consoles_heard_ms(const struct consoles *consoles)
{
    return consoles->heard_ms;
}

bool consoles_are_read(const struct consoles *consoles)
{
    for (size_t i = 0; i < consoles->n; i++)
        if (consoles->readers[i].thread && !consoles->readers[i].is_read)
            return false;
    return true;
}

size_t consoles_failed(const struct consoles *consoles)
{
    size_t n = 0;
    for (size_t i = 0; i < consoles->n; i++)
        n += !consoles->readers[i].thread || consoles->readers[i].has_failed;
    return n;
}

bool consoles_numbers(const struct consoles *consoles, enum driver driver, struct probe_row *ret)
{
    struct probe_row numbers = consoles->numbers[driver];

    for (size_t i = 0; i < consoles->n; i++) {
        const struct reader *reader = &consoles->readers[i];
        if (reader->section->driver != driver)
            continue;
        numbers.targets++;
        numbers.backed_off += reader->is_backing_off;
        numbers.in_flight += reader->thread && console_thread_is_reading(reader->thread);
    }
    numbers.driver = driver;
    if (numbers.targets == 0 && numbers.runs == 0)
        return false;
    *ret = numbers;
    return true;
}

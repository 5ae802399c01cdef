/* The worker pool. Each worker's thread owns its loop, its multi and its askers; only values cross, through the queues.
 * An answer can never find its queue full: a job is taken in only while there is room for its answer. */
#include "worker.h"

#include "asker.h"
#include "clock.h"
#include "conversing.h"
#include "looking.h"
#include "multi.h"
#include "queue.h"
#include "survey.h"
#include "threads.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS_A_TURN = 64 };

struct worker {
    struct worker_pool *pool;
    pthread_t thread;
    bool started;
    /* The pool's user's side. */
    size_t unanswered; /* jobs taken in whose answers were not collected */
    /* Shared. */
    struct queue *jobs;
    /* The thread's own. */
    struct event_base *base;
    struct event *jobs_event;
    struct multi *multi;
    struct asker **askers; /* one per settings object in use */
    size_t n_askers;
    struct exchange *under_way;
    struct glance *glances;
};

/* A look that goes on in a thread of its own. */
struct glance {
    struct worker *worker;
    struct looking *looking;
    struct glance *next;
};

struct worker_pool {
    size_t job_max; /* per worker */
    struct queue *answers;
    unsigned n;
    struct worker workers[];
};

static void give_answer(struct worker *worker, const struct probe_answer *answer)
{
    const int error = queue_push(worker->pool->answers, answer);
    assert(error == 0);
    (void)error;
}

/* Answers a job that could not even be asked. */
static void give_up(struct worker *worker, struct probe_job *job, const char *why)
{
    const struct now now = clock_now();
    struct probe_answer answer;

    answer_begin(job, &now, &answer);
    answer.observation.cause = CAUSE_CANCELLED;
    answer_detail(&answer, why);
    give_answer(worker, &answer);
}

/* Askers whose settings only askers still hold belong to a configuration that is no more. */
static void drop_old_askers(struct worker *worker)
{
    size_t kept = 0;

    for (size_t i = 0; i < worker->n_askers; i++) {
        struct asker *asker = worker->askers[i];
        if (asker_lent(asker) == 0 && !probe_settings_in_use(asker_settings(asker)))
            asker_free(asker);
        else
            worker->askers[kept++] = asker;
    }
    worker->n_askers = kept;
}

static struct asker *asker_for(struct worker *worker, const struct probe_settings *settings,
                               const struct probe_driver *driver)
{
    for (size_t i = 0; i < worker->n_askers; i++)
        if (asker_settings(worker->askers[i]) == settings)
            return worker->askers[i];

    drop_old_askers(worker);
    struct asker **askers = realloc(worker->askers, (worker->n_askers + 1) * sizeof(struct asker *));
    if (!askers)
        return NULL;
    worker->askers = askers;
    if (asker_new(settings, driver, &askers[worker->n_askers]) < 0)
        return NULL;
    return askers[worker->n_askers++];
}

static void enlist(struct worker *worker, struct exchange *exchange)
{
    exchange->user = worker;
    exchange->previous = NULL;
    exchange->next = worker->under_way;
    if (exchange->next)
        exchange->next->previous = exchange;
    worker->under_way = exchange;
}

static void end_exchange(struct worker *worker, struct exchange *exchange)
{
    *(exchange->previous ? &exchange->previous->next : &worker->under_way) = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    asker_take_back(exchange);
}

/* Ends an exchange that could not go on its way. */
static void drop(struct worker *worker, struct exchange *exchange, const char *why)
{
    give_up(worker, &exchange->job, why);
    end_exchange(worker, exchange);
}

static void on_ticket(void *user, const char *why)
{
    struct exchange *exchange = user;
    struct worker *worker = exchange->user;
    const struct now now = clock_now();

    if (conversing_take_ticket(exchange, why, &now) && multi_add(worker->multi, exchange->easy) == 0)
        return;
    drop(worker, exchange, "out of memory");
    queue_wake(worker->pool->answers);
}

static void ask(struct worker *worker, struct probe_job *job, const struct probe_driver *driver)
{
    const struct now now = clock_now();
    struct asker *asker = asker_for(worker, job->settings, driver);
    struct exchange *exchange = asker ? asker_lend(asker, job, &now) : NULL;

    if (!exchange) {
        give_up(worker, job, "out of memory");
        probe_job_done(job);
        return;
    }
    enlist(worker, exchange);
    int64_t timeout_ms;
    if (conversing_needs_ticket(exchange, &timeout_ms)) {
        if (kerberos_fetch_new(worker->base, exchange->job.target->where, timeout_ms, on_ticket, exchange,
                               &exchange->fetch) < 0)
            drop(worker, exchange, "no ticket could be asked for: out of memory, threads or descriptors");
    } else if (multi_add(worker->multi, exchange->easy) < 0) {
        drop(worker, exchange, "out of memory");
    }
}

/* Gives the answer of a survey whose last exchange has ended. */
static void end_survey(struct worker *worker, struct survey *survey)
{
    const struct now now = clock_now();
    struct probe_answer answer;

    survey_answer(survey, &now, &answer);
    give_answer(worker, &answer);
}

static void make_survey(struct worker *worker, struct probe_job *job, const struct probe_driver *driver)
{
    const struct now now = clock_now();
    struct asker *asker = asker_for(worker, job->settings, driver);
    struct survey *survey = asker ? survey_new(job, driver->survey) : NULL;

    if (!survey) {
        give_up(worker, job, "out of memory");
        probe_job_done(job);
        return;
    }
    for (unsigned way = 0; way < driver->survey->ways; way++) {
        struct exchange *exchange = survey_ask(survey, way, asker, &now);
        if (!exchange)
            continue;
        enlist(worker, exchange);
        if (multi_add(worker->multi, exchange->easy) < 0) {
            survey_take(exchange, CURLE_OUT_OF_MEMORY);
            end_exchange(worker, exchange);
        }
    }
    if (survey_is_over(survey))
        end_survey(worker, survey);
    survey_unref(survey);
}

static void look(struct worker *worker, struct probe_job *job, const struct probe_driver *driver)
{
    const struct now now = clock_now();
    struct probe_answer answer;

    answer_begin(job, &now, &answer);
    answer.observation.has = driver->has;
    driver->look(job, &now, &answer);
    give_answer(worker, &answer);
}

static void end_glance(struct worker *worker, struct glance *glance)
{
    struct glance **at = &worker->glances;

    while (*at != glance) /* they are few */
        at = &(*at)->next;
    *at = glance->next;
    looking_free(glance->looking);
    free(glance);
}

static void on_seen(void *user, struct probe_answer *answer, int64_t begun_ms)
{
    struct glance *glance = user;
    struct worker *worker = glance->worker;
    const int64_t time_ms = clock_now().mono_ms - begun_ms;

    answer->observation.rtt_ms = time_ms > 0 ? (uint32_t)time_ms : 0;
    give_answer(worker, answer);
    end_glance(worker, glance);
    queue_wake(worker->pool->answers);
}

static void look_apart(struct worker *worker, struct probe_job *job, const struct probe_driver *driver)
{
    const struct now now = clock_now();
    struct glance *glance = calloc(1, sizeof *glance);
    const int error =
        glance ? looking_new(worker->base, job, driver, &now, on_seen, glance, &glance->looking) : -ENOMEM;

    if (error) {
        free(glance);
        give_up(worker, job, "it could not be looked at: out of memory, threads or descriptors");
        probe_job_done(job);
        return;
    }
    glance->worker = worker;
    glance->next = worker->glances;
    worker->glances = glance;
}

/* Whether a job is for HTTP and not for a look. */
static bool asks(const struct probe_driver *driver, const struct probe_job *job)
{
    return driver->read || driver->connects ||
           (driver->conversation && (!driver->look || strstr(job->target->where, "://")));
}

static void on_jobs(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    struct worker *worker = user;
    struct probe_job jobs[JOBS_A_TURN];

    if (queue_is_closed(worker->jobs)) {
        event_base_loopbreak(worker->base);
        return;
    }
    /* More than that stay, and keep the descriptor readable: running transfers get their turn in between. */
    const size_t n = queue_take(worker->jobs, jobs, JOBS_A_TURN);
    for (size_t i = 0; i < n; i++) {
        const struct probe_driver *driver = probe_driver_find(jobs[i].settings->driver);
        if (driver && asks(driver, &jobs[i])) {
            ask(worker, &jobs[i], driver);
            continue;
        }
        if (driver && driver->survey) {
            make_survey(worker, &jobs[i], driver);
            continue;
        }
        if (driver && driver->waits) {
            look_apart(worker, &jobs[i], driver);
            continue;
        }
        if (driver)
            look(worker, &jobs[i], driver);
        else
            give_up(worker, &jobs[i], "no such driver");
        probe_job_done(&jobs[i]);
    }
    queue_wake(worker->pool->answers);
}

static void on_done(void *user, CURL *easy, CURLcode result)
{
    struct worker *worker = user;
    struct exchange *exchange = NULL;
    struct probe_answer answer;

    if (!easy) {
        queue_wake(worker->pool->answers);
        return;
    }
    const struct now now = clock_now();
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    if (exchange->survey) {
        survey_take(exchange, result);
        if (survey_is_over(exchange->survey))
            end_survey(worker, exchange->survey);
        end_exchange(worker, exchange);
        return;
    }
    if (exchange_goes_on(exchange, result, &now) && multi_add(worker->multi, easy) == 0)
        return;
    exchange_answer(exchange, result, &now, &answer);
    give_answer(worker, &answer);
    end_exchange(worker, exchange);
}

static void *run(void *user)
{
    struct worker *worker = user;
    struct probe_job job;

    event_base_dispatch(worker->base);
    while (worker->under_way) {
        struct exchange *exchange = worker->under_way;
        multi_remove(worker->multi, exchange->easy);
        end_exchange(worker, exchange);
    }
    while (worker->glances)
        end_glance(worker, worker->glances);
    while (queue_take(worker->jobs, &job, 1) == 1)
        probe_job_done(&job);
    for (size_t i = 0; i < worker->n_askers; i++)
        asker_free(worker->askers[i]);
    free(worker->askers);
    return NULL;
}

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();

    if (!config)
        return NULL;
    /* One thread's business: no locks. (A change list would spare calls of epoll_ctl(), but it makes them when the
     * descriptor may be another thread's already.) */
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static int worker_start(struct worker *worker, struct worker_pool *pool)
{
    worker->pool = pool;
    int error = queue_new(sizeof(struct probe_job), pool->job_max, &worker->jobs);
    if (error)
        return error;
    worker->base = base_new();
    if (!worker->base)
        return -ENOMEM;
    error = multi_new(worker->base, on_done, worker, &worker->multi);
    if (error)
        return error;
    worker->jobs_event = event_new(worker->base, queue_fd(worker->jobs), EV_READ | EV_PERSIST, on_jobs, worker);
    if (!worker->jobs_event || event_add(worker->jobs_event, NULL) < 0)
        return -ENOMEM;
    error = thread_start(&worker->thread, run, worker);
    worker->started = error == 0;
    return error;
}

static void worker_done(struct worker *worker)
{
    if (worker->started)
        pthread_join(worker->thread, NULL);
    multi_free(worker->multi);
    if (worker->jobs_event)
        event_free(worker->jobs_event);
    if (worker->base)
        event_base_free(worker->base);
    queue_free(worker->jobs);
}

int worker_pool_new(unsigned n, size_t queue_max, struct worker_pool **ret, int *ret_fd)
{
    if (n == 0 || queue_max == 0)
        return -EINVAL;
    struct worker_pool *pool = calloc(1, sizeof *pool + n * sizeof(struct worker));
    if (!pool)
        return -ENOMEM;
    pool->job_max = queue_max;
    pool->n = n;
    int error = queue_new(sizeof(struct probe_answer), n * queue_max, &pool->answers);
    for (unsigned i = 0; i < n && !error; i++)
        error = worker_start(&pool->workers[i], pool);
    if (error) {
        worker_pool_free(pool);
        return error;
    }
    *ret = pool;
    *ret_fd = queue_fd(pool->answers);
    return 0;
}

void worker_pool_free(struct worker_pool *pool)
{
    if (!pool)
        return;
    /* All are told before the first is waited for. */
    for (unsigned i = 0; i < pool->n; i++)
        if (pool->workers[i].started)
            queue_close(pool->workers[i].jobs);
    for (unsigned i = 0; i < pool->n; i++)
        worker_done(&pool->workers[i]);
    struct probe_answer answer;
    while (pool->answers && queue_take(pool->answers, &answer, 1) == 1)
        probe_answer_done(&answer);
    queue_free(pool->answers);
    free(pool);
}

/* The worker that a target is dealt to, always the same one: it holds the target's TLS session. */
static struct worker *deal(struct worker_pool *pool, enum subject subject, uint32_t index)
{
    const uint32_t hash = (index * 8 + (uint32_t)subject) * 2654435761U; /* Knuth's multiplicative hash */

    return &pool->workers[(uint64_t)hash * pool->n >> 32];
}

int worker_pool_submit(struct worker_pool *pool, const struct probe_job *job)
{
    struct worker *worker = deal(pool, job->target->subject, job->target->index);

    if (worker->unanswered == pool->job_max)
        return -EAGAIN;
    const int error = queue_push(worker->jobs, job);
    if (error == 0)
        worker->unanswered++;
    return error;
}

void worker_pool_flush(struct worker_pool *pool)
{
    for (unsigned i = 0; i < pool->n; i++)
        queue_wake(pool->workers[i].jobs);
}

size_t worker_pool_collect(struct worker_pool *pool, struct probe_answer *answers, size_t n)
{
    const size_t got = queue_take(pool->answers, answers, n);

    for (size_t i = 0; i < got; i++)
        deal(pool, answers[i].observation.subject, answers[i].observation.index)->unanswered--;
    return got;
}

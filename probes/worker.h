/* A probe worker: a thread with an event loop and a libcurl multi of its own. Jobs go in, answers come out, each
 * exactly once, in any order. It starts every job it is given at once: the caller caps what is in flight. One thread
 * uses the pool; the workers are its own business. A feed's file is read in a worker, too; what may not answer, such as
 * a share, is looked at in a thread beside it. */
#ifndef AH_PROBES_WORKER_H
#define AH_PROBES_WORKER_H

#include "probe.h"

struct worker_pool;

/* Starts n threads. Answers of all of them are collected through the pool; *ret_fd (an eventfd, owned by the pool)
 * is readable while there are some. `queue_max` bounds, per worker, the jobs whose answers were not collected yet. Call
 * once curl_global_init() was done; and never call curl_global_cleanup(): a name lookup that was given up may go on in
 * a thread of libcurl's for as long as the resolver likes. */
int worker_pool_new(unsigned n, size_t queue_max, struct worker_pool **ret, int *ret_fd) AH_WARN_UNUSED;
/* Ends in-flight jobs as CAUSE_CANCELLED without an answer and joins the threads: within 1 s, whatever is in flight. */
void worker_pool_free(struct worker_pool *pool);

/* Hands a job to the worker that its target's index is dealt to. Takes the references in *job. -EAGAIN: that worker
 * has queue_max jobs unanswered (the job still is the caller's). Wakes nobody until worker_pool_flush(). */
int worker_pool_submit(struct worker_pool *pool, const struct probe_job *job) AH_WARN_UNUSED;
void worker_pool_flush(struct worker_pool *pool);

/* Takes up to n answers; returns how many. What is in them is the caller's (probe_answer_done()). While some are left,
 * the eventfd stays readable. */
size_t worker_pool_collect(struct worker_pool *pool, struct probe_answer *answers, size_t n);

#endif

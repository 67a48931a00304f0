/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/timed.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "coll/clock.h"

#define SLICE_MS 500 /* of waiting: a longer pause is one of the whole process */

struct timed {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	fb_timed_function function;
	void *argument;
	bool done, abandoned;
	fb_coll_status_t status;
	struct fb_err err;
};

static void timed_destroy(struct timed *timed)
{
	pthread_cond_destroy(&timed->changed);
	pthread_mutex_destroy(&timed->lock);
	free(timed);
}

static void *timed_main(void *argument)
{
	struct timed *timed = argument;
	fb_coll_status_t status = timed->function(timed->argument, &timed->err);

	pthread_mutex_lock(&timed->lock);
	timed->status = status;
	timed->done = true;
	bool last = timed->abandoned;
	pthread_cond_signal(&timed->changed);
	pthread_mutex_unlock(&timed->lock);
	if (last)
		timed_destroy(timed);
	return NULL;
}

static struct timed *timed_create(fb_timed_function function, void *argument)
{
	struct timed *timed = calloc(1, sizeof(*timed));
	pthread_condattr_t attributes;

	if (!timed)
		return NULL;
	timed->function = function;
	timed->argument = argument;
	pthread_mutex_init(&timed->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&timed->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return timed;
}

static int timed_start(struct timed *timed, pthread_t *thread)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(thread, NULL, timed_main, timed);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/* True when the function is done; false after the limit. The lock is held. */
static bool wait_for(struct timed *timed, int64_t limit_ms)
{
	struct fb_awake awake = { 0 };
	int64_t until = fb_awake_ms(&awake, 2 * SLICE_MS) + limit_ms;

	while (!timed->done && fb_awake_ms(&awake, 2 * SLICE_MS) < until) {
		struct timespec slice;

		clock_gettime(CLOCK_MONOTONIC, &slice);
		slice.tv_nsec += SLICE_MS * 1000000;
		slice.tv_sec += slice.tv_nsec / 1000000000;
		slice.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&timed->changed, &timed->lock, &slice);
	}
	return timed->done;
}

fb_coll_status_t fb_timed_call(fb_timed_function function, void *argument, int64_t limit_ms, bool *abandoned, struct fb_err *err)
{
	struct timed *timed = timed_create(function, argument);
	fb_coll_status_t status;
	pthread_t thread;

	*abandoned = false;
	if (!timed)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a thread");
	int rc = timed_start(timed, &thread);
	if (rc) {
		timed_destroy(timed);
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "cannot start a thread: %s", strerror(rc));
	}
	pthread_mutex_lock(&timed->lock);
	timed->abandoned = !wait_for(timed, limit_ms);
	*abandoned = timed->abandoned;
	pthread_mutex_unlock(&timed->lock);
	if (*abandoned) {
		pthread_detach(thread);
		return FB_COLL_ERR_BOOTSTRAP;
	}
	pthread_join(thread, NULL);
	status = timed->status;
	if (status)
		*err = timed->err;
	timed_destroy(timed);
	return status;
}

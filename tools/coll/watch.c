/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coll/clock.h"

static void wake(struct fb_watch *watch)
{
	uint64_t one = 1;

	/* It can only fail when the thread has more wake-ups waiting than it can count. */
	if (write(watch->wake, &one, sizeof(one)) < 0)
		return;
}

static fb_coll_status_t start_thread(struct fb_watch *watch, struct fb_err *err)
{
	sigset_t all, old;

	/* The program's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(&watch->thread, NULL, watch->rank ? fb_watch_client_main : fb_watch_hub_main, watch);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "cannot start the watch's thread: %s", strerror(rc));
	return FB_COLL_OK;
}

fb_coll_status_t fb_watch_create(int rank, int size, const struct fb_card *cards, int listening, const struct fb_settings *settings,
				 struct fb_watch **watch, struct fb_err *err)
{
	struct fb_watch *w = calloc(1, sizeof(*w));
	fb_coll_status_t status;

	if (!w) {
		status = fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the watch");
		goto close_listening;
	}
	w->rank = rank;
	w->size = size;
	w->cards = cards;
	w->stall_s = settings->stall_s;
	w->late_s = settings->late_s;
	w->lost = -1;
	pthread_mutex_init(&w->lock, NULL);
	w->socket = listening;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->wake < 0) {
		status = fb_coll_fail(err, FB_COLL_ERR_MEMORY, "eventfd: %s", strerror(errno));
		goto free_watch;
	}
	if (rank && (status = fb_watch_client_connect(w, (int64_t)settings->start_s * 1000, err)))
		goto close_wake;
	listening = -1;
	status = start_thread(w, err);
	if (status)
		goto close_socket;
	*watch = w;
	return FB_COLL_OK;
close_socket:
	close(w->socket);
close_wake:
	close(w->wake);
free_watch:
	pthread_mutex_destroy(&w->lock);
	free(w);
close_listening:
	if (listening >= 0)
		close(listening);
	return status;
}

void fb_watch_introduce(struct fb_watch *watch)
{
	atomic_store_explicit(&watch->introduced, true, memory_order_release);
}

void fb_watch_destroy(struct fb_watch *watch)
{
	if (!watch)
		return;
	atomic_store(&watch->leaving, true);
	wake(watch);
	pthread_join(watch->thread, NULL);
	close(watch->socket);
	close(watch->wake);
	pthread_mutex_destroy(&watch->lock);
	for (int i = 0; i < FB_GROUPS_MAX; i++)
		free(atomic_load(&watch->ledgers[i]));
	free(watch);
}

struct fb_ledger *fb_watch_open_ledger(struct fb_watch *watch, uint32_t group, uint32_t leader)
{
	struct fb_ledger *ledger = atomic_load_explicit(&watch->ledgers[group], memory_order_relaxed);

	if (!ledger) {
		ledger = calloc(1, sizeof(*ledger));
		if (!ledger)
			return NULL;
	}
	fb_ledger_open(ledger, leader);
	atomic_store_explicit(&watch->ledgers[group], ledger, memory_order_release);
	return ledger;
}

void fb_watch_polled(struct fb_watch *watch)
{
	atomic_store_explicit(&watch->polled_at, fb_clock_ms(), memory_order_release);
}

void fb_watch_idle(struct fb_watch *watch, uint64_t idle_ms)
{
	atomic_store_explicit(&watch->idle_ms, idle_ms, memory_order_relaxed);
}

void fb_watch_answer(struct fb_watch *watch, const struct fb_frame *query, struct fb_call_state *at, struct fb_call_state *then)
{
	uint32_t group = query->about.group % FB_GROUPS_MAX;
	int64_t polled_at = atomic_load_explicit(&watch->polled_at, memory_order_acquire);
	bool inside = atomic_load_explicit(&watch->inside, memory_order_acquire) ||
		      (polled_at && fb_clock_ms() - polled_at < FB_WATCH_POLL_MS);

	fb_ledger_look(atomic_load_explicit(&watch->ledgers[group], memory_order_acquire), query->about.leader, inside,
		       query->at.sequence, at, then);
	at->group = then->group = group;
	at->idle_ms = atomic_load_explicit(&watch->idle_ms, memory_order_relaxed);
}

void fb_watch_ask(struct fb_watch *watch, const struct fb_call_state *call, const struct fb_membership *about)
{
	pthread_mutex_lock(&watch->lock);
	watch->question = *call;
	if (about)
		watch->about = *about;
	else
		memset(&watch->about, 0, sizeof(watch->about));
	pthread_mutex_unlock(&watch->lock);
	atomic_store(&watch->asked, true);
	wake(watch);
}

void fb_watch_part(struct fb_watch *watch)
{
	atomic_store(&watch->parting, true);
	wake(watch);
}

static bool keep_failure(struct fb_watch *watch, fb_coll_status_t status, int lost, const char *why, bool report)
{
	pthread_mutex_lock(&watch->lock);
	bool first = !atomic_load_explicit(&watch->failed, memory_order_relaxed);
	if (first) {
		watch->status = status;
		watch->lost = lost;
		watch->report = report;
		fb_err_set(&watch->why, "%s", why);
		atomic_store_explicit(&watch->failed, true, memory_order_release);
	}
	pthread_mutex_unlock(&watch->lock);
	return first;
}

void fb_watch_fail(struct fb_watch *watch, fb_coll_status_t status, int lost, const char *why)
{
	keep_failure(watch, status, lost, why, false);
}

void fb_watch_report(struct fb_watch *watch, fb_coll_status_t status, int lost, const char *why)
{
	if (keep_failure(watch, status, lost, why, true))
		wake(watch);
}

fb_coll_status_t fb_watch_failure(struct fb_watch *watch, int *lost, struct fb_err *err)
{
	pthread_mutex_lock(&watch->lock);
	fb_coll_status_t status = watch->status;
	*lost = watch->lost;
	*err = watch->why;
	pthread_mutex_unlock(&watch->lock);
	return status;
}

/*
 * A frame fits the socket's buffer many times over, and neither side has more than a few on the way: where one does not
 * fit, the other end has long stopped reading.
 */
int fb_watch_send(int fd, const struct fb_frame *frame)
{
	ssize_t n;

	do
		n = send(fd, frame, sizeof(*frame), MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(*frame))
		return 0;
	/* What comes after a part of a frame would be read as the rest of it. */
	shutdown(fd, SHUT_RDWR);
	return -1;
}

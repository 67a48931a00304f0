/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watch on every rank but 0: answer the hub, pass on questions, hear of failures. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coll/clock.h"
#include "coll/net.h"
#include "coll/watch.h"

#define CONNECT_MS 3000
#define REACH_MS 6000 /* without anyone at rank 0's addresses: its process listened before it told where, so it is gone */

/* The hub answers a right secret; anything else that listens at such an address does not. */
static int greet(struct fb_watch *watch, int fd, int limit_ms, struct fb_err *err)
{
	struct fb_frame frame = { .kind = FB_FRAME_HELLO, .rank = watch->rank };

	memcpy(frame.secret, watch->cards[0].secret, FB_SECRET_SIZE);
	errno = 0;
	if (fb_net_transfer(fd, &frame, sizeof(frame), 0, limit_ms) || fb_net_transfer(fd, &frame, sizeof(frame), 1, limit_ms) ||
	    frame.kind != FB_FRAME_WELCOME || memcmp(frame.secret, watch->cards[0].secret, FB_SECRET_SIZE) != 0)
		return fb_err_set(err, "port %u: no answer from rank 0 there", watch->cards[0].port);
	return 0;
}

/* Try each address once: true with the watch's socket set. *busy: someone took the connection and may answer later. */
static bool try_addresses(struct fb_watch *watch, bool *busy, struct fb_err *why)
{
	const struct fb_card *hub = &watch->cards[0], *mine = &watch->cards[watch->rank];

	*busy = false;
	for (unsigned i = 0; i <= hub->addresses; i++) {
		int fd = fb_net_connect(hub, mine, i, CONNECT_MS, why);
		if (fd < 0)
			continue;
		if (!greet(watch, fd, CONNECT_MS, why)) {
			watch->socket = fd;
			return true;
		}
		*busy |= errno == ETIMEDOUT;
		close(fd);
	}
	return false;
}

fb_coll_status_t fb_watch_client_connect(struct fb_watch *watch, int64_t limit_ms, struct fb_err *err)
{
	struct fb_awake awake = { 0 };
	struct fb_err why = { "it has no network address" };
	int64_t now = fb_awake_ms(&awake, CONNECT_MS), until = now + limit_ms, reach = now + REACH_MS;
	bool busy;

	while (!try_addresses(watch, &busy, &why)) {
		/* Each address may have taken CONNECT_MS twice. */
		now = fb_awake_ms(&awake, 2 * CONNECT_MS * (watch->cards[0].addresses + 1));
		if (busy)
			reach = now + REACH_MS;
		if (now >= until || now >= reach)
			return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "rank %d on %s cannot reach rank 0 on %s: %s", watch->rank,
					    watch->cards[watch->rank].host, watch->cards[0].host, why.text);
		fb_clock_sleep_ms(100);
	}
	return FB_COLL_OK;
}

static void hub_is_gone(struct fb_watch *watch, int error)
{
	const struct fb_card *hub = &watch->cards[0];
	char why[FB_ERR_TEXT_MAX];

	snprintf(why, sizeof(why), "lost rank 0 (on %s, process %u)%s", hub->host, hub->pid,
		 error == ETIMEDOUT || error == EHOSTUNREACH ? ": its node does not answer" : "");
	fb_watch_fail(watch, FB_COLL_ERR_PEER_LOST, 0, why);
}

static void obey(struct fb_watch *watch, const struct fb_frame *frame)
{
	struct fb_frame answer = { .kind = FB_FRAME_STATE, .rank = watch->rank, .census = frame->census };
	char text[FB_ERR_TEXT_MAX];

	watch->unanswered = 0;
	if (frame->kind == FB_FRAME_QUERY) {
		fb_watch_answer(watch, frame, &answer.at, &answer.then);
		fb_watch_send(watch->socket, &answer);
	} else if (frame->kind == FB_FRAME_PART) {
		atomic_store_explicit(&watch->parted, true, memory_order_release);
	} else if (frame->kind == FB_FRAME_ABORT) {
		memcpy(text, frame->text, sizeof(text));
		text[sizeof(text) - 1] = '\0';
		fb_watch_fail(watch, (fb_coll_status_t)frame->status, frame->rank, text);
	}
}

/* Returns false when there is no hub any more. */
static bool listen_to_hub(struct fb_watch *watch, struct fb_frame *frame, size_t *have)
{
	for (;;) {
		ssize_t n = recv(watch->socket, (char *)frame + *have, sizeof(*frame) - *have, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n <= 0) {
			hub_is_gone(watch, n < 0 ? errno : 0);
			return false;
		}
		*have += (size_t)n;
		if (*have == sizeof(*frame)) {
			obey(watch, frame);
			*have = 0;
		}
	}
}

/* Counted in questions, which the data path paces: no clock runs on while this process is stopped. */
static void ask_hub(struct fb_watch *watch)
{
	struct fb_frame frame = { .kind = FB_FRAME_ASK, .rank = watch->rank };
	char why[FB_ERR_TEXT_MAX];

	if ((int64_t)watch->unanswered * FB_WATCH_ASK_MS >= (int64_t)watch->stall_s * 1000) {
		snprintf(why, sizeof(why), "rank 0 (on %s, process %u) is there but has not answered for %d s (FLIGHTBASE_STALL_TIMEOUT)",
			 watch->cards[0].host, watch->cards[0].pid, watch->stall_s);
		fb_watch_fail(watch, FB_COLL_ERR_STALLED, 0, why);
		return;
	}
	/* One question on the way is enough. */
	if (watch->unanswered++)
		return;
	pthread_mutex_lock(&watch->lock);
	frame.at = watch->question;
	frame.about = watch->about;
	pthread_mutex_unlock(&watch->lock);
	fb_watch_send(watch->socket, &frame);
}

static void tell_failure(struct fb_watch *watch)
{
	struct fb_frame frame = { .kind = FB_FRAME_ABORT };

	pthread_mutex_lock(&watch->lock);
	bool report = watch->report;
	watch->report = false;
	frame.status = watch->status;
	frame.rank = watch->lost;
	memcpy(frame.text, watch->why.text, sizeof(frame.text));
	pthread_mutex_unlock(&watch->lock);
	if (report)
		fb_watch_send(watch->socket, &frame);
}

void *fb_watch_client_main(void *argument)
{
	struct fb_watch *watch = argument;
	struct pollfd p[2] = { { watch->wake, POLLIN, 0 }, { watch->socket, POLLIN, 0 } };
	struct fb_frame in, part = { .kind = FB_FRAME_PART }, bye = { .kind = FB_FRAME_BYE };
	size_t have = 0;
	uint64_t wakes;

	while (!atomic_load(&watch->leaving)) {
		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents && !listen_to_hub(watch, &in, &have))
			p[1].fd = -1; /* poll ignores it */
		if (p[0].revents && read(watch->wake, &wakes, sizeof(wakes)) < 0)
			continue;
		if (atomic_exchange(&watch->asked, false) && p[1].fd >= 0)
			ask_hub(watch);
		if (atomic_exchange(&watch->parting, false))
			fb_watch_send(watch->socket, &part);
		if (fb_watch_failed(watch))
			tell_failure(watch);
	}
	/* A rank that leaves because it failed says that first. */
	if (fb_watch_failed(watch))
		tell_failure(watch);
	fb_watch_send(watch->socket, &bye);
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Life of the mapped memory, and how ranks meet in it. A memory file has no name that could be left behind, and no limit but
 * the job's memory; the others reach it through /proc, which works where they may look at that process: same user, same
 * /proc. Where one of them cannot, none uses it.
 */
#include "coll/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "coll/mapped_spin.h"
#include "coll/work.h"

#define HEADER 128
#define CACHE_UNKNOWN ((size_t)32 << 20)

void fb_offer_make(struct fb_offer *offer)
{
	*offer = (struct fb_offer){ .fd = memfd_create("flightbase", MFD_CLOEXEC), .pid = (uint32_t)getpid() };
	if (offer->fd < 0)
		return;
	if (getrandom(&offer->token, sizeof(offer->token), GRND_NONBLOCK) == (ssize_t)sizeof(offer->token) &&
	    pwrite(offer->fd, &offer->token, sizeof(offer->token), 0) == (ssize_t)sizeof(offer->token))
		return;
	close(offer->fd);
	offer->fd = -1;
}

static size_t up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Of one block in a slot: whole lines, so that no two ranks write to one. */
size_t fb_mapped_stride(int ranks)
{
	return up(FB_MAPPED_CHUNK / (size_t)ranks, FB_MAPPED_LINE) + FB_MAPPED_LINE;
}

size_t fb_mapped_place(struct fb_mapped *m, void *memory, int ranks)
{
	const size_t n = (size_t)ranks, stride = fb_mapped_stride(ranks);
	const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
	char *at = (char *)memory + HEADER;

	m->ranks = ranks;
	m->memory = memory;
	m->posts = (struct fb_post *)(void *)at;
	at += 2 * n * sizeof(*m->posts);
	m->steps = (struct fb_step *)(void *)at;
	at += n * sizeof(*m->steps);
	m->small = at;
	at += 2 * n * FB_MAPPED_SMALL;
	m->in = at;
	at += n * FB_MAPPED_DEPTH * n * stride;
	m->results = at;
	at += n * FB_MAPPED_DEPTH * stride;
	m->small_bytes = ranks < 8 ? FB_MAPPED_SMALL / n : FB_MAPPED_SMALL / 8;
	m->beyond_cache = cache > 0 ? (size_t)cache : CACHE_UNKNOWN;
	m->bytes = (size_t)(at - (char *)memory);
	return m->bytes;
}

/* A file of another process by its number there; anything else that is under that number by now has no such word. */
static int open_offered(const struct fb_offer *offer)
{
	char path[64];
	uint64_t token;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", offer->pid, offer->fd);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && (pread(fd, &token, sizeof(token), 0) != (ssize_t)sizeof(token) || token != offer->token)) {
		close(fd);
		return -1;
	}
	return fd;
}

void *fb_offer_map(const struct fb_offer *offer, size_t bytes)
{
	int fd = offer->fd >= 0 ? open_offered(offer) : -1;
	/* Whoever is first gives it its size; to the others it is the same. */
	void *memory = fd < 0 || ftruncate(fd, (off_t)bytes) ? MAP_FAILED :
							       mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	if (memory == MAP_FAILED)
		return NULL;
	/* Large pages where the administrator allows them on request; nothing is lost where not. */
	madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

static struct fb_mapped *map_first(const struct fb_offer *offer, int ranks)
{
	struct fb_mapped *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	void *memory = fb_offer_map(offer, fb_mapped_place(m, NULL, ranks));
	if (!memory) {
		free(m);
		return NULL;
	}
	fb_mapped_place(m, memory, ranks);
	return m;
}

/*
 * Everyone's answer, through the transport: whoever could not map anything cannot say so there. Under number 0, because it is not
 * a call of the program's, and in the way of the default, because the setting may differ.
 */
static fb_coll_status_t vote(struct fb_coll *c, int32_t *all)
{
	const struct fb_task task = {
		.call = FB_CALL_ALLREDUCE, .send = all, .recv = all, .count = 1, .type = FB_COLL_INT32, .op = FB_COLL_MIN,
		.wire = FB_COLL_INT32,
	};
	const enum fb_algorithm_kind asked = c->settings.algorithm;

	c->settings.algorithm = FB_ALGORITHM_AUTO;
	c->call.sequence = UINT64_MAX;
	fb_coll_status_t status = fb_work_run(c, &task);
	c->settings.algorithm = asked;
	return status;
}

fb_coll_status_t fb_mapped_join(struct fb_coll *c)
{
	bool possible = !c->remote && c->size > 1 && c->size <= FB_MAPPED_RANKS;
	struct fb_mapped *m = possible && c->settings.mapped ? map_first(&c->cards[0].offer, c->size) : NULL;
	int32_t all = m != NULL;
	fb_coll_status_t status = possible ? vote(c, &all) : FB_COLL_OK;

	/* Only now has everyone opened it who is going to. */
	if (c->offered >= 0)
		close(c->offered);
	c->offered = -1;
	if (status || !all) {
		fb_mapped_destroy(m);
		m = NULL;
	}
	c->mapped = m;
	return status;
}

void fb_mapped_destroy(struct fb_mapped *m)
{
	if (!m)
		return;
	munmap(m->memory, m->bytes);
	free(m);
}

/* What ranks must agree upon besides count and history; nothing is hashed on the way of the shortest calls. */
static uint64_t short_form(const struct fb_call_state *call)
{
	return call->sequence << 32 | (uint64_t)call->call << 24 | (uint64_t)call->type << 16 | (uint64_t)call->op << 8 | call->wire;
}

int fb_mapped_post(struct fb_coll *c, const void *payload, size_t bytes)
{
	struct fb_mapped *m = c->mapped;
	int turn = (int)(++m->calls & 1);
	struct fb_post *post = fb_mapped_post_of(m, turn, c->rank);

	post->call = short_form(&c->call);
	post->count = c->call.count;
	post->history = c->call.history ^ c->call.detail;
	if (bytes)
		memcpy(post->payload, payload, bytes);
	atomic_store_explicit(&post->stamp, m->calls, memory_order_release);
	return turn;
}

/* Of the same call: another one under this number never becomes the same, and the wait goes on until the watch finds it. */
static bool has_posted(const struct fb_post *post, const struct fb_coll *c)
{
	return atomic_load_explicit(&post->stamp, memory_order_acquire) == c->mapped->calls && post->call == short_form(&c->call) &&
	       post->count == c->call.count && post->history == (c->call.history ^ c->call.detail);
}

fb_coll_status_t fb_mapped_await_posts(struct fb_coll *c, int turn)
{
	struct fb_spin spin = { 0 };
	fb_coll_status_t status = FB_COLL_OK;

	for (int r = 0; r < c->size && !status; r++) {
		const struct fb_post *post = fb_mapped_post_of(c->mapped, turn, r);
		while (!has_posted(post, c) && !(status = fb_spin_once(c, &spin)))
			;
	}
	fb_spin_end(c, &spin);
	return status;
}

fb_coll_status_t fb_mapped_meet(struct fb_coll *c, const void *payload, size_t bytes, int *turn)
{
	*turn = fb_mapped_post(c, payload, bytes);
	return fb_mapped_await_posts(c, *turn);
}

void fb_mapped_step(struct fb_coll *c, uint64_t count)
{
	atomic_store_explicit(&c->mapped->steps[c->rank].count, c->mapped->base + count, memory_order_release);
}

fb_coll_status_t fb_mapped_await_steps(struct fb_coll *c, uint64_t count)
{
	const uint64_t least = c->mapped->base + count;
	struct fb_spin spin = { 0 };
	fb_coll_status_t status = FB_COLL_OK;

	for (int r = 0; r < c->size && !status; r++) {
		const _Atomic uint64_t *steps = &c->mapped->steps[r].count;
		while (atomic_load_explicit(steps, memory_order_acquire) < least && !(status = fb_spin_once(c, &spin)))
			;
	}
	fb_spin_end(c, &spin);
	return status;
}

void fb_mapped_steps_end(struct fb_coll *c, uint64_t count)
{
	c->mapped->base += count;
}

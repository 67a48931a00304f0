/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that all ranks of a handle have mapped, where they are all in one node. Used by all of them or by none.
 *
 * Every call begins with a post: what a rank asks for and where its data is, under the call's number. There are two posts
 * per rank, used in turn: nobody writes one again before all have begun the call in between, and who has begun that is done
 * with this one. Longer calls count their steps in a second word per rank, which only its owner writes and which only grows.
 *
 * All data is written before a release store to the post's stamp or to the step counter and read after an acquire load
 * that saw it, so that no other ordering is needed. Ranks that disagree never match and wait until the watch says why;
 * no wait looks at anything but a word of another rank, the watch's verdict and the clock.
 */
#ifndef FB_COLL_MAPPED_H
#define FB_COLL_MAPPED_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coll/plan.h"

#define FB_MAPPED_RANKS 512 /* more in one node go without */

struct fb_coll;

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be another process's");

#define FB_POST_PAYLOAD 96

/* Two cache lines: the processor fetches them in pairs. The first 32 bytes of the payload arrive with the stamp. */
struct fb_post {
	alignas(128) _Atomic uint64_t stamp; /* the number of the call; written last */
	uint64_t call, count, history; /* what all must agree upon */
	unsigned char payload[FB_POST_PAYLOAD];
};
_Static_assert(sizeof(struct fb_post) == 128, "two cache lines");

/* Where a rank's buffers are, the payload of all but the shortest calls. */
struct fb_spot {
	uint32_t send_region, recv_region; /* 0: its own memory */
	uint64_t send_offset, recv_offset;
};

struct fb_step {
	alignas(128) _Atomic uint64_t count;
};

struct fb_mapped {
	int ranks;
	void *memory;
	size_t bytes;
	/* Inside the memory; [2][ranks], [ranks], then the slots. */
	struct fb_post *posts;
	struct fb_step *steps;
	char *small, *in, *results;
	uint64_t calls; /* posts so far */
	uint64_t base;	/* of the steps of the call under way */
	size_t small_bytes;  /* up to here everyone reduces the whole vector */
	size_t beyond_cache; /* calls that touch more bytes than this stream them */
};

/* The parts for so many ranks in memory, all zero at first; returns its bytes, also where there is none yet (NULL). */
size_t fb_mapped_place(struct fb_mapped *m, void *memory, int ranks);

/* One that is empty but for the word. */
void fb_offer_make(struct fb_offer *offer);

/* Map `bytes` of it, which become its size; NULL where it cannot be had. */
void *fb_offer_map(const struct fb_offer *offer, size_t bytes);

/*
 * Map rank 0's file, and hear from all ranks whether they could: coll->mapped is set on all or on none. The offered file is
 * closed. Fails only where ranks are lost meanwhile.
 */
fb_coll_status_t fb_mapped_join(struct fb_coll *c);

/* NULL is allowed. */
void fb_mapped_destroy(struct fb_mapped *mapped);

/* Post, then wait for everyone's post of the same call. Returns which of the two posts it is. */
fb_coll_status_t fb_mapped_meet(struct fb_coll *c, const void *payload, size_t bytes, int *turn);

/* The two halves of it, for work in between. */
int fb_mapped_post(struct fb_coll *c, const void *payload, size_t bytes);
fb_coll_status_t fb_mapped_await_posts(struct fb_coll *c, int turn);

static inline struct fb_post *fb_mapped_post_of(const struct fb_mapped *m, int turn, int rank)
{
	return &m->posts[turn * m->ranks + rank];
}

/* Say that this rank has made so many steps of the call under way; wait until all have. */
void fb_mapped_step(struct fb_coll *c, uint64_t count);
fb_coll_status_t fb_mapped_await_steps(struct fb_coll *c, uint64_t count);

/* The call made `count` steps in all, the same number on every rank. */
void fb_mapped_steps_end(struct fb_coll *c, uint64_t count);

/* Whether a call goes this way: an allreduce or a barrier that nothing asks to go another one. The same on all ranks. */
bool fb_mapped_takes(const struct fb_coll *c, const struct fb_task *task);
/* Such a call. */
fb_coll_status_t fb_mapped_run(struct fb_coll *c, const struct fb_task *a);

/* Its algorithms. in[rank] in the order of ranks: so that every rank gets the same bits. */
void fb_mapped_reduce(void *out, const char *const *in, int ranks, size_t count, const struct fb_task *a);
fb_coll_status_t fb_mapped_slots(struct fb_coll *c, const struct fb_task *a);
fb_coll_status_t fb_mapped_direct(struct fb_coll *c, const struct fb_task *a, int turn);

#define FB_MAPPED_SMALL ((size_t)32 << 10)  /* that all ranks together copy into small slots; NOTES.md */
#define FB_MAPPED_DEPTH 4		    /* chunks in the slots at a time */
#define FB_MAPPED_CHUNK ((size_t)256 << 10) /* of all blocks of a chunk */
#define FB_MAPPED_LINE 64

/* Bytes from one block to the next in a slot. */
size_t fb_mapped_stride(int ranks);

#endif

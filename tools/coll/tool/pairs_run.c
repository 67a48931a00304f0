/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "coll/clock.h"
#include "coll/tool/values.h"

#define ITERS_LARGE 5
#define ITERS_SMALL 50
#define SEED 7 /* of the data, as an iteration of values.h */

struct sweep {
	struct fb_pairs *pairs;
	const struct fb_backend *backend;
	const struct fb_world *world;
	const struct fb_buffers *buffers;
	void *expected;	   /* what the peer sends */
	int me;		   /* my place among the members, or -1 */
	int64_t wrong;	   /* pairs whose data did not arrive */
	double *seconds;   /* [2][members][members] large and small, of this rank; then the greatest of all */
};

/* The peer's rank; this rank's own where it sits out. */
static int peer_rank(const struct sweep *s, int member)
{
	return s->me < 0 || member == s->me ? s->world->rank : s->pairs->rank[member];
}

static int exchange(const struct sweep *s, int peer, size_t bytes, struct fb_err *err)
{
	return s->backend->pair(peer, s->buffers->send, s->buffers->recv, bytes, err);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median of some exchanges, after one that connects. All ranks begin together; not all are in a pair. */
static int time_one(const struct sweep *s, int peer, size_t bytes, int iters, double *seconds, struct fb_err *err)
{
	double took[ITERS_SMALL];

	if (exchange(s, peer, bytes, err) || s->backend->barrier(err))
		return -1;
	for (int i = 0; i < iters; i++) {
		int64_t begin = fb_clock_ns();

		if (exchange(s, peer, bytes, err))
			return -1;
		took[i] = (double)(fb_clock_ns() - begin) / 1e9;
	}
	qsort(took, (size_t)iters, sizeof(*took), compare);
	*seconds = took[iters / 2];
	return 0;
}

static int play(struct sweep *s, int round, struct fb_err *err)
{
	int n = s->pairs->members, member = s->me < 0 ? -1 : fb_tournament_peer(n, round, s->me);
	int peer = peer_rank(s, member);
	double large, small;

	memset(s->buffers->recv, 0xa5, s->pairs->bytes);
	if (time_one(s, peer, s->pairs->bytes, ITERS_LARGE, &large, err))
		return -1;
	if (peer != s->world->rank) {
		fb_values_fill(s->expected, s->pairs->bytes / sizeof(int64_t), FB_COLL_INT64, FB_COLL_SUM, peer, SEED);
		s->wrong += memcmp(s->expected, s->buffers->recv, s->pairs->bytes) != 0;
	}
	if (time_one(s, peer, FB_PAIRS_SMALL, ITERS_SMALL, &small, err))
		return -1;
	if (peer != s->world->rank) {
		s->seconds[s->me * n + member] = large;
		s->seconds[n * n + s->me * n + member] = small;
	}
	return 0;
}

/* The greater of what the two of a pair saw. */
static double slower(const double *seconds, int n, int a, int b)
{
	return seconds[a * n + b] > seconds[b * n + a] ? seconds[a * n + b] : seconds[b * n + a];
}

static int gather(struct sweep *s, struct fb_err *err)
{
	int n = s->pairs->members;
	size_t cells = (size_t)n * (size_t)n;

	if (s->backend->allreduce(s->seconds, s->seconds, 2 * cells, FB_COLL_FLOAT64, FB_COLL_MAX, err) ||
	    s->backend->allreduce(&s->wrong, &s->wrong, 1, FB_COLL_INT64, FB_COLL_SUM, err))
		return -1;
	if (s->wrong)
		return fb_err_set(err, "pairs: data of %lld exchanges is not what the peer sent", (long long)s->wrong);
	for (int a = 0; a < n; a++)
		for (int b = 0; b < n; b++) {
			double large = slower(s->seconds, n, a, b);
			s->pairs->gbps[a * n + b] = large > 0 ? (double)s->pairs->bytes / 1e9 / large : 0;
			s->pairs->us[a * n + b] = 1e6 * slower(s->seconds + cells, n, a, b);
		}
	return 0;
}

static int play_all(struct sweep *s, struct fb_err *err)
{
	int64_t memory = s->expected && s->seconds ? 0 : 1, missing = memory;

	/* One rank without memory would leave the others waiting. */
	if (s->backend->allreduce(&missing, &missing, 1, FB_COLL_INT64, FB_COLL_SUM, err))
		return -1;
	if (missing)
		return fb_err_set(err, "pairs: there is no memory for them on %lld of %d ranks", (long long)missing, s->world->size);
	fb_values_fill(s->buffers->send, s->pairs->bytes / sizeof(int64_t), FB_COLL_INT64, FB_COLL_SUM, s->world->rank, SEED);
	for (int round = 0; round < fb_tournament_rounds(s->pairs->members); round++)
		if (play(s, round, err))
			return -1;
	return gather(s, err);
}

int fb_pairs_measure(struct fb_pairs *pairs, const struct fb_backend *backend, const struct fb_world *world,
		     const struct fb_buffers *buffers, struct fb_err *err)
{
	size_t cells = (size_t)pairs->members * (size_t)pairs->members;
	struct sweep s = { .pairs = pairs, .backend = backend, .world = world, .buffers = buffers, .me = -1,
			   .expected = malloc(pairs->bytes), .seconds = calloc(2 * cells, sizeof(double)) };

	for (int i = 0; i < pairs->members; i++)
		if (pairs->rank[i] == world->rank)
			s.me = i;
	int rc = play_all(&s, err);
	free(s.expected);
	free(s.seconds);
	return rc;
}

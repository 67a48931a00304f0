/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring: the vector is cut into as many blocks as ranks; n-1 steps reduce (after them each rank owns one finished block),
 * n-1 steps pass the finished blocks round. Every link carries 2(n-1)/n of the vector: the least possible
 * (Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", 2009).
 * Blocks go in segments, so that reducing one overlaps with receiving the next.
 */
#include "coll/internal.h"
#include "coll/reduce.h"

#define DEPTH 4 /* receives posted ahead, and sends left running */
#define SEGMENT (FB_SCRATCH_BYTES / DEPTH)

/* Position i in the stream of messages is segment i % segments of step i / segments. */
struct ring {
	struct fb_coll *c;
	const struct fb_allreduce *a;
	size_t element, most; /* bytes of one, elements of a segment */
	size_t segments, messages;
	struct fb_request in[DEPTH], out[DEPTH];
};

static int step_of(const struct ring *r, size_t i)
{
	return (int)(i / r->segments);
}

static bool reduces(const struct ring *r, size_t i)
{
	return step_of(r, i) < r->c->size - 1;
}

static struct fb_range range_of(const struct ring *r, size_t i, int block)
{
	return fb_segment(fb_block(r->a->count, r->c->size, block), r->most, i % r->segments);
}

static struct fb_range received_range(const struct ring *r, size_t i)
{
	return range_of(r, i, fb_ring_receive(r->c->rank, r->c->size, step_of(r, i)));
}

static char *slot(const struct ring *r, size_t i)
{
	return (char *)r->c->scratch + i % DEPTH * SEGMENT;
}

/* Both neighbours skip an empty segment: they agree on the cut. */
static void post_receive(struct ring *r, size_t i)
{
	struct fb_range range = received_range(r, i);
	struct fb_request *in = &r->in[i % DEPTH];

	*in = (struct fb_request){ .done = true };
	if (range.count)
		fb_call_receive(r->c, step_of(r, i), reduces(r, i) ? slot(r, i) : (char *)r->a->recv + range.first * r->element,
				range.count * r->element, in);
}

static void post_send(struct ring *r, size_t i)
{
	int step = step_of(r, i), right = (r->c->rank + 1) % r->c->size;
	struct fb_range range = range_of(r, i, fb_ring_send(r->c->rank, r->c->size, step));
	const char *from = step ? r->a->recv : r->a->send;
	struct fb_request *out = &r->out[i % DEPTH];

	*out = (struct fb_request){ .done = true };
	if (range.count)
		fb_call_send(r->c, right, step, from + range.first * r->element, range.count * r->element, out);
}

static void reduce_segment(struct ring *r, size_t i)
{
	const struct fb_allreduce *a = r->a;
	struct fb_range range = received_range(r, i);
	size_t offset = range.first * r->element;
	char *out = (char *)a->recv + offset;

	fb_reduce(out, slot(r, i), (const char *)a->send + offset, range.count, a->type, a->op);
	if (step_of(r, i) == r->c->size - 2)
		fb_reduce_finish(out, range.count, a->type, a->op, r->c->size);
}

/*
 * No deadlock with DEPTH sends and receives in flight: the rank that is furthest behind in the stream always
 * finds its receive posted at the right and its data sent from the left.
 */
static fb_coll_status_t run(struct ring *r)
{
	fb_coll_status_t status;

	for (size_t i = 0; i < DEPTH && i < r->messages; i++)
		post_receive(r, i);
	for (size_t i = 0; i < r->messages; i++) {
		if (i >= DEPTH && (status = fb_call_wait(r->c, &r->out[i % DEPTH])))
			return status;
		post_send(r, i);
		if ((status = fb_call_wait(r->c, &r->in[i % DEPTH])))
			return status;
		if (reduces(r, i))
			reduce_segment(r, i);
		if (i + DEPTH < r->messages)
			post_receive(r, i + DEPTH);
	}
	for (size_t i = 0; i < DEPTH && i < r->messages; i++)
		if ((status = fb_call_wait(r->c, &r->out[i])))
			return status;
	return FB_COLL_OK;
}

fb_coll_status_t fb_allreduce_ring(struct fb_coll *c, const struct fb_allreduce *a)
{
	struct ring r = { .c = c, .a = a, .element = fb_coll_type_size(a->type) };
	size_t longest = fb_block(a->count, c->size, 0).count;

	r.most = SEGMENT / r.element;
	r.segments = (longest + r.most - 1) / r.most;
	r.messages = r.segments * 2 * (size_t)(c->size - 1);
	return run(&r);
}

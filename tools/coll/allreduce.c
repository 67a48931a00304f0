/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public calls that move data: check, choose, run. */
#include <stdint.h>
#include <string.h>

#include "coll/internal.h"
#include "coll/reduce.h"
#include "coll/type.h"

/* Up to here the whole vector goes in log2(n) exchanges; measured, see NOTES.md. */
#define DOUBLING_BYTES ((size_t)32 << 10)

enum fb_algorithm_kind fb_algorithm_choose(enum fb_algorithm_kind asked, size_t bytes, int size)
{
	(void)size;
	if (!bytes || (asked == FB_ALGORITHM_DOUBLING && bytes <= FB_SCRATCH_BYTES))
		return FB_ALGORITHM_DOUBLING;
	if (asked == FB_ALGORITHM_AUTO && bytes <= DOUBLING_BYTES)
		return FB_ALGORITHM_DOUBLING;
	return FB_ALGORITHM_RING;
}

static fb_coll_status_t check(const void *send, const void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op,
			      struct fb_err *err)
{
	size_t element = fb_coll_type_size(type);
	uintptr_t from = (uintptr_t)send, to = (uintptr_t)recv;

	if (!element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "allreduce: type %d is unknown", (int)type);
	if (!fb_op_name(op))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "allreduce: operation %d is unknown", (int)op);
	if (count > PTRDIFF_MAX / element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "allreduce: %zu elements of %zu bytes: more than memory can hold",
				    count, element);
	if (!count)
		return FB_COLL_OK;
	if (!send || !recv)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "allreduce: a buffer is NULL");
	if (from % element || to % element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "allreduce: a buffer is not aligned to its %zu-byte elements", element);
	if (from != to && from < to + count * element && to < from + count * element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "allreduce: the buffers overlap; in place is send == recv");
	return FB_COLL_OK;
}

static fb_coll_status_t run_call(struct fb_coll *c, const struct fb_allreduce *a, enum fb_call kind)
{
	size_t bytes = a->count * fb_coll_type_size(a->type);
	enum fb_algorithm_kind algorithm = fb_algorithm_choose(c->settings.algorithm, bytes, c->size);
	struct fb_call_state call = {
		.call = kind, .count = a->count, .type = a->type, .op = a->op, .algorithm = algorithm
	};
	fb_coll_status_t status = fb_call_begin(c, &call);

	if (status)
		return status;
	status = algorithm == FB_ALGORITHM_RING ? fb_allreduce_ring(c, a) : fb_allreduce_doubling(c, a);
	if (!status && (c->remote || kind == FB_CALL_FINALIZE))
		status = fb_call_flush(c);
	return fb_call_end(c, status);
}

fb_coll_status_t fb_coll_allreduce(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
				   fb_coll_op_t op)
{
	struct fb_allreduce a = { send, recv, count, type, op };
	struct fb_err err;
	fb_coll_status_t status = check(send, recv, count, type, op, &err);

	if (status)
		return fb_coll_publish(status, &err);
	if (coll->size > 1)
		return run_call(coll, &a, FB_CALL_ALLREDUCE);
	if (send != recv && count)
		memcpy(recv, send, count * fb_coll_type_size(type));
	return FB_COLL_OK;
}

fb_coll_status_t fb_coll_barrier(fb_coll_t *coll)
{
	struct fb_allreduce nothing = { .count = 0 };

	return coll->size > 1 ? run_call(coll, &nothing, FB_CALL_BARRIER) : FB_COLL_OK;
}

fb_coll_status_t fb_allreduce_last(struct fb_coll *c)
{
	struct fb_allreduce nothing = { .count = 0 };

	return c->size > 1 ? run_call(c, &nothing, FB_CALL_FINALIZE) : FB_COLL_OK;
}

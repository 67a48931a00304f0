/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/arguments.h"

#include <stdint.h>

#include "coll/type.h"

/* The buffers of a call, in elements, and where send lies in recv, or recv in send, when both are one. */
struct shape {
	const char *name;
	size_t sent, received;
	ptrdiff_t offset; /* in place: send == recv + offset */
	const char *in_place;
	bool reduces;
};

static struct shape shape_of(const struct fb_task *task, int rank, int size)
{
	const size_t all = task->count * (size_t)size;
	const ptrdiff_t mine = (ptrdiff_t)task->count * rank;

	switch (task->call) {
	case FB_CALL_REDUCE_SCATTER:
		return (struct shape){ "reduce_scatter", all, task->count, -mine, "recv == send + rank * count", true };
	case FB_CALL_ALLGATHER:
		return (struct shape){ "allgather", task->count, all, mine, "send == recv + rank * count", false };
	case FB_CALL_BROADCAST:
		return (struct shape){ "broadcast", rank == task->root ? task->count : 0, task->count, 0, "send == recv", false };
	default:
		return (struct shape){ "allreduce", task->count, task->count, 0, "send == recv", true };
	}
}

static fb_coll_status_t check_buffers(const struct fb_task *task, const struct shape *shape, size_t element, struct fb_err *err)
{
	uintptr_t from = (uintptr_t)task->send, to = (uintptr_t)task->recv;

	if ((shape->sent && !task->send) || !task->recv)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: a buffer is NULL", shape->name);
	if ((shape->sent && from % element) || to % element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: a buffer is not aligned to its %zu-byte elements", shape->name, element);
	if (shape->sent && from != to + (uintptr_t)(shape->offset * (ptrdiff_t)element) && from < to + shape->received * element &&
	    to < from + shape->sent * element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: the buffers overlap; in place is %s", shape->name, shape->in_place);
	return FB_COLL_OK;
}

fb_coll_status_t fb_arguments_check(const struct fb_task *task, int rank, int size, struct fb_err *err)
{
	const size_t element = fb_coll_type_size(task->type);
	const bool per_rank = task->call == FB_CALL_REDUCE_SCATTER || task->call == FB_CALL_ALLGATHER;
	const char *name = shape_of(&(struct fb_task){ .call = task->call }, 0, 1).name;

	if (!element)
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: type %d is unknown", name, (int)task->type);
	if (shape_of(&(struct fb_task){ .call = task->call }, 0, 1).reduces && !fb_op_name(task->op))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: operation %d is unknown", name, (int)task->op);
	if (task->call == FB_CALL_BROADCAST && (task->root < 0 || task->root >= size))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: root %d is outside 0 to %d", name, task->root, size - 1);
	if (task->count > PTRDIFF_MAX / element / (per_rank ? (size_t)size : 1))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "%s: %zu elements of %zu bytes%s: more than memory can hold", name,
				    task->count, element, per_rank ? " per rank" : "");
	if (!task->count)
		return FB_COLL_OK;
	const struct shape shape = shape_of(task, rank, size);
	return check_buffers(task, &shape, element, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The public calls that move data: check, then run or post. */
#include <stdlib.h>
#include <string.h>

#include "coll/arguments.h"
#include "coll/mapped.h"
#include "coll/private.h"
#include "coll/work.h"

/* One rank alone: what it would get from itself. */
static void copy_alone(const struct fb_task *task)
{
	if (task->count && task->send != task->recv)
		memcpy(task->recv, task->send, task->count * fb_coll_type_size(task->type));
}

static fb_coll_status_t check(struct fb_coll *c, const struct fb_task *task)
{
	struct fb_err err;

	if (task->call == FB_CALL_BARRIER)
		return FB_COLL_OK;
	return fb_coll_publish(fb_arguments_check(task, c->rank, c->size, &err), &err);
}

fb_coll_status_t fb_coll_run(struct fb_coll *c, const struct fb_task *task)
{
	if (fb_mapped_takes(c, task))
		return fb_mapped_run(c, task);
	if (c->size > 1)
		return fb_work_run(c, task);
	copy_alone(task);
	return FB_COLL_OK;
}

static fb_coll_status_t run(struct fb_coll *c, const struct fb_task *task)
{
	fb_coll_status_t status = check(c, task);

	return status ? status : fb_coll_run(c, task);
}

/* So many that a rank can still be asked about each. */
static fb_coll_status_t make_room(struct fb_coll *c)
{
	fb_coll_status_t status = FB_COLL_OK;

	while (!status && c->requests >= FB_REQUESTS_MAX)
		status = fb_work_wait(c->first);
	return status;
}

static fb_coll_status_t post(struct fb_coll *c, const struct fb_task *task, fb_coll_request_t **request)
{
	struct fb_err err;
	fb_coll_status_t status = check(c, task);

	if (status || (status = make_room(c)))
		return status;
	struct fb_work *work = malloc(sizeof(*work));
	if (!work)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "no memory for a request"), &err);
	if (c->size == 1) {
		copy_alone(task);
		work->c = c;
		work->done = true;
	} else if ((status = fb_work_post(work, c, task))) {
		free(work);
		return status;
	} else if (!work->done) {
		work->request = true;
		c->requests++;
	}
	*request = work;
	return FB_COLL_OK;
}

static struct fb_task allreduce(const struct fb_coll *c, const void *send, void *recv, size_t count, fb_coll_type_t type,
				fb_coll_op_t op)
{
	return (struct fb_task){ .call = FB_CALL_ALLREDUCE, .send = send, .recv = recv, .count = count, .type = type, .op = op,
				 .wire = type == FB_COLL_FLOAT32 ? c->wire : type };
}

static struct fb_task reduce_scatter(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op)
{
	return (struct fb_task){ .call = FB_CALL_REDUCE_SCATTER, .send = send, .recv = recv, .count = count, .type = type, .op = op };
}

static struct fb_task allgather(const void *send, void *recv, size_t count, fb_coll_type_t type)
{
	return (struct fb_task){ .call = FB_CALL_ALLGATHER, .send = send, .recv = recv, .count = count, .type = type };
}

static struct fb_task broadcast(const void *send, void *recv, size_t count, fb_coll_type_t type, int root, int rank)
{
	/* Who is not the root sends nothing, and may pass anything. */
	return (struct fb_task){
		.call = FB_CALL_BROADCAST, .send = rank == root ? send : recv, .recv = recv, .count = count, .type = type, .root = root
	};
}

static struct fb_task barrier(enum fb_call call)
{
	return (struct fb_task){ .call = call };
}

fb_coll_status_t fb_coll_allreduce(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
				   fb_coll_op_t op)
{
	const struct fb_task task = allreduce(coll, send, recv, count, type, op);

	return run(coll, &task);
}

fb_coll_status_t fb_coll_iallreduce(fb_coll_t *coll, const void *send, void *recv, size_t count,
				    fb_coll_type_t type, fb_coll_op_t op, fb_coll_request_t **request)
{
	const struct fb_task task = allreduce(coll, send, recv, count, type, op);

	return post(coll, &task, request);
}

fb_coll_status_t fb_coll_reduce_scatter(fb_coll_t *coll, const void *send, void *recv, size_t count,
					fb_coll_type_t type, fb_coll_op_t op)
{
	const struct fb_task task = reduce_scatter(send, recv, count, type, op);

	return run(coll, &task);
}

fb_coll_status_t fb_coll_ireduce_scatter(fb_coll_t *coll, const void *send, void *recv, size_t count,
					 fb_coll_type_t type, fb_coll_op_t op, fb_coll_request_t **request)
{
	const struct fb_task task = reduce_scatter(send, recv, count, type, op);

	return post(coll, &task, request);
}

fb_coll_status_t fb_coll_allgather(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type)
{
	const struct fb_task task = allgather(send, recv, count, type);

	return run(coll, &task);
}

fb_coll_status_t fb_coll_iallgather(fb_coll_t *coll, const void *send, void *recv, size_t count,
				    fb_coll_type_t type, fb_coll_request_t **request)
{
	const struct fb_task task = allgather(send, recv, count, type);

	return post(coll, &task, request);
}

fb_coll_status_t fb_coll_broadcast(fb_coll_t *coll, const void *send, void *recv, size_t count, fb_coll_type_t type,
				   int root)
{
	const struct fb_task task = broadcast(send, recv, count, type, root, coll->rank);

	return run(coll, &task);
}

fb_coll_status_t fb_coll_ibroadcast(fb_coll_t *coll, const void *send, void *recv, size_t count,
				    fb_coll_type_t type, int root, fb_coll_request_t **request)
{
	const struct fb_task task = broadcast(send, recv, count, type, root, coll->rank);

	return post(coll, &task, request);
}

fb_coll_status_t fb_coll_barrier(fb_coll_t *coll)
{
	const struct fb_task task = barrier(FB_CALL_BARRIER);

	return run(coll, &task);
}

fb_coll_status_t fb_coll_ibarrier(fb_coll_t *coll, fb_coll_request_t **request)
{
	const struct fb_task task = barrier(FB_CALL_BARRIER);

	return post(coll, &task, request);
}

fb_coll_status_t fb_coll_set_wire(fb_coll_t *coll, fb_coll_type_t wire)
{
	struct fb_err err;

	if (wire != FB_COLL_FLOAT32 && wire != FB_COLL_FLOAT16 && wire != FB_COLL_BFLOAT16)
		return fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_ARGUMENT, "set_wire: type %d: one of float, half, bfloat16", (int)wire),
				       &err);
	coll->wire = wire;
	return FB_COLL_OK;
}

void fb_coll_take(fb_coll_t *coll, int algorithm)
{
	coll->job->settings.algorithm = (enum fb_algorithm_kind)algorithm;
}

fb_coll_status_t fb_coll_last(struct fb_coll *c)
{
	const struct fb_task task = barrier(FB_CALL_FINALIZE);

	return c->size > 1 ? fb_work_run(c, &task) : FB_COLL_OK;
}

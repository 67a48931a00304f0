/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several tensors in few allreduces: those of one type and operation are packed, as many as fit a bounded memory, and go as
 * one vector; one that is too large to gain from that goes by itself, without a copy.
 */
#include <stdlib.h>
#include <string.h>

#include "coll/arguments.h"
#include "coll/internal.h"
#include "coll/type.h"

#define FUSED_BYTES ((size_t)1 << 20) /* packed into one vector */
#define ALONE_BYTES ((size_t)256 << 10)

/* Tensors waiting to go as one vector. */
struct pack {
	struct fb_coll *c;
	const fb_coll_tensor_t *tensors;
	size_t *members; /* indices of those packed */
	size_t packed, bytes;
	char *memory; /* NULL until needed */
	uint64_t cut; /* over the tensors' lengths: ranks that cut differently must not match */
};

static bool same_kind(const fb_coll_tensor_t *a, const fb_coll_tensor_t *b)
{
	return a->type == b->type && a->op == b->op;
}

static size_t bytes_of(const fb_coll_tensor_t *t)
{
	return t->count * fb_coll_type_size(t->type);
}

static fb_coll_status_t reduce(struct fb_coll *c, const fb_coll_tensor_t *kind, const void *send, void *recv, size_t count,
			       uint64_t cut)
{
	const struct fb_task task = {
		.call = FB_CALL_ALLREDUCE, .send = send, .recv = recv, .count = count,
		.type = kind->type, .op = kind->op, .detail = cut,
		.wire = kind->type == FB_COLL_FLOAT32 ? c->wire : kind->type,
	};

	return fb_coll_run(c, &task);
}

static fb_coll_status_t flush(struct pack *pack)
{
	const fb_coll_tensor_t *kind = &pack->tensors[pack->members[0]];
	size_t at = 0;

	if (!pack->packed)
		return FB_COLL_OK;
	fb_coll_status_t status = reduce(pack->c, kind, pack->memory, pack->memory,
					 pack->bytes / fb_coll_type_size(kind->type), pack->cut);
	for (size_t i = 0; i < pack->packed && !status; i++) {
		const fb_coll_tensor_t *t = &pack->tensors[pack->members[i]];
		memcpy(t->recv, pack->memory + at, bytes_of(t));
		at += bytes_of(t);
	}
	pack->packed = pack->bytes = 0;
	pack->cut = 0;
	return status;
}

static fb_coll_status_t add(struct pack *pack, size_t i)
{
	const fb_coll_tensor_t *t = &pack->tensors[i];
	const size_t bytes = bytes_of(t);
	fb_coll_status_t status = FB_COLL_OK;

	if (!bytes)
		return FB_COLL_OK;
	if (bytes > ALONE_BYTES)
		return reduce(pack->c, t, t->send, t->recv, t->count, 0);
	if (pack->bytes + bytes > FUSED_BYTES)
		status = flush(pack);
	memcpy(pack->memory + pack->bytes, t->send, bytes);
	pack->members[pack->packed++] = i;
	pack->bytes += bytes;
	pack->cut = (pack->cut ^ t->count) * 0x100000001b3u + 1;
	return status;
}

static fb_coll_status_t check(struct fb_coll *c, const fb_coll_tensor_t *tensors, size_t count, struct fb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		const fb_coll_tensor_t *t = &tensors[i];
		const struct fb_task task = {
			.call = FB_CALL_ALLREDUCE, .send = t->send, .recv = t->recv, .count = t->count, .type = t->type, .op = t->op,
		};
		fb_coll_status_t status = fb_arguments_check(&task, c->rank, c->size, err);
		if (status) {
			fb_err_prefix(err, "tensor %zu", i);
			return status;
		}
	}
	return FB_COLL_OK;
}

/* Kind after kind, in the order of their first tensors. */
static fb_coll_status_t reduce_all(struct pack *pack, size_t count)
{
	bool gone[FB_COLL_TYPES][FB_COLL_OPS] = { { false } };
	fb_coll_status_t status = FB_COLL_OK;

	for (size_t first = 0; first < count && !status; first++) {
		const fb_coll_tensor_t *kind = &pack->tensors[first];
		if (gone[kind->type][kind->op])
			continue;
		gone[kind->type][kind->op] = true;
		for (size_t i = first; i < count && !status; i++)
			if (same_kind(kind, &pack->tensors[i]))
				status = add(pack, i);
		if (!status)
			status = flush(pack);
	}
	return status;
}

fb_coll_status_t fb_coll_allreduce_many(fb_coll_t *coll, const fb_coll_tensor_t *tensors, size_t count)
{
	struct fb_err err;
	fb_coll_status_t status = check(coll, tensors, count, &err);

	if (status || !count)
		return fb_coll_publish(status, &err);
	struct pack pack = { .c = coll, .tensors = tensors };
	pack.memory = malloc(FUSED_BYTES);
	pack.members = calloc(count, sizeof(*pack.members));
	if (!pack.memory || !pack.members)
		status = fb_coll_publish(fb_coll_fail(&err, FB_COLL_ERR_MEMORY, "no memory for %zu tensors", count), &err);
	else
		status = reduce_all(&pack, count);
	/* After a failure other ranks may still write to what was packed. */
	if (!coll->job->failed)
		free(pack.memory);
	free(pack.members);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every call of flightbase/coll.h between the tasks of a step, on all of them and in groups; rank 0 says how many results were right. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <flightbase/coll.h>

#define LARGE 300000 /* int64_t per rank */

static const size_t counts[] = { 1, 1000, LARGE };

static int64_t value(int rank, size_t i)
{
	return (int64_t)(rank + 1) * 1000 + (int64_t)(i % 97);
}

static void need(fb_coll_status_t status)
{
	if (!status)
		return;
	fprintf(stderr, "%s\n", fb_coll_error_text());
	exit(1);
}

/* Whether all ranks' values at i, added, are this. */
static int is_sum(int64_t got, int size, size_t i)
{
	return got == (int64_t)size * (size + 1) / 2 * 1000 + (int64_t)size * (int64_t)(i % 97);
}

/* All calls begun together, each on its own part of the memory. Returns the number of those with the right result. */
static int try_all(fb_coll_t *coll, size_t count, int64_t *in, int64_t *out)
{
	const int size = fb_coll_size(coll), rank = fb_coll_rank(coll), root = size - 1;
	const size_t all = count * (size_t)size;
	int64_t *scattered = out + count, *gathered = scattered + count, *cast = gathered + all;
	fb_coll_request_t *request[5];
	int right[4] = { 1, 1, 1, 1 };

	for (size_t i = 0; i < all; i++)
		in[i] = value(rank, i);
	need(fb_coll_iallreduce(coll, in, out, count, FB_COLL_INT64, FB_COLL_SUM, &request[0]));
	need(fb_coll_ireduce_scatter(coll, in, scattered, count, FB_COLL_INT64, FB_COLL_SUM, &request[1]));
	need(fb_coll_iallgather(coll, in, gathered, count, FB_COLL_INT64, &request[2]));
	need(fb_coll_ibroadcast(coll, in, cast, count, FB_COLL_INT64, root, &request[3]));
	need(fb_coll_ibarrier(coll, &request[4]));
	need(fb_coll_wait(&request[4]));
	need(fb_coll_waitall(request, 5));
	for (size_t i = 0; i < count; i++) {
		right[0] &= is_sum(out[i], size, i);
		right[1] &= is_sum(scattered[i], size, (size_t)rank * count + i);
		right[3] &= cast[i] == value(root, i);
	}
	for (size_t i = 0; i < all; i++)
		right[2] &= gathered[i] == value((int)(i / count), i % count);
	return right[0] + right[1] + right[2] + right[3];
}

static int try_wire(fb_coll_t *coll, float *data)
{
	int right = 1;

	for (size_t i = 0; i < LARGE; i++)
		data[i] = (float)(i % 16);
	need(fb_coll_set_wire(coll, FB_COLL_BFLOAT16));
	need(fb_coll_allreduce(coll, data, data, LARGE, FB_COLL_FLOAT32, FB_COLL_AVG));
	for (size_t i = 0; i < LARGE; i++)
		right &= data[i] >= (float)(i % 16) && data[i] <= (float)(i % 16);
	return right;
}

int main(void)
{
	fb_coll_t *coll = NULL, *half = NULL;
	int64_t right = 0;

	need(fb_coll_init(&coll));
	const size_t size = (size_t)fb_coll_size(coll);
	int64_t *in = calloc(size * LARGE, sizeof(*in)), *out = calloc((size + 3) * LARGE, sizeof(*out));
	if (!in || !out)
		return 1;
	/* Neighbours are in different halves. */
	need(fb_coll_split(coll, fb_coll_rank(coll) % 2, -fb_coll_rank(coll), &half));
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		right += try_all(coll, counts[i], in, out);
		right += try_all(half, counts[i], in, out);
	}
	right += try_wire(coll, (float *)(void *)out);
	need(fb_coll_finalize(half));
	need(fb_coll_allreduce(coll, &right, &right, 1, FB_COLL_INT64, FB_COLL_MIN));
	if (!fb_coll_rank(coll))
		printf("%lld of 25 right on %d ranks\n", (long long)right, fb_coll_size(coll));
	free(in);
	free(out);
	need(fb_coll_finalize(coll));
	return 0;
}

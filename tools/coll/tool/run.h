/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measure and check one row of the sweep. */
#ifndef FB_ALLREDUCE_RUN_H
#define FB_ALLREDUCE_RUN_H

#include <stdint.h>

#include "coll/tool/backend.h"
#include "coll/tool/latency.h"
#include "coll/tool/params.h"

struct fb_buffers {
	void *send, *recv; /* of params.max_bytes each, and room to begin unaligned */
	double *times;	   /* [params.iters]; NULL where single iterations are not kept */
};

struct fb_timing {
	double time_us;	       /* of one allreduce, over the ranks as params.average says */
	double cpu_us;	       /* the same of processor time; 0: not asked for */
	double algbw, busbw;   /* GB/s (1e9 bytes/s) */
	int64_t wrong;	       /* elements over all ranks and checked iterations; -1: not checked */
	struct fb_latency latency; /* of its iterations; count 0: not kept */
};

struct fb_row {
	int cycle; /* from 0 */
	size_t bytes, count;
	fb_coll_type_t type;
	fb_coll_op_t op;
	struct fb_timing out_of_place, in_place;
};

/*
 * Bus bandwidth of an allreduce: algbw * 2(n-1)/n, what each rank's link must carry
 * (nccl-tests, doc/PERFORMANCE.md). n = 1: 0.
 */
double fb_bus_bandwidth(double algbw, int ranks);

/* The better of its two: what the wires gave. */
static inline double fb_row_busbw(const struct fb_row *row)
{
	return row->in_place.busbw > row->out_of_place.busbw ? row->in_place.busbw : row->out_of_place.busbw;
}

/*
 * Allocate and touch, here or in the library; refuses, on all ranks together, what does not fit into the memory that is
 * available. All ranks destroy them together.
 */
int fb_buffers_create(const struct fb_backend *backend, const struct fb_world *world, const struct fb_params *params,
		      struct fb_buffers *buffers, struct fb_err *err);
void fb_buffers_destroy(const struct fb_backend *backend, const struct fb_params *params, struct fb_buffers *buffers);

/* row->bytes, type and op are given. 0, or -1 with err set. */
int fb_row_measure(const struct fb_backend *backend, const struct fb_world *world, const struct fb_params *params,
		   const struct fb_buffers *buffers, struct fb_row *row, struct fb_err *err);

#endif

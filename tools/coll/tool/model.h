/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the wires should give: the modelled bus bandwidth of an allreduce over the GPUs of the step (topology/engine/span.h),
 * put together from FLIGHTBASE_MODEL of each rank, in which spank_flightbase(8) tells a task of its node's part, such as
 * "ring=60,net=25,group=leaf-a,leaf=2,pod=p1,pod_leaf=1".
 */
#ifndef FB_ALLREDUCE_MODEL_H
#define FB_ALLREDUCE_MODEL_H

#include <stddef.h>

#include "common/err.h"

/* "90", "46.5": a plain decimal number in [min, max]. 0, or -1 with err set. */
int fb_decimal_parse(const char *text, double min, double max, double *value, struct fb_err *err);

/* One rank's host and what its FLIGHTBASE_MODEL says, "" where it is not set. */
struct fb_model_part {
	const char *host, *text;
};

/*
 * GB/s of the whole step; 0 where it has one GPU. 0, or -1 with an err that says why there is no model: a part that is
 * missing, or no such text.
 */
int fb_model_combine(const struct fb_model_part *part, int ranks, double *gbps, struct fb_err *err);

/* "92% of 46 GB/s modelled" */
void fb_model_verdict(double busbw, double gbps, char *text, size_t size);

#endif

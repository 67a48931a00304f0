/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rank of a round does: a random sequence of calls of all kinds, the same on every rank, each result looked at. */
#ifndef FB_SOAK_SCENE_H
#define FB_SOAK_SCENE_H

#include "../unit/coll_trial.h"
#include "plan.h"

#define SCENE_TRIALS 8
#define SCENE_ROOM ((size_t)1 << 20) /* bytes of each of the two buffers in fb_coll_alloc's memory */

struct scene {
	const struct plan *plan;
	fb_coll_t *coll, *half, *some; /* some: NULL on ranks that are not in it */
	void *given[2];
	uint64_t same, own; /* streams of random numbers: every rank's, this rank's */
	int rank, size, salt;
	struct trial trials[SCENE_TRIALS]; /* of the step under way */
	fb_coll_t *handles[SCENE_TRIALS];
	char calls[256]; /* names of the calls of this step, for the report */
};

/* The job's groups and memory. All return the first failure. */
fb_coll_status_t scene_begin(struct scene *s, const struct plan *plan, fb_coll_t *coll);
fb_coll_status_t scene_step(struct scene *s);

/* One call that the culprit makes with other arguments, all others alike. */
fb_coll_status_t scene_disagree(struct scene *s);

/* What is left of it, without the job itself. */
fb_coll_status_t scene_end(struct scene *s);

/* After a failure: everything else fails at once, requests too. Returns the status of the last. */
fb_coll_status_t scene_give_up(struct scene *s);

#endif

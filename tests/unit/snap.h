/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots made by hand. */
#ifndef FB_TESTS_SNAP_H
#define FB_TESTS_SNAP_H

#include "check.h"

#include "flightbase/snapshot.h"

/* Add a job of these; the caller sets the rest. Texts are copied. */
static inline struct fb_snap_job *snap_job(struct fb_snapshot *snapshot, uint32_t id, const char *user, const char *account)
{
	char text[32];

	snapshot->job = realloc(snapshot->job, (snapshot->jobs + 1) * sizeof(*snapshot->job));
	assert_non_null(snapshot->job);
	struct fb_snap_job *job = &snapshot->job[snapshot->jobs++];
	snprintf(text, sizeof(text), "%u", id);
	*job = (struct fb_snap_job){ .tasks = 1, .id = strdup(text), .user = strdup(user), .account = strdup(account),
				     .training = strdup("advanced"), .name = strdup("train"), .partition = strdup("gpu"),
				     .reason = strdup("Priority"), .nodes = strdup(""), 
				     .turn = { .base = id, .queued = true, .tier = 1, .priority = 100, .submit = 1000 } };
	return job;
}

static inline struct fb_snap_node *snap_node(struct fb_snapshot *snapshot, const char *name, int64_t gpus)
{
	snapshot->node = realloc(snapshot->node, (snapshot->nodes + 1) * sizeof(*snapshot->node));
	assert_non_null(snapshot->node);
	struct fb_snap_node *node = &snapshot->node[snapshot->nodes++];
	*node = (struct fb_snap_node){ .name = strdup(name), .state = strdup("idle"), .reason = strdup(""),
				       .reason_user = strdup(""), .type = strdup("v100"), .preflight = strdup(""), .usable = true, .gpus = gpus };
	return node;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/snapshot.h"

#include <stdlib.h>

static void free_job(struct fb_snap_job *job)
{
	free(job->id);
	free(job->user);
	free(job->account);
	free(job->training);
	free(job->name);
	free(job->partition);
	free(job->reason);
	free(job->nodes);
	free(job->share);
}

static void free_node(struct fb_snap_node *node)
{
	free(node->name);
	free(node->state);
	free(node->reason);
	free(node->reason_user);
	free(node->type);
	free(node->preflight);
}

void fb_snapshot_free(struct fb_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->jobs; i++)
		free_job(&snapshot->job[i]);
	for (size_t i = 0; i < snapshot->nodes; i++)
		free_node(&snapshot->node[i]);
	free(snapshot->job);
	free(snapshot->node);
	*snapshot = (struct fb_snapshot){ .jobs = 0 };
}

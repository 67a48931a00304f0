/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "common/preflight_mark.h"
#include "flightbase/commands.h"
#include "flightbase/state.h"
#include "flightbase/table.h"

enum { NAME, STATE, TYPE, GPUS, USED, FREE, JOBS, PREFLIGHT, REASON };

static const struct fb_column columns[] = {
	[NAME] = { "NAME", FB_COLUMN_TEXT },   [STATE] = { "STATE", FB_COLUMN_TEXT },	[TYPE] = { "TYPE", FB_COLUMN_TEXT },
	[GPUS] = { "GPUS", FB_COLUMN_NUMBER }, [USED] = { "USED", FB_COLUMN_NUMBER },	[FREE] = { "FREE", FB_COLUMN_NUMBER },
	[JOBS] = { "JOBS", FB_COLUMN_NUMBER }, [PREFLIGHT] = { "PREFLIGHT_FAILED", FB_COLUMN_NUMBER },
	[REASON] = { "REASON", FB_COLUMN_TEXT }, { .name = NULL },
};

/* Jobs with GPUs on each node. */
static size_t *count_jobs(const struct fb_snapshot *snapshot)
{
	size_t *jobs = calloc(snapshot->nodes + 1, sizeof(*jobs));

	for (size_t i = 0; jobs && i < snapshot->jobs; i++)
		for (size_t s = 0; s < snapshot->job[i].shares; s++)
			jobs[snapshot->job[i].share[s].node]++;
	return jobs;
}

static void fill(struct fb_table *table, const struct fb_snap_node *node, size_t jobs)
{
	fb_table_row(table);
	fb_table_set(table, NAME, "%s", node->name);
	fb_table_set(table, STATE, "%s", node->state);
	if (*node->type)
		fb_table_set(table, TYPE, "%s", node->type);
	fb_table_set(table, GPUS, "%" PRId64, node->gpus);
	fb_table_set(table, USED, "%" PRId64, node->used.count);
	/* What nobody uses on a node that gets no work is not free. */
	fb_table_set(table, FREE, "%" PRId64, node->usable ? node->gpus - node->used.count : 0);
	fb_table_set(table, JOBS, "%zu", jobs);
	if (*node->preflight)
		fb_table_set(table, PREFLIGHT, "%u", fb_preflight_mark_count(node->preflight));
	if (*node->reason)
		fb_table_set(table, REASON, "%s", node->reason);
}

int fb_node_list(const struct fb_args *args)
{
	struct fb_snapshot snapshot;
	struct fb_err err;

	if (fb_snapshot_load(&snapshot, FB_POLICY_PREEMPTIBLE_QOS, &err))
		return fb_cli_failed(&err);
	size_t *jobs = count_jobs(&snapshot);
	struct fb_table *table = fb_table_create("nodes", columns, args->json);
	for (size_t i = 0; jobs && i < snapshot.nodes; i++)
		fill(table, &snapshot.node[i], jobs[i]);
	fb_table_print(table);
	if (!snapshot.nodes)
		fb_cli_note("no nodes can be seen: the cluster has none, or PrivateData hides them");
	free(jobs);
	fb_snapshot_free(&snapshot);
	return FB_EXIT_DONE;
}

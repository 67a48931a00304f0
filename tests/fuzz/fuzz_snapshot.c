/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as what the cache keeps: what is read adds up and sorts without harm, and written again it reads as the
 * same. Also as one of Slurm's texts of GPUs.
 */
#include <stdlib.h>
#include <string.h>

#include "flightbase/queue.h"
#include "flightbase/tally.h"
#include "flightbase/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_gpus(const char *text)
{
	struct fb_gpus gpus;
	char index[FB_GPUS_TEXT_MAX];

	fb_gpus_read(text, &gpus);
	fb_gpus_index_text(gpus.index, index, sizeof(index));
	if (gpus.count < 0 || strlen(gpus.type) > FB_GPUS_TYPE_MAX || fb_gpus_index_read(index) != gpus.index)
		abort();
}

static void use(const struct fb_snapshot *snapshot)
{
	struct fb_cluster_count cluster;
	struct fb_tally tally;
	struct fb_queue queue;

	fb_tally_cluster(snapshot, &cluster);
	if (fb_tally_make(snapshot, NULL, NULL, fb_tally_by_user, &tally) || fb_queue_make(snapshot, &queue))
		abort();
	struct fb_count sum = fb_tally_sum(&tally);
	if (sum.running != cluster.running || sum.pending != cluster.pending || queue.count > snapshot->jobs)
		abort();
	fb_tally_free(&tally);
	fb_queue_free(&queue);
}

static void check_snapshot(struct json_object *json)
{
	struct fb_snapshot first, second;

	if (fb_snapshot_parse(&first, json)) {
		if (first.jobs || first.nodes || first.job || first.node)
			abort();
		return;
	}
	use(&first);
	struct json_object *written = fb_snapshot_format(&first);
	if (fb_snapshot_parse(&second, written) || second.jobs != first.jobs || second.nodes != first.nodes)
		abort();
	json_object_put(written);
	fb_snapshot_free(&first);
	fb_snapshot_free(&second);
}

static void check_views(struct json_object *json)
{
	struct fb_views views = { .count = 0 };

	if (!fb_views_parse(&views, json))
		json_object_put(fb_views_format(&views));
	for (size_t i = 0; i < views.count; i++)
		if (fb_views_find(&views, views.view[i].name) != &views.view[i])
			abort();
	fb_views_free(&views);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_gpus(text);
	struct json_object *json = json_tokener_parse(text);
	free(text);
	check_snapshot(json);
	check_views(json);
	json_object_put(json);
	return 0;
}

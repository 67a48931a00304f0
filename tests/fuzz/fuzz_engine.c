/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine and the counts: any wiring, any occupation, any request. */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "topology/demand.h"
#include "topology/engine/engine.h"

static unsigned int take16(struct input *in)
{
	unsigned int low = take(in);

	return low | take(in) << 8;
}

static struct fb_engine_type *type_make(struct input *in)
{
	struct fb_engine_wiring w = { .gpus = take(in) % 12, .lane_gbps = take(in) };

	for (unsigned int i = 0; i < FB_ENGINE_GPUS_MAX; i++)
		for (unsigned int j = 0; j < i; j++) {
			unsigned int link = take(in);

			w.link[i][j] = w.link[j][i] = link & 7;
			w.lanes[i][j] = w.lanes[j][i] = (uint8_t)(link >> 3);
		}
	return fb_engine_type_create(&w, NULL);
}

static void choice_check(const struct fb_engine_type *type, const struct fb_engine_request *request)
{
	struct fb_engine_choice choice = { 0 };

	if (fb_engine_choose(type, request, &choice))
		return;
	if (choice.gpus & ~request->free || (unsigned int)__builtin_popcount(choice.gpus) != request->count)
		abort();
	for (unsigned int g = 0; g < request->groups; g++)
		if (!(request->group[g].counts >> __builtin_popcount(choice.gpus & request->group[g].members) & 1))
			abort();
}

static void shares_check(struct input *in)
{
	struct fb_share share[8] = { 0 };
	size_t nodes = take(in) % 8;
	uint32_t gpus = take16(in), tasks = take16(in), sum = 0;

	for (size_t n = 0; n < nodes; n++)
		share[n] = (struct fb_share){ .cpus = take16(in), .threads = take(in), .task_limit = take(in), .gpus = take(in) };
	if (!fb_share_gpus(share, nodes, gpus)) {
		for (size_t n = 0; n < nodes; n++) {
			sum += share[n].take;
			if (share[n].take > share[n].gpus)
				abort();
		}
		if (sum < gpus)
			abort();
	}
	sum = 0;
	if (!fb_share_tasks(share, nodes, tasks, take(in), take(in))) {
		for (size_t n = 0; n < nodes; n++)
			sum += share[n].tasks;
		if (sum != tasks)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct fb_engine_type *type = type_make(&in);
	fb_gpuset islands[FB_ENGINE_GPUS_MAX];

	while (type && in.left) {
		struct fb_engine_request request = { .free = (fb_gpuset)take16(&in),
						     .idle = (fb_gpuset)take16(&in),
						     .held = (fb_gpuset)take16(&in),
						     .count = take(&in),
						     .groups = take(&in) % (FB_ENGINE_GROUPS_MAX + 2) };

		for (unsigned int g = 0; g < request.groups && g < FB_ENGINE_GROUPS_MAX; g++)
			request.group[g] = (struct fb_engine_group){ (fb_gpuset)take16(&in), take16(&in) };
		choice_check(type, &request);
		fb_engine_islands(type, (enum fb_link)(take(&in) & 7), islands);
	}
	fb_engine_type_destroy(type);
	in = (struct input){ data, size };
	shares_check(&in);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the wires have to do with a job: those between the GPUs that it holds, or those that it waits for. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/gpus.h"
#include "flightbase/say.h"
#include "flightbase/why_load.h"

static bool requires_wires(const struct fb_why_job *job)
{
	return job->decided && (!strcmp(job->decision.p2p, "require") || !strcmp(job->decision.rdma, "require"));
}

/* A broken file is `flightbase check`'s to tell. */
void fb_why_load_wires(struct fb_why_source *source)
{
	struct fb_why_wires *wires = &source->why.wires;
	const struct fb_why_job *job = &source->why.job;
	struct fb_err err;

	if (job->phase == FB_JOB_PENDING && !requires_wires(job))
		return;
	wires->known = !fb_cluster_wires_load(&source->wires, &err) && source->wires.topology.there;
	if (!wires->known || job->phase != FB_JOB_PENDING)
		return;
	if (!strcmp(job->decision.p2p, "require"))
		wires->island_wanted = job->gpus_per_node ? job->gpus_per_node : job->nodes <= 1 ? job->gpus : 2;
	if (!strcmp(job->decision.rdma, "require") && job->nodes > 1)
		wires->group_wanted = job->nodes;
	if (wires->group_wanted)
		source->group_free = calloc(source->wires.wired.fabric.groups + 1, sizeof(source->group_free[0]));
}

/* The best kind of link over which all of the set reach each other, and the node's GPUs that do. */
static void island_find(const struct fb_engine_type *type, fb_gpuset set, struct fb_why_hold *hold)
{
	for (enum fb_link link = FB_LINK_NVLINK; set & (set - 1) && link >= FB_LINK_SYS; link--) {
		fb_gpuset islands[FB_ENGINE_GPUS_MAX];
		unsigned int count = fb_engine_islands(type, link, islands);

		for (unsigned int i = 0; i < count; i++) {
			if (set & ~islands[i])
				continue;
			snprintf(hold->link, sizeof(hold->link), "%s", fb_island_link_name(link));
			fb_gpus_index_text(islands[i], hold->island, sizeof(hold->island));
			return;
		}
	}
}

static void group_note(const struct fb_cluster_wires *cluster, uint32_t group, struct fb_why_wires *wires)
{
	const char *name = group == FB_ENGINE_NO_GROUP ? "none" : cluster->topology.file.fabric.group[group].name;
	char padded[80], list[sizeof(wires->groups) + 4];

	if (!cluster->wired.fabric.groups)
		return;
	snprintf(padded, sizeof(padded), ", %s,", name);
	snprintf(list, sizeof(list), ", %s,", wires->groups);
	if (!strstr(list, padded))
		fb_say_append(wires->groups, sizeof(wires->groups), "%s", name);
}

/* One node of a job; false: it is not wired, or its indices are not told. */
static bool held_read(const struct fb_why_source *source, const char *node, const char *gres, struct fb_engine_held *held)
{
	const struct fb_wired_node *wired = fb_wired_find(&source->wires.wired, node);
	struct fb_gpus gpus;

	fb_gpus_read(gres, &gpus);
	if (!wired || !wired->type || !gpus.index || gpus.index >> wired->type->wiring.gpus)
		return false;
	*held = (struct fb_engine_held){ .type = wired->type->engine,
					 .gpus = (fb_gpuset)gpus.index,
					 .group = wired->group,
					 .net_gbps = fb_topofile_net_gbps(wired->type) };
	return true;
}

void fb_why_load_wires_hold(const struct fb_why_source *source, const char *node, const char *gres, struct fb_why_hold *hold)
{
	struct fb_engine_held held;

	if (source->why.wires.known && held_read(source, node, gres, &held))
		island_find(held.type, held.gpus, hold);
}

static uint32_t gpus_held(const struct fb_engine_held *held, size_t nodes, uint32_t *per_node)
{
	uint32_t gpus = 0;

	*per_node = nodes ? (uint32_t)__builtin_popcount(held[0].gpus) : 0;
	for (size_t i = 0; i < nodes; i++) {
		uint32_t here = (uint32_t)__builtin_popcount(held[i].gpus);

		gpus += here;
		if (here != *per_node)
			*per_node = 0;
	}
	return gpus;
}

void fb_why_load_wires_held(struct fb_why_source *source)
{
	struct fb_why_wires *wires = &source->why.wires;
	const slurm_job_info_t *info = source->job->info;
	hostlist_t *list = wires->known && info->nodes ? slurm_hostlist_create(info->nodes) : NULL;
	struct fb_engine_held *held = list ? calloc(info->gres_detail_cnt + 1, sizeof(*held)) : NULL;
	uint32_t nodes = 0, per_node, gpus;
	char *node = NULL;

	while (held && nodes < info->gres_detail_cnt && (node = slurm_hostlist_shift(list)) &&
	       held_read(source, node, info->gres_detail_str[nodes], &held[nodes])) {
		group_note(&source->wires, held[nodes].group, wires);
		nodes++;
		free(node);
		node = NULL;
	}
	if (nodes && nodes == info->gres_detail_cnt) {
		gpus = gpus_held(held, nodes, &per_node);
		wires->gbps = fb_engine_held_gbps(&source->wires.wired.fabric, held, nodes);
		/* A job that said nothing of nodes could have had fewer. */
		wires->best_gbps = fb_cluster_wires_best(&source->wires, gpus, nodes, info->tres_per_node ? per_node : 0);
	}
	free(node);
	free(held);
	if (list)
		slurm_hostlist_destroy(list);
}

/* The most GPUs of a set that are P2P to each other. */
static int64_t island_free(const struct fb_engine_type *type, fb_gpuset idle)
{
	for (unsigned int count = (unsigned int)__builtin_popcount(idle); count > 1; count--) {
		struct fb_engine_request request = { .free = idle, .idle = idle, .count = count };
		struct fb_engine_choice choice;

		if (!fb_engine_choose(type, &request, &choice) && fb_engine_p2p(type, choice.gpus))
			return count;
	}
	return idle != 0;
}

void fb_why_load_wires_free(struct fb_why_source *source, const node_info_t *node)
{
	struct fb_why_wires *wires = &source->why.wires;
	const struct fb_wired_node *wired = wires->known ? fb_wired_find(&source->wires.wired, node->name) : NULL;
	struct fb_gpus used;
	int64_t free_here;

	if (!wired || !wired->type || !(wires->island_wanted || wires->group_wanted))
		return;
	fb_gpus_read(node->gres_used, &used);
	fb_gpuset idle = (fb_gpuset)(((1u << wired->type->wiring.gpus) - 1) & ~used.index);
	free_here = wires->island_wanted ? island_free(wired->type->engine, idle) : __builtin_popcount(idle);
	if (free_here > wires->island_free) {
		wires->island_free = free_here;
		snprintf(wires->island_node, sizeof(wires->island_node), "%s", node->name);
	}
	int64_t needed = wires->island_wanted	       ? wires->island_wanted :
			 source->why.job.gpus_per_node ? source->why.job.gpus_per_node :
							 1;
	if (source->group_free && wired->group != FB_ENGINE_NO_GROUP && free_here >= needed)
		source->group_free[wired->group]++;
}

void fb_why_load_wires_group(struct fb_why_source *source)
{
	struct fb_why_wires *wires = &source->why.wires;

	for (size_t i = 0; source->group_free && i < source->wires.wired.fabric.groups; i++)
		if (source->group_free[i] > wires->group_free) {
			wires->group_free = source->group_free[i];
			snprintf(wires->group_name, sizeof(wires->group_name), "%s",
				 source->wires.topology.file.fabric.group[i].name);
		}
}

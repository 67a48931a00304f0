/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs of the cluster and of the nodes that a job may use: how many are free, in use, out of service, kept for others. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/why_load.h"
#include "slurm_release.h"

#define NO_MORE (-1) /* ends Slurm's lists of index pairs */

static bool is_out(const node_info_t *node)
{
	return (node->node_state & NODE_STATE_BASE) == NODE_STATE_DOWN ||
	       node->node_state & (NODE_STATE_DRAIN | NODE_STATE_FAIL | NODE_STATE_NO_RESPOND | NODE_STATE_INVALID_REG);
}

static bool is_future(const node_info_t *node)
{
	return !node->name || (node->node_state & NODE_STATE_BASE) == NODE_STATE_FUTURE;
}

/* A node's counts. */
struct counts {
	int64_t gpus, used, free, out, cpus, memory; /* cpus and memory: free ones */
};

static struct counts count_node(const node_info_t *node)
{
	struct counts c = { .gpus = fb_tres_count(node->tres_fmt_str, "gres/gpu") };
	char *allocated = NULL;
	uint64_t memory = 0;
	uint16_t cpus = 0;

	fb_node_held(node, &cpus, &memory, &allocated);
	c.used = fb_tres_count(allocated, "gres/gpu");
	free(allocated);
	if (is_out(node))
		c.out = c.gpus - c.used;
	else
		c.free = c.gpus - c.used;
	c.cpus = node->cpus_efctv - cpus;
	c.memory = (int64_t)node->real_memory - (int64_t)memory;
	return c;
}

static void add_node(struct fb_why_pool *pool, const struct counts *c, bool out, int64_t needed)
{
	pool->nodes++;
	pool->nodes_out += out;
	pool->gpus += c->gpus;
	pool->used += c->used;
	pool->free += c->free;
	pool->out += c->out;
	if (c->free > pool->most_free)
		pool->most_free = c->free;
	pool->fitting += !out && c->free >= needed;
	if (c->free > 0) {
		pool->free_cpus += c->cpus;
		pool->free_memory += c->memory;
	}
}

static bool index_in(const int32_t *pairs, int32_t index)
{
	for (; pairs && pairs[0] != NO_MORE; pairs += 2)
		if (index >= pairs[0] && index <= pairs[1])
			return true;
	return false;
}

/* A job may name several partitions, "a,b". */
static bool name_in(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (list && *list) {
		size_t part = strcspn(list, ",");

		if (part == length && !strncmp(list, name, length))
			return true;
		list += part + (list[part] == ',');
	}
	return false;
}

static bool in_partition(const struct fb_why_source *source, int32_t index)
{
	const partition_info_msg_t *msg = source->partitions;

	for (uint32_t i = 0; msg && i < msg->record_count; i++)
		if (name_in(source->why.job.partition, msg->partition_array[i].name) &&
		    index_in(msg->partition_array[i].node_inx, index))
			return true;
	return false;
}

/* Is the node kept by a reservation that is on now, and is not the job's? */
static bool is_reserved(const struct fb_why_source *source, int32_t index)
{
	const reserve_info_msg_t *msg = source->reservations;
	const char *own = source->why.job.reservation;

	for (uint32_t i = 0; msg && i < msg->record_count; i++) {
		const reserve_info_t *r = &msg->reservation_array[i];
		bool on = r->start_time <= source->why.now && r->end_time > source->why.now;
		bool whole = !r->core_spec_cnt; /* a part of the node leaves the rest to others */

		if (on && whole && index_in(r->node_inx, index) && !(own && !strcmp(own, r->name)))
			return true;
	}
	return false;
}

static void note_out(struct fb_why_cluster *cluster, const node_info_t *node, hostlist_t *out)
{
	slurm_hostlist_push_host(out, node->name);
	if (!cluster->out_reason && node->reason && *node->reason)
		cluster->out_reason = strdup(node->reason);
}

/* Does the job name all its nodes, and not this one? */
static bool names_others(const slurm_job_info_t *job, int32_t index)
{
	uint32_t named = 0;

	for (const int32_t *pair = job->req_node_inx; pair && pair[0] != NO_MORE; pair += 2)
		named += (uint32_t)(pair[1] - pair[0] + 1);
	return named && named >= job->num_nodes && !index_in(job->req_node_inx, index);
}

static void read_nodes(struct fb_why_source *source, hostlist_t *out)
{
	struct fb_why_cluster *cluster = &source->why.cluster;
	const slurm_job_info_t *job = source->job->info;
	int64_t needed = source->why.job.gpus_per_node ? source->why.job.gpus_per_node : 1;

	for (uint32_t i = 0; i < source->nodes->record_count; i++) {
		const node_info_t *node = &source->nodes->node_array[i];
		int32_t index = (int32_t)i;

		if (is_future(node))
			continue;
		struct counts c = count_node(node);
		bool required = index_in(job->req_node_inx, index), may = in_partition(source, index);
		add_node(&cluster->all, &c, is_out(node), needed);
		if (!(node->node_state & (NODE_STATE_RES | NODE_STATE_MAINT)))
			cluster->idle += c.free;
		if (is_out(node) && (c.gpus || required))
			note_out(cluster, node, out);
		cluster->required_out += required && is_out(node);
		if (!may || index_in(job->exc_node_inx, index))
			continue;
		if (is_reserved(source, index))
			cluster->reserved++;
		else
			add_node(&cluster->mine, &c, is_out(node), needed);
		if (!is_out(node) && !is_reserved(source, index) && !names_others(job, index))
			fb_why_load_wires_free(source, node);
	}
	fb_why_load_wires_group(source);
}

static void read_reservation(struct fb_why_source *source)
{
	struct fb_why_reservation *to = &source->why.reservation;
	const reserve_info_msg_t *msg = source->reservations;

	to->name = source->why.job.reservation;
	for (uint32_t i = 0; to->name && msg && i < msg->record_count; i++) {
		const reserve_info_t *r = &msg->reservation_array[i];

		if (strcmp(r->name, to->name))
			continue;
		to->known = true;
		to->start = r->start_time;
		to->end = r->end_time;
		to->nodes = r->node_list;
	}
}

static const char *state_word(uint16_t state)
{
	switch (state) {
	case PARTITION_UP:
		return "up";
	case PARTITION_DOWN:
		return "down";
	case PARTITION_DRAIN:
		return "drain";
	default:
		return "inactive";
	}
}

void fb_why_load_partitions(struct fb_why_source *source)
{
	struct fb_why_partition *to = &source->why.partition;

	if (slurm_load_partitions((time_t)0, &source->partitions, SHOW_ALL))
		return;
	for (uint32_t i = 0; i < source->partitions->record_count; i++) {
		const partition_info_t *p = &source->partitions->partition_array[i];

		if (to->name || !name_in(source->why.job.partition, p->name))
			continue;
		*to = (struct fb_why_partition){ .name = p->name, .state = state_word(p->state_up), .min_nodes = p->min_nodes };
		to->max_nodes = p->max_nodes == INFINITE ? 0 : p->max_nodes;
		to->max_time = p->max_time == INFINITE || p->max_time == NO_VAL ? 0 : p->max_time;
	}
}

void fb_why_load_cluster(struct fb_why_source *source)
{
	struct fb_why_cluster *cluster = &source->why.cluster;

	if (slurm_load_reservations((time_t)0, &source->reservations))
		source->reservations = NULL;
	read_reservation(source);
	if (slurm_load_node((time_t)0, &source->nodes, SHOW_ALL | SHOW_DETAIL) || !source->nodes->record_count)
		return;
	hostlist_t *out = slurm_hostlist_create(NULL);
	read_nodes(source, out);
	char text[1024];
	if (slurm_hostlist_count(out) && slurm_hostlist_ranged_string(out, sizeof(text), text) > 0)
		cluster->out_nodes = strdup(text);
	slurm_hostlist_destroy(out);
	cluster->known = true;
	fb_why_load_guarantees(source);
}

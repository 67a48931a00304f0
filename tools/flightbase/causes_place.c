/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/causes_place.h"

#include <slurm/slurm.h>
#include <string.h>

#include "common/duration.h"
#include "flightbase/causes_limits.h"
#include "flightbase/reason.h"

#define KEEPS_SHOWN 6

bool fb_partition_blocks(const struct fb_why *why)
{
	const struct fb_why_partition *p = &why->partition;

	return p->name && strcmp(p->state, "up") && strcmp(p->state, "drain");
}

void fb_partition_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_partition *p = &why->partition;
	const char *name = p->name ? p->name : why->job.partition ? why->job.partition : "?";
	char limit[FB_DURATION_TEXT_MAX] = "none", asked[FB_DURATION_TEXT_MAX] = "none";

	if (fb_partition_blocks(why)) {
		fb_cause_line(cause, "partition '%s' is %s: jobs in it do not start until an administrator sets it up", name, p->state);
	} else if (why->job.reason == WAIT_PART_TIME_LIMIT && p->max_time) {
		fb_duration_format(p->max_time, limit, sizeof(limit));
		if (why->job.time_limit)
			fb_duration_format(why->job.time_limit, asked, sizeof(asked));
		fb_cause_line(cause, "its time limit is %s, but partition '%s' allows at most %s", asked, name, limit);
		fb_cause_line(cause, "shorten it: scontrol update JobId=%s TimeLimit=%s", why->job.id, limit);
	} else if (why->job.reason == WAIT_PART_NODE_LIMIT && p->max_nodes) {
		fb_cause_line(cause, "it asks for %u nodes; partition '%s' allows %u to %u and has %u", why->job.nodes, name,
			      p->min_nodes, p->max_nodes, why->cluster.mine.nodes);
	} else if (why->job.reason == WAIT_PART_NODE_LIMIT) {
		fb_cause_line(cause, "it asks for %u nodes; partition '%s' allows %u or more and has %u", why->job.nodes, name,
			      p->min_nodes, why->cluster.mine.nodes);
	} else {
		fb_cause_line(cause, "partition '%s' cannot run it as it is configured now", name);
	}
	if (why->job.reason_text)
		fb_cause_line(cause, "Slurm adds: %s", why->job.reason_text);
}

bool fb_nodes_block(const struct fb_why *why)
{
	return why->cluster.known && why->cluster.required_out > 0;
}

void fb_nodes_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_cluster *c = &why->cluster;
	char gpus[FB_SAY_MAX];

	fb_say_count(c->all.out, "GPU", gpus, sizeof(gpus));
	if (c->required_out)
		fb_cause_line(cause, "nodes that it names (%s) are down or drained: %u", why->job.required_nodes, c->required_out);
	else
		fb_cause_line(cause, "nodes that it needs are down, drained or reserved");
	if (c->out_nodes)
		fb_cause_line(cause, "out of service: %s with %s (%s)", c->out_nodes, gpus,
			      c->out_reason ? c->out_reason : "no reason was given");
	if (why->job.reason_text)
		fb_cause_line(cause, "Slurm adds: %s", why->job.reason_text);
}

int64_t fb_why_takable(const struct fb_why *why)
{
	const struct fb_why_cluster *c = &why->cluster;
	int64_t left = c->idle + c->lent - c->kept;

	return left > 0 ? left : 0;
}

/* The rule is that of topology/flightbase (guarantee.h). A job within its own workspace's guarantee, one that gives its
 * GPUs back when asked, and one in a reservation are not kept out; what is too little anyway is no matter of it. */
bool fb_guarantee_blocks(const struct fb_why *why)
{
	const struct fb_why_cluster *c = &why->cluster;
	int64_t gpus = why->job.gpus;

	return c->known && c->kept > 0 && !why->job.preemptible && !why->job.reservation && gpus > c->own_owed &&
	       gpus > fb_why_takable(why) && c->idle + c->lent >= gpus;
}

void fb_guarantee_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_cluster *c = &why->cluster;
	char list[FB_LINE_TEXT_MAX] = "", lent[FB_SAY_MAX] = "";
	int64_t rest = 0;

	for (size_t i = 0; i < c->keeps; i++)
		if (i < KEEPS_SHOWN)
			fb_say_append(list, sizeof(list), "%s %lld (guarantee %lld, uses %lld)", c->keep[i].workspace,
				      (long long)(c->keep[i].guarantee - c->keep[i].used), (long long)c->keep[i].guarantee,
				      (long long)c->keep[i].used);
		else
			rest += c->keep[i].guarantee - c->keep[i].used;
	if (rest)
		fb_say_append(list, sizeof(list), "%zu others %lld", c->keeps - KEEPS_SHOWN, (long long)rest);
	if (c->lent)
		snprintf(lent, sizeof(lent), " and %lld lent", (long long)c->lent);
	fb_cause_line(cause, "guarantees of other workspaces: %lld GPUs are free%s, %lld of them are kept, which leaves %lld, and it "
			     "asks for %lld",
		      (long long)c->idle, lent, (long long)c->kept, (long long)fb_why_takable(why),
		      (long long)why->job.gpus);
	fb_cause_line(cause, "kept for: %s", list);
	fb_cause_line(cause, "a job submitted with --preemptible may use them until they are wanted");
}

static bool island_lacks(const struct fb_why_wires *wires)
{
	return wires->island_wanted > wires->island_free;
}

static bool group_lacks(const struct fb_why_wires *wires)
{
	return wires->group_wanted > wires->group_free;
}

bool fb_wires_block(const struct fb_why *why)
{
	return why->wires.known && why->cluster.known && (island_lacks(&why->wires) || group_lacks(&why->wires));
}

void fb_wires_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_wires *wires = &why->wires;
	const char *option = island_lacks(wires) ? "p2p" : "rdma";

	if (island_lacks(wires))
		fb_cause_line(cause, "--p2p=require: it waits for %lld GPUs of a node that are P2P to each other; at most %lld such are free%s%s",
			      (long long)wires->island_wanted, (long long)wires->island_free, wires->island_node[0] ? ", on " : "",
			      wires->island_node);
	if (group_lacks(wires))
		fb_cause_line(cause, "--rdma=require: it waits for %u nodes of one leaf group; at most %u have the GPUs free%s%s",
			      wires->group_wanted, wires->group_free, wires->group_name[0] ? ", in group " : "", wires->group_name);
	fb_cause_line(cause, "with --%s=prefer it would take the best that is free", option);
}

static bool per_node_fits(const struct fb_why *why)
{
	return why->cluster.mine.fitting >= (why->job.nodes ? why->job.nodes : 1);
}

static bool gpus_fit(const struct fb_why *why)
{
	return why->job.gpus_per_node ? per_node_fits(why) : why->cluster.mine.free >= why->job.gpus;
}

bool fb_resources_block(const struct fb_why *why)
{
	return why->cluster.known && why->job.gpus > 0 && !gpus_fit(why);
}

/* Of jobs without GPUs only the nodes can be told. */
static void say_free(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_pool *mine = &why->cluster.mine;
	char reserved[FB_SAY_MAX] = "", nodes[FB_SAY_MAX / 2];

	fb_say_count(why->cluster.reserved, "node", nodes, sizeof(nodes));
	if (why->cluster.reserved)
		snprintf(reserved, sizeof(reserved), "; %s more reserved for others", nodes);
	fb_cause_line(cause, "partition '%s': %lld GPUs, %lld in use, %lld out of service, %lld free, at most %lld on one node%s",
		      why->job.partition, (long long)mine->gpus, (long long)mine->used, (long long)mine->out,
		      (long long)mine->free, (long long)mine->most_free, reserved);
}

void fb_resources_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_pool *mine = &why->cluster.mine;
	const struct fb_why_job *job = &why->job;
	uint32_t nodes = job->nodes ? job->nodes : 1;
	char asked[FB_SAY_MAX], left[FB_SAY_MAX];

	fb_say_memory(job->memory, asked, sizeof(asked));
	fb_say_memory(mine->free_memory, left, sizeof(left));
	if (!why->cluster.known)
		fb_cause_line(cause, "the resources it asks for are not free; the nodes are not shown to you%s",
			      why->hidden_nodes ? " (PrivateData)" : "");
	else if (job->gpus && !gpus_fit(why) && job->gpus_per_node)
		fb_cause_line(cause, "it needs %lld GPUs on each of %u node%s; %u of %u nodes have so many free", (long long)job->gpus_per_node,
			      nodes, nodes == 1 ? "" : "s", mine->fitting, mine->nodes - mine->nodes_out);
	else if (job->gpus && !gpus_fit(why))
		fb_cause_line(cause, "it needs %lld GPUs; %lld are free on the nodes it may use", (long long)job->gpus, (long long)mine->free);
	else if (job->gpus)
		fb_cause_line(cause, "enough GPUs are free, but not with the CPUs and memory it asks for (%lld CPUs, %s); nodes "
				     "with free GPUs have %lld CPUs and %s free",
			      (long long)job->cpus, asked, (long long)mine->free_cpus, left);
	else
		fb_cause_line(cause, "the nodes, CPUs or memory it asks for are not free (%u node%s, %lld CPUs, %s)", nodes,
			      nodes == 1 ? "" : "s", (long long)job->cpus, asked);
	if (why->cluster.known && job->gpus)
		say_free(why, cause);
	if (job->features)
		fb_cause_line(cause, "only nodes with the features '%s' count, which the numbers here do not consider", job->features);
}

void fb_reservation_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_reservation *r = &why->reservation;
	const struct fb_reason *reason = fb_reason_find(why->job.reason);
	const char *name = why->job.reservation ? why->job.reservation : "?";
	char when[FB_SAY_MAX];

	fb_say_when(r->start > why->now ? r->start : r->end, why->now, when, sizeof(when));
	if (reason->kind == FB_REASON_RESERVATION && reason->never)
		fb_cause_line(cause, "%s: '%s'", reason->words, name);
	else if (!why->job.reservation)
		fb_cause_line(cause, "the nodes it could run on are reserved for others");
	else if (!r->known)
		fb_cause_line(cause, "reservation '%s' is not there, or not shown to you", name);
	else if (r->start > why->now)
		fb_cause_line(cause, "reservation '%s' begins at %s", name, when);
	else if (r->end <= why->now)
		fb_cause_line(cause, "reservation '%s' ended at %s", name, when);
	else
		fb_cause_line(cause, "reservation '%s' (%s) has no room for it; it ends at %s", name, r->nodes ? r->nodes : "no nodes", when);
	if (why->job.reason_text)
		fb_cause_line(cause, "Slurm adds: %s", why->job.reason_text);
	if (reason->never)
		fb_cause_line(cause, "give it another, or none: scontrol update JobId=%s ReservationName=", why->job.id);
}

void fb_priority_say(const struct fb_why *why, struct fb_cause *cause)
{
	const struct fb_why_queue *q = &why->queue;
	char jobs[FB_SAY_MAX];

	fb_say_count(q->position > 1 ? q->position - 1 : 0, "job", jobs, sizeof(jobs));
	if (q->known && q->position > 1)
		fb_cause_line(cause, "%s with higher priority wait%s in partition '%s' before it, for %lld GPUs", jobs,
			      q->position == 2 ? "s" : "", why->job.partition, (long long)q->gpus_before);
	else
		fb_cause_line(cause, "jobs with higher priority wait before it");
}

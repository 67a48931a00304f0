/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each cause in words: facts that differ from a job that could start in one thing, and the lines expected. */
#include "check.h"

#include "why_base.h"
#include "flightbase/causes.h"

static struct fb_why_use uses[] = { { "alice", 8, 2 }, { "bob", 6, 1 } };
static struct fb_why_use many[] = { { "a", 4, 1 }, { "b", 3, 1 }, { "c", 2, 1 }, { "d", 2, 0 },
				      { "e", 1, 1 }, { "f", 1, 1 }, { "g", 1, 1 }, { "h", 1, 1 } };
static struct fb_why_end ends[] = { { NOW + 600, 1, 7 }, { NOW + 7200, 3, 8 }, { NOW + 9000, 8, 9 } };
static struct fb_why_keep keeps[] = { { "nlp", 16, 4 }, { "audio", 6, 0 } };

static void quota(struct fb_why *f)
{
	f->job.reason = WAIT_ASSOC_GRP_GRES;
	f->limits.quota_used = 14;
	f->limits.uses = 2;
	f->limits.use = uses;
	f->limits.ends = 3;
	f->limits.end = ends;
}

static void quota_many(struct fb_why *f)
{
	quota(f);
	f->limits.uses = 8;
	f->limits.use = many;
	f->limits.ends = 0;
}

static void quota_parent(struct fb_why *f)
{
	quota(f);
	f->limits.uses = f->limits.ends = 0;
	f->limits.quota_account = "root";
}

static void quota_never(struct fb_why *f)
{
	quota(f);
	f->job.gpus = 20;
}

static void quota_unnamed(struct fb_why *f) /* Slurm says Resources */
{
	f->limits.quota_used = 14;
}

static void user_limit(struct fb_why *f)
{
	f->job.reason = WAIT_QOS_MAX_GRES_PER_USER;
	f->limits.user_limit = 6;
	f->limits.user_used = 4;
}

static void user_limit_never(struct fb_why *f)
{
	user_limit(f);
	f->limits.user_limit = 3;
}

static void job_limit(struct fb_why *f)
{
	f->job.reason = WAIT_QOS_MAX_GRES_PER_JOB;
	f->limits.job_limit = 2;
}

static void other_limit(struct fb_why *f)
{
	f->job.reason = WAIT_ASSOC_GRP_CPU;
	f->limits.stated = true;
	snprintf(f->limits.stated_object, sizeof(f->limits.stated_object), "account 'vision'");
	snprintf(f->limits.stated_tres, sizeof(f->limits.stated_tres), "cpu");
	f->limits.stated_limit = 32;
	f->limits.stated_used = 30;
	f->limits.stated_asked = 8;
}

static void other_limit_job(struct fb_why *f)
{
	other_limit(f);
	f->job.reason = WAIT_QOS_MAX_CPU_PER_JOB;
	snprintf(f->limits.stated_object, sizeof(f->limits.stated_object), "QOS 'ws-vision'");
	f->limits.stated_limit = 4;
	f->limits.stated_used = FB_UNLIMITED;
}

static void other_limit_least(struct fb_why *f)
{
	other_limit_job(f);
	f->job.reason = WAIT_QOS_MIN_CPU;
	f->limits.stated_limit = 16;
}

static void typed_limit(struct fb_why *f) /* of gres/gpu:v100, not of all GPUs */
{
	other_limit(f);
	f->job.reason = WAIT_ASSOC_GRP_GRES;
	snprintf(f->limits.stated_tres, sizeof(f->limits.stated_tres), "gres/gpu:v100");
}

static void unnumbered_limit(struct fb_why *f)
{
	f->job.reason = WAIT_ASSOC_GRP_GRES_MIN;
}

static void hidden_limit(struct fb_why *f)
{
	f->job.reason = WAIT_ASSOC_GRP_GRES;
	f->limits.known = false;
	f->hidden_usage = true;
}

static void job_count(struct fb_why *f)
{
	f->job.reason = WAIT_ASSOC_GRP_JOB;
	f->job.reason_text = "AssocGrpJobsLimit";
}

static void held_user(struct fb_why *f)
{
	f->job.reason = WAIT_HELD_USER;
	f->job.reason_text = "launch failed requeued held";
}

static void held_admin(struct fb_why *f)
{
	f->job.reason = WAIT_HELD;
}

static void begin(struct fb_why *f)
{
	f->job.reason = WAIT_TIME;
	f->job.start = f->job.eligible = NOW + 3600;
}

static void begin_at_period(struct fb_why *f)
{
	begin(f);
	f->workspace.from = NOW + 3600;
}

static void begin_come(struct fb_why *f)
{
	begin(f);
	f->job.start = f->job.eligible = NOW - 1;
}

static void dependency(struct fb_why *f)
{
	f->job.reason = WAIT_DEPENDENCY;
	f->job.dependency = "afterok:10(unfulfilled),afterany:11(unfulfilled)";
	f->queue.dependencies = 2;
	f->queue.dependency[0] = (struct fb_why_dependency){ 10, "RUNNING", NOW + 60 };
	f->queue.dependency[1] = (struct fb_why_dependency){ 11, NULL, 0 };
}

static void dependency_never(struct fb_why *f)
{
	f->job.reason = WAIT_DEP_INVALID;
	f->job.dependency = "afterok:10(failed)";
}

static void deadline(struct fb_why *f)
{
	f->job.start = NOW + 7200;
	f->job.deadline = NOW + 9000;
	f->job.time_limit = 60;
}

static void deadline_with_min(struct fb_why *f)
{
	deadline(f);
	f->job.time_min = 40;
}

static void deadline_met(struct fb_why *f) /* in time because it may be cut */
{
	deadline(f);
	f->job.time_min = 30;
}

static void array(struct fb_why *f)
{
	f->job.reason = WAIT_ARRAY_TASK_LIMIT;
	f->job.array_limit = 2;
	f->job.array_running = 2;
	f->job.array_waiting = 7;
}

static void array_one(struct fb_why *f)
{
	array(f);
	f->job.array_limit = f->job.array_running = 1;
}

static void partition_down(struct fb_why *f)
{
	f->job.reason = WAIT_PART_DOWN;
	f->partition.state = "down";
}

static void partition_inactive_unnamed(struct fb_why *f)
{
	f->job.reason = WAIT_PRIORITY;
	f->queue.position = 3;
	f->queue.gpus_before = 24;
	f->partition.state = "inactive";
}

static void partition_time(struct fb_why *f)
{
	f->job.reason = WAIT_PART_TIME_LIMIT;
	f->job.time_limit = 120;
	f->partition.max_time = 60;
}

static void partition_nodes(struct fb_why *f)
{
	f->job.reason = WAIT_PART_NODE_LIMIT;
	f->job.nodes = 9;
	f->partition.max_nodes = 2;
}

static void partition_config(struct fb_why *f)
{
	f->job.reason = WAIT_PART_CONFIG;
	f->job.reason_text = "PartitionConfig";
}

static void reservation(struct fb_why *f)
{
	f->job.reason = WAIT_RESERVATION;
	f->job.reservation = "maint";
	f->reservation = (struct fb_why_reservation){ "maint", true, NOW + 3600, NOW + 7200, "n[1-2]" };
}

static void reservation_full(struct fb_why *f)
{
	reservation(f);
	f->reservation.start = NOW - 60;
}

static void reservation_gone(struct fb_why *f)
{
	reservation(f);
	f->job.reason = WAIT_RESV_DELETED;
}

static void nodes_down(struct fb_why *f)
{
	f->job.reason = WAIT_NODE_NOT_AVAIL;
	f->job.reason_text = "ReqNodeNotAvail, UnavailableNodes:n1";
	f->job.required_nodes = "n1";
	f->cluster.required_out = 1;
	f->cluster.all.out = 8;
	f->cluster.out_nodes = "n1";
	f->cluster.out_reason = "broken fan";
}

static void guarantee(struct fb_why *f)
{
	f->cluster.keeps = 2;
	f->cluster.keep = keeps;
	f->cluster.kept = 18;
}

static void guarantee_preemptible(struct fb_why *f)
{
	guarantee(f);
	f->job.preemptible = true;
}

static void guarantee_reserved(struct fb_why *f)
{
	guarantee(f);
	f->job.reservation = "mine";
}

static void wires_island(struct fb_why *f)
{
	f->wires = (struct fb_why_wires){ .known = true, .island_wanted = 4, .island_free = 2, .island_node = "n3" };
}

static void wires_group(struct fb_why *f)
{
	f->job.nodes = 2;
	f->wires = (struct fb_why_wires){ .known = true, .group_wanted = 2, .group_free = 1, .group_name = "leaf-1" };
}

static void wires_nothing_free(struct fb_why *f) /* then the wires are not what it waits for first */
{
	wires_island(f);
	f->cluster.mine.free = f->cluster.mine.most_free = 2;
	f->cluster.idle = f->cluster.all.free = 2;
}

static void wires_there(struct fb_why *f)
{
	wires_island(f);
	f->wires.island_free = 4;
}

static void guarantee_idle(struct fb_why *f) /* the other free GPUs are in nodes of a reservation */
{
	guarantee(f);
	f->cluster.idle = 19;
}

static void guarantee_own(struct fb_why *f)
{
	guarantee(f);
	f->cluster.own_owed = 4;
}

static void guarantee_lent(struct fb_why *f)
{
	guarantee(f);
	f->cluster.lent = 1;
}

static void guarantee_enough_lent(struct fb_why *f)
{
	guarantee(f);
	f->cluster.lent = 2;
}

static void no_room_per_node(struct fb_why *f)
{
	f->job.gpus_per_node = 4;
	f->job.nodes = 3;
	f->job.gpus = 12;
	f->cluster.reserved = 1;
}

static void no_room(struct fb_why *f)
{
	f->job.gpus = 24;
	f->limits.quota = FB_UNLIMITED;
	f->job.features = "fast";
}

static void no_cpus(struct fb_why *f)
{
	f->job.gpus = 4;
}

static void no_gpus_asked(struct fb_why *f)
{
	f->job.gpus = 0;
}

static void hidden_nodes(struct fb_why *f)
{
	f->cluster.known = false;
	f->hidden_nodes = true;
}

static void licenses(struct fb_why *f)
{
	f->job.reason = WAIT_LICENSES;
	f->job.reason_name = "Licenses";
	f->job.licenses = "matlab:2";
}

static void bad_account(struct fb_why *f)
{
	f->job.reason = FAIL_ACCOUNT;
	f->job.reason_name = "InvalidAccount";
}

static void future_reason(struct fb_why *f)
{
	f->job.reason = REASON_END + 5;
	f->job.reason_name = "NewReason";
	f->job.reason_text = "something new";
}

/* The first cause that is stated, or the first at all where none is. */
static const struct {
	void (*change)(struct fb_why *f);
	enum fb_cause_kind kind;
	bool stated;
	const char *line[FB_CAUSE_LINES_MAX];
} table[] = {
	{ quota, FB_CAUSE_QUOTA, true,
	  { "the quota of workspace 'vision': 14 of 16 GPUs are in use, 2 left, and it asks for 4",
	    "in use by: alice 8 (2 jobs), bob 6 (1 job)",
	    "2 GPUs more will be free at the latest at 2023-11-15T00:13:20 (in 2 h), when job 8 ends, unless another job takes them" } },
	{ quota_many, FB_CAUSE_QUOTA, true,
	  { "the quota of workspace 'vision': 14 of 16",
	    "in use by: a 4 (1 job), b 3 (1 job), c 2 (1 job), d 2, e 1 (1 job), f 1 (1 job), 2 others 2" } },
	{ quota_parent, FB_CAUSE_QUOTA, true,
	  { "the quota of account 'root': 14 of 16 GPUs are in use, 2 left, and it asks for 4" } },
	{ quota_never, FB_CAUSE_QUOTA, true,
	  { "it asks for 20 GPUs, but the quota of workspace 'vision' is 16: it can never run",
	    "cancel it (scancel 12) and ask for at most 16" } },
	{ user_limit, FB_CAUSE_USER_LIMIT, true,
	  { "the limit per user (QOS 'ws-vision'): alice uses 4 of 6 GPUs, 2 left, and it asks for 4" } },
	{ user_limit_never, FB_CAUSE_USER_LIMIT, true,
	  { "it asks for 4 GPUs, but one user may use 3 (QOS 'ws-vision'): it can never run" } },
	{ job_limit, FB_CAUSE_JOB_LIMIT, true,
	  { "it asks for 4 GPUs, but one job may use 2 (QOS 'ws-vision'): it can never run" } },
	{ other_limit, FB_CAUSE_LIMIT, true, { "GrpTRES of account 'vision': 30 of 32 cpu are in use, and it asks for 8" } },
	{ other_limit_job, FB_CAUSE_LIMIT, true,
	  { "it asks for 8 cpu, but QOS 'ws-vision' allows 4 (MaxTRESPerJob): it can never run" } },
	{ other_limit_least, FB_CAUSE_LIMIT, true,
	  { "it asks for 8 cpu, but QOS 'ws-vision' demands at least 16 (MinTRESPerJob): it can never run" } },
	{ typed_limit, FB_CAUSE_LIMIT, true,
	  { "GrpTRES of account 'vision': 30 of 32 gres/gpu:v100 are in use, and it asks for 8" } },
	{ unnumbered_limit, FB_CAUSE_LIMIT, true,
	  { "the limit of gres minutes of its account or user (GrpTRESMins) does not let it run" } },
	{ hidden_limit, FB_CAUSE_LIMIT, true,
	  { "the limit of gres of its account or user (GrpTRES) does not let it run",
	    "the numbers are not shown to you (PrivateData)" } },
	{ job_count, FB_CAUSE_LIMIT, true, { "the account runs as many jobs as it may run (GrpJobs)",
	  "Slurm adds: AssocGrpJobsLimit" } },
	{ held_user, FB_CAUSE_HELD, true,
	  { "held by its owner or by a manager of its account", "Slurm adds: launch failed requeued held",
	    "to let it go: scontrol release 12" } },
	{ held_admin, FB_CAUSE_HELD, true, { "held by an administrator, who alone can release it" } },
	{ begin, FB_CAUSE_BEGIN, true, { "it may not begin before 2023-11-14T23:13:20 (in 1 h)" } },
	{ begin_at_period, FB_CAUSE_BEGIN, true, { "the period of workspace 'vision' begins at 2023-11-14T23:13:20 (in 1 h)" } },
	{ begin_come, FB_CAUSE_BEGIN, true, { "its begin time 2023-11-14T22:13:19 (1 s ago) has come" } },
	{ dependency, FB_CAUSE_DEPENDENCY, true,
	  { "waits for afterok:10(unfulfilled),afterany:11(unfulfilled)",
	    "job 10 is RUNNING until at most 2023-11-14T22:14:20 (in 1 min), job 11 is not known any more" } },
	{ dependency_never, FB_CAUSE_DEPENDENCY, true,
	  { "its dependency can never be met: afterok:10(failed)",
	    "cancel it (scancel 12), or: scontrol update JobId=12 Dependency=" } },
	{ array, FB_CAUSE_ARRAY, true,
	  { "at most 2 tasks of this array run at once, 2 do, and 7 wait",
	    "to let more run: scontrol update JobId=12 ArrayTaskThrottle=NUMBER" } },
	{ array_one, FB_CAUSE_ARRAY, true, { "at most 1 task of this array runs at once, 1 does, and 7 wait" } },
	{ partition_down, FB_CAUSE_PARTITION, true,
	  { "partition 'gpu' is down: jobs in it do not start until an administrator sets it up" } },
	{ partition_inactive_unnamed, FB_CAUSE_PRIORITY, true,
	  { "2 jobs with higher priority wait in partition 'gpu' before it, for 24 GPUs" } },
	{ partition_time, FB_CAUSE_PARTITION, true,
	  { "its time limit is 02:00:00, but partition 'gpu' allows at most 01:00:00",
	    "shorten it: scontrol update JobId=12 TimeLimit=01:00:00" } },
	{ partition_nodes, FB_CAUSE_PARTITION, true, { "it asks for 9 nodes; partition 'gpu' allows 1 to 2 and has 4" } },
	{ partition_config, FB_CAUSE_PARTITION, true, { "partition 'gpu' cannot run it as it is configured now",
	  "Slurm adds: PartitionConfig" } },
	{ reservation, FB_CAUSE_RESERVATION, true, { "reservation 'maint' begins at 2023-11-14T23:13:20 (in 1 h)" } },
	{ reservation_full, FB_CAUSE_RESERVATION, true,
	  { "reservation 'maint' (n[1-2]) has no room for it; it ends at 2023-11-15T00:13:20 (in 2 h)" } },
	{ reservation_gone, FB_CAUSE_RESERVATION, true,
	  { "its reservation was deleted: 'maint'", "give it another, or none: scontrol update JobId=12 ReservationName=" } },
	{ nodes_down, FB_CAUSE_NODES, true,
	  { "nodes that it names (n1) are down or drained: 1", "out of service: n1 with 8 GPUs (broken fan)",
	    "Slurm adds: ReqNodeNotAvail, UnavailableNodes:n1" } },
	{ guarantee, FB_CAUSE_GUARANTEE, true,
	  { "guarantees of other workspaces: 20 GPUs are free, 18 of them are kept, which leaves 2, and it asks for 4",
	    "kept for: nlp 12 (guarantee 16, uses 4), audio 6 (guarantee 6, uses 0)",
	    "a job submitted with --preemptible may use them until they are wanted" } },
	{ guarantee_lent, FB_CAUSE_GUARANTEE, true,
	  { "guarantees of other workspaces: 20 GPUs are free and 1 lent, 18 of them are kept, which leaves 3, and it asks for 4" } },
	{ guarantee_enough_lent, FB_CAUSE_RESOURCES, true, { "enough GPUs are free" } },
	{ guarantee_preemptible, FB_CAUSE_RESOURCES, true, { "enough GPUs are free" } },
	{ guarantee_reserved, FB_CAUSE_RESOURCES, true, { "enough GPUs are free" } },
	{ wires_island, FB_CAUSE_WIRES, true,
	  { "--p2p=require: it waits for 4 GPUs of a node that are P2P to each other; at most 2 such are free, on n3",
	    "with --p2p=prefer it would take the best that is free" } },
	{ wires_group, FB_CAUSE_WIRES, true,
	  { "--rdma=require: it waits for 2 nodes of one leaf group; at most 1 have the GPUs free, in group leaf-1",
	    "with --rdma=prefer it would take the best that is free" } },
	{ wires_nothing_free, FB_CAUSE_RESOURCES, true, { NULL } },
	{ wires_there, FB_CAUSE_RESOURCES, true, { "enough GPUs are free" } },
	{ guarantee_idle, FB_CAUSE_GUARANTEE, true, { "19 GPUs are free, 18 of them are kept, which leaves 1, and it asks for 4" } },
	{ guarantee_own, FB_CAUSE_RESOURCES, true, { "enough GPUs are free" } },
	{ no_room_per_node, FB_CAUSE_RESOURCES, true,
	  { "it needs 4 GPUs on each of 3 nodes; 2 of 4 nodes have so many free",
	    "partition 'gpu': 32 GPUs, 12 in use, 0 out of service, 20 free, at most 8 on one node; 1 node more reserved for others" } },
	{ no_room, FB_CAUSE_RESOURCES, true,
	  { "it needs 24 GPUs; 20 are free on the nodes it may use", "partition 'gpu': 32 GPUs",
	    "only nodes with the features 'fast' count" } },
	{ no_cpus, FB_CAUSE_RESOURCES, true,
	  { "enough GPUs are free, but not with the CPUs and memory it asks for (8 CPUs, 2000 MiB); nodes with free GPUs have 100 CPUs and 391 GiB free" } },
	{ no_gpus_asked, FB_CAUSE_RESOURCES, true,
	  { "the nodes, CPUs or memory it asks for are not free (1 node, 8 CPUs, 2000 MiB)" } },
	{ hidden_nodes, FB_CAUSE_RESOURCES, true,
	  { "the resources it asks for are not free; the nodes are not shown to you (PrivateData)" } },
	{ licenses, FB_CAUSE_OTHER, true, { "the licenses it asks for are in use", "it asks for matlab:2" } },
	{ bad_account, FB_CAUSE_OTHER, true, { "its account does not exist any more",
	  "waiting does not help: change the job (scontrol update) or cancel it (scancel 12)" } },
	{ future_reason, FB_CAUSE_OTHER, true, { "Slurm says NewReason", "Slurm adds: something new" } },
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_why why = why_base();
		struct fb_causes causes;

		table[i].change(&why);
		fb_causes_find(&why, &causes);
		const struct fb_cause *cause = &causes.cause[0];
		if (!causes.count || cause->kind != table[i].kind || cause->stated != table[i].stated)
			fail_msg("row %zu: %zu causes, the first is %s, not %s", i, causes.count,
				 causes.count ? fb_cause_name(cause->kind) : "none", fb_cause_name(table[i].kind));
		for (size_t k = 0; k < FB_CAUSE_LINES_MAX && table[i].line[k]; k++)
			check_contains(k < cause->lines ? cause->line[k] : "", table[i].line[k]);
	}
}

/* What Slurm does not name, but holds as well. */
static void test_also(void **state)
{
	static const struct {
		void (*change)(struct fb_why *f);
		enum fb_cause_kind kind;
		const char *line;
	} also[] = {
		{ quota_unnamed, FB_CAUSE_QUOTA, "the quota of workspace 'vision': 14 of 16 GPUs" },
		{ partition_inactive_unnamed, FB_CAUSE_PARTITION, "partition 'gpu' is inactive" },
		{ deadline, FB_CAUSE_PERIOD,
		  "it must end by 2023-11-15T00:43:20 and run at least 01:00:00, so begin by 2023-11-14T23:43:20 (in 1 h 30 min), and is not expected to" },
		{ deadline_with_min, FB_CAUSE_PERIOD, "run at least 00:40:00, so begin by 2023-11-15T00:03:20 (in 1 h 50 min)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++) {
		struct fb_why why = why_base();
		struct fb_causes causes;

		also[i].change(&why);
		fb_causes_find(&why, &causes);
		assert_int_equal(causes.count, 2);
		assert_true(causes.cause[0].stated);
		assert_false(causes.cause[1].stated);
		assert_int_equal(causes.cause[1].kind, also[i].kind);
		check_contains(causes.cause[1].line[0], also[i].line);
	}
}

static void test_none(void **state)
{
	struct fb_why why = why_base();
	struct fb_causes causes;

	(void)state;
	why.job.reason = WAIT_NO_REASON;
	fb_causes_find(&why, &causes);
	assert_int_equal(causes.count, 0);
	deadline_met(&why);
	fb_causes_find(&why, &causes);
	assert_int_equal(causes.count, 0);
	why.workspace.from = NOW + 86400;
	fb_causes_find(&why, &causes);
	assert_int_equal(causes.count, 1);
	assert_string_equal(causes.cause[0].line[0], "the period of workspace 'vision' begins at 2023-11-15T22:13:20 (in 1 day)");
}

/* The rule of guarantees at its edges: free, lent, kept, own, asked; does it keep the job out? */
static void test_guarantee_edges(void **state)
{
	static const struct {
		int64_t free, lent, kept, own, asked;
		bool blocks;
	} edges[] = {
		{ 20, 0, 16, 0, 4, false }, { 20, 0, 17, 0, 4, true },	{ 20, 1, 17, 0, 4, false }, { 20, 0, 17, 4, 4, false },
		{ 20, 0, 17, 3, 4, true },  { 20, 0, 0, 0, 20, false }, { 3, 0, 16, 0, 4, false /* there are too few at all */ },
		{ 20, 0, 40, 0, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		struct fb_why why = why_base();
		struct fb_causes causes;
		bool blocks = false;

		why.cluster.idle = why.cluster.all.free = why.cluster.mine.free = edges[i].free;
		why.cluster.lent = edges[i].lent;
		why.cluster.kept = edges[i].kept;
		why.cluster.own_owed = edges[i].own;
		why.job.gpus = edges[i].asked;
		why.limits.quota = FB_UNLIMITED;
		fb_causes_find(&why, &causes);
		for (size_t k = 0; k < causes.count; k++)
			blocks |= causes.cause[k].kind == FB_CAUSE_GUARANTEE;
		if (blocks != edges[i].blocks)
			fail_msg("row %zu: %d", i, blocks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table), cmocka_unit_test(test_also), cmocka_unit_test(test_none),
					    cmocka_unit_test(test_guarantee_edges) };

	return cmocka_run_group_tests_name("causes", tests, NULL, NULL);
}

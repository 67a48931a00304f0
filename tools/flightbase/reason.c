/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/reason.h"

#include <slurm/slurm.h>

#include "slurm_release.h"

#define OTHER(text) { .kind = FB_REASON_OTHER, .words = text }
#define STUCK(text) { .kind = FB_REASON_OTHER, .words = text, .never = true }
#define KIND(name) { .kind = FB_REASON_##name }
#define NEVER(name, text) { .kind = FB_REASON_##name, .words = text, .never = true }
#define LIMIT(of, in, what) { .kind = FB_REASON_LIMIT, .scope = FB_SCOPE_##of, .measure = FB_MEASURE_##in, .tres = what }
#define JOBS(of, text) { .kind = FB_REASON_LIMIT, .scope = FB_SCOPE_##of, .words = text }

/* The limits that Slurm has of every TRES; those of a node make no sense for nodes and licenses. */
#define LIMITS(T, tres)                                                             \
	[WAIT_ASSOC_GRP_##T] = LIMIT(ASSOC_GROUP, COUNT, tres),                     \
	[WAIT_ASSOC_GRP_##T##_MIN] = LIMIT(ASSOC_GROUP, MINUTES, tres),             \
	[WAIT_ASSOC_GRP_##T##_RUN_MIN] = LIMIT(ASSOC_GROUP, RUN_MINUTES, tres),     \
	[WAIT_ASSOC_MAX_##T##_PER_JOB] = LIMIT(ASSOC_JOB, COUNT, tres),             \
	[WAIT_ASSOC_MAX_##T##_MINS_PER_JOB] = LIMIT(ASSOC_JOB, MINUTES, tres),      \
	[WAIT_QOS_GRP_##T] = LIMIT(QOS_GROUP, COUNT, tres),                         \
	[WAIT_QOS_GRP_##T##_MIN] = LIMIT(QOS_GROUP, MINUTES, tres),                 \
	[WAIT_QOS_GRP_##T##_RUN_MIN] = LIMIT(QOS_GROUP, RUN_MINUTES, tres),         \
	[WAIT_QOS_MAX_##T##_PER_JOB] = LIMIT(QOS_JOB, COUNT, tres),                 \
	[WAIT_QOS_MAX_##T##_MINS_PER_JOB] = LIMIT(QOS_JOB, MINUTES, tres),          \
	[WAIT_QOS_MAX_##T##_PER_USER] = LIMIT(QOS_USER, COUNT, tres),               \
	[WAIT_QOS_MAX_##T##_RUN_MINS_PER_USER] = LIMIT(QOS_USER, RUN_MINUTES, tres), \
	[WAIT_QOS_MAX_##T##_PER_ACCT] = LIMIT(QOS_ACCOUNT, COUNT, tres),            \
	[WAIT_QOS_MAX_##T##_RUN_MINS_PER_ACCT] = LIMIT(QOS_ACCOUNT, RUN_MINUTES, tres), \
	[WAIT_QOS_MIN_##T] = LIMIT(QOS_MIN, COUNT, tres)
#define NODE_LIMITS(T, tres)                                          \
	[WAIT_ASSOC_MAX_##T##_PER_NODE] = LIMIT(ASSOC_NODE, COUNT, tres), \
	[WAIT_QOS_MAX_##T##_PER_NODE] = LIMIT(QOS_NODE, COUNT, tres)

static const struct fb_reason reasons[] = {
	[WAIT_NO_REASON] = KIND(NONE),
	[WAIT_PRIORITY] = KIND(PRIORITY),
	[WAIT_DEPENDENCY] = KIND(DEPENDENCY),
	[WAIT_DEP_INVALID] = NEVER(DEPENDENCY, "its dependency can never be met"),
	[WAIT_RESOURCES] = KIND(RESOURCES),
	[WAIT_PART_NODE_LIMIT] = KIND(PARTITION),
	[WAIT_PART_TIME_LIMIT] = KIND(PARTITION),
	[WAIT_PART_DOWN] = KIND(PARTITION),
	[WAIT_PART_INACTIVE] = KIND(PARTITION),
	[WAIT_PART_CONFIG] = KIND(PARTITION),
	[WAIT_HELD] = KIND(HELD),
	[WAIT_HELD_USER] = KIND(HELD_USER),
	[WAIT_TIME] = KIND(BEGIN),
	[WAIT_ARRAY_TASK_LIMIT] = KIND(ARRAY),
	[WAIT_RESERVATION] = KIND(RESERVATION),
	[WAIT_RESV_DELETED] = NEVER(RESERVATION, "its reservation was deleted"),
	[WAIT_RESV_INVALID] = NEVER(RESERVATION, "its reservation cannot be used"),
	[WAIT_NODE_NOT_AVAIL] = KIND(NODES),
	[FAIL_DOWN_NODE] = KIND(NODES),

	LIMITS(CPU, "cpu"),	    NODE_LIMITS(CPU, "cpu"),
	LIMITS(MEM, "mem"),	    NODE_LIMITS(MEM, "mem"),
	LIMITS(GRES, "gres"),	    NODE_LIMITS(GRES, "gres"),
	LIMITS(ENERGY, "energy"),   NODE_LIMITS(ENERGY, "energy"),
	LIMITS(BB, "bb"),	    NODE_LIMITS(BB, "bb"),
	LIMITS(BILLING, "billing"), NODE_LIMITS(BILLING, "billing"),
	LIMITS(UNK, "unknown"),	    NODE_LIMITS(UNK, "unknown"),
	LIMITS(NODE, "node"),	    LIMITS(LIC, "license"),

	[WAIT_ASSOC_JOB_LIMIT] = JOBS(ASSOC_GROUP, "the account has as many jobs as it may have"),
	[WAIT_ASSOC_RESOURCE_LIMIT] = JOBS(ASSOC_GROUP, "the account uses as much as it may use"),
	[WAIT_ASSOC_TIME_LIMIT] = JOBS(ASSOC_GROUP, "the account has used the time it may use"),
	[WAIT_ASSOC_GRP_JOB] = JOBS(ASSOC_GROUP, "the account runs as many jobs as it may run (GrpJobs)"),
	[WAIT_ASSOC_GRP_SUB_JOB] = JOBS(ASSOC_GROUP, "the account has as many jobs queued as it may have (GrpSubmitJobs)"),
	[WAIT_ASSOC_GRP_WALL] = JOBS(ASSOC_GROUP, "the account has used the wall time it may use (GrpWall)"),
	[WAIT_ASSOC_MAX_JOBS] = JOBS(ASSOC_GROUP, "the user runs as many jobs of this account as one may run (MaxJobs)"),
	[WAIT_ASSOC_MAX_SUB_JOB] = JOBS(ASSOC_GROUP, "the user has as many jobs of this account queued as one may have (MaxSubmitJobs)"),
	[WAIT_ASSOC_MAX_WALL_PER_JOB] = JOBS(ASSOC_JOB, "its time limit is longer than the account allows a job (MaxWall)"),
	[WAIT_QOS_JOB_LIMIT] = JOBS(QOS_GROUP, "its QOS has as many jobs as it may have"),
	[WAIT_QOS_RESOURCE_LIMIT] = JOBS(QOS_GROUP, "its QOS uses as much as it may use"),
	[WAIT_QOS_TIME_LIMIT] = JOBS(QOS_GROUP, "its QOS has used the time it may use"),
	[WAIT_QOS_GRP_JOB] = JOBS(QOS_GROUP, "its QOS runs as many jobs as it may run (GrpJobs)"),
	[WAIT_QOS_GRP_SUB_JOB] = JOBS(QOS_GROUP, "its QOS has as many jobs queued as it may have (GrpSubmitJobs)"),
	[WAIT_QOS_GRP_WALL] = JOBS(QOS_GROUP, "its QOS has used the wall time it may use (GrpWall)"),
	[WAIT_QOS_MAX_JOB_PER_USER] = JOBS(QOS_USER, "the user runs as many jobs as the QOS allows one (MaxJobsPerUser)"),
	[WAIT_QOS_MAX_SUB_JOB] = JOBS(QOS_USER, "the user has as many jobs queued as the QOS allows one (MaxSubmitJobsPerUser)"),
	[WAIT_QOS_MAX_JOB_PER_ACCT] = JOBS(QOS_ACCOUNT, "the account runs as many jobs as the QOS allows one (MaxJobsPerAccount)"),
	[WAIT_QOS_MAX_SUB_JOB_PER_ACCT] =
		JOBS(QOS_ACCOUNT, "the account has as many jobs queued as the QOS allows one (MaxSubmitJobsPerAccount)"),
	[WAIT_QOS_MAX_WALL_PER_JOB] = JOBS(QOS_JOB, "its time limit is longer than the QOS allows a job (MaxWall)"),

	[WAIT_LICENSES] = OTHER("the licenses it asks for are in use"),
	[WAIT_HELD_USER + 1] = OTHER(FB_REASON_BEHIND_HELD),
	[WAIT_QOS_THRES] = OTHER("its account has used more than the QOS's UsageThreshold"),
	[WAIT_QOS] = STUCK("its partition or account does not allow its QOS"),
	[WAIT_ACCOUNT] = STUCK("its partition does not allow its account"),
	[WAIT_ACCOUNT_POLICY] = OTHER("a limit of the accounting is reached"),
	[WAIT_CLEANING] = OTHER("its last run is still being cleaned up"),
	[WAIT_PROLOG] = OTHER("the prolog runs on its nodes"),
	[WAIT_MAX_REQUEUE] = STUCK("it has been requeued too often and is held"),
	[WAIT_BURST_BUFFER_RESOURCE] = OTHER("the burst buffer has no room for it"),
	[WAIT_BURST_BUFFER_STAGING] = OTHER("its files are being copied into the burst buffer"),
	[WAIT_FED_JOB_LOCK] = OTHER("another cluster of the federation is looking at it"),
	[WAIT_PN_MEM_LIMIT] = STUCK("it asks for more memory than a node or a CPU may give (MaxMemPerNode, MaxMemPerCPU)"),
	[WAIT_MAX_POWERED_NODES] = OTHER("as many nodes are powered up as may be"),
	[WAIT_MPI_PORTS_BUSY] = OTHER("the ports reserved for MPI are in use"),
	[FAIL_DEFER] = OTHER("scheduling at submission is deferred; the next pass of the scheduler looks at it"),
	[FAIL_CONSTRAINTS] = OTHER("no node fits its constraints now"),
	[FAIL_DOWN_PARTITION] = OTHER("its partition is down"),
	[FAIL_BAD_CONSTRAINTS] = STUCK("no node can ever fit its constraints"),
	[FAIL_SYSTEM] = OTHER("Slurm failed"),
	[FAIL_LAUNCH] = OTHER("it could not be launched"),
	[FAIL_EXIT_CODE] = OTHER("its exit status was not zero"),
	[FAIL_SIGNAL] = OTHER("a signal ended it"),
	[FAIL_TIMEOUT] = OTHER("it ran into its time limit"),
	[FAIL_INACTIVE_LIMIT] = OTHER("it was idle for too long"),
	[FAIL_ACCOUNT] = STUCK("its account does not exist any more, or the user was removed from it"),
	[FAIL_QOS] = STUCK("its QOS does not exist any more, or may not be used any more"),
	[FAIL_BURST_BUFFER_OP] = STUCK("an operation of the burst buffer failed"),
	[FAIL_DEADLINE] = OTHER("its deadline had come"),
	[FAIL_OOM] = OTHER("it used more memory than it had"),
};

const struct fb_reason *fb_reason_find(uint32_t reason)
{
	static const struct fb_reason unknown = { .kind = FB_REASON_OTHER };
	const struct fb_reason *found = reason < sizeof(reasons) / sizeof(reasons[0]) ? &reasons[reason] : &unknown;

	/* Slots of the table that no release uses are zero, as NONE is. */
	return found->kind == FB_REASON_NONE && reason != WAIT_NO_REASON ? &unknown : found;
}

const char *fb_reason_limit_name(const struct fb_reason *reason)
{
	static const char *const names[][3] = {
		[FB_SCOPE_ASSOC_GROUP] = { "GrpTRES", "GrpTRESMins", "GrpTRESRunMins" },
		[FB_SCOPE_ASSOC_JOB] = { "MaxTRESPerJob", "MaxTRESMinsPerJob", "" },
		[FB_SCOPE_ASSOC_NODE] = { "MaxTRESPerNode", "", "" },
		[FB_SCOPE_QOS_GROUP] = { "GrpTRES", "GrpTRESMins", "GrpTRESRunMins" },
		[FB_SCOPE_QOS_JOB] = { "MaxTRESPerJob", "MaxTRESMinsPerJob", "" },
		[FB_SCOPE_QOS_NODE] = { "MaxTRESPerNode", "", "" },
		[FB_SCOPE_QOS_USER] = { "MaxTRESPerUser", "", "MaxTRESRunMinsPerUser" },
		[FB_SCOPE_QOS_ACCOUNT] = { "MaxTRESPerAccount", "", "MaxTRESRunMinsPerAccount" },
		[FB_SCOPE_QOS_MIN] = { "MinTRESPerJob", "", "" },
	};

	if (reason->kind != FB_REASON_LIMIT || !reason->tres)
		return "";
	return names[reason->scope][reason->measure];
}

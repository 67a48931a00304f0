/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Slurm's reason codes mean: which kind of obstacle, and for a limit which one. */
#ifndef FB_REASON_H
#define FB_REASON_H

#include <stdbool.h>
#include <stdint.h>

enum fb_reason_kind {
	FB_REASON_NONE,	 /* not looked at yet */
	FB_REASON_OTHER, /* words says all there is */
	FB_REASON_HELD,
	FB_REASON_HELD_USER,
	FB_REASON_BEGIN,
	FB_REASON_DEPENDENCY,
	FB_REASON_LIMIT, /* of the accounting: scope, measure and tres say which */
	FB_REASON_ARRAY,
	FB_REASON_RESERVATION,
	FB_REASON_PARTITION,
	FB_REASON_NODES,
	FB_REASON_RESOURCES,
	FB_REASON_PRIORITY,
};

enum fb_limit_scope {
	FB_SCOPE_NONE,
	FB_SCOPE_ASSOC_GROUP, /* of the account with all below it */
	FB_SCOPE_ASSOC_JOB,
	FB_SCOPE_ASSOC_NODE,
	FB_SCOPE_QOS_GROUP,
	FB_SCOPE_QOS_JOB,
	FB_SCOPE_QOS_NODE,
	FB_SCOPE_QOS_USER,
	FB_SCOPE_QOS_ACCOUNT,
	FB_SCOPE_QOS_MIN, /* a least amount, not a most */
};

enum fb_limit_measure { FB_MEASURE_COUNT, FB_MEASURE_MINUTES, FB_MEASURE_RUN_MINUTES };

struct fb_reason {
	enum fb_reason_kind kind;
	enum fb_limit_scope scope;
	enum fb_limit_measure measure;
	const char *tres;  /* of a limit: "gres" (any generic resource), "cpu", "mem", "node", ...; NULL: not of a TRES */
	const char *words; /* a sentence's part, "the job has been requeued too often"; for a limit only when tres is NULL */
	bool never;	   /* waiting alone does not help */
};

/* Of an enum job_state_reason; never NULL: one that is not known here is OTHER without words. */
const struct fb_reason *fb_reason_find(uint32_t reason);

/* The limit as sacctmgr calls it, "GrpTRES", "MaxTRESPerUser"; "" if it is not a limit of a TRES. */
const char *fb_reason_limit_name(const struct fb_reason *reason);

#endif

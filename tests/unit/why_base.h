/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts that the tests of causes and of the screen start from: a job of 4 GPUs that nothing keeps from starting. */
#ifndef FB_TESTS_WHY_BASE_H
#define FB_TESTS_WHY_BASE_H

#include <slurm/slurm.h>

#include "flightbase/why.h"

#define NOW 1700000000 /* 2023-11-14T22:13:20 UTC */

static inline struct fb_why why_base(void)
{
	struct fb_why f = { .now = NOW };

	setenv("TZ", "UTC", 1);
	f.job = (struct fb_why_job){ .id = "12", .job_id = 12, .phase = FB_JOB_PENDING, .state = "PENDING", .name = "train",
				       .user = "alice", .account = "vision", .partition = "gpu", .qos = "ws-vision",
				       .reason = WAIT_RESOURCES, .reason_name = "Resources", .gpus = 4, .cpus = 8, .memory = 2000,
				       .nodes = 1, .tasks = 1, .submit = NOW - 60, .eligible = NOW - 60, .priority = 1000 };
	f.workspace = (struct fb_why_workspace){ .name = "vision", .min_run = 60 };
	f.limits = (struct fb_why_limits){ .known = true, .quota = 16, .quota_used = 4, .quota_account = "vision",
					     .user_limit = FB_UNLIMITED, .job_limit = FB_UNLIMITED };
	f.cluster.known = true;
	f.cluster.all = (struct fb_why_pool){ .nodes = 4, .gpus = 32, .used = 12, .free = 20, .most_free = 8, .fitting = 2,
						.free_cpus = 100, .free_memory = 400000 };
	f.cluster.mine = f.cluster.all;
	f.cluster.idle = f.cluster.all.free;
	f.partition = (struct fb_why_partition){ .name = "gpu", .state = "up", .min_nodes = 1 };
	f.queue = (struct fb_why_queue){ .known = true, .position = 1, .length = 1 };
	return f;
}

#endif

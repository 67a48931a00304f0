/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* dladdr */
#include "job_submit/wires.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "common/wiring.h"
#include "job_submit/demand.h"

/*
 * The topology plugin, which lies in this plugin's folder; it is built after this one is loaded, and its code stays, so it is
 * asked for when a job needs it. Nothing is loaded here: RTLD_NOLOAD finds it by the name that Slurm's loader wrote.
 */
static fb_wiring_check_fn *check_find(void)
{
	static const char here;
	fb_wiring_check_fn *check = NULL;
	char path[4096];
	Dl_info self;
	const char *slash;
	void *plugin;

	if (!dladdr(&here, &self) || !self.dli_fname || !(slash = strrchr(self.dli_fname, '/')))
		return NULL;
	int length = snprintf(path, sizeof(path), "%.*s%s", (int)(slash + 1 - self.dli_fname), self.dli_fname, FB_WIRING_PLUGIN);
	if (length < 0 || (size_t)length >= sizeof(path) || !(plugin = dlopen(path, RTLD_LAZY | RTLD_NOLOAD)))
		return NULL;
	/* POSIX lets a function's address be read from an object pointer this way only. */
	*(void **)&check = dlsym(plugin, FB_WIRING_CHECK);
	dlclose(plugin);
	return check;
}

static uint32_t given(uint32_t number)
{
	return number < NO_VAL ? number : 0;
}

/* GPUs that some node must give, at least. */
static uint64_t gpus_on_a_node(const job_desc_msg_t *job)
{
	struct fb_gpus_request request = { .per_node = job->tres_per_node, .nodes = 1 };
	uint64_t on_each = fb_gpus_count(&request).count, nodes = given(job->max_nodes), all;

	if (!nodes)
		return on_each;
	request = (struct fb_gpus_request){ .per_job = job->tres_per_job,
					    .per_task = job->tres_per_task,
					    .nodes = 1,
					    .tasks = given(job->num_tasks) };
	all = fb_gpus_count(&request).count;
	return MAX(on_each, ROUNDUP(all, nodes));
}

int fb_wires_check(const job_desc_msg_t *job, const struct fb_decision *decision, struct fb_err *err)
{
	struct fb_wiring_ask ask = { 0 };
	fb_wiring_check_fn *check;

	if (!strcmp(decision->p2p, "require"))
		ask.gpus = gpus_on_a_node(job);
	if (!strcmp(decision->rdma, "require") && given(job->min_nodes) > 1)
		ask.nodes = given(job->min_nodes);
	if (ask.gpus < 2 && !ask.nodes)
		return 0;
	if (!(check = check_find()))
		return fb_err_set(err, "option '--%s': 'require': this cluster's controller runs without topology/flightbase, which "
				       "knows the wires; leave it out",
				  ask.gpus > 1 ? "p2p" : "rdma");
	return check(&ask, err);
}

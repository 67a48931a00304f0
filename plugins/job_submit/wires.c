/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/wires.h"

#include <dlfcn.h>
#include <string.h>

#include "common/beside.h"
#include "common/wiring.h"
#include "job_submit/demand.h"

/* The topology plugin is built after this one is loaded, and its code stays: it is looked for when a job needs it. */
static fb_wiring_check_fn *check_find(void)
{
	fb_wiring_check_fn *check = NULL;
	char path[4096];
	void *plugin = fb_beside_open(FB_WIRING_PLUGIN, path, sizeof(path));

	if (!plugin)
		return NULL;
	/* POSIX lets a function's address be read from an object pointer this way only. */
	*(void **)&check = dlsym(plugin, FB_WIRING_CHECK);
	dlclose(plugin);
	return check;
}

int fb_wires_check(const job_desc_msg_t *job, const struct fb_decision *decision, struct fb_err *err)
{
	struct fb_wiring_ask ask = { 0 };
	uint32_t nodes = fb_demand_nodes(job);
	fb_wiring_check_fn *check;

	if (!strcmp(decision->p2p, "require"))
		ask.gpus = fb_demand_on_a_node(job);
	if (!strcmp(decision->rdma, "require") && nodes > 1)
		ask.nodes = nodes;
	if (ask.gpus < 2 && !ask.nodes)
		return 0;
	if (!(check = check_find()))
		return fb_err_set(err, "option '--%s': 'require': this cluster's controller runs without topology/flightbase, which "
				       "knows the wires; leave it out",
				  ask.gpus > 1 ? "p2p" : "rdma");
	return check(&ask, err);
}

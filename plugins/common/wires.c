/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/wires.h"

#include <stddef.h>
#include <string.h>

static const char *transports(struct fb_wires off)
{
	return off.p2p_off && off.rdma_off ? "^cuda_ipc,ib" : off.p2p_off ? "^cuda_ipc" : "^ib";
}

static bool keeps_off(const char *list, struct fb_wires off)
{
	static const char *const rdma[] = { "ib", "rc", "ud", "dc", NULL };

	if (!*list || *list == '^' || strstr(list, "all"))
		return false;
	for (size_t i = 0; off.rdma_off && rdma[i]; i++)
		if (strstr(list, rdma[i]))
			return false;
	return !(off.p2p_off && strstr(list, "cuda"));
}

static struct fb_wires_change change_tls(struct fb_wires step, struct fb_wires outer, const char *users)
{
	bool ours = (outer.p2p_off || outer.rdma_off) && !strcmp(users, transports(outer));

	if (!step.p2p_off && !step.rdma_off)
		return (struct fb_wires_change){ ours ? FB_WIRES_UNSET : FB_WIRES_KEEP, NULL };
	if (keeps_off(users, step))
		return (struct fb_wires_change){ FB_WIRES_KEEP, NULL };
	return (struct fb_wires_change){ FB_WIRES_SET, transports(step) };
}

static struct fb_wires_change change_switch(bool step_off, bool outer_off, const char *off)
{
	if (step_off)
		return (struct fb_wires_change){ FB_WIRES_SET, off };
	return (struct fb_wires_change){ outer_off ? FB_WIRES_UNSET : FB_WIRES_KEEP, NULL };
}

struct fb_wires_environment fb_wires_environment(struct fb_wires step, struct fb_wires outer, const char *users_tls)
{
	return (struct fb_wires_environment){
		.nccl_p2p = change_switch(step.p2p_off, outer.p2p_off, "1"),
		.nccl_nvls = change_switch(step.p2p_off, outer.p2p_off, "0"),
		.nccl_ib = change_switch(step.rdma_off, outer.rdma_off, "1"),
		.nccl_net = change_switch(step.rdma_off, outer.rdma_off, "Socket"),
		.ucx_tls = change_tls(step, outer, users_tls),
	};
}

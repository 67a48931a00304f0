/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables by which NCCL and UCX leave wires alone that a job gave up. NCCL (user guide, environment variables):
 * NCCL_P2P_DISABLE, and NCCL_NVLS_ENABLE for the reductions in NVSwitches, which do not ask for P2P; NCCL_IB_DISABLE, and
 * NCCL_NET for the RDMA that plugins bring, such as that of EFA. UCX: UCX_TLS, where '^' leaves transports out of its own
 * choice.
 */
#ifndef FB_COMMON_WIRES_H
#define FB_COMMON_WIRES_H

#include <stdbool.h>

struct fb_wires {
	bool p2p_off, rdma_off;
};

enum fb_wires_action { FB_WIRES_KEEP, FB_WIRES_SET, FB_WIRES_UNSET };

struct fb_wires_change {
	enum fb_wires_action action;
	const char *value; /* of SET; static */
};

struct fb_wires_environment {
	struct fb_wires_change nccl_p2p, nccl_nvls, nccl_ib, nccl_net, ucx_tls;
};

/*
 * What to do with a step's variables. outer is what the environment it came with had given up: a job that is
 * submitted from inside another one inherits those variables, and they are taken back; what the user wrote is
 * not touched. users_tls is the value of UCX_TLS that came ("" if none): a list of wanted transports that names
 * none of those given up is narrower than ours and stays.
 */
struct fb_wires_environment fb_wires_environment(struct fb_wires step, struct fb_wires outer, const char *users_tls);

#endif

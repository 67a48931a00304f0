/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slurm's internal headers, and all that differs between its releases 24.11 to 26.05 for a topology
 * plugin. No other file asks for Slurm's version.
 */
#ifndef FB_TOPOLOGY_SLURM_COMPAT_H
#define FB_TOPOLOGY_SLURM_COMPAT_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wstrict-prototypes"
#include "config.h"

#include "src/common/slurm_xlator.h"

#include "slurm/slurm_errno.h"
#include "src/common/bitstring.h"
#include "src/common/core_array.h"
#include "src/common/hostlist.h"
#include "src/common/log.h"
#include "src/common/node_conf.h"
#include "src/common/pack.h"
#include "src/common/read_config.h"
#include "src/common/slurm_protocol_defs.h"
#include "src/common/xmalloc.h"
#include "src/common/xstring.h"
#include "src/interfaces/gres.h"
#include "src/interfaces/topology.h"
#include "src/plugins/topology/common/common_topo.h"
#include "src/slurmctld/slurmctld.h"
#pragma GCC diagnostic pop

#define FB_SLURM_25_05 SLURM_VERSION_NUM(25, 5, 0)
#define FB_SLURM_25_11 SLURM_VERSION_NUM(25, 11, 0)
#define FB_SLURM_26_05 SLURM_VERSION_NUM(26, 5, 0)

/* 25.05: a cluster may have several topologies; hooks are told which, and show takes a unit. */
#if SLURM_VERSION_NUMBER >= FB_SLURM_25_05
#define FB_TCTX_ONLY topology_ctx_t *tctx
#define FB_TCTX_LAST , void *tctx
#define FB_UNIT , char *unit
#define FB_UNUSED_TCTX (void)tctx
#define FB_UNUSED_UNIT (void)unit
#define FB_UNIT_PASS , unit
#else
typedef void topology_ctx_t;
#define FB_TCTX_ONLY void
#define FB_TCTX_LAST
#define FB_UNIT
#define FB_UNUSED_TCTX (void)0
#define FB_UNUSED_UNIT (void)0
#define FB_UNIT_PASS
#endif

/* 25.11: a job's topology is an object of the plugin, and the knapsack loop goes by the product of CPUs and
 * GPUs where it went by their sum. */
#if SLURM_VERSION_NUMBER >= FB_SLURM_25_11
#define FB_AVAIL_RES avail_res_prod
typedef uint64_t fb_avail_res_t;
#else
#define FB_AVAIL_RES avail_res_cnt
typedef uint16_t fb_avail_res_t;
typedef int topology_jobinfo_type_t;
#endif

/* 26.05: one node can be tested alone. */
#if SLURM_VERSION_NUMBER >= FB_SLURM_26_05
#define fb_common_test_node(topo_eval, node) common_test_node(topo_eval, node)
#else
#define fb_common_test_node(topo_eval, node) ((void)(topo_eval), (void)(node), ESLURM_NOT_SUPPORTED)
#endif

#endif

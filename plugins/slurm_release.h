/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that differs between Slurm's releases 24.11 to 26.05 for what is compiled with its headers. No other
 * file asks for Slurm's version.
 */
#ifndef FB_SLURM_RELEASE_H
#define FB_SLURM_RELEASE_H

#include <slurm/slurm.h>
#include <stdlib.h>
#include <string.h>

#define FB_SLURM_25_05 SLURM_VERSION_NUM(25, 5, 0)
#define FB_SLURM_25_11 SLURM_VERSION_NUM(25, 11, 0)
#define FB_SLURM_26_05 SLURM_VERSION_NUM(26, 5, 0)

/* What jobs hold of a node: CPUs, memory in MB, TRES as text, which is NULL if there are none, else the caller's
 * to free(). 25.05 made members of the node of what was asked for before. */
static inline void fb_node_held(const node_info_t *node, uint16_t *cpus, uint64_t *memory, char **tres)
{
#if SLURM_VERSION_NUMBER >= FB_SLURM_25_05
	*cpus = node->alloc_cpus;
	*memory = node->alloc_memory;
	*tres = node->alloc_tres_fmt_str ? strdup(node->alloc_tres_fmt_str) : NULL;
#else
	extern void slurm_xfree(void **memory);
	char *text = NULL;

	*cpus = 0;
	*memory = 0;
	slurm_get_select_nodeinfo(node->select_nodeinfo, SELECT_NODEDATA_SUBCNT, NODE_STATE_ALLOCATED, cpus);
	slurm_get_select_nodeinfo(node->select_nodeinfo, SELECT_NODEDATA_MEM_ALLOC, NODE_STATE_ALLOCATED, memory);
	slurm_get_select_nodeinfo(node->select_nodeinfo, SELECT_NODEDATA_TRES_ALLOC_FMT_STR, NODE_STATE_ALLOCATED, &text);
	*tres = text ? strdup(text) : NULL;
	slurm_xfree((void **)&text);
#endif
}

/* 25.11: the job's number in a job_desc_msg_t, and SelectTypeParameters' flags. 26.05: the number in
 * a priority_factors_object_t, and what frees the answer of slurm_load_ctl_conf(). For functions that take a
 * number, SLURM_BACKWARD_COMPAT is defined. */
#if SLURM_VERSION_NUMBER >= FB_SLURM_25_11
#define FB_DESC_JOB_ID step_id.job_id
#define FB_SELECT_MEMORY SELECT_MEMORY
#define FB_SELECT_LLN SELECT_LLN
#else
#define FB_DESC_JOB_ID job_id
#define FB_SELECT_MEMORY CR_MEMORY
#define FB_SELECT_LLN CR_LLN
#endif
#if SLURM_VERSION_NUMBER >= FB_SLURM_26_05
#define FB_FACTORS_JOB_ID step_id.job_id
#define fb_free_ctl_conf(conf) slurm_free_conf(conf)
#else
#define FB_FACTORS_JOB_ID job_id
#define fb_free_ctl_conf(conf) slurm_free_ctl_conf(conf)
#endif

/* The reason behind WAIT_HELD_USER means something else since 25.11 (and nothing in 25.05). */
#if SLURM_VERSION_NUMBER >= FB_SLURM_25_11
#define FB_REASON_BEHIND_HELD "the NVIDIA IMEX channels are in use by other jobs"
#else
#define FB_REASON_BEHIND_HELD "the front-end nodes are down"
#endif

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

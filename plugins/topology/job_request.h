/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job asks of GPUs, read from slurmctld's records. */
#ifndef FB_TOPOLOGY_JOB_REQUEST_H
#define FB_TOPOLOGY_JOB_REQUEST_H

#include "topology/demand.h"
#include "topology/slurm_compat.h"

/* One of the job's GPU requests as the pure functions want it. */
struct fb_demand_request fb_job_request(const topology_eval_t *eval, const gres_job_state_t *gres_js);

/*
 * Does Slurm ask only whether the job could ever run, on whole nodes, whatever is in use? Also true if no
 * node offers any GRES to the job.
 */
bool fb_job_feasibility_test(const topology_eval_t *eval);

/* By --exclusive, or in a partition with OverSubscribe=EXCLUSIVE, which Slurm writes into the job only when it starts it. */
bool fb_job_whole_nodes(const job_record_t *job);

/* GPUs that Slurm offers to one request on a node, which are added to sockets; avail may be NULL. */
uint64_t fb_job_offered(const avail_res_t *avail, const gres_state_t *request, uint64_t *sockets);

/* Will the job hold GPUs, by asking for them or for whole nodes? Shares of GPUs (MPS, shards) are not meant. */
bool fb_job_takes_gpus(const job_record_t *job);

/*
 * At most how many GPUs the job takes on the nodes that were chosen (the eval's node_map). All of them if
 * it gets whole nodes.
 */
uint64_t fb_job_gpus_most(const topology_eval_t *eval);

/* The state of a node's GPUs in a list of its GRES, or NULL: it has none. The list may be NULL. */
const gres_node_state_t *fb_gpu_state(list_t *gres_list);

#endif

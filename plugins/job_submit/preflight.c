/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/preflight.h"

#include "common/decision.h"

bool fb_preflight_is_report(const job_desc_msg_t *request)
{
	return request->admin_comment && !xstrncmp(request->admin_comment, FB_PREFLIGHT_REPORT, sizeof(FB_PREFLIGHT_REPORT) - 1);
}

/* Could a node do for the job what one that it has does, as far as slurm.conf says? */
static bool is_like(const node_record_t *node, const node_record_t *one)
{
	const config_record_t *a = node->config_ptr, *b = one->config_ptr;

	return a == b || (!xstrcmp(a->gres, b->gres) && !xstrcmp(a->feature, b->feature) && a->cpus >= b->cpus &&
			  a->real_memory >= b->real_memory);
}

static bool is_like_any(const node_record_t *node, const job_record_t *job)
{
	const node_record_t *one;

	for (int i = 0; (one = next_node_bitmap(job->node_bitmap, &i)); i++)
		if (is_like(node, one))
			return true;
	return false;
}

/* Nodes of the partition it is in, like those it has, without one and those excluded before. */
static uint32_t count_left(const job_record_t *job, const node_record_t *without)
{
	bitstr_t *excluded = job->details->exc_node_bitmap;
	uint32_t left = 0;

	for (int i = 0; i < node_record_count; i++) {
		const node_record_t *node = node_record_table_ptr[i];

		if (!node || node == without || IS_NODE_FUTURE(node) || (excluded && bit_test(excluded, i)) ||
		    !bit_test(job->part_ptr->node_bitmap, i) ||
		    (job->resv_ptr && job->resv_ptr->node_bitmap && !bit_test(job->resv_ptr->node_bitmap, i)))
			continue;
		left += is_like_any(node, job);
	}
	return left;
}

/* A range of nodes needs its least; else the job needs as many as it has: GPUs may be what it asked for. */
static uint32_t count_needed(const job_record_t *job)
{
	const job_details_t *details = job->details;

	return details->max_nodes > details->min_nodes && details->max_nodes != NO_VAL ? details->min_nodes : job->node_cnt;
}

static int check_job(const job_record_t *job, const struct fb_decision *decision)
{
	if (!IS_JOB_RUNNING(job) || !job->node_bitmap || !job->part_ptr || !job->part_ptr->node_bitmap)
		return ESLURM_JOB_NOT_RUNNING;
	if (!decision->preflight || job->het_job_id)
		return ESLURM_NOT_SUPPORTED;
	if (!job->batch_flag || !job->details->requeue)
		return ESLURM_DISABLED;
	return decision->requeues >= FB_PREFLIGHT_REQUEUES ? ESLURM_ALREADY_DONE : SLURM_SUCCESS;
}

static int check_node(const job_record_t *job, const node_record_t *node)
{
	bitstr_t *required = job->details->req_node_bitmap;

	if (!node || !bit_test(job->node_bitmap, node->index))
		return ESLURM_INVALID_NODE_NAME;
	if ((required && bit_test(required, node->index)) || count_left(job, node) < count_needed(job))
		return ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE;
	return SLURM_SUCCESS;
}

/* Was this run of the job told of before? A report whose answer was lost is sent again. */
static bool is_known(const struct fb_decision *decision, const struct fb_preflight_failure *failure)
{
	return decision->requeues && decision->requeued[decision->requeues - 1].restart == failure->restart;
}

int fb_preflight_accept(job_desc_msg_t *request, job_record_t *job)
{
	struct fb_preflight_failure failure;
	char line[FB_DECISION_LINE_MAX];
	struct fb_decision decision;
	node_record_t *node;
	int rc;

	if (!job->details || !job->admin_comment || fb_preflight_report_parse(&failure, request->admin_comment, NULL) ||
	    fb_decision_parse(&decision, job->admin_comment, NULL) || failure.restart != job->restart_cnt)
		return ESLURM_NOT_SUPPORTED;
	if (!is_known(&decision, &failure)) {
		node = find_node_record(failure.node);
		if ((rc = check_job(job, &decision)) || (rc = check_node(job, node)))
			return rc;
		decision.requeued[decision.requeues++] = failure;
		if (fb_decision_format(&decision, line, sizeof(line)) < 0)
			return ESLURM_NOT_SUPPORTED;
		/* The change of a job, in which this is, makes the bitmap anew from the names. */
		xstrfmtcat(job->details->exc_nodes, "%s%s", job->details->exc_nodes ? "," : "", failure.node);
		info("flightbase: %pJ: preflight: %s gave %.3g of %.3g GB/s: excluded", job, failure.node, failure.gbps,
		     failure.model);
	} else if (fb_decision_format(&decision, line, sizeof(line)) < 0) {
		return ESLURM_NOT_SUPPORTED;
	}
	xfree(request->admin_comment);
	request->admin_comment = xstrdup(line);
	return SLURM_SUCCESS;
}

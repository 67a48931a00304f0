/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root's part, a thread of the batch step's slurmstepd. In this order, so that a death in between leaves nothing that is wrong:
 * the node's comment; the job's record, in which job_submit's hook counts the failure and excludes the node in one change; the
 * requeue. A job that dies after the second fails as it would have, and is only kept off the node if somebody requeues it.
 * The user's part holds the other end of the connection: of what comes from there a node's number and two bandwidths are used,
 * after fb_preflight_message_check.
 */
#include <errno.h>
#include <pthread.h>
#include <slurm/slurm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/decision.h"
#include "common/preflight_mark.h"
#include "spank/preflight.h"

static struct {
	bool begun;
	int ours, theirs;
	uint32_t job;
	pthread_t thread;
} root = { .ours = -1, .theirs = -1 };

int fb_preflight_root_connection(void)
{
	return root.theirs;
}

static void answer(enum fb_preflight_next next, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void answer(enum fb_preflight_next next, const char *format, ...)
{
	struct fb_preflight_answer a = { .next = (int)next };
	char confirmed;
	va_list args;

	va_start(args, format);
	vsnprintf(a.text, sizeof(a.text), format, args);
	va_end(args);
	send(root.ours, &a, sizeof(a), MSG_NOSIGNAL);
	/* It has been said, or nobody is there to say it. */
	while (recv(root.ours, &confirmed, 1, 0) < 0 && errno == EINTR)
		;
}

static int comment_node(const char *comment, const char *node, const struct fb_preflight_event *event, struct fb_err *err)
{
	update_node_msg_t update;
	char *text = fb_preflight_mark_add(comment, event);

	if (!text)
		return fb_err_set(err, "node '%s': out of memory for its comment", node);
	slurm_init_update_node_msg(&update);
	update.node_names = (char *)node;
	update.comment = text;
	int rc = slurm_update_node(&update) ? fb_err_set(err, "node '%s': its comment: %s", node, slurm_strerror(errno)) : 0;
	free(text);
	return rc;
}

/* Between reading and writing another job's failure on the same node may be lost; the count is a hint. */
static void mark_node(const struct fb_preflight_job *job, const struct fb_preflight_message *message)
{
	struct fb_preflight_event event = { .when = time(NULL), .job = job->id, .gbps = message->gbps, .model = message->model };
	char *node = job->name[message->node];
	node_info_msg_t *answer = NULL;
	struct fb_err err;
	int rc;

	if (slurm_load_node_single(&answer, node, SHOW_ALL) || !answer->record_count)
		rc = fb_err_set(&err, "node '%s': %s", node, slurm_strerror(errno));
	else
		rc = comment_node(answer->node_array[0].comment, node, &event, &err);
	if (answer)
		slurm_free_node_info_msg(answer);
	if (rc)
		slurm_error("flightbase: job %u: preflight: %s", job->id, err.text);
}

/* Why the controller would not, in words for the user. */
static void explain_refusal(const struct fb_preflight_job *job, const char *node, int why, char *text, size_t size)
{
	if (!job->may_requeue)
		snprintf(text, size, "it may not be requeued (--no-requeue)");
	else if (job->requeues >= FB_PREFLIGHT_REQUEUES)
		snprintf(text, size, "it was requeued %u times already, without %s", job->requeues, job->without);
	else if (fb_preflight_job_lists(job->required, node))
		snprintf(text, size, "it asks for %s (--nodelist); submit it without", node);
	else if (why == ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE)
		snprintf(text, size, "without %s too few nodes of its kind are left in its partition for it", node);
	else
		snprintf(text, size, "the controller does not requeue it: %s", slurm_strerror(why));
}

/* Slurm's error of a call that answers for each task of an array; 0: there is none. The answer is freed. */
static int first_error(int rc, job_array_resp_msg_t *tasks)
{
	int error = !rc ? 0 : errno ? errno : SLURM_ERROR;

	for (uint32_t i = 0; tasks && !error && i < tasks->job_array_count; i++)
		error = (int)tasks->error_code[i];
	if (tasks)
		slurm_free_job_array_resp(tasks);
	return error;
}

/* Count and exclude. 0, or Slurm's error. */
static int record(const struct fb_preflight_job *job, const struct fb_preflight_message *message)
{
	struct fb_preflight_failure failure = { .gbps = message->gbps, .model = message->model, .restart = job->restarts };
	char line[FB_DECISION_LINE_MAX];
	job_array_resp_msg_t *tasks = NULL;
	job_desc_msg_t update;

	snprintf(failure.node, sizeof(failure.node), "%s", job->name[message->node]);
	if (fb_preflight_report_format(&failure, line, sizeof(line)) < 0)
		return SLURM_ERROR;
	slurm_init_job_desc_msg(&update);
	update.job_id_str = (char *)job->ref;
	update.admin_comment = line;
	const int rc = slurm_update_job2(&update, &tasks);
	return first_error(rc, tasks);
}

static int requeue(const struct fb_preflight_job *job)
{
	job_array_resp_msg_t *tasks = NULL;
	/* Only one that runs still: a job that was cancelled meanwhile would come back. */
	const int rc = slurm_requeue2((char *)job->ref, JOB_RUNNING, &tasks);

	return first_error(rc, tasks);
}

static void act_on_node(const struct fb_preflight_job *job, const struct fb_preflight_message *message)
{
	const char *node = job->name[message->node];
	char why[256];
	int rc;

	mark_node(job, message);
	slurm_info("flightbase: job %u: preflight: %s: %s %.3g of %.3g GB/s", job->id, node,
		   message->outcome == FB_PREFLIGHT_SLOW_NODE ? "slow:" : "did not work:", message->gbps, message->model);
	rc = !job->may_requeue ? ESLURM_DISABLED : record(job, message);
	if (rc) {
		explain_refusal(job, node, rc, why, sizeof(why));
		answer(FB_PREFLIGHT_NEXT_END, "job '%s' fails on %s: %s", job->ref, node, why);
		return;
	}
	answer(FB_PREFLIGHT_NEXT_ANSWER, "job '%s' is requeued without %s (%u of %u times)", job->ref, node, job->requeues + 1,
	       FB_PREFLIGHT_REQUEUES);
	/* The step's end is told to the controller after this thread's, so that the job is requeued and not failed. */
	rc = requeue(job);
	if (rc)
		answer(FB_PREFLIGHT_NEXT_END, "job '%s' fails: it could not be requeued: %s", job->ref, slurm_strerror(rc));
	else
		answer(FB_PREFLIGHT_NEXT_END, "%s", "");
}

static void act_unblamed(const struct fb_preflight_job *job, const struct fb_preflight_message *message)
{
	slurm_info("flightbase: job %u: preflight: %s on %s: %.3g of %.3g GB/s, and no single node is to blame", job->id,
		   message->model > 0 ? "slow" : "did not work", job->list, message->gbps, message->model);
	if (message->model > 0)
		answer(FB_PREFLIGHT_NEXT_SCRIPT,
		       "job '%s' goes on: to requeue it would not help; the administrators find it in slurmd's log", job->ref);
	else
		answer(FB_PREFLIGHT_NEXT_END, "job '%s' fails: to requeue it would not help; ask an administrator", job->ref);
}

static void act(const struct fb_preflight_message *message)
{
	struct fb_preflight_job job;
	struct fb_err err;

	if (fb_preflight_job_load(&job, root.job, &err)) {
		slurm_error("flightbase: preflight: %s", err.text);
		answer(FB_PREFLIGHT_NEXT_END, "%s: the job fails", err.text);
		return;
	}
	if (!job.running) {
		answer(FB_PREFLIGHT_NEXT_END, "%s", "");
	} else if (fb_preflight_message_check(message, job.nodes, &err)) {
		slurm_error("flightbase: job %u: %s", root.job, err.text);
		answer(FB_PREFLIGHT_NEXT_END, "%s: the job fails", err.text);
	} else if (message->outcome == FB_PREFLIGHT_UNBLAMED) {
		act_unblamed(&job, message);
	} else {
		act_on_node(&job, message);
	}
	fb_preflight_job_free(&job);
}

/* One message in the life of the step; a script that runs has none to send. */
static void *serve(void *unused)
{
	struct fb_preflight_message message;
	ssize_t n;

	do
		n = recv(root.ours, &message, sizeof(message), 0);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(message))
		act(&message);
	return unused;
}

int fb_preflight_root_begin(uint32_t job, struct fb_err *err)
{
	int ends[2], rc;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return fb_err_set(err, "preflight: %s", strerror(errno));
	root.ours = ends[0];
	root.theirs = ends[1];
	root.job = job;
	rc = pthread_create(&root.thread, NULL, serve, NULL);
	if (rc) {
		close(ends[0]);
		close(ends[1]);
		root.ours = root.theirs = -1;
		return fb_err_set(err, "preflight: %s", strerror(rc));
	}
	root.begun = true;
	return 0;
}

void fb_preflight_root_end(void)
{
	if (!root.begun)
		return;
	shutdown(root.ours, SHUT_RDWR);
	pthread_join(root.thread, NULL);
	close(root.ours);
	close(root.theirs);
	root.ours = root.theirs = -1;
	root.begun = false;
}

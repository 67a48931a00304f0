/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In the place of the batch script, before it: the process that will become it measures. Slurm does not kill it before, as it is
 * still slurmstepd by its name (24.11: kill_tree.c, cgroup's _slurm_cgroup_is_pid_a_slurm_task), but it does kill srun and
 * its step when the job is cancelled: then this process ends without a word.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spank/preflight.h"

/* The controller is asked so often, so many seconds apart. */
#define TRIES 4
#define PAUSE 5

static _Noreturn void give_up(void)
{
	_exit(FB_PREFLIGHT_EXIT);
}

/* False: there is nobody at the other end. */
static bool receive(int fd, struct fb_preflight_answer *answer)
{
	ssize_t n;

	do
		n = recv(fd, answer, sizeof(*answer), 0);
	while (n < 0 && errno == EINTR);
	answer->text[sizeof(answer->text) - 1] = '\0';
	return n == (ssize_t)sizeof(*answer);
}

/* Tell root, and what root makes of it tell the user. Returns if the script may run. */
static void report(const struct fb_preflight_found *found)
{
	struct fb_preflight_message message = {
		.outcome = found->node < 0 ? FB_PREFLIGHT_UNBLAMED :
			   found->verdict == FB_PREFLIGHT_SLOW ? FB_PREFLIGHT_SLOW_NODE : FB_PREFLIGHT_BROKEN_NODE,
		.node = found->node, .gbps = found->gbps, .model = found->model,
	};
	int fd = fb_preflight_root_connection();
	struct fb_preflight_answer answer;

	if (send(fd, &message, sizeof(message), MSG_NOSIGNAL) != (ssize_t)sizeof(message))
		give_up();
	while (receive(fd, &answer)) {
		if (*answer.text)
			fb_preflight_say("%s", answer.text);
		if (send(fd, "", 1, MSG_NOSIGNAL) != 1 || answer.next == FB_PREFLIGHT_NEXT_END)
			break;
		if (answer.next == FB_PREFLIGHT_NEXT_SCRIPT)
			return;
	}
	give_up();
}

/* A controller that restarts is back soon. */
static int load_patiently(struct fb_preflight_job *job, uint32_t id, struct fb_err *err)
{
	for (int i = 1; fb_preflight_job_load(job, id, err); i++) {
		if (i == TRIES)
			return -1;
		sleep(PAUSE);
	}
	return 0;
}

/* A measurement fails when the job is cancelled, and nobody is to blame for it. */
static bool goes_on(uint32_t id)
{
	struct fb_preflight_job job;
	struct fb_err err;

	if (load_patiently(&job, id, &err)) {
		fb_preflight_say("%s: the job fails", err.text);
		return false;
	}
	bool running = job.running;
	fb_preflight_job_free(&job);
	return running;
}

void fb_preflight_batch(spank_t spank, uint32_t id, unsigned int percent)
{
	struct fb_preflight_found found = { .verdict = FB_PREFLIGHT_BROKEN };
	struct fb_preflight_job job;
	struct fb_preflight_ask ask = { .job = &job, .percent = percent, .srun = FB_SRUN };
	char **environment = NULL;
	struct fb_err err;

	spank_get_item(spank, S_JOB_ENV, &environment);
	ask.environment = environment;
	if (fb_preflight_limit(environment, &ask.limit, &err) || load_patiently(&job, id, &err)) {
		fb_preflight_say("%s: the job fails", err.text);
		give_up();
	}
	fb_preflight_measure(&ask, &found);
	fb_preflight_job_free(&job);
	if (found.verdict != FB_PREFLIGHT_PASSED && !goes_on(id))
		give_up();
	fb_preflight_say("%s", found.said);
	if (found.verdict != FB_PREFLIGHT_PASSED)
		report(&found);
	close(fb_preflight_root_connection());
}

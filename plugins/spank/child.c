/* SPDX-License-Identifier: GPL-2.0-or-later */
/* It may be called in a process with threads: between fork and exec nothing is done but system calls. */
#define _GNU_SOURCE /* pipe2 */
#include "spank/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GRACE 10000 /* ms from SIGTERM to SIGKILL: srun ends its step in that time */

int64_t fb_child_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void close_pipe(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static _Noreturn void become(const char *path, char *const *argv, char *const *environment, int null, int out, int error)
{
	sigset_t none;

	sigemptyset(&none);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(error, 2) < 0)
		_exit(127);
	execve(path, argv, environment);
	_exit(127);
}

/* Read what is there. False: the end, or an error. */
static bool drain(int fd, struct fb_child_text *t)
{
	char chunk[16384];
	ssize_t n = read(fd, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	size_t room = t->max - t->size, take = (size_t)n < room ? (size_t)n : room;
	char *grown = take ? realloc(t->text, t->size + take + 1) : NULL;
	t->cut |= take < (size_t)n || (take && !grown);
	if (grown) {
		memcpy(grown + t->size, chunk, take);
		t->text = grown;
		t->size += take;
		t->text[t->size] = '\0';
	}
	return n > 0;
}

/* Signals as the time passes; how long to wait for the next. */
static int keep_time(pid_t pid, int64_t until, struct fb_child *child)
{
	int64_t now = fb_child_now();

	if (now >= until + GRACE)
		kill(pid, SIGKILL);
	else if (now >= until && !child->timed_out)
		kill(pid, SIGTERM);
	child->timed_out |= now >= until;
	int64_t next = now < until ? until - now : now < until + GRACE ? until + GRACE - now : 1000;
	return next > 60000 ? 60000 : (int)next;
}

static void attend(pid_t pid, int out, int error, int64_t until, struct fb_child *child)
{
	struct pollfd fds[] = { { .fd = out, .events = POLLIN }, { .fd = error, .events = POLLIN } };
	struct fb_child_text *texts[] = { &child->out, &child->err };

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int ready = poll(fds, 2, keep_time(pid, until, child));

		for (int i = 0; ready > 0 && i < 2; i++)
			if (fds[i].revents && !drain(fds[i].fd, texts[i]))
				fds[i].fd = -1;
		/* What it left behind may hold the pipes open. */
		if (child->timed_out && fb_child_now() >= until + GRACE)
			break;
	}
	while (waitpid(pid, &child->status, 0) < 0 && errno == EINTR)
		;
}

int fb_child_run(const char *path, char *const *argv, char *const *environment, int64_t until, size_t out_max, size_t err_max,
		 struct fb_child *child, struct fb_err *err)
{
	int out[2] = { -1, -1 }, error[2] = { -1, -1 }, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int rc = 0;
	pid_t pid = -1;

	*child = (struct fb_child){ .out = { .text = calloc(1, 1), .max = out_max }, .err = { .text = calloc(1, 1), .max = err_max } };
	if (!child->out.text || !child->err.text)
		rc = fb_err_set(err, "out of memory");
	else if (null < 0 || pipe2(out, O_CLOEXEC) || pipe2(error, O_CLOEXEC) || (pid = fork()) < 0)
		rc = fb_err_set(err, "%s cannot be started: %s", path, strerror(errno));
	else if (!pid)
		become(path, argv, environment, null, out[1], error[1]);
	if (pid > 0) {
		close(out[1]);
		close(error[1]);
		out[1] = error[1] = -1;
		attend(pid, out[0], error[0], until, child);
	}
	if (null >= 0)
		close(null);
	close_pipe(out);
	close_pipe(error);
	if (rc)
		fb_child_free(child);
	return rc;
}

void fb_child_free(struct fb_child *child)
{
	free(child->out.text);
	free(child->err.text);
	*child = (struct fb_child){ .status = 0 };
}

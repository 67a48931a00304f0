/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the text comes from: a file, or ibnetdiscover run now. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flightbase/topo/ibnet.h"

#define EXIT_NOT_FOUND 127
#define COMPLAINT_MAX 200

struct text {
	char *text;
	size_t size, room;
};

/* Read once. Returns what read() does; what goes beyond max is an error, EFBIG. */
static ssize_t text_read(struct text *into, int fd, size_t max)
{
	if (into->size == into->room) {
		size_t room = into->room ? 2 * into->room : 65536;
		char *grown = into->size > max ? NULL : realloc(into->text, room);

		if (!grown) {
			errno = into->size > max ? EFBIG : ENOMEM;
			return -1;
		}
		into->text = grown;
		into->room = room;
	}
	ssize_t got;
	do
		got = read(fd, into->text + into->size, into->room - into->size);
	while (got < 0 && errno == EINTR);
	into->size += got > 0 ? (size_t)got : 0;
	return got;
}

int fb_ibnet_read(struct fb_ibnet *net, const char *path, struct fb_err *err)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct text text = { .text = NULL };
	ssize_t got = -1;

	*net = (struct fb_ibnet){ 0 };
	while (fd >= 0 && (got = text_read(&text, fd, FB_IBNET_SIZE_MAX)) > 0)
		continue;
	int rc = got < 0 ? fb_err_set(err, "%s: %s", path, strerror(errno)) :
			   fb_ibnet_parse(net, standard ? "standard input" : path, text.text, text.size, err);
	if (fd >= 0 && !standard)
		close(fd);
	free(text.text);
	return rc;
}

struct child {
	pid_t pid;
	int out, err;
	struct text text, complaint;
};

static _Noreturn void child_exec(const char *program, int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	/* A group of its own, so that all of it can be ended. */
	setpgid(0, 0);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
		execlp(program, program, (char *)NULL);
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_FOUND - 1);
}

static int child_start(struct child *child, const char *program, struct fb_err *err)
{
	int out[2], complaints[2];

	if (pipe2(out, O_CLOEXEC))
		return fb_err_set(err, "pipe: %s", strerror(errno));
	if (pipe2(complaints, O_CLOEXEC)) {
		fb_err_set(err, "pipe: %s", strerror(errno));
		close(out[0]);
		close(out[1]);
		return -1;
	}
	fflush(NULL);
	child->pid = fork();
	if (!child->pid)
		child_exec(program, out[1], complaints[1]);
	int saved = errno;
	close(out[1]);
	close(complaints[1]);
	child->out = out[0];
	child->err = complaints[0];
	return child->pid < 0 ? fb_err_set(err, "fork: %s", strerror(saved)) : 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Both pipes until they end. Returns 0, or an errno: ETIMEDOUT, EFBIG... */
static int child_read(struct child *child, int64_t deadline)
{
	struct pollfd fd[] = { { child->out, POLLIN, 0 }, { child->err, POLLIN, 0 } };
	struct text *text[] = { &child->text, &child->complaint };

	while (fd[0].fd >= 0 || fd[1].fd >= 0) {
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return ETIMEDOUT;
		if (poll(fd, 2, (int)left) < 0 && errno != EINTR)
			return errno;
		for (int i = 0; i < 2; i++) {
			if (fd[i].fd < 0 || !fd[i].revents)
				continue;
			ssize_t got = text_read(text[i], fd[i].fd, FB_IBNET_SIZE_MAX);
			if (got < 0)
				return errno;
			if (!got)
				fd[i].fd = -1;
			fd[i].revents = 0;
		}
	}
	return 0;
}

/* The last line that it said on standard error. */
static void complaint_line(const struct text *complaint, char *line)
{
	size_t end = complaint->size;

	while (end && strchr("\r\n \t", complaint->text[end - 1]))
		end--;
	size_t from = end;
	while (from && complaint->text[from - 1] != '\n' && end - from < COMPLAINT_MAX)
		from--;
	snprintf(line, COMPLAINT_MAX + 1, "%.*s", (int)(end - from), end ? complaint->text + from : "");
}

static int child_judge(const struct child *child, const char *program, int status, struct fb_err *err)
{
	char line[COMPLAINT_MAX + 1];

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND && !child->complaint.size)
		return fb_err_set(err, "%s: is not installed; install infiniband-diags, or give its output as a file", program);
	complaint_line(&child->complaint, line);
	if (WIFEXITED(status))
		return fb_err_set(err, "%s: failed with exit status %d: %s", program, WEXITSTATUS(status),
				  *line ? line : "it gave no reason");
	return fb_err_set(err, "%s: was ended by signal %d", program, WTERMSIG(status));
}

/* End it if that is needed, and take its status. */
static int child_end(const struct child *child, bool kill_it)
{
	int status = 0;

	if (kill_it) {
		kill(-child->pid, SIGKILL);
		kill(child->pid, SIGKILL); /* it may not have its own group yet */
	}
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

static void child_free(struct child *child)
{
	if (child->out >= 0)
		close(child->out);
	if (child->err >= 0)
		close(child->err);
	free(child->text.text);
	free(child->complaint.text);
}

static int child_run(struct child *child, const char *program, unsigned int timeout_seconds, struct fb_err *err)
{
	if (child_start(child, program, err))
		return -1;
	int fault = child_read(child, now_ms() + (int64_t)timeout_seconds * 1000);
	int status = child_end(child, fault != 0);
	if (fault == ETIMEDOUT)
		return fb_err_set(err, "%s: is not done after %u seconds: the fabric does not answer; see ibstat", program, timeout_seconds);
	if (fault)
		return fb_err_set(err, "%s: its output: %s", program, strerror(fault));
	return child_judge(child, program, status, err);
}

int fb_ibnet_run(struct fb_ibnet *net, const char *program, unsigned int timeout_seconds, struct fb_err *err)
{
	struct child child = { .pid = -1, .out = -1, .err = -1 };

	*net = (struct fb_ibnet){ 0 };
	program = program ? program : "ibnetdiscover";
	int rc = child_run(&child, program, timeout_seconds, err);
	if (!rc)
		rc = fb_ibnet_parse(net, program, child.text.text ? child.text.text : "", child.text.size, err);
	child_free(&child);
	return rc;
}

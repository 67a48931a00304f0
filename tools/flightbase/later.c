/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker is a grandchild, so that nobody has to wait for it. Its word through the pipe: "+", or "-" and the fault. */
#include "flightbase/later.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void close_between(int low, int high)
{
	if (low <= high)
		close_range((unsigned int)low, (unsigned int)high, 0);
}

/* Whoever waits for the end of the viewer's output is not to wait for this. */
static void detach(int pipe, int keep)
{
	int low = keep >= 0 && keep < pipe ? keep : pipe, high = keep >= 0 && keep > pipe ? keep : pipe;
	int null = open("/dev/null", O_RDWR);

	setsid();
	for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	close_between(STDERR_FILENO + 1, low - 1);
	close_between(low + 1, high - 1);
	close_range((unsigned int)high + 1, ~0u, 0);
}

static void be_worker(int pipe, int (*work)(void *arg, struct fb_err *err), void *arg, int keep, unsigned int limit)
{
	struct fb_err err = { .text = "" };

	detach(pipe, keep);
	signal(SIGALRM, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	alarm(limit);
	bool failed = work(arg, &err);
	/* One write of less than PIPE_BUF: it comes whole. Who wanted it may be gone. */
	char word[sizeof(err.text) + 1];
	int length = snprintf(word, sizeof(word), "%c%s", failed ? '-' : '+', failed ? err.text : "");
	_exit(write(pipe, word, (size_t)length) == length ? 0 : 1);
}

int fb_later_begin(struct fb_later *later, int (*work)(void *arg, struct fb_err *err), void *arg, int keep, unsigned int limit)
{
	int ends[2];

	later->pipe = -1;
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid_t child = fork();
	if (!child) {
		pid_t worker = fork();

		if (!worker)
			be_worker(ends[1], work, arg, keep, limit);
		_exit(worker < 0);
	}
	close(ends[1]);
	int status = -1;
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0 || status) {
		close(ends[0]);
		return -1;
	}
	later->pipe = ends[0];
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum fb_later_end listen(int pipe, int64_t until, struct fb_err *err)
{
	struct pollfd wanted = { .fd = pipe, .events = POLLIN };
	char word[sizeof(err->text) + 1];
	int ready;

	do {
		int64_t left = until - now_ms();

		ready = poll(&wanted, 1, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return FB_LATER_RUNNING;
	ssize_t got = read(pipe, word, sizeof(word) - 1);
	if (got > 0 && word[0] == '+')
		return FB_LATER_DONE;
	word[got > 0 ? got : 0] = '\0';
	fb_err_set(err, "%s", got > 1 ? word + 1 : "the process that asked for it was ended");
	return FB_LATER_FAILED;
}

enum fb_later_end fb_later_end(struct fb_later *later, int milliseconds, struct fb_err *err)
{
	enum fb_later_end end = listen(later->pipe, now_ms() + milliseconds, err);

	close(later->pipe);
	later->pipe = -1;
	return end;
}

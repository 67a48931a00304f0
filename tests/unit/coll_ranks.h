/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several ranks as processes of one test, that meet in a folder. */
#ifndef FB_TESTS_COLL_RANKS_H
#define FB_TESTS_COLL_RANKS_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "rank_check.h"
#include "remove_tree.h"

#include "coll/clock.h"

#define RANKS_MAX 9

struct ranks {
	char folder[256];
	int size;
	pid_t pid[RANKS_MAX];
	int64_t started;
};

/* What still runs: a failed assertion leaves the test, and neither stopped nor waiting ranks may disturb the next one. */
static struct ranks ranks_left;

static inline int ranks_teardown(void **state)
{
	(void)state;
	for (int i = 0; i < RANKS_MAX; i++)
		if (ranks_left.pid[i]) {
			kill(ranks_left.pid[i], SIGKILL);
			waitpid(ranks_left.pid[i], NULL, 0);
		}
	if (ranks_left.folder[0])
		remove_tree(ranks_left.folder);
	memset(&ranks_left, 0, sizeof(ranks_left));
	return 0;
}

#define ranks_test(function) cmocka_unit_test_teardown(function, ranks_teardown)

/*
 * First in main. libucs starts a thread when it is loaded, and a process forked meanwhile inherits the locks that this
 * thread holds; without UCX's virtual file system there is no such thread, but that must be known before loading.
 */
static inline void ranks_prepare(char **argv)
{
	/* For memcheck, which would take many minutes. */
	if (getenv("FB_TEST_FILTER"))
		cmocka_set_test_filter(getenv("FB_TEST_FILTER"));
	if (getenv("UCX_VFS_ENABLE"))
		return;
	setenv("UCX_VFS_ENABLE", "n", 1);
	execv("/proc/self/exe", argv);
}

/* Start ranks [0, size) but `except`; each runs body(rank, size, argument) and exits with what it returns. */
static inline void ranks_start(struct ranks *r, int size, int except, int (*body)(int, int, const void *), const void *argument)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	char number[16];

	memset(r, 0, sizeof(*r));
	make_temporary(r->folder, sizeof(r->folder));
	r->size = size;
	r->started = fb_clock_ms();
	ranks_left = *r;
	fflush(NULL);
	for (int i = 0; i < size; i++) {
		if (i == except)
			continue;
		r->pid[i] = fork();
		assert_true(r->pid[i] >= 0);
		ranks_left.pid[i] = r->pid[i];
		if (r->pid[i])
			continue;
		/* cmocka turns these into failed tests, and would go on with the next one in every rank. */
		for (size_t s = 0; s < sizeof(deadly) / sizeof(*deadly); s++)
			signal(deadly[s], SIG_DFL);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
		/*
		 * The sanitizers' process_vm_readv takes what UCX's CMA transport reads from a peer
		 * for an access of a local buffer; without CMA UCX uses its other shared memory transports.
		 */
		setenv("UCX_TLS", "^cma", 0);
#endif
		setenv("FLIGHTBASE_RENDEZVOUS", r->folder, 1);
		snprintf(number, sizeof(number), "%d", i);
		setenv("FLIGHTBASE_RANK", number, 1);
		snprintf(number, sizeof(number), "%d", size);
		setenv("FLIGHTBASE_SIZE", number, 1);
		_exit(body(i, size, argument));
	}
}

/* Wait for one, at most until limit_s after the start; its exit status, or 128 + the signal that ended it. */
static inline int ranks_wait(struct ranks *r, int rank, int limit_s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(r->pid[rank], &status, WNOHANG)) == 0) {
		if (fb_clock_ms() - r->started > (int64_t)limit_s * 1000)
			fail_msg("rank %d still runs %d s after the start", rank, limit_s);
		fb_clock_sleep_ms(5);
	}
	assert_int_equal(pid, r->pid[rank]);
	r->pid[rank] = ranks_left.pid[rank] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* All of those that still run end with `expected` in time. */
static inline void ranks_end(struct ranks *r, int expected, int limit_s)
{
	for (int i = 0; i < r->size; i++)
		if (r->pid[i])
			assert_int_equal(ranks_wait(r, i, limit_s), expected);
	ranks_teardown(NULL);
}

/* The file WHAT.RANK in the ranks' folder says that a rank is so far. */
static inline void ranks_mark_path(char *path, size_t size, const char *folder, const char *what, int rank)
{
	snprintf(path, size, "%s/%s.%d", folder, what, rank);
}

/* In a rank: say so. */
static inline void rank_mark(const char *what, int rank)
{
	char path[512];

	ranks_mark_path(path, sizeof(path), getenv("FLIGHTBASE_RENDEZVOUS"), what, rank);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		_exit(97);
	close(fd);
}

/* Wait until all ranks but one have said so; false after a minute. */
static inline bool ranks_await(const char *folder, const char *what, int size, int except)
{
	int64_t until = fb_clock_ms() + 60000;
	char path[512];

	for (int i = 0; i < size; i++) {
		ranks_mark_path(path, sizeof(path), folder, what, i);
		while (i != except && access(path, F_OK)) {
			if (fb_clock_ms() > until)
				return false;
			fb_clock_sleep_ms(5);
		}
	}
	return true;
}

static inline bool rank_await(const char *what, int size, int except)
{
	return ranks_await(getenv("FLIGHTBASE_RENDEZVOUS"), what, size, except);
}

/* All ranks but one end well; that one is woken up if it was stopped, and ends with this status. */
static inline void ranks_end_around(struct ranks *r, int culprit, bool stopped, int status)
{
	int size = r->size;

	for (int i = 0; i < size; i++)
		if (i != culprit)
			assert_int_equal(ranks_wait(r, i, 90), 0);
	if (stopped)
		kill(r->pid[culprit], SIGCONT);
	assert_int_equal(ranks_wait(r, culprit, 120), status);
	ranks_end(r, 0, 120);
}

#endif

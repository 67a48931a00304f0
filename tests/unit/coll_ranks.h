/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several ranks as processes of one test, that meet in a folder. */
#ifndef FB_TESTS_COLL_RANKS_H
#define FB_TESTS_COLL_RANKS_H

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "remove_tree.h"

#include "coll/clock.h"

#define RANKS_MAX 8

struct ranks {
	char folder[256];
	int size;
	pid_t pid[RANKS_MAX];
	int64_t started;
};

/*
 * First in main. libucs starts a thread when it is loaded, and a process forked meanwhile inherits the locks that this
 * thread holds; without UCX's virtual file system there is no such thread, but that must be known before loading.
 */
static inline void ranks_prepare(char **argv)
{
	if (getenv("UCX_VFS_ENABLE"))
		return;
	setenv("UCX_VFS_ENABLE", "n", 1);
	execv("/proc/self/exe", argv);
}

/* In a rank: say why and end with 99. Asserts are for the test's own process. */
#define RANK_CHECK(condition)                                                                              \
	do {                                                                                               \
		if (!(condition)) {                                                                        \
			fprintf(stderr, "rank: %s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, fb_coll_error_text()); \
			_exit(99);                                                                         \
		}                                                                                          \
	} while (0)

/* Start ranks [0, size) but `except`; each runs body(rank, size, argument) and exits with what it returns. */
static inline void ranks_start(struct ranks *r, int size, int except, int (*body)(int, int, const void *), const void *argument)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	char number[16];

	memset(r, 0, sizeof(*r));
	make_temporary(r->folder, sizeof(r->folder));
	r->size = size;
	r->started = fb_clock_ms();
	fflush(NULL);
	for (int i = 0; i < size; i++) {
		if (i == except)
			continue;
		r->pid[i] = fork();
		assert_true(r->pid[i] >= 0);
		if (r->pid[i])
			continue;
		/* cmocka turns these into failed tests, and would go on with the next one in every rank. */
		for (size_t s = 0; s < sizeof(deadly) / sizeof(*deadly); s++)
			signal(deadly[s], SIG_DFL);
#ifdef __SANITIZE_ADDRESS__
		/*
		 * AddressSanitizer's process_vm_readv takes what UCX's CMA transport reads from a peer
		 * for an overflow of a local buffer; without CMA UCX uses its other shared memory transports.
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
		if (fb_clock_ms() - r->started > (int64_t)limit_s * 1000) {
			for (int i = 0; i < r->size; i++)
				if (r->pid[i])
					kill(r->pid[i], SIGKILL);
			fail_msg("rank %d still runs %d s after the start", rank, limit_s);
		}
		fb_clock_sleep_ms(5);
	}
	assert_int_equal(pid, r->pid[rank]);
	r->pid[rank] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* All of those that still run end with `expected` in time. */
static inline void ranks_end(struct ranks *r, int expected, int limit_s)
{
	for (int i = 0; i < r->size; i++)
		if (r->pid[i])
			assert_int_equal(ranks_wait(r, i, limit_s), expected);
	remove_tree(r->folder);
}

#endif

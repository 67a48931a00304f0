/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that outlives who wanted it: what comes back, what it holds open, what ends it. */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/later.h"

enum { FOREVER = 60000 };

/* The worker waits for the end of this pipe, and writes to the other. */
struct gate {
	int wait, tell;
};

static int succeed(void *arg, struct fb_err *err)
{
	(void)arg;
	(void)err;
	return 0;
}

static int miss(void *arg, struct fb_err *err)
{
	(void)arg;
	return fb_err_set(err, "slurmdbd: it is away");
}

static int die(void *arg, struct fb_err *err)
{
	(void)arg;
	(void)err;
	raise(SIGKILL);
	return 0;
}

static int last(void *arg, struct fb_err *err)
{
	(void)arg;
	(void)err;
	pause();
	return 0;
}

static void test_ends(void **state)
{
	static const struct {
		int (*work)(void *arg, struct fb_err *err);
		enum fb_later_end end;
		const char *text;
	} cases[] = {
		{ succeed, FB_LATER_DONE, "" },
		{ miss, FB_LATER_FAILED, "slurmdbd: it is away" },
		{ die, FB_LATER_FAILED, "the process that asked for it was ended" },
		{ last, FB_LATER_FAILED, "the process that asked for it was ended" }, /* by its limit of a second */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_later later = FB_LATER_NONE;
		struct fb_err err = { .text = "" };

		assert_int_equal(fb_later_begin(&later, cases[i].work, NULL, -1, cases[i].work == last ? 1 : 60), 0);
		assert_int_equal(fb_later_end(&later, FOREVER, &err), cases[i].end);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(later.pipe, -1);
	}
}

/* Holds keep alone: the caller's output ends although it goes on. */
static int tell(void *arg, struct fb_err *err)
{
	struct gate *gate = arg;
	char c;

	(void)err;
	/* Not in the caller's session, and nothing of it open. */
	if (fcntl(gate->wait, F_GETFD) < 0 || fcntl(gate->tell, F_GETFD) >= 0 || getsid(0) != getpgrp() || isatty(STDIN_FILENO))
		return -1;
	return read(gate->wait, &c, 1) == 1 && c == 'x' ? 0 : -1;
}

static void test_detached(void **state)
{
	struct fb_later later = FB_LATER_NONE, other = FB_LATER_NONE;
	int wait[2], out[2];
	struct fb_err err;

	(void)state;
	assert_int_equal(pipe(wait), 0);
	assert_int_equal(pipe(out), 0);
	struct gate gate = { .wait = wait[0], .tell = out[1] };
	assert_int_equal(fb_later_begin(&later, tell, &gate, wait[0], 60), 0);
	assert_int_equal(fb_later_begin(&other, tell, &gate, wait[0], 60), 0);
	close(out[1]);
	struct pollfd end = { .fd = out[0], .events = POLLIN };
	assert_int_equal(poll(&end, 1, FOREVER), 1);
	assert_true(end.revents & POLLHUP);
	/* Who does not wait longer is told that it goes on. */
	assert_int_equal(fb_later_end(&other, 10, &err), FB_LATER_RUNNING);
	assert_int_equal(write(wait[1], "xx", 2), 2);
	assert_int_equal(fb_later_end(&later, FOREVER, &err), FB_LATER_DONE);
	close(wait[0]);
	close(wait[1]);
	close(out[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ends), cmocka_unit_test(test_detached) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_TESTS_RANK_CHECK_H
#define FB_TESTS_RANK_CHECK_H

#include <stdio.h>
#include <unistd.h>

#include "coll/flightbase/coll.h"

/* In a rank: say why and end with 99. cmocka's asserts are for the test's own process. */
#define RANK_CHECK(condition)                                                                              \
	do {                                                                                               \
		if (!(condition)) {                                                                        \
			fprintf(stderr, "rank: %s:%d: %s; last error: %s\n", __FILE__, __LINE__, #condition, fb_coll_error_text()); \
			_exit(99);                                                                         \
		}                                                                                          \
	} while (0)

#endif

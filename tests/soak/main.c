/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * coll-soak: a round of tests/soak/kills. `plan` prints what its seed says, `rank` is a task of it, `judge` looks at what the
 * tasks told. `large` is a call with more bytes than fit into 31 bits.
 */
#include <stdio.h>
#include <string.h>

#include "common/number.h"
#include "judge.h"
#include "large.h"
#include "plan.h"
#include "rank.h"

static int usage(void)
{
	fprintf(stderr, "usage: coll-soak plan SEED NODES | coll-soak rank|judge SEED NODES FOLDER |\n"
			"       coll-soak large CALL BYTES\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct plan plan;
	int64_t number, nodes;

	if (argc < 4)
		return usage();
	if (!strcmp(argv[1], "large")) {
		if (fb_number_parse(argv[3], 1, INT64_MAX, &number, NULL))
			return usage();
		const int rc = large_run(argv[2], (size_t)number);
		return rc == 2 ? usage() : rc;
	}
	if (fb_number_parse(argv[2], 0, INT64_MAX, &number, NULL) || fb_number_parse(argv[3], 1, 65536, &nodes, NULL))
		return usage();
	plan_make((uint64_t)number, (int)nodes, &plan);
	if (argc == 4 && !strcmp(argv[1], "plan")) {
		plan_print(&plan);
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "rank"))
		return rank_run(&plan, argv[4]);
	if (argc == 5 && !strcmp(argv[1], "judge"))
		return judge(&plan, argv[4]) != 0;
	return usage();
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What NCCL's and UCX's variables become, for every combination of what a step and the job around it gave up. */
#include "check.h"

#include "common/wires.h"

#define KEEP "keep"
#define UNSET "unset"

static const char *words(struct fb_wires_change change)
{
	return change.action == FB_WIRES_SET ? change.value : change.action == FB_WIRES_UNSET ? UNSET : KEEP;
}

static void test_environment(void **state)
{
	static const struct {
		struct fb_wires step, outer;
		const char *users_tls, *nccl_p2p, *nccl_ib, *ucx_tls;
	} cases[] = {
		/* Nothing given up: what the user wrote stays, also where it reads like ours. */
		{ { false, false }, { false, false }, "", KEEP, KEEP, KEEP },
		{ { false, false }, { false, false }, "^ib", KEEP, KEEP, KEEP },
		{ { false, false }, { false, false }, "tcp,self", KEEP, KEEP, KEEP },
		{ { true, false }, { false, false }, "", "1", KEEP, "^cuda_ipc" },
		{ { false, true }, { false, false }, "", KEEP, "1", "^ib" },
		{ { true, true }, { false, false }, "", "1", "1", "^cuda_ipc,ib" },
		/* A list of wanted transports stays if it names nothing that was given up. */
		{ { false, true }, { false, false }, "tcp,sm", KEEP, "1", KEEP },
		{ { false, true }, { false, false }, "tcp,rc_x", KEEP, "1", "^ib" },
		{ { true, false }, { false, false }, "rc,sm", "1", KEEP, KEEP },
		{ { true, false }, { false, false }, "rc,cuda", "1", KEEP, "^cuda_ipc" },
		{ { true, true }, { false, false }, "all", "1", "1", "^cuda_ipc,ib" },
		{ { false, true }, { false, false }, "^tcp", KEEP, "1", "^ib" },
		/* From inside a job that gave something up, what it had set goes. */
		{ { false, false }, { true, true }, "^cuda_ipc,ib", UNSET, UNSET, UNSET },
		{ { false, false }, { false, true }, "^ib", KEEP, UNSET, UNSET },
		{ { false, false }, { false, true }, "tcp", KEEP, UNSET, KEEP },
		{ { false, true }, { true, false }, "^cuda_ipc", UNSET, "1", "^ib" },
		{ { true, false }, { true, false }, "^cuda_ipc", "1", KEEP, "^cuda_ipc" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_wires_environment e = fb_wires_environment(cases[i].step, cases[i].outer, cases[i].users_tls);

		/* What goes with each switch goes the same way. */
		assert_int_equal(e.nccl_nvls.action, e.nccl_p2p.action);
		assert_int_equal(e.nccl_net.action, e.nccl_ib.action);
		if (e.nccl_p2p.action == FB_WIRES_SET)
			assert_string_equal(e.nccl_nvls.value, "0");
		if (e.nccl_ib.action == FB_WIRES_SET)
			assert_string_equal(e.nccl_net.value, "Socket");
		if (strcmp(words(e.nccl_p2p), cases[i].nccl_p2p) || strcmp(words(e.nccl_ib), cases[i].nccl_ib) ||
		    strcmp(words(e.ucx_tls), cases[i].ucx_tls))
			fail_msg("case %zu: %s %s %s", i, words(e.nccl_p2p), words(e.nccl_ib), words(e.ucx_tls));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_environment) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

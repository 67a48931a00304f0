/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <slurm/slurm.h>
#include <stdbool.h>

#include "flightbase/reason.h"

extern const char *slurm_job_state_reason_string(enum job_state_reason reason);

static bool is_free(uint32_t reason)
{
	return reason == DEFUNCT_WAIT_34 || reason == DEFUNCT_WAIT_76 || reason == DEFUNCT_WAIT_77;
}

/* Every code that this release has means something here. */
static void test_all_known(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < REASON_END; i++) {
		const struct fb_reason *reason = fb_reason_find(i);
		const char *name = slurm_job_state_reason_string((enum job_state_reason)i);

		if (is_free(i))
			continue;
		if (reason->kind == FB_REASON_OTHER && !reason->words)
			fail_msg("%s (%u) has no words", name, i);
		if (reason->kind == FB_REASON_NONE && i != WAIT_NO_REASON)
			fail_msg("%s (%u) is no reason", name, i);
		if (reason->kind == FB_REASON_LIMIT && !reason->tres && !reason->words)
			fail_msg("%s (%u) is a limit without words", name, i);
		if (reason->kind == FB_REASON_LIMIT && reason->tres && !fb_reason_limit_name(reason)[0])
			fail_msg("%s (%u) is a limit without a name", name, i);
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_int_equal(fb_reason_find(REASON_END)->kind, FB_REASON_OTHER);
	assert_null(fb_reason_find(REASON_END)->words);
	assert_int_equal(fb_reason_find(UINT32_MAX)->kind, FB_REASON_OTHER);
	assert_int_equal(fb_reason_find(DEFUNCT_WAIT_34)->kind, FB_REASON_OTHER);
	assert_string_equal(fb_reason_limit_name(fb_reason_find(WAIT_RESOURCES)), "");
}

static void test_limits(void **state)
{
	static const struct {
		uint32_t reason;
		enum fb_limit_scope scope;
		enum fb_limit_measure measure;
		const char *tres, *name;
	} table[] = {
		{ WAIT_ASSOC_GRP_GRES, FB_SCOPE_ASSOC_GROUP, FB_MEASURE_COUNT, "gres", "GrpTRES" },
		{ WAIT_ASSOC_GRP_CPU_MIN, FB_SCOPE_ASSOC_GROUP, FB_MEASURE_MINUTES, "cpu", "GrpTRESMins" },
		{ WAIT_ASSOC_MAX_NODE_PER_JOB, FB_SCOPE_ASSOC_JOB, FB_MEASURE_COUNT, "node", "MaxTRESPerJob" },
		{ WAIT_ASSOC_MAX_MEM_PER_NODE, FB_SCOPE_ASSOC_NODE, FB_MEASURE_COUNT, "mem", "MaxTRESPerNode" },
		{ WAIT_QOS_GRP_BILLING_RUN_MIN, FB_SCOPE_QOS_GROUP, FB_MEASURE_RUN_MINUTES, "billing", "GrpTRESRunMins" },
		{ WAIT_QOS_MAX_GRES_PER_USER, FB_SCOPE_QOS_USER, FB_MEASURE_COUNT, "gres", "MaxTRESPerUser" },
		{ WAIT_QOS_MAX_GRES_PER_JOB, FB_SCOPE_QOS_JOB, FB_MEASURE_COUNT, "gres", "MaxTRESPerJob" },
		{ WAIT_QOS_MAX_CPU_PER_ACCT, FB_SCOPE_QOS_ACCOUNT, FB_MEASURE_COUNT, "cpu", "MaxTRESPerAccount" },
		{ WAIT_QOS_MIN_LIC, FB_SCOPE_QOS_MIN, FB_MEASURE_COUNT, "license", "MinTRESPerJob" },
		{ WAIT_QOS_MAX_GRES_RUN_MINS_PER_USER, FB_SCOPE_QOS_USER, FB_MEASURE_RUN_MINUTES, "gres", "MaxTRESRunMinsPerUser" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct fb_reason *reason = fb_reason_find(table[i].reason);

		assert_int_equal(reason->kind, FB_REASON_LIMIT);
		assert_int_equal(reason->scope, table[i].scope);
		assert_int_equal(reason->measure, table[i].measure);
		assert_string_equal(reason->tres, table[i].tres);
		assert_string_equal(fb_reason_limit_name(reason), table[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_known), cmocka_unit_test(test_unknown),
					    cmocka_unit_test(test_limits) };

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}

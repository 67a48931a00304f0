/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The components of heterogeneous jobs, as slurmctld's threads see them. */
#include "check.h"

#include "job_submit/het.h"

static void check_sum(struct fb_het *het, uint32_t component, uint32_t uid, const char *workspace, uint64_t gpus,
		      uint64_t expected)
{
	fb_het_enter(het, component, uid);
	if (workspace)
		assert_int_equal(fb_het_add(het, workspace, gpus), expected);
}

static void test_sums(void **state)
{
	struct fb_het het = { 0 };

	(void)state;
	check_sum(&het, FB_HET_NONE, 7, "vision", 4, 4);
	check_sum(&het, FB_HET_NONE, 7, "vision", 4, 4); /* another job */
	check_sum(&het, 0, 7, "vision", 4, 4);
	check_sum(&het, 1, 7, "vision", 2, 6);
	check_sum(&het, 2, 7, NULL, 0, 0); /* of no workspace */
	check_sum(&het, 3, 7, "nlp", 5, 5);
	check_sum(&het, 4, 7, "vision", 1, 7);
	check_sum(&het, 5, 7, "nlp", 0, 5);
	check_sum(&het, 6, 7, "vision", UINT64_MAX, UINT64_MAX);
	check_sum(&het, FB_HET_NONE, 7, "vision", 1, 1);
}

/* What is not the next component of the same user's job is another job. */
static void test_order(void **state)
{
	struct fb_het het = { 0 };

	(void)state;
	check_sum(&het, 1, 7, "vision", 4, 4);
	check_sum(&het, 2, 7, "vision", 4, 8);
	check_sum(&het, 0, 7, "vision", 1, 1);
	check_sum(&het, 0, 7, "vision", 1, 1);
	check_sum(&het, 1, 7, "vision", 1, 2);
	check_sum(&het, 1, 7, "vision", 1, 1);
	check_sum(&het, 2, 8, "vision", 1, 1);
	check_sum(&het, 4, 8, "vision", 1, 1);
	check_sum(&het, FB_HET_NONE, 8, "vision", 1, 1);
	check_sum(&het, 0, 8, "vision", 1, 1);
	check_sum(&het, FB_HET_NONE - 1, 8, "vision", 1, 1);
	check_sum(&het, FB_HET_NONE, 8, "vision", 1, 1);
}

static void test_many_workspaces(void **state)
{
	struct fb_het het = { 0 };
	char name[16];

	(void)state;
	for (uint32_t i = 0; i < 2 * FB_HET_WORKSPACES; i++) {
		snprintf(name, sizeof(name), "w%u", i);
		check_sum(&het, i, 7, name, 1, 1);
	}
	check_sum(&het, 2 * FB_HET_WORKSPACES, 7, "w0", 1, 2);
	check_sum(&het, 2 * FB_HET_WORKSPACES + 1, 7, name, 1, 1); /* one too many to be remembered */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_sums), cmocka_unit_test(test_order),
					    cmocka_unit_test(test_many_workspaces) };

	return cmocka_run_group_tests_name("het", tests, NULL, NULL);
}

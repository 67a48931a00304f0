/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "job_submit/qos_table.h"

#define COUNT 3000

static void test_all_and_only(void **state)
{
	struct fb_qos_table *table = fb_qos_table_create(COUNT);
	struct fb_limits_qos limits = { .minutes = 1 };
	char name[32];

	(void)state;
	assert_non_null(table);
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "ws-%u", i);
		limits.per_job = i;
		fb_qos_table_add(table, 2 * i + 1, name, &limits);
	}
	for (uint32_t i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "WS-%u", i);
		assert_int_equal(fb_qos_table_id(table, 2 * i + 1)->per_job, i);
		assert_int_equal(fb_qos_table_name(table, name)->per_job, i);
		assert_null(fb_qos_table_id(table, 2 * i));
		snprintf(name, sizeof(name), "ws%u", i);
		assert_null(fb_qos_table_name(table, name));
	}
	fb_qos_table_destroy(table);
}

/* What does not fit is not known, and a look-up always ends. */
static void test_full(void **state)
{
	struct fb_qos_table *table = fb_qos_table_create(2);
	struct fb_limits_qos limits = { .minutes = 1 };

	(void)state;
	fb_qos_table_add(table, 1, "normal", &limits);
	limits.minutes = 2;
	fb_qos_table_add(table, 1, "again", &limits);
	fb_qos_table_add(table, 9, "NORMAL", &limits);
	fb_qos_table_add(table, 2, "high", &limits);
	fb_qos_table_add(table, 3, "low", &limits);
	assert_int_equal(fb_qos_table_id(table, 1)->minutes, 1);
	assert_int_equal(fb_qos_table_name(table, "normal")->minutes, 1);
	assert_int_equal(fb_qos_table_name(table, "high")->minutes, 2);
	assert_null(fb_qos_table_id(table, 3));
	assert_null(fb_qos_table_name(table, "again"));
	fb_qos_table_destroy(table);
	table = fb_qos_table_create(0);
	fb_qos_table_add(table, 1, "normal", &limits);
	assert_null(fb_qos_table_id(table, 1));
	fb_qos_table_destroy(table);
	fb_qos_table_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_and_only), cmocka_unit_test(test_full) };

	return cmocka_run_group_tests_name("qos_table", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <json-c/json.h>

#include "job_submit/counters.h"

static double member(struct json_object *object, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	return json_object_get_double(value);
}

static void test_counters(void **state)
{
	struct json_object *quantiles;
	char text[512];

	(void)state;
	for (int i = 1; i <= 1000; i++)
		fb_counters_add(i % 4 == 0 ? FB_REFUSED : FB_GRANTED, (uint64_t)i * 1000);
	fb_counters_add(FB_NOT_OURS, 3);
	fb_counters_add(FB_NOT_OURS, UINT64_MAX);
	assert_int_equal(fb_counters_total(), 1002);
	assert_in_range(fb_counters_format(text, sizeof(text), 2, 5), 1, sizeof(text) - 1);
	struct json_object *root = json_tokener_parse(text);
	assert_non_null(root);
	assert_int_equal(member(root, "granted"), 750);
	assert_int_equal(member(root, "refused"), 250);
	assert_int_equal(member(root, "not_ours"), 2);
	assert_int_equal(member(root, "settings_broken"), 2);
	assert_int_equal(member(root, "settings_failures"), 5);
	assert_true(json_object_object_get_ex(root, "decision_us", &quantiles));
	/* 1, 2, ... 1000 us: the quantiles within the buckets' 6.25%. */
	assert_in_range(member(quantiles, "p50"), 500, 532);
	assert_in_range(member(quantiles, "p90"), 900, 957);
	assert_in_range(member(quantiles, "p99"), 990, 1053);
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_counters) };

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}

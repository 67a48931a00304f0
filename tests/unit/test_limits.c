/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which limit counts, and what is said about it. */
#include "check.h"

#include "common/limits.h"
#include "common/nice.h"

static const struct fb_limits_qos no_limits = { FB_LIMIT_NONE, FB_LIMIT_NONE, FB_LIMIT_NONE, FB_LIMIT_NONE,
						FB_MINUTES_NONE, false, false, -1 };

/* The workspace's QOS as it is made: 4 GPUs a user, 3 a job, one day. */
static const struct fb_limits_qos usual = { FB_LIMIT_NONE, FB_LIMIT_NONE, 4, 3, 1440, false, false, -1 };

static void check_gpus(const struct fb_limits *limits, uint64_t gpus, const char *message)
{
	struct fb_err err = { "" };

	assert_int_equal(fb_limits_check_gpus(limits, "vision", gpus, &err), message ? -1 : 0);
	if (message)
		assert_string_equal(err.text, message);
}

static void test_gpus(void **state)
{
	struct fb_limits limits;

	(void)state;
	fb_limits_init(&limits);
	check_gpus(&limits, UINT64_MAX, NULL);
	fb_limits_add_qos(&limits, &no_limits, "normal");
	fb_limits_add_job(&limits, FB_LIMIT_NONE, FB_MINUTES_NONE, "vision");
	fb_limits_add_group(&limits, FB_LIMIT_NONE, "user", "bob");
	fb_limits_add_group(&limits, 16, "account", "vision");
	fb_limits_add_group(&limits, 64, "account", "root");
	check_gpus(&limits, 0, NULL);
	check_gpus(&limits, 16, NULL);
	check_gpus(&limits, 17, "workspace 'vision': the job asks for 17 GPUs: the quota is 16 (account 'vision'); ask for at most 16, "
				"or ask an administrator to raise the limit");
	fb_limits_add_group(&limits, 0, "account", "root");
	check_gpus(&limits, 1, "workspace 'vision': the job asks for 1 GPU: the quota is 0 (account 'root'); ask for none, or ask an "
			       "administrator to raise the limit");
}

static void test_qos(void **state)
{
	struct fb_limits limits;
	struct fb_limits_qos accounts = no_limits;

	(void)state;
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &usual, "ws-vision");
	check_gpus(&limits, 3, NULL);
	check_gpus(&limits, 4, "workspace 'vision': the job asks for 4 GPUs: a job may use 3 (QOS 'ws-vision'); ask for at most 3, or "
			       "ask an administrator to raise the limit");
	check_gpus(&limits, 5, "workspace 'vision': the job asks for 5 GPUs: a user may use 4 (QOS 'ws-vision'); ask for at most 4, or "
			       "ask an administrator to raise the limit");
	/* The association's limit of a job counts only where no QOS has one. */
	fb_limits_add_job(&limits, 1, 60, "vision");
	check_gpus(&limits, 3, NULL);
	assert_int_equal(limits.minutes.value, 1440);
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &no_limits, "normal");
	fb_limits_add_job(&limits, 1, 60, "vision");
	check_gpus(&limits, 2, "workspace 'vision': the job asks for 2 GPUs: a job may use 1 (account 'vision'); ask for at most 1, or "
			       "ask an administrator to raise the limit");
	assert_int_equal(limits.minutes.value, 60);
	fb_limits_init(&limits);
	accounts.per_account = 2;
	fb_limits_add_qos(&limits, &accounts, "shared");
	check_gpus(&limits, 3, "workspace 'vision': the job asks for 3 GPUs: the workspace may use 2 (QOS 'shared'); ask for at most 2, "
			       "or ask an administrator to raise the limit");
}

/* The first QOS that sets a limit decides, even with a larger number; a QOS's group limit replaces the accounts'. */
static void test_order(void **state)
{
	struct fb_limits_qos partition = no_limits;
	struct fb_limits limits;

	(void)state;
	partition.per_job = 8;
	partition.group = 6;
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &partition, "part");
	fb_limits_add_qos(&limits, &usual, "ws-vision");
	fb_limits_add_group(&limits, 2, "account", "vision");
	assert_int_equal(limits.per_job.value, 8);
	assert_int_equal(limits.per_user.value, 4);
	assert_int_equal(limits.group.value, 6);
	assert_string_equal(limits.group.name, "part");
	assert_string_equal(limits.minutes.name, "ws-vision");
}

static void test_factor(void **state)
{
	struct fb_limits_qos doubled = no_limits, first = no_limits;
	struct fb_limits limits;

	(void)state;
	doubled.factor = 2;
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &first, "part");
	fb_limits_add_qos(&limits, &doubled, "ws-vision");
	fb_limits_add_group(&limits, 8, "account", "vision");
	fb_limits_add_job(&limits, 3, FB_MINUTES_NONE, "vision");
	assert_int_equal(limits.group.value, 16);
	assert_int_equal(limits.per_job.value, 6);
	/* None stays none, and a product beyond all numbers is none. */
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &doubled, "ws-vision");
	fb_limits_add_group(&limits, FB_LIMIT_NONE, "account", "vision");
	assert_true(limits.group.value == FB_LIMIT_NONE);
	fb_limits_add_group(&limits, UINT64_MAX - 2, "account", "vision");
	assert_true(limits.group.value == FB_LIMIT_NONE);
	/* A factor of 0 changes nothing, and is one nevertheless. */
	first.factor = 0;
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &first, "part");
	fb_limits_add_qos(&limits, &doubled, "ws-vision");
	fb_limits_add_group(&limits, 8, "account", "vision");
	assert_int_equal(limits.group.value, 8);
}

static void test_minutes(void **state)
{
	struct fb_limits_qos scaled = usual;
	struct fb_limits limits;
	struct fb_err err;

	(void)state;
	fb_limits_init(&limits);
	assert_int_equal(fb_limits_check_minutes(&limits, "vision", FB_MINUTES_NONE, &err), 0);
	fb_limits_add_qos(&limits, &usual, "ws-vision");
	assert_int_equal(fb_limits_check_minutes(&limits, "vision", 1440, &err), 0);
	assert_int_equal(fb_limits_check_minutes(&limits, "vision", 1441, &err), -1);
	assert_string_equal(err.text, "workspace 'vision': the job asks for 1-00:01:00: a job may run for 1-00:00:00 (QOS 'ws-vision'); "
				      "give it a --time of at most that, or ask an administrator to raise the limit");
	assert_int_equal(fb_limits_check_minutes(&limits, "vision", FB_MINUTES_NONE, &err), -1);
	check_contains(err.text, "the job asks for no time limit: a job may run for 1-00:00:00");
	/* Slurm multiplies the job's time with such a QOS's factor first. */
	scaled.scaled = true;
	fb_limits_init(&limits);
	fb_limits_add_qos(&limits, &scaled, "ws-vision");
	assert_int_equal(fb_limits_check_minutes(&limits, "vision", 1441, &err), 0);
}

static void test_nice(void **state)
{
	static const struct {
		enum fb_nice_role role;
		int64_t now, asked;
		const char *message;
	} cases[] = {
		{ FB_NICE_OWNER, 1000, 1000, NULL },
		{ FB_NICE_OWNER, 1000, 5000, NULL },
		{ FB_NICE_OWNER, 5000, 1000, NULL },
		{ FB_NICE_OWNER, 500, 700, NULL }, /* back again, where a manager had moved it forward */
		{ FB_NICE_OWNER, 500, 500, NULL },
		{ FB_NICE_OWNER, 1000, 999,
		  "workspace 'vision': nice 999 would move the job ahead of others: its owner may not go below 1000; ask the workspace's "
		  "manager" },
		{ FB_NICE_OWNER, 500, 499, "its owner may not go below 1000" },
		{ FB_NICE_MANAGER, 1000, 0, NULL },
		{ FB_NICE_MANAGER, 1000, 999, NULL },
		{ FB_NICE_MANAGER, 1000, -1,
		  "workspace 'vision': nice -1 would move the job ahead of others: a manager may not go below 0; ask an administrator" },
		{ FB_NICE_ADMIN, 1000, -2147483645, NULL },
	};
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fb_nice_check("vision", cases[i].role, cases[i].now, cases[i].asked, &err), cases[i].message ? -1 : 0);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
	}
	assert_int_equal(fb_nice_start(0), 1000);
	assert_int_equal(fb_nice_start(50), 1050);
	assert_int_equal(fb_nice_start(-50), 950);
	assert_int_equal(fb_nice_start(FB_NICE_MAX - 1000), FB_NICE_MAX);
	assert_int_equal(fb_nice_start(FB_NICE_MAX - 999), FB_NICE_MAX);
	assert_int_equal(fb_nice_start(FB_NICE_MAX), FB_NICE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_gpus),    cmocka_unit_test(test_qos),	   cmocka_unit_test(test_order),
					    cmocka_unit_test(test_factor),  cmocka_unit_test(test_minutes), cmocka_unit_test(test_nice) };

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

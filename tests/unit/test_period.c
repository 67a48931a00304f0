/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A workspace's period and the time of a job in it. */
#include "check.h"

#include "common/period.h"

#define DAY 86400
#define FROM 1796083200	       /* 2026-12-01T00:00:00Z */
#define UNTIL (FROM + 31 * DAY) /* with 2026-12-31 */
#define NONE FB_MINUTES_NONE

static const struct fb_site refusing = { .min_run = 60 }, holding = { .min_run = 60, .hold_before_start = true };

static const struct fb_workspace december = {
	.name = "vision", .from = FROM, .until = UNTIL, .from_text = "2026-12-01", .until_text = "2026-12-31"
};

/* A job of 8 hours, in the middle of the month, at once. */
static struct fb_period_job usual(void)
{
	return (struct fb_period_job){ .now = FROM + 10 * DAY, .limit = 480, .limit_least = 480 };
}

static void plan_ok(const struct fb_site *site, const struct fb_workspace *w, const struct fb_period_job *job,
		    struct fb_period_plan *plan)
{
	struct fb_err err;

	if (fb_period_plan(site, w, job, plan, &err))
		fail_msg("%s", err.text);
}

static void plan_refused(const struct fb_site *site, const struct fb_workspace *w, const struct fb_period_job *job,
			 const char *message)
{
	struct fb_period_plan plan;
	struct fb_err err;

	assert_int_equal(fb_period_plan(site, w, job, &plan, &err), -1);
	assert_string_equal(err.text, message);
}

static void test_inside(void **state)
{
	struct fb_period_job job = usual();
	struct fb_workspace open = { .name = "open" };
	struct fb_period_plan plan;

	(void)state;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.begin, 0);
	assert_int_equal(plan.deadline, UNTIL);
	assert_int_equal(plan.minimum, 0);
	assert_int_equal(plan.notices, 0);
	plan_ok(&refusing, &open, &job, &plan);
	assert_int_equal(plan.deadline, 0);
	/* The user's own deadline counts if it is the earlier one; then everything else is Slurm's affair as well. */
	job.deadline = UNTIL - DAY;
	job.limit = NONE;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.deadline, 0);
	assert_int_equal(plan.minimum, 0);
	job.deadline = UNTIL + 1;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.deadline, UNTIL);
}

static void test_edges(void **state)
{
	struct fb_period_job job = usual();
	struct fb_workspace zoned = december;
	struct fb_period_plan plan;

	(void)state;
	job.now = FROM - 1;
	plan_refused(&refusing, &december, &job,
		     "workspace 'vision': its period begins on 2026-12-01: it is 2026-11-30T23:59:59 now; submit it then");
	job.begin = FROM; /* nor with a --begin inside it */
	plan_refused(&refusing, &december, &job,
		     "workspace 'vision': its period begins on 2026-12-01: it is 2026-11-30T23:59:59 now; submit it then");
	job.begin = 0;
	job.now = FROM;
	plan_ok(&refusing, &december, &job, &plan);
	job.now = UNTIL;
	plan_refused(&refusing, &december, &job,
		     "workspace 'vision': its period ended on 2026-12-31: it is 2027-01-01T00:00:00 now; ask an administrator to extend it");
	job.now = UNTIL - 480 * 60;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.minimum, 0);
	snprintf(zoned.from_text, sizeof(zoned.from_text), "2026-12-01T09:00+09:00");
	job.now = FROM - DAY;
	plan_refused(&refusing, &zoned, &job, "workspace 'vision': its period begins at 2026-12-01T09:00+09:00: it is 2026-11-30T00:00:00 "
					      "now; submit it then");
}

static void test_hold(void **state)
{
	struct fb_period_job job = usual();
	struct fb_period_plan plan;

	(void)state;
	job.now = FROM - 5 * DAY;
	plan_ok(&holding, &december, &job, &plan);
	assert_int_equal(plan.begin, FROM);
	assert_int_equal(plan.deadline, UNTIL);
	assert_int_equal(plan.notices, 1);
	assert_string_equal(plan.notice[0].text, "workspace 'vision': its period begins on 2026-12-01: the job waits until then");
	/* A later --begin stays, an earlier one is moved. */
	job.begin = FROM + DAY;
	plan_ok(&holding, &december, &job, &plan);
	assert_int_equal(plan.begin, 0);
	assert_int_equal(plan.notices, 0);
	job.begin = FROM - DAY;
	plan_ok(&holding, &december, &job, &plan);
	assert_int_equal(plan.begin, FROM);
	/* Both notices: it waits, and it will be cut. */
	job.limit = job.limit_least = 40 * 1440;
	plan_ok(&holding, &december, &job, &plan);
	assert_int_equal(plan.notices, 2);
	assert_int_equal(plan.minimum, 60);
}

static void test_cut(void **state)
{
	struct fb_period_job job = usual();
	struct fb_workspace own = december;
	struct fb_period_plan plan;

	(void)state;
	job.now = UNTIL - 479 * 60;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.minimum, 60);
	assert_int_equal(plan.notices, 1);
	assert_string_equal(plan.notice[0].text,
			    "workspace 'vision': its period ends on 2026-12-31, before the job's time limit (08:00:00): it starts only while "
			    "01:00:00 are left, and its limit is cut to what is left then");
	/* The workspace's own minimum comes before the site's; neither is longer than the job, in any partition. */
	own.min_run = 120;
	plan_ok(&refusing, &own, &job, &plan);
	assert_int_equal(plan.minimum, 120);
	job.limit_least = 30;
	plan_ok(&refusing, &own, &job, &plan);
	assert_int_equal(plan.minimum, 30);
	/* Without any limit, and with the user's own minimum. */
	job.limit = NONE;
	job.limit_least = NONE;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.minimum, 60);
	check_contains(plan.notice[0].text, "time limit (none)");
	job.minimum = 10;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.minimum, 0);
	assert_int_equal(plan.notices, 0);
}

/* Slurm would take a minimum of one minute where nobody sets a limit. */
static void test_open(void **state)
{
	struct fb_period_job job = usual();
	struct fb_period_plan plan;

	(void)state;
	job.limit_open = true;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.minimum, 60);
	assert_int_equal(plan.notices, 0);
}

static void test_too_short(void **state)
{
	struct fb_period_job job = usual();
	struct fb_period_plan plan;

	(void)state;
	job.now = UNTIL - 59 * 60 - 59;
	plan_refused(&refusing, &december, &job,
		     "workspace 'vision': its period ends on 2026-12-31: 00:59:00 are left from when the job may begin, and it needs 01:00:00 "
		     "at least; give it a --time of at most 00:59:00, or ask an administrator to extend the period");
	job.limit = job.limit_least = 59;
	plan_ok(&refusing, &december, &job, &plan);
	assert_int_equal(plan.minimum, 0);
	job = usual();
	job.begin = UNTIL + DAY;
	plan_refused(&refusing, &december, &job,
		     "workspace 'vision': its period ends on 2026-12-31: 00:00:00 are left from when the job may begin, and it needs 01:00:00 "
		     "at least; ask an administrator to extend the period");
	/* Its own minimum is too long. */
	job = usual();
	job.now = UNTIL - 120 * 60;
	job.minimum = 121;
	plan_refused(&refusing, &december, &job,
		     "workspace 'vision': its period ends on 2026-12-31: 02:00:00 are left from when the job may begin, and it needs 02:01:00 "
		     "at least; give it a --time of at most 02:00:00, or ask an administrator to extend the period");
}

static void test_replan(void **state)
{
	struct fb_period_job job = usual();
	struct fb_period_plan plan;
	struct fb_err err;

	(void)state;
	job.limit = NONE;
	assert_int_equal(fb_period_replan(&refusing, &december, &job, &plan, &err), 0); /* it has no deadline */
	assert_int_equal(plan.minimum, 0);
	job.deadline = job.now + 90 * 60;
	assert_int_equal(fb_period_replan(&refusing, &december, &job, &plan, &err), 0);
	assert_int_equal(plan.minimum, 60);
	assert_int_equal(plan.deadline, 0);
	check_contains(plan.notice[0].text, "the job's deadline is 2026-12-11T01:30:00, before the job's time limit (none)");
	job.deadline = job.now + 30 * 60;
	assert_int_equal(fb_period_replan(&refusing, &december, &job, &plan, &err), -1);
	check_contains(err.text, "the job's deadline is 2026-12-11T00:30:00: 00:30:00 are left from when the job may begin, and it needs 01:00:00");
}

static void test_changes(void **state)
{
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_period_check_begin(&december, FROM - DAY, FROM, &err), 0);
	assert_int_equal(fb_period_check_begin(&december, FROM + DAY, FROM - DAY, &err), 0); /* the period has begun */
	assert_int_equal(fb_period_check_begin(&december, FROM - DAY, FROM - 1, &err), -1);
	assert_string_equal(err.text, "workspace 'vision': its period begins on 2026-12-01: a job cannot begin before it; set a later "
				      "StartTime");
	assert_int_equal(fb_period_check_deadline(&december, UNTIL, &err), 0);
	assert_int_equal(fb_period_check_deadline(&december, UNTIL - DAY, &err), 0);
	assert_int_equal(fb_period_check_deadline(&december, UNTIL + 1, &err), -1);
	assert_string_equal(err.text, "workspace 'vision': its period ends on 2026-12-31: a job's deadline cannot be later; ask an "
				      "administrator to extend the period");
	assert_int_equal(fb_period_check_deadline(&december, 0, &err), -1);
	assert_int_equal(fb_period_check_deadline(&(struct fb_workspace){ .name = "open" }, 0, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside), cmocka_unit_test(test_edges),	 cmocka_unit_test(test_hold),
		cmocka_unit_test(test_cut),    cmocka_unit_test(test_open),	 cmocka_unit_test(test_too_short),
		cmocka_unit_test(test_replan), cmocka_unit_test(test_changes),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("period", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be done so that a workspace is as it should be: steps, their order, their words. No daemon is asked. */
#include "check.h"

#include "common/policy_parse.h"
#include "flightbase/deadlines.h"
#include "flightbase/plan.h"
#include "flightbase/site_file.h"

enum { ALICE = 9001, BOB, CAROL };

static const struct fb_site site_settings = { .root = "/shared", .preemptible_qos = "preemptible" };

/* A workspace with alice as manager and bob as member, as a wish. */
static void make_spec(struct fb_spec *spec, const char *settings)
{
	assert_int_equal(fb_spec_init(spec, "w", NULL), 0);
	json_object_put(spec->settings);
	spec->settings = json_tokener_parse(settings);
	spec->gpus = 8;
	assert_int_equal(fb_spec_add_member(spec, "bob", false, NULL), 0);
	assert_int_equal(fb_spec_add_member(spec, "alice", true, NULL), 0);
	fb_spec_member(spec, "alice")->uid = ALICE;
	fb_spec_member(spec, "bob")->uid = BOB;
	strcpy(spec->owner, "alice");
}

/* The same as it is there. */
static struct fb_member there[] = { { .name = "alice", .member = true, .manager = true }, { .name = "bob", .member = true } };
static uid_t let_in[] = { BOB };

static struct fb_workspace *parse(const char *settings)
{
	struct fb_json_doc doc;
	struct fb_err err;

	assert_int_equal(fb_json_doc_parse(&doc, "test", settings, strlen(settings), &err), 0);
	struct fb_json root = fb_json_root(&doc);
	struct fb_workspace *workspace = fb_workspace_parse("w", &root, &err);
	fb_json_doc_free(&doc);
	assert_non_null(workspace);
	return workspace;
}

static struct fb_view whole_view(const struct fb_workspace *settings)
{
	return (struct fb_view){ .name = "w", .settings = settings, .file = true, .account = true, .named = true, .qos = true,
				 .qos_used = true, .qos_preempts = true, .gpus = 8, .user_gpus = FB_UNLIMITED,
				 .job_gpus = FB_UNLIMITED, .members = 2, .member = there };
}

static struct fb_tree whole_tree(void)
{
	return (struct fb_tree){ .there = true, .known = true, .parts = true, .gate = FB_GATE_NAMED, .owner = ALICE, .entries = 1,
				 .entry = let_in };
}

/* The words of all steps, a line each. */
static void check_plan(const struct fb_spec *spec, const struct fb_view *view, const struct fb_tree *tree, const char *expected)
{
	struct fb_plan_site site = { .settings = &site_settings, .preemptible = true };
	struct fb_plan plan = { .count = 0 };
	char lines[4096] = "";

	assert_int_equal(fb_plan_put(&plan, &site, spec, view, tree, NULL), 0);
	for (size_t i = 0; i < plan.count; i++) {
		strcat(lines, plan.step[i].words);
		strcat(lines, "\n");
	}
	assert_string_equal(lines, expected);
	fb_plan_free(&plan);
}

static void test_nothing(void **state)
{
	struct fb_workspace *settings = parse("{\"description\": \"d\"}");
	struct fb_view view = whole_view(settings);
	struct fb_tree tree = whole_tree();
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{\"description\": \"d\"}");
	check_plan(&spec, &view, &tree, "");
	fb_spec_free(&spec);
	fb_workspace_destroy(settings);
}

static void test_new(void **state)
{
	struct fb_view view = { .name = "w", .gpus = FB_UNLIMITED, .user_gpus = FB_UNLIMITED, .job_gpus = FB_UNLIMITED };
	struct fb_tree tree = { .there = false };
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{\"until\": \"2030-01-01\"}");
	/* The members last: before, nobody can use it. */
	check_plan(&spec, &view, &tree,
		   "make its directories in /shared/workspaces/w for alice\n"
		   "create the QOS ws-w\n"
		   "write its settings: until 2030-01-01\n"
		   "create the account, GPUs: 8\n"
		   "add alice (manager), add bob\n");
	fb_spec_free(&spec);
}

/* Each change of the wish and the steps it takes. */
static void test_changes(void **state)
{
	struct fb_workspace *settings = parse("{\"until\": \"2030-01-01\"}");
	struct fb_view view = whole_view(settings);
	struct fb_tree tree = whole_tree();
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{\"until\": \"2030-01-01\"}");
	spec.gpus = FB_UNLIMITED;
	check_plan(&spec, &view, &tree, "GPUs: no limit (was 8)\n");
	spec.gpus = 8;
	spec.user_gpus = 2;
	spec.max_time = 90;
	check_plan(&spec, &view, &tree, "GPUs of a user: 2 (was no limit), time of a job: 01:30:00 (was no limit)\n");
	spec.user_gpus = FB_UNLIMITED;
	spec.max_time = 0;
	assert_int_equal(fb_spec_set(&spec, "until", NULL, NULL), 0);
	assert_int_equal(fb_spec_set(&spec, "guarantee", json_object_new_int(2), NULL), 0);
	check_plan(&spec, &view, &tree,
		   "move the end of its pending jobs to no end\n"
		   "change its settings: guarantee 2 (was none), until none (was 2030-01-01)\n");
	fb_spec_free(&spec);
	fb_workspace_destroy(settings);
}

static void test_members(void **state)
{
	struct fb_workspace *settings = parse("{}");
	struct fb_view view = whole_view(settings);
	struct fb_tree tree = whole_tree();
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{}");
	assert_int_equal(fb_spec_add_member(&spec, "carol", false, NULL), 0);
	fb_spec_member(&spec, "carol")->uid = CAROL;
	check_plan(&spec, &view, &tree, "let carol into its directories\nadd carol\n");
	fb_spec_remove_member(&spec, "carol");
	fb_spec_remove_member(&spec, "bob");
	/* First out of the accounting, then the gate is shut. */
	check_plan(&spec, &view, &tree, "remove bob\nshut its directories to 9002\n");
	fb_spec_free(&spec);
	make_spec(&spec, "{}");
	fb_spec_member(&spec, "alice")->manager = false;
	fb_spec_member(&spec, "bob")->manager = true;
	strcpy(spec.owner, "bob");
	check_plan(&spec, &view, &tree,
		   "give its directories to bob\n"
		   "make alice a manager no more, make bob a manager\n");
	fb_spec_free(&spec);
	fb_workspace_destroy(settings);
}

enum { STAFF = 9100, OTHERS };

/* With a group, what the gate looks like and what is done about it; members come and go without a step. */
static void test_group(void **state)
{
	static const struct {
		bool known, parts;
		enum fb_gate_form gate;
		gid_t group;
		const char *steps;
	} cases[] = {
		{ true, true, FB_GATE_GROUP, STAFF, "" },
		{ true, true, FB_GATE_GROUP, OTHERS, "let group staff into its directories\n" },
		{ true, true, FB_GATE_NAMED, STAFF, "let group staff into its directories\n" },
		{ true, true, FB_GATE_NAMED, OTHERS, "let group staff into its directories\n" },
		{ true, true, FB_GATE_ODD, STAFF, "mend its directories\n" },
		{ true, true, FB_GATE_ODD, OTHERS, "mend its directories, let group staff into its directories\n" },
		{ true, false, FB_GATE_GROUP, STAFF, "mend its directories\n" },
		{ false, false, FB_GATE_ODD, STAFF, "" },
		{ false, false, FB_GATE_ODD, OTHERS, "let group staff into its directories\n" },
	};
	struct fb_workspace *settings = parse("{\"access\": \"group:staff\"}");
	struct fb_view view = whole_view(settings);
	struct fb_tree tree = whole_tree();
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{\"access\": \"group:staff\"}");
	strcpy(spec.group, "staff");
	spec.gid = STAFF;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tree.known = cases[i].known;
		tree.parts = cases[i].parts;
		tree.gate = cases[i].gate;
		tree.group = cases[i].group;
		check_plan(&spec, &view, &tree, cases[i].steps);
	}
	tree = (struct fb_tree){ .there = true, .known = true, .parts = true, .gate = FB_GATE_GROUP, .owner = ALICE, .group = STAFF };
	assert_int_equal(fb_spec_add_member(&spec, "carol", false, NULL), 0);
	check_plan(&spec, &view, &tree, "add carol\n");
	fb_spec_remove_member(&spec, "carol");
	fb_spec_remove_member(&spec, "bob");
	check_plan(&spec, &view, &tree, "remove bob\n");
	tree.there = false;
	check_plan(&spec, &view, &tree, "make its directories in /shared/workspaces/w for alice and group staff\nremove bob\n");
	fb_spec_free(&spec);
	fb_workspace_destroy(settings);
}

/* Back to an ACL. */
static void test_group_left(void **state)
{
	struct fb_workspace *settings = parse("{\"access\": \"group:staff\"}");
	struct fb_view view = whole_view(settings);
	struct fb_tree tree = { .there = true, .known = true, .parts = true, .gate = FB_GATE_GROUP, .owner = ALICE, .group = 4294967294 };
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{}");
	check_plan(&spec, &view, &tree,
		   "shut its directories to group 4294967294, let bob into its directories\n"
		   "change its settings: access none (was group:staff)\n");
	fb_spec_free(&spec);
	fb_workspace_destroy(settings);
}

/* What may be missing or wrong of a workspace, and that it is completed. */
static void test_half(void **state)
{
	struct fb_workspace *settings = parse("{}");
	struct fb_view view = whole_view(settings);
	struct fb_tree tree = whole_tree();
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{}");
	tree.parts = false;
	check_plan(&spec, &view, &tree, "mend its directories\n");
	tree = whole_tree();
	view.qos_used = false;
	check_plan(&spec, &view, &tree, "set the QOS that its account may use\n");
	view = whole_view(settings);
	view.qos_preempts = false;
	check_plan(&spec, &view, &tree, "let its jobs preempt those of the QOS preemptible\n");
	view = whole_view(settings);
	view.closed = true;
	check_plan(&spec, &view, &tree, "take submissions again\n");
	spec.closed = true;
	check_plan(&spec, &view, &tree, "");
	spec.closed = false;
	view = whole_view(NULL);
	check_plan(&spec, &view, &tree, "write its settings\n");
	view = whole_view(settings);
	view.account = view.qos_used = false;
	view.members = 0;
	check_plan(&spec, &view, &tree, "create the account, GPUs: 8\nadd alice (manager), add bob\n");
	fb_spec_free(&spec);
	fb_workspace_destroy(settings);
}

/* A guarantee brings the site's QOS for preemptible jobs, once. */
static void test_preemptible(void **state)
{
	struct fb_plan_site site = { .settings = &site_settings };
	struct fb_view view = { .name = "w", .gpus = FB_UNLIMITED, .user_gpus = FB_UNLIMITED, .job_gpus = FB_UNLIMITED };
	struct fb_tree tree = { .there = false };
	struct fb_plan plan = { .count = 0 };
	struct fb_spec spec;

	(void)state;
	make_spec(&spec, "{\"guarantee\": 1}");
	assert_int_equal(fb_plan_put(&plan, &site, &spec, &view, &tree, NULL), 0);
	assert_true(fb_plan_has(&plan, FB_STEP_PREEMPTIBLE));
	assert_true(site.preemptible);
	fb_plan_free(&plan);
	assert_int_equal(fb_plan_put(&plan, &site, &spec, &view, &tree, NULL), 0);
	assert_false(fb_plan_has(&plan, FB_STEP_PREEMPTIBLE));
	fb_plan_free(&plan);
	fb_spec_free(&spec);
}

static void test_removal(void **state)
{
	static const enum fb_step_kind expected[] = { FB_STEP_CLOSE, FB_STEP_CANCEL, FB_STEP_DROP_ACCOUNT, FB_STEP_DROP_SETTINGS,
						      FB_STEP_DROP_QOS, FB_STEP_DROP_TREE };
	struct fb_plan_site site = { .settings = &site_settings };
	struct fb_view view = whole_view(NULL), gone = { .name = "w" };
	struct fb_tree tree = whole_tree();
	struct fb_plan plan = { .count = 0 };

	(void)state;
	assert_int_equal(fb_plan_drop(&plan, &site, &view, &tree, true, true, NULL), 0);
	assert_int_equal(plan.count, 6);
	for (size_t i = 0; i < plan.count; i++)
		assert_int_equal(plan.step[i].kind, expected[i]);
	fb_plan_free(&plan);
	assert_int_equal(fb_plan_drop(&plan, &site, &gone, &tree, false, false, NULL), 0);
	assert_int_equal(plan.count, 0);
	assert_int_equal(fb_plan_drop(&plan, &site, &gone, &tree, false, true, NULL), 0);
	assert_int_equal(plan.count, 1);
	fb_plan_free(&plan);
}

static void test_deadline(void **state)
{
	static const struct {
		time_t is, old_end, new_end, becomes;
	} cases[] = {
		{ 100, 100, 200, 200 }, /* the workspace's: it moves */
		{ 100, 100, 50, 50 },   { 100, 100, 0, 0 },
		{ 60, 100, 200, 60 },   /* the user's own, earlier one: it stays */
		{ 60, 100, 50, 50 },    /* unless the end comes before it */
		{ 60, 0, 0, 60 },       { 60, 0, 50, 50 },  { 0, 0, 50, 50 }, { 0, 0, 0, 0 },
		{ 200, 100, 200, 200 }, /* done already */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fb_deadline_moved(cases[i].is, cases[i].old_end, cases[i].new_end), cases[i].becomes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing), cmocka_unit_test(test_new),	    cmocka_unit_test(test_changes),
		cmocka_unit_test(test_members), cmocka_unit_test(test_half),	    cmocka_unit_test(test_preemptible),
		cmocka_unit_test(test_removal), cmocka_unit_test(test_deadline),    cmocka_unit_test(test_group),
		cmocka_unit_test(test_group_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

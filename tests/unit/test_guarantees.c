/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guarantees that the controller publishes. */
#include "check.h"

#include "common/guarantees.h"
#include "common/policy_parse.h"

static void add(struct fb_policy *policy, const char *name, const char *settings)
{
	struct fb_json_doc doc;
	struct fb_err err;

	assert_int_equal(fb_json_doc_parse(&doc, "f", settings, strlen(settings), &err), 0);
	struct fb_json root = fb_json_root(&doc);
	struct fb_workspace *workspace = fb_workspace_parse(name, &root, &err);
	assert_non_null(workspace);
	fb_policy_add(policy, workspace);
	fb_json_doc_free(&doc);
}

static struct fb_policy *make_policy(void)
{
	struct fb_policy *policy = fb_policy_create(4);

	assert_non_null(policy);
	snprintf(policy->site.preemptible_qos, sizeof(policy->site.preemptible_qos), "scavenge");
	return policy;
}

static struct fb_guarantees *make_table(void)
{
	struct fb_policy *policy = make_policy();
	struct fb_guarantees *table;

	add(policy, "vision", "{\"guarantee\": 8}");
	add(policy, "nlp", "{\"guarantee\": 3, \"from\": \"2026-12-01Z\", \"until\": \"2026-12-02Z\"}");
	add(policy, "speech", "{\"guarantee\": 0}");
	add(policy, "robots", "{}");
	add(policy, "a-1", "{\"guarantee\": 1}");
	assert_int_equal(fb_guarantees_create(&table, policy), 0);
	fb_policy_destroy(policy); /* nothing of it is borrowed */
	return table;
}

static void test_table(void **state)
{
	struct fb_guarantees *table = make_table();

	(void)state;
	assert_non_null(table);
	assert_string_equal(table->preemptible_qos, "scavenge");
	assert_int_equal(table->count, 3);
	assert_string_equal(table->workspace[0].name, "a-1");
	assert_string_equal(table->workspace[1].name, "nlp");
	assert_string_equal(table->workspace[2].name, "vision");
	assert_int_equal(table->workspace[2].gpus, 8);
	fb_guarantees_destroy(table);
}

static void test_find(void **state)
{
	static const struct {
		const char *account;
		size_t index;
	} cases[] = {
		{ "a-1", 0 }, { "nlp", 1 },   { "vision", 2 }, { "VISION", 2 }, { "Nlp", 1 }, { "speech", 3 },
		{ "", 3 },    { "vision2", 3 }, { "visio", 3 },  { "zz", 3 },	  { NULL, 3 },
	};
	struct fb_guarantees *table = make_table();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fb_guarantees_find(table, cases[i].account), cases[i].index);
	fb_guarantees_destroy(table);
}

static void test_period(void **state)
{
	struct fb_guarantees *table = make_table();
	const struct fb_guaranteed *nlp = &table->workspace[1];
	const time_t from = 1796083200, until = from + 2 * 86400; /* "until" is the end of that day */

	(void)state;
	assert_int_equal(nlp->from, from);
	assert_int_equal(nlp->until, until);
	assert_int_equal(fb_guaranteed_at(nlp, from - 1), 0);
	assert_int_equal(fb_guaranteed_at(nlp, from), 3);
	assert_int_equal(fb_guaranteed_at(nlp, until - 1), 3);
	assert_int_equal(fb_guaranteed_at(nlp, until), 0);
	assert_int_equal(fb_guaranteed_at(&table->workspace[2], 0), 8);
	fb_guarantees_destroy(table);
}

static void test_fingerprint(void **state)
{
	struct fb_guarantees *table = make_table(), *same = make_table();
	const time_t from = 1796083200, until = from + 2 * 86400;
	uint64_t before = fb_guarantees_fingerprint(table, from - 1), within = fb_guarantees_fingerprint(table, from);

	(void)state;
	assert_true(before != within);
	assert_true(within == fb_guarantees_fingerprint(same, until - 1));
	assert_true(before == fb_guarantees_fingerprint(same, until));
	/* One more here, one less there. */
	same->workspace[0].gpus++;
	same->workspace[2].gpus--;
	assert_true(within != fb_guarantees_fingerprint(same, from));
	assert_true(fb_guarantees_fingerprint(NULL, from) == fb_guarantees_fingerprint(NULL, until));
	assert_true(fb_guarantees_fingerprint(NULL, from) != within);
	fb_guarantees_destroy(table);
	fb_guarantees_destroy(same);
}

static void test_none(void **state)
{
	struct fb_policy *policy = make_policy();
	struct fb_guarantees *table = (struct fb_guarantees *)policy;

	(void)state;
	add(policy, "vision", "{}");
	assert_int_equal(fb_guarantees_create(&table, policy), 0);
	assert_null(table);
	fb_guarantees_destroy(NULL);
	fb_policy_destroy(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_table), cmocka_unit_test(test_find), cmocka_unit_test(test_period),
					    cmocka_unit_test(test_fingerprint), cmocka_unit_test(test_none) };

	return cmocka_run_group_tests_name("guarantees", tests, NULL, NULL);
}

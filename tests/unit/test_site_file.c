/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site as one file: read, refused, written. And what a command line makes of a workspace. */
#include "check.h"

#include "flightbase/history_words.h"
#include "flightbase/site_file.h"
#include "flightbase/spec_options.h"

static int parse(struct fb_site_file *file, const char *text, struct fb_err *err)
{
	struct fb_json_doc doc;

	if (fb_json_doc_parse(&doc, "site.json", text, strlen(text), err))
		return -1;
	int rc = fb_site_file_parse(file, &doc, err);
	fb_json_doc_free(&doc);
	return rc;
}

static void test_fixed_point(void **state)
{
	static const char text[] = "{\"site\":{\"root\":\"/r\"},\"workspaces\":{\"v\":{\"gpus\":16,\"max_gpus_per_user\":4,"
				   "\"max_gpus_per_job\":8,\"max_time\":\"1-00:00:00\",\"managers\":[\"bob\",\"alice\"],"
				   "\"members\":[\"carol\",\"dave\"],\"until\":\"2030-01-01\",\"guarantee\":3,\"access\":\"group:staff\"}}}";
	struct fb_site_file file;
	struct fb_err err;

	(void)state;
	assert_int_equal(parse(&file, text, &err), 0);
	assert_int_equal(file.count, 1);
	assert_string_equal(file.spec[0].owner, "bob");
	assert_int_equal(file.spec[0].members, 4);
	assert_int_equal(file.spec[0].max_time, 24 * 60);
	struct json_object *written = fb_site_file_to_json(&file.site, file.spec, file.count);
	assert_string_equal(json_object_to_json_string_ext(written, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), text);
	json_object_put(written);
	fb_site_file_free(&file);
}

static void test_refused(void **state)
{
	static const struct {
		const char *workspace, *message;
	} cases[] = {
		{ "{\"gpus\": 1}", "site.json:1: workspaces.v: key 'managers' is missing" },
		{ "{\"managers\": [\"a\"], \"gpus\": 1.5}", "workspaces.v.gpus: a whole number expected" },
		{ "{\"managers\": [\"a\"], \"gpu\": 1}", "workspaces.v.gpu: unknown key" },
		{ "{\"managers\": [\"a\"], \"gpu\": null}", "workspaces.v.gpu: unknown key" },
		{ "{\"managers\": [\"a\"],\n \"members\": [\"b\", \"b\"]}", "site.json:2: workspaces.v.members[1]: 'b' is there twice" },
		{ "{\"managers\": [\"\"]}", "workspaces.v.managers[0]: '' is no user's name" },
		{ "{\"managers\": [\"a b\"]}", "'a b' is no user's name" },
		{ "{\"managers\": [\"a\"], \"gpus\": 2, \"guarantee\": 3}", "workspaces.v.guarantee: 3 GPUs guaranteed, but the quota is 2" },
		{ "{\"managers\": [\"a\"], \"max_time\": 5}", "workspaces.v.max_time: a string expected" },
		{ "{\"managers\": [\"a\"],\n \"access\": \"grp\"}", "site.json:2: workspaces.v.access: 'grp' is unknown" },
		{ "[]", "workspaces.v: an object expected" },
	};
	struct fb_site_file file;
	struct fb_err err;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "{\"workspaces\": {\"v\": %s}}", cases[i].workspace);
		assert_int_equal(parse(&file, text, &err), -1);
		check_contains(err.text, cases[i].message);
	}
	assert_int_equal(parse(&file, "{\"workspaces\": {\"V\": {\"managers\": [\"a\"]}}}", &err), -1);
	check_contains(err.text, "workspaces.V: not a valid name");
	assert_int_equal(parse(&file, "{\"site\": {}}", &err), -1);
	check_contains(err.text, "site: key 'root' is missing");
}

/* One option at a time on an empty workspace. */
static void test_options(void **state)
{
	static const struct {
		enum fb_spec_option option;
		const char *value, *message; /* NULL: it is taken */
	} cases[] = {
		{ FB_SPEC_GPUS, "8", NULL },
		{ FB_SPEC_GPUS, "none", NULL },
		{ FB_SPEC_GPUS, "-1", "option '--gpus': -1 is outside 0 to 1000000" },
		{ FB_SPEC_GPUS, "", "option '--gpus': '' is not a whole number" },
		{ FB_SPEC_MANAGER, "alice,bob", NULL },
		{ FB_SPEC_MANAGER, "alice,alice", "option '--manager': 'alice' is there twice" },
		{ FB_SPEC_MANAGER, "alice,", "option '--manager': '' is no user's name" },
		{ FB_SPEC_USER, "a;b", "option '--user': 'a;b' is no user's name" },
		{ FB_SPEC_FROM, "2026-02-30", "option '--from': '2026-02-30' is not a date" },
		{ FB_SPEC_UNTIL, "2026-12-31T12:00Z", NULL },
		{ FB_SPEC_GUARANTEE, "3", NULL },
		{ FB_SPEC_GUARANTEE, "x", "option '--guarantee': 'x' is not a whole number" },
		{ FB_SPEC_MAX_TIME, "1-00", NULL },
		{ FB_SPEC_MAX_TIME, "soon", "option '--max-time': " },
		{ FB_SPEC_IMAGES, "a/*,@b/c", NULL },
		{ FB_SPEC_IMAGES, "a b", "option '--images': a pattern has no blanks" },
		{ FB_SPEC_TRAINING, "advanced,jupyter", NULL },
		{ FB_SPEC_TRAINING, "basic", "option '--training': 'basic' is unknown" },
		{ FB_SPEC_MIN_RUN, "30", NULL },
		{ FB_SPEC_DESCRIPTION, "a line", NULL },
		{ FB_SPEC_ACCESS, "acl", NULL },
		{ FB_SPEC_ACCESS, "group", NULL },
		{ FB_SPEC_ACCESS, "group:staff", NULL },
		{ FB_SPEC_ACCESS, "none", "option '--access': 'none' is unknown: acl, group and group:NAME are allowed" },
		{ FB_SPEC_ACCESS, "group:a/b", "option '--access': group 'a/b': not a valid name" },
		{ FB_SPEC_DESCRIPTION, "two\nlines", "option '--description': control characters are not allowed" },
	};
	const struct fb_cli_command command = { .options = fb_workspace_create_options };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_args args = { .command = &command };
		struct fb_spec spec;
		struct fb_err err = { "" };

		args.value[cases[i].option] = cases[i].value;
		assert_int_equal(fb_spec_init(&spec, "w", &err), 0);
		assert_int_equal(fb_spec_apply_options(&spec, &args, &err), cases[i].message ? -1 : 0);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
		fb_spec_free(&spec);
	}
}

static void test_history(void **state)
{
	static const struct {
		unsigned int action;
		const char *name, *info, *words; /* NULL: not this workspace's */
	} cases[] = {
		{ FB_HISTORY_ADD_ACCOUNT, "w", "description='x'", "account created" },
		{ FB_HISTORY_ADD_ACCOUNT, "ww", "description='x'", NULL },
		{ FB_HISTORY_ADD_ASSOCIATION, "id_assoc=7", "mod_time=1, acct='w', user='bob', qos=''", "bob added" },
		{ FB_HISTORY_ADD_ASSOCIATION, "id_assoc=8", "mod_time=1, acct='v', user='bob', qos=''", NULL },
		{ FB_HISTORY_ADD_ASSOCIATION, "id_assoc=9", "mod_time=1, acct='w', user='', grp_tres='1=4,1001=16'", "GPUs: 16" },
		{ FB_HISTORY_MODIFY_ASSOCIATION, "(id_assoc=9)", "grp_tres = if (id_assoc=9, '1001=2', grp_tres)", "GPUs: 2" },
		{ FB_HISTORY_MODIFY_ASSOCIATION, "(id_assoc=9)", "grp_submit_jobs=0", "no more submissions" },
		{ FB_HISTORY_MODIFY_ASSOCIATION, "(id_assoc=99)", "grp_submit_jobs=0", NULL },
		{ FB_HISTORY_REMOVE_ASSOCIATION, "id_assoc=8 || id_assoc=7", NULL, "bob removed" },
		{ FB_HISTORY_ADD_COORDINATOR, "alice", "w", "alice made a manager" },
		{ FB_HISTORY_REMOVE_COORDINATOR, "(user='alice') && (acct='w')", NULL, "alice a manager no more" },
		{ FB_HISTORY_REMOVE_COORDINATOR, "(acct='w')", NULL, NULL },
		{ FB_HISTORY_MODIFY_QOS, "(name='ws-w')", "max_tres_pu = if (id=3, '1001=4', max_tres_pu)", "GPUs of a user: 4" },
		{ FB_HISTORY_MODIFY_QOS, "(name='ws-ww')", "max_tres_pu='1001=4'", NULL },
		{ FB_HISTORY_MODIFY_QOS, "(name='ws-w')", "max_tres_pu='1001", "QOS changed" },
		{ FB_HISTORY_REMOVE_ACCOUNT, "name in('v','w')", NULL, "account removed" },
		{ 1, NULL, NULL, NULL },
	};
	struct fb_history history = { .workspace = "w", .gpu_tres = 1001 };
	char words[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ours = fb_history_words(&history, cases[i].action, cases[i].name, cases[i].info, words, sizeof(words));

		assert_int_equal(ours, cases[i].words != NULL);
		if (ours)
			assert_string_equal(words, cases[i].words);
	}
	fb_history_free(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_point),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

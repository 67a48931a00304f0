/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/access.h"
#include "common/file.h"
#include "common/policy.h"
#include "remove_tree.h"

struct site {
	char dir[256], workspaces[512];
};

static int make_site(void **state)
{
	static struct site site;

	make_temporary(site.dir, sizeof(site.dir));
	snprintf(site.workspaces, sizeof(site.workspaces), "%s/workspaces.d", site.dir);
	assert_int_equal(mkdir(site.workspaces, 0755), 0);
	write_file(site.dir, "flightbase.json", "{\"root\": \"/shared/fb\"}");
	write_file(site.workspaces, "vision.json", "{\"description\": \"seeing\"}");
	write_file(site.workspaces, "nlp.json", "{}");
	*state = &site;
	return 0;
}

static int remove_site(void **state)
{
	remove_tree(((struct site *)*state)->dir);
	return 0;
}

static struct fb_policy *load(const struct site *site, const struct fb_policy *last, size_t faults, const char *message)
{
	struct fb_policy_report report;
	struct fb_policy *policy = fb_policy_load(site->dir, last, &report);

	assert_int_equal(report.faults, faults);
	if (message)
		check_contains(report.fault[0].text, message);
	return policy;
}

static void test_load(void **state)
{
	struct site *site = *state;

	write_file(site->workspaces, ".vision.json.new", "{");
	write_file(site->workspaces, "notes.txt", "{");
	struct fb_policy *policy = load(site, NULL, 0, NULL);
	assert_non_null(policy);
	assert_int_equal(policy->count, 2);
	assert_string_equal(policy->site.root, "/shared/fb");
	assert_string_equal(fb_policy_find(policy, "vision")->description, "seeing");
	assert_null(fb_policy_find(policy, "none"));
	fb_policy_destroy(policy);
}

/* A broken file keeps what was good; another file's change still comes in. */
static void test_broken_workspace(void **state)
{
	struct site *site = *state;
	struct fb_policy *first = load(site, NULL, 0, NULL);

	write_file(site->workspaces, "vision.json", "{\"description\": \"seeing\",\n \"quota\": 8}");
	write_file(site->workspaces, "nlp.json", "{\"description\": \"reading\"}");
	struct fb_policy *second = load(site, first, 1, "vision.json:2: quota: unknown key");
	assert_int_equal(second->count, 2);
	assert_string_equal(fb_policy_find(second, "vision")->description, "seeing");
	assert_string_equal(fb_policy_find(second, "nlp")->description, "reading");
	fb_policy_destroy(first);
	/* The copy must outlive what it was taken from. */
	struct fb_policy *third = load(site, second, 1, "vision.json:2:");
	fb_policy_destroy(second);
	assert_string_equal(fb_policy_find(third, "vision")->description, "seeing");
	fb_policy_destroy(third);
	/* Without a last one, the workspace is not there, and the others are. */
	struct fb_policy *fresh = load(site, NULL, 1, "vision.json:2:");
	assert_null(fb_policy_find(fresh, "vision"));
	assert_non_null(fb_policy_find(fresh, "nlp"));
	fb_policy_destroy(fresh);
}

static void test_broken_site(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "{\"root\": \"relative\"}", "flightbase.json:1: root: 'relative' is not an absolute path" },
		{ "{\"root\": \"/\"}", "not an absolute path below /" },
		{ "{}", "flightbase.json:1: key 'root' is missing" },
		{ "{\"root\": 7}", "a string expected, found int" },
		{ "[]", "an object expected, found array" },
		{ "{\"root\": \"/x\"", "ends in the middle" },
		{ "{\"root\": \"/x\",\n\"gpu_jobs\": \"all\"}", "flightbase.json:2: gpu_jobs: 'all' is unknown: any and workspace are allowed" },
		{ "{\"root\": \"/x\", \"before_start\": true}", "before_start: a string expected" },
		{ "{\"root\": \"/x\", \"min_run\": \"soon\"}", "min_run: 'soon' is not a length of time" },
		{ "{\"root\": \"/x\", \"preemptible_qos\": \"a b\"}", "preemptible_qos: 'a b': not a valid name" },
	};
	struct site *site = *state;
	struct fb_policy *good = load(site, NULL, 0, NULL);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(site->dir, "flightbase.json", cases[i].text);
		assert_null(load(site, NULL, 1, cases[i].message));
		struct fb_policy *kept = load(site, good, 1, cases[i].message);
		assert_string_equal(kept->site.root, "/shared/fb");
		fb_policy_destroy(kept);
	}
	fb_policy_destroy(good);
}

static void test_settings(void **state)
{
	struct site *site = *state;

	write_file(site->dir, "flightbase.json", "{\"root\": \"/x\", \"gpu_jobs\": \"workspace\", \"before_start\": \"hold\", "
						 "\"min_run\": \"2:00:00\", \"preemptible_qos\": \"scavenge\"}");
	write_file(site->workspaces, "vision.json",
		   "{\"from\": \"2026-12-01Z\", \"until\": \"2026-12-01Z\", \"guarantee\": 4, \"training\": [\"advanced\", \"jupyter\"], "
		   "\"images\": [\"nvcr.io/nvidia/*\"], \"min_run\": \"30\", \"access\": \"group:cv-lab\"}");
	struct fb_policy *policy = load(site, NULL, 0, NULL);
	const struct fb_workspace *vision = fb_policy_find(policy, "vision"), *nlp = fb_policy_find(policy, "nlp");

	assert_true(policy->site.gpu_jobs_need_workspace && policy->site.hold_before_start);
	assert_int_equal(policy->site.min_run, 120);
	assert_string_equal(policy->site.preemptible_qos, "scavenge");
	assert_int_equal(vision->from, 1796083200);
	assert_int_equal(vision->until, 1796083200 + 86400);
	assert_string_equal(vision->until_text, "2026-12-01Z");
	assert_int_equal(vision->guarantee, 4);
	assert_int_equal(vision->trainings, FB_TRAINING_ADVANCED | FB_TRAINING_JUPYTER);
	assert_int_equal(vision->min_run, 30);
	assert_string_equal(vision->group, "cv-lab");
	assert_int_equal(nlp->from, 0);
	assert_int_equal(nlp->until, 0);
	assert_int_equal(nlp->trainings, FB_TRAINING_ALL);
	assert_int_equal(nlp->min_run, 0);
	assert_string_equal(nlp->group, "");
	fb_policy_destroy(policy);
}

static void test_default_settings(void **state)
{
	struct fb_policy *policy = load(*state, NULL, 0, NULL);

	assert_false(policy->site.gpu_jobs_need_workspace);
	assert_false(policy->site.hold_before_start);
	assert_int_equal(policy->site.min_run, 60);
	assert_string_equal(policy->site.preemptible_qos, "preemptible");
	fb_policy_destroy(policy);
}

static void test_broken_settings(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "{\"from\": \"tomorrow\"}", "vision.json:1: from: 'tomorrow' is not a date" },
		{ "{\"from\": \"2027-01-02\",\n\"until\": \"2027-01-01\"}", "vision.json:2: until: '2027-01-01' is not after 'from', '2027-01-02'" },
		{ "{\"guarantee\": -1}", "guarantee: -1 is outside 0 to 1000000" },
		{ "{\"guarantee\": \"8\"}", "guarantee: a whole number expected" },
		{ "{\"training\": []}", "training: 0 elements; 1 to 3 are allowed" },
		{ "{\"training\": [\"slow\"]}", "training[0]: 'slow' is unknown" },
		{ "{\"images\": [\"a\", \"b c\"]}", "images[1]: a pattern has no blanks" },
		{ "{\"images\": [\"\"]}", "images[0]: an empty pattern" },
		{ "{\"images\": \"*\"}", "images: an array expected" },
		{ "{\"min_run\": 30}", "min_run: a string expected" },
		{ "{\"access\": true}", "access: a string expected" },
		{ "{\n\"access\": \"groups\"}", "vision.json:2: access: 'groups' is unknown: acl, group and group:NAME are allowed" },
		{ "{\"access\": \"group:\"}", "access: group '': empty: a name is needed" },
		{ "{\"access\": \"group:a/b\"}", "access: group 'a/b': not a valid name: letters, digits, '_', '.', '-', '@' and '$', "
						 "starting with a letter, digit or '_', are allowed" },
	};
	struct site *site = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(site->workspaces, "vision.json", cases[i].text);
		struct fb_policy *policy = load(site, NULL, 1, cases[i].message);
		assert_null(fb_policy_find(policy, "vision"));
		fb_policy_destroy(policy);
	}
}

/* The three forms, and that what is written is read again as the same. */
static void test_access(void **state)
{
	static const struct {
		const char *text, *group, *written;
	} cases[] = {
		{ "acl", "", "acl" },
		{ "group", "vision", "group:vision" },
		{ "group:staff", "staff", "group:staff" },
		{ "group:_Cv.Lab-1@example.org$", "_Cv.Lab-1@example.org$", "group:_Cv.Lab-1@example.org$" },
	};
	static const char *const refused[] = { "", "ACL", "group ", "group:-x", "group:a b", "group:a:b", "groupx",
					       "group:0123456789012345678901234567890123456789012345678901234567890123" };
	char group[FB_NAME_MAX + 1], text[FB_ACCESS_TEXT_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fb_access_parse(cases[i].text, "vision", group, NULL), 0);
		assert_string_equal(group, cases[i].group);
		fb_access_format(group, text);
		assert_string_equal(text, cases[i].written);
		assert_int_equal(fb_access_parse(text, "other", group, NULL), 0);
		assert_string_equal(group, cases[i].group);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(fb_access_parse(refused[i], "vision", group, NULL), -1);
	assert_string_equal(group, "_Cv.Lab-1@example.org$");
}

static void test_gone(void **state)
{
	struct site *site = *state;
	char path[1024];
	struct fb_policy *first = load(site, NULL, 0, NULL);

	snprintf(path, sizeof(path), "%s/vision.json", site->workspaces);
	assert_int_equal(unlink(path), 0);
	struct fb_policy *second = load(site, first, 0, NULL);
	assert_int_equal(second->count, 1);
	fb_policy_destroy(second);
	remove_tree(site->workspaces);
	struct fb_policy *third = load(site, NULL, 0, NULL);
	assert_int_equal(third->count, 0);
	fb_policy_destroy(third);
	/* A folder that vanished takes no workspace with it. */
	struct fb_policy *vanished = load(site, first, 1, "workspaces.d: No such file");
	assert_int_equal(vanished->count, 2);
	fb_policy_destroy(vanished);
	/* A file where the folder should be is a fault, and all workspaces stay. */
	write_file(site->dir, "workspaces.d", "");
	struct fb_policy *fourth = load(site, first, 1, "Not a directory");
	assert_int_equal(fourth->count, 2);
	fb_policy_destroy(fourth);
	fb_policy_destroy(first);
}

static void test_bad_names(void **state)
{
	struct site *site = *state;

	write_file(site->workspaces, "Vision.json", "{}");
	write_file(site->workspaces, "a b.json", "{}");
	write_file(site->workspaces, "-x.json", "{}");
	struct fb_policy *policy = load(site, NULL, 3, "the file's name is not a valid name");
	assert_int_equal(policy->count, 2);
	fb_policy_destroy(policy);
}

static void test_huge_file(void **state)
{
	struct site *site = *state;
	char path[1024];

	snprintf(path, sizeof(path), "%s/nlp.json", site->workspaces);
	assert_int_equal(truncate(path, 100 * 1024 * 1024), 0);
	struct fb_policy *policy = load(site, NULL, 1, "nlp.json: 104857600 bytes; at most 65536 are read");
	fb_policy_destroy(policy);
}

static void count_fault(void *context, const struct fb_err *fault)
{
	check_contains(fault->text, "unknown key");
	++*(size_t *)context;
}

/* The report keeps the first few; who asks is told all. */
static void test_telling(void **state)
{
	const struct site *site = *state;
	struct fb_policy_report report;
	size_t told = 0;

	for (int i = 0; i < 2 * FB_POLICY_FAULTS_MAX; i++) {
		char name[32];

		snprintf(name, sizeof(name), "broken-%d.json", i);
		write_file(site->workspaces, name, "{\"quota\": 1}");
	}
	struct fb_policy *policy = fb_policy_load_telling(site->dir, NULL, &report, count_fault, &told);
	assert_non_null(policy);
	assert_int_equal(told, 2 * FB_POLICY_FAULTS_MAX);
	assert_int_equal(report.faults, told);
	assert_int_equal(policy->count, 2);
	fb_policy_destroy(policy);
}

static void test_save_and_restore(void **state)
{
	struct site *site = *state;
	struct fb_err err;
	char path[512];

	snprintf(path, sizeof(path), "%s/saved.json", site->dir);
	assert_null(fb_policy_restore(path, &err));
	assert_int_equal(errno, ENOENT);
	struct fb_policy *policy = load(site, NULL, 0, NULL);
	assert_int_equal(fb_policy_save(policy, path, &err), 0);
	fb_policy_destroy(policy);
	policy = fb_policy_restore(path, &err);
	assert_non_null(policy);
	assert_int_equal(policy->count, 2);
	assert_string_equal(policy->site.root, "/shared/fb");
	assert_string_equal(fb_policy_find(policy, "vision")->description, "seeing");
	fb_policy_destroy(policy);
	write_file(site->dir, "saved.json", "{\"site\": {\"root\": \"/x\"}, \"workspaces\": {\"A/B\": {}}}");
	assert_null(fb_policy_restore(path, &err));
	check_contains(err.text, "saved.json:1: workspaces.A/B: not a valid name");
	write_file(site->dir, "saved.json", "{\"site\": {\"root\": \"/x\"}}");
	assert_null(fb_policy_restore(path, &err));
}

static void test_many(void **state)
{
	struct site *site = *state;
	char name[64];

	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "ws-%d.json", i);
		write_file(site->workspaces, name, "{\"description\": \"one of many\"}");
	}
	struct fb_policy *policy = load(site, NULL, 0, NULL);
	assert_int_equal(policy->count, 3002);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "ws-%d", i);
		assert_string_equal(fb_policy_find(policy, name)->name, name);
	}
	fb_policy_destroy(policy);
}

static void test_fingerprint(void **state)
{
	struct site *site = *state;
	uint64_t before = fb_policy_fingerprint(site->dir), after;

	assert_int_equal(before == fb_policy_fingerprint(site->dir), 1);
	assert_int_equal(fb_policy_fingerprint("/nonexistent"), 0);
	write_file(site->workspaces, "new.json", "{}");
	after = fb_policy_fingerprint(site->dir);
	assert_int_equal(before != after, 1);
	before = after;
	write_file(site->workspaces, ".hidden.json", "{}");
	assert_int_equal(before == fb_policy_fingerprint(site->dir), 1);
	write_file(site->workspaces, "new.json", "{ }");
	after = fb_policy_fingerprint(site->dir);
	assert_int_equal(before != after, 1);
	write_file(site->dir, "flightbase.json", "{\"root\": \"/other\"}");
	assert_int_equal(after != fb_policy_fingerprint(site->dir), 1);
}

static void test_replace(void **state)
{
	struct site *site = *state;
	struct fb_err err;
	char path[512], nowhere[600], text[8] = "";
	struct stat st;

	snprintf(path, sizeof(path), "%s/file", site->dir);
	assert_int_equal(fb_file_replace(path, "one", 3, 0640, true, &err), 0);
	assert_int_equal(fb_file_replace(path, "two", 3, 0600, false, &err), 0);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, sizeof(text), file), 3);
	fclose(file);
	assert_string_equal(text, "two");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	/* A link that somebody put at the temporary name is not followed. */
	snprintf(nowhere, sizeof(nowhere), "%s.new.%d", path, (int)getpid());
	assert_int_equal(symlink("/nonexistent/target", nowhere), 0);
	assert_int_equal(fb_file_replace(path, "six", 3, 0600, false, &err), 0);
	snprintf(nowhere, sizeof(nowhere), "%s/none/file", site->dir);
	assert_int_equal(fb_file_replace(nowhere, "x", 1, 0600, false, &err), -1);
	check_contains(err.text, "No such file");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, make_site, remove_site)
	const struct CMUnitTest tests[] = {
		T(test_load), T(test_broken_workspace), T(test_broken_site), T(test_settings), T(test_default_settings),
		T(test_broken_settings), T(test_gone), T(test_bad_names), T(test_huge_file), T(test_telling),
		T(test_save_and_restore), T(test_many), T(test_fingerprint), T(test_replace), T(test_access),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

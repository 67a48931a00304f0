/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "common/decide.h"
#include "common/decision.h"
#include "common/policy_parse.h"

static const struct fb_decision vision = {
	.workspace = "vision", .training = "advanced", .name = "resnet", .p2p = "prefer", .rdma = "off"
};

static void test_line(void **state)
{
	struct fb_decision read, nameless = vision;
	char line[FB_DECISION_LINE_MAX];
	struct fb_err err;

	(void)state;
	int length = fb_decision_format(&vision, line, sizeof(line));
	assert_int_equal(length, strlen(line));
	assert_string_equal(line, "{\"flightbase\":1,\"workspace\":\"vision\",\"training\":\"advanced\",\"name\":\"resnet\","
				  "\"p2p\":\"prefer\",\"rdma\":\"off\"}");
	assert_int_equal(fb_decision_parse(&read, line, &err), 0);
	assert_memory_equal(&read, &vision, sizeof(read));
	nameless.name[0] = '\0';
	memset(nameless.name, 0, sizeof(nameless.name));
	assert_true(fb_decision_format(&nameless, line, sizeof(line)) > 0);
	assert_null(strstr(line, "name"));
	assert_int_equal(fb_decision_parse(&read, line, &err), 0);
	assert_string_equal(read.name, "");
	assert_int_equal(fb_decision_format(&vision, line, 20), -1);
	nameless.preemptible = true;
	assert_true(fb_decision_format(&nameless, line, sizeof(line)) > 0);
	assert_string_equal(line, "{\"flightbase\":1,\"workspace\":\"vision\",\"training\":\"advanced\",\"p2p\":\"prefer\","
				  "\"rdma\":\"off\",\"preemptible\":true}");
	assert_int_equal(fb_decision_parse(&read, line, &err), 0);
	assert_true(read.preemptible);
}

static void test_preflight(void **state)
{
	static const char start[] = "{\"flightbase\":1,\"workspace\":\"vision\",\"training\":\"advanced\",\"p2p\":\"prefer\",\"rdma\":\"off\"";
	struct fb_decision read, asked = vision;
	char line[FB_DECISION_LINE_MAX];
	struct fb_err err;

	(void)state;
	memset(asked.name, 0, sizeof(asked.name));
	asked.preflight = 70;
	assert_true(fb_decision_format(&asked, line, sizeof(line)) > 0);
	assert_memory_equal(line, start, sizeof(start) - 1);
	assert_string_equal(line + sizeof(start) - 1, ",\"preflight\":70}");
	assert_int_equal(fb_decision_parse(&read, line, &err), 0);
	assert_memory_equal(&read, &asked, sizeof(read));
	asked.requeues = 2;
	asked.requeued[0] = (struct fb_preflight_failure){ .node = "n3", .gbps = 3.1, .model = 46.3, .restart = 0 };
	asked.requeued[1] = (struct fb_preflight_failure){ .node = "n-4.x", .restart = 1 };
	assert_true(fb_decision_format(&asked, line, sizeof(line)) > 0);
	assert_string_equal(line + sizeof(start) - 1, ",\"preflight\":70,\"requeued\":[{\"node\":\"n3\",\"gbps\":3.1,\"model\":46.3,\"restart\":0},"
						       "{\"node\":\"n-4.x\",\"gbps\":0,\"model\":0,\"restart\":1}]}");
	assert_int_equal(fb_decision_parse(&read, line, &err), 0);
	assert_int_equal(read.requeues, 2);
	assert_true(read.requeued[0].gbps == 3.1 && read.requeued[1].restart == 1);
	/* The longest of everything fits. */
	memset(asked.workspace, 'w', FB_NAME_MAX);
	memset(asked.name, 'x', FB_NAME_MAX);
	for (int i = 0; i < FB_PREFLIGHT_REQUEUES; i++) {
		memset(asked.requeued[i].node, 'n', FB_NAME_MAX);
		asked.requeued[i].gbps = asked.requeued[i].model = 123456.7;
		asked.requeued[i].restart = UINT32_MAX;
	}
	asked.preemptible = true;
	assert_true(fb_decision_format(&asked, line, sizeof(line)) > 0);
	assert_int_equal(fb_decision_parse(&read, line, &err), 0);
}

#define BEFORE "{\"flightbase\":1,\"workspace\":\"a\",\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\","
#define FAILED "{\"node\":\"n3\",\"gbps\":1,\"model\":2,\"restart\":0}"

static void test_bad_lines(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "", "ends in the middle" },
		{ "vision", "not valid JSON" },
		{ "[]", "an object expected" },
		{ "{\"flightbase\":2,\"workspace\":\"a\",\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\"}",
		  "flightbase: 2 is outside 1 to 1" },
		{ "{\"workspace\":\"a\",\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\"}", "'flightbase' is missing" },
		{ "{\"flightbase\":1,\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\"}", "'workspace' is missing" },
		{ "{\"flightbase\":1,\"workspace\":\"../a\",\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\"}",
		  "workspace: not a valid name" },
		{ "{\"flightbase\":1,\"workspace\":\"a\",\"training\":\"fast\",\"p2p\":\"off\",\"rdma\":\"off\"}", "training: unknown" },
		{ "{\"flightbase\":1,\"workspace\":\"a\",\"training\":\"advanced\",\"p2p\":7,\"rdma\":\"off\"}", "a string expected" },
		{ "{\"flightbase\":1,\"workspace\":\"a\",\"root\":1,\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\"}",
		  "root: unknown key" },
		{ "{\"flightbase\":1,\"workspace\":\"a\",\"training\":\"advanced\",\"p2p\":\"off\",\"rdma\":\"off\",\"preemptible\":\"yes\"}",
		  "preemptible: true or false expected, found string" },
		{ BEFORE "\"preflight\":0}", "preflight: 0 is outside 1 to 100" },
		{ BEFORE "\"preflight\":\"70\"}", "preflight: a whole number expected" },
		{ BEFORE "\"requeued\":[]}", "without 'preflight'" },
		{ BEFORE "\"preflight\":70,\"requeued\":[]}", "requeued" },
		{ BEFORE "\"preflight\":70,\"requeued\":[" FAILED "," FAILED "," FAILED "]}", "requeued" },
		{ BEFORE "\"preflight\":70,\"requeued\":[{\"node\":\"n 3\",\"gbps\":1,\"model\":2,\"restart\":0}]}", "node: not a valid name" },
		{ BEFORE "\"preflight\":70,\"requeued\":[{\"node\":\"n3\",\"gbps\":1,\"model\":2}]}", "'restart' is missing" },
	};
	static char longer[FB_DECISION_LINE_MAX + 10];
	struct fb_decision d = vision;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fb_decision_parse(&d, cases[i].line, &err), -1);
		check_contains(err.text, cases[i].message);
	}
	memset(longer, ' ', sizeof(longer) - 1);
	assert_int_equal(fb_decision_parse(&d, longer, &err), -1);
	assert_memory_equal(&d, &vision, sizeof(d));
}

static void test_reserved_variable(void **state)
{
	(void)state;
	assert_true(fb_decision_variable("FLIGHTBASE_DECISION={}"));
	assert_true(fb_decision_variable("SPANK_FLIGHTBASE_DECISION={}"));
	assert_true(fb_decision_variable("SPANK_SPANK_FLIGHTBASE_DECISION"));
	assert_false(fb_decision_variable("FLIGHTBASE_DECISIONS={}"));
	assert_false(fb_decision_variable("XFLIGHTBASE_DECISION={}"));
	assert_false(fb_decision_variable(""));
	assert_false(fb_decision_variable("SPANK_"));
}

static struct fb_request request_of(enum fb_option_id id, const char *value)
{
	struct fb_request r = { 0 };

	r.given[id] = true;
	r.value[id] = value;
	return r;
}

/* What a step may ask for in a job with p2p=prefer, rdma=off. NULL: allowed. */
static void test_step_limits(void **state)
{
	static const struct {
		enum fb_option_id id;
		const char *value, *message;
	} cases[] = {
		{ FB_OPTION_WORKSPACE, "vision", NULL },
		{ FB_OPTION_WORKSPACE, "nlp", "option '--workspace': 'nlp' is not what the job was granted ('vision')" },
		{ FB_OPTION_TRAINING, "advanced", NULL },
		{ FB_OPTION_TRAINING, "jupyter", "not what the job was granted ('advanced')" },
		{ FB_OPTION_TRAINING_NAME, "other", "not what the job was granted ('resnet')" },
		{ FB_OPTION_P2P, "off", NULL },
		{ FB_OPTION_P2P, "prefer", NULL },
		{ FB_OPTION_PREFLIGHT, "90", NULL },
		{ FB_OPTION_RDMA, "off", NULL },
		{ FB_OPTION_RDMA, "prefer", "option '--rdma': 'prefer' is not what the job was granted ('off')" },
	};
	struct fb_decision step;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_request r = request_of(cases[i].id, cases[i].value);
		assert_int_equal(fb_decision_limit(&vision, &r, &step, &err), cases[i].message ? -1 : 0);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
	}
	struct fb_request off = request_of(FB_OPTION_P2P, "off");
	assert_int_equal(fb_decision_limit(&vision, &off, &step, &err), 0);
	assert_string_equal(step.p2p, "off");
	assert_string_equal(step.workspace, "vision");
}

static void test_step_preemptible(void **state)
{
	struct fb_request plain = { 0 }, preemptible = request_of(FB_OPTION_PREEMPTIBLE, "");
	struct fb_decision job = vision, step;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_decision_limit(&job, &preemptible, &step, &err), -1);
	assert_string_equal(err.text, "option '--preemptible': the job is not preemptible: a step runs inside its job; submit another "
				      "job for it");
	job.preemptible = true;
	assert_int_equal(fb_decision_limit(&job, &preemptible, &step, &err), 0);
	assert_true(step.preemptible);
	assert_int_equal(fb_decision_limit(&job, &plain, &step, &err), 0);
}

/* uid 1 is a member of vision and has it as default, 2 of nlp, 3 of nothing of ours. */
static bool is_member(void *context, uint32_t uid, const char *account)
{
	(void)context;
	return (uid == 1 && !strcmp(account, "vision")) || (uid == 2 && !strcmp(account, "nlp"));
}

static const char *default_of(void *context, uint32_t uid)
{
	(void)context;
	return uid == 1 ? "vision" : uid == 2 ? "physics" : NULL;
}

static struct fb_policy *make_policy(void)
{
	struct fb_policy *policy = fb_policy_create(4);
	struct fb_json_doc doc;
	struct fb_err err;

	assert_non_null(policy);
	assert_int_equal(fb_json_doc_parse(&doc, "f", "{}", 2, &err), 0);
	struct fb_json root = fb_json_root(&doc);
	fb_policy_add(policy, fb_workspace_parse("vision", &root, &err));
	fb_policy_add(policy, fb_workspace_parse("nlp", &root, &err));
	fb_json_doc_free(&doc);
	return policy;
}

static void test_decide(void **state)
{
	static const struct {
		uint32_t uid;
		const char *account, *workspace, *training;
		enum fb_verdict verdict;
		const char *result; /* the workspace, or the message */
	} cases[] = {
		{ 1, NULL, "vision", NULL, FB_GRANTED, "vision" },
		{ 1, "vision", "vision", NULL, FB_GRANTED, "vision" },
		{ 1, NULL, NULL, NULL, FB_GRANTED, "vision" },
		{ 1, "vision", NULL, "advanced", FB_GRANTED, "vision" },
		{ 1, "VISION", NULL, NULL, FB_GRANTED, "vision" },
		{ 1, "Vision", "vision", NULL, FB_GRANTED, "vision" },
		{ 2, "VISION", NULL, NULL, FB_REFUSED, "workspace 'vision': you are not a member" },
		{ 2, NULL, "nlp", NULL, FB_GRANTED, "nlp" },
		{ 2, NULL, NULL, NULL, FB_NOT_OURS, NULL },
		{ 3, NULL, NULL, NULL, FB_NOT_OURS, NULL },
		{ 3, "physics", NULL, NULL, FB_NOT_OURS, NULL },
		{ 1, NULL, "vison", NULL, FB_REFUSED, "workspace 'vison': unknown on this cluster, which has 2;" },
		{ 2, NULL, "vision", NULL, FB_REFUSED, "workspace 'vision': you are not a member (uid 2)" },
		{ 2, "vision", NULL, NULL, FB_REFUSED, "workspace 'vision': you are not a member" },
		{ 1, "nlp", "vision", NULL, FB_REFUSED, "workspace 'vision': conflicts with account 'nlp'" },
		{ 2, NULL, NULL, "advanced", FB_REFUSED, "option '--training': needs a workspace, and account 'physics' is none" },
		{ 3, NULL, NULL, "advanced", FB_REFUSED, "account '(none)' is none; add --workspace=NAME" },
	};
	struct fb_policy *policy = make_policy();
	struct fb_accounting accounting = { .member = is_member, .default_account = default_of };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_request r = { 0 };
		struct fb_submission s = { .uid = cases[i].uid, .account = cases[i].account, .request = &r };
		struct fb_decision d;
		struct fb_err err;

		r.value[FB_OPTION_WORKSPACE] = cases[i].workspace;
		r.given[FB_OPTION_WORKSPACE] = cases[i].workspace != NULL;
		r.value[FB_OPTION_TRAINING] = cases[i].training;
		r.given[FB_OPTION_TRAINING] = cases[i].training != NULL;
		assert_int_equal(fb_decide(policy, &accounting, &s, &d, &err), cases[i].verdict);
		if (cases[i].verdict == FB_GRANTED) {
			assert_string_equal(d.workspace, cases[i].result);
			assert_string_equal(d.training, "advanced");
			assert_string_equal(d.p2p, "prefer");
		} else if (cases[i].verdict == FB_REFUSED) {
			check_contains(err.text, cases[i].result);
		}
	}
	fb_policy_destroy(policy);
}

static void test_decide_preflight(void **state)
{
	static const struct {
		const char *value; /* NULL: not given */
		unsigned int percent;
	} cases[] = { { NULL, 0 }, { "", FB_PREFLIGHT_PERCENT }, { "(null)", FB_PREFLIGHT_PERCENT }, { "1", 1 }, { "100", 100 } };
	struct fb_policy *policy = make_policy();
	struct fb_accounting accounting = { .member = is_member, .default_account = default_of };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_request r = { 0 };
		struct fb_submission s = { .uid = 1, .request = &r };
		struct fb_decision d;
		struct fb_err err;

		r.value[FB_OPTION_PREFLIGHT] = cases[i].value;
		r.given[FB_OPTION_PREFLIGHT] = cases[i].value != NULL;
		assert_int_equal(fb_decide(policy, &accounting, &s, &d, &err), FB_GRANTED);
		assert_int_equal(d.preflight, cases[i].percent);
		assert_int_equal(d.requeues, 0);
		s.uid = 3;
		assert_int_equal(fb_decide(policy, &accounting, &s, &d, &err), cases[i].value ? FB_REFUSED : FB_NOT_OURS);
		if (cases[i].value)
			check_contains(err.text, "option '--preflight': needs a workspace");
	}
	fb_policy_destroy(policy);
}

/* Types that the workspace does not have are refused by name. */
static void test_trainings(void **state)
{
	static const struct {
		unsigned int allowed;
		const char *training, *message;
	} cases[] = {
		{ FB_TRAINING_ALL, "jupyter", NULL },
		{ FB_TRAINING_ADVANCED, NULL, NULL },
		{ FB_TRAINING_ADVANCED, "builtin",
		  "workspace 'vision': training type 'builtin' is not allowed in it: advanced can be used; choose with --training, or ask "
		  "an administrator to allow it" },
		{ FB_TRAINING_BUILTIN | FB_TRAINING_JUPYTER, NULL,
		  "training type 'advanced' is not allowed in it: builtin and jupyter can be used;" },
	};
	struct fb_policy *policy = make_policy();
	struct fb_accounting accounting = { .member = is_member, .default_account = default_of };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_request r = { 0 };
		struct fb_submission s = { .uid = 1, .request = &r };
		struct fb_decision d;
		struct fb_err err;

		((struct fb_workspace *)fb_policy_find(policy, "vision"))->trainings = cases[i].allowed;
		if (cases[i].training)
			r = request_of(FB_OPTION_TRAINING, cases[i].training);
		assert_int_equal(fb_decide(policy, &accounting, &s, &d, &err), cases[i].message ? FB_REFUSED : FB_GRANTED);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
	}
	fb_policy_destroy(policy);
}

static void test_gpus_outside(void **state)
{
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_decide_refuse_gpus("lab", &err), -1);
	assert_string_equal(err.text, "account 'lab': the job would get GPUs, which only workspaces have on this site; add "
				      "--workspace=NAME, or ask for no GPUs and no whole nodes");
	fb_decide_refuse_gpus(NULL, &err);
	check_contains(err.text, "account '(none)'");
}

static void test_decide_without_policy(void **state)
{
	struct fb_accounting accounting = { .member = is_member, .default_account = default_of };
	struct fb_request r = { 0 };
	struct fb_submission s = { .uid = 1, .request = &r };
	struct fb_decision d;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_decide(NULL, &accounting, &s, &d, &err), FB_NOT_OURS);
	r = request_of(FB_OPTION_WORKSPACE, "vision");
	assert_int_equal(fb_decide(NULL, &accounting, &s, &d, &err), FB_REFUSED);
	check_contains(err.text, "workspace 'vision': the site's settings could not be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line), cmocka_unit_test(test_preflight), cmocka_unit_test(test_decide_preflight),		  cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_reserved_variable), cmocka_unit_test(test_step_limits),
		cmocka_unit_test(test_step_preemptible),
		cmocka_unit_test(test_decide),		  cmocka_unit_test(test_decide_without_policy),
		cmocka_unit_test(test_trainings),	  cmocka_unit_test(test_gpus_outside),
	};

	return cmocka_run_group_tests_name("decision", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen about a job, and the same as JSON. */
#include "check.h"

#include "why_base.h"
#include "flightbase/explain_json.h"
#include "flightbase/explain_text.h"

/* The line with a label, its continuation lines joined by '|'; fails if there is none. */
static const char *line(const struct fb_lines *lines, const char *label)
{
	static char text[4 * FB_LINE_TEXT_MAX];
	bool on = false;

	text[0] = '\0';
	for (size_t i = 0; i < lines->count; i++) {
		on = lines->line[i].label[0] ? !strcmp(lines->line[i].label, label) : on;
		if (on)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? "|" : "", lines->line[i].text);
	}
	if (!text[0])
		fail_msg("no line '%s'", label);
	return text;
}

static bool has(const struct fb_lines *lines, const char *label)
{
	for (size_t i = 0; i < lines->count; i++)
		if (!strcmp(lines->line[i].label, label))
			return true;
	return false;
}

static void test_pending(void **state)
{
	struct fb_why f = why_base();
	struct fb_causes causes;
	struct fb_lines lines;

	(void)state;
	f.job.decided = true;
	snprintf(f.job.decision.training, sizeof(f.job.decision.training), "advanced");
	snprintf(f.job.decision.name, sizeof(f.job.decision.name), "resnet");
	snprintf(f.job.decision.p2p, sizeof(f.job.decision.p2p), "prefer");
	snprintf(f.job.decision.rdma, sizeof(f.job.decision.rdma), "off");
	f.job.time_limit = 1440;
	f.job.time_min = 60;
	f.job.start = NOW + 7200;
	f.job.deadline = NOW + 864000;
	f.workspace.until = NOW + 864000;
	f.limits.user_limit = 12;
	f.limits.user_used = 4;
	f.limits.job_limit = 8;
	f.cluster.lent = 2;
	f.cluster.kept = 3;
	f.cluster.all.out = 8;
	f.cluster.all.nodes_out = 1;
	f.queue = (struct fb_why_queue){ .known = true, .position = 3, .length = 5, .gpus_before = 24 };
	f.priority = (struct fb_why_priority){ .known = true, .age = 120, .fairshare = 1880, .nice = 1000 };
	f.hidden_jobs = true;
	fb_causes_find(&f, &causes);
	fb_explain_text(&f, &causes, &lines);
	assert_true(lines.count <= 24);
	assert_string_equal(line(&lines, "Job"), "12 'train' of alice: PENDING (Resources) since 2023-11-14T22:12:20 (1 min ago)");
	assert_string_equal(line(&lines, "Workspace"), "vision: 4 of 16 GPUs in use, ends 2023-11-24T22:13:20 (in 10 days)");
	assert_string_equal(line(&lines, "Training"), "advanced 'resnet', p2p prefer, rdma off");
	assert_false(has(&lines, "Preflight"));
	f.job.decision.preflight = 70;
	fb_explain_text(&f, &causes, &lines);
	assert_string_equal(line(&lines, "Preflight"), "at least 70% of the modelled allreduce bandwidth before its program");
	f.job.decision.requeues = 2;
	f.job.decision.requeued[0] = (struct fb_preflight_failure){ .node = "n3", .gbps = 3.1, .model = 46.3 };
	f.job.decision.requeued[1] = (struct fb_preflight_failure){ .node = "n4" };
	fb_explain_text(&f, &causes, &lines);
	assert_string_equal(line(&lines, "Preflight"), "requeued 2 of 2 times: n3 gave 3.1 of 46.3 GB/s, n4 did not work (asked for: 70%)");
	assert_string_equal(line(&lines, "Asks for"), "4 GPUs, 8 CPUs, 2000 MiB on 1 node; time limit 1-00:00:00 (at least 01:00:00); "
						      "partition gpu; QOS ws-vision");
	check_contains(line(&lines, "Why"), "enough GPUs are free");
	assert_string_equal(line(&lines, "Limits"), "alice uses 4 of 12 GPUs per user, a job may use 8 GPUs");
	assert_string_equal(line(&lines, "Cluster"), "32 GPUs on 4 nodes: 20 free, 12 in use, 2 of those lent, 8 out of service (1 node); "
						     "3 kept for guarantees of others");
	assert_string_equal(line(&lines, "Queue"), "position 3 of 5 in partition gpu; those before it ask for 24 GPUs");
	assert_string_equal(line(&lines, "Priority"), "1000: age +120, fair share +1880, nice -1000");
	assert_string_equal(line(&lines, "Start"), "Slurm expects 2023-11-15T00:13:20 (in 2 h); deadline 2023-11-24T22:13:20 (in 10 days)");
	assert_string_equal(line(&lines, "Hidden"), "jobs of others: Slurm does not show them to you (PrivateData); numbers leave them out");
	assert_false(has(&lines, "Also"));
	assert_false(has(&lines, "Array"));
}

static void test_pending_plain(void **state)
{
	struct fb_why f = why_base();
	struct fb_causes causes;
	struct fb_lines lines;

	(void)state;
	f.job.reason = WAIT_NO_REASON;
	f.job.reason_name = "None";
	f.workspace.name = NULL;
	f.job.array = true;
	f.job.array_waiting = 3;
	f.job.array_running = 1;
	f.queue.position = 0;
	f.limits.quota = FB_UNLIMITED;
	fb_causes_find(&f, &causes);
	fb_explain_text(&f, &causes, &lines);
	assert_string_equal(line(&lines, "Account"), "vision (no workspace): 4 GPUs in use, no quota");
	assert_string_equal(line(&lines, "Why"), "Slurm has not tried to start it yet (submitted 1 min ago)");
	assert_string_equal(line(&lines, "Start"), "Slurm has no estimate");
	assert_string_equal(line(&lines, "Queue"), "not in line; 1 jobs are, in partition gpu");
	assert_string_equal(line(&lines, "Array"), "3 tasks wait, 1 run");
	assert_false(has(&lines, "Hidden"));
	assert_false(has(&lines, "Workspace"));
}

static void test_running(void **state)
{
	struct fb_why_hold holds[] = { { (char *)"n[1-2]", (char *)"0-3", "NVLink", "0-7" }, { (char *)"n3", (char *)"4,6", "", "" } };
	struct fb_why f = why_base();
	struct fb_lines lines;

	(void)state;
	f.job.phase = FB_JOB_HOLDING;
	f.job.state = "RUNNING";
	f.job.start = NOW - 3600;
	f.job.end = NOW + 3600;
	f.job.time_limit = 120;
	f.job.gpus = 10;
	f.job.nodes = 3;
	f.job.held_nodes = "n[1-3]";
	f.workspace.until = NOW + 86400;
	f.hold = holds;
	f.holds = 2;
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Job"), "12 'train' of alice: RUNNING since 2023-11-14T21:13:20 (1 h ago)");
	assert_string_equal(line(&lines, "Holds"), "10 GPUs, 8 CPUs, 2000 MiB on 3 nodes: n[1-3]");
	assert_string_equal(line(&lines, "GPUs"), "n[1-2]: 0-3 (NVLink island 0-7)|n3: 4,6");
	assert_false(has(&lines, "Wires"));
	assert_string_equal(line(&lines, "Ends"), "at the latest 2023-11-14T23:13:20 (in 1 h), by its time limit 02:00:00|"
						  "1 day are left to the end of workspace 'vision'");
	assert_false(has(&lines, "Why"));
	f.wires = (struct fb_why_wires){ .known = true, .groups = "g1, g2", .gbps = 12.5, .best_gbps = 50 };
	f.job.time_limit = 0;
	f.workspace.until = 0;
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Ends"), "no time limit");
	assert_string_equal(line(&lines, "Wires"), "modelled allreduce bandwidth 12.5 GB/s, of 50.0 at best on an empty cluster; "
						   "leaf groups g1, g2");
}

static void test_over(void **state)
{
	struct fb_why f = why_base();
	struct fb_lines lines;

	(void)state;
	f.job.phase = FB_JOB_OVER;
	f.job.state = "FAILED";
	f.job.reason = FAIL_EXIT_CODE;
	f.job.reason_name = "NonZeroExitCode";
	f.job.start = NOW - 3660;
	f.job.end = NOW - 60;
	f.job.exit_status = 3;
	f.job.held_nodes = "n1";
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Job"), "12 'train' of alice: FAILED since 2023-11-14T22:12:20 (1 min ago)");
	assert_string_equal(line(&lines, "Ran"), "1 h, from 2023-11-14T21:12:20 to 2023-11-14T22:12:20, with 4 GPUs, 8 CPUs, 2000 MiB on 1 node: n1");
	assert_string_equal(line(&lines, "Exit"), "status 3");
	assert_string_equal(line(&lines, "Reason"), "NonZeroExitCode: its exit status was not zero");
	assert_string_equal(line(&lines, "Known by"), "slurmctld");
	f.job.from_history = true;
	f.job.exit_signal = 9;
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Exit"), "signal 9");
	assert_string_equal(line(&lines, "Known by"), "slurmdbd (slurmctld has forgotten it)");
	assert_false(has(&lines, "Reason"));
	f.job.not_over = true;
	f.job.state = "RUNNING";
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Job"), "12 'train' of alice: RUNNING submitted 2023-11-14T22:12:20 (1 min ago)");
	assert_string_equal(line(&lines, "Known by"), "slurmdbd, which has not seen its end; slurmctld does not know it");
	f.hidden_jobs = true;
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Known by"), "slurmdbd, which has not seen its end; slurmctld does not show you jobs of others (PrivateData)");
	f.job.not_over = false;
	f.job.held_nodes = NULL;
	f.job.exit_signal = 0;
	fb_explain_text(&f, NULL, &lines);
	assert_string_equal(line(&lines, "Ran"), "never");
	assert_false(has(&lines, "Exit"));
}

static struct json_object *at(struct json_object *object, const char *path)
{
	char copy[128], *rest = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strtok_r(copy, ".", &rest); key; key = strtok_r(NULL, ".", &rest)) {
		if (json_object_is_type(object, json_type_array))
			object = json_object_array_get_idx(object, (size_t)atoi(key));
		else if (!json_object_object_get_ex(object, key, &object))
			fail_msg("%s: no key '%s'", path, key);
	}
	return object;
}

static void test_json(void **state)
{
	struct fb_why_use uses[] = { { (char *)"bob", 14, 3 } };
	struct fb_why_keep keeps[] = { { "nlp", 16, 4 } };
	struct fb_why f = why_base();
	struct fb_causes causes;

	(void)state;
	f.job.reason = WAIT_ASSOC_GRP_GRES;
	f.job.reason_name = "AssocGrpGRES";
	f.limits.quota_used = 14;
	f.limits.use = uses;
	f.limits.uses = 1;
	f.cluster.keep = keeps;
	f.cluster.keeps = 1;
	f.cluster.kept = 12;
	fb_causes_find(&f, &causes);
	struct json_object *root = fb_explain_json(&f, &causes);
	assert_string_equal(json_object_get_string(at(root, "job.id")), "12");
	assert_string_equal(json_object_get_string(at(root, "job.phase")), "pending");
	assert_int_equal(json_object_get_int(at(root, "job.gpus")), 4);
	assert_null(at(root, "job.start"));
	assert_int_equal(json_object_get_int64(at(root, "job.submit")), NOW - 60);
	assert_string_equal(json_object_get_string(at(root, "causes.0.cause")), "quota");
	assert_true(json_object_get_boolean(at(root, "causes.0.stated")));
	check_contains(json_object_get_string(at(root, "causes.0.details.0")), "in use by: bob 14 (3 jobs)");
	assert_int_equal(json_object_get_int(at(root, "limits.quota")), 16);
	assert_int_equal(json_object_get_int(at(root, "limits.quota_used")), 14);
	assert_null(at(root, "limits.user_limit"));
	assert_int_equal(json_object_get_int(at(root, "limits.users.0.gpus")), 14);
	assert_int_equal(json_object_get_int(at(root, "cluster.all.free")), 20);
	assert_int_equal(json_object_get_int(at(root, "cluster.kept")), 12);
	assert_int_equal(json_object_get_int(at(root, "cluster.takable")), 8);
	assert_string_equal(json_object_get_string(at(root, "cluster.kept_for.0.workspace")), "nlp");
	assert_int_equal(json_object_get_int(at(root, "queue.position")), 1);
	json_object_put(root);
	f.job.phase = FB_JOB_OVER;
	f.job.exit_status = 2;
	root = fb_explain_json(&f, NULL);
	assert_int_equal(json_object_get_int(at(root, "job.exit_status")), 2);
	assert_false(json_object_object_get_ex(root, "causes", NULL));
	json_object_put(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pending), cmocka_unit_test(test_pending_plain),
					    cmocka_unit_test(test_running), cmocka_unit_test(test_over), cmocka_unit_test(test_json) };

	return cmocka_run_group_tests_name("explain_text", tests, NULL, NULL);
}

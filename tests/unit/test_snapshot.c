/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot of the controller: what it adds up to, the order of the queue, and its way through the cache. */
#include "snap.h"

#include "flightbase/queue.h"
#include "flightbase/tally.h"

static void hold(struct fb_snap_job *job, int64_t gpus)
{
	job->holding = true;
	job->turn.queued = false;
	job->gpus = gpus;
}

static void test_tally(void **state)
{
	struct fb_snapshot snapshot = { .jobs = 0 };
	struct fb_tally tally;

	(void)state;
	hold(snap_job(&snapshot, 1, "alice", "vision"), 4);
	hold(snap_job(&snapshot, 2, "bob", "vision"), 2);
	hold(snap_job(&snapshot, 3, "bob", "nlp"), 1);
	struct fb_snap_job *array = snap_job(&snapshot, 4, "bob", "vision");
	array->gpus = 8;
	array->tasks = 20;
	free(array->training);
	array->training = strdup("jupyter");

	assert_int_equal(fb_tally_make(&snapshot, NULL, NULL, fb_tally_by_account, &tally), 0);
	assert_int_equal(tally.groups, 2);
	assert_string_equal(tally.group[0].key, "nlp");
	assert_int_equal(tally.group[0].count.used, 1);
	struct fb_count vision = fb_tally_find(&tally, "vision"), none = fb_tally_find(&tally, "speech");
	assert_true(vision.used == 6 && vision.wanted == 160 && vision.running == 2 && vision.pending == 20);
	assert_true(none.used == 0 && none.wanted == 0 && none.running == 0 && none.pending == 0);
	struct fb_count sum = fb_tally_sum(&tally);
	assert_true(sum.used == 7 && sum.wanted == 160 && sum.running == 3 && sum.pending == 20);
	fb_tally_free(&tally);

	assert_int_equal(fb_tally_make(&snapshot, "vision", NULL, fb_tally_by_user, &tally), 0);
	assert_int_equal(tally.groups, 2);
	assert_int_equal(fb_tally_find(&tally, "bob").used, 2);
	fb_tally_free(&tally);
	assert_int_equal(fb_tally_make(&snapshot, NULL, "bob", fb_tally_by_training, &tally), 0);
	assert_int_equal(tally.groups, 2);
	assert_int_equal(fb_tally_find(&tally, "advanced").used, 3);
	assert_int_equal(fb_tally_find(&tally, "jupyter").pending, 20);
	fb_tally_free(&tally);
	fb_snapshot_free(&snapshot);
	assert_int_equal(fb_tally_make(&snapshot, NULL, NULL, fb_tally_by_user, &tally), 0);
	assert_int_equal(tally.groups, 0);
	fb_tally_free(&tally);
}

static void test_cluster(void **state)
{
	struct fb_snapshot snapshot = { .jobs = 0 };
	struct fb_cluster_count count;

	(void)state;
	snap_node(&snapshot, "n1", 8)->used.count = 5;
	struct fb_snap_node *drained = snap_node(&snapshot, "n2", 8);
	drained->usable = false;
	drained->used.count = 2; /* what still runs there is used, the rest is down */
	snap_node(&snapshot, "n3", 0);
	hold(snap_job(&snapshot, 1, "alice", "vision"), 7);
	snap_job(&snapshot, 2, "alice", "vision")->tasks = 10000;
	fb_tally_cluster(&snapshot, &count);
	assert_true(count.total == 16 && count.used == 7 && count.free == 3 && count.down == 6);
	assert_true(count.running == 1 && count.pending == 10000);
	fb_snapshot_free(&snapshot);
}

static void check_entry(const struct fb_queue *queue, size_t at, uint32_t id, uint64_t place, uint64_t overall)
{
	const struct fb_queue_entry *entry = &queue->entry[at];

	if (entry->job->turn.base != id || entry->place != place || entry->overall != overall)
		fail_msg("entry %zu is job %u at %llu (%llu), not job %u at %llu (%llu)", at, entry->job->turn.base,
			 (unsigned long long)entry->place, (unsigned long long)entry->overall, id, (unsigned long long)place,
			 (unsigned long long)overall);
}

static void test_queue(void **state)
{
	struct fb_snapshot snapshot = { .jobs = 0 };
	struct fb_queue queue;

	(void)state;
	hold(snap_job(&snapshot, 1, "alice", "vision"), 8);
	snap_job(&snapshot, 2, "alice", "vision");		     /* behind 9: same priority, same second, greater id */
	snap_job(&snapshot, 9, "alice", "nlp")->turn.submit = 999;	     /* submitted a second earlier */
	snap_job(&snapshot, 3, "alice", "vision")->turn.priority = 200;
	struct fb_snap_job *array = snap_job(&snapshot, 4, "bob", "nlp");
	array->turn.priority = 300;
	array->tasks = 20;
	snap_job(&snapshot, 5, "bob", "vision")->turn.tier = 2;	     /* a better partition beats any priority */
	snap_job(&snapshot, 6, "bob", "nlp")->turn.reserved = true;	     /* a reservation beats partitions */
	struct fb_snap_job *preemptible = snap_job(&snapshot, 7, "bob", "vision");
	preemptible->turn.preemptible = true;
	preemptible->turn.priority = 9999;
	struct fb_snap_job *held = snap_job(&snapshot, 8, "bob", "nlp");
	held->turn.queued = false;
	held->turn.priority = 9999;

	assert_int_equal(fb_queue_make(&snapshot, &queue), 0);
	assert_int_equal(queue.count, 8);
	check_entry(&queue, 0, 6, 1, 1);
	check_entry(&queue, 1, 5, 1, 2);
	check_entry(&queue, 2, 4, 2, 3);
	check_entry(&queue, 3, 3, 2, 23);
	check_entry(&queue, 4, 9, 22, 24);
	check_entry(&queue, 5, 2, 3, 25);
	check_entry(&queue, 6, 7, 4, 26);
	check_entry(&queue, 7, 8, 0, 0);

	/* Places stay those of the whole queue when only a part is shown. */
	fb_queue_keep(&queue, "nlp", NULL);
	assert_int_equal(queue.count, 4);
	check_entry(&queue, 1, 4, 2, 3);
	fb_queue_keep(&queue, NULL, "alice");
	assert_int_equal(queue.count, 1);
	check_entry(&queue, 0, 9, 22, 24);
	fb_queue_free(&queue);
	fb_snapshot_free(&snapshot);
}

/* Who is in nobody's way, in another partition or kept back by a limit, takes no place; each has one of its own. */
static void test_partitions(void **state)
{
	static const struct {
		const char *partition;
		bool limited;
		uint64_t overall;
	} jobs[] = {
		{ "gpu", false, 1 }, { "fast", false, 1 },	  { "gpu", true, 2 },  { "gpu", false, 2 },
		{ "fast,gpu", false, 4 }, { "fast", false, 3 }, { "gp", false, 1 }, { "gpu", true, 4 },
		{ "slow,gpu", false, 4 }, { "slow", false, 2 },
	};
	struct fb_snapshot snapshot = { .jobs = 0 };
	struct fb_queue queue;

	(void)state;
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		struct fb_snap_job *job = snap_job(&snapshot, (uint32_t)i + 1, "alice", "vision");

		free(job->partition);
		job->partition = strdup(jobs[i].partition);
		job->turn.limited = jobs[i].limited;
	}
	assert_int_equal(fb_queue_make(&snapshot, &queue), 0);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		check_entry(&queue, i, (uint32_t)i + 1, i + 1, jobs[i].overall);
	fb_queue_free(&queue);
	fb_snapshot_free(&snapshot);
}

static void make_whole(struct fb_snapshot *snapshot)
{
	*snapshot = (struct fb_snapshot){ .taken = 1796083200, .partial = true };
	struct fb_snap_node *node = snap_node(snapshot, "n1", 8);
	node->usable = false;
	node->reason_time = 1796080000;
	free(node->preflight);
	node->preflight = strdup("failed 2 times");
	node->used = (struct fb_gpus){ .count = 3, .index = 0x0e };
	snap_node(snapshot, "n2", 64)->used = (struct fb_gpus){ .count = 1, .index = UINT64_C(1) << 63 };
	struct fb_snap_job *job = snap_job(snapshot, 7, "alice", "vision");
	hold(job, 4);
	job->turn.task = 3;
	job->start = 1796083000;
	job->end = 1796084000;
	job->share = calloc(2, sizeof(*job->share));
	job->shares = 2;
	job->share[0] = (struct fb_snap_share){ .node = 0, .count = 3, .index = 0x0e };
	job->share[1] = (struct fb_snap_share){ .node = 1, .count = 1, .index = UINT64_C(1) << 63 };
	snap_job(snapshot, 8, "h\xc3\xa9l\xc3\xa8ne \"x\"", "nlp")->tasks = 1000;
}

static void test_round_trip(void **state)
{
	struct fb_snapshot made, read;

	(void)state;
	make_whole(&made);
	struct json_object *json = fb_snapshot_format(&made);
	assert_non_null(json);
	char *text = strdup(json_object_to_json_string(json));
	json_object_put(json);
	json = json_tokener_parse(text);
	assert_int_equal(fb_snapshot_parse(&read, json), 0);
	json_object_put(json);
	assert_int_equal(read.taken, 1796083200);
	assert_true(read.partial && read.nodes == 2 && read.jobs == 2);
	assert_string_equal(read.node[1].name, "n2");
	assert_string_equal(read.node[0].preflight, "failed 2 times");
	assert_true(read.node[1].used.index == UINT64_C(1) << 63 && !read.node[0].usable);
	assert_int_equal(read.job[0].shares, 2);
	assert_true(read.job[0].share[1].node == 1 && read.job[0].share[1].index == UINT64_C(1) << 63);
	assert_string_equal(read.job[1].user, "h\xc3\xa9l\xc3\xa8ne \"x\"");
	/* Written again it is the same text: nothing was lost. */
	json = fb_snapshot_format(&read);
	assert_string_equal(json_object_to_json_string(json), text);
	json_object_put(json);
	free(text);
	fb_snapshot_free(&made);
	fb_snapshot_free(&read);
}

/* Replace the first `from` of the whole snapshot's text. */
static void check_refused(const char *from, const char *to)
{
	struct fb_snapshot made, read = { .jobs = 1 };
	char text[8192];

	make_whole(&made);
	struct json_object *json = fb_snapshot_format(&made);
	const char *whole = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN), *found = strstr(whole, from);
	if (!found)
		fail_msg("'%s' is not in '%s'", from, whole);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(found - whole), whole, to, found + strlen(from));
	json_object_put(json);
	json = json_tokener_parse(text);
	if (!fb_snapshot_parse(&read, json))
		fail_msg("accepted: '%s' in place of '%s'", to, from);
	assert_true(read.jobs == 0 && read.job == NULL && read.node == NULL);
	json_object_put(json);
	fb_snapshot_free(&made);
}

static void test_broken(void **state)
{
	struct fb_snapshot read;

	(void)state;
	check_refused("\"taken\":1796083200", "\"taken\":\"now\"");
	check_refused("\"taken\":1796083200", "\"taken\":-5");
	check_refused("\"jobs\"", "\"job\"");
	check_refused("\"nodes\"", "\"nods\"");
	check_refused("\"partial\":true", "\"partial\":1");
	check_refused("[\"n1\",", "[");			     /* a value is missing */
	check_refused("[\"n1\",", "[\"n1\",\"n1\",");		     /* one too many */
	check_refused("[7,3,", "[7,-3,");			     /* negative */
	check_refused("[7,3,", "[7,4294967296,");		     /* too great */
	check_refused("[7,3,", "[7,3.5,");
	check_refused("[7,3,", "[7,null,");
	check_refused("\"alice\"", "\"al\\u0000ice\"");		     /* a NUL in a text */
	check_refused("[0,3,\"1-3\",1,1,\"63\"]", "[0,3,\"1-3\",2,1,\"63\"]"); /* a node that is not there */
	check_refused("[0,3,\"1-3\",1,1,\"63\"]", "[0,3,\"1-3\",1,1]");
	check_refused("[0,3,\"1-3\",1,1,\"63\"]", "{}");
	assert_int_equal(fb_snapshot_parse(&read, NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tally),	   cmocka_unit_test(test_cluster), cmocka_unit_test(test_queue), cmocka_unit_test(test_partitions),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

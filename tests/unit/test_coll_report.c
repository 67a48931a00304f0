/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase-allreduce: percentiles, histogram, model, expectation, the tournament of pairs, CSV, the heat map, the environment. */
#include "fb_config.h"

#include "check.h"

#include <math.h>
#ifdef HAVE_EXPAT
#include <expat.h>
#endif

#include "coll/tool/csv.h"
#include "coll/tool/environment.h"
#include "coll/tool/expect.h"
#include "coll/tool/latency.h"
#include "coll/tool/model.h"
#include "coll/tool/pairs.h"
#include "coll/tool/svg.h"
#include "topology/engine/cluster.h"

static void test_percentiles(void **state)
{
	double us[200];
	struct fb_latency l;

	(void)state;
	/* Nearest rank: of 1 to 200 in any order. */
	for (int i = 0; i < 200; i++)
		us[i] = (i * 77 + 5) % 200 + 1;
	fb_latency_summarize(us, 200, &l);
	assert_true(l.min == 1 && l.max == 200 && l.p50 == 100 && l.p90 == 180 && l.p99 == 198 && fabs(l.mean - 100.5) < 1e-9);
	us[0] = 3;
	fb_latency_summarize(us, 1, &l);
	assert_true(l.min == 3 && l.p50 == 3 && l.p99 == 3 && l.max == 3 && l.variation == 0);
	us[0] = 30;
	us[1] = 10;
	fb_latency_summarize(us, 2, &l);
	assert_true(l.p50 == 10 && l.p90 == 30 && fabs(l.variation - 50) < 1e-9);
}

static void test_buckets(void **state)
{
	static const struct {
		double us, from, to;
	} cases[] = {
		{ 0, 0, 0.1 }, { 0.0999, 0, 0.1 }, { 0.15, 0.1, 0.2 }, { 1, 1, 2 },	   { 1.99, 1, 2 },
		{ 2, 2, 5 },   { 5, 5, 10 },	   { 9999, 5000, 1e4 }, { 1e8 - 1, 5e7, 1e8 }, { 1e9, 1e8, INFINITY },
	};
	double from, to, before = 0;
	double us[] = { 1, 1.5, 7, 1e12 };
	struct fb_latency l;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fb_latency_edges(fb_latency_bucket(cases[i].us), &from, &to);
		assert_true(fabs(from - cases[i].from) <= 1e-9 * from);
		assert_true(to == cases[i].to || fabs(to - cases[i].to) <= 1e-9 * to);
	}
	/* They cover everything once. */
	for (size_t b = 0; b < FB_LATENCY_BUCKETS; b++) {
		fb_latency_edges(b, &from, &to);
		assert_true(from == before && to > from);
		assert_int_equal(fb_latency_bucket(from), b);
		before = to;
	}
	assert_true(isinf(before));
	fb_latency_summarize(us, 4, &l);
	uint64_t all = 0;
	for (size_t b = 0; b < FB_LATENCY_BUCKETS; b++)
		all += l.bucket[b];
	assert_int_equal(all, 4);
	assert_int_equal(l.bucket[fb_latency_bucket(1)], 2);
	assert_int_equal(l.bucket[FB_LATENCY_BUCKETS - 1], 1);
}

static void test_decimals(void **state)
{
	static const char *const good[] = { "1", "46.5", "0.5", "100", "000.50" };
	static const char *const bad[] = { "", ".", "1.", ".5", "-1", "+1", "1e3", "nan", "inf", "0x1", " 1", "1 ", "1,5", "0.4", "101",
					   "1111111111111111111" };
	double value;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(fb_decimal_parse(good[i], 0.5, 100, &value, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (fb_decimal_parse(bad[i], 0.5, 100, &value, &err) != -1)
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(fb_decimal_parse("1000", 0.5, 100, &value, &err), -1);
	assert_string_equal(err.text, "1000 is outside 0.5 to 100");
}

static void test_model(void **state)
{
	static const struct {
		struct fb_model_part part[4];
		int ranks;
		double gbps;
		const char *message;
	} cases[] = {
		{ { { "n1", "ring=60,net=25" }, { "n1", "ring=60,net=25" } }, 2, 60, NULL },
		{ { { "n1", "ring=60,net=25" }, { "n2", "ring=40,net=12.5" } }, 2, 12.5, NULL },
		{ { { "n1", "ring=10,net=25" }, { "n2", "ring=40,net=30" } }, 2, 10, NULL },
		{ { { "n1", "net=25" } }, 1, 0, NULL },
		{ { { "n1", "net=25" }, { "n2", "net=20" } }, 2, 20, NULL },
		/* One group; two of one pod; two pods; one node in no group. */
		{ { { "n1", "net=24,leaf=2,pod_leaf=3,group=a" }, { "n2", "net=24,leaf=2,pod_leaf=3,group=a" } }, 2, 24, NULL },
		{ { { "n1", "net=24,leaf=2,pod_leaf=3,group=a" }, { "n2", "net=24,leaf=2,pod_leaf=3,group=b" } }, 2, 12, NULL },
		{ { { "n1", "net=24,leaf=2,pod_leaf=3,group=a,pod=p" }, { "n2", "net=24,leaf=2,pod_leaf=3,group=b,pod=p" } }, 2, 12, NULL },
		{ { { "n1", "net=24,leaf=2,pod_leaf=3,group=a,pod=p" }, { "n2", "net=24,leaf=2,pod_leaf=3,group=b,pod=q" } }, 2, 4, NULL },
		{ { { "n1", "net=24,leaf=2,pod_leaf=3,group=a" }, { "n2", "net=24,leaf=2,pod_leaf=3" } }, 2, 4, NULL },
		{ { { "n1", "net=24" }, { "n2", "" } }, 2, 0, "rank 1 on n2 has no FLIGHTBASE_MODEL" },
		{ { { "n1", "?" } }, 1, 0, "FLIGHTBASE_MODEL of rank 0 on n1: '?' has no value" },
		{ { { "n1", "ring=60" } }, 1, 0, "'net' is missing" },
		{ { { "n1", "net=0" } }, 1, 0, "0 is outside" },
		{ { { "n1", "net=x" } }, 1, 0, "'x' is not a number" },
		{ { { "n1", "net=1,leaf=0.5" } }, 1, 0, "0.5 is outside 1 to" },
		{ { { "n1", "net=1,group=" } }, 1, 0, "'' is not a name" },
		{ { { "n1", "net=1,speed=9" } }, 1, 0, "'speed' is unknown" },
	};
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double gbps = -1;
		int rc = fb_model_combine(cases[i].part, cases[i].ranks, &gbps, &err);
		assert_int_equal(rc, cases[i].message ? -1 : 0);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
		else if (fabs(gbps - cases[i].gbps) > 1e-9)
			fail_msg("case %zu: %g, not %g", i, gbps, cases[i].gbps);
	}
	char verdict[64];
	fb_model_verdict(0.12, 46, verdict, sizeof(verdict));
	assert_string_equal(verdict, "0.3% of 46 GB/s modelled");
	fb_model_verdict(42.32, 46, verdict, sizeof(verdict));
	assert_string_equal(verdict, "92% of 46 GB/s modelled");
}

/* The same as the engine says of nodes whose types it does not know: rings between sockets, default adapters. */
static void test_model_is_the_engines(void **state)
{
	const struct fb_engine_group_info groups[] = { { .pod = 0 }, { .pod = 0 }, { .pod = 2 } };
	const struct fb_engine_fabric fabric = { 3, groups, 1.5, 2 };
	static const char *const names[] = { "group=a,pod=x", "group=b,pod=x", "group=c,pod=y", "" };
	struct fb_err err;

	(void)state;
	for (uint32_t a = 0; a < 4; a++)
		for (uint32_t b = 0; b < 4; b++) {
			const uint32_t at[] = { a < 3 ? a : FB_ENGINE_NO_GROUP, b < 3 ? b : FB_ENGINE_NO_GROUP };
			const struct fb_engine_held held[] = { { .gpus = 1, .group = at[0], .net_gbps = 30 },
							       { .gpus = 1, .group = at[1], .net_gbps = 20 } };
			char text[2][128];
			double gbps;
			snprintf(text[0], sizeof(text[0]), "net=30,leaf=1.5,pod_leaf=2,%s", names[a]);
			snprintf(text[1], sizeof(text[1]), "net=20,leaf=1.5,pod_leaf=2,%s", names[b]);
			const struct fb_model_part parts[] = { { "n1", text[0] }, { "n2", text[1] } };
			assert_int_equal(fb_model_combine(parts, 2, &gbps, &err), 0);
			assert_true(fabs(gbps - fb_engine_held_gbps(&fabric, held, 2)) < 1e-9);
		}
}

static void test_expect(void **state)
{
	struct fb_expect largest = { .percent = 90, .model = 50, .from = SIZE_MAX }, all = { .percent = 90, .model = 50, .from = 1024 };
	struct fb_expect nothing = { .percent = 0 };
	char text[512];

	(void)state;
	assert_true(fb_expect_met(&nothing));
	assert_false(fb_expect_met(&all));
	fb_expect_describe(&all, NULL, text, sizeof(text));
	check_contains(text, "option '--expect': no size from 1024 bytes on was measured");
	fb_expect_row(&all, 512, 1);
	assert_false(all.judged);
	for (int i = 0; i < 3; i++) {
		fb_expect_row(&largest, (size_t)1024 << i, i < 2 ? 10 : 45);
		fb_expect_row(&all, (size_t)1024 << i, i == 1 ? 40 : 49);
	}
	assert_true(fb_expect_met(&largest));
	assert_false(fb_expect_met(&all));
	fb_expect_describe(&all, NULL, text, sizeof(text));
	assert_string_equal(text, "size 2048: 40 GB/s is 80% of 50 GB/s modelled, less than the 90% expected; --pairs finds the slowest pair");
	/* Of rows of the largest size the worst counts. */
	fb_expect_row(&largest, 4096, 44.9);
	fb_expect_row(&largest, 2048, 1);
	assert_false(fb_expect_met(&largest));
	fb_expect_describe(&largest, "rank 0 (a) and rank 1 (b): 1 GB/s", text, sizeof(text));
	check_contains(text, "size 4096: 44.9 GB/s is 90% of 50 GB/s modelled, less than the 90% expected; the slowest pair is rank 0 (a)");
}

/* Everyone meets everyone once, and nobody two at once. */
static void test_tournament(void **state)
{
	(void)state;
	assert_int_equal(fb_tournament_rounds(1), 0);
	for (int n = 2; n <= 65; n++) {
		static int met[65][65];
		int rounds = fb_tournament_rounds(n);

		memset(met, 0, sizeof(met));
		assert_int_equal(rounds, n % 2 ? n : n - 1);
		for (int r = 0; r < rounds; r++)
			for (int i = 0; i < n; i++) {
				int peer = fb_tournament_peer(n, r, i);
				assert_in_range(peer, 0, n - 1);
				assert_int_equal(fb_tournament_peer(n, r, peer), i);
				met[i][peer]++;
			}
		for (int i = 0; i < n; i++)
			for (int j = 0; j < n; j++)
				assert_int_equal(met[i][j], i != j ? 1 : n % 2);
	}
}

static void test_members(void **state)
{
	const char *two[] = { "n1", "n1", "n2", "n2" }, *many[FB_PAIRS_MEMBERS_MAX + 1];
	struct fb_pairs pairs;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_pairs_create(&pairs, FB_PAIRS_AUTO, two, 4, 100, &err), 0);
	assert_true(pairs.members == 4 && !pairs.nodes && pairs.bytes == 96);
	fb_pairs_destroy(&pairs);
	assert_int_equal(fb_pairs_create(&pairs, FB_PAIRS_NODES, two, 4, 1, &err), 0);
	assert_true(pairs.members == 2 && pairs.nodes && pairs.bytes == FB_PAIRS_SMALL && pairs.rank[1] == 2);
	assert_string_equal(pairs.host[1], "n2");
	fb_pairs_destroy(&pairs);
	for (size_t i = 0; i <= FB_PAIRS_MEMBERS_MAX; i++)
		many[i] = i % 2 ? "a" : "b";
	assert_int_equal(fb_pairs_create(&pairs, FB_PAIRS_AUTO, many, FB_PAIRS_RANKS_MAX + 1, 1 << 30, &err), 0);
	assert_true(pairs.nodes && pairs.members == 2 && pairs.bytes == FB_PAIRS_BYTES);
	fb_pairs_destroy(&pairs);
	assert_int_equal(fb_pairs_create(&pairs, FB_PAIRS_RANKS, many, FB_PAIRS_MEMBERS_MAX + 1, 8, &err), -1);
	check_contains(err.text, "more than 512 ranks: at most so many are measured pair by pair; use --pairs=nodes");
	assert_int_equal(fb_pairs_create(&pairs, FB_PAIRS_NODES, two, 2, 8, &err), -1);
	assert_string_equal(err.text, "option '--pairs': the step has one node: there is no pair; use --pairs=ranks");
}

static void fill_pairs(struct fb_pairs *pairs, const char *const *hosts, int n)
{
	struct fb_err err;

	assert_int_equal(fb_pairs_create(pairs, FB_PAIRS_RANKS, hosts, n, 8, &err), 0);
	for (int a = 0; a < n; a++)
		for (int b = 0; b < n; b++)
			if (a != b) {
				pairs->gbps[a * n + b] = strcmp(hosts[a], hosts[b]) ? 2 + (a + b) * 0.01 : 10;
				pairs->us[a * n + b] = 3;
			}
}

static void test_slowest(void **state)
{
	const char *hosts[] = { "n1", "n1", "n2", "n2" };
	struct fb_pairs pairs;
	size_t count;
	char text[256];

	(void)state;
	fill_pairs(&pairs, hosts, 4);
	pairs.gbps[1 * 4 + 2] = pairs.gbps[2 * 4 + 1] = 1;
	struct fb_pair *sorted = fb_pairs_sorted(&pairs, &count);
	assert_int_equal(count, 6);
	fb_pair_describe(&pairs, &sorted[0], text, sizeof(text));
	assert_string_equal(text, "rank 1 (n1) and rank 2 (n2): 1 GB/s, 50% of the median between nodes");
	fb_pair_describe(&pairs, &sorted[5], text, sizeof(text));
	assert_string_equal(text, "rank 2 (n2) and rank 3 (n2): 10 GB/s, 100% of the median within nodes");
	free(sorted);
	fb_pairs_destroy(&pairs);
}

static void test_csv(void **state)
{
	static const struct {
		const char *text, *field;
	} cases[] = { { "plain", "plain" }, { "", "" }, { "a,b", "\"a,b\"" }, { "say \"x\"", "\"say \"\"x\"\"\"" }, { "a\nb", "\"a\nb\"" } };
	struct fb_params p = { .cpu_time = true, .histogram = true };
	struct fb_row row = { .bytes = 8, .count = 2, .in_place = { .wrong = -1, .busbw = 23 }, .out_of_place = { .wrong = 3, .busbw = 1 } };
	char *text;
	size_t size, commas[2] = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		FILE *file = open_memstream(&text, &size);
		fb_csv_field(file, cases[i].text);
		fclose(file);
		assert_string_equal(text, cases[i].field);
		free(text);
	}
	FILE *file = open_memstream(&text, &size);
	fb_csv_header(file, &p);
	fb_csv_row(file, &p, "u\"x", 2, &row, 46);
	fclose(file);
	int line = 0;
	for (const char *c = text; *c; c++) {
		line += *c == '\n';
		commas[line < 2 ? line : 1] += *c == ',';
	}
	assert_int_equal(line, 2);
	assert_int_equal(commas[0], commas[1]);
	check_contains(text, "\n\"u\"\"x\",2,0,8,2,float,sum,");
	check_contains(text, ",46,50.0\n");
	free(text);
}

static void check_xml(const char *text, size_t size)
{
#ifdef HAVE_EXPAT
	XML_Parser parser = XML_ParserCreate(NULL);

	if (XML_Parse(parser, text, (int)size, 1) != XML_STATUS_OK)
		fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser), XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
#else
	check_contains(text, "</svg>");
	(void)size;
#endif
}

static size_t draw(const struct fb_pairs *pairs, char **text)
{
	size_t size, cells = 0;
	FILE *file = open_memstream(text, &size);

	fb_svg_print(file, pairs, "a<b>&\"c\"");
	fclose(file);
	check_xml(*text, size);
	for (const char *c = *text; (c = strstr(c, "<title>")); c++)
		cells++;
	return cells;
}

static void test_svg(void **state)
{
	const char *hosts[128];
	struct fb_pairs pairs;
	char *text;

	(void)state;
	for (int i = 0; i < 128; i++)
		hosts[i] = i / 4 % 2 ? "node<&\"1" : "n2";
	for (const int *n = (const int[]){ 2, 8, 64, 128, 0 }; *n; n++) {
		fill_pairs(&pairs, hosts, *n);
		assert_int_equal(draw(&pairs, &text), (size_t)*n * (size_t)(*n - 1));
		/* Nothing is loaded from elsewhere. */
		assert_null(strstr(text, "href"));
		if (*n == 8)
			check_contains(text, "node&lt;&amp;&quot;1");
		free(text);
		fb_pairs_destroy(&pairs);
	}
	/* All the same. */
	fill_pairs(&pairs, hosts, 4);
	draw(&pairs, &text);
	check_contains(text, "#fde725");
	free(text);
	fb_pairs_destroy(&pairs);
}

static void test_environment(void **state)
{
	char *const one[] = { "PATH=/bin", "UCX_TLS=tcp", "FLIGHTBASE_GPUS=0,1", "SLURM_CPU_BIND=quiet,mask_cpu:0x1", "UCXX=1", "NCCL_IB_HCA==a",
			      "FLIGHTBASE_SET=UCX_TLS=tcp", "OMP_NUM_THREADS=1", "NCCL_DEBUG=\033[1m", "LD_PRELOAD", NULL };
	char *const other[] = { "NCCL_IB_HCA==b", "NCCL_DEBUG=?[1m", "UCX_TLS=tcp", "FLIGHTBASE_GPUS=7", NULL };
	char *const third[] = { "NCCL_DEBUG=?[1m", "UCX_TLS=sm", NULL };
	static const char *const wanted[] = { "FLIGHTBASE_GPUS=0,1", "NCCL_DEBUG=?[1m", "NCCL_IB_HCA==a", "OMP_NUM_THREADS=1",
					      "SLURM_CPU_BIND=quiet,mask_cpu:0x1", "UCX_TLS=tcp" };
	struct fb_environment e[3];

	(void)state;
	assert_int_equal(fb_environment_create(one, &e[0]), 0);
	assert_int_equal(fb_environment_create(other, &e[1]), 0);
	assert_int_equal(fb_environment_create(third, &e[2]), 0);
	assert_int_equal(e[0].count, sizeof(wanted) / sizeof(*wanted));
	for (size_t i = 0; i < e[0].count; i++)
		assert_string_equal(e[0].entry[i], wanted[i]);
	assert_true(fb_environment_hash(&e[0]) == fb_environment_hash(&e[1]));
	assert_true(fb_environment_hash(&e[0]) != fb_environment_hash(&e[2]));
	for (int i = 0; i < 3; i++)
		fb_environment_destroy(&e[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_percentiles), cmocka_unit_test(test_buckets),	    cmocka_unit_test(test_decimals),
		cmocka_unit_test(test_model),	    cmocka_unit_test(test_model_is_the_engines), cmocka_unit_test(test_expect),
		cmocka_unit_test(test_tournament),  cmocka_unit_test(test_members),	    cmocka_unit_test(test_slowest),
		cmocka_unit_test(test_csv),	    cmocka_unit_test(test_svg),		    cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

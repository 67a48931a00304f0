/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase-allreduce: sizes, command line, test data and what must come out. */
#include "check.h"

#include <math.h>

#include "remove_tree.h"

#include "coll/reduce.h"
#include "coll/tool/params.h"
#include "coll/tool/size.h"
#include "coll/tool/values.h"

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		size_t bytes;
		const char *message;
	} cases[] = {
		{ "0", 0, NULL },
		{ "8", 8, NULL },
		{ "1K", 1024, NULL },
		{ "128m", 128 << 20, NULL },
		{ "2G", (size_t)2 << 30, NULL },
		{ "8388607T", (size_t)8388607 << 40, NULL },
		{ "8388608T", 0, "outside 0 to 8388607" },
		{ "9223372036854775808", 0, "outside" },
		{ "", 0, "is not a size" },
		{ "K", 0, "not a whole number" },
		{ "-1", 0, "outside 0 to" },
		{ "1.5M", 0, "not a whole number" },
		{ "8 K", 0, "not a whole number" },
		{ "1KB", 0, "not a whole number" },
		{ "0x10", 0, "not a whole number" },
		{ "11111111111111111111111111111111111111111", 0, "is not a size" },
	};
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t bytes = 0;
		assert_int_equal(fb_size_parse(cases[i].text, &bytes, &err), cases[i].message ? -1 : 0);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
		else
			assert_int_equal(bytes, cases[i].bytes);
	}
}

static void test_sweep(void **state)
{
	(void)state;
	assert_int_equal(fb_size_next(8, 64, 2, 0), 16);
	assert_int_equal(fb_size_next(32, 64, 2, 0), 64);
	assert_int_equal(fb_size_next(64, 64, 2, 0), 0);
	assert_int_equal(fb_size_next(40, 64, 2, 0), 0);
	assert_int_equal(fb_size_next(8, 64, 1, 28), 36);
	assert_int_equal(fb_size_next(36, 64, 1, 28), 64);
	assert_int_equal(fb_size_next(64, 64, 1, 28), 0);
	assert_int_equal(fb_size_next(0, 64, 2, 0), 0);
	assert_int_equal(fb_size_next(8, 64, 1, 0), 0);
	/* Near the end of the range of numbers. */
	assert_int_equal(fb_size_next(SIZE_MAX / 2 + 1, SIZE_MAX, 2, 0), 0);
	assert_int_equal(fb_size_next(SIZE_MAX - 1, SIZE_MAX, 1, 2), 0);
}

static int parse(const char *line, struct fb_params *params, struct fb_err *err)
{
	static char copy[512];
	char *argv[64], *save = NULL;
	int argc = 0;

	snprintf(copy, sizeof(copy), "flightbase-allreduce %s", line);
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	return fb_params_parse(argc, argv, params, err);
}

/* A folder with one module beside what is built in; it is only looked for, not loaded. */
static int make_modules(void **state)
{
	static char folder[256];

	make_temporary(folder, sizeof(folder));
	write_file(folder, "allreduce-mpi.so", "");
	setenv("FLIGHTBASE_MODULES", folder, 1);
	*state = folder;
	return 0;
}

static int remove_modules(void **state)
{
	unsetenv("FLIGHTBASE_MODULES");
	remove_tree(*state);
	return 0;
}

static void test_params(void **state)
{
	struct fb_params p;
	struct fb_err err;

	(void)state;
	assert_int_equal(parse("", &p, &err), 0);
	assert_int_equal(p.min_bytes, 32 << 20);
	assert_int_equal(p.iters, 20);
	assert_true(p.types[FB_COLL_FLOAT32] && p.ops[FB_COLL_SUM] && !p.types[FB_COLL_INT32] && !p.ops[FB_COLL_MAX]);
	assert_int_equal(p.average, FB_AVERAGE_MAX);
	assert_int_equal(parse("-b 8 -e 128M -f 2 -n 5 -w 3 -c 0 -o max -d double -z 3 -a 1 -J out.json --clean --backend mpi", &p, &err),
			 0);
	assert_int_equal(p.max_bytes, 128 << 20);
	assert_int_equal(p.step_factor, 2);
	assert_int_equal(p.blocking, 3);
	assert_int_equal(p.average, FB_AVERAGE_MEAN);
	assert_true(p.clean && p.types[FB_COLL_FLOAT64] && !p.types[FB_COLL_FLOAT32] && p.ops[FB_COLL_MAX] && !p.ops[FB_COLL_SUM]);
	assert_string_equal(p.backend, "mpi");
	assert_true(!p.histogram && p.expect == 0 && p.model == 0 && p.pairs == FB_PAIRS_NONE && p.setting[FB_SETTING_CUDAGRAPH] == -1);
	assert_string_equal(p.output, "out.json");
	assert_int_equal(parse("--minbytes 1K --maxbytes=2K --stepbytes 512 --datatype all --op all --json", &p, &err), 0);
	assert_true(p.format == FB_FORMAT_JSON && p.types[FB_COLL_INT64] && p.ops[FB_COLL_AVG]);
	assert_int_equal(p.step_bytes, 512);
	assert_int_equal(parse("--memory own", &p, &err), 0);
	assert_false(p.library_memory);
	assert_int_equal(parse("--memory library", &p, &err), 0);
	assert_true(p.library_memory && p.setting[FB_SETTING_MEMORY] == -1);
	assert_int_equal(parse("-t 1 -g 1 -p 1 -r 0 -m 4 -N 2 -u 3 -z 2 -C 1 -S 1 -I 1 -K 2 -T 9 -G 0 -R 1 -y 0 -x 2 -D 1 -M 1 --csv "
			       "--device_cta_count 8", &p, &err), 0);
	assert_true(p.agg_iters == 4 && p.cycles == 2 && p.unalign == 3 && p.cpu_time && p.timestamps && p.per_iter);
	assert_true(p.per_iter_skip == 2 && p.format == FB_FORMAT_CSV && fb_params_keeps_times(&p));
	assert_true(p.setting[FB_SETTING_TIMEOUT] == 9 && p.setting[FB_SETTING_LOCAL_REGISTER] == 1);
	assert_int_equal(parse("--histogram --model 46.5 --expect 92.5 --pairs --svg a.svg", &p, &err), 0);
	assert_true(p.histogram && p.model == 46.5 && p.expect == 92.5 && p.expect_from == SIZE_MAX && p.pairs == FB_PAIRS_AUTO);
	assert_string_equal(p.svg, "a.svg");
	assert_int_equal(parse("--expect 80@1M --pairs=nodes -e 1M -b 1M", &p, &err), 0);
	assert_true(p.expect_from == 1 << 20 && p.pairs == FB_PAIRS_NODES);
}

static void test_params_refused(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "-b", "option '-b' needs a value" },
		{ "--frobnicate", "option '--frobnicate' is unknown" },
		{ "-b 8x -e 16", "option '--minbytes': size '8x'" },
		{ "-b 64M", "option '--minbytes': 67108864 is more than --maxbytes, 33554432" },
		{ "-b 0 -f 2", "0 times --stepfactor" },
		{ "-b 8 -i 0", "option '--stepbytes': 0 never" },
		{ "-n 0", "option '--iters': 0 is outside 1 to" },
		{ "-n 1e3", "'1e3' is not a whole number" },
		{ "-w -1", "option '--warmup_iters'" },
		{ "-c maybe", "option '--check'" },
		{ "-o mulsum", "option '--op': 'mulsum' is unknown: sum, prod" },
		{ "-d quad", "option '--datatype': 'quad' is unknown: float, double, int32, int64, half, bfloat16, int8, int16, uint8 or all" },
		{ "-z 4", "option '--blocking': 4 is outside 0 to 3" },
		{ "-a 4", "option '--average': 4 is outside 0 to 3" },
		{ "--backend nccl", "option '--backend': 'nccl' is not installed: there is ucx, mpi (modules are " },
		{ "--backend ../mpi", "'../mpi' is not installed" },
		{ "--backend ", "option '--backend' needs a value" },
		{ "-t 2", "option '--nthreads': 2: a task is one rank; ask srun for more tasks" },
		{ "-g 8", "option '--ngpus': 8: a task is one rank" },
		{ "-t 0", "option '--nthreads': 0 is outside 1 to" },
		{ "-p 2", "option '--parallel_init': 2 is outside 0 to 1" },
		{ "-r x", "option '--root': 'x' is not a whole number" },
		{ "-m 0", "option '--agg_iters': 0 is outside 1 to" },
		{ "--seconds 0", "option '--seconds': 0 is outside 0.001 to 86400" },
		{ "--seconds 2s", "option '--seconds': '2s' is not a number" },
		{ "--seconds 2 --histogram", "option '--seconds': how many iterations there are is not known before" },
		{ "-N -1", "option '--run_cycles': -1 is outside 0 to" },
		{ "-u 5000", "option '--unalign': 5000 is outside 0 to 4096" },
		{ "-C 2", "option '--report_cputime': 2 is outside 0 to 1" },
		{ "-S yes", "option '--report_timestamps': 'yes' is not" },
		{ "-I 2", "option '--per_iter_timing': 2 is outside" },
		{ "-K 3", "option '--per_iter_skip' needs --per_iter_timing 1" },
		{ "-n 3 -I 1 -K 3", "option '--per_iter_skip': 3 leaves none of 3 iterations" },
		{ "-n 2000000 --histogram", "option '--iters': the times of at most 1000000 iterations are kept" },
		{ "-T -1", "option '--timeout': -1 is outside 0 to 86400" },
		{ "-G x", "option '--cudagraph'" },
		{ "-R 3", "option '--local_register': 3 is outside 0 to 2" },
		{ "-y 2", "option '--stream_null'" },
		{ "-x 9", "option '--cta_policy'" },
		{ "-D -1", "option '--device_implementation'" },
		{ "--device_cta_count q", "option '--device_cta_count'" },
		{ "-M 2", "option '--memory': '2' is unknown: own or library" },
		{ "--json --csv", "option '--csv': standard output takes JSON or CSV, not both" },
		{ "--model 0", "option '--model': 0 is outside 0.001 to 1e+06" },
		{ "--model fast", "option '--model': 'fast' is not a number" },
		{ "--expect 0", "option '--expect': 0 is outside 0.1 to 1000" },
		{ "--expect 90%", "option '--expect': '90%' is not a number" },
		{ "--expect 90@", "option '--expect': '' is not a size" },
		{ "--expect 90@64M", "option '--expect': from 67108864 bytes on there is nothing up to --maxbytes, 33554432" },
		{ "--expect 90 -N 0", "option '--expect': judges when the sweep is over" },
		{ "--pairs=hosts", "option '--pairs': 'hosts' is unknown: ranks or nodes" },
		{ "--pairs --csv", "option '--pairs': CSV has the sizes only; use --json" },
		{ "--pairs -N 0", "option '--pairs': the pairs come after the sweep" },
		{ "--tune t --pairs", "option '--tune' does not go with --pairs" },
		{ "--tune t -d half", "option '--tune' does not go with --datatype" },
		{ "--tune t -b 2", "option '--minbytes': --tune begins with 4" },
		{ "--svg x.svg", "option '--svg' draws what --pairs measures; give --pairs" },
		{ "8", "argument '8' is not expected" },
	};
	struct fb_params p;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(cases[i].line, &p, &err), -1);
		check_contains(err.text, cases[i].message);
	}
}

#define COUNT 501
#define RANKS 5

/* Elements at the same place that are equal in two inputs. */
static size_t equal_elements(const void *a, const void *b, fb_coll_type_t type)
{
	size_t size = fb_coll_type_size(type), equal = 0;

	for (size_t i = 0; i < COUNT; i++)
		equal += !memcmp((const char *)a + i * size, (const char *)b + i * size, size);
	return equal;
}

static double a[COUNT], b[COUNT];

static void test_values_differ(void **state)
{
	const float *f = (const float *)a;

	(void)state;
	for (int type = 0; type < FB_COLL_TYPES; type++) {
		/* How many of random values are equal by chance. */
		size_t chance = fb_coll_type_size((fb_coll_type_t)type) == 1 ? 10 : 3;
		fb_values_fill(a, COUNT, (fb_coll_type_t)type, FB_COLL_SUM, 0, 1);
		fb_values_fill(b, COUNT, (fb_coll_type_t)type, FB_COLL_SUM, 1, 1);
		assert_true(equal_elements(a, b, (fb_coll_type_t)type) < chance);
		fb_values_fill(b, COUNT, (fb_coll_type_t)type, FB_COLL_SUM, 0, 2);
		assert_true(equal_elements(a, b, (fb_coll_type_t)type) < chance);
		fb_values_fill(b, COUNT, (fb_coll_type_t)type, FB_COLL_SUM, 0, 1);
		assert_int_equal(equal_elements(a, b, (fb_coll_type_t)type), COUNT);
	}
	fb_values_fill(a, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM, 0, 1);
	for (size_t i = 0; i < COUNT; i++)
		assert_true(fabsf(f[i]) >= 0x1p-12f && fabsf(f[i]) < 16);
}

/* One rank after the other; test_coll_reduce has checked this arithmetic. */
static void reduce_plainly(void *out, fb_coll_type_t type, fb_coll_op_t op)
{
	double in[COUNT];

	fb_values_fill(out, COUNT, type, op, 0, 9);
	for (int r = 1; r < RANKS; r++) {
		fb_values_fill(in, COUNT, type, op, r, 9);
		fb_reduce(out, out, in, COUNT, type, op);
	}
	fb_reduce_finish(out, COUNT, type, op, RANKS);
}

static void test_values_check(void **state)
{
	float *f = (float *)a;

	(void)state;
	for (int t = 0; t < FB_COLL_TYPES; t++)
		for (int o = 0; o < FB_COLL_OPS; o++) {
			fb_coll_type_t type = (fb_coll_type_t)t;
			fb_coll_op_t op = (fb_coll_op_t)o;
			size_t size = fb_coll_type_size(type);
			/* Of products of bytes most are equal by chance: even, or zero. */
			bool telling = size > 1 || op == FB_COLL_SUM;
			reduce_plainly(a, type, op);
			assert_int_equal(fb_values_check(a, COUNT, type, op, RANKS, 9), 0);
			if (telling)
				assert_true(fb_values_check(a, COUNT, type, op, RANKS, 10) > COUNT * 9 / 10);
			/* Without one rank's contribution nearly all of a sum is wrong; one element that changes is seen. */
			if (op == FB_COLL_SUM)
				assert_true(fb_values_check(a, COUNT, type, FB_COLL_SUM, RANKS - 1, 9) > COUNT - 10);
			((unsigned char *)a)[COUNT / 2 * size + size - 1] ^= 0x20;
			assert_int_equal(fb_values_check(a, COUNT, type, op, RANKS, 9), 1);
		}
	reduce_plainly(a, FB_COLL_FLOAT32, FB_COLL_SUM);
	f[3] = NAN;
	f[4] = nextafterf(nextafterf(f[4], 100), 100);
	f[5] *= 1.00001f;
	assert_in_range(fb_values_check(a, COUNT, FB_COLL_FLOAT32, FB_COLL_SUM, RANKS, 9), 2, 3);
}

/* A NaN of a half counts as wrong too, and an infinity. */
static void test_values_halves(void **state)
{
	uint16_t *h = (uint16_t *)a;

	(void)state;
	reduce_plainly(a, FB_COLL_FLOAT16, FB_COLL_SUM);
	h[3] = 0x7e00;
	h[4] = 0x7c00;
	h[5] ^= 0x8000;
	assert_int_equal(fb_values_check(a, COUNT, FB_COLL_FLOAT16, FB_COLL_SUM, RANKS, 9), 3);
	reduce_plainly(a, FB_COLL_BFLOAT16, FB_COLL_PROD);
	h[3] = 0x7fc0;
	h[4] = 0xff80;
	h[5] ^= 0x8000;
	assert_int_equal(fb_values_check(a, COUNT, FB_COLL_BFLOAT16, FB_COLL_PROD, RANKS, 9), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),	      cmocka_unit_test(test_sweep),	   cmocka_unit_test(test_params),
		cmocka_unit_test(test_params_refused), cmocka_unit_test(test_values_differ), cmocka_unit_test(test_values_check),
		cmocka_unit_test(test_values_halves),
	};

	return cmocka_run_group_tests(tests, make_modules, remove_modules);
}

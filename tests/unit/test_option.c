/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "common/number.h"
#include "common/option.h"
#include "common/option_value.h"
#include "common/request.h"

#define LONG63 "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

/* A value and what is said of it; NULL: accepted. */
static const struct {
	enum fb_option_id id;
	const char *value, *message;
} cases[] = {
	{ FB_OPTION_WORKSPACE, "vision", NULL },
	{ FB_OPTION_WORKSPACE, "0-a", NULL },
	{ FB_OPTION_WORKSPACE, LONG63, NULL },
	{ FB_OPTION_WORKSPACE, LONG63 "x", "64 characters long: at most 63" },
	{ FB_OPTION_WORKSPACE, "", "option '--workspace': '': empty: a name is needed" },
	{ FB_OPTION_WORKSPACE, NULL, "option '--workspace': needs a value: --workspace=NAME" },
	{ FB_OPTION_WORKSPACE, "-a", "not a valid name" },
	{ FB_OPTION_WORKSPACE, "Vision", "option '--workspace': 'Vision': not a valid name: lower-case" },
	{ FB_OPTION_WORKSPACE, "../etc", "not a valid name" },
	{ FB_OPTION_WORKSPACE, "a/b", "not a valid name" },
	{ FB_OPTION_WORKSPACE, "a b", "not a valid name" },
	{ FB_OPTION_WORKSPACE, "a\nb", "'a?b': not a valid name" },
	{ FB_OPTION_TRAINING, "advanced", NULL },
	{ FB_OPTION_TRAINING, "jupyter", "'jupyter' has no effect in this version and is refused: advanced can be used" },
	{ FB_OPTION_TRAINING, "Advanced", "unknown: advanced, builtin and jupyter are allowed" },
	{ FB_OPTION_TRAINING_NAME, "ResNet-50_v1.5", NULL },
	{ FB_OPTION_TRAINING_NAME, ".hidden", "not a valid name" },
	{ FB_OPTION_TRAINING_NAME, "a;rm", "not a valid name" },
	{ FB_OPTION_TRAINING_SHARE, "write", "unknown: run and edit" },
	{ FB_OPTION_TRAINING_SHARE, "run", "option '--training-share': has no effect in this version" },
	{ FB_OPTION_PARAMS, "lr=0.1,0.01;batch=32,64", "has no effect" },
	{ FB_OPTION_PARAMS, "@grid.json", "has no effect" },
	{ FB_OPTION_PARAMS, "", "empty" },
	{ FB_OPTION_PARAMS, "@", "a file's name is expected" },
	{ FB_OPTION_PARAMS, "lr", "NAME=VALUE,VALUE expected" },
	{ FB_OPTION_PARAMS, "=3", "NAME=VALUE,VALUE expected" },
	{ FB_OPTION_PARAMS, "lr=", "parameter 'lr' has no value" },
	{ FB_OPTION_PARAMS, "a=1;;b=2", "NAME=VALUE,VALUE expected" },
	{ FB_OPTION_PARAMS, "a-b=1", "letters, digits and '_' only" },
	{ FB_OPTION_PARAMS_PARALLEL, "4", "has no effect" },
	{ FB_OPTION_PARAMS_PARALLEL, "0", "0 is outside 1 to" },
	{ FB_OPTION_PARAMS_PARALLEL, "4x", "'4x' is not a whole number" },
	{ FB_OPTION_PARAMS_SAMPLE, "10:42", "has no effect" },
	{ FB_OPTION_PARAMS_SAMPLE, "0", "at least 1 is needed" },
	{ FB_OPTION_PARAMS_SAMPLE, "10:", "not a whole number" },
	{ FB_OPTION_PARAMS_SAMPLE, "99999999999999999999999999999999999999", "not a whole number" },
	{ FB_OPTION_MODEL, "resnet", "has no effect" },
	{ FB_OPTION_MODEL, "../x", "not a valid name" },
	{ FB_OPTION_DATASET, "coco@3:rw,shared/imagenet", "has no effect" },
	{ FB_OPTION_DATASET, "coco:rx", "only :ro and :rw" },
	{ FB_OPTION_DATASET, "coco,", "is expected" },
	{ FB_OPTION_DATASET, "coco@latest", "version: 'latest' is not a whole number" },
	{ FB_OPTION_DATASET, "shared/", "is expected" },
	{ FB_OPTION_DATASET, "a/b", "is expected" },
	{ FB_OPTION_P2P, "prefer", NULL },
	{ FB_OPTION_P2P, "off", NULL },
	{ FB_OPTION_P2P, "require", NULL },
	{ FB_OPTION_RDMA, "require", NULL },
	{ FB_OPTION_P2P, "of", "unknown: prefer, require and off" },
	{ FB_OPTION_P2P, "prefer,off", "unknown" },
	{ FB_OPTION_RDMA, "off", NULL },
	{ FB_OPTION_PREFLIGHT, NULL, NULL },
	{ FB_OPTION_PREFLIGHT, "(null)", NULL },
	{ FB_OPTION_PREFLIGHT, "80", NULL },
	{ FB_OPTION_PREFLIGHT, "0", "0 is outside 1 to 100" },
	{ FB_OPTION_PREFLIGHT, "80%", "'80%' is not a whole number" },
	{ FB_OPTION_PREFLIGHT, "101", "101 is outside 1 to 100" },
	{ FB_OPTION_PREEMPTIBLE, NULL, NULL },
	{ FB_OPTION_PREEMPTIBLE, "(null)", NULL },
	{ FB_OPTION_PREEMPTIBLE, "yes", "takes no value" },
	{ FB_OPTION_CHECKPOINT_SIGNAL, "USR1@120", "has no effect" },
	{ FB_OPTION_CHECKPOINT_SIGNAL, "sigusr1@120", "has no effect" },
	{ FB_OPTION_CHECKPOINT_SIGNAL, "KILL@120", "unknown signal" },
	{ FB_OPTION_CHECKPOINT_SIGNAL, "USR1", "SIG@SECONDS is expected" },
	{ FB_OPTION_CHECKPOINT_SIGNAL, "USR1@", "not a whole number" },
	{ FB_OPTION_CHECKPOINT_SIGNAL, "USR1@70000", "outside 0 to 65535" },
	{ FB_OPTION_IDLE_STOP, "30", "has no effect" },
	{ FB_OPTION_IDLE_STOP, "-1", "outside 1 to" },
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_err err = { "" };
		int rc = fb_option_check(cases[i].id, cases[i].value, &err);

		if (rc != (cases[i].message ? -1 : 0))
			fail_msg("--%s='%s': %d %s", fb_options[cases[i].id].name, cases[i].value, rc, err.text);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
	}
}

static void test_long_value(void **state)
{
	static char value[10001];
	struct fb_err err;

	(void)state;
	memset(value, 'a', sizeof(value) - 1);
	assert_int_equal(fb_option_check(FB_OPTION_WORKSPACE, value, &err), -1);
	check_contains(err.text, "option '--workspace': 10000 characters long");
}

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_images(void **state)
{
	static const struct {
		const char *ref;
		int ok;
	} images[] = {
		{ "ubuntu", 1 }, { "ubuntu:24.04", 1 }, { "pytorch/pytorch:2.6", 1 }, { "docker://ubuntu", 1 },
		{ "registry:5000/team/img@" DIGEST, 1 }, { "registry.example/a/b_c/d--e:T_a.g-1", 1 }, { "localhost/x", 1 },
		{ "nvcr.io#nvidia/pytorch:24.05-py3", 1 }, { "@pytorch", 1 }, { "@shared/base", 1 }, { "@vision/mine", 1 },
		{ "/shared/x.sqsh", 1 }, { "./x.sqsh", 1 },
		{ "", 0 }, { "Ubuntu", 0 }, { "ubuntu:", 0 }, { "ubuntu:-x", 0 }, { "a//b", 0 }, { "a/", 0 }, { "ubuntu@sha256:12", 0 },
		{ "ubuntu@" DIGEST "0", 0 }, { "@", 0 }, { "@/x", 0 }, { "@a/b/c", 0 }, { "@Shared/x", 0 }, { "/x", 0 }, { "/.sqsh", 1 },
		{ "a b", 0 }, { "a;b", 0 }, { "http://x/y", 0 }, { "#x", 0 }, { "x:1/..", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct fb_err err = { "" };
		if ((fb_value_check_image(images[i].ref, &err) == 0) != images[i].ok)
			fail_msg("'%s': expected %d: %s", images[i].ref, images[i].ok, err.text);
	}
}

static void test_numbers(void **state)
{
	struct fb_err err;
	int64_t n = 5;

	(void)state;
	assert_int_equal(fb_number_parse("", 0, 9, &n, &err), -1);
	assert_int_equal(fb_number_parse("-", -9, 9, &n, &err), -1);
	assert_int_equal(fb_number_parse("+1", 0, 9, &n, &err), -1);
	assert_int_equal(fb_number_parse(" 1", 0, 9, &n, &err), -1);
	assert_int_equal(fb_number_parse("0x1", 0, 9, &n, &err), -1);
	assert_int_equal(fb_number_parse("99999999999999999999", 0, INT64_MAX, &n, &err), -1);
	assert_int_equal(n, 5);
	assert_int_equal(fb_number_parse("-9", -9, 9, &n, &err), 0);
	assert_int_equal(n, -9);
}

#define V FB_REQUEST_VARIABLE

static void test_request(void **state)
{
	char *good[] = { "PATH=/bin", V "workspace=vision", NULL, V "training_name=x.1", V "p2p=off" };
	char *twice[] = { V "workspace=a", V "workspace=b" };
	char *unknown[] = { V "workspaces=a" };
	char *bad[] = { V "workspace=A" };
	char *no_value[] = { V "workspace" };
	char *null[] = { V "workspace=(null)" };
	struct fb_request r;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_request_read(&r, good, 5, &err), 0);
	assert_string_equal(r.value[FB_OPTION_WORKSPACE], "vision");
	assert_string_equal(r.value[FB_OPTION_TRAINING_NAME], "x.1");
	assert_string_equal(r.value[FB_OPTION_P2P], "off");
	assert_false(r.given[FB_OPTION_RDMA]);
	assert_string_equal(fb_request_first(&r)->name, "workspace");
	assert_int_equal(fb_request_read(&r, twice, 2, &err), -1);
	assert_string_equal(err.text, "option '--workspace': given twice; give it once");
	assert_int_equal(fb_request_read(&r, unknown, 1, &err), -1);
	check_contains(err.text, "option 'workspaces': unknown to the controller");
	assert_int_equal(fb_request_read(&r, bad, 1, &err), -1);
	assert_int_equal(fb_request_read(&r, no_value, 1, &err), -1);
	assert_int_equal(fb_request_read(&r, null, 1, &err), -1);
	assert_int_equal(fb_request_read(&r, NULL, 0, &err), 0);
	assert_null(fb_request_first(&r));
}

/* None may be too long for Slurm or lack its help. */
static void test_table(void **state)
{
	(void)state;
	for (int id = 0; id < FB_OPTION_COUNT; id++) {
		const struct fb_option *o = &fb_options[id];
		assert_in_range(strlen(o->name), 2, 75);
		assert_int_equal(strncmp(o->usage, "[flightbase] ", 13), 0);
		assert_int_equal(o->arginfo == NULL, o->argument == FB_ARGUMENT_NONE);
		assert_int_equal(o->check == NULL, o->argument == FB_ARGUMENT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),	cmocka_unit_test(test_long_value), cmocka_unit_test(test_images),
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_request),	   cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "remove_tree.h"

/* Text that must be refused, and the message. */
static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "f:1: the file ends in the middle of a value" },
		{ "{", "f:1: the file ends" },
		{ "{\n\"a\": 1,\n", "f:3: the file ends" },
		{ "{\n  \"a\": tru\n}", "f:2: not valid JSON" },
		{ "{\n\"a\": 1,\n}", "f:3: not valid JSON" },
		{ "{\"a\": 'b'}", "f:1: not valid JSON" },
		{ "{\"a\": 1} x", "f:1: " },
		{ "{\"a\": 1}\n\n{}", "f:3: " },
		{ "/* no */ {}", "f:1: not valid JSON" },
		{ "{\"a\": 99999999999999999999}", "f:1: not valid JSON" },
		{ "null", "f:1: null where an object was expected" },
		{ "{\"a\":1,\n\"b\":{},\n\"a\":2}", "f:3: key 'a' appears twice" },
		{ "{\"x\":[{\"k\":1},\n{\"k\":1,\n\"\\u006b\":2}]}", "f:3: key '\\u006b' appears twice" },
		{ "{\"a\": \"\xff\xfe\"}", "f:1: not valid JSON" },
		{ "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "f:1: not valid JSON" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_json_doc doc;
		struct fb_err err = { "" };

		if (!fb_json_doc_parse(&doc, "f", cases[i].text, strlen(cases[i].text), &err))
			fail_msg("accepted: %s", cases[i].text);
		check_contains(err.text, cases[i].message);
	}
}

static void test_nul_bytes(void **state)
{
	struct fb_json_doc doc;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_json_doc_parse(&doc, "f", "{}\0{}", 5, &err), -1);
	assert_int_equal(fb_json_doc_parse(&doc, "f", "\0", 1, &err), -1);
	/* A NUL inside a string is JSON, but no text of ours. */
	const char *text = "{\"a\":\"x\\u0000y\"}";
	assert_int_equal(fb_json_doc_parse(&doc, "f", text, strlen(text), &err), 0);
	struct fb_json root = fb_json_root(&doc), a;
	assert_true(fb_json_member(&root, "a", &a));
	assert_int_equal(fb_json_need_string(&a, 10, &text, &err), -1);
	check_contains(err.text, "NUL");
	fb_json_doc_free(&doc);
}

/* Errors name the line of the key, also behind keys and strings that look like structure. */
static void test_lines(void **state)
{
	static const char text[] = "{\n"
				   "  \"a{\\\"]\": \"}\\\"[\",\n"
				   "  \"types\": {\n"
				   "    \"first\": {\"n\": [1, 2, [\"x\", {}]]},\n"
				   "    \"second\": {\n"
				   "      \"n\": [1,\n"
				   "        \"two\"]\n"
				   "    }\n"
				   "  },\n"
				   "  \"bool\": true, \"big\": 9999999999999,\n"
				   "  \"esc\\u0061pe\": 1\n"
				   "}\n";
	struct fb_json_doc doc;
	struct fb_err err;
	int64_t n;

	(void)state;
	if (fb_json_doc_parse(&doc, "f.json", text, strlen(text), &err))
		fail_msg("%s", err.text);
	struct fb_json root = fb_json_root(&doc), types, second, list, member;
	assert_true(fb_json_member(&root, "types", &types));
	assert_true(fb_json_member(&types, "second", &second));
	assert_true(fb_json_member(&second, "n", &list));
	struct fb_json two = fb_json_element(&list, 1);
	assert_int_equal(fb_json_need_int(&two, 0, 9, &n, &err), -1);
	assert_string_equal(err.text, "f.json:7: types.second.n[1]: a whole number expected, found string");
	assert_true(fb_json_member(&root, "big", &member));
	assert_int_equal(fb_json_need_int(&member, 0, 9, &n, &err), -1);
	check_contains(err.text, "f.json:10: big: ");
	assert_true(fb_json_member(&root, "escape", &member));
	assert_int_equal(fb_json_need_array(&member, 0, 1, &err), -1);
	check_contains(err.text, "f.json:11: escape: an array expected");
	fb_json_doc_free(&doc);
}

static void test_unknown_key(void **state)
{
	static const char *const keys[] = { "root", NULL };
	static const char text[] = "{\"root\": \"/x\",\n \"rot\": 1}";
	struct fb_json_doc doc;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_json_doc_parse(&doc, "f", text, strlen(text), &err), 0);
	struct fb_json root = fb_json_root(&doc);
	assert_int_equal(fb_json_need_object(&root, keys, &err), -1);
	assert_string_equal(err.text, "f:2: rot: unknown key");
	fb_json_doc_free(&doc);
}

static void test_ranges(void **state)
{
	static const char text[] = "{\"i\": 10, \"nan\": NaN, \"d\": 2.5, \"s\": \"abcd\", \"l\": [1,2,3], \"b\": false}";
	struct fb_json_doc doc;
	struct fb_err err;
	struct fb_json m;
	int64_t i = 77;
	double d = 77;
	const char *s = "untouched";
	bool b = true;

	(void)state;
	assert_int_equal(fb_json_doc_parse(&doc, "f", text, strlen(text), &err), 0);
	struct fb_json root = fb_json_root(&doc);
	assert_true(fb_json_member(&root, "i", &m));
	assert_int_equal(fb_json_need_int(&m, 11, 20, &i, &err), -1);
	assert_int_equal(i, 77);
	assert_string_equal(err.text, "f:1: i: 10 is outside 11 to 20");
	assert_int_equal(fb_json_need_int(&m, 10, 10, &i, &err), 0);
	assert_int_equal(i, 10);
	assert_int_equal(fb_json_need_double(&m, 0, 10, &d, &err), 0);
	assert_true(fb_json_member(&root, "d", &m));
	assert_int_equal(fb_json_need_int(&m, 0, 9, &i, &err), -1);
	assert_int_equal(fb_json_need_double(&m, 3, 4, &d, &err), -1);
	assert_true(fb_json_member(&root, "nan", &m));
	assert_int_equal(fb_json_need_double(&m, 0, 1e300, &d, &err), -1);
	assert_true(fb_json_member(&root, "s", &m));
	assert_int_equal(fb_json_need_string(&m, 3, &s, &err), -1);
	assert_string_equal(s, "untouched");
	assert_int_equal(fb_json_need_string(&m, 4, &s, &err), 0);
	assert_string_equal(s, "abcd");
	assert_true(fb_json_member(&root, "l", &m));
	assert_int_equal(fb_json_need_array(&m, 4, 9, &err), -1);
	assert_int_equal(fb_json_need_array(&m, 3, 3, &err), 0);
	assert_true(fb_json_member(&root, "b", &m));
	assert_int_equal(fb_json_need_bool(&m, &b, &err), 0);
	assert_false(b);
	assert_false(fb_json_member(&root, "none", &m));
	fb_json_doc_free(&doc);
}

static void test_files(void **state)
{
	char dir[256], path[512];
	struct fb_json_doc doc;
	struct fb_err err;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/none.json", dir);
	assert_int_equal(fb_json_doc_read(&doc, path, 100, &err), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fb_json_doc_read(&doc, dir, 100, &err), -1);
	check_contains(err.text, "not a regular file");
	write_file(dir, "big.json", "{\"a\": \"0123456789\"}");
	snprintf(path, sizeof(path), "%s/big.json", dir);
	assert_int_equal(fb_json_doc_read(&doc, path, 10, &err), -1);
	check_contains(err.text, "at most 10 are read");
	assert_int_equal(fb_json_doc_read(&doc, path, 100, &err), 0);
	fb_json_doc_free(&doc);
	/* A FIFO must not make the reader wait. */
	snprintf(path, sizeof(path), "%s/fifo", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(fb_json_doc_read(&doc, path, 100, &err), -1);
	remove_tree(dir);
}

static void test_error_text(void **state)
{
	struct fb_err err;
	char longer[2000];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(fb_err_set(&err, "%s", longer), -1);
	assert_int_equal(strlen(err.text), FB_ERR_TEXT_MAX - 1);
	fb_err_set(&err, "a\nb\033[31m\177");
	assert_string_equal(err.text, "a?b?[31m?");
	fb_err_prefix(&err, "at %d", 1);
	assert_string_equal(err.text, "at 1: a?b?[31m?");
	assert_int_equal(fb_err_set(NULL, "nobody listens"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),	    cmocka_unit_test(test_nul_bytes), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_unknown_key), cmocka_unit_test(test_ranges),    cmocka_unit_test(test_files),
		cmocka_unit_test(test_error_text),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}

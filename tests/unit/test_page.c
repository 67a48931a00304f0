/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fits: sharing lines among tables, cutting them to a width, and a page as text and as JSON. */
#include "check.h"

#include <locale.h>

#include "flightbase/fit.h"
#include "flightbase/page.h"

static void test_share(void **state)
{
	static const struct {
		size_t lines, count, wanted[4], given[4];
	} cases[] = {
		{ 10, 1, { 3 }, { 3 } },
		{ 10, 1, { 30 }, { 10 } },
		{ 10, 2, { 3, 30 }, { 3, 7 } },
		{ 10, 2, { 30, 30 }, { 5, 5 } },
		{ 11, 2, { 30, 30 }, { 6, 5 } },
		{ 10, 3, { 4, 1, 30 }, { 4, 1, 5 } },
		{ 10, 4, { 0, 30, 2, 30 }, { 0, 4, 2, 4 } },
		{ 0, 2, { 3, 3 }, { 0, 0 } },
		{ 1, 2, { 3, 3 }, { 1, 0 } },
		{ 5, 0, { 0 }, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t given[4] = { 0 };

		fb_fit_share(cases[i].lines, cases[i].wanted, cases[i].count, given);
		for (size_t k = 0; k < cases[i].count; k++)
			if (given[k] != cases[i].given[k])
				fail_msg("case %zu: table %zu gets %zu, not %zu", i, k, given[k], cases[i].given[k]);
	}
}

static void test_width(void **state)
{
	static const struct {
		const char *line;
		size_t columns, bytes;
	} cases[] = {
		{ "abc", 10, 3 },
		{ "abcdef", 3, 3 },
		{ "ab\ncd", 10, 2 },
		{ "h\xc3\xa9llo", 3, 4 },
		/* Two columns each. */
		{ "\xed\x95\x9c\xea\xb8\x80", 3, 3 },
		{ "\xed\x95\x9c\xea\xb8\x80", 4, 6 },
		{ "a\xff\xff", 2, 2 },
		{ "", 5, 0 },
	};

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fb_fit_width(cases[i].line, cases[i].columns), cases[i].bytes);
}

static const struct fb_column columns[] = { { "NAME", FB_COLUMN_TEXT }, { "GPUS", FB_COLUMN_NUMBER }, { .name = NULL } };

static void fill(struct fb_table *table, size_t row, bool json, const void *data)
{
	(void)json;
	fb_table_set(table, 0, "%s%zu", (const char *)data, row);
	if (row)
		fb_table_set(table, 1, "%zu", row);
}

static void make_page(struct fb_page *page)
{
	struct fb_err note;

	fb_page_init(page);
	fb_page_line(page, "Head %d\033", 1);
	fb_page_int(page, "one", 1);
	fb_page_double(page, "half", 0.55);
	fb_page_text(page, "none", "");
	fb_page_block(page, &(struct fb_block){ .name = "first", .title = "First", .columns = columns, .rows = 3, .fill = fill,
						.data = "a" });
	fb_page_block(page, &(struct fb_block){ .name = "empty", .title = "Empty", .columns = columns, .rows = 0, .fill = fill,
						.data = "" });
	fb_page_block(page, &(struct fb_block){ .name = "second", .title = "Second", .columns = columns, .rows = 20,
						.fill = fill, .data = "b" });
	fb_err_set(&note, "something is missing");
	fb_page_note(page, &note);
	fb_page_note(page, &note);
}

static char *print(size_t rows, size_t width)
{
	struct fb_page page;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	make_page(&page);
	fb_page_print(&page, (struct fb_page_size){ .rows = rows, .columns = width }, out);
	fclose(out);
	fb_page_free(&page);
	return text;
}

static void test_text(void **state)
{
	char *whole = print(0, 0);

	(void)state;
	check_contains(whole, "Head 1?\n\nFirst\nNAME GPUS\na0   \na1      1\na2      2\n\nSecond\n");
	check_contains(whole, "b19    19\n\nnote: something is missing\n");
	assert_null(strstr(whole, "Empty"));
	assert_null(strstr(whole, "more"));
	free(whole);
}

static void test_fitted(void **state)
{
	/* 1 head, 2 for the note, 2 x 3 around the tables: 7 lines are left for rows, 3 and 4 of them. */
	char *text = print(16, 40), *line = text;
	size_t lines = 0;

	(void)state;
	check_contains(text, "a2      2\n");
	check_contains(text, "b2      2\n+17 more\n\nnote: something is missing");
	assert_null(strstr(text, "b3"));
	for (; *line; line++)
		lines += *line == '\n';
	/* The last line has no newline, which would scroll the screen. */
	assert_int_equal(lines, 15);
	free(text);
	text = print(4, 6);
	assert_string_equal(text, "Head 1\n\nFirst\n+3 mor");
	free(text);
	text = print(1, 0);
	assert_string_equal(text, "Head 1?");
	free(text);
}

static void test_json(void **state)
{
	struct json_object *outer, *inner, *value;
	struct fb_page page;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	make_page(&page);
	fb_page_print_json(&page, "page", true, out);
	fclose(out);
	fb_page_free(&page);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	check_contains(text, "\"half\":0.6");
	outer = json_tokener_parse(text);
	free(text);
	assert_true(json_object_object_get_ex(outer, "page", &inner));
	assert_true(json_object_object_get_ex(inner, "none", &value) && value == NULL);
	assert_true(json_object_object_get_ex(inner, "empty", &value));
	assert_int_equal(json_object_array_length(value), 0);
	assert_true(json_object_object_get_ex(inner, "second", &value));
	assert_int_equal(json_object_array_length(value), 20);
	struct json_object *row = json_object_array_get_idx(value, 0), *gpus;
	assert_true(json_object_object_get_ex(row, "gpus", &gpus) && gpus == NULL);
	row = json_object_array_get_idx(value, 19);
	assert_true(json_object_object_get_ex(row, "gpus", &gpus) && json_object_is_type(gpus, json_type_int));
	assert_true(json_object_object_get_ex(inner, "notes", &value));
	assert_int_equal(json_object_array_length(value), 1);
	json_object_put(outer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share),  cmocka_unit_test(test_width), cmocka_unit_test(test_text),
		cmocka_unit_test(test_fitted), cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/page.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/fit.h"

#define BLOCK_LINES 3 /* empty line, title, header */

static void need(bool there)
{
	if (there)
		return;
	fputs("flightbase: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

void fb_page_init(struct fb_page *page)
{
	*page = (struct fb_page){ .json = json_object_new_object() };
	page->stream = open_memstream(&page->head, &page->head_size);
	need(page->json && page->stream);
}

void fb_page_free(struct fb_page *page)
{
	if (page->stream)
		fclose(page->stream);
	free(page->head);
	json_object_put(page->json);
	*page = (struct fb_page){ .json = NULL };
}

void fb_page_line(struct fb_page *page, const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	int length = vasprintf(&line, format, args);
	va_end(args);
	need(length >= 0);
	fb_text_printable(line);
	need(fprintf(page->stream, "%s\n", line) >= 0);
	free(line);
}

void fb_page_json(struct fb_page *page, const char *key, struct json_object *value)
{
	need(!json_object_object_add(page->json, key, value));
}

void fb_page_int(struct fb_page *page, const char *key, int64_t value)
{
	fb_page_json(page, key, json_object_new_int64(value));
}

void fb_page_double(struct fb_page *page, const char *key, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.1f", value);
	fb_page_json(page, key, json_object_new_double_s(value, text));
}

void fb_page_bool(struct fb_page *page, const char *key, bool value)
{
	fb_page_json(page, key, json_object_new_boolean(value));
}

void fb_page_text(struct fb_page *page, const char *key, const char *value)
{
	char *copy = value && *value ? strdup(value) : NULL;

	need(copy || !value || !*value);
	if (copy)
		fb_text_printable(copy);
	fb_page_json(page, key, copy ? json_object_new_string(copy) : NULL);
	free(copy);
}

void fb_page_block(struct fb_page *page, const struct fb_block *block)
{
	if (page->blocks < FB_PAGE_BLOCKS_MAX)
		page->block[page->blocks++] = *block;
}

void fb_page_note(struct fb_page *page, const struct fb_err *note)
{
	for (size_t i = 0; i < page->notes; i++)
		if (!strcmp(page->note[i].text, note->text))
			return;
	if (page->notes < FB_PAGE_NOTES_MAX)
		page->note[page->notes++] = *note;
}

static char *block_text(const struct fb_block *block, size_t rows, bool json)
{
	struct fb_table *table = fb_table_create(block->name, block->columns, json);

	for (size_t i = 0; i < rows; i++) {
		fb_table_row(table);
		block->fill(table, i, json, block->data);
	}
	return fb_table_text(table);
}

/* A table that is cut says so in its last line. */
static void print_block(const struct fb_block *block, size_t lines, FILE *out)
{
	size_t rows = lines < block->rows ? (lines ? lines - 1 : 0) : block->rows;

	fprintf(out, "\n%s\n", block->title);
	if (rows) {
		char *text = block_text(block, rows, false);

		fputs(text, out);
		/* libsmartcols leaves the last newline away in a text. */
		if (*text && text[strlen(text) - 1] != '\n')
			fputc('\n', out);
		free(text);
	}
	if (rows < block->rows)
		fprintf(out, "+%zu more\n", block->rows - rows);
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* Lines for the rows of each block: what the lines above and below and the titles leave. */
static void share_lines(const struct fb_page *page, size_t rows, size_t *given)
{
	size_t wanted[FB_PAGE_BLOCKS_MAX] = { 0 }, fixed = count_lines(page->head) + page->notes + (page->notes != 0);

	for (size_t i = 0; i < page->blocks; i++) {
		wanted[i] = page->block[i].rows;
		fixed += wanted[i] ? BLOCK_LINES : 0;
	}
	if (rows)
		fb_fit_share(rows > fixed ? rows - fixed : 0, wanted, page->blocks, given);
	else
		memcpy(given, wanted, sizeof(wanted));
}

static char *page_text(struct fb_page *page, size_t rows)
{
	size_t given[FB_PAGE_BLOCKS_MAX] = { 0 }, size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	need(out && !fflush(page->stream));
	share_lines(page, rows, given);
	fputs(page->head, out);
	for (size_t i = 0; i < page->blocks; i++)
		if (page->block[i].rows)
			print_block(&page->block[i], given[i], out);
	if (page->notes)
		fputc('\n', out);
	for (size_t i = 0; i < page->notes; i++)
		fprintf(out, "note: %s\n", page->note[i].text);
	need(!fclose(out));
	return text;
}

void fb_page_print(struct fb_page *page, struct fb_page_size size, FILE *out)
{
	char *text = page_text(page, size.rows), *line = text;

	for (size_t rows = 0; *line && (!size.rows || rows < size.rows); rows++) {
		size_t length = strcspn(line, "\n"), shown = size.columns ? fb_fit_width(line, size.columns) : length;

		/* No newline behind the screen's last line: it would scroll. */
		fprintf(out, "%.*s%s", (int)shown, line, size.rows && rows + 1 == size.rows ? "" : "\n");
		line += length + (line[length] == '\n');
	}
	free(text);
}

/* The rows of a block, as libsmartcols types them. */
static struct json_object *block_json(const struct fb_block *block)
{
	char *text = block_text(block, block->rows, true);
	struct json_object *table = json_tokener_parse(text), *rows = NULL;

	free(text);
	if (json_object_object_get_ex(table, block->name, &rows))
		json_object_get(rows);
	json_object_put(table);
	return rows ? rows : json_object_new_array();
}

void fb_page_print_json(struct fb_page *page, const char *name, bool compact, FILE *out)
{
	struct json_object *notes = json_object_new_array(), *outer = json_object_new_object();

	need(notes && outer);
	for (size_t i = 0; i < page->blocks; i++)
		fb_page_json(page, page->block[i].name, block_json(&page->block[i]));
	for (size_t i = 0; i < page->notes; i++)
		need(!json_object_array_add(notes, json_object_new_string(page->note[i].text)));
	fb_page_json(page, "notes", notes);
	need(!json_object_object_add(outer, name, json_object_get(page->json)));
	fprintf(out, "%s\n", json_object_to_json_string_ext(outer, compact ? JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE :
								     JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(outer);
}

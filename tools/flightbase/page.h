/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen: some lines, then tables, then notes. It is printed whole, or as much as a terminal shows, or as one JSON
 * object in which the facts and the tables are members. Running out of memory ends the program, as with tables.
 */
#ifndef FB_PAGE_H
#define FB_PAGE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/err.h"
#include "flightbase/table.h"

#define FB_PAGE_BLOCKS_MAX 8
#define FB_PAGE_NOTES_MAX 8

struct fb_block {
	const char *name;  /* its member in JSON */
	const char *title; /* above it in text */
	const struct fb_column *columns;
	size_t rows;
	/* Set the cells of a row that was added; json: numbers and times for programs. */
	void (*fill)(struct fb_table *table, size_t row, bool json, const void *data);
	const void *data;
};

struct fb_page {
	char *head; /* of stream */
	size_t head_size;
	FILE *stream;
	struct json_object *json;
	size_t blocks, notes;
	struct fb_block block[FB_PAGE_BLOCKS_MAX];
	struct fb_err note[FB_PAGE_NOTES_MAX];
};

/* A terminal's size; 0: no limit. */
struct fb_page_size {
	size_t rows, columns;
};

void fb_page_init(struct fb_page *page);
void fb_page_free(struct fb_page *page);

/* A line of text, and what JSON has for it. */
void fb_page_line(struct fb_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fb_page_int(struct fb_page *page, const char *key, int64_t value);
void fb_page_double(struct fb_page *page, const char *key, double value); /* with one decimal place */
void fb_page_bool(struct fb_page *page, const char *key, bool value);
void fb_page_text(struct fb_page *page, const char *key, const char *value); /* NULL or "": null */
void fb_page_json(struct fb_page *page, const char *key, struct json_object *value); /* takes value; NULL: null */

void fb_page_block(struct fb_page *page, const struct fb_block *block);
void fb_page_note(struct fb_page *page, const struct fb_err *note); /* what is missing; a note that is there is not added again */

void fb_page_print(struct fb_page *page, struct fb_page_size size, FILE *out);

/* {"NAME": {...}}, on one line if compact. */
void fb_page_print_json(struct fb_page *page, const char *name, bool compact, FILE *out);

#endif

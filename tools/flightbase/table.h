/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables by libsmartcols: columns on a terminal and in a pipe, or JSON {"name": [{...}, ...]}. */
#ifndef FB_TABLE_H
#define FB_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* The last two are for programs: text does not show them. */
enum fb_column_kind { FB_COLUMN_TEXT, FB_COLUMN_NUMBER, FB_COLUMN_BOOL, FB_COLUMN_JSON_NUMBER, FB_COLUMN_JSON_TEXT };

struct fb_column {
	const char *name; /* upper case; JSON's key is the same in lower case */
	enum fb_column_kind kind;
};

struct fb_table;

/* columns ends with one without a name. Out of memory ends the program: libsmartcols' tables are small. */
struct fb_table *fb_table_create(const char *name, const struct fb_column *columns, bool json);
void fb_table_row(struct fb_table *table);
/* Set a cell of the last row. A cell that is not set is empty, and null in JSON. */
void fb_table_set(struct fb_table *table, size_t column, const char *format, ...) __attribute__((format(printf, 3, 4)));
void fb_table_print(struct fb_table *table); /* to standard output, and destroy */
char *fb_table_text(struct fb_table *table); /* as a text for the caller to free, and destroy */

#endif

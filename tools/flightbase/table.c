/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/table.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/err.h"

struct fb_table {
	struct libscols_table *scols;
	struct libscols_line *line;
};

static void need(bool there)
{
	if (there)
		return;
	fputs("flightbase: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

static void add_column(struct libscols_table *scols, const struct fb_column *column, bool for_json)
{
	static const int json[] = { [FB_COLUMN_TEXT] = SCOLS_JSON_STRING, [FB_COLUMN_NUMBER] = SCOLS_JSON_NUMBER,
				    [FB_COLUMN_BOOL] = SCOLS_JSON_BOOLEAN, [FB_COLUMN_JSON_NUMBER] = SCOLS_JSON_NUMBER,
				    [FB_COLUMN_JSON_TEXT] = SCOLS_JSON_STRING };
	int flags = column->kind == FB_COLUMN_NUMBER ? SCOLS_FL_RIGHT : 0;

	if (column->kind >= FB_COLUMN_JSON_NUMBER && !for_json)
		flags = SCOLS_FL_HIDDEN;
	struct libscols_column *c = scols_table_new_column(scols, column->name, 0, flags);

	need(c && !scols_column_set_json_type(c, json[column->kind]));
}

struct fb_table *fb_table_create(const char *name, const struct fb_column *columns, bool json)
{
	struct fb_table *table = calloc(1, sizeof(*table));

	need(table && (table->scols = scols_new_table()));
	need(!scols_table_set_name(table->scols, name) && !scols_table_enable_json(table->scols, json));
	/* Cut nothing: what reads a pipe wants it all, and a terminal wraps. */
	scols_table_enable_nowrap(table->scols, 0);
	for (; columns->name; columns++)
		add_column(table->scols, columns, json);
	return table;
}

void fb_table_row(struct fb_table *table)
{
	need((table->line = scols_table_new_line(table->scols, NULL)));
}

void fb_table_set(struct fb_table *table, size_t column, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	need(length >= 0);
	fb_text_printable(text);
	need(!scols_line_refer_data(table->line, column, text));
}

static void destroy(struct fb_table *table)
{
	scols_unref_table(table->scols);
	free(table);
}

void fb_table_print(struct fb_table *table)
{
	scols_print_table(table->scols);
	destroy(table);
}

char *fb_table_text(struct fb_table *table)
{
	char *text = NULL;

	need(!scols_print_table_to_string(table->scols, &text) && text);
	destroy(table);
	return text;
}

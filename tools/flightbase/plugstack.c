/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/plugstack.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 8
#define BLANKS " \t\n"

void fb_plugstack_parse(char *line, struct fb_plugstack_line *parsed)
{
	static const struct {
		const char *word;
		enum fb_plugstack_kind kind;
	} words[] = { { "required", FB_PLUGSTACK_REQUIRED }, { "optional", FB_PLUGSTACK_OPTIONAL }, { "include", FB_PLUGSTACK_INCLUDE } };
	char *rest, *word;

	*parsed = (struct fb_plugstack_line){ .kind = FB_PLUGSTACK_NOTHING };
	line[strcspn(line, "#")] = '\0';
	if (!(word = strtok_r(line, BLANKS, &rest)))
		return;
	parsed->kind = FB_PLUGSTACK_BAD;
	parsed->path = strtok_r(NULL, BLANKS, &rest);
	for (size_t i = 0; parsed->path && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i].word))
			parsed->kind = words[i].kind;
}

struct search {
	const char *plugin;
	struct fb_plugstack_entry *entry;
	struct fb_err *err;
};

static int read_file(const struct search *search, const char *path, int depth);

static int read_included(const struct search *search, const char *file, const char *pattern, int depth)
{
	char full[PATH_MAX];
	const char *slash = strrchr(file, '/');
	glob_t found;
	int rc = 0;

	/* Beside the file that includes it. */
	if (pattern[0] == '/' || !slash)
		snprintf(full, sizeof(full), "%s", pattern);
	else
		snprintf(full, sizeof(full), "%.*s/%s", (int)(slash - file), file, pattern);
	if (glob(full, 0, NULL, &found))
		return 0;
	for (size_t i = 0; !rc && i < found.gl_pathc; i++)
		rc = read_file(search, found.gl_pathv[i], depth + 1);
	globfree(&found);
	return rc;
}

static int read_line(const struct search *search, const char *path, unsigned int number, char *text, int depth)
{
	struct fb_plugstack_entry *entry = search->entry;
	struct fb_plugstack_line line;

	fb_plugstack_parse(text, &line);
	if (line.kind == FB_PLUGSTACK_NOTHING)
		return 0;
	if (line.kind == FB_PLUGSTACK_BAD)
		return fb_err_set(search->err, "%s:%u: not a line of 'required', 'optional' or 'include'", path, number);
	if (line.kind == FB_PLUGSTACK_INCLUDE)
		return read_included(search, path, line.path, depth);
	const char *slash = strrchr(line.path, '/');
	if (entry->there || strcmp(slash ? slash + 1 : line.path, search->plugin))
		return 0;
	entry->there = true;
	entry->required = line.kind == FB_PLUGSTACK_REQUIRED;
	snprintf(entry->path, sizeof(entry->path), "%s", line.path);
	snprintf(entry->where, sizeof(entry->where), "%s:%u", path, number);
	return 0;
}

static int read_file(const struct search *search, const char *path, int depth)
{
	char line[PATH_MAX];
	unsigned int number = 0;
	int rc = 0;

	if (depth > DEPTH_MAX)
		return fb_err_set(search->err, "%s: includes more than %d deep", path, DEPTH_MAX);
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return 0;
	if (!file)
		return fb_err_set(search->err, "%s: %s", path, strerror(errno));
	while (!rc && fgets(line, sizeof(line), file))
		rc = read_line(search, path, ++number, line, depth);
	fclose(file);
	return rc;
}

int fb_plugstack_find(const char *path, const char *plugin, struct fb_plugstack_entry *entry, struct fb_err *err)
{
	const struct search search = { .plugin = plugin, .entry = entry, .err = err };

	*entry = (struct fb_plugstack_entry){ .there = false };
	return read_file(&search, path, 0);
}

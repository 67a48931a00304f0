/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/gres_conf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 8
#define BLANKS " \t\r\n"
#define LINE_MAX_BYTES 8192

static void keep(struct fb_gres_line *parsed, const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **to;
	} keys[] = {
		{ "NodeName", &parsed->nodes }, { "Name", &parsed->name },   { "Type", &parsed->type },	      { "File", &parsed->file },
		{ "MultipleFiles", &parsed->file }, { "Cores", &parsed->cores }, { "CPUs", &parsed->cores }, { "Links", &parsed->links },
		{ "AutoDetect", &parsed->autodetect },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strcasecmp(keys[i].key, key))
			*keys[i].to = value;
}

/* The value after '=', up to a blank, or what is quoted. Returns where the line goes on. */
static char *take_value(char *at, char **value)
{
	if (*at == '"') {
		*value = at + 1;
		at = strchr(at + 1, '"');
		if (!at)
			return NULL;
		*at = '\0';
		return at + 1;
	}
	*value = at;
	at += strcspn(at, BLANKS);
	if (*at)
		*at++ = '\0';
	return at;
}

int fb_gres_conf_parse(char *line, struct fb_gres_line *parsed)
{
	char *at = line, *value;

	*parsed = (struct fb_gres_line){ .nodes = NULL };
	line[strcspn(line, "#")] = '\0';
	at += strspn(at, BLANKS);
	if (!strncasecmp(at, "include", 7) && at[7] && strchr(BLANKS, at[7])) {
		at += 7 + strspn(at + 7, BLANKS);
		if (!*at)
			return -1;
		take_value(at, &value);
		parsed->include = value;
		return 0;
	}
	while (*at) {
		char *key = at;

		at += strcspn(at, "=" BLANKS);
		if (*at != '=' || at == key)
			return -1;
		*at++ = '\0';
		at = take_value(at, &value);
		if (!at)
			return -1;
		keep(parsed, key, value);
		at += strspn(at, BLANKS);
	}
	return 0;
}

bool fb_gres_conf_detects(const char *autodetect)
{
	return autodetect && strcasecmp(autodetect, "off");
}

struct reader {
	fb_gres_conf_each *each;
	void *context;
	struct fb_err *err;
};

static int read_file(const struct reader *reader, const char *path, int depth);

static int read_line(const struct reader *reader, const char *path, unsigned int number, char *text, int depth)
{
	struct fb_gres_line line;
	char where[PATH_MAX + 32], full[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (fb_gres_conf_parse(text, &line)) {
		errno = EINVAL;
		return fb_err_set(reader->err, "%s:%u: not a line of KEY=VALUE", path, number);
	}
	if (line.include) {
		if (line.include[0] == '/' || !slash)
			snprintf(full, sizeof(full), "%s", line.include);
		else
			snprintf(full, sizeof(full), "%.*s/%s", (int)(slash - path), path, line.include);
		return read_file(reader, full, depth + 1);
	}
	snprintf(where, sizeof(where), "%s:%u", path, number);
	if (line.name || line.autodetect || line.nodes)
		reader->each(reader->context, where, &line);
	return 0;
}

/* Lines that end in '\' go on. Returns 1 with a line, 0 at the end, -1 if one is too long. */
static int next_line(FILE *file, char *line, size_t size, unsigned int *number)
{
	size_t used = 0;

	while (used + 1 < size && fgets(line + used, (int)(size - used), file)) {
		size_t length = used + strlen(line + used);

		if (line[length - 1] != '\n' && !feof(file))
			return -1;
		++*number;
		while (length && strchr("\r\n", line[length - 1]))
			line[--length] = '\0';
		if (!length || line[length - 1] != '\\')
			return 1;
		line[--length] = '\0';
		used = length;
	}
	return used ? 1 : 0;
}

static int read_file(const struct reader *reader, const char *path, int depth)
{
	char line[LINE_MAX_BYTES];
	unsigned int number = 0;
	int rc = 0, more = 0;

	if (depth > DEPTH_MAX)
		return fb_err_set(reader->err, "%s: includes more than %d deep", path, DEPTH_MAX);
	FILE *file = fopen(path, "re");
	if (!file)
		return fb_err_set(reader->err, "%s: %s", path, strerror(errno));
	while (!rc && (more = next_line(file, line, sizeof(line), &number)) > 0)
		rc = read_line(reader, path, number, line, depth);
	if (more < 0)
		rc = fb_err_set(reader->err, "%s:%u: a line of more than %d bytes", path, number + 1, LINE_MAX_BYTES);
	fclose(file);
	return rc;
}

int fb_gres_conf_read(const char *path, fb_gres_conf_each *each, void *context, struct fb_err *err)
{
	const struct reader reader = { .each = each, .context = context, .err = err };

	return read_file(&reader, path, 0);
}

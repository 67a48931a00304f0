/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/site_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/policy_parse.h"

void fb_site_file_free(struct fb_site_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		fb_spec_free(&file->spec[i]);
	free(file->spec);
	if (file->site_given)
		json_object_put(file->site.source);
	*file = (struct fb_site_file){ .count = 0 };
}

static int parse_workspaces(struct fb_site_file *file, const struct fb_json *at, struct fb_err *err)
{
	if (fb_json_need_object(at, NULL, err))
		return -1;
	size_t expected = (size_t)json_object_object_length(at->value);
	if (expected > FB_POLICY_WORKSPACES_MAX)
		return fb_json_error(at, err, "%zu workspaces; at most %d are allowed", expected, FB_POLICY_WORKSPACES_MAX);
	file->spec = calloc(expected + 1, sizeof(*file->spec));
	if (!file->spec)
		return fb_err_set(err, "out of memory");
	json_object_object_foreach(at->value, name, value)
	{
		struct fb_json workspace = { .doc = at->doc, .value = value, .parent = at, .key = name };

		if (fb_spec_parse(&file->spec[file->count], name, &workspace, err))
			return -1;
		file->count++;
	}
	return 0;
}

int fb_site_file_parse(struct fb_site_file *file, const struct fb_json_doc *doc, struct fb_err *err)
{
	static const char *const keys[] = { "site", "workspaces", NULL };
	struct fb_json root = fb_json_root(doc), member;

	*file = (struct fb_site_file){ .count = 0 };
	if (fb_json_need_object(&root, keys, err))
		return -1;
	if (fb_json_member(&root, "site", &member)) {
		if (fb_site_parse(&file->site, &member, err))
			return -1;
		file->site_given = true;
	}
	if (fb_json_member(&root, "workspaces", &member) && parse_workspaces(file, &member, err)) {
		fb_site_file_free(file);
		return -1;
	}
	return 0;
}

struct json_object *fb_site_file_to_json(const struct fb_site *site, const struct fb_spec *spec, size_t count)
{
	struct json_object *root = json_object_new_object(), *workspaces = json_object_new_object();

	if (!root || !workspaces) {
		json_object_put(root);
		json_object_put(workspaces);
		return NULL;
	}
	if (site)
		json_object_object_add(root, "site", json_object_get(site->source));
	json_object_object_add(root, "workspaces", workspaces);
	for (size_t i = 0; i < count; i++)
		json_object_object_add(workspaces, spec[i].name, fb_spec_to_json(&spec[i]));
	return root;
}

/* All of standard input; NULL with errno, EFBIG if it is too much. */
static char *read_input(size_t *size)
{
	char *text = malloc(FB_SITE_FILE_MAX + 1);
	ssize_t got = 1;

	*size = 0;
	while (text && got > 0 && *size <= FB_SITE_FILE_MAX) {
		got = read(STDIN_FILENO, text + *size, FB_SITE_FILE_MAX + 1 - *size);
		if (got < 0 && errno == EINTR)
			got = 1;
		else if (got > 0)
			*size += (size_t)got;
	}
	if (text && (got < 0 || *size > FB_SITE_FILE_MAX)) {
		if (got >= 0)
			errno = EFBIG;
		free(text);
		return NULL;
	}
	return text;
}

static int read_doc(struct fb_json_doc *doc, const char *path, struct fb_err *err)
{
	size_t size;

	if (strcmp(path, "-"))
		return fb_json_doc_read(doc, path, FB_SITE_FILE_MAX, err);
	char *text = read_input(&size);
	if (!text && errno == EFBIG)
		return fb_err_set(err, "standard input: at most %d bytes are read", FB_SITE_FILE_MAX);
	if (!text)
		return fb_err_set(err, "standard input: %s", strerror(errno));
	int rc = fb_json_doc_parse(doc, "standard input", text, size, err);
	free(text);
	return rc;
}

int fb_site_file_read(struct fb_site_file *file, const char *path, struct fb_err *err)
{
	struct fb_json_doc doc;

	*file = (struct fb_site_file){ .count = 0 };
	if (read_doc(&doc, path, err))
		return -1;
	int rc = fb_site_file_parse(file, &doc, err);
	fb_json_doc_free(&doc);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/roster.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/memory.h"

/* Where the JSON value that starts at text ends; size if it does not. Strings may hold brackets. */
static size_t value_end(const char *text, size_t size)
{
	size_t depth = 0;
	bool string = false;

	for (size_t i = 0; i < size; i++) {
		if (string) {
			string = text[i] != '"';
			i += text[i] == '\\'; /* what is escaped ends nothing */
			continue;
		}
		string = text[i] == '"';
		depth += text[i] == '{' || text[i] == '[';
		if ((text[i] == '}' || text[i] == ']') && (!depth || !--depth))
			return i + 1;
	}
	return size;
}

/* The same faulty report again, behind as many lines as are before it, so that the message names the line of the file. */
static int parse_again(const char *name, const char *text, size_t size, size_t line, struct fb_err *err)
{
	struct fb_machine *machine = fb_need(malloc(sizeof(*machine)));
	char *padded = fb_need(malloc(line + size));

	memset(padded, '\n', line - 1);
	memcpy(padded + line - 1, text, size);
	fb_machine_parse(machine, name, padded, line - 1 + size, err);
	free(padded);
	free(machine);
	return -1;
}

static int report_add(struct fb_roster *roster, const char *name, const char *text, size_t size, size_t line, struct fb_err *err)
{
	if (roster->count == FB_ROSTER_NODES_MAX)
		return fb_err_set(err, "%s:%zu: more than %d reports", name, line, FB_ROSTER_NODES_MAX);
	if (size > FB_MACHINE_SIZE_MAX)
		return fb_err_set(err, "%s:%zu: a report of %zu bytes; at most %u are allowed", name, line, size, FB_MACHINE_SIZE_MAX);
	struct fb_machine *machine = fb_need(malloc(sizeof(*machine)));
	if (fb_machine_parse(machine, name, text, size, err)) {
		free(machine);
		return line > 1 ? parse_again(name, text, size, line, err) : -1;
	}
	roster->entry = fb_grow(roster->entry, roster->count, &roster->room, sizeof(*roster->entry));
	struct fb_roster_entry *entry = &roster->entry[roster->count++];
	entry->machine = machine;
	if (asprintf(&entry->where, "%s:%zu", name, line) < 0)
		entry->where = fb_need(NULL);
	return 0;
}

int fb_roster_add_text(struct fb_roster *roster, const char *name, const char *text, size_t size, struct fb_err *err)
{
	size_t line = 1, before = roster->count;

	for (size_t at = 0; at < size;) {
		if (text[at] == '\n' || text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
			line += text[at++] == '\n';
			continue;
		}
		size_t length = text[at] == '{' ? value_end(text + at, size - at) : size - at;
		if (report_add(roster, name, text + at, length, line, err))
			return -1;
		for (size_t i = 0; i < length; i++)
			line += text[at + i] == '\n';
		at += length;
	}
	return roster->count > before ? 0 : fb_err_set(err, "%s:1: no report is in it", name);
}

static char *read_all(int fd, size_t *size)
{
	size_t room = 0;
	char *text = NULL;
	ssize_t got = 1;

	for (*size = 0; got > 0 && *size < FB_ROSTER_FILE_MAX; *size += got > 0 ? (size_t)got : 0) {
		if (*size == room)
			text = fb_need(realloc(text, room = room ? 2 * room : 65536));
		do
			got = read(fd, text + *size, room - *size);
		while (got < 0 && errno == EINTR);
	}
	if (got > 0)
		errno = EFBIG;
	if (!got)
		return text;
	free(text);
	return NULL;
}

static int file_add(struct fb_roster *roster, const char *path, struct fb_err *err)
{
	bool standard = !strcmp(path, "-");
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t size = 0;
	char *text = fd < 0 ? NULL : read_all(fd, &size);
	int saved = errno;

	if (fd >= 0 && !standard)
		close(fd);
	if (!text)
		return fb_err_set(err, "%s: %s", path, strerror(saved));
	int rc = fb_roster_add_text(roster, standard ? "standard input" : path, text, size, err);
	free(text);
	return rc;
}

static int json_files(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && !strcmp(entry->d_name + length - 5, ".json");
}

static int folder_add(struct fb_roster *roster, const char *path, struct fb_err *err)
{
	struct dirent **entry;
	int count = scandir(path, &entry, json_files, versionsort), rc = 0;

	if (count < 0)
		return fb_err_set(err, "%s: %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *file = NULL;

		if (!rc && asprintf(&file, "%s/%s", path, entry[i]->d_name) >= 0)
			rc = file_add(roster, file, err);
		free(file);
		free(entry[i]);
	}
	free(entry);
	return rc || count ? rc : fb_err_set(err, "%s: no file *.json is in it", path);
}

int fb_roster_add(struct fb_roster *roster, const char *path, struct fb_err *err)
{
	struct stat status;

	return !stat(path, &status) && S_ISDIR(status.st_mode) ? folder_add(roster, path, err) : file_add(roster, path, err);
}

static int compare_entries(const void *a, const void *b)
{
	const struct fb_roster_entry *x = a, *y = b;

	return strverscmp(x->machine->node, y->machine->node);
}

static void entry_free(struct fb_roster_entry *entry)
{
	free(entry->machine);
	free(entry->where);
}

/* What a report says of the wiring, which two reports of one node must agree in. */
static bool same(const struct fb_machine *a, const struct fb_machine *b)
{
	return !memcmp(&a->type, &b->type, sizeof(a->type)) && a->adapters == b->adapters &&
	       !memcmp(a->adapter, b->adapter, sizeof(a->adapter));
}

int fb_roster_finish(struct fb_roster *roster, struct fb_err *err)
{
	size_t kept = 0;

	if (roster->count)
		qsort(roster->entry, roster->count, sizeof(*roster->entry), compare_entries);
	for (size_t i = 1; i < roster->count; i++) {
		const struct fb_roster_entry *a = &roster->entry[i - 1], *b = &roster->entry[i];

		if (!compare_entries(a, b) && !same(a->machine, b->machine))
			return fb_err_set(err, "node '%s': two reports that differ, %s and %s; take away the one that is old",
					  a->machine->node, a->where, b->where);
	}
	for (size_t i = 0; i < roster->count; i++)
		if (kept && !compare_entries(&roster->entry[kept - 1], &roster->entry[i]))
			entry_free(&roster->entry[i]);
		else
			roster->entry[kept++] = roster->entry[i];
	roster->count = kept;
	return 0;
}

static int compare_entry(const void *node, const void *entry)
{
	return strverscmp(node, ((const struct fb_roster_entry *)entry)->machine->node);
}

const struct fb_machine *fb_roster_find(const struct fb_roster *roster, const char *node)
{
	const struct fb_roster_entry *found =
		roster->count ? bsearch(node, roster->entry, roster->count, sizeof(*roster->entry), compare_entry) : NULL;

	return found ? found->machine : NULL;
}

void fb_roster_free(struct fb_roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		entry_free(&roster->entry[i]);
	free(roster->entry);
	*roster = (struct fb_roster){ .count = 0 };
}

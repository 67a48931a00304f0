/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/settings_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/text.h"

#define LINE_MAX_BYTES (1u << 20)
#define FILE_MAX_BYTES (1 << 20)

/* What the file holds, NULL if it is not there or no JSON; when says since when. */
static struct json_object *read_settings(const char *file, time_t *when)
{
	struct json_object *settings = NULL;
	struct stat st;
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	*when = time(NULL);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX_BYTES) {
		*when = st.st_mtime;
		settings = json_object_from_fd(fd);
	}
	close(fd);
	return settings;
}

/* A reader of lines; what is no record, as one that was cut off by a full disk, is passed over. */
struct reader {
	FILE *stream;
	char *line;
	size_t size;
	struct json_object *record;
};

static bool is_record(struct json_object *json)
{
	struct json_object *member;

	return json_object_is_type(json, json_type_object) && json_object_object_get_ex(json, "time", &member) &&
	       json_object_is_type(member, json_type_int) && json_object_object_get_ex(json, "who", &member) &&
	       (!member || json_object_is_type(member, json_type_string)) && json_object_object_get_ex(json, "settings", &member) &&
	       (!member || json_object_is_type(member, json_type_object));
}

/* Without a stream there is no line. The record is the reader's until the next one. */
static bool next_record(struct reader *reader)
{
	ssize_t length;

	while (reader->stream && (length = getline(&reader->line, &reader->size, reader->stream)) > 0) {
		json_object_put(reader->record);
		reader->record = length <= (ssize_t)LINE_MAX_BYTES ? json_tokener_parse(reader->line) : NULL;
		if (is_record(reader->record))
			return true;
	}
	return false;
}

static int reader_open(struct reader *reader, const char *dir, const char *workspace, struct fb_err *err)
{
	char path[4096];

	*reader = (struct reader){ .stream = NULL };
	snprintf(path, sizeof(path), "%s/%s.jsonl", dir, workspace);
	reader->stream = fopen(path, "re");
	return reader->stream || errno == ENOENT ? 0 : fb_err_set(err, "%s: %s", path, strerror(errno));
}

static void reader_close(struct reader *reader)
{
	json_object_put(reader->record);
	free(reader->line);
	if (reader->stream)
		fclose(reader->stream);
}

static struct json_object *settings_of(struct json_object *record)
{
	return json_object_object_get(record, "settings");
}

/* The settings that the last line has, to be put. */
static int last_settings(const char *dir, const char *workspace, struct json_object **settings, struct fb_err *err)
{
	struct reader reader;

	*settings = NULL;
	if (reader_open(&reader, dir, workspace, err))
		return -1;
	while (next_record(&reader)) {
		json_object_put(*settings);
		*settings = json_object_get(settings_of(reader.record));
	}
	reader_close(&reader);
	return 0;
}

/* Borrows settings. */
static int append(FILE *stream, time_t when, const char *who, struct json_object *settings)
{
	struct json_object *record = json_object_new_object();

	json_object_object_add(record, "time", json_object_new_int64(when));
	json_object_object_add(record, "who", who ? json_object_new_string(who) : NULL);
	json_object_object_add(record, "settings", json_object_get(settings));
	int rc = fprintf(stream, "%s\n", json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN)) < 0 ? -1 : 0;
	json_object_put(record);
	return rc;
}

static FILE *open_log(const char *path, struct fb_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *stream = fd >= 0 ? fdopen(fd, "a") : NULL;
	struct stat st;
	char end = '\n';

	if (!stream) {
		fb_err_set(err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Everybody may read it, as the settings, whatever the umask. A line that was cut off is ended. */
	if (fchmod(fd, 0644) || fstat(fd, &st) || (st.st_size && pread(fd, &end, 1, st.st_size - 1) != 1)) {
		fb_err_set(err, "%s: %s", path, strerror(errno));
		fclose(stream);
		return NULL;
	}
	if (end != '\n')
		fputc('\n', stream);
	return stream;
}

int fb_settings_log_add(const char *dir, const char *workspace, const char *file, const char *who, struct json_object *settings,
			struct fb_err *err)
{
	struct json_object *last, *now;
	char path[4096];
	time_t when;

	if ((mkdir(dir, 0755) && errno != EEXIST) || chmod(dir, 0755))
		return fb_err_set(err, "%s: %s", dir, strerror(errno));
	if (last_settings(dir, workspace, &last, err))
		return -1;
	now = read_settings(file, &when);
	bool by_hand = !json_object_equal(last, now), change = !json_object_equal(now, settings);
	int rc = 0;
	if (by_hand || change) {
		snprintf(path, sizeof(path), "%s/%s.jsonl", dir, workspace);
		FILE *stream = open_log(path, err);
		rc = !stream ? -1 : 0;
		/* All in one piece at the end, so that two writers do not mix. */
		if (stream && ((by_hand && append(stream, when, NULL, now)) || (change && append(stream, time(NULL), who, settings)) ||
			       fflush(stream) || fsync(fileno(stream))))
			rc = fb_err_set(err, "%s: %s", path, strerror(errno));
		if (stream)
			fclose(stream);
	}
	json_object_put(last);
	json_object_put(now);
	return rc;
}

/* ---- In words ---- */

static const char *value_text(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) :
							      json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void say_key(const char *key, struct json_object *old, struct json_object *new, char *what, size_t size)
{
	char item[256];

	if (new)
		snprintf(item, sizeof(item), "%s: %.100s", key, value_text(new));
	else
		snprintf(item, sizeof(item), "%s: none", key);
	if (old) {
		size_t used = strlen(item);

		snprintf(item + used, sizeof(item) - used, " (was %.100s)", value_text(old));
	}
	fb_text_list(what, size, item);
}

static void say_change(struct json_object *old, struct json_object *new, char *what, size_t size)
{
	struct json_object *other;

	what[0] = '\0';
	if (!new) {
		snprintf(what, size, "settings removed");
		return;
	}
	json_object_object_foreach(new, key, value)
	{
		other = NULL;
		if (!old || !json_object_object_get_ex(old, key, &other) || !json_object_equal(other, value))
			say_key(key, other, value, what, size);
	}
	if (old) {
		json_object_object_foreach(old, gone, before)
		{
			if (!json_object_object_get_ex(new, gone, &other))
				say_key(gone, before, NULL, what, size);
		}
	}
	if (!*what)
		snprintf(what, size, "settings written");
	fb_text_printable(what);
}

static int add_change(struct fb_settings_log *log, time_t when, const char *who, struct json_object *old, struct json_object *new)
{
	struct fb_settings_change *grown = realloc(log->change, (log->count + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	log->change = grown;
	grown += log->count++;
	*grown = (struct fb_settings_change){ .time = when };
	snprintf(grown->who, sizeof(grown->who), "%s", who ? who : "");
	fb_text_printable(grown->who);
	if (who || new)
		say_change(old, new, grown->what, sizeof(grown->what));
	else
		snprintf(grown->what, sizeof(grown->what), "settings removed, or no JSON any more");
	return 0;
}

int fb_settings_log_load(const char *dir, const char *workspace, const char *file, struct fb_settings_log *log, struct fb_err *err)
{
	struct json_object *last = NULL, *now;
	struct reader reader;
	time_t when;
	int rc = 0;

	*log = (struct fb_settings_log){ .count = 0 };
	if (reader_open(&reader, dir, workspace, err))
		return -1;
	while (!rc && next_record(&reader)) {
		struct json_object *record = reader.record, *settings = settings_of(record);

		rc = add_change(log, (time_t)json_object_get_int64(json_object_object_get(record, "time")),
				json_object_get_string(json_object_object_get(record, "who")), last, settings);
		json_object_put(last);
		last = json_object_get(settings);
	}
	reader_close(&reader);
	now = read_settings(file, &when);
	if (!rc && !json_object_equal(last, now))
		rc = add_change(log, when, NULL, last, now);
	json_object_put(last);
	json_object_put(now);
	if (!rc)
		return 0;
	fb_settings_log_free(log);
	return fb_err_set(err, "out of memory for the history of the settings");
}

void fb_settings_log_free(struct fb_settings_log *log)
{
	free(log->change);
	*log = (struct fb_settings_log){ .count = 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/storage.h"

#include <errno.h>
#include <fts.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

/* What the asking thread and its caller share; who comes last frees it. */
struct question {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int (*probe)(const char *path, struct fb_storage *storage);
	char *path;
	bool answered, given_up;
	int error; /* errno of the probe; 0: none */
	struct fb_storage storage;
};

static void free_question(struct question *question)
{
	pthread_mutex_destroy(&question->lock);
	pthread_cond_destroy(&question->changed);
	free(question->path);
	free(question);
}

static void *ask(void *arg)
{
	struct question *question = arg;
	struct fb_storage storage = { .total = 0 };
	int error = question->probe(question->path, &storage) ? errno : 0;

	pthread_mutex_lock(&question->lock);
	question->storage = storage;
	question->error = error;
	question->answered = true;
	bool alone = question->given_up;
	pthread_cond_signal(&question->changed);
	pthread_mutex_unlock(&question->lock);
	if (alone)
		free_question(question);
	return NULL;
}

static struct question *make_question(int (*probe)(const char *path, struct fb_storage *storage), const char *path)
{
	struct question *question = calloc(1, sizeof(*question));
	pthread_condattr_t attributes;
	pthread_t thread;

	if (!question || !(question->path = strdup(path))) {
		free(question);
		return NULL;
	}
	question->probe = probe;
	pthread_mutex_init(&question->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&question->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&thread, NULL, ask, question)) {
		free_question(question);
		return NULL;
	}
	pthread_detach(thread);
	return question;
}

static void deadline_in(int milliseconds, struct timespec *deadline)
{
	clock_gettime(CLOCK_MONOTONIC, deadline);
	deadline->tv_sec += milliseconds / 1000;
	deadline->tv_nsec += milliseconds % 1000 * 1000000L;
	if (deadline->tv_nsec >= 1000000000L) {
		deadline->tv_sec++;
		deadline->tv_nsec -= 1000000000L;
	}
}

int fb_storage_ask_with(int (*probe)(const char *path, struct fb_storage *storage), const char *path, int timeout,
			struct fb_storage *storage, struct fb_err *err)
{
	struct question *question = make_question(probe, path);
	struct timespec deadline;
	int error = 0;

	if (!question)
		return fb_err_set(err, "storage '%s': no memory or thread to ask for it", path);
	deadline_in(timeout, &deadline);
	pthread_mutex_lock(&question->lock);
	while (!question->answered && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&question->changed, &question->lock, &deadline);
	bool answered = question->answered;
	question->given_up = !answered;
	error = question->error;
	if (answered && !error)
		*storage = question->storage;
	pthread_mutex_unlock(&question->lock);
	if (!answered)
		return fb_err_set(err, "storage '%s': the file system does not answer", path);
	free_question(question);
	return error ? fb_err_set(err, "storage '%s': %s", path, strerror(error)) : 0;
}

static int probe_file_system(const char *path, struct fb_storage *storage)
{
	struct statvfs fs;

	if (statvfs(path, &fs))
		return -1;
	storage->total = (uint64_t)fs.f_blocks * fs.f_frsize;
	storage->used = (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize;
	storage->available = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 0;
}

int fb_storage_ask(const char *path, int timeout, struct fb_storage *storage, struct fb_err *err)
{
	return fb_storage_ask_with(probe_file_system, path, timeout, storage, err);
}

/* A file with several names is met that often, as far as they are in the tree: each counts its part. */
static void add_entry(struct fb_storage_tree *tree, const FTSENT *entry)
{
	uint64_t bytes = (uint64_t)entry->fts_statp->st_blocks * 512;

	switch (entry->fts_info) {
	case FTS_D:
		tree->bytes += bytes;
		break;
	case FTS_DNR:
	case FTS_NS:
		tree->hidden++;
		break;
	case FTS_DP:
	case FTS_DC:
	case FTS_ERR:
		break;
	default:
		tree->files++;
		tree->bytes += bytes / (entry->fts_statp->st_nlink ? entry->fts_statp->st_nlink : 1);
	}
}

int fb_storage_walk(const char *path, struct fb_storage_tree *tree, struct fb_err *err)
{
	char *copy = strdup(path), *const roots[] = { copy, NULL };
	struct fb_storage_tree sum = { .bytes = 0 };
	struct stat st;
	FTS *walk = NULL;

	if (copy && !lstat(copy, &st))
		walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	if (!walk) {
		fb_err_set(err, "storage '%s': %s", path, strerror(errno));
		free(copy);
		return -1;
	}
	errno = 0;
	for (const FTSENT *entry; (entry = fts_read(walk));)
		add_entry(&sum, entry);
	int error = errno;
	fts_close(walk);
	free(copy);
	if (error)
		return fb_err_set(err, "storage '%s': %s", path, strerror(error));
	*tree = sum;
	return 0;
}

void fb_bytes_text(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	snprintf(text, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

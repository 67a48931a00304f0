/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy from /etc/flightbase, file by file, keeping what was good before where a file is broken. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/policy.h"
#include "common/policy_parse.h"

#define SUFFIX ".json"
#define PATH_SIZE 4096

struct loader {
	const char *dir;
	const struct fb_policy *last;
	struct fb_policy_report *report;
	fb_policy_tell *tell; /* NULL: nobody is told */
	void *context;
	struct fb_policy *policy;
};

/*
 * errno tells what only changes with the file or its permissions, which the fingerprint sees, from what may pass by
 * itself: an error of the disk, no memory.
 */
static bool lasts(int error)
{
	return error == EINVAL || error == ENOENT || error == ENOTDIR || error == EACCES || error == EPERM || error == ELOOP;
}

static void add_fault(struct loader *loader, const struct fb_err *err)
{
	struct fb_policy_report *report = loader->report;

	report->errors += !lasts(errno);
	if (report->faults < FB_POLICY_FAULTS_MAX)
		report->fault[report->faults] = *err;
	report->faults++;
	if (loader->tell)
		loader->tell(loader->context, err);
}

static int load_site(struct loader *loader)
{
	struct fb_json_doc doc;
	struct fb_err err;
	char path[PATH_SIZE];
	int rc = -1;

	snprintf(path, sizeof(path), "%s/flightbase.json", loader->dir);
	if (fb_json_doc_read(&doc, path, FB_POLICY_FILE_MAX, &err) == 0) {
		struct fb_json root = fb_json_root(&doc);
		rc = fb_site_parse(&loader->policy->site, &root, &err);
		fb_json_doc_free(&doc);
		errno = EINVAL;
	}
	if (rc == 0)
		return 0;
	add_fault(loader, &err);
	if (!loader->last)
		return -1;
	loader->policy->site = loader->last->site;
	json_object_get(loader->policy->site.source);
	return 0;
}

/* "vision.json" is workspace vision; other names and hidden files are not for us. */
static bool workspace_file(const char *file, char *name, size_t name_size)
{
	size_t length = strlen(file), suffix = sizeof(SUFFIX) - 1;

	if (file[0] == '.' || length <= suffix || strcmp(file + length - suffix, SUFFIX))
		return false;
	snprintf(name, name_size, "%.*s", (int)(length - suffix), file);
	return true;
}

static struct fb_workspace *read_workspace(const char *path, const char *name, struct fb_err *err)
{
	struct fb_workspace *workspace = NULL;
	struct fb_json_doc doc;
	struct fb_err why;

	if (fb_name_check(name, &why)) {
		errno = EINVAL;
		fb_err_set(err, "%s: the file's name is %s", path, why.text);
		return NULL;
	}
	if (fb_json_doc_read(&doc, path, FB_POLICY_FILE_MAX, err))
		return NULL;
	struct fb_json root = fb_json_root(&doc);
	workspace = fb_workspace_parse(name, &root, err);
	fb_json_doc_free(&doc);
	if (!workspace)
		errno = EINVAL;
	return workspace;
}

static void load_workspace(struct loader *loader, const char *file)
{
	char path[PATH_SIZE], name[256];
	struct fb_err err;

	if (!workspace_file(file, name, sizeof(name)))
		return;
	snprintf(path, sizeof(path), "%s/workspaces.d/%s", loader->dir, file);
	if (loader->policy->count >= FB_POLICY_WORKSPACES_MAX) {
		errno = EINVAL;
		fb_err_set(&err, "%s: more than %d workspaces: this one is not read", path, FB_POLICY_WORKSPACES_MAX);
		add_fault(loader, &err);
		return;
	}
	struct fb_workspace *workspace = read_workspace(path, name, &err);
	if (!workspace) {
		add_fault(loader, &err);
		const struct fb_workspace *last = loader->last ? fb_policy_find(loader->last, name) : NULL;
		workspace = last ? fb_workspace_copy(last) : NULL;
	}
	if (workspace)
		fb_policy_add(loader->policy, workspace);
}

/* Keep all that was good before and has not been read anew. */
static void copy_workspaces(struct loader *loader)
{
	for (size_t i = 0; loader->last && i < loader->last->bucket_count; i++)
		for (const struct fb_workspace *w = loader->last->buckets[i]; w; w = w->next) {
			struct fb_workspace *copy = fb_policy_find(loader->policy, w->name) ? NULL : fb_workspace_copy(w);
			if (copy)
				fb_policy_add(loader->policy, copy);
		}
}

static void folder_fault(struct loader *loader, const char *path)
{
	struct fb_err err;

	fb_err_set(&err, "%s: %s", path, strerror(errno));
	add_fault(loader, &err);
	copy_workspaces(loader);
}

/*
 * A missing folder means that there are no workspaces yet. One that vanished is a fault, as one that cannot be
 * read: workspaces are removed by deleting their files, and a folder that is being replaced must not remove all.
 */
static void load_workspaces(struct loader *loader)
{
	char path[PATH_SIZE];
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/workspaces.d", loader->dir);
	DIR *dir = opendir(path);
	if (!dir && errno == ENOENT && !(loader->last && loader->last->count))
		return;
	if (!dir) {
		folder_fault(loader, path);
		return;
	}
	while ((errno = 0, entry = readdir(dir)))
		load_workspace(loader, entry->d_name);
	if (errno)
		folder_fault(loader, path);
	closedir(dir);
}

struct fb_policy *fb_policy_load(const char *dir, const struct fb_policy *last, struct fb_policy_report *report)
{
	return fb_policy_load_telling(dir, last, report, NULL, NULL);
}

struct fb_policy *fb_policy_load_telling(const char *dir, const struct fb_policy *last, struct fb_policy_report *report,
					 fb_policy_tell *tell, void *context)
{
	struct loader loader = { .dir = dir, .last = last, .report = report, .tell = tell, .context = context };

	memset(report, 0, sizeof(*report));
	loader.policy = fb_policy_create(last ? last->count : 1024);
	if (!loader.policy || load_site(&loader)) {
		fb_policy_destroy(loader.policy);
		return NULL;
	}
	load_workspaces(&loader);
	return loader.policy;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value + 0x9e3779b97f4a7c15u + (hash << 6) + (hash >> 2);
	return hash * 0xff51afd7ed558ccdu;
}

static uint64_t file_fingerprint(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, 0))
		return mix(1, (uint64_t)errno);
	uint64_t hash = mix((uint64_t)st.st_ino, (uint64_t)st.st_size);
	hash = mix(hash, (uint64_t)st.st_mtim.tv_sec);
	hash = mix(hash, (uint64_t)st.st_mtim.tv_nsec);
	hash = mix(hash, (uint64_t)st.st_mode);
	for (; *name; name++)
		hash = mix(hash, (unsigned char)*name);
	return hash;
}

uint64_t fb_policy_fingerprint(const char *path)
{
	char name[256];
	int top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = top < 0 ? -1 : openat(top, "workspaces.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint64_t hash = top < 0 ? 0 : file_fingerprint(top, "flightbase.json");

	/* A sum, because readdir may give the same files in another order. */
	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (workspace_file(entry->d_name, name, sizeof(name)))
			hash += file_fingerprint(fd, entry->d_name);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	if (top >= 0)
		close(top);
	return hash;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/backend.h"

#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "coll/private.h"
#include "coll/tool/backend_coll.h"

static fb_coll_t *coll;

static int ucx_start(struct fb_world *world, struct fb_err *err)
{
	if (fb_coll_init(&coll))
		return fb_backend_result(FB_COLL_ERR_BOOTSTRAP, err);
	fb_backend_world(coll, world);
	return 0;
}

static int ucx_allreduce(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err)
{
	return fb_backend_result(fb_coll_allreduce(coll, send, recv, count, type, op), err);
}

static int ucx_barrier(struct fb_err *err)
{
	return fb_backend_result(fb_coll_barrier(coll), err);
}

static int ucx_allocate(size_t bytes, void **memory, struct fb_err *err)
{
	return fb_backend_result(fb_coll_alloc(coll, bytes, memory), err);
}

/* After a failure it stays as it is, and the failure has been told. */
static void ucx_release(void *memory)
{
	fb_coll_free(coll, memory);
}

static void ucx_transports(char *text, size_t size)
{
	fb_coll_transports(coll, text, size);
}

static int ucx_lost_rank(void)
{
	return coll ? fb_coll_lost_rank(coll) : -1;
}

static int ucx_finish(struct fb_err *err)
{
	fb_coll_t *old = coll;

	coll = NULL;
	return fb_backend_result(fb_coll_finalize(old), err);
}

static int ucx_pair(int peer, const void *send, void *recv, size_t bytes, struct fb_err *err)
{
	return fb_backend_result(fb_coll_pair(coll, peer, send, recv, bytes), err);
}

static int ucx_set(enum fb_setting setting, int value, struct fb_err *err)
{
	if (setting != FB_SETTING_TIMEOUT)
		return fb_err_set(err, "this back end moves host memory: there is nothing of a GPU to set");
	return fb_backend_timeout(value, err);
}

const struct fb_backend fb_backend_ucx = {
	.name = "ucx", .start = ucx_start, .allreduce = ucx_allreduce, .barrier = ucx_barrier, .transports = ucx_transports,
	.lost_rank = ucx_lost_rank, .finish = ucx_finish, .pair = ucx_pair, .set = ucx_set, .allocate = ucx_allocate,
	.release = ucx_release,
};

#define FILE_PREFIX "/allreduce-"
#define FILE_SUFFIX ".so"

static const char *module_folder(void)
{
	const char *folder = getenv("FLIGHTBASE_MODULES");

	return folder && *folder ? folder : FB_MODULE_FOLDER;
}

static void module_path(const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s" FILE_PREFIX "%s" FILE_SUFFIX, module_folder(), name);
}

/* "ucx, mpi": those that a --backend may name now. */
static void list_installed(char *text, size_t size)
{
	const size_t suffix = strlen(FILE_SUFFIX);
	char pattern[PATH_MAX];
	glob_t found;

	snprintf(text, size, "%s", fb_backend_ucx.name);
	module_path("*", pattern, sizeof(pattern));
	if (glob(pattern, 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + strlen(FILE_PREFIX);
		size_t used = strlen(text);

		snprintf(text + used, size - used, ", %.*s", (int)(strlen(name) - suffix), name);
	}
	globfree(&found);
}

int fb_backend_check(const char *name, struct fb_err *err)
{
	static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	char path[PATH_MAX], installed[256];

	if (!strcmp(name, fb_backend_ucx.name))
		return 0;
	if (*name && strlen(name) < 64 && strspn(name, known) == strlen(name)) {
		module_path(name, path, sizeof(path));
		if (!access(path, F_OK))
			return 0;
	}
	list_installed(installed, sizeof(installed));
	return fb_err_set(err, "'%.40s' is not installed: there is %s (modules are %s" FILE_PREFIX "NAME" FILE_SUFFIX ")", name,
			  installed, module_folder());
}

const struct fb_backend *fb_backend_find(const char *name, struct fb_err *err)
{
	char path[PATH_MAX];

	if (!strcmp(name, fb_backend_ucx.name))
		return &fb_backend_ucx;
	module_path(name, path, sizeof(path));
	void *module = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!module) {
		fb_err_set(err, "backend '%s': %s", name, dlerror());
		return NULL;
	}
	const struct fb_backend *backend = dlsym(module, FB_BACKEND_SYMBOL);
	if (!backend)
		fb_err_set(err, "backend '%s': '%.200s' is not a backend", name, path);
	return backend;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/backend.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fb_coll_t *coll;

static int ucx_result(fb_coll_status_t status, struct fb_err *err)
{
	return status ? fb_err_set(err, "%s", fb_coll_error_text()) : 0;
}

static int ucx_start(struct fb_world *world, struct fb_err *err)
{
	if (fb_coll_init(&coll))
		return ucx_result(FB_COLL_ERR_BOOTSTRAP, err);
	world->rank = fb_coll_rank(coll);
	world->size = fb_coll_size(coll);
	world->local_size = fb_coll_local_size(coll);
	snprintf(world->host, sizeof(world->host), "%s", fb_coll_host(coll, world->rank));
	snprintf(world->bootstrap, sizeof(world->bootstrap), "%s", fb_coll_bootstrap(coll));
	return 0;
}

static int ucx_allreduce(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err)
{
	return ucx_result(fb_coll_allreduce(coll, send, recv, count, type, op), err);
}

static int ucx_barrier(struct fb_err *err)
{
	return ucx_result(fb_coll_barrier(coll), err);
}

static int ucx_allocate(size_t bytes, void **memory, struct fb_err *err)
{
	return ucx_result(fb_coll_alloc(coll, bytes, memory), err);
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
	return ucx_result(fb_coll_finalize(old), err);
}

const struct fb_backend fb_backend_ucx = {
	"ucx", ucx_start, ucx_allreduce, ucx_barrier, ucx_allocate, ucx_release, ucx_transports, ucx_lost_rank, ucx_finish,
};

const struct fb_backend *fb_backend_find(const char *name, struct fb_err *err)
{
	const char *folder = getenv("FLIGHTBASE_MODULES");
	char path[PATH_MAX];

	if (!strcmp(name, fb_backend_ucx.name))
		return &fb_backend_ucx;
	snprintf(path, sizeof(path), "%s/allreduce-%s.so", folder && *folder ? folder : FB_MODULE_FOLDER, name);
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

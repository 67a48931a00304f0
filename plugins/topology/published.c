/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* dladdr */
#include "topology/published.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "topology/slurm_compat.h"

/* Set while slurmctld builds its topology, when nothing is scheduled; the handle keeps the code in memory. */
static struct {
	void *plugin;
	fb_guarantees_acquire_fn *acquire;
	fb_guarantees_release_fn *release;
} published;

/* The path as Slurm's loader wrote it: dlopen() compares names before it looks at files. */
static int plugin_path(char *path, size_t size)
{
	Dl_info self;
	const char *slash;

	if (!dladdr(&published, &self) || !self.dli_fname || !(slash = strrchr(self.dli_fname, '/')))
		return -1;
	int length = snprintf(path, size, "%.*s%s", (int)(slash + 1 - self.dli_fname), self.dli_fname,
			      FB_GUARANTEES_PLUGIN);
	return length < 0 || (size_t)length >= size ? -1 : 0;
}

void fb_published_find(void)
{
	char path[4096];

	fb_published_forget();
	if (!plugin_path(path, sizeof(path)))
		published.plugin = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
	if (published.plugin) {
		/* POSIX lets a function's address be read from an object pointer this way only. */
		*(void **)&published.acquire = dlsym(published.plugin, FB_GUARANTEES_ACQUIRE);
		*(void **)&published.release = dlsym(published.plugin, FB_GUARANTEES_RELEASE);
	}
	if (published.acquire && published.release)
		return;
	if (published.plugin)
		error("flightbase: topology: %s is of another version: no guarantees of workspaces are kept", path);
	else
		debug("flightbase: topology: job_submit/flightbase is not loaded: there are no guarantees");
	fb_published_forget();
}

void fb_published_forget(void)
{
	if (published.plugin)
		dlclose(published.plugin);
	published.plugin = NULL;
	published.acquire = NULL;
	published.release = NULL;
}

const struct fb_guarantees *fb_published_acquire(void)
{
	return published.acquire ? published.acquire() : NULL;
}

void fb_published_release(void)
{
	published.release();
}

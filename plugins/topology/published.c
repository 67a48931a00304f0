/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/published.h"

#include <dlfcn.h>

#include "common/beside.h"
#include "topology/slurm_compat.h"

/* Set while slurmctld builds its topology, when nothing is scheduled; the handle keeps the code in memory. */
static struct {
	void *plugin;
	fb_guarantees_acquire_fn *acquire;
	fb_guarantees_release_fn *release;
} published;

void fb_published_find(void)
{
	char path[4096];

	fb_published_forget();
	published.plugin = fb_beside_open(FB_GUARANTEES_PLUGIN, path, sizeof(path));
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

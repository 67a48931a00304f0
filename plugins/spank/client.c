/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* program_invocation_short_name */
#include "spank/client.h"

#include <errno.h>
#include <slurm/spank.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/option.h"
#include "common/request.h"
#include "spank/preflight.h"

extern char **environ;

static bool is(const char *command)
{
	return !strcmp(program_invocation_short_name, command);
}

static void drop_variables(const char *prefix)
{
	char name[256];

	for (char **variable = environ; variable && *variable;) {
		const char *equals = strchr(*variable, '=');

		if (!equals || strncmp(*variable, prefix, strlen(prefix)) || (size_t)(equals - *variable) >= sizeof(name)) {
			variable++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)(equals - *variable), *variable);
		unsetenv(name); /* the next one moves here */
	}
}

void fb_client_begin_job(void)
{
	drop_variables(FB_REQUEST_VARIABLE);
	/* What the job around it asked for says nothing of the shell. */
	if (is("salloc"))
		unsetenv("SLURM_SPANK_" FB_REQUEST_VARIABLE "preflight");
}

void fb_client_begin_step(void)
{
	fb_preflight_client_begin();
	if (!getenv("SLURM_HET_SIZE"))
		return;
	drop_variables(FB_REQUEST_VARIABLE);
	drop_variables("SLURM_SPANK_" FB_REQUEST_VARIABLE);
}

int fb_client_option(int id, const char *value, int remote)
{
	struct fb_err err;

	(void)remote;
	if (id < 0 || id >= FB_OPTION_COUNT)
		return -1;
	if (is("scrontab")) {
		slurm_error("flightbase: option '--%s': has no effect in a crontab: Slurm does not carry it; use --account=WORKSPACE "
			    "there",
			    fb_options[id].name);
		return -1;
	}
	if (fb_option_check((enum fb_option_id)id, value, &err)) {
		slurm_error("flightbase: %s", err.text);
		return -1;
	}
	if (id == FB_OPTION_PREFLIGHT && is("salloc")) {
		slurm_error("flightbase: option '--preflight': salloc starts no program that it could be measured for; give it to srun "
			    "inside the allocation");
		return -1;
	}
	if (id == FB_OPTION_PREFLIGHT && spank_context() == S_CTX_LOCAL)
		fb_preflight_client_option(value);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flightbase-allreduce: exits 0 when all results are right and as fast as expected, 1 on failures, wrong results and a
 * shortfall, 2 on usage errors.
 */
#include "fb_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coll/tool/session.h"
#include "coll/tool/tune.h"

/* Before the ranks know each other, their launcher's numbers say who speaks. */
static bool first_task(void)
{
	const char *rank = getenv("FLIGHTBASE_RANK");

	if (!rank)
		rank = getenv("SLURM_PROCID");
	return !rank || !strcmp(rank, "0");
}

static int complain(const struct fb_err *err, int status)
{
	if (first_task())
		fprintf(stderr, "flightbase-allreduce: %s%s\n", err->text, status == 2 ? "; see --help" : "");
	return status;
}

/* What the back end has to be told before it starts; 0 is what it does anyway. */
static int apply_settings(const struct fb_params *params, const struct fb_backend *backend, struct fb_err *err)
{
	static const char *const names[FB_SETTINGS] = {
		[FB_SETTING_TIMEOUT] = "timeout",
		[FB_SETTING_STREAM_NULL] = "stream_null",
		[FB_SETTING_CUDAGRAPH] = "cudagraph",
		[FB_SETTING_LOCAL_REGISTER] = "local_register",
		[FB_SETTING_CTA_POLICY] = "cta_policy",
		[FB_SETTING_DEVICE_IMPLEMENTATION] = "device_implementation",
		[FB_SETTING_DEVICE_CTA_COUNT] = "device_cta_count",
		[FB_SETTING_MEMORY] = "memory",
	};

	for (int i = 0; i < FB_SETTINGS; i++) {
		if (params->setting[i] <= 0)
			continue;
		if (!backend->set)
			return fb_err_set(err, "option '--%s': backend '%s' has no such setting", names[i], backend->name);
		if (backend->set((enum fb_setting)i, params->setting[i], err))
			return fb_err_prefix(err, "option '--%s': backend '%s'", names[i], backend->name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct fb_params params;
	struct fb_err err;

	if (fb_params_parse(argc, argv, &params, &err))
		return complain(&err, 2);
	if (params.help || params.version) {
		if (first_task())
			printf("%s", params.help ? fb_params_usage : "flightbase-allreduce " PACKAGE_VERSION "\n");
		return EXIT_SUCCESS;
	}
	const struct fb_backend *backend = fb_backend_find(params.backend, &err);
	if (!backend)
		return complain(&err, EXIT_FAILURE);
	if (apply_settings(&params, backend, &err))
		return complain(&err, 2);
	return params.tune ? fb_tune_run(&params) : fb_session_run(&params, backend);
}

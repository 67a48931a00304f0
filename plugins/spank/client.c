/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spank/client.h"

#include <slurm/spank.h>

#include "common/option.h"

int fb_client_option(int id, const char *value, int remote)
{
	struct fb_err err;

	(void)remote;
	if (id < 0 || id >= FB_OPTION_COUNT)
		return -1;
	if (fb_option_check((enum fb_option_id)id, value, &err)) {
		slurm_error("flightbase: %s", err.text);
		return -1;
	}
	return 0;
}

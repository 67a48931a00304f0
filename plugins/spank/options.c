/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spank/options.h"

#include "common/option.h"

int fb_options_register(spank_t spank, spank_opt_cb_f callback)
{
	for (int id = 0; id < FB_OPTION_COUNT; id++) {
		struct spank_option option = {
			.name = (char *)fb_options[id].name,
			.arginfo = (char *)fb_options[id].arginfo,
			.usage = (char *)fb_options[id].usage,
			.has_arg = (int)fb_options[id].argument,
			.val = id,
			.cb = callback,
		};
		spank_err_t rc = spank_option_register(spank, &option);

		if (rc != ESPANK_SUCCESS) {
			slurm_error("flightbase: option '--%s': could not be registered: %s", fb_options[id].name,
				    spank_strerror(rc));
			return (int)rc;
		}
	}
	return ESPANK_SUCCESS;
}

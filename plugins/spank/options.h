/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registering the option table of common/option.h with Slurm. */
#ifndef FB_SPANK_OPTIONS_H
#define FB_SPANK_OPTIONS_H

#include <slurm/spank.h>

/* Register every option with one callback; its first argument is the enum fb_option_id. */
int fb_options_register(spank_t spank, spank_opt_cb_f callback);

#endif

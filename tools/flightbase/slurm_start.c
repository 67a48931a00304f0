/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/slurm_start.h"

#include <slurm/slurm.h>
#include <stdbool.h>

void fb_slurm_start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	slurm_init(NULL);
}

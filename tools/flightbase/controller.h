/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slurmctld: where it is, whether it answers, and what it knows. fb_db_open or slurm_init comes first. */
#ifndef FB_CONTROLLER_H
#define FB_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

#include "flightbase/spec.h"

/* Is this one of the controllers' machines; and the first one's name. */
bool fb_controller_here(void);
const char *fb_controller_host(void);

/* Does one of them answer? Does not wait for one that is down, as other requests do. */
bool fb_controller_up(void);

/* GPUs of all nodes, also of those that are down. Return 0, or -1 with err. */
int fb_controller_gpus(int64_t *gpus, struct fb_err *err);

/*
 * Has it learned what slurmdbd was told: the account's quota, its QOS and exactly these members; spec NULL: that the
 * account is gone? Return 1, 0: not yet, or -1 with err.
 */
int fb_controller_knows(const struct fb_db *db, const char *account, const struct fb_spec *spec, struct fb_err *err);

#endif

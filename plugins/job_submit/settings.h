/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy in slurmctld's memory. One thread of ours looks at /etc/flightbase once a second, reads what
 * changed and swaps the policy; it also keeps a snapshot of Slurm's associations. Submissions only read memory. The last good policy is kept in
 * StateSaveLocation/flightbase, because a reconfiguration re-executes slurmctld.
 */
#ifndef FB_JOB_SUBMIT_SETTINGS_H
#define FB_JOB_SUBMIT_SETTINGS_H

#include "common/guarantees.h"
#include "common/policy.h"
#include "job_submit/accounting.h"

int fb_settings_start(void); /* loads, then starts the thread; SLURM_SUCCESS or SLURM_ERROR */
void fb_settings_stop(void);

/*
 * The policy, NULL if none could be read so far, and, if wanted, the snapshot of the associations. Valid until
 * release, which must follow on the same thread.
 */
const struct fb_policy *fb_settings_acquire(const struct fb_accounting_snapshot **snapshot);
void fb_settings_release(void);

/* For the topology plugin, which looks them up by name: common/guarantees.h says what they do. */
fb_guarantees_acquire_fn fb_guarantees_acquire_1;
fb_guarantees_release_fn fb_guarantees_release_1;

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preemptible jobs: those in the site's preemptible QOS. The option --preemptible puts a job there; who names
 * the QOS itself has the same. A job stays what it was submitted as.
 */
#ifndef FB_COMMON_PREEMPTIBLE_H
#define FB_COMMON_PREEMPTIBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Does --qos name it, alone or in a list? Slurm compares without regard to case. qos may be NULL. */
bool fb_preemptible_named(const char *qos, const char *preemptible_qos);

/* Is a job preemptible that gives the option or not, and names qos (NULL or "": none)? Return 0, or -1 with err. */
int fb_preemptible_decide(bool option, const char *qos, const char *preemptible_qos, bool *preemptible, struct fb_err *err);

/* May a job that is preemptible or not be given another QOS? Return 0, or -1 with err. */
int fb_preemptible_keep(uint32_t job_id, bool preemptible, const char *qos, const char *preemptible_qos, struct fb_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often and how long job_submit decided. Counted without locks by any number of threads; written
 * as JSON by the settings thread.
 */
#ifndef FB_JOB_SUBMIT_COUNTERS_H
#define FB_JOB_SUBMIT_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/decide.h"

uint64_t fb_counters_now(void); /* nanoseconds of a clock that never jumps */
void fb_counters_add(enum fb_verdict verdict, uint64_t nanoseconds);

/*
 * Write one line of JSON: submissions by verdict, settings files that are broken now and how often settings
 * failed to load, and the quantiles of the time of one decision in microseconds (within 6%).
 * Return its length. The total changes when anything was counted.
 */
int fb_counters_format(char *text, size_t size, size_t broken_now, uint64_t load_failures);
uint64_t fb_counters_total(void);

#endif

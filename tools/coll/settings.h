/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's environment variables; flightbase-coll(7) documents them. */
#ifndef FB_COLL_SETTINGS_H
#define FB_COLL_SETTINGS_H

#include <stdbool.h>

#include "coll/status.h"

enum fb_bootstrap_kind { FB_BOOTSTRAP_AUTO, FB_BOOTSTRAP_PMI2, FB_BOOTSTRAP_PMIX, FB_BOOTSTRAP_FILE, FB_BOOTSTRAP_SINGLE };
/* MAPPED is no setting: AUTO is that where memory is mapped. */
enum fb_algorithm_kind {
	FB_ALGORITHM_AUTO,
	FB_ALGORITHM_RING,
	FB_ALGORITHM_DOUBLING,
	FB_ALGORITHM_HALVING,
	FB_ALGORITHM_RAILS,
	FB_ALGORITHM_MAPPED,
};

/* AUTO to RAILS as FLIGHTBASE_ALGORITHM and tables name them, then NULL. */
extern const char *const fb_algorithm_names[];

enum fb_simd_kind { FB_SIMD_AUTO, FB_SIMD_SSE2, FB_SIMD_AVX2, FB_SIMD_AVX512 };

struct fb_settings {
	enum fb_bootstrap_kind bootstrap; /* FLIGHTBASE_BOOTSTRAP */
	enum fb_algorithm_kind algorithm; /* FLIGHTBASE_ALGORITHM */
	enum fb_simd_kind simd;		  /* FLIGHTBASE_SIMD */
	bool mapped;			  /* FLIGHTBASE_MAPPED: ranks of a node may use mapped memory */
	const char *tuning;		  /* FLIGHTBASE_TUNING: a file; NULL: the site's, "none": none */
	int start_s;			  /* FLIGHTBASE_START_TIMEOUT: until all ranks have found each other */
	int stall_s;			  /* FLIGHTBASE_STALL_TIMEOUT: a rank does not answer, or no data moves */
	int late_s;			  /* FLIGHTBASE_LATE_TIMEOUT: a living rank does not come to the operation */
};

fb_coll_status_t fb_settings_read(struct fb_settings *settings, struct fb_err *err);

/* A whole number from a variable in [min, max]; the default where it is unset. */
fb_coll_status_t fb_settings_number(const char *variable, int min, int max, int otherwise, int *value, struct fb_err *err);

#endif

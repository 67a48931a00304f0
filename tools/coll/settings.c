/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/settings.h"

#include <stdlib.h>
#include <string.h>

#include "common/number.h"

fb_coll_status_t fb_settings_number(const char *variable, int min, int max, int otherwise, int *value, struct fb_err *err)
{
	const char *text = getenv(variable);
	struct fb_err why;
	int64_t number;

	if (!text || !*text) {
		*value = otherwise;
		return FB_COLL_OK;
	}
	if (fb_number_parse(text, min, max, &number, &why))
		return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "environment variable %s: %s", variable, why.text);
	*value = (int)number;
	return FB_COLL_OK;
}

/* The index of the variable's value among the names; 0 where it is unset. */
static fb_coll_status_t read_choice(const char *variable, const char *const *names, int *choice, struct fb_err *err)
{
	const char *text = getenv(variable);
	char known[128] = "";

	*choice = 0;
	if (!text || !*text)
		return FB_COLL_OK;
	for (int i = 0; names[i]; i++) {
		if (!strcmp(text, names[i])) {
			*choice = i;
			return FB_COLL_OK;
		}
		strncat(known, i ? ", " : "", sizeof(known) - strlen(known) - 1);
		strncat(known, names[i], sizeof(known) - strlen(known) - 1);
	}
	return fb_coll_fail(err, FB_COLL_ERR_ARGUMENT, "environment variable %s: '%.40s' is unknown: one of %s", variable,
			    text, known);
}

fb_coll_status_t fb_settings_read(struct fb_settings *settings, struct fb_err *err)
{
	static const char *const bootstraps[] = { "auto", "pmi2", "pmix", "file", "single", NULL };
	static const char *const simds[] = { "auto", "sse2", "avx2", "avx512", NULL };
	static const char *const mappings[] = { "yes", "no", NULL };
	const int day = 24 * 60 * 60;
	int bootstrap, algorithm, simd, mapping;
	fb_coll_status_t status;

	if ((status = read_choice("FLIGHTBASE_BOOTSTRAP", bootstraps, &bootstrap, err)) ||
	    (status = read_choice("FLIGHTBASE_ALGORITHM", fb_algorithm_names, &algorithm, err)) ||
	    (status = read_choice("FLIGHTBASE_SIMD", simds, &simd, err)) ||
	    (status = read_choice("FLIGHTBASE_MAPPED", mappings, &mapping, err)) ||
	    (status = fb_settings_number("FLIGHTBASE_START_TIMEOUT", 1, day, 60, &settings->start_s, err)) ||
	    (status = fb_settings_number("FLIGHTBASE_STALL_TIMEOUT", 1, day, 30, &settings->stall_s, err)) ||
	    (status = fb_settings_number("FLIGHTBASE_LATE_TIMEOUT", 1, 30 * day, 600, &settings->late_s, err)))
		return status;
	settings->bootstrap = (enum fb_bootstrap_kind)bootstrap;
	settings->algorithm = (enum fb_algorithm_kind)algorithm;
	settings->mapped = !mapping;
	settings->simd = (enum fb_simd_kind)simd;
	settings->tuning = getenv("FLIGHTBASE_TUNING");
	if (settings->tuning && !*settings->tuning)
		settings->tuning = NULL;
	return FB_COLL_OK;
}

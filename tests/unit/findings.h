/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking for findings in a report. */
#ifndef FB_TESTS_FINDINGS_H
#define FB_TESTS_FINDINGS_H

#include "check.h"
#include "flightbase/report.h"

/* There is a finding of this severity about this object with these words, and with this in its fix (NULL: any). */
static inline void check_finding(const struct fb_report *report, enum fb_severity severity, const char *object, const char *text,
				 const char *fix)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct fb_finding *f = &report->finding[i];

		if (f->severity == severity && !strcmp(f->object, object) && strstr(f->text, text) &&
		    (!fix || (f->fix && strstr(f->fix, fix))))
			return;
	}
	for (size_t i = 0; i < report->count; i++)
		print_message("%s %s: %s [%s]\n", fb_severity_name(report->finding[i].severity), report->finding[i].object,
			      report->finding[i].text, report->finding[i].fix ? report->finding[i].fix : "");
	fail_msg("no %s '%s' with '%s' [%s]", fb_severity_name(severity), object, text, fix ? fix : "");
}

/* Exactly so many errors and warnings. */
static inline void check_counts(const struct fb_report *report, size_t errors, size_t warnings)
{
	if (report->counts[FB_ERROR] == errors && report->counts[FB_WARNING] == warnings)
		return;
	for (size_t i = 0; i < report->count; i++)
		print_message("%s %s: %s\n", fb_severity_name(report->finding[i].severity), report->finding[i].object, report->finding[i].text);
	fail_msg("%zu errors and %zu warnings, not %zu and %zu", report->counts[FB_ERROR], report->counts[FB_WARNING], errors, warnings);
}

#endif

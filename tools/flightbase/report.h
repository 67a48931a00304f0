/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the doctor found: a list of findings, each with its fix. */
#ifndef FB_REPORT_H
#define FB_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum fb_severity {
	FB_OK,	      /* looked at, and good */
	FB_UNCHECKED, /* could not be looked at, and why */
	FB_WARNING,
	FB_ERROR,
	FB_SEVERITIES,
};

struct fb_finding {
	enum fb_severity severity;
	const char *group; /* a literal: "slurm.conf", "accounting" */
	char *object;	   /* what it is about: "JobSubmitPlugins", "workspace 'vision'" */
	char *text;
	char *fix; /* a command or a line to paste; NULL: there is none */
};

struct fb_report {
	size_t count;
	struct fb_finding *finding;
	size_t counts[FB_SEVERITIES];
};

/* Out of memory ends the program: a report that leaves findings out would be a lie. */
void fb_report_add(struct fb_report *report, enum fb_severity severity, const char *group, const char *object,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The fix of the finding that was added last. */
void fb_report_fix(struct fb_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

void fb_report_free(struct fb_report *report);

const char *fb_severity_name(enum fb_severity severity);

/* To standard output. verbose: also what is good. */
void fb_report_print(const struct fb_report *report, const char *title, bool verbose);
void fb_report_print_json(const struct fb_report *report, const char *host, const char *role, bool verbose);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/report.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "flightbase/json_add.h"
#include "flightbase/memory.h"

__attribute__((format(printf, 1, 0))) static char *make_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	fb_text_printable(fb_need(text));
	return text;
}

void fb_report_add(struct fb_report *report, enum fb_severity severity, const char *group, const char *object,
		   const char *format, ...)
{
	va_list args;

	report->finding = fb_need(realloc(report->finding, (report->count + 1) * sizeof(*report->finding)));
	struct fb_finding *finding = &report->finding[report->count++];
	*finding = (struct fb_finding){ .severity = severity, .group = group };
	if (asprintf(&finding->object, "%s", object) < 0)
		finding->object = NULL;
	fb_text_printable(fb_need(finding->object));
	va_start(args, format);
	finding->text = make_text(format, args);
	va_end(args);
	report->counts[severity]++;
}

void fb_report_fix(struct fb_report *report, const char *format, ...)
{
	struct fb_finding *finding = &report->finding[report->count - 1];
	va_list args;

	free(finding->fix);
	va_start(args, format);
	finding->fix = make_text(format, args);
	va_end(args);
}

void fb_report_free(struct fb_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->finding[i].object);
		free(report->finding[i].text);
		free(report->finding[i].fix);
	}
	free(report->finding);
	*report = (struct fb_report){ .count = 0 };
}

const char *fb_severity_name(enum fb_severity severity)
{
	static const char *const names[] = { "ok", "unchecked", "warning", "error" };

	return names[severity];
}

static void print_finding(const struct fb_finding *finding)
{
	printf("%-9s  %-11s %s: %s\n", fb_severity_name(finding->severity), finding->group, finding->object, finding->text);
	if (finding->fix)
		printf("%-9s  %-11s fix: %s\n", "", "", finding->fix);
}

void fb_report_print(const struct fb_report *report, const char *title, bool verbose)
{
	printf("%s\n", title);
	for (size_t i = 0; i < report->count; i++)
		if (verbose || report->finding[i].severity != FB_OK)
			print_finding(&report->finding[i]);
	printf("%zu error%s, %zu warning%s, %zu unchecked, %zu ok\n", report->counts[FB_ERROR],
	       report->counts[FB_ERROR] == 1 ? "" : "s", report->counts[FB_WARNING], report->counts[FB_WARNING] == 1 ? "" : "s",
	       report->counts[FB_UNCHECKED], report->counts[FB_OK]);
}

static struct json_object *finding_json(const struct fb_finding *finding)
{
	struct json_object *to = json_object_new_object();

	json_object_object_add(to, "severity", json_object_new_string(fb_severity_name(finding->severity)));
	json_object_object_add(to, "group", json_object_new_string(finding->group));
	json_object_object_add(to, "object", json_object_new_string(finding->object));
	json_object_object_add(to, "text", json_object_new_string(finding->text));
	json_object_object_add(to, "fix", finding->fix ? json_object_new_string(finding->fix) : NULL);
	return to;
}

void fb_report_print_json(const struct fb_report *report, const char *host, const char *role, bool verbose)
{
	struct json_object *root = json_object_new_object(), *findings = json_object_new_array();

	json_object_object_add(root, "host", json_object_new_string(host));
	json_object_object_add(root, "role", json_object_new_string(role));
	for (int s = FB_ERROR; s >= FB_OK; s--)
		json_object_object_add(root, fb_severity_name((enum fb_severity)s), json_object_new_int64((int64_t)report->counts[s]));
	json_object_object_add(root, "findings", findings);
	for (size_t i = 0; i < report->count; i++)
		if (verbose || report->finding[i].severity != FB_OK)
			json_object_array_add(findings, finding_json(&report->finding[i]));
	fb_json_put(root);
}

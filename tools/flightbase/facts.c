/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/facts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "flightbase/period.h"

void fb_facts_names(struct fb_page *page, const char *label, const char *key, const char *const *names, size_t count,
		    enum fb_facts_style style)
{
	struct json_object *array = json_object_new_array();
	char counted[32] = "", *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	for (size_t i = 0; stream && i < count; i++) {
		if (style != FB_FACTS_COUNT)
			fprintf(stream, "%s%s", i ? ", " : "", names[i]);
		json_object_array_add(array, json_object_new_string(names[i]));
	}
	if (stream)
		fclose(stream);
	if (style != FB_FACTS_NAMES)
		snprintf(counted, sizeof(counted), style == FB_FACTS_COUNT ? "%zu" : "%zu: ", count);
	if (count)
		fb_page_line(page, "%-12s %s%s", label, counted, text ? text : "");
	else
		fb_page_line(page, "%-12s none", label);
	fb_page_json(page, key, array);
	free(text);
}

void fb_facts_jobs(struct fb_page *page, const struct fb_state *state, const struct fb_count *count)
{
	if (!state->controller)
		return;
	fb_page_line(page, "Jobs         %" PRIu64 " running, %" PRIu64 " pending that want %" PRId64 " GPUs", count->running,
		     count->pending, count->wanted);
	fb_page_int(page, "used", count->used);
	fb_page_int(page, "wanted", count->wanted);
	fb_page_int(page, "running_jobs", (int64_t)count->running);
	fb_page_int(page, "pending_jobs", (int64_t)count->pending);
}

static void add_hours(struct json_object *json, const char *key, double hours)
{
	char text[64];

	snprintf(text, sizeof(text), "%.1f", hours);
	json_object_object_add(json, key, json_object_new_double_s(hours, text));
}

void fb_facts_hours(struct fb_page *page, const struct fb_state *state)
{
	struct json_object *json = state->usage && state->hours.until ? json_object_new_object() : NULL;
	char until[FB_TIME_TEXT_MAX];

	fb_page_json(page, "gpu_hours", json);
	if (state->usage && !state->hours.until)
		fb_page_line(page, "GPU-hours    not shown to you (PrivateData of slurmdbd)");
	if (!json)
		return;
	fb_time_text(state->hours.until, FB_TIME_MINUTES, until, sizeof(until));
	fb_page_line(page, "GPU-hours    %.1f in 7 days, %.1f in 30 days (full hours, to %s)", state->hours.week, state->hours.month,
		     until);
	add_hours(json, "days_7", state->hours.week);
	add_hours(json, "days_30", state->hours.month);
	fb_time_text(state->hours.until, FB_TIME_ISO, until, sizeof(until));
	json_object_object_add(json, "until", json_object_new_string(until));
}

void fb_facts_taken(struct fb_page *page, const struct fb_state *state, const char *hint)
{
	char when[FB_TIME_TEXT_MAX];

	if (!state->controller)
		return;
	fb_time_text(state->snapshot.taken, FB_TIME_SECONDS, when, sizeof(when));
	fb_page_line(page, "As of        %s%s", when, hint ? hint : "");
	fb_time_text(state->snapshot.taken, FB_TIME_ISO, when, sizeof(when));
	fb_page_text(page, "taken", when);
	fb_page_bool(page, "partial", state->snapshot.partial);
}

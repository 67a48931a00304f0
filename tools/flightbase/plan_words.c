/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/plan_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/duration.h"
#include "flightbase/groups.h"
#include "flightbase/names.h"
#include "flightbase/text.h"

#define WORDS step->words, sizeof(step->words)
#define ITEM_MAX 200

static void gpus(char *text, size_t size, int64_t count)
{
	if (count == FB_UNLIMITED)
		snprintf(text, size, "no limit");
	else
		snprintf(text, size, "%" PRId64, count);
}

static void minutes(char *text, size_t size, uint32_t count)
{
	if (count)
		fb_duration_format(count, text, size);
	else
		snprintf(text, size, "no limit");
}

/* "GPUs: 8 (was 4)"; nothing if nothing changes, and without the part in brackets if was is "". */
static void changed(struct fb_step *step, const char *what, const char *is, const char *was)
{
	char item[ITEM_MAX];

	if (!strcmp(is, was))
		return;
	snprintf(item, sizeof(item), *was ? "%s %s (was %s)" : "%s %s", what, is, was);
	fb_text_list(WORDS, item);
}

static void say_qos(struct fb_step *step, const struct fb_plan_site *site)
{
	const struct fb_spec *spec = step->spec;
	const struct fb_view *view = step->view;
	char is[40], was[40];

	if (!view->qos) {
		snprintf(WORDS, "create the QOS %s%s", FB_QOS_PREFIX, spec->name);
		return;
	}
	gpus(is, sizeof(is), spec->user_gpus);
	gpus(was, sizeof(was), view->user_gpus);
	changed(step, "GPUs of a user:", is, was);
	gpus(is, sizeof(is), spec->job_gpus);
	gpus(was, sizeof(was), view->job_gpus);
	changed(step, "GPUs of a job:", is, was);
	minutes(is, sizeof(is), spec->max_time);
	minutes(was, sizeof(was), view->max_time);
	changed(step, "time of a job:", is, was);
	if (!step->words[0])
		snprintf(WORDS, "let its jobs preempt those of the QOS %s", site->settings->preemptible_qos);
}

/* As people write it: a string without quotes, a list on one line. */
static const char *value_text(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ?
		       json_object_get_string(value) :
		       json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void say_key(struct fb_step *step, const char *key, struct json_object *is, struct json_object *was, bool new)
{
	char value[64], before[64], what[64];

	if (json_object_equal(is, was))
		return;
	snprintf(what, sizeof(what), "%.40s", key);
	snprintf(value, sizeof(value), "%.60s", is ? value_text(is) : "none");
	snprintf(before, sizeof(before), "%.60s", new ? "" : was ? value_text(was) : "none");
	changed(step, what, value, before);
}

static void say_settings(struct fb_step *step)
{
	struct json_object *is = step->spec->settings, *was = step->view->settings ? step->view->settings->source : NULL;

	json_object_object_foreach(is, key, value)
	{
		say_key(step, key, value, was ? json_object_object_get(was, key) : NULL, !was);
	}
	if (was) {
		json_object_object_foreach(was, old_key, old_value)
		{
			if (!json_object_object_get_ex(is, old_key, NULL))
				say_key(step, old_key, NULL, old_value, false);
		}
	}
	char items[FB_STEP_WORDS_MAX];
	memcpy(items, step->words, sizeof(items));
	snprintf(WORDS, "%s its settings%s%.350s", was ? "change" : "write", items[0] ? ": " : "", items);
}

static void say_account(struct fb_step *step)
{
	const struct fb_view *view = step->view;
	char is[40], was[40];

	gpus(is, sizeof(is), step->spec->gpus);
	if (!view->account) {
		snprintf(WORDS, "create the account, GPUs: %s", is);
		return;
	}
	gpus(was, sizeof(was), view->gpus);
	changed(step, "GPUs:", is, was);
	if (view->closed && !step->spec->closed)
		fb_text_list(WORDS, "take submissions again");
	if (!step->words[0])
		snprintf(WORDS, "set the QOS that its account may use");
}

static void say_members(struct fb_step *step)
{
	const struct fb_spec *spec = step->spec;
	char item[ITEM_MAX];

	for (size_t i = 0; i < spec->members; i++) {
		const struct fb_member *want = &spec->member[i], *have = fb_view_member(step->view, want->name);
		bool member = have && have->member, manager = have && have->manager;

		if (member && manager == want->manager)
			continue;
		snprintf(item, sizeof(item), "%s %s%s", member ? "make" : "add", want->name,
			 want->manager ? (member ? " a manager" : " (manager)") : member ? " a manager no more" : "");
		fb_text_list(WORDS, item);
	}
	for (size_t i = 0; i < step->view->members; i++) {
		const char *name = step->view->member[i].name;

		if (fb_spec_member(spec, name))
			continue;
		snprintf(item, sizeof(item), "remove %s", name);
		fb_text_list(WORDS, item);
	}
}

/* From the one way of letting members in to the other, or from group to group. */
static void say_group(struct fb_step *step)
{
	const struct fb_spec *spec = step->spec;
	const struct fb_tree *tree = step->tree;
	char item[ITEM_MAX];

	if (spec->group[0] && (tree->group != spec->gid || (tree->known && tree->gate == FB_GATE_NAMED)))
		snprintf(item, sizeof(item), "let group %s into its directories", spec->group);
	else if (!spec->group[0] && tree->known && tree->gate == FB_GATE_GROUP)
		snprintf(item, sizeof(item), "shut its directories to group %s", fb_group_text(tree->group).text);
	else
		return;
	fb_text_list(WORDS, item);
}

static void say_tree(struct fb_step *step, const struct fb_plan_site *site)
{
	const struct fb_spec *spec = step->spec;
	const struct fb_tree *tree = step->tree;
	const struct fb_member *owner = fb_spec_member(spec, spec->owner);
	char item[ITEM_MAX];

	if (!tree->there) {
		snprintf(WORDS, "make its directories in %.200s/workspaces/%s for %s", site->settings->root, spec->name, spec->owner);
		if (spec->group[0])
			fb_text_append(WORDS, " and group %s", spec->group);
		return;
	}
	if (owner && owner->uid != tree->owner) {
		snprintf(item, sizeof(item), "give its directories to %s", spec->owner);
		fb_text_list(WORDS, item);
	}
	if (tree->known && (!tree->parts || tree->gate == FB_GATE_ODD))
		fb_text_list(WORDS, "mend its directories");
	say_group(step);
	for (size_t i = 0; !spec->group[0] && i < spec->members; i++) {
		const struct fb_member *member = &spec->member[i];

		if (member == owner || fb_tree_lets_in(tree, member->uid) || (!tree->known && fb_view_member(step->view, member->name)))
			continue;
		snprintf(item, sizeof(item), "let %s into its directories", member->name);
		fb_text_list(WORDS, item);
	}
}

static void say_gate(struct fb_step *step)
{
	char item[ITEM_MAX];

	snprintf(WORDS, "shut its directories to ");
	size_t start = strlen(step->words);
	for (size_t i = 0; i < step->tree->entries; i++) {
		bool member = false;

		for (size_t m = 0; m < step->spec->members; m++)
			member |= step->spec->member[m].uid == step->tree->entry[i];
		if (member)
			continue;
		snprintf(item, sizeof(item), "%s", fb_user_text(step->tree->entry[i]).text);
		fb_text_list(step->words + start, sizeof(step->words) - start, item);
	}
	if (!step->words[start])
		fb_text_append(WORDS, "former members");
}

static void say_deadlines(struct fb_step *step)
{
	struct json_object *until;

	json_object_object_get_ex(step->spec->settings, "until", &until);
	snprintf(WORDS, "move the end of its pending jobs to %.40s", until ? json_object_get_string(until) : "no end");
}

void fb_plan_words(struct fb_step *step, const struct fb_plan_site *site)
{
	step->words[0] = '\0';
	switch (step->kind) {
	case FB_STEP_SITE: snprintf(WORDS, "write the site's settings"); break;
	case FB_STEP_TREE: say_tree(step, site); break;
	case FB_STEP_PREEMPTIBLE: snprintf(WORDS, "create the QOS %s for preemptible jobs", site->settings->preemptible_qos); break;
	case FB_STEP_QOS: say_qos(step, site); break;
	case FB_STEP_SETTINGS: say_settings(step); break;
	case FB_STEP_ACCOUNT: say_account(step); break;
	case FB_STEP_MEMBERS: say_members(step); break;
	case FB_STEP_GATE: say_gate(step); break;
	case FB_STEP_DEADLINES: say_deadlines(step); break;
	case FB_STEP_CLOSE: snprintf(WORDS, "take no more submissions"); break;
	case FB_STEP_CANCEL: snprintf(WORDS, "cancel its pending jobs"); break;
	case FB_STEP_DROP_ACCOUNT: snprintf(WORDS, "remove the account and its members"); break;
	case FB_STEP_DROP_SETTINGS: snprintf(WORDS, "remove its settings"); break;
	case FB_STEP_DROP_QOS: snprintf(WORDS, "remove the QOS %s%s", FB_QOS_PREFIX, step->workspace); break;
	case FB_STEP_DROP_TREE: snprintf(WORDS, "remove its directories with all that is in them"); break;
	}
}

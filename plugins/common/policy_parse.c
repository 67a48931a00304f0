/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/policy_parse.h"

#include <stdlib.h>
#include <string.h>

#include "common/access.h"
#include "common/duration.h"

static int read_description(char *description, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *text;

	if (!fb_json_member(at, "description", &member))
		return 0;
	if (fb_json_need_string(&member, FB_POLICY_TEXT_MAX, &text, err))
		return -1;
	memcpy(description, text, strlen(text) + 1);
	fb_text_printable(description);
	return 0;
}

/* One of two words; false is the first. */
static int read_choice(bool *second, const struct fb_json *at, const char *key, const char *const words[2], struct fb_err *err)
{
	struct fb_json member;
	const char *text;

	if (!fb_json_member(at, key, &member))
		return 0;
	if (fb_json_need_string(&member, FB_NAME_MAX, &text, err))
		return -1;
	if (strcmp(text, words[0]) && strcmp(text, words[1]))
		return fb_json_error(&member, err, "'%s' is unknown: %s and %s are allowed", text, words[0], words[1]);
	*second = !strcmp(text, words[1]);
	return 0;
}

static int read_duration(uint32_t *minutes, const struct fb_json *at, const char *key, struct fb_err *err)
{
	struct fb_json member;
	const char *text;
	struct fb_err why;

	if (!fb_json_member(at, key, &member))
		return 0;
	if (fb_json_need_string(&member, FB_DURATION_TEXT_MAX, &text, err))
		return -1;
	return fb_duration_parse(text, minutes, &why) ? fb_json_error(&member, err, "%s", why.text) : 0;
}

static int read_root(struct fb_site *site, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *root;

	if (!fb_json_member(at, "root", &member))
		return fb_json_error(at, err, "key 'root' is missing");
	if (fb_json_need_string(&member, FB_POLICY_PATH_MAX, &root, err))
		return -1;
	if (root[0] != '/' || !root[1])
		return fb_json_error(&member, err, "'%.64s' is not an absolute path below /", root);
	memcpy(site->root, root, strlen(root) + 1);
	return 0;
}

static int read_preemptible_qos(struct fb_site *site, const struct fb_json *at, struct fb_err *err)
{
	const char *name = FB_POLICY_PREEMPTIBLE_QOS;
	struct fb_json member;
	struct fb_err why;

	if (fb_json_member(at, "preemptible_qos", &member)) {
		if (fb_json_need_string(&member, FB_NAME_MAX, &name, err))
			return -1;
		if (fb_name_check(name, &why))
			return fb_json_error(&member, err, "'%s': %s", name, why.text);
	}
	memcpy(site->preemptible_qos, name, strlen(name) + 1);
	return 0;
}

int fb_site_parse(struct fb_site *site, const struct fb_json *at, struct fb_err *err)
{
	static const char *const keys[] = { "root", "gpu_jobs", "before_start", "min_run", "preemptible_qos", NULL };
	struct fb_site read = { .min_run = FB_POLICY_MIN_RUN };

	if (fb_json_need_object(at, keys, err) || read_root(&read, at, err) ||
	    read_choice(&read.gpu_jobs_need_workspace, at, "gpu_jobs", (const char *const[]){ "any", "workspace" }, err) ||
	    read_choice(&read.hold_before_start, at, "before_start", (const char *const[]){ "refuse", "hold" }, err) ||
	    read_duration(&read.min_run, at, "min_run", err) || read_preemptible_qos(&read, at, err))
		return -1;
	read.source = json_object_get(at->value);
	*site = read;
	return 0;
}

static int read_instant(time_t *instant, char *kept, const struct fb_json *at, const char *key, enum fb_instant_edge edge,
			struct fb_err *err)
{
	struct fb_json member;
	const char *text;
	struct fb_err why;

	if (!fb_json_member(at, key, &member))
		return 0;
	if (fb_json_need_string(&member, FB_INSTANT_TEXT_MAX, &text, err))
		return -1;
	if (fb_instant_parse(text, edge, instant, &why))
		return fb_json_error(&member, err, "%s", why.text);
	memcpy(kept, text, strlen(text) + 1);
	return 0;
}

static int read_period(struct fb_workspace *w, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json until;

	if (read_instant(&w->from, w->from_text, at, "from", FB_INSTANT_BEGIN, err) ||
	    read_instant(&w->until, w->until_text, at, "until", FB_INSTANT_END, err))
		return -1;
	if (w->from && w->until && w->until <= w->from && fb_json_member(at, "until", &until))
		return fb_json_error(&until, err, "'%s' is not after 'from', '%s'", w->until_text, w->from_text);
	return 0;
}

unsigned int fb_policy_training(const char *type)
{
	static const char *const types[] = { "advanced", "builtin", "jupyter" };

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return 1u << i;
	return 0;
}

static int read_trainings(struct fb_workspace *w, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *type;

	w->trainings = FB_TRAINING_ALL;
	if (!fb_json_member(at, "training", &member))
		return 0;
	if (fb_json_need_array(&member, 1, 3, err))
		return -1;
	w->trainings = 0;
	for (size_t i = 0; i < fb_json_length(&member); i++) {
		struct fb_json element = fb_json_element(&member, i);

		if (fb_json_need_string(&element, FB_NAME_MAX, &type, err))
			return -1;
		if (!fb_policy_training(type))
			return fb_json_error(&element, err, "'%s' is unknown: advanced, builtin and jupyter are allowed", type);
		w->trainings |= fb_policy_training(type);
	}
	return 0;
}

/* The patterns stay in the source; what uses them reads them there. */
static int check_images(const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *pattern;

	if (!fb_json_member(at, "images", &member))
		return 0;
	if (fb_json_need_array(&member, 0, FB_POLICY_PATTERNS_MAX, err))
		return -1;
	for (size_t i = 0; i < fb_json_length(&member); i++) {
		struct fb_json element = fb_json_element(&member, i);

		if (fb_json_need_string(&element, FB_POLICY_TEXT_MAX, &pattern, err))
			return -1;
		for (const char *c = pattern; *c; c++)
			if (*c <= ' ' || *c == 0x7f)
				return fb_json_error(&element, err, "a pattern has no blanks and no control characters");
		if (!*pattern)
			return fb_json_error(&element, err, "an empty pattern");
	}
	return 0;
}

static int read_guarantee(struct fb_workspace *w, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	int64_t gpus = 0;

	if (fb_json_member(at, "guarantee", &member) && fb_json_need_int(&member, 0, FB_POLICY_GPUS_MAX, &gpus, err))
		return -1;
	w->guarantee = (unsigned int)gpus;
	return 0;
}

static int read_access(struct fb_workspace *w, const struct fb_json *at, struct fb_err *err)
{
	struct fb_json member;
	const char *text;
	struct fb_err why;

	if (!fb_json_member(at, "access", &member))
		return 0;
	if (fb_json_need_string(&member, FB_POLICY_TEXT_MAX, &text, err))
		return -1;
	return fb_access_parse(text, w->name, w->group, &why) ? fb_json_error(&member, err, "%s", why.text) : 0;
}

struct fb_workspace *fb_workspace_parse(const char *name, const struct fb_json *at, struct fb_err *err)
{
	static const char *const keys[] = { "description", "from",	"until",   "guarantee",
					    "training",	   "images", "min_run", "access", NULL };
	struct fb_workspace *workspace;

	if (fb_json_need_object(at, keys, err))
		return NULL;
	if (!(workspace = calloc(1, sizeof(*workspace)))) {
		fb_err_set(err, "out of memory");
		return NULL;
	}
	memcpy(workspace->name, name, strlen(name) + 1);
	if (read_description(workspace->description, at, err) || read_period(workspace, at, err) ||
	    read_guarantee(workspace, at, err) || read_trainings(workspace, at, err) || check_images(at, err) ||
	    read_duration(&workspace->min_run, at, "min_run", err) || read_access(workspace, at, err)) {
		fb_workspace_destroy(workspace);
		return NULL;
	}
	workspace->source = json_object_get(at->value);
	return workspace;
}

struct fb_workspace *fb_workspace_copy(const struct fb_workspace *workspace)
{
	struct fb_workspace *copy = malloc(sizeof(*copy));

	if (copy) {
		*copy = *workspace;
		copy->next = NULL;
		json_object_get(copy->source);
	}
	return copy;
}

void fb_workspace_destroy(struct fb_workspace *workspace)
{
	if (!workspace)
		return;
	json_object_put(workspace->source);
	free(workspace);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase topo check: what nodes have lost of what topology.json says. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/commands.h"
#include "flightbase/json_add.h"
#include "flightbase/memory.h"
#include "flightbase/places.h"
#include "flightbase/topo/diff.h"
#include "flightbase/topo/live.h"
#include "flightbase/topo/remarks.h"
#include "flightbase/topo/roster.h"
#include "flightbase/topo/sitemap.h"

enum { OPTION_FILE };

const struct fb_cli_option fb_topo_check_options[] = {
	[OPTION_FILE] = { "file", "FILE", "the file to compare with [" FB_TOPOLOGY_FILE "]", "file", 'f' },
	{ .name = NULL },
};

struct check {
	const char *path;
	struct fb_sitemap map;
	struct fb_roster roster;
	struct fb_remarks missing, other;
	size_t good;
};

static void node_check(struct check *check, const struct fb_machine *machine)
{
	const struct fb_sitemap_node *node = fb_sitemap_find(&check->map, machine->node);
	struct fb_diff *diff = fb_need(malloc(sizeof(*diff)));
	int minor[FB_ENGINE_GPUS_MAX];

	diff->count = 0;
	if (!node || node->type == FB_SITEMAP_NONE) {
		fb_remark_add(&check->missing, machine->node, "is not in %s: flightbase topo build makes it anew", check->path);
	} else {
		for (unsigned int g = 0; g < FB_ENGINE_GPUS_MAX; g++)
			minor[g] = machine->gpu[g].minor;
		fb_diff_make(diff, &check->map.file.type[node->type], &machine->type, machine->devices ? minor : NULL);
		check->good += !diff->count;
	}
	for (unsigned int d = 0; d < diff->count; d++)
		fb_remark_add(diff->entry[d].kind == FB_DIFF_OTHER ? &check->other : &check->missing, machine->node, "%s", diff->entry[d].text);
	free(diff);
}

static int live_read(struct fb_machine *machine, struct fb_err *err)
{
	static const struct fb_live_places here;
	struct fb_notes notes = { .count = 0 };
	struct fb_survey *survey = fb_need(malloc(sizeof(*survey)));
	char name[sizeof(machine->node)];

	fb_live_name(name, sizeof(name));
	int rc = fb_live_survey(survey, &here, &notes, err) || fb_survey_report(survey, machine, err) ? -1 : 0;
	if (rc)
		fb_err_prefix(err, "node '%s'", name);
	for (unsigned int n = 0; n < notes.count; n++)
		fb_cli_note("%s", notes.note[n].text);
	memcpy(machine->node, name, sizeof(name));
	free(survey);
	return rc;
}

static int live_add(struct fb_roster *roster, struct fb_err *err)
{
	struct fb_machine *machine = fb_need(calloc(1, sizeof(*machine)));
	char *text = NULL;
	size_t size;

	if (live_read(machine, err)) {
		free(machine);
		return -1;
	}
	FILE *stream = fb_need(open_memstream(&text, &size));
	fb_machine_print_json(machine, stream);
	if (fclose(stream))
		fb_need(NULL);
	free(machine);
	int rc = fb_roster_add_text(roster, "this node", text, size, err);
	free(text);
	return rc;
}

static int load(struct check *check, const struct fb_args *args, struct fb_err *err)
{
	if (fb_sitemap_read(&check->map, check->path, err))
		return -1;
	if (!args->words)
		return live_add(&check->roster, err);
	for (int w = 0; w < args->words; w++)
		if (fb_roster_add(&check->roster, args->word[w], err))
			return -1;
	return fb_roster_finish(&check->roster, err);
}

static void print_json(const struct check *check)
{
	struct json_object *root = json_object_new_object();

	fb_json_add_text(root, "file", check->path);
	fb_json_add_int(root, "nodes", (int64_t)check->roster.count);
	fb_json_add_int(root, "good", (int64_t)check->good);
	json_object_object_add(root, "missing", fb_remarks_json(&check->missing));
	json_object_object_add(root, "other", fb_remarks_json(&check->other));
	fb_json_put(root);
}

int fb_topo_check(const struct fb_args *args)
{
	struct check check = { .path = args->value[OPTION_FILE] ? args->value[OPTION_FILE] : FB_TOPOLOGY_FILE };
	struct fb_err err;
	int rc = FB_EXIT_DONE;

	if (load(&check, args, &err)) {
		rc = fb_cli_failed(&err);
	} else {
		for (size_t n = 0; n < check.roster.count; n++)
			node_check(&check, check.roster.entry[n].machine);
		rc = check.missing.count ? FB_EXIT_FAILED : FB_EXIT_DONE;
		if (args->json) {
			print_json(&check);
		} else {
			fb_remarks_print(&check.missing, "missing: ", stdout);
			fb_remarks_print(&check.other, "other: ", stdout);
			printf("%zu of %zu nodes are as %s says\n", check.good, check.roster.count, check.path);
		}
	}
	fb_remarks_free(&check.missing);
	fb_remarks_free(&check.other);
	fb_roster_free(&check.roster);
	fb_sitemap_free(&check.map);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flightbase/check.h"
#include "common/gres_text.h"
#include "flightbase/memory.h"
#include "flightbase/places.h"

#define GROUP "topology"
#define TOPOLOGY_FILE FB_CONF_DIR "/topology.json"

/* Lists of nodes, one for each way to be wrong. */
struct lists {
	hostlist_t *unwired, *unknown, *twice, *count, *type;
};

struct named {
	char *name;
	const struct fb_topofile_type *type;
};

struct names {
	size_t count, room;
	struct named *named; /* by name */
};

static int compare_named(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

static void expand(const struct fb_topofile *file, struct names *names, struct fb_report *report)
{
	for (size_t i = 0; i < file->entries; i++) {
		hostlist_t *list = slurm_hostlist_create(file->entry[i].hosts);

		if (!list) {
			fb_report_add(report, FB_ERROR, GROUP, file->entry[i].where, "'%s' is not a list of hosts", file->entry[i].hosts);
			continue;
		}
		for (char *name; (name = slurm_hostlist_shift(list));) {
			names->named = fb_grow(names->named, names->count, &names->room, sizeof(*names->named));
			names->named[names->count++] = (struct named){ name, &file->type[file->entry[i].type] };
		}
		slurm_hostlist_destroy(list);
	}
	if (names->count)
		qsort(names->named, names->count, sizeof(*names->named), compare_named);
}

static const struct named *find_named(const struct names *names, const char *name)
{
	const struct named key = { .name = (char *)name };

	return names->count ? bsearch(&key, names->named, names->count, sizeof(key), compare_named) : NULL;
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(const struct fb_check_node *const *)a)->name, (*(const struct fb_check_node *const *)b)->name);
}

static void compare_node(const struct names *names, const struct fb_check_node *node, const struct lists *lists)
{
	const struct named *found = find_named(names, node->name);

	if (!found && node->gpus)
		slurm_hostlist_push_host(lists->unwired, node->name);
	if (found && node->gpus != (int64_t)found->type->wiring.gpus)
		slurm_hostlist_push_host(lists->count, node->name);
	else if (found && found->type->gpu[0] && node->type[0] && strcasecmp(found->type->gpu, node->type))
		slurm_hostlist_push_host(lists->type, node->name);
}

/* Names of the file that no node has, and those that are there twice. */
static void compare_names(const struct names *names, const struct fb_check_node *nodes, size_t count, const struct lists *lists)
{
	const struct fb_check_node **sorted = fb_need_array(count, sizeof(*sorted));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &nodes[i];
	qsort(sorted, count, sizeof(*sorted), compare_nodes);
	for (size_t i = 0; i < names->count; i++) {
		const struct fb_check_node key = { .name = names->named[i].name }, *at = &key;

		if (i && !strcmp(names->named[i - 1].name, key.name))
			slurm_hostlist_push_host(lists->twice, key.name);
		else if (!bsearch(&at, sorted, count, sizeof(at), compare_nodes))
			slurm_hostlist_push_host(lists->unknown, key.name);
	}
	free(sorted);
}

static void say(struct fb_report *report, enum fb_severity severity, hostlist_t *nodes, const char *text, const char *fix)
{
	char names[1024], object[1100];

	if (!slurm_hostlist_count(nodes))
		return;
	if (slurm_hostlist_ranged_string(nodes, sizeof(names), names) < 0)
		snprintf(names, sizeof(names), "many");
	snprintf(object, sizeof(object), "nodes %s", names);
	fb_report_add(report, severity, GROUP, object, "%s", text);
	fb_report_fix(report, "%s", fix);
}

static void say_all(const struct lists *lists, const char *path, struct fb_report *report)
{
	char fix[512];

	snprintf(fix, sizeof(fix), "add {\"nodes\": \"...\", \"type\": \"...\"} to 'nodes' in %s, then: scontrol reconfigure", path);
	say(report, FB_WARNING, lists->unwired, "are not in the file: their GPUs are chosen as by stock Slurm", fix);
	snprintf(fix, sizeof(fix), "name each node once in %s, then: scontrol reconfigure", path);
	say(report, FB_ERROR, lists->twice, "are in the file twice: slurmctld refuses it", fix);
	snprintf(fix, sizeof(fix), "take them out of %s, or add them to slurm.conf", path);
	say(report, FB_WARNING, lists->unknown, "are in the file, but slurmctld has no such nodes", fix);
	snprintf(fix, sizeof(fix), "give them a type with as many GPUs in %s, or correct Gres= in slurm.conf", path);
	say(report, FB_ERROR, lists->count, "have another number of GPUs than their type in the file: their GPUs are chosen as by stock Slurm", fix);
	snprintf(fix, sizeof(fix), "give them their own type in %s", path);
	say(report, FB_WARNING, lists->type, "have GPUs of another model than their type in the file", fix);
}

void fb_check_topofile(const struct fb_topofile *file, const char *path, const struct fb_check_node *nodes, size_t count,
		       struct fb_report *report)
{
	struct lists lists = { slurm_hostlist_create(NULL), slurm_hostlist_create(NULL), slurm_hostlist_create(NULL),
			       slurm_hostlist_create(NULL), slurm_hostlist_create(NULL) };
	struct names names = { .count = 0 };
	size_t before = report->count;

	expand(file, &names, report);
	for (size_t i = 0; i < count; i++)
		compare_node(&names, &nodes[i], &lists);
	compare_names(&names, nodes, count, &lists);
	say_all(&lists, path, report);
	if (report->count == before)
		fb_report_add(report, FB_OK, GROUP, path, "has all %zu nodes, with as many GPUs", count);
	for (size_t i = 0; i < names.count; i++)
		free(names.named[i].name);
	free(names.named);
	slurm_hostlist_destroy(lists.unwired);
	slurm_hostlist_destroy(lists.unknown);
	slurm_hostlist_destroy(lists.twice);
	slurm_hostlist_destroy(lists.count);
	slurm_hostlist_destroy(lists.type);
}

static void compare_with_slurmctld(struct fb_check *check, const struct fb_topofile *file)
{
	struct fb_check_node *nodes = fb_need_array(check->nodes->record_count, sizeof(*nodes));
	struct fb_gres_node *gres = fb_need_array(check->nodes->record_count, sizeof(*gres));
	size_t count = 0;

	for (uint32_t i = 0; i < check->nodes->record_count; i++) {
		const node_info_t *node = &check->nodes->node_array[i];

		if (!node->name)
			continue;
		fb_gres_read_node(node->gres, &gres[count]);
		nodes[count] = (struct fb_check_node){ node->name, gres[count].gpus, gres[count].type };
		count++;
	}
	fb_check_topofile(file, TOPOLOGY_FILE, nodes, count, &check->report);
	free(nodes);
	free(gres);
}

void fb_check_topology(struct fb_check *check)
{
	struct fb_topofile file;
	struct fb_err err;

	if (fb_topofile_read(&file, TOPOLOGY_FILE, &err)) {
		bool missing = errno == ENOENT;

		fb_report_add(&check->report, missing ? FB_WARNING : FB_ERROR, GROUP, TOPOLOGY_FILE, "%s",
			      missing ? "is missing: GPUs are chosen as by stock Slurm" : err.text);
		fb_report_fix(&check->report, missing ? "describe the machines: flightbase topo build, flightbase-topo(8)" :
							"correct it (flightbase-topology.json(5)): slurmctld goes by the last good copy");
		return;
	}
	if (check->nodes && check->nodes->record_count)
		compare_with_slurmctld(check, &file);
	else
		fb_report_add(&check->report, FB_UNCHECKED, GROUP, TOPOLOGY_FILE, "is sound; against slurmctld's nodes: they are not to be had");
	fb_topofile_free(&file);
}

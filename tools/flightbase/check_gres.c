/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_gres.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "flightbase/check.h"
#include "common/gres_text.h"
#include "flightbase/jobs.h"
#include "flightbase/libslurm.h"

#define GROUP "gres.conf"
#define EXAMPLE "NodeName=%s Name=gpu Type=%s File=%s Cores=%s   # one such line for each GPU"

static void say_example(struct fb_report *report, const struct fb_gres_line *line)
{
	fb_report_fix(report, EXAMPLE, line->nodes ? line->nodes : "NODES", line->type ? line->type : "MODEL",
		      line->file ? line->file : "/dev/nvidiaN", line->cores ? line->cores : "FIRST-LAST");
}

void fb_check_gres_line(const char *where, const struct fb_gres_line *line, struct fb_report *report)
{
	size_t before = report->count;

	if (fb_gres_conf_detects(line->autodetect)) {
		fb_report_add(report, FB_WARNING, GROUP, where, "AutoDetect=%s adds Links= by itself, by which Slurm sorts the wrong way round",
			      line->autodetect);
		fb_report_fix(report, "AutoDetect=off, and " EXAMPLE, "NODES", "MODEL", "/dev/nvidiaN", "FIRST-LAST");
	}
	if (!line->name || strcasecmp(line->name, "gpu"))
		return;
	if (!line->type || !line->cores) {
		fb_report_add(report, FB_ERROR, GROUP, where, "lacks %s%s%s: Slurm keeps no map of which GPU is which, and they cannot be chosen",
			      line->type ? "" : "Type=", line->type || line->cores ? "" : " and ", line->cores ? "" : "Cores=");
		say_example(report, line);
	}
	if (!line->file) {
		fb_report_add(report, FB_ERROR, GROUP, where, "lacks File=: jobs are not told which GPUs are theirs");
		say_example(report, line);
	}
	if (line->links) {
		fb_report_add(report, FB_WARNING, GROUP, where, "has Links=, by which Slurm sorts the wrong way round; the wiring belongs into "
								 "topology.json");
		say_example(report, line);
	}
	if (report->count == before)
		fb_report_add(report, FB_OK, GROUP, where, "a GPU with type, file and cores");
}

struct lines {
	struct fb_check *check;
	size_t gpus;
};

/* Is the line for this host? A list of hosts that names it, or no list. */
static bool is_here(const struct fb_check *check, const char *nodes)
{
	char short_name[256];
	bool here = true;

	if (!nodes)
		return check->compute;
	hostlist_t *list = slurm_hostlist_create(nodes);
	snprintf(short_name, sizeof(short_name), "%.*s", (int)strcspn(check->host, "."), check->host);
	here = list && slurm_hostlist_find(list, short_name) >= 0;
	if (list)
		slurm_hostlist_destroy(list);
	return here;
}

/* The devices of this host's lines: "/dev/nvidia[0-3]" is a list of files as "n[0-3]" is one of hosts. */
static void check_devices(struct fb_check *check, const char *where, const struct fb_gres_line *line)
{
	if (!check->compute || !line->file || !is_here(check, line->nodes))
		return;
	hostlist_t *list = slurm_hostlist_create(line->file);
	for (char *file; list && (file = slurm_hostlist_shift(list)); free(file))
		if (access(file, F_OK)) {
			fb_report_add(&check->report, FB_ERROR, GROUP, where, "%s is not there on this node: slurmd does not start with it", file);
			fb_report_fix(&check->report, "nvidia-smi   # makes the devices when the driver is loaded; or remove the line");
		}
	if (list)
		slurm_hostlist_destroy(list);
}

static void take_line(void *context, const char *where, const struct fb_gres_line *line)
{
	struct lines *lines = context;

	lines->gpus += line->name && !strcasecmp(line->name, "gpu");
	lines->gpus += fb_gres_conf_detects(line->autodetect);
	fb_check_gres_line(where, line, &lines->check->report);
	check_devices(lines->check, where, line);
}

static void say_nodes(struct fb_report *report, hostlist_t *nodes, const char *text, const char *fix)
{
	char names[1024], object[1100];

	if (!slurm_hostlist_count(nodes))
		return;
	if (slurm_hostlist_ranged_string(nodes, sizeof(names), names) < 0)
		names[0] = '\0';
	snprintf(object, sizeof(object), "nodes %s", names);
	fb_report_add(report, FB_ERROR, GROUP, object, "%s", text);
	fb_report_fix(report, "%s", fix);
}

/* A node that has never come up has not told yet. */
static bool has_told(const node_info_t *node)
{
	return node->slurmd_start_time != 0 && (node->node_state & NODE_STATE_BASE) != NODE_STATE_FUTURE;
}

static void check_nodes(struct fb_check *check)
{
	hostlist_t *untyped = slurm_hostlist_create(NULL), *coreless = slurm_hostlist_create(NULL);
	struct fb_report *report = &check->report;
	uint32_t good = 0, silent = 0;

	for (uint32_t i = 0; i < check->nodes->record_count; i++) {
		const node_info_t *node = &check->nodes->node_array[i];
		struct fb_gres_node gres;

		if (!fb_tres_count(node->tres_fmt_str, "gres/gpu"))
			continue;
		fb_gres_read_node(node->gres, &gres);
		if (!gres.typed)
			slurm_hostlist_push_host(untyped, node->name);
		else if (!has_told(node))
			silent++;
		else if (!gres.cores)
			slurm_hostlist_push_host(coreless, node->name);
		else
			good++;
	}
	say_nodes(report, untyped, "GPUs without a type in slurm.conf: Slurm keeps no map of which GPU is which",
		  "NodeName=... Gres=gpu:MODEL:NUMBER   # in slurm.conf, and Type=MODEL in gres.conf");
	say_nodes(report, coreless, "slurmctld does not know the cores of the GPUs: Slurm keeps no map of which GPU is which",
		  "add Cores= to each line of gres.conf on these nodes, then restart slurmd there");
	if (silent)
		fb_report_add(report, FB_UNCHECKED, GROUP, "nodes", "%u with GPUs have never come up", silent);
	if (good)
		fb_report_add(report, FB_OK, GROUP, "nodes", "slurmctld knows type and cores of the GPUs of %u", good);
	slurm_hostlist_destroy(untyped);
	slurm_hostlist_destroy(coreless);
}

void fb_check_gres(struct fb_check *check)
{
	char *path = slurm_get_extra_conf_path((char *)"gres.conf");
	struct lines lines = { .check = check };
	struct fb_err err;

	if (!fb_gres_conf_read(path, take_line, &lines, &err)) {
		if (!lines.gpus && fb_check_cluster_gpus(check)) {
			fb_report_add(&check->report, FB_ERROR, GROUP, path, "has no line of a GPU, but the cluster has GPUs");
			fb_report_fix(&check->report, EXAMPLE, "NODES", "MODEL", "/dev/nvidiaN", "FIRST-LAST");
		}
	} else if (errno == ENOENT && !check->compute) {
		fb_report_add(&check->report, FB_OK, GROUP, path, "is not there, and needed on compute nodes only");
	} else {
		fb_report_add(&check->report, FB_ERROR, GROUP, path, "cannot be read: %s", err.text);
		fb_report_fix(&check->report, EXAMPLE, "NODES", "MODEL", "/dev/nvidiaN", "FIRST-LAST");
	}
	if (check->nodes)
		check_nodes(check);
	else
		fb_report_add(&check->report, FB_UNCHECKED, GROUP, "nodes", "their GPUs: slurmctld does not tell");
	slurm_xfree((void **)&path);
}

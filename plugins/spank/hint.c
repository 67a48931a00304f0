/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prolog reads topology.json, which may be large, and keeps the node's part and the job's number of nodes; a step
 * reads only that. Variables are set in each task: there the user's rights, containers and the task's own GPUs are what
 * they are for the program. Nothing that is read as root has a path that a user names, and what a user forges in the
 * environment (SLURM_STEP_GPUS, FLIGHTBASE_SET) only changes that user's own variables.
 */
#define _GNU_SOURCE /* AT_EACCESS */
#include "spank/hint.h"

#include <errno.h>
#include <fcntl.h>
#include <slurm/slurm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/number.h"
#include "spank/store.h"
#include "topology/adapters.h"
#include "topology/hints.h"
#include "topology/one_node.h"

#define NODES_MAX 1048576

/* slurmstepd serves one step. */
static struct {
	bool known; /* the prolog kept something */
	unsigned int nodes;
	struct fb_topofile file; /* of this node alone; empty: topology.json does not name it */
	bool whole_job;		 /* its GPUs are the job's: a batch script, or the shell of salloc */
	fb_gpuset gpus;
} kept;

/* Slurm's; weak, because the clients that load this plugin need not have it. */
extern bool gres_use_local_device_index(void) __attribute__((weak));

static bool in_list(const char *hosts, const char *node)
{
	hostlist_t *list = slurm_hostlist_create(hosts);
	bool found = list && slurm_hostlist_find(list, node) >= 0;

	if (list)
		slurm_hostlist_destroy(list);
	return found;
}

/* The node's part of topology.json for the caller to free; NULL: it has none, or it is at fault, which is logged. */
static char *read_node(uint32_t job)
{
	const char *node = getenv("SLURMD_NODENAME");
	struct fb_json_doc doc;
	struct fb_err err;
	char *text = NULL;

	if (!node)
		return NULL;
	if (fb_json_doc_read(&doc, FB_TOPOLOGY_FILE, FB_TOPOFILE_SIZE_MAX, &err)) {
		if (errno != ENOENT)
			slurm_error("flightbase: job %u: %s: its tasks are told nothing of the node's wires", job, err.text);
		return NULL;
	}
	if (fb_one_node_extract(&doc, node, in_list, &text, &err) < 0) {
		slurm_error("flightbase: job %u: %s: its tasks are told nothing of the node's wires", job, err.text);
		text = NULL;
	}
	fb_json_doc_free(&doc);
	return text;
}

/* Components of a heterogeneous job may work together: it has more nodes than the component. */
static unsigned int count_nodes(void)
{
	const char *text = getenv("SLURM_JOB_NUM_NODES");
	int64_t nodes;

	if (!text || fb_number_parse(text, 1, NODES_MAX, &nodes, NULL))
		nodes = 1;
	return getenv("SLURM_HET_JOB_ID") && nodes < 2 ? 2 : (unsigned int)nodes;
}

void fb_hint_keep(uint32_t job)
{
	char *node = read_node(job), *text = NULL;
	struct fb_err err;

	int length = asprintf(&text, "%u\n%s", count_nodes(), node ? node : "");
	if (length < 0)
		slurm_error("flightbase: job %u: out of memory: its tasks are told nothing of the node's wires", job);
	else if (fb_store_write_wires(job, text, (size_t)length, &err))
		slurm_error("flightbase: job %u: %s: its tasks are told nothing of the node's wires", job, err.text);
	if (length >= 0)
		free(text);
	free(node);
}

static int parse_kept(char *text, struct fb_err *err)
{
	char *end = strchr(text, '\n');
	int64_t nodes;

	if (!end)
		return fb_err_set(err, "no number of nodes");
	*end++ = '\0';
	if (fb_number_parse(text, 1, NODES_MAX, &nodes, err))
		return -1;
	kept.nodes = (unsigned int)nodes;
	return *end ? fb_topofile_parse(&kept.file, "wires", end, strlen(end), err) : 0;
}

/* A variable of a list of GPUs; what is no list is none. */
static fb_gpuset read_gpus(spank_t spank, const char *name)
{
	char text[128];
	fb_gpuset set = 0;

	if (spank_getenv(spank, name, text, (int)sizeof(text)) != ESPANK_SUCCESS || fb_gpuset_parse(text, &set))
		return 0;
	return set;
}

/* Slurm sets or removes these itself. A step that a foreign launcher runs in has the job's, and none of its own. */
static fb_gpuset step_gpus(spank_t spank)
{
	char count[32];
	fb_gpuset own = kept.whole_job ? 0 : read_gpus(spank, "SLURM_STEP_GPUS");

	if (own || (!kept.whole_job && spank_getenv(spank, "SLURM_GPUS_ON_NODE", count, (int)sizeof(count)) != ESPANK_SUCCESS))
		return own;
	return read_gpus(spank, "SLURM_JOB_GPUS");
}

void fb_hint_load(spank_t spank, uint32_t job, uint32_t step)
{
	struct fb_err err;
	char *text;

	if (fb_store_read_wires(job, &text, &err)) {
		if (errno != ENOENT)
			slurm_error("flightbase: job %u: %s: its tasks are told nothing of the node's wires", job, err.text);
		return;
	}
	kept.known = !parse_kept(text, &err);
	if (!kept.known)
		slurm_error("flightbase: job %u: %s: its tasks are told nothing of the node's wires", job, err.text);
	free(text);
	kept.whole_job = step == SLURM_BATCH_SCRIPT || step == SLURM_INTERACTIVE_STEP;
	kept.gpus = step_gpus(spank);
}

/*
 * The task's own, where Slurm binds tasks to GPUs. With devices constrained by cgroups, all tasks of the step have the same
 * list there, whatever they were given (24.11: common_gres_set_env() counts local indices), so it is not known.
 */
static fb_gpuset task_gpus(spank_t spank)
{
	if (kept.whole_job || !gres_use_local_device_index || gres_use_local_device_index())
		return 0;
	return read_gpus(spank, "SLURM_STEP_GPUS");
}

/* As the task's user, in its own mounts. */
static bool readable(const char *path)
{
	struct stat st;
	int fd = *path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	bool good = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode);

	if (fd >= 0)
		close(fd);
	return good;
}

static void look(struct fb_hints_request *request)
{
	if (!request->type)
		return;
	for (unsigned int n = 0; n < request->type->nics; n++)
		request->ports[n] = fb_adapter_ports("", request->type->nic[n].name);
	request->topo_readable = readable(request->type->nccl_topo);
}

/* Did the user write it? before is FLIGHTBASE_SET as it came. A value too long to be ours is the user's. */
static bool is_users(spank_t spank, const char *name, const char *before)
{
	char value[FB_HINT_VALUE_MAX];
	spank_err_t rc = spank_getenv(spank, name, value, (int)sizeof(value));

	return rc == ESPANK_NOSPACE || (rc == ESPANK_SUCCESS && !fb_hints_set_has(before, name, value));
}

static void apply(spank_t spank, const struct fb_hint *hint, const char *before, char *after, size_t size)
{
	if (hint->kind == FB_HINT_OFF || (hint->kind == FB_HINT_YIELD && is_users(spank, hint->name, before)))
		return;
	if (!hint->set) {
		spank_unsetenv(spank, hint->name);
		return;
	}
	spank_setenv(spank, hint->name, hint->value, 1);
	if (hint->kind == FB_HINT_YIELD)
		fb_hints_set_add(after, size, hint->name, hint->value);
}

static void apply_all(spank_t spank, const struct fb_hints *hints)
{
	char before[FB_HINTS_SET_MAX] = "", after[FB_HINTS_SET_MAX] = "";

	if (spank_getenv(spank, FB_HINTS_SET_VARIABLE, before, (int)sizeof(before)) != ESPANK_SUCCESS)
		before[0] = '\0';
	for (size_t i = 0; i < hints->count; i++)
		apply(spank, &hints->hint[i], before, after, sizeof(after));
	if (*after)
		spank_setenv(spank, FB_HINTS_SET_VARIABLE, after, 1);
	else
		spank_unsetenv(spank, FB_HINTS_SET_VARIABLE);
}

void fb_hint_set(spank_t spank, const struct fb_decision *step)
{
	static struct fb_hints hints;
	struct fb_hints_request request = { .p2p = step->p2p, .rdma = step->rdma };

	if (!kept.known) {
		fb_hint_clear(spank);
		return;
	}
	request.type = kept.file.types ? &kept.file.type[0] : NULL;
	request.nodes = kept.nodes;
	request.fabric = &kept.file.fabric;
	request.group = kept.file.fabric.groups ? &kept.file.fabric.group[0] : NULL;
	request.gpus = kept.gpus;
	request.task = task_gpus(spank);
	look(&request);
	fb_hints_make(&request, &hints);
	apply_all(spank, &hints);
}

void fb_hint_clear(spank_t spank)
{
	static struct fb_hints none;
	const struct fb_hints_request request = { .p2p = "", .rdma = "" };

	fb_hints_make(&request, &none);
	apply_all(spank, &none);
}

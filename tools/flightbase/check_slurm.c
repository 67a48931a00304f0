/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_slurm.h"

#include <stdio.h>
#include <string.h>

#include "flightbase/check.h"
#include "flightbase/controller.h"
#include "flightbase/libslurm.h"
#include "slurm_release.h"

#define GROUP "slurm.conf"

/* Bits of AccountingStorageEnforce; Slurm keeps their names in a header that it does not install. */
enum { ENFORCE_ASSOCIATIONS = 1, ENFORCE_LIMITS = 2, ENFORCE_QOS = 8, ENFORCE_SAFE = 16 };

#define ARRAY_SIZE_MIN 20001
#define JOB_COUNT_MIN 50000

/* Is the word in a list "a,b"? last: is it the last one. */
static bool list_has(const char *list, const char *word, bool *last)
{
	size_t length = strlen(word);

	while (list && *list) {
		size_t part = strcspn(list, ",");

		if (part == length && !strncmp(list, word, length)) {
			*last = !list[part];
			return true;
		}
		list += part + (list[part] == ',');
	}
	return false;
}

static void check_job_submit(const slurm_conf_t *conf, struct fb_report *report)
{
	const char *plugins = conf->job_submit_plugins ? conf->job_submit_plugins : "";
	bool last = false, there = list_has(plugins, "flightbase", &last) || list_has(plugins, "job_submit/flightbase", &last);

	if (!there) {
		fb_report_add(report, FB_ERROR, GROUP, "JobSubmitPlugins", "'%s' lacks flightbase: jobs are not held against their workspaces",
			      plugins);
		fb_report_fix(report, "JobSubmitPlugins=%s%sflightbase", plugins, *plugins ? "," : "");
	} else if (!last) {
		fb_report_add(report, FB_ERROR, GROUP, "JobSubmitPlugins", "'%s': flightbase is not the last: another plugin may change the "
									     "account after the decision", plugins);
		fb_report_fix(report, "JobSubmitPlugins=...,flightbase");
	} else {
		fb_report_add(report, FB_OK, GROUP, "JobSubmitPlugins", "%s", plugins);
	}
}

/* One that must be a certain word. */
static void check_word(struct fb_report *report, enum fb_severity severity, const char *key, const char *value, const char *wanted,
		       const char *why)
{
	if (value && !strcmp(value, wanted)) {
		fb_report_add(report, FB_OK, GROUP, key, "%s", value);
		return;
	}
	fb_report_add(report, severity, GROUP, key, "'%s', not %s: %s", value ? value : "", wanted, why);
	fb_report_fix(report, "%s=%s", key, wanted);
}

static void check_accounting(const slurm_conf_t *conf, struct fb_report *report)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} bits[] = { { ENFORCE_ASSOCIATIONS, "associations" }, { ENFORCE_LIMITS, "limits" }, { ENFORCE_QOS, "qos" }, { ENFORCE_SAFE, "safe" } };
	char missing[64] = "";
	bool last;

	check_word(report, FB_ERROR, "AccountingStorageType", conf->accounting_storage_type, "accounting_storage/slurmdbd",
		   "workspaces are accounts of slurmdbd");
	if (list_has(conf->accounting_storage_tres, "gres/gpu", &last)) {
		fb_report_add(report, FB_OK, GROUP, "AccountingStorageTRES", "names gres/gpu");
	} else {
		fb_report_add(report, FB_ERROR, GROUP, "AccountingStorageTRES", "lacks gres/gpu: GPUs are not counted, so no quota holds");
		fb_report_fix(report, "AccountingStorageTRES=gres/gpu   # then restart slurmctld");
	}
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (!(conf->accounting_storage_enforce & bits[i].bit))
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing), "%s%s", missing[0] ? "," : "", bits[i].name);
	if (missing[0]) {
		fb_report_add(report, FB_ERROR, GROUP, "AccountingStorageEnforce", "lacks %s: members and quotas do not hold", missing);
		fb_report_fix(report, "AccountingStorageEnforce=associations,limits,qos,safe");
	} else {
		fb_report_add(report, FB_OK, GROUP, "AccountingStorageEnforce", "associations,limits,qos,safe");
	}
}

static void check_prolog(const slurm_conf_t *conf, struct fb_report *report)
{
	if (conf->prolog_flags & PROLOG_FLAG_ALLOC) {
		fb_report_add(report, FB_OK, GROUP, "PrologFlags", "has Alloc");
		return;
	}
	fb_report_add(report, FB_ERROR, GROUP, "PrologFlags", "lacks Alloc: the decision about a job does not reach its nodes");
	fb_report_fix(report, "PrologFlags=Alloc");
}

static void check_least(struct fb_report *report, const char *key, uint32_t value, uint32_t least, const char *why)
{
	if (value >= least) {
		fb_report_add(report, FB_OK, GROUP, key, "%u", value);
		return;
	}
	fb_report_add(report, FB_WARNING, GROUP, key, "%u is small: %s", value, why);
	fb_report_fix(report, "%s=%u", key, least);
}

/* Slurm looks for it anywhere in the text, and without regard to case. */
static void check_top(const slurm_conf_t *conf, struct fb_report *report)
{
	if (!conf->sched_params || !strcasestr(conf->sched_params, "enable_user_top")) {
		fb_report_add(report, FB_OK, GROUP, "SchedulerParameters", "the order that a manager gives a member's jobs holds");
		return;
	}
	fb_report_add(report, FB_WARNING, GROUP, "SchedulerParameters", "has enable_user_top: by scontrol top members undo the order that their "
								       "manager gives their jobs by nice");
	fb_report_fix(report, "take enable_user_top out of SchedulerParameters=");
}

static void check_mpi(const slurm_conf_t *conf, struct fb_report *report)
{
	const char *mpi = conf->mpi_default ? conf->mpi_default : "none";

	if (!strncmp(mpi, "pmi", 3)) {
		fb_report_add(report, FB_OK, GROUP, "MpiDefault", "%s", mpi);
		return;
	}
	fb_report_add(report, FB_WARNING, GROUP, "MpiDefault", "'%s': ranks find each other only through the shared file system, or with "
							     "srun --mpi=pmi2", mpi);
	fb_report_fix(report, "MpiDefault=pmi2");
}

void fb_check_slurm_conf(const slurm_conf_t *conf, struct fb_report *report)
{
	check_job_submit(conf, report);
	check_word(report, FB_ERROR, "TopologyPlugin", conf->topology_plugin, "topology/flightbase",
		   "GPUs are chosen without regard to their wires, and guarantees are not kept");
	check_prolog(conf, report);
	check_accounting(conf, report);
	check_word(report, FB_ERROR, "SelectType", conf->select_type, "select/cons_tres", "GPUs cannot be scheduled");
	check_word(report, FB_WARNING, "PriorityType", conf->priority_type, "priority/multifactor",
		   "age, fair share and QOS do not count in the queue");
	check_least(report, "MaxArraySize", conf->max_array_sz, ARRAY_SIZE_MIN, "a sequential queue of a training is one array");
	check_least(report, "MaxJobCount", conf->max_job_cnt, JOB_COUNT_MIN, "queues of trainings are many jobs");
	check_top(conf, report);
	check_mpi(conf, report);
}

/* DefMemPerCPU= or DefMemPerNode= also give a job less than the node. */
void fb_check_slurm_memory(const slurm_conf_t *conf, int64_t memory_per_gpu, const partition_info_t *partition,
			   int64_t partition_memory_per_gpu, struct fb_report *report)
{
	bool limited = memory_per_gpu > 0 || partition_memory_per_gpu > 0 || conf->def_mem_per_cpu > 0 || partition->def_mem_per_cpu > 0;
	char object[300];

	snprintf(object, sizeof(object), "partition '%s'", partition->name);
	if (!(conf->select_type_param & FB_SELECT_MEMORY)) {
		fb_report_add(report, FB_OK, GROUP, object, "memory is not scheduled");
	} else if (limited) {
		fb_report_add(report, FB_OK, GROUP, object, "jobs get a part of a node's memory by default");
	} else {
		fb_report_add(report, FB_WARNING, GROUP, object, "no DefMemPerGPU: a job of one GPU takes all of a node's memory, and the "
								  "node's other GPUs stay idle");
		fb_report_fix(report, "DefMemPerGPU=MEGABYTES   # RealMemory of a node divided by its GPUs");
	}
}

static int64_t memory_per_gpu(list_t *defaults)
{
	list_itr_t *iterator = defaults ? slurm_list_iterator_create(defaults) : NULL;
	int64_t memory = -1;

	for (const job_defaults_t *d; iterator && (d = slurm_list_next(iterator));)
		if (d->type == JOB_DEF_MEM_PER_GPU)
			memory = (int64_t)d->value;
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	return memory;
}

/* A file that differs in anything but comments. */
static void check_same(struct fb_check *check)
{
	struct fb_report *report = &check->report;
	const char *path = slurm_conf.slurm_conf ? slurm_conf.slurm_conf : "slurm.conf";

	if (slurm_conf.hash_val == check->running->hash_val) {
		fb_report_add(report, FB_OK, GROUP, path, "is what slurmctld runs with");
		return;
	}
	fb_report_add(report, FB_WARNING, GROUP, path, "differs from what slurmctld runs with");
	if (check->controller)
		fb_report_fix(report, "scontrol reconfigure");
	else
		fb_report_fix(report, "scp %s:%s %s", fb_controller_host(), path, path);
}

void fb_check_slurm(struct fb_check *check)
{
	/* Without slurmctld, the file says what it would run with. */
	const slurm_conf_t *conf = check->running ? check->running : &slurm_conf;
	int64_t memory = memory_per_gpu(conf->job_defaults_list);

	fb_check_slurm_conf(conf, &check->report);
	if (check->running)
		check_same(check);
	for (uint32_t i = 0; check->partitions && i < check->partitions->record_count; i++) {
		const partition_info_t *partition = &check->partitions->partition_array[i];

		if (partition->tres_fmt_str && strstr(partition->tres_fmt_str, "gres/gpu="))
			fb_check_slurm_memory(conf, memory, partition, memory_per_gpu(partition->job_defaults_list), &check->report);
	}
}

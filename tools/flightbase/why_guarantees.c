/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs that workspaces are owed of their guarantees: those of it that they do not use, within their periods. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/decide.h"
#include "flightbase/assoc_cache.h"
#include "flightbase/why_load.h"

static bool in_period(const struct fb_workspace *w, time_t now)
{
	return (!w->from || w->from <= now) && (!w->until || now < w->until);
}

static bool is_preemptible(const struct fb_why_source *source, const slurm_job_info_t *info)
{
	return info->qos && !strcmp(info->qos, source->policy->site.preemptible_qos);
}

/* What a workspace uses of its guarantee: preemptible jobs run on borrowed GPUs, also those of the workspace itself. */
static int64_t used_by(const struct fb_why_source *source, const char *name)
{
	int64_t used = 0;

	for (uint32_t i = 0; i < source->all.count; i++) {
		const struct fb_job *job = &source->all.job[i];

		if (job->gpus && fb_job_phase(job->info) == FB_JOB_HOLDING && job->info->account &&
		    !strcasecmp(job->info->account, name) && !is_preemptible(source, job->info))
			used += job->gpus;
	}
	return used;
}

/* Where jobs are hidden, the cache may still tell the sum; it does not tell preemptible ones apart. */
static int64_t used_in_cache(const struct fb_why_source *source, const char *name, int64_t seen)
{
	const assoc_mgr_info_msg_t *cache = source->others;
	const slurmdb_assoc_rec_t *a = cache ? fb_assoc_cache_account(cache, name) : NULL;
	int64_t used = a && a->usage ? fb_assoc_used(a->usage->grp_used_tres, fb_assoc_cache_tres(cache, "gres/gpu")) : 0;

	return used > seen ? used : seen;
}

static int64_t count_lent(const struct fb_why_source *source)
{
	int64_t lent = 0;

	for (uint32_t i = 0; i < source->all.count; i++)
		if (fb_job_phase(source->all.job[i].info) == FB_JOB_HOLDING && is_preemptible(source, source->all.job[i].info))
			lent += source->all.job[i].gpus;
	return lent;
}

static int compare_keeps(const void *a, const void *b)
{
	const struct fb_why_keep *x = a, *y = b;
	int64_t owed_x = x->guarantee - x->used, owed_y = y->guarantee - y->used;

	if (owed_x != owed_y)
		return owed_x > owed_y ? -1 : 1;
	return strcmp(x->workspace, y->workspace);
}

static void add_keep(struct fb_why_source *source, const struct fb_workspace *w)
{
	struct fb_why_cluster *cluster = &source->why.cluster;
	const char *own = source->why.workspace.name;
	int64_t used = used_by(source, w->name);

	if (source->why.hidden_jobs)
		used = used_in_cache(source, w->name, used);
	if (used >= w->guarantee)
		return;
	if (own && !strcmp(own, w->name)) {
		cluster->own_owed = w->guarantee - used;
		return;
	}
	struct fb_why_keep *grown = realloc(cluster->keep, (cluster->keeps + 1) * sizeof(*grown));
	if (!grown)
		return;
	cluster->keep = grown;
	grown[cluster->keeps++] = (struct fb_why_keep){ w->name, w->guarantee, used };
	cluster->kept += w->guarantee - used;
}

static void load_others(struct fb_why_source *source)
{
	const char **names = calloc(source->policy->count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; names && i < source->policy->bucket_count; i++)
		for (const struct fb_workspace *w = source->policy->buckets[i]; w; w = w->next)
			if (w->guarantee)
				names[count++] = w->name;
	if (count)
		source->others = fb_assoc_cache_load(names, count, source->user, false);
	free(names);
}

void fb_why_load_guarantees(struct fb_why_source *source)
{
	const struct fb_policy *policy = source->policy;

	if (!policy)
		return;
	if (source->why.hidden_jobs)
		load_others(source);
	source->why.cluster.lent = count_lent(source);
	for (size_t i = 0; i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next)
			if (w->guarantee && in_period(w, source->why.now))
				add_keep(source, w);
	if (source->why.cluster.keeps)
		qsort(source->why.cluster.keep, source->why.cluster.keeps, sizeof(struct fb_why_keep), compare_keeps);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPUs that workspaces are owed of their guarantees: those of it that they do not use, within their periods. Counted
 * as topology/flightbase counts (usage.c): from slurmctld's association cache, where a workspace's use is what its
 * account uses without what its preemptible jobs hold.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flightbase/assoc_cache.h"
#include "flightbase/why_load.h"

struct reader {
	struct fb_why_source *source;
	const assoc_mgr_info_msg_t *cache; /* NULL: not shown */
	const slurmdb_qos_rec_t *lent;	   /* NULL: the site has none */
	int gpu;
};

static bool in_period(const struct fb_workspace *w, time_t now)
{
	return (!w->from || w->from <= now) && (!w->until || now < w->until);
}

static bool is_preemptible(const struct reader *r, const slurm_job_info_t *info)
{
	return info->qos && !strcasecmp(info->qos, r->source->policy->site.preemptible_qos);
}

/* Where the cache is hidden, the jobs that are shown have to do. account NULL: of all. */
static int64_t held_by_jobs(const struct reader *r, const char *account, bool preemptible)
{
	const struct fb_jobs *all = &r->source->all;
	int64_t gpus = 0;

	for (uint32_t i = 0; i < all->count; i++) {
		const slurm_job_info_t *info = all->job[i].info;

		if (fb_job_phase(info) == FB_JOB_HOLDING && is_preemptible(r, info) == preemptible &&
		    (!account || (info->account && !strcasecmp(info->account, account))))
			gpus += all->job[i].gpus;
	}
	return gpus;
}

/* -1: the account is not there, or not shown. */
static int64_t used_by(const struct reader *r, const char *name)
{
	const slurmdb_assoc_rec_t *a = r->cache ? fb_assoc_cache_account(r->cache, name) : NULL;
	const slurmdb_used_limits_t *lent = r->lent ? fb_assoc_qos_account(r->lent, name) : NULL;

	if (!a || !a->usage)
		return r->source->why.hidden_usage ? held_by_jobs(r, name, false) : -1;
	int64_t used = fb_assoc_used(a->usage->grp_used_tres, r->gpu) - (lent ? fb_assoc_used(lent->tres, r->gpu) : 0);
	return used > 0 ? used : 0;
}

static int compare_keeps(const void *a, const void *b)
{
	const struct fb_why_keep *x = a, *y = b;
	int64_t owed_x = x->guarantee - x->used, owed_y = y->guarantee - y->used;

	if (owed_x != owed_y)
		return owed_x > owed_y ? -1 : 1;
	return strcmp(x->workspace, y->workspace);
}

static void add_keep(const struct reader *r, const struct fb_workspace *w)
{
	struct fb_why_cluster *cluster = &r->source->why.cluster;
	const char *own = r->source->why.workspace.name;
	int64_t used = used_by(r, w->name);

	/* Without an account nobody can use it, so nothing is kept. */
	if (used < 0 || used >= w->guarantee)
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

/* Of the accounts alone: members may be many. */
static void load_cache(struct reader *r)
{
	const struct fb_policy *policy = r->source->policy;
	const char **names = calloc(policy->count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; names && i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next)
			if (w->guarantee)
				names[count++] = w->name;
	if (count)
		r->source->others = fb_assoc_cache_load(names, count, r->source->user, true);
	free(names);
	r->cache = r->source->others;
	r->gpu = r->cache ? fb_assoc_cache_tres(r->cache, "gres/gpu") : -1;
	r->lent = r->cache ? fb_assoc_cache_qos(r->cache, policy->site.preemptible_qos) : NULL;
}

void fb_why_load_guarantees(struct fb_why_source *source)
{
	struct fb_why_cluster *cluster = &source->why.cluster;
	const struct fb_policy *policy = source->policy;
	struct reader r = { .source = source };

	if (!policy)
		return;
	load_cache(&r);
	cluster->lent = r.lent && r.lent->usage ? fb_assoc_used(r.lent->usage->grp_used_tres, r.gpu) : held_by_jobs(&r, NULL, true);
	for (size_t i = 0; i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next)
			if (w->guarantee && in_period(w, source->why.now))
				add_keep(&r, w);
	if (cluster->keeps)
		qsort(cluster->keep, cluster->keeps, sizeof(*cluster->keep), compare_keeps);
}

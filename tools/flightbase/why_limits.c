/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The quota of the job's account, who uses it, and the limits of its QOS: from slurmctld's association cache, which
 * knows the numbers also where jobs of others are hidden.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flightbase/assoc_cache.h"
#include "flightbase/why_load.h"

#define PARENTS_MAX 16

/* Accounts above a workspace are few, and by convention only "root"; each further one costs a question. */
static void load_cache(struct fb_why_source *source, const char *accounts[PARENTS_MAX], size_t *count)
{
	accounts[0] = source->why.job.account;
	accounts[1] = "root";
	*count = 2;
	for (;;) {
		source->associations = fb_assoc_cache_load(accounts, *count, NULL, true);
		const slurmdb_assoc_rec_t *top = source->associations ?
			fb_assoc_cache_account(source->associations, accounts[*count == 2 ? 0 : *count - 1]) : NULL;
		const char *parent = top ? top->parent_acct : NULL;

		if (!parent || !*parent || !strcasecmp(parent, "root") || *count == PARENTS_MAX)
			return;
		char *copy = strdup(parent);
		if (!copy)
			return;
		slurm_free_assoc_mgr_info_msg(source->associations);
		source->associations = NULL;
		accounts[(*count)++] = copy;
	}
}

/* Walk from the job's account up to the root, and keep the limit with the least room for the job. */
static void read_quota(const assoc_mgr_info_msg_t *cache, int gpu, struct fb_why_limits *limits, const char *account)
{
	int64_t least = INT64_MAX;

	for (int step = 0; account && step < PARENTS_MAX; step++) {
		const slurmdb_assoc_rec_t *a = fb_assoc_cache_account(cache, account);
		int64_t limit = a ? fb_assoc_limit(a->grp_tres_ctld, gpu) : FB_UNLIMITED;
		int64_t used = a && a->usage ? fb_assoc_used(a->usage->grp_used_tres, gpu) : 0;

		limits->known |= a && a->usage;
		if (a && !step)
			limits->quota_used = used;
		if (limit != FB_UNLIMITED && limit - used < least) {
			least = limit - used;
			limits->quota = limit;
			limits->quota_used = used;
			limits->quota_account = a->acct;
		}
		account = a && a->parent_acct && *a->parent_acct ? a->parent_acct : NULL;
	}
}

static int compare_uses(const void *a, const void *b)
{
	const struct fb_why_use *x = a, *y = b;

	if (x->gpus != y->gpus)
		return x->gpus > y->gpus ? -1 : 1;
	return strcmp(x->user, y->user);
}

static struct fb_why_use *use_of(struct fb_why_limits *limits, const char *user)
{
	for (size_t i = 0; i < limits->uses; i++)
		if (!strcmp(limits->use[i].user, user))
			return &limits->use[i];
	struct fb_why_use *grown = realloc(limits->use, (limits->uses + 1) * sizeof(*grown));
	char *name = strdup(user);
	if (grown)
		limits->use = grown;
	if (!grown || !name) {
		free(name);
		return NULL;
	}
	grown[limits->uses] = (struct fb_why_use){ .user = name };
	return &grown[limits->uses++];
}

/* One association per partition is still one user. */
static void read_uses(const assoc_mgr_info_msg_t *cache, int gpu, struct fb_why_limits *limits, const char *account)
{
	list_itr_t *iterator = cache->assoc_list ? slurm_list_iterator_create(cache->assoc_list) : NULL;

	for (const slurmdb_assoc_rec_t *a; iterator && (a = slurm_list_next(iterator));) {
		int64_t gpus = a->usage ? fb_assoc_used(a->usage->grp_used_tres, gpu) : 0;
		struct fb_why_use *use = NULL;

		if (gpus && a->user && *a->user && a->acct && !strcasecmp(a->acct, account))
			use = use_of(limits, a->user);
		if (use)
			use->gpus += gpus;
	}
	if (iterator)
		slurm_list_iterator_destroy(iterator);
}

static int compare_ends(const void *a, const void *b)
{
	const struct fb_why_end *x = a, *y = b;

	return x->end < y->end ? -1 : x->end > y->end;
}

static void add_job(struct fb_why_limits *limits, const struct fb_job *job)
{
	char user[64];

	fb_why_user_name(job->info, user, sizeof(user));
	struct fb_why_use *use = use_of(limits, user);
	if (use)
		use->jobs++;
	/* Without the cache, the jobs that are shown are all there is. */
	if (use && !limits->known)
		use->gpus += job->gpus;
	if (!limits->known)
		limits->quota_used += job->gpus;
	limits->end[limits->ends++] = (struct fb_why_end){ job->info->end_time, job->gpus, job->info->job_id };
}

/* From the jobs: how many each user runs, and when they end. */
static void read_jobs(const struct fb_jobs *jobs, struct fb_why_limits *limits, const char *account)
{
	limits->end = calloc(jobs->count + 1, sizeof(*limits->end));
	for (uint32_t i = 0; limits->end && i < jobs->count; i++) {
		const struct fb_job *job = &jobs->job[i];

		if (job->gpus && fb_job_phase(job->info) == FB_JOB_HOLDING && job->info->account &&
		    !strcasecmp(job->info->account, account))
			add_job(limits, job);
	}
	if (limits->uses)
		qsort(limits->use, limits->uses, sizeof(*limits->use), compare_uses);
	if (limits->ends)
		qsort(limits->end, limits->ends, sizeof(*limits->end), compare_ends);
}

size_t fb_why_order_qos(const struct fb_why_source *source, const slurmdb_qos_rec_t *qos[2])
{
	const partition_info_msg_t *partitions = source->partitions;
	const char *name = NULL;
	size_t count = 0;

	for (uint32_t i = 0; partitions && i < partitions->record_count; i++)
		if (source->why.job.partition && !strcmp(partitions->partition_array[i].name, source->why.job.partition))
			name = partitions->partition_array[i].qos_char;
	const slurmdb_qos_rec_t *job = fb_assoc_cache_qos(source->associations, source->why.job.qos);
	const slurmdb_qos_rec_t *partition = fb_assoc_cache_qos(source->associations, name);
	bool job_first = job && (!partition || job->flags & QOS_FLAG_OVER_PART_QOS);
	if (job_first)
		qos[count++] = job;
	if (partition && partition != job)
		qos[count++] = partition;
	if (job && !job_first && partition != job)
		qos[count++] = job;
	return count;
}

/* The first that sets a limit is the one that counts. */
static void read_qos(const struct fb_why_source *source, int gpu, struct fb_why_limits *limits)
{
	const slurmdb_qos_rec_t *qos[2];
	size_t count = fb_why_order_qos(source, qos);

	for (size_t i = count; i-- > 0;) {
		int64_t user = fb_assoc_limit(qos[i]->max_tres_pu_ctld, gpu), job = fb_assoc_limit(qos[i]->max_tres_pj_ctld, gpu);
		const slurmdb_used_limits_t *used = fb_assoc_qos_user(qos[i], source->job->info->user_id);

		if (user != FB_UNLIMITED) {
			limits->user_limit = user;
			limits->user_used = used ? fb_assoc_used(used->tres, gpu) : 0;
		}
		if (job != FB_UNLIMITED)
			limits->job_limit = job;
	}
}

void fb_why_load_limits(struct fb_why_source *source)
{
	struct fb_why_limits *limits = &source->why.limits;
	const char *account = source->why.job.account, *accounts[PARENTS_MAX];
	size_t count = 0;

	if (!account)
		return;
	load_cache(source, accounts, &count);
	if (source->associations) {
		int gpu = fb_assoc_cache_tres(source->associations, "gres/gpu");

		read_quota(source->associations, gpu, limits, account);
		read_uses(source->associations, gpu, limits, account);
		read_qos(source, gpu, limits);
		fb_why_load_stated(source);
	}
	read_jobs(&source->all, limits, account);
	while (count > 2)
		free((char *)accounts[--count]);
}

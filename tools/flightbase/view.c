/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/view.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/places.h"
#include "flightbase/quiet.h"

static int no_memory(struct fb_err *err)
{
	return fb_err_set(err, "out of memory");
}

static int compare_views(const void *a, const void *b)
{
	return strcmp(((const struct fb_view *)a)->name, ((const struct fb_view *)b)->name);
}

static int compare_members(const void *a, const void *b)
{
	return strcmp(((const struct fb_member *)a)->name, ((const struct fb_member *)b)->name);
}

struct fb_view *fb_views_find(const struct fb_views *views, const char *name)
{
	struct fb_view key = { .members = 0 };

	if (strlen(name) > FB_NAME_MAX)
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return views->count ? bsearch(&key, views->view, views->count, sizeof(key), compare_views) : NULL;
}

struct fb_member *fb_view_member(const struct fb_view *view, const char *user)
{
	for (size_t i = 0; i < view->members; i++)
		if (!strcmp(view->member[i].name, user))
			return &view->member[i];
	return NULL;
}

bool fb_view_foreign(const struct fb_view *view)
{
	return (view->account || view->named) && !view->qos && !view->file;
}

/* Views are added in any order and sorted once; a name that is there already is not added again. */
static int add_view(struct fb_views *views, const char *name, const struct fb_workspace *settings)
{
	struct fb_view *grown = realloc(views->view, (views->count + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	views->view = grown;
	grown[views->count] = (struct fb_view){ .settings = settings, .gpus = FB_UNLIMITED, .user_gpus = FB_UNLIMITED,
						.job_gpus = FB_UNLIMITED };
	snprintf(grown[views->count++].name, sizeof(grown->name), "%s", name);
	return 0;
}

/* Which workspaces are wanted, and how much of them. */
struct query {
	const char *only;	  /* NULL: all */
	const char *const *names; /* with all: these too */
	size_t count;
	bool accounts;	  /* no members */
	const char *user; /* but this one */
};

static int add_settings(struct fb_views *views, const struct query *query)
{
	const struct fb_policy *policy = views->policy;
	const char *only = query->only;

	for (size_t i = 0; policy && !only && i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next)
			if (add_view(views, w->name, w))
				return -1;
	for (size_t i = 0; i < query->count; i++)
		if (!(policy && fb_policy_find(policy, query->names[i])) && add_view(views, query->names[i], NULL))
			return -1;
	if (only && add_view(views, only, policy ? fb_policy_find(policy, only) : NULL))
		return -1;
	if (views->count)
		qsort(views->view, views->count, sizeof(*views->view), compare_views);
	return 0;
}

/* The workspace that a QOS belongs to; NULL: it is none of ours. */
static const char *owner_of_qos(const slurmdb_qos_rec_t *qos)
{
	return qos->name && !strncmp(qos->name, FB_QOS_PREFIX, strlen(FB_QOS_PREFIX)) ? qos->name + strlen(FB_QOS_PREFIX) : NULL;
}

static void read_qos(struct fb_views *views, const slurmdb_qos_rec_t *qos, int gpu_tres)
{
	const char *name = owner_of_qos(qos);
	struct fb_view *view = name ? fb_views_find(views, name) : NULL;
	int64_t preempted = views->preemptible_id;

	if (!view)
		return;
	view->qos = true;
	view->qos_id = qos->id;
	view->user_gpus = fb_db_tres_count(qos->max_tres_pu, gpu_tres);
	view->job_gpus = fb_db_tres_count(qos->max_tres_pj, gpu_tres);
	view->max_time = qos->max_wall_pj == INFINITE || qos->max_wall_pj == NO_VAL ? 0 : qos->max_wall_pj;
	view->qos_preempts = preempted && qos->preempt_bitstr && preempted < slurm_bit_size(qos->preempt_bitstr) &&
			     slurm_bit_test(qos->preempt_bitstr, preempted);
}

static void read_preemptible(struct fb_views *views, list_t *list)
{
	const struct fb_policy *policy = views->policy;
	list_itr_t *iterator = slurm_list_iterator_create(list);

	snprintf(views->preemptible, sizeof(views->preemptible), "%s",
		 policy ? policy->site.preemptible_qos : FB_POLICY_PREEMPTIBLE_QOS);
	for (const slurmdb_qos_rec_t *qos; (qos = slurm_list_next(iterator));)
		if (qos->name && !strcmp(qos->name, views->preemptible))
			views->preemptible_id = qos->id;
	slurm_list_iterator_destroy(iterator);
}

/* A QOS of ours whose settings file is gone still makes a workspace that people should see. */
static int add_orphans(struct fb_views *views, list_t *list)
{
	list_itr_t *iterator = slurm_list_iterator_create(list);
	size_t before = views->count;
	int rc = 0;

	for (const slurmdb_qos_rec_t *qos; !rc && (qos = slurm_list_next(iterator));) {
		const char *name = owner_of_qos(qos);
		struct fb_views sorted = { .count = before, .view = views->view };

		if (name && fb_name_valid(name, strlen(name)) && !fb_views_find(&sorted, name))
			rc = add_view(views, name, NULL);
	}
	slurm_list_iterator_destroy(iterator);
	if (views->count > before)
		qsort(views->view, views->count, sizeof(*views->view), compare_views);
	return rc;
}

/* All QOS, also for one workspace: the site's for preemptible jobs belongs to it too, and there are few others. */
static int load_qos(struct fb_db *db, const char *only, struct fb_views *views, struct fb_err *err)
{
	slurmdb_qos_cond_t cond = { .preempt_mode = 0 };
	list_t *list = slurmdb_qos_get(db->connection, &cond);

	if (!list)
		return fb_err_set(err, "slurmdbd: the QOS cannot be read: %s", slurm_strerror(errno));
	read_preemptible(views, list);
	int rc = only ? 0 : add_orphans(views, list);
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (const slurmdb_qos_rec_t *qos; (qos = slurm_list_next(iterator));)
		read_qos(views, qos, db->gpu_tres);
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	return rc ? no_memory(err) : 0;
}

static struct fb_member *add_member(struct fb_view *view, const char *name)
{
	struct fb_member *grown = realloc(view->member, (view->members + 1) * sizeof(*grown));
	char *copy = strdup(name);

	if (grown)
		view->member = grown;
	if (!grown || !copy) {
		free(copy);
		return NULL;
	}
	grown[view->members] = (struct fb_member){ .name = copy };
	return &grown[view->members++];
}

/* The list of QOS ids is the workspace's own QOS and, where there is one, the site's for preemptible jobs. */
static bool uses_qos(const struct fb_views *views, const struct fb_view *view, const slurmdb_assoc_rec_t *account)
{
	char own[16], preemptible[16];
	int want = 1 + (views->preemptible_id != 0), found = 0, other = 0;

	if (!view->qos || account->def_qos_id != view->qos_id || !account->qos_list)
		return false;
	snprintf(own, sizeof(own), "%u", view->qos_id);
	snprintf(preemptible, sizeof(preemptible), "%u", views->preemptible_id);
	list_itr_t *iterator = slurm_list_iterator_create(account->qos_list);
	for (const char *id; (id = slurm_list_next(iterator));) {
		bool ours = !strcmp(id, own) || (views->preemptible_id && !strcmp(id, preemptible));

		found += ours;
		other += !ours;
	}
	slurm_list_iterator_destroy(iterator);
	return found == want && !other;
}

static int read_association(struct fb_views *views, const slurmdb_assoc_rec_t *association, int gpu_tres)
{
	struct fb_view *view = association->acct ? fb_views_find(views, association->acct) : NULL;

	if (!view)
		return 0;
	if (!association->user || !*association->user) {
		view->account = true;
		view->gpus = fb_db_tres_count(association->grp_tres, gpu_tres);
		view->closed = association->grp_submit_jobs == 0;
		view->qos_used = uses_qos(views, view, association);
		return 0;
	}
	/* One per partition is still one member; associations come in the order of accounts and users. */
	if (view->members && !strcmp(view->member[view->members - 1].name, association->user))
		return 0;
	struct fb_member *member = add_member(view, association->user);
	if (!member)
		return -1;
	member->member = true;
	return 0;
}

static int load_associations(struct fb_db *db, const struct query *query, struct fb_views *views, struct fb_err *err)
{
	const char *only = query->only;
	slurmdb_assoc_cond_t cond = { .flags = ASSOC_COND_FLAG_WOPI | ASSOC_COND_FLAG_WOPL };
	int rc = 0;

	cond.cluster_list = fb_list_of(db->cluster);
	cond.acct_list = only ? fb_list_of(only) : NULL;
	cond.user_list = query->accounts ? fb_list_of("") : NULL;
	if (query->user)
		slurm_list_append(cond.user_list, (void *)query->user);
	list_t *list = slurmdb_associations_get(db->connection, &cond);
	slurm_list_destroy(cond.cluster_list);
	if (cond.acct_list)
		slurm_list_destroy(cond.acct_list);
	if (cond.user_list)
		slurm_list_destroy(cond.user_list);
	if (!list)
		return fb_err_set(err, "slurmdbd: the associations cannot be read: %s", slurm_strerror(errno));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (const slurmdb_assoc_rec_t *association; !rc && (association = slurm_list_next(iterator));)
		rc = read_association(views, association, db->gpu_tres);
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	for (size_t i = 0; i < views->count; i++)
		if (views->view[i].members)
			qsort(views->view[i].member, views->view[i].members, sizeof(struct fb_member), compare_members);
	return rc ? no_memory(err) : 0;
}

static int read_coordinators(struct fb_view *view, list_t *coordinators)
{
	list_itr_t *iterator = coordinators ? slurm_list_iterator_create(coordinators) : NULL;
	int rc = 0;

	for (const slurmdb_coord_rec_t *coordinator; iterator && !rc && (coordinator = slurm_list_next(iterator));) {
		struct fb_member *member = coordinator->direct ? fb_view_member(view, coordinator->name) : NULL;

		if (coordinator->direct && !member && !(member = add_member(view, coordinator->name)))
			rc = -1;
		if (member)
			member->manager = true;
	}
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	if (view->members)
		qsort(view->member, view->members, sizeof(*view->member), compare_members);
	return rc;
}

static int load_coordinators(struct fb_db *db, const char *only, struct fb_views *views, struct fb_err *err)
{
	slurmdb_assoc_cond_t assoc = { .acct_list = only ? fb_list_of(only) : NULL };
	slurmdb_account_cond_t cond = { .assoc_cond = &assoc, .flags = SLURMDB_ACCT_FLAG_WCOORD };
	int rc = 0;

	list_t *list = slurmdb_accounts_get(db->connection, &cond);
	if (assoc.acct_list)
		slurm_list_destroy(assoc.acct_list);
	if (!list)
		return fb_err_set(err, "slurmdbd: the accounts cannot be read: %s", slurm_strerror(errno));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (const slurmdb_account_rec_t *account; !rc && (account = slurm_list_next(iterator));) {
		struct fb_view *view = account->name ? fb_views_find(views, account->name) : NULL;

		if (!view)
			continue;
		view->named = true;
		rc = read_coordinators(view, account->coordinators);
	}
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	return rc ? no_memory(err) : 0;
}

/* Broken files are no settings, but there. */
static void look_for_files(struct fb_views *views)
{
	char path[sizeof(FB_WORKSPACES_DIR) + FB_NAME_MAX + 8];

	for (size_t i = 0; i < views->count; i++) {
		struct fb_view *view = &views->view[i];

		snprintf(path, sizeof(path), FB_WORKSPACES_DIR "/%s.json", view->name);
		view->file = view->settings || !access(path, F_OK);
	}
}

static int load_settings(const struct query *query, struct fb_views *views, struct fb_err *err)
{
	*views = (struct fb_views){ .count = 0 };
	views->policy = fb_policy_load(FB_CONF_DIR, NULL, &views->report);
	if (!add_settings(views, query))
		return 0;
	fb_views_free(views);
	return no_memory(err);
}

int fb_views_load_settings(const char *only, struct fb_views *views, struct fb_err *err)
{
	return load_settings(&(struct query){ .only = only }, views, err);
}

static int load(struct fb_db *db, const struct query *query, struct fb_views *views, struct fb_err *err)
{
	if (load_settings(query, views, err))
		return -1;
	int quiet = fb_quiet_begin();
	int rc = load_qos(db, query->only, views, err) || load_associations(db, query, views, err) ||
		 load_coordinators(db, query->only, views, err);
	fb_quiet_end(quiet);
	if (rc) {
		fb_views_free(views);
		return -1;
	}
	look_for_files(views);
	return 0;
}

int fb_views_load(struct fb_db *db, const char *only, struct fb_views *views, struct fb_err *err)
{
	return load(db, &(struct query){ .only = only }, views, err);
}

int fb_views_load_with(struct fb_db *db, const char *const *names, size_t count, struct fb_views *views, struct fb_err *err)
{
	return load(db, &(struct query){ .names = names, .count = count }, views, err);
}

int fb_views_load_accounts(struct fb_db *db, struct fb_views *views, struct fb_err *err)
{
	return load(db, &(struct query){ .accounts = true }, views, err);
}

int fb_views_load_own(struct fb_db *db, const char *user, struct fb_views *views, struct fb_err *err)
{
	return load(db, &(struct query){ .accounts = true, .user = user }, views, err);
}

void fb_views_free(struct fb_views *views)
{
	for (size_t i = 0; i < views->count; i++) {
		for (size_t m = 0; m < views->view[i].members; m++)
			free(views->view[i].member[m].name);
		free(views->view[i].member);
	}
	free(views->view);
	fb_policy_destroy(views->policy);
	*views = (struct fb_views){ .count = 0 };
}

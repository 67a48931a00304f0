/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QOS of the workspaces and of preemptible jobs. slurmdbd lets only Administrators change QOS. */
#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/ledger.h"
#include "flightbase/libslurm.h"
#include "flightbase/list.h"
#include "flightbase/quiet.h"

#define QOS_NAME_MAX (sizeof(FB_QOS_PREFIX) + FB_NAME_MAX)

/* Above preemptible jobs, which have 0, by PriorityWeightQOS. */
#define WORKSPACE_PRIORITY 100

int fb_ledger_undo(struct fb_db *db, struct fb_err *err, const char *what, const char *said)
{
	int error = errno;
	int quiet = fb_quiet_begin();

	slurmdb_connection_commit(db->connection, false);
	fb_quiet_end(quiet);
	errno = error;
	if (error == ESLURM_ACCESS_DENIED)
		return fb_err_set(err, "slurmdbd: %s: you may not; ask an administrator of Slurm", what);
	return fb_err_set(err, "slurmdbd: %s: %s", what, said && *said ? said : slurm_strerror(error));
}

int fb_ledger_find_qos(struct fb_db *db, const char *name, uint32_t *id, struct fb_err *err)
{
	slurmdb_qos_cond_t cond = { .name_list = fb_list_of(name) };
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_qos_get(db->connection, &cond);

	fb_quiet_end(quiet);
	slurm_list_destroy(cond.name_list);
	if (!list)
		return fb_err_set(err, "slurmdbd: the QOS cannot be read: %s", slurm_strerror(errno));
	const slurmdb_qos_rec_t *qos = fb_list_first(list);
	*id = qos ? qos->id : 0;
	slurm_list_destroy(list);
	return 0;
}

static int add(struct fb_db *db, slurmdb_qos_rec_t *qos, struct fb_err *err)
{
	list_t *list = fb_list_of(qos);
	char what[FB_NAME_MAX + 64];

	snprintf(what, sizeof(what), "the QOS %s cannot be created", qos->name);
	int quiet = fb_quiet_begin();
	int rc = slurmdb_qos_add(db->connection, list);
	fb_quiet_end(quiet);
	slurm_list_destroy(list);
	if (rc) {
		errno = rc;
		return fb_ledger_undo(db, err, what, NULL);
	}
	return fb_db_commit(db, err);
}

static int modify(struct fb_db *db, slurmdb_qos_rec_t *qos, const char *name, struct fb_err *err)
{
	slurmdb_qos_cond_t cond = { .name_list = fb_list_of(name) };
	char what[FB_NAME_MAX + 64];

	int quiet = fb_quiet_begin();
	list_t *changed = slurmdb_qos_modify(db->connection, &cond, qos);
	fb_quiet_end(quiet);
	slurm_list_destroy(cond.name_list);
	if (!changed) {
		snprintf(what, sizeof(what), "the QOS %s cannot be changed", name);
		return fb_ledger_undo(db, err, what, NULL);
	}
	slurm_list_destroy(changed);
	return fb_db_commit(db, err);
}

/* "1001=8"; -1 takes a limit away, and a QOS that is new has none. */
static char *limit(char *text, size_t size, const struct fb_db *db, int64_t gpus)
{
	snprintf(text, size, "%d=%lld", db->gpu_tres, gpus == FB_UNLIMITED ? -1LL : (long long)gpus);
	return text;
}

int fb_ledger_put_qos(struct fb_db *db, const struct fb_spec *spec, const struct fb_view *view, uint32_t preemptible,
		      struct fb_err *err)
{
	char name[QOS_NAME_MAX], description[FB_NAME_MAX + 32], user[40], job[40], preempt[16];
	slurmdb_qos_rec_t qos;

	slurmdb_init_qos_rec(&qos, false, NO_VAL);
	snprintf(name, sizeof(name), FB_QOS_PREFIX "%s", spec->name);
	snprintf(description, sizeof(description), "flightbase workspace %s", spec->name);
	qos.description = description;
	if (view->qos || spec->user_gpus != FB_UNLIMITED)
		qos.max_tres_pu = limit(user, sizeof(user), db, spec->user_gpus);
	if (view->qos || spec->job_gpus != FB_UNLIMITED)
		qos.max_tres_pj = limit(job, sizeof(job), db, spec->job_gpus);
	qos.max_wall_pj = spec->max_time ? spec->max_time : INFINITE;
	if (preemptible) {
		snprintf(preempt, sizeof(preempt), "%s%u", view->qos ? "+" : "", preemptible);
		qos.preempt_list = fb_list_of(preempt);
	}
	if (!view->qos) {
		qos.name = name;
		qos.priority = WORKSPACE_PRIORITY;
	}
	int rc = view->qos ? modify(db, &qos, name, err) : add(db, &qos, err);
	if (qos.preempt_list)
		slurm_list_destroy(qos.preempt_list);
	return rc;
}

int fb_ledger_add_preemptible(struct fb_db *db, const char *name, struct fb_err *err)
{
	char own[FB_NAME_MAX + 1], description[] = "flightbase: jobs that give way";
	slurmdb_qos_rec_t qos;

	slurmdb_init_qos_rec(&qos, false, NO_VAL);
	snprintf(own, sizeof(own), "%s", name);
	qos.name = own;
	qos.description = description;
	qos.priority = 0;
	return add(db, &qos, err);
}

int fb_ledger_remove_qos(struct fb_db *db, const char *workspace, struct fb_err *err)
{
	char name[QOS_NAME_MAX], what[QOS_NAME_MAX + 64];

	snprintf(name, sizeof(name), FB_QOS_PREFIX "%s", workspace);
	slurmdb_qos_cond_t cond = { .name_list = fb_list_of(name) };
	int quiet = fb_quiet_begin();
	list_t *removed = slurmdb_qos_remove(db->connection, &cond);
	fb_quiet_end(quiet);
	slurm_list_destroy(cond.name_list);
	if (!removed) {
		snprintf(what, sizeof(what), "the QOS %s cannot be removed", name);
		return fb_ledger_undo(db, err, what, NULL);
	}
	slurm_list_destroy(removed);
	return fb_db_commit(db, err);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/steps.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/file.h"
#include "common/policy_parse.h"
#include "flightbase/account_jobs.h"
#include "flightbase/cli.h"
#include "flightbase/deadlines.h"
#include "flightbase/homes.h"
#include "flightbase/ledger.h"
#include "flightbase/names.h"
#include "flightbase/places.h"
#include "flightbase/preemptible.h"
#include "flightbase/settings_log.h"

#define SETTLE_SECONDS 30 /* until slurmdbd has heard that cancelled jobs ended */

/* Everybody may read them: the clients and the nodes do. */
static int write_json(const char *path, struct json_object *object, struct fb_err *err)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
								      JSON_C_TO_STRING_NOSLASHESCAPE);
	char *line = NULL;

	if (!text || asprintf(&line, "%s\n", text) < 0)
		return fb_err_set(err, "%s: out of memory", path);
	mode_t before = umask(022);
	int rc = fb_file_replace(path, line, strlen(line), 0644, true, err);
	umask(before);
	free(line);
	return rc;
}

static void settings_path(char *path, size_t size, const char *workspace)
{
	snprintf(path, size, FB_WORKSPACES_DIR "/%s.json", workspace);
}

static int write_settings(const struct fb_run *run, const struct fb_step *step, struct fb_err *err)
{
	char path[sizeof(FB_WORKSPACES_DIR) + FB_NAME_MAX + 8];

	if (mkdir(FB_WORKSPACES_DIR, 0755) && errno != EEXIST)
		return fb_err_set(err, FB_WORKSPACES_DIR ": %s", strerror(errno));
	settings_path(path, sizeof(path), step->workspace);
	/* Its history first: what is done and not written down is lost, the other way round it is done when run again. */
	if (fb_settings_log_add(FB_SETTINGS_LOG_DIR, step->workspace, path, run->caller.name, step->spec->settings, err))
		return -1;
	return write_json(path, step->spec->settings, err);
}

static int remove_settings(const struct fb_run *run, const struct fb_step *step, struct fb_err *err)
{
	char path[sizeof(FB_WORKSPACES_DIR) + FB_NAME_MAX + 8];

	settings_path(path, sizeof(path), step->workspace);
	if (fb_settings_log_add(FB_SETTINGS_LOG_DIR, step->workspace, path, run->caller.name, NULL, err))
		return -1;
	return unlink(path) && errno != ENOENT ? fb_err_set(err, "%s: %s", path, strerror(errno)) : 0;
}

/* The ids of the members who have one, without the owner's: he needs no entry. */
static uid_t *uids_of(const struct fb_spec *spec, bool with_owner, size_t *count, struct fb_err *err)
{
	uid_t *uids = malloc((spec->members + 1) * sizeof(*uids));

	*count = 0;
	if (!uids)
		fb_err_set(err, "out of memory");
	for (size_t i = 0; uids && i < spec->members; i++)
		if (spec->member[i].uid != FB_NO_UID && (with_owner || strcmp(spec->member[i].name, spec->owner)))
			uids[(*count)++] = spec->member[i].uid;
	return uids;
}

/*
 * Whose directory it may be now, beside root's and the owner's. Of a workspace that is there it is whoever owned it until
 * now; what an earlier one of that name left behind is not handed to somebody else.
 */
static uid_t owner_before(const struct fb_step *step)
{
	const struct fb_view *view = step->view;

	return step->tree->there && view->file && (view->qos || view->account) ? step->tree->owner : 0;
}

static int open_tree(const struct fb_site *site, const struct fb_step *step, struct fb_err *err)
{
	const struct fb_member *owner = fb_spec_member(step->spec, step->spec->owner);
	struct fb_tree_wish wish = { .before = owner_before(step), .grouped = step->tree->gate == FB_GATE_GROUP,
				     .by_group = step->spec->group[0], .group = step->spec->gid };

	if (!owner || owner->uid == FB_NO_UID)
		return fb_err_set(err, "its manager '%s' is unknown on this machine", step->spec->owner);
	uid_t *uids = uids_of(step->spec, false, &wish.count, err);
	if (!uids)
		return -1;
	wish.owner = owner->uid;
	wish.users = uids;
	int rc = fb_tree_open(site->root, step->workspace, &wish, err);
	free(uids);
	return rc;
}

static int close_gate(const struct fb_site *site, const struct fb_step *step, struct fb_err *err)
{
	size_t count;
	uid_t *uids = uids_of(step->spec, true, &count, err);

	if (!uids)
		return -1;
	int rc = fb_tree_close(site->root, step->workspace, uids, count, err);
	free(uids);
	return rc;
}

static int put_qos(struct fb_run *run, const struct fb_site *site, const struct fb_step *step, struct fb_err *err)
{
	uint32_t preemptible;

	if (fb_ledger_find_qos(&run->db, site->preemptible_qos, &preemptible, err))
		return -1;
	return fb_ledger_put_qos(&run->db, step->spec, step->view, preemptible, err);
}

static int put_account(struct fb_run *run, const struct fb_site *site, const struct fb_step *step, struct fb_err *err)
{
	char name[sizeof(FB_QOS_PREFIX) + FB_NAME_MAX];
	uint32_t qos[2];

	snprintf(name, sizeof(name), FB_QOS_PREFIX "%s", step->workspace);
	if (fb_ledger_find_qos(&run->db, name, &qos[0], err) || fb_ledger_find_qos(&run->db, site->preemptible_qos, &qos[1], err))
		return -1;
	if (!qos[0])
		return fb_err_set(err, "slurmdbd: the QOS %s is gone; try again", name);
	return fb_ledger_put_account(&run->db, step->spec, step->view, qos, qos[1] ? 2 : 1, err);
}

static int move_deadlines(const struct fb_step *step, const struct fb_site *site, struct fb_err *err)
{
	struct fb_workspace *settings = fb_spec_settings(step->spec, err);

	if (!settings)
		return -1;
	time_t end = settings->until;
	uint32_t min_run = settings->min_run ? settings->min_run : site->min_run;
	fb_workspace_destroy(settings);
	return fb_deadlines_move(step->workspace, step->view->settings->until, end, min_run, err);
}

static int cancel_leavers(const struct fb_step *step, struct fb_err *err)
{
	for (size_t i = 0; i < step->view->members; i++)
		if (!fb_spec_member(step->spec, step->view->member[i].name) &&
		    fb_account_jobs_cancel(step->workspace, step->view->member[i].name, false, err))
			return -1;
	return 0;
}

/* slurmdbd refuses while it believes that jobs run, and hears of their end a little later than slurmctld. */
static int until_settled(struct fb_run *run, const struct fb_step *step, bool wait, struct fb_err *err)
{
	const struct timespec pause = { .tv_nsec = 250 * 1000 * 1000 };
	time_t end = time(NULL) + SETTLE_SECONDS;
	int rc;

	do {
		rc = step->kind == FB_STEP_MEMBERS ? fb_ledger_put_members(&run->db, step->spec, step->view, err) :
						     fb_ledger_remove_account(&run->db, step->workspace, err);
	} while (rc && wait && errno == ESLURM_JOBS_RUNNING_ON_ASSOC && time(NULL) < end && !nanosleep(&pause, NULL));
	return rc;
}

static int put_members(struct fb_run *run, const struct fb_change *change, const struct fb_step *step, struct fb_err *err)
{
	if (change->cancel && cancel_leavers(step, err))
		return -1;
	if (fb_homes_move(run, change, step->workspace, step->spec, err))
		return -1;
	return until_settled(run, step, change->cancel, err);
}

/* Jobs that came in before the account was closed are still there. */
static int drop_account(struct fb_run *run, const struct fb_change *change, const struct fb_step *step, struct fb_err *err)
{
	struct fb_account_jobs left = { .pending = 0 };

	if (run->up && fb_account_jobs_load(step->workspace, NULL, &left, err))
		return -1;
	if (left.pending || left.running)
		return fb_err_set(err, "%u of its jobs run and %u wait; it takes no new ones: remove it when they have ended, cancel them with "
				       "scancel --account=%s, or open it again with modify --reopen", left.running, left.pending,
				  step->workspace);
	if (fb_homes_move(run, change, step->workspace, NULL, err))
		return -1;
	return until_settled(run, step, true, err);
}

int fb_step_do(struct fb_run *run, const struct fb_change *change, const struct fb_step *step, const struct fb_site *site,
	       struct fb_err *err)
{
	switch (step->kind) {
	case FB_STEP_SITE:
		return write_json(FB_SITE_FILE, site->source, err);
	case FB_STEP_TREE:
		return open_tree(site, step, err);
	case FB_STEP_PREEMPTIBLE:
		return fb_preemptible_create(&run->db, site->preemptible_qos, err);
	case FB_STEP_QOS:
		return put_qos(run, site, step, err);
	case FB_STEP_SETTINGS:
		return write_settings(run, step, err);
	case FB_STEP_ACCOUNT:
		return put_account(run, site, step, err);
	case FB_STEP_MEMBERS:
		return put_members(run, change, step, err);
	case FB_STEP_GATE:
		return close_gate(site, step, err);
	case FB_STEP_DEADLINES:
		return move_deadlines(step, site, err);
	case FB_STEP_CLOSE:
		return fb_ledger_close_account(&run->db, step->workspace, true, err);
	case FB_STEP_CANCEL:
		return fb_account_jobs_cancel(step->workspace, NULL, true, err);
	case FB_STEP_DROP_ACCOUNT:
		return drop_account(run, change, step, err);
	case FB_STEP_DROP_SETTINGS:
		return remove_settings(run, step, err);
	case FB_STEP_DROP_QOS:
		return fb_ledger_remove_qos(&run->db, step->workspace, err);
	case FB_STEP_DROP_TREE:
		return fb_tree_purge(site->root, step->workspace, err);
	}
	return 0;
}

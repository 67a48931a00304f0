/* SPDX-License-Identifier: GPL-2.0-or-later */
/* workspace history: who changed what of its accounting, as slurmdbd recorded it, and of its settings. */
#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/instant.h"
#include "common/name.h"
#include "flightbase/commands.h"
#include "flightbase/history_words.h"
#include "flightbase/list.h"
#include "flightbase/places.h"
#include "flightbase/quiet.h"
#include "flightbase/settings_log.h"
#include "flightbase/table.h"
#include "flightbase/view.h"

enum { SINCE };
enum { TIME, WHO, WHAT };

const struct fb_cli_option fb_workspace_history_options[] = {
	[SINCE] = { "since", "DATE", "only what was done from that day on", NULL, 0 },
	{ .name = NULL },
};

static const struct fb_column columns[] = {
	[TIME] = { "TIME", FB_COLUMN_TEXT }, [WHO] = { "WHO", FB_COLUMN_TEXT }, [WHAT] = { "WHAT", FB_COLUMN_TEXT }, { .name = NULL }
};

/* Those too that are gone: their ids are in the records. */
static int load_associations(struct fb_db *db, struct fb_history *history, struct fb_err *err)
{
	slurmdb_assoc_cond_t cond = { .acct_list = fb_list_of(history->workspace), .cluster_list = fb_list_of(db->cluster),
				      .flags = ASSOC_COND_FLAG_WITH_DELETED | ASSOC_COND_FLAG_WOPI | ASSOC_COND_FLAG_WOPL };
	int quiet = fb_quiet_begin(), rc = 0;
	list_t *list = slurmdb_associations_get(db->connection, &cond);

	fb_quiet_end(quiet);
	slurm_list_destroy(cond.acct_list);
	slurm_list_destroy(cond.cluster_list);
	if (!list)
		return fb_err_set(err, "slurmdbd: the associations cannot be read: %s", slurm_strerror(errno));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (const slurmdb_assoc_rec_t *a; !rc && (a = slurm_list_next(iterator));)
		rc = fb_history_add(history, a->id, a->user);
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	return rc ? fb_err_set(err, "out of memory") : 0;
}

static void add_row(struct fb_table *table, time_t time, const char *who, const char *what)
{
	struct tm tm;
	char when[32];

	localtime_r(&time, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	fb_table_row(table);
	fb_table_set(table, TIME, "%s", when);
	fb_table_set(table, WHO, "%s", who && *who ? who : "?");
	fb_table_set(table, WHAT, "%s", what);
}

/* Those of the settings from that time on and not after the other; *next is the first that was not looked at. */
static void add_settings(struct fb_table *table, const struct fb_settings_log *log, size_t *next, time_t since, time_t until)
{
	for (; *next < log->count && log->change[*next].time <= until; (*next)++) {
		const struct fb_settings_change *change = &log->change[*next];

		if (change->time >= since)
			add_row(table, change->time, change->who, change->what);
	}
}

/* All records since then are read: slurmdbd's own filter by account misses those that name an association's id. */
static int print(struct fb_db *db, struct fb_history *history, const struct fb_settings_log *log, time_t since, bool json,
		 struct fb_err *err)
{
	slurmdb_txn_cond_t cond = { .time_start = since };
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_txn_get(db->connection, &cond);
	char what[256];
	size_t next = 0;

	fb_quiet_end(quiet);
	if (!list)
		return fb_err_set(err, "slurmdbd: its record of changes cannot be read: %s", slurm_strerror(errno));
	struct fb_table *table = fb_table_create("history", columns, json);
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (const slurmdb_txn_rec_t *record; (record = slurm_list_next(iterator));) {
		bool here = !record->clusters || !*record->clusters || !strcmp(record->clusters, db->cluster);

		if (here && fb_history_words(history, record->action, record->where_query, record->set_info, what, sizeof(what))) {
			add_settings(table, log, &next, since, record->timestamp);
			add_row(table, record->timestamp, record->actor_name, what);
		}
	}
	add_settings(table, log, &next, since, INT64_MAX);
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	fb_table_print(table);
	return 0;
}

int fb_workspace_history(const struct fb_args *args)
{
	struct fb_history history = { .workspace = args->word[0] };
	struct fb_settings_log log = { .count = 0 };
	char file[sizeof(FB_WORKSPACES_DIR) + FB_NAME_MAX + 8];
	time_t since = 0;
	struct fb_err err;
	struct fb_db db;

	if (fb_name_check(args->word[0], &err))
		return fb_cli_usage(args, "workspace '%.80s': %s", args->word[0], err.text);
	if (args->value[SINCE] && fb_instant_parse(args->value[SINCE], FB_INSTANT_BEGIN, &since, &err))
		return fb_cli_usage(args, "option '--since': %s", err.text);
	if (fb_db_open(&db, &err))
		return fb_cli_failed(&err);
	history.gpu_tres = db.gpu_tres;
	snprintf(file, sizeof(file), "%s/%s.json", FB_WORKSPACES_DIR, args->word[0]);
	int rc = fb_settings_log_load(FB_SETTINGS_LOG_DIR, args->word[0], file, &log, &err) || load_associations(&db, &history, &err) ||
		 print(&db, &history, &log, since, args->json, &err);
	fb_settings_log_free(&log);
	fb_history_free(&history);
	fb_db_close(&db);
	return rc ? fb_cli_failed(&err) : FB_EXIT_DONE;
}

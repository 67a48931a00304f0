/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/db.h"

#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/libslurm.h"
#include "flightbase/quiet.h"
#include "flightbase/slurm_start.h"

static int find_gpu_tres(struct fb_db *db, struct fb_err *err)
{
	slurmdb_tres_cond_t cond;

	slurmdb_init_tres_cond(&cond, false);
	int quiet = fb_quiet_begin();
	list_t *list = slurmdb_tres_get(db->connection, &cond);
	fb_quiet_end(quiet);
	if (!list)
		return fb_err_set(err, "slurmdbd: the list of TRES cannot be read: %s; look into slurmdbd's log",
				  slurm_strerror(errno));
	list_itr_t *iterator = slurm_list_iterator_create(list);
	for (slurmdb_tres_rec_t *tres; (tres = slurm_list_next(iterator));)
		if (tres->type && tres->name && !strcmp(tres->type, "gres") && !strcmp(tres->name, "gpu"))
			db->gpu_tres = (int)tres->id;
	slurm_list_iterator_destroy(iterator);
	slurm_list_destroy(list);
	if (!db->gpu_tres)
		return fb_err_set(err, "accounting: gres/gpu is not counted: add AccountingStorageTRES=gres/gpu to slurm.conf and "
				       "restart slurmctld");
	return 0;
}

int fb_db_open(struct fb_db *db, struct fb_err *err)
{
	uint16_t flags = 0;

	*db = (struct fb_db){ .connection = NULL };
	fb_slurm_start();
	if (!slurm_conf.accounting_storage_type || strcmp(slurm_conf.accounting_storage_type, "accounting_storage/slurmdbd"))
		return fb_err_set(err, "accounting: slurm.conf has no AccountingStorageType=accounting_storage/slurmdbd: workspaces "
				       "need it");
	snprintf(db->cluster, sizeof(db->cluster), "%s", slurm_conf.cluster_name);
	int quiet = fb_quiet_begin();
	errno = 0;
	db->connection = slurmdb_connection_get(&flags);
	fb_quiet_end(quiet);
	if (!db->connection || errno) {
		int error = errno;

		fb_db_close(db);
		return fb_err_set(err, "slurmdbd on '%s': %s; see that it runs, then try again", slurm_conf.accounting_storage_host,
				  slurm_strerror(error));
	}
	if (find_gpu_tres(db, err)) {
		fb_db_close(db);
		return -1;
	}
	return 0;
}

int fb_db_commit(struct fb_db *db, struct fb_err *err)
{
	int quiet = fb_quiet_begin();
	int rc = slurmdb_connection_commit(db->connection, true);
	fb_quiet_end(quiet);
	if (rc == SLURM_SUCCESS)
		return 0;
	errno = rc;
	return fb_err_set(err, "slurmdbd: the change was not kept: %s; try again", slurm_strerror(errno));
}

int fb_db_refresh(struct fb_db *db, struct fb_err *err)
{
	int quiet = fb_quiet_begin();
	int rc = slurmdb_connection_commit(db->connection, false);
	fb_quiet_end(quiet);
	return rc == SLURM_SUCCESS ? 0 : fb_err_set(err, "slurmdbd: %s; see that it runs, then try again", slurm_strerror(rc));
}

void fb_db_close(struct fb_db *db)
{
	if (db->connection)
		slurmdb_connection_close(&db->connection);
	db->connection = NULL;
}

int64_t fb_db_tres_count(const char *tres, int id)
{
	while (tres && *tres) {
		char *end;
		long found = strtol(tres, &end, 10);

		if (*end == '=' && found == id)
			return strtoll(end + 1, NULL, 10);
		tres = strchr(tres, ',');
		tres += tres != NULL;
	}
	return -1;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to Slurm's accounting database. It keeps nothing that was not committed. */
#ifndef FB_DB_H
#define FB_DB_H

#include <slurm/slurm.h>
#include <slurm/slurmdb.h>
#include <stdint.h>

#include "common/err.h"

struct fb_db {
	void *connection;
	int gpu_tres;	 /* id of gres/gpu */
	char cluster[256];
};

/*
 * Read slurm.conf, connect to slurmdbd and look up gres/gpu. Return 0, or -1 with err: slurmdbd does not answer, or
 * AccountingStorageTRES lacks gres/gpu. fb_db_close takes a closed one too and rolls back what was not committed.
 */
int fb_db_open(struct fb_db *db, struct fb_err *err);
int fb_db_commit(struct fb_db *db, struct fb_err *err);

/*
 * Look at the database as it is now. On one connection all reads between two commits show the same moment, the first
 * read's, whatever others have changed since.
 */
int fb_db_refresh(struct fb_db *db, struct fb_err *err);
void fb_db_close(struct fb_db *db);

/* The count of a TRES in a string "1=4,1001=8"; -1: it is not in it. */
int64_t fb_db_tres_count(const char *tres, int id);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of Slurm's accounting. Each of these is one transaction: when it returns -1 with err, nothing of it was kept.
 * slurmdbd answers a commit with success even if its database lost it, so who must be sure reads back.
 */
#ifndef FB_LEDGER_H
#define FB_LEDGER_H

#include "flightbase/spec.h"

/* The QOS ws-NAME with the limits of a user and of a job; view tells whether it is there. */
int fb_ledger_put_qos(struct fb_db *db, const struct fb_spec *spec, const struct fb_view *view, uint32_t preemptible,
		      struct fb_err *err);
int fb_ledger_remove_qos(struct fb_db *db, const char *workspace, struct fb_err *err);

/* The site's QOS for preemptible jobs. */
int fb_ledger_add_preemptible(struct fb_db *db, const char *name, struct fb_err *err);

/* The id of a QOS by its name; 0: there is none. */
int fb_ledger_find_qos(struct fb_db *db, const char *name, uint32_t *id, struct fb_err *err);

/* The account with its quota and QOS, open for submissions. */
int fb_ledger_put_account(struct fb_db *db, const struct fb_spec *spec, const struct fb_view *view, const uint32_t *qos,
			  size_t qos_count, struct fb_err *err);

/* Which QOS the account may use, the first by default. */
int fb_ledger_share_qos(struct fb_db *db, const char *workspace, const uint32_t *qos, size_t qos_count, struct fb_err *err);

/* Refuse submissions to the account, or take them again. */
int fb_ledger_close_account(struct fb_db *db, const char *workspace, bool closed, struct fb_err *err);

/* The account on this cluster with all its associations, and its coordinators if no other cluster has it. */
int fb_ledger_remove_account(struct fb_db *db, const char *workspace, struct fb_err *err);

/* Make members and managers those of spec. */
int fb_ledger_put_members(struct fb_db *db, const struct fb_spec *spec, const struct fb_view *view, struct fb_err *err);

/* Make an account the default one of these users. */
int fb_ledger_set_home(struct fb_db *db, list_t *users, const char *account, struct fb_err *err);

/* For the ledger's own files: undo what is not committed, and say in words why a call failed. Keeps errno, Slurm's number. */
int fb_ledger_undo(struct fb_db *db, struct fb_err *err, const char *what, const char *said);

#endif

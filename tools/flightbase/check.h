/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flightbase check: the parts of the doctor. Each group looks at one thing and adds what it finds; one that cannot
 * look says so. Those that take plain data are pure, and their tables are in the unit tests.
 */
#ifndef FB_CHECK_H
#define FB_CHECK_H

#include <slurm/slurm.h>
#include <slurm/slurmdb.h>
#include <stdbool.h>

#include "common/policy.h"
#include "flightbase/accounts.h"
#include "flightbase/db.h"
#include "flightbase/report.h"
#include "flightbase/view.h"

struct fb_check {
	struct fb_report report;
	char host[256];
	bool controller, compute; /* what this host is; neither: a login node */
	slurm_conf_t *running;	  /* what slurmctld runs with; NULL: it does not answer */
	node_info_msg_t *nodes;	  /* NULL: not to be had */
	partition_info_msg_t *partitions;
	struct fb_db db;
	bool db_open;
	struct fb_views views; /* of the policy alone while the database is not open */
	list_t *qos, *associations; /* what accounts borrows from */
	bool accounts_known;
	struct fb_accounts accounts;
};

/* Everything that several groups need, and that slurmctld and slurmdbd answer at all. */
void fb_check_open(struct fb_check *check);
void fb_check_close(struct fb_check *check);

/* GPUs that slurmctld counts on all nodes. */
int64_t fb_check_cluster_gpus(const struct fb_check *check);

void fb_check_slurm(struct fb_check *check);	  /* slurm.conf as slurmctld runs with it */
void fb_check_plugins(struct fb_check *check);	  /* the plugins' files and versions on this host */
void fb_check_plugstack(struct fb_check *check);  /* plugstack.conf on this host */
void fb_check_gres(struct fb_check *check);	  /* gres.conf on this host, and GPUs as slurmctld knows them */
void fb_check_settings(struct fb_check *check);	  /* the settings files, and who may write them */
void fb_check_accounting(struct fb_check *check); /* drift between accounting and settings */
void fb_check_limits(struct fb_check *check);	  /* QOS and associations that get round a workspace's limits */
void fb_check_guarantees(struct fb_check *check);
void fb_check_gates(struct fb_check *check);	  /* the directories of the workspaces */
void fb_check_topology(struct fb_check *check);	  /* topology.json */

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/check.h"
#include "flightbase/controller.h"
#include "flightbase/jobs.h"
#include "flightbase/places.h"
#include "slurm_release.h"
#include "flightbase/libslurm.h"
#include "flightbase/list.h"

#define GROUP "daemons"

/* A question to a dead slurmctld takes MessageTimeout each; a ping fails at once. */
static void open_slurmctld(struct fb_check *check)
{
	struct fb_report *report = &check->report;

	if (!fb_controller_up() || slurm_load_ctl_conf((time_t)0, &check->running)) {
		check->running = NULL;
		fb_report_add(report, FB_ERROR, GROUP, "slurmctld", "does not answer: %s; what it knows is not checked",
			      slurm_strerror(errno));
		fb_report_fix(report, "systemctl restart slurmctld   # on %s; see %s", fb_controller_host(),
			      slurm_conf.slurmctld_logfile ? slurm_conf.slurmctld_logfile : "its log");
		return;
	}
	fb_report_add(report, FB_OK, GROUP, "slurmctld", "answers");
	if (slurm_load_node((time_t)0, &check->nodes, SHOW_ALL | SHOW_DETAIL))
		check->nodes = NULL;
	if (slurm_load_partitions((time_t)0, &check->partitions, SHOW_ALL))
		check->partitions = NULL;
	if (!check->nodes || !check->nodes->record_count || !check->partitions)
		fb_report_add(report, FB_UNCHECKED, GROUP, "nodes", "slurmctld does not show them to you; run this as root");
}

static void load_accounting(struct fb_check *check)
{
	slurmdb_qos_cond_t qos = { .preempt_mode = 0 };
	slurmdb_assoc_cond_t associations = { .cluster_list = fb_list_of(check->db.cluster) };

	check->qos = slurmdb_qos_get(check->db.connection, &qos);
	check->associations = slurmdb_associations_get(check->db.connection, &associations);
	slurm_list_destroy(associations.cluster_list);
	if (!check->qos || !check->associations || !check->views.policy)
		return;
	fb_accounts_read(&check->accounts, check->qos, check->associations, check->db.gpu_tres,
			 check->views.policy->site.preemptible_qos);
	check->accounts_known = true;
}

/* Without the database, what the settings files say is still looked at. */
static void open_slurmdbd(struct fb_check *check)
{
	struct fb_report *report = &check->report;
	struct fb_err err;

	if (fb_db_open(&check->db, &err)) {
		fb_report_add(report, FB_ERROR, GROUP, "slurmdbd", "%s", err.text);
		fb_report_fix(report, "systemctl restart slurmdbd   # on %s",
			      slurm_conf.accounting_storage_host ? slurm_conf.accounting_storage_host : "its host");
		check->views.policy = fb_policy_load(FB_CONF_DIR, NULL, &check->views.report);
		return;
	}
	check->db_open = true;
	if (fb_views_load(&check->db, NULL, &check->views, &err)) {
		fb_report_add(report, FB_ERROR, GROUP, "slurmdbd", "%s", err.text);
		check->views.policy = fb_policy_load(FB_CONF_DIR, NULL, &check->views.report);
		return;
	}
	fb_report_add(report, FB_OK, GROUP, "slurmdbd", "answers");
	load_accounting(check);
}

static bool host_is(const char *name, const char *host)
{
	size_t length = strcspn(name, ".");

	return length == strcspn(host, ".") && !strncmp(name, host, length);
}

static void find_role(struct fb_check *check)
{
	if (gethostname(check->host, sizeof(check->host) - 1))
		snprintf(check->host, sizeof(check->host), "localhost");
	check->controller = fb_controller_here();
	for (uint32_t i = 0; check->nodes && i < check->nodes->record_count; i++) {
		const node_info_t *node = &check->nodes->node_array[i];

		check->compute |= node->node_hostname && host_is(node->node_hostname, check->host);
	}
}

void fb_check_open(struct fb_check *check)
{
	*check = (struct fb_check){ .running = NULL };
	slurm_init(NULL);
	open_slurmctld(check);
	open_slurmdbd(check);
	find_role(check);
}

void fb_check_close(struct fb_check *check)
{
	fb_report_free(&check->report);
	fb_views_free(&check->views);
	fb_accounts_free(&check->accounts);
	if (check->qos)
		slurm_list_destroy(check->qos);
	if (check->associations)
		slurm_list_destroy(check->associations);
	if (check->db_open)
		fb_db_close(&check->db);
	if (check->running)
		fb_free_ctl_conf(check->running);
	if (check->nodes)
		slurm_free_node_info_msg(check->nodes);
	if (check->partitions)
		slurm_free_partition_info_msg(check->partitions);
}

int64_t fb_check_cluster_gpus(const struct fb_check *check)
{
	int64_t gpus = 0;

	for (uint32_t i = 0; check->nodes && i < check->nodes->record_count; i++)
		gpus += fb_tres_count(check->nodes->node_array[i].tres_fmt_str, "gres/gpu");
	return gpus;
}

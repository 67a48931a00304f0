/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doctor's looks at Slurm: settings, versions of plugins, permissions of our files. */
#include "findings.h"

#include <slurm/slurm.h>
#include <sys/stat.h>

#include "flightbase/check_plugins.h"
#include "flightbase/check_settings.h"
#include "flightbase/check_slurm.h"
#include "slurm_release.h"

static slurm_conf_t good(void)
{
	slurm_conf_t conf = { .job_submit_plugins = (char *)"flightbase" };

	conf.topology_plugin = (char *)"topology/flightbase";
	conf.prolog_flags = PROLOG_FLAG_ALLOC | PROLOG_FLAG_CONTAIN;
	conf.accounting_storage_type = (char *)"accounting_storage/slurmdbd";
	conf.accounting_storage_tres = (char *)"cpu,mem,energy,node,billing,gres/gpu";
	conf.accounting_storage_enforce = 1 | 2 | 8 | 16;
	conf.select_type = (char *)"select/cons_tres";
	conf.select_type_param = FB_SELECT_MEMORY;
	conf.priority_type = (char *)"priority/multifactor";
	conf.max_array_sz = 20001;
	conf.max_job_cnt = 50000;
	conf.mpi_default = (char *)"pmi2";
	return conf;
}

static void no_plugins(slurm_conf_t *c) { c->job_submit_plugins = NULL; }
static void other_plugins(slurm_conf_t *c) { c->job_submit_plugins = (char *)"lua,flightbase2"; }
static void not_last(slurm_conf_t *c) { c->job_submit_plugins = (char *)"flightbase,lua"; }
static void tree(slurm_conf_t *c) { c->topology_plugin = (char *)"topology/tree"; }
static void no_alloc(slurm_conf_t *c) { c->prolog_flags = PROLOG_FLAG_CONTAIN; }
static void no_dbd(slurm_conf_t *c) { c->accounting_storage_type = NULL; }
static void no_tres(slurm_conf_t *c) { c->accounting_storage_tres = (char *)"cpu,gres/gpu:v100,gres/gpumem"; }
static void no_limits(slurm_conf_t *c) { c->accounting_storage_enforce = 1 | 8; }
static void no_enforce(slurm_conf_t *c) { c->accounting_storage_enforce = 0; }
static void linear(slurm_conf_t *c) { c->select_type = (char *)"select/linear"; }
static void basic(slurm_conf_t *c) { c->priority_type = (char *)"priority/basic"; }
static void small_array(slurm_conf_t *c) { c->max_array_sz = 1001; }
static void few_jobs(slurm_conf_t *c) { c->max_job_cnt = 10000; }
static void user_top(slurm_conf_t *c) { c->sched_params = (char *)"batch_sched_delay=0,Enable_User_Top"; }
static void no_mpi(slurm_conf_t *c) { c->mpi_default = (char *)"none"; }

static const struct {
	void (*change)(slurm_conf_t *conf);
	enum fb_severity severity;
	const char *object, *text, *fix;
} settings[] = {
	{ no_plugins, FB_ERROR, "JobSubmitPlugins", "'' lacks flightbase", "JobSubmitPlugins=flightbase" },
	{ other_plugins, FB_ERROR, "JobSubmitPlugins", "'lua,flightbase2' lacks flightbase",
	  "JobSubmitPlugins=lua,flightbase2,flightbase" },
	{ not_last, FB_ERROR, "JobSubmitPlugins", "flightbase is not the last", "JobSubmitPlugins=...,flightbase" },
	{ tree, FB_ERROR, "TopologyPlugin", "'topology/tree', not topology/flightbase", "TopologyPlugin=topology/flightbase" },
	{ no_alloc, FB_ERROR, "PrologFlags", "lacks Alloc", "PrologFlags=Alloc" },
	{ no_dbd, FB_ERROR, "AccountingStorageType", "'', not accounting_storage/slurmdbd",
	  "AccountingStorageType=accounting_storage/slurmdbd" },
	{ no_tres, FB_ERROR, "AccountingStorageTRES", "lacks gres/gpu", "AccountingStorageTRES=gres/gpu" },
	{ no_limits, FB_ERROR, "AccountingStorageEnforce", "lacks limits,safe:",
	  "AccountingStorageEnforce=associations,limits,qos,safe" },
	{ no_enforce, FB_ERROR, "AccountingStorageEnforce", "lacks associations,limits,qos,safe:", NULL },
	{ linear, FB_ERROR, "SelectType", "'select/linear', not select/cons_tres", "SelectType=select/cons_tres" },
	{ basic, FB_WARNING, "PriorityType", "'priority/basic', not priority/multifactor", "PriorityType=priority/multifactor" },
	{ small_array, FB_WARNING, "MaxArraySize", "1001 is small", "MaxArraySize=20001" },
	{ few_jobs, FB_WARNING, "MaxJobCount", "10000 is small", "MaxJobCount=50000" },
	{ user_top, FB_WARNING, "SchedulerParameters", "has enable_user_top: by scontrol top members undo the order",
	  "take enable_user_top out of SchedulerParameters=" },
	{ no_mpi, FB_WARNING, "MpiDefault", "'none'", "MpiDefault=pmi2" },
};

static void test_settings(void **state)
{
	struct fb_report report = { .count = 0 };
	slurm_conf_t conf = good();

	(void)state;
	fb_check_slurm_conf(&conf, &report);
	check_counts(&report, 0, 0);
	assert_int_equal(report.counts[FB_OK], 12);
	fb_report_free(&report);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		conf = good();
		settings[i].change(&conf);
		fb_check_slurm_conf(&conf, &report);
		check_counts(&report, settings[i].severity == FB_ERROR, settings[i].severity == FB_WARNING);
		check_finding(&report, settings[i].severity, settings[i].object, settings[i].text, settings[i].fix);
		fb_report_free(&report);
	}
	conf = good();
	conf.job_submit_plugins = (char *)"lua,job_submit/flightbase";
	conf.mpi_default = (char *)"pmix_v5";
	fb_check_slurm_conf(&conf, &report);
	check_counts(&report, 0, 0);
	fb_report_free(&report);
}

static void test_memory(void **state)
{
	static const struct {
		bool scheduled;
		int64_t site, own;
		uint64_t site_cpu, own_cpu;
		size_t warnings;
	} table[] = {
		{ true, -1, -1, 0, 0, 1 },   { true, 62500, -1, 0, 0, 0 }, { true, -1, 62500, 0, 0, 0 },
		{ true, -1, -1, 1000, 0, 0 }, { true, -1, -1, 0, 1000, 0 }, { false, -1, -1, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		partition_info_t partition = { .name = (char *)"gpu", .def_mem_per_cpu = table[i].own_cpu };
		struct fb_report report = { .count = 0 };
		slurm_conf_t conf = good();

		conf.select_type_param = table[i].scheduled ? FB_SELECT_MEMORY : 0;
		conf.def_mem_per_cpu = table[i].site_cpu;
		fb_check_slurm_memory(&conf, table[i].site, &partition, table[i].own, &report);
		check_counts(&report, 0, table[i].warnings);
		if (table[i].warnings)
			check_finding(&report, FB_WARNING, "partition 'gpu'", "no DefMemPerGPU", "DefMemPerGPU=MEGABYTES");
		fb_report_free(&report);
	}
}

#define RELEASE(major, minor, micro) ((uint32_t)(major) << 16 | (minor) << 8 | (micro))

static void test_plugins(void **state)
{
	static const struct {
		struct fb_plugin_file plugin;
		uint32_t slurm;
		enum fb_severity severity;
		const char *text, *fix;
	} table[] = {
		{ { "t.so", true, true, RELEASE(24, 11, 5) }, RELEASE(24, 11, 5), FB_OK, "is for Slurm 24.11.5", NULL },
		{ { "t.so", true, true, RELEASE(24, 11, 4) }, RELEASE(24, 11, 5), FB_ERROR,
		  "is for Slurm 24.11.4, but /plugins has Slurm 24.11.5: it is not loaded", "--with-slurm-source=DIR" },
		{ { "s.so", false, true, RELEASE(24, 11, 4) }, RELEASE(24, 11, 5), FB_OK, "is for Slurm 24.11.4", NULL },
		{ { "s.so", false, true, RELEASE(24, 5, 5) }, RELEASE(24, 11, 5), FB_ERROR, "is for Slurm 24.05.5",
		  "exactly Slurm 24.11.5" },
		{ { "s.so", false, false, 0 }, RELEASE(24, 11, 5), FB_ERROR, "is missing in /plugins", "built for Slurm 24.11.5" },
		{ { "s.so", false, true, 0 }, RELEASE(24, 11, 5), FB_ERROR, "exports no plugin_version",
		  "install Flightbase's plugins anew" },
		{ { "s.so", false, true, RELEASE(24, 11, 4) }, 0, FB_UNCHECKED, "which Slurm is in /plugins is not to be told",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_report report = { .count = 0 };

		fb_check_plugin(&table[i].plugin, "/plugins", table[i].slurm, &report);
		assert_int_equal(report.count, 1);
		check_finding(&report, table[i].severity, table[i].plugin.name, table[i].text, table[i].fix);
		fb_report_free(&report);
	}
}

static void test_client(void **state)
{
	static const struct {
		const char *slurmctld;
		uint32_t client;
		enum fb_severity severity;
		const char *text;
	} table[] = {
		{ "24.11.5", RELEASE(24, 11, 5), FB_OK, "24.11.5, slurmctld 24.11.5" },
		{ "25.05.1", RELEASE(24, 11, 5), FB_OK, "24.11.5, slurmctld 25.05.1" },
		{ "24.11.5", RELEASE(25, 5, 0), FB_ERROR, "25.05.0 is newer than slurmctld 24.11.5" },
		{ "devel", RELEASE(25, 5, 0), FB_UNCHECKED, "slurmctld's version 'devel' is not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_report report = { .count = 0 };

		fb_check_client(table[i].slurmctld, table[i].client, &report);
		check_finding(&report, table[i].severity, "libslurm", table[i].text, NULL);
		fb_report_free(&report);
	}
}

static void test_files(void **state)
{
	static const struct {
		uid_t uid;
		mode_t mode;
		enum fb_severity severity;
		const char *text, *fix;
	} table[] = {
		{ 0, S_IFREG | 0644, FB_OK, "root's alone to write", NULL },
		{ 0, S_IFDIR | 0755, FB_OK, "root's alone to write", NULL },
		{ 1000, S_IFREG | 0644, FB_ERROR, "belongs to uid 1000", "chown root:root /f" },
		{ 0, S_IFREG | 0664, FB_ERROR, "others than root (mode 0664)", "chmod go-w /f" },
		{ 0, S_IFDIR | 0777, FB_ERROR, "others than root (mode 0777)", "chmod go-w /f" },
		{ 0, S_IFREG | 0600, FB_WARNING, "cannot be read by users (mode 0600)", "chmod go+r /f" },
		{ 0, S_IFDIR | 0750, FB_WARNING, "cannot be read by users (mode 0750)", "chmod go+rx /f" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct stat st = { .st_uid = table[i].uid, .st_mode = table[i].mode };
		struct fb_report report = { .count = 0 };

		fb_check_settings_file("/f", &st, &report);
		assert_int_equal(report.count, 1);
		check_finding(&report, table[i].severity, "/f", table[i].text, table[i].fix);
		fb_report_free(&report);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_settings), cmocka_unit_test(test_memory), cmocka_unit_test(test_plugins),
					    cmocka_unit_test(test_client), cmocka_unit_test(test_files) };

	return cmocka_run_group_tests_name("check_slurm", tests, NULL, NULL);
}

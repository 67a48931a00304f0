/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fb_config.h"

#include "flightbase/check_plugins.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/check.h"
#include "flightbase/elf_symbol.h"
#include "flightbase/libslurm.h"

#define GROUP "plugins"

static void say_version(uint32_t version, char *text, size_t size)
{
	snprintf(text, size, "%u.%02u.%u", version >> 16 & 255, version >> 8 & 255, version & 255);
}

void fb_check_plugin(const struct fb_plugin_file *plugin, const char *folder, uint32_t slurm, struct fb_report *report)
{
	char built[32], runs[32];
	bool same = plugin->exact ? plugin->version == slurm : plugin->version >> 8 == slurm >> 8;

	say_version(plugin->version, built, sizeof(built));
	say_version(slurm, runs, sizeof(runs));
	if (!plugin->there) {
		fb_report_add(report, FB_ERROR, GROUP, plugin->name, "is missing in %s", folder);
		fb_report_fix(report, "install Flightbase's plugins there, built for Slurm %s", slurm ? runs : "of this host");
	} else if (!plugin->version) {
		fb_report_add(report, FB_ERROR, GROUP, plugin->name, "is no plugin of Slurm: it exports no plugin_version");
		fb_report_fix(report, "install Flightbase's plugins anew in %s", folder);
	} else if (!slurm) {
		fb_report_add(report, FB_UNCHECKED, GROUP, plugin->name, "is for Slurm %s; which Slurm is in %s is not to be told", built,
			      folder);
	} else if (!same) {
		fb_report_add(report, FB_ERROR, GROUP, plugin->name, "is for Slurm %s, but %s has Slurm %s: it is not loaded", built, folder,
			      runs);
		fb_report_fix(report, "./configure --with-slurm-source=DIR && make && make install   # DIR: exactly Slurm %s", runs);
	} else {
		fb_report_add(report, FB_OK, GROUP, plugin->name, "is for Slurm %s", built);
	}
}

void fb_check_client(const char *slurmctld, uint32_t client, struct fb_report *report)
{
	unsigned int major = 0, minor = 0;
	char text[32];

	say_version(client, text, sizeof(text));
	if (sscanf(slurmctld, "%u.%u", &major, &minor) != 2)
		fb_report_add(report, FB_UNCHECKED, GROUP, "libslurm", "slurmctld's version '%s' is not a number", slurmctld);
	else if (client >> 8 > (major << 8 | minor)) {
		fb_report_add(report, FB_ERROR, GROUP, "libslurm", "%s is newer than slurmctld %s: its answers are not understood", text,
			      slurmctld);
		fb_report_fix(report, "install Slurm %u.%02u on this host, or upgrade slurmctld first", major, minor);
	} else {
		fb_report_add(report, FB_OK, GROUP, "libslurm", "%s, slurmctld %s", text, slurmctld);
	}
}

/* plugindir may be a list, as PATH is. */
static bool find_file(const char *folders, const char *name, char *path, size_t size)
{
	while (folders && *folders) {
		size_t length = strcspn(folders, ":");

		snprintf(path, size, "%.*s/%s", (int)length, folders, name);
		if (!access(path, F_OK))
			return true;
		folders += length + (folders[length] == ':');
	}
	return false;
}

/* Slurm's own plugins were built with it. */
static uint32_t slurm_version(const char *folders)
{
	static const char *const own[] = { "auth_munge.so", "select_cons_tres.so", "auth_slurm.so", "cred_munge.so", "hash_k12.so" };
	char path[4096];
	uint32_t version;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (find_file(folders, own[i], path, sizeof(path)) && !fb_elf_symbol_read(path, "plugin_version", &version, NULL))
			return version;
	return 0;
}

static void check_file(struct fb_check *check, struct fb_plugin_file plugin, uint32_t slurm)
{
	const char *folders = slurm_conf.plugindir;
	char path[4096];

	plugin.there = find_file(folders, plugin.name, path, sizeof(path));
	if (plugin.there && fb_elf_symbol_read(path, "plugin_version", &plugin.version, NULL))
		plugin.version = 0;
	fb_check_plugin(&plugin, folders, slurm, &check->report);
}

void fb_check_plugins(struct fb_check *check)
{
	uint32_t slurm = slurm_version(slurm_conf.plugindir);

	/* Daemons and commands all load the topology plugin; the others are needed where they work. */
	check_file(check, (struct fb_plugin_file){ .name = "topology_flightbase.so", .exact = true }, slurm);
	if (check->controller)
		check_file(check, (struct fb_plugin_file){ .name = "job_submit_flightbase.so", .exact = true }, slurm);
	if (check->compute || !check->controller)
		check_file(check, (struct fb_plugin_file){ .name = "spank_flightbase.so" }, slurm);
	if (check->running)
		fb_check_client(check->running->version, slurm ? slurm : SLURM_VERSION_NUMBER, &check->report);
	else
		fb_report_add(&check->report, FB_UNCHECKED, GROUP, "libslurm", "against slurmctld's version: slurmctld does not answer");
}

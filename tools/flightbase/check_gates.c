/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/check_gates.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/check.h"
#include "flightbase/gate.h"
#include "flightbase/names.h"

#define GROUP "directories"
#define MEND "flightbase workspace modify %s" /* makes the directories as they should be */

static const struct fb_gate_entry *find_entry(const struct fb_gate_view *gate, const char *user)
{
	for (size_t i = 0; i < gate->entries; i++)
		if (!gate->entry[i].group && !strcmp(gate->entry[i].name, user))
			return &gate->entry[i];
	return NULL;
}

static bool by_group(const struct fb_view *view)
{
	return view->settings->group[0];
}

static void check_owner(const struct fb_view *view, const char *path, const struct fb_gate_view *gate, struct fb_report *report)
{
	const struct fb_member *owner = fb_view_member(view, gate->owner);
	const char *manager = NULL;

	for (size_t i = 0; !manager && i < view->members; i++)
		if (view->member[i].manager)
			manager = view->member[i].name;
	if (manager && (!owner || !owner->manager)) {
		fb_report_add(report, FB_ERROR, GROUP, path, "belongs to '%s', who is no manager of the workspace", gate->owner);
		fb_report_fix(report, MEND, view->name);
	}
	if (!gate->owner_passes) {
		fb_report_add(report, FB_ERROR, GROUP, path, "its owner '%s' may not use it", gate->owner);
		fb_report_fix(report, MEND, view->name);
	}
	if (gate->others_pass || (!by_group(view) && gate->group_may)) {
		fb_report_add(report, FB_ERROR, GROUP, path, "lets in others than its members");
		fb_report_fix(report, MEND, view->name);
	}
}

static bool lets_in(const struct fb_gate_view *gate, const struct fb_group_users *in_group, const char *name)
{
	const struct fb_gate_entry *entry = find_entry(gate, name);

	if (!strcmp(name, gate->owner))
		return true;
	return in_group ? fb_group_users_find(in_group, name) != NULL : entry && entry->passes;
}

/* Whom it should let in, and does not. */
static void check_members(const struct fb_view *view, const char *path, const struct fb_gate_view *gate,
			  const struct fb_group_users *in_group, bool (*user_known)(const char *name), struct fb_report *report)
{
	const char *group = view->settings->group;

	for (size_t i = 0; i < view->members; i++) {
		const char *name = view->member[i].name;

		if (lets_in(gate, in_group, name))
			continue;
		if (!user_known(name)) {
			fb_report_add(report, FB_WARNING, GROUP, path, "member '%s' is no user of this host", name);
		} else if (in_group) {
			fb_report_add(report, FB_ERROR, GROUP, path, "does not let in member '%s', who is not in group '%s'", name, group);
			fb_report_fix(report, "usermod -a -G %s %s   # or where the site keeps its groups", group, name);
		} else {
			fb_report_add(report, FB_ERROR, GROUP, path, "does not let in member '%s'", name);
			fb_report_fix(report, MEND, view->name);
		}
	}
}

/* Whom it lets in, and should not. */
static void check_strangers(const struct fb_view *view, const char *path, const struct fb_gate_view *gate, struct fb_report *report)
{
	for (size_t i = 0; i < gate->entries; i++) {
		const struct fb_gate_entry *entry = &gate->entry[i];

		if (!entry->group && (fb_view_member(view, entry->name) || !strcmp(entry->name, gate->owner)))
			continue;
		fb_report_add(report, FB_ERROR, GROUP, path, "lets in %s '%s', who is no member", entry->group ? "group" : "user", entry->name);
		fb_report_fix(report, "setfacl -x %s:%s %s", entry->group ? "group" : "user", entry->name, path);
	}
}

/* The directory itself, when it lets in a group. */
static void check_group(const struct fb_view *view, const char *path, const struct fb_gate_view *gate,
			const struct fb_group_users *in_group, struct fb_report *report)
{
	const char *group = view->settings->group;

	if (gate->group != in_group->gid) {
		fb_report_add(report, FB_ERROR, GROUP, path, "belongs to another group than '%s', which it should let in", group);
		fb_report_fix(report, MEND, view->name);
	}
	if (gate->group_may != FB_GATE_ALL) {
		fb_report_add(report, FB_ERROR, GROUP, path, "does not let in its group");
		fb_report_fix(report, MEND, view->name);
	}
	for (size_t i = 0; i < gate->entries; i++) {
		const struct fb_gate_entry *entry = &gate->entry[i];

		fb_report_add(report, FB_ERROR, GROUP, path, "has an entry for %s '%s' left, but should let in group '%s' alone",
			      entry->group ? "group" : "user", entry->name, group);
		fb_report_fix(report, MEND, view->name);
	}
}

/* Who is in its group, and should not be. */
static void check_group_strangers(const struct fb_view *view, const char *path, const struct fb_gate_view *gate,
				  const struct fb_group_users *in_group, struct fb_report *report)
{
	const char *group = view->settings->group;

	for (size_t i = 0; i < in_group->count; i++) {
		const struct fb_group_user *user = &in_group->user[i];

		if (fb_view_member(view, user->name) || !strcmp(user->name, gate->owner))
			continue;
		fb_report_add(report, FB_ERROR, GROUP, path, "lets in user '%s' of group '%s', who is no member", user->name, group);
		if (user->primary)
			fb_report_fix(report, "usermod -g GROUP %s   # another primary group; or where the site keeps its groups", user->name);
		else
			fb_report_fix(report, "gpasswd -d %s %s   # or where the site keeps its groups", user->name, group);
	}
}

static void check_parts(const struct fb_view *view, const char *path, const struct fb_gate_view *gate, struct fb_report *report)
{
	bool unseen = false;

	for (size_t i = 0; i < FB_GATE_PARTS; i++) {
		const char *part = fb_gate_parts[i];

		unseen |= gate->part[i] == FB_PART_UNSEEN;
		if (gate->part[i] == FB_PART_MISSING) {
			fb_report_add(report, FB_ERROR, GROUP, path, "lacks its directory '%s'", part);
			fb_report_fix(report, MEND, view->name);
		} else if (gate->part[i] == FB_PART_ODD) {
			fb_report_add(report, FB_ERROR, GROUP, path, "'%s' below it is no directory that its members can all write to", part);
			fb_report_fix(report, MEND "   # if %s/%s is a link or a file, move it away first", view->name, path, part);
		}
	}
	if (unseen)
		fb_report_add(report, FB_UNCHECKED, GROUP, path, "what is below it: only root and members may look; run this as root");
}

/* Who comes in, and who should. */
static void check_people(const struct fb_view *view, const char *path, const struct fb_gate_view *gate,
			 const struct fb_group_users *in_group, bool (*user_known)(const char *name), struct fb_report *report)
{
	if (!by_group(view)) {
		check_members(view, path, gate, NULL, user_known, report);
		check_strangers(view, path, gate, report);
	} else if (in_group) {
		check_group(view, path, gate, in_group, report);
		check_members(view, path, gate, in_group, user_known, report);
		check_group_strangers(view, path, gate, in_group, report);
	} else {
		fb_report_add(report, FB_ERROR, GROUP, path, "should let in group '%s', which this host does not know", view->settings->group);
		fb_report_fix(report, "groupadd %s   # or where the site keeps its groups; or " MEND " --access acl", view->settings->group,
			      view->name);
	}
}

void fb_check_gate(const struct fb_view *view, const char *path, const struct fb_gate_view *gate,
		   const struct fb_group_users *in_group, bool (*user_known)(const char *name), struct fb_report *report)
{
	size_t before = report->count;

	if (gate->error == ENOENT) {
		fb_report_add(report, FB_ERROR, GROUP, path, "is missing: workspace '%s' has no place for its data", view->name);
		fb_report_fix(report, MEND, view->name);
	} else if (!gate->error && !gate->directory) {
		fb_report_add(report, FB_ERROR, GROUP, path, "is a link or a file, not a directory");
		fb_report_fix(report, "mv %s %s.away && " MEND, path, path, view->name);
	} else if (gate->error == ENOTSUP && !by_group(view)) {
		fb_report_add(report, FB_ERROR, GROUP, path, "its file system has no ACLs: members cannot be let in");
		fb_report_fix(report, "mount it with ACLs (NFS: version 3 with nfs_acl; ext4, xfs: as they are), or let a Unix group in: "
				      MEND " --access group", view->name);
	} else if (gate->error && gate->error != ENOTSUP) {
		fb_report_add(report, FB_UNCHECKED, GROUP, path, "%s", strerror(gate->error));
	} else {
		check_owner(view, path, gate, report);
		check_people(view, path, gate, in_group, user_known, report);
		check_parts(view, path, gate, report);
	}
	if (report->count == before)
		fb_report_add(report, FB_OK, GROUP, path, "lets in its members and nobody else");
}

static bool is_user(const char *name)
{
	uid_t uid;

	return !fb_user_find(name, &uid, NULL);
}

/* A directory service may not list a group's users, but tells of each user. Returns false: there is no such group here. */
static bool read_group(struct fb_group_users *users, const struct fb_view *view)
{
	gid_t gid;

	*users = (struct fb_group_users){ .count = 0 };
	if (!by_group(view) || fb_group_find(view->settings->group, &gid, NULL) || fb_group_users_load(users, gid))
		return false;
	for (size_t i = 0; i < view->members; i++)
		if (fb_group_has(gid, view->member[i].name) && fb_group_users_add(users, view->member[i].name, false))
			return false;
	return true;
}

void fb_check_gates(struct fb_check *check)
{
	const struct fb_policy *policy = check->views.policy;
	char path[FB_POLICY_PATH_MAX + FB_NAME_MAX + 16];
	struct fb_gate_view gate;
	struct fb_group_users in_group;

	if (!policy || !check->views.count) {
		if (!policy || !check->db_open)
			fb_report_add(&check->report, FB_UNCHECKED, GROUP, "workspaces", "%s",
				      policy ? "slurmdbd does not tell who the members are" : "there are no site settings");
		return;
	}
	for (size_t i = 0; i < check->views.count; i++) {
		const struct fb_view *view = &check->views.view[i];

		if (!view->settings || !view->account)
			continue;
		snprintf(path, sizeof(path), "%s/workspaces/%s", policy->site.root, view->name);
		fb_gate_view_read(&gate, path);
		fb_check_gate(view, path, &gate, read_group(&in_group, view) ? &in_group : NULL, is_user, &check->report);
		fb_gate_view_free(&gate);
		fb_group_users_free(&in_group);
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <acl/libacl.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "flightbase/check_gates.h"
#include "flightbase/gate.h"
#include "flightbase/names.h"

const char *const fb_gate_parts[FB_GATE_PARTS] = { "images", "datasets", "models", "volume" };

struct known_user {
	uid_t uid;
	char *name;
};

static int compare_users(const void *a, const void *b)
{
	uid_t x = ((const struct known_user *)a)->uid, y = ((const struct known_user *)b)->uid;

	return x < y ? -1 : x > y;
}

/* The same members come again in many workspaces, and looking one up may ask a server: kept until the program ends. */
static char *user_name(uid_t uid)
{
	static void *known;
	struct known_user key = { .uid = uid }, *made, **found = tfind(&key, &known, compare_users);

	if (found)
		return strdup((*found)->name);
	char *name = strdup(fb_user_text(uid).text);
	made = name ? malloc(sizeof(*made)) : NULL;
	if (made && (made->name = strdup(name))) {
		made->uid = uid;
		if (tsearch(made, &known, compare_users))
			return name;
		free(made->name);
	}
	free(made);
	return name;
}

static int find_mask(acl_t acl)
{
	acl_entry_t entry;
	acl_tag_t tag;

	for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY)
		if (!acl_get_tag_type(entry, &tag) && tag == ACL_MASK)
			return fb_gate_permissions(entry);
	return FB_GATE_ALL;
}

static void add_named(struct fb_gate_view *gate, acl_entry_t entry, bool group, bool passes)
{
	struct fb_gate_entry *grown = realloc(gate->entry, (gate->entries + 1) * sizeof(*grown));
	id_t *id = acl_get_qualifier(entry);

	if (grown)
		gate->entry = grown;
	char *name = !grown || !id ? NULL : group ? strdup(fb_group_text(*id).text) : user_name(*id);
	if (id)
		acl_free(id);
	if (name)
		grown[gate->entries++] = (struct fb_gate_entry){ name, group, passes };
	else
		gate->error = ENOMEM;
}

static void read_entry(struct fb_gate_view *gate, acl_entry_t entry, int mask)
{
	int allowed = fb_gate_permissions(entry);
	acl_tag_t tag;

	if (acl_get_tag_type(entry, &tag))
		return;
	if (tag == ACL_USER_OBJ)
		gate->owner_passes = allowed == FB_GATE_ALL;
	else if (tag == ACL_OTHER)
		gate->others_pass = allowed != 0;
	else if (tag == ACL_GROUP_OBJ)
		gate->group_may = allowed & mask;
	else if (tag == ACL_USER || tag == ACL_GROUP)
		add_named(gate, entry, tag == ACL_GROUP, (allowed & mask) == FB_GATE_ALL);
}

static enum fb_gate_part look_below(const char *path, const char *part)
{
	char below[4096];
	struct stat st;

	snprintf(below, sizeof(below), "%s/%s", path, part);
	if (lstat(below, &st))
		return errno == ENOENT ? FB_PART_MISSING : FB_PART_UNSEEN;
	return S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 01777 ? FB_PART_GOOD : FB_PART_ODD;
}

/* NULL with the error in gate. */
static acl_t read_acl(struct fb_gate_view *gate, const char *path, mode_t mode)
{
	acl_t acl = acl_get_file(path, ACL_TYPE_ACCESS);

	gate->error = acl ? 0 : errno;
	return gate->error == ENOTSUP ? acl_from_mode(mode) : acl;
}

void fb_gate_view_read(struct fb_gate_view *gate, const char *path)
{
	acl_entry_t entry;
	struct stat st;

	*gate = (struct fb_gate_view){ .error = 0 };
	if (lstat(path, &st)) {
		gate->error = errno;
		return;
	}
	gate->directory = S_ISDIR(st.st_mode);
	gate->owner = user_name(st.st_uid);
	gate->group = st.st_gid;
	if (!gate->owner)
		gate->error = ENOMEM;
	acl_t acl = gate->directory && gate->owner ? read_acl(gate, path, st.st_mode) : NULL;
	if (!acl)
		return;
	int mask = find_mask(acl);
	for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY)
		read_entry(gate, entry, mask);
	acl_free(acl);
	for (size_t i = 0; i < FB_GATE_PARTS; i++)
		gate->part[i] = look_below(path, fb_gate_parts[i]);
}

void fb_gate_view_free(struct fb_gate_view *gate)
{
	for (size_t i = 0; i < gate->entries; i++)
		free(gate->entry[i].name);
	free(gate->entry);
	free(gate->owner);
	*gate = (struct fb_gate_view){ .error = 0 };
}

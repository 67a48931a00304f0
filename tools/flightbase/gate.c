/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/gate.h"

#include <acl/libacl.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool contains(const uid_t *users, size_t count, uid_t user)
{
	for (size_t i = 0; i < count; i++)
		if (users[i] == user)
			return true;
	return false;
}

/* The user that an entry names; false: it is of another kind. */
static bool entry_user(acl_entry_t entry, uid_t *user)
{
	acl_tag_t tag;
	uid_t *qualifier = NULL;

	if (acl_get_tag_type(entry, &tag) || tag != ACL_USER || !(qualifier = acl_get_qualifier(entry)))
		return false;
	*user = *qualifier;
	acl_free(qualifier);
	return true;
}

static bool entry_is(acl_entry_t entry, acl_tag_t tag)
{
	acl_tag_t found;

	return !acl_get_tag_type(entry, &found) && found == tag;
}

int fb_gate_permissions(acl_entry_t entry)
{
	acl_permset_t set;

	if (acl_get_permset(entry, &set))
		return 0;
	return (acl_get_perm(set, ACL_READ) > 0 ? FB_GATE_READ : 0) | (acl_get_perm(set, ACL_WRITE) > 0 ? FB_GATE_WRITE : 0) |
	       (acl_get_perm(set, ACL_EXECUTE) > 0 ? FB_GATE_SEARCH : 0);
}

static int entry_set(acl_entry_t entry, bool all)
{
	acl_permset_t set;

	if (acl_get_permset(entry, &set) || acl_clear_perms(set))
		return -1;
	return all ? acl_add_perm(set, ACL_READ | ACL_WRITE | ACL_EXECUTE) : 0;
}

/* Where a file system has no ACLs, the mode is one. */
static acl_t read_acl(int fd)
{
	acl_t acl = acl_get_fd(fd);
	struct stat st;

	return acl || errno != ENOTSUP || fstat(fd, &st) ? acl : acl_from_mode(st.st_mode);
}

/* What the entries come to: what each kind allows, as FB_GATE_*. */
struct sum {
	int owner, group, others, mask;
	bool named;  /* a user or a group has an entry */
	bool lesser; /* and one of the users not for all */
};

static enum fb_gate_form form_of(const struct sum *sum, size_t users)
{
	if (sum->owner != FB_GATE_ALL || sum->others)
		return FB_GATE_ODD;
	if (sum->group)
		return sum->group == FB_GATE_ALL && sum->mask == FB_GATE_ALL && !sum->named ? FB_GATE_GROUP : FB_GATE_ODD;
	return sum->lesser || (users && sum->mask != FB_GATE_ALL) ? FB_GATE_ODD : FB_GATE_NAMED;
}

static void add_entry(struct sum *sum, acl_entry_t entry, uid_t *users, size_t *count)
{
	int allowed = fb_gate_permissions(entry);
	uid_t user;

	if (entry_user(entry, &user)) {
		sum->named = true;
		/* One who is named but may not pass is not let in: the entry is to be written anew. */
		if (allowed == FB_GATE_ALL)
			users[(*count)++] = user;
		else
			sum->lesser = true;
	}
	sum->named |= entry_is(entry, ACL_GROUP);
	if (entry_is(entry, ACL_USER_OBJ))
		sum->owner = allowed;
	else if (entry_is(entry, ACL_GROUP_OBJ))
		sum->group = allowed;
	else if (entry_is(entry, ACL_OTHER))
		sum->others = allowed;
	else if (entry_is(entry, ACL_MASK))
		sum->mask = allowed;
}

int fb_gate_read(int fd, uid_t **users, size_t *count, enum fb_gate_form *form)
{
	struct sum sum = { .mask = FB_GATE_ALL };
	acl_t acl = read_acl(fd);
	acl_entry_t entry;

	if (!acl)
		return -1;
	*count = 0;
	*users = calloc((size_t)acl_entries(acl), sizeof(**users));
	if (!*users) {
		acl_free(acl);
		return -1;
	}
	for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY)
		add_entry(&sum, entry, *users, count);
	acl_free(acl);
	*form = form_of(&sum, *count);
	return 0;
}

/* The owner everything, the group and others nothing. */
static int shut(acl_t acl)
{
	acl_entry_t entry;

	for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY) {
		if (entry_is(entry, ACL_USER_OBJ) && entry_set(entry, true))
			return -1;
		if ((entry_is(entry, ACL_GROUP_OBJ) || entry_is(entry, ACL_OTHER)) && entry_set(entry, false))
			return -1;
	}
	return 0;
}

static int let_in(acl_t *acl, uid_t user)
{
	acl_entry_t entry;
	uid_t named;

	for (int at = ACL_FIRST_ENTRY; acl_get_entry(*acl, at, &entry) == 1; at = ACL_NEXT_ENTRY)
		if (entry_user(entry, &named) && named == user)
			return entry_set(entry, true);
	if (acl_create_entry(acl, &entry) || acl_set_tag_type(entry, ACL_USER) || acl_set_qualifier(entry, &user))
		return -1;
	return entry_set(entry, true);
}

/* Where a file system has no ACLs, what a mode can say is said. */
static int write_acl(int fd, acl_t acl)
{
	struct stat st;
	mode_t mode;

	if (!acl_set_fd(fd, acl))
		return 0;
	if (errno != ENOTSUP || acl_equiv_mode(acl, &mode) || fstat(fd, &st))
		return -1;
	return fchmod(fd, (st.st_mode & 07000) | mode);
}

/* acl_calc_mask() opens the mask for what the entries say; without named ones there is none to write. */
static int finish(int fd, acl_t acl, int rc)
{
	if (!rc && acl_equiv_mode(acl, NULL) == 1)
		rc = acl_calc_mask(&acl);
	if (!rc)
		rc = write_acl(fd, acl);
	int saved = errno;
	acl_free(acl);
	errno = saved;
	return rc;
}

int fb_gate_add(int fd, const uid_t *users, size_t count)
{
	acl_t acl = read_acl(fd);
	int rc = acl ? shut(acl) : -1;

	for (size_t i = 0; !rc && i < count; i++)
		rc = let_in(&acl, users[i]);
	return acl ? finish(fd, acl, rc) : -1;
}

/* The first entry of a user who is not among these. */
static bool find_other(acl_t acl, const uid_t *users, size_t count, acl_entry_t *entry)
{
	uid_t named;

	for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, entry) == 1; at = ACL_NEXT_ENTRY)
		if (entry_user(*entry, &named) && !contains(users, count, named))
			return true;
	return false;
}

int fb_gate_keep(int fd, const uid_t *users, size_t count)
{
	acl_t acl = read_acl(fd);
	acl_entry_t entry;
	int rc = acl ? 0 : -1;

	while (!rc && find_other(acl, users, count, &entry))
		rc = acl_delete_entry(acl, entry);
	return acl ? finish(fd, acl, rc) : -1;
}

int fb_gate_open_group(int fd)
{
	acl_t acl = acl_from_mode(0770);

	return acl ? finish(fd, acl, 0) : -1;
}

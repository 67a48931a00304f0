/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/gate.h"

#include <acl/libacl.h>
#include <errno.h>
#include <stdlib.h>

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

static bool entry_all(acl_entry_t entry)
{
	return fb_gate_permissions(entry) == FB_GATE_ALL;
}

static bool entry_none(acl_entry_t entry)
{
	return !fb_gate_permissions(entry);
}

static int entry_set(acl_entry_t entry, bool all)
{
	acl_permset_t set;

	if (acl_get_permset(entry, &set) || acl_clear_perms(set))
		return -1;
	return all ? acl_add_perm(set, ACL_READ | ACL_WRITE | ACL_EXECUTE) : 0;
}

int fb_gate_read(int fd, uid_t **users, size_t *count, bool *sound)
{
	acl_t acl = acl_get_fd(fd);
	acl_entry_t entry;
	uid_t user;

	if (!acl)
		return -1;
	bool masked = false;

	*count = 0;
	*sound = true;
	*users = calloc((size_t)acl_entries(acl), sizeof(**users));
	if (!*users) {
		acl_free(acl);
		return -1;
	}
	for (int at = ACL_FIRST_ENTRY; acl_get_entry(acl, at, &entry) == 1; at = ACL_NEXT_ENTRY) {
		if (entry_user(entry, &user)) {
			/* One who is named but may not pass is not let in: the entry is to be written anew. */
			if (entry_all(entry))
				(*users)[(*count)++] = user;
			else
				*sound = false;
		} else if (entry_is(entry, ACL_USER_OBJ)) {
			*sound &= entry_all(entry);
		} else if (entry_is(entry, ACL_MASK)) {
			masked = !entry_all(entry);
		} else if (entry_is(entry, ACL_GROUP_OBJ) || entry_is(entry, ACL_OTHER)) {
			*sound &= entry_none(entry);
		}
	}
	acl_free(acl);
	*sound &= !masked || !*count;
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

/* acl_calc_mask() opens the mask for what the entries say; without named ones there is none to write. */
static int finish(int fd, acl_t acl, int rc)
{
	if (!rc && acl_equiv_mode(acl, NULL) == 1)
		rc = acl_calc_mask(&acl);
	if (!rc)
		rc = acl_set_fd(fd, acl);
	int saved = errno;
	acl_free(acl);
	errno = saved;
	return rc;
}

int fb_gate_add(int fd, const uid_t *users, size_t count)
{
	acl_t acl = acl_get_fd(fd);
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
	acl_t acl = acl_get_fd(fd);
	acl_entry_t entry;
	int rc = acl ? 0 : -1;

	while (!rc && find_other(acl, users, count, &entry))
		rc = acl_delete_entry(acl, entry);
	return acl ? finish(fd, acl, rc) : -1;
}

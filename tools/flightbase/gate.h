/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACL of a workspace's top directory: rwx for its owner and for the users it names, nothing for others. Or rwx for
 * its owner and its group, and no entry more, which a mode can say too where a file system has no ACLs.
 */
#ifndef FB_GATE_H
#define FB_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/acl.h>
#include <sys/types.h>

enum { FB_GATE_READ = 4, FB_GATE_WRITE = 2, FB_GATE_SEARCH = 1, FB_GATE_ALL = 7 };

/* What an entry of an ACL allows, without regard to the mask; one that cannot be read allows nothing. */
int fb_gate_permissions(acl_entry_t entry);

/* Each returns 0, or -1 with errno. fd is the directory's, opened for reading. */

enum fb_gate_form {
	FB_GATE_ODD,   /* to be mended */
	FB_GATE_NAMED, /* its owner and whom it names come in, and nobody else */
	FB_GATE_GROUP, /* its owner and its group */
};

/* The users it names are put into a new array of *count. */
int fb_gate_read(int fd, uid_t **users, size_t *count, enum fb_gate_form *form);

/* Let these in beside the others, and nobody who is not named. */
int fb_gate_add(int fd, const uid_t *users, size_t count);

/* Take away the entries of all but these. */
int fb_gate_keep(int fd, const uid_t *users, size_t count);

/* Let the group in, and nobody by name. */
int fb_gate_open_group(int fd);

#endif

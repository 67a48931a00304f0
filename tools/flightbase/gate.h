/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ACL of a workspace's top directory: rwx for its owner and for the users it names, nothing for others. */
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

/* The users it names are put into a new array of *count; sound: nobody else comes in, and they do. */
int fb_gate_read(int fd, uid_t **users, size_t *count, bool *sound);

/* Let these in beside the others, and nobody who is not named. */
int fb_gate_add(int fd, const uid_t *users, size_t count);

/* Take away the entries of all but these. */
int fb_gate_keep(int fd, const uid_t *users, size_t count);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ACL of a workspace's top directory: rwx for its owner and for the users it names, nothing for others. */
#ifndef FB_GATE_H
#define FB_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Each returns 0, or -1 with errno. fd is the directory's, opened for reading. */

/* The users it names are put into a new array of *count; sound: nobody else comes in, and they do. */
int fb_gate_read(int fd, uid_t **users, size_t *count, bool *sound);

/* Let these in beside the others, and nobody who is not named. */
int fb_gate_add(int fd, const uid_t *users, size_t count);

/* Take away the entries of all but these. */
int fb_gate_keep(int fd, const uid_t *users, size_t count);

#endif

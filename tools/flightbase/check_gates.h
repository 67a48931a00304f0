/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workspace's directories: the top is a gate that its owner, a manager, and the members may pass, who are named in its
 * ACL or are its group, and nobody else; below it all is open.
 */
#ifndef FB_CHECK_GATES_H
#define FB_CHECK_GATES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "flightbase/groups.h"
#include "flightbase/report.h"
#include "flightbase/view.h"

#define FB_GATE_PARTS 4
extern const char *const fb_gate_parts[FB_GATE_PARTS]; /* "images", ... */

enum fb_gate_part { FB_PART_GOOD, FB_PART_MISSING, FB_PART_ODD /* not a directory, or not open */, FB_PART_UNSEEN };

struct fb_gate_entry {
	char *name;  /* the user's, or the number of one without a name */
	bool group;  /* it names a group, which a gate never does */
	bool passes; /* read, write and search, with the mask */
};

struct fb_gate_view {
	int error;	/* errno of looking; 0: it was looked at; ENOTSUP: its file system has no ACLs, and this is the mode's */
	bool directory; /* and not a link to one */
	char *owner;
	gid_t group;
	bool owner_passes, others_pass;
	int group_may; /* FB_GATE_*, with the mask */
	size_t entries;
	struct fb_gate_entry *entry;
	enum fb_gate_part part[FB_GATE_PARTS];
};

/* Look at the directory without following links. Frees nothing; fb_gate_view_free takes any outcome. */
void fb_gate_view_read(struct fb_gate_view *gate, const char *path);
void fb_gate_view_free(struct fb_gate_view *gate);

/*
 * Pure. in_group: who is in the group that is let in, if one is; NULL: this host does not know it. user_known: has this
 * host such a user?
 */
void fb_check_gate(const struct fb_view *view, const char *path, const struct fb_gate_view *gate,
		   const struct fb_group_users *in_group, bool (*user_known)(const char *name), struct fb_report *report);

#endif

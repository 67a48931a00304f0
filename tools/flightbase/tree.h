/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workspace's directories, ROOT/workspaces/NAME/{images,datasets,models,volume}. The top one is the gate: its owner
 * is the first manager, and it lets in those whom an ACL entry names, or its group; below it everything is open.
 * Nothing that is there is trusted: no symbolic link is followed, and nobody else's directory is taken over.
 */
#ifndef FB_TREE_H
#define FB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "flightbase/gate.h"

struct fb_tree {
	bool there;
	bool known; /* the caller could look into it; false: parts, gate and entries are unknown */
	bool parts; /* the directories below are all there and open */
	enum fb_gate_form gate;
	uid_t owner;
	gid_t group;
	size_t entries;
	uid_t *entry; /* let in, as read */
};

/* Look at what is there. Return 0, also if nothing is, or -1 with err. fb_tree_free takes an empty one too. */
int fb_tree_read(struct fb_tree *tree, const char *root, const char *name, struct fb_err *err);
void fb_tree_free(struct fb_tree *tree);
bool fb_tree_lets_in(const struct fb_tree *tree, uid_t uid);

struct fb_tree_wish {
	uid_t owner;
	uid_t before;  /* who owned it so far, beside root */
	bool grouped;  /* its group is let in now */
	bool by_group; /* group comes in, and nobody by name; false: these users do, beside those who are let in */
	gid_t group;
	const uid_t *users;
	size_t count;
};

/*
 * Make what is missing, and give it to its owner. The top may belong to root, to the owner, or to who owned it before.
 * Only root can change the owner, and only who is in a group can give it to that group; the owner can do the rest.
 */
int fb_tree_open(const char *root, const char *name, const struct fb_tree_wish *wish, struct fb_err *err);

/* Take away the entries of all users but these. */
int fb_tree_close(const char *root, const char *name, const uid_t *users, size_t count, struct fb_err *err);

/* Remove it all, for good. What is mounted in it is refused. */
int fb_tree_purge(const char *root, const char *name, struct fb_err *err);

/* For tree.c and tree_purge.c: ROOT/workspaces, opened; made if make is set. Return the descriptor, -1 with err. */
int fb_tree_open_top(const char *root, bool make, struct fb_err *err);

#endif

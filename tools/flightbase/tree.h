/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workspace's directories, ROOT/workspaces/NAME/{images,datasets,models,volume}. The top one is the gate: its owner
 * is the first manager, and it lets in those whom an ACL entry names; below it everything is open. Nothing that is
 * there is trusted: no symbolic link is followed, and nobody else's directory is taken over.
 */
#ifndef FB_TREE_H
#define FB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

struct fb_tree {
	bool there;
	bool known; /* the caller could look into it; false: parts, sound and entries are unknown */
	bool parts; /* the directories below are all there and open */
	bool sound; /* the gate is shut for all but the owner and those it names */
	uid_t owner;
	size_t entries;
	uid_t *entry; /* let in, as read */
};

/* Look at what is there. Return 0, also if nothing is, or -1 with err. fb_tree_free takes an empty one too. */
int fb_tree_read(struct fb_tree *tree, const char *root, const char *name, struct fb_err *err);
void fb_tree_free(struct fb_tree *tree);
bool fb_tree_lets_in(const struct fb_tree *tree, uid_t uid);

/*
 * Make what is missing, give it to owner, and let those users in beside those who are. The top may belong to root, to
 * owner, or to before (who owned it so far). Only root can change the owner; the owner can do the rest.
 */
int fb_tree_open(const char *root, const char *name, uid_t owner, uid_t before, const uid_t *users, size_t count,
		 struct fb_err *err);

/* Take away the entries of all users but these. */
int fb_tree_close(const char *root, const char *name, const uid_t *users, size_t count, struct fb_err *err);

/* Remove it all, for good. What is mounted in it is refused. */
int fb_tree_purge(const char *root, const char *name, struct fb_err *err);

/* For tree.c and tree_purge.c: ROOT/workspaces, opened; made if make is set. Return the descriptor, -1 with err. */
int fb_tree_open_top(const char *root, bool make, struct fb_err *err);

#endif

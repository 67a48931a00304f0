/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurmdbd's record of changes in words. It keeps what was done as pieces of SQL, and the ids of associations instead
 * of names; what is told of a workspace is picked out of them.
 */
#ifndef FB_HISTORY_WORDS_H
#define FB_HISTORY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Actions, as slurmdbd numbers its messages: the numbers are kept in the database, so they do not change. */
enum fb_history_action {
	FB_HISTORY_ADD_ACCOUNT = 1402,
	FB_HISTORY_ADD_COORDINATOR = 1403,
	FB_HISTORY_ADD_ASSOCIATION = 1404,
	FB_HISTORY_MODIFY_ASSOCIATION = 1429,
	FB_HISTORY_REMOVE_ACCOUNT = 1435,
	FB_HISTORY_REMOVE_COORDINATOR = 1436,
	FB_HISTORY_REMOVE_ASSOCIATION = 1437,
	FB_HISTORY_ADD_QOS = 1447,
	FB_HISTORY_REMOVE_QOS = 1450,
	FB_HISTORY_MODIFY_QOS = 1451,
};

/* The associations and the QOS of a workspace, by their ids. */
struct fb_history {
	const char *workspace;
	int gpu_tres;
	size_t count;
	struct {
		uint32_t id;
		char user[64]; /* "": the account itself */
	} *association;
};

void fb_history_free(struct fb_history *history);

/* An association of the workspace; returns -1 if memory is out. */
int fb_history_add(struct fb_history *history, uint32_t id, const char *user);

/*
 * Is this record about the workspace? Then text tells what was done. Records come in the order of time: one that adds
 * an association makes it known. name and info are the record's; each may be NULL.
 */
bool fb_history_words(struct fb_history *history, unsigned int action, const char *name, const char *info, char *text,
		      size_t size);

#endif

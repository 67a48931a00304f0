/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables that several screens have. What they are made of must live as long as the page. */
#ifndef FB_BLOCKS_H
#define FB_BLOCKS_H

#include "flightbase/page.h"
#include "flightbase/queue.h"
#include "flightbase/tally.h"

/* Jobs that hold resources, newest last; of an account, of a user, on a node (FB_BLOCKS_ANY_NODE: anywhere); NULL: of all. */
#define FB_BLOCKS_ANY_NODE SIZE_MAX
struct fb_running {
	size_t count;
	const struct fb_snap_job **job;
};
int fb_running_make(const struct fb_snapshot *snapshot, const char *account, const char *user, size_t node,
		    struct fb_running *running);
void fb_running_free(struct fb_running *running);

void fb_block_users(struct fb_page *page, const struct fb_tally *tally);
void fb_block_trainings(struct fb_page *page, const struct fb_tally *tally);
void fb_block_workspaces_of(struct fb_page *page, const struct fb_tally *tally);
void fb_block_queue(struct fb_page *page, const struct fb_queue *queue);
void fb_block_running(struct fb_page *page, const struct fb_running *running);

/* A time in a table: for people, or ISO 8601; an unknown one is not set. */
void fb_cell_time(struct fb_table *table, size_t column, time_t when, bool json);

#endif

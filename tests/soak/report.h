/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rank of a round tells: files in the round's folder. here.RANK, before it meets the others, and ready.RANK, after, say
 * "HOST PID"; end.RANK says how it ended.
 */
#ifndef FB_SOAK_REPORT_H
#define FB_SOAK_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#define REPORT_TEXT_MAX 1024

struct report {
	int status;		     /* fb_coll_status_t of what ended it, 0 after a round without a fault */
	int lost;		     /* fb_coll_lost_rank */
	int again;		     /* status of a call after that */
	int left;		     /* descriptors more than at the start, after a good end */
	int64_t last_ms;	     /* that the calls after the failure and fb_coll_finalize took */
	char calls[REPORT_TEXT_MAX]; /* it was in, "allreduce barrier" */
	char text[REPORT_TEXT_MAX];  /* fb_coll_error_text */
};

/* All return 0 or -1. */
int report_place(const char *folder, const char *what, int rank);
int report_read_place(const char *folder, const char *what, int rank, char *host, int size, int *pid);
int report_write(const char *folder, int rank, const struct report *report);
int report_read(const char *folder, int rank, struct report *report);

#endif

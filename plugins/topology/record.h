/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller's record of a job: the JSON line that job_submit writes into admin_comment, like
 * {"flightbase":1,"workspace":"vision","p2p":"off"}. Read here without allocating, once per scheduling
 * attempt; its text is not trusted (an operator may set any comment), so whatever is not such a line
 * simply has no members.
 */
#ifndef FB_TOPOLOGY_RECORD_H
#define FB_TOPOLOGY_RECORD_H

#include <stdbool.h>

#define FB_RECORD_SIZE_MAX 8192 /* bytes looked at */

/* Is the line's top-level member key the string value? Both are plain words without escapes. */
bool fb_record_is(const char *line, const char *key, const char *value);

#endif

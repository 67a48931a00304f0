/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FB_SOAK_LARGE_H
#define FB_SOAK_LARGE_H

#include <stddef.h>

/*
 * As a task of a step: one call with so many bytes per rank, of one byte each, so that sizes and counts are beyond 31 or 32
 * bits. Returns the exit status.
 */
int large_run(const char *call, size_t bytes);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory of a command that ends when there is no more of it. */
#ifndef FB_MEMORY_H
#define FB_MEMORY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline void *fb_need(void *memory)
{
	if (memory)
		return memory;
	fputs("flightbase: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

/* Zeroed; count may be 0. */
static inline void *fb_need_array(size_t count, size_t size)
{
	return fb_need(calloc(count ? count : 1, size));
}

/* An array that has count elements gets room for one more. */
static inline void *fb_grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? 2 * *room : 16;
	return fb_need(reallocarray(array, *room, size));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libslurm's lists, where its public functions need two lines for what is one thought. */
#ifndef FB_LIST_H
#define FB_LIST_H

#include <slurm/slurm.h>

/* A new list of one item, which is not copied and not freed with it. */
list_t *fb_list_of(const void *item);

/* The first item; NULL: the list is empty. */
void *fb_list_first(list_t *list);

#endif

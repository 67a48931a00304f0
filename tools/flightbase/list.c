/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/list.h"

#include <stddef.h>

list_t *fb_list_of(const void *item)
{
	list_t *list = slurm_list_create(NULL);

	slurm_list_append(list, (void *)item);
	return list;
}

void *fb_list_first(list_t *list)
{
	list_itr_t *iterator = slurm_list_iterator_create(list);
	void *item = slurm_list_next(iterator);

	slurm_list_iterator_destroy(iterator);
	return item;
}

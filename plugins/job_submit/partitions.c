/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/partitions.h"

bool fb_partitions_next(const char **names, char *name, size_t size)
{
	size_t length;

	while (**names == ',')
		(*names)++;
	length = strcspn(*names, ",");
	if (!length || length >= size)
		return false;
	memcpy(name, *names, length);
	name[length] = '\0';
	*names += length;
	return true;
}

void fb_partitions_find(struct fb_partitions *partitions, const char *names)
{
	char name[FB_PARTITIONS_TEXT_MAX];
	part_record_t *partition;

	partitions->count = 0;
	partitions->complete = true;
	if (!names || !*names) {
		partitions->complete = default_part_loc;
		if (default_part_loc)
			partitions->at[partitions->count++] = default_part_loc;
		return;
	}
	/* Slurm refuses a longer list, but only after this. */
	if (strnlen(names, FB_PARTITIONS_TEXT_MAX + 1) > FB_PARTITIONS_TEXT_MAX)
		names = "";
	while (fb_partitions_next(&names, name, sizeof(name))) {
		partition = find_part_record(name);
		partitions->complete &= partition && partitions->count < FB_PARTITIONS_MAX;
		if (partition && partitions->count < FB_PARTITIONS_MAX)
			partitions->at[partitions->count++] = partition;
	}
	partitions->complete &= !*names && partitions->count;
}

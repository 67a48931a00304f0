/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/hosts.h"

#include <slurm/slurm.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/libslurm.h"
#include "flightbase/memory.h"

int fb_hosts_compare(const void *a, const void *b)
{
	return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static const char **sorted(const char *const *host, size_t count)
{
	const char **copy = fb_need_array(count, sizeof(*copy));

	if (count)
		memcpy(copy, host, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), fb_hosts_compare);
	return copy;
}

/* Of names in order. */
static char *fold(const char *const *host, size_t count)
{
	hostlist_t *list = fb_need(slurm_hostlist_create(NULL));

	for (size_t h = 0; h < count; h++)
		if (!h || strcmp(host[h - 1], host[h]))
			slurm_hostlist_push_host(list, host[h]);
	char *text = slurm_hostlist_ranged_string_xmalloc(list);
	char *copy = fb_need(strdup(text ? text : ""));
	slurm_xfree((void **)&text);
	slurm_hostlist_destroy(list);
	return copy;
}

char *fb_hosts_fold(const char *const *host, size_t count)
{
	const char **names = sorted(host, count);
	char *text = fold(names, count);

	free(names);
	return text;
}

size_t fb_hosts_fold_parts(const char *const *host, size_t count, size_t max, char ***parts)
{
	const char **names = sorted(host, count);
	size_t made = 0, room = 0, from = 0;

	*parts = NULL;
	while (from < count) {
		size_t length = count - from;
		char *text = fold(names + from, length);

		while (strlen(text) > max && length > 1) {
			length /= 2;
			free(text);
			text = fold(names + from, length);
		}
		*parts = fb_grow(*parts, made, &room, sizeof(**parts));
		(*parts)[made++] = text;
		from += length;
	}
	free(names);
	return made;
}

int fb_hosts_expand(const char *text, char ***host, size_t *count, struct fb_err *err)
{
	hostlist_t *list = slurm_hostlist_create(text);
	size_t room = 0;

	*host = NULL;
	*count = 0;
	if (!list)
		return fb_err_set(err, "'%.100s' is not a list of hosts", text);
	for (char *name; (name = slurm_hostlist_shift(list));) {
		*host = fb_grow(*host, *count, &room, sizeof(**host));
		(*host)[(*count)++] = name;
	}
	slurm_hostlist_destroy(list);
	return 0;
}

void fb_hosts_free(char **host, size_t count)
{
	for (size_t h = 0; h < count; h++)
		free(host[h]);
	free(host);
}

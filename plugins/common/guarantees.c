/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/guarantees.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/policy.h"

/* Names are lower case, so that their order is the same with and without regard to case. */
static int compare(const void *a, const void *b)
{
	return strcasecmp(((const struct fb_guaranteed *)a)->name, ((const struct fb_guaranteed *)b)->name);
}

static int compare_account(const void *account, const void *workspace)
{
	return strcasecmp(account, ((const struct fb_guaranteed *)workspace)->name);
}

/* Write those with a guarantee, if there is somewhere to write, and count them. */
static size_t collect(struct fb_guaranteed *to, const struct fb_policy *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->bucket_count; i++)
		for (const struct fb_workspace *w = policy->buckets[i]; w; w = w->next) {
			if (!w->guarantee)
				continue;
			if (to) {
				memcpy(to[count].name, w->name, sizeof(to[count].name));
				to[count].gpus = w->guarantee;
				to[count].from = w->from;
				to[count].until = w->until;
			}
			count++;
		}
	return count;
}

int fb_guarantees_create(struct fb_guarantees **table, const struct fb_policy *policy)
{
	size_t count = collect(NULL, policy);
	struct fb_guarantees *made = NULL;

	if (count) {
		made = calloc(1, sizeof(*made) + count * sizeof(made->workspace[0]));
		if (!made)
			return -1;
		memcpy(made->preemptible_qos, policy->site.preemptible_qos, sizeof(made->preemptible_qos));
		made->count = collect(made->workspace, policy);
		qsort(made->workspace, made->count, sizeof(made->workspace[0]), compare);
	}
	*table = made;
	return 0;
}

void fb_guarantees_destroy(struct fb_guarantees *table)
{
	free(table);
}

size_t fb_guarantees_find(const struct fb_guarantees *table, const char *account)
{
	const struct fb_guaranteed *found = NULL;

	if (account)
		found = bsearch(account, table->workspace, table->count, sizeof(table->workspace[0]), compare_account);
	return found ? (size_t)(found - table->workspace) : table->count;
}

unsigned int fb_guaranteed_at(const struct fb_guaranteed *workspace, time_t now)
{
	bool open = (!workspace->from || now >= workspace->from) && (!workspace->until || now < workspace->until);

	return open ? workspace->gpus : 0;
}

uint64_t fb_guarantees_fingerprint(const struct fb_guarantees *table, time_t now)
{
	uint64_t hash = 1469598103934665603u; /* FNV-1a */

	for (size_t i = 0; table && i < table->count; i++) {
		unsigned int gpus = fb_guaranteed_at(&table->workspace[i], now);

		if (!gpus)
			continue;
		hash = (hash ^ gpus) * 1099511628211u;
		for (const char *c = table->workspace[i].name; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	}
	return hash;
}

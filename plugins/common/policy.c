/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/policy.h"

#include <stdlib.h>
#include <string.h>

#include "common/policy_parse.h"

#define BUCKETS_MIN 64

static uint64_t hash_name(const char *name)
{
	uint64_t hash = 1469598103934665603u; /* FNV-1a */

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 1099511628211u;
	return hash;
}

struct fb_policy *fb_policy_create(size_t expected)
{
	struct fb_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->bucket_count = BUCKETS_MIN;
	while (policy->bucket_count < expected)
		policy->bucket_count *= 2;
	policy->buckets = calloc(policy->bucket_count, sizeof(*policy->buckets));
	if (!policy->buckets) {
		free(policy);
		return NULL;
	}
	return policy;
}

void fb_policy_destroy(struct fb_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->bucket_count; i++)
		for (struct fb_workspace *w = policy->buckets[i], *next; w; w = next) {
			next = w->next;
			fb_workspace_destroy(w);
		}
	json_object_put(policy->site.source);
	free(policy->buckets);
	free(policy);
}

void fb_policy_add(struct fb_policy *policy, struct fb_workspace *workspace)
{
	struct fb_workspace **bucket = &policy->buckets[hash_name(workspace->name) & (policy->bucket_count - 1)];

	workspace->next = *bucket;
	*bucket = workspace;
	policy->count++;
}

const struct fb_workspace *fb_policy_find(const struct fb_policy *policy, const char *name)
{
	const struct fb_workspace *w = policy->buckets[hash_name(name) & (policy->bucket_count - 1)];

	while (w && strcmp(w->name, name))
		w = w->next;
	return w;
}

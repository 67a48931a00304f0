/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/engine/span.h"

#define NAME_MAX_BYTES 64

/* A node's part, read. */
struct part {
	double ring, net, leaf, pod_leaf; /* ring: INFINITY with one GPU there */
	char group[NAME_MAX_BYTES], pod[NAME_MAX_BYTES];
};

int fb_decimal_parse(const char *text, double min, double max, double *value, struct fb_err *err)
{
	size_t digits = strspn(text, "0123456789"), fraction = 0;
	const char *end = text + digits;

	if (*end == '.') {
		fraction = strspn(end + 1, "0123456789");
		end += 1 + fraction;
	}
	if (!digits || digits > 15 || fraction > 15 || *end || (text[digits] == '.' && !fraction))
		return fb_err_set(err, "'%.40s' is not a number", text);
	double number = strtod(text, NULL);
	if (number < min || number > max)
		return fb_err_set(err, "%s is outside %g to %g", text, min, max);
	*value = number;
	return 0;
}

static int set_member(struct part *part, const char *key, const char *value, struct fb_err *err)
{
	const struct {
		const char *key;
		double *number, min;
		char *name;
	} members[] = {
		{ "ring", &part->ring, 0.001, NULL },	     { "net", &part->net, 0.001, NULL },
		{ "leaf", &part->leaf, 1, NULL },	     { "pod_leaf", &part->pod_leaf, 1, NULL },
		{ "group", NULL, 0, part->group },	     { "pod", NULL, 0, part->pod },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		if (strcmp(key, members[i].key) != 0)
			continue;
		if (members[i].number)
			return fb_decimal_parse(value, members[i].min, 1e6, members[i].number, err);
		if (!*value || strlen(value) >= NAME_MAX_BYTES)
			return fb_err_set(err, "'%.80s' is not a name", value);
		snprintf(members[i].name, NAME_MAX_BYTES, "%s", value);
		return 0;
	}
	return fb_err_set(err, "'%.40s' is unknown", key);
}

static int part_parse(const char *text, struct part *part, struct fb_err *err)
{
	char copy[512], *save = NULL;

	*part = (struct part){ .ring = INFINITY, .leaf = 1, .pod_leaf = 1 };
	if (strlen(text) >= sizeof(copy))
		return fb_err_set(err, "it is too long");
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		char *value = strchr(word, '=');

		if (!value)
			return fb_err_set(err, "'%.40s' has no value", word);
		*value++ = '\0';
		if (set_member(part, word, value, err))
			return -1;
	}
	return part->net > 0 ? 0 : fb_err_set(err, "'net' is missing");
}

/* The fabric as far as the step's nodes tell of it: names become numbers. */
struct fabric {
	struct fb_engine_fabric engine;
	struct fb_engine_group_info *info;
	struct part *group; /* the first part in each */
};

static uint32_t group_number(struct fabric *fabric, const struct part *part)
{
	size_t g, p;

	if (!*part->group)
		return FB_ENGINE_NO_GROUP;
	for (g = 0; g < fabric->engine.groups; g++)
		if (!strcmp(fabric->group[g].group, part->group))
			return (uint32_t)g;
	fabric->group[g] = *part;
	for (p = 0; strcmp(fabric->group[p].pod, part->pod) != 0; p++)
		;
	fabric->info[g] = (struct fb_engine_group_info){ .pod = (uint32_t)p };
	fabric->engine.groups++;
	return (uint32_t)g;
}

/* Ranks of one node tell the same: it counts once. */
static bool told_before(const struct fb_model_part *part, int rank)
{
	for (int i = rank - 1; i >= 0; i--)
		if (!strcmp(part[i].host, part[rank].host))
			return true;
	return false;
}

static int combine(const struct fb_model_part *parts, int ranks, struct fabric *fabric, double *gbps, struct fb_err *err)
{
	struct fb_engine_span span = { .nodes = 0 };
	struct part part;

	for (int i = 0; i < ranks; i++) {
		if (!*parts[i].text)
			return fb_err_set(err, "rank %d on %s has no FLIGHTBASE_MODEL, which a job with GPUs in a workspace gets where "
					       "topology.json names the node", i, parts[i].host);
		if (told_before(parts, i))
			continue;
		if (part_parse(parts[i].text, &part, err))
			return fb_err_prefix(err, "FLIGHTBASE_MODEL of rank %d on %s", i, parts[i].host);
		fabric->engine.leaf_oversubscription = part.leaf;
		fabric->engine.pod_oversubscription = part.pod_leaf;
		fb_engine_span_add(&span, &fabric->engine, group_number(fabric, &part), part.ring, part.net);
	}
	*gbps = fb_engine_span_gbps(&span, &fabric->engine);
	return 0;
}

int fb_model_combine(const struct fb_model_part *part, int ranks, double *gbps, struct fb_err *err)
{
	struct fabric fabric = { .info = calloc((size_t)ranks, sizeof(*fabric.info)),
				 .group = calloc((size_t)ranks, sizeof(*fabric.group)) };
	int rc = -1;

	fabric.engine.group = fabric.info;
	if (fabric.info && fabric.group)
		rc = combine(part, ranks, &fabric, gbps, err);
	else
		fb_err_set(err, "out of memory");
	free(fabric.info);
	free(fabric.group);
	return rc;
}

void fb_model_verdict(double busbw, double gbps, char *text, size_t size)
{
	double percent = 100 * busbw / gbps;

	snprintf(text, size, "%.*f%% of %.3g GB/s modelled", percent < 9.95 ? 1 : 0, percent, gbps);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The member "fabric" of topology.json: leaf groups and what the levels above them carry. */
#include "topology/topofile_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const fabric_keys[] = { "description", "source", "oversubscription", "groups", NULL };
static const char *const levels_keys[] = { "leaf", "pod", NULL };
static const char *const group_keys[] = { "name", "nodes", "leaves", "pod", NULL };

int fb_topofile_levels_load(const struct fb_json *at, struct fb_topofile_fabric *fabric, struct fb_err *err)
{
	struct fb_json value;

	if (fb_json_need_object(at, levels_keys, err))
		return -1;
	if (fb_json_member(at, "leaf", &value) &&
	    fb_json_need_double(&value, 1, 1000, &fabric->leaf_oversubscription, err))
		return -1;
	if (fb_json_member(at, "pod", &value) &&
	    fb_json_need_double(&value, 1, 1000, &fabric->pod_oversubscription, err))
		return -1;
	return 0;
}

static int leaves_load(const struct fb_json *at, struct fb_topofile_group *group, struct fb_err *err)
{
	if (fb_json_need_array(at, 1, FB_TOPOFILE_RAILS_MAX, err))
		return -1;
	for (size_t l = 0; l < fb_json_length(at); l++) {
		struct fb_json leaf = fb_json_element(at, l);
		char name[FB_TOPOFILE_NAME_MAX + 1];

		if (fb_topofile_name(&leaf, name, err))
			return -1;
		group->rails++;
	}
	return 0;
}

int fb_topofile_group_load(const struct fb_json *at, struct fb_topofile_group *group, struct fb_err *err)
{
	struct fb_json name, value;

	if (fb_json_need_object(at, group_keys, err) || fb_json_need_member(at, "name", &name, err) ||
	    fb_topofile_name(&name, group->name, err))
		return -1;
	if (fb_json_member(at, "pod", &value) && fb_topofile_name(&value, group->pod, err))
		return -1;
	if (fb_json_need_member(at, "leaves", &value, err) || leaves_load(&value, group, err) ||
	    fb_json_need_member(at, "nodes", &value, err))
		return -1;
	return fb_topofile_hosts(&value, &group->hosts, &group->where, err);
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int names_unique(const struct fb_json *at, const struct fb_topofile_fabric *fabric, struct fb_err *err)
{
	const char **name = calloc(fabric->groups + 1, sizeof(name[0]));
	int rc = 0;

	if (!name)
		return fb_json_error(at, err, "out of memory");
	for (size_t g = 0; g < fabric->groups; g++)
		name[g] = fabric->group[g].name;
	qsort(name, fabric->groups, sizeof(name[0]), name_compare);
	for (size_t g = 1; !rc && g < fabric->groups; g++)
		if (!strcmp(name[g - 1], name[g]))
			rc = fb_json_error(at, err, "group '%s' is there twice", name[g]);
	free(name);
	return rc;
}

int fb_topofile_fabric_load(const struct fb_json *at, struct fb_topofile_fabric *fabric, struct fb_err *err)
{
	struct fb_json value;

	fabric->leaf_oversubscription = fabric->pod_oversubscription = 1;
	if (fb_json_need_object(at, fabric_keys, err) || fb_topofile_texts(at, err))
		return -1;
	if (fb_json_member(at, "oversubscription", &value) && fb_topofile_levels_load(&value, fabric, err))
		return -1;
	if (fb_json_need_member(at, "groups", &value, err) || fb_json_need_array(&value, 0, FB_TOPOFILE_GROUPS_MAX, err))
		return -1;
	fabric->group = calloc(fb_json_length(&value) + 1, sizeof(fabric->group[0]));
	if (!fabric->group)
		return fb_json_error(at, err, "out of memory");
	for (size_t g = 0; g < fb_json_length(&value); g++) {
		struct fb_json element = fb_json_element(&value, g);

		if (fb_topofile_group_load(&element, &fabric->group[fabric->groups++], err))
			return -1;
	}
	return names_unique(&value, fabric, err);
}

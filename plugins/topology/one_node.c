/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/one_node.h"

#include <stdlib.h>
#include <string.h>

#include "topology/topofile_parts.h"

/* The name of the node's type; "" if no entry names the node. */
static int find_type(const struct fb_json *root, const char *node, fb_one_node_in_fn *in, const char **type, struct fb_err *err)
{
	struct fb_json entries;

	*type = "";
	if (fb_json_need_member(root, "nodes", &entries, err) || fb_json_need_array(&entries, 0, FB_TOPOFILE_ENTRIES_MAX, err))
		return -1;
	for (size_t i = 0; i < fb_json_length(&entries); i++) {
		struct fb_json entry = fb_json_element(&entries, i), hosts, name;
		const char *text;

		if (fb_json_need_object(&entry, NULL, err) || fb_json_need_member(&entry, "nodes", &hosts, err) ||
		    fb_json_need_string(&hosts, FB_TOPOFILE_HOSTS_MAX, &text, err))
			return -1;
		if (!in(text, node))
			continue;
		return fb_json_need_member(&entry, "type", &name, err) ||
		       fb_json_need_string(&name, FB_TOPOFILE_NAME_MAX, type, err);
	}
	return 0;
}

/* The node's leaf group in groups, judged; 0: it is in none. */
static int find_group(const struct fb_json *groups, const char *node, fb_one_node_in_fn *in, struct json_object **found,
		      struct fb_err *err)
{
	*found = NULL;
	if (fb_json_need_array(groups, 0, FB_TOPOFILE_GROUPS_MAX, err))
		return -1;
	for (size_t i = 0; i < fb_json_length(groups); i++) {
		struct fb_json at = fb_json_element(groups, i), hosts;
		struct fb_topofile_group group = { .rails = 0 };
		const char *text;

		if (fb_json_need_object(&at, NULL, err) || fb_json_need_member(&at, "nodes", &hosts, err) ||
		    fb_json_need_string(&hosts, FB_TOPOFILE_HOSTS_MAX, &text, err))
			return -1;
		if (!in(text, node))
			continue;
		int rc = fb_topofile_group_load(&at, &group, err);
		free(group.hosts);
		*found = at.value;
		return rc;
	}
	return 0;
}

/* The fabric as the node sees it: its own group, and what the levels above carry. NULL: the file knows of no groups. */
static int extract_fabric(const struct fb_json *root, const char *node, fb_one_node_in_fn *in, struct json_object **fabric,
			  struct fb_err *err)
{
	struct json_object *group, *own, *groups;
	struct fb_topofile_fabric judged;
	struct fb_json at, all, levels;
	bool leveled;

	*fabric = NULL;
	if (!fb_json_member(root, "fabric", &at))
		return 0;
	if (fb_json_need_object(&at, NULL, err) || fb_json_need_member(&at, "groups", &all, err) ||
	    find_group(&all, node, in, &group, err))
		return -1;
	leveled = fb_json_member(&at, "oversubscription", &levels);
	if (leveled && fb_topofile_levels_load(&levels, &judged, err))
		return -1;
	if (!fb_json_length(&all))
		return 0;
	*fabric = json_object_new_object();
	groups = json_object_new_array();
	if (leveled)
		json_object_object_add(*fabric, "oversubscription", json_object_get(levels.value));
	if (group) {
		own = json_object_new_object();
		json_object_object_foreach(group, key, value)
			json_object_object_add(own, key, json_object_get(value));
		json_object_object_add(own, "nodes", json_object_new_string(node));
		json_object_array_add(groups, own);
	}
	json_object_object_add(*fabric, "groups", groups);
	return 0;
}

static struct json_object *make(const char *node, const char *type, struct json_object *wiring, struct json_object *fabric)
{
	struct json_object *root = json_object_new_object(), *types = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *entry = json_object_new_object();

	if (fabric)
		json_object_object_add(root, "fabric", fabric);
	json_object_object_add(types, type, json_object_get(wiring));
	json_object_object_add(entry, "nodes", json_object_new_string(node));
	json_object_object_add(entry, "type", json_object_new_string(type));
	json_object_array_add(nodes, entry);
	json_object_object_add(root, "types", types);
	json_object_object_add(root, "nodes", nodes);
	return root;
}

/* Whoever reads the text finds it sound: the type is judged here, where its place in the whole file can be told. */
static int judge(const struct fb_json *wiring, struct fb_err *err)
{
	struct fb_topofile_type type = { .name = "" };

	if (fb_topofile_type_load(wiring, &type, err))
		return -1;
	fb_engine_type_destroy(type.engine);
	return 0;
}

int fb_one_node_extract(const struct fb_json_doc *doc, const char *node, fb_one_node_in_fn *in, char **text,
			struct fb_err *err)
{
	struct fb_json root = fb_json_root(doc), types, wiring;
	struct json_object *fabric;
	const char *type;

	if (fb_json_need_object(&root, NULL, err) || find_type(&root, node, in, &type, err))
		return -1;
	if (!*type)
		return 0;
	if (fb_json_need_member(&root, "types", &types, err) || fb_json_need_object(&types, NULL, err) ||
	    fb_json_need_member(&types, type, &wiring, err) || judge(&wiring, err) ||
	    extract_fabric(&root, node, in, &fabric, err))
		return -1;
	struct json_object *one = make(node, type, wiring.value, fabric);
	*text = strdup(json_object_to_json_string_ext(one, JSON_C_TO_STRING_PLAIN));
	json_object_put(one);
	if (!*text)
		return fb_err_set(err, "%s: out of memory", doc->name);
	if (strlen(*text) > FB_ONE_NODE_SIZE_MAX) {
		free(*text);
		return fb_json_error(&wiring, err, "more than %d bytes", FB_ONE_NODE_SIZE_MAX);
	}
	return 1;
}

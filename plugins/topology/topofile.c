/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/topofile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

static const char *const root_keys[] = { "types", "nodes", NULL };
static const char *const type_keys[] = { "description",	  "source",   "gpu",	 "gpus", "links",
					 "nvlink_gbps", "nvswitch", "sockets", "nics", NULL };
static const char *const nic_keys[] = { "name", "near", NULL };
static const char *const entry_keys[] = { "nodes", "type", NULL };

static int member_need(const struct fb_json *at, const char *key, struct fb_json *found, struct fb_err *err)
{
	if (fb_json_member(at, key, found))
		return 0;
	return fb_json_error(at, err, "key '%s' is missing", key);
}

static bool name_good(const char *name)
{
	if (!*name)
		return false;
	for (const char *c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9') &&
		    !strchr("._-", *c))
			return false;
	return true;
}

/* A name of letters, digits, '.', '_' and '-'; name holds FB_TOPOFILE_NAME_MAX + 1 bytes. */
static int name_read(const struct fb_json *at, char *name, struct fb_err *err)
{
	const char *text;

	if (fb_json_need_string(at, FB_TOPOFILE_NAME_MAX, &text, err))
		return -1;
	if (!name_good(text))
		return fb_json_error(at, err, "'%s' is not a name (letters, digits, '.', '_' and '-')", text);
	memcpy(name, text, strlen(text) + 1);
	return 0;
}

/* An array of GPU indices. */
static int gpus_read(const struct fb_json *at, unsigned int gpus, fb_gpuset *set, struct fb_err *err)
{
	unsigned int found = 0;

	if (fb_json_need_array(at, 1, gpus, err))
		return -1;
	for (size_t i = 0; i < fb_json_length(at); i++) {
		struct fb_json element = fb_json_element(at, i);
		int64_t gpu;

		if (fb_json_need_int(&element, 0, (int64_t)gpus - 1, &gpu, err))
			return -1;
		if (found & 1u << gpu)
			return fb_json_error(&element, err, "GPU %d is named twice", (int)gpu);
		found |= 1u << gpu;
	}
	*set = (fb_gpuset)found;
	return 0;
}

static int link_read(const struct fb_json *at, size_t i, size_t j, struct fb_engine_wiring *w, struct fb_err *err)
{
	const char *term;
	enum fb_link link;
	unsigned int lanes;

	if (fb_json_need_string(at, FB_TOPOFILE_NAME_MAX, &term, err))
		return -1;
	if (fb_link_parse(term, &link, &lanes))
		return fb_json_error(at, err, "'%s' is not a link (X, NV1 to NV%d, PIX, PXB, PHB, NODE, SYS)", term,
				     FB_ENGINE_LANES_MAX);
	if ((i == j) != (link == FB_LINK_SELF))
		return fb_json_error(at, err, i == j ? "'%s' from a GPU to itself; it must be X" :
						       "'%s' between two GPUs",
				     term);
	if (j < i && (w->link[j][i] != link || w->lanes[j][i] != lanes))
		return fb_json_error(at, err, "'%s' from GPU %zu to GPU %zu, but something else back", term, i, j);
	w->link[i][j] = (uint8_t)link;
	w->lanes[i][j] = (uint8_t)lanes;
	return 0;
}

static int links_read(const struct fb_json *at, struct fb_engine_wiring *w, struct fb_err *err)
{
	if (fb_json_need_array(at, w->gpus, w->gpus, err))
		return -1;
	for (size_t i = 0; i < w->gpus; i++) {
		struct fb_json row = fb_json_element(at, i);

		if (fb_json_need_array(&row, w->gpus, w->gpus, err))
			return -1;
		for (size_t j = 0; j < w->gpus; j++) {
			struct fb_json cell = fb_json_element(&row, j);

			if (link_read(&cell, i, j, w, err))
				return -1;
		}
	}
	return 0;
}

static int nvswitch_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	if (fb_json_need_bool(at, &type->nvswitch, err))
		return -1;
	for (size_t i = 0; type->nvswitch && i < type->wiring.gpus; i++)
		for (size_t j = 0; j < i; j++)
			if (type->wiring.link[i][j] != FB_LINK_NVLINK)
				return fb_json_error(at, err, "GPU %zu and GPU %zu have no NVLink to a switch", j, i);
	return 0;
}

static int sockets_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	unsigned int seen = 0;

	if (fb_json_need_array(at, 1, FB_TOPOFILE_SOCKETS_MAX, err))
		return -1;
	for (size_t s = 0; s < fb_json_length(at); s++) {
		struct fb_json element = fb_json_element(at, s);

		/* A socket without GPUs keeps the numbering of the others. */
		if (fb_json_need_array(&element, 0, type->wiring.gpus, err) ||
		    (fb_json_length(&element) && gpus_read(&element, type->wiring.gpus, &type->socket[s], err)))
			return -1;
		if (seen & type->socket[s])
			return fb_json_error(&element, err, "GPU %d is on two sockets",
					     __builtin_ctz(seen & type->socket[s]));
		seen |= type->socket[s];
		type->sockets++;
	}
	if (seen != (1u << type->wiring.gpus) - 1)
		return fb_json_error(at, err, "GPU %d is on no socket", __builtin_ctz(~seen));
	return 0;
}

static int nics_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	if (fb_json_need_array(at, 0, FB_TOPOFILE_NICS_MAX, err))
		return -1;
	for (size_t n = 0; n < fb_json_length(at); n++) {
		struct fb_topofile_nic *nic = &type->nic[n];
		struct fb_json element = fb_json_element(at, n), name, near;

		if (fb_json_need_object(&element, nic_keys, err) || member_need(&element, "name", &name, err) ||
		    name_read(&name, nic->name, err))
			return -1;
		if (fb_json_member(&element, "near", &near) &&
		    (fb_json_need_array(&near, 0, type->wiring.gpus, err) ||
		     (fb_json_length(&near) && gpus_read(&near, type->wiring.gpus, &nic->near, err))))
			return -1;
		for (size_t other = 0; other < n; other++)
			if (!strcmp(type->nic[other].name, nic->name))
				return fb_json_error(&name, err, "NIC '%s' is there twice", nic->name);
		type->nics++;
	}
	return 0;
}

/* Keys that only people read. */
static int texts_check(const struct fb_json *at, struct fb_err *err)
{
	static const char *const keys[] = { "description", "source" };

	for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
		struct fb_json value;
		const char *text;

		if (fb_json_member(at, keys[k], &value) &&
		    fb_json_need_string(&value, FB_TOPOFILE_TEXT_MAX, &text, err))
			return -1;
	}
	return 0;
}

static int type_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	struct fb_json value;
	struct fb_err why;
	int64_t gpus;

	if (!name_good(at->key) || strlen(at->key) > FB_TOPOFILE_NAME_MAX)
		return fb_json_error(at, err, "not a name (1 to %d letters, digits, '.', '_' and '-')",
				     FB_TOPOFILE_NAME_MAX);
	memcpy(type->name, at->key, strlen(at->key) + 1);
	type->wiring.lane_gbps = FB_ENGINE_LANE_GBPS;
	if (fb_json_need_object(at, type_keys, err) || texts_check(at, err))
		return -1;
	if (member_need(at, "gpus", &value, err) || fb_json_need_int(&value, 1, FB_ENGINE_GPUS_MAX, &gpus, err))
		return -1;
	type->wiring.gpus = (unsigned int)gpus;
	if (fb_json_member(at, "gpu", &value) && name_read(&value, type->gpu, err))
		return -1;
	if (fb_json_member(at, "nvlink_gbps", &value) &&
	    fb_json_need_double(&value, 0.1, 1000, &type->wiring.lane_gbps, err))
		return -1;
	if (member_need(at, "links", &value, err) || links_read(&value, &type->wiring, err))
		return -1;
	if (fb_json_member(at, "nvswitch", &value) && nvswitch_read(&value, type, err))
		return -1;
	if (fb_json_member(at, "sockets", &value) && sockets_read(&value, type, err))
		return -1;
	if (fb_json_member(at, "nics", &value) && nics_read(&value, type, err))
		return -1;
	type->engine = fb_engine_type_create(&type->wiring, &why);
	return type->engine ? 0 : fb_json_error(at, err, "%s", why.text);
}

static int types_read(const struct fb_json *at, struct fb_topofile *file, struct fb_err *err)
{
	if (fb_json_need_object(at, NULL, err))
		return -1;
	size_t count = (size_t)json_object_object_length(at->value);
	if (count > FB_TOPOFILE_TYPES_MAX)
		return fb_json_error(at, err, "%zu types; at most %d are allowed", count, FB_TOPOFILE_TYPES_MAX);
	file->type = calloc(count ? count : 1, sizeof(file->type[0]));
	if (!file->type)
		return fb_json_error(at, err, "out of memory");
	json_object_object_foreach(at->value, key, value)
	{
		struct fb_json type = { .doc = at->doc, .value = value, .parent = at, .key = key };

		if (type_read(&type, &file->type[file->types++], err))
			return -1;
	}
	return 0;
}

static int entry_read(const struct fb_json *at, struct fb_topofile *file, struct fb_topofile_entry *entry,
		      struct fb_err *err)
{
	struct fb_json hosts, type;
	struct fb_err where;
	const char *text, *name;

	if (fb_json_need_object(at, entry_keys, err) || member_need(at, "nodes", &hosts, err) ||
	    fb_json_need_string(&hosts, FB_TOPOFILE_HOSTS_MAX, &text, err) || member_need(at, "type", &type, err) ||
	    fb_json_need_string(&type, FB_TOPOFILE_NAME_MAX, &name, err))
		return -1;
	if (!*text)
		return fb_json_error(&hosts, err, "no nodes are named");
	while (entry->type < file->types && strcmp(file->type[entry->type].name, name))
		entry->type++;
	if (entry->type == file->types)
		return fb_json_error(&type, err, "there is no type '%s' in types", name);
	entry->hosts = strdup(text);
	if (!entry->hosts)
		return fb_json_error(at, err, "out of memory");
	fb_json_error(&hosts, &where, "%s", "");
	memcpy(entry->where, where.text, sizeof(entry->where) - 1);
	return 0;
}

static int entries_read(const struct fb_json *at, struct fb_topofile *file, struct fb_err *err)
{
	if (fb_json_need_array(at, 0, FB_TOPOFILE_ENTRIES_MAX, err))
		return -1;
	file->entry = calloc(fb_json_length(at) + 1, sizeof(file->entry[0]));
	if (!file->entry)
		return fb_json_error(at, err, "out of memory");
	for (size_t i = 0; i < fb_json_length(at); i++) {
		struct fb_json element = fb_json_element(at, i);

		if (entry_read(&element, file, &file->entry[file->entries++], err))
			return -1;
	}
	return 0;
}

int fb_topofile_load(struct fb_topofile *file, const struct fb_json_doc *doc, struct fb_err *err)
{
	struct fb_json root = fb_json_root(doc), value;

	*file = (struct fb_topofile){ 0 };
	if (fb_json_need_object(&root, root_keys, err) || member_need(&root, "types", &value, err) ||
	    types_read(&value, file, err) || member_need(&root, "nodes", &value, err) ||
	    entries_read(&value, file, err)) {
		fb_topofile_free(file);
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int fb_topofile_read(struct fb_topofile *file, const char *path, struct fb_err *err)
{
	struct fb_json_doc doc;

	*file = (struct fb_topofile){ 0 };
	if (fb_json_doc_read(&doc, path, FB_TOPOFILE_SIZE_MAX, err))
		return -1;
	int rc = fb_topofile_load(file, &doc, err);
	fb_json_doc_free(&doc);
	return rc;
}

int fb_topofile_parse(struct fb_topofile *file, const char *name, const char *text, size_t size,
		      struct fb_err *err)
{
	struct fb_json_doc doc;

	*file = (struct fb_topofile){ 0 };
	if (fb_json_doc_parse(&doc, name, text, size, err))
		return -1;
	int rc = fb_topofile_load(file, &doc, err);
	fb_json_doc_free(&doc);
	return rc;
}

void fb_topofile_free(struct fb_topofile *file)
{
	for (size_t i = 0; i < file->types; i++)
		fb_engine_type_destroy(file->type[i].engine);
	for (size_t i = 0; i < file->entries; i++)
		free(file->entry[i].hosts);
	free(file->type);
	free(file->entry);
	*file = (struct fb_topofile){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/topofile_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const root_keys[] = { "types", "nodes", "fabric", NULL };
static const char *const type_keys[] = { "description",	  "source",   "gpu",	 "gpus", "links",
					 "nvlink_gbps", "nvswitch", "sockets", "cores", "nics", "nccl_topo", NULL };
static const char *const nic_keys[] = { "name", "near", "gbps", "use", NULL };
static const char *const entry_keys[] = { "nodes", "type", NULL };

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

int fb_topofile_name(const struct fb_json *at, char *name, struct fb_err *err)
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

/* "0-23,48-71": what gres.conf takes for Cores. */
static int cores_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	if (!type->sockets)
		return fb_json_error(at, err, "there are no sockets whose cores these are; say which GPUs are near each in 'sockets'");
	if (fb_json_need_array(at, type->sockets, type->sockets, err))
		return -1;
	for (size_t s = 0; s < type->sockets; s++) {
		struct fb_json element = fb_json_element(at, s);
		const char *text;

		if (fb_json_need_string(&element, FB_TOPOFILE_NAME_MAX, &text, err))
			return -1;
		if (!*text || text[strspn(text, "0123456789,-")])
			return fb_json_error(&element, err, "'%s' is not a list of cores, such as 0-23", text);
		memcpy(type->cores[s], text, strlen(text) + 1);
	}
	return 0;
}

static int nic_use_read(const struct fb_json *at, enum fb_topofile_use *use, struct fb_err *err)
{
	static const char *const uses[] = { [FB_TOPOFILE_COMPUTE] = "compute",
					    [FB_TOPOFILE_STORAGE] = "storage",
					    [FB_TOPOFILE_MANAGEMENT] = "management" };
	const char *text;

	if (fb_json_need_string(at, FB_TOPOFILE_NAME_MAX, &text, err))
		return -1;
	for (size_t u = 0; u < sizeof(uses) / sizeof(uses[0]); u++)
		if (!strcmp(text, uses[u])) {
			*use = (enum fb_topofile_use)u;
			return 0;
		}
	return fb_json_error(at, err, "'%s' is not compute, storage or management", text);
}

static int nic_read(const struct fb_json *at, unsigned int gpus, struct fb_topofile_nic *nic, struct fb_err *err)
{
	struct fb_json value;

	if (fb_json_need_object(at, nic_keys, err) || fb_json_need_member(at, "name", &value, err) ||
	    fb_topofile_name(&value, nic->name, err))
		return -1;
	if (fb_json_member(at, "near", &value) &&
	    (fb_json_need_array(&value, 0, gpus, err) ||
	     (fb_json_length(&value) && gpus_read(&value, gpus, &nic->near, err))))
		return -1;
	if (fb_json_member(at, "gbps", &value) && fb_json_need_double(&value, FB_TOPOFILE_GBPS_LEAST, FB_TOPOFILE_GBPS_MOST, &nic->gbps, err))
		return -1;
	return fb_json_member(at, "use", &value) ? nic_use_read(&value, &nic->use, err) : 0;
}

static int nics_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	if (fb_json_need_array(at, 0, FB_TOPOFILE_NICS_MAX, err))
		return -1;
	for (size_t n = 0; n < fb_json_length(at); n++) {
		struct fb_json element = fb_json_element(at, n), name;

		if (nic_read(&element, type->wiring.gpus, &type->nic[n], err) ||
		    fb_json_need_member(&element, "name", &name, err))
			return -1;
		for (size_t other = 0; other < n; other++)
			if (!strcmp(type->nic[other].name, type->nic[n].name))
				return fb_json_error(&name, err, "NIC '%s' is there twice", type->nic[n].name);
		type->nics++;
	}
	return 0;
}

static int nccl_topo_read(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	const char *text;

	if (fb_json_need_string(at, FB_TOPOFILE_TEXT_MAX, &text, err))
		return -1;
	if (*text != '/')
		return fb_json_error(at, err, "'%s' is not an absolute path", text);
	memcpy(type->nccl_topo, text, strlen(text) + 1);
	return 0;
}

int fb_topofile_texts(const struct fb_json *at, struct fb_err *err)
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

int fb_topofile_type_members(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	struct fb_json value;
	int64_t gpus;

	type->wiring.lane_gbps = FB_ENGINE_LANE_GBPS;
	if (fb_json_need_object(at, type_keys, err) || fb_topofile_texts(at, err))
		return -1;
	if (fb_json_need_member(at, "gpus", &value, err) || fb_json_need_int(&value, 1, FB_ENGINE_GPUS_MAX, &gpus, err))
		return -1;
	type->wiring.gpus = (unsigned int)gpus;
	if (fb_json_member(at, "gpu", &value) && fb_topofile_name(&value, type->gpu, err))
		return -1;
	if (fb_json_member(at, "nvlink_gbps", &value) &&
	    fb_json_need_double(&value, FB_TOPOFILE_GBPS_LEAST, FB_TOPOFILE_GBPS_MOST, &type->wiring.lane_gbps, err))
		return -1;
	if (fb_json_need_member(at, "links", &value, err) || links_read(&value, &type->wiring, err))
		return -1;
	if (fb_json_member(at, "nvswitch", &value) && nvswitch_read(&value, type, err))
		return -1;
	if (fb_json_member(at, "sockets", &value) && sockets_read(&value, type, err))
		return -1;
	if (fb_json_member(at, "cores", &value) && cores_read(&value, type, err))
		return -1;
	if (fb_json_member(at, "nics", &value) && nics_read(&value, type, err))
		return -1;
	return fb_json_member(at, "nccl_topo", &value) ? nccl_topo_read(&value, type, err) : 0;
}

int fb_topofile_type_load(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err)
{
	struct fb_err why;

	if (!name_good(at->key) || strlen(at->key) > FB_TOPOFILE_NAME_MAX)
		return fb_json_error(at, err, "not a name (1 to %d letters, digits, '.', '_' and '-')",
				     FB_TOPOFILE_NAME_MAX);
	memcpy(type->name, at->key, strlen(at->key) + 1);
	if (fb_topofile_type_members(at, type, err))
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

		if (fb_topofile_type_load(&type, &file->type[file->types++], err))
			return -1;
	}
	return 0;
}

int fb_topofile_hosts(const struct fb_json *at, char **hosts, char (*where)[FB_TOPOFILE_WHERE_SIZE], struct fb_err *err)
{
	struct fb_err prefix;
	const char *text;

	if (fb_json_need_string(at, FB_TOPOFILE_HOSTS_MAX, &text, err))
		return -1;
	if (!*text)
		return fb_json_error(at, err, "no nodes are named");
	*hosts = strdup(text);
	if (!*hosts)
		return fb_json_error(at, err, "out of memory");
	fb_json_error(at, &prefix, "%s", "");
	memcpy(*where, prefix.text, sizeof(*where) - 1);
	return 0;
}

static int entry_read(const struct fb_json *at, struct fb_topofile *file, struct fb_topofile_entry *entry,
		      struct fb_err *err)
{
	struct fb_json hosts, type;
	const char *name;

	if (fb_json_need_object(at, entry_keys, err) || fb_json_need_member(at, "nodes", &hosts, err) ||
	    fb_json_need_member(at, "type", &type, err) || fb_json_need_string(&type, FB_TOPOFILE_NAME_MAX, &name, err))
		return -1;
	while (entry->type < file->types && strcmp(file->type[entry->type].name, name))
		entry->type++;
	if (entry->type == file->types)
		return fb_json_error(&type, err, "there is no type '%s' in types", name);
	return fb_topofile_hosts(&hosts, &entry->hosts, &entry->where, err);
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
	if (fb_json_need_object(&root, root_keys, err) || fb_json_need_member(&root, "types", &value, err) ||
	    types_read(&value, file, err) || fb_json_need_member(&root, "nodes", &value, err) ||
	    entries_read(&value, file, err) ||
	    (fb_json_member(&root, "fabric", &value) && fb_topofile_fabric_load(&value, &file->fabric, err))) {
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
	for (size_t i = 0; i < file->fabric.groups; i++)
		free(file->fabric.group[i].hosts);
	free(file->fabric.group);
	free(file->type);
	free(file->entry);
	*file = (struct fb_topofile){ 0 };
}

float fb_topofile_net_gbps(const struct fb_topofile_type *type)
{
	double gbps = 0;

	for (unsigned int n = 0; type && n < type->nics; n++)
		gbps += type->nic[n].use == FB_TOPOFILE_COMPUTE ? type->nic[n].gbps : 0;
	return (float)gbps;
}

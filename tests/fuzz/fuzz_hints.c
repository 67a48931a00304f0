/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user may forge (a list of GPUs, FLIGHTBASE_SET) and any node type that topology.json may hold: hints never fail,
 * no value names an adapter for storage or management, and what is added to FLIGHTBASE_SET is found in it.
 * Input: a byte of modes, a byte of nodes, two of GPUs, then lines: list of GPUs, FLIGHTBASE_SET, topology.json.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "topology/hints.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_texts(const char *gpus, const char *set)
{
	char text[64], added[256] = "";
	fb_gpuset one = 0, other = 0;

	if (!fb_gpuset_parse(gpus, &one)) {
		fb_gpuset_text(one, text, sizeof(text));
		if (fb_gpuset_parse(text, &other) || one != other)
			abort();
	}
	fb_hints_set_has(set, "NCCL_IB_HCA", gpus);
	fb_hints_set_add(added, sizeof(added), "NCCL_P2P_LEVEL", "NVL");
	if (!strpbrk(gpus, ";") && strlen(gpus) < 100) {
		fb_hints_set_add(added, sizeof(added), "X", gpus);
		if (!fb_hints_set_has(added, "X", gpus))
			abort();
	}
	if (!fb_hints_set_has(added, "NCCL_P2P_LEVEL", "NVL"))
		abort();
}

/* Is name an element of a list, whatever stands in front of the list or behind the name? */
static int lists(const char *value, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = value + (*value == '='); *at;) {
		size_t element = strcspn(at, ",");

		if (element >= length && !strncmp(at, name, length) && (element == length || at[length] == ':'))
			return 1;
		at += element + (at[element] == ',');
	}
	return 0;
}

static void check_type(const struct fb_topofile_type *type, struct fb_hints_request *request)
{
	static struct fb_hints hints;

	request->type = type;
	fb_hints_make(request, &hints);
	for (size_t h = 0; h < hints.count; h++) {
		const struct fb_hint *hint = &hints.hint[h];

		if (!hint->why[0] || hint->set != (hint->value[0] != '\0') || strchr(hint->value, ';'))
			abort();
		if (strcmp(hint->name, "NCCL_IB_HCA") && strcmp(hint->name, "UCX_NET_DEVICES"))
			continue;
		for (unsigned int n = 0; n < type->nics; n++)
			if (type->nic[n].use != FB_TOPOFILE_COMPUTE && lists(hint->value, type->nic[n].name))
				abort();
	}
}

/* End the line; the rest is what follows it. */
static char *split(char *line)
{
	char *end = line + strcspn(line, "\n");

	if (!*end)
		return end;
	*end = '\0';
	return end + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const modes[] = { "prefer", "require", "off", "" };
	struct fb_hints_request request = { .nodes = 0 };
	struct fb_topofile file;
	struct fb_err err;

	if (size < 4)
		return 0;
	char *text = strndup((const char *)data + 4, size - 4), *set, *json;
	set = split(text);
	json = split(set);
	check_texts(text, set);
	request.p2p = modes[data[0] & 3];
	request.rdma = modes[data[0] >> 2 & 3];
	request.nodes = data[1];
	request.gpus = (fb_gpuset)(data[2] | data[3] << 8);
	request.task = (fb_gpuset)(data[3] | data[2] << 8);
	if (data[0] & 16)
		fb_hints_assume_sound(&request);
	if (!fb_topofile_parse(&file, "t", json, strlen(json), &err)) {
		for (size_t i = 0; i < file.types; i++)
			check_type(&file.type[i], &request);
		fb_topofile_free(&file);
	}
	free(text);
	return 0;
}

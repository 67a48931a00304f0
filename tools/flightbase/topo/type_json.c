/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/type_json.h"

#include <json-c/json.h>
#include <string.h>

void fb_json_print_string(const char *text, FILE *stream)
{
	struct json_object *string = json_object_new_string(text);

	fputs(json_object_to_json_string_ext(string, JSON_C_TO_STRING_NOSLASHESCAPE), stream);
	json_object_put(string);
}

/* ",", and the key on a line of its own. */
static void print_key(const char *key, unsigned int indent, FILE *stream)
{
	fputs(",\n", stream);
	for (unsigned int i = 0; i <= indent; i++)
		fputc('\t', stream);
	fprintf(stream, "\"%s\": ", key);
}

static void print_set(fb_gpuset set, FILE *stream)
{
	const char *between = "";

	fputc('[', stream);
	for (unsigned int i = 0; i < FB_ENGINE_GPUS_MAX; i++)
		if (set & 1u << i) {
			fprintf(stream, "%s%u", between, i);
			between = ", ";
		}
	fputc(']', stream);
}

static void print_links(const struct fb_engine_wiring *w, unsigned int indent, FILE *stream)
{
	char text[FB_LINK_TEXT_MAX];

	fputc('[', stream);
	for (unsigned int i = 0; i < w->gpus; i++) {
		fputs(i ? ",\n" : "\n", stream);
		for (unsigned int t = 0; t < indent + 2; t++)
			fputc('\t', stream);
		fputc('[', stream);
		for (unsigned int j = 0; j < w->gpus; j++) {
			fb_link_text((enum fb_link)w->link[i][j], w->lanes[i][j], text);
			fprintf(stream, "%s\"%s\"", j ? ", " : "", text);
		}
		fputc(']', stream);
	}
	fputc('\n', stream);
	for (unsigned int t = 0; t <= indent; t++)
		fputc('\t', stream);
	fputc(']', stream);
}

static void print_nic(const struct fb_topofile_nic *nic, FILE *stream)
{
	fprintf(stream, "{ \"name\": \"%s\", \"near\": ", nic->name);
	print_set(nic->near, stream);
	if (nic->gbps > 0)
		fprintf(stream, ", \"gbps\": %.15g", nic->gbps);
	if (nic->use != FB_TOPOFILE_COMPUTE)
		fprintf(stream, ", \"use\": \"%s\"", nic->use == FB_TOPOFILE_STORAGE ? "storage" : "management");
	fputs(" }", stream);
}

static void print_sockets(const struct fb_topofile_type *type, unsigned int indent, FILE *stream)
{
	print_key("sockets", indent, stream);
	for (unsigned int s = 0; s < type->sockets; s++) {
		fputs(s ? ", " : "[", stream);
		print_set(type->socket[s], stream);
	}
	fputc(']', stream);
	if (!*type->cores[0])
		return;
	print_key("cores", indent, stream);
	for (unsigned int s = 0; s < type->sockets; s++)
		fprintf(stream, "%s\"%s\"", s ? ", " : "[", type->cores[s]);
	fputc(']', stream);
}

static void print_nics(const struct fb_topofile_type *type, unsigned int indent, FILE *stream)
{
	print_key("nics", indent, stream);
	for (unsigned int n = 0; n < type->nics; n++) {
		fputs(n ? ",\n" : "[\n", stream);
		for (unsigned int t = 0; t < indent + 2; t++)
			fputc('\t', stream);
		print_nic(&type->nic[n], stream);
	}
	fputc('\n', stream);
	for (unsigned int t = 0; t <= indent; t++)
		fputc('\t', stream);
	fputc(']', stream);
}

static bool has_nvlink(const struct fb_engine_wiring *w)
{
	for (unsigned int i = 0; i < w->gpus; i++)
		if (memchr(w->link[i], FB_LINK_NVLINK, w->gpus))
			return true;
	return false;
}

void fb_type_print_json(const struct fb_topofile_type *type, unsigned int indent, FILE *stream)
{
	fputs("{\n", stream);
	for (unsigned int t = 0; t <= indent; t++)
		fputc('\t', stream);
	fprintf(stream, "\"gpus\": %u", type->wiring.gpus);
	if (*type->gpu) {
		print_key("gpu", indent, stream);
		fprintf(stream, "\"%s\"", type->gpu);
	}
	if (type->nvswitch) {
		print_key("nvswitch", indent, stream);
		fputs("true", stream);
	}
	if (has_nvlink(&type->wiring)) {
		print_key("nvlink_gbps", indent, stream);
		fprintf(stream, "%.15g", type->wiring.lane_gbps);
	}
	print_key("links", indent, stream);
	print_links(&type->wiring, indent, stream);
	if (type->sockets)
		print_sockets(type, indent, stream);
	if (type->nics)
		print_nics(type, indent, stream);
	if (*type->nccl_topo) {
		print_key("nccl_topo", indent, stream);
		fb_json_print_string(type->nccl_topo, stream);
	}
	fputc('\n', stream);
	for (unsigned int t = 0; t < indent; t++)
		fputc('\t', stream);
	fputc('}', stream);
}

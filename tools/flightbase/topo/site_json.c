/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.json of a site, and its lines of gres.conf. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_print.h"
#include "flightbase/topo/hosts.h"
#include "flightbase/topo/site.h"
#include "flightbase/topo/type_json.h"

static void print_types(const struct fb_site *site, FILE *stream)
{
	fputs("\t\"types\": {", stream);
	for (size_t t = 0; t < site->types; t++) {
		fprintf(stream, "%s\n\t\t\"%s\": ", t ? "," : "", site->type[t].name);
		fb_type_print_json(&site->type[t], 2, stream);
	}
	fputs(site->types ? "\n\t},\n" : "},\n", stream);
}

static size_t nodes_of(const struct fb_site *site, size_t type, const char **name)
{
	size_t count = 0;

	for (size_t n = 0; n < site->roster->count; n++)
		if (site->of[n] == type)
			name[count++] = site->roster->entry[n].machine->node;
	return count;
}

static void print_nodes(const struct fb_site *site, FILE *stream)
{
	const char **name = fb_need_array(site->roster->count, sizeof(*name)), *between = "";

	fputs("\t\"nodes\": [", stream);
	for (size_t t = 0; t < site->types; t++) {
		size_t count = nodes_of(site, t, name);
		char **list;
		size_t lists = fb_hosts_fold_parts(name, count, FB_TOPOFILE_HOSTS_MAX, &list);

		for (size_t l = 0; l < lists; l++) {
			fprintf(stream, "%s\n\t\t{ \"nodes\": \"%s\", \"type\": \"%s\" }", between, list[l], site->type[t].name);
			between = ",";
		}
		fb_hosts_free(list, lists);
	}
	fputs(*between ? "\n\t]" : "]", stream);
	free(name);
}

static void print_group(const struct fb_fabric *fabric, size_t g, FILE *stream)
{
	const struct fb_fabric_group *group = &fabric->group[g];
	char *hosts = fb_fabric_group_hosts(fabric, g);

	fprintf(stream, "\n\t\t\t{\n\t\t\t\t\"name\": \"%s\",\n", group->name);
	if (fabric->pods > 1)
		fprintf(stream, "\t\t\t\t\"pod\": \"p%u\",\n", group->pod + 1);
	fputs("\t\t\t\t\"leaves\": [", stream);
	for (unsigned int l = 0; l < group->leaves; l++)
		fprintf(stream, "%s\"%s\"", l ? ", " : "", fabric->sw[group->leaf[l]].name);
	fprintf(stream, "],\n\t\t\t\t\"nodes\": \"%s\"\n\t\t\t}", hosts);
	free(hosts);
}

static void print_fabric(const struct fb_fabric *fabric, const char *source, FILE *stream)
{
	char text[FB_TOPOFILE_TEXT_MAX + 1];

	snprintf(text, sizeof(text), "%s", source);
	fb_text_printable(text);
	fputs(",\n\t\"fabric\": {\n\t\t\"source\": ", stream);
	fb_json_print_string(text, stream);
	fprintf(stream, ",\n\t\t\"oversubscription\": { \"leaf\": %.4g, \"pod\": %.4g },\n\t\t\"groups\": [", fabric->leaf_oversubscription,
		fabric->pod_oversubscription);
	for (size_t g = 0; g < fabric->groups; g++) {
		fputs(g ? "," : "", stream);
		print_group(fabric, g, stream);
	}
	fputs(fabric->groups ? "\n\t\t]\n\t}" : "]\n\t}", stream);
}

char *fb_site_topofile(const struct fb_site *site, const char *source, size_t *size, struct fb_err *err)
{
	struct fb_topofile file;
	char *text = NULL;
	FILE *stream = fb_need(open_memstream(&text, size));

	fputs("{\n", stream);
	print_types(site, stream);
	print_nodes(site, stream);
	if (site->fabric)
		print_fabric(site->fabric, source, stream);
	fputs("\n}\n", stream);
	if (fclose(stream))
		fb_need(NULL);
	if (*size > FB_TOPOFILE_SIZE_MAX) {
		fb_err_set(err, "the topology file would have %zu bytes; at most %u are allowed", *size, FB_TOPOFILE_SIZE_MAX);
	} else if (!fb_topofile_parse(&file, "topology.json", text, *size, err)) {
		fb_topofile_free(&file);
		return text;
	}
	free(text);
	return NULL;
}

/* Number of the device file of a GPU. */
static int minor_of(const struct fb_machine *machine, unsigned int gpu)
{
	return machine->devices && machine->gpu[gpu].minor >= 0 ? machine->gpu[gpu].minor : (int)gpu;
}

static bool same_minors(const struct fb_machine *a, const struct fb_machine *b)
{
	for (unsigned int g = 0; g < a->type.wiring.gpus; g++)
		if (minor_of(a, g) != minor_of(b, g))
			return false;
	return true;
}

static const char *cores_of(const struct fb_topofile_type *type, unsigned int gpu)
{
	for (unsigned int s = 0; s < type->sockets; s++)
		if (type->socket[s] & 1u << gpu)
			return type->cores[s];
	return "";
}

/* The lines of nodes of one type with the same device files. */
static void print_lines(const struct fb_topofile_type *type, const struct fb_machine *machine, const char *nodes, FILE *stream)
{
	const char *model = *type->gpu ? type->gpu : "gpu";

	fprintf(stream, "# %s; in slurm.conf: NodeName=%s Gres=gpu:%s:%u\n", type->name, nodes, model, type->wiring.gpus);
	for (unsigned int g = 0; g < type->wiring.gpus; g++) {
		const char *cores = cores_of(type, g);

		fprintf(stream, "NodeName=%s Name=gpu Type=%s File=/dev/nvidia%d%s%s\n", nodes, model, minor_of(machine, g),
			*cores ? " Cores=" : "", cores);
	}
}

static void print_type(const struct fb_site *site, size_t type, bool *done, FILE *stream)
{
	const char **name = fb_need_array(site->roster->count, sizeof(*name));

	for (size_t first = 0; first < site->roster->count; first++) {
		const struct fb_machine *machine = site->roster->entry[first].machine;
		size_t count = 0;

		if (done[first] || site->of[first] != type)
			continue;
		for (size_t n = first; n < site->roster->count; n++)
			if (!done[n] && site->of[n] == type && same_minors(machine, site->roster->entry[n].machine)) {
				name[count++] = site->roster->entry[n].machine->node;
				done[n] = true;
			}
		char *nodes = fb_hosts_fold(name, count);
		print_lines(&site->type[type], machine, nodes, stream);
		free(nodes);
	}
	free(name);
}

char *fb_site_gres(const struct fb_site *site, size_t *size)
{
	char *text = NULL;
	FILE *stream = fb_need(open_memstream(&text, size));
	bool *done = fb_need_array(site->roster->count, sizeof(*done));

	fputs("# GPUs, in the order of topology.json. No Links=: stock Slurm sorts by it the wrong way round.\n", stream);
	for (size_t t = 0; t < site->types; t++)
		print_type(site, t, done, stream);
	free(done);
	if (fclose(stream))
		fb_need(NULL);
	return text;
}

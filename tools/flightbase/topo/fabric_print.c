/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/fabric_print.h"

#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/table.h"
#include "flightbase/topo/hosts.h"

#define UNRESOLVED_SHOWN 8
#define UNRESOLVED_LEAVES_SHOWN 40

char *fb_fabric_group_hosts(const struct fb_fabric *fabric, size_t group)
{
	const char **name = fb_need_array(fabric->hosts, sizeof(*name));
	size_t count = 0;

	for (size_t h = 0; h < fabric->hosts; h++)
		if (fabric->host[h].compute && fabric->host[h].group == group)
			name[count++] = fabric->host[h].name;
	char *text = fb_hosts_fold(name, count);
	free(name);
	return text;
}

static char *leaves_text(const struct fb_fabric *fabric, const struct fb_fabric_group *group)
{
	const char *name[FB_TOPOFILE_RAILS_MAX];

	for (unsigned int l = 0; l < group->leaves; l++)
		name[l] = fabric->sw[group->leaf[l]].name;
	return fb_hosts_fold(name, group->leaves);
}

static size_t count_level(const struct fb_fabric *fabric, enum fb_fabric_level level)
{
	size_t count = 0;

	for (size_t s = 0; s < fabric->switches; s++)
		count += fabric->sw[s].level == level;
	return count;
}

static void print_summary(const struct fb_fabric *fabric, FILE *stream)
{
	size_t compute = 0, edge = count_level(fabric, FB_FABRIC_EDGE), core = count_level(fabric, FB_FABRIC_CORE);

	for (size_t h = 0; h < fabric->hosts; h++)
		compute += fabric->host[h].compute;
	fprintf(stream, "%zu switches: %zu leaves, %zu spines", fabric->switches, count_level(fabric, FB_FABRIC_LEAF),
		count_level(fabric, FB_FABRIC_SPINE));
	if (core)
		fprintf(stream, ", %zu core", core);
	if (edge)
		fprintf(stream, ", %zu without compute nodes", edge);
	fprintf(stream, "\n%zu adapters: %zu of %zu hosts, %zu unresolved\n", fabric->adapters, fabric->resolved, fabric->hosts,
		fabric->adapters - fabric->resolved);
	fprintf(stream, "%zu compute nodes in %zu leaf groups, %u rail%s, %u pod%s\n", compute, fabric->groups, fabric->rails,
		fabric->rails == 1 ? "" : "s", fabric->pods, fabric->pods == 1 ? "" : "s");
	fprintf(stream, "oversubscription: leaf %.3g", fabric->leaf_oversubscription);
	if (fabric->worst_leaf != FB_FABRIC_NONE && fb_fabric_leaf_ratio(&fabric->sw[fabric->worst_leaf]) > fabric->leaf_oversubscription)
		fprintf(stream, " (up to %.3g: %s)", fb_fabric_leaf_ratio(&fabric->sw[fabric->worst_leaf]),
			fabric->sw[fabric->worst_leaf].name);
	fprintf(stream, ", pod %.3g\n", fabric->pod_oversubscription);
}

static void print_groups(const struct fb_fabric *fabric)
{
	static const struct fb_column columns[] = { { "GROUP", FB_COLUMN_TEXT },  { "POD", FB_COLUMN_NUMBER },
						    { "NODES", FB_COLUMN_NUMBER }, { "RAILS", FB_COLUMN_NUMBER },
						    { "GB/S", FB_COLUMN_NUMBER },  { "LEAVES", FB_COLUMN_TEXT },
						    { "HOSTS", FB_COLUMN_TEXT },   { NULL, FB_COLUMN_TEXT } };
	struct fb_table *table = fb_table_create("groups", columns, false);

	for (size_t g = 0; g < fabric->groups; g++) {
		const struct fb_fabric_group *group = &fabric->group[g];
		char *leaves = leaves_text(fabric, group), *hosts = fb_fabric_group_hosts(fabric, g);

		fb_table_row(table);
		fb_table_set(table, 0, "%s", group->name);
		fb_table_set(table, 1, "%u", group->pod + 1);
		fb_table_set(table, 2, "%u", group->hosts);
		fb_table_set(table, 3, "%u", group->leaves);
		fb_table_set(table, 4, "%.4g", group->gbps);
		fb_table_set(table, 5, "%s", leaves);
		fb_table_set(table, 6, "%s", hosts);
		free(leaves);
		free(hosts);
	}
	fb_table_print(table);
}

static void print_spines(const struct fb_fabric *fabric, enum fb_fabric_level level, const char *label, FILE *stream)
{
	const char **name = fb_need_array(fabric->switches, sizeof(*name));
	size_t count = 0;

	for (size_t s = 0; s < fabric->switches; s++)
		if (fabric->sw[s].level == level)
			name[count++] = fabric->sw[s].name;
	char *text = fb_hosts_fold(name, count);
	if (count)
		fprintf(stream, "%s: %s\n", label, text);
	free(text);
	free(name);
}

static void print_others(const struct fb_fabric *fabric, enum fb_topofile_use use, const char *label, FILE *stream)
{
	const char **name = fb_need_array(fabric->hosts, sizeof(*name));
	size_t count = 0;

	for (size_t h = 0; h < fabric->hosts; h++)
		if (!fabric->host[h].compute && fabric->host[h].use == use)
			name[count++] = fabric->host[h].name;
	char *text = fb_hosts_fold(name, count);
	if (count)
		fprintf(stream, "%s: %s\n", label, text);
	free(text);
	free(name);
}

struct stray {
	const char *text; /* the adapter's description */
	const char *leaf;
	unsigned int port;
};

static int compare_texts(const void *a, const void *b)
{
	return strverscmp(((const struct stray *)a)->text, ((const struct stray *)b)->text);
}

static int compare_places(const void *a, const void *b)
{
	const struct stray *x = a, *y = b;
	int by_leaf = strverscmp(x->leaf, y->leaf);

	return by_leaf ? by_leaf : (x->port > y->port) - (x->port < y->port);
}

/* What they call themselves, each once. */
static void print_descriptions(struct stray *stray, size_t count, FILE *stream)
{
	size_t shown = 0;

	qsort(stray, count, sizeof(*stray), compare_texts);
	for (size_t from = 0, to; from < count; from = to) {
		char text[FB_IBNET_TEXT_MAX + 1];

		for (to = from + 1; to < count && !strcmp(stray[from].text, stray[to].text);)
			to++;
		snprintf(text, sizeof(text), "%s", stray[from].text);
		fb_text_printable(text);
		if (shown++ < UNRESOLVED_SHOWN)
			fprintf(stream, "  %zu \"%s\"\n", to - from, text);
	}
	if (shown > UNRESOLVED_SHOWN)
		fprintf(stream, "  and %zu other descriptions\n", shown - UNRESOLVED_SHOWN);
}

/* Where they are: ports of leaves. */
static void print_places(struct stray *stray, size_t count, FILE *stream)
{
	size_t shown = 0;

	qsort(stray, count, sizeof(*stray), compare_places);
	for (size_t from = 0, to; from < count; from = to) {
		for (to = from + 1; to < count && !strcmp(stray[from].leaf, stray[to].leaf);)
			to++;
		if (shown++ >= UNRESOLVED_LEAVES_SHOWN)
			continue;
		fprintf(stream, "  %s port", stray[from].leaf);
		for (size_t i = from; i < to; i++)
			fprintf(stream, "%s%u", i > from ? "," : " ", stray[i].port);
		fputc('\n', stream);
	}
	if (shown > UNRESOLVED_LEAVES_SHOWN)
		fprintf(stream, "  and on %zu other switches\n", shown - UNRESOLVED_LEAVES_SHOWN);
}

static void print_unresolved(const struct fb_fabric *fabric, FILE *stream)
{
	size_t count = fabric->adapters - fabric->resolved;
	struct stray *stray = fb_need_array(count, sizeof(*stray));

	for (size_t i = 0; i < count; i++) {
		const struct fb_fabric_adapter *adapter = &fabric->adapter[fabric->resolved + i];
		const struct fb_ibnet_port *port = &fabric->net->port[adapter->port];

		stray[i] = (struct stray){ fabric->net->node[adapter->node].text, fabric->sw[adapter->leaf].name,
					   fabric->net->port[port->peer].number };
	}
	if (count) {
		fprintf(stream, "unresolved: %zu adapters whose GUIDs no node reported and whose descriptions name no host:\n", count);
		print_descriptions(stray, count, stream);
		print_places(stray, count, stream);
	}
	free(stray);
}

void fb_fabric_print(const struct fb_fabric *fabric, FILE *stream)
{
	print_summary(fabric, stream);
	fflush(stream);
	if (fabric->groups)
		print_groups(fabric);
	print_spines(fabric, FB_FABRIC_SPINE, "spines", stream);
	print_spines(fabric, FB_FABRIC_CORE, "core", stream);
	print_others(fabric, FB_TOPOFILE_STORAGE, "storage", stream);
	print_others(fabric, FB_TOPOFILE_MANAGEMENT, "management", stream);
	print_unresolved(fabric, stream);
	fb_remarks_print(&fabric->remarks, "warning: ", stream);
}

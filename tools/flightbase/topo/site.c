/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/site.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/diff.h"
#include "flightbase/topo/type_json.h"

#define MINORITY 4 /* a type is odd if another of its model has so many times its nodes */

/* A node's type as text, which is equal if the wiring is. */
struct wiring {
	char *text;
	uint32_t node, nodes;
	const struct fb_topofile_type *of;
};

static const struct fb_machine_adapter *adapter_find(const struct fb_machine *machine, const char *name)
{
	for (unsigned int a = 0; a < machine->adapters; a++)
		if (!strcmp(machine->adapter[a].name, name))
			return &machine->adapter[a];
	return NULL;
}

static bool is_ethernet(const struct fb_machine *machine, const char *nic)
{
	const struct fb_machine_adapter *adapter = adapter_find(machine, nic);

	return adapter && adapter->ports && adapter->port[0].ethernet;
}

static bool has_infiniband(const struct fb_machine *machine)
{
	for (unsigned int a = 0; a < machine->adapters; a++)
		if (machine->adapter[a].ports && !machine->adapter[a].port[0].ethernet)
			return true;
	return false;
}

static void uses_by_speed(struct fb_topofile_type *type, const struct fb_machine *machine)
{
	double fastest = 0;

	for (unsigned int n = 0; n < type->nics; n++)
		fastest = type->nic[n].gbps > fastest ? type->nic[n].gbps : fastest;
	for (unsigned int n = 0; n < type->nics; n++) {
		struct fb_topofile_nic *nic = &type->nic[n];

		nic->use = FB_TOPOFILE_COMPUTE;
		if (nic->gbps > 0 && nic->gbps < fastest)
			nic->use = is_ethernet(machine, nic->name) ? FB_TOPOFILE_MANAGEMENT : FB_TOPOFILE_STORAGE;
	}
}

/* What most of the fabric's adapters of a name are for. */
struct usage {
	const char *name;
	size_t uses[3];
};

struct usages {
	size_t count, room;
	struct usage *usage;
};

static struct usage *usage_of(struct usages *usages, const char *name)
{
	for (size_t u = 0; u < usages->count; u++)
		if (!strcmp(usages->usage[u].name, name))
			return &usages->usage[u];
	return NULL;
}

static void usages_make(struct usages *usages, const struct fb_fabric *fabric)
{
	for (size_t a = 0; a < fabric->resolved; a++) {
		const struct fb_fabric_adapter *adapter = &fabric->adapter[a];
		struct usage *usage = adapter->reported ? usage_of(usages, adapter->name) : NULL;

		if (!adapter->reported)
			continue;
		if (!usage) {
			usages->usage = fb_grow(usages->usage, usages->count, &usages->room, sizeof(*usages->usage));
			usage = &usages->usage[usages->count++];
			*usage = (struct usage){ .name = adapter->name };
		}
		usage->uses[adapter->use]++;
	}
}

static enum fb_topofile_use use_missing(struct usages *usages, const struct fb_machine *machine, const char *nic)
{
	const struct usage *usage = usage_of(usages, nic);
	enum fb_topofile_use most = FB_TOPOFILE_COMPUTE;

	if (!usage)
		return is_ethernet(machine, nic) && has_infiniband(machine) ? FB_TOPOFILE_MANAGEMENT : FB_TOPOFILE_COMPUTE;
	for (unsigned int u = 0; u < 3; u++)
		if (usage->uses[u] > usage->uses[most])
			most = (enum fb_topofile_use)u;
	return most;
}

static void uses_by_fabric(const struct fb_site *site, struct usages *usages, struct fb_topofile_type *type, const struct fb_machine *machine)
{
	const struct fb_fabric_host *host = fb_fabric_find(site->fabric, machine->node);

	for (unsigned int n = 0; n < type->nics; n++) {
		struct fb_topofile_nic *nic = &type->nic[n];
		bool found = false;

		for (uint32_t a = 0; host && a < host->adapters; a++) {
			const struct fb_fabric_adapter *adapter = &site->fabric->adapter[host->first + a];

			if (strcmp(adapter->name, nic->name))
				continue;
			/* Of two ports, one that computes decides. */
			nic->use = found && adapter->use > nic->use ? nic->use : adapter->use;
			found = true;
		}
		if (!found)
			nic->use = use_missing(usages, machine, nic->name);
	}
}

static int compare_wirings(const void *a, const void *b)
{
	const struct wiring *x = a, *y = b;
	int by_text = strcmp(x->text, y->text);

	return by_text ? by_text : (x->node > y->node) - (x->node < y->node);
}

/* By model and count, then those of most nodes, then the one with the first node. */
static int compare_ranks(const void *a, const void *b)
{
	const struct wiring *x = a, *y = b;
	int by_model = strverscmp(x->of->gpu, y->of->gpu);

	if (by_model)
		return by_model;
	if (x->of->wiring.gpus != y->of->wiring.gpus)
		return x->of->wiring.gpus < y->of->wiring.gpus ? -1 : 1;
	if (x->nodes != y->nodes)
		return x->nodes > y->nodes ? -1 : 1;
	return (x->node > y->node) - (x->node < y->node);
}

static bool same_model(const struct fb_topofile_type *a, const struct fb_topofile_type *b)
{
	return !strcmp(a->gpu, b->gpu) && a->wiring.gpus == b->wiring.gpus;
}

/* "a100-8", and "a100-8-2" for a second wiring of it. */
static void type_name(const struct fb_site *site, struct fb_topofile_type *type)
{
	char model[FB_TOPOFILE_NAME_MAX - 12];
	unsigned int number = 1;

	snprintf(model, sizeof(model), "%.*s", (int)sizeof(model) - 1, *type->gpu ? type->gpu : "gpu");
	for (char *c = model; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (const struct fb_topofile_type *other = site->type; other < type; other++)
		number += same_model(other, type);
	if (number == 1)
		snprintf(type->name, sizeof(type->name), "%s-%u", model, type->wiring.gpus);
	else
		snprintf(type->name, sizeof(type->name), "%s-%u-%u", model, type->wiring.gpus, number);
	/* A model that ends in digits may give the same name. */
	for (const struct fb_topofile_type *other = site->type; other < type; other++)
		if (!strcmp(other->name, type->name)) {
			snprintf(type->name, sizeof(type->name), "%s-%u-%u", model, type->wiring.gpus, ++number);
			other = site->type - 1;
		}
}

static char *type_text(const struct fb_topofile_type *type)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = fb_need(open_memstream(&text, &size));

	fb_type_print_json(type, 0, stream);
	if (fclose(stream))
		fb_need(NULL);
	return text;
}

/*
 * One of each wiring comes to the front, with the number of its nodes; like gets for each node the first that has its
 * wiring. Returns how many there are.
 */
static size_t wirings_fold(struct wiring *wiring, size_t count, uint32_t *like)
{
	size_t kept = 0;

	qsort(wiring, count, sizeof(*wiring), compare_wirings);
	for (size_t from = 0, to; from < count; from = to)
		for (to = from; to < count && !strcmp(wiring[from].text, wiring[to].text); to++) {
			like[wiring[to].node] = wiring[from].node;
			wiring[from].nodes++;
		}
	for (size_t i = 0; i < count; i++)
		if (wiring[i].nodes) {
			struct wiring one = wiring[i];

			wiring[i] = wiring[kept];
			wiring[kept++] = one;
		}
	return kept;
}

/* Types in the order of their names-to-be. */
static int types_make(struct fb_site *site, struct wiring *wiring, size_t count, struct fb_err *err)
{
	uint32_t *like = fb_need_array(count, sizeof(*like));
	size_t kept = wirings_fold(wiring, count, like);

	qsort(wiring, kept, sizeof(*wiring), compare_ranks);
	if (kept > FB_TOPOFILE_TYPES_MAX) {
		free(like);
		return fb_err_set(err, "the reports have %zu different wirings; at most %d types are allowed", kept, FB_TOPOFILE_TYPES_MAX);
	}
	site->type = fb_need_array(kept, sizeof(*site->type));
	site->nodes = fb_need_array(kept, sizeof(*site->nodes));
	for (; site->types < kept; site->types++) {
		site->type[site->types] = *wiring[site->types].of;
		site->nodes[site->types] = wiring[site->types].nodes;
		type_name(site, &site->type[site->types]);
		for (size_t n = 0; n < count; n++)
			if (like[n] == wiring[site->types].node)
				site->of[n] = (uint32_t)site->types;
	}
	free(like);
	return 0;
}

/* The type of most nodes with GPUs of this model. */
static size_t usual_type(const struct fb_site *site, const struct fb_topofile_type *type)
{
	size_t usual = (size_t)(type - site->type);

	for (size_t t = 0; t < site->types; t++)
		if (!strcmp(site->type[t].gpu, type->gpu) && site->nodes[t] > site->nodes[usual])
			usual = t;
	return usual;
}

/* A wiring that few nodes have is often a fault: tell what sets it apart. */
static void types_compare(struct fb_site *site)
{
	struct fb_diff *diff = fb_need(malloc(sizeof(*diff)));

	for (size_t t = 0; t < site->types; t++) {
		size_t usual = usual_type(site, &site->type[t]);

		if (usual == t || site->nodes[t] * MINORITY > site->nodes[usual])
			continue;
		fb_diff_make(diff, &site->type[usual], &site->type[t], NULL);
		for (unsigned int d = 0; d < diff->count; d++)
			for (size_t n = 0; n < site->roster->count; n++)
				if (site->of[n] == t)
					fb_remark_add(&site->remarks, site->roster->entry[n].machine->node, "is of type %s, not of %s: %s",
						      site->type[t].name, site->type[usual].name, diff->entry[d].text);
	}
	free(diff);
}

static void nodes_tell(struct fb_site *site)
{
	for (size_t n = 0; n < site->roster->count; n++) {
		const struct fb_machine *machine = site->roster->entry[n].machine;

		if (!*machine->type.gpu)
			fb_remark_add(&site->remarks, machine->node, "the model of its GPUs is not known: gres.conf gets Type=gpu");
		if (!machine->type.sockets || !*machine->type.cores[0])
			fb_remark_add(&site->remarks, machine->node, "the cores near its GPUs are not known: its lines of gres.conf have no Cores=, without which Slurm cannot place by GPU");
		if (site->fabric && !fb_fabric_find(site->fabric, machine->node))
			fb_remark_add(&site->remarks, machine->node, "none of its adapters is on the fabric");
	}
	for (size_t h = 0; site->fabric && h < site->fabric->hosts; h++)
		if (site->fabric->host[h].compute && !fb_roster_find(site->roster, site->fabric->host[h].name))
			fb_remark_add(&site->remarks, site->fabric->host[h].name, "on the fabric, but without a report: its GPUs are not in the file");
	for (size_t r = 0; site->fabric && r < site->fabric->remarks.count; r++) {
		const struct fb_remark *remark = &site->fabric->remarks.remark[r];

		for (size_t h = 0; h < remark->hosts || (!remark->hosts && !h); h++)
			fb_remark_add(&site->remarks, remark->hosts ? remark->host[h] : NULL, "%s", remark->text);
	}
	site->remarks.dropped += site->fabric ? site->fabric->remarks.dropped : 0;
	if (site->fabric && site->fabric->adapters > site->fabric->resolved)
		fb_remark_add(&site->remarks, NULL, "%zu adapters on the fabric are of no known host: flightbase topo fabric tells where they are",
			      site->fabric->adapters - site->fabric->resolved);
}

int fb_site_make(struct fb_site *site, const struct fb_roster *roster, const struct fb_fabric *fabric, struct fb_err *err)
{
	struct wiring *wiring = fb_need_array(roster->count, sizeof(*wiring));
	struct fb_topofile_type *type = fb_need_array(roster->count, sizeof(*type));
	struct usages usages = { .count = 0 };

	*site = (struct fb_site){ .roster = roster, .fabric = fabric };
	site->of = fb_need_array(roster->count, sizeof(*site->of));
	if (fabric)
		usages_make(&usages, fabric);
	for (size_t n = 0; n < roster->count; n++) {
		type[n] = roster->entry[n].machine->type;
		if (fabric)
			uses_by_fabric(site, &usages, &type[n], roster->entry[n].machine);
		else
			uses_by_speed(&type[n], roster->entry[n].machine);
		wiring[n] = (struct wiring){ .text = type_text(&type[n]), .node = (uint32_t)n, .of = &type[n] };
	}
	int rc = types_make(site, wiring, roster->count, err);
	if (!rc) {
		types_compare(site);
		nodes_tell(site);
	}
	for (size_t n = 0; n < roster->count; n++)
		free(wiring[n].text);
	free(wiring);
	free(type);
	free(usages.usage);
	if (rc)
		fb_site_free(site);
	return rc;
}

void fb_site_free(struct fb_site *site)
{
	free(site->type);
	free(site->nodes);
	free(site->of);
	fb_remarks_free(&site->remarks);
	*site = (struct fb_site){ .roster = NULL };
}

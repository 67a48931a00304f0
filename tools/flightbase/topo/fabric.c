/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/fabric.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

bool fb_fabric_text_generic(const char *text)
{
	/* What chips call themselves until a host names them (rdma-ndd does). */
	static const char *const makers[] = { "Mellanox Technologies", "ConnectX", "BlueField", "Aggregation Node" };
	static const char *const nobody[] = { "localhost", "localhost.localdomain", "(none)", "unknown" };
	size_t word = strcspn(text, " \t");

	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (strstr(text, makers[i]))
			return true;
	for (size_t i = 0; i < sizeof(nobody) / sizeof(nobody[0]); i++)
		if (strlen(nobody[i]) == word && !strncmp(text, nobody[i], word))
			return true;
	return !word;
}

static bool name_byte(char c)
{
	return isalnum((unsigned char)c) || strchr("._-", c);
}

/*
 * The name that people gave a switch: "leaf-1" of "MF0;leaf-1:MQM9701/U1", and "core-L01-U1" of "MF0;core:CS7500/L01/U1", a
 * chip of a director.
 */
static void switch_name(const struct fb_ibnet_node *node, char *name, size_t size)
{
	const char *from = strchr(node->text, ';') ? strchr(node->text, ';') + 1 : node->text;
	const char *model = strchr(from, ':'), *chip = model ? strchr(model, '/') : NULL;

	if (fb_fabric_text_generic(from) || !strcspn(from, ":"))
		snprintf(name, size, "S-%016" PRIx64, node->guid);
	else
		snprintf(name, size, "%.*s%s", (int)strcspn(from, ":"), from, chip && strcmp(chip, "/U1") ? chip : "");
	for (char *c = name; *c; c++)
		if (!name_byte(*c))
			*c = '-';
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(struct fb_fabric_switch *const *)a)->name, (*(struct fb_fabric_switch *const *)b)->name);
}

static void names_unique(struct fb_fabric *fabric)
{
	struct fb_fabric_switch **by_name = fb_need_array(fabric->switches, sizeof(*by_name));
	bool *twice = fb_need_array(fabric->switches, sizeof(*twice));

	for (size_t s = 0; s < fabric->switches; s++)
		by_name[s] = &fabric->sw[s];
	qsort(by_name, fabric->switches, sizeof(*by_name), compare_names);
	for (size_t s = 1; s < fabric->switches; s++)
		if (!strcmp(by_name[s - 1]->name, by_name[s]->name))
			twice[s - 1] = twice[s] = true;
	for (size_t s = 0; s < fabric->switches; s++)
		if (twice[s])
			snprintf(by_name[s]->name, sizeof(by_name[s]->name), "S-%016" PRIx64, fabric->net->node[by_name[s]->node].guid);
	free(by_name);
	free(twice);
}

void fb_fabric_switches(struct fb_fabric *fabric)
{
	const struct fb_ibnet *net = fabric->net;

	for (size_t n = 0; n < net->nodes; n++)
		fabric->switches += net->node[n].kind == FB_IBNET_SWITCH;
	fabric->sw = fb_need_array(fabric->switches, sizeof(*fabric->sw));
	size_t s = 0;
	for (size_t n = 0; n < net->nodes; n++) {
		if (net->node[n].kind != FB_IBNET_SWITCH)
			continue;
		fabric->sw[s] = (struct fb_fabric_switch){ .node = (uint32_t)n, .group = FB_FABRIC_NONE };
		switch_name(&net->node[n], fabric->sw[s].name, sizeof(fabric->sw[s].name));
		s++;
	}
	names_unique(fabric);
}

static int compare_switch(const void *a, const void *b)
{
	const struct fb_fabric_switch *x = a, *y = b;

	return (x->node > y->node) - (x->node < y->node);
}

uint32_t fb_fabric_switch_of(const struct fb_fabric *fabric, uint32_t node)
{
	const struct fb_fabric_switch key = { .node = node };
	const struct fb_fabric_switch *found =
		fabric->switches ? bsearch(&key, fabric->sw, fabric->switches, sizeof(key), compare_switch) : NULL;

	return found ? (uint32_t)(found - fabric->sw) : FB_FABRIC_NONE;
}

static int compare_host(const void *a, const void *b)
{
	return strverscmp(((const struct fb_fabric_host *)a)->name, ((const struct fb_fabric_host *)b)->name);
}

const struct fb_fabric_host *fb_fabric_find(const struct fb_fabric *fabric, const char *name)
{
	struct fb_fabric_host key;

	if (strlen(name) >= sizeof(key.name) || !fabric->hosts)
		return NULL;
	memcpy(key.name, name, strlen(name) + 1);
	return bsearch(&key, fabric->host, fabric->hosts, sizeof(key), compare_host);
}

double fb_fabric_leaf_ratio(const struct fb_fabric_switch *leaf)
{
	if (leaf->up <= 0)
		return 0;
	return leaf->down > leaf->up ? leaf->down / leaf->up : 1;
}

int fb_fabric_make(struct fb_fabric *fabric, const struct fb_ibnet *net, const struct fb_fabric_report *report, size_t reports,
		   struct fb_err *err)
{
	*fabric = (struct fb_fabric){ .net = net, .leaf_oversubscription = 1, .pod_oversubscription = 1, .worst_leaf = FB_FABRIC_NONE };
	fb_fabric_switches(fabric);
	if (fb_fabric_hosts(fabric, report, reports, err))
		goto free;
	fb_fabric_leaves(fabric);
	if (fb_fabric_groups(fabric, err))
		goto free;
	fb_fabric_rails(fabric);
	fb_fabric_levels(fabric);
	fb_fabric_remark(fabric);
	return 0;
free:
	fb_fabric_free(fabric);
	return -1;
}

void fb_fabric_free(struct fb_fabric *fabric)
{
	free(fabric->sw);
	free(fabric->adapter);
	free(fabric->host);
	free(fabric->group);
	fb_remarks_free(&fabric->remarks);
	*fabric = (struct fb_fabric){ .net = NULL };
}

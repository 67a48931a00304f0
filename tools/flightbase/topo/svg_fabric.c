/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The upper part of the drawing: pods, their leaf groups as cards, equal ones folded. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/hosts.h"
#include "flightbase/topo/svg_parts.h"

#define COLUMNS 3
#define GAP 16
#define CARDS_MAX 48 /* of more, those that only differ in how many nodes they have are folded, too */
#define TYPES_SHOWN 6
#define LEAVES_SHOWN 16
#define HOSTS_CHARACTERS 52

static const double card_width = (FB_SVG_WIDTH - 2.0 * FB_SVG_MARGIN - (COLUMNS + 1) * GAP) / COLUMNS;

/* Groups that look the same. */
struct card {
	size_t groups, room;
	uint32_t *group; /* FB_SITEMAP_NONE alone: the nodes that have none */
	unsigned int rails;
};

struct cards {
	const struct fb_sitemap *map;
	size_t count, room;
	struct card *card;
	uint32_t *has;	   /* by group, then by type, then "no type": how many nodes */
	size_t types;	   /* columns of has */
	bool counts;	   /* numbers of nodes count when groups are compared */
};

static uint32_t *row(const struct cards *cards, uint32_t group)
{
	return cards->has + (group == FB_SITEMAP_NONE ? cards->map->file.fabric.groups : group) * cards->types;
}

static void count_nodes(struct cards *cards)
{
	const struct fb_sitemap *map = cards->map;

	cards->types = map->file.types + 1;
	cards->has = fb_need_array((map->file.fabric.groups + 1) * cards->types, sizeof(*cards->has));
	for (size_t n = 0; n < map->nodes; n++)
		row(cards, map->node[n].group)[map->node[n].type == FB_SITEMAP_NONE ? map->file.types : map->node[n].type]++;
}

static bool looks_like(const struct cards *cards, uint32_t a, uint32_t b)
{
	const struct fb_topofile_group *x = &cards->map->file.fabric.group[a], *y = &cards->map->file.fabric.group[b];

	if (strcmp(x->pod, y->pod) || x->rails != y->rails)
		return false;
	for (size_t t = 0; t < cards->types; t++)
		if (cards->counts ? row(cards, a)[t] != row(cards, b)[t] : !row(cards, a)[t] != !row(cards, b)[t])
			return false;
	return true;
}

static void card_add(struct cards *cards, uint32_t group)
{
	struct card *card = NULL;

	for (size_t c = 0; group != FB_SITEMAP_NONE && c < cards->count && !card; c++)
		card = looks_like(cards, cards->card[c].group[0], group) ? &cards->card[c] : NULL;
	if (!card) {
		cards->card = fb_grow(cards->card, cards->count, &cards->room, sizeof(*card));
		card = &cards->card[cards->count++];
		*card = (struct card){ .rails = group == FB_SITEMAP_NONE ? 0 : cards->map->file.fabric.group[group].rails };
	}
	card->group = fb_grow(card->group, card->groups, &card->room, sizeof(*card->group));
	card->group[card->groups++] = group;
}

static void cards_free(struct cards *cards)
{
	for (size_t c = 0; c < cards->count; c++)
		free(cards->card[c].group);
	cards->count = 0;
}

static void cards_make(struct cards *cards)
{
	size_t groups = cards->map->file.fabric.groups;
	bool alone = false;

	count_nodes(cards);
	for (int exact = 1; exact >= 0; exact--) {
		cards_free(cards);
		cards->counts = exact;
		for (uint32_t g = 0; g < groups; g++)
			card_add(cards, g);
		if (cards->count <= CARDS_MAX)
			break;
	}
	for (size_t t = 0; t < cards->types; t++)
		alone |= row(cards, FB_SITEMAP_NONE)[t] > 0;
	if (alone)
		card_add(cards, FB_SITEMAP_NONE);
}

static unsigned int types_in(const struct cards *cards, const struct card *card)
{
	unsigned int count = 0;

	for (size_t t = 0; t < cards->types; t++)
		count += row(cards, card->group[0])[t] > 0;
	return count > TYPES_SHOWN ? TYPES_SHOWN : count;
}

static double leaves_height(const struct card *card)
{
	unsigned int leaves = card->rails > LEAVES_SHOWN ? LEAVES_SHOWN : card->rails, rows = (leaves + 1) / 2;

	return 26 * rows + (rows ? 6 : 0);
}

static double card_height(const struct cards *cards, const struct card *card)
{
	return 38 + leaves_height(card) + 76 * types_in(cards, card);
}

static char *card_names(const struct cards *cards, const struct card *card)
{
	const char **name = fb_need_array(card->groups, sizeof(*name));

	for (size_t g = 0; g < card->groups; g++)
		name[g] = card->group[g] == FB_SITEMAP_NONE ? "no leaf group" : cards->map->file.fabric.group[card->group[g]].name;
	char *text = fb_hosts_fold(name, card->groups);
	free(name);
	return text;
}

/* The l-th leaves of all its groups. */
static void draw_leaf(FILE *svg, const struct cards *cards, const struct card *card, unsigned int l, double x, double y)
{
	const char **name = fb_need_array(card->groups, sizeof(*name));
	double width = (card_width - 30) / 2;

	for (size_t g = 0; g < card->groups; g++)
		name[g] = fb_sitemap_leaf(cards->map, card->group[g], l);
	char *text = fb_hosts_fold(name, card->groups);
	fputs("<g>", svg);
	fb_svg_tip(svg, text);
	fb_svg_box(svg, x, y, width, 20, "leaf");
	if (l + 1 == LEAVES_SHOWN && card->rails > LEAVES_SHOWN)
		fb_svg_text(svg, x + width / 2, y + 14, "s m", 0, "and %u more leaves", card->rails - l);
	else
		fb_svg_text(svg, x + width / 2, y + 14, "s m", 25, "%s", text);
	fputs("</g>\n", svg);
	free(text);
	free(name);
}

static void draw_gpus(FILE *svg, const struct fb_topofile_type *type, double x, double y)
{
	unsigned int island[FB_ENGINE_GPUS_MAX];
	double pitch = type->wiring.gpus > 12 ? 14 : 17;

	fb_svg_islands(type, island);
	for (unsigned int g = 0; g < type->wiring.gpus; g++) {
		char class[16];

		snprintf(class, sizeof(class), "gpu i%u", island[g] % 8);
		fb_svg_box(svg, x + pitch * g, y, pitch - 3, 14, class);
	}
}

/* Nodes of one type in the groups of a card, and how many a group has: from least to most. */
static char *card_hosts(const struct cards *cards, const struct card *card, uint32_t type, size_t *least, size_t *most)
{
	const struct fb_sitemap *map = cards->map;
	const char **name = fb_need_array(map->nodes, sizeof(*name));
	size_t count = 0;

	*least = SIZE_MAX;
	*most = 0;
	for (size_t g = 0; g < card->groups; g++) {
		size_t has = row(cards, card->group[g])[type == FB_SITEMAP_NONE ? map->file.types : type];

		*least = has < *least ? has : *least;
		*most = has > *most ? has : *most;
	}
	bool *in = fb_need_array(map->file.fabric.groups + 1, sizeof(*in));
	for (size_t g = 0; g < card->groups; g++)
		in[card->group[g] == FB_SITEMAP_NONE ? map->file.fabric.groups : card->group[g]] = true;
	for (size_t n = 0; n < map->nodes; n++)
		if (map->node[n].type == type && in[map->node[n].group == FB_SITEMAP_NONE ? map->file.fabric.groups : map->node[n].group])
			name[count++] = map->node[n].name;
	char *text = fb_hosts_fold(name, count);
	free(in);
	free(name);
	return text;
}

static void draw_nodes(FILE *svg, const struct cards *cards, const struct card *card, uint32_t type, double x, double y)
{
	const struct fb_topofile_type *of = type == FB_SITEMAP_NONE ? NULL : &cards->map->file.type[type];
	size_t least, most;
	char *hosts = card_hosts(cards, card, type, &least, &most), count[48];

	snprintf(count, sizeof(count), "%zu", least);
	if (most > least)
		snprintf(count, sizeof(count), "%zu-%zu", least, most);
	fputs("<g>", svg);
	fb_svg_tip(svg, hosts);
	fb_svg_text(svg, x, y + 14, "b", 36, "%s × %s", count, of ? of->name : "node without a type");
	if (of) {
		unsigned int adapters;
		double gbps = fb_sitemap_net_gbps(of, &adapters);

		draw_gpus(svg, of, x, y + 22);
		if (gbps > 0)
			fb_svg_text(svg, x + card_width - 24, y + 14, "s e", 0, "%u adapters, %.4g GB/s", adapters, gbps);
		fb_svg_text(svg, x + card_width - 24, y + 34, "s e", 0, "%.4g GB/s inside", fb_engine_best_value(of->engine, of->wiring.gpus));
	}
	fb_svg_lines(svg, x, y + 52, "s", HOSTS_CHARACTERS, 2, hosts);
	fputs("</g>\n", svg);
	free(hosts);
}

static void draw_card(FILE *svg, const struct cards *cards, const struct card *card, double x, double y)
{
	double height = card_height(cards, card), at = y + 34;
	char *names = card_names(cards, card);
	unsigned int drawn = 0;

	for (int under = card->groups > 1 ? 2 : 0; under > 0; under--)
		fb_svg_box(svg, x + 4 * under, y + 4 * under, card_width, height, "under");
	fb_svg_box(svg, x, y, card_width, height, "card");
	fb_svg_text(svg, x + 12, y + 22, "h2", 24, "%s", names);
	if (card->groups > 1)
		fb_svg_text(svg, x + card_width - 12, y + 22, "s e", 0, "%zu equal groups", card->groups);
	else if (card->group[0] != FB_SITEMAP_NONE)
		fb_svg_text(svg, x + card_width - 12, y + 22, "s e", 0, "%zu nodes", cards->map->group_nodes[card->group[0]]);
	for (unsigned int l = 0; l < card->rails && l < LEAVES_SHOWN; l++)
		draw_leaf(svg, cards, card, l, x + 12 + (l % 2) * ((card_width - 30) / 2 + 6), at + 26 * (l / 2));
	at += leaves_height(card);
	for (uint32_t t = 0; t < cards->types && drawn < TYPES_SHOWN; t++)
		if (row(cards, card->group[0])[t]) {
			draw_nodes(svg, cards, card, t == cards->map->file.types ? FB_SITEMAP_NONE : t, x + 12, at + 76 * drawn);
			drawn++;
		}
	free(names);
}

static const char *card_pod(const struct cards *cards, const struct card *card)
{
	return card->group[0] == FB_SITEMAP_NONE ? "" : cards->map->file.fabric.group[card->group[0]].pod;
}

/* The spines of a pod, with a wire to each card of the first row. */
static double draw_spines(FILE *svg, const struct cards *cards, const char *pod, size_t first_row, double y)
{
	double x = FB_SVG_MARGIN + GAP, width = FB_SVG_WIDTH - 2.0 * (FB_SVG_MARGIN + GAP);

	for (size_t c = 0; c < first_row; c++)
		fprintf(svg, "<path class=\"wire\" d=\"M%.1f %.1fv34\"/>\n", x + card_width / 2 + (card_width + GAP) * (double)c, y + 28);
	fb_svg_box(svg, x, y, width, 30, "spine");
	fb_svg_text(svg, x + 12, y + 20, "b w", 0, "%s%sspines", *pod ? pod : "", *pod ? ": " : "");
	fb_svg_text(svg, x + width - 12, y + 20, "w e", 0, "oversubscription of leaves %.3g : 1", cards->map->file.fabric.leaf_oversubscription);
	return y + 50;
}

static size_t cards_of(const struct cards *cards, const char *pod, bool none, const struct card **list)
{
	size_t count = 0;

	for (size_t c = 0; c < cards->count; c++)
		if ((cards->card[c].group[0] == FB_SITEMAP_NONE) == none && !strcmp(card_pod(cards, &cards->card[c]), pod))
			list[count++] = &cards->card[c];
	return count;
}

static double draw_rows(FILE *svg, const struct cards *cards, const struct card *const *list, size_t count, double y)
{
	for (size_t from = 0; from < count; from += COLUMNS) {
		double height = 0;

		for (size_t c = from; c < count && c < from + COLUMNS; c++) {
			double one = card_height(cards, list[c]);

			draw_card(svg, cards, list[c], FB_SVG_MARGIN + GAP + (card_width + GAP) * (double)(c - from), y);
			height = one > height ? one : height;
		}
		y += height + GAP + 8;
	}
	return y;
}

static double draw_pod(FILE *svg, const struct cards *cards, const char *pod, bool none, double y)
{
	const struct card **list = fb_need_array(cards->count, sizeof(*list));
	size_t count = cards_of(cards, pod, none, list);
	double height = (none ? 16 : 66) - GAP, at = y + 16;

	for (size_t from = 0; from < count; from += COLUMNS) {
		double tallest = 0;

		for (size_t c = from; c < count && c < from + COLUMNS; c++)
			tallest = card_height(cards, list[c]) > tallest ? card_height(cards, list[c]) : tallest;
		height += tallest + GAP + 8;
	}
	fb_svg_box(svg, FB_SVG_MARGIN, y, FB_SVG_WIDTH - 2 * FB_SVG_MARGIN, height + GAP, "pod");
	if (!none)
		at = draw_spines(svg, cards, pod, count < COLUMNS ? count : COLUMNS, at);
	draw_rows(svg, cards, list, count, at);
	free(list);
	return y + height + GAP + 20;
}

double fb_svg_fabric(FILE *svg, const struct fb_sitemap *map, double y)
{
	const struct fb_topofile_fabric *fabric = &map->file.fabric;
	struct cards cards = { .map = map };
	size_t pods = 0;

	cards_make(&cards);
	if (!cards.count)
		goto free;
	fb_svg_text(svg, FB_SVG_MARGIN, y + 4, "h2", 0, "Between nodes");
	y += 20;
	for (size_t g = 0; g < fabric->groups; g++) {
		bool first = true;

		for (size_t other = 0; other < g; other++)
			first &= strcmp(fabric->group[other].pod, fabric->group[g].pod) != 0;
		pods += first;
	}
	if (pods > 1) {
		fb_svg_box(svg, FB_SVG_MARGIN, y, FB_SVG_WIDTH - 2 * FB_SVG_MARGIN, 30, "spine");
		fb_svg_text(svg, FB_SVG_MARGIN + 12, y + 20, "b w", 0, "core switches");
		fb_svg_text(svg, FB_SVG_WIDTH - FB_SVG_MARGIN - 12, y + 20, "w e", 0, "oversubscription of pods %.3g : 1",
			    fabric->pod_oversubscription);
		y += 46;
	}
	for (size_t c = 0; c < cards.count; c++) {
		bool first = true;

		for (size_t other = 0; other < c; other++)
			first &= strcmp(card_pod(&cards, &cards.card[other]), card_pod(&cards, &cards.card[c])) != 0 ||
				 cards.card[c].group[0] == FB_SITEMAP_NONE;
		if (first)
			y = draw_pod(svg, &cards, card_pod(&cards, &cards.card[c]), cards.card[c].group[0] == FB_SITEMAP_NONE, y);
	}
free:
	cards_free(&cards);
	free(cards.card);
	free(cards.has);
	return y;
}

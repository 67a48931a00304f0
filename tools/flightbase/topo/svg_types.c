/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lower part of the drawing: for each type its GPUs by socket with islands and adapters, and the link of each pair. */
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/hosts.h"
#include "flightbase/topo/svg_parts.h"

#define TYPES_MAX 24
#define GPU_SIZE 44
#define GPU_PITCH 52
#define GPUS_A_ROW 8
#define NIC_WIDTH 160
#define NIC_HEIGHT 22
#define NICS_A_ROW 4
#define LEFT (FB_SVG_MARGIN + 16.0)
#define MATRIX_WIDTH 430

static double cell_size(unsigned int gpus)
{
	double size = (MATRIX_WIDTH - 30.0) / gpus;

	return size > 36 ? 36 : size;
}

static void draw_matrix(FILE *svg, const struct fb_topofile_type *type, double x, double y)
{
	const struct fb_engine_wiring *w = &type->wiring;
	double cell = cell_size(w->gpus);
	char text[FB_LINK_TEXT_MAX];

	for (unsigned int i = 0; i < w->gpus; i++) {
		fb_svg_text(svg, x + 22 + cell * (i + 0.5), y + 10, "s m", 0, "%u", i);
		fb_svg_text(svg, x + 14, y + 20 + cell * (i + 0.6), "s e", 0, "%u", i);
		for (unsigned int j = 0; j < w->gpus; j++) {
			enum fb_link link = (enum fb_link)w->link[i][j];

			fprintf(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"cell %s\"/>\n", x + 22 + cell * j,
				y + 16 + cell * i, cell, cell, fb_svg_link_class(link));
			if (i == j)
				continue;
			fb_link_text(link, w->lanes[i][j], text);
			fprintf(svg, "<text x=\"%.1f\" y=\"%.1f\" style=\"font-size:%.1fpx;text-anchor:middle;fill:%s\">%s</text>\n",
				x + 22 + cell * (j + 0.5), y + 16 + cell * (i + 0.5) + 3.5, cell > 28 ? 10.5 : 8.0,
				link >= FB_LINK_PIX ? "#fff" : "#1c2733", text);
		}
	}
}

static void draw_gpu(FILE *svg, unsigned int gpu, unsigned int island, bool letter, double x, double y)
{
	char class[16];

	snprintf(class, sizeof(class), "gpu i%u", island % 8);
	fb_svg_box(svg, x, y, GPU_SIZE, GPU_SIZE, class);
	fb_svg_text(svg, x + GPU_SIZE / 2.0, y + (letter ? 21 : 27), island % 8 == 5 || island % 8 == 6 ? "b m w" : "b m", 0, "%u", gpu);
	if (letter)
		fb_svg_text(svg, x + GPU_SIZE / 2.0, y + 37, island % 8 == 5 || island % 8 == 6 ? "m w" : "m", 0, "%c", 'A' + (int)island);
}

/* The sockets' GPUs; without sockets all in one box. */
static unsigned int boxes(const struct fb_topofile_type *type, fb_gpuset *set)
{
	unsigned int count = 0;

	for (unsigned int s = 0; s < type->sockets; s++)
		if (type->socket[s])
			set[count++] = type->socket[s];
	if (!count)
		set[count++] = (fb_gpuset)((1u << type->wiring.gpus) - 1);
	return count;
}

static unsigned int rows_of(fb_gpuset set)
{
	return ((unsigned int)__builtin_popcount(set) + GPUS_A_ROW - 1) / GPUS_A_ROW;
}

static double box_height(fb_gpuset set)
{
	return 24 + GPU_PITCH * rows_of(set) + 4;
}

static void box_title(const struct fb_topofile_type *type, fb_gpuset set, char *title, size_t size)
{
	snprintf(title, size, "GPUs");
	for (unsigned int s = 0; s < type->sockets; s++)
		if (type->socket[s] == set)
			snprintf(title, size, "socket %u%s%s", s, *type->cores[s] ? ", cores " : "", type->cores[s]);
}

static double draw_boxes(FILE *svg, const struct fb_topofile_type *type, double y)
{
	unsigned int island[FB_ENGINE_GPUS_MAX], islands = fb_svg_islands(type, island);
	fb_gpuset set[FB_TOPOFILE_SOCKETS_MAX];
	unsigned int count = boxes(type, set);
	bool letters = islands > 1 && islands < type->wiring.gpus;

	for (unsigned int b = 0; b < count; b++) {
		char title[128];
		unsigned int at = 0;

		box_title(type, set[b], title, sizeof(title));
		fb_svg_box(svg, LEFT, y, 16 + GPU_PITCH * GPUS_A_ROW, box_height(set[b]), "socket");
		fb_svg_text(svg, LEFT + 10, y + 16, "s", 60, "%s", title);
		for (unsigned int g = 0; g < type->wiring.gpus; g++)
			if (set[b] & 1u << g) {
				draw_gpu(svg, g, island[g], letters, LEFT + 10 + GPU_PITCH * (at % GPUS_A_ROW), y + 24 + GPU_PITCH * (at / GPUS_A_ROW));
				at++;
			}
		y += box_height(set[b]) + 8;
	}
	if (type->nvswitch) {
		fb_svg_box(svg, LEFT, y, 16 + GPU_PITCH * GPUS_A_ROW, 24, "switch");
		fb_svg_text(svg, LEFT + 10, y + 16, "w", 0, "NVSwitch: %u lanes of %.4g GB/s from each GPU", type->wiring.gpus > 1 ? type->wiring.lanes[0][1] : 0,
			    type->wiring.lane_gbps);
		y += 32;
	}
	return y;
}

static void draw_nic(FILE *svg, const struct fb_topofile_nic *nic, double x, double y)
{
	char near[64] = "";
	static const char *const uses[] = { "", "storage", "management" };

	for (unsigned int g = 0; g < FB_ENGINE_GPUS_MAX; g++)
		if (nic->near & 1u << g)
			snprintf(near + strlen(near), sizeof(near) - strlen(near), "%s%u", *near ? "," : "", g);
	fb_svg_box(svg, x, y, NIC_WIDTH - 8, NIC_HEIGHT, nic->use == FB_TOPOFILE_COMPUTE ? "nic" : "aside");
	fb_svg_text(svg, x + 6, y + 15, "s", 12, "%s", nic->name);
	if (nic->use != FB_TOPOFILE_COMPUTE)
		fb_svg_text(svg, x + NIC_WIDTH - 14, y + 15, "s e", 0, "%s", uses[nic->use]);
	else if (nic->gbps > 0)
		fb_svg_text(svg, x + NIC_WIDTH - 14, y + 15, "s e", 15, "%.4g%s%s", nic->gbps, *near ? " · GPU " : "", near);
	else if (*near)
		fb_svg_text(svg, x + NIC_WIDTH - 14, y + 15, "s e", 15, "GPU %s", near);
}

static double draw_nics(FILE *svg, const struct fb_topofile_type *type, double y)
{
	for (unsigned int n = 0; n < type->nics; n++)
		draw_nic(svg, &type->nic[n], LEFT + NIC_WIDTH * (n % NICS_A_ROW), y + 16 + (NIC_HEIGHT + 6) * (n / NICS_A_ROW));
	if (!type->nics)
		return y;
	fb_svg_text(svg, LEFT, y + 10, "s", 0, "adapters, GB/s, and the GPUs near them");
	return y + 20 + (NIC_HEIGHT + 6) * ((type->nics + NICS_A_ROW - 1) / NICS_A_ROW);
}

static double draw_type(FILE *svg, const struct fb_sitemap *map, size_t t, double y)
{
	const struct fb_topofile_type *type = &map->file.type[t];
	char *hosts = fb_sitemap_type_hosts(map, (uint32_t)t), *card = NULL;
	size_t size;
	FILE *inner = open_memstream(&card, &size);

	if (!inner)
		abort();
	fb_svg_text(inner, LEFT, y + 26, "h2", 40, "%s", type->name);
	fb_svg_text(inner, LEFT, y + 44, "s", 95, "%u × %s · %.4g GB/s through all of them · %zu node%s: %s", type->wiring.gpus, *type->gpu ? type->gpu : "GPU",
		    fb_engine_best_value(type->engine, type->wiring.gpus), map->type_nodes[t], map->type_nodes[t] == 1 ? "" : "s", hosts);
	double left = draw_nics(inner, type, draw_boxes(inner, type, y + 56));
	double right = y + 20 + 24 + cell_size(type->wiring.gpus) * type->wiring.gpus;
	draw_matrix(inner, type, FB_SVG_WIDTH - FB_SVG_MARGIN - MATRIX_WIDTH - 8, y + 16);
	fclose(inner);
	double end = (left > right ? left : right) + 12;
	fputs("<g>", svg);
	fb_svg_tip(svg, hosts);
	fb_svg_box(svg, FB_SVG_MARGIN, y, FB_SVG_WIDTH - 2 * FB_SVG_MARGIN, end - y, "card");
	fputs(card, svg);
	fputs("</g>\n", svg);
	free(card);
	free(hosts);
	return end + 16;
}

static double draw_legend(FILE *svg, double y)
{
	static const struct {
		enum fb_link link;
		const char *text;
	} links[] = { { FB_LINK_NVLINK, "NV#: NVLink, # lanes" }, { FB_LINK_PIX, "PIX: one PCIe switch" }, { FB_LINK_PXB, "PXB: PCIe switches" },
		      { FB_LINK_PHB, "PHB: host bridge" },	  { FB_LINK_NODE, "NODE: one socket" },	   { FB_LINK_SYS, "SYS: across sockets" } };

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		double x = FB_SVG_MARGIN + 196.0 * (double)i;

		char class[16];

		snprintf(class, sizeof(class), "key %s", fb_svg_link_class(links[i].link));
		fb_svg_box(svg, x, y, 14, 14, class);
		fb_svg_text(svg, x + 20, y + 12, "s", 0, "%s", links[i].text);
	}
	fb_svg_text(svg, FB_SVG_MARGIN, y + 34, "s", 0,
		    "GPUs of one colour and letter are an island: they reach each other over NVLink, or over PCIe switches where there is none. "
		    "Dashed adapters do not compute.");
	return y + 48;
}

double fb_svg_types(FILE *svg, const struct fb_sitemap *map, double y)
{
	size_t shown = map->file.types > TYPES_MAX ? TYPES_MAX : map->file.types;

	if (!shown)
		return y;
	fb_svg_text(svg, FB_SVG_MARGIN, y + 14, "h2", 0, "Inside nodes");
	y = draw_legend(svg, y + 26);
	for (size_t t = 0; t < shown; t++)
		y = draw_type(svg, map, t, y);
	if (map->file.types > shown)
		fb_svg_text(svg, FB_SVG_MARGIN, y + 10, "s", 0, "and %zu more types", map->file.types - shown);
	return y + 8;
}

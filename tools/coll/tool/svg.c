/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/svg.h"

#include <math.h>
#include <string.h>

#define MAP 680.0 /* pixels of the map's side, where cells are not at their largest */
#define CELL_MAX 52.0
#define CELL_MIN 2.0
#define LEFT 130.0
#define TOP 120.0
#define RIGHT 110.0
#define BOTTOM 30.0
#define NUMBERS_CELL 34.0 /* cells from this width on have their number in them */
#define NAME_MAX_CHARS 15
#define LABEL_STEP 11.0	  /* pixels between labels, at least */

struct map {
	FILE *file;
	const struct fb_pairs *pairs;
	double cell, least, most;
};

static void put_text(FILE *file, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		default:
			putc(*text, file);
		}
}

/* Slow is dark violet, fast is yellow: viridis, which is also told apart in grey and by the colour-blind. */
static void colour_of(double share, unsigned int rgb[3])
{
	static const double stops[][3] = { { 68, 1, 84 }, { 59, 82, 139 }, { 33, 145, 140 }, { 94, 201, 98 }, { 253, 231, 37 } };
	double at = share * 4;
	int low = at >= 4 ? 3 : (int)at;

	for (int i = 0; i < 3; i++)
		rgb[i] = (unsigned int)lround(stops[low][i] + (at - low) * (stops[low + 1][i] - stops[low][i]));
}

static double share_of(const struct map *map, double gbps)
{
	return map->most > map->least ? (gbps - map->least) / (map->most - map->least) : 1;
}

static void find_range(struct map *map)
{
	int n = map->pairs->members;

	map->least = INFINITY;
	for (int i = 0; i < n * n; i++) {
		double gbps = map->pairs->gbps[i];

		if (i % (n + 1) == 0)
			continue;
		map->least = gbps < map->least ? gbps : map->least;
		map->most = gbps > map->most ? gbps : map->most;
	}
}

static void put_cell(const struct map *map, int a, int b)
{
	const struct fb_pairs *p = map->pairs;
	int n = p->members;
	double gbps = p->gbps[a * n + b], x = LEFT + b * map->cell, y = TOP + a * map->cell, share = share_of(map, gbps);
	unsigned int rgb[3];

	colour_of(share, rgb);
	fprintf(map->file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#%02x%02x%02x\"><title>rank %d (", x, y,
		map->cell, map->cell, rgb[0], rgb[1], rgb[2], p->rank[a]);
	put_text(map->file, p->host[a]);
	fprintf(map->file, ") and rank %d (", p->rank[b]);
	put_text(map->file, p->host[b]);
	fprintf(map->file, "): %.3g GB/s, %.3g us</title></rect>\n", gbps, p->us[a * n + b]);
	if (map->cell >= NUMBERS_CELL)
		fprintf(map->file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" fill=\"%s\">%.3g</text>\n", x + map->cell / 2,
			y + map->cell / 2 + 4, share < 0.6 ? "#fff" : "#000", gbps);
}

/* Ranks' numbers along both sides, as many as have room. */
static void put_numbers(const struct map *map)
{
	int step = map->cell >= LABEL_STEP ? 1 : (int)ceil(LABEL_STEP / map->cell);

	for (int i = 0; i < map->pairs->members; i += step) {
		double middle = (i + 0.5) * map->cell;

		fprintf(map->file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n", LEFT - 6, TOP + middle + 4,
			map->pairs->rank[i]);
		fprintf(map->file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%d</text>\n", LEFT + middle, TOP - 6,
			map->pairs->rank[i]);
	}
}

/* As much of a host's name as the margin holds; the cells' titles have all of it. */
static void put_name(const struct map *map, const char *host)
{
	char name[NAME_MAX_CHARS + 3];

	snprintf(name, sizeof(name), "%.*s%s", NAME_MAX_CHARS, host, strlen(host) > NAME_MAX_CHARS ? ".." : "");
	put_text(map->file, name);
}

static void put_host(const struct map *map, int first, int end)
{
	double middle = (first + end) / 2.0 * map->cell, right = LEFT + map->pairs->members * map->cell;

	fprintf(map->file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 32, TOP + middle + 4);
	put_name(map, map->pairs->host[first]);
	fprintf(map->file, "</text>\n<text transform=\"translate(%.1f %.1f) rotate(-40)\">", LEFT + middle - 4, TOP - 22);
	put_name(map, map->pairs->host[first]);
	fputs("</text>\n", map->file);
	if (first)
		fprintf(map->file, "<path d=\"M%.1f %.1fH%.1fM%.1f %.1fV%.1f\" stroke=\"#fff\" stroke-width=\"1.5\"/>\n", LEFT,
			TOP + first * map->cell, right, LEFT + first * map->cell, TOP, TOP + map->pairs->members * map->cell);
}

/* Members of one host stand together under block distribution; each run of them has its name, where there is room. */
static void put_hosts(const struct map *map)
{
	const struct fb_pairs *p = map->pairs;
	double room = -LABEL_STEP;

	for (int first = 0, end; first < p->members; first = end) {
		for (end = first + 1; end < p->members && !strcmp(p->host[end], p->host[first]); end++)
			;
		double middle = (first + end) / 2.0 * map->cell;
		if (middle - room < LABEL_STEP)
			continue;
		put_host(map, first, end);
		room = middle;
	}
}

static void put_scale(const struct map *map)
{
	double x = LEFT + map->pairs->members * map->cell + 24, height = 200;
	unsigned int rgb[3];

	for (int i = 0; i < 50; i++) {
		colour_of((49 - i) / 49.0, rgb);
		fprintf(map->file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"16\" height=\"4.5\" fill=\"#%02x%02x%02x\"/>\n", x,
			TOP + i * height / 50, rgb[0], rgb[1], rgb[2]);
	}
	fprintf(map->file, "<text x=\"%.1f\" y=\"%.1f\">%.3g</text>\n<text x=\"%.1f\" y=\"%.1f\">%.3g</text>\n<text x=\"%.1f\" y=\"%.1f\">GB/s</text>\n",
		x + 22, TOP + 10, map->most, x + 22, TOP + height, map->least, x, TOP - 10);
}

static void put_title(const struct map *map, const char *backend)
{
	const struct fb_pairs *p = map->pairs;

	fputs("<text x=\"10\" y=\"24\" font-size=\"15\">flightbase-allreduce, ", map->file);
	put_text(map->file, backend);
	fprintf(map->file, ": GB/s in one direction between %d %s</text>\n", p->members, p->nodes ? "nodes" : "ranks");
	fprintf(map->file,
		"<text x=\"10\" y=\"42\" fill=\"#555\">%zu bytes exchanged both ways; pairs of a round at once; slow is dark</text>\n",
		p->bytes);
}

void fb_svg_print(FILE *file, const struct fb_pairs *pairs, const char *backend)
{
	int n = pairs->members;
	struct map map = { .file = file, .pairs = pairs, .cell = MAP / n };

	map.cell = map.cell > CELL_MAX ? CELL_MAX : map.cell < CELL_MIN ? CELL_MIN : map.cell;
	double width = LEFT + n * map.cell + RIGHT, height = TOP + n * map.cell + BOTTOM;
	width = width < 560 ? 560 : width;
	height = height < TOP + 240 ? TOP + 240 : height;
	find_range(&map);
	fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" "
		"height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"10\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", width, height, width, height);
	put_title(&map, backend);
	for (int a = 0; a < n; a++)
		for (int b = 0; b < n; b++)
			if (a != b)
				put_cell(&map, a, b);
	put_numbers(&map);
	put_hosts(&map);
	put_scale(&map);
	fputs("</svg>\n", file);
}

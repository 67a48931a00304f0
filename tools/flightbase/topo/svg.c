/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/svg.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/svg_parts.h"

/*
 * Links are dark if they are fast and light if they are slow, so that the order also shows to who sees no colours; islands have the
 * colours of Okabe and Ito, and a letter.
 */
static const char style[] =
	"text{font-family:system-ui,'DejaVu Sans','Liberation Sans',Arial,sans-serif;font-size:13px;fill:#1c2733}"
	".h1{font-size:22px;font-weight:600}.h2{font-size:16px;font-weight:600}.b{font-weight:600}"
	".s{font-size:11px;fill:#4a5866}.e{text-anchor:end}.m{text-anchor:middle}.w{fill:#fff}"
	".card{fill:#fff;stroke:#9aa7b4}.under{fill:#eef2f6;stroke:#9aa7b4}.pod{fill:#f4f7fa;stroke:#c5ced8}"
	".spine{fill:#2b3a4a}.leaf{fill:#dfe7ef;stroke:#8796a5}.wire{stroke:#8796a5;stroke-width:2;fill:none}"
	".socket{fill:#f4f7fa;stroke:#c5ced8}.switch{fill:#0b3c6f}"
	".nic{fill:#fff;stroke:#4a5866}.aside{fill:#fff;stroke:#8796a5;stroke-dasharray:3 3}"
	".nv{fill:#0b3c6f}.pix{fill:#2f7a9b}.pxb{fill:#7fb6cc}.phb{fill:#d9c27e}.node{fill:#efe3bd}.sys{fill:#f3f3f3}.self{fill:#fff}"
	".cell{stroke:#fff;stroke-width:1}.key{stroke:#8796a5}"
	".i0{fill:#56b4e9}.i1{fill:#e69f00}.i2{fill:#009e73}.i3{fill:#cc79a7}.i4{fill:#f0e442}.i5{fill:#0072b2}.i6{fill:#d55e00}.i7{fill:#bbbbbb}"
	".gpu{stroke:#1c2733;stroke-width:1}";

static void put_escaped(FILE *svg, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		switch (text[i]) {
		case '&': fputs("&amp;", svg); break;
		case '<': fputs("&lt;", svg); break;
		case '>': fputs("&gt;", svg); break;
		case '"': fputs("&quot;", svg); break;
		default: fputc(text[i], svg);
		}
}

/* Bytes of the first max characters of UTF-8. */
static size_t cut(const char *text, size_t max)
{
	size_t i = 0;

	for (size_t seen = 0; text[i]; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && seen++ == max)
			break;
	return i;
}

void fb_svg_text(FILE *svg, double x, double y, const char *class, size_t max, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fb_text_printable(fb_need(text));
	size_t length = max ? cut(text, max) : strlen(text);
	bool cuts = text[length] != '\0';
	fprintf(svg, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class);
	put_escaped(svg, text, cuts ? cut(text, max - 1) : length);
	fputs(cuts ? "…</text>\n" : "</text>\n", svg);
	free(text);
}

unsigned int fb_svg_lines(FILE *svg, double x, double y, const char *class, size_t max, unsigned int lines, const char *text)
{
	unsigned int line = 0;

	while (*text && line < lines) {
		size_t length = strlen(text), at = length;

		if (length > max && line + 1 < lines) {
			for (at = max; at && text[at - 1] != ','; at--)
				continue;
			at = at ? at : max;
		}
		fb_svg_text(svg, x, y + 15 * line, class, max, "%.*s", (int)at, text);
		text += at;
		line++;
	}
	return line;
}

void fb_svg_box(FILE *svg, double x, double y, double width, double height, const char *class)
{
	fprintf(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\" class=\"%s\"/>\n", x, y, width, height, class);
}

void fb_svg_tip(FILE *svg, const char *text)
{
	fputs("<title>", svg);
	put_escaped(svg, text, strlen(text));
	fputs("</title>\n", svg);
}

const char *fb_svg_link_class(enum fb_link link)
{
	static const char *const classes[] = { [FB_LINK_SELF] = "self", [FB_LINK_SYS] = "sys", [FB_LINK_NODE] = "node", [FB_LINK_PHB] = "phb",
					       [FB_LINK_PXB] = "pxb",	[FB_LINK_PIX] = "pix", [FB_LINK_NVLINK] = "nv" };

	return classes[link];
}

unsigned int fb_svg_islands(const struct fb_topofile_type *type, unsigned int *island)
{
	fb_gpuset set[FB_ENGINE_GPUS_MAX];
	unsigned int count = 0;

	for (enum fb_link link = FB_LINK_NVLINK; link >= FB_LINK_PIX; link--) {
		count = fb_engine_islands(type->engine, link, set);
		if (count < type->wiring.gpus)
			break;
	}
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int g = 0; g < type->wiring.gpus; g++)
			if (set[i] & 1u << g)
				island[g] = i;
	return count;
}

static double draw_head(FILE *svg, const struct fb_sitemap *map)
{
	size_t wired = 0;

	for (size_t t = 0; t < map->file.types; t++)
		wired += map->type_nodes[t];
	fb_svg_text(svg, FB_SVG_MARGIN, 38, "h1", 0, "Flightbase topology");
	fb_svg_text(svg, FB_SVG_MARGIN, 60, "s", 0, "%zu nodes of %zu type%s in %zu leaf group%s. Speeds are GB/s (1e9 bytes/s) in one direction.", wired,
		    map->file.types, map->file.types == 1 ? "" : "s", map->file.fabric.groups, map->file.fabric.groups == 1 ? "" : "s");
	return 84;
}

char *fb_svg_draw(const struct fb_sitemap *map, size_t *size)
{
	char *body = NULL, *text = NULL;
	size_t body_size;
	FILE *svg = fb_need(open_memstream(&body, &body_size));
	double y = draw_head(svg, map);

	y = fb_svg_fabric(svg, map, y);
	y = fb_svg_types(svg, map, y);
	if (fclose(svg))
		fb_need(NULL);
	svg = fb_need(open_memstream(&text, size));
	fprintf(svg,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" viewBox=\"0 0 %d %.0f\" role=\"img\">\n"
		"<title>Flightbase topology</title>\n<style>%s</style>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n%s</svg>\n",
		FB_SVG_WIDTH, y + FB_SVG_MARGIN, FB_SVG_WIDTH, y + FB_SVG_MARGIN, style, body);
	if (fclose(svg))
		fb_need(NULL);
	free(body);
	return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase topo show: what topology.json holds, in words and as a drawing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "flightbase/commands.h"
#include "flightbase/json_add.h"
#include "flightbase/places.h"
#include "flightbase/topo/sitemap.h"
#include "flightbase/topo/svg.h"

enum { OPTION_SVG };

const struct fb_cli_option fb_topo_show_options[] = {
	[OPTION_SVG] = { "svg", "FILE", "draw it", "file", 0 },
	{ .name = NULL },
};

static int draw(const struct fb_sitemap *map, const char *path, struct fb_err *err)
{
	size_t size;
	char *text = fb_svg_draw(map, &size);
	int rc = 0;

	if (strcmp(path, "-"))
		rc = fb_file_replace(path, text, size, 0644, false, err);
	else
		fwrite(text, 1, size, stdout);
	free(text);
	return rc;
}

int fb_topo_show(const struct fb_args *args)
{
	const char *path = args->words ? args->word[0] : FB_TOPOLOGY_FILE, *svg = args->value[OPTION_SVG];
	struct fb_sitemap map;
	struct fb_err err;
	int rc = FB_EXIT_DONE;

	if (fb_sitemap_read(&map, path, &err))
		return fb_cli_failed(&err);
	if (svg && draw(&map, svg, &err))
		rc = fb_cli_failed(&err);
	else if (args->json && (!svg || strcmp(svg, "-")))
		fb_json_put(fb_sitemap_json(&map));
	else if (!svg)
		fb_sitemap_print(&map, stdout);
	fb_sitemap_free(&map);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase topo build: topology.json out of the reports of all nodes and the cables between them. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/file.h"
#include "flightbase/commands.h"
#include "flightbase/json_add.h"
#include "flightbase/places.h"
#include "flightbase/topo/fabric_source.h"
#include "flightbase/topo/site.h"
#include "flightbase/topo/sitemap.h"
#include "flightbase/topo/svg.h"

enum { OPTION_DRY_RUN, OPTION_FABRIC, OPTION_GRES, OPTION_LIVE, OPTION_OUTPUT, OPTION_SVG };

const struct fb_cli_option fb_topo_build_options[] = {
	[OPTION_DRY_RUN] = { "dry-run", NULL, "show what is found; write nothing", NULL, 0 },
	[OPTION_FABRIC] = { "fabric", "FILE", "the cables, as ibnetdiscover printed them", "file", 0 },
	[OPTION_GRES] = { "gres", "FILE", "write the lines of gres.conf", "file", 0 },
	[OPTION_LIVE] = { "live", NULL, "run ibnetdiscover for the cables", NULL, 0 },
	[OPTION_OUTPUT] = { "output", "FILE", "write there [" FB_TOPOLOGY_FILE "]", "file", 'o' },
	[OPTION_SVG] = { "svg", "FILE", "draw it", "file", 0 },
	{ .name = NULL },
};

struct build {
	const struct fb_args *args;
	struct fb_fabric_source source;
	struct fb_site site;
	struct fb_sitemap map;
	char *text, *gres, *svg;
	size_t text_size, gres_size, svg_size;
};

static const char *output(const struct build *build)
{
	const char *given = build->args->value[OPTION_OUTPUT];

	return given ? given : FB_TOPOLOGY_FILE;
}

static int load(struct build *build, struct fb_err *err)
{
	const struct fb_args *args = build->args;

	for (int w = 0; w < args->words; w++)
		if (fb_roster_add(&build->source.roster, args->word[w], err))
			return -1;
	if (fb_roster_finish(&build->source.roster, err))
		return -1;
	if (!args->value[OPTION_FABRIC] && !args->value[OPTION_LIVE])
		return 0;
	return fb_fabric_source_load(&build->source, args->value[OPTION_FABRIC], err);
}

/* Nodes that the file to be replaced knows and no report is of: they would no longer be wired. */
static void tell_dropped(struct build *build)
{
	struct fb_sitemap old;
	struct fb_err err;

	if (fb_sitemap_read(&old, output(build), &err))
		return;
	for (size_t n = 0; n < old.nodes; n++)
		if (old.node[n].type != FB_SITEMAP_NONE && !fb_roster_find(&build->source.roster, old.node[n].name))
			fb_remark_add(&build->site.remarks, old.node[n].name, "is in %s, but has no report: the new file does not have it", output(build));
	fb_sitemap_free(&old);
}

static int make(struct build *build, struct fb_err *err)
{
	const char *fabric = build->args->value[OPTION_FABRIC];

	if (load(build, err) ||
	    fb_site_make(&build->site, &build->source.roster, build->source.there ? &build->source.fabric : NULL, err))
		return -1;
	build->text = fb_site_topofile(&build->site, fabric ? fabric : "ibnetdiscover", &build->text_size, err);
	if (!build->text || fb_sitemap_parse(&build->map, "topology.json", build->text, build->text_size, err))
		return -1;
	if (build->args->value[OPTION_GRES])
		build->gres = fb_site_gres(&build->site, &build->gres_size);
	if (build->args->value[OPTION_SVG])
		build->svg = fb_svg_draw(&build->map, &build->svg_size);
	tell_dropped(build);
	return 0;
}

static int put(const char *path, const char *text, size_t size, struct fb_err *err)
{
	if (!path)
		return 0;
	if (strcmp(path, "-"))
		return fb_file_replace(path, text, size, 0644, true, err);
	return fwrite(text, 1, size, stdout) == size && !fflush(stdout) ? 0 : fb_err_set(err, "standard output: %s", strerror(errno));
}

/* The topology file last: whoever sees it sees the others, too. */
static int write_all(struct build *build, struct fb_err *err)
{
	const struct fb_args *args = build->args;

	if (args->value[OPTION_DRY_RUN])
		return 0;
	if (put(args->value[OPTION_GRES], build->gres, build->gres_size, err) || put(args->value[OPTION_SVG], build->svg, build->svg_size, err))
		return -1;
	return put(output(build), build->text, build->text_size, err);
}

static bool to_standard_output(const struct build *build)
{
	const struct fb_args *args = build->args;

	return !args->value[OPTION_DRY_RUN] && (!strcmp(output(build), "-") || (args->value[OPTION_GRES] && !strcmp(args->value[OPTION_GRES], "-")) ||
						(args->value[OPTION_SVG] && !strcmp(args->value[OPTION_SVG], "-")));
}

static void tell(struct build *build)
{
	if (build->args->json) {
		struct json_object *root = fb_sitemap_json(&build->map);

		json_object_object_add(root, "warnings", fb_remarks_json(&build->site.remarks));
		fb_json_put(root);
		return;
	}
	fb_sitemap_print(&build->map, stdout);
	fb_remarks_print(&build->site.remarks, "warning: ", stdout);
	if (!build->args->value[OPTION_DRY_RUN])
		printf("%s is written; put it on all nodes, then: scontrol reconfigure\n", output(build));
}

int fb_topo_build(const struct fb_args *args)
{
	struct build build = { .args = args };
	struct fb_err err;
	int rc = FB_EXIT_DONE;

	if (args->value[OPTION_FABRIC] && args->value[OPTION_LIVE])
		return fb_cli_usage(args, "give --fabric or --live, not both");
	if (make(&build, &err) || write_all(&build, &err))
		rc = fb_cli_failed(&err);
	else if (!to_standard_output(&build))
		tell(&build);
	else
		fb_remarks_print(&build.site.remarks, "flightbase: ", stderr);
	free(build.text);
	free(build.gres);
	free(build.svg);
	fb_sitemap_free(&build.map);
	fb_site_free(&build.site);
	fb_fabric_source_free(&build.source);
	return rc;
}

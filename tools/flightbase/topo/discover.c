/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase topo discover: what a node finds of its own wiring, or what captured files tell of another machine. */
#include <stdio.h>
#include <string.h>

#include "flightbase/commands.h"
#include "flightbase/topo/live.h"
#include "flightbase/topo/readers.h"

enum { OPTION_HWLOC, OPTION_MATRIX, OPTION_NAME, OPTION_NCCL };

const struct fb_cli_option fb_topo_discover_options[] = {
	[OPTION_HWLOC] = { "hwloc", "FILE", "read hwloc's XML of a machine (lstopo FILE.xml)", "file" },
	[OPTION_MATRIX] = { "matrix", "FILE", "read what 'nvidia-smi topo -m' printed there", "file" },
	[OPTION_NAME] = { "name", "NODE", "the node's name [this node's; of files, the file's]", NULL },
	[OPTION_NCCL] = { "nccl", "FILE", "read a topology file of NCCL", "file" },
	{ .name = NULL },
};

/* The files, the most trusted first: the driver's own matrix, and of the others hwloc has the sockets' cores. */
static const struct {
	int option;
	fb_survey_reader *reader;
} files[] = {
	{ OPTION_MATRIX, fb_survey_matrix },
	{ OPTION_HWLOC, fb_survey_hwloc },
	{ OPTION_NCCL, fb_survey_nccl },
};
#define FILES (sizeof(files) / sizeof(files[0]))

/* This node's; of a file, its own without what follows the last dot. */
static int choose_name(const struct fb_args *args, const char *file, char *name, size_t size, struct fb_err *err)
{
	const char *given = args->value[OPTION_NAME];

	if (given) {
		snprintf(name, size, "%s", fb_survey_name_good(given) ? given : "");
		return *name ? 0 : fb_err_set(err, "node '%.64s': not a name (letters, digits, '.', '_' and '-'); give another one", given);
	}
	if (file) {
		const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
		const char *dot = strrchr(base, '.');

		snprintf(name, size, "%.*s", (int)(dot && dot > base ? dot - base : (ptrdiff_t)strlen(base)), base);
	} else {
		fb_live_name(name, size);
	}
	return fb_survey_name_good(name) ? 0 : fb_err_set(err, "node '%.64s': not a name; give one with --name", name);
}

static int survey_files(const struct fb_args *args, struct fb_survey *survey, struct fb_err *err)
{
	struct fb_survey made[FILES];
	const struct fb_survey *from[FILES];
	size_t count = 0;

	for (size_t f = 0; f < FILES; f++) {
		const char *path = args->value[files[f].option];

		if (!path)
			continue;
		if (fb_survey_file(&made[count], files[f].reader, path, err))
			return -1;
		from[count] = &made[count];
		count++;
	}
	return fb_survey_merge(survey, from, count, err);
}

static void print_notes(const struct fb_notes *notes)
{
	for (unsigned int n = 0; n < notes->count; n++)
		fb_cli_note("%s", notes->note[n].text);
}

static const char *first_file(const struct fb_args *args)
{
	for (size_t f = 0; f < FILES; f++)
		if (args->value[files[f].option])
			return args->value[files[f].option];
	return NULL;
}

static int find(const struct fb_args *args, struct fb_machine *machine, struct fb_notes *notes, struct fb_err *err)
{
	static const struct fb_live_places here;
	const char *file = first_file(args);
	struct fb_survey survey;
	char name[sizeof(machine->node)];

	if (choose_name(args, file, name, sizeof(name), err))
		return -1;
	if (file ? survey_files(args, &survey, err) : fb_live_survey(&survey, &here, notes, err))
		return file ? -1 : fb_err_prefix(err, "node '%s'", name);
	if (fb_survey_report(&survey, machine, err))
		return -1;
	if (file && !survey.nvlink)
		fb_note(notes, "%s tells nothing of NVLink: the links are those of PCI", survey.source[FB_MACHINE_LINKS]);
	memcpy(machine->node, name, sizeof(name));
	return 0;
}

int fb_topo_discover(const struct fb_args *args)
{
	struct fb_notes notes = { .count = 0 };
	struct fb_machine machine;
	struct fb_err err;

	if (find(args, &machine, &notes, &err))
		return fb_cli_failed(&err);
	print_notes(&notes);
	if (args->json)
		fb_machine_print_json(&machine, stdout);
	else
		fb_machine_print(&machine, stdout);
	return FB_EXIT_DONE;
}

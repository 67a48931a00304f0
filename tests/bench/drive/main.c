/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * placement-drive: a slice of a trace against the slurmctld that SLURM_CONF names, in virtual time. Prints one line
 * of JSON (tests/bench/README.md has its members); placement sets slurmctld up and calls it.
 */
#include <getopt.h>
#include <slurm/slurm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "drive.h"

struct settings {
	const char *topology, *trace;
	enum drive_form form;
	struct drive_shape shape;
};

static int usage(void)
{
	fputs("Usage: placement-drive --topology FILE --trace FILE --form gres|gpus --load PERCENT --jobs N --seed N [--thin N] [--idle]\n", stderr);
	return 2;
}

/* The options that are numbers. */
static int number(struct settings *settings, int which, const char *text)
{
	int64_t most = which == 'l' ? 100 : which == 'n' ? 1000 : 1000000, value;
	struct fb_err err;

	if (fb_number_parse(text, 1, most, &value, &err)) {
		fprintf(stderr, "placement-drive: %s\n", err.text);
		return -1;
	}
	if (which == 'l')
		settings->shape.load = (double)value / 100;
	else if (which == 'j')
		settings->shape.jobs = (size_t)value;
	else if (which == 's')
		settings->shape.seed = (uint64_t)value;
	else
		settings->shape.thin = (unsigned int)value;
	return 0;
}

static int option(struct settings *settings, int which, const char *text)
{
	switch (which) {
	case 't':
		settings->topology = text;
		return 0;
	case 'r':
		settings->trace = text;
		return 0;
	case 'f':
		settings->form = strcmp(text, "gpus") ? DRIVE_GRES : DRIVE_GPUS;
		return strcmp(text, "gpus") && strcmp(text, "gres") ? -1 : 0;
	case 'i':
		settings->shape.idle = true;
		return 0;
	case 'l':
	case 'j':
	case 's':
	case 'n':
		return number(settings, which, text);
	default:
		return -1;
	}
}

static int options(struct settings *settings, int argc, char **argv)
{
	static const struct option known[] = {
		{ "topology", required_argument, NULL, 't' }, { "trace", required_argument, NULL, 'r' },
		{ "form", required_argument, NULL, 'f' },     { "load", required_argument, NULL, 'l' },
		{ "jobs", required_argument, NULL, 'j' },     { "seed", required_argument, NULL, 's' },
		{ "thin", required_argument, NULL, 'n' },     { "idle", no_argument, NULL, 'i' },
		{ 0 },
	};
	int which;

	*settings = (struct settings){ .shape = { .thin = 1 } };
	while ((which = getopt_long(argc, argv, "", known, NULL)) != -1)
		if (option(settings, which, optarg))
			return -1;
	if (optind != argc || !settings->topology || !settings->trace)
		return -1;
	return settings->shape.load > 0 && settings->shape.jobs && settings->shape.seed ? 0 : -1;
}

/* A job of several nodes takes at most a quarter of those that are large enough. */
static unsigned int nodes_max(const struct drive_cluster *cluster)
{
	unsigned int whole = 0;

	for (size_t n = 0; n < cluster->nodes; n++)
		whole += cluster->node[n].gpus == cluster->node_gpus;
	return whole > 8 ? whole / 4 : whole > 1 ? 2 : 1;
}

static void result_print(struct drive *drive, const struct settings *settings, const struct drive_cycles *before,
			 const struct drive_cycles *after)
{
	double count = (double)(after->count - before->count), sum = (double)(after->sum_us - before->sum_us);

	printf("{\"nodes\": %zu, \"load\": %.0f, \"seed\": %llu, \"jobs\": %zu, \"thin\": %u, \"form\": \"%s\", ", drive->cluster->nodes,
	       settings->shape.load * 100, (unsigned long long)settings->shape.seed, settings->shape.jobs, settings->shape.thin,
	       settings->form == DRIVE_GRES ? "gres" : "gpus");
	printf("\"cycles\": %.0f, \"cycle_us\": %.1f, \"cycle_max_us\": %llu, ", count, count > 0 ? sum / count : 0,
	       (unsigned long long)after->max_us);
	drive_score_print(&drive->score, stdout);
	puts("}");
}

static int play(const struct settings *settings, struct drive_cluster *cluster, const struct drive_trace *trace, struct fb_err *err)
{
	struct drive_cycles before, after;
	struct drive drive;
	int rc = -1;

	if (!drive_init(&drive, cluster, trace, settings->form, err) &&
	    !drive_fill(&drive, err) && !drive_control_cycles(&before, err) &&
	    !drive_run(&drive, err) && !drive_control_cycles(&after, err)) {
		result_print(&drive, settings, &before, &after);
		rc = 0;
	}
	drive_free(&drive);
	return rc;
}

int main(int argc, char **argv)
{
	struct drive_cluster cluster = { 0 };
	struct drive_trace trace = { 0 };
	struct settings settings;
	struct fb_err err = { "" };
	int rc;

	if (options(&settings, argc, argv))
		return usage();
	slurm_init(NULL);
	rc = drive_cluster_load(&cluster, settings.topology, &err);
	if (!rc) {
		settings.shape.cluster_gpus = cluster.gpus;
		settings.shape.node_gpus = cluster.node_gpus;
		settings.shape.nodes_max = nodes_max(&cluster);
		rc = drive_trace_load(&trace, settings.trace, &settings.shape, &err);
	}
	if (!rc)
		rc = play(&settings, &cluster, &trace, &err);
	if (rc)
		fprintf(stderr, "placement-drive: %s\n", err.text);
	drive_trace_free(&trace);
	drive_cluster_free(&cluster);
	return rc ? 1 : 0;
}

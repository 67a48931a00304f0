/* SPDX-License-Identifier: GPL-2.0-or-later */
/* placement-replay: runs every rule on a cluster at some loads, one line of numbers for each run. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/* The constants of the rule were chosen on seeds 1 to 16: it is judged on others. */
#define FIRST_SEED 101

static void line_print(const char *cluster, double load, unsigned int seed, enum rule rule, const struct result *r)
{
	printf("%s %g %u %s %zu %.4f %.4f %.4f %.4f %.4f %.4f", cluster, load, seed, rule_names[rule], r->jobs,
	       r->small ? (double)r->small_island / (double)r->small : 1,
	       r->small_free ? (double)r->small_free_island / (double)r->small_free : 1,
	       r->multi ? (double)r->multi_one_group / (double)r->multi : 1, r->bandwidth, r->intact, r->used);
	for (int c = 0; c < SIZES; c++)
		printf(" %.0f %.0f", r->wait[c][0], r->wait[c][1]);
	printf(" %.2f\n", r->choice_us);
	fflush(stdout);
}

static int rules_run(const struct cluster *cluster, const struct trace *trace, double load, unsigned int seed,
		     const char *only)
{
	for (int rule = 0; rule < RULES; rule++) {
		struct result result;

		if (only && strcmp(only, rule_names[rule]))
			continue;
		if (replay_run(cluster, trace, (enum rule)rule, &fb_engine_mix_default, &result))
			return -1;
		line_print(cluster->name, load, seed, (enum rule)rule, &result);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const double loads[] = { .7, .95 };
	struct trace month, trace;
	struct cluster cluster;
	FILE *file = argc == 5 || argc == 6 ? fopen(argv[1], "r") : NULL;

	if (!file || trace_read(&month, file)) {
		fprintf(stderr, "Usage: replay TRACE CLUSTER SEEDS JOBS [RULE]\n");
		return 2;
	}
	fclose(file);
	if (cluster_make(&cluster, argv[2]))
		return 2;
	for (unsigned int seed = FIRST_SEED; seed < FIRST_SEED + strtoul(argv[3], NULL, 10); seed++)
		for (size_t l = 0; l < sizeof(loads) / sizeof(loads[0]); l++) {
			if (trace_draw(&month, seed, strtoul(argv[4], NULL, 10), cluster_gpus(&cluster), loads[l], &trace) ||
			    rules_run(&cluster, &trace, loads[l], seed, argv[5]))
				return 1;
			trace_free(&trace);
		}
	cluster_free(&cluster);
	trace_free(&month);
	return 0;
}

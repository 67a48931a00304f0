/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of nodes: never worse than brute force on small clusters, what it must keep, and its speed on large ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "cluster_reference.h"
#include "draw.h"
#include "engine_reference.h"
#include "topology/engine/cluster.h"

#ifndef EXACT
#define EXACT 1 /* 0: of a build in which every cluster is a large one */
#endif
#ifndef CASES
#define CASES 20000
#endif
#define WIRINGS 60

struct wired {
	struct fb_engine_type *type;
	struct reference_type reference;
};

/* Half of the wirings draw every link, the others have islands: cases in which values differ much. */
static void wiring_draw(struct wired *wired)
{
	static const double gbps[] = { 0, 10 / 1.2, 10, 10, 12, 12 };
	struct fb_engine_wiring w = { .gpus = 4 + draw(5), .lane_gbps = 20 };
	struct reference r = { .gpus = (int)w.gpus };
	unsigned int island = draw(2) ? 1 : 2 + draw(4), lanes = 1 + draw(6);

	for (unsigned int i = 0; i < w.gpus; i++)
		for (unsigned int j = 0; j < i; j++) {
			unsigned int link = island == 1 ? 1 + draw(6) : i / island == j / island ? FB_LINK_NVLINK : 1;
			unsigned int n = link != FB_LINK_NVLINK ? 0 : island == 1 ? 1 + draw(4) : lanes;

			w.link[i][j] = w.link[j][i] = (uint8_t)link;
			w.lanes[i][j] = w.lanes[j][i] = (uint8_t)n;
			r.gbps[i][j] = r.gbps[j][i] = n ? n * 20.0 : gbps[link];
		}
	wired->type = fb_engine_type_create(&w, NULL);
	assert_non_null(wired->type);
	wired->reference.gpus = (int)w.gpus;
	for (unsigned int set = 0; set < 1u << w.gpus; set++)
		wired->reference.value[set] = reference_value(&r, set);
	reference_type_init(&wired->reference);
}

/* One case, told to the engine and to the reference. */
struct scene {
	struct reference_cluster c;
	struct reference_job job;
	struct fb_engine_fabric fabric;
	struct fb_engine_group_info group[REFERENCE_NODES_MAX];
	struct fb_engine_node node[REFERENCE_NODES_MAX];
	struct fb_engine_job engine_job;
	struct fb_engine_mix mix;
};

static void node_draw(struct scene *s, int i, const struct wired *wired)
{
	static const double nets[] = { 0, 12, 24, 48, 100, 192 };
	bool typed = draw(8);
	unsigned int all = typed ? (1u << wired->reference.gpus) - 1 : 0;
	unsigned int idle = draw(3) ? draw(all + 1) : all;
	unsigned int free_set = draw(3) ? idle : idle & draw(all + 1);
	int most = draw(4) ? 8 : 1 + (int)draw(8), least = draw(6) ? 1 : 1 + (int)draw((unsigned int)most);

	if (!typed)
		most = 1 + (int)draw(4);
	least = least < most ? least : most;
	s->c.node[i] = (struct reference_node){ .type = typed ? &wired->reference : NULL,
						.free = free_set,
						.idle = idle,
						.least = least,
						.most = most,
						.group = (int)draw((unsigned int)s->c.groups + 1) - 1,
						.weight = draw(3) ? 0 : draw(4),
						.required = !draw(12),
						.net = nets[draw(6)] };
	s->node[i] = (struct fb_engine_node){ .type = typed ? wired->type : NULL,
					      .free = (fb_gpuset)free_set,
					      .idle = (fb_gpuset)idle,
					      .least = (uint16_t)least,
					      .most = (uint16_t)most,
					      .group = (uint32_t)s->c.node[i].group,
					      .weight = s->c.node[i].weight,
					      .required = s->c.node[i].required,
					      .net_gbps = (float)s->c.node[i].net };
}

static void job_draw(struct scene *s, bool harm)
{
	int nodes = 1 + (int)draw((unsigned int)s->c.nodes);
	int per_node = draw(2) ? 1 + (int)draw(draw(2) ? 8 : 4) : 0;

	s->job = (struct reference_job){ .nodes_max = nodes,
					 .nodes_min = draw(2) ? nodes : 1 + (int)draw((unsigned int)nodes),
					 .per_node = per_node,
					 .gpus = per_node ? 0 : 1 + (int)draw(draw(2) ? 8 : 20),
					 .one_group = !draw(6),
					 .one_island = !draw(6),
					 .harm = harm };
	s->engine_job = (struct fb_engine_job){ .nodes_min = (uint32_t)s->job.nodes_min,
						.nodes_max = (uint32_t)s->job.nodes_max,
						.gpus = (uint32_t)s->job.gpus,
						.per_node = (uint32_t)s->job.per_node,
						.one_group = s->job.one_group,
						.one_island = s->job.one_island };
	for (int i = 0; i < REFERENCE_SIZES; i++) {
		s->mix.gpus[i] = s->job.mix_gpus[i] = draw(2) ? draw(100) / 200.0 : 0;
		s->mix.nodes[i] = s->job.mix_nodes[i] = draw(3) ? 0 : draw(100) / 100.0;
	}
}

static void scene_draw(struct scene *s, const struct wired *wired, bool harm)
{
	static const double overs[] = { 1, 1, 1.5, 2, 4 };

	memset(s, 0, sizeof(*s));
	s->c.nodes = 1 + (int)draw(4);
	s->c.groups = (int)draw(4);
	s->c.leaf = overs[draw(5)];
	s->c.over_pod = overs[draw(5)];
	for (int g = 0; g < s->c.groups; g++)
		s->group[g].pod = (uint32_t)(s->c.pod[g] = (int)draw(2));
	s->fabric = (struct fb_engine_fabric){ .groups = (size_t)s->c.groups,
					       .group = s->group,
					       .leaf_oversubscription = s->c.leaf,
					       .pod_oversubscription = s->c.over_pod };
	for (int i = 0; i < s->c.nodes; i++)
		node_draw(s, i, &wired[draw(WIRINGS)]);
	job_draw(s, harm);
}

static struct reference_choice choice_of(const struct scene *s, const struct fb_engine_place *place, size_t places)
{
	struct reference_choice choice = { { 0 } };

	for (size_t i = 0; i < places; i++) {
		const struct reference_node *node = &s->c.node[place[i].node];

		assert_true(i == 0 || place[i - 1].node < place[i].node);
		choice.set[place[i].node] = node->type ? place[i].gpus : (1u << place[i].count) - 1;
		assert_int_equal(__builtin_popcount(choice.set[place[i].node]), place[i].count);
		if (node->type)
			assert_int_equal(place[i].gpus & ~node->free, 0);
	}
	return choice;
}

static void scene_print(const struct scene *s)
{
	print_error("nodes %d-%d gpus %d per_node %d group %d island %d harm %d leaf %g pod %g\n", s->job.nodes_min,
		    s->job.nodes_max, s->job.gpus, s->job.per_node, s->job.one_group, s->job.one_island, s->job.harm,
		    s->c.leaf, s->c.over_pod);
	for (int i = 0; i < s->c.nodes; i++)
		print_error("  %d GPUs free %02x idle %02x %d-%d group %d weight %u required %d net %g\n",
			    s->c.node[i].type ? s->c.node[i].type->gpus : 0, s->c.node[i].free, s->c.node[i].idle,
			    s->c.node[i].least, s->c.node[i].most, s->c.node[i].group, s->c.node[i].weight,
			    s->c.node[i].required, s->c.node[i].net);
}

/* Jobs of uneven shares on clusters too large for a complete search: a placement is found, if not the best. */
static int check_uneven(const struct scene *s, int rc, bool any, const struct fb_engine_place *place,
			const struct fb_engine_placement *placement)
{
	bool simple = true;

	for (int i = 0; i < s->c.nodes; i++)
		simple = simple && s->c.node[i].least == 1;
	if (!any || (simple && !s->job.one_island))
		assert_int_equal(rc, any ? 0 : -1);
	if (!rc)
		choice_of(s, place, placement->places);
	return rc ? 0 : placement->places > 1 ? 2 : 1;
}

/* Returns 1 if there is a placement, 2 if it has several nodes. */
static int scene_check(const struct scene *s, void *scratch)
{
	struct fb_engine_place place[REFERENCE_NODES_MAX];
	struct fb_engine_placement placement;
	double best, gbps_best, gbps, score;
	bool any = reference_place(&s->c, &s->job, &best, &gbps_best);
	int rc = fb_engine_place(&s->fabric, s->node, (size_t)s->c.nodes, &s->engine_job, s->job.harm ? &s->mix : NULL,
				 scratch, place, &placement);

	if (!EXACT && !s->job.per_node)
		return check_uneven(s, rc, any, place, &placement);
	if (any != !rc)
		scene_print(s);
	assert_int_equal(rc, any ? 0 : -1);
	if (!any)
		return 0;
	struct reference_choice choice = choice_of(s, place, placement.places);
	score = reference_score(&s->c, &s->job, &choice, &gbps);
	if (score > best + 1e-5 || score < best - 1e-5) {
		scene_print(s);
		print_error("score %.9g (%.9g by its own account), best %.9g\n", score, placement.score, best);
		for (size_t i = 0; i < placement.places; i++)
			print_error("  node %u gpus %02x\n", place[i].node, place[i].gpus);
	}
	assert_double_equal(score, best, 1e-5);
	assert_double_equal(placement.score, score, 1e-5);
	assert_double_equal(placement.gbps, gbps, 1e-9);
	if (!s->job.harm)
		assert_double_equal(gbps, gbps_best, 1e-3);
	return placement.places > 1 ? 2 : 1;
}

static void test_never_worse_than_brute_force(void **state)
{
	static struct wired wired[WIRINGS];
	void *scratch = malloc(fb_engine_scratch_size(REFERENCE_NODES_MAX, REFERENCE_NODES_MAX));
	int alone = 0, apart = 0;
	struct scene s;

	(void)state;
	assert_non_null(scratch);
	for (int i = 0; i < WIRINGS; i++)
		wiring_draw(&wired[i]);
	for (int i = 0; i < CASES; i++) {
		scene_draw(&s, wired, i % 4);
		int found = scene_check(&s, scratch);

		alone += found == 1;
		apart += found == 2;
	}
	print_message("%d placements on one node and %d on several as good as the best of all\n", alone, apart);
	assert_true(alone > CASES / 8 && apart > CASES / 8);
	for (int i = 0; i < WIRINGS; i++)
		fb_engine_type_destroy(wired[i].type);
	free(scratch);
}

/* Pairs by bridge, two quads, or any two GPUs through switches; so many lanes each. */
static struct fb_engine_type *machine_of(unsigned int island, unsigned int lanes)
{
	struct fb_engine_wiring w = { .gpus = 8, .lane_gbps = FB_ENGINE_LANE_GBPS };

	for (unsigned int i = 0; i < 8; i++)
		for (unsigned int j = 0; j < 8; j++) {
			bool near = i / island == j / island;

			w.link[i][j] = i == j ? FB_LINK_SELF : near ? FB_LINK_NVLINK : FB_LINK_SYS;
			w.lanes[i][j] = near && i != j ? lanes : 0;
		}
	struct fb_engine_type *type = fb_engine_type_create(&w, NULL);
	assert_non_null(type);
	return type;
}

static struct fb_engine_type *machine(unsigned int island)
{
	return machine_of(island, 12);
}

static void test_rules_of_slurm(void **state)
{
	struct fb_engine_type *pairs = machine(2), *switched = machine(8);
	struct fb_engine_group_info group[2] = { { 0, 4 }, { 0, 4 } };
	struct fb_engine_fabric fabric = { 2, group, 2, 1 };
	static const struct {
		const char *what;
		struct fb_engine_job job;
		int rc;
		size_t places;
		uint32_t node[4];
	} table[] = {
		{ "a small job goes to pairs", { .nodes_min = 1, .nodes_max = 1, .gpus = 2 }, 0, 1, { 0 } },
		{ "a large one to the switched", { .nodes_min = 1, .nodes_max = 1, .gpus = 8 }, 0, 1, { 2 } },
		{ "two nodes of one group", { .nodes_min = 2, .nodes_max = 2, .per_node = 8 }, 0, 2, { 2, 3 } },
		{ "as many nodes as there are", { .nodes_min = 2, .nodes_max = 9, .per_node = 8 }, 0, 4, { 0, 1, 2, 3 } },
		{ "two nodes where one does not do", { .nodes_min = 1, .nodes_max = 4, .gpus = 16 }, 0, 2, { 2, 3 } },
		{ "no island of 4 on a pair", { .nodes_min = 4, .nodes_max = 4, .per_node = 4, .one_island = true }, -1, 0, { 0 } },
		{ "no group of 3", { .nodes_min = 3, .nodes_max = 3, .per_node = 1, .one_group = true }, -1, 0, { 0 } },
		{ "more GPUs than there are", { .nodes_min = 1, .nodes_max = 4, .gpus = 33 }, -1, 0, { 0 } },
		{ "more nodes than there are", { .nodes_min = 5, .nodes_max = 5, .per_node = 1 }, -1, 0, { 0 } },
	};
	void *scratch = malloc(fb_engine_scratch_size(4, 2));

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_engine_node node[4];
		struct fb_engine_place place[4];
		struct fb_engine_placement placement;

		for (uint32_t n = 0; n < 4; n++)
			node[n] = (struct fb_engine_node){ n < 2 ? pairs : switched, 0xff, 0xff, 1, 8, n / 2, 0, false, 100 };
		int rc = fb_engine_place(&fabric, node, 4, &table[i].job, &fb_engine_mix_default, scratch, place, &placement);

		if (rc != table[i].rc || (!rc && placement.places != table[i].places))
			print_error("%s\n", table[i].what);
		assert_int_equal(rc, table[i].rc);
		if (rc)
			continue;
		assert_int_equal(placement.places, table[i].places);
		for (size_t p = 0; p < placement.places; p++)
			assert_int_equal(place[p].node, table[i].node[p]);
	}
	free(scratch);
	fb_engine_type_destroy(pairs);
	fb_engine_type_destroy(switched);
}

#define PLENTY 400

/*
 * A pair whose wires are slower than switched ones: a job of two spares the switched nodes as long as a later one could miss
 * them, and takes one of many.
 */
static void test_many_to_spare(void **state)
{
	struct fb_engine_type *pairs = machine_of(2, 6), *switched = machine(8);
	struct fb_engine_group_info group = { 0, 4 };
	const struct fb_engine_fabric fabric = { 1, &group, 1, 1 };
	const struct fb_engine_job job = { .nodes_min = 1, .nodes_max = 1, .gpus = 2 };
	void *scratch = malloc(fb_engine_scratch_size(PLENTY, 1));
	struct fb_engine_node node[PLENTY];
	struct fb_engine_placement placement;
	struct fb_engine_place place;

	(void)state;
	/* Nodes that are busy in part are nothing to spare. */
	for (uint32_t busy = 0; busy < 2; busy++)
		for (uint32_t nodes = 2; nodes <= PLENTY; nodes += PLENTY - 2) {
			for (uint32_t n = 0; n < nodes; n++) {
				const fb_gpuset idle = busy && n > 1 ? 0x0f : 0xff;
				node[n] = (struct fb_engine_node){ n % 2 ? switched : pairs, idle, idle, 1, 8, 0, 0, false, 100 };
			}
			assert_int_equal(fb_engine_place(&fabric, node, nodes, &job, &fb_engine_mix_default, scratch, &place, &placement), 0);
			assert_ptr_equal(node[place.node].type, nodes == PLENTY && !busy ? switched : pairs);
		}
	free(scratch);
	fb_engine_type_destroy(pairs);
	fb_engine_type_destroy(switched);
}

#define LARGE 80

/* A job of more nodes than are dealt out completely, most of them by name: all of these or no placement. */
static void test_many_by_name(void **state)
{
	struct fb_engine_type *type = machine(8);
	struct fb_engine_group_info group[2] = { { 0, 4 }, { 0, 4 } };
	struct fb_engine_fabric fabric = { 2, group, 2, 1 };
	struct fb_engine_job job = { .nodes_min = 40, .nodes_max = 40, .per_node = 4 };
	void *scratch = malloc(fb_engine_scratch_size(LARGE, 2));
	struct fb_engine_node node[LARGE];
	struct fb_engine_place place[LARGE];
	struct fb_engine_placement placement;
	size_t named = 0;

	(void)state;
	assert_non_null(scratch);
	for (uint32_t n = 0; n < LARGE; n++)
		node[n] = (struct fb_engine_node){ type, 0xff, 0xff, 1, 8, n / 40, 0, n < 35, 100 };
	assert_int_equal(fb_engine_place(&fabric, node, LARGE, &job, &fb_engine_mix_default, scratch, place, &placement), 0);
	assert_int_equal(placement.places, 40);
	for (size_t i = 0; i < placement.places; i++)
		named += place[i].node < 35;
	assert_int_equal(named, 35);
	node[7].free = node[7].idle = 0x03; /* of this name there are only two GPUs left */
	assert_int_equal(fb_engine_place(&fabric, node, LARGE, &job, &fb_engine_mix_default, scratch, place, &placement), -1);
	node[7].group = FB_ENGINE_NO_GROUP;
	assert_int_equal(fb_engine_place(&fabric, node, LARGE, &job, &fb_engine_mix_default, scratch, place, &placement), -1);
	free(scratch);
	fb_engine_type_destroy(type);
}

static void test_held(void **state)
{
	struct fb_engine_type *type = machine(8);
	struct fb_engine_group_info group[3] = { { 0, 4 }, { 0, 4 }, { 1, 4 } };
	struct fb_engine_fabric fabric = { 3, group, 2, 4 };
	struct fb_engine_held held[3] = { { type, 0xff, 0, 192 }, { type, 0xff, 0, 192 }, { NULL, 0x03, 0, 0 } };

	(void)state;
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 0), 0, 0);
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 1), 240, 1e-9);
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 2), 192, 1e-9);
	held[1].group = 1;
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 2), 96, 1e-9);
	held[1].group = 2;
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 2), 24, 1e-9);
	held[1].group = FB_ENGINE_NO_GROUP;
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 2), 24, 1e-9);
	held[1].group = 0;
	held[1].gpus = 0x0f; /* half of its adapters */
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 2), 96, 1e-9);
	assert_double_equal(fb_engine_held_gbps(&fabric, held, 3), 10 / 1.2, 1e-9);
	fb_engine_type_destroy(type);
}

#define MANY 10000
#define MANY_GROUPS (MANY / 16)

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Milliseconds of a choice, the best of some: what a busy machine adds is not the engine's. */
static double choice_ms(const struct fb_engine_fabric *fabric, const struct fb_engine_node *node,
			const struct fb_engine_job *job, void *scratch)
{
	static struct fb_engine_place place[MANY];
	struct fb_engine_placement placement;
	double best = 1e9;

	for (int i = 0; i < 7; i++) {
		double start = seconds();

		int rc = fb_engine_place(fabric, node, MANY, job, &fb_engine_mix_default, scratch, place, &placement);
		double took = seconds() - start;

		assert_int_equal(rc, job->one_group && job->gpus > 16 * 8 ? -1 : 0); /* a group has 16 nodes */
		best = took < best ? took : best;
	}
	return best * 1e3;
}

static void test_speed(void **state)
{
	static const struct {
		const char *what;
		struct fb_engine_job job;
	} table[] = {
		{ "1 GPU", { .nodes_min = 1, .nodes_max = 1, .gpus = 1 } },
		{ "4 GPUs on one node", { .nodes_min = 1, .nodes_max = 1, .gpus = 4 } },
		{ "8 GPUs on any nodes", { .nodes_min = 1, .nodes_max = 8, .gpus = 8 } },
		{ "2 nodes of 8", { .nodes_min = 2, .nodes_max = 2, .per_node = 8 } },
		{ "4 nodes of 4", { .nodes_min = 4, .nodes_max = 4, .per_node = 4 } },
		{ "16 nodes of 8", { .nodes_min = 16, .nodes_max = 16, .per_node = 8 } },
		{ "16 nodes of 2", { .nodes_min = 16, .nodes_max = 16, .per_node = 2 } },
		{ "64 nodes of 8", { .nodes_min = 64, .nodes_max = 64, .per_node = 8 } },
		{ "512 nodes of 8", { .nodes_min = 512, .nodes_max = 512, .per_node = 8 } },
		{ "5000 nodes of 1", { .nodes_min = 5000, .nodes_max = 5000, .per_node = 1 } },
		{ "32 nodes of 3", { .nodes_min = 32, .nodes_max = 32, .per_node = 3 } },
		{ "20 GPUs on 2 to 8 nodes", { .nodes_min = 2, .nodes_max = 8, .gpus = 20 } },
		{ "100 GPUs on any nodes", { .nodes_min = 1, .nodes_max = 100, .gpus = 100 } },
		{ "1001 GPUs on any nodes", { .nodes_min = 1, .nodes_max = 1001, .gpus = 1001 } },
		{ "2 to 512 of 4 in a group", { .nodes_min = 2, .nodes_max = 512, .per_node = 4, .one_group = true } },
		{ "200 GPUs in a group", { .nodes_min = 1, .nodes_max = 200, .gpus = 200, .one_group = true } },
	};
	static struct fb_engine_node idle[MANY], busy[MANY];
	static struct fb_engine_group_info group[MANY_GROUPS];
	struct fb_engine_type *type[3] = { machine(8), machine(2), machine(4) };
	struct fb_engine_fabric fabric = { MANY_GROUPS, group, 2, 2 };
	void *scratch = malloc(fb_engine_scratch_size(MANY, MANY_GROUPS));

	(void)state;
	for (uint32_t g = 0; g < MANY_GROUPS; g++)
		group[g] = (struct fb_engine_group_info){ g / 32, 8 };
	for (uint32_t n = 0; n < MANY; n++) {
		fb_gpuset set = draw(8) ? (fb_gpuset)(1 + draw(255)) : 0xff;

		idle[n] = (struct fb_engine_node){ type[n % 3], 0xff, 0xff, 1, 8, n / 16, 0, false, n % 3 ? 48 : 192 };
		busy[n] = idle[n];
		busy[n].free = busy[n].idle = set;
	}
	print_message("%-28s %12s %12s   (ms, %d nodes of 8 GPUs)\n", "job", "idle", "busy", MANY);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		double ms[2] = { choice_ms(&fabric, idle, &table[i].job, scratch),
				 choice_ms(&fabric, busy, &table[i].job, scratch) };

		print_message("%-28s %12.2f %12.2f\n", table[i].what, ms[0], ms[1]);
#if !defined(__SANITIZE_ADDRESS__) && defined(__OPTIMIZE__)
		assert_true(ms[0] < 5 && ms[1] < 5); /* 2 on a machine with nothing else to do */
#endif
	}
	for (int t = 0; t < 3; t++)
		fb_engine_type_destroy(type[t]);
	free(scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_worse_than_brute_force),
		cmocka_unit_test(test_rules_of_slurm),
		cmocka_unit_test(test_many_to_spare),
		cmocka_unit_test(test_many_by_name),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

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
#include "engine_reference.h"
#include "topology/engine/cluster.h"

#ifndef EXACT
#define EXACT 1 /* 0: of a build in which every cluster is a large one */
#endif
#define WIRINGS 60
#define CASES 30000

struct wired {
	struct fb_engine_type *type;
	struct reference_type reference;
};

static uint64_t seed = 20240611;

static unsigned int draw(unsigned int below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % below;
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_worse_than_brute_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

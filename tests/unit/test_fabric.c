/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaf groups, rails, levels and uses out of cables: the real SuperPOD, and fabrics made for one question each. */
#include "flightbase/topo/fabric.h"
#include "ib_text.h"

#define SUPERPOD FB_TEST_DATA "/fabrics/superpod-ndr-rail.ibnetdiscover"
#define HDR "4xHDR"
#define NDR "4xNDR"

struct made {
	struct fb_ibnet net;
	struct fb_fabric fabric;
};

static int try_make(struct made *made, struct ib *ib, const struct fb_fabric_report *report, size_t reports, struct fb_err *err)
{
	size_t size;
	char *text = ib_text(ib, &size);

	if (fb_ibnet_parse(&made->net, "f.ib", text, size, err))
		fail_msg("%s", err->text);
	free(text);
	int rc = fb_fabric_make(&made->fabric, &made->net, report, reports, err);
	if (rc)
		fb_ibnet_free(&made->net);
	return rc;
}

static void make(struct made *made, struct ib *ib, const struct fb_fabric_report *report, size_t reports)
{
	struct fb_err err;

	if (try_make(made, ib, report, reports, &err))
		fail_msg("%s", err.text);
}

static void drop(struct made *made)
{
	fb_fabric_free(&made->fabric);
	fb_ibnet_free(&made->net);
}

static bool remarked(const struct fb_fabric *fabric, const char *host, const char *part)
{
	for (size_t r = 0; r < fabric->remarks.count; r++) {
		const struct fb_remark *remark = &fabric->remarks.remark[r];

		if (!strstr(remark->text, part))
			continue;
		if (!host && !remark->hosts)
			return true;
		for (size_t h = 0; h < remark->hosts; h++)
			if (host && !strcmp(remark->host[h], host))
				return true;
	}
	return false;
}

static const struct fb_fabric_host *host(const struct made *made, const char *name)
{
	const struct fb_fabric_host *found = fb_fabric_find(&made->fabric, name);

	if (!found)
		fail_msg("no host %s", name);
	return found;
}

static const struct fb_fabric_switch *sw(const struct made *made, const char *name)
{
	for (size_t s = 0; s < made->fabric.switches; s++)
		if (!strcmp(made->fabric.sw[s].name, name))
			return &made->fabric.sw[s];
	fail_msg("no switch %s", name);
	return NULL;
}

static enum fb_topofile_use use_of(const struct made *made, const char *name, const char *adapter)
{
	const struct fb_fabric_host *at = host(made, name);

	for (uint32_t a = 0; a < at->adapters; a++)
		if (!strcmp(made->fabric.adapter[at->first + a].name, adapter))
			return made->fabric.adapter[at->first + a].use;
	fail_msg("%s has no %s", name, adapter);
	return FB_TOPOFILE_COMPUTE;
}

static void superpod(struct made *made, const struct fb_fabric_report *report, size_t reports)
{
	struct fb_err err;

	if (fb_ibnet_read(&made->net, SUPERPOD, &err) || fb_fabric_make(&made->fabric, &made->net, report, reports, &err))
		fail_msg("%s", err.text);
}

static void test_superpod_groups(void **state)
{
	static const struct {
		unsigned int hosts, leaves;
		double gbps;
		const char *leaf;
	} groups[] = { { 10, 3, 150, "A09-P1-IBLEAF-01-01" }, { 11, 4, 200, "A09-P1-IBLEAF-01-02" }, { 18, 4, 200, "A09-P1-IBLEAF-01-03" },
		       { 17, 4, 200, "A09-P1-IBLEAF-01-04" }, { 18, 4, 200, "B09-P1-IBLEAF-01-05" }, { 15, 4, 200, "B09-P1-IBLEAF-01-06" },
		       { 16, 4, 200, "B09-P1-IBLEAF-01-07" }, { 14, 4, 200, "B09-P1-IBLEAF-01-08" } };
	struct made made;
	char name[16];

	(void)state;
	superpod(&made, NULL, 0);
	assert_int_equal(made.fabric.groups, 8);
	assert_int_equal(made.fabric.rails, 4);
	assert_int_equal(made.fabric.pods, 1);
	for (size_t g = 0; g < 8; g++) {
		const struct fb_fabric_group *group = &made.fabric.group[g];

		snprintf(name, sizeof(name), "g%zu", g + 1);
		assert_string_equal(group->name, name);
		assert_int_equal(group->hosts, groups[g].hosts);
		assert_int_equal(group->leaves, groups[g].leaves);
		assert_double_equal(group->gbps, groups[g].gbps, 0);
		assert_string_equal(made.fabric.sw[group->leaf[0]].name, groups[g].leaf);
		/* Whatever the adapters are called, the leaves' own names tell the rail, too: IBLEAF-RAIL-GROUP. */
		for (unsigned int l = 0; l < group->leaves; l++) {
			const struct fb_fabric_switch *leaf = &made.fabric.sw[group->leaf[l]];

			assert_int_equal(leaf->name[strlen("A09-P1-IBLEAF-0")] - '0', leaf->rail);
			assert_int_equal(leaf->level, FB_FABRIC_LEAF);
			assert_int_equal(leaf->group, g);
		}
	}
	assert_true(remarked(&made.fabric, NULL, "group g1 has no leaf of rail 3"));
	assert_true(remarked(&made.fabric, "b08-p1-dgx-08-c01", "HCA-5 is on leaf B09-P1-IBLEAF-04-08 (rail 4)"));
	assert_int_equal(made.fabric.remarks.count, 3);
	drop(&made);
}

static void test_superpod_hosts(void **state)
{
	struct made made;
	size_t spines = 0, compute = 0;

	(void)state;
	superpod(&made, NULL, 0);
	assert_int_equal(made.fabric.parts, 40);
	assert_int_equal(made.fabric.adapters, 542);
	/* 69 generic descriptions and the three of "localhost". */
	assert_int_equal(made.fabric.adapters - made.fabric.resolved, 72);
	assert_int_equal(made.fabric.hosts, 121);
	for (size_t h = 0; h < made.fabric.hosts; h++)
		compute += made.fabric.host[h].compute;
	assert_int_equal(compute, 119);
	assert_null(fb_fabric_find(&made.fabric, "Mellanox"));
	assert_null(fb_fabric_find(&made.fabric, "MT4129"));
	assert_null(fb_fabric_find(&made.fabric, "localhost"));
	assert_false(host(&made, "B11-P1-CUFM-02")->compute);
	assert_false(host(&made, "ubuntu")->compute);
	assert_int_equal(use_of(&made, "ubuntu", "mlx5_1"), FB_TOPOFILE_MANAGEMENT);
	assert_int_equal(use_of(&made, "a08-p1-dgx-04-c01", "mlx5_5"), FB_TOPOFILE_COMPUTE);
	for (size_t s = 0; s < made.fabric.switches; s++)
		spines += made.fabric.sw[s].level == FB_FABRIC_SPINE;
	assert_int_equal(spines, 9);
	assert_int_equal(sw(&made, "B10-P1-IBSPINE-09")->level, FB_FABRIC_SPINE);
	/* 18 nodes, 15 cables up: the worst; all leaves: 544 down, 533 up. */
	assert_double_equal(fb_fabric_leaf_ratio(sw(&made, "A09-P1-IBLEAF-02-03")), 1.2, 1e-9);
	assert_string_equal(made.fabric.sw[made.fabric.worst_leaf].name, "A09-P1-IBLEAF-02-03");
	assert_double_equal(made.fabric.leaf_oversubscription, 542.0 / 532, 1e-9);
	assert_double_equal(made.fabric.pod_oversubscription, 1, 0);
	drop(&made);
}

static void adapter_set(struct fb_machine_adapter *adapter, const char *name, uint64_t guid)
{
	*adapter = (struct fb_machine_adapter){ .node_guid = guid, .ports = 1 };
	snprintf(adapter->name, sizeof(adapter->name), "%s", name);
	adapter->port[0] = (struct fb_machine_port){ .number = 1, .guid = guid, .gbps = 50 };
}

/* The four generic adapters on port 6 of the second group's leaves are a06-p1-dgx-02-c06, as soon as it reports them. */
static void test_superpod_reports(void **state)
{
	static const char *const leaves[] = { "A09-P1-IBLEAF-01-02", "A09-P1-IBLEAF-02-02", "A09-P1-IBLEAF-03-02", "A09-P1-IBLEAF-04-02" };
	static const char *const names[] = { "mlx5_0", "mlx5_1", "mlx5_4", "mlx5_5" };
	struct fb_machine_adapter adapter[4];
	const struct fb_fabric_report report = { "a06-p1-dgx-02-c06", 4, adapter };
	struct made made;

	(void)state;
	superpod(&made, NULL, 0);
	for (size_t l = 0; l < 4; l++) {
		const struct fb_ibnet_node *leaf = &made.net.node[sw(&made, leaves[l])->node];

		for (uint32_t p = leaf->first; p < leaf->first + leaf->ports; p++)
			if (made.net.port[p].number == 6)
				adapter_set(&adapter[l], names[l], made.net.node[made.net.port[made.net.port[p].peer].node].guid);
	}
	drop(&made);
	superpod(&made, &report, 1);
	assert_int_equal(made.fabric.adapters - made.fabric.resolved, 68);
	assert_true(host(&made, report.node)->reported);
	assert_string_equal(made.fabric.group[host(&made, report.node)->group].name, "g2");
	/* The others are fitted out like it, so they are compute nodes, too. */
	assert_int_equal(made.fabric.groups, 8);
	assert_false(host(&made, "ubuntu")->compute);
	assert_int_equal(made.fabric.rails, 4);
	assert_int_equal(use_of(&made, report.node, "mlx5_4"), FB_TOPOFILE_COMPUTE);
	drop(&made);
}

/* Nodes n1 on of a group on some leaves, one adapter on each. */
static void add_nodes(struct ib *ib, unsigned int from, unsigned int count, const unsigned int *leaf, unsigned int leaves)
{
	for (unsigned int n = from; n < from + count; n++)
		for (unsigned int l = 0; l < leaves; l++)
			ib_adapter(ib, leaf[l], NDR, "n%u mlx5_%u", n, l);
}

static void test_one_switch(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf = ib_add(ib, 'S', "Quantum-2 Mellanox Technologies");
	struct made made;

	(void)state;
	ib_adapter(ib, leaf, NDR, "n2.cluster.site mlx5_0");
	ib_adapter(ib, leaf, NDR, "n10");
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.groups, 1);
	assert_int_equal(made.fabric.group[0].hosts, 2);
	assert_string_equal(made.fabric.host[0].name, "n2");
	assert_string_equal(made.fabric.host[1].name, "n10");
	assert_string_equal(made.fabric.adapter[1].name, "");
	/* A switch without a name of its own goes by its GUID. */
	assert_string_equal(made.fabric.sw[0].name, "S-0000000000001000");
	assert_double_equal(made.fabric.leaf_oversubscription, 1, 0);
	assert_int_equal(made.fabric.worst_leaf, FB_FABRIC_NONE);
	drop(&made);
}

static void test_switch_names(void **state)
{
	static const char *const table[][2] = {
		{ "MF0;leaf-1:MQM9700/U1", "leaf-1" },	  { "leaf 2", "leaf-2" },     { "MF0;core:CS7500/L01/U1", "core-L01-U1" },
		{ "MF0;core:CS7500/L02/U1", "core-L02-U1" }, { "twin", "S-0000000000001004" }, { "twin", "S-0000000000001005" },
		{ "", "S-0000000000001006" },
	};
	struct ib *ib = ib_new();
	struct made made;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		ib_add(ib, 'S', "%s", table[i][0]);
	ib_join(ib, 0, 1, 1, NDR);
	make(&made, ib, NULL, 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_string_equal(made.fabric.sw[i].name, table[i][1]);
	assert_int_equal(made.fabric.groups, 0);
	drop(&made);
}

/* Two groups of two rails, spines above, an adapter in the wrong switch, one missing, one slow, two crossed. */
static void test_odd_cables(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf[2][3], spine = ib_add(ib, 'S', "spine");
	struct made made;

	(void)state;
	for (unsigned int g = 0; g < 2; g++)
		for (unsigned int l = 0; l < 3; l++) {
			leaf[g][l] = ib_add(ib, 'S', "leaf-%u-%u", l + 1, g + 1);
			ib_join(ib, leaf[g][l], spine, 4, NDR);
		}
	add_nodes(ib, 1, 8, leaf[0], 3);
	add_nodes(ib, 11, 8, leaf[1], 3);
	ib_adapter(ib, leaf[0][0], NDR, "stray mlx5_0");
	ib_adapter(ib, leaf[0][1], NDR, "stray mlx5_1");
	ib_adapter(ib, leaf[1][2], NDR, "stray mlx5_2");
	ib_adapter(ib, leaf[0][0], NDR, "poor mlx5_0");
	ib_adapter(ib, leaf[0][1], HDR, "poor mlx5_1");
	ib_adapter(ib, leaf[0][0], NDR, "cross mlx5_1");
	ib_adapter(ib, leaf[0][1], NDR, "cross mlx5_0");
	ib_adapter(ib, leaf[0][2], NDR, "cross mlx5_2");
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.groups, 2);
	assert_int_equal(made.fabric.group[0].hosts, 11);
	assert_int_equal(made.fabric.group[1].hosts, 8);
	assert_true(remarked(&made.fabric, "stray", "mlx5_2 is on leaf leaf-3-2, where no other node of group g1 is"));
	assert_true(remarked(&made.fabric, "stray", "has no adapter on leaf leaf-3-1 (rail 3)"));
	assert_int_equal(use_of(&made, "stray", "mlx5_2"), FB_TOPOFILE_COMPUTE);
	assert_true(remarked(&made.fabric, "poor", "has no adapter on leaf leaf-3-1 (rail 3)"));
	assert_true(remarked(&made.fabric, "poor", "mlx5_1 has a link of 25 GB/s (4xHDR) to leaf leaf-2-1, where most have 50"));
	assert_true(remarked(&made.fabric, "cross", "mlx5_0 is on leaf leaf-2-1 (rail 2)"));
	drop(&made);
}

/* Storage adapters of two groups share a switch with servers; the rails are a group's own. */
static void test_storage_apart(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf[2][2], spine = ib_add(ib, 'S', "spine"), store = ib_add(ib, 'S', "store");
	struct made made;

	(void)state;
	ib_join(ib, store, spine, 2, NDR);
	for (unsigned int g = 0; g < 2; g++) {
		for (unsigned int l = 0; l < 2; l++) {
			leaf[g][l] = ib_add(ib, 'S', "leaf-%u-%u", g + 1, l + 1);
			ib_join(ib, leaf[g][l], spine, 2, NDR);
		}
		add_nodes(ib, 1 + 10 * g, 8, leaf[g], 2);
		for (unsigned int n = 1 + 10 * g; n < 9 + 10 * g; n++)
			ib_adapter(ib, store, NDR, "n%u mlx5_9", n);
	}
	for (unsigned int s = 1; s <= 4; s++)
		ib_adapter(ib, store, NDR, "nas%u mlx5_0", s);
	ib_adapter(ib, leaf[0][0], NDR, "ufm mlx5_0");
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.groups, 2);
	assert_int_equal(made.fabric.group[0].leaves, 2);
	assert_int_equal(use_of(&made, "n1", "mlx5_0"), FB_TOPOFILE_COMPUTE);
	assert_int_equal(use_of(&made, "n1", "mlx5_9"), FB_TOPOFILE_STORAGE);
	assert_false(host(&made, "nas1")->compute);
	assert_int_equal(use_of(&made, "nas1", "mlx5_0"), FB_TOPOFILE_STORAGE);
	assert_int_equal(use_of(&made, "ufm", "mlx5_0"), FB_TOPOFILE_MANAGEMENT);
	assert_int_equal(sw(&made, "store")->level, FB_FABRIC_EDGE);
	assert_int_equal(made.fabric.remarks.count, 0);
	drop(&made);
}

/* A slower adapter on a switch of its own that the same nodes share is not for computing. */
static void test_slower_leaf(void **state)
{
	struct ib *ib = ib_new();
	unsigned int fast = ib_add(ib, 'S', "fast"), slow = ib_add(ib, 'S', "slow");
	struct made made;

	(void)state;
	ib_join(ib, fast, slow, 1, HDR);
	for (unsigned int n = 1; n <= 4; n++) {
		ib_adapter(ib, fast, NDR, "n%u mlx5_0", n);
		ib_adapter(ib, slow, HDR, "n%u mlx5_1", n);
	}
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.group[0].leaves, 1);
	assert_double_equal(made.fabric.group[0].gbps, 50, 0);
	assert_int_equal(use_of(&made, "n4", "mlx5_1"), FB_TOPOFILE_STORAGE);
	drop(&made);
}

/* Two pods of two groups under core switches: 4:1 at the leaves, and of what these let through 2:1 at the pods. */
static void test_pods(void **state)
{
	struct ib *ib = ib_new();
	unsigned int core = ib_add(ib, 'S', "core"), spine, leaf;
	struct made made;

	(void)state;
	for (unsigned int pod = 0; pod < 2; pod++) {
		spine = ib_add(ib, 'S', "spine-%u", pod);
		ib_join(ib, spine, core, 1, NDR);
		for (unsigned int g = 0; g < 2; g++) {
			leaf = ib_add(ib, 'S', "leaf-%u-%u", pod, g);
			ib_join(ib, leaf, spine, 1, NDR);
			add_nodes(ib, 1 + 20 * pod + 10 * g, 4, &leaf, 1);
		}
	}
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.groups, 4);
	assert_int_equal(made.fabric.pods, 2);
	assert_int_equal(made.fabric.group[0].pod, 0);
	assert_int_equal(made.fabric.group[1].pod, 0);
	assert_int_equal(made.fabric.group[2].pod, 1);
	assert_int_equal(sw(&made, "core")->level, FB_FABRIC_CORE);
	assert_int_equal(sw(&made, "spine-1")->level, FB_FABRIC_SPINE);
	assert_double_equal(made.fabric.leaf_oversubscription, 4, 1e-9);
	assert_double_equal(made.fabric.pod_oversubscription, 2, 1e-9);
	drop(&made);
}

/* Rails in planes of their own, and planes that nothing joins. */
static void test_planes(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf[2][2];
	struct made made;

	(void)state;
	for (unsigned int rail = 0; rail < 2; rail++) {
		unsigned int spine = ib_add(ib, 'S', "spine-%u", rail);

		for (unsigned int g = 0; g < 2; g++) {
			leaf[g][rail] = ib_add(ib, 'S', "leaf-%u-%u", g, rail);
			ib_join(ib, leaf[g][rail], spine, 4, NDR);
		}
	}
	add_nodes(ib, 1, 4, leaf[0], 2);
	add_nodes(ib, 11, 4, leaf[1], 2);
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.pods, 1);
	assert_int_equal(made.fabric.rails, 2);
	assert_int_equal(made.fabric.remarks.count, 0);
	drop(&made);
}

/* Groups that nothing joins. */
static void test_apart(void **state)
{
	(void)state;
	for (unsigned int leaves = 2; leaves <= 3; leaves++) {
		struct ib *ib = ib_new();
		unsigned int spine = ib_add(ib, 'S', "spine"), first = ib_add(ib, 'S', "leaf-1");
		struct made made;

		ib_join(ib, first, spine, 1, NDR);
		add_nodes(ib, 1, 2, &first, 1);
		for (unsigned int l = 2; l <= leaves; l++) {
			unsigned int leaf = ib_add(ib, 'S', "leaf-%u", l);

			add_nodes(ib, 10 * l, 2, &leaf, 1);
		}
		make(&made, ib, NULL, 0);
		assert_int_equal(made.fabric.pods, leaves);
		assert_true(remarked(&made.fabric, NULL, leaves == 2 ? "leaf leaf-2 has no cable to another switch" :
								       "leaf leaf-2 and 1 more have no cable to another switch"));
		assert_true(remarked(&made.fabric, NULL, leaves == 2 ? "no cables join the 2 pods" : "no cables join the 3 pods"));
		drop(&made);
	}
}

/* Switches in a ring, without spines; and a cable from a switch to itself. */
static void test_cycles(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf[4];
	struct made made;

	(void)state;
	for (unsigned int l = 0; l < 4; l++)
		leaf[l] = ib_add(ib, 'S', "leaf-%u", l);
	for (unsigned int l = 0; l < 4; l++) {
		ib_join(ib, leaf[l], leaf[(l + 1) % 4], 1, NDR);
		add_nodes(ib, 1 + 10 * l, 4, &leaf[l], 1);
	}
	ib_join(ib, leaf[0], leaf[0], 1, NDR);
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.groups, 4);
	assert_int_equal(made.fabric.pods, 1);
	assert_int_equal(sw(&made, "leaf-0")->uplinks, 2);
	assert_double_equal(made.fabric.leaf_oversubscription, 2, 1e-9);
	drop(&made);
}

/* Several machines that were left with one name. */
static void test_same_name(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf = ib_add(ib, 'S', "leaf");
	struct fb_machine_adapter adapter;
	const struct fb_fabric_report report = { "ubuntu", 1, &adapter };
	struct made made;

	(void)state;
	adapter_set(&adapter, "mlx5_0", ib_guid(ib_adapter(ib, leaf, NDR, "ubuntu mlx5_0")));
	ib_adapter(ib, leaf, NDR, "ubuntu mlx5_0");
	ib_adapter(ib, leaf, NDR, "ubuntu mlx5_1");
	make(&made, ib, &report, 1);
	assert_int_equal(made.fabric.adapters - made.fabric.resolved, 2);
	assert_int_equal(host(&made, "ubuntu")->adapters, 1);
	assert_true(remarked(&made.fabric, "ubuntu", "it is the name of more than one machine"));
	drop(&made);
}

static void test_names_that_are_none(void **state)
{
	static const char *const names[] = { "n1;rm mlx5_0", "n[1-2] mlx5_0", "\xc3\xa9 mlx5_0", "", " mlx5_0", "(none) mlx5_0", "MT4129 ConnectX7   Mellanox Technologies" };
	struct ib *ib = ib_new();
	unsigned int leaf = ib_add(ib, 'S', "leaf");
	struct made made;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ib_adapter(ib, leaf, NDR, "%s", names[i]);
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.hosts, 0);
	assert_int_equal(made.fabric.adapters, sizeof(names) / sizeof(names[0]));
	assert_int_equal(made.fabric.resolved, 0);
	drop(&made);
}

/* 32 leaves are allowed, 64 are not; a node without any cable is no host. */
static void test_leaf_sets(void **state)
{
	(void)state;
	for (unsigned int leaves = 32; leaves <= 64; leaves += 32) {
		struct ib *ib = ib_new();
		struct made made;
		struct fb_err err = { "" };

		ib_add(ib, 'H', "unplugged mlx5_0");
		for (unsigned int l = 0; l < leaves; l++)
			ib_adapter(ib, ib_add(ib, 'S', "leaf-%u", l), NDR, "big mlx5_%u", l);
		int rc = try_make(&made, ib, NULL, 0, &err);
		if (leaves > 32) {
			assert_int_equal(rc, -1);
			check_contains(err.text, "host 'big' has adapters on 64 switches; at most 32 are allowed");
			continue;
		}
		assert_int_equal(rc, 0);
		assert_null(fb_fabric_find(&made.fabric, "unplugged"));
		assert_int_equal(made.fabric.group[0].leaves, 32);
		assert_int_equal(made.fabric.rails, 32);
		drop(&made);
	}
}

static void test_two_claims(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf = ib_add(ib, 'S', "leaf");
	struct fb_machine_adapter adapter;
	const struct fb_fabric_report report[] = { { "n1", 1, &adapter }, { "n2", 1, &adapter } };
	struct made made;
	struct fb_err err;

	(void)state;
	adapter_set(&adapter, "mlx5_0", ib_guid(ib_adapter(ib, leaf, NDR, "n1 mlx5_0")));
	assert_int_equal(try_make(&made, ib, report, 2, &err), -1);
	assert_string_equal(err.text, "GUID 0000000000001001: node 'n1' reports it as its mlx5_0, and node 'n2' as its mlx5_0; take away the report that is old");
	assert_null(made.fabric.sw);
}

/* Aggregation nodes are the switch, also where only the description tells. */
static void test_parts(void **state)
{
	struct ib *ib = ib_new();
	unsigned int leaf = ib_add(ib, 'S', "leaf"), part;
	struct made made;

	(void)state;
	part = ib_adapter(ib, leaf, NDR, "something");
	ib->node[part].image = ib->node[leaf].image;
	ib_adapter(ib, leaf, NDR, "Mellanox Technologies Aggregation Node");
	make(&made, ib, NULL, 0);
	assert_int_equal(made.fabric.parts, 2);
	assert_int_equal(made.fabric.adapters, 0);
	drop(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_superpod_groups), cmocka_unit_test(test_superpod_hosts), cmocka_unit_test(test_superpod_reports),
		cmocka_unit_test(test_one_switch),	cmocka_unit_test(test_switch_names),   cmocka_unit_test(test_odd_cables),
		cmocka_unit_test(test_storage_apart),	cmocka_unit_test(test_slower_leaf),    cmocka_unit_test(test_pods),
		cmocka_unit_test(test_planes),		cmocka_unit_test(test_apart), cmocka_unit_test(test_cycles),	       cmocka_unit_test(test_same_name),
		cmocka_unit_test(test_names_that_are_none), cmocka_unit_test(test_leaf_sets),  cmocka_unit_test(test_two_claims),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

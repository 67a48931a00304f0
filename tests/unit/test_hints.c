/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The variables that tell of a node's wires: what each real machine of tests/data gives, the reasons, and what the user's
 * environment may and may not do to them.
 */
#include "check.h"

#include "topology/hints.h"
#include "topology/ring.h"

/* A node type of tests/data, or one written here, as topology.json has it. */
static void load(struct fb_topofile *file, const char *name, const char *body)
{
	static char part[60000], text[65536];
	struct fb_err err;

	if (!body) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/node-types/%s.json", FB_TEST_DATA, name);
		FILE *stream = fopen(path, "r");
		assert_non_null(stream);
		part[fread(part, 1, sizeof(part) - 1, stream)] = '\0';
		fclose(stream);
		body = part;
	}
	snprintf(text, sizeof(text), "{\"types\":{\"%s\":%s},\"nodes\":[]}", name, body);
	if (fb_topofile_parse(file, "t.json", text, strlen(text), &err))
		fail_msg("%s: %s", name, err.text);
}

static const struct fb_hint *find(const struct fb_hints *hints, const char *name)
{
	for (size_t i = 0; i < hints->count; i++)
		if (!strcmp(hints->hint[i].name, name))
			return &hints->hint[i];
	return NULL;
}

static fb_gpuset gpus_of(const char *text)
{
	fb_gpuset set = 0;

	if (*text)
		assert_int_equal(fb_gpuset_parse(text, &set), 0);
	return set;
}

/* "NAME=VALUE NAME=VALUE": all that are set but FLIGHTBASE_GPUS, which echoes the request, and FLIGHTBASE_MODEL. */
static void all_set(const struct fb_hints *hints, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < hints->count; i++) {
		const struct fb_hint *hint = &hints->hint[i];
		size_t used = strlen(text);

		assert_true(hint->why[0] != '\0');
		assert_int_equal(hint->set, hint->value[0] != '\0');
		if (hint->set && strcmp(hint->name, "FLIGHTBASE_GPUS") && strcmp(hint->name, "FLIGHTBASE_MODEL"))
			snprintf(text + used, size - used, "%s%s=%s", used ? " " : "", hint->name, hint->value);
	}
}

#define OFF_P2P "NCCL_P2P_DISABLE=1 NCCL_NVLS_ENABLE=0"
#define OFF_RDMA "NCCL_IB_DISABLE=1 NCCL_NET=Socket"

static void test_machines(void **state)
{
	static const struct {
		const char *type, *gpus;
		unsigned int nodes;
		const char *p2p, *rdma, *all;
	} table[] = {
		/* Hybrid cube mesh: a quad is all NVLink, the whole machine is not; its ring is that of the double links. */
		{ "dgx1v", "0,1,2,3", 1, "prefer", "prefer", "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1,2,3" },
		{ "dgx1v", "0,3", 1, "prefer", "prefer", "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1" },
		{ "dgx1v", "0,1,2,3,4,5,6,7", 1, "prefer", "prefer", "FLIGHTBASE_RING=0,3,2,1,5,6,7,4" },
		{ "dgx1v", "0,1,4,5", 1, "prefer", "prefer", "FLIGHTBASE_RING=0,1,3,2" },
		{ "dgx1v", "0,7", 1, "prefer", "prefer", "FLIGHTBASE_RING=0,1" },
		{ "dgx1v", "5", 1, "prefer", "prefer", "" },
		{ "dgx1v", "", 1, "prefer", "prefer", "" },
		{ "dgx1v", "0,1", 2, "prefer", "prefer",
		  "NCCL_P2P_LEVEL=NVL NCCL_IB_HCA==mlx5_0 NCCL_NET_GDR_LEVEL=PXB FLIGHTBASE_RING=0,1" },
		{ "dgx1v", "5", 2, "prefer", "prefer", "NCCL_IB_HCA==mlx5_2 NCCL_NET_GDR_LEVEL=PXB" },
		{ "dgx1v", "1,2,6", 2, "prefer", "require",
		  "NCCL_IB_HCA==mlx5_0,mlx5_1,mlx5_3 NCCL_NET_GDR_LEVEL=PXB UCX_NET_DEVICES=mlx5_0:1,mlx5_1:1,mlx5_3:1 "
		  "FLIGHTBASE_RING=0,1,2" },
		{ "dgx1v", "0,1,2,3", 2, "off", "prefer",
		  OFF_P2P " NCCL_IB_HCA==mlx5_0,mlx5_1 NCCL_NET_GDR_LEVEL=PXB UCX_TLS=^cuda_ipc" },
		{ "dgx1v", "0,1,2,3", 2, "prefer", "off", "NCCL_P2P_LEVEL=NVL " OFF_RDMA " UCX_TLS=^ib FLIGHTBASE_RING=0,1,2,3" },
		{ "dgx1v", "0,1,2,3", 1, "off", "off", OFF_P2P " " OFF_RDMA " UCX_TLS=^cuda_ipc,ib" },
		/* NVSwitch: any set is as good, in order. */
		{ "dgx2", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", 1, "require", "prefer",
		  "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15" },
		{ "dgx2", "3,9,14", 4, "prefer", "prefer", "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1,2" },
		/* Adapters as near as the socket: whether a switch joins them is not told. */
		{ "ndv4", "0,1,2", 2, "prefer", "require",
		  "NCCL_P2P_LEVEL=NVL NCCL_IB_HCA==mlx5_0,mlx5_1,mlx5_2,mlx5_3 "
		  "UCX_NET_DEVICES=mlx5_0:1,mlx5_1:1,mlx5_2:1,mlx5_3:1 FLIGHTBASE_RING=0,1,2" },
		/* EFA is not NCCL's InfiniBand code. */
		{ "p4d", "0,1,2,3,4,5,6,7", 2, "prefer", "prefer", "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1,2,3,4,5,6,7" },
		{ "a100-pcie4", "0,1", 1, "prefer", "prefer", "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1" },
		/* None near: all for computing. */
		{ "a100-pcie4", "2,3", 2, "prefer", "prefer", "NCCL_IB_HCA==mlx5_0,mlx5_1 FLIGHTBASE_RING=0,1" },
		/* Through the CPU of one socket only where P2P is required. */
		{ "a100-pcie4", "2,3", 1, "require", "prefer", "NCCL_P2P_LEVEL=PHB FLIGHTBASE_RING=0,1" },
		{ "a100-pcie4", "0,2", 1, "require", "prefer", "FLIGHTBASE_RING=0,1" },
		{ "pcie-bridge8", "0,2", 1, "prefer", "prefer", "NCCL_P2P_LEVEL=NVL FLIGHTBASE_RING=0,1" },
		{ "pcie-bridge8", "0,1,2,3", 3, "prefer", "prefer", "FLIGHTBASE_RING=0,1,2,3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct fb_hints hints;
		struct fb_hints_request request = { .gpus = gpus_of(table[i].gpus), .nodes = table[i].nodes,
						    .p2p = table[i].p2p, .rdma = table[i].rdma };
		struct fb_topofile file;
		char all[2048];

		load(&file, table[i].type, NULL);
		request.type = &file.type[0];
		fb_hints_assume_sound(&request);
		fb_hints_make(&request, &hints);
		all_set(&hints, all, sizeof(all));
		if (strcmp(all, table[i].all))
			fail_msg("%s GPUs %s, %u nodes, %s %s:\n  got  %s\n  want %s", table[i].type, table[i].gpus, table[i].nodes,
				 table[i].p2p, table[i].rdma, all, table[i].all);
		fb_topofile_free(&file);
	}
}

#define TWO "\"gpus\":2,\"links\":[[\"X\",\"%s\"],[\"%s\",\"X\"]]"
#define NICS "\"sockets\":[[0,1],[2]],\"cores\":[\"0-7\",\"8-15\"],\"gpus\":3,\"links\":[[\"X\",\"PIX\",\"SYS\"],[\"PIX\",\"X\",\"SYS\"]," \
	     "[\"SYS\",\"SYS\",\"X\"]],\"nics\":[{\"name\":\"c0\",\"near\":[0]},{\"name\":\"s0\",\"near\":[0,1],\"use\":\"storage\"}," \
	     "{\"name\":\"m0\",\"use\":\"management\"},{\"name\":\"c1\",\"near\":[1]},{\"name\":\"c2\",\"near\":[2]}]"

/* Every class of link by itself, and what is required. */
static void test_levels(void **state)
{
	static const struct {
		const char *link, *prefer, *require, *why;
	} table[] = {
		{ "NV1", "NVL", "NVL", "through NVLink" },
		{ "PIX", "PIX", "PIX", "through one PCIe switch" },
		{ "PXB", "PXB", "PXB", "through several PCIe switches" },
		{ "PHB", "", "PHB", "only through a host bridge: NCCL goes through host memory" },
		{ "NODE", "", "PHB", "only through host bridges of one socket" },
		{ "SYS", "", "", "only through the links between sockets" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct fb_hints hints;
		struct fb_hints_request request = { .gpus = 3, .nodes = 1, .p2p = "prefer", .rdma = "prefer" };
		struct fb_topofile file;
		char body[256];

		snprintf(body, sizeof(body), "{" TWO "}", table[i].link, table[i].link);
		load(&file, "two", body);
		request.type = &file.type[0];
		fb_hints_make(&request, &hints);
		assert_string_equal(find(&hints, "NCCL_P2P_LEVEL")->value, table[i].prefer);
		check_contains(find(&hints, "NCCL_P2P_LEVEL")->why, table[i].why);
		request.p2p = "require";
		fb_hints_make(&request, &hints);
		assert_string_equal(find(&hints, "NCCL_P2P_LEVEL")->value, table[i].require);
		fb_topofile_free(&file);
	}
}

static const struct fb_topofile_type *nics_type(struct fb_topofile *file, const char *more)
{
	char body[2048];

	snprintf(body, sizeof(body), "{" NICS "%s}", more);
	load(file, "nics", body);
	return &file->type[0];
}

/* Which adapters: never those for storage and management, none that is down, each port that is up. */
static void test_adapters(void **state)
{
	static struct fb_hints hints;
	struct fb_topofile file;
	struct fb_hints_request request = { .gpus = 3, .nodes = 2, .p2p = "prefer", .rdma = "require" };

	(void)state;
	request.type = nics_type(&file, "");
	fb_hints_assume_sound(&request);
	fb_hints_make(&request, &hints);
	assert_string_equal(find(&hints, "NCCL_IB_HCA")->value, "=c0,c1");
	check_contains(find(&hints, "NCCL_IB_HCA")->why, "the adapters near GPUs 0,1; NCCL alone would take the node's others");
	assert_string_equal(find(&hints, "UCX_NET_DEVICES")->value, "c0:1,c1:1");
	assert_string_equal(find(&hints, "NCCL_NET_GDR_LEVEL")->value, "PXB");
	request.ports[0] = 0;
	request.ports[3] = 6;
	fb_hints_make(&request, &hints);
	assert_string_equal(find(&hints, "NCCL_IB_HCA")->value, "=c1");
	assert_string_equal(find(&hints, "UCX_NET_DEVICES")->value, "c1:1,c1:2");
	assert_false(find(&hints, "NCCL_NET_GDR_LEVEL")->set);
	request.ports[3] = 0;
	fb_hints_make(&request, &hints);
	assert_string_equal(find(&hints, "NCCL_IB_HCA")->value, "=c2");
	check_contains(find(&hints, "NCCL_IB_HCA")->why, "none is said to be near GPUs 0,1");
	request.ports[4] = 0;
	fb_hints_make(&request, &hints);
	assert_false(find(&hints, "NCCL_IB_HCA")->set);
	check_contains(find(&hints, "NCCL_IB_HCA")->why, "no InfiniBand or RoCE adapter of type 'nics' for computing is up");
	request.rdma = "prefer";
	fb_hints_assume_sound(&request);
	fb_hints_make(&request, &hints);
	assert_false(find(&hints, "UCX_NET_DEVICES")->set);
	check_contains(find(&hints, "UCX_NET_DEVICES")->why, "falls back to TCP");
	fb_topofile_free(&file);
}

static void test_cores_of_task(void **state)
{
	static const struct {
		fb_gpuset gpus, task;
		const char *cores, *why;
	} table[] = {
		{ 1, 0, "0-7", "near GPU 0," },	  { 7, 0, "0-7,8-15", "near GPUs 0,1,2," }, { 7, 4, "8-15", "near GPU 2," },
		{ 7, 2, "0-7", "near GPU 1," },	  { 3, 4, "0-7", "near GPUs 0,1," }, /* not one of the step's */
	};
	struct fb_topofile file;
	const struct fb_topofile_type *type = nics_type(&file, "");

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct fb_hints hints;
		struct fb_hints_request request = { .type = type, .gpus = table[i].gpus, .task = table[i].task, .nodes = 1,
						    .p2p = "prefer", .rdma = "prefer" };

		fb_hints_make(&request, &hints);
		assert_string_equal(find(&hints, "FLIGHTBASE_CORES")->value, table[i].cores);
		check_contains(find(&hints, "FLIGHTBASE_CORES")->why, table[i].why);
	}
	fb_topofile_free(&file);
}

/* The node's part of the modelled bandwidth. */
static void test_model(void **state)
{
	struct fb_topofile_group group = { .name = "leaf-a" }, in_pod = { .name = "leaf-b", .pod = "p1" };
	struct fb_topofile_fabric flat = { .leaf_oversubscription = 1, .pod_oversubscription = 1 };
	struct fb_topofile_fabric thin = { .leaf_oversubscription = 2.5, .pod_oversubscription = 4 };
	static const char quads[] =
		"{\"gpus\":4,\"links\":[[\"X\",\"NV2\",\"PHB\",\"PHB\"],[\"NV2\",\"X\",\"PHB\",\"PHB\"],[\"PHB\",\"PHB\",\"X\",\"NV2\"],"
		"[\"PHB\",\"PHB\",\"NV2\",\"X\"]],\"nics\":[{\"name\":\"m0\",\"gbps\":25},{\"name\":\"m1\",\"gbps\":50,\"use\":\"storage\"}]}";
	static const char pair[] = "{\"gpus\":2,\"links\":[[\"X\",\"PHB\"],[\"PHB\",\"X\"]]}";
	const struct {
		const char *body, *gpus, *p2p, *rdma;
		unsigned int nodes;
		const struct fb_topofile_fabric *fabric;
		const struct fb_topofile_group *group;
		const char *value, *why;
	} table[] = {
		/* One adapter of 25 GB/s; half of the node's GPUs have half of it. */
		{ quads, "0,1", "prefer", "prefer", 2, NULL, NULL, "ring=40,net=12.5", "of the step's GPUs here" },
		{ quads, "0", "off", "prefer", 2, &flat, &group, "net=6.25,group=leaf-a", "" },
		{ quads, "0,1,2,3", "prefer", "off", 1, &thin, &in_pod, "ring=10,net=25,leaf=2.5,pod_leaf=4,group=leaf-b,pod=p1", "" },
		/* What is not known of adapters is FB_ENGINE_NET_GBPS. */
		{ pair, "0,1", "prefer", "prefer", 1, NULL, NULL, "ring=10,net=10", "" },
		{ quads, "0,1", "off", "prefer", 1, NULL, NULL, "", "P2P is off, which the model" },
		{ quads, "0", "prefer", "off", 2, NULL, NULL, "", "RDMA is off, which the model" },
		{ quads, "", "prefer", "prefer", 2, NULL, NULL, "", "no GPUs here" },
		{ quads, "9", "prefer", "prefer", 2, NULL, NULL, "", "but type 'm' of the node has 4" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct fb_hints hints;
		struct fb_hints_request request = { .gpus = gpus_of(table[i].gpus), .nodes = table[i].nodes, .p2p = table[i].p2p,
						    .rdma = table[i].rdma, .fabric = table[i].fabric, .group = table[i].group };
		struct fb_topofile file;

		load(&file, "m", table[i].body);
		request.type = &file.type[0];
		fb_hints_make(&request, &hints);
		assert_string_equal(find(&hints, "FLIGHTBASE_MODEL")->value, table[i].value);
		check_contains(find(&hints, "FLIGHTBASE_MODEL")->why, table[i].why);
		fb_topofile_free(&file);
	}
}

static void test_topo_file(void **state)
{
	static const struct {
		const char *more;
		bool readable;
		fb_gpuset gpus;
		unsigned int nodes;
		const char *value, *why;
	} table[] = {
		{ "", true, 3, 1, "", "topology.json has none for type 'nics'" },
		{ ",\"nccl_topo\":\"/etc/t.xml\"", true, 3, 1, "/etc/t.xml", "it describes type 'nics'" },
		{ ",\"nccl_topo\":\"/etc/t.xml\"", true, 1, 2, "/etc/t.xml", "it describes" },
		{ ",\"nccl_topo\":\"/etc/t.xml\"", true, 1, 1, "", "one GPU" },
		{ ",\"nccl_topo\":\"/etc/t.xml\"", false, 3, 1, "", "the user cannot read /etc/t.xml on the node" },
		{ ",\"nccl_topo\":\"/etc/t;x\"", true, 3, 1, "", "';' or control characters" },
		{ ",\"nccl_topo\":\"/etc/t\\u001bx\"", true, 3, 1, "", "';' or control characters" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static struct fb_hints hints;
		struct fb_hints_request request = { .gpus = table[i].gpus, .nodes = table[i].nodes, .p2p = "prefer",
						    .rdma = "prefer", .topo_readable = table[i].readable };
		struct fb_topofile file;

		request.type = nics_type(&file, table[i].more);
		fb_hints_make(&request, &hints);
		assert_string_equal(find(&hints, "NCCL_TOPO_FILE")->value, table[i].value);
		check_contains(find(&hints, "NCCL_TOPO_FILE")->why, table[i].why);
		fb_topofile_free(&file);
	}
}

/* A node that is not in topology.json, or has more GPUs than it says: only what needs no wires. */
static void test_unknown(void **state)
{
	static struct fb_hints hints;
	struct fb_hints_request request = { .gpus = 9, .nodes = 2, .p2p = "prefer", .rdma = "off" };
	struct fb_topofile file;
	char all[1024];

	(void)state;
	fb_hints_assume_sound(&request);
	fb_hints_make(&request, &hints);
	all_set(&hints, all, sizeof(all));
	assert_string_equal(all, OFF_RDMA " UCX_TLS=^ib");
	assert_string_equal(find(&hints, "FLIGHTBASE_GPUS")->value, "0,3");
	check_contains(find(&hints, "NCCL_P2P_LEVEL")->why, "topology.json does not name the node");
	request.type = nics_type(&file, "");
	fb_hints_make(&request, &hints);
	all_set(&hints, all, sizeof(all));
	assert_string_equal(all, OFF_RDMA " UCX_TLS=^ib");
	check_contains(find(&hints, "NCCL_P2P_LEVEL")->why, "has GPUs 0,3, but type 'nics' of the node has 3");
	fb_topofile_free(&file);
}

/* 32 adapters with names as long as may be fit. */
static void test_longest(void **state)
{
	static char body[16384], name[64];
	static struct fb_hints hints;
	struct fb_hints_request request = { .gpus = 1, .nodes = 2, .p2p = "prefer", .rdma = "require" };
	struct fb_topofile file;
	int used = snprintf(body, sizeof(body), "{\"gpus\":1,\"links\":[[\"X\"]],\"nics\":[");

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	for (int i = 0; i < 32; i++) {
		name[0] = (char)('A' + i % 26);
		name[1] = (char)('a' + i / 26);
		used += snprintf(body + used, sizeof(body) - (size_t)used, "%s{\"name\":\"%s\"}", i ? "," : "", name);
	}
	snprintf(body + used, sizeof(body) - (size_t)used, "]}");
	load(&file, "many", body);
	request.type = &file.type[0];
	fb_hints_assume_sound(&request);
	fb_hints_make(&request, &hints);
	assert_int_equal(strlen(find(&hints, "UCX_NET_DEVICES")->value), 32 * 65 + 31);
	assert_int_equal(strlen(find(&hints, "NCCL_IB_HCA")->value), 1 + 32 * 63 + 31);
	fb_topofile_free(&file);
}

static void test_gpuset(void **state)
{
	static const char *const bad[] = { "", ",", "0,", ",0", "a", "0-3", " 0", "0 ", "-1", "16", "999999999999", "0,,1", "0;1" };
	fb_gpuset set = 7;
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!fb_gpuset_parse(bad[i], &set))
			fail_msg("accepted '%s'", bad[i]);
	assert_int_equal(set, 7);
	assert_int_equal(fb_gpuset_parse("15,0,03,0", &set), 0);
	assert_int_equal(set, 1 | 8 | 1 << 15);
	fb_gpuset_text(set, text, sizeof(text));
	assert_string_equal(text, "0,3,15");
	fb_gpuset_text(0xffff, text, sizeof(text));
	assert_string_equal(text, "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
}

/* What was set by us is told from what the user wrote by the whole entry. */
static void test_what_was_set(void **state)
{
	const char *set = "NCCL_P2P_LEVEL=NVL;NCCL_IB_HCA==a,b;X=";
	char text[32] = "";

	(void)state;
	assert_true(fb_hints_set_has(set, "NCCL_P2P_LEVEL", "NVL"));
	assert_true(fb_hints_set_has(set, "NCCL_IB_HCA", "=a,b"));
	assert_true(fb_hints_set_has(set, "X", ""));
	assert_false(fb_hints_set_has(set, "NCCL_P2P_LEVEL", "NV"));
	assert_false(fb_hints_set_has(set, "NCCL_P2P_LEVEL", "NVLX"));
	assert_false(fb_hints_set_has(set, "P2P_LEVEL", "NVL"));
	assert_false(fb_hints_set_has(set, "NCCL_P2P_LEVEL", "PIX"));
	assert_false(fb_hints_set_has("", "X", ""));
	assert_false(fb_hints_set_has(";;;=", "X", ""));
	fb_hints_set_add(text, sizeof(text), "A", "1");
	fb_hints_set_add(text, sizeof(text), "LONG", "a value beyond what fits in here");
	fb_hints_set_add(text, sizeof(text), "B", "2");
	assert_string_equal(text, "A=1;B=2");
}

static double hop(const struct fb_engine_wiring *w, unsigned int i, unsigned int j)
{
	return fb_link_gbps((enum fb_link)w->link[i][j], w->lanes[i][j], w->lane_gbps);
}

/* Every set of every machine: the order visits each GPU once, begins with the lowest, and no hop is below the set's value. */
static void test_rings(void **state)
{
	static const char *const types[] = { "dgx1v", "ndv4", "a100-pcie4", "pcie-bridge8" };

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		struct fb_topofile file;
		load(&file, types[t], NULL);
		const struct fb_engine_wiring *w = &file.type[0].wiring;

		for (unsigned int set = 1; set < 1u << w->gpus; set++) {
			unsigned int order[FB_ENGINE_GPUS_MAX], seen = 0, count = (unsigned int)__builtin_popcount(set);
			double value = fb_engine_value(file.type[0].engine, (fb_gpuset)set);

			if (count < 2)
				continue;
			assert_int_equal(fb_ring_order(w, (fb_gpuset)set, value, order), count);
			for (unsigned int i = 0; i < count; i++) {
				seen |= 1u << order[i];
				assert_true(hop(w, order[i], order[(i + 1) % count]) >= value);
			}
			assert_int_equal(seen, set);
			assert_int_equal(order[0], __builtin_ctz(set));
			assert_int_equal(fb_ring_order(w, (fb_gpuset)set, value * 1000, order), 0);
		}
		fb_topofile_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines), cmocka_unit_test(test_levels),	 cmocka_unit_test(test_adapters),
		cmocka_unit_test(test_cores_of_task), cmocka_unit_test(test_model), cmocka_unit_test(test_topo_file), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_longest),	 cmocka_unit_test(test_gpuset), cmocka_unit_test(test_what_was_set),
		cmocka_unit_test(test_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node keeps of topology.json, and which of its adapters are up, read from a made-up /sys and /dev. */
#include "check.h"

#include <sys/stat.h>

#include "remove_tree.h"
#include "topology/adapters.h"
#include "topology/one_node.h"

/* Hostlists are Slurm's; here a list is names with commas. */
static bool in_list(const char *hosts, const char *node)
{
	size_t length = strlen(node);

	for (const char *at = hosts; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		if (!strncmp(at, node, length) && (!at[length] || at[length] == ','))
			return true;
	return false;
}

#define ONE "{\"gpus\":1,\"links\":[[\"X\"]],\"nccl_topo\":\"/t\"}"
#define TWO "{\"gpus\":2,\"links\":[[\"X\",\"NV2\"],[\"NV2\",\"X\"]]}"
#define BAD "{\"gpus\":2,\n\"links\":[[\"X\",\"NV2\"],[\"NV1\",\"X\"]]}"

static int extract(const char *json, const char *node, char **text, struct fb_err *err)
{
	struct fb_json_doc doc;

	if (fb_json_doc_parse(&doc, "t.json", json, strlen(json), err))
		return -1;
	int rc = fb_one_node_extract(&doc, node, in_list, text, err);
	fb_json_doc_free(&doc);
	return rc;
}

static void test_extracts(void **state)
{
	const char *json = "{\"types\":{\"a\":" ONE ",\"b\":" TWO ",\"c\":" BAD "},\"nodes\":[{\"nodes\":\"n1,n2\",\"type\":\"a\"},"
			   "{\"nodes\":\"n3\",\"type\":\"b\"},{\"nodes\":\"n4\",\"type\":\"c\"}],\"fabric\":{\"groups\":[]}}";
	struct fb_topofile file;
	struct fb_err err;
	char *text;

	(void)state;
	/* A type that is at fault is not this node's. */
	assert_int_equal(extract(json, "n2", &text, &err), 1);
	assert_int_equal(fb_topofile_parse(&file, "wires", text, strlen(text), &err), 0);
	assert_int_equal(file.types, 1);
	assert_string_equal(file.type[0].name, "a");
	assert_string_equal(file.type[0].nccl_topo, "/t");
	assert_string_equal(file.entry[0].hosts, "n2");
	fb_topofile_free(&file);
	free(text);
	assert_int_equal(extract(json, "n3", &text, &err), 1);
	check_contains(text, "NV2");
	free(text);
	assert_int_equal(extract(json, "n9", &text, &err), 0);
	assert_int_equal(extract(json, "n4", &text, &err), -1);
	/* The fault is told by its place in the whole file. */
	assert_string_equal(err.text, "t.json:2: types.c.links[1][0]: 'NV1' from GPU 1 to GPU 0, but something else back");
}

/* The node's leaf group goes along, and what the levels above carry; other groups are not judged. */
static void test_fabric(void **state)
{
#define NODES "{\"types\":{\"a\":" ONE "},\"nodes\":[{\"nodes\":\"n1,n2,n3\",\"type\":\"a\"}],\"fabric\":"
#define GROUPS "\"groups\":[{\"name\":\"bad group\",\"nodes\":\"n9\"}," \
	       "{\"name\":\"g1\",\"pod\":\"p1\",\"nodes\":\"n1,n2\",\"leaves\":[\"l1\",\"l2\"]}]}}"
	const char *json = NODES "{\"oversubscription\":{\"leaf\":2},\n" GROUPS;
	struct fb_topofile file;
	struct fb_err err;
	char *text;

	(void)state;
	assert_int_equal(extract(json, "n2", &text, &err), 1);
	assert_int_equal(fb_topofile_parse(&file, "wires", text, strlen(text), &err), 0);
	assert_int_equal(file.fabric.groups, 1);
	assert_string_equal(file.fabric.group[0].name, "g1");
	assert_string_equal(file.fabric.group[0].pod, "p1");
	assert_string_equal(file.fabric.group[0].hosts, "n2");
	assert_true(file.fabric.leaf_oversubscription == 2 && file.fabric.pod_oversubscription == 1);
	fb_topofile_free(&file);
	free(text);
	/* In no group: behind all levels. */
	assert_int_equal(extract(json, "n3", &text, &err), 1);
	assert_int_equal(fb_topofile_parse(&file, "wires", text, strlen(text), &err), 0);
	assert_int_equal(file.fabric.groups, 0);
	assert_true(file.fabric.leaf_oversubscription == 2);
	fb_topofile_free(&file);
	free(text);
	/* Of a file without groups nothing is kept. */
	assert_int_equal(extract(NODES "{\"oversubscription\":{\"leaf\":2},\"groups\":[]}}", "n1", &text, &err), 1);
	assert_null(strstr(text, "fabric"));
	free(text);
	assert_int_equal(extract(NODES "{\"oversubscription\":{\"leaf\":0.5},\n" GROUPS, "n1", &text, &err), -1);
	check_contains(err.text, "t.json:1: fabric.oversubscription.leaf: ");
	assert_int_equal(extract(NODES "{\n\"groups\":[{\"name\":\"g1\",\"nodes\":\"n1\"}]}}", "n1", &text, &err), -1);
	assert_string_equal(err.text, "t.json:2: fabric.groups[0]: key 'leaves' is missing");
}

static void test_refuses(void **state)
{
	static const struct {
		const char *json, *message;
	} table[] = {
		{ "[]", "t.json:1: an object expected" },
		{ "{}", "key 'nodes' is missing" },
		{ "{\"nodes\":{}}", "nodes: an array expected" },
		{ "{\"nodes\":[1]}", "nodes[0]: an object expected" },
		{ "{\"nodes\":[{\"nodes\":1}]}", "nodes[0].nodes: a string expected" },
		{ "{\"nodes\":[{\"nodes\":\"n1\"}]}", "nodes[0]: key 'type' is missing" },
		{ "{\"nodes\":[{\"nodes\":\"n1\",\"type\":\"a\"}]}", "key 'types' is missing" },
		{ "{\"types\":{},\"nodes\":[{\"nodes\":\"n1\",\"type\":\"a\"}]}", "types: key 'a' is missing" },
		{ "{\"types\":{\"a\":1},\"nodes\":[{\"nodes\":\"n1\",\"type\":\"a\"}]}", "types.a: an object expected" },
		{ "{\"types\":", "in the middle of a value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_err err = { "" };
		char *text;

		if (extract(table[i].json, "n1", &text, &err) != -1)
			fail_msg("accepted: %s", table[i].json);
		check_contains(err.text, table[i].message);
	}
}

/* A sound type may still be too long for what a node keeps: a number keeps its digits. */
static void test_too_large(void **state)
{
	static char json[2 * FB_ONE_NODE_SIZE_MAX];
	struct fb_err err;
	char *text;
	int used = snprintf(json, sizeof(json), "{\"types\":{\"a\":{\"gpus\":1,\"links\":[[\"X\"]],\n\"nics\":[");

	(void)state;
	for (int i = 0; i < 32; i++)
		used += snprintf(json + used, sizeof(json) - (size_t)used, "%s{\"name\":\"n%d\",\"gbps\":1.%03000d}", i ? "," : "", i, 1);
	snprintf(json + used, sizeof(json) - (size_t)used, "]}},\"nodes\":[{\"nodes\":\"n1\",\"type\":\"a\"}]}");
	assert_int_equal(extract(json, "n1", &text, &err), -1);
	assert_string_equal(err.text, "t.json:1: types.a: more than 65536 bytes");
}

static void make_port(const char *root, const char *name, int port, const char *port_state, const char *layer)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/sys/class/infiniband/%s/ports/%d", root, name, port);
	assert_int_equal(make_tree(path), 0);
	write_file(path, "state", port_state);
	write_file(path, "link_layer", layer);
}

static void make_verbs(const char *root, const char *name, const char *device, mode_t mode)
{
	char path[4096], file[4200];

	snprintf(path, sizeof(path), "%s/sys/class/infiniband/%s/device/infiniband_verbs/%s", root, name, device);
	assert_int_equal(make_tree(path), 0);
	snprintf(path, sizeof(path), "%s/dev/infiniband", root);
	assert_int_equal(make_tree(path), 0);
	write_file(path, device, "");
	snprintf(file, sizeof(file), "%s/%s", path, device);
	assert_int_equal(chmod(file, mode), 0);
}

static void test_ports(void **state)
{
	char root[256];

	(void)state;
	make_temporary(root, sizeof(root));
	make_port(root, "mlx5_0", 1, "4: ACTIVE\n", "InfiniBand\n");
	make_port(root, "mlx5_0", 2, "1: DOWN\n", "InfiniBand\n");
	make_port(root, "mlx5_0", 3, "4: ACTIVE\n", "Ethernet\n");
	make_verbs(root, "mlx5_0", "uverbs0", 0666);
	make_port(root, "mlx5_1", 1, "2: INIT\n", "InfiniBand\n");
	make_verbs(root, "mlx5_1", "uverbs1", 0666);
	make_port(root, "rdmap0", 1, "4: ACTIVE\n", "Unspecified\n");
	make_verbs(root, "rdmap0", "uverbs2", 0666);
	make_port(root, "mlx5_3", 1, "4: ACTIVE\n", "InfiniBand\n"); /* no device */
	assert_int_equal(fb_adapter_ports(root, "mlx5_0"), 1 << 1 | 1 << 3);
	assert_int_equal(fb_adapter_ports(root, "mlx5_1"), 0);
	assert_int_equal(fb_adapter_ports(root, "rdmap0"), 0);
	assert_int_equal(fb_adapter_ports(root, "mlx5_3"), 0);
	assert_int_equal(fb_adapter_ports(root, "mlx5_9"), 0);
	assert_int_equal(fb_adapter_ports(root, ".."), 0);
	assert_int_equal(fb_adapter_ports(root, "a/b"), 0);
	remove_tree(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_extracts), cmocka_unit_test(test_fabric), cmocka_unit_test(test_refuses), cmocka_unit_test(test_too_large),
					    cmocka_unit_test(test_ports) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

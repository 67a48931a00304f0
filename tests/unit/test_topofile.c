/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading topology.json: what is accepted, what is refused and with which words; the shipped node types. */
#include "check.h"

#include <dirent.h>
#include <errno.h>

#include "topology/topofile.h"

#define TYPE(rest) "{\"types\":{\"t\":{\"gpus\":2," rest "}},\"nodes\":[]}"
#define LINKS "\"links\":[[\"X\",\"NV2\"],[\"NV2\",\"X\"]]"
#define FABRIC(rest) "{\"types\":{},\"nodes\":[],\n\"fabric\":{" rest "}}"
#define GROUP "\"name\":\"g\",\"leaves\":[\"l1\"],\"nodes\":\"n1\""
#define NODES(list) "{\"types\":{\"t\":{\"gpus\":2," LINKS "}},\n\"nodes\":[" list "]}"

static int parse(struct fb_topofile *file, const char *text, struct fb_err *err)
{
	return fb_topofile_parse(file, "t.json", text, strlen(text), err);
}

static void test_accepts(void **state)
{
	static const char *const table[] = {
		"{\"types\":{},\"nodes\":[]}",
		TYPE(LINKS),
		TYPE(LINKS ",\"nvlink_gbps\":25,\"nvswitch\":true,\"description\":\"d\",\"source\":\"s\",\"gpu\":\"v100\""),
		TYPE(LINKS ",\"sockets\":[[1],[],[0]]"),
		TYPE(LINKS ",\"nics\":[{\"name\":\"mlx5_0\",\"near\":[0,1]},{\"name\":\"mlx5_1\"}]"),
		TYPE(LINKS ",\"nics\":[{\"name\":\"mlx5_0\",\"gbps\":25.0,\"use\":\"storage\"}],\"nccl_topo\":\"/etc/t.xml\""),
		TYPE(LINKS ",\"sockets\":[[0],[1]],\"cores\":[\"0-23,48-71\",\"24-47\"]"),
		NODES("{\"nodes\":\"n[1-4]\",\"type\":\"t\"}"),
		FABRIC("\"groups\":[],\"oversubscription\":{\"leaf\":2},\"source\":\"s\""),
		FABRIC("\"groups\":[{" GROUP ",\"pod\":\"p\"}]"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_topofile file;
		struct fb_err err = { "" };

		if (parse(&file, table[i], &err))
			fail_msg("%s: %s", table[i], err.text);
		fb_topofile_free(&file);
	}
}

static void test_holds_what_it_says(void **state)
{
	struct fb_topofile file;
	struct fb_err err;
	const char *text = "{\"types\":{\"a\":{\"gpus\":1,\"links\":[[\"X\"]]},\"b\":{\"gpu\":\"v100\",\"gpus\":2," LINKS
			   ",\"nvlink_gbps\":25,\"sockets\":[[1],[0]],\"nics\":[{\"name\":\"ib0\",\"near\":[1]}]}},"
			   "\"nodes\":[{\"nodes\":\"x[1-2]\",\"type\":\"b\"},{\"nodes\":\"y\",\"type\":\"a\"}]}";

	(void)state;
	assert_int_equal(parse(&file, text, &err), 0);
	assert_int_equal(file.types, 2);
	const struct fb_topofile_type *b = &file.type[1];
	assert_string_equal(b->name, "b");
	assert_string_equal(b->gpu, "v100");
	assert_int_equal(b->sockets, 2);
	assert_int_equal(b->socket[0], 2);
	assert_int_equal(b->nics, 1);
	assert_string_equal(b->nic[0].name, "ib0");
	assert_int_equal(b->nic[0].near, 2);
	assert_double_equal(fb_engine_value(b->engine, 3), 50, 1e-9);
	assert_int_equal(file.entries, 2);
	assert_string_equal(file.entry[0].hosts, "x[1-2]");
	assert_int_equal(file.entry[0].type, 1);
	assert_int_equal(file.entry[1].type, 0);
	assert_string_equal(file.entry[0].where, "t.json:1: nodes[0].nodes: ");
	fb_topofile_free(&file);
	fb_topofile_free(&file); /* an empty one is fine */
}

static void test_holds_the_fabric(void **state)
{
	struct fb_topofile file;
	struct fb_err err;
	const char *text = "{\"types\":{},\"nodes\":[],\"fabric\":{\"groups\":[{\"name\":\"su1\",\"pod\":\"p\",\"leaves\":"
			   "[\"a\",\"b\"],\"nodes\":\"n[1-4]\"},{" GROUP "}],\"oversubscription\":{\"pod\":1.5}}}";

	(void)state;
	assert_int_equal(parse(&file, text, &err), 0);
	assert_int_equal(file.fabric.groups, 2);
	assert_string_equal(file.fabric.group[0].name, "su1");
	assert_string_equal(file.fabric.group[0].pod, "p");
	assert_int_equal(file.fabric.group[0].rails, 2);
	assert_string_equal(file.fabric.group[0].hosts, "n[1-4]");
	assert_string_equal(file.fabric.group[0].where, "t.json:1: fabric.groups[0].nodes: ");
	assert_string_equal(file.fabric.group[1].pod, "");
	assert_double_equal(file.fabric.leaf_oversubscription, 1, 0);
	assert_double_equal(file.fabric.pod_oversubscription, 1.5, 0);
	fb_topofile_free(&file);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{ "[]", "an object expected" },
		{ "{\"types\":{}}", "key 'nodes' is missing" },
		{ "{\"nodes\":[]}", "key 'types' is missing" },
		{ "{\"types\":{},\"nodes\":[],\n\"more\":1}", "t.json:2: more: unknown key" },
		{ "{\"types\":{},\"nodes\":[]", "in the middle" },
		{ "{\"types\":{\"a b\":{}},\"nodes\":[]}", "types.a b: not a name" },
		{ "{\"types\":{\"t\":{}},\"nodes\":[]}", "types.t: key 'gpus' is missing" },
		{ "{\"types\":{\"t\":{\"gpus\":17}},\"nodes\":[]}", "17 is outside 1 to 16" },
		{ "{\"types\":{\"t\":{\"gpus\":0}},\"nodes\":[]}", "0 is outside 1 to 16" },
		{ "{\"types\":{\"t\":{\"gpus\":2}},\"nodes\":[]}", "key 'links' is missing" },
		{ TYPE(LINKS ",\"colour\":1"), "types.t.colour: unknown key" },
		{ TYPE("\"links\":[[\"X\",\"NV2\"]]"), "1 elements; 2 to 2 are allowed" },
		{ TYPE("\"links\":[[\"X\",\"NV2\"],[\"NV2\"]]"), "types.t.links[1]: 1 elements" },
		{ TYPE("\"links\":[[\"X\",\"NV2\"],[\"NV1\",\"X\"]]"), "types.t.links[1][0]: 'NV1' from GPU 1 to GPU 0, but something else back" },
		{ TYPE("\"links\":[[\"NV2\",\"NV2\"],[\"NV2\",\"X\"]]"), "it must be X" },
		{ TYPE("\"links\":[[\"X\",\"X\"],[\"X\",\"X\"]]"), "'X' between two GPUs" },
		{ TYPE("\"links\":[[\"X\",\"PCI\"],[\"PCI\",\"X\"]]"), "'PCI' is not a link" },
		{ TYPE(LINKS ",\"nvlink_gbps\":0"), "types.t.nvlink_gbps" },
		{ TYPE(LINKS ",\"gpu\":\"a:b\""), "types.t.gpu: 'a:b' is not a name" },
		{ TYPE("\"links\":[[\"X\",\"SYS\"],[\"SYS\",\"X\"]],\"nvswitch\":true"), "GPU 0 and GPU 1 have no NVLink to a switch" },
		{ TYPE(LINKS ",\"sockets\":[[0],[0,1]]"), "GPU 0 is on two sockets" },
		{ TYPE(LINKS ",\"sockets\":[[0]]"), "GPU 1 is on no socket" },
		{ TYPE(LINKS ",\"sockets\":[[0,2],[1]]"), "2 is outside 0 to 1" },
		{ TYPE(LINKS ",\"sockets\":[[0,0],[1]]"), "GPU 0 is named twice" },
		{ TYPE(LINKS ",\"nics\":[{\"near\":[0]}]"), "key 'name' is missing" },
		{ TYPE(LINKS ",\"nics\":[{\"name\":\"a\"},{\"name\":\"a\"}]"), "types.t.nics[1].name: NIC 'a' is there twice" },
		{ TYPE(LINKS ",\"nics\":[{\"name\":\"a\",\"use\":\"fun\"}]"), "nics[0].use: 'fun' is not compute, storage or management" },
		{ TYPE(LINKS ",\"nics\":[{\"name\":\"a\",\"gbps\":0}]"), "types.t.nics[0].gbps" },
		{ TYPE(LINKS ",\"nccl_topo\":\"t.xml\""), "'t.xml' is not an absolute path" },
		{ TYPE(LINKS ",\"cores\":[\"0\"]"), "there are no sockets" },
		{ TYPE(LINKS ",\"sockets\":[[0],[1]],\"cores\":[\"0-1\"]"), "1 elements; 2 to 2 are allowed" },
		{ TYPE(LINKS ",\"sockets\":[[0,1]],\"cores\":[\"all\"]"), "'all' is not a list of cores" },
		{ FABRIC("\"groups\":{}"), "t.json:2: fabric.groups: an array expected" },
		{ FABRIC("\"source\":\"s\""), "fabric: key 'groups' is missing" },
		{ FABRIC("\"groups\":[],\"oversubscription\":{\"leaf\":0.5}"), "fabric.oversubscription.leaf" },
		{ FABRIC("\"groups\":[{\"name\":\"g\",\"leaves\":[],\"nodes\":\"n1\"}]"), "0 elements; 1 to 32 are allowed" },
		{ FABRIC("\"groups\":[{\"name\":\"g\",\"leaves\":[\"l\"]}]"), "fabric.groups[0]: key 'nodes' is missing" },
		{ FABRIC("\"groups\":[{" GROUP "},{" GROUP "}]"), "group 'g' is there twice" },
		{ NODES("{\"nodes\":\"n1\",\"type\":\"u\"}"), "t.json:2: nodes[0].type: there is no type 'u' in types" },
		{ NODES("{\"nodes\":\"\",\"type\":\"t\"}"), "no nodes are named" },
		{ NODES("{\"nodes\":\"n1\"}"), "key 'type' is missing" },
		{ NODES("{\"nodes\":\"n1\",\"type\":\"t\",\"x\":1}"), "nodes[0].x: unknown key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_topofile file;
		struct fb_err err = { "" };

		if (!parse(&file, table[i].text, &err))
			fail_msg("accepted: %s", table[i].text);
		check_contains(err.text, table[i].message);
		check_contains(err.text, "t.json:");
		assert_int_equal(file.types, 0);
	}
}

static void test_too_many_types(void **state)
{
	char *text = malloc(100 * (FB_TOPOFILE_TYPES_MAX + 2)), *at = text;
	struct fb_topofile file;
	struct fb_err err;

	(void)state;
	assert_non_null(text);
	at += sprintf(at, "{\"types\":{");
	for (int i = 0; i <= FB_TOPOFILE_TYPES_MAX; i++)
		at += sprintf(at, "%s\"t%d\":{\"gpus\":1,\"links\":[[\"X\"]]}", i ? "," : "", i);
	sprintf(at, "},\"nodes\":[]}");
	assert_int_equal(parse(&file, text, &err), -1);
	check_contains(err.text, "257 types; at most 256 are allowed");
	free(text);
}

static void test_missing_file(void **state)
{
	struct fb_topofile file;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_topofile_read(&file, "/nonexistent/topology.json", &err), -1);
	assert_int_equal(errno, ENOENT);
}

/* Wrap a node type of tests/data as the lab does, and read it. */
static void type_check(const char *name)
{
	static char text[65536], part[60000];
	char path[4096];
	struct fb_topofile file;
	struct fb_err err = { "" };

	snprintf(path, sizeof(path), "%s/node-types/%s", FB_TEST_DATA, name);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	part[fread(part, 1, sizeof(part) - 1, f)] = '\0';
	fclose(f);
	snprintf(text, sizeof(text), "{\"types\":{\"%.*s\":%s},\"nodes\":[{\"nodes\":\"n1\",\"type\":\"%.*s\"}]}",
		 (int)strcspn(name, "."), name, part, (int)strcspn(name, "."), name);
	if (fb_topofile_parse(&file, name, text, strlen(text), &err))
		fail_msg("%s", err.text);
	assert_true(file.type[0].sockets > 0);
	assert_true(file.type[0].gpu[0] != '\0');
	fb_topofile_free(&file);
}

static void test_shipped_types(void **state)
{
	DIR *dir = opendir(FB_TEST_DATA "/node-types");
	struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".json")) {
			type_check(entry->d_name);
			count++;
		}
	closedir(dir);
	assert_true(count >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepts),	       cmocka_unit_test(test_holds_what_it_says),
		cmocka_unit_test(test_holds_the_fabric),
		cmocka_unit_test(test_refuses),	       cmocka_unit_test(test_too_many_types),
		cmocka_unit_test(test_missing_file),   cmocka_unit_test(test_shipped_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

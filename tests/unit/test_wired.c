/* SPDX-License-Identifier: GPL-2.0-or-later */
/* topology.json with its hostlists expanded: what each node is, and what is refused only now. */
#include "check.h"

#include "topology/wired.h"

#define TYPES                                                                                                          \
	"\"types\":{\"a\":{\"gpus\":1,\"links\":[[\"X\"]],\"nics\":[{\"name\":\"m0\",\"gbps\":25},{\"name\":\"m1\",\"gbps\":12.5}," \
	"{\"name\":\"m2\",\"gbps\":50,\"use\":\"storage\"}]},\"b\":{\"gpus\":1,\"links\":[[\"X\"]]}},\n"
#define GROUP(name, nodes) "{\"name\":\"" name "\",\"leaves\":[\"l-" name "\"],\"nodes\":\"" nodes "\"}"

/* Keeps the file in the caller's place, because the result points into it. */
static int expand(struct fb_topofile *file, struct fb_wired *wired, const char *text, struct fb_err *err)
{
	assert_int_equal(fb_topofile_parse(file, "t.json", text, strlen(text), err), 0);
	return fb_wired_create(wired, file, err);
}

static void test_nodes(void **state)
{
	struct fb_topofile file;
	struct fb_wired wired;
	struct fb_err err;
	const struct fb_wired_node *node;

	(void)state;
	assert_int_equal(expand(&file, &wired,
				"{" TYPES "\"nodes\":[{\"nodes\":\"n[1-3],x\",\"type\":\"a\"},{\"nodes\":\"n[10-11]\",\"type\":\"b\"}],"
				"\"fabric\":{\"oversubscription\":{\"leaf\":2},\"groups\":[" GROUP("g1", "n[1-2]") "," GROUP("g2", "n[3,10],c1") "]}}",
				&err),
			 0);
	assert_int_equal(wired.nodes, 7);
	for (size_t i = 1; i < wired.nodes; i++)
		assert_true(strcmp(wired.node[i - 1].name, wired.node[i].name) < 0);
	assert_non_null(node = fb_wired_find(&wired, "n10"));
	assert_string_equal(node->type->name, "b");
	assert_int_equal(node->group, 1);
	assert_non_null(node = fb_wired_find(&wired, "n11"));
	assert_int_equal(node->group, FB_ENGINE_NO_GROUP);
	assert_non_null(node = fb_wired_find(&wired, "c1"));
	assert_null(node->type);
	assert_int_equal(node->group, 1);
	assert_int_equal(fb_wired_find(&wired, "n1")->group, 0);
	assert_null(fb_wired_find(&wired, "n4"));
	assert_true(wired.fabric.groups == 2 && wired.fabric.leaf_oversubscription == 2 && wired.fabric.pod_oversubscription == 1);
	/* Adapters for storage do not carry the job's traffic. */
	assert_true(fb_topofile_net_gbps(fb_wired_find(&wired, "n1")->type) == 37.5f);
	assert_true(fb_topofile_net_gbps(fb_wired_find(&wired, "n10")->type) == 0 && fb_topofile_net_gbps(NULL) == 0);
	fb_wired_free(&wired);
	fb_topofile_free(&file);
	assert_null(fb_wired_find(&wired, "n1"));
	fb_wired_free(&wired);
}

static void test_pods(void **state)
{
	struct fb_topofile file;
	struct fb_wired wired;
	struct fb_err err;

	(void)state;
	assert_int_equal(expand(&file, &wired,
				"{\"types\":{},\"nodes\":[],\"fabric\":{\"groups\":["
				"{\"name\":\"g1\",\"leaves\":[\"l\"],\"nodes\":\"a\",\"pod\":\"p\"},"
				"{\"name\":\"g2\",\"leaves\":[\"l\"],\"nodes\":\"b\",\"pod\":\"q\"},"
				"{\"name\":\"g3\",\"leaves\":[\"l\"],\"nodes\":\"c\",\"pod\":\"p\"}]}}",
				&err),
			 0);
	assert_int_equal(wired.group[0].pod, wired.group[2].pod);
	assert_int_not_equal(wired.group[0].pod, wired.group[1].pod);
	fb_wired_free(&wired);
	fb_topofile_free(&file);
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *fault;
	} table[] = {
		{ "{" TYPES "\"nodes\":[{\"nodes\":\"n[1-3]\",\"type\":\"a\"},{\"nodes\":\"n3\",\"type\":\"b\"}]}",
		  "node 'n3' is named twice (types 'a' and 'b')" },
		{ "{" TYPES "\"nodes\":[{\"nodes\":\"n[1-3]\",\"type\":\"a\"},{\"nodes\":\"n2\",\"type\":\"a\"}]}", "node 'n2' is named twice" },
		{ "{\"types\":{},\"nodes\":[],\n\"fabric\":{\"groups\":[" GROUP("g1", "n[1-2]") ",\n" GROUP("g2", "n[2-3]") "]}}",
		  "t.json:3: fabric.groups[1].nodes: node 'n2' is in two leaf groups ('g1' and 'g2')" },
		{ "{" TYPES "\"nodes\":[{\"nodes\":\"n[1-\",\"type\":\"a\"}]}", "is not a hostlist" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_topofile file;
		struct fb_wired wired;
		struct fb_err err = { "" };

		assert_int_equal(expand(&file, &wired, table[i].text, &err), -1);
		check_contains(err.text, table[i].fault);
		assert_int_equal(wired.nodes, 0);
		fb_topofile_free(&file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

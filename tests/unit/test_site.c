/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From reports to topology.json, gres.conf and the drawing. */
#include "check.h"

#include <sys/stat.h>

#include "flightbase/topo/hosts.h"
#include "flightbase/topo/roster.h"
#include "flightbase/topo/site.h"
#include "flightbase/topo/sitemap.h"
#include "flightbase/topo/svg.h"
#include "ib_text.h"
#include "remove_tree.h"

/* A report of two GPUs; rest goes into its type, more behind it. */
#define REPORT(node, link, rest, more) \
	"{ \"node\": \"" node "\", \"type\": { \"gpus\": 2, \"gpu\": \"a100\", \"links\": [[\"X\", \"" link "\"], [\"" link "\", \"X\"]]" rest " }" more " }\n"
#define CORES ", \"sockets\": [[0], [1]], \"cores\": [\"0-3\", \"4-7\"]"
#define NICS ", \"nics\": [{ \"name\": \"mlx5_0\", \"near\": [0], \"gbps\": 50 }, { \"name\": \"mlx5_1\", \"near\": [1], \"gbps\": 25 }]"
#define ADAPTER(name, guid, layer) \
	"{ \"name\": \"" name "\", \"node_guid\": \"0x000000000000" guid "\", \"ports\": [{ \"port\": 1, \"guid\": \"0x000000000000" guid "\", \"gbps\": 50, \"link_layer\": \"" layer "\" }] }"

static void add(struct fb_roster *roster, const char *text)
{
	struct fb_err err;

	if (fb_roster_add_text(roster, "r.json", text, strlen(text), &err))
		fail_msg("%s", err.text);
}

static void finish(struct fb_roster *roster)
{
	struct fb_err err;

	if (fb_roster_finish(roster, &err))
		fail_msg("%s", err.text);
}

static void test_roster_reads(void **state)
{
	struct fb_roster roster = { .count = 0 };

	(void)state;
	/* One after the other, as srun gives them; brackets in strings; the same report twice. */
	add(&roster, "\n" REPORT("n10", "NV2", "", "") REPORT("n2", "NV2", "", ", \"sources\": { \"gpus\": \"}{\\\"[\" }") "\n");
	add(&roster, REPORT("n1", "SYS", "", "") REPORT("n2", "NV2", "", ""));
	finish(&roster);
	assert_int_equal(roster.count, 3);
	assert_string_equal(roster.entry[0].machine->node, "n1");
	assert_string_equal(roster.entry[1].machine->node, "n2");
	assert_string_equal(roster.entry[2].machine->node, "n10");
	assert_ptr_equal(fb_roster_find(&roster, "n10"), roster.entry[2].machine);
	assert_null(fb_roster_find(&roster, "n3"));
	fb_roster_free(&roster);
}

static void test_roster_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{ "", "r.json:1: no report is in it" },
		{ " \n\n", "r.json:1: no report is in it" },
		{ "hello", "r.json:1:" },
		{ REPORT("n1", "NV2", "", "") "\n0: {", "r.json:3: " },
		{ REPORT("n1", "NV2", "", "") REPORT("n2", "NV2", "", "") "{ \"node\": \"n3\",\n\"type\": {\n\"gpus\": 17 } }", "r.json:5: type.gpus: 17 is outside 1 to 16" },
		{ REPORT("n1", "NV2", "", "") "\n{ \"node\": \"n2\"", "r.json:3: the file ends in the middle" },
		{ REPORT("n\\u0007", "NV2", "", ""), "r.json:1: node: 'n?' is not a name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_roster roster = { .count = 0 };
		struct fb_err err = { "" };

		if (!fb_roster_add_text(&roster, "r.json", table[i].text, strlen(table[i].text), &err))
			fail_msg("accepted: %s", table[i].text);
		check_contains(err.text, table[i].message);
		fb_roster_free(&roster);
	}
}

static void test_roster_folder(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_err err;
	char folder[256], path[512];

	(void)state;
	make_temporary(folder, sizeof(folder));
	assert_int_equal(fb_roster_add(&roster, folder, &err), -1);
	check_contains(err.text, ": no file *.json is in it");
	write_file(folder, "n1.json", REPORT("n1", "NV2", "", ""));
	write_file(folder, "n2.json", REPORT("n2", "NV2", "", ""));
	write_file(folder, "notes.txt", "hello");
	write_file(folder, ".n3.json", "hello");
	assert_int_equal(fb_roster_add(&roster, folder, &err), 0);
	assert_int_equal(roster.count, 2);
	write_file(folder, "n4.json", "\nhello");
	assert_int_equal(fb_roster_add(&roster, folder, &err), -1);
	snprintf(path, sizeof(path), "%s/n4.json:2: ", folder);
	check_contains(err.text, path);
	fb_roster_free(&roster);
	assert_int_equal(fb_roster_add(&roster, "/nonexistent", &err), -1);
	assert_string_equal(err.text, "/nonexistent: No such file or directory");
	fb_roster_free(&roster);
	remove_tree(folder);
}

static void test_roster_contradiction(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_err err;

	(void)state;
	add(&roster, REPORT("n1", "NV2", "", "") REPORT("n2", "NV2", "", ""));
	add(&roster, REPORT("n2", "SYS", "", ""));
	assert_int_equal(fb_roster_finish(&roster, &err), -1);
	check_contains(err.text, "node 'n2': two reports that differ, r.json:");
	fb_roster_free(&roster);
}

static bool remarked(const struct fb_remarks *remarks, const char *host, const char *part)
{
	for (size_t r = 0; r < remarks->count; r++) {
		if (!strstr(remarks->remark[r].text, part))
			continue;
		if (!host)
			return !remarks->remark[r].hosts;
		for (size_t h = 0; h < remarks->remark[r].hosts; h++)
			if (!strcmp(remarks->remark[r].host[h], host))
				return true;
	}
	return false;
}

/* Reports to a map of the file that is made of them; site is the caller's to free. */
static void build(struct fb_roster *roster, const struct fb_fabric *fabric, struct fb_site *site, struct fb_sitemap *map)
{
	struct fb_err err;
	size_t size;

	finish(roster);
	if (fb_site_make(site, roster, fabric, &err))
		fail_msg("%s", err.text);
	char *text = fb_site_topofile(site, "f.ib", &size, &err);
	if (!text || fb_sitemap_parse(map, "topology.json", text, size, &err))
		fail_msg("%s", err.text);
	free(text);
}

static void test_types(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_sitemap map;
	struct fb_site site;

	(void)state;
	for (unsigned int n = 1; n <= 9; n++) {
		char text[1024];

		snprintf(text, sizeof(text), n == 3 ? REPORT("n%u", "NV1", CORES, "") : REPORT("n%u", "NV2", CORES, ""), n);
		add(&roster, text);
	}
	build(&roster, NULL, &site, &map);
	assert_int_equal(map.file.types, 2);
	assert_string_equal(map.file.type[0].name, "a100-2");
	assert_string_equal(map.file.type[1].name, "a100-2-2");
	assert_string_equal(map.file.entry[0].hosts, "n[1-2,4-9]");
	assert_string_equal(map.file.entry[1].hosts, "n3");
	assert_int_equal(map.type_nodes[0], 8);
	assert_int_equal(map.file.fabric.groups, 0);
	assert_true(remarked(&site.remarks, "n3", "is of type a100-2-2, not of a100-2: NVLink of GPUs 0 and 1 has 1 lanes, not 2"));
	assert_int_equal(site.remarks.count, 1);
	fb_sitemap_free(&map);
	fb_site_free(&site);
	fb_roster_free(&roster);
}

/* The order of the reports changes nothing. */
static void test_deterministic(void **state)
{
	static const char *const reports[] = { REPORT("n1", "NV2", CORES, ""), REPORT("n2", "SYS", CORES, ""), REPORT("n3", "NV2", CORES, ""),
					       REPORT("n4", "SYS", CORES, ""), REPORT("n5", "PIX", CORES, "") };
	char *first = NULL;

	(void)state;
	for (size_t start = 0; start < 5; start++) {
		struct fb_roster roster = { .count = 0 };
		struct fb_site site;
		struct fb_err err;
		size_t size;

		for (size_t i = 0; i < 5; i++)
			add(&roster, reports[(start + i) % 5]);
		finish(&roster);
		assert_int_equal(fb_site_make(&site, &roster, NULL, &err), 0);
		char *text = fb_site_topofile(&site, "", &size, &err);
		if (first)
			assert_string_equal(text, first);
		else
			first = strdup(text);
		free(text);
		fb_site_free(&site);
		fb_roster_free(&roster);
	}
	check_contains(first, "{ \"nodes\": \"n[1,3]\", \"type\": \"a100-2\" }");
	check_contains(first, "{ \"nodes\": \"n[2,4]\", \"type\": \"a100-2-2\" }");
	check_contains(first, "{ \"nodes\": \"n5\", \"type\": \"a100-2-3\" }");
	free(first);
}

static void test_too_many_types(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_site site;
	struct fb_err err;

	(void)state;
	for (unsigned int n = 0; n <= FB_TOPOFILE_TYPES_MAX; n++) {
		char text[1024];

		snprintf(text, sizeof(text), REPORT("n%u", "NV2", ", \"nvlink_gbps\": %u", ""), n, 1 + n);
		add(&roster, text);
	}
	finish(&roster);
	assert_int_equal(fb_site_make(&site, &roster, NULL, &err), -1);
	assert_string_equal(err.text, "the reports have 257 different wirings; at most 256 types are allowed");
	fb_roster_free(&roster);
}

static void test_uses_by_speed(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_sitemap map;
	struct fb_site site;

	(void)state;
	add(&roster, REPORT("n1", "NV2", NICS, ", \"adapters\": [" ADAPTER("mlx5_1", "0002", "Ethernet") "]"));
	add(&roster, REPORT("n2", "NV2", NICS, ", \"adapters\": [" ADAPTER("mlx5_1", "0003", "InfiniBand") "]"));
	build(&roster, NULL, &site, &map);
	assert_int_equal(map.file.types, 2);
	assert_int_equal(map.file.type[0].nic[0].use, FB_TOPOFILE_COMPUTE);
	assert_int_equal(map.file.type[0].nic[1].use, FB_TOPOFILE_MANAGEMENT);
	assert_int_equal(map.file.type[1].nic[1].use, FB_TOPOFILE_STORAGE);
	fb_sitemap_free(&map);
	fb_site_free(&site);
	fb_roster_free(&roster);
}

/* Two nodes on a switch, a third only on the fabric, a fourth only with a report. */
static void test_fabric(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct ib *ib = ib_new();
	struct fb_ibnet net;
	struct fb_fabric fabric;
	struct fb_sitemap map;
	struct fb_site site;
	struct fb_err err;
	struct fb_machine_adapter adapter[2] = { { .name = "mlx5_0" }, { .name = "mlx5_0" } };
	size_t size;

	(void)state;
	unsigned int leaf = ib_add(ib, 'S', "MF0;leaf-1:MQM9700/U1");
	adapter[0].node_guid = ib_guid(ib_adapter(ib, leaf, "4xNDR", "MT4129 ConnectX7   Mellanox Technologies"));
	adapter[1].node_guid = ib_guid(ib_adapter(ib, leaf, "4xNDR", "n2 mlx5_0"));
	ib_adapter(ib, leaf, "4xNDR", "n3 mlx5_0");
	char *text = ib_text(ib, &size);
	const struct fb_fabric_report report[] = { { "n1", 1, &adapter[0] }, { "n2", 1, &adapter[1] } };
	assert_int_equal(fb_ibnet_parse(&net, "f.ib", text, size, &err), 0);
	free(text);
	assert_int_equal(fb_fabric_make(&fabric, &net, report, 2, &err), 0);
	add(&roster, REPORT("n1", "NV2", CORES NICS, "") REPORT("n2", "NV2", CORES NICS, "") REPORT("n4", "NV2", CORES NICS, ""));
	build(&roster, &fabric, &site, &map);
	assert_int_equal(map.file.fabric.groups, 1);
	assert_string_equal(map.file.fabric.group[0].hosts, "n[1-3]");
	assert_string_equal(fb_sitemap_leaf(&map, 0, 0), "leaf-1");
	assert_string_equal(fb_sitemap_leaf(&map, 0, 1), "");
	assert_string_equal(fb_sitemap_leaf(&map, 1, 0), "");
	assert_int_equal(map.nodes, 4);
	assert_int_equal(fb_sitemap_find(&map, "n1")->group, 0);
	assert_int_equal(fb_sitemap_find(&map, "n3")->type, FB_SITEMAP_NONE);
	assert_int_equal(fb_sitemap_find(&map, "n4")->group, FB_SITEMAP_NONE);
	assert_true(remarked(&site.remarks, "n3", "on the fabric, but without a report"));
	assert_true(remarked(&site.remarks, "n4", "none of its adapters is on the fabric"));
	fb_sitemap_free(&map);
	fb_site_free(&site);
	fb_roster_free(&roster);
	fb_fabric_free(&fabric);
	fb_ibnet_free(&net);
}

static void test_gres(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_sitemap map;
	struct fb_site site;
	size_t size;

	(void)state;
	add(&roster, REPORT("n1", "NV2", CORES, "") REPORT("n2", "NV2", CORES, "")
		     REPORT("n3", "NV2", CORES, ", \"devices\": [{ \"minor\": 1 }, { \"minor\": 2 }]") REPORT("n4", "SYS", "", ""));
	build(&roster, NULL, &site, &map);
	char *text = fb_site_gres(&site, &size);
	assert_string_equal(text, "# GPUs, in the order of topology.json. No Links=: stock Slurm sorts by it the wrong way round.\n"
				  "# a100-2; in slurm.conf: NodeName=n[1-2] Gres=gpu:a100:2\n"
				  "NodeName=n[1-2] Name=gpu Type=a100 File=/dev/nvidia0 Cores=0-3\n"
				  "NodeName=n[1-2] Name=gpu Type=a100 File=/dev/nvidia1 Cores=4-7\n"
				  "# a100-2; in slurm.conf: NodeName=n3 Gres=gpu:a100:2\n"
				  "NodeName=n3 Name=gpu Type=a100 File=/dev/nvidia1 Cores=0-3\n"
				  "NodeName=n3 Name=gpu Type=a100 File=/dev/nvidia2 Cores=4-7\n"
				  "# a100-2-2; in slurm.conf: NodeName=n4 Gres=gpu:a100:2\n"
				  "NodeName=n4 Name=gpu Type=a100 File=/dev/nvidia0\n"
				  "NodeName=n4 Name=gpu Type=a100 File=/dev/nvidia1\n");
	assert_int_equal(strlen(text), size);
	assert_true(remarked(&site.remarks, "n4", "have no Cores="));
	free(text);
	fb_sitemap_free(&map);
	fb_site_free(&site);
	fb_roster_free(&roster);
}

/* More nodes than one hostlist may have characters for. */
static void test_long_lists(void **state)
{
	struct fb_roster roster = { .count = 0 };
	struct fb_sitemap map;
	struct fb_site site;

	(void)state;
	for (unsigned int n = 0; n < 3000; n++) {
		char text[1024];

		snprintf(text, sizeof(text), REPORT("node-%u-of-rack-%c", "NV2", "", ""), n, (char)('a' + n % 26));
		add(&roster, text);
	}
	build(&roster, NULL, &site, &map);
	assert_int_equal(map.file.types, 1);
	assert_true(map.file.entries > 1);
	assert_int_equal(map.nodes, 3000);
	fb_sitemap_free(&map);
	fb_site_free(&site);
	fb_roster_free(&roster);
}

#define TYPES "{ \"types\": { \"t\": { \"gpus\": 1, \"links\": [[\"X\"]] }, \"u\": { \"gpus\": 1, \"links\": [[\"X\"]] } },\n"

static void test_map_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{ TYPES "\"nodes\": [{ \"nodes\": \"n[1-4]\", \"type\": \"t\" },\n{ \"nodes\": \"n3\", \"type\": \"u\" }] }", "node 'n3' is named twice (types 't' and 'u')" },
		{ TYPES "\"nodes\": [{ \"nodes\": \"n1,n1\", \"type\": \"t\" }] }", "t.json:2: nodes[0].nodes: node 'n1' is named twice (types 't' and 't')" },
		{ TYPES "\"nodes\": [], \"fabric\": { \"groups\": [{ \"name\": \"g\", \"leaves\": [\"l\"], \"nodes\": \"n[1-2]\" },\n"
			"{ \"name\": \"h\", \"leaves\": [\"m\"], \"nodes\": \"n2\" }] } }", "node 'n2' is named twice (groups 'g' and 'h')" },
		{ TYPES "\"nodes\": [{ \"nodes\": \"n[1-\", \"type\": \"t\" }] }", "t.json:2: nodes[0].nodes: 'n[1-' is not a list of hosts" },
		{ "{}", "t.json:1: key 'types' is missing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_sitemap map;
		struct fb_err err = { "" };

		if (!fb_sitemap_parse(&map, "t.json", table[i].text, strlen(table[i].text), &err))
			fail_msg("accepted: %s", table[i].text);
		check_contains(err.text, table[i].message);
	}
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

/* A file of so many groups of up to 64 nodes, alternating between kinds. */
static char *many_groups(unsigned int groups, unsigned int kinds)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	fputs("{ \"types\": { \"t\": { \"gpus\": 2, \"gpu\": \"a100\", \"links\": [[\"X\",\"NV4\"],[\"NV4\",\"X\"]] } }, \"nodes\": [\n", stream);
	fprintf(stream, "{ \"nodes\": \"n[0-%u]\", \"type\": \"t\" }],\n\"fabric\": { \"groups\": [", groups * 64 - 1);
	for (unsigned int g = 0; g < groups; g++)
		fprintf(stream, "%s{ \"name\": \"g%u\", \"leaves\": [\"leaf-%u\"], \"nodes\": \"n[%u-%u]\" }\n", g ? "," : "", g, g, g * 64,
			g * 64 + 63 - g % kinds);
	fputs("] } }", stream);
	fclose(stream);
	return text;
}

/* Equal groups are one card; if there are too many different ones, those that differ in numbers alone are one, too. */
static void test_drawing_folds(void **state)
{
	static const struct {
		unsigned int groups, kinds;
		const char *part;
	} table[] = { { 32, 1, ">32 equal groups<" }, { 32, 2, ">16 equal groups<" }, { 120, 60, ">120 equal groups<" }, { 120, 60, ">5-64 × t<" } };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *text = many_groups(table[i].groups, table[i].kinds);
		struct fb_sitemap map;
		struct fb_err err;
		size_t size;

		if (fb_sitemap_parse(&map, "t.json", text, strlen(text), &err))
			fail_msg("%s", err.text);
		char *svg = fb_svg_draw(&map, &size);
		assert_int_equal(strlen(svg), size);
		check_contains(svg, table[i].part);
		assert_true(size < 64 * 1024);
		free(svg);
		fb_sitemap_free(&map);
		free(text);
	}
}

static void test_drawing_is_alone(void **state)
{
	static const char text[] = "{ \"types\": { \"t\": { \"gpus\": 1, \"links\": [[\"X\"]], \"sockets\": [[0]], \"cores\": [\"0-3\"], "
				   "\"nics\": [{ \"name\": \"mlx5_0\", \"use\": \"storage\" }] } }, \"nodes\": [{ \"nodes\": \"<b>&'x\", \"type\": \"t\" }] }";
	struct fb_sitemap map;
	struct fb_err err;
	size_t size;

	(void)state;
	if (fb_sitemap_parse(&map, "t.json", text, strlen(text), &err))
		fail_msg("%s", err.text);
	char *svg = fb_svg_draw(&map, &size);
	check_contains(svg, "&lt;b&gt;&amp;'x");
	assert_null(strstr(svg, "<b>"));
	/* The one address is the name of the language. */
	assert_int_equal(count_of(svg, "://"), 1);
	assert_int_equal(count_of(svg, "href"), 0);
	assert_int_equal(count_of(svg, "<script"), 0);
	assert_int_equal(count_of(svg, "url("), 0);
	assert_int_equal(count_of(svg, "<g>"), count_of(svg, "</g>"));
	assert_int_equal(count_of(svg, "<text"), count_of(svg, "</text>"));
	check_contains(svg, ">storage<");
	free(svg);
	fb_sitemap_free(&map);
}

static void test_hosts(void **state)
{
	static const char *const names[] = { "n10", "n2", "login", "n1", "n2" };
	char *text = fb_hosts_fold(names, 5), **part, **host;
	struct fb_err err;
	size_t count;

	(void)state;
	assert_string_equal(text, "login,n[1-2,10]");
	free(text);
	assert_int_equal(fb_hosts_fold_parts(names, 5, 8, &part), 2);
	assert_string_equal(part[0], "login,n1");
	assert_string_equal(part[1], "n[2,10]");
	fb_hosts_free(part, 2);
	assert_int_equal(fb_hosts_expand("n[1-3]", &host, &count, &err), 0);
	assert_int_equal(count, 3);
	assert_string_equal(host[2], "n3");
	fb_hosts_free(host, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roster_reads),  cmocka_unit_test(test_roster_refuses),   cmocka_unit_test(test_roster_folder),
		cmocka_unit_test(test_roster_contradiction), cmocka_unit_test(test_types),     cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_too_many_types), cmocka_unit_test(test_uses_by_speed),   cmocka_unit_test(test_fabric),
		cmocka_unit_test(test_gres),	      cmocka_unit_test(test_long_lists),       cmocka_unit_test(test_map_refuses),
		cmocka_unit_test(test_drawing_folds), cmocka_unit_test(test_drawing_is_alone), cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

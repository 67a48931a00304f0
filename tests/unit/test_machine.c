/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machine reports: what is written reads back as the same; what is refused, and with which words. */
#include "check.h"

#include "flightbase/topo/machine.h"

#define LINKS "\"links\": [[\"X\", \"NV2\"], [\"NV2\", \"X\"]]"
#define REPORT(rest) "{ \"node\": \"n1\",\n\"type\": { \"gpus\": 2, " LINKS " }" rest "}"
#define GUID "\"0x0002c9030012ab34\""
#define ADAPTER(ports) ",\n\"adapters\": [{ \"name\": \"mlx5_0\", \"node_guid\": " GUID ", \"ports\": [" ports "] }]"

static int parse(struct fb_machine *machine, const char *text, struct fb_err *err)
{
	return fb_machine_parse(machine, "n1.json", text, strlen(text), err);
}

static char *print(const struct fb_machine *machine)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	fb_machine_print_json(machine, stream);
	fclose(stream);
	return text;
}

static const char full[] =
	"{\n"
	"\t\"node\": \"gpu-7.rack\",\n"
	"\t\"type\": {\n"
	"\t\t\"gpus\": 3,\n"
	"\t\t\"gpu\": \"h100\",\n"
	"\t\t\"nvlink_gbps\": 20.6,\n"
	"\t\t\"links\": [\n"
	"\t\t\t[\"X\", \"NV12\", \"SYS\"],\n"
	"\t\t\t[\"NV12\", \"X\", \"PXB\"],\n"
	"\t\t\t[\"SYS\", \"PXB\", \"X\"]\n"
	"\t\t],\n"
	"\t\t\"sockets\": [[0], [], [1, 2]],\n"
	"\t\t\"cores\": [\"0-23\", \"24-47\", \"48-71\"],\n"
	"\t\t\"nics\": [\n"
	"\t\t\t{ \"name\": \"mlx5_0\", \"near\": [0], \"gbps\": 25 },\n"
	"\t\t\t{ \"name\": \"mlx5_1\", \"near\": [] }\n"
	"\t\t]\n"
	"\t},\n"
	"\t\"devices\": [\n"
	"\t\t{ \"minor\": 0, \"pci\": \"0000:34:00.0\", \"model\": \"NVIDIA H100 80GB HBM3\" },\n"
	"\t\t{ \"minor\": 2 },\n"
	"\t\t{  }\n"
	"\t],\n"
	"\t\"adapters\": [\n"
	"\t\t{ \"name\": \"mlx5_0\", \"node_guid\": \"0x0002c9030012ab34\", \"ports\": [{ \"port\": 1, \"guid\": "
	"\"0x0002c9030012ab35\", \"gbps\": 12.5, \"link_layer\": \"InfiniBand\" }, { \"port\": 2, \"guid\": "
	"\"0xffffffffffffffff\", \"gbps\": 0, \"link_layer\": \"Ethernet\" }] },\n"
	"\t\t{ \"name\": \"mlx5_1\", \"node_guid\": \"0x0000000000000000\", \"ports\": [] }\n"
	"\t],\n"
	"\t\"sources\": { \"gpus\": \"nvml\", \"links\": \"a \\\"b\\\".xml\", \"adapters\": \"sysfs\" }\n"
	"}\n";

static void test_reads_what_it_writes(void **state)
{
	static const char *const table[] = { full, REPORT(""), REPORT(ADAPTER("")) };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_machine first, second;
		struct fb_err err = { "" };

		if (parse(&first, table[i], &err))
			fail_msg("%s: %s", table[i], err.text);
		char *text = print(&first);
		if (i == 0)
			assert_string_equal(text, full);
		if (parse(&second, text, &err))
			fail_msg("%s: %s", text, err.text);
		assert_memory_equal(&first, &second, sizeof(first));
		free(text);
	}
}

static void test_holds_what_it_says(void **state)
{
	struct fb_machine m;
	struct fb_err err;

	(void)state;
	assert_int_equal(parse(&m, full, &err), 0);
	assert_string_equal(m.node, "gpu-7.rack");
	assert_string_equal(m.type.name, "");
	assert_null(m.type.engine);
	assert_int_equal(m.type.wiring.gpus, 3);
	assert_int_equal(m.type.wiring.link[0][1], FB_LINK_NVLINK);
	assert_int_equal(m.type.wiring.lanes[0][1], 12);
	assert_int_equal(m.type.wiring.link[2][1], FB_LINK_PXB);
	assert_true(m.devices);
	assert_int_equal(m.gpu[1].minor, 2);
	assert_int_equal(m.gpu[2].minor, -1);
	assert_string_equal(m.gpu[0].pci, "0000:34:00.0");
	assert_string_equal(m.gpu[1].model, "");
	assert_int_equal(m.adapters, 2);
	assert_true(m.adapter[0].node_guid == 0x0002c9030012ab34);
	assert_int_equal(m.adapter[0].ports, 2);
	assert_true(m.adapter[0].port[1].guid == UINT64_MAX);
	assert_true(m.adapter[0].port[1].ethernet);
	assert_false(m.adapter[0].port[0].ethernet);
	assert_double_equal(m.adapter[0].port[0].gbps, 12.5, 0);
	assert_string_equal(m.source[FB_MACHINE_LINKS], "a \"b\".xml");
	assert_string_equal(m.source[FB_MACHINE_NICS], "");
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{ "[]", "n1.json:1: an object expected" },
		{ "{\"node\":\"n1\"", "n1.json:1: the file ends in the middle of a value" },
		{ "{\"type\": { \"gpus\": 1, \"links\": [[\"X\"]] }}", "key 'node' is missing" },
		{ "{\"node\": \"n1\"}", "key 'type' is missing" },
		{ "{\"node\": \"n\\u0007\", \"type\": {}}", "node: 'n?' is not a name" },
		{ "{\"node\": \"n1\", \"type\": { \"gpus\": 17 }}", "type.gpus: 17 is outside 1 to 16" },
		{ "{\"node\": \"n1\", \"type\": { \"gpus\": 2, \"links\": [[\"X\",\"NV1\"],[\"NV2\",\"X\"]] }}",
		  "type.links[1][0]: 'NV2' from GPU 1 to GPU 0, but something else back" },
		{ REPORT(", \"more\": 1"), "n1.json:2: more: unknown key" },
		{ REPORT(",\n\"devices\": [{}]"), "n1.json:3: devices: 1 elements; 2 to 2 are allowed" },
		{ REPORT(",\n\"devices\": [{}, { \"minor\": -1 }]"), "devices[1].minor: -1 is outside 0 to 1023" },
		{ REPORT(",\n\"adapters\": [{}]"), "n1.json:3: adapters[0]: key 'name' is missing" },
		{ REPORT(ADAPTER("{ \"port\": 0, \"guid\": " GUID " }")), "adapters[0].ports[0].port: 0 is outside 1 to 255" },
		{ REPORT(ADAPTER("{ \"port\": 1, \"guid\": \"0x12\" }")), "'0x12' is not a GUID (0x and 16 hexadecimal digits)" },
		{ REPORT(ADAPTER("{ \"port\": 1, \"guid\": \"0002c9030012ab34ff\" }")), "is not a GUID" },
		{ REPORT(ADAPTER("{ \"port\": 1, \"guid\": " GUID ", \"gbps\": -1 }")), "ports[0].gbps" },
		{ REPORT(ADAPTER("{ \"port\": 1, \"guid\": " GUID ", \"link_layer\": \"IB\" }")), "'IB' is not InfiniBand or Ethernet" },
		{ REPORT(ADAPTER("{ \"port\": 1, \"guid\": " GUID " }, { \"port\": 1, \"guid\": " GUID " }")), "port 1 is there twice" },
		{ REPORT(",\n\"adapters\": [{ \"name\": \"a\", \"node_guid\": " GUID ", \"ports\": [] },\n"
			 "{ \"name\": \"a\", \"node_guid\": " GUID ", \"ports\": [] }]"),
		  "n1.json:4: adapters[1]: adapter 'a' is there twice" },
		{ REPORT(", \"sources\": { \"fans\": \"x\" }"), "sources.fans: unknown key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		static const struct fb_machine nothing;
		struct fb_machine machine;
		struct fb_err err = { "" };

		if (!parse(&machine, table[i].text, &err))
			fail_msg("accepted: %s", table[i].text);
		check_contains(err.text, table[i].message);
		assert_memory_equal(&machine, &nothing, sizeof(machine));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_what_it_writes),
		cmocka_unit_test(test_holds_what_it_says),
		cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

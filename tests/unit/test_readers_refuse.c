/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured machines that are broken or hostile: what is said, and where it is. */
#include "check.h"

#include "flightbase/topo/readers.h"

#define NCCL(inside) "<system version=\"1\">\n<cpu numaid=\"0\">\n" inside "</cpu>\n</system>\n"
#define GPU(bus, inside) "<pci busid=\"0000:" bus ":00.0\" class=\"0x030200\">" inside "</pci>\n"
#define NVLINK(target, count) "<gpu sm=\"70\"><nvlink target=\"0000:" target ":00.0\" count=\"" count "\" tclass=\"0x030200\"/></gpu>"
#define MATRIX(rows) "\tGPU0\tGPU1\tmlx5_0\tCPU Affinity\n" rows
#define HWLOC(inside) "<?xml version=\"1.0\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology version=\"2.0\">\n" inside "</topology>\n"

struct refused {
	const char *text, *message;
};

static void check_refused(fb_survey_reader *reader, const struct refused *table, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fb_survey survey;
		struct fb_err err = { "" };

		if (!reader(&survey, "f", table[i].text, strlen(table[i].text), &err))
			fail_msg("accepted: %s", table[i].text);
		check_contains(err.text, table[i].message);
	}
}

static const char bomb[] = "<?xml version=\"1.0\"?>\n<!DOCTYPE topology [\n<!ENTITY a \"aaaaaaaaaa\">\n<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
			   "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\n]>\n<topology>&c;</topology>\n";

static void test_nccl(void **state)
{
	static const struct refused table[] = {
		{ "", "f:1: not valid XML: no element found" },
		{ "GPU0", "f:1: not valid XML: " },
		{ "<system version=\"1\">\n<cpu numaid=\"0\">\n", "f:3: not valid XML: no element found" },
		{ "<topology/>", "f:1: element 'topology' where 'system' is expected" },
		{ "<system/>", "f:1: <system> has no version" },
		{ "<system version=\"2\"/>", "version '2' of NCCL's file is not known; 1 is" },
		{ bomb, "f:2: a DOCTYPE is not allowed" },
		{ "<!DOCTYPE system SYSTEM \"x.dtd\">\n<system version=\"1\"/>", "f:1: a DOCTYPE is not allowed" },
		{ NCCL(GPU("01", "") GPU("01", "")), "f:4: PCI device '0000:01:00.0' is there twice" },
		{ NCCL("<pci class=\"0x030200\"/>"), "f:3: <pci> has no busid" },
		{ NCCL("<pci busid=\"0:0\" class=\"0x030200\"/>"), "f:3: busid: '0:0' is not a PCI address" },
		{ NCCL("<pci busid=\"0000:01:00.0\"/>"), "f:3: <pci> has no class" },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"gpu\"/>"), "f:3: class: 'gpu' is not a hexadecimal number" },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x030200\" device=\"0x\"/>"), "device: '0x' is not a hexadecimal number" },
		{ NCCL("<gpu dev=\"0\"/>"), "f:3: <gpu> outside a <pci>" },
		{ NCCL("<nvlink target=\"0000:01:00.0\" count=\"1\" tclass=\"0x030200\"/>"), "<nvlink> outside a <pci>" },
		{ NCCL("</cpu><cpu numaid=\"0\">"), "f:3: a second <cpu> with numaid 0: is it of one machine?" },
		{ NCCL("<cpu numaid=\"1\"/>"), "f:3: <cpu> in a <cpu>" },
		{ NCCL("</cpu><cpu numaid=\"x\">"), "f:3: numaid: 'x' is not a whole number" },
		{ "<system version=\"1\"><pci busid=\"0000:01:00.0\" class=\"0x030200\"/></system>", "<pci> outside a <cpu>" },
		{ NCCL(GPU("01", NVLINK("02", "0")) GPU("02", "")), "f:3: count: 0 is outside 1 to 64" },
		{ NCCL(GPU("01", NVLINK("02", "2")) GPU("02", NVLINK("01", "1"))), "f:3: GPU 0 has 2 NVLinks to GPU 1, but GPU 1 has 1 to it" },
		{ NCCL(GPU("01", NVLINK("02", "64") NVLINK("02", "1")) GPU("02", "")), "f:3: more than 64 NVLinks of a GPU" },
		{ NCCL(GPU("01", "<gpu dev=\"x\"/>")), "f:3: dev: 'x' is not a whole number" },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x020700\"><nic>\n<net name=\"a b\"/></nic></pci>\n"), "f:4: 'a b' is not a name" },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x020700\"><nic><net name=\"a&#10;\"/></nic></pci>\n"), "f:3: 'a?' is not a name" },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x020700\"><nic><net name=\"a\007\"/></nic></pci>\n"), "f:3: not valid XML: " },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x020700\"><nic><net name=\"a\" speed=\"9999999999\"/></nic></pci>\n"), "f:3: speed: " },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x020700\"><nic><net name=\"a\"/></nic></pci>\n"
		       "<pci busid=\"0000:02:00.0\" class=\"0x020700\"><nic><net name=\"a\"/></nic></pci>\n"),
		  "f:4: network adapter 'a' is at two PCI addresses" },
		{ NCCL("<pci busid=\"0000:01:00.0\" class=\"0x060400\"><gpu><nvlink target=\"0000:02:00.0\" count=\"1\" tclass=\"0x068000\"/></gpu></pci>\n"),
		  "f:3: <nvlink> of a device that is no GPU" },
	};

	(void)state;
	check_refused(fb_survey_nccl, table, sizeof(table) / sizeof(table[0]));
}

/* Text of many parts, for the limits. */
static char *repeat(const char *before, const char *format, unsigned int count, const char *after)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	fputs(before, stream);
	for (unsigned int i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(stream, format, i / 32, i % 32);
#pragma GCC diagnostic pop
	}
	fputs(after, stream);
	fclose(stream);
	return text;
}

static void test_limits(void **state)
{
	static const struct {
		fb_survey_reader *reader;
		const char *before, *format, *after;
		unsigned int most; /* NULL message: accepted */
		const char *message;
	} table[] = {
		{ fb_survey_nccl, "<system version=\"1\"><cpu numaid=\"0\">\n", "<pci busid=\"0000:%02x:%02x.0\" class=\"0x030200\"/>\n", "</cpu></system>", 16,
		  "f:18: more than 16 GPUs; a node may have 16" },
		{ fb_survey_nccl, "<system version=\"1\"><cpu numaid=\"0\">\n", "<pci busid=\"0000:%02x:%02x.0\" class=\"0x020700\"/>\n", "</cpu></system>", 32,
		  "f:34: more than 32 network adapters; a node may have 32" },
		{ fb_survey_nccl, "<system version=\"1\"><cpu numaid=\"0\">\n", "<pci busid=\"0000:%02x:%02x.0\" class=\"0x060400\"/>\n", "</cpu></system>", 512,
		  "f:514: more than 512 PCI devices" },
		{ fb_survey_nccl, "<system version=\"1\">\n", "<cpu numaid=\"%u%02u\"/>\n", "</system>", 16, "f:18: more than 16 NUMA nodes" },
		{ fb_survey_nccl, "<system version=\"1\">\n", "<x%u a=\"%u\">\n", "", 127, "f:129: more than 128 elements in one another" },
		{ fb_survey_nccl, "<system version=\"1\">\n", "<x a=\"%u-%u\"/>\n", "</system>", 199999, "f:200001: more than 200000 elements" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (unsigned int more = 0; more < 2; more++) {
			char *text = repeat(table[i].before, table[i].format, table[i].most + more, table[i].after);
			struct fb_survey survey;
			struct fb_err err = { "" };
			int rc = table[i].reader(&survey, "f", text, strlen(text), &err);

			if (more) {
				assert_int_equal(rc, -1);
				assert_string_equal(err.text, table[i].message);
			} else if (rc && !strstr(err.text, "not valid XML")) {
				fail_msg("%s", err.text);
			}
			free(text);
		}
}

static void test_matrix(void **state)
{
	static const struct refused table[] = {
		{ "", "f: no line starts with GPU0, GPU1 and so on: it is not what 'nvidia-smi topo -m' prints" },
		{ "<system version=\"1\"/>\n", "f: no line starts with GPU0" },
		{ MATRIX(""), "f:1: it ends without a row for GPU0" },
		{ MATRIX("GPU0\tX\tSYS\tSYS\t0-7\n"), "f:2: it ends without a row for GPU1" },
		{ MATRIX("GPU0\tX\tSYS\n"), "f:2: the row of 'GPU0' has 2 of 3 links" },
		{ MATRIX("GPU0\tX\tSYS\tSYS\nGPU0\tX\tSYS\tSYS\n"), "f:3: a second row for 'GPU0'" },
		{ MATRIX("GPU2\tX\tSYS\tSYS\n"), "f:2: there is no column for 'GPU2'" },
		{ MATRIX("GPU0\tX\tFAR\tSYS\n"), "f:2: GPU0: 'FAR' is not a link (X, NV1 to NV64, PIX, PXB, PHB, NODE, SYS)" },
		{ MATRIX("GPU0\tX\tNV65\tSYS\n"), "f:2: GPU0: 'NV65' is not a link" },
		{ MATRIX("GPU0\tSYS\tSYS\tSYS\n"), "f:2: GPU0: the link of GPU0 to itself must be X" },
		{ MATRIX("GPU0\tX\tX\tSYS\n"), "f:2: GPU0: X is not a link to GPU1" },
		{ MATRIX("GPU0\tX\tNV2\tSYS\nGPU1\tNV1\tX\tSYS\n"), "f:3: GPU1 has NV1 to GPU0, but GPU0 has NV2 to it" },
		{ MATRIX("GPU0\tX\tNV2\tNV1\nGPU1\tNV2\tX\tSYS\n"), "f:2: GPU0: a network adapter is not linked like that" },
		{ "\tGPU0\tGPU2\nGPU0\tX\tSYS\n", "f:1: column 'GPU2' where GPU1 is expected" },
		{ "\tGPU0\tmlx5\007_0\nGPU0\tX\tSYS\n", "f:1: 'mlx5?_0' is not the name of a device" },
		{ "\tGPU0\tNIC0\nGPU0\tX\tSYS\nNIC Legend:\n  NIC0: a\x01\n", "f:4: 'a?' is not the name of a device" },
		{ "\tGPU0\tGPU1\tGPU2\tGPU3\tGPU4\tGPU5\tGPU6\tGPU7\tGPU8\tGPU9\tGPU10\tGPU11\tGPU12\tGPU13\tGPU14\tGPU15\tGPU16\n",
		  "f:1: more than 16 GPUs; a node may have 16" },
	};
	struct fb_survey survey;
	struct fb_err err;

	(void)state;
	check_refused(fb_survey_matrix, table, sizeof(table) / sizeof(table[0]));
	assert_int_equal(fb_survey_matrix(&survey, "f", "\tGPU0\n\0GPU0\tX\n", 14, &err), -1);
	assert_string_equal(err.text, "f:2: it is not a text");
}

static void test_hwloc(void **state)
{
	static const struct refused table[] = {
		{ "", "f:1: not valid XML: no element found" },
		{ HWLOC("<object type=\"Machine\">\n"), "f:5: not valid XML: mismatched tag" },
		{ "<topology version=\"2.0\">\n<object type=\"Machine\"", "f:2: not valid XML: unclosed token" },
		{ "<system version=\"1\"/>", "f:1: element 'system' where 'topology' is expected" },
		{ bomb, "f:2: a DOCTYPE with definitions is not allowed" },
		{ HWLOC(""), "f: hwloc does not take it for a topology of its own" },
		{ HWLOC("<object type=\"Machine\" os_index=\"0\" cpuset=\"0x1\" nodeset=\"0x1\"/>\n"), "f: hwloc does not take it for a topology" },
	};

	(void)state;
	check_refused(fb_survey_hwloc, table, sizeof(table) / sizeof(table[0]));
}

static void read_text(const char *path, char **text, size_t *size)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	*text = malloc(1u << 20);
	assert_non_null(*text);
	*size = fread(*text, 1, (1u << 20) - 1, file);
	(*text)[*size] = '\0';
	fclose(file);
}

/* Each real file, cut anywhere: refused, or (after the last thing that counts) read. */
static void test_truncated(void **state)
{
	static const struct {
		const char *file;
		fb_survey_reader *reader;
	} table[] = {
		{ "nvidiaDGX2.v2.xml", fb_survey_hwloc },
		{ "power8gpudistances.v2.xml", fb_survey_hwloc },
		{ "azure-ndv4-topo.xml", fb_survey_nccl },
		{ "k8s-device-plugin-436-4xA100-pcie.txt", fb_survey_matrix },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char path[512], *text;
		size_t size;

		snprintf(path, sizeof(path), FB_TEST_DATA "/topologies/%s", table[i].file);
		read_text(path, &text, &size);
		for (size_t cut = 0; cut < size; cut += 1 + size / 97) {
			struct fb_survey survey;
			struct fb_err err = { "" };
			int rc = table[i].reader(&survey, "f", text, cut, &err);

			if (cut < size / 2)
				assert_int_equal(rc, -1);
			if (rc)
				assert_true(!strncmp(err.text, "f:", 2) && !strchr(err.text, '\n'));
		}
		free(text);
	}
}

/* hwloc 2 follows a pointer that this attribute alone sets. */
static void test_hwloc_dies(void **state)
{
	static const char attribute[] = "complete_cpuset=\"0x00000303,0x03030000,,0x03030303\"";
	struct fb_survey survey;
	struct fb_err err;
	char *text, *place;
	size_t size;

	(void)state;
	read_text(FB_TEST_DATA "/topologies/power8gpudistances.v2.xml", &text, &size);
	place = strstr(text, attribute);
	assert_non_null(place);
	memset(place, ' ', sizeof(attribute) - 1);
	assert_int_equal(fb_survey_hwloc(&survey, "f", text, size, &err), -1);
	check_contains(err.text, "f: the file is broken: hwloc dies of it");
	free(text);
}

/* The matrix between GPUs is made one-sided; GPUs beyond the sixteenth. */
static void test_altered_hwloc(void **state)
{
	struct fb_survey survey;
	struct fb_err err;
	char *text, *place;
	size_t size;

	(void)state;
	read_text(FB_TEST_DATA "/topologies/power8gpudistances.v2.xml", &text, &size);
	place = strstr(text, "1000000 40000 0 0");
	assert_non_null(place);
	memcpy(place, "1000000 80000", 13);
	assert_int_equal(fb_survey_hwloc(&survey, "f", text, size, &err), -1);
	assert_string_equal(err.text, "f: NVLinkBandwidth: GPU 0 has 80000 MB/s to object 1, which has 40000 MB/s to it");
	free(text);
	read_text(FB_TEST_DATA "/topologies/nvidiaDGX2.v2.xml", &text, &size);
	/* A switch's class becomes that of a GPU. */
	place = strstr(text, "0680 [10de:1ac2]");
	assert_non_null(place);
	memcpy(place, "0302", 4);
	assert_int_equal(fb_survey_hwloc(&survey, "f", text, size, &err), -1);
	assert_string_equal(err.text, "f: more than 16 GPUs; a node may have 16");
	free(text);
}

static void test_files(void **state)
{
	struct fb_survey survey;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_survey_file(&survey, fb_survey_matrix, "/nonexistent/m", &err), -1);
	assert_string_equal(err.text, "/nonexistent/m: No such file or directory");
	assert_int_equal(fb_survey_file(&survey, fb_survey_matrix, "/", &err), -1);
	assert_string_equal(err.text, "/: Is a directory");
	assert_int_equal(fb_survey_file(&survey, fb_survey_matrix, "/dev/zero", &err), -1);
	assert_string_equal(err.text, "/dev/zero: more than 16 MiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nccl),	  cmocka_unit_test(test_limits),	 cmocka_unit_test(test_matrix), cmocka_unit_test(test_hwloc),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_hwloc_dies), cmocka_unit_test(test_altered_hwloc),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading ibnetdiscover's output: the real fabric, each form of a line, what is refused with which words, running it. */
#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/topo/ibnet.h"
#include "ib_text.h"
#include "remove_tree.h"

#define SUPERPOD FB_TEST_DATA "/fabrics/superpod-ndr-rail.ibnetdiscover"
#define SWITCH "Switch\t36 \"S-a\"\t\t# \"leaf\" base port 0 lid 1 lmc 0\n"
#define CA "Ca\t1 \"H-b\"\t\t# \"n1 mlx5_0\"\n"
#define DOWN "[1]\t\"H-b\"[1](b) \t\t# \"n1 mlx5_0\" lid 2 4xHDR\n"
#define UP "[1](b) \t\"S-a\"[1]\t\t# lid 2 lmc 0 \"leaf\" lid 1 4xHDR\n"

static int parse(struct fb_ibnet *net, const char *text, struct fb_err *err)
{
	return fb_ibnet_parse(net, "f.ib", text, strlen(text), err);
}

static void test_reads_the_superpod(void **state)
{
	size_t kind[3] = { 0 };
	struct fb_ibnet net;
	struct fb_err err;

	(void)state;
	if (fb_ibnet_read(&net, SUPERPOD, &err))
		fail_msg("%s", err.text);
	for (size_t n = 0; n < net.nodes; n++)
		kind[net.node[n].kind]++;
	assert_int_equal(kind[FB_IBNET_SWITCH], 40);
	assert_int_equal(kind[FB_IBNET_ADAPTER], 582);
	assert_int_equal(kind[FB_IBNET_ROUTER], 0);
	/* Each cable has two ends, and each is the other's. */
	for (size_t p = 0; p < net.ports; p++) {
		assert_int_equal(net.port[net.port[p].peer].peer, p);
		assert_double_equal(net.port[p].gbps, 50, 0);
	}
	const struct fb_ibnet_node *leaf = fb_ibnet_find(&net, 0x2c5eab0300b87b40);
	assert_string_equal(leaf->text, "MF0;A09-P1-IBLEAF-04-04:MQM9701/U1");
	assert_int_equal(leaf->ports, 34);
	const struct fb_ibnet_port *first = &net.port[leaf->first], *other = &net.port[first->peer];
	assert_int_equal(first->number, 1);
	assert_string_equal(net.node[other->node].text, "a08-p1-dgx-04-c01 mlx5_5");
	assert_true(other->guid == 0xe09d7303007a4bd8);
	assert_null(fb_ibnet_find(&net, 1));
	fb_ibnet_free(&net);
}

static void test_accepts(void **state)
{
	static const struct {
		const char *text;
		double gbps;
	} table[] = {
		{ SWITCH DOWN CA UP, 25 },
		{ "# comment\r\nvendid=0x2c9\r\n" SWITCH DOWN "\r\n" CA UP, 25 },
		/* Directors' numbers on the case, and headings of -g. */
		{ "Chassis 1 (guid 0x1)\n" SWITCH "[1][ext 5]\t\"H-b\"[1](b) \t\t# \"n\" lid 2 1xSDR\nNon-Chassis Nodes\n" CA
		  "[1](b) \t\"S-a\"[1][ext 5]\t\t# lid 2 lmc 0 \"leaf\" lid 1 1xSDR\n", 0.25 },
		/* Quotes in a description, FDR10 as older ones print it, a rate that is not known. */
		{ SWITCH "[1]\t\"H-b\"[1](b) \t\t# \"the \"new\" one\" lid 2 4x FDR10\n" CA UP, 5 },
		{ SWITCH "[1]\t\"H-b\"[1](b) \t\t# \"n1\" lid 2 4xYDR\n" CA UP, 0 },
		{ SWITCH "[1]\t\"H-b\"[1](b) \t\t# \"n1\"\n" CA UP, 0 },
		/* No last line break; a cable from a switch to itself; a router. */
		{ SWITCH "[1]\t\"S-a\"[2]\t\t# \"leaf\" lid 1 4xEDR\n[2]\t\"S-a\"[1]\t\t# \"leaf\" lid 1 4xEDR", 12.5 },
		{ SWITCH "[1]\t\"R-c\"[1](c) \t\t# \"r\" lid 1 4xXDR\nRt\t2 \"R-c\"\t\t# \"r\"\n[1](c) \t\"S-a\"[1]\t\t# lid 1 lmc 0 \"leaf\" lid 1 4xXDR\n",
		  100 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_ibnet net;
		struct fb_err err = { "" };

		if (parse(&net, table[i].text, &err))
			fail_msg("%s: %s", table[i].text, err.text);
		if (net.port[0].gbps < table[i].gbps || net.port[0].gbps > table[i].gbps)
			fail_msg("%s: %f GB/s", table[i].text, net.port[0].gbps);
		fb_ibnet_free(&net);
	}
}

static void test_refuses(void **state)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{ "", "f.ib:1: no switch and no adapter is in it" },
		{ "# only a comment\n", "f.ib:1: no switch and no adapter is in it" },
		{ SWITCH, "f.ib:1: no cable is in it; it was cut, or the fabric is down" },
		{ "hello\n", "f.ib:1: 'hello' does not begin a line of ibnetdiscover's output" },
		{ "Switch\t: 0x0002 ports 36 \"x\"\n", "f.ib:1: this is no line of a node" },
		{ "Switch\t36 \"H-a\"\t\t# \"leaf\"\n", "f.ib:1: this is no line of a node" },
		{ "Switch\t0 \"S-a\"\t\t# \"leaf\"\n", "a node of 0 ports; 1 to 254 are possible" },
		{ "Switch\t255 \"S-a\"\t\t# \"leaf\"\n", "a node of 255 ports; 1 to 254 are possible" },
		{ "Switch\t36 \"S-a\"\t\t# leaf\n", "a node without a description" },
		{ "Switch\t36 \"S-12345678123456789\"\t\t# \"l\"\n", "f.ib:1: this is no line of a node" },
		{ "sysimgguid=0xzz\n", "a system image GUID that is no number" },
		{ DOWN, "f.ib:1: a port before any node" },
		{ SWITCH "[1]\t\"H-b\"(b) \t\t# \"n\" lid 2 4xHDR\n", "f.ib:2: this is no line of a port" },
		{ SWITCH "[37]\t\"H-b\"[1](b) \t\t# \"n\" lid 2 4xHDR\n", "f.ib:2: port 37 of a node that has 36" },
		{ SWITCH "[5000]\t\"H-b\"[1](b) \t\t# \"n\" lid 2 4xHDR\n", "f.ib:2: port 5000 of a node that has 36" },
		{ SWITCH "[0]\t\"H-b\"[1](b) \t\t# \"n\" lid 2 4xHDR\n", "f.ib:2: port 0 of a node" },
		{ SWITCH DOWN DOWN CA UP, "f.ib:3: port 1 of the node is there twice" },
		{ SWITCH DOWN CA UP CA UP, "f.ib:5: the node 000000000000000b is there a second time; the first is in line 3" },
		/* Cut after a line, in a line, and at a node. */
		{ SWITCH DOWN, "f.ib:2: the cable leads to 000000000000000b, which is nowhere in the text; it was cut" },
		{ SWITCH DOWN CA, "f.ib:2: the cable leads to port 1 of 000000000000000b, which is nowhere in the text" },
		{ SWITCH DOWN CA "[1](b) \t\"S-", "f.ib:4: this is no line of a port" },
		/* Ends that do not fit. */
		{ SWITCH "[1]\t\"S-b\"[1]\t\t# \"n\" lid 2 4xHDR\n" CA UP, "f.ib:2: the cable leads to 000000000000000b, which is nowhere" },
		{ SWITCH DOWN "[2]\t\"H-b\"[1](b) \t\t# \"n\" lid 2 4xHDR\n" CA UP, "f.ib:3: the cable leads to port 1 of 000000000000000b, which by line 5 has another cable" },
		{ SWITCH "[1]\t\"H-b\"[300](b) \t\t# \"n\" lid 2 4xHDR\n" CA UP, "the cable leads to port 300" },
		{ "Switch\t36 \"S-a\"\t\t# \"le\x1b[31maf\"\n", "f.ib:1: a control character (0x1b) in column 23" },
		{ "Switch\t36 \"S-a\"\t\t# \"le\x7f" "af\"\n", "a control character (0x7f)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_ibnet net;
		struct fb_err err = { "" };

		if (!parse(&net, table[i].text, &err))
			fail_msg("accepted: %s", table[i].text);
		check_contains(err.text, table[i].message);
		assert_int_equal(net.nodes, 0);
		assert_null(net.node);
	}
}

static void test_refuses_bytes(void **state)
{
	char line[2048], nul[] = SWITCH;
	struct fb_ibnet net;
	struct fb_err err;

	(void)state;
	memset(line, '#', sizeof(line));
	assert_int_equal(fb_ibnet_parse(&net, "f.ib", line, 1023, &err), -1);
	check_contains(err.text, "no switch");
	assert_int_equal(fb_ibnet_parse(&net, "f.ib", line, 1024, &err), -1);
	assert_string_equal(err.text, "f.ib:1: a line of 1024 characters; at most 1023 are allowed");
	nul[10] = '\0';
	assert_int_equal(fb_ibnet_parse(&net, "f.ib", nul, sizeof(nul) - 1, &err), -1);
	check_contains(err.text, "a control character (0x00)");
	snprintf(line, sizeof(line), "Switch\t36 \"S-a\"\t\t# \"%0128d\"\n", 0);
	assert_int_equal(parse(&net, line, &err), -1);
	check_contains(err.text, "a description of at most 127 characters");
}

/* A file that was cut anywhere is refused, unless only the end of its last line is missing. */
static void test_refuses_what_was_cut(void **state)
{
	struct ib *ib = ib_new();
	size_t size;

	(void)state;
	unsigned int leaf = ib_add(ib, 'S', "leaf"), spine = ib_add(ib, 'S', "spine");
	ib_adapter(ib, leaf, "4xNDR", "n1 mlx5_0");
	ib_join(ib, leaf, spine, 2, "4xNDR");
	char *text = ib_text(ib, &size), *last = text + size - 1;
	while (last[-1] != '\n')
		last--;
	for (size_t cut = 0; cut < (size_t)(last - text); cut++) {
		struct fb_ibnet net;
		struct fb_err err = { "" };

		if (!fb_ibnet_parse(&net, "f.ib", text, cut, &err))
			fail_msg("accepted when cut at %zu", cut);
		assert_int_equal(strncmp(err.text, "f.ib:", 5), 0);
	}
	free(text);
}

/* 5,000 adapters do not fit on a switch; 254 do. */
static void test_full_switch(void **state)
{
	(void)state;
	for (unsigned int adapters = 254; adapters <= 5000; adapters += 4746) {
		struct fb_ibnet net;
		struct fb_err err = { "" };
		char *text = NULL;
		size_t size;
		FILE *stream = open_memstream(&text, &size);

		fprintf(stream, "Switch\t%u \"S-a\"\t\t# \"leaf\" base port 0 lid 1 lmc 0\n", adapters);
		for (unsigned int a = 1; a <= adapters; a++)
			fprintf(stream, "[%u]\t\"H-%x\"[1](%x) \t\t# \"n%u mlx5_0\" lid 2 4xHDR\n", a, 0x100 + a, 0x100 + a, a);
		for (unsigned int a = 1; a <= adapters; a++)
			fprintf(stream, "Ca\t1 \"H-%x\"\t\t# \"n%u mlx5_0\"\n[1](%x) \t\"S-a\"[%u]\t\t# lid 2 lmc 0 \"leaf\" lid 1 4xHDR\n", 0x100 + a, a,
				0x100 + a, a);
		fclose(stream);
		int rc = fb_ibnet_parse(&net, "f.ib", text, size, &err);
		if (adapters > 254) {
			assert_int_equal(rc, -1);
			assert_string_equal(err.text, "f.ib:1: a node of 5000 ports; 1 to 254 are possible");
		} else {
			assert_int_equal(rc, 0);
			assert_int_equal(net.ports, 508);
			fb_ibnet_free(&net);
		}
		free(text);
	}
}

static void test_rates(void **state)
{
	static const struct {
		const char *rate;
		double gbps;
	} table[] = { { "1xSDR", 0.25 }, { "4xSDR", 1 },  { "4xDDR", 2 },    { "4xQDR", 4 },	{ "4xFDR10", 5 }, { "4xFDR", 6.82 }, { "4xEDR", 12.5 },
		      { "2xHDR", 12.5 }, { "4xHDR", 25 }, { "4xNDR", 50 },   { "8xNDR", 100 },	{ "4xXDR", 100 }, { "12xQDR", 12 },  { "4xMDR", 0 },
		      { "xHDR", 0 },	 { "", 0 },	  { "0xHDR", 0 },    { "13xHDR", 0 },	{ "4HDR", 0 },	  { "4x", 0 },	     { "-4xHDR", 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_double_equal(fb_ibnet_rate_gbps(table[i].rate), table[i].gbps, 1e-9);
}

/* A program for one test: what a shell does with these lines. */
static void program(const char *folder, char *path, size_t size, const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", lines);
	write_file(folder, "ibnetdiscover", text);
	snprintf(path, size, "%s/ibnetdiscover", folder);
	assert_int_equal(chmod(path, 0755), 0);
}

static void test_runs_ibnetdiscover(void **state)
{
	static const struct {
		const char *lines;
		unsigned int seconds;
		const char *message; /* NULL: it works */
	} table[] = {
		{ "echo ibwarn: noise >&2; cat " SUPERPOD, 60, NULL },
		{ "echo first >&2; echo 'ibpanic: cannot open UMAD port' >&2; exit 3", 60, "failed with exit status 3: ibpanic: cannot open UMAD port" },
		{ "exit 1", 60, "failed with exit status 1: it gave no reason" },
		{ "kill -9 $$", 60, "was ended by signal 9" },
		{ "echo hello", 60, "ibnetdiscover:1: 'hello' does not begin a line" },
		{ "sleep 300 & sleep 300", 1, "is not done after 1 seconds: the fabric does not answer; see ibstat" },
		{ ":", 60, "no switch and no adapter is in it" },
	};
	char folder[256], path[512];

	(void)state;
	make_temporary(folder, sizeof(folder));
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_ibnet net;
		struct fb_err err = { "" };

		program(folder, path, sizeof(path), table[i].lines);
		int rc = fb_ibnet_run(&net, path, table[i].seconds, &err);
		if (table[i].message) {
			assert_int_equal(rc, -1);
			check_contains(err.text, table[i].message);
			continue;
		}
		if (rc)
			fail_msg("%s", err.text);
		assert_int_equal(net.nodes, 622);
		fb_ibnet_free(&net);
	}
	remove_tree(folder);
}

static void test_misses_ibnetdiscover(void **state)
{
	struct fb_ibnet net;
	struct fb_err err;

	(void)state;
	assert_int_equal(fb_ibnet_run(&net, "no-such-program", 60, &err), -1);
	assert_string_equal(err.text, "no-such-program: is not installed; install infiniband-diags, or give its output as a file");
	assert_int_equal(fb_ibnet_read(&net, "/nonexistent", &err), -1);
	assert_string_equal(err.text, "/nonexistent: No such file or directory");
	assert_int_equal(fb_ibnet_read(&net, "/", &err), -1);
	assert_string_equal(err.text, "/: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_the_superpod), cmocka_unit_test(test_accepts),	     cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_refuses_bytes),	   cmocka_unit_test(test_refuses_what_was_cut), cmocka_unit_test(test_full_switch),
		cmocka_unit_test(test_rates),		   cmocka_unit_test(test_runs_ibnetdiscover),   cmocka_unit_test(test_misses_ibnetdiscover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slurm's own files, read as Slurm reads them: plugstack.conf, gres.conf; and the version in a shared object. */
#include "findings.h"

#include <errno.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/check_gres.h"
#include "flightbase/elf_symbol.h"
#include "flightbase/plugstack.h"
#include "remove_tree.h"

static void test_plugstack_line(void **state)
{
	static const struct {
		const char *line;
		enum fb_plugstack_kind kind;
		const char *path;
	} table[] = {
		{ "", FB_PLUGSTACK_NOTHING, NULL },
		{ "  # required a.so\n", FB_PLUGSTACK_NOTHING, NULL },
		{ "required a.so\n", FB_PLUGSTACK_REQUIRED, "a.so" },
		{ "\toptional /lib/a.so arg=1 # why\n", FB_PLUGSTACK_OPTIONAL, "/lib/a.so" },
		{ "include plugstack.conf.d/*.conf\n", FB_PLUGSTACK_INCLUDE, "plugstack.conf.d/*.conf" },
		{ "required", FB_PLUGSTACK_BAD, NULL },
		{ "require a.so", FB_PLUGSTACK_BAD, "a.so" },
		{ "a.so required", FB_PLUGSTACK_BAD, "required" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_plugstack_line line;
		char text[128];

		snprintf(text, sizeof(text), "%s", table[i].line);
		fb_plugstack_parse(text, &line);
		assert_int_equal(line.kind, table[i].kind);
		if (table[i].path)
			assert_string_equal(line.path, table[i].path);
	}
}

static void test_plugstack_files(void **state)
{
	struct fb_plugstack_entry entry;
	char dir[512], path[600], where[600];
	struct fb_err err;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/plugstack.conf", dir);
	assert_int_equal(fb_plugstack_find(path, "ours.so", &entry, &err), 0);
	assert_false(entry.there);
	snprintf(where, sizeof(where), "%s/d", dir);
	assert_int_equal(mkdir(where, 0700), 0);
	write_file(dir, "plugstack.conf", "required other.so\ninclude d/*.conf\ninclude none/*\nrequired ours.so second\n");
	write_file(dir, "d/1.conf", "# nothing\n");
	write_file(dir, "d/2.conf", "\noptional /lib/ours.so\n");
	assert_int_equal(fb_plugstack_find(path, "ours.so", &entry, &err), 0);
	assert_true(entry.there);
	assert_false(entry.required);
	assert_string_equal(entry.path, "/lib/ours.so");
	snprintf(where, sizeof(where), "%s/d/2.conf:2", dir);
	assert_string_equal(entry.where, where);
	write_file(dir, "d/2.conf", "nonsense\n");
	assert_int_equal(fb_plugstack_find(path, "ours.so", &entry, &err), -1);
	check_contains(err.text, "d/2.conf:1: not a line of 'required', 'optional' or 'include'");
	write_file(dir, "d/2.conf", "include 2.conf\n");
	assert_int_equal(fb_plugstack_find(path, "ours.so", &entry, &err), -1);
	check_contains(err.text, "includes more than 8 deep");
	remove_tree(dir);
}

static void test_gres_lines(void **state)
{
	static const struct {
		const char *line;
		size_t errors, warnings;
		const char *text, *fix;
	} table[] = {
		{ "NodeName=n[1-2] Name=gpu Type=v100 File=/dev/nvidia0 Cores=0-31", 0, 0, NULL, NULL },
		{ "name=GPU TYPE=v100 file=/dev/nvidia0 cpus=0-31 # old word", 0, 0, NULL, NULL },
		{ "Name=nic File=/dev/x", 0, 0, NULL, NULL },
		{ "AutoDetect=off", 0, 0, NULL, NULL },
		{ "Name=gpu File=/dev/nvidia0 Cores=0-31", 1, 0, "lacks Type=:",
		  "Name=gpu Type=MODEL File=/dev/nvidia0 Cores=0-31" },
		{ "NodeName=n1 Name=gpu Type=v100 File=/dev/nvidia0", 1, 0, "lacks Cores=:",
		  "NodeName=n1 Name=gpu Type=v100 File=/dev/nvidia0 Cores=FIRST-LAST" },
		{ "Name=gpu File=/dev/nvidia[0-7]", 1, 0, "lacks Type= and Cores=:", NULL },
		{ "Name=gpu Type=v100 Count=8 Cores=0", 1, 0, "lacks File=", "File=/dev/nvidiaN" },
		{ "Name=gpu", 2, 0, "lacks Type= and Cores=:", NULL },
		{ "Name=gpu Type=v100 File=/dev/nvidia0 Cores=0 Links=-1,4", 0, 1, "has Links=",
		  "Name=gpu Type=v100 File=/dev/nvidia0 Cores=0 " },
		{ "AutoDetect=nvml", 0, 1, "AutoDetect=nvml adds Links= by itself", "AutoDetect=off" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_report report = { .count = 0 };
		struct fb_gres_line line;
		char text[256];

		snprintf(text, sizeof(text), "%s", table[i].line);
		assert_int_equal(fb_gres_conf_parse(text, &line), 0);
		fb_check_gres_line("gres.conf:3", &line, &report);
		check_counts(&report, table[i].errors, table[i].warnings);
		if (table[i].text)
			check_finding(&report, table[i].errors ? FB_ERROR : FB_WARNING, "gres.conf:3", table[i].text, table[i].fix);
		fb_report_free(&report);
	}
}

static void test_gres_bad(void **state)
{
	static const char *const table[] = { "Name", "Name gpu", "=gpu", "Name=\"gpu", "include ", "Name=gpu Type" };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct fb_gres_line line;
		char text[64];

		snprintf(text, sizeof(text), "%s", table[i]);
		if (!fb_gres_conf_parse(text, &line))
			fail_msg("'%s' was accepted", table[i]);
	}
}

struct seen {
	size_t count;
	char where[8][600];
	char file[8][64];
};

static void see(void *context, const char *where, const struct fb_gres_line *line)
{
	struct seen *seen = context;

	assert_in_range(seen->count, 0, 7);
	snprintf(seen->where[seen->count], sizeof(seen->where[0]), "%s", where);
	snprintf(seen->file[seen->count++], sizeof(seen->file[0]), "%s", line->file ? line->file : "");
}

static void test_gres_file(void **state)
{
	struct seen seen = { .count = 0 };
	char dir[512], path[600], where[600];
	struct fb_err err;

	(void)state;
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/gres.conf", dir);
	assert_int_equal(fb_gres_conf_read(path, see, &seen, &err), -1);
	assert_int_equal(errno, ENOENT);
	write_file(dir, "gres.conf", "# GPUs\n\nName=gpu Type=v100 \\\n  File=\"/dev/nvidia0\" Cores=0\ninclude more.conf\nName=gpu File=/dev/nvidia2");
	write_file(dir, "more.conf", "Name=gpu File=/dev/nvidia1\r\n");
	assert_int_equal(fb_gres_conf_read(path, see, &seen, &err), 0);
	assert_int_equal(seen.count, 3);
	assert_string_equal(seen.file[0], "/dev/nvidia0");
	assert_string_equal(seen.file[1], "/dev/nvidia1");
	assert_string_equal(seen.file[2], "/dev/nvidia2");
	snprintf(where, sizeof(where), "%s/more.conf:1", dir);
	assert_string_equal(seen.where[1], where);
	snprintf(where, sizeof(where), "%s:6", path);
	assert_string_equal(seen.where[2], where);
	write_file(dir, "more.conf", "oops\n");
	assert_int_equal(fb_gres_conf_read(path, see, &seen, &err), -1);
	check_contains(err.text, "more.conf:1: not a line of KEY=VALUE");
	write_file(dir, "more.conf", "include gres.conf\n");
	seen.count = 0;
	write_file(dir, "gres.conf", "include more.conf\n");
	assert_int_equal(fb_gres_conf_read(path, see, &seen, &err), -1);
	check_contains(err.text, "includes more than 8 deep");
	remove_tree(dir);
}

/* This program has such a constant, as a plugin has its plugin_version. */
extern const uint32_t fb_test_version;
__attribute__((used, visibility("default"))) const uint32_t fb_test_version = 0x180b05;

static void test_elf(void **state)
{
	char dir[512], path[600];
	struct fb_err err;
	uint32_t value = 7;

	(void)state;
	assert_int_equal(fb_elf_symbol_read("/proc/self/exe", "fb_test_version", &value, &err), 0);
	assert_int_equal(value, 0x180b05);
	assert_int_equal(fb_elf_symbol_read("/proc/self/exe", "fb_no_such_version", &value, &err), -1);
	check_contains(err.text, "/proc/self/exe: exports no constant 'fb_no_such_version'");
	make_temporary(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/a.so", dir);
	assert_int_equal(fb_elf_symbol_read(path, "x", &value, &err), -1);
	assert_int_equal(errno, ENOENT);
	write_file(dir, "a.so", "");
	assert_int_equal(fb_elf_symbol_read(path, "x", &value, &err), -1);
	check_contains(err.text, "a.so: not a shared object");
	write_file(dir, "a.so", "#!/bin/sh\nexit 0\n");
	assert_int_equal(fb_elf_symbol_read(path, "x", &value, &err), -1);
	assert_int_equal(fb_elf_symbol_read(dir, "x", &value, &err), -1);
	assert_int_equal(value, 0x180b05);
	remove_tree(dir);
}

/* Cut short anywhere, and with any byte of its tables changed, it is refused or read, and nothing is touched outside. */
static void test_elf_damaged(void **state)
{
	FILE *file = fopen("/proc/self/exe", "r");
	unsigned char head[sizeof(ElfW(Ehdr))];
	uint32_t value;

	(void)state;
	assert_non_null(file);
	assert_int_equal(fread(head, sizeof(head), 1, file), 1);
	fclose(file);
	for (size_t size = 0; size < sizeof(head); size++) {
		unsigned char *copy = malloc(size + 1);

		memcpy(copy, head, size);
		assert_int_equal(fb_elf_symbol_find(copy, size, "x", &value), -1);
		free(copy);
	}
	for (size_t i = 0; i < sizeof(head); i++)
		for (int bit = 0; bit < 8; bit++) {
			unsigned char *copy = malloc(sizeof(head));

			memcpy(copy, head, sizeof(head));
			copy[i] ^= (unsigned char)(1 << bit);
			assert_int_equal(fb_elf_symbol_find(copy, sizeof(head), "x", &value), -1);
			free(copy);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plugstack_line), cmocka_unit_test(test_plugstack_files), cmocka_unit_test(test_gres_lines),
		cmocka_unit_test(test_gres_bad), cmocka_unit_test(test_gres_file), cmocka_unit_test(test_elf),
		cmocka_unit_test(test_elf_damaged),
	};

	return cmocka_run_group_tests_name("conf_files", tests, NULL, NULL);
}

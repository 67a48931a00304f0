/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gate of a workspace's directories: what it is taken for, and that each way of letting people in replaces the other. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flightbase/gate.h"
#include "remove_tree.h"

enum { BOB = 9002, CAROL };

static void check_gate(int fd, enum fb_gate_form expected, size_t entries)
{
	enum fb_gate_form form;
	uid_t *users;
	size_t count;

	assert_int_equal(fb_gate_read(fd, &users, &count, &form), 0);
	free(users);
	assert_int_equal(form, expected);
	assert_int_equal(count, entries);
}

static mode_t mode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_mode & 07777;
}

/* Modes alone. */
static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		enum fb_gate_form form;
	} cases[] = {
		{ 0700, FB_GATE_NAMED }, { 0770, FB_GATE_GROUP }, { 02770, FB_GATE_GROUP }, { 0750, FB_GATE_ODD },
		{ 0710, FB_GATE_ODD },	 { 0771, FB_GATE_ODD },	  { 0701, FB_GATE_ODD },    { 0500, FB_GATE_ODD },
		{ 0570, FB_GATE_ODD },	 { 0070, FB_GATE_ODD },	  { 0, FB_GATE_ODD },
	};
	char dir[256];

	(void)state;
	make_temporary(dir, sizeof(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(fchmod(fd, cases[i].mode), 0);
		check_gate(fd, cases[i].form, 0);
		assert_int_equal(fb_gate_open_group(fd), 0);
		check_gate(fd, FB_GATE_GROUP, 0);
		assert_int_equal(mode_of(fd), (cases[i].mode & 07000) | 0770);
		assert_int_equal(fb_gate_add(fd, NULL, 0), 0);
		check_gate(fd, FB_GATE_NAMED, 0);
		assert_int_equal(mode_of(fd), (cases[i].mode & 07000) | 0700);
	}
	close(fd);
	remove_tree(dir);
}

/* Entries: they come, some go, and a group takes the place of all. */
static void test_entries(void **state)
{
	static const uid_t both[] = { BOB, CAROL };
	char dir[256];

	(void)state;
	make_temporary(dir, sizeof(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	if (fb_gate_add(fd, both, 2)) {
		assert_int_equal(errno, ENOTSUP);
		close(fd);
		remove_tree(dir);
		skip();
	}
	check_gate(fd, FB_GATE_NAMED, 2);
	/* What a mode says of the group is the mask then. */
	assert_int_equal(fchmod(fd, 0750), 0);
	check_gate(fd, FB_GATE_ODD, 2);
	assert_int_equal(fb_gate_add(fd, both, 1), 0);
	check_gate(fd, FB_GATE_NAMED, 2);
	assert_int_equal(fb_gate_keep(fd, both, 1), 0);
	check_gate(fd, FB_GATE_NAMED, 1);
	assert_int_equal(fb_gate_open_group(fd), 0);
	check_gate(fd, FB_GATE_GROUP, 0);
	assert_int_equal(fb_gate_add(fd, both, 2), 0);
	check_gate(fd, FB_GATE_NAMED, 2);
	close(fd);
	remove_tree(dir);
}

/* A group's rights beside somebody's entry: neither of the two ways. */
static void test_mixed(void **state)
{
	char dir[256];

	(void)state;
	make_temporary(dir, sizeof(dir));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	acl_t acl = acl_from_text("u::rwx,u:9002:rwx,g::rwx,m::rwx,o::---");
	assert_true(fd >= 0 && acl);
	if (!acl_set_fd(fd, acl)) {
		check_gate(fd, FB_GATE_ODD, 1);
		acl_free(acl);
		assert_non_null(acl = acl_from_text("u::rwx,g::rwx,g:9002:r-x,m::rwx,o::---"));
		assert_int_equal(acl_set_fd(fd, acl), 0);
		check_gate(fd, FB_GATE_ODD, 0);
		assert_int_equal(fb_gate_open_group(fd), 0);
		check_gate(fd, FB_GATE_GROUP, 0);
	} else {
		assert_int_equal(errno, ENOTSUP);
	}
	acl_free(acl);
	close(fd);
	remove_tree(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_modes), cmocka_unit_test(test_entries), cmocka_unit_test(test_mixed) };

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}

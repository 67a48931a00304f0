/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <stdbool.h>

#include "job_submit/members.h"

#define ACCOUNTS 1000
#define USERS 100

/* Another for each pair. */
static uint32_t id_of(uint32_t account, uint32_t user)
{
	return account * USERS + user + 1;
}

static void test_all_and_only(void **state)
{
	struct fb_members *members = fb_members_create(ACCOUNTS * USERS);
	char account[32];

	(void)state;
	assert_non_null(members);
	for (int a = 0; a < ACCOUNTS; a++)
		for (uint32_t u = 0; u < USERS; u++) {
			snprintf(account, sizeof(account), "ws-%d", a);
			fb_members_add(members, 2 * (u + (uint32_t)a), account, id_of((uint32_t)a, u));
		}
	for (int a = 0; a < ACCOUNTS; a++)
		for (uint32_t u = 0; u < 2 * (ACCOUNTS + USERS); u++) {
			snprintf(account, sizeof(account), "ws-%d", a);
			bool is = u % 2 == 0 && u / 2 >= (uint32_t)a && u / 2 < (uint32_t)a + USERS;
			if (fb_members_find(members, u, account) != (is ? id_of((uint32_t)a, u / 2 - (uint32_t)a) : 0))
				fail_msg("user %u, account %s: %u", u, account, fb_members_find(members, u, account));
		}
	fb_members_destroy(members);
}

/* Never fuller than half, so that a look-up always ends; the same pair twice is one. */
static void test_full(void **state)
{
	struct fb_members *members = fb_members_create(0);
	size_t held = 0;

	(void)state;
	for (uint32_t u = 0; u < 1000; u++) {
		fb_members_add(members, u, "vision", u + 1);
		fb_members_add(members, u, "vision", 7777);
	}
	for (uint32_t u = 0; u < 1000; u++)
		held += fb_members_find(members, u, "vision") == u + 1;
	assert_int_equal(held, 32);
	assert_int_equal(fb_members_find(members, 1000, "vision"), 0);
	assert_int_equal(fb_members_find(members, 0, ""), 0);
	fb_members_destroy(members);
	fb_members_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_and_only), cmocka_unit_test(test_full) };

	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}

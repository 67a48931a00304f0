/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <stdbool.h>

#include "job_submit/members.h"

#define ACCOUNTS 1000
#define USERS 100

/* Another for each pair. */
static struct fb_member member_of(uint32_t account, uint32_t user)
{
	return (struct fb_member){ account, user, account + user, 7 };
}

static bool is_known(const struct fb_members *members, uint32_t uid, const char *account, struct fb_member expected)
{
	const struct fb_member *found = fb_members_find(members, uid, account);

	return found && !memcmp(found, &expected, sizeof(expected));
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
			struct fb_member member = member_of((uint32_t)a, u);
			fb_members_add(members, 2 * (u + (uint32_t)a), account, &member);
		}
	for (int a = 0; a < ACCOUNTS; a++)
		for (uint32_t u = 0; u < 2 * (ACCOUNTS + USERS); u++) {
			snprintf(account, sizeof(account), "ws-%d", a);
			bool is = u % 2 == 0 && u / 2 >= (uint32_t)a && u / 2 < (uint32_t)a + USERS;
			if (is ? !is_known(members, u, account, member_of((uint32_t)a, u / 2 - (uint32_t)a))
			       : fb_members_find(members, u, account) != NULL)
				fail_msg("user %u, account %s: expected %d", u, account, is);
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
		struct fb_member member = member_of(1, u), other = member_of(2, u);
		fb_members_add(members, u, "vision", &member);
		fb_members_add(members, u, "vision", &other);
	}
	for (uint32_t u = 0; u < 1000; u++)
		held += is_known(members, u, "vision", member_of(1, u));
	assert_int_equal(held, 32);
	assert_null(fb_members_find(members, 1000, "vision"));
	assert_null(fb_members_find(members, 0, ""));
	fb_members_destroy(members);
	fb_members_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_all_and_only), cmocka_unit_test(test_full) };

	return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}

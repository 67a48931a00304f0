/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time and lengths of time, in zones with and without daylight saving. */
#include "check.h"

#include "common/duration.h"
#include "common/instant.h"

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void test_instants(void **state)
{
	/* Seconds by `date -d`, in the zone. */
	static const struct {
		const char *zone, *text;
		enum fb_instant_edge edge;
		time_t expected;
	} cases[] = {
		{ "UTC", "2026-12-01", FB_INSTANT_BEGIN, 1796083200 },
		{ "UTC", "2026-12-01", FB_INSTANT_END, 1796169600 },
		{ "Asia/Seoul", "2026-12-01", FB_INSTANT_BEGIN, 1796050800 },
		{ "Asia/Seoul", "2027-12-31", FB_INSTANT_END, 1830178800 + 86400 },
		/* The day on which the clock goes forward has 23 hours, the one on which it goes back 25. */
		{ "Europe/Berlin", "2027-03-28", FB_INSTANT_BEGIN, 1806188400 },
		{ "Europe/Berlin", "2027-03-28", FB_INSTANT_END, 1806188400 + 23 * 3600 },
		{ "Europe/Berlin", "2027-10-31", FB_INSTANT_BEGIN, 1824933600 },
		{ "Europe/Berlin", "2027-10-31", FB_INSTANT_END, 1824933600 + 25 * 3600 },
		/* A zone of its own does not depend on where it is read. */
		{ "Asia/Seoul", "2026-12-01Z", FB_INSTANT_BEGIN, 1796083200 },
		{ "UTC", "2026-12-01+09:00", FB_INSTANT_BEGIN, 1796050800 },
		{ "UTC", "2026-12-01-05:30", FB_INSTANT_END, 1796169600 + 5 * 3600 + 1800 },
		{ "Asia/Seoul", "2026-12-01T00:00Z", FB_INSTANT_BEGIN, 1796083200 },
		{ "UTC", "2026-12-01T18:30:05", FB_INSTANT_END, 1796083200 + 18 * 3600 + 1805 },
		{ "Europe/Berlin", "2027-07-01T12:00", FB_INSTANT_END, 1814436000 },
		{ "UTC", "2028-02-29", FB_INSTANT_BEGIN, 1835395200 },
	};
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		time_t instant = 0;

		set_zone(cases[i].zone);
		if (fb_instant_parse(cases[i].text, cases[i].edge, &instant, &err))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (instant != cases[i].expected)
			fail_msg("%s in %s: %lld, not %lld", cases[i].text, cases[i].zone, (long long)instant,
				 (long long)cases[i].expected);
	}
	set_zone("UTC");
}

static void test_bad_instants(void **state)
{
	static const char *const dates[] = { "", "today", "2026", "2026-13-01", "2026-00-10", "2026-02-30", "2027-02-29", "26-01-01",
					     "1999-01-01", "2200-01-01", " 2026-01-01", "-2026-01-01", "2026-1-1" };
	static const char *const times[] = { "2026-01-01T", "2026-01-01T24:00", "2026-01-01T12", "2026-01-01T12:60", "2026-01-01T12:00:60",
					     "2026-01-01T12:00:" };
	static const char *const behind[] = { "2026-01-01 12:00", "2026-01-01Zulu", "2026-01-01+15:00", "2026-01-01T12:00+9", "2026-01-01x" };
	time_t instant;
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		assert_int_equal(fb_instant_parse(dates[i], FB_INSTANT_BEGIN, &instant, &err), -1);
		check_contains(err.text, "is not a date: YYYY-MM-DD");
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_int_equal(fb_instant_parse(times[i], FB_INSTANT_BEGIN, &instant, &err), -1);
		check_contains(err.text, "is not a time: ");
	}
	for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
		assert_int_equal(fb_instant_parse(behind[i], FB_INSTANT_BEGIN, &instant, &err), -1);
		check_contains(err.text, "something else behind it");
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint32_t minutes; /* 0: must fail */
		const char *written;
	} cases[] = {
		{ "30", 30, "00:30:00" },	{ "30:01", 31, "00:31:00" },   { "1:30:00", 90, "01:30:00" },
		{ "00:00:01", 1, "00:01:00" },	{ "2-3", 3060, "2-03:00:00" }, { "2-3:30", 3090, "2-03:30:00" },
		{ "1-0:0:0", 1440, "1-00:00:00" }, { "366-0", 527040, "366-00:00:00" },
		{ "", 0, NULL },		{ "0", 0, NULL },	       { "-5", 0, NULL },
		{ "1-", 0, NULL },		{ "1-2-3", 0, NULL },	       { "1:2:3:4", 0, NULL },
		{ "367-0", 0, NULL },		{ "1h", 0, NULL },	       { "99999999999", 0, NULL },
		{ "12345678901234567890-0", 0, NULL }, { ":5", 0, NULL },
	};
	struct fb_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t minutes = 0;
		char text[FB_DURATION_TEXT_MAX];

		if (fb_duration_parse(cases[i].text, &minutes, &err) != (cases[i].minutes ? 0 : -1))
			fail_msg("'%s' gave %u", cases[i].text, minutes);
		assert_int_equal(minutes, cases[i].minutes);
		if (!cases[i].minutes)
			continue;
		fb_duration_format(minutes, text, sizeof(text));
		assert_string_equal(text, cases[i].written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_instants), cmocka_unit_test(test_bad_instants),
					    cmocka_unit_test(test_durations) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

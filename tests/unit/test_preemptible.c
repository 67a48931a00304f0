/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which jobs are preemptible, by option or by the QOS they name, and that they stay what they are. */
#include "check.h"

#include "common/preemptible.h"

static void test_named(void **state)
{
	static const struct {
		const char *qos;
		bool named;
	} cases[] = {
		{ NULL, false },	   { "", false },	 { "scavenge", true },	  { "Scavenge", true },
		{ "scavenger", false },	   { "scav", false },	 { "a,scavenge", true },  { "scavenge,a", true },
		{ "a,SCAVENGE,b", true },  { "ascavenge", false }, { "a,scavenger", false }, { ",", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fb_preemptible_named(cases[i].qos, "scavenge"), cases[i].named);
}

static void test_decide(void **state)
{
	static const struct {
		bool option;
		const char *qos;
		bool preemptible;
		const char *message; /* NULL: granted */
	} cases[] = {
		{ false, NULL, false, NULL },
		{ false, "", false, NULL },
		{ false, "ws-nlp", false, NULL },
		{ false, "ws-nlp,normal", false, NULL },
		{ false, "preemptible", true, NULL },
		{ false, "PREEMPTIBLE", true, NULL },
		{ true, NULL, true, NULL },
		{ true, "", true, NULL },
		{ true, "preemptible", true, NULL },
		{ true, "ws-nlp", false,
		  "option '--preemptible': conflicts with --qos=ws-nlp: preemptible jobs run in QOS 'preemptible'; leave out --qos" },
		{ true, "preemptible,ws-nlp", false, "option '--qos': 'preemptible,ws-nlp' names the QOS of preemptible jobs" },
		{ false, "ws-nlp,preemptible", false,
		  "option '--qos': 'ws-nlp,preemptible' names the QOS of preemptible jobs, 'preemptible', among others: a job is "
		  "preemptible or not; give --preemptible without --qos, or leave 'preemptible' out" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool preemptible = false;
		struct fb_err err;

		assert_int_equal(fb_preemptible_decide(cases[i].option, cases[i].qos, "preemptible", &preemptible, &err),
				 cases[i].message ? -1 : 0);
		assert_int_equal(preemptible, cases[i].preemptible);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
	}
}

static void test_keep(void **state)
{
	static const struct {
		bool preemptible;
		const char *qos, *message; /* NULL: allowed */
	} cases[] = {
		{ false, "ws-nlp", NULL },
		{ false, "", NULL },
		{ true, "preemptible", NULL },
		{ true, "Preemptible", NULL },
		{ false, "preemptible",
		  "job '12': cannot be moved into QOS 'preemptible': a job stays preemptible or not, as it was submitted; cancel it and "
		  "submit it again with --preemptible" },
		{ false, "ws-nlp,preemptible", "cannot be moved into" },
		{ true, "ws-nlp", "job '12': cannot be moved out of QOS 'preemptible'" },
		{ true, "", "submit it again without --preemptible" },
		{ true, "preemptible,ws-nlp", "cannot be moved out of" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fb_err err;

		assert_int_equal(fb_preemptible_keep(12, cases[i].preemptible, cases[i].qos, "preemptible", &err),
				 cases[i].message ? -1 : 0);
		if (cases[i].message)
			check_contains(err.text, cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_named), cmocka_unit_test(test_decide),
					    cmocka_unit_test(test_keep) };

	return cmocka_run_group_tests_name("preemptible", tests, NULL, NULL);
}

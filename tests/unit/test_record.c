/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the controller's record of a job out of a comment that may be anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "topology/record.h"

static void test_records(void **state)
{
	static const struct {
		const char *line;
		bool off;
	} table[] = {
		{ "{\"flightbase\":1,\"workspace\":\"vision\",\"p2p\":\"off\"}", true },
		{ "{\"flightbase\":1,\"p2p\":\"off\",\"gpus\":8}", true },
		{ "{\"flightbase\":1, \"p2p\" : \"off\" }", true },
		{ "{\"flightbase\":1,\"p2p\":\"prefer\"}", false },
		{ "{\"flightbase\":1,\"p2p\":\"offs\"}", false },
		{ "{\"flightbase\":1,\"p2p\":0,\"x\":\"off\"}", false },
		{ "{\"flightbase\":1,\"name\":\"p2p\\\":\\\"off\\\"\"}", false },
		{ "{\"flightbase\":1,\"params\":{\"p2p\":\"off\"}}", false },
		{ "{\"flightbase\":1,\"list\":[\"p2p\",\"off\"]}", false },
		{ "{\"p2p\":\"off\"}", false },
		{ "my job, {\"flightbase\":1,\"p2p\":\"off\"}", false },
		{ "{\"flightbase\":1,\"p2p\":\"off", false },
		{ "{\"flightbase\":1,\"p2p\":", false },
		{ "{\"flightbase\":1,\"p2p\"", false },
		{ "{\"flightbase\":1,\"p2p\\", false },
		{ "{\"flightbase\":", false },
		{ "", false },
		{ NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(fb_record_is(table[i].line, "p2p", "off"), table[i].off);
}

/* What lies beyond the limit is not read. */
static void test_limit(void **state)
{
	size_t size = FB_RECORD_SIZE_MAX + 100;
	char *line = malloc(size);

	(void)state;
	assert_non_null(line);
	memset(line, ' ', size);
	memcpy(line, "{\"flightbase\":1,", 16);
	strcpy(line + size - 40, "\"p2p\":\"off\"}");
	assert_false(fb_record_is(line, "p2p", "off"));
	strcpy(line + 1000, "\"p2p\":\"off\"}");
	assert_true(fb_record_is(line, "p2p", "off"));
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_records), cmocka_unit_test(test_limit) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

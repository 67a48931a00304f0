/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/expect.h"

#include <stdint.h>
#include <stdio.h>

#include "coll/tool/model.h"

void fb_expect_row(struct fb_expect *expect, size_t bytes, double busbw)
{
	bool largest = expect->from == SIZE_MAX;

	if (expect->percent <= 0 || (!largest && bytes < expect->from) || (largest && expect->judged && bytes < expect->bytes))
		return;
	if (expect->judged && !(largest && bytes > expect->bytes) && busbw >= expect->busbw)
		return;
	expect->judged = true;
	expect->bytes = bytes;
	expect->busbw = busbw;
}

bool fb_expect_met(const struct fb_expect *expect)
{
	return expect->percent <= 0 || (expect->judged && 100 * expect->busbw >= expect->percent * expect->model);
}

void fb_expect_describe(const struct fb_expect *expect, const char *slowest, char *text, size_t size)
{
	char verdict[64];

	if (!expect->judged) {
		snprintf(text, size, "option '--expect': no size from %zu bytes on was measured", expect->from);
		return;
	}
	fb_model_verdict(expect->busbw, expect->model, verdict, sizeof(verdict));
	snprintf(text, size, "size %zu: %.3g GB/s is %s, less than the %g%% expected; %s%s", expect->bytes, expect->busbw, verdict,
		 expect->percent, slowest ? "the slowest pair is " : "--pairs finds the slowest pair", slowest ? slowest : "");
}

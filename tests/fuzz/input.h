/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fuzzer was given, taken byte by byte; zeros when there is no more. */
#ifndef FB_FUZZ_INPUT_H
#define FB_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t left;
};

static inline unsigned int take(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->data++;
}

#endif

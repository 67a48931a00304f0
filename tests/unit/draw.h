/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that are the same in every run (xorshift64, Marsaglia 2003); a test may set the seed. */
#ifndef FB_TESTS_DRAW_H
#define FB_TESTS_DRAW_H

#include <stdint.h>

static uint64_t seed = 20240611;

static unsigned int draw(unsigned int below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned int)(seed >> 33) % below;
}

#endif

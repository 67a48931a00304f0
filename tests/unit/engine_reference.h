/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's results once more, by trying everything; shares no code with it. */
#ifndef FB_TESTS_ENGINE_REFERENCE_H
#define FB_TESTS_ENGINE_REFERENCE_H

#include <stdbool.h>

#define REFERENCE_GPUS_MAX 8

struct reference {
	int gpus;
	double gbps[REFERENCE_GPUS_MAX][REFERENCE_GPUS_MAX];
};

/* Bandwidth of the best ring of a set, over all orders of its GPUs. */
double reference_value(const struct reference *r, unsigned int set);

/* Best value of any set of count GPUs out of free. */
double reference_best(const struct reference *r, unsigned int free_set, int count);

#endif

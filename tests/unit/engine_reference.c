/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine_reference.h"

static double ring(const struct reference *r, const int *order, int n)
{
	double slowest = 1e9;

	for (int i = 0; i < n; i++) {
		double hop = r->gbps[order[i]][order[(i + 1) % n]];

		if (hop < slowest)
			slowest = hop;
	}
	return slowest;
}

static double permute(const struct reference *r, int *order, int at, int n)
{
	double best = 0;

	if (at == n)
		return ring(r, order, n);
	for (int i = at; i < n; i++) {
		int swap = order[at];
		double value;

		order[at] = order[i];
		order[i] = swap;
		value = permute(r, order, at + 1, n);
		if (value > best)
			best = value;
		order[i] = order[at];
		order[at] = swap;
	}
	return best;
}

double reference_value(const struct reference *r, unsigned int set)
{
	int order[REFERENCE_GPUS_MAX], n = 0;

	for (int g = 0; g < r->gpus; g++)
		if (set >> g & 1)
			order[n++] = g;
	return n < 2 ? 0 : permute(r, order, 1, n);
}

double reference_best(const struct reference *r, unsigned int free_set, int count)
{
	double best = -1;

	for (unsigned int set = 0; set < 1u << r->gpus; set++) {
		int n = 0;

		for (int g = 0; g < r->gpus; g++)
			n += (int)(set >> g & 1);
		if (n != count || set & ~free_set)
			continue;
		double value = reference_value(r, set);
		if (value > best)
			best = value;
	}
	return best;
}

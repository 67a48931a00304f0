/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/schedule.h"

struct fb_range fb_block(size_t count, int n, int b)
{
	size_t base = count / (size_t)n, longer = count % (size_t)n, i = (size_t)b;

	return (struct fb_range){ i * base + (i < longer ? i : longer), base + (i < longer) };
}

struct fb_range fb_segment(struct fb_range range, size_t most, size_t k)
{
	size_t skip = k > range.count / most ? range.count : k * most;

	if (skip > range.count)
		skip = range.count;
	size_t left = range.count - skip;
	return (struct fb_range){ range.first + skip, left < most ? left : most };
}

static int wrap(int rank, int n)
{
	return (rank % n + n) % n;
}

int fb_ring_send(int rank, int n, int step)
{
	return step < n - 1 ? wrap(rank - step, n) : wrap(rank + 1 - (step - (n - 1)), n);
}

int fb_ring_receive(int rank, int n, int step)
{
	return fb_ring_send(wrap(rank - 1, n), n, step);
}

struct fb_doubling fb_doubling_plan(int rank, int n)
{
	int power = 1;

	while (power <= n / 2)
		power *= 2;
	int extra = n - power;
	if (rank >= 2 * extra)
		return (struct fb_doubling){ power, -1, rank - extra };
	if (rank % 2)
		return (struct fb_doubling){ power, rank - 1, rank / 2 };
	return (struct fb_doubling){ power, rank + 1, -1 };
}

int fb_doubling_rank(int index, int n)
{
	int extra = n - fb_doubling_plan(0, n).power;

	return index < extra ? 2 * index + 1 : index + extra;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/guarantee.h"

uint64_t fb_guarantee_recoverable(uint64_t idle, uint64_t lent, uint64_t out)
{
	return idle + (lent > out ? lent - out : 0);
}

uint64_t fb_guarantee_owed(const struct fb_guarantee_use *use, size_t count, size_t own)
{
	uint64_t owed = 0;

	for (size_t i = 0; i < count; i++)
		if (i != own && use[i].guaranteed > use[i].used)
			owed += use[i].guaranteed - use[i].used;
	return owed;
}

bool fb_guarantee_allows(const struct fb_guarantee_use *use, size_t count, size_t own, uint64_t recoverable,
			 uint64_t gpus)
{
	if (!gpus || (own < count && use[own].used + gpus <= use[own].guaranteed))
		return true;
	return recoverable >= gpus && recoverable - gpus >= fb_guarantee_owed(use, count, own);
}

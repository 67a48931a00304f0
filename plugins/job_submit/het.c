/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "job_submit/het.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void fb_het_enter(struct fb_het *het, uint32_t component, uint32_t uid)
{
	bool goes_on = component != FB_HET_NONE && component && component == het->component + 1 && uid == het->uid;

	if (!goes_on)
		het->count = 0;
	het->component = component;
	het->uid = uid;
}

uint64_t fb_het_add(struct fb_het *het, const char *workspace, uint64_t gpus)
{
	unsigned int i = 0;

	while (i < het->count && strcmp(het->of[i].workspace, workspace))
		i++;
	if (i == FB_HET_WORKSPACES)
		return gpus;
	if (i == het->count) {
		snprintf(het->of[i].workspace, sizeof(het->of[i].workspace), "%s", workspace);
		het->of[i].gpus = 0;
		het->count++;
	}
	het->of[i].gpus = add(het->of[i].gpus, gpus);
	return het->of[i].gpus;
}

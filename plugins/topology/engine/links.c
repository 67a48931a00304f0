/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link classes: their names in `nvidia-smi topo -m` and their bandwidths. */
#include <stdio.h>
#include <string.h>

#include "topology/engine/engine.h"

#define PCIE_GBPS 12.0
#define P2P_OVERHEAD (6.0 / 5.0)
#define SOCKETS_GBPS 10.0

static const char *const terms[] = {
	[FB_LINK_SELF] = "X",  [FB_LINK_SYS] = "SYS", [FB_LINK_NODE] = "NODE",
	[FB_LINK_PHB] = "PHB", [FB_LINK_PXB] = "PXB", [FB_LINK_PIX] = "PIX",
};

int fb_link_parse(const char *term, enum fb_link *link, unsigned int *lanes)
{
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		if (!strcmp(term, terms[i])) {
			*link = (enum fb_link)i;
			*lanes = 0;
			return 0;
		}
	}
	if (strncmp(term, "NV", 2) || term[2] < '1' || term[2] > '9')
		return -1;
	for (const char *c = term + 2; *c; c++) {
		if (*c < '0' || *c > '9')
			return -1;
		n = n * 10 + (unsigned int)(*c - '0');
		if (n > FB_ENGINE_LANES_MAX)
			return -1;
	}
	*link = FB_LINK_NVLINK;
	*lanes = n;
	return 0;
}

void fb_link_text(enum fb_link link, unsigned int lanes, char *text)
{
	if (link == FB_LINK_NVLINK)
		snprintf(text, FB_LINK_TEXT_MAX, "NV%u", lanes);
	else
		snprintf(text, FB_LINK_TEXT_MAX, "%s", terms[link]);
}

double fb_link_gbps(enum fb_link link, unsigned int lanes, double lane_gbps)
{
	switch (link) {
	case FB_LINK_NVLINK:
		return lanes * lane_gbps;
	case FB_LINK_PIX:
	case FB_LINK_PXB:
		return PCIE_GBPS;
	case FB_LINK_PHB:
	case FB_LINK_NODE:
		return PCIE_GBPS / P2P_OVERHEAD;
	case FB_LINK_SYS:
		return SOCKETS_GBPS / P2P_OVERHEAD;
	case FB_LINK_SELF:
		break;
	}
	return 0;
}

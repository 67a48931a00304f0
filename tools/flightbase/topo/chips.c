/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/chips.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "topology/engine/engine.h"

/* Ranges of device ids by chip, from the PCI ID database (pci.ids, vendor 10de). */
static const struct {
	unsigned int first, last, sm;
} chips[] = {
	{ 0x15f0, 0x15ff, 60 },	 /* GP100 */
	{ 0x1b00, 0x1d7f, 61 },	 /* GP10x */
	{ 0x1d80, 0x1dff, 70 },	 /* GV100 */
	{ 0x1e00, 0x1fff, 75 },	 /* TU10x */
	{ 0x2080, 0x20ff, 80 },	 /* GA100 */
	{ 0x2180, 0x21ff, 75 },	 /* TU116 */
	{ 0x2200, 0x25ff, 86 },	 /* GA10x; but see below */
	{ 0x2600, 0x28ff, 89 },	 /* AD10x */
	{ 0x2900, 0x297f, 100 }, /* GB100 */
};

/* Models of data centres, for a machine of which PCI alone is seen. The same database. */
static const struct {
	unsigned int device;
	const char *type;
} models[] = {
	{ 0x15f7, "p100" }, { 0x15f8, "p100" }, { 0x15f9, "p100" }, { 0x1db1, "v100" }, { 0x1db3, "v100" },
	{ 0x1db4, "v100" }, { 0x1db5, "v100" }, { 0x1db6, "v100" }, { 0x1db7, "v100" }, { 0x1db8, "v100" },
	{ 0x1df6, "v100s" }, { 0x1eb8, "t4" }, { 0x20b0, "a100" },  { 0x20b2, "a100" }, { 0x20b5, "a100" },
	{ 0x20b7, "a30" },  { 0x20f1, "a100" }, { 0x20f3, "a800" }, { 0x20f5, "a800" }, { 0x2235, "a40" },
	{ 0x2236, "a10" },  { 0x2330, "h100" }, { 0x2331, "h100" }, { 0x2321, "h100" }, { 0x2324, "h800" },
	{ 0x2335, "h200" }, { 0x233b, "h200" }, { 0x2342, "gh200" }, { 0x26b5, "l40" }, { 0x26b9, "l40s" },
	{ 0x27b8, "l4" },   { 0x2901, "b200" },
};

unsigned int fb_chip_sm(unsigned int device)
{
	/* GH100 lies within the numbers of GA10x. */
	if (device >= 0x2300 && device <= 0x237f)
		return 90;
	for (size_t i = 0; i < sizeof(chips) / sizeof(chips[0]); i++)
		if (device >= chips[i].first && device <= chips[i].last)
			return chips[i].sm;
	return 0;
}

double fb_chip_lane_gbps(unsigned int sm)
{
	if (sm >= 100)
		return 40.1;
	if (sm >= 90)
		return 20.6;
	if (sm == 86)
		return 12;
	if (sm >= 60 && sm < 70)
		return 18;
	return FB_ENGINE_LANE_GBPS;
}

double fb_chip_lane_nominal(unsigned int sm)
{
	if (sm >= 100)
		return 50;
	return sm >= 60 && sm < 70 ? 20 : 25;
}

/* What stands before a model's own name. */
static const char *skip_brand(const char *model)
{
	static const char *const brands[] = { "NVIDIA ", "Tesla ", "GeForce ", "Quadro " };

	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
		if (!strncasecmp(model, brands[i], strlen(brands[i])))
			model += strlen(brands[i]);
	return model;
}

void fb_chip_type(const char *model, char *type, size_t size)
{
	size_t length = 0;
	bool digit = false;

	/* The words up to the first with a digit in it, without what follows a '-' there. */
	for (const char *c = skip_brand(model); *c && length + 1 < size; c++) {
		if ((*c == ' ' || *c == '-') && digit)
			break;
		digit |= isdigit((unsigned char)*c) != 0;
		if (isalnum((unsigned char)*c) && !(*c & 0x80))
			type[length++] = (char)tolower((unsigned char)*c);
		else if (length)
			type[length++] = '_';
	}
	while (length && type[length - 1] == '_')
		length--;
	type[length] = '\0';
}

void fb_chip_type_of_device(unsigned int device, char *type, size_t size)
{
	*type = '\0';
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (models[i].device == device)
			snprintf(type, size, "%s", models[i].type);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/survey.h"

#include <stdio.h>
#include <string.h>

/* Up to max hexadecimal digits and the character behind them, if there must be one; NULL if they are not there. */
static const char *parse_hex(const char *text, int max, char end, uint64_t *value)
{
	int digits = 0;

	*value = 0;
	for (; digits < max; digits++, text++) {
		int c = *text | 0x20;

		if (*text >= '0' && *text <= '9')
			*value = *value << 4 | (uint64_t)(*text - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	if (!digits || (end && *text++ != end))
		return NULL;
	return text;
}

int fb_pci_parse(const char *text, fb_pci *pci)
{
	uint64_t domain, bus, device, function = 0;

	if (!(text = parse_hex(text, 8, ':', &domain)) || !(text = parse_hex(text, 2, ':', &bus)) ||
	    !(text = parse_hex(text, 2, '\0', &device)))
		return -1;
	if (*text == '.' && !(text = parse_hex(text + 1, 1, '\0', &function)))
		return -1;
	if (*text || device > 0x1f || function > 7)
		return -1;
	*pci = domain << 16 | bus << 8 | device << 3 | function;
	return 0;
}

void fb_pci_text(fb_pci pci, char *text)
{
	snprintf(text, FB_PCI_TEXT_MAX, "%04x:%02x:%02x.%x", (unsigned int)(pci >> 16), (unsigned int)(pci >> 8 & 0xff),
		 (unsigned int)(pci >> 3 & 0x1f), (unsigned int)(pci & 7));
}

void fb_survey_init(struct fb_survey *survey, const char *name)
{
	memset(survey, 0, sizeof(*survey));
	snprintf(survey->name, sizeof(survey->name), "%s", name);
	fb_text_printable(survey->name);
}

struct fb_survey_gpu *fb_survey_add_gpu(struct fb_survey *survey, struct fb_err *err)
{
	if (survey->gpus == FB_ENGINE_GPUS_MAX) {
		fb_err_set(err, "more than %d GPUs; a node may have %d", FB_ENGINE_GPUS_MAX, FB_ENGINE_GPUS_MAX);
		return NULL;
	}
	struct fb_survey_gpu *gpu = &survey->gpu[survey->gpus++];
	gpu->pci = FB_PCI_NONE;
	gpu->minor = -1;
	gpu->socket = -1;
	return gpu;
}

struct fb_survey_nic *fb_survey_add_nic(struct fb_survey *survey, struct fb_err *err)
{
	if (survey->nics == FB_TOPOFILE_NICS_MAX) {
		fb_err_set(err, "more than %d network adapters; a node may have %d", FB_TOPOFILE_NICS_MAX, FB_TOPOFILE_NICS_MAX);
		return NULL;
	}
	struct fb_survey_nic *nic = &survey->nic[survey->nics++];
	nic->pci = FB_PCI_NONE;
	return nic;
}

bool fb_survey_name_good(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return length && length <= FB_TOPOFILE_NAME_MAX && !name[length];
}

int fb_survey_find(const struct fb_survey *survey, fb_pci pci)
{
	for (unsigned int i = 0; pci != FB_PCI_NONE && i < survey->gpus; i++)
		if (survey->gpu[i].pci != FB_PCI_NONE && survey->gpu[i].pci >> 3 == pci >> 3)
			return (int)i;
	return -1;
}

void fb_survey_sign(struct fb_survey *survey)
{
	const bool known[FB_MACHINE_PARTS] = {
		[FB_MACHINE_GPUS] = survey->gpus > 0,	    [FB_MACHINE_LINKS] = survey->wires || survey->nvlink,
		[FB_MACHINE_SOCKETS] = survey->sockets > 0, [FB_MACHINE_NICS] = survey->nics > 0,
		[FB_MACHINE_ADAPTERS] = survey->adapters > 0,
	};

	for (size_t p = 0; p < FB_MACHINE_PARTS; p++)
		if (known[p])
			memcpy(survey->source[p], survey->name, sizeof(survey->source[p]));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flightbase/topo/adapters.h"
#include "flightbase/topo/readers.h"

void fb_live_name(char *name, size_t size)
{
	const char *step = getenv("SLURMD_NODENAME");
	char host[256] = "";

	if (!step && !gethostname(host, sizeof(host) - 1))
		host[strcspn(host, ".")] = '\0';
	snprintf(name, size, "%s", step ? step : host);
}

/* PCI as hwloc shows it, for the GPUs that NVML has, in its order: whichever either does not know is told. */
static void select_gpus(struct fb_survey *hwloc, const struct fb_survey *nvml, struct fb_notes *notes)
{
	struct fb_survey all = *hwloc;
	char text[FB_PCI_TEXT_MAX];
	int at[FB_ENGINE_GPUS_MAX];

	for (unsigned int i = 0; i < all.gpus; i++)
		if (fb_survey_find(nvml, all.gpu[i].pci) < 0) {
			fb_pci_text(all.gpu[i].pci, text);
			fb_note(notes, "PCI shows a GPU at %s that NVML does not have: it is left out", text);
		}
	hwloc->gpus = nvml->gpus;
	for (unsigned int i = 0; i < nvml->gpus; i++) {
		at[i] = fb_survey_find(&all, nvml->gpu[i].pci);
		hwloc->gpu[i] = at[i] < 0 ? (struct fb_survey_gpu){ .pci = nvml->gpu[i].pci, .minor = -1, .socket = -1 } : all.gpu[at[i]];
		for (unsigned int j = 0; j <= i; j++)
			hwloc->pcie[i][j] = hwloc->pcie[j][i] = at[i] < 0 || at[j] < 0 ? FB_LINK_SELF : all.pcie[at[i]][at[j]];
		for (unsigned int n = 0; n < all.nics; n++)
			hwloc->nic[n].link[i] = at[i] < 0 ? FB_LINK_SELF : all.nic[n].link[at[i]];
	}
}

/*
 * The adapters of sysfs are those that count: hwloc also lists virtual functions. Those that hwloc does not have are
 * near no GPU.
 */
static void take_adapters(struct fb_survey *survey)
{
	struct fb_survey all = *survey;

	survey->nics = 0;
	for (unsigned int a = 0; a < survey->adapters; a++) {
		struct fb_survey_nic *nic = &survey->nic[survey->nics++];

		*nic = (struct fb_survey_nic){ .pci = FB_PCI_NONE };
		for (unsigned int n = 0; n < all.nics; n++)
			if (!strcmp(all.nic[n].name, survey->adapter[a].name))
				*nic = all.nic[n];
		memcpy(nic->name, survey->adapter[a].name, sizeof(nic->name));
		nic->gbps = 0;
		for (unsigned int p = 0; p < survey->adapter[a].ports; p++)
			nic->gbps += survey->adapter[a].port[p].gbps;
	}
	memcpy(survey->source[FB_MACHINE_ADAPTERS], survey->adapters ? "sysfs" : "", survey->adapters ? sizeof("sysfs") : 1);
	if (!survey->nics)
		*survey->source[FB_MACHINE_NICS] = '\0';
	else if (!all.nics)
		memcpy(survey->source[FB_MACHINE_NICS], "sysfs", sizeof("sysfs"));
}

static int read_hwloc(struct fb_survey *hwloc, const char *file, struct fb_err *err)
{
	return file ? fb_survey_file(hwloc, fb_survey_hwloc, file, err) : fb_survey_hwloc_live(hwloc, err);
}

/* GPUs by PCI alone, if there are some. */
static int without_nvml(struct fb_survey *survey, const struct fb_survey *hwloc, const struct fb_err *why, struct fb_notes *notes,
			struct fb_err *err)
{
	if (!hwloc->gpus)
		return fb_err_set(err, "no GPU is found: %s; PCI shows none of NVIDIA's", why->text);
	fb_note(notes, "NVLink could not be seen, the links are those of PCI: %s", why->text);
	*survey = *hwloc;
	return 0;
}

int fb_live_survey(struct fb_survey *survey, const struct fb_live_places *places, struct fb_notes *notes, struct fb_err *err)
{
	struct fb_survey hwloc, nvml;
	const struct fb_survey *both[] = { &nvml, &hwloc };
	struct fb_err why;

	if (read_hwloc(&hwloc, places->hwloc, &why)) {
		fb_note(notes, "sockets and adapters could not be seen: %s", why.text);
		fb_survey_init(&hwloc, "hwloc");
	}
	int rc = fb_survey_nvml(&nvml, places->nvml, places->sysfs, notes, &why);
	if (!rc && !nvml.gpus)
		rc = fb_err_set(&why, "NVML has no GPU");
	if (rc) {
		rc = without_nvml(survey, &hwloc, &why, notes, err);
	} else {
		select_gpus(&hwloc, &nvml, notes);
		rc = fb_survey_merge(survey, both, 2, err);
	}
	if (!rc)
		survey->adapters = 0; /* hwloc's, without speeds */
	if (rc || fb_adapters_read(places->sysfs, survey->adapter, &survey->adapters, err))
		return -1;
	take_adapters(survey);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "flightbase/topo/survey.h"

/* Where each GPU of the result is in one of the surveys. */
typedef unsigned int map[FB_ENGINE_GPUS_MAX];

static bool all_addressed(const struct fb_survey *survey)
{
	for (unsigned int i = 0; i < survey->gpus; i++)
		if (survey->gpu[i].pci == FB_PCI_NONE)
			return false;
	return true;
}

static int map_make(const struct fb_survey *into, const struct fb_survey *from, map at, struct fb_err *err)
{
	bool addressed = all_addressed(into) && all_addressed(from);

	if (into->gpus != from->gpus)
		return fb_err_set(err, "%s has %u GPUs, but %s has %u: they are not of one machine", into->name, into->gpus, from->name,
				  from->gpus);
	for (unsigned int i = 0; i < into->gpus; i++) {
		int found = addressed ? fb_survey_find(from, into->gpu[i].pci) : (int)i;
		char text[FB_PCI_TEXT_MAX];

		if (found < 0) {
			fb_pci_text(into->gpu[i].pci, text);
			return fb_err_set(err, "%s has a GPU at %s, but %s has none there: they are not of one machine", into->name, text,
					  from->name);
		}
		at[i] = (unsigned int)found;
	}
	return 0;
}

static void take_source(struct fb_survey *into, const struct fb_survey *from, enum fb_machine_part part)
{
	memcpy(into->source[part], from->source[part], sizeof(into->source[part]));
}

/* Both told of a part: "nvml, hwloc". */
static void add_source(struct fb_survey *into, const struct fb_survey *from, enum fb_machine_part part)
{
	char *text = into->source[part];
	size_t length = strlen(text);

	if (strcmp(text, from->source[part]))
		snprintf(text + length, sizeof(into->source[part]) - length, "%s%s", length ? ", " : "", from->source[part]);
}

/* Facts of each GPU alone: whatever is not known yet. */
static void merge_gpus(struct fb_survey *into, const struct fb_survey *from, const map at)
{
	for (unsigned int i = 0; i < into->gpus; i++) {
		struct fb_survey_gpu *to = &into->gpu[i];
		const struct fb_survey_gpu *gpu = &from->gpu[at[i]];

		if (to->pci == FB_PCI_NONE)
			to->pci = gpu->pci;
		if (to->minor < 0)
			to->minor = gpu->minor;
		if (!to->device)
			to->device = gpu->device;
		if (!to->sm)
			to->sm = gpu->sm;
		if (!*to->model)
			memcpy(to->model, gpu->model, sizeof(to->model));
	}
}

/* Of each pair that is not known yet. */
static void merge_wires(struct fb_survey *into, const struct fb_survey *from, const map at)
{
	bool taken = false;

	for (unsigned int i = 0; from->wires && i < into->gpus; i++)
		for (unsigned int j = 0; j < into->gpus; j++)
			if (i != j && into->pcie[i][j] == FB_LINK_SELF && !into->gpu[i].lanes[j]) {
				into->pcie[i][j] = from->pcie[at[i]][at[j]];
				taken = true;
			}
	into->wires |= taken;
	if (taken)
		add_source(into, from, FB_MACHINE_LINKS);
}

static void merge_nvlink(struct fb_survey *into, const struct fb_survey *from, const map at)
{
	if (!from->nvlink || into->nvlink)
		return;
	for (unsigned int i = 0; i < into->gpus; i++) {
		into->gpu[i].switch_lanes = from->gpu[at[i]].switch_lanes;
		for (unsigned int j = 0; j < into->gpus; j++)
			into->gpu[i].lanes[j] = from->gpu[at[i]].lanes[at[j]];
	}
	into->nvlink = true;
	into->nvswitch = from->nvswitch;
	add_source(into, from, FB_MACHINE_LINKS);
}

/* Sockets with the names of their cores are better than others. */
static void merge_sockets(struct fb_survey *into, const struct fb_survey *from, const map at)
{
	if (!from->sockets || (into->sockets && (*into->cores[0] || !*from->cores[0])))
		return;
	into->sockets = from->sockets;
	memcpy(into->cores, from->cores, sizeof(into->cores));
	for (unsigned int i = 0; i < into->gpus; i++)
		into->gpu[i].socket = from->gpu[at[i]].socket;
	take_source(into, from, FB_MACHINE_SOCKETS);
}

/* An adapter of the other survey that is the same one: by its name. */
static const struct fb_survey_nic *same_nic(const struct fb_survey *from, const struct fb_survey_nic *nic)
{
	for (unsigned int n = 0; n < from->nics; n++)
		if (*nic->name && !strcmp(from->nic[n].name, nic->name))
			return &from->nic[n];
	return NULL;
}

static void merge_nics(struct fb_survey *into, const struct fb_survey *from, const map at)
{
	for (unsigned int n = 0; n < into->nics; n++) {
		const struct fb_survey_nic *same = same_nic(from, &into->nic[n]);

		if (same && !(into->nic[n].gbps > 0))
			into->nic[n].gbps = same->gbps;
	}
	if (into->nics || !from->nics)
		return;
	into->nics = from->nics;
	for (unsigned int n = 0; n < from->nics; n++) {
		into->nic[n] = from->nic[n];
		for (unsigned int i = 0; i < into->gpus; i++)
			into->nic[n].link[i] = from->nic[n].link[at[i]];
	}
	take_source(into, from, FB_MACHINE_NICS);
}

static void merge_adapters(struct fb_survey *into, const struct fb_survey *from)
{
	if (into->adapters || !from->adapters)
		return;
	into->adapters = from->adapters;
	memcpy(into->adapter, from->adapter, sizeof(into->adapter));
	take_source(into, from, FB_MACHINE_ADAPTERS);
}

int fb_survey_merge(struct fb_survey *into, const struct fb_survey *const *from, size_t count, struct fb_err *err)
{
	map at;

	*into = *from[0];
	for (size_t s = 1; s < count; s++) {
		if (map_make(into, from[s], at, err))
			return -1;
		merge_gpus(into, from[s], at);
		merge_nvlink(into, from[s], at);
		merge_wires(into, from[s], at);
		merge_sockets(into, from[s], at);
		merge_nics(into, from[s], at);
		merge_adapters(into, from[s]);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "flightbase/topo/chips.h"
#include "flightbase/topo/survey.h"

#define AMAZON 0x1d0fu

static unsigned int smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* A lane needs both ends; through switches a pair has as many as the GPU with fewer of them. */
static unsigned int lanes_between(const struct fb_survey *survey, unsigned int i, unsigned int j)
{
	const struct fb_survey_gpu *a = &survey->gpu[i], *b = &survey->gpu[j];
	unsigned int lanes = smaller(a->lanes[j], b->lanes[i]) + smaller(a->switch_lanes, b->switch_lanes);

	return smaller(lanes, FB_ENGINE_LANES_MAX);
}

static int report_links(const struct fb_survey *survey, struct fb_engine_wiring *w, struct fb_err *err)
{
	w->gpus = survey->gpus;
	for (unsigned int i = 0; i < w->gpus; i++)
		for (unsigned int j = 0; j < w->gpus; j++) {
			unsigned int lanes = i == j ? 0 : lanes_between(survey, i, j);

			w->lanes[i][j] = (uint8_t)lanes;
			w->link[i][j] = lanes ? FB_LINK_NVLINK : survey->pcie[i][j];
			if (i == j)
				w->link[i][j] = FB_LINK_SELF;
			else if (w->link[i][j] == FB_LINK_SELF)
				return fb_err_set(err, "%s: the link between GPU %u and GPU %u is not known", survey->name, i, j);
		}
	return 0;
}

static unsigned int sm_of(const struct fb_survey_gpu *gpu)
{
	return gpu->sm ? gpu->sm : fb_chip_sm(gpu->device);
}

/* The slowest chip's lanes, of those that have some. */
static void report_lane(const struct fb_survey *survey, struct fb_engine_wiring *w)
{
	w->lane_gbps = FB_ENGINE_LANE_GBPS;
	for (unsigned int i = 0, seen = 0; i < survey->gpus; i++) {
		double gbps = fb_chip_lane_gbps(sm_of(&survey->gpu[i]));

		if (!memchr(w->link[i], FB_LINK_NVLINK, w->gpus))
			continue;
		if (!seen++ || gbps < w->lane_gbps)
			w->lane_gbps = gbps;
	}
}

/* The model for gres.conf, if it is known and all GPUs are of one. */
static void report_model(const struct fb_survey *survey, char *type, size_t size)
{
	char other[FB_TOPOFILE_NAME_MAX + 1];

	for (unsigned int i = 0; i < survey->gpus; i++) {
		const struct fb_survey_gpu *gpu = &survey->gpu[i];

		fb_chip_type(gpu->model, other, sizeof(other));
		if (!*other)
			fb_chip_type_of_device(gpu->device, other, sizeof(other));
		if (i == 0)
			snprintf(type, size, "%s", other);
		else if (strcmp(type, other))
			*type = '\0';
	}
}

static bool all_on_switches(const struct fb_survey *survey)
{
	bool all = survey->gpus > 0;

	for (unsigned int i = 0; i < survey->gpus; i++)
		all = all && survey->gpu[i].switch_lanes;
	return all || survey->nvswitch;
}

/* Only if each GPU's is known; cores only if those of each socket are. */
static void report_sockets(const struct fb_survey *survey, struct fb_topofile_type *type)
{
	bool cores = true;

	for (unsigned int i = 0; i < survey->gpus; i++)
		if (survey->gpu[i].socket < 0 || (unsigned int)survey->gpu[i].socket >= survey->sockets)
			return;
	type->sockets = survey->sockets;
	for (unsigned int i = 0; i < survey->gpus; i++)
		type->socket[survey->gpu[i].socket] |= (fb_gpuset)(1u << i);
	for (unsigned int s = 0; s < survey->sockets; s++)
		cores = cores && *survey->cores[s];
	if (cores)
		memcpy(type->cores, survey->cores, sizeof(type->cores));
}

/* The GPUs that it reaches best, unless that is across sockets: then it is near none. */
static fb_gpuset nic_near(const struct fb_survey *survey, const struct fb_survey_nic *nic)
{
	uint8_t best = FB_LINK_NODE;
	unsigned int near = 0;

	for (unsigned int i = 0; i < survey->gpus; i++)
		if (nic->link[i] > best)
			best = nic->link[i];
	for (unsigned int i = 0; i < survey->gpus; i++)
		near |= (nic->link[i] == best ? 1u : 0u) << i;
	return (fb_gpuset)near;
}

/* As the kernel would call it: EFA adapters by their address, others by number. */
static void nic_name(const struct fb_survey_nic *nic, unsigned int number, char *name, size_t size)
{
	if (*nic->name)
		snprintf(name, size, "%s", nic->name);
	else if (nic->vendor == AMAZON && nic->pci != FB_PCI_NONE)
		snprintf(name, size, "rdmap%us%u", (unsigned int)(nic->pci >> 8 & 0xff), (unsigned int)(nic->pci >> 3 & 0x1f));
	else
		snprintf(name, size, "mlx5_%u", number);
}

static int report_nics(const struct fb_survey *survey, struct fb_topofile_type *type, struct fb_err *err)
{
	for (unsigned int n = 0; n < survey->nics; n++) {
		const double gbps = survey->nic[n].gbps;
		struct fb_topofile_nic *nic = &type->nic[n];

		nic_name(&survey->nic[n], n, nic->name, sizeof(nic->name));
		nic->near = nic_near(survey, &survey->nic[n]);
		/* What is slower carries no allreduce, and no adapter is faster: as if its rate was not known. */
		nic->gbps = gbps >= FB_TOPOFILE_GBPS_LEAST && gbps <= FB_TOPOFILE_GBPS_MOST ? gbps : 0;
		for (unsigned int other = 0; other < n; other++)
			if (!strcmp(type->nic[other].name, nic->name))
				return fb_err_set(err, "%s: network adapter '%s' is there twice", survey->source[FB_MACHINE_NICS], nic->name);
	}
	type->nics = survey->nics;
	return 0;
}

static void report_devices(const struct fb_survey *survey, struct fb_machine *machine)
{
	for (unsigned int i = 0; i < survey->gpus; i++) {
		const struct fb_survey_gpu *gpu = &survey->gpu[i];
		struct fb_machine_gpu *to = &machine->gpu[i];

		to->minor = gpu->minor;
		if (gpu->pci != FB_PCI_NONE)
			fb_pci_text(gpu->pci, to->pci);
		memcpy(to->model, gpu->model, sizeof(to->model));
		machine->devices |= gpu->minor >= 0 || *to->pci || *to->model;
	}
	if (!machine->devices)
		memset(machine->gpu, 0, sizeof(machine->gpu));
}

int fb_survey_report(const struct fb_survey *survey, struct fb_machine *machine, struct fb_err *err)
{
	struct fb_topofile_type *type = &machine->type;

	memset(machine, 0, sizeof(*machine));
	if (!survey->gpus)
		return fb_err_set(err, "%s: there is no GPU in it", survey->name);
	if (report_links(survey, &type->wiring, err) || report_nics(survey, type, err)) {
		memset(machine, 0, sizeof(*machine));
		return -1;
	}
	report_lane(survey, &type->wiring);
	report_model(survey, type->gpu, sizeof(type->gpu));
	type->nvswitch = all_on_switches(survey);
	report_sockets(survey, type);
	report_devices(survey, machine);
	machine->adapters = survey->adapters;
	memcpy(machine->adapter, survey->adapter, sizeof(machine->adapter));
	memcpy(machine->source, survey->source, sizeof(machine->source));
	if (!type->sockets)
		*machine->source[FB_MACHINE_SOCKETS] = '\0';
	return 0;
}

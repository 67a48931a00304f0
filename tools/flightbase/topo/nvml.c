/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/nvml.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/nvml_abi.h"

#define DEVICES_MAX 64
#define CLASS_NVSWITCH 0x068000u

struct nvml {
	void *library;
	const char *sysfs;
	struct fb_notes *notes;
#define X(name, arguments, needed) nvmlReturn_t(*name) arguments;
	NVML_FUNCTIONS(X)
#undef X
	const char *(*nvmlErrorString)(nvmlReturn_t);
};

struct device {
	nvmlDevice_t handle;
	unsigned int index; /* NVML's */
	struct fb_survey_gpu gpu;
};

static const char *words(const struct nvml *nvml, nvmlReturn_t code)
{
	const char *text = nvml->nvmlErrorString ? nvml->nvmlErrorString(code) : NULL;

	return text ? text : "an error without a name";
}

static int load(struct nvml *nvml, const char *path, struct fb_err *err)
{
	static const struct {
		const char *name;
		size_t offset;
		int needed;
	} functions[] = {
#define X(name, arguments, needed) { #name, offsetof(struct nvml, name), needed },
		NVML_FUNCTIONS(X)
#undef X
	};

	nvml->library = dlopen(path ? path : NVML_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!nvml->library)
		return fb_err_set(err, "NVML cannot be loaded: %s", dlerror());
	for (size_t f = 0; f < sizeof(functions) / sizeof(functions[0]); f++) {
		void *symbol = dlsym(nvml->library, functions[f].name);

		if (!symbol && functions[f].needed)
			return fb_err_set(err, "NVML has no function %s: the driver is too old", functions[f].name);
		memcpy((char *)nvml + functions[f].offset, &symbol, sizeof(symbol));
	}
	void *symbol = dlsym(nvml->library, "nvmlErrorString");
	memcpy(&nvml->nvmlErrorString, &symbol, sizeof(symbol));
	return 0;
}

static fb_pci address_of(const nvmlPciInfo_t *pci)
{
	return (fb_pci)pci->domain << 16 | (fb_pci)(pci->bus & 0xff) << 8 | (fb_pci)(pci->device & 0x1f) << 3;
}

static int read_device(struct nvml *nvml, unsigned int index, struct device *device, struct fb_err *err)
{
	nvmlPciInfo_t pci = { .domain = 0 };
	struct fb_survey_gpu *gpu = &device->gpu;
	unsigned int minor;
	int major, lesser;
	nvmlReturn_t code = nvml->nvmlDeviceGetPciInfo_v3(device->handle, &pci);

	if (code != NVML_SUCCESS)
		return fb_err_set(err, "NVML does not tell the PCI address of GPU %u: %s", index, words(nvml, code));
	device->index = index;
	*gpu = (struct fb_survey_gpu){ .pci = address_of(&pci), .minor = -1, .socket = -1, .device = pci.pciDeviceId >> 16 };
	if (nvml->nvmlDeviceGetMinorNumber && nvml->nvmlDeviceGetMinorNumber(device->handle, &minor) == NVML_SUCCESS && minor < 1024)
		gpu->minor = (int)minor;
	if (nvml->nvmlDeviceGetCudaComputeCapability &&
	    nvml->nvmlDeviceGetCudaComputeCapability(device->handle, &major, &lesser) == NVML_SUCCESS && major > 0 && lesser >= 0)
		gpu->sm = (unsigned int)(10 * major + lesser);
	if (nvml->nvmlDeviceGetName && nvml->nvmlDeviceGetName(device->handle, gpu->model, sizeof(gpu->model)) != NVML_SUCCESS)
		*gpu->model = '\0';
	gpu->model[sizeof(gpu->model) - 1] = '\0';
	fb_text_printable(gpu->model);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct device *x = a, *y = b;

	if (x->gpu.minor != y->gpu.minor && x->gpu.minor >= 0 && y->gpu.minor >= 0)
		return x->gpu.minor < y->gpu.minor ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

/* All GPUs that answer, in the order of their device files. */
static int read_devices(struct nvml *nvml, struct device *device, unsigned int *found, struct fb_err *err)
{
	unsigned int count = 0;
	nvmlReturn_t code = nvml->nvmlDeviceGetCount_v2(&count);
	bool minors = true;

	*found = 0;
	if (code != NVML_SUCCESS)
		return fb_err_set(err, "NVML does not tell how many GPUs there are: %s", words(nvml, code));
	for (unsigned int i = 0; i < count && *found < DEVICES_MAX; i++) {
		code = nvml->nvmlDeviceGetHandleByIndex_v2(i, &device[*found].handle);
		if (code != NVML_SUCCESS) {
			fb_note(nvml->notes, "GPU %u of NVML does not answer and is left out: %s", i, words(nvml, code));
			continue;
		}
		if (read_device(nvml, i, &device[*found], err))
			return -1;
		minors &= device[(*found)++].gpu.minor >= 0;
	}
	for (unsigned int i = 0; !minors && i < *found; i++)
		device[i].gpu.minor = -1;
	qsort(device, *found, sizeof(*device), compare);
	return 0;
}

static enum fb_link link_of(nvmlGpuTopologyLevel_t level)
{
	switch (level) {
	case NVML_TOPOLOGY_INTERNAL:
	case NVML_TOPOLOGY_SINGLE:
		return FB_LINK_PIX;
	case NVML_TOPOLOGY_MULTIPLE:
		return FB_LINK_PXB;
	case NVML_TOPOLOGY_HOSTBRIDGE:
		return FB_LINK_PHB;
	case NVML_TOPOLOGY_NODE:
		return FB_LINK_NODE;
	case NVML_TOPOLOGY_SYSTEM:
		return FB_LINK_SYS;
	}
	return FB_LINK_SELF;
}

/* What it does not tell, hwloc may. */
static void read_wires(struct nvml *nvml, struct fb_survey *s, const struct device *device)
{
	for (unsigned int i = 0; nvml->nvmlDeviceGetTopologyCommonAncestor && i < s->gpus; i++)
		for (unsigned int j = 0; j < i; j++) {
			nvmlGpuTopologyLevel_t level;

			if (nvml->nvmlDeviceGetTopologyCommonAncestor(device[i].handle, device[j].handle, &level) == NVML_SUCCESS)
				s->pcie[i][j] = s->pcie[j][i] = (uint8_t)link_of(level);
			s->wires |= s->pcie[i][j] != FB_LINK_SELF;
		}
}

/* The class of a PCI device that this machine shows; 0 if it does not. */
static unsigned int class_of(const struct nvml *nvml, fb_pci pci)
{
	char address[FB_PCI_TEXT_MAX], path[512], text[16] = "";

	fb_pci_text(pci, address);
	snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/class", nvml->sysfs, address);
	FILE *file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(text, sizeof(text), file))
		*text = '\0';
	fclose(file);
	return (unsigned int)strtoul(text, NULL, 16);
}

/*
 * What a lane leads to. Drivers before 470 do not say; then a device that is no GPU of ours and that PCI shows as no
 * other thing is taken for a switch, as NCCL does: virtual machines do not see their switches.
 */
static nvmlIntNvLinkDeviceType_t type_of(struct nvml *nvml, const struct fb_survey *s, nvmlDevice_t device, unsigned int link, fb_pci remote)
{
	nvmlIntNvLinkDeviceType_t type = NVML_NVLINK_DEVICE_TYPE_UNKNOWN;

	if (nvml->nvmlDeviceGetNvLinkRemoteDeviceType &&
	    nvml->nvmlDeviceGetNvLinkRemoteDeviceType(device, link, &type) == NVML_SUCCESS && type != NVML_NVLINK_DEVICE_TYPE_UNKNOWN)
		return type;
	if (fb_survey_find(s, remote) >= 0)
		return NVML_NVLINK_DEVICE_TYPE_GPU;
	unsigned int class_id = remote == FB_PCI_NONE ? 0 : class_of(nvml, remote);
	if (class_id && class_id != CLASS_NVSWITCH)
		return class_id >> 16 == 0x03 ? NVML_NVLINK_DEVICE_TYPE_GPU : NVML_NVLINK_DEVICE_TYPE_IBMNPU;
	return NVML_NVLINK_DEVICE_TYPE_SWITCH;
}

static void read_lane(struct nvml *nvml, struct fb_survey *s, const struct device *device, unsigned int i, unsigned int link)
{
	nvmlPciInfo_t pci = { .domain = 0 };
	fb_pci remote = FB_PCI_NONE;
	int other;

	if (nvml->nvmlDeviceGetNvLinkRemotePciInfo_v2 &&
	    nvml->nvmlDeviceGetNvLinkRemotePciInfo_v2(device[i].handle, link, &pci) == NVML_SUCCESS)
		remote = address_of(&pci);
	nvmlIntNvLinkDeviceType_t type = type_of(nvml, s, device[i].handle, link, remote);
	if (type == NVML_NVLINK_DEVICE_TYPE_SWITCH)
		s->gpu[i].switch_lanes++;
	else if (type == NVML_NVLINK_DEVICE_TYPE_GPU && (other = fb_survey_find(s, remote)) >= 0 && other != (int)i)
		s->gpu[i].lanes[other]++;
}

static void read_nvlinks(struct nvml *nvml, struct fb_survey *s, const struct device *device)
{
	s->nvlink = nvml->nvmlDeviceGetNvLinkState != NULL;
	for (unsigned int i = 0; s->nvlink && i < s->gpus; i++)
		for (unsigned int link = 0; link < FB_ENGINE_LANES_MAX; link++) {
			nvmlEnableState_t active = NVML_FEATURE_DISABLED;
			nvmlReturn_t code = nvml->nvmlDeviceGetNvLinkState(device[i].handle, link, &active);

			/* Beyond the last lane of the chip, or of a chip without. */
			if (code == NVML_ERROR_INVALID_ARGUMENT || code == NVML_ERROR_NOT_SUPPORTED)
				break;
			if (code == NVML_SUCCESS && active == NVML_FEATURE_ENABLED)
				read_lane(nvml, s, device, i, link);
		}
	for (unsigned int i = 0; i < s->gpus; i++)
		for (unsigned int j = 0; j < i; j++)
			if (s->gpu[i].lanes[j] != s->gpu[j].lanes[i])
				fb_note(nvml->notes, "GPU %u has %u NVLinks to GPU %u, but GPU %u has %u to it: the smaller number counts", i,
				     s->gpu[i].lanes[j], j, j, s->gpu[j].lanes[i]);
}

static int survey_all(struct nvml *nvml, struct fb_survey *s, struct fb_err *err)
{
	struct device device[DEVICES_MAX];
	unsigned int found;

	if (read_devices(nvml, device, &found, err))
		return -1;
	for (unsigned int i = 0; i < found; i++) {
		struct fb_survey_gpu *gpu = fb_survey_add_gpu(s, err);

		if (!gpu)
			return fb_err_prefix(err, "NVML");
		*gpu = device[i].gpu;
	}
	read_wires(nvml, s, device);
	read_nvlinks(nvml, s, device);
	fb_survey_sign(s);
	return 0;
}

int fb_survey_nvml(struct fb_survey *survey, const char *library, const char *sysfs, struct fb_notes *notes, struct fb_err *err)
{
	struct nvml nvml = { .sysfs = sysfs ? sysfs : "/sys", .notes = notes };
	int rc = -1;

	fb_survey_init(survey, "nvml");
	if (!load(&nvml, library, err)) {
		nvmlReturn_t code = nvml.nvmlInit_v2();

		if (code != NVML_SUCCESS) {
			fb_err_set(err, "NVML cannot be started: %s", words(&nvml, code));
		} else {
			rc = survey_all(&nvml, survey, err);
			nvml.nvmlShutdown();
		}
	}
	if (nvml.library)
		dlclose(nvml.library);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library with NVML's names and layouts that serves a machine model of tests/data/node-types, to be loaded in place of
 * the driver's. Environment, read at nvmlInit_v2():
 *   FAKE_NVML          the model's file
 *   FAKE_NVML_PCI      PCI addresses of its GPUs, with commas between; default 0000:10:00.0, 0000:11:00.0...
 *   FAKE_NVML_MINORS   their minor numbers, with commas between; default 0, 1...
 *   FAKE_NVML_DEAD     "GPU:LANE", a lane that is not active at this end; with "both:" before it, at neither end
 *   FAKE_NVML_LOST     a GPU that fell off the bus
 *   FAKE_NVML_INIT     what nvmlInit_v2() returns
 *   FAKE_NVML_UNKNOWN  if set: types of lanes' ends are said to be unknown, as in virtual machines
 * Compiled with FAKE_NVML_OLD it lacks what came with later drivers, with FAKE_NVML_ANCIENT what nothing works without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "flightbase/topo/nvml_abi.h"
#include "topology/topofile_parts.h"

#define EXPORT __attribute__((visibility("default")))
#define LANES_MAX 32

struct nvmlDevice_st {
	unsigned int lanes;
	int peer[LANES_MAX]; /* a GPU; -1: a switch */
	unsigned int domain, bus, device, minor;
	int dead; /* lane; -1: none */
};

static struct fb_topofile_type type;
static struct nvmlDevice_st gpu[FB_ENGINE_GPUS_MAX];
static int lost;

/* As every function of nvml.h is declared before it is defined. */
#define X(name, arguments, needed) nvmlReturn_t name arguments;
NVML_FUNCTIONS(X)
#undef X
const char *nvmlErrorString(nvmlReturn_t code);

static void make_lanes(unsigned int i)
{
	for (unsigned int j = 0; j < type.wiring.gpus && !type.nvswitch; j++)
		for (unsigned int l = 0; l < type.wiring.lanes[i][j] && gpu[i].lanes < LANES_MAX; l++)
			gpu[i].peer[gpu[i].lanes++] = (int)j;
	for (unsigned int l = 0; type.nvswitch && l < type.wiring.lanes[i][(i + 1) % type.wiring.gpus]; l++)
		gpu[i].peer[gpu[i].lanes++] = -1;
}

/* The other end of a lane: the first of the peer's that leads here. */
static void kill_lane(const char *text)
{
	unsigned int i, lane;
	bool both = !strncmp(text, "both:", 5);

	if (sscanf(both ? text + 5 : text, "%u:%u", &i, &lane) != 2 || i >= type.wiring.gpus || lane >= gpu[i].lanes)
		abort();
	gpu[i].dead = (int)lane;
	for (unsigned int l = 0; both && l < gpu[gpu[i].peer[lane]].lanes; l++)
		if (gpu[gpu[i].peer[lane]].peer[l] == (int)i) {
			gpu[gpu[i].peer[lane]].dead = (int)l;
			break;
		}
}

static void place(unsigned int i, const char **pci, const char **minors)
{
	gpu[i] = (struct nvmlDevice_st){ .bus = 0x10 + i, .minor = i, .dead = -1 };
	if (*pci && sscanf(*pci, "%x:%x:%x", &gpu[i].domain, &gpu[i].bus, &gpu[i].device) != 3)
		abort();
	if (*pci)
		*pci = strchr(*pci, ',') ? strchr(*pci, ',') + 1 : "";
	if (*minors) {
		gpu[i].minor = (unsigned int)strtoul(*minors, NULL, 10);
		*minors = strchr(*minors, ',') ? strchr(*minors, ',') + 1 : "";
	}
}

static void load(void)
{
	const char *pci = getenv("FAKE_NVML_PCI"), *minors = getenv("FAKE_NVML_MINORS"), *dead = getenv("FAKE_NVML_DEAD");
	struct fb_json_doc doc;
	struct fb_err err;

	memset(&type, 0, sizeof(type));
	if (fb_json_doc_read(&doc, getenv("FAKE_NVML"), 1u << 20, &err))
		abort();
	struct fb_json root = fb_json_root(&doc);
	if (fb_topofile_type_load(&root, &type, &err))
		abort();
	fb_json_doc_free(&doc);
	for (unsigned int i = 0; i < type.wiring.gpus; i++) {
		place(i, &pci, &minors);
		make_lanes(i);
	}
	if (dead)
		kill_lane(dead);
	lost = getenv("FAKE_NVML_LOST") ? atoi(getenv("FAKE_NVML_LOST")) : -1;
}

EXPORT const char *nvmlErrorString(nvmlReturn_t code)
{
	switch (code) {
	case NVML_ERROR_DRIVER_NOT_LOADED:
		return "Driver Not Loaded";
	case NVML_ERROR_GPU_IS_LOST:
		return "GPU is lost";
	case NVML_ERROR_LIB_RM_VERSION_MISMATCH:
		return "Driver/library version mismatch";
	default:
		return "Unknown Error";
	}
}

EXPORT nvmlReturn_t nvmlInit_v2(void)
{
	const char *code = getenv("FAKE_NVML_INIT");

	if (code)
		return (nvmlReturn_t)atoi(code);
	load();
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlShutdown(void)
{
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count)
{
	*count = type.wiring.gpus;
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
	if (index >= type.wiring.gpus)
		return NVML_ERROR_INVALID_ARGUMENT;
	if ((int)index == lost)
		return NVML_ERROR_GPU_IS_LOST;
	*device = &gpu[index];
	return NVML_SUCCESS;
}

static void fill_pci(nvmlPciInfo_t *pci, unsigned int domain, unsigned int bus, unsigned int device, unsigned int id)
{
	memset(pci, 0, sizeof(*pci));
	snprintf(pci->busIdLegacy, sizeof(pci->busIdLegacy), "%04X:%02X:%02X.0", domain & 0xffff, bus & 0xff, device & 0x1f);
	snprintf(pci->busId, sizeof(pci->busId), "%08X:%02X:%02X.0", domain, bus, device);
	pci->domain = domain;
	pci->bus = bus;
	pci->device = device;
	pci->pciDeviceId = id << 16 | 0x10de;
}

static bool volta(void)
{
	return !strcmp(type.gpu, "v100");
}

static void fill_gpu(const struct nvmlDevice_st *device, nvmlPciInfo_t *pci)
{
	fill_pci(pci, device->domain, device->bus, device->device, volta() ? 0x1db1 : 0x20b0);
}

#ifndef FAKE_NVML_ANCIENT
EXPORT nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
	fill_gpu(device, pci);
	return NVML_SUCCESS;
}
#endif

EXPORT nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int size)
{
	(void)device;
	snprintf(name, size, "%s", volta() ? "Tesla V100-SXM2-16GB" : "NVIDIA A100-SXM4-40GB");
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int *minor)
{
	*minor = device->minor;
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor)
{
	(void)device;
	*major = volta() ? 7 : 8;
	*minor = 0;
	return NVML_SUCCESS;
}

/* The model does not tell what is below an NVLink; sockets do for the rest. */
EXPORT nvmlReturn_t nvmlDeviceGetTopologyCommonAncestor(nvmlDevice_t one, nvmlDevice_t other, nvmlGpuTopologyLevel_t *level)
{
	static const nvmlGpuTopologyLevel_t levels[] = {
		[FB_LINK_SYS] = NVML_TOPOLOGY_SYSTEM,	   [FB_LINK_NODE] = NVML_TOPOLOGY_NODE,	 [FB_LINK_PHB] = NVML_TOPOLOGY_HOSTBRIDGE,
		[FB_LINK_PXB] = NVML_TOPOLOGY_MULTIPLE, [FB_LINK_PIX] = NVML_TOPOLOGY_SINGLE, [FB_LINK_NVLINK] = NVML_TOPOLOGY_SYSTEM,
	};

	*level = levels[type.wiring.link[one - gpu][other - gpu]];
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkState(nvmlDevice_t device, unsigned int link, nvmlEnableState_t *active)
{
	if (link >= device->lanes)
		return NVML_ERROR_INVALID_ARGUMENT;
	*active = device->dead == (int)link ? NVML_FEATURE_DISABLED : NVML_FEATURE_ENABLED;
	return NVML_SUCCESS;
}

EXPORT nvmlReturn_t nvmlDeviceGetNvLinkRemotePciInfo_v2(nvmlDevice_t device, unsigned int link, nvmlPciInfo_t *pci)
{
	if (link >= device->lanes || device->dead == (int)link)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (device->peer[link] < 0)
		fill_pci(pci, 0, 0xc0 + link, 0, 0x1ac2);
	else
		fill_gpu(&gpu[device->peer[link]], pci);
	return NVML_SUCCESS;
}

#ifndef FAKE_NVML_OLD
EXPORT nvmlReturn_t nvmlDeviceGetNvLinkRemoteDeviceType(nvmlDevice_t device, unsigned int link, nvmlIntNvLinkDeviceType_t *kind)
{
	if (link >= device->lanes)
		return NVML_ERROR_INVALID_ARGUMENT;
	*kind = device->peer[link] < 0 ? NVML_NVLINK_DEVICE_TYPE_SWITCH : NVML_NVLINK_DEVICE_TYPE_GPU;
	if (getenv("FAKE_NVML_UNKNOWN"))
		*kind = NVML_NVLINK_DEVICE_TYPE_UNKNOWN;
	return NVML_SUCCESS;
}
#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of NVML's binary interface that is used here: NVIDIA's nvml.h is in no free distribution, and the library
 * comes with the driver, so it is loaded at run time. Names, numbers and layouts are those of nvml.h (CUDA 12; "NVML API
 * Reference Guide", docs.nvidia.com/deploy/nvml-api); NVIDIA keeps them: a function that changes gets a new suffix.
 */
#ifndef FB_TOPO_NVML_ABI_H
#define FB_TOPO_NVML_ABI_H

#define NVML_LIBRARY "libnvidia-ml.so.1"

typedef struct nvmlDevice_st *nvmlDevice_t;

typedef enum {
	NVML_SUCCESS = 0,
	NVML_ERROR_UNINITIALIZED = 1,
	NVML_ERROR_INVALID_ARGUMENT = 2,
	NVML_ERROR_NOT_SUPPORTED = 3,
	NVML_ERROR_NO_PERMISSION = 4,
	NVML_ERROR_NOT_FOUND = 6,
	NVML_ERROR_DRIVER_NOT_LOADED = 9,
	NVML_ERROR_FUNCTION_NOT_FOUND = 13,
	NVML_ERROR_GPU_IS_LOST = 15,
	NVML_ERROR_LIB_RM_VERSION_MISMATCH = 18,
	NVML_ERROR_UNKNOWN = 999,
} nvmlReturn_t;

typedef enum {
	NVML_FEATURE_DISABLED = 0,
	NVML_FEATURE_ENABLED = 1,
} nvmlEnableState_t;

typedef enum {
	NVML_TOPOLOGY_INTERNAL = 0,    /* two chips of one board */
	NVML_TOPOLOGY_SINGLE = 10,     /* one PCIe switch */
	NVML_TOPOLOGY_MULTIPLE = 20,   /* several PCIe switches */
	NVML_TOPOLOGY_HOSTBRIDGE = 30, /* one host bridge */
	NVML_TOPOLOGY_NODE = 40,       /* one NUMA node */
	NVML_TOPOLOGY_SYSTEM = 50,
} nvmlGpuTopologyLevel_t;

typedef enum {
	NVML_NVLINK_DEVICE_TYPE_GPU = 0x00,
	NVML_NVLINK_DEVICE_TYPE_IBMNPU = 0x01,
	NVML_NVLINK_DEVICE_TYPE_SWITCH = 0x02,
	NVML_NVLINK_DEVICE_TYPE_UNKNOWN = 0xff,
} nvmlIntNvLinkDeviceType_t;

/* Of nvmlDeviceGetPciInfo_v3 and nvmlDeviceGetNvLinkRemotePciInfo_v2. */
typedef struct {
	char busIdLegacy[16];
	unsigned int domain, bus, device;
	unsigned int pciDeviceId; /* device << 16 | vendor */
	unsigned int pciSubSystemId;
	char busId[32];
} nvmlPciInfo_t;

#define NVML_DEVICE_NAME_V2_BUFFER_SIZE 96

/*
 * X(name, arguments, must be there). What may be missing in older drivers: nvmlDeviceGetNvLinkRemoteDeviceType came
 * with driver 470, nvmlDeviceGetNvLinkRemotePciInfo_v2 with 410.
 */
#define NVML_FUNCTIONS(X) \
	X(nvmlInit_v2, (void), 1) \
	X(nvmlShutdown, (void), 1) \
	X(nvmlDeviceGetCount_v2, (unsigned int *count), 1) \
	X(nvmlDeviceGetHandleByIndex_v2, (unsigned int index, nvmlDevice_t *device), 1) \
	X(nvmlDeviceGetPciInfo_v3, (nvmlDevice_t device, nvmlPciInfo_t *pci), 1) \
	X(nvmlDeviceGetName, (nvmlDevice_t device, char *name, unsigned int size), 0) \
	X(nvmlDeviceGetMinorNumber, (nvmlDevice_t device, unsigned int *minor), 0) \
	X(nvmlDeviceGetCudaComputeCapability, (nvmlDevice_t device, int *major, int *minor), 0) \
	X(nvmlDeviceGetTopologyCommonAncestor, (nvmlDevice_t one, nvmlDevice_t other, nvmlGpuTopologyLevel_t *level), 0) \
	X(nvmlDeviceGetNvLinkState, (nvmlDevice_t device, unsigned int link, nvmlEnableState_t *active), 0) \
	X(nvmlDeviceGetNvLinkRemotePciInfo_v2, (nvmlDevice_t device, unsigned int link, nvmlPciInfo_t *pci), 0) \
	X(nvmlDeviceGetNvLinkRemoteDeviceType, (nvmlDevice_t device, unsigned int link, nvmlIntNvLinkDeviceType_t *type), 0)

#endif

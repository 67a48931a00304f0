/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A survey: what one source tells of a machine. Each reader fills one, with the GPUs in their order in gres.conf;
 * several are put together by part, because no source knows all: NVML and `nvidia-smi topo -m` know NVLink, hwloc and
 * NCCL's files sockets and adapters.
 */
#ifndef FB_TOPO_SURVEY_H
#define FB_TOPO_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "flightbase/topo/machine.h"
#include "topology/engine/engine.h"
#include "topology/topofile.h"

/* An address on the PCI bus: domain << 16 | bus << 8 | device << 3 | function. */
typedef uint64_t fb_pci;
#define FB_PCI_NONE UINT64_MAX
#define FB_PCI_TEXT_MAX 24

struct fb_survey_gpu {
	fb_pci pci;   /* FB_PCI_NONE: not known */
	int minor;    /* of /dev/nvidiaN; -1: not known */
	int socket;   /* -1: not known */
	unsigned int device; /* PCI device id; 0: not known */
	unsigned int sm;     /* compute capability, 70 for 7.0; 0: not known */
	char model[FB_MACHINE_MODEL_MAX + 1];
	unsigned int switch_lanes;		/* NVLink lanes to NVSwitches */
	unsigned int lanes[FB_ENGINE_GPUS_MAX]; /* NVLink lanes to each GPU, direct or as the source names them */
};

struct fb_survey_nic {
	char name[FB_TOPOFILE_NAME_MAX + 1]; /* empty: the source has no name for it */
	fb_pci pci;
	unsigned int vendor; /* PCI; 0: not known */
	double gbps;	     /* GB/s, one direction; 0: not known */
	uint8_t link[FB_ENGINE_GPUS_MAX]; /* enum fb_link to each GPU */
};

struct fb_survey {
	char name[FB_MACHINE_SOURCE_MAX + 1]; /* of the source */
	char source[FB_MACHINE_PARTS][FB_MACHINE_SOURCE_MAX + 1];
	unsigned int gpus;
	struct fb_survey_gpu gpu[FB_ENGINE_GPUS_MAX];
	bool wires;				    /* the links below NVLink are known */
	uint8_t pcie[FB_ENGINE_GPUS_MAX][FB_ENGINE_GPUS_MAX]; /* enum fb_link */
	bool nvlink;				    /* it is known which lanes there are, even if there are none */
	bool nvswitch;
	unsigned int sockets; /* 0: not known */
	char cores[FB_TOPOFILE_SOCKETS_MAX][FB_TOPOFILE_NAME_MAX + 1];
	unsigned int nics;
	struct fb_survey_nic nic[FB_TOPOFILE_NICS_MAX];
	unsigned int adapters; /* of which it knows GUIDs */
	struct fb_machine_adapter adapter[FB_TOPOFILE_NICS_MAX];
};

/* "0000:3b:00.0", with 4 or 8 digits of domain, or without the function. Return 0, or -1 if text is no address. */
int fb_pci_parse(const char *text, fb_pci *pci);
void fb_pci_text(fb_pci pci, char *text); /* holds FB_PCI_TEXT_MAX bytes */

void fb_survey_init(struct fb_survey *survey, const char *name);

/* A GPU or an adapter more, of which nothing is known; NULL with err set if there are too many. */
struct fb_survey_gpu *fb_survey_add_gpu(struct fb_survey *survey, struct fb_err *err);
struct fb_survey_nic *fb_survey_add_nic(struct fb_survey *survey, struct fb_err *err);

/* Letters, digits, '.', '_' and '-', not too long for topology.json. */
bool fb_survey_name_good(const char *name);

/* The GPU with this address, or -1. NVLink's remote ends have no function: it is not compared. */
int fb_survey_find(const struct fb_survey *survey, fb_pci pci);

/* A reader is done: the parts that it knows come from the survey's source. */
void fb_survey_sign(struct fb_survey *survey);

/*
 * Put surveys of one machine together, the ones that are trusted most first; for each part the first that knows it.
 * They must have the same GPUs: by address where both know them, else by number and order.
 */
int fb_survey_merge(struct fb_survey *into, const struct fb_survey *const *from, size_t count, struct fb_err *err);

/* Make a report of a survey; its node's name is left to the caller. Fails if there is no GPU or a pair's link is not known. */
int fb_survey_report(const struct fb_survey *survey, struct fb_machine *machine, struct fb_err *err);

#endif

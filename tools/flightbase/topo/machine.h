/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine report: what one node found of its own wiring, as `flightbase topo discover --json` prints it and
 * `flightbase topo build` and `check` read it. One JSON object (flightbase-topo(8)):
 *   node      its name in Slurm
 *   type      the members of a type of topology.json (flightbase-topology.json(5)): gpu, gpus, links, nvlink_gbps, nvswitch,
 *             sockets, cores, nics (without use: the fabric tells)
 *   devices   array, by GPU, of { minor, pci, model }, each where it is known: what tells one GPU from another
 *   adapters  array of { name, node_guid, ports: [ { port, guid, gbps, link_layer } ] } of its RDMA devices;
 *             GUIDs are strings "0x" and 16 hexadecimal digits, gbps is GB/s in one direction, link_layer "InfiniBand" or "Ethernet"
 *   sources   object: what each part was read from ("nvml", "hwloc", "nvidia-smi", "sysfs", a file's name), for people
 * The readers of captured machines (hwloc XML, NCCL topology XML, `nvidia-smi topo -m`) fill the same structure.
 */
#ifndef FB_TOPO_MACHINE_H
#define FB_TOPO_MACHINE_H

#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "topology/topofile.h"

#define FB_MACHINE_SIZE_MAX (256u << 10) /* bytes of a report */
#define FB_MACHINE_PORTS_MAX 4
#define FB_MACHINE_SOURCE_MAX 255
#define FB_MACHINE_MODEL_MAX 95
#define FB_MACHINE_PCI_MAX 23

enum fb_machine_part {
	FB_MACHINE_GPUS,
	FB_MACHINE_LINKS,
	FB_MACHINE_SOCKETS,
	FB_MACHINE_NICS,
	FB_MACHINE_ADAPTERS,
	FB_MACHINE_PARTS,
};

struct fb_machine_gpu {
	int minor;			  /* N of /dev/nvidiaN; -1: not known */
	char pci[FB_MACHINE_PCI_MAX + 1]; /* 0000:3b:00.0, or empty */
	char model[FB_MACHINE_MODEL_MAX + 1];
};

struct fb_machine_port {
	unsigned int number; /* from 1, as the verbs count */
	uint64_t guid;
	double gbps;   /* GB/s, one direction; 0: down or not known */
	bool ethernet; /* RoCE */
};

struct fb_machine_adapter {
	char name[FB_TOPOFILE_NAME_MAX + 1]; /* mlx5_0 */
	uint64_t node_guid;
	unsigned int ports;
	struct fb_machine_port port[FB_MACHINE_PORTS_MAX];
};

struct fb_machine {
	char node[FB_TOPOFILE_NAME_MAX + 1];
	struct fb_topofile_type type; /* name is empty, engine NULL */
	bool devices;			/* gpu holds what its GPUs are, in their order */
	struct fb_machine_gpu gpu[FB_ENGINE_GPUS_MAX];
	unsigned int adapters;
	struct fb_machine_adapter adapter[FB_TOPOFILE_NICS_MAX];
	char source[FB_MACHINE_PARTS][FB_MACHINE_SOURCE_MAX + 1]; /* empty: the part is not known */
};

/* Keys of "sources". */
extern const char *const fb_machine_part_names[FB_MACHINE_PARTS];

/*
 * Read a report, or parse its text (name is for messages). Return 0, or -1 with err set to "FILE:LINE: KEY: fault";
 * machine is then all zero. There is nothing to free.
 */
int fb_machine_read(struct fb_machine *machine, const char *path, struct fb_err *err);
int fb_machine_parse(struct fb_machine *machine, const char *name, const char *text, size_t size, struct fb_err *err);

/* Print it as fb_machine_parse() reads it. The same machine gives the same bytes. */
void fb_machine_print_json(const struct fb_machine *machine, FILE *stream);

/* For people. */
void fb_machine_print(const struct fb_machine *machine, FILE *stream);

#endif

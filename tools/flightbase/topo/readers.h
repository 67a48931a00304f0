/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers of captured machines. Each takes the whole text of a file (name is for messages and is the survey's), and
 * returns 0, or -1 with err set to "FILE:LINE: fault"; the survey is then not to be used. Nothing is to be freed.
 */
#ifndef FB_TOPO_READERS_H
#define FB_TOPO_READERS_H

#include <stddef.h>

#include "common/err.h"
#include "flightbase/topo/survey.h"

#define FB_READER_SIZE_MAX (16u << 20) /* bytes of a file */

/*
 * What `nvidia-smi topo -m` printed, as a file or as people paste it: tabs or blanks between the columns, with or
 * without the legend. Knows NVLink and PCIe links, adapters and NUMA nodes, no model.
 */
int fb_survey_matrix(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err);

/*
 * A topology file of NCCL (NCCL_TOPO_FILE, NCCL_TOPO_DUMP_FILE). Knows PCIe links, NUMA nodes, adapters, and NVLink where
 * NCCL wrote the file; those that clouds ship have none.
 */
int fb_survey_nccl(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err);

/*
 * XML of hwloc's lstopo. Knows PCIe links, sockets and their cores, adapters, and NVLink where hwloc had NVML.
 * fb_survey_hwloc_live() asks hwloc about this machine, and NVLink is left to NVML.
 */
int fb_survey_hwloc(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err);
int fb_survey_hwloc_live(struct fb_survey *survey, struct fb_err *err);

/* Read a file of at most FB_READER_SIZE_MAX bytes and give it to a reader. */
typedef int fb_survey_reader(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err);
int fb_survey_file(struct fb_survey *survey, fb_survey_reader *reader, const char *path, struct fb_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Placement of one job: what topology/flightbase does when cons_tres asks for nodes.
 *
 * Nodes are chosen by Slurm's own helper; the GPUs inside them by the engine, by masking all others in
 * the lists that the final selection draws from. Twice:
 *   before the nodes are chosen, because the job's cores are then kept near these GPUs, to as many as the
 *   job can get on that node;
 *   after it, when Slurm's arithmetic tells exactly how many it gets there.
 * A node is never left with fewer GPUs than the job takes on it. If no nodes are found, all masks are
 * taken back and Slurm's choice stands: a job starts whenever it would start without this plugin.
 *
 * Runs for starts, for will-run tests and for planned starts; it changes nothing but its argument.
 */
#ifndef FB_TOPOLOGY_PLACE_H
#define FB_TOPOLOGY_PLACE_H

#include "topology/nodemap.h"

/* map may be NULL. Returns what common_topo_choose_nodes() does. The caller holds Slurm's locks. */
int fb_place_job(const struct fb_nodemap *map, topology_eval_t *topo_eval);

#endif

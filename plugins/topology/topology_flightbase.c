/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology/flightbase: placement of jobs on GPUs that are wired to each other.
 *
 * Hooks that decide something: build_config (reads topology.json), eval_nodes (place.h, and guard.h for the
 * guarantees of workspaces). The others do what topology/default (flat) does. slurmctld, slurmd, slurmstepd and
 * the clients all load this plugin; only slurmctld reads the file. Settings: none in slurm.conf but
 * TopologyPlugin=topology/flightbase.
 */
#include <pthread.h>

#include "topology/guard.h"
#include "topology/hooks.h"
#include "topology/nodemap.h"
#include "topology/place.h"
#include "topology/published.h"
#include "topology/wiring.h"

#define LAST_GOOD "flightbase_topology.json" /* in StateSaveLocation */

const char plugin_name[] = "Flightbase topology plugin";
const char plugin_type[] = "topology/flightbase";
const uint32_t plugin_version = SLURM_VERSION_NUMBER;
const uint32_t plugin_id = 3867; /* far from Slurm's own, which count up from 100 */
const bool supports_exclusive_topo = false;

/* Replaced under the write lock; scheduling only reads, under Slurm's locks and this one. */
static struct fb_nodemap *nodemap;
static pthread_rwlock_t nodemap_lock = PTHREAD_RWLOCK_INITIALIZER;

static void nodemap_replace(struct fb_nodemap *map)
{
	struct fb_nodemap *old;

	pthread_rwlock_wrlock(&nodemap_lock);
	old = nodemap;
	nodemap = map;
	pthread_rwlock_unlock(&nodemap_lock);
	fb_nodemap_destroy(old);
}

extern int init(void)
{
	debug("%s loaded", plugin_name);
	return SLURM_SUCCESS;
}

extern void fini(void)
{
	nodemap_replace(NULL);
	fb_published_forget();
}

extern int topology_p_build_config(FB_TCTX_ONLY)
{
	FB_UNUSED_TCTX;
	if (!running_in_slurmctld())
		return SLURM_SUCCESS;
	char *last_good = xstrdup_printf("%s/%s", slurm_conf.state_save_location, LAST_GOOD);
	struct fb_nodemap *map = fb_nodemap_create(FB_TOPOLOGY_FILE, last_good);
	char *text = fb_nodemap_describe(map);

	nodemap_replace(map);
	fb_published_find();
	info("%s", text);
	xfree(text);
	xfree(last_good);
	return SLURM_SUCCESS;
}

extern int topology_p_eval_nodes(topology_eval_t *topo_eval)
{
	struct fb_guard guard;
	int rc;

	fb_guard_begin(&guard, topo_eval);
	pthread_rwlock_rdlock(&nodemap_lock);
	rc = fb_place_job(nodemap, topo_eval);
	pthread_rwlock_unlock(&nodemap_lock);
	fb_guard_end(&guard, rc);
	return rc;
}

/* For job_submit/flightbase, which looks it up by name. */
extern fb_wiring_check_fn fb_wiring_check_1;

extern int fb_wiring_check_1(const struct fb_wiring_ask *ask, struct fb_err *err)
{
	int rc;

	pthread_rwlock_rdlock(&nodemap_lock);
	rc = fb_wiring_find(nodemap, ask, err);
	pthread_rwlock_unlock(&nodemap_lock);
	return rc;
}

/* False: every job comes through eval_nodes, also one of a single node. */
extern bool topology_p_allow_one_node(void *tctx)
{
	(void)tctx;
	return false;
}

extern int topology_p_eval_node(topology_eval_t *topo_eval, int node_idx)
{
	return fb_common_test_node(topo_eval, node_idx);
}

/* What the controller has in mind: the map, and what is kept for workspaces, if anything. */
static char *describe(void)
{
	const struct fb_guarantees *table;
	char *text;

	pthread_rwlock_rdlock(&nodemap_lock);
	text = nodemap ? fb_nodemap_describe(nodemap) : NULL;
	pthread_rwlock_unlock(&nodemap_lock);
	if ((table = fb_published_acquire())) {
		uint64_t gpus = 0;

		for (size_t i = 0; i < table->count; i++)
			gpus += fb_guaranteed_at(&table->workspace[i], time(NULL));
		xstrfmtcat(text, "%sflightbase: %zu workspaces have guarantees, of %" PRIu64 " GPUs now", text ? "\n" : "",
			   table->count, gpus);
		fb_published_release();
	}
	return text;
}

/* `scontrol show topology` */
extern int topology_p_get(topology_data_t type, void *data FB_TCTX_LAST)
{
	FB_UNUSED_TCTX;
	if (type == TOPO_DATA_TOPOLOGY_PTR) {
		dynamic_plugin_data_t *topoinfo = xmalloc(sizeof(*topoinfo));

		topoinfo->data = describe();
		topoinfo->plugin_id = plugin_id;
		*(dynamic_plugin_data_t **)data = topoinfo;
	} else if (type == TOPO_DATA_REC_CNT || type == TOPO_DATA_EXCLUSIVE_TOPO) {
		*(int *)data = 0;
	}
	return SLURM_SUCCESS;
}

extern int topology_p_topoinfo_free(void *topoinfo_ptr)
{
	xfree(topoinfo_ptr);
	return SLURM_SUCCESS;
}

extern int topology_p_topoinfo_pack(void *topoinfo_ptr, buf_t *buffer, uint16_t protocol_version)
{
	(void)protocol_version;
	packstr(topoinfo_ptr, buffer);
	return SLURM_SUCCESS;
}

extern int topology_p_topoinfo_unpack(void **topoinfo_pptr, buf_t *buffer, uint16_t protocol_version)
{
	char *text = NULL;
	uint32_t size = 0;

	(void)protocol_version;
	safe_unpackstr_xmalloc(&text, &size, buffer);
	*topoinfo_pptr = text;
	return SLURM_SUCCESS;
unpack_error:
	*topoinfo_pptr = NULL;
	return SLURM_ERROR;
}

extern int topology_p_topoinfo_print(void *topoinfo_ptr, char *nodes_list FB_UNIT, char **out)
{
	(void)nodes_list;
	FB_UNUSED_UNIT;
	*out = topoinfo_ptr ? xstrdup_printf("%s\n", (char *)topoinfo_ptr) : NULL;
	return SLURM_SUCCESS;
}

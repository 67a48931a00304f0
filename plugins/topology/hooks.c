/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hooks that Slurm's loader asks for and for which topology/flightbase does what topology/default does. */
#include "topology/hooks.h"

/* The loader's own table, filled with the hooks: the compiler compares their types. */
#include "topology_ops.h"

extern int topology_p_add_rm_node(node_record_t *node_ptr, char *unit, topology_ctx_t *tctx)
{
	(void)node_ptr, (void)unit, (void)tctx;
	return SLURM_SUCCESS;
}

extern int topology_p_destroy_config(topology_ctx_t *tctx)
{
	(void)tctx;
	return SLURM_SUCCESS;
}

extern int topology_p_whole_topo(bitstr_t *node_mask FB_TCTX_LAST)
{
	(void)node_mask;
	FB_UNUSED_TCTX;
	return SLURM_SUCCESS;
}

extern bitstr_t *topology_p_get_bitmap(char *name FB_TCTX_LAST)
{
	(void)name;
	FB_UNUSED_TCTX;
	return NULL;
}

extern bool topology_p_generate_node_ranking(FB_TCTX_ONLY)
{
	FB_UNUSED_TCTX;
	return false;
}

extern int topology_p_get_node_addr(char *node_name, char **addr, char **pattern FB_TCTX_LAST)
{
	FB_UNUSED_TCTX;
	return common_topo_get_node_addr(node_name, addr, pattern);
}

extern int topology_p_split_hostlist(hostlist_t *hl, hostlist_t ***sp_hl, int *count, uint16_t tree_width FB_TCTX_LAST)
{
	FB_UNUSED_TCTX;
	return common_topo_split_hostlist_treewidth(hl, sp_hl, count, tree_width);
}

extern uint32_t topology_p_get_fragmentation(bitstr_t *node_mask FB_TCTX_LAST)
{
	(void)node_mask;
	FB_UNUSED_TCTX;
	return 0;
}

extern int topology_p_get_rank(bitstr_t *node_bitmap, uint32_t **node_rank, uint32_t *size, void *tctx)
{
	(void)node_bitmap, (void)tctx;
	*node_rank = NULL;
	*size = 0;
	return SLURM_SUCCESS;
}

extern void topology_p_get_topology_str(node_record_t *node_ptr, char **topology_str_ptr, topology_ctx_t *tctx)
{
	(void)node_ptr, (void)topology_str_ptr, (void)tctx;
}

extern void topology_p_jobinfo_free(void *topo_jobinfo)
{
	(void)topo_jobinfo;
}

extern void topology_p_jobinfo_pack(void *topo_jobinfo, buf_t *buffer, uint16_t protocol_version)
{
	(void)topo_jobinfo, (void)buffer, (void)protocol_version;
}

extern int topology_p_jobinfo_unpack(void **topo_jobinfo, buf_t *buffer, uint16_t protocol_version)
{
	(void)topo_jobinfo, (void)buffer, (void)protocol_version;
	return SLURM_SUCCESS;
}

extern int topology_p_jobinfo_get(topology_jobinfo_type_t type, void *topo_jobinfo, void *data)
{
	(void)type, (void)topo_jobinfo, (void)data;
	return ESLURM_NOT_SUPPORTED;
}

/* Names of the show hooks before 25.11. */
extern int topology_p_topology_free(void *topoinfo_ptr)
{
	return topology_p_topoinfo_free(topoinfo_ptr);
}

extern int topology_p_topology_pack(void *topoinfo_ptr, buf_t *buffer, uint16_t protocol_version)
{
	return topology_p_topoinfo_pack(topoinfo_ptr, buffer, protocol_version);
}

extern int topology_p_topology_unpack(void **topoinfo_pptr, buf_t *buffer, uint16_t protocol_version)
{
	return topology_p_topoinfo_unpack(topoinfo_pptr, buffer, protocol_version);
}

extern int topology_p_topology_print(void *topoinfo_ptr, char *nodes_list FB_UNIT, char **out)
{
	return topology_p_topoinfo_print(topoinfo_ptr, nodes_list FB_UNIT_PASS, out);
}

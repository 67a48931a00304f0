/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Slurm's loader looks up by name in a topology plugin; the union of its releases. */
#ifndef FB_TOPOLOGY_HOOKS_H
#define FB_TOPOLOGY_HOOKS_H

#include "topology/slurm_compat.h"

/* topology_flightbase.c */
extern const char plugin_name[];
extern const char plugin_type[];
extern const uint32_t plugin_version;
extern const uint32_t plugin_id;
extern const bool supports_exclusive_topo;
extern int init(void);
extern void fini(void);
extern int topology_p_build_config(FB_TCTX_ONLY);
extern int topology_p_eval_nodes(topology_eval_t *topo_eval);
extern bool topology_p_allow_one_node(void *tctx);
extern int topology_p_eval_node(topology_eval_t *topo_eval, int node_idx);
extern int topology_p_get(topology_data_t type, void *data FB_TCTX_LAST);
extern int topology_p_topoinfo_free(void *topoinfo_ptr);
extern int topology_p_topoinfo_pack(void *topoinfo_ptr, buf_t *buffer, uint16_t protocol_version);
extern int topology_p_topoinfo_unpack(void **topoinfo_pptr, buf_t *buffer, uint16_t protocol_version);
extern int topology_p_topoinfo_print(void *topoinfo_ptr, char *nodes_list FB_UNIT, char **out);

/* hooks.c */
extern int topology_p_add_rm_node(node_record_t *node_ptr, char *unit, topology_ctx_t *tctx);
extern int topology_p_destroy_config(topology_ctx_t *tctx);
extern int topology_p_whole_topo(bitstr_t *node_mask FB_TCTX_LAST);
extern bitstr_t *topology_p_get_bitmap(char *name FB_TCTX_LAST);
extern bool topology_p_generate_node_ranking(FB_TCTX_ONLY);
extern int topology_p_get_node_addr(char *node_name, char **addr, char **pattern FB_TCTX_LAST);
extern int topology_p_split_hostlist(hostlist_t *hl, hostlist_t ***sp_hl, int *count, uint16_t tree_width FB_TCTX_LAST);
extern uint32_t topology_p_get_fragmentation(bitstr_t *node_mask FB_TCTX_LAST);
extern int topology_p_get_rank(bitstr_t *node_bitmap, uint32_t **node_rank, uint32_t *size, void *tctx);
extern void topology_p_get_topology_str(node_record_t *node_ptr, char **topology_str_ptr, topology_ctx_t *tctx);
extern void topology_p_jobinfo_free(void *topo_jobinfo);
extern void topology_p_jobinfo_pack(void *topo_jobinfo, buf_t *buffer, uint16_t protocol_version);
extern int topology_p_jobinfo_unpack(void **topo_jobinfo, buf_t *buffer, uint16_t protocol_version);
extern int topology_p_jobinfo_get(topology_jobinfo_type_t type, void *topo_jobinfo, void *data);
extern int topology_p_topology_free(void *topoinfo_ptr);
extern int topology_p_topology_pack(void *topoinfo_ptr, buf_t *buffer, uint16_t protocol_version);
extern int topology_p_topology_unpack(void **topoinfo_pptr, buf_t *buffer, uint16_t protocol_version);
extern int topology_p_topology_print(void *topoinfo_ptr, char *nodes_list FB_UNIT, char **out);

#endif

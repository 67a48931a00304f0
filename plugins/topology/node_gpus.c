/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/node_gpus.h"

static fb_gpuset bits_get(const bitstr_t *bits)
{
	unsigned int set = 0;

	for (int64_t i = 0; bits && i < bit_size((bitstr_t *)bits) && i < FB_ENGINE_GPUS_MAX; i++)
		set |= bit_test((bitstr_t *)bits, i) ? 1u << i : 0;
	return (fb_gpuset)set;
}

static void bits_put(bitstr_t *bits, fb_gpuset set)
{
	for (int64_t i = 0; bits && i < bit_size(bits) && i < FB_ENGINE_GPUS_MAX; i++) {
		if (set >> i & 1)
			bit_set(bits, i);
		else
			bit_clear(bits, i);
	}
}

static uint16_t count_cap(uint64_t count)
{
	return (uint16_t)MIN(count, UINT16_MAX);
}

/* GPUs that no job holds, be it as they are or as shares of them. */
static fb_gpuset idle_get(const gres_node_state_t *gres_ns, unsigned int gpus)
{
	const gres_node_state_t *alt = gres_ns->alt_gres ? gres_ns->alt_gres->gres_data : NULL;
	unsigned int busy = bits_get(gres_ns->gres_bit_alloc);

	if (alt && alt->gres_bit_alloc && bit_size(alt->gres_bit_alloc) == gpus)
		busy |= bits_get(alt->gres_bit_alloc);
	return (fb_gpuset)(((1u << gpus) - 1) & ~busy);
}

static bool choosable(const sock_gres_t *sock_gres, int node)
{
	const gres_state_t *job = sock_gres->gres_state_job, *own = sock_gres->gres_state_node;
	const gres_node_state_t *gres_ns = own ? own->gres_data : NULL;

	return job && job->gres_data && gres_ns && job->plugin_id == gres_get_gpu_plugin_id() &&
	       !gres_id_shared(job->config_flags) && !gres_ns->no_consume && gres_ns->topo_cnt &&
	       gres_ns->gres_bit_alloc && !node_record_table_ptr[node]->res_cores_per_gpu &&
	       sock_gres->sock_cnt <= FB_NODE_SOCKETS_MAX;
}

int fb_node_gpus_read(struct fb_node_gpus *gpus, int node, avail_res_t *avail, sock_gres_t *sock_gres,
		      const struct fb_topofile_type *type)
{
	if (!choosable(sock_gres, node))
		return 0;

	const gres_node_state_t *gres_ns = sock_gres->gres_state_node->gres_data;
	if (bit_size(gres_ns->gres_bit_alloc) != type->wiring.gpus)
		return -1;
	*gpus = (struct fb_node_gpus){ .node = node,
				       .sock_gres = sock_gres,
				       .type = type,
				       .any = bits_get(sock_gres->bits_any_sock),
				       .cnt_any = count_cap(sock_gres->cnt_any_sock),
				       .total = count_cap(sock_gres->total_cnt),
				       .cpus = avail->avail_cpus,
				       .res = avail->FB_AVAIL_RES,
				       .idle = idle_get(gres_ns, type->wiring.gpus) };
	for (int s = 0; sock_gres->bits_by_sock && s < sock_gres->sock_cnt; s++) {
		gpus->sock[s] = bits_get(sock_gres->bits_by_sock[s]);
		gpus->cnt_sock[s] = sock_gres->cnt_by_sock ? count_cap(sock_gres->cnt_by_sock[s]) : 0;
	}
	gpus->usable = gpus->keep = fb_node_gpus_offered(gpus) & gpus->idle;
	return 1;
}

fb_gpuset fb_node_gpus_offered(const struct fb_node_gpus *gpus)
{
	fb_gpuset offered = gpus->any;

	for (int s = 0; s < FB_NODE_SOCKETS_MAX; s++)
		offered |= gpus->sock[s];
	return offered;
}

static uint16_t count_in(fb_gpuset offered, fb_gpuset keep, uint16_t limit)
{
	return MIN((uint16_t)__builtin_popcount(offered & keep), limit);
}

void fb_node_gpus_mask(struct fb_node_gpus *gpus, fb_gpuset keep)
{
	sock_gres_t *sock_gres = gpus->sock_gres;
	bool all = keep == gpus->usable;
	unsigned int total = all ? gpus->cnt_any : count_in(gpus->any, keep, gpus->cnt_any);

	bits_put(sock_gres->bits_any_sock, all ? gpus->any : gpus->any & keep);
	sock_gres->cnt_any_sock = total;
	for (int s = 0; sock_gres->bits_by_sock && s < sock_gres->sock_cnt; s++) {
		uint16_t count = all ? gpus->cnt_sock[s] : count_in(gpus->sock[s], keep, gpus->cnt_sock[s]);

		bits_put(sock_gres->bits_by_sock[s], all ? gpus->sock[s] : gpus->sock[s] & keep);
		if (sock_gres->cnt_by_sock)
			sock_gres->cnt_by_sock[s] = count;
		total += count;
	}
	sock_gres->total_cnt = all ? gpus->total : MIN(total, gpus->total);
	gpus->keep = keep;
}

void fb_node_gpus_restore(struct fb_node_gpus *gpus, avail_res_t *avail)
{
	fb_node_gpus_mask(gpus, gpus->usable);
	gpus->sock_gres->total_cnt_before_filter = 0;
	avail->avail_cpus = gpus->cpus;
	avail->FB_AVAIL_RES = gpus->res;
}

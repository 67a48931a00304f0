/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/node_gpus.h"

static fb_gpuset bits_get(const bitstr_t *bits)
{
	int64_t size = bits ? MIN(bit_size((bitstr_t *)bits), FB_ENGINE_GPUS_MAX) : 0;
	unsigned int set = 0;

	for (int64_t i = 0; i < size; i++)
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

/* Of a node that gives all of its GPUs, no bitmap need be looked at to know which of them are idle. */
static bool gives_all(const sock_gres_t *sock_gres, const gres_node_state_t *gres_ns, unsigned int gpus)
{
	return sock_gres->total_cnt == gpus && gres_ns->gres_cnt_avail == gpus && !sock_gres->use_total_gres;
}

/* Offered in the sets of sockets, or near none. */
static fb_gpuset offered_get(const sock_gres_t *sock_gres)
{
	unsigned int set = bits_get(sock_gres->bits_any_sock);

	for (int s = 0; sock_gres->bits_by_sock && s < sock_gres->sock_cnt; s++)
		set |= bits_get(sock_gres->bits_by_sock[s]);
	return (fb_gpuset)set;
}

int fb_node_gpus_look(struct fb_node_gpus *gpus)
{
	const sock_gres_t *sock_gres = gpus->sock_gres;
	unsigned int count = gpus->wired->type->wiring.gpus;

	if (!choosable(sock_gres, gpus->node))
		return 0;

	const gres_node_state_t *gres_ns = sock_gres->gres_state_node->gres_data;
	gpus->total = count_cap(sock_gres->total_cnt);
	if (gives_all(sock_gres, gres_ns, count)) {
		gpus->usable = gpus->keep = gpus->idle = (fb_gpuset)((1u << count) - 1);
		return 1;
	}
	if (bit_size(gres_ns->gres_bit_alloc) != count)
		return -1;
	gpus->idle = idle_get(gres_ns, count);
	gpus->usable = gpus->keep = offered_get(sock_gres) & gpus->idle;
	return 1;
}

void fb_node_gpus_free(struct fb_node_gpus *gpus)
{
	xfree(gpus->offer);
}

void fb_node_gpus_read(struct fb_node_gpus *gpus)
{
	const sock_gres_t *sock_gres = gpus->sock_gres;
	struct fb_node_offer *offer;

	if (gpus->offer)
		return;
	offer = gpus->offer = xmalloc(sizeof(*offer));
	*offer = (struct fb_node_offer){ .any = bits_get(sock_gres->bits_any_sock),
					 .cnt_any = count_cap(sock_gres->cnt_any_sock),
					 .cpus = gpus->avail->avail_cpus,
					 .res = gpus->avail->FB_AVAIL_RES };
	for (int s = 0; sock_gres->bits_by_sock && s < sock_gres->sock_cnt; s++) {
		offer->sock[s] = bits_get(sock_gres->bits_by_sock[s]);
		offer->cnt_sock[s] = sock_gres->cnt_by_sock ? count_cap(sock_gres->cnt_by_sock[s]) : 0;
	}
}

fb_gpuset fb_node_gpus_offered(const struct fb_node_gpus *gpus)
{
	fb_gpuset offered = 0;

	if (!gpus->offer)
		return offered_get(gpus->sock_gres);
	offered = gpus->offer->any;
	for (int s = 0; s < FB_NODE_SOCKETS_MAX; s++)
		offered |= gpus->offer->sock[s];
	return offered;
}

static uint16_t count_in(fb_gpuset offered, fb_gpuset keep, uint16_t limit)
{
	return MIN((uint16_t)__builtin_popcount(offered & keep), limit);
}

void fb_node_gpus_mask(struct fb_node_gpus *gpus, fb_gpuset keep)
{
	const struct fb_node_offer *offer = gpus->offer;
	sock_gres_t *sock_gres = gpus->sock_gres;
	bool all = keep == gpus->usable;
	unsigned int total = all ? offer->cnt_any : count_in(offer->any, keep, offer->cnt_any);

	bits_put(sock_gres->bits_any_sock, all ? offer->any : offer->any & keep);
	sock_gres->cnt_any_sock = total;
	for (int s = 0; sock_gres->bits_by_sock && s < sock_gres->sock_cnt; s++) {
		uint16_t count = all ? offer->cnt_sock[s] : count_in(offer->sock[s], keep, offer->cnt_sock[s]);

		bits_put(sock_gres->bits_by_sock[s], all ? offer->sock[s] : offer->sock[s] & keep);
		if (sock_gres->cnt_by_sock)
			sock_gres->cnt_by_sock[s] = count;
		total += count;
	}
	sock_gres->total_cnt = all ? gpus->total : MIN(total, gpus->total);
	gpus->keep = keep;
}

void fb_node_gpus_restore(struct fb_node_gpus *gpus)
{
	if (!gpus->offer)
		return;
	fb_node_gpus_mask(gpus, gpus->usable);
	gpus->sock_gres->total_cnt_before_filter = 0;
	gpus->avail->avail_cpus = gpus->offer->cpus;
	gpus->avail->FB_AVAIL_RES = gpus->offer->res;
}

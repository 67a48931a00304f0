/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/hints.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/wires.h"
#include "topology/engine/span.h"
#include "topology/ring.h"

#define TEXT_MAX 64 /* holds a set of GPUs */

/* What is worked out once and asked by several variables. */
struct group {
	const struct fb_hints_request *request;
	const struct fb_topofile_type *type; /* NULL: unknown, or not this step's */
	fb_gpuset gpus, task;
	bool p2p_off, rdma_off;
	char names[TEXT_MAX]; /* of gpus */
	enum fb_link worst, best; /* over its pairs; only of two GPUs and more */
	uint32_t adapters;	  /* that its traffic should take, by index */
	bool near;		  /* they are chosen by nearness */
};

static bool is_off(const char *mode)
{
	return !strcmp(mode, "off");
}

static bool is_required(const char *mode)
{
	return !strcmp(mode, "require");
}

static unsigned int count_of(fb_gpuset set)
{
	return (unsigned int)__builtin_popcount(set);
}

/* ---- The list ---- */

static struct fb_hint *add(struct fb_hints *hints, enum fb_hint_kind kind, const char *name)
{
	struct fb_hint *hint = &hints->hint[hints->count++];

	hint->kind = kind;
	hint->name = name;
	hint->set = false;
	hint->value[0] = hint->why[0] = '\0';
	return hint;
}

__attribute__((format(printf, 2, 3))) static void because(struct fb_hint *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(hint->why, sizeof(hint->why), format, args);
	va_end(args);
}

static void set_to(struct fb_hint *hint, const char *value)
{
	hint->set = true;
	snprintf(hint->value, sizeof(hint->value), "%s", value);
}

__attribute__((format(printf, 2, 3))) static void append(struct fb_hint *hint, const char *format, ...)
{
	size_t used = strlen(hint->value);
	va_list args;

	va_start(args, format);
	vsnprintf(hint->value + used, sizeof(hint->value) - used, format, args);
	va_end(args);
}

static void add_off(struct fb_hints *hints, const char *name, struct fb_wires_change change, const char *why)
{
	if (change.action != FB_WIRES_SET)
		return;
	struct fb_hint *hint = add(hints, FB_HINT_OFF, name);
	set_to(hint, change.value);
	because(hint, "%s", why);
}

/* ---- The group ---- */

static void links_find(struct group *group)
{
	const struct fb_engine_wiring *w = &group->type->wiring;

	group->worst = FB_LINK_NVLINK;
	group->best = FB_LINK_SELF;
	for (unsigned int i = 0; i < w->gpus; i++)
		for (unsigned int j = 0; j < i; j++) {
			if (!(group->gpus >> i & group->gpus >> j & 1))
				continue;
			if (w->link[i][j] < group->worst)
				group->worst = (enum fb_link)w->link[i][j];
			if (w->link[i][j] > group->best)
				group->best = (enum fb_link)w->link[i][j];
		}
}

/* EFA's adapters are not for NCCL's and UCX's own InfiniBand code: its plugin finds them itself. */
static bool is_verbs(const struct fb_topofile_nic *nic)
{
	return strncmp(nic->name, "rdmap", 5) && strncmp(nic->name, "efa", 3);
}

static uint32_t all_verbs(const struct fb_topofile_type *type)
{
	uint32_t all = 0;

	for (unsigned int n = 0; n < type->nics; n++)
		all |= (uint32_t)is_verbs(&type->nic[n]) << n;
	return all;
}

static void adapters_find(struct group *group)
{
	const struct fb_topofile_type *type = group->type;
	uint32_t usable = 0, near = 0;

	for (unsigned int n = 0; n < type->nics; n++) {
		if (type->nic[n].use != FB_TOPOFILE_COMPUTE || !is_verbs(&type->nic[n]) || !group->request->ports[n])
			continue;
		usable |= UINT32_C(1) << n;
		if (type->nic[n].near & group->gpus)
			near |= UINT32_C(1) << n;
	}
	group->near = near != 0;
	group->adapters = near ? near : usable;
}

static void group_make(struct group *group, const struct fb_hints_request *request)
{
	*group = (struct group){ .request = request, .type = request->type, .gpus = request->gpus };
	group->p2p_off = is_off(request->p2p);
	group->rdma_off = is_off(request->rdma);
	if (group->type && group->gpus >> group->type->wiring.gpus)
		group->type = NULL;
	group->task = request->task & group->gpus ? request->task & group->gpus : group->gpus;
	fb_gpuset_text(group->gpus, group->names, sizeof(group->names));
	if (!group->type)
		return;
	links_find(group);
	adapters_find(group);
}

/* Say why nothing can be known of the wires; false if it can. */
static bool unknown(const struct group *group, struct fb_hint *hint)
{
	if (!group->gpus)
		because(hint, "the step has no GPUs here");
	else if (!group->request->type)
		because(hint, "topology.json does not name the node");
	else if (!group->type)
		because(hint, "the step has GPUs %s, but type '%s' of the node has %u", group->names, group->request->type->name,
			group->request->type->wiring.gpus);
	return !group->type || !group->gpus;
}

/* ---- Between the GPUs of the node ---- */

/* NCCL knows no class NODE: what goes through CPUs of one socket is PHB. */
static const char *level_of(enum fb_link link)
{
	static const char *const names[] = {
		[FB_LINK_SELF] = "LOC", [FB_LINK_SYS] = "SYS", [FB_LINK_NODE] = "PHB", [FB_LINK_PHB] = "PHB",
		[FB_LINK_PXB] = "PXB",	[FB_LINK_PIX] = "PIX", [FB_LINK_NVLINK] = "NVL",
	};

	return names[link];
}

static const char *words_of(enum fb_link link)
{
	static const char *const words[] = {
		[FB_LINK_SELF] = "nothing",	      [FB_LINK_SYS] = "the links between sockets",
		[FB_LINK_NODE] = "host bridges of one socket", [FB_LINK_PHB] = "a host bridge",
		[FB_LINK_PXB] = "several PCIe switches", [FB_LINK_PIX] = "one PCIe switch",
		[FB_LINK_NVLINK] = "NVLink",
	};

	return words[link];
}

static void add_p2p_level(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_YIELD, "NCCL_P2P_LEVEL");

	if (group->p2p_off) {
		because(hint, "P2P is off");
	} else if (unknown(group, hint)) {
		return;
	} else if (count_of(group->gpus) < 2) {
		because(hint, "there is one GPU on the node");
	} else if (group->worst >= FB_LINK_PXB) {
		set_to(hint, level_of(group->worst));
		because(hint, "the farthest of GPUs %s reach each other through %s", group->names, words_of(group->worst));
	} else if (group->worst >= FB_LINK_NODE && is_required(group->request->p2p)) {
		set_to(hint, level_of(group->worst));
		because(hint, "the farthest of GPUs %s reach each other through %s, where NCCL uses no P2P unless told, and P2P is required",
			group->names, words_of(group->worst));
	} else if (group->best >= FB_LINK_PXB) {
		because(hint, "some of GPUs %s reach each other only through %s: NCCL uses P2P for the others, and host memory for them",
			group->names, words_of(group->worst));
	} else {
		because(hint, "GPUs %s reach each other only through %s: NCCL goes through host memory", group->names,
			words_of(group->worst));
	}
}

/* ---- Between nodes ---- */

/* Why nothing is to be said of adapters; false if there is. */
static bool no_network(const struct group *group, struct fb_hint *hint)
{
	if (group->rdma_off)
		because(hint, "RDMA is off");
	else if (group->request->nodes < 2)
		because(hint, "the job is on one node");
	else if (unknown(group, hint))
		return true;
	else if (!group->adapters)
		because(hint, "no InfiniBand or RoCE adapter of type '%s' for computing is up and open to the user", group->type->name);
	else
		return false;
	return true;
}

static void because_adapters(const struct group *group, struct fb_hint *hint, const char *more)
{
	if (group->near)
		because(hint, "the adapters near GPUs %s%s", group->names, more);
	else
		because(hint, "the adapters for computing; none is said to be near GPUs %s%s", group->names, more);
}

static void add_ib_hca(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_YIELD, "NCCL_IB_HCA");

	if (no_network(group, hint))
		return;
	set_to(hint, "=");
	for (unsigned int n = 0; n < group->type->nics; n++)
		if (group->adapters >> n & 1)
			append(hint, "%s%s", hint->value[1] ? "," : "", group->type->nic[n].name);
	because_adapters(group, hint, group->adapters == all_verbs(group->type) ?
		", which are all of the node" : "; NCCL alone would take the node's others, too");
}

/* Is each GPU nearer to one of these adapters than to its socket alone? Then PCIe switches join them. */
static bool behind_switches(const struct group *group)
{
	fb_gpuset joined = 0;

	for (unsigned int n = 0; n < group->type->nics; n++) {
		fb_gpuset near = group->type->nic[n].near;

		for (unsigned int s = 0; group->adapters >> n & 1 && s < group->type->sockets; s++)
			if (!(near & ~group->type->socket[s]) && near != group->type->socket[s])
				joined |= near;
	}
	return !(group->gpus & ~joined);
}

static void add_gdr_level(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_YIELD, "NCCL_NET_GDR_LEVEL");

	if (no_network(group, hint))
		return;
	if (!behind_switches(group)) {
		because(hint, "topology.json does not tell that PCIe switches join GPUs %s and adapters: NCCL looks itself",
			group->names);
		return;
	}
	set_to(hint, "PXB");
	because(hint, "PCIe switches join each of GPUs %s and an adapter", group->names);
}

/*
 * A list forbids UCX every other device, TCP's too, so that a program whose UCX cannot open the adapters (a container
 * without their libraries) ends instead of going slowly. That is what a job asks for that requires RDMA, and only that one.
 */
static void add_net_devices(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_YIELD, "UCX_NET_DEVICES");

	if (no_network(group, hint))
		return;
	if (!is_required(group->request->rdma)) {
		because(hint, "UCX looks for near adapters itself and falls back to TCP, which a list would forbid; --rdma=require sets it");
		return;
	}
	set_to(hint, "");
	for (unsigned int n = 0; n < group->type->nics; n++)
		for (unsigned int p = 1; group->adapters >> n & 1 && p < 32; p++)
			if (group->request->ports[n] >> p & 1)
				append(hint, "%s%s:%u", hint->value[0] ? "," : "", group->type->nic[n].name, p);
	because_adapters(group, hint, "; RDMA is required, so UCX may take nothing else");
}

/* ---- Both ---- */

/* FLIGHTBASE_SET separates by ';', and what a terminal would act on is no path to pass on. */
static bool plain(const char *path)
{
	for (; *path; path++)
		if (*path == ';' || (unsigned char)*path < ' ' || *path == 127)
			return false;
	return true;
}

static void add_topo_file(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_YIELD, "NCCL_TOPO_FILE");

	if (unknown(group, hint))
		return;
	if (!group->type->nccl_topo[0])
		because(hint, "topology.json has none for type '%s'", group->type->name);
	else if (count_of(group->gpus) < 2 && group->request->nodes < 2)
		because(hint, "the job has one GPU");
	else if (!plain(group->type->nccl_topo))
		because(hint, "the path that topology.json has for type '%s' has ';' or control characters", group->type->name);
	else if (!group->request->topo_readable)
		because(hint, "the user cannot read %.160s on the node", group->type->nccl_topo);
	else {
		set_to(hint, group->type->nccl_topo);
		because(hint, "it describes type '%s'", group->type->name);
	}
}

static void add_gpus(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_OWN, "FLIGHTBASE_GPUS");

	if (!group->gpus) {
		because(hint, "the step has no GPUs here");
		return;
	}
	set_to(hint, group->names);
	because(hint, "the step's GPUs on the node, by their indices in gres.conf");
}

static void add_ring(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_OWN, "FLIGHTBASE_RING");
	unsigned int order[FB_ENGINE_GPUS_MAX];

	if (group->p2p_off) {
		because(hint, "P2P is off");
		return;
	}
	if (unknown(group, hint))
		return;
	if (count_of(group->gpus) < 2) {
		because(hint, "there is one GPU on the node");
		return;
	}
	double gbps = fb_engine_value(group->type->engine, group->gpus);
	unsigned int count = fb_ring_order(&group->type->wiring, group->gpus, gbps, order);
	if (!count) {
		because(hint, "out of memory");
		return;
	}
	hint->set = true;
	for (unsigned int i = 0; i < count; i++)
		append(hint, "%s%u", i ? "," : "", count_of((fb_gpuset)(group->gpus & ((1u << order[i]) - 1))));
	because(hint, "places in FLIGHTBASE_GPUS in the order of the best ring, %.1f GB/s", gbps);
}

/* What flightbase-allreduce holds its results against, with the other nodes' parts: topology/engine/span.h. */
static void add_model(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_OWN, "FLIGHTBASE_MODEL");
	const struct fb_hints_request *request = group->request;
	uint32_t count = count_of(group->gpus);

	if (unknown(group, hint))
		return;
	if ((group->p2p_off && count > 1) || (group->rdma_off && request->nodes > 1)) {
		because(hint, "%s is off, which the model of bandwidth does not know", group->p2p_off && count > 1 ? "P2P" : "RDMA");
		return;
	}
	set_to(hint, "");
	if (count > 1)
		append(hint, "ring=%.6g,", fb_engine_value(group->type->engine, group->gpus));
	append(hint, "net=%.6g",
	       fb_engine_net_share((double)fb_topofile_net_gbps(group->type), count, group->type->wiring.gpus));
	if (request->fabric && request->fabric->leaf_oversubscription > 1)
		append(hint, ",leaf=%.6g", request->fabric->leaf_oversubscription);
	if (request->fabric && request->fabric->pod_oversubscription > 1)
		append(hint, ",pod_leaf=%.6g", request->fabric->pod_oversubscription);
	if (request->group)
		append(hint, ",group=%s", request->group->name);
	if (request->group && request->group->pod[0])
		append(hint, ",pod=%s", request->group->pod);
	because(hint, "GB/s of the step's GPUs here and of what they have of the adapters, for the modelled bandwidth of the whole step");
}

static void add_cores(const struct group *group, struct fb_hints *hints)
{
	struct fb_hint *hint = add(hints, FB_HINT_OWN, "FLIGHTBASE_CORES");
	char names[TEXT_MAX];

	if (unknown(group, hint))
		return;
	for (unsigned int s = 0; s < group->type->sockets; s++)
		if (group->type->socket[s] & group->task && group->type->cores[s][0])
			append(hint, "%s%s", hint->value[0] ? "," : "", group->type->cores[s]);
	hint->set = hint->value[0] != '\0';
	fb_gpuset_text(group->task, names, sizeof(names));
	if (hint->set)
		because(hint, "the cores near %s %s, by their indices in gres.conf", count_of(group->task) > 1 ? "GPUs" : "GPU", names);
	else
		because(hint, "topology.json tells no cores of type '%s'", group->type->name);
}

void fb_hints_assume_sound(struct fb_hints_request *request)
{
	for (size_t n = 0; n < FB_TOPOFILE_NICS_MAX; n++)
		request->ports[n] = UINT32_C(1) << 1;
	request->topo_readable = true;
}

void fb_hints_make(const struct fb_hints_request *request, struct fb_hints *hints)
{
	struct group group;

	group_make(&group, request);
	struct fb_wires off = { group.p2p_off, group.rdma_off };
	struct fb_wires_environment switches = fb_wires_environment(off, (struct fb_wires){ false, false }, "");
	hints->count = 0;
	add_off(hints, "NCCL_P2P_DISABLE", switches.nccl_p2p, "--p2p=off: no P2P between GPUs");
	add_off(hints, "NCCL_NVLS_ENABLE", switches.nccl_nvls, "--p2p=off: no reductions in NVSwitches");
	add_p2p_level(&group, hints);
	add_off(hints, "NCCL_IB_DISABLE", switches.nccl_ib, "--rdma=off: no InfiniBand and no RoCE");
	add_off(hints, "NCCL_NET", switches.nccl_net, "--rdma=off: TCP, also where a plugin would bring its own RDMA");
	add_ib_hca(&group, hints);
	add_gdr_level(&group, hints);
	add_topo_file(&group, hints);
	add_off(hints, "UCX_TLS", switches.ucx_tls, "UCX leaves out what --p2p=off and --rdma=off switch off");
	add_net_devices(&group, hints);
	add_gpus(&group, hints);
	add_ring(&group, hints);
	add_model(&group, hints);
	add_cores(&group, hints);
}

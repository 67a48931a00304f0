/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which adapter is whose, and on which leaf switches each host sits. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/memory.h"
#include "flightbase/topo/fabric_parts.h"

/* An adapter with the name of its host, while hosts are not known yet. */
struct draft {
	struct fb_fabric_adapter adapter;
	char host[FB_TOPOFILE_NAME_MAX + 1]; /* empty: unresolved */
};

/* A GUID that a node reports as its own. */
struct claim {
	uint64_t guid;
	const struct fb_fabric_report *report;
	const struct fb_machine_adapter *adapter;
};

struct claims {
	size_t count, room;
	struct claim *claim;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return (x->guid > y->guid) - (x->guid < y->guid);
}

static void claim_add(struct claims *claims, uint64_t guid, const struct fb_fabric_report *report, const struct fb_machine_adapter *adapter)
{
	/* Virtual functions that were given no GUID have one of these. */
	if (!guid || guid == UINT64_MAX)
		return;
	claims->claim = fb_grow(claims->claim, claims->count, &claims->room, sizeof(*claims->claim));
	claims->claim[claims->count++] = (struct claim){ guid, report, adapter };
}

static int claims_make(struct claims *claims, const struct fb_fabric_report *report, size_t reports, struct fb_err *err)
{
	for (size_t r = 0; r < reports; r++)
		for (unsigned int a = 0; a < report[r].adapters; a++) {
			const struct fb_machine_adapter *adapter = &report[r].adapter[a];

			claim_add(claims, adapter->node_guid, &report[r], adapter);
			for (unsigned int p = 0; p < adapter->ports; p++)
				if (!adapter->port[p].ethernet && adapter->port[p].guid != adapter->node_guid)
					claim_add(claims, adapter->port[p].guid, &report[r], adapter);
		}
	if (claims->count)
		qsort(claims->claim, claims->count, sizeof(*claims->claim), compare_claims);
	for (size_t c = 1; c < claims->count; c++) {
		const struct claim *a = &claims->claim[c - 1], *b = &claims->claim[c];

		if (a->guid == b->guid && a->report != b->report)
			return fb_err_set(err, "GUID %016" PRIx64 ": node '%s' reports it as its %s, and node '%s' as its %s; take away the report that is old",
					  a->guid, a->report->node, a->adapter->name, b->report->node, b->adapter->name);
	}
	return 0;
}

static const struct claim *claim_find(const struct claims *claims, uint64_t guid)
{
	const struct claim key = { .guid = guid };

	return claims->count && guid ? bsearch(&key, claims->claim, claims->count, sizeof(key), compare_claims) : NULL;
}

/* The first length characters of text, if they are a name and fit. */
static bool name_take(const char *text, size_t length, char *name)
{
	if (!length || length > FB_TOPOFILE_NAME_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("._-", text[i]))
			return false;
	memcpy(name, text, length);
	name[length] = '\0';
	return true;
}

static int compare_reports(const void *name, const void *report)
{
	return strverscmp(name, ((const struct fb_fabric_report *)report)->node);
}

/* "dgx-01.site mlx5_0": Slurm's names have no domain, unless a node reports itself with it. */
static void draft_describe(struct draft *draft, const char *text, const struct fb_fabric_report *report, size_t reports)
{
	size_t host = strcspn(text, " \t"), blanks = strspn(text + host, " \t");
	const char *adapter = text + host + blanks;

	if (fb_fabric_text_generic(text) || !name_take(text, host, draft->host))
		return;
	char *dot = strchr(draft->host, '.');
	if (dot && !(reports && bsearch(draft->host, report, reports, sizeof(*report), compare_reports)))
		*dot = '\0';
	name_take(adapter, strcspn(adapter, " \t"), draft->adapter.name);
}

static bool part_of_switch(const struct fb_ibnet_node *adapter, const struct fb_ibnet_node *sw)
{
	return (adapter->image && adapter->image == sw->image) || strstr(adapter->text, "Aggregation Node");
}

struct drafts {
	size_t count, room;
	struct draft *draft;
};

static void port_draft(struct fb_fabric *fabric, struct drafts *drafts, uint32_t port, const struct claims *claims,
		       const struct fb_fabric_report *report, size_t reports)
{
	const struct fb_ibnet *net = fabric->net;
	const struct fb_ibnet_port *end = &net->port[port], *peer = &net->port[end->peer];
	const struct fb_ibnet_node *node = &net->node[end->node];
	const struct claim *claim;
	struct draft draft = { .adapter = { .node = end->node, .port = port, .host = FB_FABRIC_NONE, .gbps = end->gbps } };

	draft.adapter.leaf = fb_fabric_switch_of(fabric, peer->node);
	if (draft.adapter.leaf == FB_FABRIC_NONE)
		return; /* two adapters joined directly */
	if (part_of_switch(node, &net->node[peer->node])) {
		fabric->parts++;
		return;
	}
	claim = claim_find(claims, end->guid);
	claim = claim ? claim : claim_find(claims, node->guid);
	if (claim) {
		snprintf(draft.host, sizeof(draft.host), "%s", claim->report->node);
		snprintf(draft.adapter.name, sizeof(draft.adapter.name), "%s", claim->adapter->name);
		draft.adapter.reported = true;
	} else {
		draft_describe(&draft, node->text, report, reports);
	}
	drafts->draft = fb_grow(drafts->draft, drafts->count, &drafts->room, sizeof(draft));
	drafts->draft[drafts->count++] = draft;
}

/* By host, the unresolved last; then by name of the adapter, then as the net has them. */
static int compare_drafts(const void *a, const void *b)
{
	const struct draft *x = a, *y = b;
	int by_host = !*x->host != !*y->host ? (!*x->host) - (!*y->host) : strverscmp(x->host, y->host);
	int by_name = by_host ? by_host : strverscmp(x->adapter.name, y->adapter.name);

	return by_name ? by_name : (x->adapter.port > y->adapter.port) - (x->adapter.port < y->adapter.port);
}

static void draft_unresolve(struct draft *draft)
{
	*draft->host = '\0';
	*draft->adapter.name = '\0';
}

/*
 * A host that has an adapter's name twice is several machines, or one whose old adapter is now elsewhere and kept its
 * description: what it reported is its own, and of the rest nothing is known.
 */
static void drafts_doubt(struct fb_fabric *fabric, struct drafts *drafts)
{
	for (size_t from = 0, to; from < drafts->count && *drafts->draft[from].host; from = to) {
		bool twice = false;

		for (to = from + 1; to < drafts->count && !strcmp(drafts->draft[from].host, drafts->draft[to].host); to++)
			twice |= *drafts->draft[to].adapter.name && drafts->draft[to].adapter.node != drafts->draft[to - 1].adapter.node &&
				 !strcmp(drafts->draft[to].adapter.name, drafts->draft[to - 1].adapter.name);
		if (!twice)
			continue;
		fb_remark_add(&fabric->remarks, drafts->draft[from].host,
			      "several adapters have the same description: it is the name of more than one machine, or was left on an adapter that "
			      "moved; they count as unresolved");
		for (size_t d = from; d < to; d++)
			if (!drafts->draft[d].adapter.reported)
				draft_unresolve(&drafts->draft[d]);
	}
	if (drafts->count)
		qsort(drafts->draft, drafts->count, sizeof(*drafts->draft), compare_drafts);
}

static void host_leaf(struct fb_fabric_host *host, uint32_t leaf)
{
	for (unsigned int l = 0; l < host->leaves && l < FB_TOPOFILE_RAILS_MAX; l++)
		if (host->leaf[l] == leaf)
			return;
	if (host->leaves < FB_TOPOFILE_RAILS_MAX)
		host->leaf[host->leaves] = leaf;
	host->leaves++;
}

static int host_make(struct fb_fabric *fabric, const struct drafts *drafts, size_t from, struct fb_err *err)
{
	struct fb_fabric_host *host = &fabric->host[fabric->hosts];
	size_t d = from;

	*host = (struct fb_fabric_host){ .first = (uint32_t)from, .group = FB_FABRIC_NONE, .use = FB_TOPOFILE_MANAGEMENT };
	memcpy(host->name, drafts->draft[from].host, sizeof(host->name));
	for (; d < drafts->count && !strcmp(drafts->draft[d].host, host->name); d++) {
		struct fb_fabric_adapter *adapter = &fabric->adapter[d];

		adapter->host = (uint32_t)fabric->hosts;
		host->reported |= adapter->reported;
		host_leaf(host, adapter->leaf);
	}
	host->adapters = (uint32_t)(d - from);
	if (host->leaves > FB_TOPOFILE_RAILS_MAX)
		return fb_err_set(err, "host '%s' has adapters on %u switches; at most %d are allowed; if it is several machines, name them in rdma-ndd or /etc/hostname",
				  host->name, host->leaves, FB_TOPOFILE_RAILS_MAX);
	for (unsigned int l = 0; l < host->leaves; l++)
		fabric->sw[host->leaf[l]].hosts++;
	fabric->hosts++;
	fabric->resolved = d;
	return 0;
}

static int hosts_make(struct fb_fabric *fabric, const struct drafts *drafts, struct fb_err *err)
{
	fabric->adapters = drafts->count;
	fabric->adapter = fb_need_array(drafts->count, sizeof(*fabric->adapter));
	fabric->host = fb_need_array(drafts->count, sizeof(*fabric->host));
	for (size_t d = 0; d < drafts->count; d++) {
		struct fb_fabric_switch *leaf = &fabric->sw[drafts->draft[d].adapter.leaf];

		fabric->adapter[d] = drafts->draft[d].adapter;
		leaf->adapters++;
		leaf->down += fabric->adapter[d].gbps;
	}
	while (fabric->resolved < drafts->count && *drafts->draft[fabric->resolved].host)
		if (host_make(fabric, drafts, fabric->resolved, err))
			return -1;
	return 0;
}

int fb_fabric_hosts(struct fb_fabric *fabric, const struct fb_fabric_report *report, size_t reports, struct fb_err *err)
{
	struct claims claims = { .count = 0 };
	struct drafts drafts = { .count = 0 };
	int rc = claims_make(&claims, report, reports, err);

	for (uint32_t p = 0; !rc && p < fabric->net->ports; p++)
		if (fabric->net->node[fabric->net->port[p].node].kind == FB_IBNET_ADAPTER)
			port_draft(fabric, &drafts, p, &claims, report, reports);
	if (!rc && drafts.count)
		qsort(drafts.draft, drafts.count, sizeof(*drafts.draft), compare_drafts);
	if (!rc) {
		drafts_doubt(fabric, &drafts);
		rc = hosts_make(fabric, &drafts, err);
	}
	free(claims.claim);
	free(drafts.draft);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "topology/usage.h"

#include "topology/job_request.h"

/* What one reading goes by. */
struct reader {
	struct fb_usage *usage;
	const struct fb_guarantees *table;
	int gpu; /* index of gres/gpu in Slurm's arrays of TRES */
	const slurmdb_qos_usage_t *lent; /* of the preemptible QOS; NULL: there is none */
	bool *known; /* which workspaces' accounts were found */
};

bool fb_usage_node_reserved(const node_record_t *node)
{
	return IS_NODE_RES(node) || IS_NODE_MAINT(node);
}

/* A cloud node that boots does not respond yet, but jobs are given to it. */
static bool responds(const node_record_t *node)
{
	return !IS_NODE_NO_RESPOND(node) || IS_NODE_POWERING_UP(node);
}

bool fb_usage_node_counts(const node_record_t *node)
{
	const uint32_t out = NODE_STATE_DRAIN | NODE_STATE_FAIL | NODE_STATE_POWERING_DOWN | NODE_STATE_POWER_DOWN;

	return (IS_NODE_IDLE(node) || IS_NODE_ALLOCATED(node) || IS_NODE_MIXED(node)) && !(node->node_state & out) &&
	       responds(node) && !fb_usage_node_reserved(node);
}

uint64_t fb_usage_idle(const gres_node_state_t *gres_ns)
{
	if (!gres_ns || gres_ns->no_consume || gres_ns->gres_cnt_avail < gres_ns->gres_cnt_alloc)
		return 0;
	return gres_ns->gres_cnt_avail - gres_ns->gres_cnt_alloc;
}

static bool is_preemptible(const struct fb_guarantees *table, const job_record_t *job)
{
	const slurmdb_qos_rec_t *qos = job->qos_ptr;

	return qos && !xstrcasecmp(qos->name, table->preemptible_qos);
}

static int qos_is(void *x, void *key)
{
	return !xstrcasecmp(((slurmdb_qos_rec_t *)x)->name, key);
}

/* The account's usage, whatever the QOS; what is preemptible of it is taken off later. */
static int account_read(void *x, void *arg)
{
	const slurmdb_assoc_rec_t *account = x;
	struct reader *reader = arg;

	if (account->user || !account->usage || !account->usage->grp_used_tres)
		return 0;
	size_t i = fb_guarantees_find(reader->table, account->acct);
	if (i < reader->table->count) {
		reader->usage->use[i].used = account->usage->grp_used_tres[reader->gpu];
		reader->known[i] = true;
	}
	return 0;
}

/* Accounts are below root; the list of root's children is much shorter than that of all associations. One that is
 * elsewhere is looked up, and so are all where Slurm keeps no such list (priority/basic). */
static void accounts_read(struct reader *reader)
{
	const slurmdb_assoc_rec_t *root = assoc_mgr_root_assoc;

	if (root && root->usage && root->usage->children_list)
		list_for_each_ro(root->usage->children_list, account_read, reader);
	for (size_t i = 0; i < reader->table->count; i++) {
		slurmdb_assoc_rec_t name = { .acct = (char *)reader->table->workspace[i].name, .uid = NO_VAL };
		slurmdb_assoc_rec_t *account = NULL;

		if (reader->known[i])
			continue;
		assoc_mgr_fill_in_assoc(NULL, &name, 0, &account, true);
		if (account)
			account_read(account, reader);
		else /* nobody can use it, so nothing is kept */
			reader->usage->use[i].guaranteed = 0;
	}
}

static int lent_take_off(void *x, void *arg)
{
	const slurmdb_used_limits_t *limits = x;
	struct reader *reader = arg;
	size_t i = fb_guarantees_find(reader->table, limits->acct);

	if (i < reader->table->count && limits->tres) {
		struct fb_guarantee_use *use = &reader->usage->use[i];

		use->used -= MIN(use->used, limits->tres[reader->gpu]);
	}
	return 0;
}

static bool has_lent(const struct reader *reader, const node_record_t *node)
{
	bitstr_t *nodes = reader->lent ? reader->lent->grp_node_bitmap : NULL;

	return nodes && node->index < bit_size(nodes) && bit_test(nodes, node->index);
}

static void nodes_read(struct reader *reader)
{
	uint64_t idle = 0, out = 0, lent = reader->lent ? reader->lent->grp_used_tres[reader->gpu] : 0;
	node_record_t *node;

	for (int i = 0; (node = next_node(&i)); i++) {
		if (fb_usage_node_counts(node)) {
			idle += fb_usage_idle(fb_gpu_state(node->gres_list));
		} else if (has_lent(reader, node)) {
			const gres_node_state_t *gres_ns = fb_gpu_state(node->gres_list);

			out += gres_ns ? gres_ns->gres_cnt_alloc : 0;
		}
	}
	reader->usage->recoverable = fb_guarantee_recoverable(idle, lent, out);
	reader->usage->at_most = idle + lent;
}

/* Slurm starts the components of a heterogeneous job one after the other: were each judged alone, the first would
 * start, the second be refused, and the first be ended again and again. */
static void siblings_count(struct reader *reader, const job_record_t *job)
{
	const job_record_t *leader = job->het_job_id ? find_job_record(job->het_job_id) : NULL;
	struct fb_usage *usage = reader->usage;
	const job_record_t *sibling;
	list_itr_t *iter;

	if (!leader || !leader->het_job_list)
		return;
	iter = list_iterator_create(leader->het_job_list);
	while ((sibling = list_next(iter))) {
		if (sibling == job || !IS_JOB_PENDING(sibling) || !sibling->tres_req_cnt ||
		    is_preemptible(reader->table, sibling))
			continue;
		uint64_t gpus = sibling->tres_req_cnt[reader->gpu];
		size_t i = fb_guarantees_find(reader->table, sibling->account);
		if (i < usage->count)
			usage->use[i].used += gpus;
		usage->siblings += gpus;
	}
	list_iterator_destroy(iter);
	usage->recoverable -= MIN(usage->recoverable, usage->siblings);
	usage->at_most -= MIN(usage->at_most, usage->siblings);
}

static int cannot(const char *why)
{
	static bool said; /* under Slurm's locks; a lost race costs a second line */

	if (!said)
		error("flightbase: the guarantees of workspaces are not kept: %s", why);
	said = true;
	return -1;
}

static void usage_fill(struct reader *reader, const job_record_t *job)
{
	const struct fb_guarantees *table = reader->table;
	struct fb_usage *usage = reader->usage;
	slurmdb_qos_rec_t *qos = NULL;
	time_t now = time(NULL);

	usage->count = table->count;
	usage->use = xcalloc(table->count, sizeof(usage->use[0]));
	usage->own = fb_guarantees_find(table, job->account);
	usage->asked = job->tres_req_cnt ? job->tres_req_cnt[reader->gpu] : 0;
	for (size_t i = 0; i < table->count; i++)
		usage->use[i].guaranteed = fb_guaranteed_at(&table->workspace[i], now);
	if (assoc_mgr_qos_list)
		qos = list_find_first_ro(assoc_mgr_qos_list, qos_is, (void *)table->preemptible_qos);
	reader->lent = qos ? qos->usage : NULL;
	reader->known = xcalloc(table->count, sizeof(reader->known[0]));
	accounts_read(reader);
	if (reader->lent && reader->lent->acct_limit_list)
		list_for_each_ro(reader->lent->acct_limit_list, lent_take_off, reader);
	nodes_read(reader);
	siblings_count(reader, job);
	xfree(reader->known);
}

int fb_usage_read(struct fb_usage *usage, const struct fb_guarantees *table, const job_record_t *job)
{
	assoc_mgr_lock_t locks = { .assoc = READ_LOCK, .qos = READ_LOCK, .tres = READ_LOCK };
	slurmdb_tres_rec_t gpu = { .type = "gres", .name = "gpu" };
	struct reader reader = { .usage = usage, .table = table };

	*usage = (struct fb_usage){ 0 };
	if (!(slurm_conf.accounting_storage_enforce & ACCOUNTING_ENFORCE_LIMITS))
		return cannot("slurm.conf lacks AccountingStorageEnforce=limits");
	if (!assoc_mgr_assoc_list)
		return cannot("slurmctld has had no accounting data from slurmdbd yet");
	assoc_mgr_lock(&locks);
	usage->preemptible = is_preemptible(table, job);
	reader.gpu = assoc_mgr_find_tres_pos(&gpu, true);
	if (reader.gpu >= 0 && !usage->preemptible)
		usage_fill(&reader, job);
	assoc_mgr_unlock(&locks);
	return reader.gpu >= 0 ? 0 : cannot("slurm.conf lacks AccountingStorageTRES=gres/gpu");
}

void fb_usage_free(struct fb_usage *usage)
{
	xfree(usage->use);
}

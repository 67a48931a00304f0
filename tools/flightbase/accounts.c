/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/accounts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/db.h"
#include "flightbase/libslurm.h"
#include "flightbase/view.h"

static void *make(size_t count, size_t size)
{
	void *memory = calloc(count + 1, size);

	if (memory)
		return memory;
	fputs("flightbase: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

/* Slurm's ways of saying that a factor was not set. */
static double factor_of(double factor)
{
	return factor <= 0 || factor >= (double)INFINITE || factor == (double)NO_VAL || isnan(factor) ? 1 : factor;
}

static void read_qos(struct fb_accounts *accounts, list_t *list, int gpu_tres)
{
	list_itr_t *iterator = slurm_list_iterator_create(list);

	accounts->qos = make((size_t)slurm_list_count(list), sizeof(*accounts->qos));
	for (const slurmdb_qos_rec_t *q; (q = slurm_list_next(iterator));)
		accounts->qos[accounts->qos_count++] = (struct fb_account_qos){
			.name = q->name ? q->name : "",
			.id = q->id,
			.group_gpus = fb_db_tres_count(q->grp_tres, gpu_tres),
			.user_gpus = fb_db_tres_count(q->max_tres_pu, gpu_tres),
			.job_gpus = fb_db_tres_count(q->max_tres_pj, gpu_tres),
			.priority = q->priority == NO_VAL || q->priority == INFINITE ? 0 : q->priority,
			.factor = factor_of(q->limit_factor),
			.over_partition = q->flags & QOS_FLAG_OVER_PART_QOS,
		};
	slurm_list_iterator_destroy(iterator);
}

static void read_preemption(struct fb_accounts *accounts, list_t *list, const char *preemptible_qos)
{
	const struct fb_account_qos *lent = fb_accounts_qos(accounts, preemptible_qos);
	list_itr_t *iterator = slurm_list_iterator_create(list);
	size_t i = 0;

	for (const slurmdb_qos_rec_t *q; lent && (q = slurm_list_next(iterator)); i++)
		accounts->qos[i].preempts_lent = q->preempt_bitstr && (int64_t)lent->id < slurm_bit_size(q->preempt_bitstr) &&
						 slurm_bit_test(q->preempt_bitstr, (int64_t)lent->id);
	slurm_list_iterator_destroy(iterator);
}

static const struct fb_account_qos *find_id(const struct fb_accounts *accounts, uint32_t id)
{
	for (size_t i = 0; i < accounts->qos_count; i++)
		if (accounts->qos[i].id == id)
			return &accounts->qos[i];
	return NULL;
}

/* The list is of ids as text. */
static void read_allowed(const struct fb_accounts *accounts, struct fb_account_assoc *to, list_t *list)
{
	list_itr_t *iterator = list ? slurm_list_iterator_create(list) : NULL;

	to->qos = make(list ? (size_t)slurm_list_count(list) : 0, sizeof(*to->qos));
	for (const char *id; iterator && (id = slurm_list_next(iterator));) {
		const struct fb_account_qos *qos = find_id(accounts, (uint32_t)strtoul(id, NULL, 10));

		if (qos)
			to->qos[to->qos_count++] = qos;
	}
	if (iterator)
		slurm_list_iterator_destroy(iterator);
}

static void read_associations(struct fb_accounts *accounts, list_t *list, int gpu_tres)
{
	list_itr_t *iterator = slurm_list_iterator_create(list);

	accounts->assoc = make((size_t)slurm_list_count(list), sizeof(*accounts->assoc));
	for (const slurmdb_assoc_rec_t *a; (a = slurm_list_next(iterator));) {
		struct fb_account_assoc *to = &accounts->assoc[accounts->assoc_count++];
		const struct fb_account_qos *qos = find_id(accounts, a->def_qos_id);

		to->account = a->acct ? a->acct : "";
		to->user = a->user && *a->user ? a->user : NULL;
		to->parent = a->parent_acct;
		to->gpus = fb_db_tres_count(a->grp_tres, gpu_tres);
		to->job_gpus = fb_db_tres_count(a->max_tres_pj, gpu_tres);
		to->minutes = a->max_wall_pj == INFINITE || a->max_wall_pj == NO_VAL ? 0 : a->max_wall_pj;
		to->default_qos = qos ? qos->name : NULL;
		read_allowed(accounts, to, a->qos_list);
	}
	slurm_list_iterator_destroy(iterator);
}

static int compare_accounts(const void *a, const void *b)
{
	return strcmp((*(const struct fb_account_assoc *const *)a)->account, (*(const struct fb_account_assoc *const *)b)->account);
}

void fb_accounts_index(struct fb_accounts *accounts)
{
	accounts->account = make(accounts->assoc_count, sizeof(*accounts->account));
	for (size_t i = 0; i < accounts->assoc_count; i++)
		if (!accounts->assoc[i].user)
			accounts->account[accounts->account_count++] = &accounts->assoc[i];
	qsort(accounts->account, accounts->account_count, sizeof(*accounts->account), compare_accounts);
}

void fb_accounts_read(struct fb_accounts *accounts, list_t *qos, list_t *associations, int gpu_tres, const char *preemptible_qos)
{
	*accounts = (struct fb_accounts){ .qos_count = 0 };
	read_qos(accounts, qos, gpu_tres);
	read_preemption(accounts, qos, preemptible_qos);
	read_associations(accounts, associations, gpu_tres);
	fb_accounts_index(accounts);
}

void fb_accounts_free(struct fb_accounts *accounts)
{
	for (size_t i = 0; i < accounts->assoc_count; i++)
		free(accounts->assoc[i].qos);
	free(accounts->account);
	free(accounts->assoc);
	free(accounts->qos);
	*accounts = (struct fb_accounts){ .qos_count = 0 };
}

const struct fb_account_qos *fb_accounts_qos(const struct fb_accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->qos_count; i++)
		if (!strcmp(accounts->qos[i].name, name))
			return &accounts->qos[i];
	return NULL;
}

const struct fb_account_assoc *fb_accounts_account(const struct fb_accounts *accounts, const char *account)
{
	const struct fb_account_assoc key = { .account = account }, *at = &key, **found = NULL;

	if (accounts->account_count)
		found = bsearch(&at, accounts->account, accounts->account_count, sizeof(at), compare_accounts);
	return found ? *found : NULL;
}

bool fb_account_may_use(const struct fb_account_assoc *assoc, const char *qos)
{
	for (size_t i = 0; i < assoc->qos_count; i++)
		if (!strcmp(assoc->qos[i]->name, qos))
			return true;
	return false;
}

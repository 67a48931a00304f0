/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/assoc_cache.h"

#include <string.h>
#include <strings.h>

#include "flightbase/list.h"

assoc_mgr_info_msg_t *fb_assoc_cache_load(const char *const *accounts, size_t count, const char *user, bool qos)
{
	assoc_mgr_info_request_msg_t request = { .flags = ASSOC_MGR_INFO_FLAG_ASSOC | (qos ? ASSOC_MGR_INFO_FLAG_QOS : 0u) };
	assoc_mgr_info_msg_t *cache = NULL;

	request.acct_list = slurm_list_create(NULL);
	for (size_t i = 0; i < count; i++)
		slurm_list_append(request.acct_list, (void *)accounts[i]);
	request.user_list = user ? fb_list_of(user) : NULL;
	int rc = slurm_load_assoc_mgr_info(&request, &cache);
	slurm_list_destroy(request.acct_list);
	if (request.user_list)
		slurm_list_destroy(request.user_list);
	return rc ? NULL : cache;
}

bool fb_assoc_cache_operator(const char *user)
{
	assoc_mgr_info_request_msg_t request = { .flags = ASSOC_MGR_INFO_FLAG_USERS, .user_list = fb_list_of(user) };
	assoc_mgr_info_msg_t *answer = NULL;
	bool is = false;

	int rc = slurm_load_assoc_mgr_info(&request, &answer);
	slurm_list_destroy(request.user_list);
	if (rc || !answer)
		return false;
	list_itr_t *iterator = answer->user_list ? slurm_list_iterator_create(answer->user_list) : NULL;
	for (const slurmdb_user_rec_t *u; iterator && (u = slurm_list_next(iterator));)
		is |= u->name && !strcmp(u->name, user) && u->admin_level >= SLURMDB_ADMIN_OPERATOR;
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	slurm_free_assoc_mgr_info_msg(answer);
	return is;
}

int fb_assoc_cache_tres(const assoc_mgr_info_msg_t *cache, const char *name)
{
	for (uint32_t i = 0; i < cache->tres_cnt; i++)
		if (!strcmp(cache->tres_names[i], name))
			return (int)i;
	return -1;
}

int64_t fb_assoc_limit(const uint64_t *limits, int index)
{
	if (!limits || index < 0 || limits[index] == INFINITE64 || limits[index] == NO_VAL64)
		return -1;
	return (int64_t)limits[index];
}

int64_t fb_assoc_used(const uint64_t *used, int index)
{
	return used && index >= 0 ? (int64_t)used[index] : 0;
}

const slurmdb_assoc_rec_t *fb_assoc_cache_user(const assoc_mgr_info_msg_t *cache, const char *account, const char *user)
{
	list_itr_t *iterator = cache->assoc_list && account ? slurm_list_iterator_create(cache->assoc_list) : NULL;
	const slurmdb_assoc_rec_t *found = NULL;

	for (const slurmdb_assoc_rec_t *a; iterator && !found && (a = slurm_list_next(iterator));)
		if (a->acct && !strcasecmp(a->acct, account) && !strcmp(a->user ? a->user : "", user))
			found = a;
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	return found;
}

const slurmdb_assoc_rec_t *fb_assoc_cache_account(const assoc_mgr_info_msg_t *cache, const char *account)
{
	return fb_assoc_cache_user(cache, account, "");
}

const slurmdb_qos_rec_t *fb_assoc_cache_qos(const assoc_mgr_info_msg_t *cache, const char *name)
{
	list_itr_t *iterator = cache->qos_list && name ? slurm_list_iterator_create(cache->qos_list) : NULL;
	const slurmdb_qos_rec_t *found = NULL;

	for (const slurmdb_qos_rec_t *q; iterator && !found && (q = slurm_list_next(iterator));)
		if (q->name && !strcasecmp(q->name, name))
			found = q;
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	return found;
}

static const slurmdb_used_limits_t *find_used(list_t *list, uint32_t uid, const char *account)
{
	list_itr_t *iterator = list ? slurm_list_iterator_create(list) : NULL;
	const slurmdb_used_limits_t *found = NULL;

	for (const slurmdb_used_limits_t *u; iterator && !found && (u = slurm_list_next(iterator));)
		if (account ? u->acct && !strcasecmp(u->acct, account) : u->uid == uid)
			found = u;
	if (iterator)
		slurm_list_iterator_destroy(iterator);
	return found;
}

const slurmdb_used_limits_t *fb_assoc_qos_user(const slurmdb_qos_rec_t *qos, uint32_t uid)
{
	return qos->usage ? find_used(qos->usage->user_limit_list, uid, NULL) : NULL;
}

const slurmdb_used_limits_t *fb_assoc_qos_account(const slurmdb_qos_rec_t *qos, const char *account)
{
	return qos->usage && account ? find_used(qos->usage->acct_limit_list, 0, account) : NULL;
}

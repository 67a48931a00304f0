/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slurmctld's own association cache: limits and what is used of them at this moment, as it schedules by them. Any user
 * may ask; PrivateData=usage or users leaves others' associations out.
 */
#ifndef FB_ASSOC_CACHE_H
#define FB_ASSOC_CACHE_H

#include <slurm/slurm.h>
#include <slurm/slurmdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The associations of these accounts and, unless user is NULL, of them only those of accounts and of this user; all
 * QOS if qos is true. NULL: slurmctld does not tell. Free it with slurm_free_assoc_mgr_info_msg.
 */
assoc_mgr_info_msg_t *fb_assoc_cache_load(const char *const *accounts, size_t count, const char *user, bool qos);

/* Is this user an operator or administrator of Slurm, whom PrivateData hides nothing from? */
bool fb_assoc_cache_operator(const char *user);

/* The index of a TRES by name, "gres/gpu", in all arrays; -1: it is not counted. */
int fb_assoc_cache_tres(const assoc_mgr_info_msg_t *cache, const char *name);

/* The limit at an index of such an array; -1: none. What is used there. */
int64_t fb_assoc_limit(const uint64_t *limits, int index);
int64_t fb_assoc_used(const uint64_t *used, int index);

/* The account's own association, and a user's in it (the first, if there is one for each partition). NULL: not there. */
const slurmdb_assoc_rec_t *fb_assoc_cache_account(const assoc_mgr_info_msg_t *cache, const char *account);
const slurmdb_assoc_rec_t *fb_assoc_cache_user(const assoc_mgr_info_msg_t *cache, const char *account, const char *user);
const slurmdb_qos_rec_t *fb_assoc_cache_qos(const assoc_mgr_info_msg_t *cache, const char *name);

/* What a user, or an account (then uid is of no meaning), uses of a QOS. NULL: nothing. */
const slurmdb_used_limits_t *fb_assoc_qos_user(const slurmdb_qos_rec_t *qos, uint32_t uid);
const slurmdb_used_limits_t *fb_assoc_qos_account(const slurmdb_qos_rec_t *qos, const char *account);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For flightbase-allreduce, which measures pairs of ranks and single algorithms. Not public: it may change with any release. */
#ifndef FB_COLL_PRIVATE_H
#define FB_COLL_PRIVATE_H

#include "coll/flightbase/coll.h"

/*
 * Send `bytes` to the peer and receive as many from it at the same time. Every rank calls it, in the same order as its
 * other calls and with the same bytes; two that name each other are a pair, and a rank that names itself takes no part. It
 * does not wait for other pairs. Failures end it as they end an allreduce.
 */
fb_coll_status_t fb_coll_pair(fb_coll_t *coll, int peer, const void *send, void *recv, size_t bytes);

/*
 * From the next call on all allreduces of the job take an algorithm (enum fb_algorithm_kind), where it can, as with
 * FLIGHTBASE_ALGORITHM. Every rank calls it between the same calls.
 */
void fb_coll_take(fb_coll_t *coll, int algorithm);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice of nodes as it is made on large clusters (cluster_even.c), on small ones against brute force: the engine is
 * compiled once more for this test, so that no cluster is small enough for the complete search.
 */
#define EXACT 0
#define CASES 6000
#include "test_engine_cluster.c"

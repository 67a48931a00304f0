/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of host names as Slurm writes them, "n[1-4,7]". */
#ifndef FB_TOPO_HOSTS_H
#define FB_TOPO_HOSTS_H

#include <stddef.h>

#include "common/err.h"

/* Fold names, in any order; names that are there twice come once. The caller frees. */
char *fb_hosts_fold(const char *const *host, size_t count);

/* As many lists as it takes for each to have at most max characters. Returns how many; the caller frees each and the array. */
size_t fb_hosts_fold_parts(const char *const *host, size_t count, size_t max, char ***parts);

/*
 * Expand a list. Returns 0, or -1 with err: it is no hostlist. The caller frees each name and the array.
 */
int fb_hosts_expand(const char *list, char ***host, size_t *count, struct fb_err *err);
void fb_hosts_free(char **host, size_t count);

/* For qsort of names: n2 comes before n10. */
int fb_hosts_compare(const void *a, const void *b);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The environment variables that change what is measured. */
#ifndef FB_ALLREDUCE_ENVIRONMENT_H
#define FB_ALLREDUCE_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

struct fb_environment {
	size_t count;
	char **entry; /* "NAME=VALUE", printable, by name */
};

/* Pick them from a list like environ. 0, or -1 without memory; it is empty then. */
int fb_environment_create(char *const *variables, struct fb_environment *environment);
void fb_environment_destroy(struct fb_environment *environment);

/*
 * A number that is equal for equal settings of the libraries (UCX_*, NCCL_*, OMPI_MCA_* ...): what differs by rank for good
 * reason, such as the rank's GPUs, is left out.
 */
uint64_t fb_environment_hash(const struct fb_environment *environment);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of topology.json and of machine reports share. Not for others. */
#ifndef FB_TOPOLOGY_TOPOFILE_PARTS_H
#define FB_TOPOLOGY_TOPOFILE_PARTS_H

#include "common/json.h"
#include "topology/topofile.h"

/*
 * Each returns 0, or -1 with err set.
 * A name of letters, digits, '.', '_' and '-'; name holds FB_TOPOFILE_NAME_MAX + 1 bytes.
 */
int fb_topofile_name(const struct fb_json *at, char *name, struct fb_err *err);

/* The members of a type alone; type comes zeroed, and its name and engine stay so. */
int fb_topofile_type_members(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err);

/* Keys that only people read: description, source. */
int fb_topofile_texts(const struct fb_json *at, struct fb_err *err);

/* A hostlist, not expanded: hosts is the caller's to free(). */
int fb_topofile_hosts(const struct fb_json *at, char **hosts, char (*where)[FB_TOPOFILE_WHERE_SIZE], struct fb_err *err);

/* A member of "types"; type comes zeroed. On success its engine is the caller's to destroy. */
int fb_topofile_type_load(const struct fb_json *at, struct fb_topofile_type *type, struct fb_err *err);

/* The member "oversubscription" of a fabric. */
int fb_topofile_levels_load(const struct fb_json *at, struct fb_topofile_fabric *fabric, struct fb_err *err);

/* A member of "groups"; group comes zeroed. Its hosts are the caller's to free(), also on failure. */
int fb_topofile_group_load(const struct fb_json *at, struct fb_topofile_group *group, struct fb_err *err);

/* On failure, what was read is left for fb_topofile_free(). */
int fb_topofile_fabric_load(const struct fb_json *at, struct fb_topofile_fabric *fabric, struct fb_err *err);

#endif

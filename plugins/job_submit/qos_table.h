/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits of all QOS at one time. Slurm keeps QOS in a list: with one for each of 1,000 workspaces, finding
 * one there costs more than all the rest of a decision. What is read here may be a second old, so it only ever
 * lets a job pass; before one is refused, the list itself is asked.
 */
#ifndef FB_JOB_SUBMIT_QOS_TABLE_H
#define FB_JOB_SUBMIT_QOS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "common/limits.h"

struct fb_qos_table;

/* For up to expected QOS; more are dropped. NULL: out of memory. Immutable once filled, so freely shared. */
struct fb_qos_table *fb_qos_table_create(size_t expected);
void fb_qos_table_destroy(struct fb_qos_table *table);
void fb_qos_table_add(struct fb_qos_table *table, uint32_t id, const char *name, const struct fb_limits_qos *limits);

/* By id, or by name whatever its case; NULL: not known. */
const struct fb_limits_qos *fb_qos_table_id(const struct fb_qos_table *table, uint32_t id);
const struct fb_limits_qos *fb_qos_table_name(const struct fb_qos_table *table, const char *name);

#endif

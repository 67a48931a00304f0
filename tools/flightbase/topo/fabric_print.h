/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fabric in words and as JSON. */
#ifndef FB_TOPO_FABRIC_PRINT_H
#define FB_TOPO_FABRIC_PRINT_H

#include <stdio.h>

#include "flightbase/topo/fabric.h"

struct json_object;

void fb_fabric_print(const struct fb_fabric *fabric, FILE *stream);

/* The object that flightbase-topo(8) documents. */
struct json_object *fb_fabric_json(const struct fb_fabric *fabric);

/* The hosts of a group, folded; reported and others. The caller frees. */
char *fb_fabric_group_hosts(const struct fb_fabric *fabric, size_t group);

#endif

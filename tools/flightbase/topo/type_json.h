/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node type as topology.json has it, a row of links in a line. */
#ifndef FB_TOPO_TYPE_JSON_H
#define FB_TOPO_TYPE_JSON_H

#include <stdio.h>

#include "topology/topofile.h"

/*
 * Print the object with the members of flightbase-topology.json(5), from "{" to "}" without a newline behind it; the
 * lines between start with indent tabs and one more. What is not known is left out.
 */
void fb_type_print_json(const struct fb_topofile_type *type, unsigned int indent, FILE *stream);

/* Print a JSON string with its quotes, whatever the text holds. */
void fb_json_print_string(const char *text, FILE *stream);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What topology.json says of one node, as a file of its own: the same format with one type, one node and at most one leaf
 * group, so that who needs no more does not read it all. Pure: the caller knows how to look into a hostlist.
 */
#ifndef FB_TOPOLOGY_ONE_NODE_H
#define FB_TOPOLOGY_ONE_NODE_H

#include <stdbool.h>

#include "common/json.h"
#include "topology/topofile.h"

#define FB_ONE_NODE_SIZE_MAX 65536

typedef bool fb_one_node_in_fn(const char *hosts, const char *node);

/*
 * Return 1 and the text for the caller to free, 0: the document does not name the node, or -1 with err. The parts that
 * are not the node's are not judged.
 */
int fb_one_node_extract(const struct fb_json_doc *doc, const char *node, fb_one_node_in_fn *in, char **text,
			struct fb_err *err);

#endif

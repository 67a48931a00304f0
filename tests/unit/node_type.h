/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine models of tests/data/node-types, to compare with. */
#ifndef FB_TESTS_NODE_TYPE_H
#define FB_TESTS_NODE_TYPE_H

#include "check.h"

#include "common/json.h"
#include "flightbase/topo/survey.h"
#include "topology/topofile_parts.h"

static inline void read_node_type(const char *name, struct fb_topofile_type *type)
{
	struct fb_json_doc doc;
	struct fb_err err;
	char path[512];

	snprintf(path, sizeof(path), FB_TEST_DATA "/node-types/%s.json", name);
	memset(type, 0, sizeof(*type));
	if (fb_json_doc_read(&doc, path, 1u << 20, &err))
		fail_msg("%s", err.text);
	struct fb_json root = fb_json_root(&doc);
	if (fb_topofile_type_load(&root, type, &err))
		fail_msg("%s", err.text);
	fb_json_doc_free(&doc);
}

static inline void check_links(const struct fb_topofile_type *found, const struct fb_topofile_type *expected)
{
	char is[FB_LINK_TEXT_MAX], should[FB_LINK_TEXT_MAX];

	assert_int_equal(found->wiring.gpus, expected->wiring.gpus);
	for (unsigned int i = 0; i < found->wiring.gpus; i++)
		for (unsigned int j = 0; j < found->wiring.gpus; j++) {
			fb_link_text((enum fb_link)found->wiring.link[i][j], found->wiring.lanes[i][j], is);
			fb_link_text((enum fb_link)expected->wiring.link[i][j], expected->wiring.lanes[i][j], should);
			if (strcmp(is, should))
				fail_msg("GPU %u to GPU %u: %s instead of %s", i, j, is, should);
		}
	assert_int_equal(found->nvswitch, expected->nvswitch);
}

static inline void check_sockets(const struct fb_topofile_type *found, const struct fb_topofile_type *expected)
{
	assert_int_equal(found->sockets, expected->sockets);
	for (unsigned int s = 0; s < found->sockets; s++)
		assert_int_equal(found->socket[s], expected->socket[s]);
}

static inline void check_nics(const struct fb_topofile_type *found, const struct fb_topofile_type *expected, bool names)
{
	assert_int_equal(found->nics, expected->nics);
	for (unsigned int n = 0; n < found->nics; n++) {
		assert_int_equal(found->nic[n].near, expected->nic[n].near);
		if (names)
			assert_string_equal(found->nic[n].name, expected->nic[n].name);
	}
}

#endif

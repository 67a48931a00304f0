/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/preflight_judge.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decision.h"
#include "common/json.h"

#define RANKS_MAX 1048576
#define MEMBERS_MAX 512
#define ROWS_MAX 64

static int open_document(struct fb_json_doc *doc, const char *json, size_t size, struct fb_err *err)
{
	if (size > FB_PREFLIGHT_OUTPUT_MAX)
		return fb_err_set(err, "measurement: longer than %zu bytes", FB_PREFLIGHT_OUTPUT_MAX);
	return fb_json_doc_parse(doc, "measurement", json, size, err);
}

/* A number of a member; -1 with err: it is missing, or none in [0, max]. */
static int read_number(const struct fb_json *at, const char *key, double max, double *number, struct fb_err *err)
{
	struct fb_json member;

	return fb_json_need_member(at, key, &member, err) || fb_json_need_double(&member, 0, max, number, err) ? -1 : 0;
}

/* One placement of a row. Elements that were not checked are not wrong. */
static int read_timing(const struct fb_json *row, const char *key, double *gbps, bool *wrong, struct fb_err *err)
{
	struct fb_json timing, member;
	int64_t elements;

	if (fb_json_need_member(row, key, &timing, err) || fb_json_need_object(&timing, NULL, err) ||
	    read_number(&timing, "bus_bw", FB_PREFLIGHT_GBPS_MAX, gbps, err))
		return -1;
	if (!fb_json_member(&timing, "nwrong", &member) || !member.value)
		return 0;
	if (fb_json_need_int(&member, 0, INT64_MAX, &elements, err))
		return -1;
	*wrong |= elements > 0;
	return 0;
}

/* The largest size counts, and of its two placements the better. */
static int read_rows(const struct fb_json *root, struct fb_preflight_measured *m, struct fb_err *err)
{
	struct fb_json rows, member;
	int64_t largest = -1, bytes;

	if (fb_json_need_member(root, "results", &rows, err) || fb_json_need_array(&rows, 1, ROWS_MAX, err))
		return -1;
	for (size_t i = 0; i < fb_json_length(&rows); i++) {
		struct fb_json row = fb_json_element(&rows, i);
		double out, in;

		if (fb_json_need_object(&row, NULL, err) || fb_json_need_member(&row, "size", &member, err) ||
		    fb_json_need_int(&member, 0, INT64_MAX, &bytes, err) || read_timing(&row, "out_of_place", &out, &m->wrong, err) ||
		    read_timing(&row, "in_place", &in, &m->wrong, err))
			return -1;
		if (bytes <= largest)
			continue;
		largest = bytes;
		m->gbps = in > out ? in : out;
	}
	return 0;
}

static int read_model(const struct fb_json *root, struct fb_preflight_measured *m, struct fb_err *err)
{
	struct fb_json model, member;
	const char *why;

	if (fb_json_need_member(root, "model", &model, err) || fb_json_need_object(&model, NULL, err) ||
	    fb_json_need_member(&model, "bus_bw", &member, err))
		return -1;
	if (member.value)
		return fb_json_need_double(&member, 1e-6, FB_PREFLIGHT_GBPS_MAX, &m->model, err);
	if (fb_json_need_member(&model, "why", &member, err) || fb_json_need_string(&member, FB_PREFLIGHT_WORDS_MAX, &why, err))
		return -1;
	snprintf(m->why, sizeof(m->why), "%s", why);
	fb_text_printable(m->why);
	return 0;
}

static int read_run(const struct fb_json *root, struct fb_preflight_measured *m, struct fb_err *err)
{
	struct fb_json member;
	const char *why;

	if (fb_json_need_object(root, NULL, err))
		return -1;
	if (fb_json_member(root, "error", &member))
		return fb_json_need_string(&member, FB_PREFLIGHT_WORDS_MAX, &why, err) ? -1 : fb_err_set(err, "%s", why);
	return read_rows(root, m, err) || read_model(root, m, err) ? -1 : 0;
}

int fb_preflight_read(const char *json, size_t size, struct fb_preflight_measured *measured, struct fb_err *err)
{
	struct fb_preflight_measured m = { .gbps = 0 };
	struct fb_json_doc doc;

	if (open_document(&doc, json, size, err))
		return -1;
	struct fb_json root = fb_json_root(&doc);
	int rc = read_run(&root, &m, err);
	fb_json_doc_free(&doc);
	if (!rc)
		*measured = m;
	return rc;
}

int fb_preflight_node_of(const struct fb_preflight_layout *layout, int64_t rank)
{
	int64_t next = 0;

	for (unsigned int node = 0; node < layout->nodes; node++) {
		next += layout->ranks[node];
		if (rank < next)
			return (int)node;
	}
	return -1;
}

/* What the members of pairs are, and the best pair of each. */
struct pairs {
	size_t members;
	int node[MEMBERS_MAX];
	double best[MEMBERS_MAX];
};

static int read_members(const struct fb_json *pairs, const struct fb_preflight_layout *layout, struct pairs *p, struct fb_err *err)
{
	struct fb_json list, member;
	int64_t rank;

	if (fb_json_need_member(pairs, "members", &list, err) || fb_json_need_array(&list, 2, MEMBERS_MAX, err))
		return -1;
	p->members = fb_json_length(&list);
	for (size_t i = 0; i < p->members; i++) {
		struct fb_json element = fb_json_element(&list, i);

		if (fb_json_need_object(&element, NULL, err) || fb_json_need_member(&element, "rank", &member, err) ||
		    fb_json_need_int(&member, 0, RANKS_MAX, &rank, err))
			return -1;
		p->node[i] = fb_preflight_node_of(layout, rank);
		if (p->node[i] < 0 || (i && p->node[i] <= p->node[i - 1]))
			return fb_json_error(&member, err, "not the first rank of a node of its own");
	}
	return 0;
}

static int read_best(const struct fb_json *pairs, struct pairs *p, struct fb_err *err)
{
	struct fb_json rows;
	double gbps;

	if (fb_json_need_member(pairs, "bandwidth", &rows, err) || fb_json_need_array(&rows, p->members, p->members, err))
		return -1;
	for (size_t i = 0; i < p->members; i++) {
		struct fb_json row = fb_json_element(&rows, i);

		if (fb_json_need_array(&row, p->members, p->members, err))
			return -1;
		for (size_t k = 0; k < p->members; k++) {
			struct fb_json cell = fb_json_element(&row, k);

			if (k == i)
				continue;
			if (fb_json_need_double(&cell, 0, FB_PREFLIGHT_GBPS_MAX, &gbps, err))
				return -1;
			if (gbps > p->best[i])
				p->best[i] = gbps;
		}
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void find_slow(const struct pairs *p, struct fb_preflight_slow *slow)
{
	double sorted[MEMBERS_MAX];
	size_t least = 0;

	memcpy(sorted, p->best, p->members * sizeof(*sorted));
	qsort(sorted, p->members, sizeof(*sorted), compare);
	for (size_t i = 1; i < p->members; i++)
		if (p->best[i] < p->best[least])
			least = i;
	slow->gbps = p->best[least];
	slow->others = sorted[p->members / 2];
	slow->node = slow->gbps < FB_PREFLIGHT_SLOW_PART * slow->others ? p->node[least] : -1;
}

int fb_preflight_find_slow(const char *json, size_t size, const struct fb_preflight_layout *layout, struct fb_preflight_slow *slow,
			   struct fb_err *err)
{
	struct pairs p = { .members = 0 };
	struct fb_json_doc doc;
	struct fb_json pairs;

	if (open_document(&doc, json, size, err))
		return -1;
	struct fb_json root = fb_json_root(&doc);
	int rc = fb_json_need_object(&root, NULL, err) || fb_json_need_member(&root, "pairs", &pairs, err) ||
		 fb_json_need_object(&pairs, NULL, err) || read_members(&pairs, layout, &p, err) || read_best(&pairs, &p, err) ? -1 : 0;
	fb_json_doc_free(&doc);
	if (!rc)
		find_slow(&p, slow);
	return rc;
}

int fb_preflight_message_check(const struct fb_preflight_message *m, unsigned int nodes, struct fb_err *err)
{
	if (m->outcome < FB_PREFLIGHT_SLOW_NODE || m->outcome > FB_PREFLIGHT_UNBLAMED)
		return fb_err_set(err, "preflight: outcome %d is unknown", m->outcome);
	if (m->outcome == FB_PREFLIGHT_UNBLAMED ? m->node != -1 : m->node < 0 || (unsigned int)m->node >= nodes)
		return fb_err_set(err, "preflight: node %d is none of the job's %u", m->node, nodes);
	if (!(m->gbps >= 0 && m->gbps <= FB_PREFLIGHT_GBPS_MAX) || !(m->model >= 0 && m->model <= FB_PREFLIGHT_GBPS_MAX))
		return fb_err_set(err, "preflight: a bandwidth is outside 0 to %g GB/s", FB_PREFLIGHT_GBPS_MAX);
	if (m->outcome == FB_PREFLIGHT_BROKEN_NODE && (m->gbps > 0 || m->model > 0))
		return fb_err_set(err, "preflight: a bandwidth of what did not work");
	if (m->outcome == FB_PREFLIGHT_SLOW_NODE && !(m->model > m->gbps))
		return fb_err_set(err, "preflight: %g GB/s are not less than %g modelled", m->gbps, m->model);
	return 0;
}

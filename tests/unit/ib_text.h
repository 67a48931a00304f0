/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fabrics put together cable by cable, and their text as ibnetdiscover prints it. */
#ifndef FB_TESTS_IB_TEXT_H
#define FB_TESTS_IB_TEXT_H

#include "check.h"

#define IB_NODES 4096
#define IB_ENDS 60

struct ib_end {
	unsigned int node, port;
	const char *rate;
};

struct ib_node {
	char kind; /* 'S', 'H' */
	char text[80];
	unsigned long image;
	unsigned int ends;
	struct ib_end end[IB_ENDS + 1]; /* by port, from 1 */
};

struct ib {
	unsigned int nodes;
	struct ib_node node[IB_NODES];
};

static inline struct ib *ib_new(void)
{
	struct ib *ib = calloc(1, sizeof(*ib));

	assert_non_null(ib);
	return ib;
}

static inline unsigned long ib_guid(unsigned int node)
{
	return 0x1000 + node;
}

__attribute__((format(printf, 3, 4))) static inline unsigned int ib_add(struct ib *ib, char kind, const char *format, ...)
{
	va_list args;

	assert_true(ib->nodes < IB_NODES);
	ib->node[ib->nodes].kind = kind;
	ib->node[ib->nodes].image = ib_guid(ib->nodes);
	va_start(args, format);
	vsnprintf(ib->node[ib->nodes].text, sizeof(ib->node[0].text), format, args);
	va_end(args);
	return ib->nodes++;
}

/* A cable between the next ports of two nodes; so many of them. */
static inline void ib_join(struct ib *ib, unsigned int a, unsigned int b, unsigned int cables, const char *rate)
{
	for (unsigned int i = 0; i < cables; i++) {
		unsigned int p = ++ib->node[a].ends, q = ++ib->node[b].ends;

		assert_true(p <= IB_ENDS && q <= IB_ENDS);
		ib->node[a].end[p] = (struct ib_end){ b, q, rate };
		ib->node[b].end[q] = (struct ib_end){ a, p, rate };
	}
}

/* An adapter on a switch. */
__attribute__((format(printf, 4, 5))) static inline unsigned int ib_adapter(struct ib *ib, unsigned int leaf, const char *rate, const char *format, ...)
{
	char text[80];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	unsigned int node = ib_add(ib, 'H', "%s", text);
	ib_join(ib, node, leaf, 1, rate);
	return node;
}

static inline void ib_print_port(FILE *stream, const struct ib *ib, unsigned int n, unsigned int p)
{
	const struct ib_end *end = &ib->node[n].end[p];
	const struct ib_node *peer = &ib->node[end->node];

	fprintf(stream, "[%u]", p);
	if (ib->node[n].kind == 'H')
		fprintf(stream, "(%lx) ", ib_guid(n));
	fprintf(stream, "\t\"%c-%016lx\"[%u]", peer->kind, ib_guid(end->node), end->port);
	if (peer->kind == 'H')
		fprintf(stream, "(%lx) ", ib_guid(end->node));
	fprintf(stream, "\t\t# %s\"%s\" lid %u %s\n", ib->node[n].kind == 'H' ? "lid 7 lmc 0 " : "", peer->text, end->node + 1, end->rate);
}

/* The text, for the caller to free; the fabric is freed. */
static inline char *ib_text(struct ib *ib, size_t *size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size);

	assert_non_null(stream);
	fputs("#\n# Topology file: generated on Wed Aug  6 16:11:23 2025\n#\n", stream);
	for (unsigned int n = 0; n < ib->nodes; n++) {
		const struct ib_node *node = &ib->node[n];

		fprintf(stream, "\nvendid=0x2c9\ndevid=0x1021\nsysimgguid=0x%lx\n%sguid=0x%lx\n", node->image, node->kind == 'S' ? "switch" : "ca",
			ib_guid(n));
		if (node->kind == 'S')
			fprintf(stream, "Switch\t%u \"S-%016lx\"\t\t# \"%s\" enhanced port 0 lid %u lmc 0\n", IB_ENDS, ib_guid(n), node->text, n + 1);
		else
			fprintf(stream, "Ca\t%u \"H-%016lx\"\t\t# \"%s\"\n", IB_ENDS, ib_guid(n), node->text);
		for (unsigned int p = 1; p <= node->ends; p++)
			ib_print_port(stream, ib, n, p);
	}
	fclose(stream);
	free(ib);
	return text;
}

#endif

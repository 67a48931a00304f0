/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines as rdma-core's infiniband-diags/ibnetdiscover.c writes them (out_ids, out_switch, out_ca, out_switch_port, out_ca_port). */
#include "flightbase/topo/ibnet.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A port as its line tells it, until all nodes are known. */
struct end {
	struct fb_ibnet_port port;
	uint64_t peer_guid;
	uint32_t line;
	enum fb_ibnet_kind peer_kind;
	uint32_t peer_number;
};

struct parser {
	const char *name;
	uint32_t line;
	struct fb_ibnet *net;
	size_t nodes_room, ends, ends_room;
	struct end *end;
	uint64_t image;	       /* of the node whose header comes next */
	unsigned int declared; /* ports that the last node has */
	bool open;	       /* there is a last node */
	uint8_t seen[FB_IBNET_PORTS_MAX / 8 + 1];
	struct fb_err *err;
};

#define FAULT(parser, ...) (fb_err_set((parser)->err, __VA_ARGS__), fb_err_prefix((parser)->err, "%s:%u", (parser)->name, (parser)->line))

double fb_ibnet_rate_gbps(const char *rate)
{
	/* Data rate of a lane in GB/s: SDR to QDR less 8b/10b, FDR less 64b/66b, from EDR on as named (InfiniBand 1.7, 5.6). */
	static const struct {
		const char *name;
		double lane;
	} speeds[] = { { "SDR", 0.25 }, { "DDR", 0.5 },	 { "QDR", 1 },	{ "FDR10", 1.25 }, { "FDR", 1.705 },
		       { "EDR", 3.125 }, { "HDR", 6.25 }, { "NDR", 12.5 }, { "XDR", 25 } };
	char *end;
	unsigned long lanes = isdigit((unsigned char)*rate) ? strtoul(rate, &end, 10) : 0;

	if (lanes < 1 || lanes > 12 || *end != 'x')
		return 0;
	for (size_t s = 0; s < sizeof(speeds) / sizeof(speeds[0]); s++)
		if (!strcmp(end + 1, speeds[s].name))
			return (double)lanes * speeds[s].lane;
	return 0;
}

/* Each takes its part off the front of *at and returns whether it was there. */
static bool take(const char **at, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(*at, text, length))
		return false;
	*at += length;
	return true;
}

static bool take_blanks(const char **at)
{
	const char *from = *at;

	*at += strspn(*at, " \t");
	return *at > from;
}

static bool take_number(const char **at, unsigned int max, unsigned int *number)
{
	unsigned int value = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9'; c++)
		if ((value = value * 10 + (unsigned int)(*c - '0')) > max)
			return false;
	if (c == *at)
		return false;
	*at = c;
	*number = value;
	return true;
}

static bool take_guid(const char **at, uint64_t *guid)
{
	size_t length = strspn(*at, "0123456789abcdefABCDEF");

	if (!length || length > 16)
		return false;
	*guid = strtoull(*at, NULL, 16);
	*at += length;
	return true;
}

/* "S-2c5eab0300b87b40" in quotes. */
static bool take_node(const char **at, enum fb_ibnet_kind *kind, uint64_t *guid)
{
	if (take(at, "\"S-"))
		*kind = FB_IBNET_SWITCH;
	else if (take(at, "\"H-"))
		*kind = FB_IBNET_ADAPTER;
	else if (take(at, "\"R-"))
		*kind = FB_IBNET_ROUTER;
	else
		return false;
	return take_guid(at, guid) && take(at, "\"");
}

/* "[36]", with a director switch's number on the case behind it, "[36][ext 5]"; then a port GUID, "(e09d7303007a4bd8)". */
static bool take_port(const char **at, unsigned int *number, uint64_t *guid)
{
	unsigned int outside;

	if (!take(at, "[") || !take_number(at, UINT16_MAX, number) || !take(at, "]"))
		return false;
	if (take(at, "[ext ") && !(take_number(at, UINT16_MAX, &outside) && take(at, "]")))
		return false;
	return !take(at, "(") || (take_guid(at, guid) && take(at, ")"));
}

/* The description is between the first quote and the last: it may hold quotes itself. */
static bool take_text(const char **at, char *text)
{
	const char *from = strchr(*at, '"'), *to = strrchr(*at, '"');

	if (!from || from == to || to - from - 1 > FB_IBNET_TEXT_MAX)
		return false;
	if (text) {
		memcpy(text, from + 1, (size_t)(to - from - 1));
		text[to - from - 1] = '\0';
	}
	*at = to + 1;
	return true;
}

static void *grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	size_t more = *room ? 2 * *room : 256;
	void *grown = realloc(array, more * size);
	if (grown)
		*room = more;
	return grown;
}

/* Switch	65 "S-2c5eab0300b87b40"		# "MF0;leaf-1:MQM9701/U1" enhanced port 0 lid 73 lmc 0 */
static int header_read(struct parser *p, const char *at, enum fb_ibnet_kind kind)
{
	struct fb_ibnet *net = p->net;
	struct fb_ibnet_node *node;
	enum fb_ibnet_kind named;
	uint64_t guid;

	if (!take_blanks(&at) || !take_number(&at, UINT16_MAX, &p->declared) || !take_blanks(&at) || !take_node(&at, &named, &guid) ||
	    named != kind || !take_blanks(&at) || !take(&at, "# "))
		return FAULT(p, "this is no line of a node as ibnetdiscover prints it");
	if (p->declared < 1 || p->declared > FB_IBNET_PORTS_MAX)
		return FAULT(p, "a node of %u ports; 1 to %d are possible", p->declared, FB_IBNET_PORTS_MAX);
	if (net->nodes == FB_IBNET_NODES_MAX)
		return FAULT(p, "more than %d nodes", FB_IBNET_NODES_MAX);
	node = grow(net->node, net->nodes, &p->nodes_room, sizeof(*node));
	if (!node)
		return FAULT(p, "out of memory");
	net->node = node;
	node += net->nodes;
	*node = (struct fb_ibnet_node){ .guid = guid, .image = p->image, .kind = kind, .line = p->line };
	if (!take_text(&at, node->text))
		return FAULT(p, "a node without a description of at most %d characters in quotes", FB_IBNET_TEXT_MAX);
	net->nodes++;
	p->image = 0;
	p->open = true;
	memset(p->seen, 0, sizeof(p->seen));
	return 0;
}

/* What is behind the description: "lid 647 4xNDR", and perhaps more. */
static void rate_read(const char *at, struct fb_ibnet_port *port)
{
	char rate[sizeof(port->rate)];

	take_blanks(&at);
	if (!take(&at, "lid "))
		return;
	at += strspn(at, "0123456789");
	take_blanks(&at);
	size_t length = strcspn(at, " \t");
	/* Older ones print "4x FDR10". */
	if (length && at[length - 1] == 'x' && at[length] == ' ')
		length += 1 + strcspn(at + length + 1, " \t");
	if (!length || length >= sizeof(rate))
		return;
	size_t kept = 0;
	for (size_t i = 0; i < length; i++)
		if (at[i] != ' ')
			rate[kept++] = at[i];
	rate[kept] = '\0';
	if ((port->gbps = fb_ibnet_rate_gbps(rate)) > 0)
		memcpy(port->rate, rate, kept + 1);
}

/* [1]	"H-e09d7303007a4bd8"[1](e09d7303007a4bd8) 		# "n1 mlx5_5" lid 647 4xNDR */
static int port_read(struct parser *p, const char *at)
{
	struct end end = { .line = p->line };
	unsigned int number, peer;
	uint64_t peer_port;

	if (!p->open)
		return FAULT(p, "a port before any node");
	if (!take_port(&at, &number, &end.port.guid) || !take_blanks(&at) || !take_node(&at, &end.peer_kind, &end.peer_guid) ||
	    !take_port(&at, &peer, &peer_port) || !take_blanks(&at) || !take(&at, "# ") || !take_text(&at, NULL))
		return FAULT(p, "this is no line of a port as ibnetdiscover prints it");
	if (number < 1 || number > p->declared)
		return FAULT(p, "port %u of a node that has %u", number, p->declared);
	if (p->seen[number / 8] & 1u << number % 8)
		return FAULT(p, "port %u of the node is there twice", number);
	p->seen[number / 8] |= (uint8_t)(1u << number % 8);
	rate_read(at, &end.port);
	end.port.number = (uint8_t)number;
	end.peer_number = peer;
	end.port.node = (uint32_t)(p->net->nodes - 1);
	struct end *room = grow(p->end, p->ends, &p->ends_room, sizeof(end));
	if (!room)
		return FAULT(p, "out of memory");
	p->end = room;
	p->end[p->ends++] = end;
	return 0;
}

/* Lines that say nothing of cables: other identities, headings of `ibnetdiscover -g`. */
static bool line_idle(const char *at)
{
	static const char *const starts[] = { "#", "vendid=0x", "devid=0x", "switchguid=0x", "caguid=0x", "rtguid=0x", "Chassis ", "Non-Chassis " };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(at, starts[i], strlen(starts[i])))
			return true;
	return !at[strspn(at, " \t")];
}

static int line_read(struct parser *p, const char *at)
{
	if (*at == '[')
		return port_read(p, at);
	if (line_idle(at))
		return 0;
	if (take(&at, "sysimgguid=0x"))
		return take_guid(&at, &p->image) ? 0 : FAULT(p, "a system image GUID that is no number");
	if (take(&at, "Switch"))
		return header_read(p, at, FB_IBNET_SWITCH);
	if (take(&at, "Ca"))
		return header_read(p, at, FB_IBNET_ADAPTER);
	if (take(&at, "Rt"))
		return header_read(p, at, FB_IBNET_ROUTER);
	return FAULT(p, "'%.40s' does not begin a line of ibnetdiscover's output (without -l, -H, -S or -p)", at);
}

static int lines_read(struct parser *p, const char *text, size_t size)
{
	char line[FB_IBNET_LINE_MAX + 1];

	for (const char *at = text, *end = text + size; at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t length = (size_t)((stop ? stop : end) - at);

		p->line++;
		if (length > FB_IBNET_LINE_MAX)
			return FAULT(p, "a line of %zu characters; at most %d are allowed", length, FB_IBNET_LINE_MAX);
		memcpy(line, at, length);
		at += length + (stop != NULL);
		if (length && line[length - 1] == '\r')
			length--;
		line[length] = '\0';
		for (size_t i = 0; i < length; i++)
			if ((unsigned char)line[i] == 0x7f || ((unsigned char)line[i] < ' ' && line[i] != '\t'))
				return FAULT(p, "a control character (0x%02x) in column %zu", (unsigned char)line[i], i + 1);
		if (line_read(p, line))
			return -1;
	}
	if (!p->line)
		p->line = 1;
	if (!p->net->nodes)
		return FAULT(p, "no switch and no adapter is in it");
	if (!p->ends)
		return FAULT(p, "no cable is in it; it was cut, or the fabric is down");
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct fb_ibnet_node *x = a, *y = b;

	return (x->guid > y->guid) - (x->guid < y->guid);
}

const struct fb_ibnet_node *fb_ibnet_find(const struct fb_ibnet *net, uint64_t guid)
{
	const struct fb_ibnet_node key = { .guid = guid };

	return net->nodes ? bsearch(&key, net->node, net->nodes, sizeof(key), compare_nodes) : NULL;
}

static int compare_ends(const void *a, const void *b)
{
	const struct end *x = a, *y = b;
	int by_node = (x->port.node > y->port.node) - (x->port.node < y->port.node);

	return by_node ? by_node : x->port.number - y->port.number;
}

/* Nodes by GUID, ends by node and number. */
static int sort(struct parser *p)
{
	struct fb_ibnet *net = p->net;
	uint32_t *place = malloc(net->nodes * sizeof(*place));

	if (!place)
		return FAULT(p, "out of memory");
	for (size_t n = 0; n < net->nodes; n++)
		net->node[n].first = (uint32_t)n; /* its number in the text, until ends are found by it */
	qsort(net->node, net->nodes, sizeof(*net->node), compare_nodes);
	for (size_t n = 0; n < net->nodes; n++)
		place[net->node[n].first] = (uint32_t)n;
	for (size_t e = 0; e < p->ends; e++)
		p->end[e].port.node = place[p->end[e].port.node];
	free(place);
	if (p->ends)
		qsort(p->end, p->ends, sizeof(*p->end), compare_ends);
	for (size_t n = 1; n < net->nodes; n++) {
		const struct fb_ibnet_node *a = &net->node[n - 1], *b = &net->node[n];

		p->line = a->line > b->line ? a->line : b->line;
		if (a->guid == b->guid)
			return FAULT(p, "the node %016" PRIx64 " is there a second time; the first is in line %u", a->guid,
				     a->line < b->line ? a->line : b->line);
	}
	return 0;
}

static const struct fb_ibnet_port *port_find(const struct fb_ibnet *net, const struct fb_ibnet_node *node, unsigned int number)
{
	for (uint32_t i = 0; i < node->ports; i++)
		if (net->port[node->first + i].number == number)
			return &net->port[node->first + i];
	return NULL;
}

static int end_join(struct parser *p, size_t e)
{
	struct fb_ibnet *net = p->net;
	const struct end *end = &p->end[e], *back;
	const struct fb_ibnet_node *peer = fb_ibnet_find(net, end->peer_guid);

	p->line = end->line;
	if (!peer || peer->kind != end->peer_kind)
		return FAULT(p, "the cable leads to %016" PRIx64 ", which is nowhere in the text; it was cut, or is of several runs",
			     end->peer_guid);
	const struct fb_ibnet_port *port = port_find(net, peer, end->peer_number);
	if (!port)
		return FAULT(p, "the cable leads to port %u of %016" PRIx64 ", which is nowhere in the text; it was cut, or is of several runs",
			     end->peer_number, end->peer_guid);
	back = &p->end[port - net->port];
	if (back->peer_guid != net->node[end->port.node].guid || back->peer_number != end->port.number)
		return FAULT(p, "the cable leads to port %u of %016" PRIx64 ", which by line %u has another cable", end->peer_number,
			     end->peer_guid, back->line);
	net->port[e].peer = (uint32_t)(port - net->port);
	return 0;
}

static int join(struct parser *p)
{
	struct fb_ibnet *net = p->net;

	net->port = calloc(p->ends + 1, sizeof(*net->port));
	if (!net->port)
		return FAULT(p, "out of memory");
	net->ports = p->ends;
	for (size_t n = 0; n < net->nodes; n++)
		net->node[n].first = 0;
	for (size_t e = 0; e < p->ends; e++) {
		struct fb_ibnet_node *node = &net->node[p->end[e].port.node];

		net->port[e] = p->end[e].port;
		if (!node->ports++)
			node->first = (uint32_t)e;
	}
	for (size_t e = 0; e < p->ends; e++)
		if (end_join(p, e))
			return -1;
	return 0;
}

int fb_ibnet_parse(struct fb_ibnet *net, const char *name, const char *text, size_t size, struct fb_err *err)
{
	struct parser parser = { .name = name, .net = net, .err = err };

	*net = (struct fb_ibnet){ 0 };
	int rc = size > FB_IBNET_SIZE_MAX ? fb_err_set(err, "%s: more than %u MiB", name, FB_IBNET_SIZE_MAX >> 20) : 0;
	if (rc || lines_read(&parser, text, size) || sort(&parser) || join(&parser)) {
		fb_ibnet_free(net);
		rc = -1;
	}
	free(parser.end);
	return rc;
}

void fb_ibnet_free(struct fb_ibnet *net)
{
	free(net->node);
	free(net->port);
	*net = (struct fb_ibnet){ 0 };
}

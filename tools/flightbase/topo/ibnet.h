/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `ibnetdiscover` prints of a subnet: switches, channel adapters, routers, and every cable from both of its ends.
 * Several subnets may follow each other in one text (`cat rail*.txt`). Pure: text in, a graph out.
 *
 * The text is taken only whole: each end of a cable must be there and name the other, so that a file that was cut or put
 * together from two runs is refused rather than half understood.
 */
#ifndef FB_TOPO_IBNET_H
#define FB_TOPO_IBNET_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define FB_IBNET_SIZE_MAX (256u << 20) /* bytes */
#define FB_IBNET_LINE_MAX 1023
#define FB_IBNET_NODES_MAX 262144
#define FB_IBNET_PORTS_MAX 254 /* of a node: port numbers are 8 bits, 255 is reserved (InfiniBand 1.3, 14.2.5.6) */
#define FB_IBNET_TEXT_MAX 127

enum fb_ibnet_kind { FB_IBNET_SWITCH, FB_IBNET_ADAPTER, FB_IBNET_ROUTER };

/* An end of a cable. */
struct fb_ibnet_port {
	uint64_t guid; /* the port's own, of adapters; 0: not known */
	double gbps;   /* GB/s in one direction, by width and speed; 0: the text does not tell */
	uint32_t node; /* whose it is: index into node */
	uint32_t peer; /* the other end: index into port */
	uint8_t number;
	char rate[16]; /* "4xNDR", or empty */
};

struct fb_ibnet_node {
	uint64_t guid, image; /* image: system image GUID, which the parts of one device share; 0: not known */
	enum fb_ibnet_kind kind;
	uint32_t ports, first; /* its ends: port[first] to port[first + ports - 1], by number; only ports with a cable are there */
	uint32_t line;
	char text[FB_IBNET_TEXT_MAX + 1]; /* node description */
};

struct fb_ibnet {
	size_t nodes, ports;
	struct fb_ibnet_node *node; /* by GUID */
	struct fb_ibnet_port *port;
};

/*
 * Parse text (name is for messages). Return 0, or -1 with err set to "FILE:LINE: fault"; net is then empty.
 * fb_ibnet_read() reads a file; "-" is standard input. fb_ibnet_free() releases what a successful call made.
 */
int fb_ibnet_parse(struct fb_ibnet *net, const char *name, const char *text, size_t size, struct fb_err *err);
int fb_ibnet_read(struct fb_ibnet *net, const char *path, struct fb_err *err);
void fb_ibnet_free(struct fb_ibnet *net);

/* The node with this GUID, or NULL. */
const struct fb_ibnet_node *fb_ibnet_find(const struct fb_ibnet *net, uint64_t guid);

/* GB/s in one direction that a rate such as "4xNDR" carries; 0 if it is none. */
double fb_ibnet_rate_gbps(const char *rate);

/*
 * Run ibnetdiscover and parse what it prints. program NULL: "ibnetdiscover" of PATH. Fails if it is not installed, fails, or is not
 * done after timeout_seconds.
 */
int fb_ibnet_run(struct fb_ibnet *net, const char *program, unsigned int timeout_seconds, struct fb_err *err);

#endif

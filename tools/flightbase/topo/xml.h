/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML from outside, by expat: well-formed, of bounded depth and number of elements, without definitions of its own. A
 * document that defines entities (a few lines can grow to gigabytes) is refused before any is expanded.
 */
#ifndef FB_TOPO_XML_H
#define FB_TOPO_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define FB_XML_DEPTH_MAX 128
#define FB_XML_ELEMENTS_MAX 200000

struct fb_xml;

struct fb_xml_reader {
	const char *root; /* what the document's element must be */
	bool doctype;	  /* a DOCTYPE that only names the language may be there */
	/* attribute: name, value, ..., NULL. Return 0, or -1 with the fault told by fb_xml_fault(). May be NULL. */
	int (*start)(struct fb_xml *xml, void *data, const char *element, const char *const *attribute);
	int (*end)(struct fb_xml *xml, void *data, const char *element);
};

/* Read all of text. Return 0, or -1 with err set to "NAME:LINE: fault". */
int fb_xml_read(const struct fb_xml_reader *reader, void *data, const char *name, const char *text, size_t size, struct fb_err *err);

/* For a reader's functions: "NAME:LINE: TEXT" becomes the error of fb_xml_read(). Returns -1. */
int fb_xml_fault(struct fb_xml *xml, const char *format, ...) __attribute__((format(printf, 2, 3)));
unsigned int fb_xml_line(const struct fb_xml *xml);

/* The value of an attribute; NULL if it is not there. */
const char *fb_xml_attribute(const char *const *attribute, const char *name);

#endif

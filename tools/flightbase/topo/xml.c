/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fb_config.h"

#include "flightbase/topo/xml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *fb_xml_attribute(const char *const *attribute, const char *name)
{
	for (; *attribute; attribute += 2)
		if (!strcmp(attribute[0], name))
			return attribute[1];
	return NULL;
}

#ifdef HAVE_EXPAT
#include <expat.h>

struct fb_xml {
	XML_Parser parser;
	const struct fb_xml_reader *reader;
	void *data;
	const char *name;
	unsigned int depth, elements;
	bool failed;
	struct fb_err *err;
};

unsigned int fb_xml_line(const struct fb_xml *xml)
{
	return (unsigned int)XML_GetCurrentLineNumber(xml->parser);
}

int fb_xml_fault(struct fb_xml *xml, const char *format, ...)
{
	char text[FB_ERR_TEXT_MAX];
	va_list list;

	/* expat may call once more before it stops. */
	if (xml->failed)
		return -1;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	xml->failed = true;
	XML_StopParser(xml->parser, XML_FALSE);
	return fb_err_set(xml->err, "%s:%u: %s", xml->name, fb_xml_line(xml), text);
}

static void XMLCALL on_doctype(void *data, const XML_Char *element, const XML_Char *system, const XML_Char *public, int subset)
{
	struct fb_xml *xml = data;

	(void)element;
	(void)system;
	(void)public;
	if (!xml->reader->doctype || subset)
		fb_xml_fault(xml, "a DOCTYPE%s is not allowed", xml->reader->doctype ? " with definitions" : "");
}

static void XMLCALL on_start(void *data, const XML_Char *element, const XML_Char **attribute)
{
	struct fb_xml *xml = data;

	if (xml->failed)
		return;
	if (!xml->depth && strcmp(element, xml->reader->root)) {
		fb_xml_fault(xml, "element '%.64s' where '%s' is expected", element, xml->reader->root);
		return;
	}
	if (++xml->depth > FB_XML_DEPTH_MAX) {
		fb_xml_fault(xml, "more than %d elements in one another", FB_XML_DEPTH_MAX);
		return;
	}
	if (++xml->elements > FB_XML_ELEMENTS_MAX) {
		fb_xml_fault(xml, "more than %d elements", FB_XML_ELEMENTS_MAX);
		return;
	}
	if (xml->reader->start)
		xml->reader->start(xml, xml->data, element, (const char *const *)attribute);
}

static void XMLCALL on_end(void *data, const XML_Char *element)
{
	struct fb_xml *xml = data;

	xml->depth--;
	if (!xml->failed && xml->reader->end)
		xml->reader->end(xml, xml->data, element);
}

int fb_xml_read(const struct fb_xml_reader *reader, void *data, const char *name, const char *text, size_t size, struct fb_err *err)
{
	struct fb_xml xml = { .reader = reader, .data = data, .name = name, .err = err };

	xml.parser = XML_ParserCreate(NULL);
	if (!xml.parser)
		return fb_err_set(err, "%s: out of memory", name);
	XML_SetUserData(xml.parser, &xml);
	XML_SetElementHandler(xml.parser, on_start, on_end);
	XML_SetStartDoctypeDeclHandler(xml.parser, on_doctype);
	if (XML_Parse(xml.parser, text, (int)size, XML_TRUE) != XML_STATUS_OK && !xml.failed) {
		xml.failed = true;
		fb_err_set(err, "%s:%u: not valid XML: %s", name, fb_xml_line(&xml), XML_ErrorString(XML_GetErrorCode(xml.parser)));
	}
	XML_ParserFree(xml.parser);
	return xml.failed ? -1 : 0;
}

#else

int fb_xml_read(const struct fb_xml_reader *reader, void *data, const char *name, const char *text, size_t size, struct fb_err *err)
{
	(void)reader;
	(void)data;
	(void)text;
	(void)size;
	return fb_err_set(err, "%s: this flightbase was built without expat and reads no XML", name);
}

int fb_xml_fault(struct fb_xml *xml, const char *format, ...)
{
	(void)xml;
	(void)format;
	return -1;
}

unsigned int fb_xml_line(const struct fb_xml *xml)
{
	(void)xml;
	return 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/machine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/topo/type_json.h"
#include "topology/topofile_parts.h"

const char *const fb_machine_part_names[FB_MACHINE_PARTS] = {
	[FB_MACHINE_GPUS] = "gpus", [FB_MACHINE_LINKS] = "links",	[FB_MACHINE_SOCKETS] = "sockets",
	[FB_MACHINE_NICS] = "nics", [FB_MACHINE_ADAPTERS] = "adapters",
};

static const char *const root_keys[] = { "node", "type", "devices", "adapters", "sources", NULL };
static const char *const device_keys[] = { "minor", "pci", "model", NULL };
static const char *const adapter_keys[] = { "name", "node_guid", "ports", NULL };
static const char *const port_keys[] = { "port", "guid", "gbps", "link_layer", NULL };

/* A text for people, at most size - 1 bytes. */
static int text_read(const struct fb_json *at, char *text, size_t size, struct fb_err *err)
{
	const char *value;

	if (fb_json_need_string(at, size - 1, &value, err))
		return -1;
	snprintf(text, size, "%s", value);
	fb_text_printable(text);
	return 0;
}

static int device_read(const struct fb_json *at, struct fb_machine_gpu *gpu, struct fb_err *err)
{
	struct fb_json value;
	int64_t minor = -1;

	if (fb_json_need_object(at, device_keys, err) ||
	    (fb_json_member(at, "minor", &value) && fb_json_need_int(&value, 0, 1023, &minor, err)) ||
	    (fb_json_member(at, "pci", &value) && text_read(&value, gpu->pci, sizeof(gpu->pci), err)) ||
	    (fb_json_member(at, "model", &value) && text_read(&value, gpu->model, sizeof(gpu->model), err)))
		return -1;
	gpu->minor = (int)minor;
	return 0;
}

static int devices_read(const struct fb_json *at, struct fb_machine *machine, struct fb_err *err)
{
	if (fb_json_need_array(at, machine->type.wiring.gpus, machine->type.wiring.gpus, err))
		return -1;
	for (size_t g = 0; g < fb_json_length(at); g++) {
		struct fb_json element = fb_json_element(at, g);

		if (device_read(&element, &machine->gpu[g], err))
			return -1;
	}
	machine->devices = true;
	return 0;
}

static int guid_read(const struct fb_json *at, uint64_t *guid, struct fb_err *err)
{
	const char *text;

	if (fb_json_need_string(at, FB_TOPOFILE_NAME_MAX, &text, err))
		return -1;
	if (strlen(text) != 18 || strncmp(text, "0x", 2) || strspn(text + 2, "0123456789abcdefABCDEF") != 16)
		return fb_json_error(at, err, "'%s' is not a GUID (0x and 16 hexadecimal digits)", text);
	*guid = strtoull(text + 2, NULL, 16);
	return 0;
}

static int link_layer_read(const struct fb_json *at, bool *ethernet, struct fb_err *err)
{
	const char *text;

	if (fb_json_need_string(at, FB_TOPOFILE_NAME_MAX, &text, err))
		return -1;
	*ethernet = !strcmp(text, "Ethernet");
	if (!*ethernet && strcmp(text, "InfiniBand"))
		return fb_json_error(at, err, "'%s' is not InfiniBand or Ethernet", text);
	return 0;
}

static int port_read(const struct fb_json *at, struct fb_machine_port *port, struct fb_err *err)
{
	struct fb_json value;
	int64_t number;

	if (fb_json_need_object(at, port_keys, err) || fb_json_need_member(at, "port", &value, err) ||
	    fb_json_need_int(&value, 1, 255, &number, err))
		return -1;
	port->number = (unsigned int)number;
	if (fb_json_need_member(at, "guid", &value, err) || guid_read(&value, &port->guid, err))
		return -1;
	if (fb_json_member(at, "gbps", &value) && fb_json_need_double(&value, 0, 1000, &port->gbps, err))
		return -1;
	return fb_json_member(at, "link_layer", &value) ? link_layer_read(&value, &port->ethernet, err) : 0;
}

static int adapter_read(const struct fb_json *at, struct fb_machine_adapter *adapter, struct fb_err *err)
{
	struct fb_json value, ports;

	if (fb_json_need_object(at, adapter_keys, err) || fb_json_need_member(at, "name", &value, err) ||
	    fb_topofile_name(&value, adapter->name, err) || fb_json_need_member(at, "node_guid", &value, err) ||
	    guid_read(&value, &adapter->node_guid, err) || fb_json_need_member(at, "ports", &ports, err) ||
	    fb_json_need_array(&ports, 0, FB_MACHINE_PORTS_MAX, err))
		return -1;
	for (size_t p = 0; p < fb_json_length(&ports); p++) {
		struct fb_json element = fb_json_element(&ports, p);

		if (port_read(&element, &adapter->port[p], err))
			return -1;
		for (size_t other = 0; other < p; other++)
			if (adapter->port[other].number == adapter->port[p].number)
				return fb_json_error(&element, err, "port %u is there twice", adapter->port[p].number);
		adapter->ports++;
	}
	return 0;
}

static int adapters_read(const struct fb_json *at, struct fb_machine *machine, struct fb_err *err)
{
	if (fb_json_need_array(at, 0, FB_TOPOFILE_NICS_MAX, err))
		return -1;
	for (size_t a = 0; a < fb_json_length(at); a++) {
		struct fb_json element = fb_json_element(at, a);

		if (adapter_read(&element, &machine->adapter[a], err))
			return -1;
		for (size_t other = 0; other < a; other++)
			if (!strcmp(machine->adapter[other].name, machine->adapter[a].name))
				return fb_json_error(&element, err, "adapter '%s' is there twice", machine->adapter[a].name);
		machine->adapters++;
	}
	return 0;
}

static int sources_read(const struct fb_json *at, struct fb_machine *machine, struct fb_err *err)
{
	const char *keys[FB_MACHINE_PARTS + 1] = { NULL };

	memcpy(keys, fb_machine_part_names, sizeof(fb_machine_part_names));
	if (fb_json_need_object(at, keys, err))
		return -1;
	for (size_t p = 0; p < FB_MACHINE_PARTS; p++) {
		struct fb_json value;

		if (fb_json_member(at, keys[p], &value) && text_read(&value, machine->source[p], sizeof(machine->source[p]), err))
			return -1;
	}
	return 0;
}

static int machine_load(struct fb_machine *machine, const struct fb_json_doc *doc, struct fb_err *err)
{
	struct fb_json root = fb_json_root(doc), value;

	if (fb_json_need_object(&root, root_keys, err) || fb_json_need_member(&root, "node", &value, err) ||
	    fb_topofile_name(&value, machine->node, err) || fb_json_need_member(&root, "type", &value, err) ||
	    fb_topofile_type_members(&value, &machine->type, err) ||
	    (fb_json_member(&root, "devices", &value) && devices_read(&value, machine, err)) ||
	    (fb_json_member(&root, "adapters", &value) && adapters_read(&value, machine, err)) ||
	    (fb_json_member(&root, "sources", &value) && sources_read(&value, machine, err))) {
		memset(machine, 0, sizeof(*machine));
		return -1;
	}
	return 0;
}

int fb_machine_read(struct fb_machine *machine, const char *path, struct fb_err *err)
{
	struct fb_json_doc doc;

	memset(machine, 0, sizeof(*machine));
	if (fb_json_doc_read(&doc, path, FB_MACHINE_SIZE_MAX, err))
		return -1;
	int rc = machine_load(machine, &doc, err);
	fb_json_doc_free(&doc);
	return rc;
}

int fb_machine_parse(struct fb_machine *machine, const char *name, const char *text, size_t size, struct fb_err *err)
{
	struct fb_json_doc doc;

	memset(machine, 0, sizeof(*machine));
	if (fb_json_doc_parse(&doc, name, text, size, err))
		return -1;
	int rc = machine_load(machine, &doc, err);
	fb_json_doc_free(&doc);
	return rc;
}

static void print_device(const struct fb_machine_gpu *gpu, FILE *stream)
{
	const char *between = "";

	fputs("\t\t{ ", stream);
	if (gpu->minor >= 0)
		fprintf(stream, "\"minor\": %d", gpu->minor);
	between = gpu->minor >= 0 ? ", " : "";
	if (*gpu->pci) {
		fprintf(stream, "%s\"pci\": ", between);
		fb_json_print_string(gpu->pci, stream);
		between = ", ";
	}
	if (*gpu->model) {
		fprintf(stream, "%s\"model\": ", between);
		fb_json_print_string(gpu->model, stream);
	}
	fputs(" }", stream);
}

static void print_adapter(const struct fb_machine_adapter *adapter, FILE *stream)
{
	fprintf(stream, "\t\t{ \"name\": \"%s\", \"node_guid\": \"0x%016" PRIx64 "\", \"ports\": [", adapter->name, adapter->node_guid);
	for (unsigned int p = 0; p < adapter->ports; p++) {
		const struct fb_machine_port *port = &adapter->port[p];

		fprintf(stream, "%s{ \"port\": %u, \"guid\": \"0x%016" PRIx64 "\", \"gbps\": %.15g, \"link_layer\": \"%s\" }",
			p ? ", " : "", port->number, port->guid, port->gbps, port->ethernet ? "Ethernet" : "InfiniBand");
	}
	fputs("] }", stream);
}

static void print_sources(const struct fb_machine *machine, FILE *stream)
{
	const char *between = " ";

	fputs("\t\"sources\": {", stream);
	for (size_t p = 0; p < FB_MACHINE_PARTS; p++) {
		if (!*machine->source[p])
			continue;
		fprintf(stream, "%s\"%s\": ", between, fb_machine_part_names[p]);
		fb_json_print_string(machine->source[p], stream);
		between = ", ";
	}
	fputs(" }", stream);
}

void fb_machine_print_json(const struct fb_machine *machine, FILE *stream)
{
	fprintf(stream, "{\n\t\"node\": \"%s\",\n\t\"type\": ", machine->node);
	fb_type_print_json(&machine->type, 1, stream);
	for (unsigned int g = 0; machine->devices && g < machine->type.wiring.gpus; g++) {
		fputs(g ? ",\n" : ",\n\t\"devices\": [\n", stream);
		print_device(&machine->gpu[g], stream);
	}
	fputs(machine->devices ? "\n\t],\n" : ",\n", stream);
	fputs("\t\"adapters\": [", stream);
	for (unsigned int a = 0; a < machine->adapters; a++) {
		fputs(a ? ",\n" : "\n", stream);
		print_adapter(&machine->adapter[a], stream);
	}
	fputs(machine->adapters ? "\n\t],\n" : "],\n", stream);
	print_sources(machine, stream);
	fputs("\n}\n", stream);
}

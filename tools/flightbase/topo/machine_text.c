/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine report for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/gpus.h"
#include "flightbase/say.h"
#include "flightbase/topo/machine.h"

static void print_title(const struct fb_machine *m, FILE *stream)
{
	const struct fb_topofile_type *type = &m->type;
	char count[FB_SAY_MAX];

	fb_say_count(type->wiring.gpus, "GPU", count, sizeof(count));
	fprintf(stream, "%s: %s", m->node, count);
	if (*type->gpu)
		fprintf(stream, " of type %s", type->gpu);
	if (m->devices && *m->gpu[0].model)
		fprintf(stream, " (%s)", m->gpu[0].model);
	fprintf(stream, "%s\n", type->nvswitch ? ", on NVSwitch" : "");
}

static void print_links(const struct fb_engine_wiring *w, FILE *stream)
{
	char text[FB_LINK_TEXT_MAX];

	fprintf(stream, "\n%5s", "");
	for (unsigned int j = 0; j < w->gpus; j++)
		fprintf(stream, " %4u", j);
	fputc('\n', stream);
	for (unsigned int i = 0; i < w->gpus; i++) {
		fprintf(stream, "%5u", i);
		for (unsigned int j = 0; j < w->gpus; j++) {
			fb_link_text((enum fb_link)w->link[i][j], w->lanes[i][j], text);
			fprintf(stream, " %4s", text);
		}
		fputc('\n', stream);
	}
	fputc('\n', stream);
}

static void add_gbps(char *text, size_t size, double gbps)
{
	if (gbps > 0)
		fb_say_append(text, size, "%.4g GB/s", gbps);
}

static const char *gpus_text(fb_gpuset gpus, char *text, size_t size)
{
	char index[FB_GPUS_TEXT_MAX];

	fb_gpus_index_text(gpus, index, sizeof(index));
	snprintf(text, size, gpus ? "GPUs %s" : "no GPU", index);
	return text;
}

static void add_wires(const struct fb_machine *m, struct fb_lines *lines)
{
	const struct fb_topofile_type *type = &m->type;
	char text[FB_LINE_TEXT_MAX], gpus[FB_GPUS_TEXT_MAX + 8];

	for (unsigned int i = 0; i < type->wiring.gpus; i++)
		if (memchr(type->wiring.link[i], FB_LINK_NVLINK, type->wiring.gpus)) {
			fb_lines_add(lines, "nvlink", "%.4g GB/s a lane in one direction", type->wiring.lane_gbps);
			break;
		}
	for (unsigned int s = 0; s < type->sockets; s++) {
		fb_lines_add(lines, s ? "" : "sockets", "%u: %s%s%s", s, gpus_text(type->socket[s], gpus, sizeof(gpus)),
			     *type->cores[s] ? ", cores " : "", type->cores[s]);
	}
	for (unsigned int n = 0; n < type->nics; n++) {
		snprintf(text, sizeof(text), "%s: near %s", type->nic[n].name, gpus_text(type->nic[n].near, gpus, sizeof(gpus)));
		add_gbps(text, sizeof(text), type->nic[n].gbps);
		fb_lines_add(lines, n ? "" : "adapters", "%s", text);
	}
}

static void add_adapters(const struct fb_machine *m, struct fb_lines *lines)
{
	for (unsigned int a = 0; a < m->adapters; a++) {
		const struct fb_machine_adapter *adapter = &m->adapter[a];
		char text[FB_LINE_TEXT_MAX];

		snprintf(text, sizeof(text), "%s: 0x%016" PRIx64, adapter->name, adapter->node_guid);
		for (unsigned int p = 0; p < adapter->ports; p++)
			fb_say_append(text, sizeof(text), "port %u %s %s", adapter->port[p].number,
				      adapter->port[p].ethernet ? "Ethernet" : "InfiniBand", adapter->port[p].gbps > 0 ? "up" : "not up");
		fb_lines_add(lines, a ? "" : "guids", "%s", text);
	}
}

void fb_machine_print(const struct fb_machine *machine, FILE *stream)
{
	struct fb_lines lines = { .count = 0 };
	char sources[FB_LINE_TEXT_MAX] = "";

	print_title(machine, stream);
	print_links(&machine->type.wiring, stream);
	add_wires(machine, &lines);
	fb_lines_print(&lines, stream);
	lines.count = 0;
	add_adapters(machine, &lines);
	fb_lines_print(&lines, stream);
	for (size_t p = 0; p < FB_MACHINE_PARTS; p++)
		if (*machine->source[p])
			fb_say_append(sources, sizeof(sources), "%s from %s", fb_machine_part_names[p], machine->source[p]);
	lines.count = 0;
	fb_lines_add(&lines, "found", "%s", sources);
	fb_lines_print(&lines, stream);
}

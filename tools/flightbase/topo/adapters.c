/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/adapters.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/number.h"
#include "flightbase/topo/survey.h"

#define PATH_SIZE 512

/* The first line of a file of sysfs, without its newline; false if it is not there. */
static bool read_line(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool read_line(char *text, size_t size, const char *format, ...)
{
	char path[PATH_SIZE];
	va_list list;

	va_start(list, format);
	int length = vsnprintf(path, sizeof(path), format, list);
	va_end(list);
	FILE *file = length < (int)sizeof(path) ? fopen(path, "re") : NULL;
	if (!file)
		return false;
	bool got = fgets(text, (int)size, file) != NULL;
	fclose(file);
	if (got)
		text[strcspn(text, "\n")] = '\0';
	return got;
}

/* "0002:c903:0012:ab34", and of a GID the second half. 0: it is none. */
static uint64_t read_guid(const char *text)
{
	uint64_t guid = 0;
	unsigned int digits = 0;

	if (strlen(text) == 39)
		text += 20;
	for (; *text; text++) {
		if (*text == ':')
			continue;
		if (!strchr("0123456789abcdef", *text) || ++digits > 16)
			return 0;
		guid = guid << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
	}
	return digits == 16 ? guid : 0;
}

static void read_port(const char *folder, const char *name, unsigned int number, struct fb_machine_port *port)
{
	char text[128];

	*port = (struct fb_machine_port){ .number = number };
	if (read_line(text, sizeof(text), "%s/%s/ports/%u/gids/0", folder, name, number))
		port->guid = read_guid(text);
	if (read_line(text, sizeof(text), "%s/%s/ports/%u/link_layer", folder, name, number))
		port->ethernet = !strcmp(text, "Ethernet");
	/* The rate of a port that is down is not its own. */
	if (!read_line(text, sizeof(text), "%s/%s/ports/%u/state", folder, name, number) || !strstr(text, "ACTIVE"))
		return;
	if (read_line(text, sizeof(text), "%s/%s/ports/%u/rate", folder, name, number)) {
		double gbps = strtod(text, NULL) / 8;

		if (gbps > 0 && gbps <= 1000)
			port->gbps = gbps;
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const struct fb_machine_port *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void read_ports(const char *folder, struct fb_machine_adapter *adapter)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s/ports", folder, adapter->name);
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir && adapter->ports < FB_MACHINE_PORTS_MAX && (entry = readdir(dir));) {
		int64_t number;

		if (!fb_number_parse(entry->d_name, 1, 255, &number, NULL))
			read_port(folder, adapter->name, (unsigned int)number, &adapter->port[adapter->ports++]);
	}
	if (dir)
		closedir(dir);
	qsort(adapter->port, adapter->ports, sizeof(adapter->port[0]), compare_numbers);
}

static bool is_virtual(const char *folder, const char *name)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s/device/physfn", folder, name);
	return access(path, F_OK) == 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct fb_machine_adapter *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

int fb_adapters_read(const char *sysfs, struct fb_machine_adapter *adapter, unsigned int *count, struct fb_err *err)
{
	char folder[PATH_SIZE / 2], text[128];

	*count = 0;
	snprintf(folder, sizeof(folder), "%s/class/infiniband", sysfs ? sysfs : "/sys");
	DIR *dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		struct fb_machine_adapter *to = &adapter[*count];

		if (*entry->d_name == '.' || !fb_survey_name_good(entry->d_name) || is_virtual(folder, entry->d_name))
			continue;
		if (*count == FB_TOPOFILE_NICS_MAX) {
			closedir(dir);
			return fb_err_set(err, "%s: more than %d RDMA adapters", folder, FB_TOPOFILE_NICS_MAX);
		}
		memset(to, 0, sizeof(*to));
		snprintf(to->name, sizeof(to->name), "%s", entry->d_name);
		if (read_line(text, sizeof(text), "%s/%s/node_guid", folder, to->name))
			to->node_guid = read_guid(text);
		read_ports(folder, to);
		(*count)++;
	}
	if (dir)
		closedir(dir);
	qsort(adapter, *count, sizeof(adapter[0]), compare_names);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* AT_EACCESS */
#include "topology/adapters.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The start of a file that the kernel writes. */
static void read_word(const char *path, char *word, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd < 0 ? 0 : read(fd, word, size - 1);

	word[length > 0 ? length : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* "4: ACTIVE"; EFA's link layer is "Unspecified". */
static bool port_up(const char *root, const char *name, unsigned int port)
{
	char path[PATH_MAX], word[32];

	snprintf(path, sizeof(path), "%s/sys/class/infiniband/%s/ports/%u/state", root, name, port);
	read_word(path, word, sizeof(word));
	if (strncmp(word, "4:", 2))
		return false;
	snprintf(path, sizeof(path), "%s/sys/class/infiniband/%s/ports/%u/link_layer", root, name, port);
	read_word(path, word, sizeof(word));
	return !strncmp(word, "InfiniBand", 10) || !strncmp(word, "Ethernet", 8);
}

/* A program opens an adapter through its verbs device, /dev/infiniband/uverbsN. */
static bool may_open(const char *root, const char *name)
{
	char path[PATH_MAX];
	bool open = false;

	snprintf(path, sizeof(path), "%s/sys/class/infiniband/%s/device/infiniband_verbs", root, name);
	DIR *dir = opendir(path);
	for (struct dirent *entry; dir && !open && (entry = readdir(dir));) {
		if (strncmp(entry->d_name, "uverbs", 6))
			continue;
		snprintf(path, sizeof(path), "%s/dev/infiniband/%s", root, entry->d_name);
		open = !faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS);
	}
	if (dir)
		closedir(dir);
	return open;
}

uint32_t fb_adapter_ports(const char *root, const char *name)
{
	uint32_t ports = 0;

	if (name[0] == '.' || strchr(name, '/'))
		return 0;
	for (unsigned int port = 1; port < 32; port++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/sys/class/infiniband/%s/ports/%u", root, name, port);
		if (access(path, F_OK))
			break;
		ports |= (uint32_t)port_up(root, name, port) << port;
	}
	return ports && may_open(root, name) ? ports : 0;
}

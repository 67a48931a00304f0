/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which RDMA adapters of this machine are up and open to the caller. */
#ifndef FB_TOPOLOGY_ADAPTERS_H
#define FB_TOPOLOGY_ADAPTERS_H

#include <stdint.h>

/*
 * The ports of an InfiniBand or RoCE adapter that are active, bit p for port p (1 to 31); 0 if it is not there, or if
 * the caller may not open its device. root is "" but in tests: /sys and /dev are looked for below it.
 */
uint32_t fb_adapter_ports(const char *root, const char *name);

#endif

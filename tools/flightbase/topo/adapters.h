/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RDMA adapters of this machine: names, GUIDs, ports and their speeds, from sysfs (class/infiniband). */
#ifndef FB_TOPO_ADAPTERS_H
#define FB_TOPO_ADAPTERS_H

#include "common/err.h"
#include "flightbase/topo/machine.h"

/*
 * Read all adapters below sysfs (NULL: /sys) but those that are a part of another one (virtual functions), by name:
 * mlx5_2 before mlx5_10. count is 0 where there are none, or no RDMA at all. Returns 0, or -1 with err set if there are
 * more than FB_TOPOFILE_NICS_MAX.
 */
int fb_adapters_read(const char *sysfs, struct fb_machine_adapter *adapter, unsigned int *count, struct fb_err *err);

#endif

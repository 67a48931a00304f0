/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where Flightbase's settings are; FB_CONF_DIR is configure's. */
#ifndef FB_PLACES_H
#define FB_PLACES_H

#define FB_WORKSPACES_DIR FB_CONF_DIR "/workspaces.d"
#define FB_SETTINGS_LOG_DIR FB_CONF_DIR "/history.d"
#define FB_SITE_FILE FB_CONF_DIR "/flightbase.json"
#define FB_TOPOLOGY_FILE FB_CONF_DIR "/topology.json"

#endif

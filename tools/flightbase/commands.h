/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each command does, and its options. Each returns the exit status. */
#ifndef FB_COMMANDS_H
#define FB_COMMANDS_H

#include "flightbase/cli.h"

extern const struct fb_cli_option fb_check_options[];
int fb_check(const struct fb_args *args);

int fb_explain(const struct fb_args *args);

extern const struct fb_cli_option fb_env_options[];
int fb_env(const struct fb_args *args);

extern const struct fb_cli_option fb_workspace_list_options[];
int fb_workspace_list(const struct fb_args *args);

extern const struct fb_cli_option fb_workspace_create_options[], fb_workspace_modify_options[], fb_workspace_delete_options[],
	fb_workspace_member_options[], fb_workspace_remove_options[], fb_workspace_history_options[];
int fb_workspace_create(const struct fb_args *args);
int fb_workspace_modify(const struct fb_args *args);
int fb_workspace_delete(const struct fb_args *args);
int fb_workspace_add_user(const struct fb_args *args);
int fb_workspace_remove_user(const struct fb_args *args);
int fb_workspace_set_manager(const struct fb_args *args);
int fb_workspace_history(const struct fb_args *args);

extern const struct fb_cli_option fb_apply_options[];
int fb_apply(const struct fb_args *args);
int fb_export(const struct fb_args *args);
extern const struct fb_cli_option fb_workspace_list_options[];
int fb_workspace_list(const struct fb_args *args);

extern const struct fb_cli_option fb_workspace_show_options[];
int fb_workspace_show(const struct fb_args *args);

extern const struct fb_cli_option fb_dashboard_options[];
int fb_dashboard(const struct fb_args *args);

int fb_user_list(const struct fb_args *args);
int fb_user_show(const struct fb_args *args);

int fb_node_list(const struct fb_args *args);
int fb_node_show(const struct fb_args *args);

extern const struct fb_cli_option fb_topo_discover_options[];
int fb_topo_discover(const struct fb_args *args);

extern const struct fb_cli_option fb_topo_fabric_options[];
int fb_topo_fabric(const struct fb_args *args);
extern const struct fb_cli_option fb_topo_build_options[];
int fb_topo_build(const struct fb_args *args);
extern const struct fb_cli_option fb_topo_show_options[];
int fb_topo_show(const struct fb_args *args);
extern const struct fb_cli_option fb_topo_check_options[];
int fb_topo_check(const struct fb_args *args);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase: the command-line tool. This file lists its commands; there is one file for each noun. */
#include <limits.h>

#include "flightbase/cli.h"
#include "flightbase/commands.h"

const struct fb_cli_command fb_cli_commands[] = {
	{ "workspace", "create", "NAME", NULL, 1, 1, "Create a workspace.", fb_workspace_create_options, fb_workspace_create },
	{ "workspace", "modify", "NAME", "workspace", 1, 1, "Change quota, limits, period or settings of a workspace.",
	  fb_workspace_modify_options, fb_workspace_modify },
	{ "workspace", "delete", "NAME", "workspace", 1, 1, "Remove a workspace.", fb_workspace_delete_options, fb_workspace_delete },
	{ "workspace", "list", "", NULL, 0, 0, "List the workspaces.", fb_workspace_list_options, fb_workspace_list },
	{ "workspace", "show", "NAME", "workspace", 1, 1, "Show a workspace: settings, members, usage, queue.",
	  fb_workspace_show_options, fb_workspace_show },
	{ "workspace", "add-user", "NAME USER[,USER]", "workspace", 2, 2, "Make users members of a workspace.",
	  fb_workspace_member_options, fb_workspace_add_user },
	{ "workspace", "remove-user", "NAME USER[,USER]", "workspace", 2, 2, "Take members out of a workspace.",
	  fb_workspace_remove_options, fb_workspace_remove_user },
	{ "workspace", "set-manager", "NAME USER[,USER]", "workspace", 2, 2, "Say who manages a workspace.",
	  fb_workspace_member_options, fb_workspace_set_manager },
	{ "workspace", "history", "NAME", "workspace", 1, 1, "Tell who changed what of a workspace's accounting.",
	  fb_workspace_history_options, fb_workspace_history },
	{ "apply", NULL, "", NULL, 0, 0, "Make the site as a file says.", fb_apply_options, fb_apply },
	{ "export", NULL, "", NULL, 0, 0, "Print the site as a file for apply.", NULL, fb_export },
	{ "check", NULL, "", NULL, 0, 0, "Look for what is wrong with the site's set-up.", fb_check_options, fb_check },
	{ "explain", NULL, "JOB", NULL, 1, 1, "Say why a job waits, what it holds, or how it ended.", NULL, fb_explain },
	{ "env", NULL, "JOB", NULL, 1, 1, "Show what a job's tasks are told of the wires, and why.", fb_env_options, fb_env },
	{ "user", "list", "", NULL, 0, 0, "List the users of workspaces and the admins.", NULL, fb_user_list },
	{ "user", "show", "[NAME]", "user", 0, 1, "Show a user, by default oneself: roles, workspaces, usage, jobs.", NULL,
	  fb_user_show },
	{ "node", "list", "", NULL, 0, 0, "List the nodes and their GPUs.", NULL, fb_node_list },
	{ "node", "show", "NAME", NULL, 1, 1, "Show a node: GPUs, wires, health, jobs.", NULL, fb_node_show },
	{ "topo", "discover", "", NULL, 0, 0, "Tell how a node's GPUs are wired.", fb_topo_discover_options, fb_topo_discover },
	{ "topo", "fabric", "[FILE]", "file", 0, 1, "Tell how nodes are wired to each other, by ibnetdiscover.",
	  fb_topo_fabric_options, fb_topo_fabric },
	{ "topo", "build", "REPORT...", "file", 1, INT_MAX, "Make topology.json out of the nodes' reports.", fb_topo_build_options, fb_topo_build },
	{ "topo", "show", "[FILE]", "file", 0, 1, "Show or draw what topology.json holds.", fb_topo_show_options, fb_topo_show },
	{ "topo", "check", "[REPORT...]", "file", 0, INT_MAX, "Tell what nodes have lost of what topology.json says.", fb_topo_check_options,
	  fb_topo_check },
	{ "dashboard", NULL, "[WORKSPACE]", "workspace", 0, 1, "Show who uses the GPUs and who waits for them.",
	  fb_dashboard_options, fb_dashboard },
	{ .noun = NULL },
};

int main(int argc, char **argv)
{
	return fb_cli_main(argc, argv);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flightbase: the command-line tool. This file lists its commands; there is one file for each noun. */
#include "flightbase/cli.h"
#include "flightbase/commands.h"

const struct fb_cli_command fb_cli_commands[] = {
	{ "workspace", "list", "", NULL, 0, 0, "List the workspaces.", NULL, fb_workspace_list },
	{ .noun = NULL },
};

int main(int argc, char **argv)
{
	return fb_cli_main(argc, argv);
}

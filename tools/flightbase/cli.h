/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line: one table of commands, each with one table of options. Parsing, --help and shell completion
 * all come from it.
 */
#ifndef FB_CLI_H
#define FB_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define FB_CLI_OPTIONS_MAX 24

enum { FB_EXIT_DONE = 0, FB_EXIT_FAILED = 1, FB_EXIT_USAGE = 2 };

struct fb_cli_option {
	const char *name;     /* without "--" */
	const char *argument; /* for --help; NULL: it takes none; in brackets: a number may follow, "--name 5" or "--name=5" */
	const char *help;
	const char *complete; /* what the argument is: "workspace", "user", "file" or the words themselves; NULL: nothing to offer */
	char letter;	      /* "-f" beside "--file"; 0: none */
};

struct fb_args;

struct fb_cli_command {
	const char *noun, *verb;  /* verb NULL: the noun is the whole command */
	const char *words;	  /* what else it takes, for --help: "NAME", "[WORKSPACE]", "" */
	const char *complete;	  /* what those are, as fb_cli_option.complete */
	int words_min, words_max; /* how many */
	const char *summary;
	const struct fb_cli_option *options; /* up to one without a name; "json" and "help" are everywhere */
	int (*run)(const struct fb_args *args); /* returns the exit status */
};

/* A command line that fits its command's tables. */
struct fb_args {
	const struct fb_cli_command *command;
	const char *value[FB_CLI_OPTIONS_MAX]; /* by the index of the option; NULL: not given; "" if it takes no argument */
	bool json;
	int words;
	char **word;
};

/* All commands, up to one without a noun (main.c). */
extern const struct fb_cli_command fb_cli_commands[];

int fb_cli_main(int argc, char **argv);

/* Say "flightbase: TEXT" on standard error; return the exit status. */
int fb_cli_failed(const struct fb_err *err);
int fb_cli_usage(const struct fb_args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A notice on standard error that is no failure. */
void fb_cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fb_config.h"

#include "flightbase/cli.h"

#include <getopt.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flightbase/complete.h"

static const struct fb_cli_option no_options[] = { { .name = NULL } };

int fb_cli_failed(const struct fb_err *err)
{
	fflush(stdout);
	fprintf(stderr, "flightbase: %s\n", err->text);
	return FB_EXIT_FAILED;
}

static void print_name(FILE *stream, const struct fb_cli_command *command)
{
	fprintf(stream, "flightbase %s%s%s", command->noun, command->verb ? " " : "", command->verb ? command->verb : "");
}

int fb_cli_usage(const struct fb_args *args, const char *format, ...)
{
	struct fb_err err;
	va_list list;

	va_start(list, format);
	vsnprintf(err.text, sizeof(err.text), format, list);
	va_end(list);
	fb_text_printable(err.text);
	fprintf(stderr, "flightbase: %s; see ", err.text);
	if (args->command)
		print_name(stderr, args->command);
	else
		fprintf(stderr, "flightbase");
	fprintf(stderr, " --help\n");
	return FB_EXIT_USAGE;
}

void fb_cli_note(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("flightbase: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

static void help_all(void)
{
	printf("Usage: flightbase COMMAND [OPTION...]\n\nWorkspaces, images, datasets and trainings on Slurm.\n\nCommands:\n");
	for (const struct fb_cli_command *c = fb_cli_commands; c->noun; c++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s%s", c->noun, c->verb ? " " : "", c->verb ? c->verb : "");
		printf("  %-26s %s\n", name, c->summary);
	}
	printf("\nEach has --help, and --json where it prints something. See flightbase(1).\n");
}

static void help_option(char letter, const char *name, const char *argument, const char *help)
{
	char left[64], first[] = { '-', letter, ',', ' ', '\0' };

	snprintf(left, sizeof(left), "%s--%s%s%s", letter ? first : "", name, argument ? " " : "", argument ? argument : "");
	printf("  %-26s %s\n", left, help);
}

static void help_command(const struct fb_cli_command *command)
{
	const struct fb_cli_option *options = command->options ? command->options : no_options;

	printf("Usage: ");
	print_name(stdout, command);
	printf("%s%s [OPTION...]\n\n%s\n\nOptions:\n", *command->words ? " " : "", command->words, command->summary);
	for (const struct fb_cli_option *o = options; o->name; o++)
		help_option(o->letter, o->name, o->argument, o->help);
	help_option(0, "json", NULL, "print JSON");
	help_option('h', "help", NULL, "this text");
	printf("\nMore: man flightbase-%s\n", command->noun);
}

static int argument_kind(const struct fb_cli_option *option)
{
	if (!option->argument)
		return no_argument;
	return option->argument[0] == '[' ? optional_argument : required_argument;
}

/*
 * The command's table as getopt wants it, and its letters, for which there is room for two characters each; returns
 * the number of its own options.
 */
static int make_getopt(const struct fb_cli_option *options, struct option *out, char *letters)
{
	int count = 0;

	for (; options[count].name; count++) {
		const struct fb_cli_option *o = &options[count];

		out[count] = (struct option){ o->name, argument_kind(o), NULL, 256 + count };
		if (o->letter)
			*letters++ = o->letter;
		if (o->letter && o->argument)
			*letters++ = ':';
	}
	*letters = '\0';
	out[count] = (struct option){ "json", no_argument, NULL, 'j' };
	out[count + 1] = (struct option){ "help", no_argument, NULL, 'h' };
	out[count + 2] = (struct option){ NULL, 0, NULL, 0 };
	return count;
}

static int bad_option(const struct fb_args *args, int found, char **argv)
{
	const char *word = argv[optind - 1];

	if (found == ':')
		return fb_cli_usage(args, "option '%.64s' needs a value", word);
	return fb_cli_usage(args, "option '%.64s' is unknown, ambiguous or takes no value", word);
}

/* getopt takes an optional value only behind '=': a number in the next word is one, too. */
static char *optional_number(const struct fb_cli_option *option, int argc, char **argv)
{
	const char *word = optind < argc ? argv[optind] : "";

	if (!option->argument || option->argument[0] != '[' || !*word || word[strspn(word, "0123456789")])
		return NULL;
	return argv[optind++];
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct fb_args *args, int argc, char **argv)
{
	const struct fb_cli_option *options = args->command->options ? args->command->options : no_options;
	struct option table[FB_CLI_OPTIONS_MAX + 3];
	char letters[2 * FB_CLI_OPTIONS_MAX + 3] = ":h";
	int count = make_getopt(options, table, letters + 2), found;

	opterr = 0;
	optind = 1;
	while ((found = getopt_long(argc, argv, letters, table, NULL)) != -1) {
		for (int i = 0; found < 256 && i < count; i++)
			found = options[i].letter && found == options[i].letter ? 256 + i : found;
		if (found == 'h') {
			help_command(args->command);
			return FB_EXIT_DONE;
		}
		if (found == 'j') {
			args->json = true;
			continue;
		}
		if (found < 256 || found >= 256 + count)
			return bad_option(args, found, argv);
		if (args->value[found - 256])
			return fb_cli_usage(args, "option '--%s' is there twice", options[found - 256].name);
		if (!optarg)
			optarg = optional_number(&options[found - 256], argc, argv);
		args->value[found - 256] = optarg ? optarg : "";
	}
	args->words = argc - optind;
	args->word = argv + optind;
	if (args->words < args->command->words_min)
		return fb_cli_usage(args, "%s is missing", args->command->words);
	if (args->words > args->command->words_max)
		return fb_cli_usage(args, "'%.64s' is too much", args->word[args->command->words_max]);
	return -1;
}

/* Finds the command that the first one or two words name; *used tells how many. */
static const struct fb_cli_command *find_command(int argc, char **argv, int *used, bool *noun_known)
{
	for (const struct fb_cli_command *c = fb_cli_commands; c->noun; c++) {
		if (strcmp(argv[0], c->noun))
			continue;
		*noun_known = true;
		*used = c->verb ? 2 : 1;
		if (!c->verb || (argc > 1 && !strcmp(argv[1], c->verb)))
			return c;
	}
	return NULL;
}

static void print_verbs(const char *noun)
{
	for (const struct fb_cli_command *c = fb_cli_commands; c->noun; c++)
		if (!strcmp(noun, c->noun))
			printf("  flightbase %s %s %s\n      %s\n", noun, c->verb, c->words, c->summary);
}

int fb_cli_main(int argc, char **argv)
{
	struct fb_args args = { .command = NULL };
	bool noun_known = false;
	int used = 0;

	/* For the width of what is printed; numbers stay as they are. */
	setlocale(LC_CTYPE, "");
	if (argc < 2)
		return fb_cli_usage(&args, "give a command");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help_all();
		return FB_EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("flightbase " PACKAGE_VERSION "\n");
		return FB_EXIT_DONE;
	}
	if (!strcmp(argv[1], "--complete"))
		return fb_complete(argc - 2, argv + 2);
	args.command = find_command(argc - 1, argv + 1, &used, &noun_known);
	if (!args.command && noun_known && argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"))) {
		print_verbs(argv[1]);
		return FB_EXIT_DONE;
	}
	if (!args.command && noun_known)
		return argc > 2 ? fb_cli_usage(&args, "'%.32s %.32s' is not a command", argv[1], argv[2]) :
				  fb_cli_usage(&args, "'%.32s' needs a verb", argv[1]);
	if (!args.command)
		return fb_cli_usage(&args, "'%.32s' is not a command", argv[1]);
	int rc = parse(&args, argc - used, argv + used);
	return rc >= 0 ? rc : args.command->run(&args);
}

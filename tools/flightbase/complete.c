/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Candidates come from the tables of commands, and names of workspaces from the settings files: no daemon is asked,
 * so that a key press never waits for one.
 */
#include "flightbase/complete.h"

#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "common/name.h"
#include "flightbase/cli.h"
#include "flightbase/places.h"

static void offer(const char *candidate, const char *begun)
{
	if (!strncmp(candidate, begun, strlen(begun)))
		puts(candidate);
}

static void offer_workspaces(const char *begun)
{
	DIR *dir = opendir(FB_WORKSPACES_DIR);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".json") || !fb_name_valid(entry->d_name, (size_t)(dot - entry->d_name)))
			continue;
		*dot = '\0';
		offer(entry->d_name, begun);
	}
	if (dir)
		closedir(dir);
}

/* Of a list "a,b", the last is completed. */
static void offer_users(const char *begun)
{
	const char *comma = strrchr(begun, ',');
	size_t kept = comma ? (size_t)(comma - begun) + 1 : 0;

	setpwent();
	for (struct passwd *user; (user = getpwent());)
		if (user->pw_uid >= 1000 && user->pw_uid < 60000 && !strncmp(user->pw_name, begun + kept, strlen(begun + kept)))
			printf("%.*s%s\n", (int)kept, begun, user->pw_name);
	endpwent();
}

static void offer_words(const char *words, const char *begun)
{
	char word[64];

	while (*words) {
		size_t length = strcspn(words, " ");

		snprintf(word, sizeof(word), "%.*s", (int)length, words);
		offer(word, begun);
		words += length + (words[length] == ' ');
	}
}

static void offer_kind(const char *kind, const char *begun)
{
	if (!kind)
		return;
	if (!strcmp(kind, "workspace"))
		offer_workspaces(begun);
	else if (!strcmp(kind, "user"))
		offer_users(begun);
	else if (strcmp(kind, "file"))
		offer_words(kind, begun);
}

static void offer_options(const struct fb_cli_command *command, const char *begun)
{
	char text[64];

	for (const struct fb_cli_option *o = command->options; o && o->name; o++) {
		snprintf(text, sizeof(text), "--%s", o->name);
		offer(text, begun);
	}
	offer("--json", begun);
	offer("--help", begun);
}

static const struct fb_cli_option *option_of(const struct fb_cli_command *command, const char *word)
{
	for (const struct fb_cli_option *o = command->options; o && o->name; o++)
		if (!strncmp(word, "--", 2) && !strcmp(word + 2, o->name))
			return o;
	return NULL;
}

static void complete_command(const struct fb_cli_command *command, const char *before, const char *begun)
{
	const struct fb_cli_option *option = before ? option_of(command, before) : NULL;

	if (option && option->argument)
		offer_kind(option->complete, begun);
	else if (begun[0] == '-')
		offer_options(command, begun);
	else
		offer_kind(command->complete, begun);
}

static void complete_nouns(const char *begun)
{
	const char *last = "";

	for (const struct fb_cli_command *c = fb_cli_commands; c->noun; c++) {
		if (strcmp(c->noun, last))
			offer(c->noun, begun);
		last = c->noun;
	}
}

int fb_complete(int words, char **word)
{
	const char *begun = words ? word[words - 1] : "";

	if (words < 2) {
		complete_nouns(begun);
		return FB_EXIT_DONE;
	}
	for (const struct fb_cli_command *c = fb_cli_commands; c->noun; c++) {
		if (strcmp(c->noun, word[0]))
			continue;
		int used = c->verb ? 2 : 1;
		if (c->verb && words == 2)
			offer(c->verb, begun);
		else if (!c->verb || !strcmp(c->verb, word[1]))
			complete_command(c, words - 1 > used ? word[words - 2] : NULL, begun);
	}
	return FB_EXIT_DONE;
}

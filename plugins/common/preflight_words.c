/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * srun and its steps write, of tasks that ended (24.11, src/srun/task_state and launch.c):
 *
 *   slurmstepd-n2: error: execve(): /usr/bin/flightbase-allreduce: Permission denied
 *   srun: error: n2: task 1: Exited with exit code 13
 *   srun: error: n[1,3]: tasks 0,2: Killed
 *   srun: error: Task launch for StepId=2.0 failed on node n2: Communication connection failure
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/preflight_judge.h"

#define TOOL "flightbase-allreduce: "
#define NONE (-1)
#define SEVERAL (-2)

/* Whom the lines name so far: one node, or several. */
struct named {
	int tool;  /* by flightbase-allreduce */
	int fault; /* in other lines, not those of tasks that were killed because of another's end */
};

static void add(int *named, int node)
{
	if (node != NONE && *named != node)
		*named = *named == NONE ? node : SEVERAL;
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '.' || c == '_' || c == '[';
}

static bool names(const char *line, size_t length, const char *node)
{
	size_t size = strlen(node);
	static const char step[] = "slurmstepd-";
	const size_t prefix = sizeof(step) - 1;

	for (size_t i = 0; size && i + size <= length; i++) {
		bool begins = i == 0 || !in_word(line[i - 1]) || (i == prefix && !memcmp(line, step, prefix));

		if (begins && !memcmp(line + i, node, size) && (i + size == length || !in_word(line[i + size])))
			return true;
	}
	return false;
}

static bool has(const char *line, size_t length, const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i + size <= length; i++)
		if (!memcmp(line + i, text, size))
			return true;
	return false;
}

static bool begins(const char *line, size_t length, const char *text)
{
	size_t size = strlen(text);

	return length > size && !memcmp(line, text, size);
}

static bool ends(const char *line, size_t length, const char *text)
{
	size_t size = strlen(text);

	return length >= size && !memcmp(line + length - size, text, size);
}

/* "n[1,3-5]": srun compresses the nodes of tasks that ended alike; then it says "tasks". */
static bool is_end(const char *line, size_t length)
{
	return begins(line, length, "srun: error: ") && (has(line, length, ": task ") || has(line, length, ": tasks "));
}

static bool is_consequence(const char *line, size_t length)
{
	return has(line, length, ": Killed") || has(line, length, ": Terminated") || has(line, length, "CANCELLED") ||
	       ends(line, length, "Exited with exit code 1");
}

/* The rank of "rank 3", if the line has one and only that; NONE else. */
static int rank_node(const char *line, size_t length, const struct fb_preflight_layout *layout)
{
	int found = NONE;

	for (size_t i = 0; i + 6 <= length; i++)
		if (!memcmp(line + i, "rank ", 5) && isdigit((unsigned char)line[i + 5]))
			add(&found, fb_preflight_node_of(layout, strtoll(line + i + 5, NULL, 10)));
	return found < 0 ? NONE : found;
}

/* The only node that a line names, NONE or SEVERAL. */
static int only_node(const char *line, size_t length, const struct fb_preflight_layout *layout)
{
	int found = NONE;

	for (unsigned int node = 0; node < layout->nodes && found != SEVERAL; node++)
		if (names(line, length, layout->name[node]))
			add(&found, (int)node);
	return found;
}

static void read_line(const char *line, size_t length, const struct fb_preflight_layout *layout, struct named *named)
{
	bool tool = begins(line, length, TOOL);
	int node = only_node(line, length, layout);

	if (tool)
		add(&named->tool, node == NONE ? rank_node(line, length, layout) : node);
	else if (has(line, length, "error: ") && !is_consequence(line, length))
		add(&named->fault, node == NONE && is_end(line, length) ? SEVERAL : node);
}

/* The next line; NULL: there is none. *length is without the newline. */
static const char *next_line(const char **at, size_t *length)
{
	const char *line = *at;

	if (!*line)
		return NULL;
	*length = strcspn(line, "\n");
	*at = line + *length + (line[*length] == '\n');
	return line;
}

/* The only node of whose tasks no end was told, where that of others was and none stands for several. */
static int find_silent(const char *words, const struct fb_preflight_layout *layout)
{
	int silent = NONE;
	const char *line, *at;
	size_t length;
	bool told = false;

	for (unsigned int node = 0; node < layout->nodes && silent != SEVERAL; node++) {
		bool ended = false;

		for (at = words; (line = next_line(&at, &length));) {
			if (!is_end(line, length))
				continue;
			if (has(line, length, ": tasks "))
				return NONE;
			ended |= names(line, length, layout->name[node]);
		}
		told |= ended;
		if (!ended)
			add(&silent, (int)node);
	}
	return told && silent >= 0 ? silent : NONE;
}

int fb_preflight_find_broken(const char *words, const struct fb_preflight_layout *layout)
{
	struct named named = { NONE, NONE };
	const char *line, *at = words;
	size_t length;

	while ((line = next_line(&at, &length)))
		read_line(line, length, layout, &named);
	if (named.tool != NONE)
		return named.tool < 0 ? -1 : named.tool;
	if (named.fault != NONE)
		return named.fault < 0 ? -1 : named.fault;
	return find_silent(words, layout);
}

void fb_preflight_reason(const char *words, char *text, size_t size)
{
	const char *line, *at = words, *best = NULL;
	size_t length, best_length = 0;
	int best_rank = 0;

	while ((line = next_line(&at, &length))) {
		bool tool = begins(line, length, TOOL);
		int rank = tool ? 3 : !has(line, length, "error: ") || is_consequence(line, length) ? 1 : 2;

		if (length && rank > best_rank) {
			best = tool ? line + sizeof(TOOL) - 1 : line;
			best_length = tool ? length - (sizeof(TOOL) - 1) : length;
			best_rank = rank;
		}
	}
	snprintf(text, size, "%.*s", best ? (int)(best_length < 300 ? best_length : 300) : 0, best ? best : "");
	fb_text_printable(text);
}

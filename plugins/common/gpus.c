/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memmem, memrchr */
#include "common/gpus.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* A part of a string that is not its own. */
struct slice {
	const char *at;
	size_t length;
};

struct item {
	struct slice name, type;
	uint64_t count;
};

enum form { PER_JOB, PER_NODE, PER_SOCKET, PER_TASK, FORMS };

struct tally {
	bool shares; /* of GPUs: MPS or shards */
	size_t types;
	struct {
		struct slice type;
		uint64_t count[FORMS];
	} of[FB_GPUS_TYPES_MAX];
};

static uint64_t multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return b ? a / b + (a % b != 0) : 0;
}

static bool is(struct slice slice, const char *text)
{
	return slice.length == strlen(text) && !memcmp(slice.at, text, slice.length);
}

/* "k" and "kib" are 1024, "kb" is 1000, and so on; 0: no such suffix. */
static uint64_t suffix_of(struct slice suffix)
{
	static const char letters[] = "kmgtp";
	bool decimal = suffix.length == 2 && !strncasecmp(suffix.at + 1, "b", 1);
	bool binary = suffix.length == 1 || (suffix.length == 3 && !strncasecmp(suffix.at + 1, "ib", 2));
	uint64_t multiplier = 1;

	if (!suffix.length)
		return 1;
	for (size_t i = 0; letters[i] && (decimal || binary); i++) {
		multiplier *= decimal ? 1000 : 1024;
		if (!strncasecmp(suffix.at, &letters[i], 1))
			return multiplier;
	}
	return 0;
}

static bool read_count(struct slice text, uint64_t *count)
{
	uint64_t value = 0, multiplier;
	size_t digits = 0;

	for (; digits < text.length && text.at[digits] >= '0' && text.at[digits] <= '9'; digits++)
		value = add(multiply(value, 10), (uint64_t)(text.at[digits] - '0'));
	multiplier = suffix_of((struct slice){ text.at + digits, text.length - digits });
	if (!digits || value == UINT64_MAX || !multiplier)
		return false;
	*count = multiply(value, multiplier);
	return true;
}

/* Cut slice at the character at; returns what is behind it. */
static struct slice cut(struct slice *slice, const char *at)
{
	struct slice behind = { at + 1, slice->length - (size_t)(at - slice->at) - 1 };

	slice->length = (size_t)(at - slice->at);
	return behind;
}

/* NAME, NAME:TYPE, NAME:COUNT, NAME=COUNT, NAME:TYPE:COUNT or NAME:TYPE=COUNT; false: none of them. */
static bool read_item(struct slice token, struct item *item)
{
	const char *separator = memrchr(token.at, '=', token.length);
	bool equals = separator;

	*item = (struct item){ .name = token, .count = 1 };
	if (!separator)
		separator = memrchr(token.at, ':', token.length);
	if (!separator)
		return !read_count(token, &item->count); /* a number has no name */
	struct slice behind = cut(&item->name, separator);
	if (!behind.length)
		return false;
	if (!read_count(behind, &item->count)) {
		if (equals)
			return false;
		item->type = behind;
	}
	separator = memchr(item->name.at, ':', item->name.length);
	if (separator && item->type.length)
		return false;
	if (separator)
		item->type = cut(&item->name, separator);
	return item->name.length;
}

static void tally_item(struct tally *tally, enum form form, const struct item *item)
{
	size_t i = 0;

	if (!is(item->name, "gpu")) {
		tally->shares |= is(item->name, "shard") || is(item->name, "mps");
		return;
	}
	while (i < tally->types && (tally->of[i].type.length != item->type.length ||
				    (item->type.length && memcmp(tally->of[i].type.at, item->type.at, item->type.length))))
		i++;
	if (i == FB_GPUS_TYPES_MAX)
		return;
	if (i == tally->types)
		tally->of[tally->types++].type = item->type;
	tally->of[i].count[form] = item->count; /* the last one counts */
}

/* Slurm looks for the next "gres", wherever it stands, and reads up to the comma. */
static void tally_text(struct tally *tally, enum form form, const char *text)
{
	const char *end = text ? text + strnlen(text, FB_GPUS_TEXT_MAX) : NULL;
	struct item item;

	while (text && (text = memmem(text, (size_t)(end - text), "gres", 4))) {
		text += 4;
		text += text < end && *text == '/';
		const char *comma = memchr(text, ',', (size_t)(end - text));
		struct slice token = { text, (size_t)((comma ? comma : end) - text) };
		text = comma ? comma + 1 : end;
		if (!token.length)
			continue;
		if (!read_item(token, &item))
			return;
		if (item.count)
			tally_item(tally, form, &item);
	}
}

/* What each form is multiplied with. */
static void factors(const struct fb_gpus_request *request, uint64_t factor[FORMS])
{
	/* --ntasks-per-node is a maximum where there is also a number of tasks. */
	uint64_t nodes = max(max(request->nodes, 1), divide_up(request->tasks, request->tasks_per_node));
	uint64_t tasks = request->tasks;

	if (!tasks)
		tasks = multiply(nodes, max(1, request->tasks_per_gpu ? request->tasks_per_gpu : request->tasks_per_node));
	factor[PER_JOB] = 1;
	factor[PER_NODE] = nodes;
	factor[PER_SOCKET] = max(multiply(nodes, max(request->sockets_per_node, 1)),
				 divide_up(request->tasks, request->tasks_per_socket));
	factor[PER_TASK] = tasks;
}

struct fb_gpus fb_gpus_count(const struct fb_gpus_request *request)
{
	const char *const texts[FORMS] = { request->per_job, request->per_node, request->per_socket, request->per_task };
	struct tally tally = { .types = 0 };
	uint64_t factor[FORMS], whole;
	struct fb_gpus gpus = { .count = 0 };

	factors(request, factor);
	for (enum form form = 0; form < FORMS; form++)
		tally_text(&tally, form, texts[form]);
	for (size_t i = 0; i < tally.types; i++) {
		uint64_t count = 0;

		for (enum form form = 0; form < FORMS; form++)
			count = max(count, multiply(tally.of[i].count[form], factor[form]));
		gpus.count = add(gpus.count, count);
	}
	/* --ntasks-per-gpu without GPUs: as many as the tasks need. */
	if (!tally.types && request->tasks_per_gpu)
		gpus.count = factor[PER_TASK] / request->tasks_per_gpu;
	whole = multiply(factor[PER_NODE], request->whole_node);
	gpus.count = max(gpus.count, whole);
	gpus.asked = tally.types || tally.shares || request->tasks_per_gpu || whole;
	return gpus;
}

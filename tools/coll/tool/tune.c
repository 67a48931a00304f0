/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/tune.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "coll/tool/size.h"

static const enum fb_algorithm_kind kinds[] = { FB_ALGORITHM_DOUBLING, FB_ALGORITHM_HALVING, FB_ALGORITHM_RAILS, FB_ALGORITHM_RING };
#define KINDS (sizeof(kinds) / sizeof(*kinds))

int fb_tune_begin(struct fb_tune_shape *shape, const struct fb_params *params, int nodes, int per_node, struct fb_err *err)
{
	size_t bytes = params->min_bytes;

	*shape = (struct fb_tune_shape){ .nodes = nodes, .per_node = per_node };
	do {
		if (shape->sizes == FB_TUNE_SIZES)
			return fb_err_set(err, "option '--tune': more than %d sizes; choose a greater --stepfactor", FB_TUNE_SIZES);
		for (int kind = 0; kind < FB_TUNE_KINDS; kind++)
			shape->us[shape->sizes][kind] = INFINITY;
		shape->bytes[shape->sizes++] = bytes;
		bytes = fb_size_next(bytes, params->max_bytes, params->step_factor, params->step_bytes);
	} while (bytes);
	return 0;
}

/* Size i by its kind, when size i - 1 has cost[k] by kind k; from: which kind that one then has. */
static double cost_of(const struct fb_tune_shape *shape, size_t i, int kind, const double *before, int *from)
{
	double best = INFINITY;

	*from = kind;
	for (int k = 0; i && k < FB_TUNE_KINDS; k++) {
		const double cost = before[k] + (k == kind ? 0 : FB_TUNE_CHANGE);
		if (cost < best) {
			best = cost;
			*from = k;
		}
	}
	return (i ? best : 0) + log(shape->us[i][kind]);
}

/* The best path through the sizes (Viterbi, 1967). */
void fb_tune_pick(struct fb_tune_shape *shape)
{
	double cost[2][FB_TUNE_KINDS];
	int from[FB_TUNE_SIZES][FB_TUNE_KINDS], kind = FB_ALGORITHM_RING;

	for (size_t i = 0; i < shape->sizes; i++)
		for (int k = 0; k < FB_TUNE_KINDS; k++)
			cost[i % 2][k] = cost_of(shape, i, k, cost[(i + 1) % 2], &from[i][k]);
	const double *last = cost[(shape->sizes + 1) % 2];
	for (int k = 0; k < FB_TUNE_KINDS; k++)
		if (last[k] < last[kind])
			kind = k;
	for (size_t i = shape->sizes; i-- > 0; kind = from[i][kind])
		shape->picked[i] = (enum fb_algorithm_kind)kind;
}

int fb_tune_enter(const struct fb_tune_shape *shape, struct fb_tuning *tuning, struct fb_err *err)
{
	struct fb_tuned entries[FB_TUNE_SIZES];
	unsigned count = 0;

	for (size_t i = 0; i < shape->sizes; i++) {
		const bool last = i + 1 == shape->sizes;
		if (!last && shape->picked[i + 1] == shape->picked[i])
			continue;
		entries[count++] = (struct fb_tuned){ (uint16_t)shape->nodes, (uint16_t)shape->per_node,
						      last ? UINT64_MAX : shape->bytes[i], shape->picked[i] };
	}
	return fb_tuning_replace(tuning, entries, count, err);
}

void fb_tune_print(FILE *file, const struct fb_tune_shape *shape)
{
	fprintf(file, "# %d %s of %d %s, microseconds; * is taken, the last column is what the shipped choice takes beside it\n",
		shape->nodes, shape->nodes == 1 ? "node" : "nodes", shape->per_node, shape->per_node == 1 ? "rank" : "ranks");
	fprintf(file, "%12s", "bytes");
	for (size_t k = 0; k < KINDS; k++)
		fprintf(file, " %12s ", fb_algorithm_names[kinds[k]]);
	fprintf(file, " shipped\n");
	for (size_t i = 0; i < shape->sizes; i++) {
		const double *us = shape->us[i];
		fprintf(file, "%12zu", shape->bytes[i]);
		for (size_t k = 0; k < KINDS; k++)
			if (isfinite(us[kinds[k]]))
				fprintf(file, " %12.2f%c", us[kinds[k]], kinds[k] == shape->picked[i] ? '*' : ' ');
			else
				fprintf(file, " %12s ", "-");
		fprintf(file, " %s %+.0f%%\n", fb_algorithm_names[shape->shipped[i]],
			100 * (us[shape->shipped[i]] / us[shape->picked[i]] - 1));
	}
}

static struct json_object *time_json(double us)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", us);
	return json_object_new_double_s(us, text);
}

static struct json_object *size_json(const struct fb_tune_shape *shape, size_t i)
{
	struct json_object *row = json_object_new_object(), *times = json_object_new_object();

	json_object_object_add(row, "size", json_object_new_uint64(shape->bytes[i]));
	for (size_t k = 0; k < KINDS; k++)
		if (isfinite(shape->us[i][kinds[k]]))
			json_object_object_add(times, fb_algorithm_names[kinds[k]], time_json(shape->us[i][kinds[k]]));
	json_object_object_add(row, "time", times);
	json_object_object_add(row, "algorithm", json_object_new_string(fb_algorithm_names[shape->picked[i]]));
	json_object_object_add(row, "shipped", json_object_new_string(fb_algorithm_names[shape->shipped[i]]));
	return row;
}

char *fb_tune_json(const struct fb_tune_shape *shapes, size_t count)
{
	struct json_object *all = json_object_new_object(), *list = json_object_new_array();

	for (size_t s = 0; s < count; s++) {
		struct json_object *shape = json_object_new_object(), *rows = json_object_new_array();
		for (size_t i = 0; i < shapes[s].sizes; i++)
			json_object_array_add(rows, size_json(&shapes[s], i));
		json_object_object_add(shape, "nodes", json_object_new_int(shapes[s].nodes));
		json_object_object_add(shape, "ranks_per_node", json_object_new_int(shapes[s].per_node));
		json_object_object_add(shape, "results", rows);
		json_object_array_add(list, shape);
	}
	json_object_object_add(all, "shapes", list);
	const char *text = json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
	char *copy = text ? strdup(text) : NULL;
	json_object_put(all);
	return copy;
}

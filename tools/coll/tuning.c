/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tuning.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/number.h"

#define FILE_BYTES_MAX (64 << 10)
#define LINE_MAX_BYTES 256
#define FIELDS 4

static bool same_shape(const struct fb_tuned *a, const struct fb_tuned *b)
{
	return a->nodes == b->nodes && a->per_node == b->per_node;
}

static bool is_less(const struct fb_tuned *a, const struct fb_tuned *b)
{
	if (a->nodes != b->nodes)
		return a->nodes < b->nodes;
	return a->per_node != b->per_node ? a->per_node < b->per_node : a->bytes < b->bytes;
}

bool fb_tuned_follows(const struct fb_tuned *entry, const struct fb_tuned *before)
{
	return entry->nodes && entry->per_node && entry->algorithm >= FB_ALGORITHM_RING && entry->algorithm <= FB_ALGORITHM_RAILS &&
	       (!before || is_less(before, entry));
}

static int parse_fields(char **field, struct fb_tuned *entry, struct fb_err *err)
{
	int64_t nodes, per_node, bytes = -1;

	if (fb_number_parse(field[0], 1, FB_TUNED_NODES_MAX, &nodes, err))
		return fb_err_prefix(err, "nodes");
	if (fb_number_parse(field[1], 1, FB_TUNED_NODES_MAX, &per_node, err))
		return fb_err_prefix(err, "ranks per node");
	if (strcmp(field[2], "any") != 0 && fb_number_parse(field[2], 1, INT64_MAX, &bytes, err))
		return fb_err_prefix(err, "bytes");
	*entry = (struct fb_tuned){ (uint16_t)nodes, (uint16_t)per_node, bytes < 0 ? UINT64_MAX : (uint64_t)bytes, FB_ALGORITHM_AUTO };
	for (int kind = FB_ALGORITHM_RING; kind <= FB_ALGORITHM_RAILS; kind++)
		if (!strcmp(field[3], fb_algorithm_names[kind]))
			entry->algorithm = (enum fb_algorithm_kind)kind;
	return entry->algorithm ? 0 : fb_err_set(err, "algorithm '%.40s' is unknown: ring, doubling, halving or rails", field[3]);
}

/* The line is cut into its words. */
static int parse_line(char *line, struct fb_tuning *tuning, struct fb_err *err)
{
	char *field[FIELDS + 1], *rest = line;
	int fields = 0;

	line[strcspn(line, "#")] = '\0';
	for (char *word; fields <= FIELDS && (word = strtok_r(rest, " \t\r", &rest));)
		field[fields++] = word;
	if (!fields)
		return 0;
	if (fields != FIELDS)
		return fb_err_set(err, "nodes, ranks per node, bytes and algorithm are expected, four words");
	if (tuning->count == FB_TUNED_MAX)
		return fb_err_set(err, "more than %d entries", FB_TUNED_MAX);
	struct fb_tuned *entry = &tuning->entry[tuning->count];
	if (parse_fields(field, entry, err))
		return -1;
	if (!fb_tuned_follows(entry, tuning->count ? entry - 1 : NULL))
		return fb_err_set(err, "is not in order: by nodes, then ranks per node, then bytes, ascending");
	tuning->count++;
	return 0;
}

int fb_tuning_parse(const char *text, size_t size, struct fb_tuning *tuning, struct fb_err *err)
{
	const char *end = text + size;
	struct fb_tuning read = { .count = 0 };

	tuning->count = 0;
	for (int number = 1; text < end; number++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((stop ? stop : end) - text);
		char line[LINE_MAX_BYTES];

		if (length >= sizeof(line))
			return fb_err_set(err, "line %d: longer than %d bytes", number, LINE_MAX_BYTES - 1);
		if (memchr(text, '\0', length))
			return fb_err_set(err, "line %d: a byte 0: it is no text", number);
		memcpy(line, text, length);
		line[length] = '\0';
		if (parse_line(line, &read, err))
			return fb_err_prefix(err, "line %d", number);
		text += length + 1;
	}
	*tuning = read;
	return 0;
}

void fb_tuning_print(FILE *file, const struct fb_tuning *tuning)
{
	for (unsigned i = 0; i < tuning->count; i++) {
		const struct fb_tuned *e = &tuning->entry[i];
		char bytes[24] = "any";

		if (e->bytes != UINT64_MAX)
			snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)e->bytes);
		fprintf(file, "%5u %5u %12s  %s\n", e->nodes, e->per_node, bytes, fb_algorithm_names[e->algorithm]);
	}
}

/* The length, or -1 with errno. */
static ssize_t read_file(const char *path, char *text, size_t room)
{
	/* Not to wait for the other end of a pipe. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t got = 1, length = -1;
	int error;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		got = -1;
	}
	for (length = 0; got > 0 && (size_t)length < room; length += got > 0 ? got : 0)
		got = read(fd, text + length, room - (size_t)length);
	error = errno;
	close(fd);
	errno = error;
	return got < 0 ? -1 : length;
}

int fb_tuning_read(const char *path, struct fb_tuning *tuning, struct fb_err *err)
{
	char text[FILE_BYTES_MAX];
	ssize_t length = read_file(path, text, sizeof(text));

	tuning->count = 0;
	if (length < 0)
		return fb_err_set(err, "file '%.200s': %s", path, strerror(errno));
	if ((size_t)length == sizeof(text))
		return fb_err_set(err, "file '%.200s': longer than %d bytes", path, FILE_BYTES_MAX - 1);
	return fb_tuning_parse(text, (size_t)length, tuning, err) ? fb_err_prefix(err, "file '%.200s'", path) : 0;
}

int fb_tuning_replace(struct fb_tuning *tuning, const struct fb_tuned *entries, unsigned count, struct fb_err *err)
{
	struct fb_tuning old = *tuning;
	unsigned kept = 0, i = 0;

	for (unsigned k = 0; k < old.count; k++)
		if (!count || !same_shape(&old.entry[k], entries))
			old.entry[kept++] = old.entry[k];
	if (kept + count > FB_TUNED_MAX)
		return fb_err_set(err, "%u entries: no more than %d; remove shapes that are not used", kept + count, FB_TUNED_MAX);
	tuning->count = 0;
	for (; i < kept && (!count || is_less(&old.entry[i], entries)); i++)
		tuning->entry[tuning->count++] = old.entry[i];
	memcpy(&tuning->entry[tuning->count], entries, count * sizeof(*entries));
	tuning->count += count;
	memcpy(&tuning->entry[tuning->count], &old.entry[i], (kept - i) * sizeof(*entries));
	tuning->count += kept - i;
	return 0;
}

/* a/b compared with c/d, each the greater over the lesser: negative where a and b are nearer. */
static int nearer(unsigned a, unsigned b, unsigned c, unsigned d)
{
	const uint64_t left = (uint64_t)(a > b ? a : b) * (c < d ? c : d), right = (uint64_t)(c > d ? c : d) * (a < b ? a : b);

	return left < right ? -1 : left > right;
}

static bool is_nearer(const struct fb_tuned *a, const struct fb_tuned *b, unsigned nodes, unsigned per_node)
{
	int order = nearer(a->nodes, nodes, b->nodes, nodes);

	if (!order)
		order = nearer(a->per_node, per_node, b->per_node, per_node);
	return order < 0;
}

struct fb_tuned_shape fb_tuning_find(const struct fb_tuning *tuning, const struct fb_layout *layout)
{
	const unsigned nodes = (unsigned)layout->nodes, per_node = (unsigned)layout->per_node;
	const struct fb_tuned *best = NULL, *end = tuning->entry + tuning->count;
	struct fb_tuned_shape shape = { .count = 0 };

	for (const struct fb_tuned *e = tuning->entry; per_node && e < end; e++)
		if ((e->nodes > 1) == (nodes > 1) && (e->per_node > 1) == (per_node > 1) &&
		    (!best || is_nearer(e, best, nodes, per_node)))
			best = e;
	for (shape.entry = best; best && best < end && same_shape(best, shape.entry); best++)
		shape.count++;
	return shape;
}

enum fb_algorithm_kind fb_tuned_choose(const struct fb_tuned_shape *shape, uint64_t bytes)
{
	unsigned i = 0;

	if (!shape->count)
		return FB_ALGORITHM_AUTO;
	/* Beyond what was measured as with the largest of it. */
	while (i + 1 < shape->count && bytes > shape->entry[i].bytes)
		i++;
	return shape->entry[i].algorithm;
}

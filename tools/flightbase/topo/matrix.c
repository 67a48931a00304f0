/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvidia-smi topo -m`: a header that names the columns (GPU0..., adapters, "CPU Affinity", "NUMA Affinity"), one row for
 * each GPU and adapter, a legend. Words are told apart by blanks, so that text that lost its tabs on a web page reads
 * as well.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "flightbase/topo/readers.h"

#define COLUMNS_MAX (FB_ENGINE_GPUS_MAX + FB_TOPOFILE_NICS_MAX)
#define WORDS_MAX (COLUMNS_MAX + 8)
#define LANES_OF_A_GPU_MAX 18 /* of the chips so far (H100, B200) */

struct column {
	bool gpu;
	unsigned int index;
};

struct matrix {
	struct fb_survey *survey;
	const char *name;
	unsigned int line;
	unsigned int columns;
	struct column column[COLUMNS_MAX];
	bool cpus, numa; /* the columns of affinities are there */
	bool seen[FB_ENGINE_GPUS_MAX];
	char term[FB_ENGINE_GPUS_MAX][FB_ENGINE_GPUS_MAX][FB_LINK_TEXT_MAX];
	char cpu[FB_ENGINE_GPUS_MAX][64]; /* CPUs near each GPU, as they stand there */
	struct fb_err *err;
};

static int fault(const struct matrix *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fault(const struct matrix *m, const char *format, ...)
{
	char text[FB_ERR_TEXT_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	return fb_err_set(m->err, "%s:%u: %s", m->name, m->line, text);
}

/* Terminals' escapes are dropped (nvidia-smi underlines the header); words are cut in place. Returns their number. */
static unsigned int split(char *line, char **word)
{
	unsigned int words = 0;
	char *to = line;

	for (char *c = line; *c; c++) {
		if (*c == '\033') {
			c += strcspn(c, "mK");
			if (!*c)
				break;
			continue;
		}
		*to++ = *c;
	}
	*to = '\0';
	for (char *save = NULL, *w = strtok_r(line, " \t\r", &save); w && words < WORDS_MAX; w = strtok_r(NULL, " \t\r", &save))
		word[words++] = w;
	return words;
}

static bool gpu_number(const char *word, unsigned int *number)
{
	int64_t value;

	if (strncmp(word, "GPU", 3) || fb_number_parse(word + 3, 0, 1023, &value, NULL))
		return false;
	*number = (unsigned int)value;
	return true;
}

static int add_column(struct matrix *m, const char *word)
{
	struct column *column = &m->column[m->columns];
	struct fb_err why;
	unsigned int number;

	if (gpu_number(word, &number)) {
		if (!fb_survey_add_gpu(m->survey, &why))
			return fault(m, "%s", why.text);
		if (number != m->survey->gpus - 1)
			return fault(m, "column '%s' where GPU%u is expected", word, m->survey->gpus - 1);
		*column = (struct column){ true, number };
	} else {
		if (!fb_survey_name_good(word))
			return fault(m, "'%s' is not the name of a device", word);
		struct fb_survey_nic *nic = fb_survey_add_nic(m->survey, &why);
		if (!nic)
			return fault(m, "%s", why.text);
		snprintf(nic->name, sizeof(nic->name), "%s", word);
		*column = (struct column){ false, m->survey->nics - 1 };
	}
	m->columns++;
	return 0;
}

/* The names up to "CPU Affinity", and what comes behind them. */
static int read_header(struct matrix *m, char *const *word, unsigned int words)
{
	unsigned int w = 0;

	for (; w < words && strcmp(word[w], "CPU") && strcmp(word[w], "NUMA"); w++)
		if (add_column(m, word[w]))
			return -1;
	for (; w + 1 < words; w++) {
		m->cpus |= !strcmp(word[w], "CPU") && !strcmp(word[w + 1], "Affinity");
		m->numa |= !strcmp(word[w], "NUMA") && !strcmp(word[w + 1], "Affinity");
	}
	return 0;
}

/* Terms of old drivers have newer names. */
static int read_term(struct matrix *m, const char *row, const char *text, enum fb_link *link, unsigned int *lanes)
{
	if (!strcmp(text, "SOC"))
		text = "SYS";
	if (!strcmp(text, "PSB"))
		text = "PIX";
	if (fb_link_parse(text, link, lanes))
		return fault(m, "%s: '%s' is not a link (X, NV1 to NV%d, PIX, PXB, PHB, NODE, SYS)", row, text, FB_ENGINE_LANES_MAX);
	return 0;
}

static int read_gpu_cell(struct matrix *m, unsigned int gpu, const struct column *column, enum fb_link link, unsigned int lanes)
{
	struct fb_survey *s = m->survey;

	if (!column->gpu) {
		if (link == FB_LINK_SELF || link == FB_LINK_NVLINK)
			return fault(m, "GPU%u: a network adapter is not linked like that", gpu);
		s->nic[column->index].link[gpu] = (uint8_t)link;
		return 0;
	}
	if ((gpu == column->index) != (link == FB_LINK_SELF))
		return fault(m, gpu == column->index ? "GPU%u: the link of GPU%u to itself must be X" : "GPU%u: X is not a link to GPU%u", gpu,
			     column->index);
	s->pcie[gpu][column->index] = link == FB_LINK_NVLINK ? FB_LINK_SELF : (uint8_t)link;
	s->gpu[gpu].lanes[column->index] = lanes;
	fb_link_text(link, lanes, m->term[gpu][column->index]);
	if (m->seen[column->index] && strcmp(m->term[gpu][column->index], m->term[column->index][gpu]))
		return fault(m, "GPU%u has %s to GPU%u, but GPU%u has %s to it", gpu, m->term[gpu][column->index], column->index, column->index,
			     m->term[column->index][gpu]);
	return 0;
}

/* "0-27,56-83  0": what follows the links. A NUMA node is taken if it is one. */
static void read_affinity(struct matrix *m, unsigned int gpu, char *const *word, unsigned int words)
{
	int64_t numa;

	if (m->cpus && words && strlen(word[0]) < sizeof(m->cpu[gpu]) && !word[0][strspn(word[0], "0123456789,-")])
		snprintf(m->cpu[gpu], sizeof(m->cpu[gpu]), "%s", word[0]);
	if (m->numa && words > (m->cpus ? 1u : 0u) && !fb_number_parse(word[m->cpus ? 1 : 0], 0, FB_TOPOFILE_SOCKETS_MAX - 1, &numa, NULL))
		m->survey->gpu[gpu].socket = (int)numa;
}

/* The rows of adapters say again what those of the GPUs do, and how adapters see each other, which nobody needs. */
static int read_row(struct matrix *m, char *const *word, unsigned int words)
{
	unsigned int gpu;

	if (!gpu_number(word[0], &gpu))
		return 0;
	if (gpu >= m->survey->gpus)
		return fault(m, "there is no column for '%s'", word[0]);
	if (m->seen[gpu])
		return fault(m, "a second row for '%s'", word[0]);
	if (words - 1 < m->columns)
		return fault(m, "the row of '%s' has %u of %u links", word[0], words - 1, m->columns);
	m->seen[gpu] = true;
	for (unsigned int c = 0; c < m->columns; c++) {
		enum fb_link link;
		unsigned int lanes;

		if (read_term(m, word[0], word[c + 1], &link, &lanes) || read_gpu_cell(m, gpu, &m->column[c], link, lanes))
			return -1;
	}
	read_affinity(m, gpu, word + 1 + m->columns, words - 1 - m->columns);
	return 0;
}

/* "NIC0: mlx5_0" */
static int read_legend(struct matrix *m, char *const *word)
{
	size_t length = strlen(word[0]);

	if (length && word[0][length - 1] == ':')
		word[0][length - 1] = '\0';
	for (unsigned int n = 0; n < m->survey->nics; n++) {
		struct fb_survey_nic *nic = &m->survey->nic[n];

		if (strcmp(nic->name, word[0]))
			continue;
		if (!fb_survey_name_good(word[1]))
			return fault(m, "'%s' is not the name of a device", word[1]);
		snprintf(nic->name, sizeof(nic->name), "%s", word[1]);
		return 0;
	}
	return 0;
}

static int read_line(struct matrix *m, char *line)
{
	char *word[WORDS_MAX];
	unsigned int words = split(line, word);

	if (!words)
		return 0;
	if (!m->columns)
		return !strcmp(word[0], "GPU0") && (words == 1 || strcmp(word[1], "X")) ? read_header(m, word, words) : 0;
	if (words == 2 && !strncmp(word[0], "NIC", 3) && word[0][strlen(word[0]) - 1] == ':')
		return read_legend(m, word);
	return read_row(m, word, words);
}

static int read_lines(struct matrix *m, const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t length = end ? (size_t)(end - text) : size;

		m->line++;
		if (memchr(text, '\0', length))
			return fault(m, "it is not a text");
		char *line = strndup(text, length);
		if (!line)
			return fault(m, "out of memory");
		int rc = read_line(m, line);
		free(line);
		if (rc)
			return -1;
		length += end ? 1 : 0;
		text += length;
		size -= length;
	}
	return 0;
}

/* Without NUMA nodes: GPUs with the same CPUs near them are on one socket. */
static void sockets_by_cpus(struct matrix *m)
{
	struct fb_survey *s = m->survey;

	for (unsigned int i = 0; i < s->gpus; i++) {
		unsigned int same = 0;

		if (!*m->cpu[i])
			return;
		while (same < i && strcmp(m->cpu[same], m->cpu[i]))
			same++;
		s->gpu[i].socket = same < i ? s->gpu[same].socket : (int)s->sockets++;
	}
}

/*
 * The matrix does not tell NVLinks to switches from NVLinks between GPUs. Where all pairs have the same, and a chip had
 * not as many lanes for all of them, they are to switches.
 */
static bool on_switches(const struct fb_survey *s)
{
	for (unsigned int i = 0; i < s->gpus; i++)
		for (unsigned int j = 0; j < s->gpus; j++)
			if (i != j && (!s->gpu[i].lanes[j] || s->gpu[i].lanes[j] != s->gpu[0].lanes[1]))
				return false;
	return s->gpus > 2 && (s->gpus - 1) * s->gpu[0].lanes[1] > LANES_OF_A_GPU_MAX;
}

static int finish(struct matrix *m)
{
	struct fb_survey *s = m->survey;
	int last = -1;

	if (!m->columns)
		return fb_err_set(m->err, "%s: no line starts with GPU0, GPU1 and so on: it is not what 'nvidia-smi topo -m' prints", m->name);
	for (unsigned int i = 0; i < s->gpus; i++)
		if (!m->seen[i])
			return fault(m, "it ends without a row for GPU%u", i);
	for (unsigned int i = 0; i < s->gpus && last >= -1; i++)
		last = s->gpu[i].socket < 0 ? -2 : (s->gpu[i].socket > last ? s->gpu[i].socket : last);
	if (last >= 0)
		s->sockets = (unsigned int)last + 1;
	else
		sockets_by_cpus(m);
	s->wires = s->nvlink = true;
	s->nvswitch = on_switches(s);
	fb_survey_sign(s);
	return 0;
}

int fb_survey_matrix(struct fb_survey *survey, const char *name, const char *text, size_t size, struct fb_err *err)
{
	struct matrix m = { .survey = survey, .name = name, .err = err };

	fb_survey_init(survey, name);
	return read_lines(&m, text, size) || finish(&m) ? -1 : 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As a whole or not at all. */
static int put(const char *folder, const char *what, int rank, const char *text)
{
	char path[512], part[512];

	snprintf(path, sizeof(path), "%s/%s.%d", folder, what, rank);
	snprintf(part, sizeof(part), "%s/part.%s.%d", folder, what, rank);
	FILE *file = fopen(part, "w");
	if (!file)
		return -1;
	int rc = fputs(text, file) < 0;
	rc |= fclose(file);
	return rc || rename(part, path) ? -1 : 0;
}

int report_place(const char *folder, const char *what, int rank)
{
	char host[128] = "", text[256];

	gethostname(host, sizeof(host) - 1);
	snprintf(text, sizeof(text), "%s %d\n", host, (int)getpid());
	return put(folder, what, rank, text);
}

static FILE *look(const char *folder, const char *what, int rank)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%d", folder, what, rank);
	return fopen(path, "r");
}

int report_read_place(const char *folder, const char *what, int rank, char *host, int size, int *pid)
{
	char format[32];
	FILE *file = look(folder, what, rank);

	if (!file)
		return -1;
	snprintf(format, sizeof(format), "%%%ds %%d", size - 1);
	int fields = fscanf(file, format, host, pid);
	fclose(file);
	return fields == 2 ? 0 : -1;
}

int report_write(const char *folder, int rank, const struct report *r)
{
	char text[2 * REPORT_TEXT_MAX + 256];

	snprintf(text, sizeof(text), "%d %d %d %d %" PRId64 "\n%s\n%s\n", r->status, r->lost, r->again, r->left, r->last_ms, r->calls,
		 r->text);
	return put(folder, "end", rank, text);
}

static void read_line(FILE *file, char *line, int size)
{
	if (!fgets(line, size, file))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

int report_read(const char *folder, int rank, struct report *r)
{
	char numbers[128];
	FILE *file = look(folder, "end", rank);

	memset(r, 0, sizeof(*r));
	if (!file)
		return -1;
	read_line(file, numbers, sizeof(numbers));
	read_line(file, r->calls, sizeof(r->calls));
	read_line(file, r->text, sizeof(r->text));
	fclose(file);
	return sscanf(numbers, "%d %d %d %d %" SCNd64, &r->status, &r->lost, &r->again, &r->left, &r->last_ms) == 5 ? 0 : -1;
}

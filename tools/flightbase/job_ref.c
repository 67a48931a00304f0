/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/job_ref.h"

#include <stdlib.h>
#include <string.h>

#include "common/number.h"

/* Slurm's largest job id, and a bound for tasks and offsets above any MaxArraySize. */
#define ID_MAX 0x03ffffff
#define PART_MAX 4000001

static int read_number(const char *text, size_t length, int64_t min, int64_t max, uint32_t *number)
{
	char digits[FB_JOB_REF_TEXT_MAX];
	int64_t value;

	if (!length || length >= sizeof(digits) || text[0] == '-')
		return -1;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (fb_number_parse(digits, min, max, &value, NULL))
		return -1;
	*number = (uint32_t)value;
	return 0;
}

int fb_job_ref_parse(struct fb_job_ref *ref, const char *text, struct fb_err *err)
{
	struct fb_job_ref read = { .id = 0 };
	size_t length = strcspn(text, "_+");
	int rc = read_number(text, length, 1, ID_MAX, &read.id);

	if (!rc && text[length]) {
		const char *part = text + length + 1;

		read.has_task = text[length] == '_';
		read.has_offset = text[length] == '+';
		rc = read_number(part, strlen(part), 0, PART_MAX, read.has_task ? &read.task : &read.offset);
	}
	if (rc)
		return fb_err_set(err, "job '%.64s': not a job's number: give ID, ID_TASK of an array or ID+OFFSET of a "
				       "heterogeneous job", text);
	*ref = read;
	return 0;
}

bool fb_job_ref_task_listed(const char *list, uint32_t task)
{
	while (list && *list && *list != '%') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first, step = 1;

		if (end == list)
			return false;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (*end == ':')
			step = strtoul(end + 1, &end, 10);
		if (task >= first && task <= last && step && (task - first) % step == 0)
			return true;
		if (*end != ',')
			return false;
		list = end + 1;
	}
	return false;
}

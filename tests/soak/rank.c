/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rank.h"

#include <dirent.h>
#include <unistd.h>

#include "coll/clock.h"
#include "common/number.h"
#include "report.h"
#include "scene.h"

#define NOTHING_MS 120000 /* without the fault that was to come: longer than the script waits */

static int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	RANK_CHECK(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* What the script tells. */
static void await(const char *folder, const char *word)
{
	const int64_t until = fb_clock_ms() + NOTHING_MS;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, word);
	while (access(path, F_OK) && fb_clock_ms() < until)
		fb_clock_sleep_ms(20);
}

/* What the culprit does in place of a step; others take the step. */
static fb_coll_status_t act(struct scene *s, const char *folder)
{
	s->calls[0] = '\0';
	switch (s->plan->harm) {
	case HARM_EXIT:
		if (s->plan->seed % 2)
			_exit(0);
		exit(0);
	case HARM_LEAVE:
		snprintf(s->calls, sizeof(s->calls), "finalize");
		return fb_coll_finalize(s->coll);
	default: /* HARM_ABSENT */
		snprintf(s->calls, sizeof(s->calls), "barrier");
		await(folder, "over");
		return fb_coll_barrier(s->coll);
	}
}

static fb_coll_status_t take_step(struct scene *s, int step, const char *folder)
{
	const enum harm harm = s->plan->harm;

	if (step != s->plan->step || harm < HARM_EXIT)
		return scene_step(s);
	if (harm >= HARM_COUNT)
		return scene_disagree(s);
	return s->rank == s->plan->culprit ? act(s, folder) : scene_step(s);
}

/* Until something goes wrong, or the round's steps are done. */
static fb_coll_status_t go(struct scene *s, const char *folder)
{
	const int64_t until = fb_clock_ms() + NOTHING_MS;
	const bool good = s->plan->harm == HARM_NONE;
	fb_coll_status_t status;

	for (int step = 0; good ? step < s->plan->steps : fb_clock_ms() < until; step++)
		if ((status = take_step(s, step, folder)))
			return status;
	return scene_end(s);
}

static void note_failure(struct report *r, const struct scene *s, fb_coll_status_t status)
{
	r->status = (int)status;
	snprintf(r->calls, sizeof(r->calls), "%s", s->calls);
	snprintf(r->text, sizeof(r->text), "%s", fb_coll_error_text());
}

int rank_run(const struct plan *plan, const char *folder)
{
	const char *id = getenv("SLURM_PROCID");
	const int descriptors = count_descriptors();
	int64_t task;
	static struct scene s;
	struct report r = { .lost = -1 };
	fb_coll_t *coll;

	RANK_CHECK(id && !fb_number_parse(id, 0, PLAN_RANKS_MAX - 1, &task, NULL));
	const int number = (int)task;
	RANK_CHECK(!report_place(folder, "here", number));
	fb_coll_status_t status = fb_coll_init(&coll);
	if (status) {
		note_failure(&r, &s, status);
		return report_write(folder, number, &r) ? 99 : 0;
	}
	RANK_CHECK(fb_coll_rank(coll) == number && fb_coll_size(coll) == plan->ranks);
	if (plan->hold) {
		RANK_CHECK(!report_place(folder, "ready", number));
		await(folder, "go");
	}
	status = scene_begin(&s, plan, coll);
	if (!status) {
		RANK_CHECK(plan->hold || !report_place(folder, "ready", number));
		status = go(&s, folder);
	}
	note_failure(&r, &s, status);
	const int64_t from = fb_clock_ms();
	/* Who left has no handle any more. */
	if (plan->harm == HARM_LEAVE && number == plan->culprit)
		return report_write(folder, number, &r) ? 99 : 0;
	r.lost = fb_coll_lost_rank(coll);
	r.again = status ? (int)scene_give_up(&s) : 0;
	status = fb_coll_finalize(coll);
	r.last_ms = fb_clock_ms() - from;
	if (!r.status)
		note_failure(&r, &s, status);
	r.left = r.status ? 0 : count_descriptors() - descriptors;
	return report_write(folder, number, &r) ? 99 : 0;
}

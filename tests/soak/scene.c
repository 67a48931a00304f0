/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scene.h"

#include "../unit/draw.h"

#define LARGE 300000 /* elements: several segments of a ring */

static unsigned int draw_same(struct scene *s, unsigned int below)
{
	seed = s->same;
	unsigned int number = draw(below);
	s->same = seed;
	return number;
}

static unsigned int draw_own(struct scene *s, unsigned int below)
{
	seed = s->own;
	unsigned int number = draw(below);
	s->own = seed;
	return number;
}

static void note_call(struct scene *s, const char *name)
{
	size_t length = strlen(s->calls);

	if (!strstr(s->calls, name))
		snprintf(s->calls + length, sizeof(s->calls) - length, "%s%s", length ? " " : "", name);
}

static const char *name_of(enum fb_call call)
{
	switch (call) {
	case FB_CALL_ALLREDUCE:
		return "allreduce";
	case FB_CALL_REDUCE_SCATTER:
		return "reduce_scatter";
	case FB_CALL_ALLGATHER:
		return "allgather";
	case FB_CALL_BROADCAST:
		return "broadcast";
	default:
		return "barrier";
	}
}

/* Groups are made by an allgather. */
static fb_coll_status_t make_groups(struct scene *s)
{
	const int color = (int)draw_same(s, 2), apart = (int)draw_same(s, 3);
	int ranks[PLAN_RANKS_MAX], count = 0;
	fb_coll_status_t status;

	for (int r = 0; r < s->size; r++)
		if (draw_same(s, 2) || r == s->size - 1)
			ranks[count++] = r;
	if (draw_same(s, 2))
		for (int i = 0; i < count / 2; i++) {
			int swapped = ranks[i];
			ranks[i] = ranks[count - 1 - i];
			ranks[count - 1 - i] = swapped;
		}
	s->calls[0] = '\0';
	note_call(s, "allgather");
	/* Neighbours apart, or the first from the last ranks. */
	status = fb_coll_split(s->coll, apart ? s->rank % 2 : s->rank < s->size / 2, color ? s->rank : -s->rank, &s->half);
	return status ? status : fb_coll_create_group(s->coll, ranks, count, &s->some);
}

static fb_coll_status_t end_group(struct scene *s, fb_coll_t **group)
{
	fb_coll_t *gone = *group;

	*group = NULL;
	note_call(s, "finalize");
	return fb_coll_finalize(gone);
}

static fb_coll_status_t renew_groups(struct scene *s)
{
	fb_coll_status_t status;

	s->calls[0] = '\0';
	if ((status = end_group(s, &s->half)) || (status = end_group(s, &s->some)))
		return status;
	return make_groups(s);
}

static fb_coll_status_t renew_memory(struct scene *s)
{
	const int which = (int)draw_same(s, 2);
	fb_coll_status_t status = FB_COLL_OK;

	s->calls[0] = '\0';
	note_call(s, "free");
	if (s->given[which])
		status = fb_coll_free(s->coll, s->given[which]);
	if (status)
		return status;
	s->given[which] = NULL;
	s->calls[0] = '\0';
	note_call(s, "alloc");
	return fb_coll_alloc(s->coll, SCENE_ROOM, &s->given[which]);
}

/* The same on every rank; only members of its handle use it. */
static void draw_trial(struct scene *s, int i)
{
	struct trial *t = &s->trials[i];
	const unsigned int which = draw_same(s, 5), kind = draw_same(s, 8), large = draw_same(s, 12);
	const bool library = draw_same(s, 2);

	s->handles[i] = which == 3 ? s->half : which == 4 ? s->some : s->coll;
	/* Half of them allreduces. */
	*t = (struct trial){ .call = kind < 5 ? trial_kinds[kind] : FB_CALL_ALLREDUCE,
			     .count = trial_counts[draw_same(s, TRIAL_COUNTS - 1)],
			     .type = (fb_coll_type_t)draw_same(s, FB_COLL_TYPES),
			     .op = (fb_coll_op_t)draw_same(s, FB_COLL_OPS),
			     .root = (int)draw_same(s, PLAN_RANKS_MAX * 8 * 7 * 5),
			     .salt = s->salt++,
			     .in_place = draw_same(s, 2) };
	if (!large)
		t->count = LARGE / (t->call == FB_CALL_ALLREDUCE || t->call == FB_CALL_BROADCAST ? 1 : PLAN_RANKS_MAX);
	if (t->call == FB_CALL_BARRIER)
		t->count = 0;
	/* Only one call at a time has the library's memory, and only where it fits. */
	if (library && !i && (t->count + 2) * fb_coll_type_size(t->type) * (size_t)s->size <= SCENE_ROOM)
		for (int k = 0; k < 2; k++)
			t->given[k] = s->given[k];
}

static void prepare(struct scene *s, int i)
{
	if (!s->handles[i])
		return;
	s->trials[i].root %= fb_coll_size(s->handles[i]);
	trial_prepare(&s->trials[i], s->handles[i]);
	note_call(s, name_of(s->trials[i].call));
}

static void check(struct scene *s, int i)
{
	trial_check(&s->trials[i], s->handles[i]);
	trial_free(&s->trials[i]);
}

static fb_coll_status_t step_blocking(struct scene *s)
{
	fb_coll_status_t status = FB_COLL_OK;

	draw_trial(s, 0);
	prepare(s, 0);
	if (!s->handles[0] || (status = trial_call(&s->trials[0], s->handles[0])))
		return status;
	check(s, 0);
	return FB_COLL_OK;
}

/* In an order of this rank's own, by test or wait. */
static fb_coll_status_t finish_requests(struct scene *s, int count)
{
	int left = 0, done;
	fb_coll_status_t status;

	for (int i = 0; i < count; i++)
		left += s->trials[i].request != NULL;
	while (left) {
		const int i = (int)draw_own(s, (unsigned int)count);
		struct trial *t = &s->trials[i];
		if (!t->request)
			continue;
		status = draw_own(s, 3) ? fb_coll_test(&t->request, &done) : fb_coll_wait(&t->request);
		if (status)
			return status;
		if (t->request)
			continue;
		left--;
		check(s, i);
	}
	return FB_COLL_OK;
}

/* Several at once in several handles, with a blocking call in between. */
static fb_coll_status_t step_requests(struct scene *s)
{
	const int count = 2 + (int)draw_same(s, SCENE_TRIALS - 1);
	const bool between = draw_same(s, 2);
	int64_t sum = s->rank;
	fb_coll_status_t status;

	for (int i = 0; i < count; i++) {
		draw_trial(s, i);
		prepare(s, i);
	}
	for (int i = 0; i < count; i++)
		if (s->handles[i] && (status = trial_begin(&s->trials[i], s->handles[i])))
			return status;
	if (between) {
		note_call(s, "allreduce");
		if ((status = fb_coll_allreduce(s->coll, &sum, &sum, 1, FB_COLL_INT64, FB_COLL_SUM)))
			return status;
		RANK_CHECK(sum == s->size * (s->size - 1) / 2);
	}
	return finish_requests(s, count);
}

static fb_coll_status_t step_fused(struct scene *s)
{
	const int count = 1 + (int)draw_same(s, SCENE_TRIALS);
	fb_coll_tensor_t tensors[SCENE_TRIALS];
	fb_coll_t *handle = draw_same(s, 2) ? s->coll : s->half;
	fb_coll_status_t status;

	for (int i = 0; i < count; i++) {
		struct trial *t = &s->trials[i];
		draw_trial(s, i);
		t->call = FB_CALL_ALLREDUCE;
		s->handles[i] = handle;
		prepare(s, i);
		tensors[i] = (fb_coll_tensor_t){ t->send, t->recv, t->count, t->type, t->op };
	}
	if ((status = fb_coll_allreduce_many(handle, tensors, (size_t)count)))
		return status;
	for (int i = 0; i < count; i++)
		check(s, i);
	return FB_COLL_OK;
}

/* Whole numbers that a bfloat16 holds, and their sum. */
static fb_coll_status_t step_wire(struct scene *s)
{
	const size_t count = trial_counts[draw_same(s, TRIAL_COUNTS)];
	const fb_coll_type_t wire = draw_same(s, 2) ? FB_COLL_BFLOAT16 : FB_COLL_FLOAT16;
	float *data = malloc((count + 1) * sizeof(*data));
	fb_coll_status_t status;

	RANK_CHECK(data);
	for (size_t i = 0; i < count; i++)
		data[i] = (float)((i + (size_t)s->rank) % 8);
	note_call(s, "allreduce");
	if ((status = fb_coll_set_wire(s->coll, wire)) ||
	    (status = fb_coll_allreduce(s->coll, data, data, count, FB_COLL_FLOAT32, FB_COLL_SUM)))
		return status;
	for (size_t i = 0; i < count; i++) {
		int sum = 0;
		for (int r = 0; r < s->size; r++)
			sum += (int)((i + (size_t)r) % 8);
		RANK_CHECK((int)data[i] == sum);
	}
	free(data);
	return fb_coll_set_wire(s->coll, FB_COLL_FLOAT32);
}

fb_coll_status_t scene_begin(struct scene *s, const struct plan *plan, fb_coll_t *coll)
{
	*s = (struct scene){ .plan = plan, .coll = coll, .rank = fb_coll_rank(coll), .size = fb_coll_size(coll) };
	s->same = plan_stream(plan->seed, 1);
	s->own = plan_stream(plan->seed, 2 + (unsigned int)s->rank);
	fb_coll_status_t status = make_groups(s);
	for (int k = 0; k < 2 && !status; k++) {
		s->calls[0] = '\0';
		note_call(s, "alloc");
		status = fb_coll_alloc(coll, SCENE_ROOM, &s->given[k]);
	}
	return status;
}

fb_coll_status_t scene_step(struct scene *s)
{
	s->calls[0] = '\0';
	switch (draw_same(s, 16)) {
	case 0:
		return renew_groups(s);
	case 1:
		return renew_memory(s);
	case 2:
	case 3:
		return step_wire(s);
	case 4:
	case 5:
		return step_fused(s);
	case 6:
	case 7:
	case 8:
	case 9:
		return step_requests(s);
	default:
		return step_blocking(s);
	}
}

static void differ(struct trial *t, enum harm harm, int size)
{
	/* Of the same size each, so that only the library can tell. */
	static const fb_coll_type_t other[FB_COLL_TYPES] = {
		[FB_COLL_FLOAT32] = FB_COLL_INT32,    [FB_COLL_FLOAT64] = FB_COLL_INT64, [FB_COLL_INT32] = FB_COLL_FLOAT32,
		[FB_COLL_INT64] = FB_COLL_FLOAT64,    [FB_COLL_FLOAT16] = FB_COLL_INT16, [FB_COLL_BFLOAT16] = FB_COLL_FLOAT16,
		[FB_COLL_INT8] = FB_COLL_UINT8,	      [FB_COLL_INT16] = FB_COLL_FLOAT16, [FB_COLL_UINT8] = FB_COLL_INT8,
	};

	if (harm == HARM_COUNT)
		t->count += t->count && t->salt % 2 ? (size_t)-1 : 1;
	else if (harm == HARM_TYPE)
		t->type = other[t->type];
	else if (harm == HARM_OP)
		t->op = (fb_coll_op_t)((t->op + 1) % FB_COLL_OPS);
	else if (harm == HARM_ROOT)
		t->root = (t->root + 1) % size;
	else
		t->call = t->call == FB_CALL_ALLREDUCE ? FB_CALL_ALLGATHER : FB_CALL_ALLREDUCE;
}

fb_coll_status_t scene_disagree(struct scene *s)
{
	const enum harm harm = s->plan->harm;
	struct trial *t = &s->trials[0];
	fb_coll_status_t status;

	s->calls[0] = '\0';
	draw_trial(s, 0);
	s->handles[0] = s->coll;
	if (harm == HARM_ROOT)
		t->call = FB_CALL_BROADCAST;
	else if (harm == HARM_OP && t->call != FB_CALL_REDUCE_SCATTER)
		t->call = FB_CALL_ALLREDUCE;
	else if (harm != HARM_ORDER && t->call == FB_CALL_BARRIER)
		t->call = FB_CALL_ALLREDUCE;
	if (t->call != FB_CALL_BARRIER && !t->count)
		t->count = 1;
	t->root %= s->size;
	t->given[0] = t->given[1] = NULL;
	if (s->rank == s->plan->culprit)
		differ(t, harm, s->size);
	prepare(s, 0);
	if ((status = trial_call(t, s->coll)))
		return status;
	/* Before anyone can know: a root, and who has nothing to do. */
	RANK_CHECK(t->call == FB_CALL_BROADCAST || !t->count);
	check(s, 0);
	return FB_COLL_OK;
}

fb_coll_status_t scene_end(struct scene *s)
{
	fb_coll_status_t status;

	s->calls[0] = '\0';
	if ((status = end_group(s, &s->half)) || (status = end_group(s, &s->some)))
		return status;
	note_call(s, "free");
	return fb_coll_free(s->coll, s->given[0]);
}

fb_coll_status_t scene_give_up(struct scene *s)
{
	for (int i = 0; i < SCENE_TRIALS; i++)
		if (s->trials[i].request) {
			/* It may have been done when the other one failed. */
			fb_coll_wait(&s->trials[i].request);
			RANK_CHECK(!s->trials[i].request);
		}
	return fb_coll_barrier(s->coll);
}

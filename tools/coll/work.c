/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/work.h"

static char *slice_at(const struct fb_work *w)
{
	return w->c->scratch + (size_t)w->slice * FB_SLICE_BYTES;
}

static char *slot(const struct fb_work *w, size_t i)
{
	return slice_at(w) + FB_WORK_BYTES + i % FB_DEPTH * FB_SLOT_BYTES;
}

/* Plan move i, and post its receive. */
static void prepare(struct fb_work *w, size_t i)
{
	struct fb_move *move = &w->moves[i % FB_DEPTH];
	struct fb_request *in = &w->in[i % FB_DEPTH];

	if (i >= w->plan.moves)
		return;
	fb_plan_move(&w->plan, i, move);
	*in = (struct fb_request){ .done = true };
	if (move->from >= 0)
		w->c->transport->ops->receive(w->c->transport, w->tag | (uint64_t)move->step << FB_TAG_STEP_SHIFT,
					      move->reduces || fb_plan_converts(&w->plan) ? slot(w, i) : fb_plan_at(&w->plan, &move->in),
					      move->in.range.count * w->plan.carried, in);
}

static void send_piece(struct fb_work *w, const struct fb_move *move, struct fb_request *out)
{
	struct fb_coll *c = w->c;
	char *from = fb_plan_at(&w->plan, &move->out);

	*out = (struct fb_request){ .done = true };
	if (move->to < 0)
		return;
	if (fb_plan_converts(&w->plan)) {
		from = slot(w, w->at) + FB_SLOT_BYTES / 2;
		fb_plan_pack(&w->plan, move, from);
	}
	c->transport->ops->send(c->transport, c->ranks ? c->ranks[move->to] : move->to,
				w->tag | (uint64_t)move->step << FB_TAG_STEP_SHIFT, from, move->out.range.count * w->plan.carried, out);
}

/* Memory to work in, in the order of the calls. */
static bool begin(struct fb_work *w)
{
	struct fb_coll *c = w->c;

	for (int i = 0; i < FB_ACTIVE && w->slice < 0; i++)
		if (!(c->slices & 1u << i))
			w->slice = i;
	if (w->slice < 0)
		return false;
	c->slices |= 1u << w->slice;
	fb_plan_begin(&w->plan, slice_at(w));
	for (size_t i = 0; i < FB_DEPTH; i++) {
		w->out[i] = (struct fb_request){ .done = true };
		prepare(w, i);
	}
	return true;
}

/* False while it has to wait. */
static bool is_done(struct fb_work *w, const struct fb_request *request)
{
	if (!request->done)
		return false;
	if (!request->status)
		return true;
	w->c->transport->failed = true;
	return false;
}

/* The move under way; false while it has to wait. */
static bool make_move(struct fb_work *w)
{
	const size_t i = w->at % FB_DEPTH;
	const struct fb_move *move = &w->moves[i];

	if (!w->sent) {
		if (!is_done(w, &w->out[i]))
			return false;
		send_piece(w, move, &w->out[i]);
		w->sent = true;
	}
	if (!is_done(w, &w->in[i]) || (move->overwrites && !is_done(w, &w->out[i])))
		return false;
	if (move->from >= 0)
		fb_plan_apply(&w->plan, move, slot(w, w->at));
	prepare(w, w->at + FB_DEPTH);
	w->sent = false;
	w->at++;
	return true;
}

/*
 * All that was sent has left this process, also when its rank does not come back for an hour; between nodes UCX may hold
 * the tail of a message.
 */
static bool have_left(struct fb_work *w)
{
	struct fb_coll *c = w->c;

	for (size_t i = 0; i < FB_DEPTH; i++)
		if (!is_done(w, &w->out[i]))
			return false;
	if (!c->remote && w->call.call != FB_CALL_FINALIZE)
		return true;
	if (!w->flushing) {
		w->flushing = true;
		c->transport->ops->flush(c->transport, &w->flushed);
	}
	return is_done(w, &w->flushed);
}

static void take_out(struct fb_work *w)
{
	struct fb_coll *c = w->c;
	struct fb_work *before = NULL, **at = &c->first;

	for (; *at != w; at = &(*at)->next)
		before = *at;
	*at = w->next;
	if (c->last == w)
		c->last = before;
	c->slices &= ~(1u << w->slice);
	c->requests -= w->request;
}

/* As far as it goes; whether it moved. */
static bool advance(struct fb_work *w)
{
	bool moved = false;

	if (w->slice < 0 && !begin(w))
		return false;
	while (w->at < w->plan.moves && make_move(w))
		moved = true;
	if (w->at < w->plan.moves || !have_left(w))
		return moved;
	fb_plan_end(&w->plan);
	take_out(w);
	fb_call_settle(w->c);
	w->done = true;
	return true;
}

/* What a look in vain mostly finds; such looks are what delays a rank that shares the core. */
static inline bool only_waits(const struct fb_work *w)
{
	return w->slice >= 0 && w->sent && !w->in[w->at % FB_DEPTH].done;
}

bool fb_work_progress(struct fb_coll *job)
{
	bool moved = false;

	job->transport->ops->progress(job->transport);
	for (struct fb_coll *c = job; c; c = c->next_group)
		for (struct fb_work *w = c->first, *next; w; w = next) {
			next = w->next;
			if (!only_waits(w))
				moved |= advance(w);
		}
	return moved;
}

/* Which algorithm an allreduce is to take; AUTO: that of the shipped choice. */
static enum fb_algorithm_kind find_algorithm(const struct fb_coll *c, const struct fb_task *task)
{
	const enum fb_algorithm_kind set = c->job->settings.algorithm;

	if (set != FB_ALGORITHM_AUTO || task->call != FB_CALL_ALLREDUCE)
		return set;
	return fb_tuned_choose(&c->tuned, task->count * fb_coll_type_size(task->type));
}

fb_coll_status_t fb_work_post(struct fb_work *work, struct fb_coll *c, const struct fb_task *task)
{
	struct fb_call_state call = {
		.call = task->call, .count = task->count, .type = task->type, .op = task->op, .detail = task->detail,
		.wire = task->wire,
	};

	fb_plan_make(&work->plan, task, c->rank, c->size, &c->layout, find_algorithm(c, task));
	call.algorithm = work->plan.kind;
	if (task->call == FB_CALL_BROADCAST)
		call.detail = (uint64_t)task->root;
	fb_coll_status_t status = fb_call_post(c, &call);
	if (status)
		return status;
	work->c = c;
	work->next = NULL;
	work->call = c->call;
	work->tag = c->tag;
	work->request = work->done = work->sent = work->flushing = false;
	work->slice = -1;
	work->at = 0;
	work->plan.meets = work->call.sequence % FB_AHEAD_CALLS == 0;
	*(c->last ? &c->last->next : &c->first) = work;
	c->last = work;
	advance(work);
	return FB_COLL_OK;
}

fb_coll_status_t fb_work_wait(struct fb_work *work)
{
	struct fb_coll *c = work->c;
	fb_coll_status_t status = FB_COLL_OK;
	int spins = 0;

	if (work->done)
		return FB_COLL_OK;
	if ((status = fb_call_refuse(c)))
		return status;
	if (c->watch)
		fb_watch_inside(c->watch, true);
	while (!work->done) {
		if (fb_work_progress(c->job)) {
			fb_call_moved(c);
			spins = 0;
		} else if (++spins > c->spins) {
			fb_call_unmoved(c, &work->call);
			fb_patience_yield(&c->job->patience);
			spins = 0;
		}
		if (!work->done && (status = fb_call_check(c, &work->call)))
			break;
	}
	return fb_call_end(c, status);
}

fb_coll_status_t fb_work_run(struct fb_coll *c, const struct fb_task *task)
{
	struct fb_work work;
	fb_coll_status_t status = fb_work_post(&work, c, task);

	return status ? status : fb_work_wait(&work);
}

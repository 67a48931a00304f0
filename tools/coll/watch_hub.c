/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The watch on rank 0: keeps every rank's connection, takes the census, tells everyone of a failure. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coll/clock.h"
#include "coll/net.h"
#include "coll/watch.h"

#define CENSUS_MS 2000	     /* until a verdict is reached without those who have not answered yet */
#define GATHER_MS 200	     /* ranks that die together are named together */
#define HELLO_MS 8000	     /* from the exchange of cards to the first word, which is what a rank does next */
#define GOODBYE_MS 5000	     /* for the last ones to leave after a good end */
#define GOODBYE_FAILED_MS 1000
#define STRANGERS 256	     /* connections that have not said who they are */
#define ACCEPT_MAX 256	     /* connections taken between two polls */
#define OVERSLEPT_MS 500     /* beyond what poll was to wait: more than that, and this process was stopped */

/* That of a rank which waits for a call. */
struct question {
	bool open; /* asked, and its turn has not come */
	struct fb_call_state call;
	struct fb_membership about;
};

struct line {
	int fd, rank; /* rank -1: not known yet */
	int64_t since;
	struct fb_frame in;
	size_t have;
	struct question question;
};

/* All times are in milliseconds of `awake`; now is that of the last turn. */
struct hub {
	struct fb_watch *watch;
	struct fb_awake awake;
	int64_t now;
	struct fb_member *members;
	struct line **lines;
	struct pollfd *polls; /* wake, listening, then one per line */
	int count, room;
	int64_t census_until; /* 0: none is under way */
	struct question mine;
	int turn; /* line whose question comes next; count: my own */
	struct fb_frame query;	 /* what is asked in it */
	struct fb_inquiry inquiry;
	int64_t lost_until;   /* 0: nobody was lost */
	int64_t hello_until;
	int lost_error;
	int parted; /* ranks whose last message has left */
	bool told;
};

static void tell_all(struct hub *hub, const struct fb_frame *frame)
{
	for (int i = 0; i < hub->count; i++)
		if (hub->lines[i]->rank > 0)
			fb_watch_send(hub->lines[i]->fd, frame);
}

/* Nobody takes a connection down that another one still needs. */
static void part(struct hub *hub)
{
	struct fb_frame frame = { .kind = FB_FRAME_PART };

	if (++hub->parted < hub->watch->size)
		return;
	tell_all(hub, &frame);
	atomic_store_explicit(&hub->watch->parted, true, memory_order_release);
}

/* Whatever failed first, here or elsewhere, goes to everyone once. */
static void tell_failure(struct hub *hub)
{
	struct fb_frame frame = { .kind = FB_FRAME_ABORT };
	struct fb_err why;
	int lost;

	if (hub->told)
		return;
	hub->told = true;
	frame.status = fb_watch_failure(hub->watch, &lost, &why);
	frame.rank = lost;
	memcpy(frame.text, why.text, sizeof(frame.text));
	tell_all(hub, &frame);
}

/* The group's members are held to the call, the others only looked at. */
static void mark_members(struct hub *hub, const struct fb_membership *about)
{
	for (int i = 0; i < hub->watch->size; i++)
		hub->members[i].outside = about->group && !(about->bits[i / 8] >> i % 8 & 1);
}

static bool same_question(const struct fb_frame *query, const struct question *q)
{
	return query->at.sequence == q->call.sequence && query->about.group == q->about.group && query->about.leader == q->about.leader;
}

/* A census answers all who wait for the call that it is about: who learns nothing from it asks again. */
static void close_questions(struct hub *hub)
{
	hub->mine.open &= !same_question(&hub->query, &hub->mine);
	for (int i = 0; i < hub->count; i++)
		hub->lines[i]->question.open &= !same_question(&hub->query, &hub->lines[i]->question);
}

/* The rank's question becomes that to all. */
static void start_census(struct hub *hub, int asker, const struct question *q)
{
	struct fb_watch *watch = hub->watch;

	hub->census_until = hub->now + CENSUS_MS;
	hub->query.kind = FB_FRAME_QUERY;
	hub->query.census++;
	hub->query.at = q->call;
	hub->query.about = q->about;
	hub->inquiry = (struct fb_inquiry){ .call = q->call, .asker = asker, .stall_s = watch->stall_s, .late_s = watch->late_s };
	close_questions(hub);
	mark_members(hub, &hub->query.about);
	for (int i = 0; i < hub->count; i++)
		if (hub->lines[i]->rank > 0 && fb_member_ask(&hub->members[hub->lines[i]->rank], hub->now))
			fb_watch_send(hub->lines[i]->fd, &hub->query);
}

/*
 * One census at a time, and every question has its turn: of ranks that wait for each other's calls, it may be a single one whose
 * question shows what is wrong.
 */
static void next_census(struct hub *hub)
{
	const int askers = hub->count + 1;

	if (hub->census_until || hub->told)
		return;
	for (int i = 0; i < askers; i++) {
		const int at = (hub->turn + i) % askers;
		const struct question *q = at < hub->count ? &hub->lines[at]->question : &hub->mine;
		if (!q->open)
			continue;
		hub->turn = (at + 1) % askers;
		start_census(hub, at < hub->count ? hub->lines[at]->rank : 0, q);
		return;
	}
}

static void take_question(struct hub *hub, struct question *q, const struct fb_call_state *call, const struct fb_membership *about)
{
	q->call = *call;
	q->about = *about;
	q->open = !hub->census_until || !same_question(&hub->query, q);
	next_census(hub);
}

/* An answer to an earlier census shows that the rank is there, and no more: it may have been about another group. */
static void take_answer(struct hub *hub, struct line *line, const struct fb_frame *in)
{
	struct fb_member *member = &hub->members[line->rank];

	fb_member_answer(member, &in->at, &in->then);
	if (in->census == hub->query.census)
		return;
	if (!hub->census_until)
		member->answered = false;
	else if (fb_member_ask(member, hub->now))
		fb_watch_send(line->fd, &hub->query);
}

static void finish_census(struct hub *hub)
{
	struct fb_watch *watch = hub->watch;
	struct fb_verdict verdict;
	struct fb_call_state at, then;

	hub->census_until = 0;
	fb_watch_answer(watch, &hub->query, &at, &then);
	fb_member_answer(&hub->members[0], &at, &then);
	hub->inquiry.now = hub->now;
	fb_verdict_reach(hub->members, watch->size, &hub->inquiry, &verdict);
	if (verdict.status)
		fb_watch_fail(watch, verdict.status, verdict.rank, verdict.why.text);
}

/* Of whom an answer may be hoped for: who has let a whole census pass without one, and is still asked, holds up no other. */
static bool all_answered(const struct hub *hub)
{
	for (int i = 1; i < hub->watch->size; i++) {
		const struct fb_member *member = &hub->members[i];
		if (member->state == FB_MEMBER_HERE && !member->answered && hub->now - member->asked_at < CENSUS_MS)
			return false;
	}
	return true;
}

static void name_lost(struct hub *hub)
{
	const struct fb_watch *watch = hub->watch;
	char why[FB_ERR_TEXT_MAX], list[128] = "";
	int found = 0, first = -1;

	hub->lost_until = 0;
	for (int i = 0; i < watch->size; i++) {
		if (hub->members[i].state != FB_MEMBER_LOST)
			continue;
		if (!found)
			first = i;
		if (found++ < 16)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%d", found > 1 ? ", " : "", i);
	}
	const char *node = hub->lost_error == ETIMEDOUT || hub->lost_error == EHOSTUNREACH ? ": the node does not answer" : "";
	if (!atomic_load_explicit(&watch->introduced, memory_order_acquire))
		snprintf(why, sizeof(why), "lost rank%s %s%s while the ranks were meeting%s", found == 1 ? "" : "s", list,
			 found > 16 ? " ..." : "", node);
	else if (found == 1)
		snprintf(why, sizeof(why), "lost rank %d (on %s, process %u)%s", first, watch->cards[first].host,
			 watch->cards[first].pid, node);
	else
		snprintf(why, sizeof(why), "lost ranks %s%s (the first on %s, process %u)%s", list, found > 16 ? " ..." : "",
			 watch->cards[first].host, watch->cards[first].pid, node);
	fb_watch_fail(hub->watch, FB_COLL_ERR_PEER_LOST, first, why);
}

static void lose(struct hub *hub, int rank, int error)
{
	hub->members[rank].state = FB_MEMBER_LOST;
	hub->lost_error = error;
	if (!hub->lost_until)
		hub->lost_until = hub->now + GATHER_MS;
}

static void close_line(struct hub *hub, int i)
{
	close(hub->lines[i]->fd);
	free(hub->lines[i]);
	hub->lines[i] = hub->lines[--hub->count];
}

static bool make_room(struct hub *hub)
{
	if (hub->count < hub->room)
		return true;
	int room = hub->room ? hub->room * 2 : 16;
	struct line **lines = realloc(hub->lines, (size_t)room * sizeof(*lines));
	if (!lines)
		return false;
	hub->lines = lines;
	struct pollfd *polls = realloc(hub->polls, (size_t)(room + 2) * sizeof(*polls));
	if (!polls)
		return false;
	hub->polls = polls;
	hub->room = room;
	return true;
}

/* False when there are no more for now. */
static bool accept_line(struct hub *hub)
{
	int fd = accept4(hub->watch->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		/* Out of descriptors: do not spin on it; the caller retries. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			fb_clock_sleep_ms(20);
		return false;
	}
	struct line *line = hub->count < hub->watch->size + STRANGERS && make_room(hub) ? calloc(1, sizeof(*line)) : NULL;
	if (!line) {
		close(fd);
		return true;
	}
	fb_net_watch_silence(fd);
	line->fd = fd;
	line->rank = -1;
	line->since = hub->now;
	hub->lines[hub->count++] = line;
	return true;
}

/* A stranger's first frame must be the hello of a rank that is not here yet. */
static bool welcome(struct hub *hub, struct line *line)
{
	const struct fb_frame *in = &line->in;
	struct fb_frame frame = { .kind = FB_FRAME_WELCOME };
	const uint8_t *secret = hub->watch->cards[0].secret;
	uint8_t differs = 0;

	for (int i = 0; i < FB_SECRET_SIZE; i++)
		differs |= in->secret[i] ^ secret[i];
	if (in->kind != FB_FRAME_HELLO || differs || in->rank < 1 || in->rank >= hub->watch->size ||
	    hub->members[in->rank].state != FB_MEMBER_EXPECTED)
		return false;
	memcpy(frame.secret, secret, FB_SECRET_SIZE);
	line->rank = in->rank;
	hub->members[in->rank].state = FB_MEMBER_HERE;
	hub->told = false; /* a late one hears of an earlier failure too; the others keep their first */
	return !fb_watch_send(line->fd, &frame);
}

/* Returns false when the line is to be closed. */
static bool handle(struct hub *hub, struct line *line)
{
	struct fb_frame *in = &line->in;

	if (line->rank < 0)
		return welcome(hub, line);
	struct fb_member *member = &hub->members[line->rank];
	switch (in->kind) {
	case FB_FRAME_ASK:
		fb_watch_send(line->fd, &(struct fb_frame){ .kind = FB_FRAME_HEARD });
		take_question(hub, &line->question, &in->at, &in->about);
		return true;
	case FB_FRAME_STATE:
		take_answer(hub, line, in);
		return true;
	case FB_FRAME_ABORT:
		in->text[sizeof(in->text) - 1] = '\0';
		fb_watch_fail(hub->watch, (fb_coll_status_t)in->status, in->rank, in->text);
		return true;
	case FB_FRAME_PART:
		part(hub);
		return true;
	case FB_FRAME_BYE:
		member->state = FB_MEMBER_LEFT;
		return false;
	default:
		return false;
	}
}

/* Read what is there; false when the line is over. */
static bool listen_to(struct hub *hub, struct line *line)
{
	for (;;) {
		ssize_t n = recv(line->fd, (char *)&line->in + line->have, sizeof(line->in) - line->have, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (n <= 0) {
			if (line->rank > 0 && hub->members[line->rank].state == FB_MEMBER_HERE)
				lose(hub, line->rank, n < 0 ? errno : 0);
			return false;
		}
		line->have += (size_t)n;
		if (line->have < sizeof(line->in))
			continue;
		line->have = 0;
		if (!handle(hub, line)) {
			if (line->rank > 0 && hub->members[line->rank].state == FB_MEMBER_HERE)
				lose(hub, line->rank, 0);
			return false;
		}
	}
}

/* What is due by the clock. Returns the milliseconds to the next such moment, or -1. */
static int keep_time(struct hub *hub)
{
	int64_t now = hub->now, next = INT64_MAX;

	if (hub->census_until && (now >= hub->census_until || all_answered(hub)))
		finish_census(hub);
	if (!fb_watch_failed(hub->watch))
		next_census(hub);
	if (hub->lost_until && now >= hub->lost_until)
		name_lost(hub);
	if (hub->hello_until && now >= hub->hello_until) {
		hub->hello_until = 0;
		for (int i = 1; i < hub->watch->size; i++)
			if (hub->members[i].state == FB_MEMBER_EXPECTED)
				lose(hub, i, 0);
	}
	for (int i = hub->count - 1; i >= 0; i--)
		if (hub->lines[i]->rank < 0 && now - hub->lines[i]->since > HELLO_MS)
			close_line(hub, i);
	if (fb_watch_failed(hub->watch))
		tell_failure(hub);
	const int64_t moments[] = { hub->census_until, hub->lost_until, hub->hello_until };
	for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++)
		if (moments[i] && moments[i] < next)
			next = moments[i];
	return next == INT64_MAX ? -1 : (int)(next > now ? next - now : 0);
}

/* This rank waits itself. */
static void ask_myself(struct hub *hub)
{
	struct fb_watch *watch = hub->watch;

	pthread_mutex_lock(&watch->lock);
	struct fb_call_state question = watch->question;
	struct fb_membership about = watch->about;
	pthread_mutex_unlock(&watch->lock);
	take_question(hub, &hub->mine, &question, &about);
}

static void turn(struct hub *hub, int wait_ms)
{
	struct fb_watch *watch = hub->watch;
	int count = hub->count;
	uint64_t wakes;

	hub->polls[0] = (struct pollfd){ watch->wake, POLLIN, 0 };
	hub->polls[1] = (struct pollfd){ watch->socket, POLLIN, 0 };
	for (int i = 0; i < count; i++)
		hub->polls[2 + i] = (struct pollfd){ hub->lines[i]->fd, POLLIN, 0 };
	int ready = poll(hub->polls, (nfds_t)(2 + count), wait_ms);
	hub->now = fb_awake_ms(&hub->awake, (wait_ms > 0 ? wait_ms : 0) + OVERSLEPT_MS);
	if (ready < 0)
		return;
	if (hub->polls[0].revents && read(watch->wake, &wakes, sizeof(wakes)) < 0)
		wakes = 0;
	/* From the last: closing one moves the last into its place. */
	for (int i = count - 1; i >= 0; i--)
		if (hub->polls[2 + i].revents && !listen_to(hub, hub->lines[i]))
			close_line(hub, i);
	/* Many at a time: with thousands of lines, a poll for each new one would take longer than they wait. */
	for (int i = 0; hub->polls[1].revents && i < ACCEPT_MAX && accept_line(hub); i++)
		;
	if (atomic_exchange(&watch->asked, false))
		ask_myself(hub);
	if (atomic_exchange(&watch->parting, false))
		part(hub);
}

static bool expects_anyone(const struct hub *hub)
{
	for (int i = 1; i < hub->watch->size; i++)
		if (hub->members[i].state == FB_MEMBER_EXPECTED)
			return true;
	return false;
}

/* Until the others are gone: an early end of the hub would look like its death. Who comes late hears of a failure too. */
static void say_goodbye(struct hub *hub)
{
	int64_t until = hub->now + (fb_watch_failed(hub->watch) ? GOODBYE_FAILED_MS : GOODBYE_MS);

	keep_time(hub);
	while ((hub->count || expects_anyone(hub)) && hub->now < until) {
		turn(hub, (int)(until - hub->now));
		keep_time(hub);
	}
	while (hub->count)
		close_line(hub, hub->count - 1);
}

void *fb_watch_hub_main(void *argument)
{
	struct fb_watch *watch = argument;
	struct hub hub = { .watch = watch };

	hub.now = fb_awake_ms(&hub.awake, OVERSLEPT_MS);
	hub.hello_until = hub.now + HELLO_MS;
	hub.members = calloc((size_t)watch->size, sizeof(*hub.members));
	if (!hub.members || !make_room(&hub)) {
		fb_watch_fail(watch, FB_COLL_ERR_MEMORY, -1, "no memory for the watch over the ranks");
		free(hub.members);
		return NULL;
	}
	hub.members[0].state = FB_MEMBER_HERE;
	while (!atomic_load(&watch->leaving))
		turn(&hub, keep_time(&hub));
	say_goodbye(&hub);
	free(hub.members);
	free(hub.lines);
	free(hub.polls);
	return NULL;
}

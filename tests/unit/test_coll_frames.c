/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two ends of the watch, each against frames that the test writes and reads itself. */
#include "check.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "coll/clock.h"
#include "coll/net.h"
#include "coll/watch.h"

#define RANKS 3
#define PATIENCE_MS 20000 /* for what must come */

struct scene {
	struct fb_card cards[RANKS];
	struct fb_watch *watch;
	int listening;
	int fd[RANKS];
};

static void prepare(struct scene *s)
{
	struct fb_err err;

	memset(s, 0, sizeof(*s));
	for (int i = 0; i < RANKS; i++)
		fb_card_identify(&s->cards[i]);
	assert_int_equal(fb_net_listen(&s->cards[0], &s->listening, &err), FB_COLL_OK);
}

static void send_frame(int fd, const struct fb_frame *frame)
{
	struct fb_frame copy = *frame;

	assert_int_equal(fb_net_transfer(fd, &copy, sizeof(copy), 0, PATIENCE_MS), 0);
}

static void receive_frame(int fd, struct fb_frame *frame)
{
	assert_int_equal(fb_net_transfer(fd, frame, sizeof(*frame), 1, PATIENCE_MS), 0);
}

static size_t waiting_bytes(int fd)
{
	char bytes[4 * sizeof(struct fb_frame)];
	ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);

	return n < 0 ? 0 : (size_t)n;
}

/* ---- The hub, with ranks 1 and 2 played here. ---- */

static void start_hub(struct scene *s, int stall_s)
{
	struct fb_settings settings = { .start_s = 60, .stall_s = stall_s, .late_s = 600 };
	struct fb_err err;

	prepare(s);
	assert_int_equal(fb_watch_create(0, RANKS, s->cards, s->listening, &settings, &s->watch, &err), FB_COLL_OK);
}

static void say_hello(struct scene *s, int rank)
{
	struct fb_frame frame = { .kind = FB_FRAME_HELLO, .rank = rank };
	struct fb_err err;

	memcpy(frame.secret, s->cards[0].secret, sizeof(frame.secret));
	s->fd[rank] = fb_net_connect(&s->cards[0], &s->cards[rank], 0, PATIENCE_MS, &err);
	assert_true(s->fd[rank] >= 0);
	send_frame(s->fd[rank], &frame);
	receive_frame(s->fd[rank], &frame);
	assert_int_equal(frame.kind, FB_FRAME_WELCOME);
}

static void start_all(struct scene *s, int stall_s)
{
	start_hub(s, stall_s);
	fb_watch_introduce(s->watch);
	say_hello(s, 1);
	say_hello(s, 2);
}

static void end_hub(struct scene *s)
{
	for (int i = 1; i < RANKS; i++)
		if (s->fd[i] > 0)
			close(s->fd[i]);
	fb_watch_destroy(s->watch);
}

static void answer(struct scene *s, int rank, const struct fb_frame *query, const struct fb_call_state *at)
{
	struct fb_frame frame = { .kind = FB_FRAME_STATE, .rank = rank, .census = query->census, .at = *at };

	send_frame(s->fd[rank], &frame);
}

static const struct fb_call_state waiting = { .sequence = 5, .call = FB_CALL_BARRIER, .idle_ms = 300000 };
static const struct fb_call_state computing = { .sequence = 4 };

static int asked; /* questions of rank 1 */

/*
 * Rank 1 waits, and asks as a rank does until it was asked back once or the hub has ended the call; true for the first.
 */
static bool ask_until_asked(struct scene *s, struct fb_frame *in)
{
	struct fb_frame ask = { .kind = FB_FRAME_ASK, .rank = 1, .at = waiting };
	struct pollfd p = { s->fd[1], POLLIN, 0 };
	int64_t until = fb_clock_ms() + PATIENCE_MS;

	while (fb_clock_ms() < until) {
		send_frame(s->fd[1], &ask);
		asked++;
		while (poll(&p, 1, 500) == 1) {
			receive_frame(s->fd[1], in);
			if (in->kind == FB_FRAME_QUERY)
				answer(s, 1, in, &waiting);
			if (in->kind != FB_FRAME_HEARD)
				return in->kind == FB_FRAME_QUERY;
		}
	}
	fail_msg("the hub said nothing for %d ms", PATIENCE_MS);
	return false;
}

/* The census takes a while when someone does not answer; who asks must not take the hub for dead meanwhile. */
static void test_heard_at_once(void **state)
{
	struct fb_frame ask = { .kind = FB_FRAME_ASK, .rank = 1 }, in;
	struct scene s;

	(void)state;
	start_all(&s, 30);
	send_frame(s.fd[1], &ask);
	receive_frame(s.fd[1], &in);
	assert_int_equal(in.kind, FB_FRAME_HEARD);
	receive_frame(s.fd[1], &in);
	assert_int_equal(in.kind, FB_FRAME_QUERY);
	/* Neither rank has answered: the same census. */
	for (int i = 0; i < 3; i++) {
		send_frame(s.fd[1], &ask);
		receive_frame(s.fd[1], &in);
		assert_int_equal(in.kind, FB_FRAME_HEARD);
	}
	end_hub(&s);
}

/* Rank 2 is asked once, until it has answered; a silence of two censuses is no reason to end a long wait. */
static void test_one_question(void **state)
{
	struct fb_frame in;
	struct scene s;

	(void)state;
	start_all(&s, 30);
	for (int i = 0; i < 3; i++)
		assert_true(ask_until_asked(&s, &in));
	assert_int_equal(waiting_bytes(s.fd[2]), sizeof(in));
	receive_frame(s.fd[2], &in);
	assert_int_equal(in.kind, FB_FRAME_QUERY);
	answer(&s, 2, &in, &computing);
	/* It is alive and may take its time; the next census asks it again. */
	assert_true(ask_until_asked(&s, &in));
	answer(&s, 2, &in, &computing);
	assert_true(ask_until_asked(&s, &in));
	receive_frame(s.fd[2], &in);
	assert_int_equal(in.kind, FB_FRAME_QUERY);
	assert_false(fb_watch_failed(s.watch));
	end_hub(&s);
}

static void test_silent(void **state)
{
	struct fb_frame in;
	struct scene s;

	(void)state;
	start_all(&s, 5);
	while (ask_until_asked(&s, &in))
		;
	assert_int_equal(in.kind, FB_FRAME_ABORT);
	assert_int_equal(in.status, FB_COLL_ERR_STALLED);
	assert_int_equal(in.rank, 2);
	check_contains(in.text, "barrier 5 waits for rank 2: alive but not answering for 5 s (FLIGHTBASE_STALL_TIMEOUT)");
	end_hub(&s);
}

/* Once it has not answered for as long as a census may take, it holds up no other. */
static void test_silent_holds_up_nobody(void **state)
{
	struct fb_frame in;
	struct scene s;

	(void)state;
	start_all(&s, 60);
	for (int i = 0; i < 2; i++)
		assert_true(ask_until_asked(&s, &in));
	asked = 0;
	for (int i = 0; i < 6; i++)
		assert_true(ask_until_asked(&s, &in));
	/* With a census of two seconds each it would be four questions each. */
	assert_in_range(asked, 6, 12);
	end_hub(&s);
}

static void expect_loss(struct scene *s, int told, int lost, const char *text)
{
	struct fb_frame in;

	receive_frame(s->fd[told], &in);
	assert_int_equal(in.kind, FB_FRAME_ABORT);
	assert_int_equal(in.status, FB_COLL_ERR_PEER_LOST);
	assert_int_equal(in.rank, lost);
	check_contains(in.text, text);
}

/* Died between the exchange of cards and its first word. */
static void test_no_hello(void **state)
{
	struct scene s;

	(void)state;
	start_hub(&s, 30);
	fb_watch_introduce(s.watch);
	say_hello(&s, 1);
	expect_loss(&s, 1, 2, "lost rank 2 (on ");
	end_hub(&s);
}

/* Died while rank 0 was still reading cards, and does not know where the lost one ran. */
static void test_lost_while_meeting(void **state)
{
	struct scene s;

	(void)state;
	start_hub(&s, 30);
	say_hello(&s, 1);
	say_hello(&s, 2);
	close(s.fd[2]);
	s.fd[2] = 0;
	expect_loss(&s, 1, 2, "lost rank 2 while the ranks were meeting");
	end_hub(&s);
}

/* ---- The other ranks' end, with the hub played here. ---- */

static void *welcome(void *argument)
{
	struct scene *s = argument;
	struct pollfd p = { s->listening, POLLIN, 0 };
	struct fb_frame frame;

	if (poll(&p, 1, PATIENCE_MS) != 1)
		return NULL;
	s->fd[0] = accept(s->listening, NULL, NULL);
	if (s->fd[0] < 0 || fb_net_transfer(s->fd[0], &frame, sizeof(frame), 1, PATIENCE_MS) || frame.kind != FB_FRAME_HELLO)
		return NULL;
	frame.kind = FB_FRAME_WELCOME;
	return fb_net_transfer(s->fd[0], &frame, sizeof(frame), 0, PATIENCE_MS) ? NULL : s;
}

static void start_rank(struct scene *s, int stall_s)
{
	struct fb_settings settings = { .start_s = 60, .stall_s = stall_s, .late_s = 600 };
	struct fb_err err;
	pthread_t thread;
	void *welcomed;

	prepare(s);
	assert_int_equal(pthread_create(&thread, NULL, welcome, s), 0);
	assert_int_equal(fb_watch_create(1, RANKS, s->cards, -1, &settings, &s->watch, &err), FB_COLL_OK);
	pthread_join(thread, &welcomed);
	assert_non_null(welcomed);
}

static void end_rank(struct scene *s)
{
	fb_watch_destroy(s->watch);
	close(s->fd[0]);
	close(s->listening);
}

/* As the data path does once a second. */
static void ask(struct fb_watch *watch)
{
	int64_t until = fb_clock_ms() + PATIENCE_MS;

	fb_watch_ask(watch, &waiting, NULL);
	while (atomic_load(&watch->asked) && fb_clock_ms() < until)
		fb_clock_sleep_ms(1);
	assert_false(atomic_load(&watch->asked));
}

static void test_hub_answers(void **state)
{
	const struct fb_frame heard = { .kind = FB_FRAME_HEARD };
	const struct fb_frame query = { .kind = FB_FRAME_QUERY, .census = 17, .at = waiting };
	struct fb_frame in;
	struct scene s;

	(void)state;
	start_rank(&s, 1);
	struct fb_ledger *ledger = fb_watch_open_ledger(s.watch, 0, 0);
	assert_non_null(ledger);
	fb_ledger_post(ledger, &waiting);
	fb_ledger_settle(ledger, waiting.sequence);
	fb_watch_inside(s.watch, true);
	fb_watch_idle(s.watch, 4321);
	for (int i = 0; i < 5; i++) {
		ask(s.watch);
		receive_frame(s.fd[0], &in);
		assert_int_equal(in.kind, FB_FRAME_ASK);
		assert_int_equal(in.at.sequence, 5);
		send_frame(s.fd[0], &heard);
		send_frame(s.fd[0], &query);
		receive_frame(s.fd[0], &in);
		assert_int_equal(in.kind, FB_FRAME_STATE);
		assert_int_equal(in.at.sequence, 5);
		assert_int_equal(in.at.idle_ms, 4321);
		assert_int_equal(in.census, 17);
		assert_int_equal(in.then.call, FB_CALL_BARRIER);
	}
	assert_false(fb_watch_failed(s.watch));
	end_rank(&s);
}

static void test_hub_silent(void **state)
{
	struct fb_frame in;
	struct fb_err why;
	struct scene s;
	int lost;

	(void)state;
	start_rank(&s, 3);
	/* As many questions as the limit has seconds, of which one goes out. */
	for (int i = 0; i < 3; i++)
		ask(s.watch);
	assert_false(fb_watch_failed(s.watch));
	receive_frame(s.fd[0], &in);
	assert_int_equal(in.kind, FB_FRAME_ASK);
	assert_int_equal(waiting_bytes(s.fd[0]), 0);
	int64_t until = fb_clock_ms() + PATIENCE_MS;
	ask(s.watch);
	while (!fb_watch_failed(s.watch) && fb_clock_ms() < until)
		fb_clock_sleep_ms(1);
	assert_int_equal(fb_watch_failure(s.watch, &lost, &why), FB_COLL_ERR_STALLED);
	check_contains(why.text, "is there but has not answered for 3 s (FLIGHTBASE_STALL_TIMEOUT)");
	assert_int_equal(lost, 0);
	end_rank(&s);
}

/* A rank that ends at once after a failure has told it. */
static void test_last_words(void **state)
{
	struct fb_frame in;
	struct scene s;

	(void)state;
	start_rank(&s, 30);
	fb_watch_report(s.watch, FB_COLL_ERR_MEMORY, -1, "rank 1: no memory");
	fb_watch_destroy(s.watch);
	receive_frame(s.fd[0], &in);
	assert_int_equal(in.kind, FB_FRAME_ABORT);
	assert_string_equal(in.text, "rank 1: no memory");
	receive_frame(s.fd[0], &in);
	assert_int_equal(in.kind, FB_FRAME_BYE);
	close(s.fd[0]);
	close(s.listening);
}

/* Rank 0 is gone before anyone reached it: its port is closed, and that is no reason to try for a minute. */
static void test_hub_gone(void **state)
{
	struct fb_settings settings = { .start_s = 600, .stall_s = 30, .late_s = 600 };
	struct fb_watch *watch;
	struct fb_err err;
	struct scene s;

	(void)state;
	prepare(&s);
	close(s.listening);
	int64_t begin = fb_clock_ms();
	assert_int_equal(fb_watch_create(1, RANKS, s.cards, -1, &settings, &watch, &err), FB_COLL_ERR_BOOTSTRAP);
	assert_true(fb_clock_ms() - begin < 60000);
	check_contains(err.text, "cannot reach rank 0 on ");
}

/* ---- A frame goes out whole, or nothing goes out any more. ---- */

static void connect_pair(int fd[2])
{
	struct fb_card cards[1] = { { .port = 0 } };
	struct fb_err err;
	int listening, small = 4096;

	fb_card_identify(cards);
	assert_int_equal(fb_net_listen(cards, &listening, &err), FB_COLL_OK);
	setsockopt(listening, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	fd[0] = fb_net_connect(cards, cards, 0, PATIENCE_MS, &err);
	assert_true(fd[0] >= 0);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	struct pollfd p = { listening, POLLIN, 0 };
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	fd[1] = accept(listening, NULL, NULL);
	assert_true(fd[1] >= 0);
	close(listening);
}

static void test_short_send(void **state)
{
	struct fb_frame frame = { .kind = FB_FRAME_ASK }, in;
	struct pollfd p;
	size_t bytes = 0;
	int fd[2], whole = 0;
	char *all = malloc((size_t)64 << 20);

	(void)state;
	assert_non_null(all);
	connect_pair(fd);
	while (!fb_watch_send(fd[0], &frame))
		assert_true(++whole < 100000);
	/* Room again; but what went out last was perhaps a part. */
	p = (struct pollfd){ fd[1], POLLIN, 0 };
	while (poll(&p, 1, PATIENCE_MS) == 1) {
		ssize_t n = read(fd[1], all + bytes, ((size_t)64 << 20) - bytes);
		if (n <= 0)
			break;
		bytes += (size_t)n;
		assert_int_equal(fb_watch_send(fd[0], &frame), -1);
	}
	assert_int_equal(bytes / sizeof(frame), whole);
	for (int i = 0; i < whole; i++) {
		memcpy(&in, all + (size_t)i * sizeof(in), sizeof(in));
		assert_int_equal(in.kind, FB_FRAME_ASK);
	}
	/* Both ends see the connection's end. */
	assert_int_equal(recv(fd[0], &in, sizeof(in), 0), 0);
	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	close(fd[0]);
	close(fd[1]);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heard_at_once), cmocka_unit_test(test_one_question), cmocka_unit_test(test_silent), cmocka_unit_test(test_silent_holds_up_nobody),
		cmocka_unit_test(test_no_hello),      cmocka_unit_test(test_lost_while_meeting), cmocka_unit_test(test_hub_answers),
		cmocka_unit_test(test_hub_silent),    cmocka_unit_test(test_last_words),   cmocka_unit_test(test_hub_gone),
		cmocka_unit_test(test_short_send),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

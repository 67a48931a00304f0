/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watch over the ranks, beside the data path: a TCP connection from every rank to rank 0 (the hub) and
 * one thread per rank that sleeps on it. UCX notices some deaths on some transports (not in shared memory);
 * this notices all of them, and tells everyone:
 *   a process dies: the kernel closes its connection at once;
 *   a node vanishes: the kernel's probes go unanswered (FB_NET_SILENCE_MS);
 *   a rank freezes, never comes or asks for something else: whoever waits asks the hub, which asks all (verdict.h).
 * The data path pays one relaxed load per poll, and a line in a ledger per call.
 * Time in which a process is stopped counts nowhere: a suspended job goes on when it is resumed.
 */
#ifndef FB_COLL_WATCH_H
#define FB_COLL_WATCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "coll/bootstrap.h"
#include "coll/card.h"
#include "coll/ledger.h"
#include "coll/verdict.h"

#define FB_WATCH_ASK_MS 1000 /* of waiting between a rank's questions to the hub */
#define FB_WATCH_POLL_MS 2000 /* a rank that tests a request again within this time waits for it */
#define FB_GROUPS_MAX 256    /* the job and its sub-groups at any time: the tag has eight bits */

/* A group, as a question about it says: which ranks of the job are in it, one bit each. */
struct fb_membership {
	uint32_t group, leader; /* groups of one number have no rank in common, so the leader (its rank 0) tells which */
	uint8_t bits[FB_RANKS_MAX / 8]; /* not used for group 0, which is the job */
};

struct fb_watch {
	int rank, size, stall_s, late_s;
	/* [size], the caller's, stays until fb_watch_destroy; rank 0's and the own one, and once introduced all. */
	const struct fb_card *cards;
	atomic_bool introduced;

	/* Where the data path is. A group's ledger comes with its first call and stays until fb_watch_destroy. */
	_Atomic(struct fb_ledger *) ledgers[FB_GROUPS_MAX];
	atomic_bool inside;	   /* in a blocking call */
	_Atomic int64_t polled_at; /* ms; when a request was tested last */
	_Atomic uint64_t idle_ms;  /* as of the last question; 0: data moves */

	/* The question to the hub that is to go out; under the lock. */
	struct fb_call_state question;
	struct fb_membership about;

	/* The first failure stays. failed is set after the rest. */
	atomic_bool failed;
	pthread_mutex_t lock;
	fb_coll_status_t status;
	int lost; /* rank or -1 */
	struct fb_err why;
	bool report; /* the failure was found here: tell the hub */

	atomic_bool asked, parting, parted, leaving;
	pthread_t thread;
	int wake;	/* eventfd */
	int socket;	/* to the hub; on the hub: listening */
	int unanswered; /* how often this rank wanted to ask since the hub was last heard */
};

/*
 * Start the watch: on rank 0 `listening` is its socket, which the watch takes over; elsewhere connect to rank 0.
 * cards[0] and cards[rank] are there already, so that a death while the other cards are read is noticed;
 * fb_watch_introduce says when all are. Not needed with one rank.
 */
fb_coll_status_t fb_watch_create(int rank, int size, const struct fb_card *cards, int listening, const struct fb_settings *settings,
				 struct fb_watch **watch, struct fb_err *err);
void fb_watch_introduce(struct fb_watch *watch);

/* Tell the hub that this rank's last message has left; fb_watch_parted once that is so for every rank. */
void fb_watch_part(struct fb_watch *watch);

static inline bool fb_watch_parted(const struct fb_watch *watch)
{
	return atomic_load_explicit(&watch->parted, memory_order_acquire);
}

/* Say good-bye, on rank 0 wait a little for the others' good-byes, and stop. NULL is allowed. */
void fb_watch_destroy(struct fb_watch *watch);

/* The ledger of a group whose leader is a rank of the job, opened; NULL without memory. The data path writes it. */
struct fb_ledger *fb_watch_open_ledger(struct fb_watch *watch, uint32_t group, uint32_t leader);

/* From the data path: it waits in the library or not, it just tested a request, data did not move for this long (0: it moves). */
static inline void fb_watch_inside(struct fb_watch *watch, bool inside)
{
	atomic_store_explicit(&watch->inside, inside, memory_order_release);
}

void fb_watch_polled(struct fb_watch *watch);
void fb_watch_idle(struct fb_watch *watch, uint64_t idle_ms);

/*
 * Have the hub find out what is the matter with a call that this rank waits for, every FB_WATCH_ASK_MS; the answer is a
 * failure or nothing. about: its group, NULL for the job.
 */
void fb_watch_ask(struct fb_watch *watch, const struct fb_call_state *call, const struct fb_membership *about);

static inline bool fb_watch_failed(const struct fb_watch *watch)
{
	return watch && atomic_load_explicit(&watch->failed, memory_order_acquire);
}

/* The failure, once fb_watch_failed. */
fb_coll_status_t fb_watch_failure(struct fb_watch *watch, int *lost, struct fb_err *err);

/* The data path found a failure: keep it unless there is one, and tell all ranks. */
void fb_watch_report(struct fb_watch *watch, fb_coll_status_t status, int lost, const char *why);

/* Shared by watch.c, watch_hub.c and watch_client.c. */

enum fb_frame_kind {
	FB_FRAME_HELLO = 1,
	FB_FRAME_WELCOME,
	FB_FRAME_ASK,	/* to the hub: I wait */
	FB_FRAME_HEARD, /* from the hub, at once: the census may take a while */
	FB_FRAME_QUERY, /* from the hub: where are you? */
	FB_FRAME_STATE,
	FB_FRAME_ABORT,
	FB_FRAME_PART, /* to the hub: my last message has left; from it: so have everyone's */
	FB_FRAME_BYE,
};

/* Both ends are the same library on machines of one byte order: the reductions need that too. */
struct fb_frame {
	uint32_t kind;
	int32_t rank; /* the sender; in ABORT the lost rank or -1 */
	uint32_t status;
	uint32_t census; /* the number of the question that this is or answers */
	struct fb_call_state at;   /* ASK, QUERY: the call in question; STATE: as in fb_member */
	struct fb_call_state then; /* STATE */
	struct fb_membership about; /* ASK, QUERY */
	uint8_t secret[FB_SECRET_SIZE];
	char text[FB_ERR_TEXT_MAX];
};

void fb_watch_fail(struct fb_watch *watch, fb_coll_status_t status, int lost, const char *why);
/* This rank's answer to a question. */
void fb_watch_answer(struct fb_watch *watch, const struct fb_frame *query, struct fb_call_state *at, struct fb_call_state *then);
/*
 * Never blocks. 0, or -1 when the frame did not go out whole: then nothing may follow it, and the connection is shut down,
 * which both ends notice as its end.
 */
int fb_watch_send(int fd, const struct fb_frame *frame);
void *fb_watch_hub_main(void *watch);
void *fb_watch_client_main(void *watch);
fb_coll_status_t fb_watch_client_connect(struct fb_watch *watch, int64_t limit_ms, struct fb_err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any answers of ranks to the hub: a verdict is none, or has a text and blames a rank that there is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RANKS_MAX 64
#define BYTES 16 /* of one rank */
#define QUESTION 8
#define NOW 1000000

/* Small numbers, so that ranks agree now and then. */
static struct fb_call_state read_call(const uint8_t *byte)
{
	return (struct fb_call_state){
		.sequence = byte[0] & 128 ? UINT64_MAX - byte[0] : byte[0] % 4,
		.count = byte[1] % 8,
		.detail = byte[1] / 8,
		.group = byte[1] / 64,
		.call = byte[2] & 128 ? UINT32_MAX - byte[2] : byte[2] % 9,
		.type = byte[3] & 128 ? UINT32_MAX - byte[3] : byte[3] % 12,
		.op = byte[4] & 128 ? UINT32_MAX - byte[4] : byte[4] % 6,
		.algorithm = byte[3] % 3,
		.idle_ms = byte[5] & 128 ? UINT64_MAX - byte[5] : (uint64_t)byte[5] * 1000,
	};
}

static void read_member(const uint8_t *byte, struct fb_member *member)
{
	*member = (struct fb_member){
		.state = byte[0] % 4,
		.answered = byte[1] & 1,
		.outside = byte[1] & 4,
		.asked_at = byte[1] & 2 ? NOW - 500 * (int64_t)byte[2] : 0,
		.at = read_call(byte + 3),
		.then = read_call(byte + 9),
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_member members[RANKS_MAX];
	struct fb_inquiry inquiry = { .now = NOW, .stall_s = 30, .late_s = 60 };
	struct fb_verdict verdict;
	int count = 0;

	if (size < QUESTION + BYTES)
		return 0;
	inquiry.call = read_call(data);
	uint8_t asker = data[6];
	for (data += QUESTION, size -= QUESTION; count < RANKS_MAX && size >= BYTES; count++, data += BYTES, size -= BYTES)
		read_member(data, &members[count]);
	inquiry.asker = asker % count;
	fb_verdict_reach(members, count, &inquiry, &verdict);
	if (verdict.rank < -1 || verdict.rank >= count)
		abort();
	if (verdict.status && (!verdict.why.text[0] || !memchr(verdict.why.text, '\0', sizeof(verdict.why.text))))
		abort();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any answers of ranks to the hub: a verdict is none, or has a text and blames a rank that there is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "coll/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RANKS_MAX 64
#define BYTES 12 /* of one rank */
#define NOW 1000000

/* Small numbers, so that ranks agree now and then. */
static void read_member(const uint8_t *byte, struct fb_member *member)
{
	*member = (struct fb_member){
		.state = byte[0] % 4,
		.answered = byte[1] & 1,
		.asked_at = byte[1] & 2 ? NOW - 500 * (int64_t)byte[2] : 0,
		.at = { .sequence = byte[3] & 128 ? UINT64_MAX - byte[3] : byte[3] % 4,
			.count = byte[4],
			.call = byte[5] & 128 ? UINT32_MAX - byte[5] : byte[5] % 5,
			.type = byte[6] & 128 ? UINT32_MAX - byte[6] : byte[6] % 5,
			.op = byte[7] & 128 ? UINT32_MAX - byte[7] : byte[7] % 6,
			.algorithm = byte[8] % 3,
			.idle_ms = byte[9] & 128 ? UINT64_MAX - byte[9] : (uint64_t)byte[9] * 1000 },
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_member members[RANKS_MAX];
	struct fb_verdict verdict;
	int count = 0;

	for (; count < RANKS_MAX && size >= BYTES; count++, data += BYTES, size -= BYTES)
		read_member(data, &members[count]);
	if (!count)
		return 0;
	fb_verdict_reach(members, count, NOW, 30, 60, &verdict);
	if (verdict.rank < -1 || verdict.rank >= count)
		abort();
	if (verdict.status && (!verdict.why.text[0] || !memchr(verdict.why.text, '\0', sizeof(verdict.why.text))))
		abort();
	return 0;
}

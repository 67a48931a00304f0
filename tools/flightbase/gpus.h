/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GPUs as Slurm's texts name them: "gpu:v100:5(IDX:0-3,5)", "gpu:8(S:0-1),shard:16". */
#ifndef FB_GPUS_H
#define FB_GPUS_H

#include <stddef.h>
#include <stdint.h>

#define FB_GPUS_MAX 64 /* whose indices are kept; more are counted only */
#define FB_GPUS_TEXT_MAX 256
#define FB_GPUS_TYPE_MAX 63

struct fb_gpus {
	int64_t count;
	uint64_t index;			   /* bit i: GPU i is among them; 0 if the text has no indices */
	char type[FB_GPUS_TYPE_MAX + 1]; /* of the first of them; "" if it has none */
};

/* Add up the GPUs of a text, as gres_text.h reads it. NULL is an empty text. */
void fb_gpus_read(const char *gres, struct fb_gpus *gpus);

/* Indices between text and bits: "0-3,5". size is at least FB_GPUS_TEXT_MAX. */
uint64_t fb_gpus_index_read(const char *text);
void fb_gpus_index_text(uint64_t index, char *text, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A number that a shared object exports, read without loading it: loading would run its code, or fail on symbols that
 * only a daemon has. */
#ifndef FB_ELF_SYMBOL_H
#define FB_ELF_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* The 32-bit constant called name. Return 0, or -1 with err and errno = ENOENT if there is no such file. */
int fb_elf_symbol_read(const char *path, const char *name, uint32_t *value, struct fb_err *err);

/* The same in memory. Return 0, or -1: not an object of this machine, or it exports no such constant. */
int fb_elf_symbol_find(const unsigned char *data, size_t size, const char *name, uint32_t *value);

#endif

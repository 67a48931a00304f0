/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a shared object. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/elf_symbol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t value = 7;

	if (fb_elf_symbol_find(data, size, "plugin_version", &value) && value != 7)
		abort();
	return 0;
}

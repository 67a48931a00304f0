/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as a site file; what is read must come out as it went in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/site_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read, written and read again: the same JSON. */
static void check_again(const struct fb_site_file *file)
{
	struct json_object *written = fb_site_file_to_json(file->site_given ? &file->site : NULL, file->spec, file->count);
	const char *text = json_object_to_json_string(written);
	struct fb_site_file again;
	struct fb_json_doc doc;
	struct fb_err err;

	if (fb_json_doc_parse(&doc, "again", text, strlen(text), &err) || fb_site_file_parse(&again, &doc, &err))
		abort();
	struct json_object *twice = fb_site_file_to_json(again.site_given ? &again.site : NULL, again.spec, again.count);
	if (!json_object_equal(written, twice))
		abort();
	json_object_put(twice);
	json_object_put(written);
	fb_site_file_free(&again);
	fb_json_doc_free(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fb_site_file file;
	struct fb_json_doc doc;
	struct fb_err err;

	if (size > FB_POLICY_FILE_MAX || fb_json_doc_parse(&doc, "fuzz", (const char *)data, size, &err))
		return 0;
	if (!fb_site_file_parse(&file, &doc, &err)) {
		for (size_t i = 0; i < file.count; i++)
			if (!fb_spec_managers(&file.spec[i]) || !file.spec[i].owner[0])
				abort();
		check_again(&file);
		fb_site_file_free(&file);
	}
	fb_json_doc_free(&doc);
	return 0;
}

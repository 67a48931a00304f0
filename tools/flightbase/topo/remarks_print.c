/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <json-c/json.h>
#include <stdlib.h>

#include "flightbase/topo/hosts.h"
#include "flightbase/topo/remarks.h"

static char *remark_hosts(const struct fb_remark *remark)
{
	return fb_hosts_fold((const char *const *)remark->host, remark->hosts);
}

void fb_remarks_print(const struct fb_remarks *remarks, const char *prefix, FILE *stream)
{
	for (size_t r = 0; r < remarks->count; r++) {
		const struct fb_remark *remark = &remarks->remark[r];
		char *hosts = remark->hosts ? remark_hosts(remark) : NULL;

		fprintf(stream, "%s%s%s%s\n", prefix, hosts ? hosts : "", hosts ? ": " : "", remark->text);
		free(hosts);
	}
	if (remarks->dropped)
		fprintf(stream, "%sand %zu more\n", prefix, remarks->dropped);
}

struct json_object *fb_remarks_json(const struct fb_remarks *remarks)
{
	struct json_object *array = json_object_new_array();

	for (size_t r = 0; r < remarks->count; r++) {
		const struct fb_remark *remark = &remarks->remark[r];
		struct json_object *to = json_object_new_object();
		char *hosts = remark->hosts ? remark_hosts(remark) : NULL;

		json_object_object_add(to, "nodes", hosts ? json_object_new_string(hosts) : NULL);
		json_object_object_add(to, "count", json_object_new_int64((int64_t)remark->hosts));
		json_object_object_add(to, "text", json_object_new_string(remark->text));
		json_object_array_add(array, to);
		free(hosts);
	}
	return array;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/request.h"

#include <string.h>

/* Slurm turns every character of an option's name that is no letter or digit into '_'. */
static bool names_option(const char *variable, size_t length, const char *name)
{
	if (strlen(name) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (variable[i] != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}

static int find_option(const char *variable, size_t length)
{
	for (int id = 0; id < FB_OPTION_COUNT; id++)
		if (names_option(variable, length, fb_options[id].name))
			return id;
	return -1;
}

static int read_variable(struct fb_request *request, const char *variable, struct fb_err *err)
{
	const char *equals = strchr(variable, '=');
	size_t length = equals ? (size_t)(equals - variable) : strlen(variable);
	int id = find_option(variable, length);

	if (id < 0)
		return fb_err_set(err, "option '%.*s': unknown to the controller: the client's plugin is of another version; "
				       "ask an administrator to update it",
				  (int)(length < 64 ? length : 64), variable);
	if (request->given[id])
		return fb_err_set(err, "option '--%s': given twice; give it once", fb_options[id].name);
	if (fb_option_check((enum fb_option_id)id, equals ? equals + 1 : NULL, err))
		return -1;
	request->given[id] = true;
	request->value[id] = equals ? equals + 1 : "";
	return 0;
}

int fb_request_read(struct fb_request *request, char *const *variables, size_t count, struct fb_err *err)
{
	static const size_t prefix = sizeof(FB_REQUEST_VARIABLE) - 1;
	struct fb_request read = { 0 };

	for (size_t i = 0; i < count; i++)
		if (variables[i] && !strncmp(variables[i], FB_REQUEST_VARIABLE, prefix) &&
		    read_variable(&read, variables[i] + prefix, err))
			return -1;
	*request = read;
	return 0;
}

const struct fb_option *fb_request_first(const struct fb_request *request)
{
	for (int id = 0; id < FB_OPTION_COUNT; id++)
		if (request->given[id])
			return &fb_options[id];
	return NULL;
}

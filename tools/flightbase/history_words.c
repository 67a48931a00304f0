/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/history_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/text.h"
#include "flightbase/view.h"

#define VALUE_MAX 128

void fb_history_free(struct fb_history *history)
{
	free(history->association);
	history->association = NULL;
	history->count = 0;
}

int fb_history_add(struct fb_history *history, uint32_t id, const char *user)
{
	for (size_t i = 0; i < history->count; i++)
		if (history->association[i].id == id)
			return 0;
	void *grown = realloc(history->association, (history->count + 1) * sizeof(*history->association));
	if (!grown)
		return -1;
	history->association = grown;
	history->association[history->count].id = id;
	snprintf(history->association[history->count].user, sizeof(history->association[0].user), "%s", user ? user : "");
	history->count++;
	return 0;
}

/* The text between the first quotes behind key, "grp_tres='1001=2'" or "grp_tres = if (id_assoc=3, '1001=2', grp_tres)". */
static bool quoted(const char *text, const char *key, char *value)
{
	const char *at = text ? strstr(text, key) : NULL;
	const char *open = at ? strchr(at + strlen(key), '\'') : NULL;
	const char *close = open ? strchr(open + 1, '\'') : NULL;

	if (!close || close - open > VALUE_MAX)
		return false;
	snprintf(value, VALUE_MAX, "%.*s", (int)(close - open - 1), open + 1);
	return true;
}

/* Is 'value' there, in quotes? */
static bool names(const char *text, const char *prefix, const char *value)
{
	char wanted[VALUE_MAX + 8];

	snprintf(wanted, sizeof(wanted), "'%s%s'", prefix, value);
	return text && strstr(text, wanted);
}

static bool equals(const char *text, const char *prefix, const char *value)
{
	size_t length = strlen(prefix);

	return text && !strncmp(text, prefix, length) && !strcmp(text + length, value);
}

/* Every "id_assoc=N" of the text that is the workspace's; users gets their names. Returns how many. */
static size_t find_associations(const struct fb_history *history, const char *text, char *users, size_t size, bool *account)
{
	size_t found = 0;

	*account = false;
	users[0] = '\0';
	for (const char *at = text; at && (at = strstr(at, "id_assoc="));) {
		unsigned long id = strtoul(at + strlen("id_assoc="), (char **)&at, 10);

		for (size_t i = 0; i < history->count; i++) {
			if (history->association[i].id != id)
				continue;
			found++;
			if (history->association[i].user[0])
				fb_text_list(users, size, history->association[i].user);
			else
				*account = true;
		}
	}
	return found;
}

static void say_gpus(const struct fb_history *history, const char *info, const char *key, const char *what, char *text, size_t size)
{
	char value[VALUE_MAX], item[VALUE_MAX];

	if (!quoted(info, key, value))
		return;
	int64_t gpus = fb_db_tres_count(value, history->gpu_tres);
	if (gpus == FB_UNLIMITED)
		snprintf(item, sizeof(item), "%s no limit", what);
	else
		snprintf(item, sizeof(item), "%s %lld", what, (long long)gpus);
	fb_text_list(text, size, item);
}

static void say_limits(const struct fb_history *history, const char *info, char *text, size_t size)
{
	const char *wall = info ? strstr(info, "max_wall_duration_per_job=") : NULL;
	char item[VALUE_MAX];

	say_gpus(history, info, "grp_tres =", "GPUs:", text, size);
	say_gpus(history, info, "grp_tres=", "GPUs:", text, size);
	say_gpus(history, info, "max_tres_pu", "GPUs of a user:", text, size);
	say_gpus(history, info, "max_tres_pj", "GPUs of a job:", text, size);
	if (wall && strncmp(wall + strlen("max_wall_duration_per_job="), "NULL", 4)) {
		snprintf(item, sizeof(item), "minutes of a job: %lu", strtoul(wall + strlen("max_wall_duration_per_job="), NULL, 10));
		fb_text_list(text, size, item);
	}
	if (info && strstr(info, "grp_submit_jobs=0"))
		fb_text_list(text, size, "no more submissions");
}

static bool add_association(struct fb_history *history, const char *name, const char *info, char *text, size_t size)
{
	char account[VALUE_MAX], user[VALUE_MAX] = "";
	const char *id = name ? strstr(name, "id_assoc=") : NULL;

	if (!id || !quoted(info, ", acct=", account) || strcmp(account, history->workspace))
		return false;
	quoted(info, ", user=", user);
	fb_history_add(history, (uint32_t)strtoul(id + strlen("id_assoc="), NULL, 10), user);
	if (*user)
		snprintf(text, size, "%s added", user);
	else
		say_limits(history, info, text, size);
	return *text;
}

static bool modify_association(const struct fb_history *history, const char *name, const char *info, char *text, size_t size)
{
	char users[200];
	bool account;

	if (!find_associations(history, name, users, sizeof(users), &account))
		return false;
	say_limits(history, info, text, size);
	if (!*text && info && strstr(info, "is_def=1"))
		snprintf(text, size, "default account of %s", users);
	else if (!*text)
		snprintf(text, size, "%s%s%s changed", account ? "account" : "", account && *users ? ", " : "", users);
	else if (*users)
		fb_text_append(text, size, " (%s)", users);
	return true;
}

static bool remove_association(const struct fb_history *history, const char *name, char *text, size_t size)
{
	char users[200];
	bool account;

	if (!find_associations(history, name, users, sizeof(users), &account))
		return false;
	snprintf(text, size, "%s%s%s removed", account ? "account" : "", account && *users ? ", " : "", users);
	return true;
}

static bool coordinator(const struct fb_history *history, unsigned int action, const char *name, const char *info, char *text,
			size_t size)
{
	char user[VALUE_MAX];

	if (action == FB_HISTORY_ADD_COORDINATOR) {
		snprintf(text, size, "%s made a manager", name ? name : "");
		return equals(info, "", history->workspace);
	}
	if (!names(name, "", history->workspace) || !quoted(name, "user=", user))
		return false; /* all of them, when the account goes */
	snprintf(text, size, "%s a manager no more", user);
	return true;
}

bool fb_history_words(struct fb_history *history, unsigned int action, const char *name, const char *info, char *text, size_t size)
{
	const char *workspace = history->workspace;

	text[0] = '\0';
	switch (action) {
	case FB_HISTORY_ADD_ACCOUNT:
		snprintf(text, size, "account created");
		return equals(name, "", workspace);
	case FB_HISTORY_REMOVE_ACCOUNT:
		snprintf(text, size, "account removed");
		return names(name, "", workspace);
	case FB_HISTORY_ADD_COORDINATOR:
	case FB_HISTORY_REMOVE_COORDINATOR:
		return coordinator(history, action, name, info, text, size);
	case FB_HISTORY_ADD_ASSOCIATION:
		return add_association(history, name, info, text, size);
	case FB_HISTORY_MODIFY_ASSOCIATION:
		return modify_association(history, name, info, text, size);
	case FB_HISTORY_REMOVE_ASSOCIATION:
		return remove_association(history, name, text, size);
	case FB_HISTORY_ADD_QOS:
	case FB_HISTORY_MODIFY_QOS:
		if (!equals(name, FB_QOS_PREFIX, workspace) && !names(name, FB_QOS_PREFIX, workspace))
			return false;
		say_limits(history, info, text, size);
		if (!*text)
			snprintf(text, size, "QOS %s", action == FB_HISTORY_ADD_QOS ? "created" : "changed");
		return true;
	default:
		return false;
	}
}

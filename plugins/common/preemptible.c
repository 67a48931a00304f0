/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/preemptible.h"

#include <string.h>
#include <strings.h>

bool fb_preemptible_named(const char *qos, const char *preemptible_qos)
{
	size_t length = strlen(preemptible_qos);

	for (const char *word = qos; word; word = strchr(word, ',')) {
		word += *word == ',';
		if (!strncasecmp(word, preemptible_qos, length) && (word[length] == ',' || !word[length]))
			return true;
	}
	return false;
}

int fb_preemptible_decide(bool option, const char *qos, const char *preemptible_qos, bool *preemptible, struct fb_err *err)
{
	bool named = fb_preemptible_named(qos, preemptible_qos);

	if (named && strchr(qos, ','))
		return fb_err_set(err, "option '--qos': '%.64s' names the QOS of preemptible jobs, '%s', among others: a job is "
				       "preemptible or not; give --preemptible without --qos, or leave '%s' out",
				  qos, preemptible_qos, preemptible_qos);
	if (option && !named && qos && *qos)
		return fb_err_set(err, "option '--preemptible': conflicts with --qos=%.64s: preemptible jobs run in QOS '%s'; "
				       "leave out --qos",
				  qos, preemptible_qos);
	*preemptible = option || named;
	return 0;
}

int fb_preemptible_keep(uint32_t job_id, bool preemptible, const char *qos, const char *preemptible_qos, struct fb_err *err)
{
	bool named = fb_preemptible_named(qos, preemptible_qos);

	if (named == preemptible && !(named && strchr(qos, ',')))
		return 0;
	return fb_err_set(err, "job '%u': cannot be moved %s QOS '%s': a job stays preemptible or not, as it was submitted; "
			       "cancel it and submit it again %s --preemptible",
			  job_id, preemptible ? "out of" : "into", preemptible_qos, preemptible ? "without" : "with");
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hwloc reads what hwloc wrote: XML that is well-formed but makes no sense ends it, by an assertion or a bad pointer. So
 * a file from outside is read by a child, which hands the survey back through a pipe; however it ends, the command says
 * one line.
 */
#include "fb_config.h"

#ifdef HAVE_HWLOC
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flightbase/topo/hwloc_parts.h"

#define SECONDS_MAX 30 /* of processor time; a machine takes 0.01 */

struct answer {
	int rc;
	struct fb_err err;
	struct fb_survey survey;
};

enum stage { STAGE_LOADED = 'l', STAGE_DONE = 'd' };

static void write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t put = write(fd, at, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			_exit(1);
		at += put;
		size -= (size_t)put;
	}
}

/* Returns how much came before the end. */
static size_t read_all(int fd, void *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, (char *)data + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	return done;
}

static void write_stage(int fd, enum stage stage)
{
	char byte = (char)stage;

	write_all(fd, &byte, 1);
}

/* What hwloc prints in its distress is for nobody. */
static void be_quiet(void)
{
	const struct rlimit no_core = { 0, 0 }, time = { SECONDS_MAX, SECONDS_MAX };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_CPU, &time);
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
}

static void child(int fd, const struct fb_survey *survey, const char *text, size_t size)
{
	struct answer *answer = calloc(1, sizeof(*answer));
	char *copy = calloc(1, size + 1);
	hwloc_topology_t topology;

	be_quiet();
	if (!answer || !copy)
		_exit(1);
	memcpy(copy, text, size);
	answer->survey = *survey;
	if (fb_hwloc_load(&topology, copy, size)) {
		write_stage(fd, STAGE_LOADED);
		answer->rc = fb_err_set(&answer->err, "%s: hwloc does not take it for a topology of its own", survey->name);
	} else {
		write_stage(fd, STAGE_LOADED);
		answer->rc = fb_hwloc_fill(&answer->survey, topology, &answer->err);
	}
	write_stage(fd, STAGE_DONE);
	write_all(fd, answer, sizeof(*answer));
	_exit(0);
}

static bool text_ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* A child that went astray may have written anything. */
static bool sane(const struct answer *a)
{
	const struct fb_survey *s = &a->survey;
	bool good = text_ends(a->err.text, sizeof(a->err.text)) && text_ends(s->name, sizeof(s->name)) && s->gpus <= FB_ENGINE_GPUS_MAX &&
		    s->nics <= FB_TOPOFILE_NICS_MAX && s->sockets <= FB_TOPOFILE_SOCKETS_MAX && s->adapters <= FB_TOPOFILE_NICS_MAX;

	for (size_t p = 0; p < FB_MACHINE_PARTS; p++)
		good = good && text_ends(s->source[p], sizeof(s->source[p]));
	for (size_t i = 0; i < FB_TOPOFILE_SOCKETS_MAX; i++)
		good = good && text_ends(s->cores[i], sizeof(s->cores[i]));
	for (size_t i = 0; i < FB_ENGINE_GPUS_MAX; i++) {
		good = good && text_ends(s->gpu[i].model, sizeof(s->gpu[i].model));
		for (size_t j = 0; j < FB_ENGINE_GPUS_MAX; j++)
			good = good && s->pcie[i][j] < FB_LINK_NVLINK;
	}
	for (unsigned int n = 0; good && n < s->nics; n++)
		good = text_ends(s->nic[n].name, sizeof(s->nic[n].name)) && fb_survey_name_good(s->nic[n].name);
	for (unsigned int i = 0; good && i < s->adapters; i++)
		good = text_ends(s->adapter[i].name, sizeof(s->adapter[i].name)) && fb_survey_name_good(s->adapter[i].name) &&
		       s->adapter[i].ports <= FB_MACHINE_PORTS_MAX;
	return good;
}

static int failed(const struct fb_survey *survey, int status, const char *who, struct fb_err *err)
{
	if (WIFSIGNALED(status))
		return fb_err_set(err, "%s: the file is broken: %s dies of it (%s)", survey->name, who, strsignal(WTERMSIG(status)));
	return fb_err_set(err, "%s: the file is broken: %s dies of it", survey->name, who);
}

static int take_answer(struct fb_survey *survey, int fd, pid_t pid, struct fb_err *err)
{
	struct answer *answer = calloc(1, sizeof(*answer));
	char stage[2] = "";
	int status = 0, rc = -1;

	size_t stages = read_all(fd, stage, sizeof(stage));
	bool whole = answer && stages == sizeof(stage) && read_all(fd, answer, sizeof(*answer)) == sizeof(*answer);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!answer)
		fb_err_set(err, "%s: out of memory", survey->name);
	else if (!whole)
		failed(survey, status, stages ? "the reader" : "hwloc", err);
	else if (!sane(answer))
		fb_err_set(err, "%s: hwloc makes nothing of it that makes sense", survey->name);
	else if (answer->rc)
		*err = answer->err;
	else
		rc = 0;
	if (!rc)
		*survey = answer->survey;
	free(answer);
	return rc;
}

int fb_hwloc_apart(struct fb_survey *survey, const char *text, size_t size, struct fb_err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return fb_err_set(err, "%s: %s", survey->name, strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (!pid) {
		close(ends[0]);
		child(ends[1], survey, text, size);
	}
	close(ends[1]);
	int rc = pid < 0 ? fb_err_set(err, "%s: %s", survey->name, strerror(errno)) : take_answer(survey, ends[0], pid, err);
	close(ends[0]);
	return rc;
}
#endif

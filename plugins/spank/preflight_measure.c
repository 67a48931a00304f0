/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs flightbase-allreduce as a step of the job, beside whatever else is in it (--overlap), and judges it. The step has nothing
 * of Slurm's variables of the user's: those are about other steps.
 */
#define _GNU_SOURCE /* asprintf */
#include <slurm/slurm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/decision.h"
#include "common/number.h"
#include "spank/child.h"
#include "spank/preflight.h"

#define TOOL FB_BINDIR "/flightbase-allreduce"
#define NCCL FB_MODULE_FOLDER "/allreduce-nccl.so"
#define LIMIT_VARIABLE "FLIGHTBASE_PREFLIGHT_LIMIT"
#define LIMIT 60
#define ARGUMENTS 64
#define STALL "10" /* seconds after which the tool gives up on a rank, at most */

/* One measurement on its way. */
struct run {
	const struct fb_preflight_ask *ask;
	struct fb_preflight_found *found;
	char **environment;
	int64_t until;
	bool gpus; /* a rank for each GPU, with NCCL; else one for each node */
	char *argv[ARGUMENTS];
	char *owned[8]; /* arguments that were made */
	size_t arguments, owns;
	struct fb_child child;
};

void fb_preflight_say(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dprintf(STDERR_FILENO, "flightbase: preflight: %s\n", text);
}

static const char *find_variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment && *environment; environment++)
		if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

int fb_preflight_limit(char *const *environment, unsigned int *limit, struct fb_err *err)
{
	const char *text = find_variable(environment, LIMIT_VARIABLE);
	int64_t seconds = LIMIT;

	if (text && fb_number_parse(text, 5, 3600, &seconds, err))
		return fb_err_prefix(err, LIMIT_VARIABLE);
	*limit = (unsigned int)seconds;
	return 0;
}

/* Variables that would change the step, or what is read of it; and the option, or the step would measure before it measures. */
static bool is_in_the_way(const char *variable)
{
	static const char *const prefixes[] = { "SLURM_", "SRUN_", "SBATCH_", "SALLOC_", "SLURMD_", "PMI_", "PMI2_", "PMIX_", "OMPI_",
						"_SLURM_", "LD_PRELOAD=", NULL };
	static const char *const kept[] = { "SLURM_CONF=", "SLURM_CONF_SERVER=", NULL };

	for (size_t i = 0; kept[i]; i++)
		if (!strncmp(variable, kept[i], strlen(kept[i])))
			return false;
	for (size_t i = 0; prefixes[i]; i++)
		if (!strncmp(variable, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* The strings stay the user's. */
static char **make_environment(char *const *environment)
{
	size_t count = 0, kept = 0;

	while (environment && environment[count])
		count++;
	char **made = calloc(count + 1, sizeof(*made));
	for (size_t i = 0; made && i < count; i++)
		if (!is_in_the_way(environment[i]))
			made[kept++] = environment[i];
	return made;
}

static void add(struct run *r, const char *argument)
{
	if (r->arguments < ARGUMENTS - 1)
		r->argv[r->arguments++] = (char *)argument;
}

static void add_made(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add_made(struct run *r, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (r->owns < sizeof(r->owned) / sizeof(*r->owned) && vasprintf(&text, format, args) >= 0) {
		r->owned[r->owns++] = text;
		add(r, text);
	}
	va_end(args);
}

/* "n1,n1,n2": each node as often as it has ranks; for the caller to free. */
static char *list_ranks(const struct fb_preflight_job *job)
{
	size_t size = 1, used = 0;

	for (unsigned int i = 0; i < job->nodes; i++)
		size += job->ranks[i] * (strlen(job->name[i]) + 1);
	char *list = calloc(1, size);
	for (unsigned int i = 0; list && i < job->nodes; i++)
		for (unsigned int k = 0; k < job->ranks[i]; k++)
			used += (size_t)snprintf(list + used, size - used, "%s%s", used ? "," : "", job->name[i]);
	return list;
}

static unsigned int count_ranks(const struct fb_preflight_job *job)
{
	unsigned int ranks = 0;

	for (unsigned int i = 0; i < job->nodes; i++)
		ranks += job->ranks[i];
	return ranks;
}

static void set_ranks(struct run *r, bool gpus)
{
	const struct fb_preflight_job *job = r->ask->job;

	r->gpus = gpus;
	for (unsigned int i = 0; i < job->nodes; i++)
		job->ranks[i] = gpus ? job->gpus[i] : 1;
}

/* The command up to the tool's own options. */
static int begin_command(struct run *r, struct fb_err *err)
{
	static const char *const fixed[] = { "--overlap",     "--overcommit", "--cpu-bind=none", "--mem-bind=none", "--mpi=pmi2",
					     "--input=none",  "--export=ALL", "--chdir=/",	 "--kill-on-bad-exit=1",
					     "--job-name=flightbase-preflight", "--distribution=arbitrary", NULL };
	const struct fb_preflight_job *job = r->ask->job;
	char *list = list_ranks(job);

	for (; r->owns; r->owns--)
		free(r->owned[r->owns - 1]);
	r->arguments = 0;
	if (!list)
		return fb_err_set(err, "out of memory");
	if (access(TOOL, X_OK)) {
		free(list);
		return fb_err_set(err, TOOL " cannot be run here; it must be on all nodes: ask an administrator to install it");
	}
	add(r, "srun");
	add_made(r, "--jobid=%u", job->id);
	for (size_t i = 0; fixed[i]; i++)
		add(r, fixed[i]);
	add_made(r, "--ntasks=%u", count_ranks(job));
	add_made(r, "--nodelist=%s", list);
	free(list);
	add(r, TOOL);
	add(r, "--json");
	add(r, "--timeout");
	add(r, STALL);
	return 0;
}

static int run(struct run *r, struct fb_err *err)
{
	r->argv[r->arguments] = NULL;
	fb_child_free(&r->child);
	return fb_child_run(r->ask->srun, r->argv, r->environment, r->until, FB_PREFLIGHT_OUTPUT_MAX, FB_PREFLIGHT_WORDS_MAX, &r->child,
			    err);
}

/* What a slow network still does in the time, and what a fast one needs: two sizes, 2 s together. */
static int run_allreduce(struct run *r, struct fb_err *err)
{
	if (begin_command(r, err))
		return -1;
	add(r, "--backend");
	add(r, r->gpus ? "nccl" : "ucx");
	add(r, "--minbytes");
	add(r, r->gpus ? "8M" : "1M");
	add(r, "--maxbytes");
	add(r, r->gpus ? "256M" : "32M");
	for (size_t i = 0; i < 6; i++)
		add(r, (const char *const[]){ "--stepfactor", "32", "--iters", "100000", "--seconds", "1" }[i]);
	return run(r, err);
}

/* Exchanges of about 20 ms each at what the allreduce gave, which is the slowest's speed. */
static int run_pairs(struct run *r, struct fb_err *err)
{
	double bytes = r->found->gbps * 1e9 * 0.02;
	unsigned int kib = bytes > 4096 * 1024.0 ? 4096 : bytes > 1024 * 1024.0 ? 1024 : 256;

	set_ranks(r, false);
	if (begin_command(r, err))
		return -1;
	add(r, "--pairs=nodes");
	add(r, "--minbytes");
	add_made(r, "%uK", kib);
	add(r, "--maxbytes");
	add_made(r, "%uK", kib);
	add(r, "--iters");
	add(r, "1");
	return run(r, err);
}

static void say(struct run *r, enum fb_preflight_verdict verdict, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct run *r, enum fb_preflight_verdict verdict, const char *format, ...)
{
	va_list args;

	r->found->verdict = verdict;
	va_start(args, format);
	vsnprintf(r->found->said, sizeof(r->found->said), format, args);
	va_end(args);
}

/* The tool, or srun, did not do it. */
static void judge_failure(struct run *r)
{
	const struct fb_preflight_job *job = r->ask->job;
	struct fb_preflight_layout layout = fb_preflight_job_layout(job);
	char reason[320];

	fb_preflight_reason(r->child.err.text, reason, sizeof(reason));
	if (!*reason && r->child.timed_out)
		snprintf(reason, sizeof(reason), "no result within %u s (" LIMIT_VARIABLE ")", r->ask->limit);
	else if (!*reason && WIFSIGNALED(r->child.status))
		snprintf(reason, sizeof(reason), "srun was ended by signal %d", WTERMSIG(r->child.status));
	else if (!*reason)
		snprintf(reason, sizeof(reason), "srun ended with status %d", WEXITSTATUS(r->child.status));
	r->found->node = job->nodes == 1 ? 0 : fb_preflight_find_broken(r->child.err.text, &layout);
	r->found->gbps = r->found->model = 0;
	if (r->found->node >= 0)
		say(r, FB_PREFLIGHT_BROKEN, "the allreduce did not work on %s, because of %s: %s", job->list,
		    job->name[r->found->node], reason);
	else
		say(r, FB_PREFLIGHT_BROKEN, "the allreduce did not work on %s, and no single node can be blamed: %s", job->list, reason);
}

/* Too slow: which node is it? */
static void judge_slow(struct run *r, const char *figures)
{
	const struct fb_preflight_job *job = r->ask->job;
	struct fb_preflight_layout layout = fb_preflight_job_layout(job);
	struct fb_preflight_slow slow = { .node = -1 };
	struct fb_err err;

	if (job->nodes == 1) {
		r->found->node = 0;
		say(r, FB_PREFLIGHT_SLOW, "%s: %s is slow", figures, job->name[0]);
	} else if (job->nodes == 2) {
		say(r, FB_PREFLIGHT_SLOW, "%s: which of %s is slow, two nodes cannot tell", figures, job->list);
	} else if (run_pairs(r, &err)) {
		say(r, FB_PREFLIGHT_SLOW, "%s: %s", figures, err.text);
	} else if (fb_preflight_find_slow(r->child.out.text, r->child.out.size, &layout, &slow, &err)) {
		say(r, FB_PREFLIGHT_SLOW, "%s: which node is slow could not be measured", figures);
	} else if (slow.node < 0) {
		say(r, FB_PREFLIGHT_SLOW, "%s: no node of %s is slower than the others", figures, job->list);
	} else {
		r->found->node = slow.node;
		say(r, FB_PREFLIGHT_SLOW, "%s: %s is slow (%.3g GB/s with its best peer; others %.3g)", figures,
		    job->name[slow.node], slow.gbps, slow.others);
	}
}

static void judge(struct run *r, const struct fb_preflight_measured *m)
{
	const char *between = r->gpus ? "" : " between hosts";
	unsigned int percent = r->ask->percent;
	char figures[160];

	r->found->gbps = m->gbps;
	r->found->model = m->model;
	if (m->wrong) {
		r->found->gbps = r->found->model = 0;
		say(r, FB_PREFLIGHT_BROKEN, "the allreduce gave wrong sums on %s, and no single node can be blamed", r->ask->job->list);
		return;
	}
	if (m->model <= 0) {
		say(r, FB_PREFLIGHT_PASSED, "%.3g GB/s bus bandwidth%s on %s: it works, which is all that can be judged: %s: passed",
		    m->gbps, between, r->ask->job->list, m->why);
		return;
	}
	snprintf(figures, sizeof(figures), "%.3g GB/s bus bandwidth%s, %.*f%% of %.3g modelled", m->gbps, between,
		 100 * m->gbps / m->model < 9.95 ? 1 : 0, 100 * m->gbps / m->model, m->model);
	if (100 * m->gbps >= percent * m->model) {
		say(r, FB_PREFLIGHT_PASSED, "%s: passed", figures);
		return;
	}
	snprintf(figures + strlen(figures), sizeof(figures) - strlen(figures), ", less than the %u%% asked for", percent);
	judge_slow(r, figures);
}

/* With NCCL where there is more than one GPU; where NCCL cannot be had after all, between the hosts. */
static bool measure_gpus(struct run *r, struct fb_preflight_measured *m, struct fb_err *err)
{
	static const char no_nccl[] = "backend 'nccl'";
	const struct fb_preflight_job *job = r->ask->job;
	bool everywhere = true;

	for (unsigned int i = 0; i < job->nodes; i++)
		everywhere &= job->gpus[i] > 0;
	set_ranks(r, true);
	if (!everywhere || count_ranks(job) < 2 || access(NCCL, R_OK))
		return false;
	if (run_allreduce(r, err))
		return true;
	return !fb_preflight_read(r->child.out.text, r->child.out.size, m, err) || !strstr(r->child.err.text, no_nccl);
}

/* Is there anything to measure? True: it has been said. */
static bool is_alone(struct run *r)
{
	const struct fb_preflight_job *job = r->ask->job;

	if (job->nodes > 1)
		return false;
	if (job->gpus[0] > 1)
		say(r, FB_PREFLIGHT_PASSED, "one node, and there is no NCCL to measure its %u GPUs with: nothing to measure", job->gpus[0]);
	else
		say(r, FB_PREFLIGHT_PASSED, "one %s: nothing to measure", job->gpus[0] ? "GPU" : "node without GPUs");
	return true;
}

static void measure(struct run *r)
{
	struct fb_preflight_measured m = { .gbps = 0 };
	struct fb_err err = { .text = "" };

	if (!measure_gpus(r, &m, &err)) {
		if (is_alone(r))
			return;
		set_ranks(r, false);
		if (run_allreduce(r, &err)) {
			say(r, FB_PREFLIGHT_BROKEN, "%s", err.text);
			return;
		}
	}
	if (r->child.out.text && !fb_preflight_read(r->child.out.text, r->child.out.size, &m, &err))
		judge(r, &m);
	else if (r->child.out.text)
		judge_failure(r);
	else
		say(r, FB_PREFLIGHT_BROKEN, "%s", err.text);
}

void fb_preflight_measure(const struct fb_preflight_ask *ask, struct fb_preflight_found *found)
{
	struct run r = { .ask = ask, .found = found, .until = fb_child_now() + 1000 * (int64_t)ask->limit };

	*found = (struct fb_preflight_found){ .verdict = FB_PREFLIGHT_BROKEN, .node = -1, .said = "out of memory" };
	r.environment = make_environment(ask->environment);
	if (r.environment)
		measure(&r);
	free(r.environment);
	for (; r.owns; r.owns--)
		free(r.owned[r.owns - 1]);
	fb_child_free(&r.child);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --preflight: a short allreduce over the job's nodes before its program. The measurement runs as the user, in the place of a
 * batch script (preflight_batch.c) or in srun (preflight_client.c); what follows from it for the job and its nodes is root's
 * (preflight_root.c), who believes of it a node's number and two bandwidths.
 */
#ifndef FB_SPANK_PREFLIGHT_H
#define FB_SPANK_PREFLIGHT_H

#include <slurm/spank.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/name.h"
#include "common/preflight_judge.h"

/* A batch script that is not started because of its preflight ends with this (EX_TEMPFAIL). */
#define FB_PREFLIGHT_EXIT 75

/* ---- The job (preflight_job.c) ---- */

struct fb_preflight_job {
	uint32_t id;
	char ref[32]; /* as Slurm's commands and calls name it alone: 12, 12_3 */
	unsigned int restarts;		 /* by Slurm, for any reason */
	unsigned int requeues;		 /* because of the preflight */
	char without[2 * FB_NAME_MAX + 16]; /* "n2 and n3": those it was requeued without */
	bool running;			 /* not about to end */
	bool may_requeue;		 /* not --no-requeue */
	unsigned int nodes;
	char **name;	     /* [nodes] */
	char *list;	     /* "n[1-3]" */
	char *required;	     /* -w, or NULL */
	unsigned int *gpus;  /* [nodes] of the job there */
	unsigned int *ranks; /* [nodes], of the measurement */
};

/* Ask the controller. 0, or -1 with err. fb_preflight_job_free takes an empty one. */
int fb_preflight_job_load(struct fb_preflight_job *job, uint32_t id, struct fb_err *err);
void fb_preflight_job_free(struct fb_preflight_job *job);
struct fb_preflight_layout fb_preflight_job_layout(const struct fb_preflight_job *job);

/* Does a list of hosts name the node? */
bool fb_preflight_job_lists(const char *list, const char *node);

/* ---- Measuring (preflight_measure.c) ---- */

enum fb_preflight_verdict {
	FB_PREFLIGHT_PASSED, /* said is why */
	FB_PREFLIGHT_SLOW,
	FB_PREFLIGHT_BROKEN,
};

struct fb_preflight_found {
	enum fb_preflight_verdict verdict;
	int node; /* to blame; -1: none can be */
	double gbps, model;
	char said[768]; /* one line */
};

struct fb_preflight_ask {
	const struct fb_preflight_job *job;
	char *const *environment; /* the user's */
	unsigned int percent;
	unsigned int limit; /* seconds for all of it */
	const char *srun;
};

void fb_preflight_measure(const struct fb_preflight_ask *ask, struct fb_preflight_found *found);

/* Seconds that FLIGHTBASE_PREFLIGHT_LIMIT gives, or the default. 0, or -1 with err: it is no such number. */
int fb_preflight_limit(char *const *environment, unsigned int *limit, struct fb_err *err);

/* Say a line on the job's standard error. */
void fb_preflight_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- A batch script ---- */

/* slurmstepd, as root, before its tasks are forked: 0, or -1 with err. */
int fb_preflight_root_begin(uint32_t job, struct fb_err *err);
/* At its end; nothing to do where it never began. */
void fb_preflight_root_end(void);
/* The task's end of the connection to it. */
int fb_preflight_root_connection(void);

/* In the task, as the user: returns to run the script, or ends the process. */
void fb_preflight_batch(spank_t spank, uint32_t job, unsigned int percent);

/*
 * What the two say to each other there: the task sends a message, root answers, the task confirms that it has said what was
 * to be said, and unless that was the last answer waits for another.
 */
enum fb_preflight_next { FB_PREFLIGHT_NEXT_ANSWER, FB_PREFLIGHT_NEXT_SCRIPT, FB_PREFLIGHT_NEXT_END };

struct fb_preflight_answer {
	int next;
	char text[512]; /* for the user; "" for nothing */
};

/* ---- srun ---- */

/* Before it reads its options: inside a job, those of the job's submission are not for every step. */
void fb_preflight_client_begin(void);
/* The option was given; its value is right. */
void fb_preflight_client_option(const char *value);
/*
 * 0, or -1 after a message. In a job it is before the step is created, which Slurm would leave behind (24.11,
 * pre_launch_srun_job); in an allocation of srun's own, which is given back then, it is before the step is launched.
 */
int fb_preflight_client_create(void);
int fb_preflight_client_launch(spank_t spank);

#endif

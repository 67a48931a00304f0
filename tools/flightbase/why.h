/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of one job and of all that may stand in its way: numbers and names, no sentences. why_load.c and its
 * neighbours fill it from Slurm; causes.c and explain_text.c make sentences of it without asking anybody.
 */
#ifndef FB_WHY_H
#define FB_WHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/decision.h"
#include "flightbase/jobs.h"
#include "flightbase/view.h"

/* Strings are borrowed from what the loader keeps; NULL: Slurm has none. Times: 0: none. */
struct fb_why_job {
	char id[48]; /* as people name it: "12", "12_3", "12+1" */
	uint32_t job_id;
	enum fb_job_phase phase;
	const char *state; /* Slurm's word, "PENDING" */
	const char *name, *user, *account, *partition, *qos;
	bool decided; /* decision holds */
	struct fb_decision decision;
	uint32_t reason;
	const char *reason_name, *reason_text; /* "AssocGrpGRES"; what Slurm adds to it */
	int64_t gpus, gpus_per_node;	       /* asked for, or held; per node: 0: not fixed */
	int64_t cpus, memory;		       /* memory in MiB */
	uint32_t nodes;
	uint32_t tasks;		       /* of an array, waiting in this record; else 1 */
	uint32_t time_limit, time_min; /* minutes; 0: none */
	time_t submit, eligible, start, end, deadline;
	uint32_t priority;
	const char *dependency, *reservation, *features, *licenses, *required_nodes, *held_nodes;
	bool array;
	uint32_t array_limit, array_running, array_waiting; /* limit: tasks at once, 0: none */
	uint32_t components;				    /* of a heterogeneous job; else 0 */
	int exit_status, exit_signal;
	bool preemptible; /* runs in the site's QOS of preemptible jobs */
	bool from_history; /* from slurmdbd: slurmctld has forgotten it, or does not show it */
	bool not_over;	   /* of those: slurmdbd does not know of its end */
};

struct fb_why_hold { /* nodes with the same GPU indices, wired alike */
	char *nodes, *gpus;
	char link[32];	 /* the best kind of link over which these GPUs reach each other, "NVLink"; "": not known, or one GPU */
	char island[64]; /* the GPUs of the node that do so */
};

/* By topology.json, of a job that holds GPUs or that waits and requires wires. */
struct fb_why_wires {
	bool known;
	/* Holds GPUs: */
	char groups[256];	/* its leaf groups; "": not known */
	double gbps, best_gbps; /* modelled bandwidth of an allreduce over all its GPUs, and the best on an empty cluster */
	/* Waits: GPUs on each node that must be P2P to each other, and the most of such that are free. 0: not required */
	int64_t island_wanted, island_free;
	char island_node[64];
	/* Nodes that must be of one leaf group, and the most that have the GPUs free. 0: not required */
	uint32_t group_wanted, group_free;
	char group_name[64];
};

struct fb_why_workspace {
	const char *name; /* NULL: the job is in none */
	time_t from, until;
	uint32_t min_run; /* minutes */
	unsigned int guarantee;
};

struct fb_why_use {
	char *user;
	int64_t gpus;
	uint32_t jobs; /* that hold resources; 0: Slurm does not show them */
};

struct fb_why_end { /* a job of the same account that will free GPUs, at the latest then */
	time_t end;
	int64_t gpus;
	uint32_t job_id;
};

/* FB_UNLIMITED: no limit. What is used is known only if `known`. */
struct fb_why_limits {
	bool known;
	int64_t quota, quota_used;
	const char *quota_account; /* whose limit is the tightest: the workspace, or an account above it */
	int64_t user_limit, user_used;
	int64_t job_limit;
	size_t uses, ends;
	struct fb_why_use *use; /* the most first */
	struct fb_why_end *end; /* the first first */
	/* The limit that Slurm's reason names. */
	bool stated;
	char stated_object[FB_NAME_MAX + 32]; /* "account 'vision'", "QOS 'ws-vision'" */
	char stated_tres[64];
	int64_t stated_limit, stated_used, stated_asked; /* used: FB_UNLIMITED: of no meaning */
};

struct fb_why_keep { /* a workspace that does not use all its guarantee */
	const char *workspace;
	int64_t guarantee, used;
};

struct fb_why_pool { /* GPUs of some nodes */
	uint32_t nodes, nodes_out;
	int64_t gpus, used, free, out; /* out: of nodes that are down or drained */
	int64_t most_free;	       /* on one node */
	uint32_t fitting;	       /* nodes with as many free GPUs as the job needs on each */
	int64_t free_cpus, free_memory; /* of nodes with free GPUs; MiB */
};

struct fb_why_cluster {
	bool known;
	struct fb_why_pool all, mine; /* mine: the nodes the job may use */
	char *out_nodes; /* hostlist; NULL: none */
	char *out_reason; /* the first's; NULL: none was given */
	uint32_t required_out; /* of the nodes that the job names */
	uint32_t reserved; /* nodes of its partition that are kept for reservations of others */
	int64_t idle;	   /* free GPUs of nodes that no reservation keeps: what guarantees are kept from */
	int64_t lent;	   /* GPUs that preemptible jobs hold: they can be had back for guarantees */
	int64_t kept;	   /* GPUs that workspaces other than the job's are still owed of their guarantees */
	int64_t own_owed;  /* and the job's own */
	size_t keeps;
	struct fb_why_keep *keep;
};

struct fb_why_partition {
	const char *name; /* NULL: not shown */
	const char *state; /* "up", "down", "drain", "inactive" */
	uint32_t min_nodes, max_nodes; /* max: 0: no limit */
	uint32_t max_time; /* minutes; 0: no limit */
};

struct fb_why_reservation {
	const char *name; /* NULL: there is none */
	bool known;
	time_t start, end;
	const char *nodes;
};

struct fb_why_dependency {
	uint32_t job_id;
	const char *state; /* NULL: slurmctld does not know the job */
	time_t end;	   /* of one that runs; 0: unknown */
};

struct fb_why_queue {
	bool known;
	/* Among the jobs of the partition that wait for their turn; 1 is the first; 0: not in line (held, ...). */
	uint32_t position, length;
	int64_t gpus_before;	   /* that those before it ask for */
	size_t dependencies;
	struct fb_why_dependency dependency[8];
};

struct fb_why_priority {
	bool known;
	double age, fairshare, job_size, partition, qos, association, tres, site;
	int64_t nice; /* taken off */
};

struct fb_why {
	time_t now;
	bool hidden_jobs, hidden_usage, hidden_nodes; /* PrivateData keeps others' from this user */
	struct fb_why_job job;
	size_t holds;
	struct fb_why_hold *hold;
	struct fb_why_wires wires;
	struct fb_why_workspace workspace;
	struct fb_why_limits limits;
	struct fb_why_cluster cluster;
	struct fb_why_partition partition;
	struct fb_why_reservation reservation;
	struct fb_why_queue queue;
	struct fb_why_priority priority;
};

#endif

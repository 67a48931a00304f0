/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* pthread_cond_clockwait */
#include "job_submit/settings.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/file.h"
#include "job_submit/counters.h"
#include "job_submit/slurm.h"

#define SETTINGS_DIR FB_SETTINGS_DIR /* configure's */
#define STATE_PATH_SIZE 4096
#define SNAPSHOT_TICKS_MAX 30
#define SNAPSHOT_SHARE 100
#define RETRY_TICKS_MAX 60

static struct {
	pthread_rwlock_t lock; /* of the three below: held for writing only while they are swapped */
	struct fb_policy *current;
	struct fb_guarantees *guarantees; /* of that policy; NULL: it has none */
	struct fb_accounting_snapshot snapshot;
	atomic_bool guaranteed; /* whether there are guarantees, to be asked without the lock */

	/* The thread's own. */
	pthread_t thread;
	bool running;
	pthread_mutex_t stop_lock;
	pthread_cond_t stop_changed;
	bool stop;
	uint64_t fingerprint;
	unsigned int retry_in, retry_pause; /* ticks; 0: nothing is to be tried again */
	size_t broken; /* settings files that are broken now */
	uint64_t failures;
	uint64_t kept; /* fingerprint of what is kept for workspaces */
	unsigned int snapshot_wait; /* ticks until the members are gathered again */
	char written[512]; /* the counters as they were written last */
	char saved[STATE_PATH_SIZE];
	char counters[STATE_PATH_SIZE];
} settings = {
	.lock = PTHREAD_RWLOCK_INITIALIZER,
	.stop_lock = PTHREAD_MUTEX_INITIALIZER,
	.stop_changed = PTHREAD_COND_INITIALIZER,
};

const struct fb_policy *fb_settings_acquire(const struct fb_accounting_snapshot **snapshot)
{
	pthread_rwlock_rdlock(&settings.lock);
	if (snapshot)
		*snapshot = &settings.snapshot;
	return settings.current;
}

void fb_settings_release(void)
{
	pthread_rwlock_unlock(&settings.lock);
}

const struct fb_guarantees *fb_guarantees_acquire_1(void)
{
	if (!atomic_load_explicit(&settings.guaranteed, memory_order_relaxed))
		return NULL;
	pthread_rwlock_rdlock(&settings.lock);
	const struct fb_guarantees *table = settings.guarantees;
	if (!table)
		pthread_rwlock_unlock(&settings.lock);
	return table;
}

void fb_guarantees_release_1(void)
{
	pthread_rwlock_unlock(&settings.lock);
}

static void swap_policy(struct fb_policy *policy)
{
	struct fb_guarantees *guarantees = NULL;
	bool kept = policy && fb_guarantees_create(&guarantees, policy);

	if (kept)
		error("flightbase: out of memory: the guarantees of workspaces stay as they were");
	pthread_rwlock_wrlock(&settings.lock);
	struct fb_policy *old = settings.current;
	struct fb_guarantees *old_guarantees = kept ? NULL : settings.guarantees;
	settings.current = policy;
	if (!kept)
		settings.guarantees = guarantees;
	atomic_store_explicit(&settings.guaranteed, settings.guarantees != NULL, memory_order_relaxed);
	pthread_rwlock_unlock(&settings.lock);
	fb_policy_destroy(old);
	fb_guarantees_destroy(old_guarantees);
}

static void swap_members(struct fb_members *members, int associations)
{
	pthread_rwlock_wrlock(&settings.lock);
	struct fb_members *old = settings.snapshot.members;
	settings.snapshot.members = members;
	settings.snapshot.associations = associations;
	pthread_rwlock_unlock(&settings.lock);
	fb_members_destroy(old);
}

static void swap_qos(struct fb_qos_table *qos)
{
	pthread_rwlock_wrlock(&settings.lock);
	struct fb_qos_table *old = settings.snapshot.qos;
	settings.snapshot.qos = qos;
	pthread_rwlock_unlock(&settings.lock);
	fb_qos_table_destroy(old);
}

/*
 * Members are gathered anew when their number changes, and otherwise so often that it takes a hundredth of the time: a
 * limit that is lowered is seen within a second or two, and the cache is not kept from others.
 */
static void refresh_snapshot(void)
{
	int associations;

	swap_qos(fb_accounting_qos_make());
	if (settings.snapshot_wait && --settings.snapshot_wait && !fb_accounting_changed(&settings.snapshot))
		return;
	uint64_t start = fb_counters_now();
	struct fb_members *members = fb_accounting_members_make(&associations);
	uint64_t ticks = (fb_counters_now() - start) * SNAPSHOT_SHARE / 1000000000;
	settings.snapshot_wait = 1 + (unsigned int)(ticks < SNAPSHOT_TICKS_MAX ? ticks : SNAPSHOT_TICKS_MAX - 1);
	if (members)
		swap_members(members, associations);
}

static size_t faults_shown(const struct fb_policy_report *report)
{
	return report->faults < FB_POLICY_FAULTS_MAX ? report->faults : FB_POLICY_FAULTS_MAX;
}

static bool same_faults(const struct fb_policy_report *a, const struct fb_policy_report *b)
{
	for (size_t i = 0; a->faults == b->faults && i < faults_shown(a); i++)
		if (strcmp(a->fault[i].text, b->fault[i].text))
			return false;
	return a->faults == b->faults;
}

/* Once, not again for every other file that changes nor at every try after an error of the disk. */
static void log_report(const struct fb_policy_report *report, const struct fb_policy *policy)
{
	static struct fb_policy_report logged;

	if (report->faults && same_faults(report, &logged))
		return;
	logged = *report;
	settings.failures += report->faults > 0;
	for (size_t i = 0; i < faults_shown(report); i++)
		error("flightbase: %s", report->fault[i].text);
	if (!policy)
		error("flightbase: no usable settings in %s: submissions to workspaces are refused", SETTINGS_DIR);
	else if (report->faults)
		error("flightbase: %zu broken settings files: what was good in them before stays in force", report->faults);
	else
		info("flightbase: %zu workspaces", policy->count);
}

/*
 * StateSaveLocation is shared with a backup controller, which must not write there while it waits. One that has
 * taken over has had submissions.
 */
static bool may_write_state(void)
{
	return slurmctld_primary || fb_counters_total() > 0;
}

/* What could not be read this time is tried again, ever more rarely: a load writes the last good copy. */
static bool retry_is_due(void)
{
	return settings.retry_in && --settings.retry_in == 0;
}

static void plan_retry(const struct fb_policy_report *report)
{
	if (!report->errors)
		settings.retry_pause = 0;
	else if (settings.retry_pause < RETRY_TICKS_MAX)
		settings.retry_pause = settings.retry_pause ? 2 * settings.retry_pause : 1;
	settings.retry_in = settings.retry_pause;
}

/* Read all settings if a file changed since the last time, or could not be read. */
static void load_changes(void)
{
	struct fb_policy_report report;
	struct fb_err err;
	uint64_t fingerprint = fb_policy_fingerprint(SETTINGS_DIR);

	if (!retry_is_due() && fingerprint == settings.fingerprint)
		return;
	settings.fingerprint = fingerprint;
	/* Only this thread swaps, so it may read the current policy without the lock. */
	struct fb_policy *policy = fb_policy_load(SETTINGS_DIR, settings.current, &report);
	plan_retry(&report);
	settings.broken = report.faults;
	log_report(&report, policy);
	if (!policy)
		return;
	if (may_write_state() && fb_policy_save(policy, settings.saved, &err))
		error("flightbase: the last good settings could not be saved: %s", err.text);
	swap_policy(policy);
}

/*
 * Slurm looks at waiting jobs when something of its own has changed. What is kept for workspaces is not: after an
 * edit, or when a period begins or ends, both schedulers are told. The time is a word that backfill compares, so it is
 * set without the lock, for which a thread that is joined at the end must not wait.
 */
static void wake_schedulers(void)
{
	time_t now = time(NULL);
	uint64_t kept = fb_guarantees_fingerprint(settings.guarantees, now); /* only this thread swaps them */

	if (kept == settings.kept)
		return;
	settings.kept = kept;
	__atomic_store_n(&last_part_update, now, __ATOMIC_RELAXED);
	queue_job_scheduler();
}

static void write_counters(void)
{
	char text[sizeof(settings.written)];
	struct fb_err err;

	fb_counters_format(text, sizeof(text), settings.broken, settings.failures);
	if (!may_write_state() || !strcmp(text, settings.written))
		return;
	memcpy(settings.written, text, sizeof(text));
	if (fb_file_replace(settings.counters, text, strlen(text), 0644, false, &err))
		debug("flightbase: %s", err.text);
}

static void *settings_main(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&settings.stop_lock);
	while (!settings.stop) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_clockwait(&settings.stop_changed, &settings.stop_lock, CLOCK_MONOTONIC, &until);
		if (settings.stop)
			break;
		pthread_mutex_unlock(&settings.stop_lock);
		load_changes();
		refresh_snapshot();
		wake_schedulers();
		write_counters();
		pthread_mutex_lock(&settings.stop_lock);
	}
	pthread_mutex_unlock(&settings.stop_lock);
	return NULL;
}

static void restore_last_good(void)
{
	char dir[STATE_PATH_SIZE - 64];
	struct fb_err err;

	snprintf(dir, sizeof(dir), "%s/flightbase", slurm_conf.state_save_location);
	snprintf(settings.saved, sizeof(settings.saved), "%s/policy.json", dir);
	snprintf(settings.counters, sizeof(settings.counters), "%s/job_submit.json", dir);
	if (mkdir(dir, 0755) && errno != EEXIST)
		error("flightbase: %s: %s: the last good settings will not be kept", dir, strerror(errno));
	struct fb_policy *policy = fb_policy_restore(settings.saved, &err);
	if (policy)
		swap_policy(policy);
	else if (errno != ENOENT)
		error("flightbase: the last good settings: %s", err.text);
}

int fb_settings_start(void)
{
	sigset_t all, before;

	restore_last_good();
	settings.fingerprint = 0; /* of no folder at all, so that its absence is seen as a change below */
	settings.stop = false;
	if (fb_policy_fingerprint(SETTINGS_DIR) == 0)
		error("flightbase: %s is missing: %s", SETTINGS_DIR,
		      settings.current ? "the last good settings stay in force" : "submissions to workspaces are refused");
	load_changes();
	/* slurmctld's signals are for its own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&settings.thread, NULL, settings_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	settings.running = rc == 0;
	if (rc)
		error("flightbase: the settings thread could not be started: %s", strerror(rc));
	return rc ? SLURM_ERROR : SLURM_SUCCESS;
}

void fb_settings_stop(void)
{
	if (!settings.running)
		return;
	pthread_mutex_lock(&settings.stop_lock);
	settings.stop = true;
	pthread_cond_signal(&settings.stop_changed);
	pthread_mutex_unlock(&settings.stop_lock);
	pthread_join(settings.thread, NULL);
	settings.running = false;
	write_counters();
	swap_policy(NULL);
	swap_members(NULL, 0);
	swap_qos(NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rendezvous in a folder that all ranks share: FLIGHTBASE_RENDEZVOUS names it, FLIGHTBASE_RANK and
 * FLIGHTBASE_SIZE say who is who (under Slurm SLURM_PROCID and SLURM_STEP_NUM_TASKS do). Each rank links its
 * finished card to the name PREFIX.RANK and reads the others'. PREFIX is the Slurm step, or "flightbase" without
 * Slurm: a folder then serves one start, and a rank that finds its name taken says so.
 * Cards of another user are refused: the folder may be a public one.
 * Cards are taken away when they have served, and when some rank never came. They stay where all came and the start
 * failed all the same, because then nobody knows who has read them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coll/bootstrap.h"
#include "coll/clock.h"

#define LOOK_MS 200

struct file_state {
	int folder;
	char path[PATH_MAX];
	char prefix[96];
	bool linked;   /* the name in the folder is ours */
	bool complete; /* all cards were there */
	int size;
	struct fb_blob *blobs; /* [size], as they were found */
};

static fb_coll_status_t read_number(const char *ours, const char *slurms, int min, int max, int *value, struct fb_err *err)
{
	fb_coll_status_t status = fb_settings_number(getenv(ours) ? ours : slurms, min, max, -1, value, err);

	if (!status && *value < min)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: FLIGHTBASE_RENDEZVOUS is set, %s is not", ours);
	return status;
}

static void make_prefix(char *prefix, size_t size)
{
	const char *job = getenv("SLURM_JOB_ID"), *step = getenv("SLURM_STEP_ID"), *restart = getenv("SLURM_RESTART_COUNT");

	if (job && step)
		snprintf(prefix, size, "flightbase.%.20s.%.20s.%.20s", job, step, restart ? restart : "0");
	else
		snprintf(prefix, size, "flightbase");
}

static fb_coll_status_t file_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	const char *path = getenv("FLIGHTBASE_RENDEZVOUS");
	fb_coll_status_t status;

	if (!path || !*path)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: FLIGHTBASE_RENDEZVOUS does not name a folder");
	if ((status = read_number("FLIGHTBASE_SIZE", "SLURM_STEP_NUM_TASKS", 1, FB_RANKS_MAX, &bootstrap->size, err)) ||
	    (status = read_number("FLIGHTBASE_RANK", "SLURM_PROCID", 0, bootstrap->size - 1, &bootstrap->rank, err)))
		return status;
	struct file_state *state = calloc(1, sizeof(*state));
	struct fb_blob *blobs = calloc((size_t)bootstrap->size, sizeof(*blobs));
	if (!state || !blobs) {
		status = fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the bootstrap");
		goto free_state;
	}
	state->size = bootstrap->size;
	state->blobs = blobs;
	snprintf(state->path, sizeof(state->path), "%s", path);
	make_prefix(state->prefix, sizeof(state->prefix));
	state->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (state->folder < 0) {
		status = fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: folder '%.200s': %s", path, strerror(errno));
		goto free_state;
	}
	bootstrap->state = state;
	return FB_COLL_OK;
free_state:
	free(blobs);
	free(state);
	return status;
}

static void make_name(const struct file_state *state, const char *suffix, int rank, char *name, size_t size)
{
	snprintf(name, size, "%s%s.%d", state->prefix, suffix, rank);
}

static int write_all(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size) {
		ssize_t n = write(fd, next, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		next += n;
		size -= (size_t)n;
	}
	return 0;
}

/* A card appears whole or not at all: written under another name, then linked. */
static fb_coll_status_t put_card(struct file_state *state, int rank, const struct fb_blob *mine, struct fb_err *err)
{
	char temporary[160], name[160];
	fb_coll_status_t status = FB_COLL_OK;

	make_name(state, ".part", rank, temporary, sizeof(temporary));
	make_name(state, "", rank, name, sizeof(name));
	unlinkat(state->folder, temporary, 0);
	int fd = openat(state->folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: '%.200s/%s': %s", state->path, temporary, strerror(errno));
	int bad = write_all(fd, mine->data, mine->size) || fsync(fd);
	if (close(fd) || bad)
		status = fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: '%.200s/%s': %s", state->path, temporary, strerror(errno));
	else if (linkat(state->folder, temporary, state->folder, name, 0))
		status = errno == EEXIST ?
				 fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP,
					      "file: rank %d is in '%.200s' already: each start needs a folder of its own", rank,
					      state->path) :
				 fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: '%.200s/%s': %s", state->path, name,
					      strerror(errno));
	state->linked = status == FB_COLL_OK;
	unlinkat(state->folder, temporary, 0);
	return status;
}

static fb_coll_status_t read_card(int fd, const char *where, struct fb_blob *blob, struct fb_err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: %s: %s", where, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size > FB_CARD_MAX)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: %s: not a card of this user", where);
	blob->size = (size_t)st.st_size;
	blob->data = malloc(blob->size + 1);
	if (!blob->data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", blob->size);
	if (read(fd, blob->data, blob->size) != (ssize_t)blob->size)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: %s: cannot be read", where);
	return FB_COLL_OK;
}

/* *found says whether it was there; a missing one is no error yet. */
static fb_coll_status_t get_card(const struct file_state *state, int rank, struct fb_blob *blob, bool *found, struct fb_err *err)
{
	char name[160], where[320];

	make_name(state, "", rank, name, sizeof(name));
	snprintf(where, sizeof(where), "'%.100s/%s'", state->path, name);
	int fd = openat(state->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	*found = fd >= 0;
	if (fd < 0)
		return errno == ENOENT || errno == ESTALE ?
			       FB_COLL_OK :
			       fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "file: %s: %s", where, strerror(errno));
	fb_coll_status_t status = read_card(fd, where, blob, err);
	close(fd);
	return status;
}

static fb_coll_status_t fail_missing(const struct file_state *state, int waited, struct fb_err *err)
{
	char list[160] = "";
	int missing = 0;

	for (int i = 0; i < state->size; i++)
		if (!state->blobs[i].data && missing++ < 16)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), " %d", i);
	return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP,
			    "file: %d of %d ranks did not come to '%.200s' within %d s (FLIGHTBASE_START_TIMEOUT): ranks%s%s", missing,
			    state->size, state->path, waited, list, missing > 16 ? " ..." : "");
}

/* Read the cards that are there of the ranks from `first` on. */
static fb_coll_status_t get_cards(const struct file_state *state, int first, struct fb_err *err)
{
	fb_coll_status_t status = FB_COLL_OK;
	bool found;

	for (int i = first; i < state->size && !status; i++)
		if (!state->blobs[i].data)
			status = get_card(state, i, &state->blobs[i], &found, err);
	return status;
}

/*
 * Ranks that give up take their cards away, all at about the same time: so that the missing ones are named and not
 * those who waited for them, who is there is also looked up while waiting for the first missing one.
 */
static fb_coll_status_t file_share(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err)
{
	struct file_state *state = bootstrap->state;
	struct fb_awake awake = { 0 };
	int64_t now = fb_awake_ms(&awake, LOOK_MS), until = now + (int64_t)bootstrap->start_s * 1000, look = now + LOOK_MS, pause = 1;
	fb_coll_status_t status = put_card(state, bootstrap->rank, mine, err);

	for (int i = 0; !status && i < state->size;) {
		bool found = state->blobs[i].data;

		if (!found)
			status = get_card(state, i, &state->blobs[i], &found, err);
		if (status || found) {
			i++;
			continue;
		}
		now = fb_awake_ms(&awake, LOOK_MS);
		if (now > until || now > look) {
			look = now + LOOK_MS;
			status = get_cards(state, i + 1, err);
		}
		if (!status && now > until)
			return fail_missing(state, bootstrap->start_s, err);
		fb_clock_sleep_ms(pause);
		pause = pause < 50 ? pause * 2 : 50;
	}
	state->complete = status == FB_COLL_OK;
	return status;
}

static fb_coll_status_t file_read(struct fb_bootstrap *bootstrap, int rank, struct fb_blob *blob, struct fb_err *err)
{
	struct file_state *state = bootstrap->state;

	(void)err;
	*blob = state->blobs[rank];
	state->blobs[rank].data = NULL;
	return FB_COLL_OK;
}

static void file_close(struct fb_bootstrap *bootstrap)
{
	struct file_state *state = bootstrap->state;
	char name[160];

	make_name(state, "", bootstrap->rank, name, sizeof(name));
	if (state->linked && !(state->complete && bootstrap->failed))
		unlinkat(state->folder, name, 0);
	close(state->folder);
	fb_blobs_destroy(state->blobs, state->size);
	free(state);
}

const struct fb_bootstrap_ops fb_bootstrap_file = {
	.name = "file", .names_missing = true, .open = file_open, .share = file_share, .read = file_read, .close = file_close
};

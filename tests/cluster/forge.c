/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of its own: submits a batch job by Slurm's API, with any SPANK variables and fields that sbatch would not
 * send. forge ACCOUNT OUTPUT [@FIELD=VALUE]... [VARIABLE=VALUE]... prints the job's id, or the controller's message and
 * exits 1. A VALUE of "x*N" for a text is that many letters.
 */
#include <errno.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum { TEXT, NUMBER16, NUMBER32, TIME } kind;
	size_t offset;
} fields[] = {
	{ "tres_per_job", TEXT, offsetof(job_desc_msg_t, tres_per_job) },
	{ "tres_per_node", TEXT, offsetof(job_desc_msg_t, tres_per_node) },
	{ "tres_per_socket", TEXT, offsetof(job_desc_msg_t, tres_per_socket) },
	{ "tres_per_task", TEXT, offsetof(job_desc_msg_t, tres_per_task) },
	{ "qos", TEXT, offsetof(job_desc_msg_t, qos) },
	{ "partition", TEXT, offsetof(job_desc_msg_t, partition) },
	{ "min_nodes", NUMBER32, offsetof(job_desc_msg_t, min_nodes) },
	{ "num_tasks", NUMBER32, offsetof(job_desc_msg_t, num_tasks) },
	{ "nice", NUMBER32, offsetof(job_desc_msg_t, nice) },
	{ "priority", NUMBER32, offsetof(job_desc_msg_t, priority) },
	{ "site_factor", NUMBER32, offsetof(job_desc_msg_t, site_factor) },
	{ "time_limit", NUMBER32, offsetof(job_desc_msg_t, time_limit) },
	{ "time_min", NUMBER32, offsetof(job_desc_msg_t, time_min) },
	{ "het_job_offset", NUMBER32, offsetof(job_desc_msg_t, het_job_offset) },
	{ "ntasks_per_tres", NUMBER16, offsetof(job_desc_msg_t, ntasks_per_tres) },
	{ "shared", NUMBER16, offsetof(job_desc_msg_t, shared) },
	{ "begin_time", TIME, offsetof(job_desc_msg_t, begin_time) },
	{ "deadline", TIME, offsetof(job_desc_msg_t, deadline) },
};

static char *text_of(const char *value)
{
	size_t length = strncmp(value, "x*", 2) ? 0 : strtoul(value + 2, NULL, 10);
	char *text = length ? calloc(1, length + 1) : strdup(value);

	return length ? memset(text, 'x', length) : text;
}

/* "FIELD=VALUE" into the description; 0, or -1: there is no such field. */
static int set_field(job_desc_msg_t *job, const char *argument)
{
	const char *value = strchr(argument, '=');

	for (size_t i = 0; value && i < sizeof(fields) / sizeof(fields[0]); i++) {
		void *field = (char *)job + fields[i].offset;

		if (strlen(fields[i].name) != (size_t)(value - argument) ||
		    strncmp(fields[i].name, argument, (size_t)(value - argument)))
			continue;
		unsigned long number = strtoul(value + 1, NULL, 0);
		if (fields[i].kind == TEXT)
			*(char **)field = text_of(value + 1);
		else if (fields[i].kind == NUMBER16)
			*(uint16_t *)field = (uint16_t)number;
		else if (fields[i].kind == NUMBER32)
			*(uint32_t *)field = (uint32_t)number;
		else
			*(time_t *)field = (time_t)number;
		return 0;
	}
	return -1;
}

static void describe(job_desc_msg_t *job, char **argv)
{
	static char *environment[] = { "PATH=/usr/bin:/bin", NULL };

	slurm_init_job_desc_msg(job);
	job->account = argv[1];
	job->std_out = argv[2];
	job->std_err = "/dev/null";
	job->work_dir = "/tmp";
	job->name = "forge";
	job->user_id = getuid();
	job->group_id = getgid();
	job->min_nodes = 1;
	job->num_tasks = 1;
	job->script = "#!/bin/bash\necho \"$FLIGHTBASE_WORKSPACE $FLIGHTBASE_P2P\"\n";
	job->environment = environment;
	job->env_size = 1;
}

int main(int argc, char **argv)
{
	submit_response_msg_t *response = NULL;
	job_desc_msg_t job;
	int i = 3;

	if (argc < 3)
		return 2;
	slurm_init(NULL);
	describe(&job, argv);
	for (; i < argc && argv[i][0] == '@'; i++)
		if (set_field(&job, argv[i] + 1))
			return 2;
	if (i < argc) {
		job.spank_job_env = argv + i;
		job.spank_job_env_size = (uint32_t)(argc - i);
	}
	int rc = slurm_submit_batch_job(&job, &response);
	if (rc || (response && response->error_code)) {
		printf("%s: %s\n", response && response->job_submit_user_msg ? response->job_submit_user_msg : "",
		       slurm_strerror(rc ? errno : (int)response->error_code));
		return 1;
	}
	printf("%u\n", response->job_id);
	return 0;
}

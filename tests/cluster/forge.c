/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of its own: submits a batch job by Slurm's API, with any SPANK variables.
 * forge ACCOUNT OUTPUT [VARIABLE=VALUE]... prints the job's id, or the controller's message and exits 1.
 */
#include <errno.h>
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char *environment[] = { "PATH=/usr/bin:/bin", NULL };
	submit_response_msg_t *response = NULL;
	job_desc_msg_t job;

	if (argc < 3)
		return 2;
	slurm_init(NULL);
	slurm_init_job_desc_msg(&job);
	job.account = argv[1];
	job.std_out = argv[2];
	job.std_err = "/dev/null";
	job.work_dir = "/tmp";
	job.name = "forge";
	job.user_id = getuid();
	job.group_id = getgid();
	job.min_nodes = 1;
	job.num_tasks = 1;
	job.script = "#!/bin/bash\necho \"$FLIGHTBASE_WORKSPACE $FLIGHTBASE_P2P\"\n";
	job.environment = environment;
	job.env_size = 1;
	if (argc > 3) {
		job.spank_job_env = argv + 3;
		job.spank_job_env_size = (uint32_t)(argc - 3);
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

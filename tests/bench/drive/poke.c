/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one message that libslurm's public functions do not send: MESSAGE_EPILOG_COMPLETE, of a node's slurmd. */
#include "topology/slurm_compat.h"

#include "control.h"

#define NO_JOB 0 /* job ids begin at 1 */

int drive_control_poke(struct fb_err *err)
{
	char node[] = "none";
	epilog_complete_msg_t told = { .job_id = NO_JOB, .node_name = node };
	slurm_msg_t message;
	int rc = SLURM_ERROR;

	slurm_msg_t_init(&message);
	message.msg_type = MESSAGE_EPILOG_COMPLETE;
	message.data = &told;
	if (slurm_send_recv_controller_rc_msg(&message, &rc, NULL) < 0 || rc)
		return fb_err_set(err, "slurmctld does not take the end of an epilog: %s", slurm_strerror(rc ? rc : errno));
	return 0;
}

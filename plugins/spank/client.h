/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sbatch, salloc and srun. */
#ifndef FB_SPANK_CLIENT_H
#define FB_SPANK_CLIENT_H

/* Slurm's callback for an option as it is read: 0, or -1 after the message, which stops the command. */
int fb_client_option(int id, const char *value, int remote);

#endif

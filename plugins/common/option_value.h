/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Syntax of the options' values. Each returns 0, or -1 with the reason and what is allowed. */
#ifndef FB_COMMON_OPTION_VALUE_H
#define FB_COMMON_OPTION_VALUE_H

#include "common/err.h"

int fb_value_check_training(const char *value, struct fb_err *err);
int fb_value_check_share(const char *value, struct fb_err *err);
int fb_value_check_params(const char *value, struct fb_err *err);
int fb_value_check_parallel(const char *value, struct fb_err *err);
int fb_value_check_sample(const char *value, struct fb_err *err);
int fb_value_check_image(const char *value, struct fb_err *err);
int fb_value_check_datasets(const char *value, struct fb_err *err);
int fb_value_check_wires(const char *value, struct fb_err *err);
int fb_value_check_percent(const char *value, struct fb_err *err);

/* The percentage of a value that the check above has let pass; otherwise where it has none ("", Slurm's "(null)", NULL). */
unsigned int fb_value_percent(const char *value, unsigned int otherwise);

int fb_value_check_signal(const char *value, struct fb_err *err);
int fb_value_check_minutes(const char *value, struct fb_err *err);

#endif

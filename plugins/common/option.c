/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/option.h"

#include <string.h>

#include "common/name.h"
#include "common/option_value.h"

#define H "[flightbase] "
#define LATER " (not in this version)"

const struct fb_option fb_options[FB_OPTION_COUNT] = {
	[FB_OPTION_WORKSPACE] = { "workspace", "NAME",
		H "workspace to run in (default: the job's account, if it is a workspace)", FB_ARGUMENT_REQUIRED, fb_name_check,
		"*" },
	[FB_OPTION_TRAINING] = { "training", "TYPE", H "training type: advanced, builtin or jupyter",
		FB_ARGUMENT_REQUIRED, fb_value_check_training, "advanced" },
	[FB_OPTION_TRAINING_NAME] = { "training-name", "NAME", H "name of the training that this job belongs to",
		FB_ARGUMENT_REQUIRED, fb_name_check_training, "*" },
	[FB_OPTION_TRAINING_SHARE] = { "training-share", "WHAT", H "what members may do with the training: run or edit" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_share, NULL },
	[FB_OPTION_PARAMS] = { "params", "SPEC|@FILE", H "parameter sets, for example 'lr=0.1,0.01;batch=32,64'" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_params, NULL },
	[FB_OPTION_PARAMS_PARALLEL] = { "params-parallel", "K", H "run up to K parameter sets at once" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_parallel, NULL },
	[FB_OPTION_PARAMS_SAMPLE] = { "params-sample", "N[:SEED]", H "run N sets drawn at random from the grid" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_sample, NULL },
	[FB_OPTION_MODEL] = { "model", "NAME", H "built-in model to train" LATER, FB_ARGUMENT_REQUIRED, fb_name_check, NULL },
	[FB_OPTION_IMAGE] = { "image", "REF", H "image: Docker reference, path to a .sqsh, @NAME, @shared/NAME or @WORKSPACE/NAME" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_image, NULL },
	[FB_OPTION_DATASET] = { "dataset", "NAME[@VERSION][:ro|:rw],...", H "datasets to mount; shared/NAME for the site's" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_datasets, NULL },
	[FB_OPTION_P2P] = { "p2p", "MODE", H "GPUs wired to each other inside a node: prefer, require or off",
		FB_ARGUMENT_REQUIRED, fb_value_check_wires, "*" },
	[FB_OPTION_RDMA] = { "rdma", "MODE", H "InfiniBand between nodes: prefer, require or off", FB_ARGUMENT_REQUIRED,
		fb_value_check_wires, "*" },
	[FB_OPTION_PREFLIGHT] = { "preflight", "PERCENT", H "measure the allreduce before the job; slower than PERCENT (70) of the model: do not run on the slow node",
		FB_ARGUMENT_OPTIONAL, fb_value_check_percent, "*" },
	[FB_OPTION_PREEMPTIBLE] = { "preemptible", NULL,
		H "may run on idle GPUs that are guaranteed to others, and is requeued when they are wanted back",
		FB_ARGUMENT_NONE, NULL, "*" },
	[FB_OPTION_CHECKPOINT_SIGNAL] = { "checkpoint-signal", "SIG@SECONDS",
		H "signal the job this long before its end and requeue it" LATER, FB_ARGUMENT_REQUIRED, fb_value_check_signal, NULL },
	[FB_OPTION_IDLE_STOP] = { "idle-stop", "MINUTES", H "end an idle Jupyter session after this time" LATER,
		FB_ARGUMENT_REQUIRED, fb_value_check_minutes, NULL },
};

/* Is value one of the comma-separated words of list? */
static bool in_list(const char *list, const char *value)
{
	size_t length = strlen(value);

	for (const char *word = list; word; word = strchr(word, ',')) {
		word += *word == ',';
		if (!strncmp(word, value, length) && (word[length] == ',' || !word[length]))
			return true;
	}
	return false;
}

static int check_effect(const struct fb_option *option, const char *value, struct fb_err *err)
{
	const char *effective = option->effective;

	if (effective && (!strcmp(effective, "*") || in_list(effective, value)))
		return 0;
	if (effective)
		return fb_err_set(err, "option '--%s': '%s' has no effect in this version and is refused: %s can be used; "
				       "leave it out",
				  option->name, value, effective);
	return fb_err_set(err, "option '--%s': has no effect in this version and is refused; leave it out", option->name);
}

int fb_option_check(enum fb_option_id id, const char *value, struct fb_err *err)
{
	const struct fb_option *option = &fb_options[id];
	/* What Slurm makes of an option that was given without an argument. */
	bool none = !value || !strcmp(value, "(null)") || (!*value && option->argument != FB_ARGUMENT_REQUIRED);

	if (none && option->argument == FB_ARGUMENT_REQUIRED)
		return fb_err_set(err, "option '--%s': needs a value: --%s=%s", option->name, option->name, option->arginfo);
	if (!none && option->argument == FB_ARGUMENT_NONE)
		return fb_err_set(err, "option '--%s': takes no value", option->name);
	if (!none && strlen(value) > FB_OPTION_VALUE_MAX)
		return fb_err_set(err, "option '--%s': %zu characters long: at most %d are allowed", option->name,
				  strlen(value), FB_OPTION_VALUE_MAX);
	if (!none && option->check(value, err))
		return fb_err_prefix(err, "option '--%s': '%.64s'", option->name, value);
	return check_effect(option, none ? "" : value, err);
}

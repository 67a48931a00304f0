/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be done so that a workspace becomes as it should be: steps in an order that leaves nothing usable half
 * made, each with the words that tell people. Making a plan changes nothing and asks nobody.
 *
 * A workspace comes into being from the inside out: its directories, its QOS (nobody has it yet), its settings (known
 * now, but everybody is refused), its account with the quota, and last the members. It goes the other way round. Every
 * step can be done again, so what was interrupted is completed by planning anew.
 */
#ifndef FB_PLAN_H
#define FB_PLAN_H

#include "flightbase/spec.h"
#include "flightbase/tree.h"

enum fb_step_kind {
	FB_STEP_SITE,	      /* write flightbase.json */
	FB_STEP_TREE,	      /* make or mend the directories, let members in */
	FB_STEP_PREEMPTIBLE,  /* create the site's QOS for preemptible jobs */
	FB_STEP_QOS,	      /* create or change ws-NAME */
	FB_STEP_DEADLINES,    /* move the end of pending jobs */
	FB_STEP_SETTINGS,     /* write workspaces.d/NAME.json */
	FB_STEP_ACCOUNT,      /* create or change the account */
	FB_STEP_MEMBERS,      /* add and remove members and managers */
	FB_STEP_GATE,	      /* let former members in no more */
	FB_STEP_CLOSE,	      /* take no more submissions */
	FB_STEP_CANCEL,	      /* cancel pending jobs */
	FB_STEP_DROP_ACCOUNT, /* from here on: removal */
	FB_STEP_DROP_SETTINGS,
	FB_STEP_DROP_QOS,
	FB_STEP_DROP_TREE,
};

#define FB_STEP_WORDS_MAX 400

struct fb_step {
	enum fb_step_kind kind;
	const char *workspace; /* NULL: the site */
	const struct fb_spec *spec; /* NULL for removals and the site */
	const struct fb_view *view;
	const struct fb_tree *tree;
	char words[FB_STEP_WORDS_MAX]; /* "create the account with 16 GPUs" */
};

struct fb_plan {
	size_t count;
	struct fb_step *step;
};

/* What a plan looks at beside the workspace itself. */
struct fb_plan_site {
	const struct fb_site *settings;
	bool preemptible; /* is its QOS there, or planned already */
};

void fb_plan_free(struct fb_plan *plan);

/*
 * Append what makes the workspace as in spec. All three must outlive the plan. tree->known false: the caller cannot
 * see into the directory; what has to be done there is then taken for done unless a member is added or removed.
 * Return 0, or -1 with err.
 */
int fb_plan_put(struct fb_plan *plan, struct fb_plan_site *site, const struct fb_spec *spec, const struct fb_view *view,
		const struct fb_tree *tree, struct fb_err *err);

/* Append what removes it; drain: close it and cancel what waits first; purge: the directories too. */
int fb_plan_drop(struct fb_plan *plan, const struct fb_plan_site *site, const struct fb_view *view, const struct fb_tree *tree,
		 bool drain, bool purge, struct fb_err *err);

/* Append one step. */
int fb_plan_add(struct fb_plan *plan, const struct fb_step *step, struct fb_err *err);

bool fb_plan_has(const struct fb_plan *plan, enum fb_step_kind kind);

#endif

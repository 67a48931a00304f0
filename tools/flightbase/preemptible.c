/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/preemptible.h"

#include "flightbase/ledger.h"

static int share(struct fb_db *db, const struct fb_views *views, const struct fb_view *view, struct fb_err *err)
{
	const uint32_t qos[2] = { view->qos_id, views->preemptible_id };
	struct fb_spec spec;

	if (fb_spec_from_view(&spec, view, NULL, err))
		return -1;
	int rc = fb_ledger_put_qos(db, &spec, view, views->preemptible_id, err) ||
				 fb_ledger_share_qos(db, view->name, qos, 2, err) ? -1 : 0;
	fb_spec_free(&spec);
	return rc;
}

int fb_preemptible_create(struct fb_db *db, const char *name, struct fb_err *err)
{
	struct fb_views views;
	int rc = 0;

	if (fb_ledger_add_preemptible(db, name, err) || fb_views_load(db, NULL, &views, err))
		return -1;
	for (size_t i = 0; !rc && i < views.count; i++)
		if (views.view[i].account && views.view[i].qos && views.preemptible_id && !views.view[i].qos_used)
			rc = share(db, &views, &views.view[i], err);
	fb_views_free(&views);
	return rc;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flightbase/topo/diff.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "flightbase/gpus.h"
#include "flightbase/text.h"

__attribute__((format(printf, 3, 4))) static void add(struct fb_diff *diff, enum fb_diff_kind kind, const char *format, ...)
{
	va_list args;

	if (diff->count == FB_DIFF_MAX)
		return;
	struct fb_diff_entry *entry = &diff->entry[diff->count++];
	entry->kind = kind;
	va_start(args, format);
	vsnprintf(entry->text, sizeof(entry->text), format, args);
	va_end(args);
}

/* Which GPUs of the type the node still has: the k-th of them is its GPU k. */
struct match {
	fb_gpuset kept;
	fb_gpuset sure;	    /* lost in every match that is as good */
	fb_gpuset possible; /* lost in some */
	unsigned int differences;
};

static void members(fb_gpuset set, unsigned int *member)
{
	for (unsigned int g = 0, k = 0; g < FB_ENGINE_GPUS_MAX; g++)
		if (set & 1u << g)
			member[k++] = g;
}

static int socket_of(const struct fb_topofile_type *type, unsigned int gpu)
{
	for (unsigned int s = 0; s < type->sockets; s++)
		if (type->socket[s] & 1u << gpu)
			return (int)s;
	return -1;
}

static unsigned int near_of(const struct fb_topofile_type *type, unsigned int gpu, const char *nic)
{
	for (unsigned int n = 0; n < type->nics; n++)
		if (!strcmp(type->nic[n].name, nic))
			return type->nic[n].near >> gpu & 1;
	return 2; /* there is no such adapter: it tells nothing */
}

/* A link of another class weighs more than lanes that were lost. */
static unsigned int differences(const struct fb_topofile_type *then, const struct fb_topofile_type *now, fb_gpuset kept)
{
	unsigned int at[FB_ENGINE_GPUS_MAX], count = 0;

	members(kept, at);
	for (unsigned int i = 0; i < now->wiring.gpus; i++) {
		if (then->sockets && now->sockets)
			count += socket_of(then, at[i]) != socket_of(now, i);
		for (unsigned int n = 0; n < then->nics; n++) {
			unsigned int is = near_of(now, i, then->nic[n].name);

			count += is != 2 && is != (then->nic[n].near >> at[i] & 1u);
		}
		for (unsigned int j = 0; j < i; j++) {
			count += 4u * (then->wiring.link[at[i]][at[j]] != now->wiring.link[i][j]);
			count += then->wiring.lanes[at[i]][at[j]] != now->wiring.lanes[i][j];
		}
	}
	return count;
}

/* Device files keep their numbers when one is lost at run time: a gap tells which. */
static bool match_minors(struct match *match, unsigned int then, unsigned int now, const int *minor)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < now; i++) {
		if (!minor || minor[i] < 0 || minor[i] >= (int)then || kept >> minor[i])
			return false;
		kept |= 1u << minor[i];
	}
	/* Without a gap they may have been counted anew. */
	if (kept == (1u << now) - 1)
		return false;
	*match = (struct match){ .kept = (fb_gpuset)kept };
	match->sure = match->possible = (fb_gpuset)(((1u << then) - 1) & ~kept);
	return true;
}

static void match_make(struct match *match, const struct fb_topofile_type *then, const struct fb_topofile_type *now, const int *minor)
{
	unsigned int all = (1u << then->wiring.gpus) - 1;

	if (match_minors(match, then->wiring.gpus, now->wiring.gpus, minor))
		return;
	*match = (struct match){ .differences = UINT32_MAX };
	for (unsigned int set = 1; set <= all; set++) {
		if ((unsigned int)__builtin_popcount(set) != now->wiring.gpus)
			continue;
		unsigned int differs = differences(then, now, (fb_gpuset)set);
		if (differs > match->differences)
			continue;
		if (differs < match->differences)
			*match = (struct match){ (fb_gpuset)set, (fb_gpuset)(all & ~set), 0, differs };
		match->sure &= (fb_gpuset)~set;
		match->possible |= (fb_gpuset)(all & ~set);
	}
}

static void add_gpus(struct fb_diff *diff, const struct match *match, unsigned int lost)
{
	char text[FB_GPUS_TEXT_MAX];
	unsigned int unsure = lost - (unsigned int)__builtin_popcount(match->sure);

	for (unsigned int g = 0; g < FB_ENGINE_GPUS_MAX; g++)
		if (match->sure & 1u << g)
			add(diff, FB_DIFF_GPU, "GPU %u is gone", g);
	if (!unsure)
		return;
	fb_gpus_index_text(match->possible & ~match->sure, text, sizeof(text));
	add(diff, FB_DIFF_GPU, "%u of the GPUs %s %s gone (their links are alike: see nvidia-smi)", unsure, text, unsure == 1 ? "is" : "are");
}

/* An NVLink is worse than it was by how many lanes it has lost. */
static int lanes_lost(const struct fb_topofile_type *then, const struct fb_topofile_type *now, const unsigned int *at, unsigned int i,
		      unsigned int j)
{
	return then->wiring.lanes[at[i]][at[j]] - now->wiring.lanes[i][j];
}

/* A GPU on NVSwitches that has lost a lane has lost it to all others: that is one fault. Returns the GPUs that are told of. */
static fb_gpuset add_whole(struct fb_diff *diff, const struct fb_topofile_type *then, const struct fb_topofile_type *now, const unsigned int *at)
{
	unsigned int n = now->wiring.gpus;
	fb_gpuset told = 0;

	for (unsigned int i = 0; n > 2 && i < n; i++) {
		int least = FB_ENGINE_LANES_MAX;
		unsigned int most = 0, was = 0;

		for (unsigned int j = 0; j < n; j++) {
			if (i == j)
				continue;
			least = lanes_lost(then, now, at, i, j) < least ? lanes_lost(then, now, at, i, j) : least;
			most = now->wiring.lanes[i][j] > most ? now->wiring.lanes[i][j] : most;
			was = then->wiring.lanes[at[i]][at[j]] > was ? then->wiring.lanes[at[i]][at[j]] : was;
		}
		if (least <= 0)
			continue;
		told |= (fb_gpuset)(1u << i);
		if (most)
			add(diff, FB_DIFF_LINK, "GPU %u: NVLink to all others has %u lanes, not %u", at[i], most, was);
		else
			add(diff, FB_DIFF_LINK, "GPU %u: NVLink to all others (%u lanes) is gone", at[i], was);
	}
	/* If that is said of all, it is no fault of one. */
	return told;
}

static void add_links(struct fb_diff *diff, const struct fb_topofile_type *then, const struct fb_topofile_type *now, fb_gpuset kept)
{
	unsigned int at[FB_ENGINE_GPUS_MAX];
	char was[FB_LINK_TEXT_MAX], is[FB_LINK_TEXT_MAX];

	members(kept, at);
	fb_gpuset told = add_whole(diff, then, now, at);
	for (unsigned int i = 0; i < now->wiring.gpus; i++)
		for (unsigned int j = i + 1; j < now->wiring.gpus; j++) {
			int lost = lanes_lost(then, now, at, i, j);

			if (told & (1u << i | 1u << j))
				continue;
			fb_link_text((enum fb_link)then->wiring.link[at[i]][at[j]], then->wiring.lanes[at[i]][at[j]], was);
			fb_link_text((enum fb_link)now->wiring.link[i][j], now->wiring.lanes[i][j], is);
			if (lost > 0 && !now->wiring.lanes[i][j])
				add(diff, FB_DIFF_LINK, "NVLink of GPUs %u and %u (%s) is gone: %s now", at[i], at[j], was, is);
			else if (lost > 0)
				add(diff, FB_DIFF_LINK, "NVLink of GPUs %u and %u has %u lanes, not %u", at[i], at[j], now->wiring.lanes[i][j],
				    then->wiring.lanes[at[i]][at[j]]);
			else if (strcmp(was, is))
				add(diff, FB_DIFF_OTHER, "link of GPUs %u and %u is %s, not %s", at[i], at[j], is, was);
		}
}

static const struct fb_topofile_nic *nic_find(const struct fb_topofile_type *type, const char *name)
{
	for (unsigned int n = 0; n < type->nics; n++)
		if (!strcmp(type->nic[n].name, name))
			return &type->nic[n];
	return NULL;
}

static void add_adapters(struct fb_diff *diff, const struct fb_topofile_type *then, const struct fb_topofile_type *now)
{
	for (unsigned int n = 0; n < then->nics; n++) {
		const struct fb_topofile_nic *was = &then->nic[n], *is = nic_find(now, was->name);

		if (!is)
			add(diff, FB_DIFF_ADAPTER, "HCA %s is gone", was->name);
		else if (was->gbps > 0 && is->gbps <= 0)
			add(diff, FB_DIFF_ADAPTER, "HCA %s has no link", was->name);
		else if (is->gbps < was->gbps)
			add(diff, FB_DIFF_ADAPTER, "HCA %s has a link of %.4g GB/s, not %.4g", was->name, is->gbps, was->gbps);
		else if (is->gbps > was->gbps)
			add(diff, FB_DIFF_OTHER, "HCA %s has a link of %.4g GB/s, not %.4g", was->name, is->gbps, was->gbps);
		if (is && is->near != was->near && then->wiring.gpus == now->wiring.gpus)
			add(diff, FB_DIFF_OTHER, "HCA %s is near other GPUs", was->name);
	}
	for (unsigned int n = 0; n < now->nics; n++)
		if (!nic_find(then, now->nic[n].name))
			add(diff, FB_DIFF_OTHER, "HCA %s is new", now->nic[n].name);
}

static void add_kinds(struct fb_diff *diff, const struct fb_topofile_type *then, const struct fb_topofile_type *now)
{
	bool cores = then->sockets == now->sockets;

	if (*then->gpu && *now->gpu && strcmp(then->gpu, now->gpu))
		add(diff, FB_DIFF_OTHER, "GPUs are %s, not %s", now->gpu, then->gpu);
	for (unsigned int s = 0; cores && s < then->sockets; s++)
		cores = !strcmp(then->cores[s], now->cores[s]);
	if (!cores && then->sockets && now->sockets)
		add(diff, FB_DIFF_OTHER, "sockets or their cores are others");
}

void fb_diff_make(struct fb_diff *diff, const struct fb_topofile_type *then, const struct fb_topofile_type *now, const int *minor)
{
	struct match match;

	diff->count = 0;
	add_kinds(diff, then, now);
	if (now->wiring.gpus > then->wiring.gpus) {
		add(diff, FB_DIFF_OTHER, "%u GPUs, not %u", now->wiring.gpus, then->wiring.gpus);
	} else {
		match_make(&match, then, now, minor);
		add_gpus(diff, &match, then->wiring.gpus - now->wiring.gpus);
		add_links(diff, then, now, match.kept);
	}
	add_adapters(diff, then, now);
}

bool fb_diff_missing(const struct fb_diff *diff)
{
	for (unsigned int i = 0; i < diff->count; i++)
		if (diff->entry[i].kind != FB_DIFF_OTHER)
			return true;
	return false;
}

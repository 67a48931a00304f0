/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/layout.h"

#include <stdlib.h>
#include <string.h>

static int compare_cards(const void *one, const void *other, void *argument)
{
	const struct fb_card *cards = argument;
	const int a = *(const int *)one, b = *(const int *)other;
	const int host = strcmp(cards[a].host, cards[b].host);

	if (host)
		return host;
	if (cards[a].boot != cards[b].boot)
		return cards[a].boot < cards[b].boot ? -1 : 1;
	return (a > b) - (a < b);
}

/* By the first rank of their nodes, then by rank. */
static int compare_places(const void *one, const void *other, void *argument)
{
	const int *first = argument;
	const int a = *(const int *)one, b = *(const int *)other;

	return first[a] != first[b] ? (first[a] > first[b]) - (first[a] < first[b]) : (a > b) - (a < b);
}

/* order is sorted by cards: the ranks of a node follow each other. */
static void count_nodes(const struct fb_card *cards, int size, const int *order, int *first, struct fb_layout *layout)
{
	int ranks = 0;

	for (int i = 0; i < size; i++) {
		const bool begins = !i || !fb_card_same_node(&cards[order[i]], &cards[order[i - 1]]);
		first[order[i]] = begins ? order[i] : first[order[i - 1]];
		layout->nodes += begins;
		ranks = begins ? 1 : ranks + 1;
		/* The last one of its node says how many it has. */
		if (i + 1 < size && fb_card_same_node(&cards[order[i]], &cards[order[i + 1]]))
			continue;
		layout->per_node = layout->nodes == 1 || layout->per_node == ranks ? ranks : 0;
	}
}

void fb_layout_find(const struct fb_card *cards, int size, int rank, int *order, int *scratch, struct fb_layout *layout)
{
	*layout = (struct fb_layout){ .order = order };
	for (int i = 0; i < size; i++)
		order[i] = i;
	qsort_r(order, (size_t)size, sizeof(*order), compare_cards, (void *)(uintptr_t)cards);
	count_nodes(cards, size, order, scratch, layout);
	qsort_r(order, (size_t)size, sizeof(*order), compare_places, scratch);
	for (int i = 0; i < size; i++)
		if (order[i] == rank)
			layout->position = i;
}

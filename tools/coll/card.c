/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/card.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coll/tuning.h"

#define MAGIC 0x46424333u	 /* "FBC3"; another number for another layout */
#define MAGIC_FAILED 0x46424531u /* "FBE1" */

static uint64_t hash_file(const char *path)
{
	char text[128];
	uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
	return hash;
}

void fb_card_identify(struct fb_card *card)
{
	struct stat st;

	if (gethostname(card->host, sizeof(card->host) - 1))
		strcpy(card->host, "unknown");
	card->host[sizeof(card->host) - 1] = '\0';
	fb_text_printable(card->host);
	card->boot = hash_file("/proc/sys/kernel/random/boot_id");
	card->network = stat("/proc/self/ns/net", &st) ? 0 : (uint64_t)st.st_ino;
	card->pid = (uint32_t)getpid();
}

int fb_card_same_node(const struct fb_card *a, const struct fb_card *b)
{
	return a->boot == b->boot && !strcmp(a->host, b->host);
}

/* Both directions walk the fields in the same order; little endian. */
struct cursor {
	uint8_t *next, *end;
	int bad;
};

static void put_bytes(struct cursor *c, const void *data, size_t n)
{
	memcpy(c->next, data, n);
	c->next += n;
}

static void put_number(struct cursor *c, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		*c->next++ = (uint8_t)(value >> 8 * i);
}

static void get_bytes(struct cursor *c, void *data, size_t n)
{
	if (c->bad || (size_t)(c->end - c->next) < n) {
		c->bad = 1;
		memset(data, 0, n);
		return;
	}
	memcpy(data, c->next, n);
	c->next += n;
}

static uint64_t get_number(struct cursor *c, size_t n)
{
	uint8_t bytes[8];
	uint64_t value = 0;

	get_bytes(c, bytes, n);
	for (size_t i = 0; i < n; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

#define TUNED_BYTES (2 + 2 + 8 + 1)

static void put_tuned(struct cursor *c, const struct fb_tuned *entry)
{
	put_number(c, entry->nodes, 2);
	put_number(c, entry->per_node, 2);
	put_number(c, entry->bytes, 8);
	put_number(c, entry->algorithm, 1);
}

/* Entry i, when those before are there. */
static void get_tuned(struct cursor *c, struct fb_tuning *tuning, unsigned i)
{
	struct fb_tuned *entry = &tuning->entry[i];

	entry->nodes = (uint16_t)get_number(c, 2);
	entry->per_node = (uint16_t)get_number(c, 2);
	entry->bytes = get_number(c, 8);
	entry->algorithm = (enum fb_algorithm_kind)get_number(c, 1);
	if (!fb_tuned_follows(entry, i ? entry - 1 : NULL))
		c->bad = 1;
}

static fb_coll_status_t get_tuning(struct cursor *c, struct fb_card *card, struct fb_err *err)
{
	const unsigned count = (unsigned)get_number(c, 1);

	if (count > FB_TUNED_MAX)
		c->bad = 1;
	if (c->bad || !count)
		return FB_COLL_OK;
	card->tuning = calloc(1, sizeof(*card->tuning));
	if (!card->tuning)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card");
	card->tuning->count = count;
	for (unsigned i = 0; i < count && !c->bad; i++)
		get_tuned(c, card->tuning, i);
	return FB_COLL_OK;
}

fb_coll_status_t fb_card_pack(const struct fb_card *card, struct fb_blob *blob, struct fb_err *err)
{
	const size_t tuned = card->tuning ? card->tuning->count : 0;
	const size_t size = 4 + FB_HOST_MAX + 8 + 8 + 4 + 4 + 8 + 2 + FB_SECRET_SIZE + 1 + (size_t)card->addresses * 17 + 1 +
			    tuned * TUNED_BYTES + 2 + card->worker_size;

	if (size > FB_CARD_MAX)
		return fb_coll_fail(err, FB_COLL_ERR_TRANSPORT, "the UCX address has %u bytes: a card holds %d", card->worker_size,
				    FB_CARD_MAX);
	uint8_t *data = malloc(size);
	if (!data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", size);
	struct cursor c = { data, data + size, 0 };
	put_number(&c, MAGIC, 4);
	put_bytes(&c, card->host, FB_HOST_MAX);
	put_number(&c, card->boot, 8);
	put_number(&c, card->network, 8);
	put_number(&c, card->pid, 4);
	put_number(&c, (uint32_t)card->offer.fd, 4);
	put_number(&c, card->offer.token, 8);
	put_number(&c, card->port, 2);
	put_bytes(&c, card->secret, FB_SECRET_SIZE);
	put_number(&c, card->addresses, 1);
	for (unsigned i = 0; i < card->addresses; i++) {
		put_number(&c, card->address[i].family, 1);
		put_bytes(&c, card->address[i].bytes, 16);
	}
	put_number(&c, tuned, 1);
	for (size_t i = 0; i < tuned; i++)
		put_tuned(&c, &card->tuning->entry[i]);
	put_number(&c, card->worker_size, 2);
	put_bytes(&c, card->worker, card->worker_size);
	blob->data = data;
	blob->size = size;
	return FB_COLL_OK;
}

fb_coll_status_t fb_card_pack_failure(fb_coll_status_t status, const struct fb_err *why, struct fb_blob *blob, struct fb_err *err)
{
	size_t length = strlen(why->text), size = 4 + 4 + length;
	uint8_t *data = malloc(size);

	if (!data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", size);
	struct cursor c = { data, data + size, 0 };
	put_number(&c, MAGIC_FAILED, 4);
	put_number(&c, status, 4);
	put_bytes(&c, why->text, length);
	*blob = (struct fb_blob){ data, size };
	return FB_COLL_OK;
}

static fb_coll_status_t unpack_failure(struct cursor *c, struct fb_err *err)
{
	uint64_t status = get_number(c, 4);
	char text[FB_ERR_TEXT_MAX];
	size_t length = (size_t)(c->end - c->next);

	if (c->bad || status < 1 || status > FB_COLL_ERR_MISMATCH || length >= sizeof(text))
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "its card is malformed");
	get_bytes(c, text, length);
	text[length] = '\0';
	return fb_coll_fail(err, (fb_coll_status_t)status, "%s", text);
}

static fb_coll_status_t unpack_card(struct fb_card *card, const struct fb_blob *blob, struct fb_err *err)
{
	struct cursor c = { blob->data, (uint8_t *)blob->data + blob->size, 0 };
	uint64_t magic = get_number(&c, 4);

	if (magic == MAGIC_FAILED)
		return unpack_failure(&c, err);
	if (magic != MAGIC)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "its card is not of this version of libflightbase-coll");
	get_bytes(&c, card->host, FB_HOST_MAX);
	card->host[FB_HOST_MAX - 1] = '\0';
	fb_text_printable(card->host);
	card->boot = get_number(&c, 8);
	card->network = get_number(&c, 8);
	card->pid = (uint32_t)get_number(&c, 4);
	card->offer.fd = (int32_t)(uint32_t)get_number(&c, 4);
	card->offer.pid = card->pid;
	card->offer.token = get_number(&c, 8);
	card->port = (uint16_t)get_number(&c, 2);
	get_bytes(&c, card->secret, FB_SECRET_SIZE);
	card->addresses = (uint8_t)get_number(&c, 1);
	if (card->addresses > FB_ADDRESSES_MAX)
		c.bad = 1;
	for (unsigned i = 0; !c.bad && i < card->addresses; i++) {
		card->address[i].family = (uint8_t)get_number(&c, 1);
		get_bytes(&c, card->address[i].bytes, 16);
	}
	fb_coll_status_t status = get_tuning(&c, card, err);
	if (status)
		return status;
	card->worker_size = (uint16_t)get_number(&c, 2);
	if (c.bad || (size_t)(c.end - c.next) != card->worker_size)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "its card is malformed");
	card->worker = malloc((size_t)card->worker_size + 1);
	if (!card->worker)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", blob->size);
	get_bytes(&c, card->worker, card->worker_size);
	return FB_COLL_OK;
}

fb_coll_status_t fb_card_unpack(struct fb_card *card, const struct fb_blob *blob, struct fb_err *err)
{
	struct fb_card read = { .port = 0 };
	fb_coll_status_t status = unpack_card(&read, blob, err);

	if (status)
		fb_card_clear(&read);
	else
		*card = read;
	return status;
}

void fb_card_clear(struct fb_card *card)
{
	free(card->worker);
	free(card->tuning);
	card->worker = NULL;
	card->tuning = NULL;
}

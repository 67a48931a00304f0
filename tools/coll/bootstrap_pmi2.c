/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PMI2, which srun --mpi=pmi2 offers on PMI_FD. libpmi2 is loaded at run time, so that the same binary runs
 * where it is absent. Values are at most 1,024 bytes: a card goes out in numbered pieces of text.
 */
#include "fb_config.h"

#include "coll/bootstrap.h"

#ifdef HAVE_PMI2
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header defines constants that nobody here uses. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <slurm/pmi2.h>
#pragma GCC diagnostic pop

#include "coll/codec.h"
#include "common/number.h"

#define PIECE 1000 /* with the count in front still below PMI2_MAX_VALLEN */

static struct {
	__typeof__(&PMI2_Init) init;
	__typeof__(&PMI2_Initialized) initialized;
	__typeof__(&PMI2_Finalize) finalize;
	__typeof__(&PMI2_KVS_Put) put;
	__typeof__(&PMI2_KVS_Get) get;
	__typeof__(&PMI2_KVS_Fence) fence;
	int rank, size;
	int exchanges; /* keys are never taken back: each exchange has its own */
} pmi2;

static fb_coll_status_t pmi2_load(struct fb_err *err)
{
	static const struct {
		const char *name;
		void **function;
	} symbols[] = {
		{ "PMI2_Init", (void **)&pmi2.init },	  { "PMI2_Initialized", (void **)&pmi2.initialized },
		{ "PMI2_Finalize", (void **)&pmi2.finalize }, { "PMI2_KVS_Put", (void **)&pmi2.put },
		{ "PMI2_KVS_Get", (void **)&pmi2.get },	  { "PMI2_KVS_Fence", (void **)&pmi2.fence },
	};

	void *library = dlopen("libpmi2.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: %s (Debian: package libpmi2-0t64)", dlerror());
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		*symbols[i].function = dlsym(library, symbols[i].name);
		if (!*symbols[i].function)
			return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: libpmi2.so.0 has no %s", symbols[i].name);
	}
	return FB_COLL_OK;
}

static void pmi2_leave(void)
{
	if (pmi2.initialized())
		pmi2.finalize();
}

/* A connection cannot be opened twice in a process: it stays until exit, for a later fb_coll_init. */
static fb_coll_status_t pmi2_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	int spawned, application, rc;

	if (!pmi2.fence) {
		fb_coll_status_t status = pmi2_load(err);
		if (status)
			return status;
	}
	if (!pmi2.size) {
		if ((rc = pmi2.init(&spawned, &pmi2.size, &pmi2.rank, &application)) != PMI2_SUCCESS) {
			pmi2.size = 0;
			return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP,
					    "pmi2: PMI2_Init failed (code %d): was this started by srun --mpi=pmi2?", rc);
		}
		atexit(pmi2_leave);
	}
	bootstrap->rank = pmi2.rank;
	bootstrap->size = pmi2.size;
	return FB_COLL_OK;
}

static void make_key(char *key, size_t size, int exchange, int rank, size_t piece)
{
	snprintf(key, size, "flightbase-%d-%d-%zu", exchange, rank, piece);
}

static fb_coll_status_t put_card(int rank, const struct fb_blob *mine, struct fb_err *err)
{
	size_t length = fb_codec_length(mine->size), pieces = (length + PIECE - 1) / PIECE;
	char *text = malloc(length + 1), key[PMI2_MAX_KEYLEN], value[PMI2_MAX_VALLEN];
	int rc = PMI2_SUCCESS;

	if (!text)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", mine->size);
	fb_codec_encode(mine->data, mine->size, text);
	for (size_t i = 0; i < pieces && rc == PMI2_SUCCESS; i++) {
		make_key(key, sizeof(key), pmi2.exchanges, rank, i);
		snprintf(value, sizeof(value), "%zu:%.*s", pieces, PIECE, text + i * PIECE);
		rc = pmi2.put(key, value);
	}
	free(text);
	if (rc != PMI2_SUCCESS)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: PMI2_KVS_Put of my card failed (code %d)", rc);
	return FB_COLL_OK;
}

/* Append one piece to text (room FB_CARD_MAX * 2) and say how many there are. */
static int get_piece(int rank, size_t i, char *text, size_t *length, int64_t *pieces, struct fb_err *err)
{
	char key[PMI2_MAX_KEYLEN], value[PMI2_MAX_VALLEN + 1];
	int got = 0;

	make_key(key, sizeof(key), pmi2.exchanges, rank, i);
	int rc = pmi2.get(NULL, PMI2_ID_NULL, key, value, PMI2_MAX_VALLEN, &got);
	if (rc != PMI2_SUCCESS || got < 0)
		return fb_err_set(err, "pmi2: rank %d's card is missing (piece %zu, code %d)", rank, i, rc);
	value[PMI2_MAX_VALLEN] = '\0';
	char *colon = strchr(value, ':');
	if (!colon)
		return fb_err_set(err, "pmi2: rank %d's card is malformed", rank);
	*colon = '\0';
	if (fb_number_parse(value, 1, 2 * FB_CARD_MAX / PIECE, pieces, err))
		return fb_err_prefix(err, "pmi2: rank %d's card", rank);
	size_t more = strlen(colon + 1);
	if (*length + more >= 2 * FB_CARD_MAX)
		return fb_err_set(err, "pmi2: rank %d's card is longer than %d bytes", rank, FB_CARD_MAX);
	memcpy(text + *length, colon + 1, more + 1);
	*length += more;
	return 0;
}

static fb_coll_status_t get_card(int rank, char *text, struct fb_blob *blob, struct fb_err *err)
{
	size_t length = 0, bytes = FB_CARD_MAX;
	int64_t pieces = 1;

	for (size_t i = 0; i < (size_t)pieces; i++)
		if (get_piece(rank, i, text, &length, &pieces, err))
			return FB_COLL_ERR_BOOTSTRAP;
	blob->data = malloc(length + 1);
	if (!blob->data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", length);
	bytes = length + 1;
	if (fb_codec_decode(text, blob->data, &bytes, err)) {
		fb_err_prefix(err, "pmi2: rank %d's card", rank);
		return FB_COLL_ERR_BOOTSTRAP;
	}
	blob->size = bytes;
	return FB_COLL_OK;
}

static fb_coll_status_t pmi2_exchange(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_blob *blobs,
				      struct fb_err *err)
{
	char *text = malloc(2 * FB_CARD_MAX);
	fb_coll_status_t status = FB_COLL_ERR_MEMORY;
	int rc;

	if (!text)
		return fb_coll_fail(err, status, "no memory for a card");
	pmi2.exchanges++;
	status = put_card(bootstrap->rank, mine, err);
	if (!status && (rc = pmi2.fence()) != PMI2_SUCCESS)
		status = fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: PMI2_KVS_Fence failed (code %d)", rc);
	for (int i = 0; !status && i < bootstrap->size; i++)
		status = get_card(i, text, &blobs[i], err);
	free(text);
	return status;
}

static void pmi2_close(struct fb_bootstrap *bootstrap)
{
	(void)bootstrap;
}

const struct fb_bootstrap_ops fb_bootstrap_pmi2 = { "pmi2", pmi2_open, pmi2_exchange, pmi2_close };

#else

static fb_coll_status_t pmi2_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	(void)bootstrap;
	return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: this libflightbase-coll was built without PMI2");
}

const struct fb_bootstrap_ops fb_bootstrap_pmi2 = { "pmi2", pmi2_open, NULL, NULL };
#endif

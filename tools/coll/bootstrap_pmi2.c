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

/* The header defines constants that nobody here uses. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
#include <slurm/pmi2.h>
#pragma GCC diagnostic pop

#include "coll/pieces.h"

_Static_assert(FB_PIECE_MAX <= PMI2_MAX_VALLEN, "a piece is one value");

static struct {
	__typeof__(&PMI2_Init) init;
	__typeof__(&PMI2_Initialized) initialized;
	__typeof__(&PMI2_Finalize) finalize;
	__typeof__(&PMI2_KVS_Put) put;
	__typeof__(&PMI2_KVS_Get) get;
	__typeof__(&PMI2_KVS_Fence) fence;
	int rank, size;
	int shares; /* keys are never taken back: each time has its own */
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

static void make_key(char key[PMI2_MAX_KEYLEN], int rank, size_t piece)
{
	snprintf(key, PMI2_MAX_KEYLEN, "flightbase-%d-%d-%zu", pmi2.shares, rank, piece);
}

static fb_coll_status_t put_card(int rank, const struct fb_blob *mine, struct fb_err *err)
{
	struct fb_pieces *pieces = fb_pieces_create(mine);
	char key[PMI2_MAX_KEYLEN], value[FB_PIECE_MAX];
	int rc = PMI2_SUCCESS;

	if (!pieces)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for a card of %zu bytes", mine->size);
	for (size_t i = 0; i < pieces->count && rc == PMI2_SUCCESS; i++) {
		make_key(key, rank, i);
		fb_pieces_write(pieces, i, value);
		rc = pmi2.put(key, value);
	}
	fb_pieces_destroy(pieces);
	if (rc != PMI2_SUCCESS)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: PMI2_KVS_Put of my card failed (code %d)", rc);
	return FB_COLL_OK;
}

static int get_piece(int rank, struct fb_assembly *card, struct fb_err *err)
{
	char key[PMI2_MAX_KEYLEN], value[PMI2_MAX_VALLEN + 1] = "";
	int got = 0;

	make_key(key, rank, card->taken);
	int rc = pmi2.get(NULL, PMI2_ID_NULL, key, value, PMI2_MAX_VALLEN, &got);
	if (rc != PMI2_SUCCESS || got < 0)
		return fb_err_set(err, "piece %zu is missing (code %d)", card->taken, rc);
	value[PMI2_MAX_VALLEN] = '\0';
	return fb_assembly_take(card, value, err);
}

static fb_coll_status_t pmi2_read(struct fb_bootstrap *bootstrap, int rank, struct fb_blob *blob, struct fb_err *err)
{
	struct fb_assembly card = { 0 };
	fb_coll_status_t status = FB_COLL_OK;

	(void)bootstrap;
	while (!status && !fb_assembly_done(&card))
		if (get_piece(rank, &card, err))
			status = FB_COLL_ERR_BOOTSTRAP;
	if (!status)
		status = fb_assembly_finish(&card, blob, err);
	if (status)
		fb_err_prefix(err, "pmi2: rank %d's card", rank);
	fb_assembly_clear(&card);
	return status;
}

static fb_coll_status_t pmi2_share(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err)
{
	int rc;

	pmi2.shares++;
	fb_coll_status_t status = put_card(bootstrap->rank, mine, err);
	if (!status && (rc = pmi2.fence()) != PMI2_SUCCESS)
		status = fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: PMI2_KVS_Fence failed (code %d)", rc);
	return status;
}

static void pmi2_close(struct fb_bootstrap *bootstrap)
{
	(void)bootstrap;
}

const struct fb_bootstrap_ops fb_bootstrap_pmi2 = {
	.name = "pmi2", .open = pmi2_open, .share = pmi2_share, .read = pmi2_read, .close = pmi2_close
};

#else

static fb_coll_status_t pmi2_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	(void)bootstrap;
	return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmi2: this libflightbase-coll was built without PMI2");
}

const struct fb_bootstrap_ops fb_bootstrap_pmi2 = { .name = "pmi2", .open = pmi2_open };
#endif

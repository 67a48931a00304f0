/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PMIx, which srun --mpi=pmix offers. libpmix is loaded at run time, so that the same binary runs where it
 * is absent; the header gives the types only.
 */
#include "fb_config.h"

#include "coll/bootstrap.h"

#ifdef HAVE_PMIX
#include <dlfcn.h>
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	__typeof__(&PMIx_Init) init;
	__typeof__(&PMIx_Finalize) finalize;
	__typeof__(&PMIx_Put) put;
	__typeof__(&PMIx_Commit) commit;
	__typeof__(&PMIx_Fence) fence;
	__typeof__(&PMIx_Get) get;
	__typeof__(&PMIx_Error_string) error;
	int shares; /* keys are never taken back: each time has its own */
} pmix;

struct pmix_state {
	pmix_proc_t me;
	char key[64];
};

static fb_coll_status_t pmix_load(struct fb_err *err)
{
	static const struct {
		const char *name;
		void **function;
	} symbols[] = {
		{ "PMIx_Init", (void **)&pmix.init },	  { "PMIx_Finalize", (void **)&pmix.finalize },
		{ "PMIx_Put", (void **)&pmix.put },	  { "PMIx_Commit", (void **)&pmix.commit },
		{ "PMIx_Get", (void **)&pmix.get },	  { "PMIx_Error_string", (void **)&pmix.error },
		{ "PMIx_Fence", (void **)&pmix.fence },
	};

	/* Its plugins look for its symbols in the global scope. */
	void *library = dlopen("libpmix.so.2", RTLD_NOW | RTLD_GLOBAL);
	if (!library)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmix: %s (Debian: package libpmix2t64)", dlerror());
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		*symbols[i].function = dlsym(library, symbols[i].name);
		if (!*symbols[i].function)
			return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmix: libpmix.so.2 has no %s", symbols[i].name);
	}
	return FB_COLL_OK;
}

static fb_coll_status_t pmix_fail(struct fb_err *err, const char *what, pmix_status_t rc)
{
	return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmix: %s: %s (code %d)", what, pmix.error(rc), rc);
}

/* The value that PMIx_Get returns is from malloc; a number holds nothing else. */
static fb_coll_status_t read_size(const pmix_proc_t *me, int *size, struct fb_err *err)
{
	pmix_proc_t job = *me;
	pmix_value_t *value = NULL;

	job.rank = PMIX_RANK_WILDCARD;
	pmix_status_t rc = pmix.get(&job, PMIX_JOB_SIZE, NULL, 0, &value);
	if (rc != PMIX_SUCCESS)
		return pmix_fail(err, "the number of ranks", rc);
	if (value->type != PMIX_UINT32 || value->data.uint32 > FB_RANKS_MAX)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmix: the number of ranks is not a number up to %d", FB_RANKS_MAX);
	*size = (int)value->data.uint32;
	free(value);
	return FB_COLL_OK;
}

static fb_coll_status_t pmix_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	fb_coll_status_t status;

	if (!pmix.fence && (status = pmix_load(err)))
		return status;
	struct pmix_state *state = calloc(1, sizeof(*state));
	if (!state)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the bootstrap");
	pmix_status_t rc = pmix.init(&state->me, NULL, 0);
	if (rc != PMIX_SUCCESS) {
		free(state);
		return pmix_fail(err, "PMIx_Init (was this started by srun --mpi=pmix?)", rc);
	}
	status = read_size(&state->me, &bootstrap->size, err);
	if (status) {
		pmix.finalize(NULL, 0);
		free(state);
		return status;
	}
	bootstrap->rank = (int)state->me.rank;
	bootstrap->state = state;
	return FB_COLL_OK;
}

static fb_coll_status_t pmix_publish(const char *key, const struct fb_blob *mine, struct fb_err *err)
{
	pmix_value_t value = { .type = PMIX_BYTE_OBJECT };
	pmix_info_t collect = { .flags = 0 };
	pmix_status_t rc;

	value.data.bo.bytes = mine->data;
	value.data.bo.size = mine->size;
	if ((rc = pmix.put(PMIX_GLOBAL, key, &value)) != PMIX_SUCCESS)
		return pmix_fail(err, "PMIx_Put of my card", rc);
	if ((rc = pmix.commit()) != PMIX_SUCCESS)
		return pmix_fail(err, "PMIx_Commit of my card", rc);
	snprintf(collect.key, sizeof(collect.key), "%s", PMIX_COLLECT_DATA);
	collect.value.type = PMIX_BOOL;
	collect.value.data.flag = true;
	if ((rc = pmix.fence(NULL, 0, &collect, 1)) != PMIX_SUCCESS)
		return pmix_fail(err, "PMIx_Fence", rc);
	return FB_COLL_OK;
}

static fb_coll_status_t pmix_share(struct fb_bootstrap *bootstrap, const struct fb_blob *mine, struct fb_err *err)
{
	struct pmix_state *state = bootstrap->state;

	snprintf(state->key, sizeof(state->key), "flightbase-%d", ++pmix.shares);
	return pmix_publish(state->key, mine, err);
}

static fb_coll_status_t pmix_read(struct fb_bootstrap *bootstrap, int rank, struct fb_blob *blob, struct fb_err *err)
{
	struct pmix_state *state = bootstrap->state;
	pmix_proc_t peer = state->me;
	pmix_value_t *value = NULL;
	char what[64];

	peer.rank = (pmix_rank_t)rank;
	pmix_status_t rc = pmix.get(&peer, state->key, NULL, 0, &value);
	if (rc != PMIX_SUCCESS) {
		snprintf(what, sizeof(what), "rank %d's card", rank);
		return pmix_fail(err, what, rc);
	}
	if (value->type != PMIX_BYTE_OBJECT || !value->data.bo.bytes)
		return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmix: rank %d's card is malformed", rank);
	/* The bytes come from malloc and now belong to the blob. */
	blob->data = value->data.bo.bytes;
	blob->size = value->data.bo.size;
	free(value);
	return FB_COLL_OK;
}

static void pmix_close(struct fb_bootstrap *bootstrap)
{
	pmix.finalize(NULL, 0);
	free(bootstrap->state);
}

const struct fb_bootstrap_ops fb_bootstrap_pmix = {
	.name = "pmix", .open = pmix_open, .share = pmix_share, .read = pmix_read, .close = pmix_close
};

#else

static fb_coll_status_t pmix_open(struct fb_bootstrap *bootstrap, struct fb_err *err)
{
	(void)bootstrap;
	return fb_coll_fail(err, FB_COLL_ERR_BOOTSTRAP, "pmix: this libflightbase-coll was built without PMIx");
}

const struct fb_bootstrap_ops fb_bootstrap_pmix = { .name = "pmix", .open = pmix_open };
#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPI_Allreduce of an MPI found at build time, a module for each: flightbase-allreduce itself does not need MPI. */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "coll/reduce.h"
#include "coll/tool/backend.h"
#include "coll/type.h"

static int ranks;

static int mpi_result(const char *what, int rc, struct fb_err *err)
{
	char text[MPI_MAX_ERROR_STRING] = "";
	int length;

	if (rc == MPI_SUCCESS)
		return 0;
	MPI_Error_string(rc, text, &length);
	return fb_err_set(err, "%s: %s", what, text);
}

static int mpi_start(struct fb_world *world, struct fb_err *err)
{
	MPI_Comm node;
	int rc = MPI_Init(NULL, NULL);

	if (mpi_result("MPI_Init", rc, err))
		return -1;
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_rank(MPI_COMM_WORLD, &world->rank);
	MPI_Comm_size(MPI_COMM_WORLD, &world->size);
	ranks = world->size;
	rc = MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
	if (mpi_result("MPI_Comm_split_type", rc, err))
		return -1;
	MPI_Comm_size(node, &world->local_size);
	MPI_Comm_free(&node);
	if (gethostname(world->host, sizeof(world->host) - 1))
		snprintf(world->host, sizeof(world->host), "unknown");
	world->host[sizeof(world->host) - 1] = '\0';
	snprintf(world->bootstrap, sizeof(world->bootstrap), "mpi");
	return 0;
}

static bool mpi_takes(fb_coll_type_t type)
{
	return type != FB_COLL_FLOAT16 && type != FB_COLL_BFLOAT16;
}

static int mpi_allreduce(const void *send, void *recv, size_t count, fb_coll_type_t type, fb_coll_op_t op, struct fb_err *err)
{
	const MPI_Datatype types[FB_COLL_TYPES] = {
		[FB_COLL_FLOAT32] = MPI_FLOAT,		  [FB_COLL_FLOAT64] = MPI_DOUBLE,	   [FB_COLL_INT8] = MPI_INT8_T,
		[FB_COLL_INT16] = MPI_INT16_T,		  [FB_COLL_INT32] = MPI_INT32_T,	   [FB_COLL_INT64] = MPI_INT64_T,
		[FB_COLL_UINT8] = MPI_UINT8_T,
	};
	const MPI_Op ops[] = {
		[FB_COLL_SUM] = MPI_SUM, [FB_COLL_PROD] = MPI_PROD, [FB_COLL_MIN] = MPI_MIN,
		[FB_COLL_MAX] = MPI_MAX, [FB_COLL_AVG] = MPI_SUM,
	};

	if (count > INT32_MAX)
		return fb_err_set(err, "MPI_Allreduce takes at most %d elements, not %zu", INT32_MAX, count);
	int rc = MPI_Allreduce(send == recv ? MPI_IN_PLACE : send, recv, (int)count, types[type], ops[op], MPI_COMM_WORLD);
	fb_reduce_finish(recv, count, type, op, ranks);
	return mpi_result("MPI_Allreduce", rc, err);
}

static int mpi_barrier(struct fb_err *err)
{
	return mpi_result("MPI_Barrier", MPI_Barrier(MPI_COMM_WORLD), err);
}

static void mpi_transports(char *text, size_t size)
{
	char version[MPI_MAX_LIBRARY_VERSION_STRING];
	int length;

	MPI_Get_library_version(version, &length);
	/* "Open MPI v5.0.7, ...", "MPICH Version:      4.2.1\nMPICH Release ..." */
	snprintf(text, size, "%.*s", (int)strcspn(version, ",\n"), version);
}

static int mpi_lost_rank(void)
{
	return -1;
}

static int mpi_finish(struct fb_err *err)
{
	return mpi_result("MPI_Finalize", MPI_Finalize(), err);
}

static int mpi_pair(int peer, const void *send, void *recv, size_t bytes, struct fb_err *err)
{
	int rank, rc;

	if (bytes > INT32_MAX)
		return fb_err_set(err, "MPI_Sendrecv takes at most %d bytes, not %zu", INT32_MAX, bytes);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	if (peer == rank)
		return 0;
	rc = MPI_Sendrecv(send, (int)bytes, MPI_BYTE, peer, 0, recv, (int)bytes, MPI_BYTE, peer, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	return mpi_result("MPI_Sendrecv", rc, err);
}

extern const struct fb_backend fb_backend_module;
const struct fb_backend fb_backend_module = {
	.name = FB_BACKEND_NAME, .start = mpi_start, .allreduce = mpi_allreduce, .barrier = mpi_barrier, .transports = mpi_transports,
	.lost_rank = mpi_lost_rank, .finish = mpi_finish, .pair = mpi_pair, .takes = mpi_takes,
};

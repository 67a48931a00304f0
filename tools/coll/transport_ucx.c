/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UCX tag messages. Which device carries them is left to UCX and its UCX_* variables.
 * Peers on other nodes get endpoints with peer error handling. Peers on this node do not: with it
 * UCX gives up its shared memory transports, and the watch sees their deaths anyway.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucp/api/ucp.h>

#include "coll/transport.h"

#define TRANSPORTS_MAX 16
#define RAILS_MAX 4 /* side by side: each is one more connection to every rank */

struct ucx {
	struct fb_transport base;
	ucp_context_h context;
	ucp_worker_h worker;
	const struct fb_card *cards;
	int rank, size;
	ucp_ep_h *endpoints; /* [size], NULL until used */
};

static fb_coll_status_t ucx_fail(struct fb_err *err, const char *what, ucs_status_t status)
{
	return fb_coll_fail(err, FB_COLL_ERR_TRANSPORT, "UCX: %s: %s", what, ucs_status_string(status));
}

/* How many adapters UCX_NET_DEVICES names; 1 where it leaves the choice to UCX. */
static int count_named(void)
{
	const char *names = getenv("UCX_NET_DEVICES");
	int count = 1;

	if (!names || strpbrk(names, "^*") || !strcmp(names, "all"))
		return 1;
	for (const char *comma = strchr(names, ','); comma; comma = strchr(comma + 1, ','))
		count++;
	return count;
}

/*
 * Long messages go over all adapters that are named, side by side; by itself UCX takes one, and for its rendezvous two. Of those that
 * are not named some may lead nowhere.
 */
static ucs_status_t use_rails(ucp_config_t *config)
{
	static const char *const names[] = { "MAX_EAGER_RAILS", "MAX_RNDV_RAILS" };
	const int named = count_named();
	char rails[12], variable[32];
	ucs_status_t status = UCS_OK;

	snprintf(rails, sizeof(rails), "%d", named < RAILS_MAX ? named : RAILS_MAX);
	for (size_t i = 0; named > 1 && i < sizeof(names) / sizeof(*names) && status == UCS_OK; i++) {
		snprintf(variable, sizeof(variable), "UCX_%s", names[i]);
		if (!getenv(variable))
			status = ucp_config_modify(config, names[i], rails);
	}
	return status;
}

/*
 * UCX connects to a peer when it is first sent to, and by default waits for its TCP in that call: for two minutes where the peer's
 * node was cut off. A UCX without TCP has no such setting.
 */
static void connect_aside(ucp_config_t *config)
{
	if (!getenv("UCX_TCP_CONN_NB"))
		ucp_config_modify(config, "TCP_CONN_NB", "y");
}

static ucs_status_t make_context(const ucp_params_t *params, ucp_context_h *context)
{
	ucp_config_t *config;
	ucs_status_t status = ucp_config_read(NULL, NULL, &config);

	if (status != UCS_OK)
		return status;
	status = use_rails(config);
	connect_aside(config);
	if (status == UCS_OK)
		status = ucp_init(params, config, context);
	ucp_config_release(config);
	return status;
}

static fb_coll_status_t make_worker(struct ucx *ucx, int size, struct fb_err *err)
{
	ucp_params_t params = {
		.field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_ESTIMATED_NUM_EPS | UCP_PARAM_FIELD_NAME,
		.features = UCP_FEATURE_TAG,
		.estimated_num_eps = (size_t)size,
		.name = "flightbase",
	};
	ucp_worker_params_t worker = {
		.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE,
		.thread_mode = UCS_THREAD_MODE_SERIALIZED,
	};
	ucs_status_t status = make_context(&params, &ucx->context);

	if (status != UCS_OK)
		return ucx_fail(err, "ucp_init", status);
	status = ucp_worker_create(ucx->context, &worker, &ucx->worker);
	if (status != UCS_OK) {
		ucp_cleanup(ucx->context);
		return ucx_fail(err, "ucp_worker_create", status);
	}
	return FB_COLL_OK;
}

static fb_coll_status_t copy_address(struct ucx *ucx, struct fb_blob *address, struct fb_err *err)
{
	ucp_address_t *worker;
	ucs_status_t status = ucp_worker_get_address(ucx->worker, &worker, &address->size);

	if (status != UCS_OK)
		return ucx_fail(err, "ucp_worker_get_address", status);
	address->data = malloc(address->size);
	if (address->data)
		memcpy(address->data, worker, address->size);
	ucp_worker_release_address(ucx->worker, worker);
	if (!address->data)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for an address of %zu bytes", address->size);
	return FB_COLL_OK;
}

static fb_coll_status_t ucx_open(int size, struct fb_transport **transport, struct fb_blob *address, struct fb_err *err)
{
	struct ucx *ucx = calloc(1, sizeof(*ucx));
	fb_coll_status_t status;

	if (!ucx)
		return fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for the transport");
	ucx->endpoints = calloc((size_t)size, sizeof(*ucx->endpoints));
	if (!ucx->endpoints) {
		status = fb_coll_fail(err, FB_COLL_ERR_MEMORY, "no memory for %d endpoints", size);
		goto free_ucx;
	}
	status = make_worker(ucx, size, err);
	if (status)
		goto free_endpoints;
	status = copy_address(ucx, address, err);
	if (status)
		goto destroy_worker;
	ucx->base.ops = &fb_transport_ucx;
	ucx->base.failed_rank = -1;
	ucx->size = size;
	*transport = &ucx->base;
	return FB_COLL_OK;
destroy_worker:
	ucp_worker_destroy(ucx->worker);
	ucp_cleanup(ucx->context);
free_endpoints:
	free(ucx->endpoints);
free_ucx:
	free(ucx);
	return status;
}

static void ucx_introduce(struct fb_transport *transport, const struct fb_card *cards, int rank, int size)
{
	struct ucx *ucx = (struct ucx *)transport;

	ucx->cards = cards;
	ucx->rank = rank;
	ucx->size = size;
}

static void note_failure(struct ucx *ucx, int rank, ucs_status_t status)
{
	if (ucx->base.failed_rank >= 0)
		return;
	ucx->base.failed = true;
	ucx->base.failed_rank = rank;
	fb_err_set(&ucx->base.why, "lost the connection to rank %d on %s: %s", rank, ucx->cards[rank].host,
		   ucs_status_string(status));
}

static void on_peer_error(void *argument, ucp_ep_h endpoint, ucs_status_t status)
{
	struct ucx *ucx = argument;

	for (int i = 0; i < ucx->size; i++)
		if (ucx->endpoints[i] == endpoint)
			note_failure(ucx, i, status);
}

static ucs_status_t connect_rank(struct ucx *ucx, int rank)
{
	const struct fb_card *card = &ucx->cards[rank];
	ucp_ep_params_t params = {
		.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE |
			      UCP_EP_PARAM_FIELD_ERR_HANDLER,
		.address = (const ucp_address_t *)card->worker,
		.err_mode = fb_card_same_node(card, &ucx->cards[ucx->rank]) ? UCP_ERR_HANDLING_MODE_NONE :
									       UCP_ERR_HANDLING_MODE_PEER,
		.err_handler = { .cb = on_peer_error, .arg = ucx },
	};

	return ucp_ep_create(ucx->worker, &params, &ucx->endpoints[rank]);
}

static void complete(struct fb_request *request, ucs_status_t status)
{
	request->status = status == UCS_OK ? FB_COLL_OK : FB_COLL_ERR_TRANSPORT;
	request->done = true;
}

static void on_sent(void *handle, ucs_status_t status, void *request)
{
	complete(request, status);
	ucp_request_free(handle);
}

static void on_received(void *handle, ucs_status_t status, const ucp_tag_recv_info_t *info, void *request)
{
	(void)info;
	complete(request, status);
	ucp_request_free(handle);
}

static void ucx_send(struct fb_transport *transport, int rank, uint64_t tag, const void *data, size_t bytes,
		     struct fb_request *request)
{
	struct ucx *ucx = (struct ucx *)transport;
	ucp_request_param_t param = {
		.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
		.cb.send = on_sent,
		.user_data = request,
	};
	ucs_status_t status = ucx->endpoints[rank] ? UCS_OK : connect_rank(ucx, rank);

	request->done = false;
	if (status != UCS_OK) {
		note_failure(ucx, rank, status);
		complete(request, status);
		return;
	}
	ucs_status_ptr_t handle = ucp_tag_send_nbx(ucx->endpoints[rank], data, bytes, tag, &param);
	if (UCS_PTR_IS_ERR(handle))
		note_failure(ucx, rank, UCS_PTR_STATUS(handle));
	if (!UCS_PTR_IS_PTR(handle))
		complete(request, UCS_PTR_STATUS(handle));
}

static void ucx_receive(struct fb_transport *transport, uint64_t tag, void *data, size_t bytes, struct fb_request *request)
{
	struct ucx *ucx = (struct ucx *)transport;
	ucp_request_param_t param = {
		.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
		.cb.recv = on_received,
		.user_data = request,
	};

	request->done = false;
	ucs_status_ptr_t handle = ucp_tag_recv_nbx(ucx->worker, data, bytes, tag, UINT64_MAX, &param);
	if (!UCS_PTR_IS_PTR(handle))
		complete(request, UCS_PTR_STATUS(handle));
}

static void ucx_progress(struct fb_transport *transport)
{
	ucp_worker_progress(((struct ucx *)transport)->worker);
}

static void ucx_flush(struct fb_transport *transport, struct fb_request *request)
{
	ucp_request_param_t param = {
		.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
		.cb.send = on_sent,
		.user_data = request,
	};

	request->done = false;
	ucs_status_ptr_t handle = ucp_worker_flush_nbx(((struct ucx *)transport)->worker, &param);
	if (!UCS_PTR_IS_PTR(handle))
		complete(request, UCS_PTR_STATUS(handle));
}

/* Append "name/device" unless it is there, or there is no room. */
static void append_once(char *text, size_t size, const char *name, const char *device)
{
	size_t length = strlen(text);
	char word[128];

	size_t n = (size_t)snprintf(word, sizeof(word), "%s/%s", name, device);
	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if (at[n] == '\0' || at[n] == ' ')
			return;
	if (n < sizeof(word) && length + n + 2 < size)
		snprintf(text + length, size - length, "%s%s", length ? " " : "", word);
}

static size_t ucx_describe(struct fb_transport *transport, char *text, size_t size)
{
	struct ucx *ucx = (struct ucx *)transport;
	ucp_transport_entry_t entries[TRANSPORTS_MAX];
	char whole[1024] = "";

	for (int i = 0; i < ucx->size; i++) {
		ucp_ep_attr_t attributes = {
			.field_mask = UCP_EP_ATTR_FIELD_TRANSPORTS,
			.transports = { .entries = entries, .num_entries = TRANSPORTS_MAX, .entry_size = sizeof(*entries) },
		};
		if (!ucx->endpoints[i] || ucp_ep_query(ucx->endpoints[i], &attributes) != UCS_OK)
			continue;
		for (unsigned t = 0; t < attributes.transports.num_entries; t++)
			append_once(whole, sizeof(whole), entries[t].transport_name, entries[t].device_name);
	}
	if (size)
		snprintf(text, size, "%s", whole);
	return strlen(whole);
}

static void ucx_close(struct fb_transport *transport, bool orderly)
{
	struct ucx *ucx = (struct ucx *)transport;

	/* Requests of a dead peer never complete, and UCX may not be torn down under them. */
	if (!orderly)
		return;
	/* With the endpoints: closing them one by one is a conversation, and logs an error when the peer is done first. */
	ucp_worker_destroy(ucx->worker);
	ucp_cleanup(ucx->context);
	free(ucx->endpoints);
	free(ucx);
}

const struct fb_transport_ops fb_transport_ucx = {
	"ucx", ucx_open, ucx_introduce, ucx_send, ucx_receive, ucx_progress, ucx_flush,
	ucx_describe, ucx_close,
};

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/decision.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/option_value.h"

/* Append to what is in line; *used stays beyond size once something did not fit. */
static void append(char *line, size_t size, size_t *used, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void append(char *line, size_t size, size_t *used, const char *format, ...)
{
	va_list args;

	if (*used >= size)
		return;
	va_start(args, format);
	int length = vsnprintf(line + *used, size - *used, format, args);
	va_end(args);
	*used = length < 0 ? size : *used + (size_t)length;
}

/* What read_failure reads, and the end of the object. */
static void append_failure(const struct fb_preflight_failure *failure, char *line, size_t size, size_t *used)
{
	append(line, size, used, "\"node\":\"%s\",\"gbps\":%.3g,\"model\":%.3g,\"restart\":%u}", failure->node, failure->gbps,
	       failure->model, failure->restart);
}

static void append_preflight(const struct fb_decision *d, char *line, size_t size, size_t *used)
{
	append(line, size, used, ",\"preflight\":%u", d->preflight);
	for (unsigned int i = 0; i < d->requeues && i < FB_PREFLIGHT_REQUEUES; i++) {
		append(line, size, used, i ? ",{" : ",\"requeued\":[{");
		append_failure(&d->requeued[i], line, size, used);
	}
	if (d->requeues)
		append(line, size, used, "]");
}

int fb_decision_format(const struct fb_decision *decision, char *line, size_t size)
{
	size_t used = 0;

	/* Every field has passed a check that lets no quote, backslash or control character in. */
	append(line, size, &used, "{\"flightbase\":%d,\"workspace\":\"%s\",\"training\":\"%s\",%s%s%s\"p2p\":\"%s\",\"rdma\":\"%s\"%s",
	       FB_DECISION_VERSION, decision->workspace, decision->training, decision->name[0] ? "\"name\":\"" : "", decision->name,
	       decision->name[0] ? "\"," : "", decision->p2p, decision->rdma, decision->preemptible ? ",\"preemptible\":true" : "");
	if (decision->preflight)
		append_preflight(decision, line, size, &used);
	append(line, size, &used, "}");
	return used >= size ? -1 : (int)used;
}

/* A string member that must be there and pass a check. */
static int read_field(const struct fb_json *root, const char *key, char *field, size_t size,
		      int (*check)(const char *, struct fb_err *), struct fb_err *err)
{
	struct fb_json member;
	const char *text;
	struct fb_err why;

	if (fb_json_need_member(root, key, &member, err))
		return -1;
	if (fb_json_need_string(&member, size - 1, &text, err))
		return -1;
	if (check(text, &why))
		return fb_json_error(&member, err, "%s", why.text);
	memcpy(field, text, strlen(text) + 1);
	return 0;
}

/* The members of one failure, in the line of a decision or in a report. */
static int read_failure(const struct fb_json *at, struct fb_preflight_failure *failure, struct fb_err *err)
{
	struct fb_json member;
	int64_t restart;

	if (read_field(at, "node", failure->node, sizeof(failure->node), fb_name_check_training, err) ||
	    fb_json_need_member(at, "gbps", &member, err) ||
	    fb_json_need_double(&member, 0, FB_PREFLIGHT_GBPS_MAX, &failure->gbps, err) ||
	    fb_json_need_member(at, "model", &member, err) ||
	    fb_json_need_double(&member, 0, FB_PREFLIGHT_GBPS_MAX, &failure->model, err) ||
	    fb_json_need_member(at, "restart", &member, err) || fb_json_need_int(&member, 0, UINT32_MAX, &restart, err))
		return -1;
	failure->restart = (unsigned int)restart;
	return 0;
}

static int read_requeued(struct fb_decision *d, const struct fb_json *list, struct fb_err *err)
{
	static const char *const keys[] = { "node", "gbps", "model", "restart", NULL };

	if (fb_json_need_array(list, 1, FB_PREFLIGHT_REQUEUES, err))
		return -1;
	for (; d->requeues < fb_json_length(list); d->requeues++) {
		struct fb_json element = fb_json_element(list, d->requeues);

		if (fb_json_need_object(&element, keys, err) || read_failure(&element, &d->requeued[d->requeues], err))
			return -1;
	}
	return 0;
}

static int read_preflight(struct fb_decision *d, const struct fb_json *root, struct fb_err *err)
{
	struct fb_json member;
	int64_t percent;

	if (!fb_json_member(root, "preflight", &member))
		return fb_json_member(root, "requeued", &member) ? fb_json_error(&member, err, "without 'preflight'") : 0;
	if (fb_json_need_int(&member, 1, 100, &percent, err))
		return -1;
	d->preflight = (unsigned int)percent;
	return fb_json_member(root, "requeued", &member) ? read_requeued(d, &member, err) : 0;
}

static int read_decision(struct fb_decision *d, const struct fb_json *root, struct fb_err *err)
{
	static const char *const keys[] = { "flightbase", "workspace", "training", "name", "p2p", "rdma",
					    "preemptible", "preflight", "requeued", NULL };
	struct fb_json member;
	int64_t version;

	if (fb_json_need_object(root, keys, err))
		return -1;
	if (fb_json_need_member(root, "flightbase", &member, err))
		return -1;
	if (fb_json_need_int(&member, FB_DECISION_VERSION, FB_DECISION_VERSION, &version, err))
		return -1;
	if (read_field(root, "workspace", d->workspace, sizeof(d->workspace), fb_name_check, err) ||
	    read_field(root, "training", d->training, sizeof(d->training), fb_value_check_training, err) ||
	    read_field(root, "p2p", d->p2p, sizeof(d->p2p), fb_value_check_wires, err) ||
	    read_field(root, "rdma", d->rdma, sizeof(d->rdma), fb_value_check_wires, err))
		return -1;
	if (fb_json_member(root, "preemptible", &member) && fb_json_need_bool(&member, &d->preemptible, err))
		return -1;
	if (read_preflight(d, root, err))
		return -1;
	if (fb_json_member(root, "name", &member))
		return read_field(root, "name", d->name, sizeof(d->name), fb_name_check_training, err);
	return 0;
}

int fb_decision_parse(struct fb_decision *decision, const char *line, struct fb_err *err)
{
	struct fb_decision read = { .name = "" };
	struct fb_json_doc doc;
	size_t length = strnlen(line, FB_DECISION_LINE_MAX + 1);

	if (length > FB_DECISION_LINE_MAX)
		return fb_err_set(err, "decision: longer than %d bytes", FB_DECISION_LINE_MAX);
	if (fb_json_doc_parse(&doc, "decision", line, length, err))
		return -1;
	struct fb_json root = fb_json_root(&doc);
	int rc = read_decision(&read, &root, err);
	fb_json_doc_free(&doc);
	if (rc == 0)
		*decision = read;
	return rc;
}

int fb_preflight_report_format(const struct fb_preflight_failure *failure, char *line, size_t size)
{
	size_t used = 0;

	append(line, size, &used, FB_PREFLIGHT_REPORT ",");
	append_failure(failure, line, size, &used);
	return used >= size ? -1 : (int)used;
}

int fb_preflight_report_parse(struct fb_preflight_failure *failure, const char *line, struct fb_err *err)
{
	static const char *const keys[] = { "flightbase_preflight", "node", "gbps", "model", "restart", NULL };
	struct fb_preflight_failure read = { .node = "" };
	size_t length = strnlen(line, FB_DECISION_LINE_MAX + 1);
	struct fb_json_doc doc;

	if (length > FB_DECISION_LINE_MAX)
		return fb_err_set(err, "report: longer than %d bytes", FB_DECISION_LINE_MAX);
	if (fb_json_doc_parse(&doc, "report", line, length, err))
		return -1;
	struct fb_json root = fb_json_root(&doc);
	int rc = fb_json_need_object(&root, keys, err) || read_failure(&root, &read, err) ? -1 : 0;
	fb_json_doc_free(&doc);
	if (!rc)
		*failure = read;
	return rc;
}

bool fb_decision_variable(const char *variable)
{
	static const char name[] = FB_DECISION_VARIABLE;

	while (!strncmp(variable, "SPANK_", 6))
		variable += 6;
	return !strncmp(variable, name, sizeof(name) - 1) &&
	       (variable[sizeof(name) - 1] == '=' || !variable[sizeof(name) - 1]);
}

static int must_equal(const struct fb_request *request, enum fb_option_id id, const char *granted, struct fb_err *err)
{
	if (!request->given[id] || !strcmp(request->value[id], granted))
		return 0;
	return fb_err_set(err, "option '--%s': '%.64s' is not what the job was granted ('%s'): a step runs inside its job; "
			       "submit another job for it",
			  fb_options[id].name, request->value[id], *granted ? granted : "none");
}

static int must_be_preemptible(const struct fb_decision *job, const struct fb_request *request, struct fb_err *err)
{
	if (!request->given[FB_OPTION_PREEMPTIBLE] || job->preemptible)
		return 0;
	return fb_err_set(err, "option '--preemptible': the job is not preemptible: a step runs inside its job; submit another "
			       "job for it");
}

static int limit_wires(const struct fb_request *request, enum fb_option_id id, const char *granted, char *field,
		       size_t size, struct fb_err *err)
{
	if (request->given[id] && !strcmp(request->value[id], "off"))
		snprintf(field, size, "off");
	else
		return must_equal(request, id, granted, err);
	return 0;
}

int fb_decision_limit(const struct fb_decision *job, const struct fb_request *request, struct fb_decision *step,
		      struct fb_err *err)
{
	struct fb_decision limited = *job;

	if (must_equal(request, FB_OPTION_WORKSPACE, job->workspace, err) ||
	    must_equal(request, FB_OPTION_TRAINING, job->training, err) ||
	    must_equal(request, FB_OPTION_TRAINING_NAME, job->name, err) || must_be_preemptible(job, request, err) ||
	    limit_wires(request, FB_OPTION_P2P, job->p2p, limited.p2p, sizeof(limited.p2p), err) ||
	    limit_wires(request, FB_OPTION_RDMA, job->rdma, limited.rdma, sizeof(limited.rdma), err))
		return -1;
	*step = limited;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/params.h"

#include <getopt.h>
#include <stdint.h>
#include <string.h>

#include "coll/tool/size.h"
#include "common/number.h"

const char fb_params_usage[] =
	"usage: srun [...] flightbase-allreduce [options]\n"
	"Measure and check an allreduce of host memory over all tasks of the step.\n"
	"  -b, --minbytes SIZE      first size (32M); a number with K, M, G or T\n"
	"  -e, --maxbytes SIZE      last size (32M)\n"
	"  -i, --stepbytes SIZE     add this from one size to the next (1M)\n"
	"  -f, --stepfactor N       multiply by this instead (1: add)\n"
	"  -n, --iters N            timed iterations (20)\n"
	"  -w, --warmup_iters N     iterations before (1)\n"
	"  -c, --check N            iterations whose every element is checked (1; 0: none)\n"
	"  -o, --op OP              sum, prod, min, max, avg or all (sum)\n"
	"  -d, --datatype TYPE      " FB_TYPE_NAMES "\n"
	"                           or all (float)\n"
	"  -z, --blocking 0|1|3     barrier after each iteration: 1 timed, 3 not timed (0)\n"
	"  -a, --average 0|1|2|3    time of rank 0, mean, least, greatest of the ranks (3)\n"
	"  -J, --output_file FILE   write JSON to FILE as well\n"
	"      --json               write JSON to standard output, no table\n"
	"      --clean              do not rewrite the inputs before each timed iteration\n"
	"      --memory own|library buffers of this program or of the library (own)\n"
	"      --backend ucx|mpi    libflightbase-coll (ucx) or MPI_Allreduce\n"
	"  -h, --help; -V, --version\n"
	"See flightbase-allreduce(1).\n";

enum { OPTION_JSON = 256, OPTION_CLEAN, OPTION_BACKEND, OPTION_MEMORY };

static const struct option options[] = {
	{ "minbytes", required_argument, NULL, 'b' },	 { "maxbytes", required_argument, NULL, 'e' },
	{ "stepbytes", required_argument, NULL, 'i' },	 { "stepfactor", required_argument, NULL, 'f' },
	{ "iters", required_argument, NULL, 'n' },	 { "warmup_iters", required_argument, NULL, 'w' },
	{ "check", required_argument, NULL, 'c' },	 { "op", required_argument, NULL, 'o' },
	{ "datatype", required_argument, NULL, 'd' },	 { "blocking", required_argument, NULL, 'z' },
	{ "average", required_argument, NULL, 'a' },	 { "output_file", required_argument, NULL, 'J' },
	{ "json", no_argument, NULL, OPTION_JSON },	 { "clean", no_argument, NULL, OPTION_CLEAN },
	{ "memory", required_argument, NULL, OPTION_MEMORY },
	{ "backend", required_argument, NULL, OPTION_BACKEND }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },		 { NULL, 0, NULL, 0 },
};

static int set_number(const char *text, int min, int max, int *value, struct fb_err *err)
{
	int64_t number;

	if (fb_number_parse(text, min, max, &number, err))
		return -1;
	*value = (int)number;
	return 0;
}

static int set_type(const char *text, bool *types, struct fb_err *err)
{
	fb_coll_type_t type;

	memset(types, !strcmp(text, "all"), FB_COLL_TYPES * sizeof(*types));
	if (!strcmp(text, "all"))
		return 0;
	if (!fb_type_find(text, &type))
		return fb_err_set(err, "'%.40s' is unknown: " FB_TYPE_NAMES " or all", text);
	types[type] = true;
	return 0;
}

static int set_op(const char *text, bool *ops, struct fb_err *err)
{
	fb_coll_op_t op;

	memset(ops, !strcmp(text, "all"), FB_COLL_OPS * sizeof(*ops));
	if (!strcmp(text, "all"))
		return 0;
	if (!fb_op_find(text, &op))
		return fb_err_set(err, "'%.40s' is unknown: sum, prod, min, max, avg or all", text);
	ops[op] = true;
	return 0;
}

static int set_backend(const char *text, const char **backend, struct fb_err *err)
{
	if (strcmp(text, "ucx") != 0 && strcmp(text, "mpi") != 0)
		return fb_err_set(err, "'%.40s' is unknown: ucx or mpi", text);
	*backend = text;
	return 0;
}

static int set_memory(const char *text, bool *library, struct fb_err *err)
{
	*library = !strcmp(text, "library");
	return *library || !strcmp(text, "own") ? 0 : fb_err_set(err, "'%.40s' is unknown: own or library", text);
}

static int set_measure(struct fb_params *p, int letter, const char *text, struct fb_err *err)
{
	int number;

	switch (letter) {
	case 'n':
		return set_number(text, 1, 1000000000, &p->iters, err);
	case 'w':
		return set_number(text, 0, 1000000000, &p->warmup_iters, err);
	case 'c':
		return set_number(text, 0, 1000000, &p->check, err);
	case 'z':
		if (set_number(text, 0, 3, &p->blocking, err))
			return -1;
		return p->blocking == 2 ? fb_err_set(err, "2 has no meaning for blocking calls: 0, 1 or 3") : 0;
	default: /* 'a' */
		if (set_number(text, 0, 3, &number, err))
			return -1;
		p->average = (enum fb_average)number;
		return 0;
	}
}

static int set_option(struct fb_params *p, int letter, const char *text, struct fb_err *err)
{
	switch (letter) {
	case 'b':
		return fb_size_parse(text, &p->min_bytes, err);
	case 'e':
		return fb_size_parse(text, &p->max_bytes, err);
	case 'i':
		return fb_size_parse(text, &p->step_bytes, err);
	case 'f':
		return fb_size_parse(text, &p->step_factor, err);
	case 'o':
		return set_op(text, p->ops, err);
	case 'd':
		return set_type(text, p->types, err);
	case 'J':
		p->output = text;
		return 0;
	case OPTION_JSON:
		p->json = true;
		return 0;
	case OPTION_CLEAN:
		p->clean = true;
		return 0;
	case OPTION_MEMORY:
		return set_memory(text, &p->library_memory, err);
	case OPTION_BACKEND:
		return set_backend(text, &p->backend, err);
	case 'h':
		p->help = true;
		return 0;
	case 'V':
		p->version = true;
		return 0;
	default:
		return set_measure(p, letter, text, err);
	}
}

static int check_sweep(const struct fb_params *p, struct fb_err *err)
{
	if (p->min_bytes > p->max_bytes)
		return fb_err_set(err, "option '--minbytes': %zu is more than --maxbytes, %zu", p->min_bytes, p->max_bytes);
	if (p->min_bytes < p->max_bytes && p->step_factor <= 1 && !p->step_bytes)
		return fb_err_set(err, "option '--stepbytes': 0 never reaches --maxbytes");
	if (p->min_bytes < p->max_bytes && p->step_factor > 1 && !p->min_bytes)
		return fb_err_set(err, "option '--minbytes': 0 times --stepfactor never reaches --maxbytes");
	return 0;
}

static const char *option_name(int letter)
{
	for (const struct option *o = options; o->name; o++)
		if (o->val == letter)
			return o->name;
	return "?";
}

int fb_params_parse(int argc, char **argv, struct fb_params *params, struct fb_err *err)
{
	struct fb_params p = {
		.min_bytes = 32 << 20, .max_bytes = 32 << 20, .step_bytes = 1 << 20, .step_factor = 1,
		.iters = 20, .warmup_iters = 1, .check = 1, .average = FB_AVERAGE_MAX, .backend = "ucx",
	};
	int letter;

	p.types[FB_COLL_FLOAT32] = p.ops[FB_COLL_SUM] = true;
	opterr = 0;
	optind = 0;
	while ((letter = getopt_long(argc, argv, ":b:e:i:f:n:w:c:o:d:z:a:J:hV", options, NULL)) != -1) {
		if (letter == ':')
			return fb_err_set(err, "option '%s' needs a value", argv[optind - 1]);
		if (letter == '?')
			return fb_err_set(err, "option '%s' is unknown", argv[optind - 1]);
		if (set_option(&p, letter, optarg, err))
			return fb_err_prefix(err, "option '--%s'", option_name(letter));
	}
	if (optind < argc)
		return fb_err_set(err, "argument '%.100s' is not expected", argv[optind]);
	if (check_sweep(&p, err))
		return -1;
	*params = p;
	return 0;
}

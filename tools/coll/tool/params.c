/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coll/tool/params.h"

#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "coll/tool/model.h"
#include "coll/tool/size.h"
#include "common/number.h"

const char fb_params_usage[] =
	"usage: srun [...] flightbase-allreduce [options]\n"
	"Measure and check an allreduce over all tasks of the step.\n"
	"  -b, --minbytes SIZE      first size (32M); a number with K, M, G or T\n"
	"  -e, --maxbytes SIZE      last size (32M)\n"
	"  -i, --stepbytes SIZE     add this from one size to the next (1M)\n"
	"  -f, --stepfactor N       multiply by this instead (1: add)\n"
	"  -n, --iters N            timed iterations (20)\n"
	"  -w, --warmup_iters N     iterations before (1)\n"
	"      --seconds SECONDS    as many iterations of a size, up to --iters, as fit; no size of which one does not\n"
	"  -m, --agg_iters N        allreduces in one iteration (1)\n"
	"  -N, --run_cycles N       run the whole sweep N times (1; 0: until it is stopped)\n"
	"  -c, --check N            iterations whose every element is checked (1; 0: none)\n"
	"  -o, --op OP              sum, prod, min, max, avg or all (sum)\n"
	"  -d, --datatype TYPE      " FB_TYPE_NAMES "\n"
	"                           or all (float)\n"
	"  -u, --unalign N          vectors begin N elements beyond an aligned address (0)\n"
	"  -z, --blocking 0|1|2|3   barrier: 1 after each allreduce, 3 after each iteration, not timed (0)\n"
	"  -a, --average 0|1|2|3    time of rank 0, mean, least, greatest of the ranks (3)\n"
	"  -C, --report_cputime 0|1    time is that of the processor (0)\n"
	"  -S, --report_timestamps 0|1 when a size was done (0)\n"
	"  -I, --per_iter_timing 0|1   least, greatest, p99 and variation of the iterations (0)\n"
	"  -K, --per_iter_skip N    leave the first N iterations out of these (0)\n"
	"  -T, --timeout SECONDS    give up on a rank after this long (0: the back end's limit)\n"
	"  -J, --output_file FILE   write JSON to FILE as well, or CSV if its name ends so\n"
	"      --json, --csv        write that to standard output, no table\n"
	"      --histogram          percentiles and histogram of the iterations' times\n"
	"      --clean              do not rewrite the inputs before each timed iteration\n"
	"      --memory own|library buffers of this program or of the library (own)\n"
	"      --backend NAME       ucx: libflightbase-coll (default); mpi, mpich: MPI_Allreduce; nccl: GPUs; or another\n"
	"      --model GBPS         bandwidth to hold the results against (what the job's placement promises)\n"
	"      --expect PERCENT[@SIZE]  exit 1 below this part of the model: largest size, or all from SIZE on\n"
	"      --pairs[=ranks|nodes]    measure every pair of ranks, or of nodes (above 64 ranks), too\n"
	"      --svg FILE           draw the pairs as a heat map\n"
	"      --tune FILE          find the fastest algorithm for each size and number of nodes, write them to FILE\n"
	"  -t, --nthreads 1; -g, --ngpus 1; -p, --parallel_init 0|1; -r, --root N: accepted, a task is a rank\n"
	"  -G, --cudagraph N; -R, --local_register 0|1|2; -y, --stream_null 0|1; -x, --cta_policy 0|1|2;\n"
	"  -D, --device_implementation N; --device_cta_count N; -M, --memory 0|1: for a back end on GPUs\n"
	"  -h, --help; -V, --version\n"
	"See flightbase-allreduce(1).\n";

enum { OPTION_JSON = 256, OPTION_CSV, OPTION_CLEAN, OPTION_BACKEND, OPTION_HISTOGRAM, OPTION_MODEL, OPTION_EXPECT,
       OPTION_PAIRS, OPTION_SVG, OPTION_TUNE, OPTION_SECONDS, OPTION_DEVICE_CTA_COUNT, OPTION_END };

static const char letters[] = ":b:e:i:f:n:w:m:N:c:o:d:u:z:a:C:S:I:K:T:J:t:g:p:r:G:R:y:x:D:M:hV";

static const struct option options[] = {
	{ "minbytes", required_argument, NULL, 'b' },
	{ "maxbytes", required_argument, NULL, 'e' },
	{ "stepbytes", required_argument, NULL, 'i' },
	{ "stepfactor", required_argument, NULL, 'f' },
	{ "iters", required_argument, NULL, 'n' },
	{ "warmup_iters", required_argument, NULL, 'w' },
	{ "seconds", required_argument, NULL, OPTION_SECONDS },
	{ "agg_iters", required_argument, NULL, 'm' },
	{ "run_cycles", required_argument, NULL, 'N' },
	{ "check", required_argument, NULL, 'c' },
	{ "op", required_argument, NULL, 'o' },
	{ "datatype", required_argument, NULL, 'd' },
	{ "unalign", required_argument, NULL, 'u' },
	{ "blocking", required_argument, NULL, 'z' },
	{ "average", required_argument, NULL, 'a' },
	{ "report_cputime", required_argument, NULL, 'C' },
	{ "report_timestamps", required_argument, NULL, 'S' },
	{ "per_iter_timing", required_argument, NULL, 'I' },
	{ "per_iter_skip", required_argument, NULL, 'K' },
	{ "timeout", required_argument, NULL, 'T' },
	{ "output_file", required_argument, NULL, 'J' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "csv", no_argument, NULL, OPTION_CSV },
	{ "histogram", no_argument, NULL, OPTION_HISTOGRAM },
	{ "clean", no_argument, NULL, OPTION_CLEAN },
	{ "backend", required_argument, NULL, OPTION_BACKEND },
	{ "model", required_argument, NULL, OPTION_MODEL },
	{ "expect", required_argument, NULL, OPTION_EXPECT },
	{ "pairs", optional_argument, NULL, OPTION_PAIRS },
	{ "svg", required_argument, NULL, OPTION_SVG },
	{ "tune", required_argument, NULL, OPTION_TUNE },
	{ "nthreads", required_argument, NULL, 't' },
	{ "ngpus", required_argument, NULL, 'g' },
	{ "parallel_init", required_argument, NULL, 'p' },
	{ "root", required_argument, NULL, 'r' },
	{ "cudagraph", required_argument, NULL, 'G' },
	{ "local_register", required_argument, NULL, 'R' },
	{ "stream_null", required_argument, NULL, 'y' },
	{ "cta_policy", required_argument, NULL, 'x' },
	{ "device_implementation", required_argument, NULL, 'D' },
	{ "device_cta_count", required_argument, NULL, OPTION_DEVICE_CTA_COUNT },
	{ "memory", required_argument, NULL, 'M' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static int set_number(const char *text, int min, int max, int *value, struct fb_err *err)
{
	int64_t number;

	if (fb_number_parse(text, min, max, &number, err))
		return -1;
	*value = (int)number;
	return 0;
}

static int set_switch(const char *text, bool *value, struct fb_err *err)
{
	int number;

	if (set_number(text, 0, 1, &number, err))
		return -1;
	*value = number;
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

static int set_format(struct fb_params *p, enum fb_format format, struct fb_err *err)
{
	if (p->format != FB_FORMAT_TABLE && p->format != format)
		return fb_err_set(err, "standard output takes JSON or CSV, not both; use --output_file for the other");
	p->format = format;
	return 0;
}

/* PERCENT[@SIZE] */
static int set_expect(struct fb_params *p, const char *text, struct fb_err *err)
{
	const char *at = strchr(text, '@');
	size_t length = at ? (size_t)(at - text) : strlen(text);
	char percent[32];

	if (length >= sizeof(percent))
		return fb_err_set(err, "'%.40s' is not a percentage", text);
	memcpy(percent, text, length);
	percent[length] = '\0';
	if (fb_decimal_parse(percent, 0.1, 1000, &p->expect, err))
		return -1;
	p->expect_from = SIZE_MAX;
	return at ? fb_size_parse(at + 1, &p->expect_from, err) : 0;
}

static int set_pairs(const char *text, enum fb_pairs_mode *pairs, struct fb_err *err)
{
	if (!text)
		*pairs = FB_PAIRS_AUTO;
	else if (!strcmp(text, "ranks"))
		*pairs = FB_PAIRS_RANKS;
	else if (!strcmp(text, "nodes"))
		*pairs = FB_PAIRS_NODES;
	else
		return fb_err_set(err, "'%.40s' is unknown: ranks or nodes", text);
	return 0;
}

/* nccl-tests' 0 or 1 is a report of GPU memory. */
static int set_memory(struct fb_params *p, const char *text, struct fb_err *err)
{
	bool own = !strcmp(text, "own");

	if (!strcmp(text, "0") || !strcmp(text, "1"))
		return set_number(text, 0, 1, &p->setting[FB_SETTING_MEMORY], err);
	p->library_memory = !strcmp(text, "library");
	return own || p->library_memory ? 0 : fb_err_set(err, "'%.40s' is unknown: own or library", text);
}

/* What nccl-tests knows and a program of one rank per task has no use for; and what is a back end's own. */
static int set_of_nccl(struct fb_params *p, int letter, const char *text, struct fb_err *err)
{
	int ignored;

	switch (letter) {
	case 't':
	case 'g':
		if (set_number(text, 1, 1024, &ignored, err))
			return -1;
		return ignored == 1 ? 0 : fb_err_set(err, "%d: a task is one rank; ask srun for more tasks (--ntasks)", ignored);
	case 'p':
		return set_number(text, 0, 1, &ignored, err);
	case 'r':
		return set_number(text, -1, INT32_MAX, &ignored, err);
	case 'T':
		return set_number(text, 0, 24 * 60 * 60, &p->setting[FB_SETTING_TIMEOUT], err);
	case 'y':
		return set_number(text, 0, 1, &p->setting[FB_SETTING_STREAM_NULL], err);
	case 'G':
		return set_number(text, 0, 1000000, &p->setting[FB_SETTING_CUDAGRAPH], err);
	case 'R':
		return set_number(text, 0, 2, &p->setting[FB_SETTING_LOCAL_REGISTER], err);
	case 'x':
		return set_number(text, 0, 2, &p->setting[FB_SETTING_CTA_POLICY], err);
	case 'D':
		return set_number(text, 0, 64, &p->setting[FB_SETTING_DEVICE_IMPLEMENTATION], err);
	case OPTION_DEVICE_CTA_COUNT:
		return set_number(text, 0, 1024, &p->setting[FB_SETTING_DEVICE_CTA_COUNT], err);
	default: /* 'M' */
		return set_memory(p, text, err);
	}
}

static int set_measure(struct fb_params *p, int letter, const char *text, struct fb_err *err)
{
	int number;

	switch (letter) {
	case 'n':
		return set_number(text, 1, 1000000000, &p->iters, err);
	case 'w':
		return set_number(text, 0, 1000000000, &p->warmup_iters, err);
	case OPTION_SECONDS:
		return fb_decimal_parse(text, 0.001, 86400, &p->seconds, err);
	case 'm':
		return set_number(text, 1, 1000000, &p->agg_iters, err);
	case 'N':
		return set_number(text, 0, 1000000000, &p->cycles, err);
	case 'c':
		return set_number(text, 0, 1000000, &p->check, err);
	case 'u':
		if (set_number(text, 0, 4096, &number, err))
			return -1;
		p->unalign = (size_t)number;
		return 0;
	case 'z':
		return set_number(text, 0, 3, &p->blocking, err);
	case 'a':
		if (set_number(text, 0, 3, &number, err))
			return -1;
		p->average = (enum fb_average)number;
		return 0;
	case 'K':
		return set_number(text, 0, FB_HISTOGRAM_ITERS_MAX, &p->per_iter_skip, err);
	default:
		return set_of_nccl(p, letter, text, err);
	}
}

static int set_report(struct fb_params *p, int letter, const char *text, struct fb_err *err)
{
	switch (letter) {
	case 'C':
		return set_switch(text, &p->cpu_time, err);
	case 'S':
		return set_switch(text, &p->timestamps, err);
	case 'I':
		return set_switch(text, &p->per_iter, err);
	case 'J':
		p->output = text;
		return 0;
	case OPTION_JSON:
		return set_format(p, FB_FORMAT_JSON, err);
	case OPTION_CSV:
		return set_format(p, FB_FORMAT_CSV, err);
	case OPTION_HISTOGRAM:
		p->histogram = true;
		return 0;
	case OPTION_MODEL:
		return fb_decimal_parse(text, 0.001, 1e6, &p->model, err);
	case OPTION_EXPECT:
		return set_expect(p, text, err);
	case OPTION_PAIRS:
		return set_pairs(text, &p->pairs, err);
	case OPTION_SVG:
		p->svg = text;
		return 0;
	case OPTION_TUNE:
		p->tune = text;
		return 0;
	default:
		return set_measure(p, letter, text, err);
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
	case OPTION_CLEAN:
		p->clean = true;
		return 0;
	case OPTION_BACKEND:
		p->backend = text;
		return fb_backend_check(text, err);
	case 'h':
		p->help = true;
		return 0;
	case 'V':
		p->version = true;
		return 0;
	default:
		return set_report(p, letter, text, err);
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
	if (p->expect > 0 && p->expect_from != SIZE_MAX && p->expect_from > p->max_bytes)
		return fb_err_set(err, "option '--expect': from %zu bytes on there is nothing up to --maxbytes, %zu", p->expect_from,
				  p->max_bytes);
	return 0;
}

/* Options that only go together. */
static int check_report(const struct fb_params *p, struct fb_err *err)
{
	if (fb_params_keeps_times(p) && p->iters > FB_HISTOGRAM_ITERS_MAX)
		return fb_err_set(err, "option '--iters': the times of at most %d iterations are kept; leave out --histogram and "
				       "--per_iter_timing", FB_HISTOGRAM_ITERS_MAX);
	if (fb_params_keeps_times(p) && p->seconds > 0)
		return fb_err_set(err, "option '--seconds': how many iterations there are is not known before; leave out --histogram and "
				       "--per_iter_timing");
	if (p->per_iter_skip && !p->per_iter)
		return fb_err_set(err, "option '--per_iter_skip' needs --per_iter_timing 1");
	if (p->per_iter_skip >= p->iters)
		return fb_err_set(err, "option '--per_iter_skip': %d leaves none of %d iterations", p->per_iter_skip, p->iters);
	if (p->svg && p->pairs == FB_PAIRS_NONE)
		return fb_err_set(err, "option '--svg' draws what --pairs measures; give --pairs, too");
	if (p->pairs != FB_PAIRS_NONE && p->format == FB_FORMAT_CSV && !p->svg && !p->output)
		return fb_err_set(err, "option '--pairs': CSV has the sizes only; use --json, --output_file or --svg for the pairs");
	if (p->pairs != FB_PAIRS_NONE && !p->cycles)
		return fb_err_set(err, "option '--pairs': the pairs come after the sweep, which --run_cycles 0 never ends");
	if (p->expect > 0 && !p->cycles)
		return fb_err_set(err, "option '--expect': judges when the sweep is over, which --run_cycles 0 never is");
	return 0;
}

bool fb_params_keeps_times(const struct fb_params *params)
{
	return params->histogram || params->per_iter;
}

static const char *option_name(int letter)
{
	for (const struct option *o = options; o->name; o++)
		if (o->val == letter)
			return o->name;
	return "?";
}

/* What --tune has defaults of its own for, or leaves without effect: given by letter. */
static int set_tune(struct fb_params *p, const bool *given, struct fb_err *err)
{
	static const char allowed[] = "befinwuT";

	for (const struct option *o = options; o->name; o++)
		if (given[o->val] && o->val != OPTION_TUNE && o->val != OPTION_JSON && o->val != OPTION_CLEAN &&
		    (o->val > UCHAR_MAX || !strchr(allowed, o->val)))
			return fb_err_set(err, "option '--tune' does not go with --%s: it times sums of float by libflightbase-coll",
					  o->name);
	if (!given['b'])
		p->min_bytes = 1 << 10;
	if (!given['e'])
		p->max_bytes = p->min_bytes > 64 << 20 ? p->min_bytes : 64 << 20;
	if (!given['i'] && !given['f'])
		p->step_factor = 2;
	if (!given['n'])
		p->iters = 1000;
	return p->min_bytes < sizeof(float) ? fb_err_set(err, "option '--minbytes': --tune begins with 4") : 0;
}

int fb_params_parse(int argc, char **argv, struct fb_params *params, struct fb_err *err)
{
	struct fb_params p = {
		.min_bytes = 32 << 20, .max_bytes = 32 << 20, .step_bytes = 1 << 20, .step_factor = 1,
		.iters = 20, .warmup_iters = 1, .agg_iters = 1, .cycles = 1, .check = 1, .average = FB_AVERAGE_MAX,
		.backend = "ucx",
	};
	bool given[OPTION_END] = { false };
	int letter;

	p.types[FB_COLL_FLOAT32] = p.ops[FB_COLL_SUM] = true;
	for (int i = 0; i < FB_SETTINGS; i++)
		p.setting[i] = -1;
	opterr = 0;
	optind = 0;
	while ((letter = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (letter == ':')
			return fb_err_set(err, "option '%s' needs a value", argv[optind - 1]);
		if (letter == '?')
			return fb_err_set(err, "option '%s' is unknown", argv[optind - 1]);
		if (set_option(&p, letter, optarg, err))
			return fb_err_prefix(err, "option '--%s'", option_name(letter));
		given[letter] = true;
	}
	if (optind < argc)
		return fb_err_set(err, "argument '%.100s' is not expected", argv[optind]);
	if ((p.tune && !p.help && set_tune(&p, given, err)) || check_sweep(&p, err) || check_report(&p, err))
		return -1;
	*params = p;
	return 0;
}

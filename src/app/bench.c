// SPDX-License-Identifier: BSD-2-Clause
/* irl bench tx | rx | scan | tcp | ... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench/bench.h"
#include "option.h"
#include "paths.h"

struct bench_values {
	const char *json;
	double seconds;
	uint64_t rounds, frame_bytes;
	const char *core;
	const char *batches, *contenders;
	uint64_t ring_bytes, workers;
	const char *range;
	bool quiet;
};

#define AT(member) offsetof(struct bench_values, member)

static const struct cli_option options[] = {
    {.name = "json",
     .argument = "FILE",
     .type = CLI_STRING,
     .offset = AT(json),
     .group = "Output",
     .help = "write the figures as JSON to FILE (-: standard output)"},
    {.letter = 'q',
     .name = "quiet",
     .type = CLI_FLAG,
     .offset = AT(quiet),
     .help = "no progress on stderr"},
    {.name = "seconds",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(seconds),
     .group = "Measuring",
     .max = 3600,
     .help =
	 "of each contender in each round, except those of answers and huge; "
	 "default: 1, of pace and host 10"},
    {.name = "rounds",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(rounds),
     .min = 1,
     .max = BENCH_ROUNDS_MAX,
     .help = "that count; default: 5, of huge 1"},
    {.name = "contenders",
     .argument = "NAMES",
     .type = CLI_STRING,
     .offset = AT(contenders),
     .help = "of tx, rx, scan and tcp, only these: live,sendmmsg"},
    {.name = "batches",
     .argument = "SIZES",
     .type = CLI_STRING,
     .offset = AT(batches),
     .help = "of tx, only these of 1,4,16,64,256,1024"},
    {.name = "frame-bytes",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(frame_bytes),
     .min = 60,
     .max = 1514,
     .help = "of the frames of tx, without FCS; even; default: 60"},
    {.name = "ring-bytes",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(ring_bytes),
     .max = 1u << 30,
     .help = "of the ports' receive rings in rx, a power of two; "
	     "0: their default"},
    {.name = "workers",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(workers),
     .min = 1,
     .max = 8,
     .help = "of the scan of huge (default: one a core)"},
    {.name = "range",
     .argument = "PREFIX",
     .type = CLI_STRING,
     .offset = AT(range),
     .help = "that answers and huge scan; default: 10.0.0.0/8"},
    {.name = "core",
     .argument = "N",
     .type = CLI_STRING,
     .offset = AT(core),
     .help = "where a contender of tx, rx, scan, host and tcp runs; default: "
	     "the last one"},
};

static int fail(const char *what, const struct irl_error *err)
{
	char command[32];

	snprintf(command, sizeof(command), "bench %s", what);
	cli_complain(command, "%s", err->text);
	return cli_exit_code(err);
}

static int read_core(const char *text, unsigned *core)
{
	unsigned long cores = (unsigned long)sysconf(_SC_NPROCESSORS_ONLN);
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : cores - 1;

	if (text && (end == text || *end || n >= cores)) {
		cli_complain("bench",
			     "--core: '%s' is no core; there are %lu, "
			     "from 0",
			     text, cores);
		return CLI_USAGE;
	}
	*core = (unsigned)n;
	return 0;
}

struct kind {
	const char *name;
	double seconds;  /* usual */
	unsigned rounds; /* likewise */
	/* The options that it has, besides those of every benchmark. */
	const char *takes;
	int (*run)(struct bench_report *report,
		   const struct bench_options *options, struct irl_error *err);
};

static const struct kind kinds[] = {
    {"tx", 1, 5, "seconds,rounds,contenders,batches,frame-bytes,core",
     bench_tx},
    {"rx", 1, 5, "seconds,rounds,contenders,ring-bytes,core", bench_rx},
    {"scan", 1, 5, "seconds,rounds,contenders,core", bench_scan},
    {"answers", 1, 5, "rounds,range", bench_answers},
    {"huge", 1, 1, "rounds,workers,range", bench_huge},
    {"pace", 10, 5, "seconds,rounds", bench_pace},
    {"host", 10, 5, "seconds,rounds,core", bench_host},
    {"tcp", 1, 5, "seconds,rounds,contenders,core", bench_tcp},
};

static const char every[] = "json,quiet";

/* None of these options has a default of its own. */
static bool is_given(const struct cli_option *option,
		     const struct bench_values *v)
{
	const void *at = (const char *)v + option->offset;

	switch (option->type) {
	case CLI_STRING:
		return *(const char *const *)at != NULL;
	case CLI_UINT:
		return *(const uint64_t *)at != 0;
	case CLI_TIME:
		return *(const double *)at > 0;
	default:
		return false;
	}
}

/* An option that changes nothing is a mistake of who gave it. */
static int check_options(const struct kind *kind, const struct bench_values *v)
{
	for (size_t i = 0; i < CLI_COUNT_OF(options); i++) {
		const struct cli_option *o = &options[i];

		if (!is_given(o, v) || bench_wanted(every, o->name) ||
		    bench_wanted(kind->takes, o->name))
			continue;
		cli_complain("bench", "--%s is not for %s, which has %s",
			     o->name, kind->name, kind->takes);
		return CLI_USAGE;
	}
	return 0;
}

static int run_kind(const struct kind *kind, const struct bench_values *v,
		    struct bench_options *o)
{
	struct bench_report *report = calloc(1, sizeof(*report));
	struct irl_error err = {0};
	int r;

	if (!report) {
		cli_complain("bench", "out of memory");
		return CLI_FAILED;
	}
	if (!(o->seconds > 0))
		o->seconds = kind->seconds;
	if (!o->rounds)
		o->rounds = kind->rounds;
	r = paths_try(v->json, &err); /* not after minutes of measuring */
	if (r == 0)
		r = kind->run(report, o, &err);
	if (r == 0 && (!v->json || strcmp(v->json, "-")))
		bench_report_print(report, stdout);
	if (r == 0 && v->json)
		r = bench_report_write(report, v->json, &err);
	free(report);
	return r < 0 ? fail(kind->name, &err) : CLI_DONE;
}

static int bench(void *values, int argc, char **argv)
{
	const struct bench_values *v = values;
	struct bench_options o = {
	    .seconds = v->seconds,
	    .rounds = (unsigned)v->rounds,
	    .frame_bytes = v->frame_bytes ? (uint32_t)v->frame_bytes & ~1u : 60,
	    .ring_bytes = (uint32_t)v->ring_bytes,
	    .workers = (unsigned)v->workers,
	    .range = v->range,
	    .batches = v->batches,
	    .contenders = v->contenders,
	    .progress = !v->quiet && isatty(STDERR_FILENO),
	};
	int r;

	if (argc != 1) {
		cli_complain(
		    "bench",
		    "say what: tx, rx, scan, answers, huge, pace, host or tcp");
		return CLI_USAGE;
	}
	r = read_core(v->core, &o.core);
	if (r)
		return r;
	for (size_t i = 0; i < CLI_COUNT_OF(kinds); i++) {
		if (strcmp(argv[0], kinds[i].name) != 0)
			continue;
		r = check_options(&kinds[i], v);
		return r ? r : run_kind(&kinds[i], v, &o);
	}
	cli_complain(
	    "bench",
	    "'%s' is not known: tx, rx, scan, answers, huge, pace, host or tcp",
	    argv[0]);
	return CLI_USAGE;
}

const struct cli_command cmd_bench = {
    .name = "bench",
    .summary = "measure this machine: ours and others side by side",
    .operands = "tx|rx|scan|answers|huge|pace|host|tcp",
    .text =
	"Every benchmark makes two network namespaces of its own without an "
	"uplink, joined by a veth with one queue more than there are cores, "
	"and removes them however it ends. Contenders take turns round by "
	"round; frames are counted where they arrive; processor time is that "
	"of all cores, softirqs included.\n\n"
	"tx: frames made in user space, one core, by every way there is: send, "
	"sendmmsg, libpcap, AF_XDP, the ports packet and live, and the bare "
	"limit of live frames.\n\n"
	"rx: numbered frames at 1, 2, 4 and 8 Mpps and flat out, to user "
	"space on the ports and AF_XDP, and to a reader that is too slow; each "
	"is delivered, dropped and counted, or lost.\n\n"
	"scan: whole scans with one and two workers, the bare limit, and zmap "
	"and masscan where they are installed.\n\n"
	"answers: scans, with one and two workers, of a world in which a "
	"quarter of the addresses answers, into CSV. huge: 3.3 billion targets "
	"in one run (minutes). "
	"Both are held against the truth.\n\n"
	"pace: how evenly a scan with a rate arrives. host: an echo and a "
	"bulk flow of the host's own, alone and beside a scan.\n\n"
	"tcp: whole exchanges (connect, request, answer, RST) a second by the "
	"host's sockets and by ours, through the port and in memory, and ten "
	"million connections at once.\n\n"
	"The first lines name processor, kernel and mitigations: the same "
	"processor is twice as fast or as slow by them. An option that a "
	"benchmark does not have is refused. scripts/results makes tables of "
	"the JSON files.",
    .examples = "irl bench tx --json tx.json\n"
		"  some minutes\n"
		"irl bench tx --contenders live,sendmmsg --batches 256\n"
		"  a few seconds\n"
		"irl bench huge\n"
		"  3.3 billion targets\n",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct bench_values),
    .run = bench,
};

// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "bench.h"
#include "paths.h"

#define STDERR 2

static int fail(const char *what, const struct irl_error *err)
{
	char command[32];

	snprintf(command, sizeof(command), "bench %s", what);
	cli_complain(command, "%s", err->text);
	return cli_exit_code(err);
}

static int read_core(const char *text, unsigned *core)
{
	unsigned long cores = irl_os_cores();
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

static const char every[] = "json,quiet";

/* An option that changes nothing is a mistake of who gave it. */
static int check_options(const struct cli_command *command,
			 const struct bench_kind *kind,
			 const struct bench_values *v)
{
	for (size_t i = 0; i < command->option_count; i++) {
		const struct cli_option *o = &command->options[i];

		if (!cli_is_set(o, v) || bench_wanted(every, o->name) ||
		    bench_wanted(kind->takes, o->name))
			continue;
		cli_complain("bench", "--%s is not for %s, which has %s",
			     o->name, kind->name, kind->takes);
		return CLI_USAGE;
	}
	return 0;
}

static int run_kind(const struct bench_kind *kind, const struct bench_values *v,
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

int bench_command(const struct cli_command *command,
		  const struct bench_kind kinds[], size_t count,
		  const char *names, const struct bench_values *v, int argc,
		  char **argv)
{
	struct bench_options o = {
	    .seconds = v->seconds,
	    .rounds = (unsigned)v->rounds,
	    .frame_bytes = v->frame_bytes ? (uint32_t)v->frame_bytes & ~1u : 60,
	    .ring_bytes = (uint32_t)v->ring_bytes,
	    .workers = (unsigned)v->workers,
	    .range = v->range,
	    .ifname = v->ifname,
	    .listen = v->listen,
	    .peer = v->peer,
	    .port = v->port,
	    .batches = v->batches,
	    .contenders = v->contenders,
	    .progress = !v->quiet && irl_os_is_terminal(STDERR),
	};
	int r;

	if (!argc) {
		cli_complain("bench", "say what: %s", names);
		return CLI_USAGE;
	}
	if (argc > 1) {
		cli_complain("bench", "'%s' is one word too many", argv[1]);
		return CLI_USAGE;
	}
	r = read_core(v->core, &o.core);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(argv[0], kinds[i].name) != 0)
			continue;
		r = check_options(command, &kinds[i], v);
		return r ? r : run_kind(&kinds[i], v, &o);
	}
	cli_complain("bench", "'%s' is not known: %s", argv[0], names);
	return CLI_USAGE;
}

// SPDX-License-Identifier: BSD-2-Clause
/* Flows of this process: the bare limit, and whole scans by the engine. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include <irl/scan.h>
#include "bench.skel.h"
#include "bench/flow.h"
#include "bench/generate.h"

#define LIMIT_RUN (1u << 18) /* frames, so that it stops soon */

/* ---- the limit ------------------------------------------------------------
 */

struct limit_flow {
	pthread_t thread;
	struct bpf_link *link;
	_Atomic bool over;
	int program, result;
	unsigned core;
	int64_t made;
};

static void *limit_main(void *context)
{
	struct limit_flow *f = context;

	f->result = bench_pin(f->core, NULL);
	while (f->result == 0 && !atomic_load(&f->over)) {
		f->result = bench_generate(f->program, LIMIT_RUN);
		f->made += LIMIT_RUN;
	}
	return NULL;
}

static void free_limit(struct limit_flow *f)
{
	bpf_link__destroy(f->link);
	free(f);
}

static int start_limit(void **out, const struct bench_flow_options *options,
		       struct irl_error *err)
{
	const struct bpf_program *program =
	    options->stage->bpf->progs.bench_limit;
	struct limit_flow *f = calloc(1, sizeof(*f));
	int r;

	*out = NULL;
	if (!f)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	f->core = options->core;
	f->program = bpf_program__fd(program);
	r = bench_attach_near(&f->link, options->stage, program, err);
	if (r == 0) {
		r = pthread_create(&f->thread, NULL, limit_main, f);
		if (r)
			r = irl_error_errno(err, r, "cannot start a thread");
	}
	if (r < 0) {
		free_limit(f);
		return r;
	}
	*out = f;
	return 0;
}

static int stop_limit(void *flow, int64_t *accepted, struct irl_error *err)
{
	struct limit_flow *f = flow;
	int r;

	atomic_store(&f->over, true);
	pthread_join(f->thread, NULL);
	*accepted = f->made;
	r = f->result < 0
		? irl_error_set(err, -f->result, "the generator failed")
		: 0;
	free_limit(f);
	return r;
}

const struct bench_flow bench_flow_limit = {
    .name = "limit",
    .start = start_limit,
    .stop = stop_limit,
};

/* ---- scans ----------------------------------------------------------------
 */

struct scan_flow {
	pthread_t thread;
	struct irl_targets *targets;
	struct irl_scan *scan;
	struct irl_scan_result result;
	struct irl_error error;
	int code;
};

static int ignore(void *context, const struct irl_record *record)
{
	(void)context;
	(void)record;
	return 0;
}

static void *scan_main(void *context)
{
	static const struct irl_scan_events events = {.record = ignore};
	struct scan_flow *f = context;

	f->code = irl_scan_run(f->scan, &events, &f->result, &f->error);
	return NULL;
}

static void free_scan(struct scan_flow *f)
{
	irl_scan_close(f->scan);
	irl_targets_free(f->targets);
	free(f);
}

/* More targets than any window is long; none that the far kernel owns. */
static int make_targets(struct irl_targets **out, struct irl_error *err)
{
	int r = irl_targets_new(out, err);

	if (r == 0)
		r = irl_targets_allow(*out, "10.0.1.0-10.255.255.255", err);
	if (r == 0)
		r = irl_targets_allow_special(*out, "10.0.0.0/8", err);
	if (r == 0)
		r = irl_targets_ports(*out, "1-1000", err);
	return r < 0 ? r : irl_targets_seal(*out, err);
}

static int start_scan(void **out, const struct bench_flow_options *options,
		      unsigned workers, struct irl_error *err)
{
	struct scan_flow *f = calloc(1, sizeof(*f));
	struct irl_scan_options scan = {
	    .ifname = IRL_WORLD_SCANNER_LINK,
	    .port_kind = "live",
	    .residence = IRL_RESIDENCE_KERNEL,
	    .workers = workers,
	    .seed = 1,
	    .tcp_options = IRL_TCP_OPTIONS_MSS,
	};
	int r;

	*out = NULL;
	if (!f)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memcpy(scan.gateway_mac, options->stage->far_mac, 6);
	r = make_targets(&f->targets, err);
	scan.targets = f->targets;
	if (r == 0)
		r = irl_scan_open(&f->scan, &scan, err);
	if (r == 0) {
		r = pthread_create(&f->thread, NULL, scan_main, f);
		if (r)
			r = irl_error_errno(err, r, "cannot start a thread");
	}
	if (r < 0) {
		free_scan(f);
		return r;
	}
	*out = f;
	return 0;
}

static int start_scan1(void **out, const struct bench_flow_options *options,
		       struct irl_error *err)
{
	return start_scan(out, options, 1, err);
}

static int start_scan2(void **out, const struct bench_flow_options *options,
		       struct irl_error *err)
{
	return start_scan(out, options, 2, err);
}

static int stop_scan(void *flow, int64_t *accepted, struct irl_error *err)
{
	struct scan_flow *f = flow;
	int code;

	irl_scan_abort(f->scan);
	pthread_join(f->thread, NULL);
	*accepted = (int64_t)f->result.counts.accepted;
	code = f->code;
	if (code < 0 && err)
		*err = f->error;
	free_scan(f);
	return code < 0 ? code : 0;
}

const struct bench_flow bench_flow_scan = {
    .name = "scan",
    .start = start_scan1,
    .stop = stop_scan,
};

const struct bench_flow bench_flow_scan2 = {
    .name = "scan2",
    .start = start_scan2,
    .stop = stop_scan,
};

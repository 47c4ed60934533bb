// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bench.skel.h"
#include "bench/generate.h"
#include "bench/sender.h"

/* Frames the kernel makes before it flushes them. */
#define RUN_BATCH 64
#define LIMIT_RUN (1u << 20)

int bench_generate(int program, unsigned count)
{
	static const uint8_t input[60];
	struct xdp_md ctx = {.data_end = sizeof(input)};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = input,
		    .data_size_in = sizeof(input), .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = (int)count,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		    .batch_size = count < RUN_BATCH ? count : RUN_BATCH);

	if (!bpf_prog_test_run_opts(program, &options) || errno == EINTR)
		return 0;
	return irl_error_errno(NULL, errno, "test run");
}

int bench_attach_near(struct bpf_link **out, const struct bench_stage *stage,
		      const struct bpf_program *program, struct irl_error *err)
{
	*out = bpf_program__attach_xdp(program, (int)stage->near);
	return *out
		   ? 0
		   : irl_error_errno(err, errno, "cannot attach the generator");
}

struct limit_sender {
	struct bpf_link *link;
	int program;
	unsigned batch;
};

static int open_limit(void **out, const struct bench_sender_options *options,
		      struct irl_error *err)
{
	const struct bpf_program *program =
	    options->stage->bpf->progs.bench_limit;
	struct limit_sender *s = calloc(1, sizeof(*s));
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r = bench_attach_near(&s->link, options->stage, program, err);
	if (r < 0) {
		free(s);
		return r;
	}
	s->program = bpf_program__fd(program);
	s->batch = options->batch;
	*out = s;
	return 0;
}

static void close_limit(void *sender)
{
	struct limit_sender *s = sender;

	bpf_link__destroy(s->link);
	free(s);
}

static int send_limit(void *sender)
{
	const struct limit_sender *s = sender;
	int r = bench_generate(s->program, s->batch);

	return r < 0 ? r : (int)s->batch;
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_limit = {
    .name = "limit",
    .batch_max = LIMIT_RUN,
    .batch_usual = LIMIT_RUN,
    .is_limit = true,
    .open = open_limit,
    .send = send_limit,
    .finish = finish,
    .close = close_limit,
};

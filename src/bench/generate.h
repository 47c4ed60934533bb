/* SPDX-License-Identifier: BSD-2-Clause */
/* Live frames made by the benchmark's own programs, without any port. */
#ifndef IRL_BENCH_GENERATE_H
#define IRL_BENCH_GENERATE_H

#include "bench/stage.h"

struct bpf_link;
struct bpf_program;

/*
 * Attach @program to the scanner's end of the link, which must be free, until
 * bpf_link__destroy or the end of the process.  Only then are its runs cheap:
 * for a program that is attached nowhere the kernel patches its dispatcher
 * before and after each, and sleeps meanwhile.
 */
int bench_attach_near(struct bpf_link **out, const struct bench_stage *stage,
		      const struct bpf_program *program, struct irl_error *err);

/* Run a program @count times on frames of 60 bytes, in the namespace of the
 * calling thread.  Returns 0 or -IRL_E... . */
int bench_generate(int program, unsigned count);

#endif

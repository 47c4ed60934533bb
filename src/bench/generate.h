/* SPDX-License-Identifier: BSD-2-Clause */
/* Live frames made by the benchmark's own programs, without any port. */
#ifndef IRL_BENCH_GENERATE_H
#define IRL_BENCH_GENERATE_H

#include "bench/stage.h"

/* Run a program @count times on frames of 60 bytes, in the namespace of the
 * calling thread.  Returns 0 or -IRL_E... . */
int bench_generate(int program, unsigned count);

#endif

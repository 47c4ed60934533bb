/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that a benchmark starts; they die with it. */
#ifndef IRL_BENCH_PROCESS_H
#define IRL_BENCH_PROCESS_H

#include <sys/types.h>
#include <irl/error.h>

/* Start @argv (found by PATH) on all cores, its output going nowhere.  -IRL_
 * ENODEV when there is no such program. */
int bench_process_start(pid_t *pid, const char *const argv[],
			struct irl_error *err);
/* Is it still running? */
int bench_process_runs(pid_t pid);
/* End it and wait. */
void bench_process_kill(pid_t pid);
/* Processor time of its threads so far. */
double bench_process_cpu_s(pid_t pid);

#endif

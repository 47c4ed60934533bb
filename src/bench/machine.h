/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine that figures are of: without it they say nothing. */
#ifndef IRL_BENCH_MACHINE_H
#define IRL_BENCH_MACHINE_H

#include <stdint.h>

#define BENCH_MITIGATIONS_MAX 3u

/* What makes the kernel's calls and returns dear: the same processor is twice
 * as fast or as slow by it. */
struct bench_mitigation {
	const char *name; /* a constant: "spectre_v2" */
	char text[128];   /* what the kernel says, up to the first semicolon */
};

struct bench_machine {
	char system[65], kernel[65], machine[65];
	char model[128], cpu_family[16], cpu_model[16]; /* "": not told */
	struct bench_mitigation mitigation[BENCH_MITIGATIONS_MAX];
	unsigned mitigations; /* that the processor needs */
	unsigned cpus;
	uint64_t memory_bytes;
};

void bench_machine_read(struct bench_machine *out);
/* Over the last minute; 0 where the system does not tell. */
double bench_machine_load(void);

#endif

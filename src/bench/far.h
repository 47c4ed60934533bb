/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The far end of a cable: it counts the datagrams of a benchmark, tells who
 * asks, and is a server of TCP, for scans, too.  Everything goes to its own
 * address or to a range that it owns, on a cable with nobody else:
 *
 *     irl bench tx ---- TCP, BENCH_FAR_PORT: lines ---- irl bench far
 *      contenders  ==== UDP or TCP, BENCH_FAR_GOAL ====>  port: counts
 *
 *     irl-bench 1        ->  irl-bench 1 MAC FIRST COUNT       the range
 *     count              ->  counted FRAMES FULL DAMAGED ANSWERED
 */
#ifndef IRL_BENCH_FAR_H
#define IRL_BENCH_FAR_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/frame.h>
#include "bench/datagrams.h"

#define BENCH_FAR_HELLO "irl-bench 1"
#define BENCH_FAR_RANGE "198.18.0.0/15" /* RFC 2544: of benchmarks */

/* Private or of benchmarks (RFC 1918, RFC 2544, RFC 3927), all of it: no
 * stranger has it. */
bool bench_is_nobodys(const struct bench_range *range);
int bench_range_read(const char *text, struct bench_range *out,
		     struct irl_error *err);

/* What came. */
struct bench_far_count {
	uint64_t frames;   /* datagrams with the mark */
	uint64_t full;     /* for which there was no room here */
	uint64_t damaged;  /* for the goal, without the mark */
	uint64_t answered; /* requests of TCP */
};

/**
 * One frame of those steered to us.  Counts it; of TCP writes what a server
 * without memory answers to @reply, 128 bytes, and returns its length; else 0.
 */
uint32_t bench_far_take(struct bench_far_count *count,
			const struct irl_frame *frame, uint8_t *reply);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a benchmark takes place: a private world (two namespaces without an
 * uplink, a veth of cores + 1 queues), whose far end counts and drops.  All
 * of it goes with the process, however that ends.
 */
#ifndef IRL_BENCH_STAGE_H
#define IRL_BENCH_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/cpu.h>
#include <irl/error.h>
#include <irl/world.h>
#include "../driver/linux/bench.h"

/* Where the far side's frames go: an address of the scanner's side. */
#define BENCH_READER 0x0a000009u

#define BENCH_ANY_CORE (~0u)

struct bench; /* the skeleton of driver/linux/bench.bpf.c */

struct bench_stage_options {
	enum bench_expect expect;
	uint32_t length; /* of marked frames */
	bool by_time;    /* keep counts of milliseconds */
	bool pass_own;   /* 10.0.0.0/24 to the far end's kernel */
	bool no_sink;    /* leave the world's responder in place */
	/* The far side generates: frames for BENCH_READER, numbered. */
	bool far_generates;
	unsigned core; /* where the calling thread runs from now on */
	struct irl_world_model model;
};

struct bench_stage {
	struct irl_world *world;
	struct bench *bpf;
	struct bench_seen *seen;
	uint64_t *times; /* BENCH_SLOTS counts */
	uint64_t *made;  /* by the numbered generator */
	uint8_t near_mac[6], far_mac[6];
	unsigned near, far; /* ifindex */
};

/** Defaults: core is the last one, the model is the default world's. */
void bench_stage_options_init(struct bench_stage_options *options);

/* The calling thread is on the scanner's side afterwards. */
int bench_stage_open(struct bench_stage *stage,
		     const struct bench_stage_options *options,
		     struct irl_error *err);
void bench_stage_close(struct bench_stage *stage);

/* Sum over the queues. */
struct bench_seen bench_stage_seen(const struct bench_stage *stage);
/* Wait until nothing has arrived for some milliseconds. */
struct bench_seen bench_stage_settled(const struct bench_stage *stage);

/* The caller's thread, and those that it starts later, run on @core only. */
int bench_pin(unsigned core, struct irl_error *err);
unsigned bench_cores(void);

uint64_t bench_now_ns(void);
/* Processor time of the calling thread. */
uint64_t bench_thread_ns(void);
void bench_sleep_ns(uint64_t ns);

#endif

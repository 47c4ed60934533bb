/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many fetches by the client stack from the world's server, over the memory
 * port, in virtual time:
 *
 *   irl_tcp --> port a [ link: loss, half of RTT each way ] port b --> server
 *
 * A cell is one loss, RTT and receive window, with pages of 5 KB on average or
 * of 64 to 256 KB, which fill the window.  Its result must lie within what
 * a model of TCP allows (model.c), and a second run must give the same trace.
 */
#ifndef IRL_TESTS_SIM_H
#define IRL_TESTS_SIM_H

#include <stdbool.h>
#include <stdint.h>

struct cell {
	double loss; /* of frames, each way */
	uint32_t rtt_ms;
	uint32_t window; /* bytes that the client offers */
	bool large;      /* pages */
};

struct result {
	uint64_t connections;
	uint64_t completed; /* every byte came, and was right */
	uint64_t wrong;     /* bytes that differ, or too many */
	uint64_t hasty;     /* faster than the model allows */
	uint64_t slow;      /* slower than the model allows without loss */
	uint64_t bytes;     /* of those completed */
	uint64_t time_ns;   /* of those completed, added up */
	uint64_t
	    clean_ns; /* the most that the model gives these without loss */
	uint64_t retransmits; /* by the client */
	uint64_t repeated;    /* by the server */
	uint64_t frames;
	uint64_t trace; /* a hash of every frame and its time */
};

/* Run @count connections of @cell. */
void cell_run(const struct cell *cell, uint64_t seed, uint64_t count,
	      struct result *out);

/* The least and the most time for @bytes, by the model without loss. */
uint64_t model_least_ns(const struct cell *cell, uint32_t bytes);
uint64_t model_most_ns(const struct cell *cell, uint32_t bytes);
/* Whether @result is what @cell must give; tells what is not. */
bool model_holds(const struct cell *cell, const struct result *result);

#define SIM_SEGMENT 1448u /* bytes of data in the server's segments */
#define SIM_FIRST 10u     /* segments that it sends first (RFC 6928) */
#define SIM_SYN_TRIES 4u

#endif

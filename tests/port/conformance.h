/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a case of the conformance suite is, and what the cases share: numbered
 * frames, and the accounts that must balance after each of them.
 */
#ifndef IRL_TEST_CONFORMANCE_H
#define IRL_TEST_CONFORMANCE_H

#include <stdio.h>
#include "bed.h"

#define DEADLINE_NS UINT64_C(30000000000)
#define FRAME_MAX IRL_FRAME_MAX

/* In a function that returns 0 or, when a check fails, 1. */
#define CHECK(condition, ...)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			printf("  %s:%d: %s: ", __FILE__, __LINE__,            \
			       #condition);                                    \
			printf(__VA_ARGS__);                                   \
			printf("\n");                                          \
			return 1;                                              \
		}                                                              \
	} while (0)

struct run {
	const char *port, *link;
	char why[400];
};

struct test_case {
	const char *name;
	int (*run)(struct run *run, struct bed *bed);
	struct bed_options options;
};

struct batch {
	struct irl_frame frames[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX];
	uint8_t data[IRL_BATCH_MAX][FRAME_MAX + 16];
};

struct batch *new_batch(void);
uint64_t random_next(uint64_t *state);
void fill_random(uint8_t *to, uint32_t length, uint64_t *state);
/* A frame that bears @number and that nobody else makes. */
void number_frame(struct irl_frame *frame, uint32_t number, uint32_t length);
/* UDP from the far end to @dest, @number in its payload; its length. */
uint32_t udp_frame(const struct bed *bed, uint8_t *to, uint32_t dest,
		   uint16_t port, uint32_t number);

/*
 * Send @count numbered frames from @first on, refused ones again until none is
 * left.  False: no progress for too long.
 */
bool send_all(struct bed *bed, unsigned queue, struct batch *b, uint32_t first,
	      uint64_t count, unsigned size);
/* What the port's counters say adds up; 1 where not. */
int check_balance(struct bed *bed);

/* ---- cases ---------------------------------------------------------------
 */

int case_exact(struct run *run, struct bed *bed);
int case_length(struct run *run, struct bed *bed);
int case_full(struct run *run, struct bed *bed);
int case_link_down(struct run *run, struct bed *bed);
int case_gone(struct run *run, struct bed *bed);
int case_soak(struct run *run, struct bed *bed);
int case_threaded(struct run *run, struct bed *bed);
int case_checksum(struct run *run, struct bed *bed);
int case_queues(struct run *run, struct bed *bed);
int case_receive(struct run *run, struct bed *bed);
int case_end_rx(struct run *run, struct bed *bed);
int case_receive_exact(struct run *run, struct bed *bed);
int case_owner(struct run *run, struct bed *bed);
int case_rx_full(struct run *run, struct bed *bed);
int case_rx_pause(struct run *run, struct bed *bed);
int case_partial(struct run *run, struct bed *bed);
int case_spread(struct run *run, struct bed *bed);

#endif

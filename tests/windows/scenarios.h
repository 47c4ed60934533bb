/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Scripted scenarios: how most begin and end, and all that there are.
 *
 * A scene is the drivers up on one adapter, and a handle bound to it.
 */
#ifndef IRL_TESTS_WINDOWS_SCENARIOS_H
#define IRL_TESTS_WINDOWS_SCENARIOS_H

#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct nt_file *scene_up(struct lab *lab, unsigned flags, unsigned requests,
			 unsigned batch, bool zero_copy);
/* One frame a write, and the rule of lab_steer() stands. */
struct nt_file *scene_up_steered(struct lab *lab, unsigned flags);
/* One more handle, on the first adapter or another. */
struct nt_file *scene_open(unsigned requests, unsigned batch, bool zero_copy);
struct nt_file *scene_open_at(unsigned nic, unsigned requests, unsigned batch,
			      bool zero_copy);
void scene_down(struct lab *lab, struct nt_file *file);
/* Every frame accounted for. */
void scene_down_balanced(struct lab *lab, struct nt_file *file);

/* All of the buffer is taken, or nothing. */
NTSTATUS scene_write(struct nt_file *file, const uint8_t *buffer, size_t size);
/* The same frames in so many requests, which the adapter holds. */
void scene_write_held(struct lab *lab, struct nt_file *file,
		      const uint8_t *buffer, size_t size,
		      struct nt_request *requests[], unsigned count);
/* Bytes received already; 0: none. */
size_t scene_read(struct nt_file *file, uint8_t *buffer, size_t size);

/* -- scenarios_send.c -- */
void test_batches_copied(void **state);
void test_batches_zero_copy(void **state);
void test_batches_no_filter(void **state);
void test_out_of_order(void **state);
void test_flood(void **state);
void test_cancel_write(void **state);
void test_cancel_part(void **state);
void test_cancel_early(void **state);
void test_cancel_race(void **state);
void test_cancel_closing(void **state);
void test_cancel_one(void **state);
void test_outcomes(void **state);
void test_send_pages(void **state);

/* -- scenarios_counters.c -- */
void test_counters_sent(void **state);
void test_counters_no_memory(void **state);
void test_counters_reads(void **state);
void test_counters_cancelled(void **state);
void test_counters_dropped(void **state);
void test_counters_paused(void **state);

/* -- scenarios_adapters.c -- */
void test_described(void **state);
void test_described_state(void **state);
void test_two_adapters(void **state);
void test_names(void **state);
void test_jumbo(void **state);
void test_no_ethernet(void **state);
void test_query(void **state);
void test_ndis_versions(void **state);
void test_access(void **state);

/* -- scenarios_checksums.c -- */
void test_checksums(void **state);
void test_checksums_change(void **state);
void test_checksums_not_offered(void **state);
void test_checksums_options(void **state);
void test_checksums_tags(void **state);

/* -- scenarios_lies.c -- */
void test_lies(void **state);
void test_empty_and_too_many(void **state);
void test_control_lies(void **state);
void test_control_codes(void **state);
void test_bind_lies(void **state);
void test_versions_lie(void **state);
void test_receive_lies(void **state);
void test_send_too_much(void **state);

/* -- scenarios_receive.c -- */
void test_receive(void **state);
void test_receive_oracle(void **state);
void test_queues(void **state);
void test_receive_long(void **state);
void test_receive_batches(void **state);
void test_receive_batch_sizes(void **state);
void test_receive_ring(void **state);
void test_receive_cost(void **state);
void test_receive_marks(void **state);
void test_receive_tagged(void **state);
void test_receive_full(void **state);
void test_receive_mixed(void **state);

/* -- scenarios_steer.c -- */
void test_claims(void **state);
void test_claims_multicast(void **state);
void test_multicast(void **state);
void test_steer_lies(void **state);
void test_steer_no_memory(void **state);
void test_steer_adapters(void **state);
void test_multicast_host(void **state);

/* -- scenarios_life.c -- */
void test_cancel(void **state);
void test_too_many_reads(void **state);
void test_closing(void **state);
void test_pause(void **state);
void test_removal(void **state);
void test_unbind_bind(void **state);
void test_unbind_steering(void **state);
void test_unbind_in_bind(void **state);
void test_unload(void **state);
void test_no_memory(void **state);

#endif

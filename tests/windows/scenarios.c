/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripted scenarios: one thread, virtual time, every frame accounted for.
 * The same program runs over the drivers' sources and over their binaries.
 */
#include "scenarios.h"

struct nt_file *scene_open_at(unsigned nic, unsigned requests, unsigned batch,
			      bool zero_copy)
{
	struct irl_win_bind bind = lab_bind(nic, requests, batch, zero_copy);
	NTSTATUS status;
	struct nt_file *file = lab_open(&bind, &status);

	assert_int_equal(status, STATUS_SUCCESS);
	assert_non_null(file);
	return file;
}

struct nt_file *scene_open(unsigned requests, unsigned batch, bool zero_copy)
{
	return scene_open_at(0, requests, batch, zero_copy);
}

NTSTATUS scene_write(struct nt_file *file, const uint8_t *buffer, size_t size)
{
	size_t bytes;
	NTSTATUS status = nt_finish(nt_write(file, buffer, size), &bytes);

	assert_int_equal(bytes, status ? 0 : size);
	return status;
}

struct nt_file *scene_up(struct lab *lab, unsigned flags, unsigned requests,
			 unsigned batch, bool zero_copy)
{
	lab_up(lab, flags);
	return scene_open(requests, batch, zero_copy);
}

struct nt_file *scene_up_steered(struct lab *lab, unsigned flags)
{
	struct nt_file *file = scene_up(lab, flags, 1, 1, false);

	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	return file;
}

void scene_down(struct lab *lab, struct nt_file *file)
{
	nt_close(file);
	lab_down(lab);
}

void scene_down_balanced(struct lab *lab, struct nt_file *file)
{
	lab_balance(file, &lab->nic[0]);
	scene_down(lab, file);
}

void scene_write_held(struct lab *lab, struct nt_file *file,
		      const uint8_t *buffer, size_t size,
		      struct nt_request *requests[], unsigned count)
{
	nd_complete_mode(lab->nic[0].adapter, ND_HELD);
	for (unsigned i = 0; i < count; i++)
		requests[i] = nt_write(file, buffer, size);
}

size_t scene_read(struct nt_file *file, uint8_t *buffer, size_t size)
{
	struct nt_request *request = nt_read(file, buffer, size);
	size_t bytes = 0;
	NTSTATUS status;

	if (!nt_done(request))
		nt_cancel(request);
	status = nt_finish(request, &bytes);
	assert_true(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
	return bytes;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_batches_copied),
	    cmocka_unit_test(test_batches_zero_copy),
	    cmocka_unit_test(test_batches_no_filter),
	    cmocka_unit_test(test_out_of_order),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_cancel_write),
	    cmocka_unit_test(test_cancel_part),
	    cmocka_unit_test(test_cancel_early),
	    cmocka_unit_test(test_cancel_race),
	    cmocka_unit_test(test_cancel_closing),
	    cmocka_unit_test(test_cancel_one),
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_send_pages),
	    cmocka_unit_test(test_counters_sent),
	    cmocka_unit_test(test_counters_no_memory),
	    cmocka_unit_test(test_counters_reads),
	    cmocka_unit_test(test_counters_cancelled),
	    cmocka_unit_test(test_counters_dropped),
	    cmocka_unit_test(test_counters_paused),
	    cmocka_unit_test(test_described),
	    cmocka_unit_test(test_described_state),
	    cmocka_unit_test(test_two_adapters),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_jumbo),
	    cmocka_unit_test(test_no_ethernet),
	    cmocka_unit_test(test_query),
	    cmocka_unit_test(test_ndis_versions),
	    cmocka_unit_test(test_access),
	    cmocka_unit_test(test_checksums),
	    cmocka_unit_test(test_checksums_change),
	    cmocka_unit_test(test_checksums_not_offered),
	    cmocka_unit_test(test_checksums_options),
	    cmocka_unit_test(test_checksums_tags),
	    cmocka_unit_test(test_lies),
	    cmocka_unit_test(test_empty_and_too_many),
	    cmocka_unit_test(test_control_lies),
	    cmocka_unit_test(test_control_codes),
	    cmocka_unit_test(test_bind_lies),
	    cmocka_unit_test(test_versions_lie),
	    cmocka_unit_test(test_receive_lies),
	    cmocka_unit_test(test_send_too_much),
	    cmocka_unit_test(test_receive),
	    cmocka_unit_test(test_receive_oracle),
	    cmocka_unit_test(test_queues),
	    cmocka_unit_test(test_receive_long),
	    cmocka_unit_test(test_receive_batches),
	    cmocka_unit_test(test_receive_batch_sizes),
	    cmocka_unit_test(test_receive_ring),
	    cmocka_unit_test(test_receive_cost),
	    cmocka_unit_test(test_receive_marks),
	    cmocka_unit_test(test_receive_tagged),
	    cmocka_unit_test(test_receive_full),
	    cmocka_unit_test(test_receive_mixed),
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_claims_multicast),
	    cmocka_unit_test(test_multicast),
	    cmocka_unit_test(test_steer_lies),
	    cmocka_unit_test(test_steer_no_memory),
	    cmocka_unit_test(test_steer_adapters),
	    cmocka_unit_test(test_multicast_host),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_too_many_reads),
	    cmocka_unit_test(test_closing),
	    cmocka_unit_test(test_pause),
	    cmocka_unit_test(test_removal),
	    cmocka_unit_test(test_unbind_bind),
	    cmocka_unit_test(test_unbind_steering),
	    cmocka_unit_test(test_unbind_in_bind),
	    cmocka_unit_test(test_unload),
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

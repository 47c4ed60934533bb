/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending: batches, and what the adapter makes of them. */
#include "scenarios.h"

#include <stdlib.h>

static const unsigned batches[] = {1, 2, 3, 16, 255, 256, 1024, 4096};

static void send_batch(struct lab *lab, struct nt_file *file, unsigned frames)
{
	uint64_t before = lab->nic[0].frames;
	struct nt_counters was, is;
	size_t at = 0, size = (size_t)frames * irl_win_space(LAB_FRAME_MAX);
	uint8_t *buffer = calloc(1, size);

	for (unsigned i = 0; i < frames; i++)
		lab_put(buffer, &at, 14 + i % (LAB_FRAME_MAX - 13), i);
	nt_count(&was);
	assert_int_equal(scene_write(file, buffer, at), STATUS_SUCCESS);
	nt_count(&is);
	assert_int_equal(lab->nic[0].frames - before, frames);
	/* No allocation per frame, nor a lock: the same for each batch. */
	assert_int_equal(is.allocations, was.allocations);
	assert_int_equal(is.locks - was.locks, 2);
	at = 0;
	for (unsigned i = 0; i < frames && before + i < LAB_LOG; i++) {
		struct lab_sent *sent = &lab->nic[0].log[before + i];
		uint32_t length = 14 + i % (LAB_FRAME_MAX - 13);

		assert_int_equal(sent->length, length);
		assert_int_equal(
		    sent->hash,
		    lab_hash(buffer + at + sizeof(struct irl_win_frame),
			     length));
		at += irl_win_space(length);
	}
	free(buffer);
}

static void batches_with(unsigned flags, bool zero_copy)
{
	struct nt_file *file;
	struct lab lab;

	lab_up(&lab, flags);
	for (unsigned i = 0; i < RTL_NUMBER_OF(batches); i++) {
		nd_complete_singly(lab.nic[0].adapter, i & 1);
		file = scene_open(2, batches[i], zero_copy);
		memset(&lab.nic[0].frames, 0, sizeof(uint64_t));
		send_batch(&lab, file, batches[i]);
		nt_close(file);
	}
	lab_down(&lab);
}

void test_batches_copied(void **state)
{
	(void)state;
	batches_with(0, false);
}

void test_batches_zero_copy(void **state)
{
	(void)state;
	batches_with(LAB_PEND, true);
}

void test_batches_no_filter(void **state)
{
	(void)state;
	batches_with(LAB_NO_FILTER, false);
}

/* Held, given back newest first, one by one: nothing is done before the last.
 */
void test_out_of_order(void **state)
{
	struct nt_request *requests[4];
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 4, 8, true);
	buffer = lab_batch(8, 100, &size);
	scene_write_held(&lab, file, buffer, size, requests, 4);
	assert_int_equal(nd_held(lab.nic[0].adapter), 4);
	for (unsigned i = 4; i-- > 0;) {
		assert_false(nt_done(requests[i]));
		nd_release(lab.nic[0].adapter, 1, true);
		assert_true(nt_done(requests[i]));
		assert_int_equal(nt_finish(requests[i], NULL), STATUS_SUCCESS);
	}
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* More than BIND set aside: refused, not queued, and room again afterwards. */
void test_flood(void **state)
{
	struct nt_request *requests[6];
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 3, 4, false);
	buffer = lab_batch(4, 60, &size);
	scene_write_held(&lab, file, buffer, size, requests, 6);
	for (unsigned i = 3; i < 6; i++)
		assert_int_equal(nt_finish(requests[i], NULL),
				 STATUS_DEVICE_BUSY);
	nd_release(lab.nic[0].adapter, 3, false);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(nt_finish(requests[i], NULL), STATUS_SUCCESS);
	nd_complete_mode(lab.nic[0].adapter, ND_AT_ONCE);
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	free(buffer);
	c = lab_count(file);
	assert_int_equal(c.refused[IRL_WIN_REFUSED_BUSY], 3);
	assert_int_equal(c.tx_frames, 16);
	scene_down_balanced(&lab, file);
}

/* -- what becomes of a frame -- */
void test_outcomes(void **state)
{
	static const struct {
		uint32_t status;
		enum irl_win_outcome outcome;
	} cases[] = {
	    {0, IRL_WIN_SENT},
	    {0xc023002a, IRL_WIN_PAUSED},
	    {0xc023000c, IRL_WIN_CANCELLED},
	    {0xc001000c, IRL_WIN_ABORTED},
	    {0xc001000d, IRL_WIN_ABORTED},
	    {0xc0010018, IRL_WIN_ABORTED},
	    {0xc000009a, IRL_WIN_NO_RESOURCES},
	    {0xc023001f, IRL_WIN_NO_LINK},
	    {0xc023002f, IRL_WIN_NO_LINK},
	    {0xc001000f, IRL_WIN_REJECTED},
	    {0xc0010014, IRL_WIN_REJECTED},
	    {0xc0010015, IRL_WIN_REJECTED},
	    {0xc0000001, IRL_WIN_FAILED},
	};
	struct irl_win_frame *frame;
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 1, 2, true);
	buffer = lab_batch(2, 60, &size);
	frame = (struct irl_win_frame *)buffer;
	for (unsigned i = 0; i < RTL_NUMBER_OF(cases); i++) {
		uint64_t was = lab_count(file).outcome[cases[i].outcome];

		nd_fail_sends(lab.nic[0].adapter, (int)cases[i].status);
		assert_int_equal(
		    lab_control(file, IRL_WIN_SEND, NULL, 0, buffer, size),
		    STATUS_SUCCESS);
		c = lab_count(file);
		assert_int_equal(c.outcome[cases[i].outcome], was + 2);
		assert_int_equal(frame->outcome, cases[i].outcome);
	}
	free(buffer);
	nd_fail_sends(lab.nic[0].adapter, 0);
	scene_down_balanced(&lab, file);
}

/* What goes out when the buffer is written to while the adapter has it: what
 * was there before, or, from the program's own pages, what is there then. */
void test_send_pages(void **state)
{
	struct nt_request *request;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	for (unsigned zero_copy = 0; zero_copy < 2; zero_copy++) {
		uint8_t was[60], is[60];

		file = scene_up(&lab, 0, 1, 1, zero_copy);
		buffer = lab_batch(1, 60, &size);
		memcpy(was, buffer + sizeof(struct irl_win_frame), 60);
		memset(is, 0x77, 60);
		nd_complete_mode(lab.nic[0].adapter, ND_QUEUED);
		request = nt_write(file, buffer, size);
		memcpy(buffer + sizeof(struct irl_win_frame), is, 60);
		nd_release(lab.nic[0].adapter, 1, false);
		assert_int_equal(nt_finish(request, NULL), STATUS_SUCCESS);
		assert_int_equal(lab.nic[0].log[0].hash,
				 lab_hash(zero_copy ? is : was, 60));
		free(buffer);
		scene_down_balanced(&lab, file);
	}
}

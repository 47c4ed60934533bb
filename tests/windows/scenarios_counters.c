/* SPDX-License-Identifier: BSD-2-Clause */
/* Each counter, by what it counts. */
#include "scenarios.h"

#include <stdlib.h>

void test_counters_sent(void **state)
{
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 1, 4, false);
	for (unsigned frames = 1; frames <= 3; frames++) {
		buffer = lab_batch(frames, 100 + frames, &size);
		assert_int_equal(scene_write(file, buffer, size),
				 STATUS_SUCCESS);
		free(buffer);
	}
	c = lab_count(file);
	assert_int_equal(c.head.version, IRL_WIN_VERSION);
	assert_int_equal(c.head.size, sizeof(c));
	assert_int_equal(c.tx_buffers, 3);
	assert_int_equal(c.tx_frames, 6);
	assert_int_equal(c.tx_bytes, 101 + 2 * 102 + 3 * 103);
	scene_down_balanced(&lab, file);
}

/* The buffer cannot be mapped: a send is refused, a read too. */
void test_counters_no_memory(void **state)
{
	uint8_t in[128] __attribute__((aligned(8)));
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, true);
	buffer = lab_batch(1, 60, &size);
	for (unsigned i = 1; i <= 3; i++) {
		nt_fail_at(0);
		assert_int_equal(scene_write(file, buffer, size),
				 STATUS_INSUFFICIENT_RESOURCES);
		assert_int_equal(
		    lab_count(file).refused[IRL_WIN_REFUSED_MEMORY], i);
	}
	nt_fail_at(0);
	assert_int_equal(nt_finish(nt_read(file, in, sizeof(in)), NULL),
			 STATUS_INSUFFICIENT_RESOURCES);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_FORMAT], 0);
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* A read that gets nothing is none that ended with frames. */
void test_counters_reads(void **state)
{
	uint8_t bytes[100], in[512] __attribute__((aligned(8)));
	struct nd_frame frames[] = {{.bytes = bytes, .length = 60},
				    {.bytes = bytes, .length = 100},
				    {.bytes = bytes, .length = 70}};
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	lab_udp(bytes, 0xc6120001, 9);
	file = scene_up_steered(&lab, 0);
	nd_receive(lab.nic[0].adapter, frames, 3, 0);
	c = lab_count(file);
	assert_int_equal(c.rx_frames, 3);
	assert_int_equal(c.rx_bytes, 60 + 100 + 70);
	assert_int_equal(c.rx_read, 0);
	assert_int_equal(c.rx_reads, 0);
	/* two fit, then the third; then nothing is there */
	assert_int_equal(scene_read(file, in, 200),
			 irl_win_space(60) + irl_win_space(100));
	assert_int_equal(scene_read(file, in, 200), irl_win_space(70));
	assert_int_equal(scene_read(file, in, 200), 0);
	c = lab_count(file);
	assert_int_equal(c.rx_read, 3);
	assert_int_equal(c.rx_reads, 2);
	assert_int_equal(c.reads_cancelled, 1);
	/* one that is too long for the buffer stays */
	nd_receive(lab.nic[0].adapter, &frames[1], 1, 0);
	assert_int_equal(nt_finish(nt_read(file, in, 64), NULL),
			 STATUS_BUFFER_TOO_SMALL);
	assert_int_equal(lab_count(file).rx_reads, 2);
	assert_int_equal(scene_read(file, in, 200), irl_win_space(100));
	scene_down_balanced(&lab, file);
}

/* While it waits, before it waits, and as the handle goes. */
void test_counters_cancelled(void **state)
{
	uint8_t in[3][64] __attribute__((aligned(8)));
	struct nt_request *reads[3];
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	reads[0] = nt_read(file, in[0], 64);
	nt_cancel(reads[0]);
	assert_int_equal(lab_count(file).reads_cancelled, 1);
	nt_arrive_cancelled(true);
	reads[1] = nt_read(file, in[1], 64);
	nt_arrive_cancelled(false);
	assert_int_equal(lab_count(file).reads_cancelled, 2);
	reads[2] = nt_read(file, in[2], 64);
	nt_cleanup(file);
	assert_int_equal(lab_count(file).reads_cancelled, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(nt_finish(reads[i], NULL), STATUS_CANCELLED);
	scene_down(&lab, file);
}

/* Longer than any record may be; not to be mapped by us, or by the filter. */
void test_counters_dropped(void **state)
{
	uint8_t *bytes = calloc(1, 65550);
	struct nd_frame frames[] = {
	    {.bytes = bytes, .length = 65550},
	    {.bytes = bytes, .length = 60, .unreadable = 2},
	    {.bytes = bytes, .length = 60, .unreadable = 3},
	    {.bytes = bytes, .length = 60, .split = 20, .unreadable = 4},
	    {.bytes = bytes, .length = 60, .split = 20, .unreadable = 2},
	    /* only the first look fails: the second copies */
	    {.bytes = bytes, .length = 60, .unreadable = 1},
	};
	struct irl_win_bind bind = lab_bind(0, 1, 1, false);
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	NTSTATUS status;

	(void)state;
	bind.ring_bytes *= 4;
	lab_udp(bytes, 0xc6120001, 9);
	for (unsigned lent = 0; lent < 2; lent++) {
		lab_up(&lab, 0);
		file = lab_open(&bind, &status);
		assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
		nd_receive(lab.nic[0].adapter, frames, RTL_NUMBER_OF(frames),
			   lent ? ND_RESOURCES : 0);
		c = lab_count(file);
		assert_int_equal(c.rx_too_long, 1);
		assert_int_equal(c.rx_unreadable, 2);
		assert_int_equal(c.rx_frames, 1);
		assert_int_equal(c.rx_ring_full, 0);
		assert_int_equal(c.filter.unreadable, 2);
		assert_int_equal(c.filter.host, 2);
		assert_int_equal(c.filter.taken, 4);
		scene_down_balanced(&lab, file);
	}
	free(bytes);
}

/* What comes while the filter pauses is nobody's. */
void test_counters_paused(void **state)
{
	uint8_t bytes[60];
	struct nd_frame frames[] = {{.bytes = bytes, .length = 60},
				    {.bytes = bytes, .length = 60}};
	struct irl_win_counters c;
	struct nd_counters n;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	file = scene_up_steered(&lab, 0);
	nd_pause(lab.nic[0].adapter);
	nd_receive(lab.nic[0].adapter, frames, 2, ND_PAUSED);
	nd_receive(lab.nic[0].adapter, frames, 1, ND_PAUSED | ND_RESOURCES);
	c = lab_count(file);
	assert_int_equal(c.filter.frames, 3);
	assert_int_equal(c.filter.paused, 3);
	assert_int_equal(c.filter.taken, 0);
	nd_count(lab.nic[0].adapter, &n);
	assert_int_equal(n.returned, 3);
	nd_restart(lab.nic[0].adapter);
	nd_receive(lab.nic[0].adapter, frames, 2, 0);
	assert_int_equal(lab_count(file).filter.taken, 2);
	scene_down_balanced(&lab, file);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving: whose a frame is, which queue's, and when a read ends. */
#include "scenarios.h"

#include <irl/steer.h>
#include <stdlib.h>

static void receive_one(struct lab *lab, unsigned split, unsigned flags)
{
	struct nt_file *file = scene_open(1, 1, false);
	uint8_t ours[60], theirs[60];
	uint8_t *buffer = malloc(4 * irl_win_space(60));
	struct irl_win_frame *got = (struct irl_win_frame *)buffer;
	struct nd_frame frames[] = {
	    {.bytes = theirs, .length = 60, .split = split},
	    {.bytes = ours, .length = 60, .split = split},
	    {.bytes = theirs, .length = 60, .split = split},
	    {.bytes = ours, .length = 60, .split = split},
	    {.bytes = ours, .length = 60, .split = split}};
	struct nd_counters n;

	lab_udp(ours, 0xc6120005, 4000);
	lab_udp(theirs, 0x0a000001, 4000);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	assert_int_equal(nd_receive(lab->nic[0].adapter, frames, 5, flags), 5);
	assert_int_equal(scene_read(file, buffer, 4 * irl_win_space(60)),
			 3 * irl_win_space(60));
	assert_int_equal(got->length, 60);
	assert_memory_equal(got + 1, ours, 60);
	nd_count(lab->nic[0].adapter, &n);
	assert_int_equal(n.host, 2);
	assert_int_equal(n.returned, 5);
	lab_balance(file, &lab->nic[0]);
	free(buffer);
	nt_close(file);
}

void test_receive(void **state)
{
	static const struct {
		unsigned split, flags;
	} ways[] = {{0, 0}, {20, 0}, {33, ND_RESOURCES}, {0, ND_RESOURCES}};
	struct lab lab;

	(void)state;
	for (unsigned i = 0; i < RTL_NUMBER_OF(ways); i++) {
		lab_up(&lab, 0);
		receive_one(&lab, ways[i].split, ways[i].flags);
		lab_down(&lab);
	}
}

/* The filter decides as the rule of all other ports does. */
void test_receive_oracle(void **state)
{
	struct irl_steer rule;
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint64_t ours = 0, seed = 1;

	(void)state;
	lab_rule(&rule);
	file = scene_up(&lab, 0, 1, 1, false);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[60];
		struct nd_frame frame = {.bytes = bytes, .length = 60};

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		lab_udp(bytes,
			(seed >> 40 & 1 ? 0xc6120000 : 0xc6140000) +
			    (uint32_t)(seed >> 45 & 0x3ffff),
			(uint16_t)(seed >> 20));
		/* Now and then any byte: other protocols, lengths, tags. */
		if (seed >> 62)
			bytes[seed >> 33 & 63 ? seed >> 33 & 31 : 12] =
			    (uint8_t)(seed >> 50);
		frame.length = 14 + (seed >> 10) % 47;
		frame.split = seed >> 12 & 1 ? 13 : 0;
		ours += irl_steer_match(&rule, bytes, (uint32_t)frame.length);
		nd_receive(lab.nic[0].adapter, &frame, 1,
			   seed >> 13 & 1 ? ND_RESOURCES : 0);
	}
	c = lab_count(file);
	assert_int_equal(c.filter.taken, ours);
	assert_true(ours > 2000 && ours < 18000);
	assert_true(c.rx_ring_full > 0);
	scene_down_balanced(&lab, file);
}

void test_queues(void **state)
{
	struct nt_file *file[2];
	struct irl_steer rule;
	struct lab lab;

	(void)state;
	lab_rule(&rule);
	lab_up(&lab, 0);
	for (unsigned i = 0; i < 2; i++) {
		file[i] = scene_open(1, 1, false);
		assert_int_equal(lab_steer(file[i], i, 2), STATUS_SUCCESS);
	}
	for (unsigned port = 0; port < 65536; port += 4099) {
		uint8_t bytes[60], buffer[128] __attribute__((aligned(8)));
		struct nd_frame frame = {.bytes = bytes, .length = 60};
		unsigned queue;

		lab_udp(bytes, 0xc6120001, (uint16_t)port);
		queue = irl_steer_queue(&rule, 2, bytes, 60);
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
		assert_int_equal(scene_read(file[!queue], buffer, 128), 0);
		assert_int_equal(scene_read(file[queue], buffer, 128),
				 irl_win_space(60));
	}
	/* One goes: its frames are ours still, and dropped with their cause. */
	nt_close(file[1]);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t bytes[60];
		struct nd_frame frame = {.bytes = bytes, .length = 60};

		lab_udp(bytes, 0xc6120001, i ? 65000 : 5);
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	}
	assert_int_equal(lab_count(file[0]).filter.no_queue, 1);
	nt_close(file[0]);
	lab_down(&lab);
}

/* An empty ring has room for what it has room for, wherever it stood. */
void test_receive_long(void **state)
{
	const size_t room = irl_win_space(46000);
	uint8_t *bytes = calloc(1, room), *buffer = malloc(room);
	struct nd_frame frame = {
	    .bytes = bytes, .length = 40000, .coalesced = true};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	lab_udp(bytes, 0xc6120001, 9);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	for (; frame.length <= 46000; frame.length += 2000) {
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
		assert_int_equal(scene_read(file, buffer, room),
				 irl_win_space((uint32_t)frame.length));
	}
	free(bytes);
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* A read waits for so many frames, or so long after the first. */
void test_receive_batches(void **state)
{
	struct irl_win_receive receive = {
	    .head = {IRL_WIN_VERSION, sizeof(receive)},
	    .batch = 4,
	    .delay_us = 1000};
	uint8_t bytes[60], buffer[1024] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nt_request *request;
	struct nt_file *file;
	struct lab lab;
	size_t got;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	lab_udp(bytes, 0xc6120001, 9);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	assert_int_equal(lab_control(file, IRL_WIN_RECEIVE, &receive,
				     sizeof(receive), NULL, 0),
			 STATUS_SUCCESS);
	request = nt_read(file, buffer, sizeof(buffer));
	for (unsigned i = 0; i < 4; i++) {
		assert_false(nt_done(request));
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	}
	assert_true(nt_done(request));
	nt_finish(request, &got);
	assert_int_equal(got, 4 * irl_win_space(60));
	request = nt_read(file, buffer, sizeof(buffer));
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	nt_advance(900000);
	assert_false(nt_done(request));
	nt_advance(200000);
	assert_true(nt_done(request));
	nt_finish(request, &got);
	assert_int_equal(got, irl_win_space(60));
	/* Closed while the timer runs. */
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	nt_close(file);
	nt_advance(2000000);
	lab_down(&lab);
}

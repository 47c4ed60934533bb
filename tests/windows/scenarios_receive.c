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
	file = scene_up_steered(&lab, 0);
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
	file = scene_up_steered(&lab, 0);
	lab_udp(bytes, 0xc6120001, 9);
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
	file = scene_up_steered(&lab, 0);
	lab_udp(bytes, 0xc6120001, 9);
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
	/* That it was full in time takes nothing from the next one's. */
	nt_advance(500000);
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

static void receive_batch(unsigned batch)
{
	struct irl_win_receive receive = {
	    .head = {IRL_WIN_VERSION, sizeof(receive)},
	    .batch = batch,
	    .delay_us = IRL_WIN_DELAY_MAX};
	struct irl_win_bind bind = lab_bind(0, 1, 1, false);
	size_t size = (size_t)(batch + 1) * irl_win_space(60), got;
	uint8_t bytes[60], *buffer = malloc(size);
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nt_request *read;
	struct nt_file *file;
	NTSTATUS status;
	struct lab lab;

	lab_udp(bytes, 0xc6120001, 9);
	lab_up(&lab, 0);
	bind.ring_bytes = 1 << 20;
	file = lab_open(&bind, &status);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	assert_int_equal(lab_control(file, IRL_WIN_RECEIVE, &receive,
				     sizeof(receive), NULL, 0),
			 STATUS_SUCCESS);
	read = nt_read(file, buffer, size);
	for (unsigned i = 0; i < batch; i++) {
		assert_false(nt_done(read));
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	}
	assert_true(nt_done(read));
	assert_int_equal(nt_finish(read, &got), STATUS_SUCCESS);
	assert_int_equal(got, batch * irl_win_space(60));
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* As many as the reader says, not one less, in room for one more. */
void test_receive_batch_sizes(void **state)
{
	(void)state;
	for (unsigned batch = 1; batch <= IRL_WIN_BATCH_MAX; batch *= 4)
		receive_batch(batch);
}

/* To the last byte, wherever the records end. */
void test_receive_ring(void **state)
{
	const uint32_t length = 4096 - sizeof(struct irl_win_frame);
	uint8_t *bytes = calloc(1, length), *in = malloc(IRL_WIN_RING_MIN);
	struct nd_frame frame = {.bytes = bytes, .length = length};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	file = scene_up_steered(&lab, 0);
	for (unsigned i = 0; i <= IRL_WIN_RING_MIN / 4096; i++)
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(lab_count(file).rx_ring_full, 1);
	assert_int_equal(scene_read(file, in, IRL_WIN_RING_MIN),
			 IRL_WIN_RING_MIN);
	free(bytes);
	free(in);
	scene_down_balanced(&lab, file);
}

/* One lock of the filter's, one of the queue's, whatever the number; nothing
 * is allocated. */
void test_receive_cost(void **state)
{
	uint8_t ours[60], theirs[60], in[4096] __attribute__((aligned(8)));
	struct nd_frame frames[32];
	struct nt_counters was, is;
	struct nt_request *read;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_udp(ours, 0xc6120001, 9);
	lab_udp(theirs, 0x0a000001, 9);
	for (unsigned i = 0; i < 32; i++)
		frames[i] = (struct nd_frame){
		    .bytes = i % 5 == 4 ? theirs : ours, .length = 60};
	file = scene_up_steered(&lab, 0);
	for (unsigned count = 1; count <= 32; count *= 2) {
		nt_count(&was);
		nd_receive(lab.nic[0].adapter, frames, count, 0);
		nt_count(&is);
		assert_int_equal(is.locks - was.locks, 2);
		assert_int_equal(is.allocations, was.allocations);
		read = nt_read(file, in, sizeof(in));
		assert_true(nt_done(read));
		nt_finish(read, NULL);
	}
	scene_down_balanced(&lab, file);
}

/* What the adapter found stands in the record; and when. */
void test_receive_marks(void **state)
{
	static const struct {
		uint8_t checks; /* failed: TCP, UDP, IP, succeeded: likewise */
		uint16_t flags;
	} cases[] = {
	    {0x00, 0},
	    {0x01, IRL_WIN_RX_CHECKSUM_BAD},
	    {0x02, IRL_WIN_RX_CHECKSUM_BAD},
	    {0x04, IRL_WIN_RX_CHECKSUM_BAD},
	    {0x08, IRL_WIN_RX_CHECKSUM_GOOD},
	    {0x10, IRL_WIN_RX_CHECKSUM_GOOD},
	    {0x20, 0}, /* of IP only */
	    {0x2c, IRL_WIN_RX_CHECKSUM_BAD},
	    {0x28, IRL_WIN_RX_CHECKSUM_GOOD},
	};
	uint8_t bytes[60], in[128] __attribute__((aligned(8)));
	const struct irl_win_frame *got = (struct irl_win_frame *)in;
	struct nt_file *file;
	uint64_t time = 0;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	file = scene_up_steered(&lab, 0);
	for (unsigned i = 0; i < 2 * RTL_NUMBER_OF(cases); i++) {
		struct nd_frame frame = {.bytes = bytes,
					 .length = 60,
					 .checks = cases[i / 2].checks,
					 .coalesced = i & 1};

		nt_advance(1000000);
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
		nt_advance(1000000);
		assert_int_equal(scene_read(file, in, sizeof(in)),
				 irl_win_space(60));
		assert_int_equal(got->flags,
				 cases[i / 2].flags |
				     (i & 1 ? IRL_WIN_RX_COALESCED : 0));
		assert_int_equal(got->segments, i & 1 ? 2 : 0);
		assert_true(got->time > time);
		assert_true((uint64_t)KeQueryPerformanceCounter(NULL).QuadPart >
			    got->time);
		time = got->time;
	}
	scene_down_balanced(&lab, file);
}

/* With a tag that the adapter took out of it a frame is the host's, as with one
 * in place. */
void test_receive_tagged(void **state)
{
	uint8_t bytes[60];
	struct nd_frame frames[] = {
	    {.bytes = bytes, .length = 60},
	    {.bytes = bytes, .length = 60, .tagged = true},
	    {.bytes = bytes, .length = 60}};
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	for (unsigned lent = 0; lent < 2; lent++) {
		file = scene_up_steered(&lab, 0);
		nd_receive(lab.nic[0].adapter, frames, 3,
			   lent ? ND_RESOURCES : 0);
		c = lab_count(file);
		assert_int_equal(c.filter.taken, 2);
		assert_int_equal(c.filter.host, 1);
		scene_down_balanced(&lab, file);
	}
}

/* A read ends as soon as it is full, however long it would wait for more. */
void test_receive_full(void **state)
{
	struct irl_win_receive receive = {
	    .head = {IRL_WIN_VERSION, sizeof(receive)},
	    .batch = IRL_WIN_BATCH_MAX,
	    .delay_us = IRL_WIN_DELAY_MAX};
	uint8_t bytes[60], in[256] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nt_request *read;
	struct nt_file *file;
	struct lab lab;
	size_t got;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	file = scene_up_steered(&lab, 0);
	assert_int_equal(lab_control(file, IRL_WIN_RECEIVE, &receive,
				     sizeof(receive), NULL, 0),
			 STATUS_SUCCESS);
	read = nt_read(file, in, 2 * irl_win_space(60));
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_false(nt_done(read));
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_true(nt_done(read));
	assert_int_equal(nt_finish(read, &got), STATUS_SUCCESS);
	assert_int_equal(got, 2 * irl_win_space(60));
	scene_down_balanced(&lab, file);
}

/* Two queues and the host, in turn: each gets its own, in their order, and
 * what was lent is as it was. */
void test_receive_mixed(void **state)
{
	uint8_t bytes[3][600], in[4096] __attribute__((aligned(8)));
	struct nd_frame frames[12];
	struct irl_steer rule;
	struct nt_file *file[2];
	struct lab lab;

	(void)state;
	lab_rule(&rule);
	memset(bytes, 0, sizeof(bytes));
	for (unsigned i = 0; i < 3; i++)
		lab_udp(bytes[i], i < 2 ? 0xc6120001 : 0x0a000001,
			i ? 60000 : 5);
	for (unsigned i = 0; i < 12; i++)
		frames[i] = (struct nd_frame){.bytes = bytes[i % 3],
					      .length = 60 + 45 * i,
					      .split = i & 1 ? 20 : 0};
	for (unsigned lent = 0; lent < 2; lent++) {
		lab_up(&lab, 0);
		for (unsigned i = 0; i < 2; i++) {
			file[i] = scene_open(1, 1, false);
			assert_int_equal(lab_steer(file[i], i, 2),
					 STATUS_SUCCESS);
		}
		nd_receive(lab.nic[0].adapter, frames, 12,
			   lent ? ND_RESOURCES : 0);
		for (unsigned i = 0; i < 2; i++) {
			size_t at = 0, size = scene_read(file[i], in, 4096);

			for (unsigned k = i; k < 12; k += 3) {
				struct irl_win_frame *got =
				    (struct irl_win_frame *)(in + at);

				assert_int_equal(got->length, 60 + 45 * k);
				at += irl_win_space(got->length);
			}
			assert_int_equal(at, size);
		}
		assert_int_equal(lab_count(file[0]).filter.host, 4);
		nt_close(file[0]);
		scene_down(&lab, file[1]);
	}
}

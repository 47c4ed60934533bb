/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames and requests that lie: refused with their cause, nothing taken. */
#include "scenarios.h"

#include <stdlib.h>

/* -- headers that lie -- */
struct lie {
	uint32_t length;
	uint16_t flags, transport;
	size_t size; /* of the buffer; 0: as long as its frames */
	enum irl_win_refusal refusal;
	NTSTATUS status;
};

static const struct lie lies[] = {
    {0, 0, 0, 0, IRL_WIN_REFUSED_LENGTH, STATUS_INVALID_BUFFER_SIZE},
    {13, 0, 0, 0, IRL_WIN_REFUSED_LENGTH, STATUS_INVALID_BUFFER_SIZE},
    {LAB_FRAME_MAX + 1, 0, 0, 0, IRL_WIN_REFUSED_LENGTH,
     STATUS_INVALID_BUFFER_SIZE},
    {0xffffffff, 0, 0, 0, IRL_WIN_REFUSED_LENGTH, STATUS_INVALID_BUFFER_SIZE},
    {0x80000000, 0, 0, 0, IRL_WIN_REFUSED_LENGTH, STATUS_INVALID_BUFFER_SIZE},
    {0xfffffff0, 0, 0, 0, IRL_WIN_REFUSED_LENGTH, STATUS_INVALID_BUFFER_SIZE},
    {60, 0, 0, 75, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, 0, 0, 17, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, 0, 0, 16, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, 0, 0, 15, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, 0, 0, 1, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, 0x10, 0, 0, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, 0x8000, 0, 0, IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, IRL_WIN_TX_CHECKSUM_TCP | IRL_WIN_TX_CHECKSUM_UDP, 34, 0,
     IRL_WIN_REFUSED_FORMAT, STATUS_INVALID_PARAMETER},
    {60, IRL_WIN_TX_CHECKSUM_TCP, 33, 0, IRL_WIN_REFUSED_FORMAT,
     STATUS_INVALID_PARAMETER},
    {60, IRL_WIN_TX_CHECKSUM_TCP, 41, 0, IRL_WIN_REFUSED_FORMAT,
     STATUS_INVALID_PARAMETER},
    {60, IRL_WIN_TX_CHECKSUM_UDP, 53, 0, IRL_WIN_REFUSED_FORMAT,
     STATUS_INVALID_PARAMETER},
    {1500, IRL_WIN_TX_CHECKSUM_UDP, 0x400, 0, IRL_WIN_REFUSED_FORMAT,
     STATUS_INVALID_PARAMETER},
    {60, IRL_WIN_TX_CHECKSUM_UDP, 0xffff, 0, IRL_WIN_REFUSED_FORMAT,
     STATUS_INVALID_PARAMETER},
    {33, IRL_WIN_TX_CHECKSUM_IP, 0, 0, IRL_WIN_REFUSED_FORMAT,
     STATUS_INVALID_PARAMETER},
    {60, IRL_WIN_TX_IPV6 | IRL_WIN_TX_CHECKSUM_IP, 54, 0,
     IRL_WIN_REFUSED_CHECKSUM, STATUS_NOT_SUPPORTED},
};

/* The lie stands first, or after good frames: all or nothing either way. */
static void tell(struct nt_file *file, const struct lie *lie, bool later)
{
	size_t at = later ? 2 * irl_win_space(60) : 0, good = 0;
	size_t size = at + (lie->size ? lie->size : irl_win_space(2000));
	uint8_t *buffer = calloc(1, size);
	struct irl_win_counters was = lab_count(file), is;
	struct irl_win_frame frame = {.length = lie->length,
				      .flags = lie->flags,
				      .transport = lie->transport};

	while (good < at)
		lab_put(buffer, &good, 60, 1);
	memcpy(buffer + at, &frame,
	       size - at < sizeof(frame) ? size - at : sizeof(frame));
	assert_int_equal(scene_write(file, buffer, size), lie->status);
	free(buffer);
	is = lab_count(file);
	assert_int_equal(is.refused[lie->refusal] - was.refused[lie->refusal],
			 1);
	assert_int_equal(is.tx_frames, was.tx_frames);
}

void test_lies(void **state)
{
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_up(&lab, LAB_CHECKSUMS);
	for (unsigned zero = 0; zero < 2; zero++) {
		file = scene_open(2, 8, zero);
		for (unsigned i = 0; i < RTL_NUMBER_OF(lies); i++) {
			tell(file, &lies[i], false);
			tell(file, &lies[i], true);
		}
		assert_int_equal(lab.nic[0].frames, 0);
		nt_close(file);
	}
	lab_down(&lab);
}

void test_empty_and_too_many(void **state)
{
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, 0, 1, 4, false);
	assert_int_equal(scene_write(file, NULL, 0), STATUS_INVALID_PARAMETER);
	buffer = lab_batch(5, 60, &size);
	assert_int_equal(scene_write(file, buffer, size),
			 STATUS_INVALID_BUFFER_SIZE);
	/* Not aligned: a header would be read in two pieces. */
	assert_int_equal(scene_write(file, buffer + 4, size - 4),
			 STATUS_INVALID_PARAMETER);
	/* Without the last padding it is fine. */
	assert_int_equal(scene_write(file, buffer, 4 * irl_win_space(60) - 4),
			 STATUS_SUCCESS);
	free(buffer);
	c = lab_count(file);
	assert_int_equal(c.refused[IRL_WIN_REFUSED_COUNT], 1);
	assert_int_equal(c.refused[IRL_WIN_REFUSED_FORMAT], 2);
	scene_down_balanced(&lab, file);
}

/* -- requests that lie -- */
void test_control_lies(void **state)
{
	static const struct {
		uint32_t code;
		size_t in, out;
	} calls[] = {
	    {IRL_WIN_QUERY, 0, sizeof(struct irl_win_version)},
	    {IRL_WIN_ADAPTERS, 0, sizeof(struct irl_win_adapter)},
	    {IRL_WIN_BIND, sizeof(struct irl_win_bind),
	     sizeof(struct irl_win_adapter)},
	    {IRL_WIN_STEER, sizeof(struct irl_win_steer), 0},
	    {IRL_WIN_RECEIVE, sizeof(struct irl_win_receive), 0},
	    {IRL_WIN_COUNTERS, 0, sizeof(struct irl_win_counters)},
	};
	struct nt_file *file;
	struct lab lab;
	uint8_t in[512] = {0}, out[512];

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < RTL_NUMBER_OF(calls); i++) {
		/* Every shorter length of each: never a success. */
		for (size_t n = 0; n < calls[i].in; n++)
			assert_true(lab_control(file, calls[i].code, in, n, out,
						calls[i].out) < 0);
		for (size_t n = 0; n < calls[i].out; n++)
			assert_true(lab_control(file, calls[i].code, in,
						calls[i].in, out, n) < 0);
	}
	scene_down(&lab, file);
}

/* Of all functions, methods and ways of access only ours. */
void test_control_codes(void **state)
{
	uint8_t buffer[8] __attribute__((aligned(8))) = {0};
	struct nt_file *file;
	struct lab lab;
	unsigned ours = 0;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	for (uint32_t code = 0x120000; code < 0x130000; code++) {
		NTSTATUS status = lab_control(file, code, buffer, 8, buffer, 8);

		if (status == STATUS_INVALID_DEVICE_REQUEST)
			continue;
		assert_int_equal(status, code == IRL_WIN_SEND
					     ? STATUS_INVALID_PARAMETER
					     : STATUS_BUFFER_TOO_SMALL);
		ours++;
	}
	assert_int_equal(ours, 7);
	scene_down(&lab, file);
}

void test_bind_lies(void **state)
{
	struct irl_win_adapter adapter;
	struct nt_file *file;
	struct lab lab;
	NTSTATUS status;

	(void)state;
	lab_up(&lab, 0);
	file = nt_open("\\Device\\IRLstackP", &status);
	for (unsigned i = 0; i < 12; i++) {
		struct irl_win_bind bind = lab_bind(0, 1, 1, false);

		switch (i) {
		case 0:
			bind.requests = 0;
			break;
		case 1:
			bind.batch = 0;
			break;
		case 2:
			bind.batch = IRL_WIN_BATCH_MAX + 1;
			break;
		case 3:
			bind.requests = IRL_WIN_REQUESTS_MAX + 1;
			break;
		case 4:
			bind.requests = 16, bind.batch = 4096;
			break;
		case 5:
			bind.ring_bytes = 0;
			break;
		case 6:
			bind.ring_bytes = 3 << 16;
			break;
		case 7:
			bind.ring_bytes = 0x80000000;
			break;
		case 8:
			bind.flags = 2;
			break;
		case 9:
			memset(bind.name, 'x', sizeof(bind.name));
			break;
		case 10:
			bind.name[0] = 0;
			break;
		default:
			bind.name[9] ^= 1;
		}
		assert_int_equal(
		    lab_control(file, IRL_WIN_BIND, &bind, sizeof(bind),
				&adapter, sizeof(adapter)),
		    i < 11 ? STATUS_INVALID_PARAMETER : STATUS_NO_SUCH_DEVICE);
	}
	/* Not bound: frames are refused, reads too. */
	assert_int_equal(nt_finish(nt_write(file, &adapter, 64), NULL),
			 STATUS_INVALID_DEVICE_STATE);
	assert_int_equal(nt_finish(nt_read(file, &adapter, 64), NULL),
			 STATUS_INVALID_DEVICE_STATE);
	scene_down(&lab, file);
}

/* Another version of the interface, another size of the structure. */
void test_versions_lie(void **state)
{
	struct irl_win_bind bind = lab_bind(0, 1, 1, false);
	struct irl_win_steer steer = {.queues = 1};
	struct irl_win_receive receive = {.batch = 1};
	struct irl_win_adapter adapter;
	const struct {
		uint32_t code;
		void *in;
		size_t size;
	} calls[] = {{IRL_WIN_BIND, &bind, sizeof(bind)},
		     {IRL_WIN_STEER, &steer, sizeof(steer)},
		     {IRL_WIN_RECEIVE, &receive, sizeof(receive)}};
	struct nt_file *file;
	struct lab lab;
	NTSTATUS status;

	(void)state;
	lab_up(&lab, 0);
	lab_rule(&steer.rule);
	file = nt_open("\\Device\\IRLstackP", &status);
	for (unsigned i = 0; i < RTL_NUMBER_OF(calls); i++) {
		struct irl_win_head *head = calls[i].in;

		for (int by = -1; by <= 1; by++) {
			head->version = IRL_WIN_VERSION + (uint32_t)by;
			head->size = (uint32_t)calls[i].size;
			assert_int_equal(lab_control(file, calls[i].code,
						     calls[i].in, calls[i].size,
						     &adapter, sizeof(adapter)),
					 by ? STATUS_REVISION_MISMATCH
					    : STATUS_SUCCESS);
			head->version = IRL_WIN_VERSION;
			head->size += (uint32_t)by;
			if (by)
				assert_int_equal(
				    lab_control(file, calls[i].code,
						calls[i].in, calls[i].size,
						&adapter, sizeof(adapter)),
				    STATUS_INVALID_PARAMETER);
		}
	}
	scene_down(&lab, file);
}

static NTSTATUS receive(struct nt_file *file, uint32_t batch, uint32_t delay_us)
{
	struct irl_win_receive receive = {
	    .head = {IRL_WIN_VERSION, sizeof(receive)},
	    .batch = batch,
	    .delay_us = delay_us};

	return lab_control(file, IRL_WIN_RECEIVE, &receive, sizeof(receive),
			   NULL, 0);
}

void test_receive_lies(void **state)
{
	uint8_t in[64] __attribute__((aligned(8)));
	const size_t least = irl_win_space(14), most = IRL_WIN_BUFFER_MAX;
	struct nt_request *read;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	assert_int_equal(receive(file, 0, 0), STATUS_INVALID_PARAMETER);
	assert_int_equal(receive(file, 1, 1000000), STATUS_SUCCESS);
	assert_int_equal(receive(file, 1, 1000001), STATUS_INVALID_PARAMETER);
	assert_int_equal(receive(file, IRL_WIN_BATCH_MAX, 0), STATUS_SUCCESS);
	assert_int_equal(receive(file, IRL_WIN_BATCH_MAX + 1, 0),
			 STATUS_INVALID_PARAMETER);
	/* The length that is said; nothing is written. */
	assert_int_equal(nt_finish(nt_read(file, in, 0), NULL),
			 STATUS_INVALID_BUFFER_SIZE);
	assert_int_equal(nt_finish(nt_read(file, in, least - 1), NULL),
			 STATUS_INVALID_BUFFER_SIZE);
	assert_int_equal(nt_finish(nt_read(file, in + 4, least), NULL),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(nt_finish(nt_read(file, in, most + 1), NULL),
			 STATUS_INVALID_BUFFER_SIZE);
	for (unsigned i = 0; i < 2; i++) {
		read = nt_read(file, in, i ? most : least);
		assert_false(nt_done(read));
		nt_cancel(read);
		assert_int_equal(nt_finish(read, NULL), STATUS_CANCELLED);
	}
	scene_down(&lab, file);
}

/* More than 64 MiB at once, though each frame is good. */
void test_send_too_much(void **state)
{
	const size_t most = IRL_WIN_BUFFER_MAX;
	uint8_t *buffer = calloc(1, most + 8);
	struct nt_file *file;
	struct lab lab;
	size_t at = 0;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, true);
	lab_put(buffer, &at, 60, 1);
	assert_int_equal(scene_write(file, buffer, most + 8),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_FORMAT], 1);
	/* what follows the frame is no header */
	assert_int_equal(scene_write(file, buffer, most),
			 STATUS_INVALID_BUFFER_SIZE);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_LENGTH], 1);
	free(buffer);
	scene_down_balanced(&lab, file);
}

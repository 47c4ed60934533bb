/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scripted scenarios: one thread, virtual time, every frame accounted for.
 * The same program runs over the drivers' sources and over their binaries.
 */
#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <irl/steer.h>

static const unsigned batches[] = {1, 2, 3, 16, 255, 256, 1024, 4096};

static struct nt_file *opened(unsigned requests, unsigned batch, bool zero_copy)
{
	struct irl_win_bind bind = lab_bind(0, requests, batch, zero_copy);
	NTSTATUS status;
	struct nt_file *file = lab_open(0, &bind, &status);

	assert_int_equal(status, STATUS_SUCCESS);
	assert_non_null(file);
	return file;
}

static NTSTATUS write_all(struct nt_file *file, const uint8_t *buffer,
			  size_t size)
{
	size_t bytes;
	NTSTATUS status = nt_finish(nt_write(file, buffer, size), &bytes);

	assert_int_equal(bytes, status ? 0 : size);
	return status;
}

/* -- how most begin and end: the drivers on one adapter, a handle on it -- */
static struct nt_file *up(struct lab *lab, unsigned flags, unsigned requests,
			  unsigned batch, bool zero_copy)
{
	lab_up(lab, flags);
	return opened(requests, batch, zero_copy);
}

static void down(struct lab *lab, struct nt_file *file)
{
	nt_close(file);
	lab_down(lab);
}

/* Every frame accounted for. */
static void balanced_down(struct lab *lab, struct nt_file *file)
{
	lab_balance(file, &lab->nic[0]);
	down(lab, file);
}

/* The same frames in so many requests, which the adapter holds. */
static void write_held(struct lab *lab, struct nt_file *file,
		       const uint8_t *buffer, size_t size,
		       struct nt_request *requests[], unsigned count)
{
	nd_complete_mode(lab->nic[0].adapter, ND_HELD);
	for (unsigned i = 0; i < count; i++)
		requests[i] = nt_write(file, buffer, size);
}

/* -- sending -- */
static void send_batch(struct lab *lab, struct nt_file *file, unsigned frames)
{
	uint64_t before = lab->nic[0].frames;
	struct nt_counters was, is;
	size_t at = 0, size = (size_t)frames * irl_win_space(LAB_FRAME_MAX);
	uint8_t *buffer = calloc(1, size);

	for (unsigned i = 0; i < frames; i++)
		lab_put(buffer, &at, 14 + i % (LAB_FRAME_MAX - 13), i);
	nt_count(&was);
	assert_int_equal(write_all(file, buffer, at), STATUS_SUCCESS);
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
		file = opened(2, batches[i], zero_copy);
		memset(&lab.nic[0].frames, 0, sizeof(uint64_t));
		send_batch(&lab, file, batches[i]);
		nt_close(file);
	}
	lab_down(&lab);
}

static void test_batches_copied(void **state)
{
	(void)state;
	batches_with(0, false);
}

static void test_batches_zero_copy(void **state)
{
	(void)state;
	batches_with(LAB_PEND, true);
}

static void test_batches_no_filter(void **state)
{
	(void)state;
	batches_with(LAB_NO_FILTER, false);
}

/* Held, given back newest first, one by one: nothing is done before the last.
 */
static void test_out_of_order(void **state)
{
	struct nt_request *requests[4];
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = up(&lab, 0, 4, 8, true);
	buffer = lab_batch(8, 100, &size);
	write_held(&lab, file, buffer, size, requests, 4);
	assert_int_equal(nd_held(lab.nic[0].adapter), 4);
	for (unsigned i = 4; i-- > 0;) {
		assert_false(nt_done(requests[i]));
		nd_release(lab.nic[0].adapter, 1, true);
		assert_true(nt_done(requests[i]));
		assert_int_equal(nt_finish(requests[i], NULL), STATUS_SUCCESS);
	}
	free(buffer);
	balanced_down(&lab, file);
}

/* More than BIND set aside: refused, not queued, and room again afterwards. */
static void test_flood(void **state)
{
	struct nt_request *requests[6];
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = up(&lab, 0, 3, 4, false);
	buffer = lab_batch(4, 60, &size);
	write_held(&lab, file, buffer, size, requests, 6);
	for (unsigned i = 3; i < 6; i++)
		assert_int_equal(nt_finish(requests[i], NULL),
				 STATUS_DEVICE_BUSY);
	nd_release(lab.nic[0].adapter, 3, false);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(nt_finish(requests[i], NULL), STATUS_SUCCESS);
	nd_complete_mode(lab.nic[0].adapter, ND_AT_ONCE);
	assert_int_equal(write_all(file, buffer, size), STATUS_SUCCESS);
	free(buffer);
	c = lab_count(file);
	assert_int_equal(c.refused[IRL_WIN_REFUSED_BUSY], 3);
	assert_int_equal(c.tx_frames, 16);
	balanced_down(&lab, file);
}

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

/* The lie stands first, or after a good frame: all or nothing either way. */
static void tell(struct nt_file *file, const struct lie *lie, bool second)
{
	size_t at = second ? irl_win_space(60) : 0, good = 0;
	size_t size = at + (lie->size ? lie->size : irl_win_space(2000));
	uint8_t *buffer = calloc(1, size);
	struct irl_win_counters was = lab_count(file), is;
	struct irl_win_frame frame = {.length = lie->length,
				      .flags = lie->flags,
				      .transport = lie->transport};

	if (second)
		lab_put(buffer, &good, 60, 1);
	memcpy(buffer + at, &frame,
	       size - at < sizeof(frame) ? size - at : sizeof(frame));
	assert_int_equal(write_all(file, buffer, size), lie->status);
	free(buffer);
	is = lab_count(file);
	assert_int_equal(is.refused[lie->refusal] - was.refused[lie->refusal],
			 1);
	assert_int_equal(is.tx_frames, was.tx_frames);
}

static void test_lies(void **state)
{
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_up(&lab, LAB_CHECKSUMS);
	for (unsigned zero = 0; zero < 2; zero++) {
		file = opened(2, 8, zero);
		for (unsigned i = 0; i < RTL_NUMBER_OF(lies); i++) {
			tell(file, &lies[i], false);
			tell(file, &lies[i], true);
		}
		assert_int_equal(lab.nic[0].frames, 0);
		nt_close(file);
	}
	lab_down(&lab);
}

static void test_empty_and_too_many(void **state)
{
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = up(&lab, 0, 1, 4, false);
	assert_int_equal(write_all(file, NULL, 0), STATUS_INVALID_PARAMETER);
	buffer = lab_batch(5, 60, &size);
	assert_int_equal(write_all(file, buffer, size),
			 STATUS_INVALID_BUFFER_SIZE);
	/* Not aligned: a header would be read in two pieces. */
	assert_int_equal(write_all(file, buffer + 4, size - 4),
			 STATUS_INVALID_PARAMETER);
	/* Without the last padding it is fine. */
	assert_int_equal(write_all(file, buffer, 4 * irl_win_space(60) - 4),
			 STATUS_SUCCESS);
	free(buffer);
	c = lab_count(file);
	assert_int_equal(c.refused[IRL_WIN_REFUSED_COUNT], 1);
	assert_int_equal(c.refused[IRL_WIN_REFUSED_FORMAT], 2);
	balanced_down(&lab, file);
}

/* -- requests that lie -- */
static void test_control_lies(void **state)
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
	file = up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < RTL_NUMBER_OF(calls); i++) {
		/* Every shorter length of each: never a success. */
		for (size_t n = 0; n < calls[i].in; n++)
			assert_true(lab_control(file, calls[i].code, in, n, out,
						calls[i].out) < 0);
		for (size_t n = 0; n < calls[i].out; n++)
			assert_true(lab_control(file, calls[i].code, in,
						calls[i].in, out, n) < 0);
	}
	for (uint32_t code = 0; code < 0x10000; code++)
		if (code != 0xe000 + (code & 0x1f))
			assert_int_equal(lab_control(file,
						     0x120000 + (code << 2), in,
						     8, out, 8) < 0,
					 true);
	down(&lab, file);
}

static void test_bind_lies(void **state)
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
		assert_true(lab_control(file, IRL_WIN_BIND, &bind, sizeof(bind),
					&adapter, sizeof(adapter)) < 0);
	}
	/* Not bound: frames are refused, reads too. */
	assert_int_equal(nt_finish(nt_write(file, &adapter, 64), NULL),
			 STATUS_INVALID_DEVICE_STATE);
	assert_int_equal(nt_finish(nt_read(file, &adapter, 64), NULL),
			 STATUS_INVALID_DEVICE_STATE);
	down(&lab, file);
}

/* -- what becomes of a frame -- */
static void test_outcomes(void **state)
{
	static const struct {
		uint32_t status;
		enum irl_win_outcome outcome;
	} cases[] = {
	    {0, IRL_WIN_SENT},
	    {0xc023002a, IRL_WIN_PAUSED},
	    {0xc023000c, IRL_WIN_ABORTED},
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
	file = up(&lab, 0, 1, 2, true);
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
	balanced_down(&lab, file);
}

/* Bits as NDIS has them: IPv4 0, IPv6 1, TCP 2, UDP 3, IP header 4, where the
 * transport begins from bit 16. */
static void test_checksums(void **state)
{
	static const struct {
		uint16_t flags, transport;
		uint64_t info;
	} cases[] = {
	    {0, 0, 0},
	    {IRL_WIN_TX_CHECKSUM_IP, 0, 0x11},
	    {IRL_WIN_TX_CHECKSUM_TCP, 34, 0x5 | 34 << 16},
	    {IRL_WIN_TX_CHECKSUM_UDP, 34, 0x9 | 34 << 16},
	    {IRL_WIN_TX_CHECKSUM_TCP | IRL_WIN_TX_CHECKSUM_IP, 74,
	     0x15 | 74 << 16},
	    {IRL_WIN_TX_IPV6 | IRL_WIN_TX_CHECKSUM_UDP, 54, 0xa | 54 << 16},
	    {IRL_WIN_TX_IPV6 | IRL_WIN_TX_CHECKSUM_TCP, 54, 0x6 | 54 << 16},
	};
	struct irl_win_frame *frame;
	struct nt_file *file;
	struct lab lab;
	uint8_t buffer[256] __attribute__((aligned(8)));

	(void)state;
	file = up(&lab, LAB_CHECKSUMS, 1, 1, false);
	for (unsigned i = 0; i < RTL_NUMBER_OF(cases); i++) {
		size_t at = 0;

		frame = lab_put(buffer, &at, 120, i);
		frame->flags = cases[i].flags;
		frame->transport = cases[i].transport;
		assert_int_equal(write_all(file, buffer, at), STATUS_SUCCESS);
		assert_int_equal(lab.nic[0].log[i].checksum, cases[i].info);
	}
	down(&lab, file);
}

static void test_checksums_not_offered(void **state)
{
	struct nt_file *file;
	struct lab lab;
	struct lie lie = {60, IRL_WIN_TX_CHECKSUM_IP,   0,
			  0,  IRL_WIN_REFUSED_CHECKSUM, STATUS_NOT_SUPPORTED};

	(void)state;
	file = up(&lab, LAB_PEND, 1, 8, false);
	tell(file, &lie, false);
	down(&lab, file);
}

/* -- receiving -- */
static size_t read_now(struct nt_file *file, uint8_t *buffer, size_t size)
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

static void receive_one(struct lab *lab, unsigned split, unsigned flags)
{
	struct nt_file *file = opened(1, 1, false);
	uint8_t ours[60], theirs[60];
	uint8_t *buffer = malloc(4 * irl_win_space(60));
	struct irl_win_frame *got = (struct irl_win_frame *)buffer;
	struct nd_frame frames[] = {{theirs, 60, split, false},
				    {ours, 60, split, false},
				    {theirs, 60, split, false},
				    {ours, 60, split, false},
				    {ours, 60, split, false}};
	struct nd_counters n;

	lab_udp(ours, 0xc6120005, 4000);
	lab_udp(theirs, 0x0a000001, 4000);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	assert_int_equal(nd_receive(lab->nic[0].adapter, frames, 5, flags), 5);
	assert_int_equal(read_now(file, buffer, 4 * irl_win_space(60)),
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

static void test_receive(void **state)
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
static void test_receive_oracle(void **state)
{
	struct irl_steer rule;
	struct irl_win_counters c;
	struct nt_file *file;
	struct lab lab;
	uint64_t ours = 0, seed = 1;

	(void)state;
	lab_rule(&rule);
	file = up(&lab, 0, 1, 1, false);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[60];
		struct nd_frame frame = {bytes, 60, 0, false};

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
	balanced_down(&lab, file);
}

static void test_queues(void **state)
{
	struct nt_file *file[2];
	struct irl_steer rule;
	struct lab lab;

	(void)state;
	lab_rule(&rule);
	lab_up(&lab, 0);
	for (unsigned i = 0; i < 2; i++) {
		file[i] = opened(1, 1, false);
		assert_int_equal(lab_steer(file[i], i, 2), STATUS_SUCCESS);
	}
	for (unsigned port = 0; port < 65536; port += 4099) {
		uint8_t bytes[60], buffer[128] __attribute__((aligned(8)));
		struct nd_frame frame = {bytes, 60, 0, false};
		unsigned queue;

		lab_udp(bytes, 0xc6120001, (uint16_t)port);
		queue = irl_steer_queue(&rule, 2, bytes, 60);
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
		assert_int_equal(read_now(file[!queue], buffer, 128), 0);
		assert_int_equal(read_now(file[queue], buffer, 128),
				 irl_win_space(60));
	}
	/* One goes: its frames are ours still, and dropped with their cause. */
	nt_close(file[1]);
	for (unsigned i = 0; i < 2; i++) {
		uint8_t bytes[60];
		struct nd_frame frame = {bytes, 60, 0, false};

		lab_udp(bytes, 0xc6120001, i ? 65000 : 5);
		nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	}
	assert_int_equal(lab_count(file[0]).filter.no_queue, 1);
	nt_close(file[0]);
	lab_down(&lab);
}

/* A read waits for so many frames, or so long after the first. */
static void test_receive_batches(void **state)
{
	struct irl_win_receive receive = {
	    .head = {IRL_WIN_VERSION, sizeof(receive)},
	    .batch = 4,
	    .delay_us = 1000};
	uint8_t bytes[60], buffer[1024] __attribute__((aligned(8)));
	struct nd_frame frame = {bytes, 60, 0, false};
	struct nt_request *request;
	struct nt_file *file;
	struct lab lab;
	size_t got;

	(void)state;
	file = up(&lab, 0, 1, 1, false);
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

/* -- handles and processes -- */
static void test_cancel(void **state)
{
	struct nt_request *reads[5];
	uint8_t buffer[5][64] __attribute__((aligned(8)));
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < 5; i++)
		reads[i] = nt_read(file, buffer[i], 64);
	nt_cancel(reads[2]);
	nt_cancel(reads[2]);
	nt_cancel(reads[4]);
	nt_cancel(reads[0]);
	for (unsigned i = 0; i < 5; i += 2)
		assert_int_equal(nt_finish(reads[i], NULL), STATUS_CANCELLED);
	assert_false(nt_done(reads[1]));
	nt_cleanup(file);
	for (unsigned i = 1; i < 5; i += 2)
		assert_int_equal(nt_finish(reads[i], NULL), STATUS_CANCELLED);
	down(&lab, file);
}

static void test_too_many_reads(void **state)
{
	static uint8_t buffer[64] __attribute__((aligned(8)));
	struct nt_request *read;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < IRL_WIN_REQUESTS_MAX; i++)
		assert_false(nt_done(nt_read(file, buffer, sizeof(buffer))));
	read = nt_read(file, buffer, sizeof(buffer));
	assert_int_equal(nt_finish(read, NULL), STATUS_DEVICE_BUSY);
	nt_kill(file);
	lab_down(&lab);
}

/* Three handles with sends and reads under way, closed or killed in any order,
 * the adapter giving back before, between or after. */
static void closing(unsigned order, unsigned when, bool kill)
{
	static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static uint8_t in[3][64] __attribute__((aligned(8)));
	struct nt_request *writes[3], *reads[3];
	struct nt_file *file[3];
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	lab_up(&lab, 0);
	buffer = lab_batch(4, 60, &size);
	nd_complete_mode(lab.nic[0].adapter, ND_HELD);
	for (unsigned i = 0; i < 3; i++) {
		file[i] = opened(2, 4, true);
		lab_steer(file[i], i, 3);
		writes[i] = nt_write(file[i], buffer, size);
		reads[i] = nt_read(file[i], in[i], sizeof(in[i]));
	}
	for (unsigned i = 0; i < 3; i++) {
		unsigned k = orders[order][i];

		if (when == i)
			nd_release(lab.nic[0].adapter, 3, order & 1);
		if (kill) {
			nt_kill(file[k]);
			continue;
		}
		nt_cleanup(file[k]);
		assert_int_equal(nt_finish(reads[k], NULL), STATUS_CANCELLED);
		assert_int_equal(nt_finish(writes[k], NULL), STATUS_SUCCESS);
		nt_close(file[k]);
	}
	free(buffer);
	lab_down(&lab);
}

static void test_closing(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 6; order++)
		for (unsigned when = 0; when < 4; when++) {
			closing(order, when, false);
			closing(order, when, true);
		}
}

/* -- NDIS events -- */
static void test_pause(void **state)
{
	struct nt_request *write;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = up(&lab, LAB_PEND, 2, 4, true);
	buffer = lab_batch(4, 60, &size);
	write_held(&lab, file, buffer, size, &write, 1);
	nd_pause(lab.nic[0].adapter); /* waits for what is held */
	assert_int_equal(nt_finish(write, NULL), STATUS_SUCCESS);
	assert_int_equal(write_all(file, buffer, size),
			 STATUS_DEVICE_NOT_READY);
	nd_restart(lab.nic[0].adapter);
	nd_complete_mode(lab.nic[0].adapter, ND_AT_ONCE);
	assert_int_equal(write_all(file, buffer, size), STATUS_SUCCESS);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_PAUSED], 1);
	nd_link(lab.nic[0].adapter, false);
	nd_fail_sends(lab.nic[0].adapter, (int)0xc023001f);
	assert_int_equal(write_all(file, buffer, size), STATUS_SUCCESS);
	assert_int_equal(lab_count(file).outcome[IRL_WIN_NO_LINK], 4);
	nd_link(lab.nic[0].adapter, true);
	free(buffer);
	balanced_down(&lab, file);
}

/* Pulled out under load; the handle outlives its adapter. */
static void gone(bool surprise, unsigned flags)
{
	static uint8_t in[64] __attribute__((aligned(8)));
	struct nt_request *write, *read;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	file = up(&lab, flags, 2, 4, true);
	buffer = lab_batch(4, 60, &size);
	assert_int_equal(lab_steer(file, 0, 1),
			 flags & LAB_NO_FILTER ? STATUS_OBJECT_NAME_NOT_FOUND
					       : STATUS_SUCCESS);
	write_held(&lab, file, buffer, size, &write, 1);
	read = nt_read(file, in, sizeof(in));
	nd_remove(lab.nic[0].adapter, surprise);
	lab.nic[0].adapter = NULL;
	assert_int_equal(nt_finish(write, NULL), STATUS_SUCCESS);
	assert_int_equal(
	    lab_count(file).outcome[surprise ? IRL_WIN_FAILED : IRL_WIN_SENT],
	    4);
	assert_int_equal(write_all(file, buffer, size), STATUS_DEVICE_REMOVED);
	/* It ends by itself: nothing can come any more. */
	assert_true(nt_done(read));
	assert_int_equal(nt_finish(read, NULL), STATUS_DEVICE_REMOVED);
	free(buffer);
	down(&lab, file);
}

static void test_removal(void **state)
{
	(void)state;
	gone(false, 0);
	gone(true, 0);
	gone(true, LAB_PEND | LAB_TWO);
	gone(true, LAB_NO_FILTER);
}

static void test_unbind_bind(void **state)
{
	struct nt_file *old, *new;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	lab_up(&lab, LAB_TWO);
	buffer = lab_batch(1, 60, &size);
	old = opened(1, 1, false);
	nd_unbind(lab.nic[0].adapter);
	assert_int_equal(write_all(old, buffer, size), STATUS_DEVICE_REMOVED);
	nd_bind(lab.nic[0].adapter);
	/* Another binding: the old handle stays with what it had. */
	assert_int_equal(write_all(old, buffer, size), STATUS_DEVICE_REMOVED);
	new = opened(1, 1, false);
	assert_int_equal(write_all(new, buffer, size), STATUS_SUCCESS);
	nt_close(old);
	nt_close(new);
	free(buffer);
	lab_down(&lab);
}

/* Either driver is unloaded and loaded again beside the other. */
static void test_unload(void **state)
{
	uint8_t bytes[60], in[128] __attribute__((aligned(8)));
	struct nd_frame frame = {bytes, 60, 0, false};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	file = up(&lab, LAB_TWO, 1, 1, false);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	nt_unload(lab.filter);
	lab.filter = NULL;
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(read_now(file, in, sizeof(in)), 0);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(lab_load_filter(&lab), STATUS_SUCCESS);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(read_now(file, in, sizeof(in)), irl_win_space(60));
	nt_close(file);
	nt_unload(lab.protocol);
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(lab_load_protocol(&lab), STATUS_SUCCESS);
	file = opened(1, 1, false);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	down(&lab, file);
}

/* -- memory that is not there -- */
static void whole_life(struct lab *lab)
{
	struct irl_win_bind bind = lab_bind(0, 2, 3, true);
	static uint8_t bytes[60], in[256] __attribute__((aligned(8)));
	struct nd_frame frame = {bytes, 60, 20, false};
	struct nt_file *file = NULL;
	struct nt_request *request;
	NTSTATUS status;
	uint8_t *buffer;
	size_t size;

	lab_udp(bytes, 0xc6120001, 9);
	if (lab_load_protocol(lab) < 0)
		lab->protocol = NULL;
	if (lab_load_filter(lab) < 0)
		lab->filter = NULL;
	if (lab->protocol)
		file = lab_open(0, &bind, &status);
	if (file) {
		lab_steer(file, 0, 1);
		buffer = lab_batch(3, 60, &size);
		nt_finish(nt_write(file, buffer, size), NULL);
		lab_control(file, IRL_WIN_SEND, NULL, 0, buffer, size);
		nd_receive(lab->nic[0].adapter, &frame, 1, 0);
		request = nt_read(file, in, sizeof(in));
		nt_cancel(request);
		nt_finish(request, NULL);
		free(buffer);
		nt_close(file);
	}
}

static void test_no_memory(void **state)
{
	struct lab lab;
	long nth = 0;
	bool failed;

	(void)state;
	do {
		lab_up(&lab, LAB_NO_DRIVERS | (nth & 1 ? LAB_PEND : 0));
		nt_fail_at(nth++);
		whole_life(&lab);
		failed = nt_failed();
		nt_fail_at(-1);
		lab_down(&lab);
	} while (failed);
	assert_true(nth > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_batches_copied),
	    cmocka_unit_test(test_batches_zero_copy),
	    cmocka_unit_test(test_batches_no_filter),
	    cmocka_unit_test(test_out_of_order),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_lies),
	    cmocka_unit_test(test_empty_and_too_many),
	    cmocka_unit_test(test_control_lies),
	    cmocka_unit_test(test_bind_lies),
	    cmocka_unit_test(test_outcomes),
	    cmocka_unit_test(test_checksums),
	    cmocka_unit_test(test_checksums_not_offered),
	    cmocka_unit_test(test_receive),
	    cmocka_unit_test(test_receive_oracle),
	    cmocka_unit_test(test_queues),
	    cmocka_unit_test(test_receive_batches),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_too_many_reads),
	    cmocka_unit_test(test_closing),
	    cmocka_unit_test(test_pause),
	    cmocka_unit_test(test_removal),
	    cmocka_unit_test(test_unbind_bind),
	    cmocka_unit_test(test_unload),
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/* Joined segments, cut into frames. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "port/packet_split.h"
#include "wire/checksum.h"

#define SEQ 0xfffffa00u /* so that it wraps */
#define FLAGS 0x99      /* CWR, ACK, PSH, FIN */

static uint8_t joined[70000];

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* 12 bytes of options; returns where the data begins. */
static uint32_t make(bool v6, uint32_t data)
{
	uint32_t tcp = v6 ? 54 : 34;
	uint8_t *t = joined + tcp;

	memset(joined, 0, tcp + 32);
	if (v6) {
		put16(joined + 12, 0x86dd);
		joined[14] = 0x60;
		put16(joined + 18, 32 + data);
		joined[20] = 6;
		joined[22] = joined[38] = 0xfd;
	} else {
		put16(joined + 12, 0x0800);
		joined[14] = 0x45;
		put16(joined + 16, 52 + data);
		put16(joined + 18, 0xffff); /* the ID; wraps too */
		joined[23] = 6;
		joined[26] = joined[30] = 10;
	}
	put16(t, 80);
	put16(t + 2, 1025);
	put16(t + 4, SEQ >> 16);
	put16(t + 6, SEQ & 0xffff);
	t[12] = 0x80;
	t[13] = FLAGS;
	for (uint32_t i = 0; i < data; i++)
		t[32 + i] = (uint8_t)(i * 7 + i / 256);
	return tcp + 32;
}

/* All pieces; how many.  @cut: bytes of the end that are not here. */
static unsigned walk(bool v6, uint32_t data, uint32_t cut)
{
	uint32_t head = make(v6, data), tcp = head - 32, at = 0;
	uint8_t frame[IRL_FRAME_MAX];
	struct irl_split split;
	unsigned n = 0;

	assert_true(
	    irl_split_begin(&split, joined, head + data - cut, head + data));
	for (; irl_split_left(&split); n++) {
		uint32_t length = irl_split_next(&split, frame);
		uint32_t size = length - head;
		bool last = at + size == data;

		assert_true(length <= IRL_FRAME_MAX && size > 0);
		assert_true(irl_checksum_valid(frame, length));
		assert_int_equal(v6 ? get16(frame + 18) + 40u
				    : get16(frame + 16),
				 length - 14);
		if (!v6)
			assert_int_equal(get16(frame + 18),
					 (0xffff + n) & 0xffff);
		assert_int_equal(get32(frame + tcp + 4), SEQ + at);
		assert_int_equal(frame[tcp + 13],
				 FLAGS & ~((n ? 0x80 : 0) | (last ? 0 : 9)));
		assert_memory_equal(frame + head, joined + head + at, size);
		at += size;
	}
	assert_int_equal(at, data - cut);
	return n;
}

static void test_pieces_are_the_whole(void **state)
{
	(void)state;
	assert_int_equal(walk(false, 1449, 0), 2);
	assert_int_equal(walk(false, 45 * 1448, 0), 45);
	assert_int_equal(walk(true, 1429, 0), 2);
	assert_int_equal(walk(true, 10 * 1428, 0), 10);
}

static void test_what_was_cut_off_is_missing(void **state)
{
	(void)state;
	assert_int_equal(walk(false, 20000, 19999), 1);
	assert_int_equal(walk(false, 20000, 3000), 12);
}

/* Behind the packet's own end there is padding, of any length. */
static void test_padding_is_no_data(void **state)
{
	uint8_t frame[IRL_FRAME_MAX];
	struct irl_split split;
	uint32_t head = make(false, 1460);

	(void)state;
	assert_true(irl_split_begin(&split, joined, head + 4000, head + 4000));
	assert_int_equal(irl_split_next(&split, frame), IRL_FRAME_MAX);
	assert_int_equal(irl_split_next(&split, frame),
			 2 * head + 1460 - IRL_FRAME_MAX);
	assert_false(irl_split_left(&split));
}

/* A changed byte, and nothing is split. */
static void refuse(uint32_t at, uint8_t value)
{
	struct irl_split split;
	uint32_t head = make(false, 3000);

	joined[at] = value;
	assert_false(irl_split_begin(&split, joined, head + 3000, head + 3000));
}

static void test_others_are_left_alone(void **state)
{
	struct irl_split split;
	uint32_t head = make(false, 3000);

	(void)state;
	for (uint32_t have = 0; have <= head; have++)
		assert_false(
		    irl_split_begin(&split, joined, have, head + 3000));
	make(false, 3000);
	put16(joined + 16, 52); /* no longer than its headers */
	assert_false(irl_split_begin(&split, joined, head + 3000, head + 3000));
	make(false, 3000);
	put16(joined + 16, 53 + 3000); /* longer than the frame */
	assert_false(irl_split_begin(&split, joined, head + 3000, head + 3000));
	refuse(12, 0x09); /* neither IPv4 nor IPv6 */
	refuse(14, 0x44); /* a header too short */
	refuse(20, 0x20); /* a fragment */
	refuse(23, 17);   /* UDP */
	refuse(46, 0x40); /* a TCP header too short */
	refuse(47, 0x12); /* SYN */
	refuse(47, 0x14); /* RST */
	refuse(47, 0x38); /* URG */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces_are_the_whole),
	    cmocka_unit_test(test_what_was_cut_off_is_missing),
	    cmocka_unit_test(test_padding_is_no_data),
	    cmocka_unit_test(test_others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

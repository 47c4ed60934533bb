/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A stack in virtual time and, by hand, the segments of its peer:
 *
 *   stack 10.0.0.1:1000.. --out--> last[] --> the test reads
 *         ^------------------in--- peer() <-- the test writes
 *
 * Frames are read and written in words of the test's own (octets.h).
 */
#ifndef IRL_TESTS_TCP_PEER_H
#define IRL_TESTS_TCP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/tcp.h>
#include "octets.h"
#include "tcp_check.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define NEAR 0x0a000001u
#define FAR 0x0a000002u
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct segment {
	uint32_t seq, ack, window, length, option_bytes;
	uint8_t flags, options[40], data[1500];
	uint16_t sport, dport;
};

struct lab {
	struct irl_tcp_stack *stack;
	uint64_t now;
	struct irl_frame frame[64];
	uint8_t bytes[64][1600];
	struct segment out[64]; /* what the last go() sent */
	unsigned outs;
	struct irl_tcp_event event[64]; /* what the last go() told */
	unsigned events;
	uint64_t id;
	uint16_t port;     /* ours */
	uint32_t seq, ack; /* the peer's next, and what it acknowledges */
	uint32_t ts;       /* its clock; 0: no timestamps */
	uint32_t ts_echo;
	enum irl_tcp_verdict verdict;
};

static inline uint16_t ones(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The ones' complement sum of a whole IPv4 TCP segment: 0xffff if sound. */
static inline uint16_t tcp_sum(const uint8_t *ip, size_t tcp_bytes)
{
	uint32_t pseudo = 6 + (uint32_t)tcp_bytes;

	for (int i = 12; i < 20; i += 2)
		pseudo += get16(ip + i);
	return ones(ip + 20, tcp_bytes, pseudo);
}

static inline void decode(const struct irl_frame *frame, struct segment *out)
{
	const uint8_t *ip = frame->data + 14, *tcp = ip + 20;
	uint32_t total = get16(ip + 2), header = (uint32_t)(tcp[12] >> 4) * 4;

	assert_int_equal(get16(frame->data + 12), 0x0800);
	assert_int_equal(frame->length, 14 + total);
	assert_int_equal(ones(ip, 20, 0), 0xffff);
	assert_int_equal(tcp_sum(ip, total - 20), 0xffff);
	out->sport = (uint16_t)get16(tcp);
	out->dport = (uint16_t)get16(tcp + 2);
	out->seq = get32(tcp + 4);
	out->ack = get32(tcp + 8);
	out->flags = tcp[13];
	out->window = get16(tcp + 14);
	out->option_bytes = header - 20;
	memcpy(out->options, tcp + 20, out->option_bytes);
	out->length = total - 20 - header;
	memcpy(out->data, tcp + header, out->length);
}

/* The value of an option, or NULL. */
static inline const uint8_t *option(const struct segment *s, uint8_t kind,
				    uint8_t *length)
{
	for (uint32_t i = 0; i < s->option_bytes;) {
		if (s->options[i] == 1) {
			i++;
			continue;
		}
		if (s->options[i] == 0)
			break;
		if (s->options[i] == kind) {
			if (length)
				*length = (uint8_t)(s->options[i + 1] - 2);
			return &s->options[i + 2];
		}
		i += s->options[i + 1];
	}
	return NULL;
}

static inline void lab_init_plain(struct lab *lab,
				  struct irl_tcp_stack_options *options,
				  bool statistics)
{
	static struct irl_tcp_local local;

	local = (struct irl_tcp_local){irl_ip4(NEAR), 1000, 1999};
	memset(lab, 0, sizeof(*lab));
	if (!options->locals) {
		options->locals = &local;
		options->local_count = 1;
	}
	if (!options->connections)
		options->connections = 64;
	if (!options->time_waits)
		options->time_waits = 16;
	if (!options->buffer_bytes)
		options->buffer_bytes = 1 << 20;
	options->statistics = statistics;
	assert_int_equal(irl_tcp_new(&lab->stack, options, NULL), 0);
	for (unsigned i = 0; i < 64; i++)
		lab->frame[i].data = lab->bytes[i];
	lab->now = 1000 * SECOND;
}

static inline void lab_init(struct lab *lab,
			    struct irl_tcp_stack_options *options)
{
	lab_init_plain(lab, options, true);
}

/* The stack is as it must be, seen from inside. */
static inline void lab_well(const struct lab *lab)
{
	const char *wrong = check_stack(lab->stack);

	if (wrong)
		fail_msg("%s", wrong);
}

static inline void lab_free(struct lab *lab)
{
	irl_tcp_free(lab->stack);
}

static inline void lab_send(struct lab *lab)
{
	lab->outs = irl_tcp_output(lab->stack, lab->frame, 64, lab->now);
	for (unsigned i = 0; i < lab->outs; i++)
		decode(&lab->frame[i], &lab->out[i]);
}

/* Let time pass, take events, take segments. */
static inline void lab_go(struct lab *lab, uint64_t ns)
{
	lab->now += ns;
	irl_tcp_advance(lab->stack, lab->now);
	lab->events = irl_tcp_poll(lab->stack, lab->event, 64);
	lab_send(lab);
}

static inline bool told(const struct lab *lab, enum irl_tcp_event_kind kind)
{
	for (unsigned i = 0; i < lab->events; i++)
		if (lab->event[i].kind == kind)
			return true;
	return false;
}

/* Its header, and what it carries; all but the checksum. */
static inline void put_segment(uint8_t *tcp, const struct segment *s,
			       uint32_t window)
{
	uint32_t header = 20 + s->option_bytes;

	put16(tcp, s->sport);
	put16(tcp + 2, s->dport);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)(header / 4 << 4);
	tcp[13] = s->flags;
	put16(tcp + 14, window);
	memcpy(tcp + 20, s->options, s->option_bytes);
	memcpy(tcp + header, s->data, s->length);
}

static inline uint32_t frame_of(const struct segment *s, uint32_t from,
				uint32_t to, uint8_t *f)
{
	uint32_t header = 20 + s->option_bytes, total = 20 + header + s->length;
	uint8_t *ip = f + 14, *tcp = ip + 20;

	memset(f, 0, 14 + 40);
	put16(f + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, total);
	ip[8] = 55;
	ip[9] = 6;
	put32(ip + 12, from);
	put32(ip + 16, to);
	put16(ip + 10, 0xffffu - ones(ip, 20, 0));
	put_segment(tcp, s, s->window);
	put16(tcp + 16, 0xffffu - tcp_sum(ip, total - 20));
	return 14 + total;
}

static inline uint32_t frame6(const struct segment *s, const uint8_t *from,
			      const uint8_t *to, uint8_t *f)
{
	uint32_t size = 20 + s->option_bytes + s->length, sum;
	uint8_t *ip = f + 14, *tcp = ip + 40;

	memset(f, 0, 14 + 60);
	put16(f + 12, 0x86dd);
	ip[0] = 0x60;
	put16(ip + 4, size);
	ip[6] = 6;
	ip[7] = 50;
	memcpy(ip + 8, from, 16);
	memcpy(ip + 24, to, 16);
	put_segment(tcp, s, 60000);
	sum = ones(ip + 8, 32, 6 + size);
	put16(tcp + 16, 0xffffu - ones(tcp, size, sum));
	return 54 + size;
}

static inline void lab_input(struct lab *lab, const struct segment *s)
{
	uint8_t bytes[1600];
	struct irl_frame frame = {.data = bytes,
				  .length = frame_of(s, FAR, NEAR, bytes)};

	irl_tcp_input(lab->stack, &frame, 1, lab->now, &lab->verdict);
}

/* A segment of the peer at any sequence number. */
static inline void peer_at(struct lab *lab, uint32_t seq, uint8_t flags,
			   const void *data, uint32_t length)
{
	struct segment s = {.seq = seq,
			    .ack = lab->ack,
			    .flags = flags,
			    .window = 65535,
			    .length = length,
			    .sport = 80,
			    .dport = lab->port};

	if (!(flags & ACK))
		s.ack = 0;
	if (length)
		memcpy(s.data, data, length);
	if (lab->ts) {
		s.options[0] = s.options[1] = 1;
		s.options[2] = 8;
		s.options[3] = 10;
		put32(s.options + 4, lab->ts);
		put32(s.options + 8, lab->ts_echo);
		s.option_bytes = 12;
	}
	lab_input(lab, &s);
}

static inline void peer(struct lab *lab, uint8_t flags, const void *data,
			uint32_t length)
{
	peer_at(lab, lab->seq, flags, data, length);
	lab->seq += length + (flags & FIN ? 1 : 0) + (flags & SYN ? 1 : 0);
}

static inline void lab_connect(struct lab *lab)
{
	struct irl_tcp_connect request = {
	    .remote = irl_ip4(FAR), .port = 80, .user = 77};

	assert_int_equal(
	    irl_tcp_connect(lab->stack, &request, 1, &lab->id, lab->now), 1);
	assert_true(lab->id);
	lab_go(lab, 0);
	assert_int_equal(lab->outs, 1);
	assert_int_equal(lab->out[0].flags, SYN);
	assert_int_equal(lab->out[0].dport, 80);
	lab->port = lab->out[0].sport;
	lab->ack = lab->out[0].seq + 1;
	lab->seq = 5000;
}

/* SYN, SYN-ACK with MSS 1,000 and the options given; our ACK is not sent. */
static inline void lab_answer(struct lab *lab, const uint8_t *options,
			      uint32_t n)
{
	struct segment s = {.seq = lab->seq,
			    .ack = lab->ack,
			    .flags = SYN | ACK,
			    .window = 65535,
			    .option_bytes = n,
			    .sport = 80,
			    .dport = lab->port};

	if (n)
		memcpy(s.options, options, n);
	lab->now += 10 * MS;
	lab_input(lab, &s);
	lab->seq++;
}

static inline void lab_open(struct lab *lab, bool sack)
{
	const uint8_t options[8] = {2, 4, 1000 >> 8, 1000 & 255, 4, 2, 1, 1};

	lab_connect(lab);
	lab_answer(lab, options, sack ? 8 : 4);
	lab_go(lab, 0);
	assert_true(told(lab, IRL_TCP_ESTABLISHED));
	assert_int_equal(lab->outs, 1);
	assert_int_equal(lab->out[0].flags, ACK);
	assert_int_equal(lab->out[0].ack, lab->seq);
}

#endif

// SPDX-License-Identifier: BSD-2-Clause
/* Whose a frame is: addresses of both families, quotes in ICMP errors. */
#include "tcp_peer.h"

static const uint8_t near6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
static const uint8_t far6[16] = {0x20, 1, 0xd, 0xb8, [15] = 2};

static enum irl_tcp_verdict put_in(struct lab *lab, uint8_t *bytes,
				   uint32_t length)
{
	struct irl_frame frame = {.data = bytes, .length = length};

	irl_tcp_input(lab->stack, &frame, 1, lab->now, &lab->verdict);
	return lab->verdict;
}

static void lab_init6(struct lab *lab)
{
	struct irl_tcp_local local = {.port_first = 1000, .port_last = 1999};
	struct irl_tcp_stack_options o = {.locals = &local, .local_count = 1};

	memcpy(local.addr.byte, near6, 16);
	lab_init(lab, &o);
}

/* RFC 9293, 3.9.2.3; RFC 4291, 2.5.2, 2.5.3 and 2.7. */
static void test_sources6(void **state)
{
	static const struct {
		uint8_t from[16];
		enum irl_tcp_verdict verdict;
	} try[] = {
	    {{0}, IRL_TCP_BAD},
	    {{[15] = 1}, IRL_TCP_BAD},
	    {{0xff, 2, [15] = 1}, IRL_TCP_BAD},
	    {{[15] = 2}, IRL_TCP_STRAY},
	    {{[0] = 0x20, [15] = 1}, IRL_TCP_STRAY},
	    {{[0] = 0x20}, IRL_TCP_STRAY},
	};
	struct segment s = {.flags = ACK, .sport = 80, .dport = 1500};
	uint8_t bytes[100];
	struct lab lab;

	(void)state;
	lab_init6(&lab);
	for (unsigned i = 0; i < sizeof(try) / sizeof(try[0]); i++)
		assert_int_equal(
		    put_in(&lab, bytes, frame6(&s, try[i].from, near6, bytes)),
		    try[i].verdict);
	lab_free(&lab);
}

/* As many addresses as there may be, alike in their lower halves. */
static void test_locals6(void **state)
{
	static struct irl_tcp_local local[IRL_TCP_LOCALS];
	struct irl_tcp_stack_options o = {.locals = local,
					  .local_count = IRL_TCP_LOCALS};
	struct segment s = {.flags = ACK, .sport = 80, .dport = 1500};
	uint8_t bytes[100], to[16];
	struct lab lab;

	(void)state;
	memcpy(to, near6, 16);
	for (unsigned i = 0; i < IRL_TCP_LOCALS; i++) {
		local[i] = (struct irl_tcp_local){{{0}}, 1000, 1999};
		to[5] = (uint8_t)i;
		memcpy(local[i].addr.byte, to, 16);
	}
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 4 * IRL_TCP_LOCALS; i++) {
		to[4] = (uint8_t)(i >> 8);
		to[5] = (uint8_t)i;
		assert_int_equal(
		    put_in(&lab, bytes, frame6(&s, far6, to, bytes)),
		    i < IRL_TCP_LOCALS ? IRL_TCP_STRAY : IRL_TCP_FOREIGN);
	}
	lab_free(&lab);
}

/* Where there are locals of both families, each remote has one of its own. */
static void test_both_families(void **state)
{
	struct irl_tcp_local local[2] = {{{{0}}, 1000, 1999},
					 {irl_ip4(NEAR), 1000, 1999}};
	struct irl_tcp_stack_options o = {.locals = local, .local_count = 2};
	struct irl_tcp_connect request[3] = {{.port = 80}, {.port = 80}};
	uint64_t id[3];
	struct lab lab;

	(void)state;
	memcpy(local[0].addr.byte, near6, 16);
	memcpy(request[0].remote.byte, far6, 16);
	request[1].remote = irl_ip4(FAR);
	lab_init(&lab, &o);
	for (unsigned k = 0; k < 5; k++) {
		assert_int_equal(
		    irl_tcp_connect(lab.stack, request, 3, id, lab.now), 2);
		assert_true(id[0] && id[1] && !id[2]);
		assert_int_equal(
		    irl_tcp_output(lab.stack, lab.frame, 64, lab.now), 2);
		assert_memory_equal(lab.bytes[0] + 22, near6, 16);
		assert_memory_equal(lab.bytes[0] + 38, far6, 16);
		assert_int_equal(get32(lab.bytes[1] + 26), NEAR);
		assert_int_equal(get32(lab.bytes[1] + 30), FAR);
	}
	/* Of the other family none is taken, though it is asked for. */
	request[0].local = 2;
	request[1].local = 1;
	assert_int_equal(irl_tcp_connect(lab.stack, request, 2, id, lab.now),
			 0);
	lab_free(&lab);
}

/* A request that is no good leaves those beside it alone, whatever stood in its
 * place before. */
static void test_some_refused(void **state)
{
	struct irl_tcp_connect request[3];
	struct irl_tcp_stack_options o = {0};
	uint64_t id[3];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 3; i++)
		request[i] = (struct irl_tcp_connect){.remote = irl_ip4(FAR),
						      .port = 80};
	assert_int_equal(irl_tcp_connect(lab.stack, request, 3, id, lab.now),
			 3);
	request[1].port = 0;
	assert_int_equal(irl_tcp_connect(lab.stack, request, 3, id, lab.now),
			 2);
	assert_true(id[0] && !id[1] && id[2]);
	assert_false(irl_tcp_can_connect(lab.stack, &request[1].remote, 0));
	assert_true(irl_tcp_can_connect(lab.stack, &request[1].remote, 1));
	request[1].port = 80;
	request[1].local = 2; /* there is one only */
	assert_int_equal(irl_tcp_connect(lab.stack, request, 3, id, lab.now),
			 2);
	assert_true(id[0] && !id[1] && id[2]);
	lab_well(&lab);
	lab_free(&lab);
}

/* ---- quotes ------------------------------------------------------------- */

struct quote {
	uint8_t type, protocol;
	uint16_t offset, cut; /* cut: bytes less of the quote */
	uint32_t from;
};

/* An ICMP message about the lab's SYN. */
static enum irl_tcp_verdict message(struct lab *lab, const struct quote *q)
{
	uint8_t f[14 + 20 + 8 + 28] = {0}, *ip = f + 14, *m = f + 34;
	uint32_t size = 36u - q->cut;

	put16(f + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + size);
	ip[8] = 60;
	ip[9] = 1;
	put32(ip + 12, 0x0a0000fe);
	put32(ip + 16, NEAR);
	put16(ip + 10, 0xffffu - ones(ip, 20, 0));
	m[0] = q->type;
	m[1] = 3;
	m[8] = 0x45;
	put16(m + 10, 1000);
	put16(m + 14, q->offset);
	m[17] = q->protocol;
	put32(m + 20, q->from);
	put32(m + 24, FAR);
	put16(m + 28, lab->port);
	put16(m + 30, 80);
	put32(m + 32, lab->ack - 1);
	put16(m + 2, 0xffffu - ones(m, size, 0));
	return put_in(lab, f, 34 + size);
}

/* RFC 5927, 4.1: what quotes no segment of ours is no word about one. */
static void test_quotes(void **state)
{
	static const struct quote not_ours[] = {
	    {3, 17, 0, 0, NEAR}, {3, 6, 1, 0, NEAR},     {3, 6, 0, 1, NEAR},
	    {3, 6, 0, 20, NEAR}, {3, 6, 0, 0, NEAR + 9}, {0, 6, 0, 0, NEAR},
	};
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	for (unsigned i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
		assert_int_equal(message(&lab, &not_ours[i]), IRL_TCP_FOREIGN);
		lab_go(&lab, 0);
		assert_int_equal(lab.events, 0);
	}
	/* That more fragments follow says nothing of whose the first one is. */
	assert_int_equal(message(&lab, &(struct quote){3, 6, 0x2000, 0, NEAR}),
			 IRL_TCP_TAKEN);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	lab_free(&lab);
}

/* The same over IPv6, "packet too big": of any MTU, 32 bits wide (RFC 4443,
 * 3.2). */
static enum irl_tcp_verdict too_big6(struct lab *lab, uint32_t mtu,
				     uint8_t next_header, uint32_t cut)
{
	uint8_t f[14 + 40 + 8 + 48] = {0}, *ip = f + 14, *m = f + 54;
	uint32_t size = 56 - cut;

	put16(f + 12, 0x86dd);
	ip[0] = 0x60;
	put16(ip + 4, size);
	ip[6] = 58;
	ip[7] = 60;
	memcpy(ip + 8, far6, 16);
	memcpy(ip + 24, near6, 16);
	m[0] = 2;
	put32(m + 4, mtu);
	m[8] = 0x60;
	put16(m + 12, 1000);
	m[14] = next_header;
	memcpy(m + 16, near6, 16);
	memcpy(m + 32, far6, 16);
	put16(m + 48, lab->port);
	put16(m + 50, 80);
	put32(m + 52, lab->ack);
	put16(m + 2, 0xffffu - ones(ip + 8, 32 + size, 58 + size));
	return put_in(lab, f, 54 + size);
}

static void test_too_big6(void **state)
{
	struct irl_tcp_connect request = {.port = 80};
	struct segment s = {.flags = SYN | ACK, .seq = 7, .sport = 80};
	static uint8_t body[1400];
	struct irl_tcp_info info;
	uint8_t bytes[100];
	struct lab lab;

	(void)state;
	lab_init6(&lab);
	memcpy(request.remote.byte, far6, 16);
	assert_int_equal(
	    irl_tcp_connect(lab.stack, &request, 1, &lab.id, lab.now), 1);
	assert_int_equal(irl_tcp_output(lab.stack, lab.frame, 64, lab.now), 1);
	lab.port = (uint16_t)get16(lab.bytes[0] + 54);
	lab.ack = get32(lab.bytes[0] + 58) + 1;
	s.dport = lab.port;
	s.ack = lab.ack;
	s.option_bytes = 4;
	memcpy(s.options, (const uint8_t[]){2, 4, 1440 >> 8, 1440 & 255}, 4);
	assert_int_equal(put_in(&lab, bytes, frame6(&s, far6, near6, bytes)),
			 IRL_TCP_TAKEN);
	irl_tcp_send(lab.stack, lab.id, body, 1400, 0);
	assert_int_equal(irl_tcp_output(lab.stack, lab.frame, 64, lab.now), 1);
	assert_int_equal(too_big6(&lab, 1300, 17, 0), IRL_TCP_FOREIGN);
	assert_int_equal(too_big6(&lab, 1300, 6, 1), IRL_TCP_FOREIGN);
	assert_int_equal(too_big6(&lab, 1300, 6, 20), IRL_TCP_FOREIGN);
	assert_int_equal(too_big6(&lab, 0x10514, 6, 0), IRL_TCP_TAKEN);
	irl_tcp_info(lab.stack, lab.id, &info);
	assert_int_equal(info.mss, 1440);
	assert_int_equal(too_big6(&lab, 1300, 6, 0), IRL_TCP_TAKEN);
	irl_tcp_info(lab.stack, lab.id, &info);
	assert_int_equal(info.mss, 1240);
	lab_free(&lab);
}

/* Neither IPv4 nor IPv6. */
static void test_other_types(void **state)
{
	struct segment s = {.flags = ACK, .sport = 80, .dport = 1500};
	struct irl_tcp_stack_options o = {0};
	uint8_t bytes[100];
	uint32_t length;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	length = frame_of(&s, FAR, NEAR, bytes);
	put16(bytes + 12, 0x0806);
	assert_int_equal(put_in(&lab, bytes, length), IRL_TCP_FOREIGN);
	lab_free(&lab);
}

/* Each frame of a call has its own verdict, however many there are. */
static void test_many_frames(void **state)
{
	struct segment s = {.flags = ACK, .sport = 80, .dport = 1500};
	struct irl_tcp_stack_options o = {0};
	enum irl_tcp_verdict verdict[150];
	struct irl_frame frame[150];
	uint8_t bytes[2][100];
	uint32_t length;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	length = frame_of(&s, FAR, NEAR, bytes[0]);
	frame_of(&s, FAR, NEAR + 9, bytes[1]);
	for (unsigned i = 0; i < 150; i++)
		frame[i] = (struct irl_frame){.data = bytes[i % 7 == 0],
					      .length = length};
	irl_tcp_input(lab.stack, frame, 150, lab.now, verdict);
	for (unsigned i = 0; i < 150; i++)
		assert_int_equal(verdict[i],
				 i % 7 == 0 ? IRL_TCP_FOREIGN : IRL_TCP_STRAY);
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sources6),
	    cmocka_unit_test(test_locals6),
	    cmocka_unit_test(test_both_families),
	    cmocka_unit_test(test_some_refused),
	    cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_too_big6),
	    cmocka_unit_test(test_other_types),
	    cmocka_unit_test(test_many_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

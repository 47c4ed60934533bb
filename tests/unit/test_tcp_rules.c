// SPDX-License-Identifier: BSD-2-Clause
/* Rules that protect a connection, and what routers and clocks do to it. */
#include "tcp_peer.h"

/* RFC 5961, 3.2 and 4.2. */
static void test_challenges(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_stats stats;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer_at(&lab, lab.seq + 1, RST, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, ACK);
	peer_at(&lab, lab.seq - 1, RST, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	for (uint32_t ahead = 0; ahead <= 70000; ahead += 35000) {
		peer_at(&lab, lab.seq + ahead, SYN | ACK, "x", 1);
		lab_go(&lab, 0);
		assert_int_equal(lab.events, 0);
		assert_int_equal(lab.outs, 1);
		assert_int_equal(lab.out[0].flags, ACK);
		assert_int_equal(lab.out[0].ack, lab.seq);
		assert_null(option(&lab.out[0], 5, NULL));
	}
	for (int i = 0; i < 2000; i++)
		peer_at(&lab, lab.seq + 1, RST, NULL, 0);
	irl_tcp_stats(lab.stack, &stats);
	/* One connection has few of those that the stack may send. */
	assert_int_equal(stats.count[IRL_TCP_N_CHALLENGE], 5);
	assert_true(stats.count[IRL_TCP_N_THROTTLED] > 1900);
	peer_at(&lab, lab.seq, RST, NULL, 0);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(lab.event[0].outcome, IRL_TCP_RESET);
	lab_well(&lab);
	lab_free(&lab);
}

/* The handshake's ACK was lost; keepalives; ACKs of what was never sent. */
static void test_answers(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer_at(&lab, lab.seq - 1, SYN | ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, ACK);
	assert_int_equal(lab.out[0].seq, lab.ack);
	peer_at(&lab, lab.seq - 1, ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	lab.ack += 5;
	peer_at(&lab, lab.seq, ACK, "x", 1);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq); /* the x is not taken */
	lab_free(&lab);
}

/* RFC 9293, 3.10.7.3 and 3.5 (figure 7). */
static void test_syn_sent(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab.ack += 9;
	peer_at(&lab, lab.seq, SYN | ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, RST);
	assert_int_equal(lab.out[0].seq, lab.ack);
	lab.ack -= 9;
	peer(&lab, SYN, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, SYN | ACK);
	assert_int_equal(lab.out[0].seq, lab.ack - 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	assert_int_equal(lab.events, 0);
	lab_go(&lab, 3002 * MS); /* it is sent again */
	if (!lab.outs)
		lab_go(&lab, 0);
	assert_int_equal(lab.out[0].flags, SYN | ACK);
	peer(&lab, ACK, "hello", 5);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ESTABLISHED));
	assert_true(told(&lab, IRL_TCP_READABLE));
	lab_well(&lab);
	lab_free(&lab);
}

static void icmp(struct lab *lab, uint8_t type, uint8_t code, uint16_t mtu,
		 uint32_t seq)
{
	uint8_t f[14 + 20 + 8 + 28] = {0}, *ip = f + 14, *m = f + 34;
	struct irl_frame frame = {.data = f, .length = sizeof(f)};

	put16(f + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 56);
	ip[8] = 60;
	ip[9] = 1;
	put32(ip + 12, 0x0a0000fe);
	put32(ip + 16, NEAR);
	put16(ip + 10, 0xffffu - ones(ip, 20, 0));
	m[0] = type;
	m[1] = code;
	put16(m + 6, mtu);
	m[8] = 0x45;
	put16(m + 10, 1000);
	m[17] = 6;
	put32(m + 20, NEAR);
	put32(m + 24, FAR);
	put16(m + 28, lab->port);
	put16(m + 30, 80);
	put32(m + 32, seq);
	put16(m + 2, 0xffffu - ones(m, 36, 0));
	irl_tcp_input(lab->stack, &frame, 1, lab->now, &lab->verdict);
}

/* RFC 5927, 4.1 and 5.2. */
static void test_icmp(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	icmp(&lab, 3, 3, 0, lab.ack); /* not the SYN's */
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 0);
	icmp(&lab, 3, 3, 0, lab.ack - 1);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 1);
	assert_int_equal(lab.event[0].outcome, IRL_TCP_UNREACHABLE);
	assert_int_equal(lab.event[0].icmp_type, 3);
	assert_int_equal(lab.event[0].icmp_code, 3);
	lab_open(&lab, true);
	irl_tcp_send(lab.stack, lab.id, "abc", 3, 0);
	lab_go(&lab, 0);
	icmp(&lab, 3, 3, 0, lab.ack);
	lab_go(&lab, 0);
	assert_false(told(&lab, IRL_TCP_CLOSED)); /* soft once it stands */
	assert_true(told(&lab, IRL_TCP_ICMP_ERROR));
	lab_free(&lab);
}

/* RFC 9293, MUST-56; RFC 5461, 4.1. */
static void test_soft_error(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	for (int soft = 0; soft < 2; soft++) {
		o.soft_errors = soft;
		lab_init(&lab, &o);
		lab_connect(&lab);
		icmp(&lab, 3, 1, 0, lab.ack - 1);
		lab_go(&lab, 0);
		assert_int_equal(lab.events, 1);
		assert_int_equal(lab.event[0].kind,
				 soft ? IRL_TCP_CLOSED : IRL_TCP_ICMP_ERROR);
		assert_int_equal(lab.event[0].icmp_code, 1);
		lab_free(&lab);
	}
}

/* A clock that began long ago: 32-bit ticks have wrapped. */
static void test_old_clock(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	for (uint64_t day = 10; day < 100; day += 7) {
		lab_init(&lab, &o);
		lab.now = day * 24 * 3600 * SECOND;
		lab_open(&lab, true);
		irl_tcp_send(lab.stack, lab.id, "abc", 3, 0);
		lab_go(&lab, 0);
		assert_int_equal(lab.outs, 1);
		assert_in_range(irl_tcp_next_ns(lab.stack) - lab.now, 1,
				210 * MS);
		lab_go(&lab, 203 * MS);
		assert_int_equal(lab.outs, 1);
		lab_free(&lab);
	}
}

/* RFC 1191; and a path that says nothing. */
static void test_path_mtu(void **state)
{
	struct irl_tcp_stack_options o = {0};
	static uint8_t data[3000];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	irl_tcp_send(lab.stack, lab.id, data, 3000, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 3);
	icmp(&lab, 3, 4, 640, lab.ack + 5000); /* not in flight */
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	icmp(&lab, 3, 4, 640, lab.ack + 1000);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 5);
	assert_int_equal(lab.out[0].seq, lab.ack);
	assert_int_equal(lab.out[0].length, 600);
	lab_well(&lab);
	lab_free(&lab);

	lab_init(&lab, &o);
	lab_open(&lab, true);
	irl_tcp_send(lab.stack, lab.id, data, 3000, 0);
	lab_go(&lab, 0);
	lab_go(&lab, 22 * MS); /* RFC 8985, 7.2: a tail loss probe */
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, lab.ack + 2000);
	lab_go(&lab, 202 * MS);
	assert_int_equal(lab.out[0].length, 1000);
	lab_go(&lab, 402 * MS);
	assert_int_equal(lab.out[0].length, 1000);
	lab_go(&lab, 802 * MS);
	assert_int_equal(lab.out[0].length, 536);
	lab_free(&lab);
}

static uint64_t srtt(const struct lab *lab)
{
	struct irl_tcp_info info;

	assert_int_equal(irl_tcp_info(lab->stack, lab->id, &info), 0);
	return info.srtt_ns;
}

/* RFC 6298, 2.2, 2.3 and 5; Karn's rule (3). */
static void test_rtt(void **state)
{
	struct irl_tcp_stack_options o = {.rto_min_ns = MS};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	assert_in_range(srtt(&lab), 9900000, 10100000);
	irl_tcp_send(lab.stack, lab.id, "a", 1, 0);
	lab_go(&lab, 0);
	lab.now += 20 * MS; /* less than the RTO of 10 + 4 * 5 */
	lab.ack++;
	peer(&lab, ACK, NULL, 0);
	/* srtt 11.25, rttvar 6.25: 36.25 */
	assert_in_range(srtt(&lab), 11200000, 11300000);
	irl_tcp_send(lab.stack, lab.id, "b", 1, 0);
	lab_go(&lab, 0);
	lab_go(&lab, 35 * MS);
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 4 * MS);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 70 * MS); /* backed off */
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 5 * MS);
	assert_int_equal(lab.outs, 1);
	lab.ack++;
	peer(&lab, ACK, NULL, 0);
	assert_in_range(srtt(&lab), 11200000, 11300000);
	lab_free(&lab);
}

/* Whose answer it is cannot be known; then 3 s (5.7) and one segment. */
static void test_syn_twice(void **state)
{
	struct irl_tcp_stack_options o = {0};
	static uint8_t data[3000];
	struct irl_tcp_info info;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab_go(&lab, 1002 * MS);
	assert_int_equal(lab.outs, 1);
	lab_answer(&lab, (const uint8_t[]){2, 4, 3, 232}, 4);
	lab_go(&lab, 0);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_int_equal(info.syn_rtt_ns, 0);
	assert_int_equal(info.srtt_ns, 0);
	assert_int_equal(info.retransmits, 1);
	assert_int_equal(info.segments_out, 3);
	assert_in_range(info.total_ns, 1010 * MS, 1014 * MS);
	irl_tcp_send(lab.stack, lab.id, data, 3000, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, ACK);
	lab_go(&lab, 2999 * MS);
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 3 * MS);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].length, 1000);
	lab_free(&lab);
}

/* RFC 9293, 3.6.1: the ends that wait are not used again; RFC 1337. */
static void test_wait_keeps_port(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(NEAR), 1000, 1000};
	struct irl_tcp_stack_options o = {.locals = &local, .local_count = 1};
	struct irl_tcp_connect request = {.remote = irl_ip4(FAR), .port = 80};
	struct lab lab;
	uint64_t id;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	irl_tcp_close(lab.stack, lab.id);
	lab_go(&lab, 0);
	lab.ack++;
	peer(&lab, FIN | ACK, NULL, 0);
	lab_go(&lab, 0);
	lab_go(&lab, 0);
	peer_at(&lab, lab.seq, RST, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	assert_int_equal(irl_tcp_connect(lab.stack, &request, 1, &id, lab.now),
			 0);
	lab_go(&lab, 50 * SECOND);
	peer_at(&lab, lab.seq - 1, FIN | ACK, NULL, 0); /* begins anew */
	lab_go(&lab, 50 * SECOND);
	assert_int_equal(irl_tcp_connect(lab.stack, &request, 1, &id, lab.now),
			 0);
	assert_in_range(irl_tcp_next_ns(lab.stack), lab.now + 9 * SECOND,
			lab.now + 11 * SECOND);
	lab_go(&lab, 11 * SECOND);
	assert_int_equal(irl_tcp_connect(lab.stack, &request, 1, &id, lab.now),
			 1);
	lab_well(&lab);
	lab_free(&lab);
}

/* RFC 9293, 3.8.6.3; 3.9.1.2 (PSH); silly windows. */
static void test_acks_and_push(void **state)
{
	struct irl_tcp_stack_options o = {0};
	static uint8_t data[3000];
	struct segment s = {.flags = ACK, .sport = 80, .window = 2300};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer(&lab, ACK, data, 1000);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	peer(&lab, ACK, data, 1000); /* the second one */
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	s.dport = lab.port;
	s.seq = lab.seq;
	s.ack = lab.ack;
	lab_input(&lab, &s);
	irl_tcp_send(lab.stack, lab.id, data, 3000, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 2); /* and not 300 bytes more */
	assert_int_equal(lab.out[1].flags, ACK);
	s.ack += 2000;
	lab_input(&lab, &s);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, ACK | PSH);
	lab_free(&lab);
}

/* SACK lies: what was not sent, what is acknowledged, una itself. */
static void test_sack_lies(void **state)
{
	struct irl_tcp_stack_options o = {0};
	static uint8_t data[8000];
	struct segment s = {.flags = ACK,
			    .sport = 80,
			    .window = 65535,
			    .options = {1, 1, 5, 34},
			    .option_bytes = 36};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	irl_tcp_send(lab.stack, lab.id, data, 8000, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 8);
	s.dport = lab.port;
	s.seq = lab.seq;
	s.ack = lab.ack;
	put32(s.options + 4, lab.ack + 4000);
	put32(s.options + 8, lab.ack + 90000);
	put32(s.options + 12, lab.ack - 500);
	put32(s.options + 16, lab.ack + 7000);
	put32(s.options + 20, lab.ack);
	put32(s.options + 24, lab.ack + 7000);
	put32(s.options + 28, lab.ack + 5000);
	put32(s.options + 32, lab.ack + 2000);
	lab_input(&lab, &s);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	lab_well(&lab);
	/* The truth: three segments above a gap are in. */
	s.options[3] = 10;
	s.option_bytes = 12;
	put32(s.options + 4, lab.ack + 1000);
	put32(s.options + 8, lab.ack + 4000);
	lab_input(&lab, &s);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, lab.ack);
	assert_int_equal(lab.out[0].length, 1000);
	lab_free(&lab);
}

/* RFC 9293, 3.8.6.1: probes, further and further apart, without end. */
static void test_persist(void **state)
{
	struct irl_tcp_stack_options o = {.data_retries = 3};
	static uint8_t data[3000];
	struct segment s = {.flags = ACK, .sport = 80};
	struct lab lab;
	unsigned probes = 0;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	s.dport = lab.port;
	s.seq = lab.seq;
	s.ack = lab.ack;
	lab_input(&lab, &s); /* window 0 */
	irl_tcp_send(lab.stack, lab.id, data, 3000, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	for (int i = 0; i < 200; i++) {
		lab_go(&lab, 500 * MS);
		for (unsigned k = 0; k < lab.outs; k++) {
			if (!lab.out[k].length)
				continue;
			assert_int_equal(lab.out[k].length, 1);
			assert_int_equal(lab.out[k].seq, lab.ack);
			probes++;
			lab_input(&lab, &s);
		}
		assert_int_equal(lab.events, 0);
	}
	assert_in_range(probes, 7, 12);
	lab_well(&lab);
	lab.ack++;
	peer(&lab, ACK, NULL, 0); /* took the byte, and opens */
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 3);
	assert_int_equal(lab.out[0].seq, lab.ack);
	assert_int_equal(lab.out[0].length, 1000);
	/* Shut for good, and silent: R2. */
	lab_free(&lab);
}

static void test_timestamps(void **state)
{
	const uint8_t options[16] = {2, 4, 4, 0, 1, 1, 8, 10,
				     0, 0, 1, 0, 0, 0, 0, 0};
	struct irl_tcp_stack_options o = {0};
	const uint8_t *ts;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	assert_non_null(option(&lab.out[0], 8, NULL));
	lab_answer(&lab, options, 16);
	lab_go(&lab, 0);
	ts = option(&lab.out[0], 8, NULL);
	assert_non_null(ts);
	assert_int_equal(get32(ts + 4), 256);
	lab.ts = 300;
	peer(&lab, ACK, "abc", 3);
	lab_go(&lab, 50 * MS);
	ts = option(&lab.out[0], 8, NULL);
	assert_int_equal(get32(ts + 4), 300);
	/* RFC 7323, 4.3: not from a segment ahead of the last ACK. */
	lab.ts = 310;
	peer_at(&lab, lab.seq + 1, ACK, "bc", 2);
	lab_go(&lab, 0);
	ts = option(&lab.out[0], 8, NULL);
	assert_int_equal(get32(ts + 4), 300);
	lab.ts = 299; /* PAWS: from the past */
	peer_at(&lab, lab.seq, ACK, "old", 3);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	lab.ts = 0; /* RFC 7323, 3.2: none at all */
	peer_at(&lab, lab.seq, ACK, "new", 3);
	lab_go(&lab, 50 * MS);
	assert_int_equal(lab.outs, 0);
	peer_at(&lab, lab.seq, RST, NULL, 0); /* but a RST needs none */
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	lab_free(&lab);
}

/* What makes no sense is refused in words, and nothing is made. */
static void test_senseless_options(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(NEAR), 1024, 65535};
	struct irl_tcp_stack_options ok = {.locals = &local, .local_count = 1};
	struct irl_tcp_stack_options wrong[9];
	const char *word[] = {"ack_segments", "delayed_ack_ns", "MTU",
			      "rto_max_ns",   "time_wait_ns",   "syn_retries",
			      "scale",        "connections",    "data_retries"};
	struct irl_tcp_stack *stack;
	struct irl_error err;

	(void)state;
	for (int i = 0; i < 9; i++)
		wrong[i] = ok;
	wrong[0].ack_segments = 65;
	wrong[1].delayed_ack_ns = SECOND;
	wrong[2].mtu = 500;
	wrong[3].rto_max_ns = 1801 * SECOND;
	wrong[4].time_wait_ns = 1801 * SECOND;
	wrong[5].syn_retries = 14;
	wrong[6].offer.scale = 15;
	wrong[7].connections = 16773121;
	wrong[8].data_retries = 255;
	for (int i = 0; i < 9; i++) {
		stack = (void *)&stack;
		assert_int_equal(irl_tcp_new(&stack, &wrong[i], &err),
				 -IRL_EINVAL);
		assert_null(stack);
		assert_non_null(strstr(err.text, word[i]));
	}
	ok.ack_segments = 64;
	assert_int_equal(irl_tcp_new(&stack, &ok, &err), 0);
	irl_tcp_free(stack);
}

/* Closing with something unread, and data after a close: SHLD-3. */
static void test_lost_data(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer(&lab, ACK, "x", 1);
	irl_tcp_close(lab.stack, lab.id);
	lab_go(&lab, 0);
	assert_int_equal(lab.out[0].flags & RST, RST);
	lab_open(&lab, true);
	irl_tcp_close(lab.stack, lab.id);
	lab_go(&lab, 0);
	assert_int_equal(lab.out[0].flags, FIN | ACK);
	peer(&lab, ACK, "x", 1);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags & RST, RST);
	lab_well(&lab);
	lab_free(&lab);
}

static void test_ipv6(void **state)
{
	const uint8_t near[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
	const uint8_t far[16] = {0x20, 1, 0xd, 0xb8, [15] = 2};
	struct irl_tcp_local local = {.port_first = 1000, .port_last = 1999};
	struct irl_tcp_stack_options o = {.locals = &local, .local_count = 1};
	struct irl_tcp_connect request = {.port = 80};
	struct segment s = {.flags = SYN | ACK, .seq = 7, .sport = 80};
	uint8_t bytes[1600], *tcp;
	struct irl_frame frame = {.data = bytes};
	struct irl_tcp_info info;
	struct lab lab;

	(void)state;
	memcpy(local.addr.byte, near, 16);
	memcpy(request.remote.byte, far, 16);
	lab_init(&lab, &o);
	assert_int_equal(
	    irl_tcp_connect(lab.stack, &request, 1, &lab.id, lab.now), 1);
	assert_int_equal(irl_tcp_output(lab.stack, lab.frame, 64, lab.now), 1);
	tcp = lab.frame[0].data + 54;
	assert_int_equal(get16(lab.frame[0].data + 12), 0x86dd);
	assert_memory_equal(lab.frame[0].data + 22, near, 16);
	assert_memory_equal(lab.frame[0].data + 38, far, 16);
	assert_int_equal(get16(tcp + 22), 1440); /* MSS */
	assert_int_equal(ones(lab.frame[0].data + 22, lab.frame[0].length - 22,
			      6 + lab.frame[0].length - 54),
			 0xffff);
	s.dport = (uint16_t)get16(tcp);
	s.ack = get32(tcp + 4) + 1;
	frame.length = frame6(&s, far, near, bytes);
	bytes[60]++; /* a wrong checksum */
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_BAD);
	bytes[60]--;
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_TAKEN);
	lab.events = irl_tcp_poll(lab.stack, lab.event, 64);
	assert_true(told(&lab, IRL_TCP_ESTABLISHED));
	irl_tcp_send(lab.stack, lab.id, "hi", 2, 0);
	assert_int_equal(irl_tcp_output(lab.stack, lab.frame, 64, lab.now), 1);
	assert_int_equal(lab.frame[0].length, 54 + 20 + 2);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_memory_equal(info.remote.byte, far, 16);
	assert_int_equal(info.mss, 1220); /* MUST-15 */
	lab_free(&lab);
}

/* RFC 4291, 2.5.5.2: an IPv4 address written as an IPv6 one is none of a
 * packet's, and a stack of IPv4 alone has no room for others. */
static void test_mapped(void **state)
{
	const uint8_t far[16] = {0x20, 1, 0xd, 0xb8, [15] = 2};
	const struct irl_ip near = irl_ip4(NEAR);
	const struct irl_tcp_offer offer = {.mss = 1460, .scale = -1};
	struct irl_tcp_stack_options o = {0};
	struct segment s = {
	    .flags = SYN | ACK, .sport = 80, .dport = 1500, .ack = 100};
	uint8_t bytes[1600];
	struct irl_frame frame = {.data = bytes};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	frame.length = frame6(&s, far, near.byte, bytes);
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_FOREIGN);
	assert_int_equal(
	    irl_tcp_adopt(lab.stack, &frame, &offer, 3, lab.now, lab.now), 0);
	assert_int_equal(irl_tcp_refuse(lab.stack, &frame, lab.bytes[0]), 0);
	lab_free(&lab);
}

/* RFC 9293, 3.9.2.3 and form: each to its counter. */
static void test_bad_frames(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct segment s = {.flags = ACK, .sport = 80, .dport = 1500};
	uint8_t bytes[1600];
	struct irl_frame frame = {.data = bytes};
	struct irl_tcp_stats stats;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	frame.length = frame_of(&s, FAR, NEAR, bytes);
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_STRAY);
	assert_int_equal(irl_tcp_refuse(lab.stack, &frame, lab.bytes[0]), 54);
	decode(&(struct irl_frame){.data = lab.bytes[0], .length = 54},
	       &lab.out[0]);
	assert_int_equal(lab.out[0].flags, RST);
	frame.length -= 2;
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_BAD);
	frame.length = frame_of(&s, 0xe0000001, NEAR, bytes);
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_BAD);
	frame.length = frame_of(&s, FAR, NEAR + 9, bytes);
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_FOREIGN);
	s.dport = 999;
	frame.length = frame_of(&s, FAR, NEAR, bytes);
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_FOREIGN);
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.count[IRL_TCP_N_FORM], 2);
	assert_int_equal(stats.count[IRL_TCP_N_FOREIGN], 2);
	assert_int_equal(stats.count[IRL_TCP_N_STRAY], 1);
	lab_free(&lab);
}

/* RFC 9293, 3.9.2.3: nobody has the address of this host, or none at all. */
static void test_bad_sources(void **state)
{
	static const uint32_t from[] = {0x00010203, 0x7f000001, 0xe0000001,
					0xffffffff};
	struct segment s = {.flags = ACK, .sport = 80, .dport = 1500};
	struct irl_tcp_stack_options o = {0};
	uint8_t bytes[100];
	struct irl_frame frame = {.data = bytes};
	struct irl_ip to;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 4; i++) {
		frame.length = frame_of(&s, from[i], NEAR, bytes);
		irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
		assert_int_equal(lab.verdict, IRL_TCP_BAD);
		to = irl_ip4(from[i]);
		assert_false(irl_tcp_can_connect(lab.stack, &to, 80));
	}
	s.sport = 0;
	frame.length = frame_of(&s, FAR, NEAR, bytes);
	irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
	assert_int_equal(lab.verdict, IRL_TCP_BAD);
	lab_free(&lab);
}

/* A FIN's timeout has come, and its ACK comes before it is sent again. */
static void test_fin_acked_late(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	assert_int_equal(irl_tcp_shut(lab.stack, lab.id), 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, FIN | ACK);
	lab.now += 300 * MS;
	irl_tcp_advance(lab.stack, lab.now);
	lab.ack++;
	peer(&lab, ACK, NULL, 0);
	lab_send(&lab);
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 10 * SECOND);
	assert_int_equal(lab.outs, 0);
	peer(&lab, ACK | FIN, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, lab.ack);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	lab_well(&lab);
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_challenges),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_syn_sent),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_soft_error),
	    cmocka_unit_test(test_old_clock),
	    cmocka_unit_test(test_path_mtu),
	    cmocka_unit_test(test_rtt),
	    cmocka_unit_test(test_syn_twice),
	    cmocka_unit_test(test_wait_keeps_port),
	    cmocka_unit_test(test_acks_and_push),
	    cmocka_unit_test(test_sack_lies),
	    cmocka_unit_test(test_persist),
	    cmocka_unit_test(test_timestamps),
	    cmocka_unit_test(test_senseless_options),
	    cmocka_unit_test(test_lost_data),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_mapped),
	    cmocka_unit_test(test_bad_frames),
	    cmocka_unit_test(test_bad_sources),
	    cmocka_unit_test(test_fin_acked_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

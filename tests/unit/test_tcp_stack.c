// SPDX-License-Identifier: BSD-2-Clause
/* The stack against a peer by hand: each way in, through and out once. */
#include "tcp_check.h"
#include "tcp_peer.h"

static void test_request_in_ack(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_info info;
	struct lab lab;
	char text[16];

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab_answer(&lab, (const uint8_t[]){2, 4, 5, 0xb4}, 4);
	lab.events = irl_tcp_poll(lab.stack, lab.event, 64);
	assert_int_equal(lab.events, 1);
	assert_int_equal(lab.event[0].kind, IRL_TCP_ESTABLISHED);
	assert_int_equal(lab.event[0].user, 77);
	assert_int_equal(
	    irl_tcp_send(lab.stack, lab.id, "GET /", 5, IRL_TCP_STATIC), 5);
	lab_send(&lab);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, ACK | PSH);
	assert_int_equal(lab.out[0].length, 5);
	assert_memory_equal(lab.out[0].data, "GET /", 5);
	assert_int_equal(lab.out[0].seq, lab.ack);
	lab.ack += 5;
	peer(&lab, ACK | PSH, "answer", 6);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_READABLE));
	assert_true(told(&lab, IRL_TCP_WRITABLE));
	assert_int_equal(lab.outs, 0); /* the ACK is delayed */
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, text, 16), 6);
	assert_memory_equal(text, "answer", 6);
	lab_go(&lab, 41 * MS);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	assert_int_equal(irl_tcp_abort(lab.stack, lab.id), 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, RST | ACK);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(lab.event[0].outcome, IRL_TCP_ABORTED);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_int_equal(info.received, 6);
	assert_int_equal(info.sent, 5);
	assert_true(info.request_acked);
	assert_in_range(info.syn_rtt_ns, 9 * MS, 11 * MS);
	assert_int_equal(info.ttl, 55);
	lab_go(&lab, 0); /* a poll that returns 0 */
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), -IRL_ENOCONN);
	lab_free(&lab);
}

/* To one target all ports of all addresses, and no more. */
static void test_all_ports(void **state)
{
	static const struct irl_tcp_local locals[] = {
	    {.addr = {{[10] = 0xff, 0xff, 10, 0, 0, 1}}, 1, 65535},
	    {.addr = {{[10] = 0xff, 0xff, 10, 0, 0, 2}}, 1024, 65535},
	};
	const struct irl_tcp_connect to = {.remote = irl_ip4(0x0a000009),
					   .port = 80};
	struct irl_tcp_stack_options o = {.locals = locals,
					  .local_count = 2,
					  .connections = 140000,
					  .established = 1};
	const uint32_t all = 65535 + 64512;
	uint8_t *used = calloc(2, 65536);
	uint32_t opened = 0;
	struct lab lab;
	uint64_t id;

	(void)state;
	lab_init(&lab, &o);
	while (irl_tcp_connect(lab.stack, &to, 1, &id, lab.now))
		opened++;
	assert_int_equal(opened, all);
	do {
		lab_send(&lab);
		for (unsigned i = 0; i < lab.outs; i++) {
			uint8_t *port = used +
					(lab.frame[i].data[29] - 1) * 65536 +
					lab.out[i].sport;

			assert_int_equal((*port)++, 0);
		}
		opened -= lab.outs;
	} while (lab.outs);
	assert_int_equal(opened, 0);
	free(used);
	lab_free(&lab);
}

/* RFC 6056, 3.3.3: whoever sees the ports of one place cannot foretell those of
 * another, or of another stack; those of one place differ. */
static void test_ports_unforeseeable(void **state)
{
	struct irl_tcp_connect to[32];
	uint64_t id[32];
	unsigned followed = 0, alike = 0;
	uint16_t before[32];

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		to[i] = (struct irl_tcp_connect){.remote = irl_ip4(FAR + i),
						 .port = 80};
	for (unsigned seed = 0; seed < 2; seed++) {
		struct irl_tcp_stack_options o = {.seed = seed};
		struct lab lab;

		lab_init(&lab, &o);
		assert_int_equal(
		    irl_tcp_connect(lab.stack, to, 32, id, lab.now), 32);
		lab_send(&lab);
		assert_int_equal(lab.outs, 32);
		for (unsigned i = 0; i < 32; i++) {
			followed +=
			    i && lab.out[i].sport == lab.out[i - 1].sport + 1;
			alike += seed && before[i] == lab.out[i].sport;
			before[i] = lab.out[i].sport;
		}
		lab_free(&lab);
	}
	/* One in a thousand does by chance. */
	assert_in_range(followed, 0, 2);
	assert_in_range(alike, 0, 2);
}

#define MANY 200u

/* Many addresses, each with ports of its own: a port of one is foreign at all
 * others, wherever the addresses stand in the map. */
static void test_ports_of_addresses(void **state)
{
	struct irl_tcp_local locals[MANY];
	struct irl_tcp_stack_options o = {.locals = locals,
					  .local_count = MANY};
	struct segment s = {.flags = ACK, .sport = 80};
	struct lab lab;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		locals[i] = (struct irl_tcp_local){irl_ip4(NEAR + i * 3),
						   (uint16_t)(1000 + i),
						   (uint16_t)(1000 + i)};
	lab_init(&lab, &o);
	for (unsigned i = 0; i < MANY * MANY; i++) {
		const unsigned to = i / MANY, port = i % MANY;
		uint8_t bytes[100];
		struct irl_frame frame = {.data = bytes};

		s.dport = locals[port].port_first;
		frame.length = frame_of(&s, 0x0b000001, NEAR + to * 3, bytes);
		irl_tcp_input(lab.stack, &frame, 1, lab.now, &lab.verdict);
		assert_int_equal(lab.verdict,
				 to == port ? IRL_TCP_STRAY : IRL_TCP_FOREIGN);
	}
	lab_free(&lab);
}

/* RFC 7323, 2.2: the least shift with which 16 bits hold the whole window. */
static void test_scale_offered(void **state)
{
	static const struct {
		uint32_t bytes;
		uint8_t scale;
	} cases[] = {{1, 0},      {65535, 0},  {65536, 1},
		     {131071, 1}, {131072, 2}, {1u << 30, 14}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct irl_tcp_stack_options o = {.receive_bytes =
						      cases[i].bytes};
		const uint8_t *scale;
		struct lab lab;

		lab_init(&lab, &o);
		lab_connect(&lab);
		scale = option(&lab.out[0], 3, NULL);
		assert_non_null(scale);
		assert_int_equal(*scale, cases[i].scale);
		lab_free(&lab);
	}
}

static void test_silence(void **state)
{
	struct irl_tcp_stack_options o = {.syn_retries = 2};
	struct lab lab;
	uint32_t seq;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	seq = lab.out[0].seq;
	lab_go(&lab, 999 * MS);
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 2 * MS);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, seq);
	lab_go(&lab, 2000 * MS);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 3999 * MS);
	assert_int_equal(lab.events, 0);
	lab_go(&lab, 2 * MS);
	assert_int_equal(lab.events, 1);
	assert_int_equal(lab.event[0].outcome, IRL_TCP_SILENT);
	assert_int_equal(irl_tcp_next_ns(lab.stack), UINT64_MAX);
	lab_free(&lab);
}

static void test_refused(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab.ack++; /* not of our SYN */
	peer_at(&lab, 0, RST | ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 0);
	lab.ack--;
	peer_at(&lab, 0, RST | ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 1);
	assert_int_equal(lab.event[0].outcome, IRL_TCP_REFUSED);
	assert_int_equal(lab.event[0].user, 77);
	lab_free(&lab);
}

/* Events of several connections come in their order, each once, however few
 * are taken at a time. */
static void test_order_of_events(void **state)
{
	static const unsigned order[] = {2, 0, 3, 1};
	struct irl_tcp_connect request[4];
	struct irl_tcp_stack_options o = {0};
	uint64_t id[4];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 4; i++)
		request[i] = (struct irl_tcp_connect){
		    .remote = irl_ip4(FAR), .port = 80, .user = i};
	assert_int_equal(irl_tcp_connect(lab.stack, request, 4, id, lab.now),
			 4);
	lab_send(&lab);
	assert_int_equal(lab.outs, 4);
	for (unsigned i = 0; i < 4; i++) {
		lab.port = lab.out[order[i]].sport;
		lab.ack = lab.out[order[i]].seq + 1;
		peer_at(&lab, 1, RST | ACK, NULL, 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(irl_tcp_poll(lab.stack, lab.event, 1), 1);
		assert_int_equal(lab.event[0].user, order[i]);
		assert_int_equal(lab.event[0].outcome, IRL_TCP_REFUSED);
	}
	assert_int_equal(irl_tcp_poll(lab.stack, lab.event, 1), 0);
	lab_free(&lab);
}

static void test_retransmission(void **state)
{
	struct irl_tcp_stack_options o = {.data_retries = 2};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	assert_int_equal(irl_tcp_send(lab.stack, lab.id, "abc", 3, 0), 3);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 199 * MS);
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 3 * MS);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].length, 3);
	assert_int_equal(lab.out[0].seq, lab.ack);
	lab_go(&lab, 402 * MS);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 802 * MS);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags & RST, RST);
	assert_int_equal(lab.event[0].outcome, IRL_TCP_TIMED_OUT);
	lab_free(&lab);
}

static void test_out_of_order(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;
	const uint8_t *sack;
	uint8_t n = 0;
	char text[16];

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer_at(&lab, lab.seq + 3, ACK, "def", 3);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	sack = option(&lab.out[0], 5, &n);
	assert_non_null(sack);
	assert_int_equal(n, 8);
	assert_int_equal(get32(sack), lab.seq + 3);
	assert_int_equal(get32(sack + 4), lab.seq + 6);
	peer_at(&lab, lab.seq, ACK, "abc", 3);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq + 6);
	assert_null(option(&lab.out[0], 5, &n));
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, text, 16), 6);
	assert_memory_equal(text, "abcdef", 6);
	peer_at(&lab, lab.seq, ACK, "abc", 3); /* RFC 2883 */
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	sack = option(&lab.out[0], 5, &n);
	assert_non_null(sack);
	assert_int_equal(get32(sack), lab.seq);
	assert_int_equal(get32(sack + 4), lab.seq + 3);
	/* Told once; then the latest range first (RFC 2018, 4). */
	lab.seq += 6;
	peer_at(&lab, lab.seq + 10, ACK, "k", 1);
	lab_go(&lab, 0);
	assert_int_equal(n, 8);
	peer_at(&lab, lab.seq + 30, ACK, "z", 1);
	lab_go(&lab, 0);
	peer_at(&lab, lab.seq + 20, ACK, "t", 1);
	lab_go(&lab, 0);
	sack = option(&lab.out[0], 5, &n);
	assert_int_equal(n, 24);
	assert_int_equal(get32(sack), lab.seq + 20);
	assert_int_equal(get32(sack + 8), lab.seq + 30);
	assert_int_equal(get32(sack + 16), lab.seq + 10);
	/* A duplicate ahead of the gap, before the range that has it. */
	peer_at(&lab, lab.seq + 30, ACK, "z", 1);
	lab_go(&lab, 0);
	sack = option(&lab.out[0], 5, &n);
	assert_int_equal(n, 32);
	assert_int_equal(get32(sack), lab.seq + 30);
	assert_int_equal(get32(sack + 8), lab.seq + 30);
	peer_at(&lab, lab.seq + 40, ACK, "!", 1);
	lab_go(&lab, 0);
	sack = option(&lab.out[0], 5, &n);
	assert_int_equal(get32(sack), lab.seq + 40);
	lab_free(&lab);
}

static void test_close(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_stats stats;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	assert_int_equal(irl_tcp_close(lab.stack, lab.id), 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, FIN | ACK);
	lab.ack++;
	peer(&lab, FIN | ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, ACK);
	assert_int_equal(lab.out[0].ack, lab.seq);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.time_wait, 1);
	assert_int_equal(stats.open, 0);
	assert_int_equal(stats.outcome[IRL_TCP_FINISHED], 1);
	peer_at(&lab, lab.seq - 1, FIN | ACK, NULL, 0);
	assert_int_equal(lab.verdict, IRL_TCP_TAKEN);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	lab_go(&lab, 61 * SECOND);
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.time_wait, 0);
	assert_int_equal(stats.buffer_bytes, 0);
	peer_at(&lab, lab.seq, ACK, NULL, 0);
	assert_int_equal(lab.verdict, IRL_TCP_STRAY);
	lab_free(&lab);
}

static void test_peer_closes(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	peer(&lab, FIN | ACK, "bye", 3);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ENDED));
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].ack, lab.seq);
	assert_int_equal(irl_tcp_shut(lab.stack, lab.id), 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.out[0].flags, FIN | ACK);
	lab.ack++;
	peer(&lab, ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 1);
	assert_int_equal(lab.event[0].kind, IRL_TCP_CLOSED);
	assert_int_equal(lab.event[0].readable, 3);
	lab_free(&lab);
}

static void test_fast_retransmit(void **state)
{
	struct irl_tcp_stack_options o = {0};
	static uint8_t body[20000];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, false);
	assert_int_equal(irl_tcp_send(lab.stack, lab.id, body, 8000, 0), 8000);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 8);
	for (int i = 0; i < 3; i++) {
		lab_go(&lab, 0);
		assert_int_equal(lab.outs, 0);
		peer(&lab, ACK, NULL, 0);
	}
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, lab.ack);
	assert_int_equal(lab.out[0].length, 1000);
	lab.ack += 8000;
	peer(&lab, ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_WRITABLE));
	/* Half the flight, and a segment for the ACK. */
	irl_tcp_send(lab.stack, lab.id, body, 20000, 0);
	lab_go(&lab, 0);
	assert_in_range(lab.outs, 4, 5);
	lab_free(&lab);
}

/* Three segments of 1,000 bytes are out, and nothing is heard until the tail
 * loss probe is due (RFC 8985, 7.2): it is not written yet. */
static void until_probe(struct lab *lab)
{
	static uint8_t body[3000];

	lab_open(lab, true);
	irl_tcp_send(lab->stack, lab->id, body, 3000, 0);
	lab_go(lab, 0);
	assert_int_equal(lab->outs, 3);
	lab->now += 25 * MS;
	irl_tcp_advance(lab->stack, lab->now);
}

/* An ACK of something new puts it off. */
static void test_probe_put_off(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	until_probe(&lab);
	lab.ack += 1000;
	peer(&lab, ACK, NULL, 0);
	lab_send(&lab);
	assert_int_equal(lab.outs, 0);
	lab_go(&lab, 50 * MS);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, lab.ack + 1000);
	lab_well(&lab);
	lab_free(&lab);
}

/* A FIN that was asked for meanwhile goes behind it: RFC 8985, 7.3, wants the
 * last segment, as it went. */
static void test_probe_then_fin(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_info info;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	until_probe(&lab);
	irl_tcp_shut(lab.stack, lab.id);
	lab_send(&lab);
	assert_int_equal(lab.outs, 2);
	assert_int_equal(lab.out[0].seq, lab.ack + 2000);
	assert_int_equal(lab.out[0].flags, PSH | ACK);
	assert_int_equal(lab.out[1].seq, lab.ack + 3000);
	assert_int_equal(lab.out[1].flags, FIN | ACK);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_int_equal(info.retransmits, 1);
	lab_well(&lab);
	lab_free(&lab);
}

static void test_adopt(void **state)
{
	struct irl_tcp_stack_options o = {0};
	const struct irl_tcp_offer offer = {.mss = 1460, .scale = -1};
	struct segment s = {.seq = 9,
			    .ack = 100,
			    .flags = SYN | ACK,
			    .window = 1000,
			    .sport = 80,
			    .dport = 1500};
	uint8_t bytes[100];
	struct irl_frame frame = {bytes, 0, 0, 0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	frame.length = frame_of(&s, FAR, NEAR, bytes);
	lab.id = irl_tcp_adopt(lab.stack, &frame, &offer, 3, lab.now - 5 * MS,
			       lab.now);
	assert_true(lab.id);
	assert_int_equal(
	    irl_tcp_adopt(lab.stack, &frame, &offer, 3, lab.now, lab.now), 0);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ESTABLISHED));
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].seq, 100);
	assert_int_equal(lab.out[0].ack, 10);
	assert_int_equal(lab.out[0].window, 65535);
	/* A request behind the handshake's ACK was not dropped with it: no
	 * bare ACK goes before it when it is sent again. */
	irl_tcp_send(lab.stack, lab.id, "GET /", 5, IRL_TCP_STATIC);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, SECOND);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].length, 5);
	lab_free(&lab);
}

/* What cannot be adopted, since there is no body for it, leaves nothing. */
static void test_adopt_full(void **state)
{
	struct irl_tcp_stack_options o = {.connections = 2, .established = 1};
	const struct irl_tcp_offer offer = {.mss = 1460, .scale = -1};
	struct segment s = {
	    .seq = 9, .ack = 100, .flags = SYN | ACK, .sport = 80};
	uint8_t bytes[100];
	struct irl_frame frame = {bytes, 0, 0, 0};
	struct irl_tcp_stats stats;
	const char *wrong;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (uint16_t i = 0; i < 5; i++) {
		s.dport = (uint16_t)(1500 + i);
		frame.length = frame_of(&s, FAR, NEAR, bytes);
		assert_int_equal(irl_tcp_adopt(lab.stack, &frame, &offer, 3,
					       lab.now, lab.now) != 0,
				 i == 0);
	}
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.count[IRL_TCP_N_FULL], 4);
	wrong = check_stack(lab.stack);
	if (wrong)
		fail_msg("%s", wrong);
	lab_go(&lab, 0);
	lab_connect(&lab);
	s.dport = 1900; /* and now there is no stub either */
	frame.length = frame_of(&s, FAR, NEAR, bytes);
	assert_int_equal(
	    irl_tcp_adopt(lab.stack, &frame, &offer, 3, lab.now, lab.now), 0);
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.count[IRL_TCP_N_FULL], 5);
	lab_free(&lab);
}

/*
 * A server whose SYN-ACK was a cookie, and that had no room for the
 * connection: it knows nothing of it, and the ACK that completes the handshake
 * must be the first number after the SYN.  (Linux resets at any other.)
 */
static void test_request_dropped_in_ack(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab_answer(&lab, (const uint8_t[]){2, 4, 5, 0xb4}, 4);
	lab.events = irl_tcp_poll(lab.stack, lab.event, 64);
	assert_int_equal(
	    irl_tcp_send(lab.stack, lab.id, "GET /", 5, IRL_TCP_STATIC), 5);
	lab_send(&lab);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 3 * SECOND);
	assert_true(lab.outs >= 2);
	assert_int_equal(lab.out[0].length, 0);
	assert_int_equal(lab.out[0].seq, lab.ack);
	assert_int_equal(lab.out[1].length, 5);
	assert_int_equal(lab.out[1].seq, lab.ack);
	lab_free(&lab);
}

/* To the peer timestamps must not run back from what the SYN had. */
static void test_adopt_timestamps(void **state)
{
	struct irl_tcp_stack_options o = {.timestamps_first = 500,
					  .timestamps_from_ns = SECOND};
	const struct irl_tcp_offer offer = {
	    .mss = 1460, .scale = 7, .sack = true, .timestamps = true};
	struct segment s = {.seq = 9,
			    .ack = 100,
			    .flags = SYN | ACK,
			    .window = 1000,
			    .options = {1, 1, 8, 10, 0, 0, 0, 99, 0, 0, 0, 0},
			    .option_bytes = 12,
			    .sport = 80};
	uint8_t bytes[100];
	struct irl_frame frame = {bytes, 0, 0, 0};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab.now = SECOND;
	for (uint16_t port = 1500; port < 1520; port++) {
		uint32_t value;

		s.dport = port;
		frame.length = frame_of(&s, FAR, NEAR, bytes);
		assert_true(irl_tcp_adopt(lab.stack, &frame, &offer, 3,
					  lab.now - 5 * MS, lab.now));
		lab_go(&lab, 100 * MS);
		assert_int_equal(lab.outs, 1);
		assert_int_equal(lab.out[0].options[2], 8);
		value = get32(lab.out[0].options + 4);
		assert_in_range(value, 500, 500 + 100 * (port - 1499));
		assert_int_equal(get32(lab.out[0].options + 8), 99);
	}
	lab_free(&lab);
}

static struct irl_tcp_stats stats_of(const struct lab *lab)
{
	struct irl_tcp_stats stats;

	irl_tcp_stats(lab->stack, &stats);
	return stats;
}

/* An exchange whose SYN and request are sent twice. */
static void play(bool statistics, struct segment out[8],
		 struct irl_tcp_info *info)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;
	char text[16];

	lab_init_plain(&lab, &o, statistics);
	lab_connect(&lab);
	lab_go(&lab, 1001 * MS);
	out[0] = lab.out[0];
	lab_answer(&lab, (const uint8_t[]){2, 4, 5, 0xb4}, 4);
	lab.events = irl_tcp_poll(lab.stack, lab.event, 64);
	irl_tcp_send(lab.stack, lab.id, "GET /", 5, IRL_TCP_STATIC);
	lab_send(&lab);
	out[1] = lab.out[0];
	lab_go(&lab, 3100 * MS);
	assert_int_equal(lab.outs, 2); /* it rode on the handshake's ACK */
	out[2] = lab.out[0];
	out[3] = lab.out[1];
	lab.ack += 5;
	peer(&lab, ACK | PSH, "answer", 6);
	lab_go(&lab, 0);
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, text, 16), 6);
	lab_go(&lab, 41 * MS);
	out[4] = lab.out[0];
	irl_tcp_abort(lab.stack, lab.id);
	lab_go(&lab, 0);
	out[5] = lab.out[0];
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, info), 0);
	lab_free(&lab);
}

/* Who does not ask for statistics gets none, and the same segments. */
static void test_no_statistics(void **state)
{
	static struct segment with[8], without[8];
	struct irl_tcp_info all, some;

	(void)state;
	play(true, with, &all);
	play(false, without, &some);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(with[i].flags, without[i].flags);
		assert_int_equal(with[i].seq, without[i].seq);
		assert_int_equal(with[i].ack, without[i].ack);
		assert_int_equal(with[i].length, without[i].length);
	}
	assert_int_equal(all.sent, 5);
	assert_int_equal(all.received, 6);
	assert_int_equal(all.segments_out, 7);
	assert_int_equal(all.retransmits, 2);
	assert_true(all.first_byte_ns);
	all.first_byte_ns = all.sent = all.received = 0;
	all.segments_in = all.segments_out = all.retransmits = 0;
	assert_memory_equal(&all, &some, sizeof(all));
	assert_true(some.established && some.request_acked);
	assert_int_equal(some.outcome, IRL_TCP_ABORTED);
	assert_int_equal(some.ttl, 55);
}

/* All that a stack takes for a connection more: that of the stack for so many
 * less that for half of them. */
static double bytes_each(uint32_t connections, uint32_t established,
			 bool statistics)
{
	struct irl_tcp_stack_options o = {.connections = connections,
					  .established = established};
	struct lab lab;
	double bytes;

	lab_init_plain(&lab, &o, statistics);
	bytes = (double)stats_of(&lab).memory_bytes;
	lab_free(&lab);
	o.connections = connections / 2;
	o.established = established / 2;
	lab_init_plain(&lab, &o, statistics);
	bytes -= (double)stats_of(&lab).memory_bytes;
	lab_free(&lab);
	return bytes / (connections / 2);
}

static void test_memory(void **state)
{
	const uint32_t n = 1u << 21, few = 64;

	(void)state;
	assert_in_range((uint64_t)(bytes_each(n, few, false) * 10), 300, 320);
	assert_in_range((uint64_t)(bytes_each(n, n, false) * 10), 1200, 1280);
	assert_in_range((uint64_t)(bytes_each(n, n, true) * 10), 1520, 1600);
	/* No more bodies than connections, whatever was asked for. */
	assert_true(bytes_each(n, 2 * n, false) < 128);
}

/* Connections that hold no data hold none of the memory for it. */
static void test_memory_quiet(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;
	char text[16];

	(void)state;
	lab_init_plain(&lab, &o, false);
	lab_open(&lab, true);
	assert_int_equal(stats_of(&lab).open, 1);
	assert_int_equal(stats_of(&lab).buffer_bytes, 0);
	irl_tcp_send(lab.stack, lab.id, "GET /", 5, 0);
	lab_go(&lab, 0);
	assert_true(stats_of(&lab).buffer_bytes);
	lab.ack += 5;
	peer(&lab, ACK | PSH, "answer", 6);
	lab_go(&lab, 0);
	assert_int_equal(irl_tcp_read(lab.stack, lab.id, text, 16), 6);
	lab_go(&lab, 41 * MS);
	assert_int_equal(stats_of(&lab).open, 1);
	assert_int_equal(stats_of(&lab).buffer_bytes, 0);
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request_in_ack),
	    cmocka_unit_test(test_all_ports),
	    cmocka_unit_test(test_ports_unforeseeable),
	    cmocka_unit_test(test_ports_of_addresses),
	    cmocka_unit_test(test_scale_offered),
	    cmocka_unit_test(test_silence),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_order_of_events),
	    cmocka_unit_test(test_retransmission),
	    cmocka_unit_test(test_out_of_order),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_peer_closes),
	    cmocka_unit_test(test_fast_retransmit),
	    cmocka_unit_test(test_request_dropped_in_ack),
	    cmocka_unit_test(test_probe_put_off),
	    cmocka_unit_test(test_probe_then_fin),
	    cmocka_unit_test(test_adopt),
	    cmocka_unit_test(test_adopt_full),
	    cmocka_unit_test(test_adopt_timestamps),
	    cmocka_unit_test(test_no_statistics),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_memory_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

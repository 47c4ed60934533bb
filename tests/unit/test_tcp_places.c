// SPDX-License-Identifier: BSD-2-Clause
/* Limits, places and what is in them: times out, full, taken again. */
#include "tcp_peer.h"

static void test_limits(void **state)
{
	struct irl_tcp_stack_options o = {.idle_ns = SECOND,
					  .total_ns = 3 * SECOND};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	lab_go(&lab, 990 * MS);
	assert_int_equal(lab.events, 0);
	lab_go(&lab, 13 * MS);
	assert_int_equal(lab.event[0].outcome, IRL_TCP_IDLE);
	assert_int_equal(lab.out[0].flags & RST, RST);
	lab_open(&lab, true);
	for (int i = 0; i < 4; i++) {
		lab_go(&lab, 700 * MS);
		assert_false(told(&lab, IRL_TCP_CLOSED));
		peer(&lab, ACK, "x", 1);
	}
	lab_go(&lab, 700 * MS);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(lab.event[lab.events - 1].outcome, IRL_TCP_DEADLINE);
	lab_connect(&lab); /* half-open */
	lab_go(&lab, 1001 * MS);
	assert_int_equal(lab.event[0].outcome, IRL_TCP_IDLE);
	lab_well(&lab);
	lab_free(&lab);
}

/* Every name and slot comes back; a stale id names nothing. */
static void test_slots(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(NEAR), 1000, 1003};
	struct irl_tcp_stack_options o = {
	    .connections = 3, .locals = &local, .local_count = 1};
	struct irl_tcp_connect request[4];
	struct irl_tcp_stats stats;
	struct irl_tcp_info info;
	uint64_t id[4], old;
	struct lab lab;

	(void)state;
	for (int i = 0; i < 4; i++)
		request[i] = (struct irl_tcp_connect){.remote = irl_ip4(FAR),
						      .port = 80};
	lab_init(&lab, &o);
	assert_int_equal(irl_tcp_connect(lab.stack, request, 4, id, lab.now),
			 3);
	assert_int_equal(id[3], 0);
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.count[IRL_TCP_N_FULL], 1);
	assert_int_equal(irl_tcp_send(lab.stack, id[0], "x", 1, 0),
			 -IRL_EINVAL);
	old = id[0];
	irl_tcp_release(lab.stack, id[0]);
	assert_int_equal(irl_tcp_abort(lab.stack, id[1]), 0);
	assert_int_equal(irl_tcp_info(lab.stack, old, &info), -IRL_ENOCONN);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 1);
	assert_int_equal(lab.event[0].id, id[1]);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 0);
	assert_int_equal(irl_tcp_connect(lab.stack, request, 2, id, lab.now),
			 2);
	assert_int_equal(irl_tcp_info(lab.stack, old, &info), -IRL_ENOCONN);
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.half_open, 3);
	request[0].remote = irl_ip4(0xe0000001);
	request[1].port = 0;
	request[2].remote = irl_ip4(NEAR);
	assert_int_equal(irl_tcp_connect(lab.stack, request, 3, id, lab.now),
			 0);
	lab_well(&lab);
	lab_free(&lab);
}

/* Without memory nothing is taken, and WRITABLE says when to try again. */
static void test_no_memory_to_send(void **state)
{
	struct irl_tcp_stack_options o = {.buffer_bytes = 64 * 512,
					  .receive_bytes = 64 * 512,
					  .connections = 4};
	static uint8_t data[1000];
	struct lab lab;
	int taken = 0;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	for (int i = 0; i < 32; i++)
		peer(&lab, ACK, data, 1000);
	lab_go(&lab, 0);
	assert_int_equal(irl_tcp_send(lab.stack, lab.id, data, 1000, 0), 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.events, 0);
	for (int i = 0; i < 3 && !told(&lab, IRL_TCP_WRITABLE); i++)
		lab_go(&lab, 300 * MS);
	assert_true(told(&lab, IRL_TCP_WRITABLE));
	while (irl_tcp_read(lab.stack, lab.id, data, 1000) > 0)
		;
	taken = irl_tcp_send(lab.stack, lab.id, data, 1000, 0);
	assert_int_equal(taken, 1000);
	lab_well(&lab);
	lab_free(&lab);
}

/* The same slot and the same ports: still another name. */
static void test_stale_id(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(NEAR), 1000, 1000};
	struct irl_tcp_stack_options o = {
	    .connections = 1, .locals = &local, .local_count = 1};
	struct irl_tcp_info info;
	struct lab lab;
	uint64_t old;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	old = lab.id;
	irl_tcp_abort(lab.stack, lab.id);
	lab_go(&lab, 0);
	lab_go(&lab, 0);
	lab_connect(&lab);
	assert_int_not_equal(lab.id, old);
	assert_int_equal(irl_tcp_info(lab.stack, old, &info), -IRL_ENOCONN);
	lab_free(&lab);
}

/* The local address is asked for by its number, from 1 on. */
static void test_local_asked(void **state)
{
	struct irl_tcp_connect to = {
	    .remote = irl_ip4(FAR), .port = 80, .local = 1};
	struct irl_tcp_stack_options o = {0};
	struct lab lab;
	uint64_t id;

	(void)state;
	lab_init(&lab, &o);
	assert_int_equal(irl_tcp_connect(lab.stack, &to, 1, &id, lab.now), 1);
	to.local = 2;
	assert_int_equal(irl_tcp_connect(lab.stack, &to, 1, &id, lab.now), 0);
	lab_free(&lab);
}

/* WRITABLE says that all has been acknowledged, not some of it. */
static void test_writable(void **state)
{
	struct irl_tcp_stack_options o = {0};
	static uint8_t data[2000];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	assert_int_equal(irl_tcp_send(lab.stack, lab.id, data, 2000, 0), 2000);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 2);
	lab.ack += 1000;
	peer(&lab, ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_false(told(&lab, IRL_TCP_WRITABLE));
	lab.ack += 1000;
	peer(&lab, ACK, NULL, 0);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_WRITABLE));
	lab_free(&lab);
}

/* Bytes that stay where they are and bytes that were copied, in one segment. */
static void test_static_and_copied(void **state)
{
	struct irl_tcp_stack_options o = {0};
	uint8_t *stays = test_calloc(1500, 1), copied[2000], got[3500];
	uint32_t n = 0;
	struct lab lab;

	(void)state;
	memset(stays, 'a', 1500);
	memset(copied, 'b', sizeof(copied));
	lab_init(&lab, &o);
	lab_open(&lab, true);
	assert_int_equal(
	    irl_tcp_send(lab.stack, lab.id, stays, 1500, IRL_TCP_STATIC), 1500);
	assert_int_equal(irl_tcp_send(lab.stack, lab.id, copied, 2000, 0),
			 2000);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 4);
	for (unsigned i = 0; i < lab.outs; i++) {
		memcpy(got + n, lab.out[i].data, lab.out[i].length);
		n += lab.out[i].length;
	}
	assert_int_equal(n, 3500);
	assert_memory_equal(got, stays, 1500);
	assert_memory_equal(got + 1500, copied, 2000);
	test_free(stays);
	lab_free(&lab);
}

/* RFC 5961, 7: all connections together have 500 to 1,000 challenge ACKs. */
static void test_challenges_of_many(void **state)
{
	enum { MANY = 250 };
	struct irl_tcp_stack_options o = {.connections = MANY};
	struct irl_tcp_stats stats;
	uint16_t port[MANY];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < MANY; i++) {
		lab_open(&lab, true);
		port[i] = lab.port;
	}
	for (unsigned i = 0; i < 5 * MANY; i++) {
		lab.port = port[i % MANY];
		peer_at(&lab, lab.seq + 1, RST, NULL, 0);
	}
	irl_tcp_stats(lab.stack, &stats);
	assert_in_range(stats.count[IRL_TCP_N_CHALLENGE], 500, 999);
	assert_int_equal(stats.count[IRL_TCP_N_CHALLENGE] +
			     stats.count[IRL_TCP_N_THROTTLED],
			 5 * MANY);
	lab_free(&lab);
}

/* A body is used again while its timer is still armed for the one before. */
static void test_body_again(void **state)
{
	struct irl_tcp_stack_options o = {.idle_ns = 5 * SECOND};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (int i = 0; i < 3; i++) {
		lab_open(&lab, true);
		irl_tcp_release(lab.stack, lab.id);
		lab_go(&lab, SECOND);
		lab_well(&lab);
	}
	lab_open(&lab, true);
	lab_well(&lab);
	lab_go(&lab, 5 * SECOND + 10 * MS);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(lab.event[0].outcome, IRL_TCP_IDLE);
	lab_free(&lab);
}

/* How long it lasted stands when it is over. */
static void test_lasted(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_info info;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true); /* takes 10 ms */
	lab.now += SECOND;
	irl_tcp_advance(lab.stack, lab.now);
	assert_int_equal(irl_tcp_abort(lab.stack, lab.id), 0);
	lab_go(&lab, SECOND);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_in_range(info.total_ns, 1009 * MS, 1011 * MS);
	lab_open(&lab, true); /* longer than 32 bits of micro */
	lab.now += 7200 * SECOND;
	irl_tcp_advance(lab.stack, lab.now);
	assert_int_equal(irl_tcp_abort(lab.stack, lab.id), 0);
	lab_go(&lab, SECOND);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_in_range(info.total_ns, 7200 * SECOND, 7200 * SECOND + 11 * MS);
	lab_connect(&lab);
	lab.now += 2 * SECOND;
	irl_tcp_advance(lab.stack, lab.now - 1001 * MS);
	irl_tcp_advance(lab.stack, lab.now);
	assert_int_equal(irl_tcp_abort(lab.stack, lab.id), 0);
	lab_go(&lab, SECOND);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_in_range(info.total_ns, 1999 * MS, 2001 * MS);
	lab_free(&lab);
}

/* Three connections are open; lab->port and ports are theirs. */
static void open_three(struct lab *lab, uint64_t id[3], uint16_t port[3])
{
	for (unsigned i = 0; i < 3; i++) {
		lab_open(lab, true);
		id[i] = lab->id;
		port[i] = lab->port;
	}
}

/* docs/tcp.md: 16 segments a connection in turn; and all have theirs. */
static void test_turns(void **state)
{
	struct irl_tcp_stack_options o = {.initial_window = 40};
	static uint8_t body[20000];
	uint16_t port[3];
	uint64_t id[3];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	open_three(&lab, id, port);
	for (unsigned i = 0; i < 3; i++)
		irl_tcp_send(lab.stack, id[i], body, 20000, 0);
	for (unsigned i = 0; i < 64; i++)
		lab.frame[i].flags = 0xff;
	lab_send(&lab);
	assert_int_equal(lab.outs, 60);
	for (unsigned i = 0; i < 60; i++) {
		unsigned of = i < 48 ? i / 16 : (i - 48) / 4;

		assert_int_equal(lab.out[i].sport, port[of]);
		assert_int_equal(lab.frame[i].flags, 0);
	}
	lab_well(&lab);
	lab_free(&lab);
}

/* No frame more than there is room for, and none is lost for that. */
static void test_few_frames(void **state)
{
	struct irl_tcp_stack_options o = {.initial_window = 40};
	struct irl_tcp_connect request = {.remote = irl_ip4(FAR), .port = 80};
	static uint8_t body[20000];
	uint16_t port[3];
	uint64_t id[3];
	unsigned sent = 0, n;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	open_three(&lab, id, port);
	for (unsigned i = 0; i < 2; i++)
		irl_tcp_send(lab.stack, id[i], body, 20000, 0);
	lab.port = port[2];
	for (uint32_t i = 1; i < 20; i++) /* to be acknowledged several times */
		peer_at(&lab, lab.seq + 20 * i, ACK, "0123456789", 10);
	irl_tcp_send(lab.stack, id[0], body, 20000, 0);
	irl_tcp_connect(lab.stack, &request, 1, &lab.id, lab.now);
	do {
		lab.frame[3].length = 7;
		n = irl_tcp_output(lab.stack, lab.frame, 3, lab.now);
		assert_in_range(n, 0, 3);
		assert_int_equal(lab.frame[3].length, 7);
		lab_well(&lab);
		sent += n;
	} while (n);
	/* 60 of data, a SYN, and ACKs as far as there was room at once. */
	assert_in_range(sent, 62, 64);
	lab_free(&lab);
}

/* Segments without a connection are 256 at most; more are lost. */
static void test_many_replies(void **state)
{
	struct irl_tcp_stack_options o = {0};
	unsigned sent = 0;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	for (unsigned i = 0; i < 300; i++) {
		lab.ack++; /* not that of our SYN */
		peer_at(&lab, 5000, SYN | ACK, NULL, 0);
	}
	lab.ack -= 300;
	do {
		lab_send(&lab);
		for (unsigned i = 0; i < lab.outs; i++) {
			sent++;
			assert_int_equal(lab.out[i].flags, RST);
			assert_int_equal(lab.out[i].seq, lab.ack + sent);
		}
	} while (lab.outs);
	assert_int_equal(sent, 256);
	lab_free(&lab);
}

/* The SYN's options stand as a host's do, each at its place (RFC 7323, A). */
static void check_syn(const struct irl_tcp_offer *offer, const char *options)
{
	struct irl_tcp_stack_options o = {.offer = *offer};
	struct lab lab;

	lab_init(&lab, &o);
	lab_connect(&lab);
	if (offer->timestamps) /* of any value */
		memset(lab.out[0].options + (offer->mss ? 4 : 0) + 4, 0, 8);
	assert_int_equal(lab.out[0].option_bytes % 4, 0);
	assert_memory_equal(lab.out[0].options, options,
			    lab.out[0].option_bytes);
	lab_free(&lab);
}

static void test_syn_options(void **state)
{
	(void)state;
	check_syn(&(struct irl_tcp_offer){1460, 7, true, true},
		  "\2\4\5\264\4\2\10\12\0\0\0\0\0\0\0\0\1\3\3\7");
	check_syn(&(struct irl_tcp_offer){1460, 7, false, true},
		  "\2\4\5\264\1\1\10\12\0\0\0\0\0\0\0\0\1\3\3\7");
	check_syn(&(struct irl_tcp_offer){1460, 7, true, false},
		  "\2\4\5\264\4\2\3\3\7\1\1\1");
	check_syn(&(struct irl_tcp_offer){1460, 7, false, false},
		  "\2\4\5\264\1\3\3\7");
	check_syn(&(struct irl_tcp_offer){0, -1, true, false}, "\4\2\1\1");
}

/* RFC 7323, 5.4: nobody can tell by our clock what another sees of it, nor how
 * long we are up. */
static void test_clocks_apart(void **state)
{
	struct irl_tcp_stack_options o = {0};
	uint32_t first;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	first = get32(option(&lab.out[0], 8, NULL));
	lab_connect(&lab);
	assert_true(get32(option(&lab.out[0], 8, NULL)) - first + 1000 > 2000);
	lab_free(&lab);
}

/* Open one and close it first; it is in TIME-WAIT. */
static void lab_close(struct lab *lab)
{
	lab_open(lab, true);
	assert_int_equal(irl_tcp_close(lab->stack, lab->id), 0);
	lab_go(lab, 0);
	assert_int_equal(lab->outs, 1);
	lab->ack++;
	peer(lab, FIN | ACK, NULL, 0);
	lab_go(lab, 0);
	assert_true(told(lab, IRL_TCP_CLOSED));
	lab_go(lab, 0);
}

/* The ring of TIME-WAITs goes round: the last four are known, no other is. */
static void test_time_waits(void **state)
{
	struct irl_tcp_stack_options o = {.time_waits = 4};
	uint32_t ack[8];
	uint16_t port[8];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned n = 0; n < 8; n++) {
		lab_close(&lab);
		ack[n] = lab.ack;
		port[n] = lab.port;
		for (unsigned i = 0; i <= n; i++) {
			lab.port = port[i];
			lab.ack = ack[i];
			peer_at(&lab, lab.seq, ACK, "x", 1);
			lab_send(&lab);
			assert_int_equal(lab.outs, i + 4 > n);
			assert_int_equal(lab.verdict, i + 4 > n
							  ? IRL_TCP_TAKEN
							  : IRL_TCP_STRAY);
			if (!lab.outs)
				continue;
			assert_int_equal(lab.out[0].seq, ack[i]);
			assert_int_equal(lab.out[0].ack, lab.seq);
		}
		lab_well(&lab);
	}
	lab_free(&lab);
}

/* Where many wait, what is of none of them is not taken for one of theirs. */
static void test_time_waits_strays(void **state)
{
	struct irl_tcp_stack_options o = {.time_waits = 64};
	struct segment s = {.flags = ACK, .sport = 81};
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 64; i++)
		lab_close(&lab);
	for (uint16_t port = 1000; port < 2000; port++) {
		s.dport = port;
		lab_input(&lab, &s);
		assert_int_equal(lab.verdict, IRL_TCP_STRAY);
	}
	lab_free(&lab);
}

/* It ends when irl_tcp_next_ns says, 2 MSL after the last FIN, and what was put
 * off counts as nothing that was forgotten early. */
static void test_time_wait_ends(void **state)
{
	struct irl_tcp_stack_options o = {.time_waits = 2};
	struct irl_tcp_stats stats;
	uint64_t last, next;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab.now = 1ull << 44; /* where the 24 bits of its ticks wrap */
	lab_close(&lab);
	lab.now = (1ull << 44) + (30ull << 30);
	lab.seq--;
	peer(&lab, FIN | ACK, NULL, 0);
	last = lab.now;
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	while ((next = irl_tcp_next_ns(lab.stack)) != UINT64_MAX) {
		assert_true(next > lab.now);
		lab_go(&lab, next - lab.now);
		irl_tcp_stats(lab.stack, &stats);
		assert_int_equal(stats.time_wait, next < last + 60 * SECOND);
	}
	assert_in_range(lab.now, last + 60 * SECOND, last + 60 * SECOND + MS);
	lab_close(&lab);
	for (unsigned i = 0; i < 3; i++)
		peer_at(&lab, lab.seq - 1, FIN | ACK, NULL, 0);
	irl_tcp_stats(lab.stack, &stats);
	assert_int_equal(stats.time_wait, 1);
	assert_int_equal(stats.count[IRL_TCP_N_TIME_WAIT_EVICTED], 0);
	lab_free(&lab);
}

/* Nothing that is due is passed over when another timer is set late. */
static void test_timer_not_passed(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct lab lab;
	uint16_t first;

	(void)state;
	lab_init(&lab, &o);
	lab_open(&lab, true);
	first = lab.port;
	irl_tcp_send(lab.stack, lab.id, "GET /", 5, 0);
	lab_go(&lab, 0);
	lab_connect(&lab);
	lab.now += 300 * MS; /* more than the first one's RTO */
	lab_answer(&lab, (const uint8_t[]){2, 4, 3, 232}, 4);
	irl_tcp_poll(lab.stack, lab.event, 64);
	irl_tcp_send(lab.stack, lab.id, "GET /", 5, 0);
	lab_send(&lab);
	assert_int_equal(lab.outs, 1);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].sport, first);
	lab_free(&lab);
}

/* Ticks of 2^20 ns are 32 bits and wrap after 52 days, micro after 73 minutes:
 * a stack goes on. */
static void test_weeks(void **state)
{
	static const uint64_t wraps[] = {1ull << 52, 1ull << 42, 1ull << 51};
	struct irl_tcp_stack_options o = {.idle_ns = 5 * SECOND,
					  .total_ns = 20 * SECOND};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct lab lab;

		lab_init(&lab, &o);
		lab.now = wraps[i] - 3 * SECOND;
		lab_open(&lab, true);
		irl_tcp_send(lab.stack, lab.id, "GET /", 5, 0);
		lab_go(&lab, 0);
		for (int k = 0; k < 4; k++) {
			lab_go(&lab, 50 * MS);
			assert_int_equal(lab.outs, 0);
		}
		lab_go(&lab, 10 * MS);
		assert_int_equal(lab.outs, 1); /* the RTO, 200 ms */
		lab.ack += 5;
		peer(&lab, ACK, "x", 1);
		lab_go(&lab, 39 * MS);
		assert_int_equal(lab.outs, 0);
		lab_go(&lab, 4 * MS);
		assert_int_equal(lab.outs, 1); /* the delayed ACK */
		for (int k = 0; k < 4; k++) {
			lab_go(&lab, 4 * SECOND);
			assert_false(told(&lab, IRL_TCP_CLOSED));
			peer(&lab, ACK, "x", 1);
			lab_go(&lab, 50 * MS);
			assert_true(told(&lab, IRL_TCP_READABLE));
		}
		lab_free(&lab);
	}
}

/* More than one round of irl_tcp_advance's have their time at once. */
static void test_many_due(void **state)
{
	struct irl_tcp_stack_options o = {0};
	uint64_t id[64];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 64; i++) {
		lab_open(&lab, true);
		id[i] = lab.id;
	}
	for (unsigned i = 0; i < 64; i++)
		irl_tcp_send(lab.stack, id[i], "GET /", 5, 0);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 64);
	lab_go(&lab, 210 * MS);
	assert_int_equal(lab.outs, 64);
	lab_go(&lab, 0);
	assert_int_equal(lab.outs, 0);
	lab_free(&lab);
}

/* irl_tcp_next_ns leads through a SYN's life to its end. */
static void test_led_by_next(void **state)
{
	struct irl_tcp_stack_options o = {.syn_retries = 2};
	uint64_t begun, next;
	unsigned syns = 1;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	begun = lab.now;
	lab_connect(&lab);
	while ((next = irl_tcp_next_ns(lab.stack)) != UINT64_MAX) {
		assert_true(next > lab.now);
		lab_go(&lab, next - lab.now);
		syns += lab.outs;
	}
	assert_int_equal(syns, 3);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_in_range(lab.now, begun + 7 * SECOND, begun + 7 * SECOND + 2048);
	lab_free(&lab);
}

/* An answer that comes when the next SYN is due, but not sent, is to the first
 * (RFC 6298, 3: its round trip is measured). */
static void test_answer_before_syn(void **state)
{
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_info info;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab.now += 1001 * MS;
	irl_tcp_advance(lab.stack, lab.now);
	lab_answer(&lab, NULL, 0);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ESTABLISHED));
	assert_int_equal(lab.outs, 1);
	assert_int_equal(irl_tcp_info(lab.stack, lab.id, &info), 0);
	assert_int_equal(info.segments_out, 2);
	assert_int_equal(info.retransmits, 0);
	assert_in_range(info.syn_rtt_ns, 1010 * MS, 1012 * MS);
	lab_well(&lab);
	lab_free(&lab);
}

/* What is due in more than half of 32 bits of ticks is not asked for before. */
static void test_far_limit(void **state)
{
	const uint64_t day = 86400 * SECOND;
	struct irl_tcp_stack_options o = {.total_ns = 40 * day};
	uint64_t begun, next;
	unsigned looks = 0;
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	begun = lab.now;
	lab_open(&lab, true);
	while ((next = irl_tcp_next_ns(lab.stack)) != UINT64_MAX) {
		assert_true(next > lab.now && ++looks < 12);
		assert_false(told(&lab, IRL_TCP_CLOSED));
		lab_go(&lab, next - lab.now);
	}
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(lab.event[0].outcome, IRL_TCP_DEADLINE);
	assert_in_range(lab.now, begun + 40 * day, begun + 40 * day + 2 * MS);
	lab_free(&lab);
}

/* Data unread, ahead of a gap and unacknowledged. */
static void open_full(struct lab *lab)
{
	static uint8_t body[20000];

	lab_open(lab, true);
	irl_tcp_send(lab->stack, lab->id, body, 20000, 0);
	peer(lab, ACK, "abc", 3);
	peer_at(lab, lab->seq + 10, ACK, "xyz", 3);
	lab_send(lab);
	lab_well(lab);
}

/* What has ended holds nothing but what may still be read, and says nothing
 * more than its RST, though its end is not yet taken notice of. */
static void test_end_leaves_nothing(void **state)
{
	struct irl_tcp_stack_options o = {.total_ns = 5 * SECOND};
	struct irl_tcp_stats stats;
	struct lab lab;
	char text[8];

	(void)state;
	for (unsigned how = 0; how < 3; how++) {
		lab_init(&lab, &o);
		open_full(&lab);
		if (how == 0)
			irl_tcp_abort(lab.stack, lab.id);
		else if (how == 1)
			irl_tcp_close(lab.stack, lab.id);
		else
			irl_tcp_release(lab.stack, lab.id);
		lab_well(&lab);
		irl_tcp_stats(lab.stack, &stats);
		assert_int_equal(stats.buffer_bytes, how ? 0 : 512);
		lab_send(&lab);
		assert_int_equal(lab.outs, how < 2);
		for (unsigned i = 0; i < 8; i++) {
			lab.now += SECOND;
			irl_tcp_advance(lab.stack, lab.now);
			lab_send(&lab);
			assert_int_equal(lab.outs, 0);
		}
		assert_int_equal(irl_tcp_read(lab.stack, lab.id, text, 8),
				 how == 0   ? 3
				 : how == 1 ? 0
					    : -IRL_ENOCONN);
		lab_go(&lab, 0);
		lab_go(&lab, 0);
		lab_well(&lab);
		irl_tcp_stats(lab.stack, &stats);
		assert_int_equal(stats.buffer_bytes, 0);
		assert_int_equal(lab.stack->body_free, 0);
		lab_free(&lab);
	}
}

/* A half-open one, sent or not, can be neither shut nor read; and those beside
 * one that found no body go on. */
static void test_half_open(void **state)
{
	struct irl_tcp_stack_options o = {.connections = 3, .established = 1};
	uint16_t port[3];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	for (unsigned i = 0; i < 3; i++) {
		lab_connect(&lab);
		port[i] = lab.port;
		assert_int_equal(irl_tcp_shut(lab.stack, lab.id), -IRL_EINVAL);
		assert_int_equal(irl_tcp_read(lab.stack, lab.id, NULL, 1), 0);
	}
	lab_answer(&lab, NULL, 0);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_ESTABLISHED));
	lab.port = port[1];
	lab.ack =
	    irl_stub_iss(lab.stack, &lab.stack->stub[1],
			 irl_ends_hash(lab.stack,
				       &(struct irl_ends){.local_port = port[1],
							  .remote_port = 80,
							  .remote4 = FAR})) +
	    1;
	lab_answer(&lab, NULL, 0);
	lab_well(&lab);
	lab_go(&lab, 0);
	assert_true(told(&lab, IRL_TCP_CLOSED));
	assert_int_equal(lab.event[0].outcome, IRL_TCP_EVICTED);
	assert_int_equal(lab.outs, 1);
	assert_int_equal(lab.out[0].flags, RST);
	lab_well(&lab);
	lab_go(&lab, SECOND);
	assert_int_equal(lab.outs, 1); /* the first one's SYN */
	assert_int_equal(lab.out[0].sport, port[0]);
	lab_free(&lab);
}

/* Events come one at a time as well: each once, in their order. */
static void test_few_events(void **state)
{
	static const uint8_t order[] = {IRL_TCP_ESTABLISHED, IRL_TCP_READABLE,
					IRL_TCP_ENDED};
	struct irl_tcp_stack_options o = {0};
	struct irl_tcp_event event[2];
	struct lab lab;

	(void)state;
	lab_init(&lab, &o);
	lab_connect(&lab);
	lab_answer(&lab, NULL, 0);
	peer(&lab, FIN | ACK, "abc", 3);
	for (unsigned i = 0; i < 3; i++) {
		event[1].kind = 99;
		assert_int_equal(irl_tcp_poll(lab.stack, event, 1), 1);
		assert_int_equal(event[0].kind, order[i]);
		assert_int_equal(event[1].kind, 99);
		lab_well(&lab);
	}
	assert_int_equal(irl_tcp_poll(lab.stack, event, 1), 0);
	for (unsigned i = 0; i < 3; i++)
		irl_report(lab.stack, 0, 3, (uint8_t)i);
	for (unsigned i = 0; i < 3; i++) {
		event[1].kind = 99;
		assert_int_equal(irl_tcp_poll(lab.stack, event, 1), 1);
		assert_int_equal(event[0].icmp_code, i);
		assert_int_equal(event[1].kind, 99);
	}
	assert_int_equal(irl_tcp_poll(lab.stack, event, 1), 0);
	lab_free(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_no_memory_to_send),
	    cmocka_unit_test(test_stale_id),
	    cmocka_unit_test(test_local_asked),
	    cmocka_unit_test(test_writable),
	    cmocka_unit_test(test_static_and_copied),
	    cmocka_unit_test(test_challenges_of_many),
	    cmocka_unit_test(test_body_again),
	    cmocka_unit_test(test_lasted),
	    cmocka_unit_test(test_time_waits),
	    cmocka_unit_test(test_time_waits_strays),
	    cmocka_unit_test(test_time_wait_ends),
	    cmocka_unit_test(test_timer_not_passed),
	    cmocka_unit_test(test_weeks),
	    cmocka_unit_test(test_many_due),
	    cmocka_unit_test(test_led_by_next),
	    cmocka_unit_test(test_answer_before_syn),
	    cmocka_unit_test(test_far_limit),
	    cmocka_unit_test(test_end_leaves_nothing),
	    cmocka_unit_test(test_half_open),
	    cmocka_unit_test(test_few_events),
	    cmocka_unit_test(test_turns),
	    cmocka_unit_test(test_few_frames),
	    cmocka_unit_test(test_many_replies),
	    cmocka_unit_test(test_syn_options),
	    cmocka_unit_test(test_clocks_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

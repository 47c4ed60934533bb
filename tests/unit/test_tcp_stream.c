// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole streams both ways through a bad network, in virtual time:
 *
 *   stack --> loss, delay, copies --> a peer that keeps a byte map
 *         <--                     <-- and sends what is not acknowledged
 *
 * The peer knows the streams by heart: byte i of ours is up(i), of its own
 * down(i).  It is deliberately simple and shares nothing with the stack.
 */
#include "tcp_peer.h"
#include "tcp_check.h"

#define WAY_MAX 512u

struct way {
	struct {
		uint64_t due, serial;
		uint32_t length;
		uint8_t bytes[1514];
	} on[WAY_MAX];
	unsigned count;
};

struct net {
	uint64_t random, serial;
	unsigned loss, copies; /* of 1,000 */
	uint64_t delay_ns, jitter_ns;
	struct way out, in;
};

struct host {
	uint32_t up_total, down_total; /* bytes of the streams */
	bool sack;
	uint8_t *got; /* of ours, a byte each */
	uint32_t got_front;
	uint32_t iss, una; /* una, sent: offsets in its own stream */
	uint32_t sent, window;
	uint64_t resend_at;
	uint32_t base; /* our first sequence number */
	bool saw_fin, fin_sent;
	uint16_t port;
	uint32_t dup[2]; /* the last segment, for SACK */
	bool answered;
	uint32_t scale;
};

static uint64_t draw(struct net *net)
{
	net->random ^= net->random << 13;
	net->random ^= net->random >> 7;
	net->random ^= net->random << 17;
	return net->random;
}

static uint8_t up(uint32_t i)
{
	return (uint8_t)(i * 7 + (i >> 9));
}

static uint8_t down(uint32_t i)
{
	return (uint8_t)(i * 13 + (i >> 8));
}

static void carry(struct net *net, struct way *way, uint64_t now,
		  const uint8_t *bytes, uint32_t length)
{
	unsigned copies = draw(net) % 1000 < net->copies ? 2 : 1;

	while (copies--) {
		if (draw(net) % 1000 < net->loss || way->count == WAY_MAX)
			continue;
		way->on[way->count].due =
		    now + net->delay_ns +
		    (net->jitter_ns ? draw(net) % net->jitter_ns : 0);
		way->on[way->count].serial = net->serial++;
		way->on[way->count].length = length;
		memcpy(way->on[way->count++].bytes, bytes, length);
	}
}

static bool earlier(const struct way *way, unsigned a, unsigned b)
{
	if (way->on[a].due != way->on[b].due)
		return way->on[a].due < way->on[b].due;
	return way->on[a].serial < way->on[b].serial;
}

/* One whose time has come, in its own order; false: none. */
static bool arrive(struct way *way, uint64_t now, uint8_t *bytes,
		   uint32_t *length)
{
	unsigned best = WAY_MAX;

	for (unsigned i = 0; i < way->count; i++)
		if (way->on[i].due <= now &&
		    (best == WAY_MAX || earlier(way, i, best)))
			best = i;
	if (best == WAY_MAX)
		return false;
	*length = way->on[best].length;
	memcpy(bytes, way->on[best].bytes, *length);
	way->on[best] = way->on[--way->count];
	return true;
}

/* ---- the peer ----------------------------------------------------------- */

static void host_send(struct host *h, struct net *net, uint64_t now,
		      uint8_t flags, uint32_t offset, uint32_t length)
{
	struct segment s = {.seq = h->iss + 1 + offset,
			    .flags = flags,
			    .window = 20000,
			    .length = length,
			    .sport = 80,
			    .dport = h->port};
	uint8_t bytes[1600];

	for (uint32_t i = 0; i < length; i++)
		s.data[i] = down(offset + i);
	s.ack = h->base + h->got_front + (h->saw_fin ? 1 : 0);
	if (h->sack && h->dup[1] > h->got_front && h->dup[0] > h->got_front &&
	    !(flags & SYN)) {
		uint32_t b = h->dup[0], e = h->dup[1];

		while (h->got[b - 1])
			b--;
		while (e < h->up_total && h->got[e])
			e++;
		s.options[0] = s.options[1] = 1;
		s.options[2] = 5;
		s.options[3] = 10;
		put32(s.options + 4, h->base + b);
		put32(s.options + 8, h->base + e);
		s.option_bytes = 12;
	}
	if (flags & SYN) {
		static const uint8_t offer[12] = {2, 4, 4, 0, 1, 3,
						  3, 0, 4, 2, 1, 1};

		s.seq--;
		memcpy(s.options, offer, 12);
		s.option_bytes = h->sack ? 12 : 8;
	}
	carry(net, &net->in, now, bytes, frame_of(&s, FAR, NEAR, bytes));
}

static void host_push(struct host *h, struct net *net, uint64_t now)
{
	while (h->sent < h->down_total && h->sent - h->una < h->window &&
	       h->sent - h->una < 40000) {
		uint32_t n = 1 + (uint32_t)(draw(net) % 1024);

		if (n > h->down_total - h->sent)
			n = h->down_total - h->sent;
		if (n > h->window - (h->sent - h->una))
			n = h->window - (h->sent - h->una);
		host_send(h, net, now, ACK, h->sent, n);
		h->sent += n;
	}
	if (h->sent == h->down_total && h->una <= h->down_total) {
		host_send(h, net, now, FIN | ACK, h->down_total, 0);
		h->fin_sent = true;
	}
}

static void host_take(struct host *h, struct net *net, uint64_t now,
		      const struct segment *s)
{
	if (s->flags & SYN) {
		h->base = s->seq + 1;
		h->port = s->sport;
		h->window = s->window;
		host_send(h, net, now, SYN | ACK, 0, 0);
		return;
	}
	assert_false(s->flags & RST);
	for (uint32_t i = 0; i < s->length; i++) {
		uint32_t at = s->seq - h->base + i;

		assert_true(at < h->up_total);
		assert_int_equal(s->data[i], up(at));
		h->got[at] = 1;
	}
	h->dup[0] = s->seq - h->base;
	h->dup[1] = h->dup[0] + s->length;
	while (h->got_front < h->up_total && h->got[h->got_front])
		h->got_front++;
	if (s->flags & FIN && h->got_front == h->up_total)
		h->saw_fin = true;
	if (s->ack - h->iss - 1 <= h->down_total + 1 &&
	    s->ack - h->iss - 1 >= h->una) {
		h->una = s->ack - h->iss - 1;
		h->window = s->window << h->scale;
		if (h->sent < h->una)
			h->sent =
			    h->una <= h->down_total ? h->una : h->down_total;
	}
	if (s->length || s->flags & FIN)
		host_send(h, net, now, ACK,
			  h->sent + (h->fin_sent && h->sent == h->down_total),
			  0);
	host_push(h, net, now);
}

static void host_tick(struct host *h, struct net *net, uint64_t now)
{
	if (now < h->resend_at || !h->port)
		return;
	h->resend_at = now + 300 * MS;
	if (h->una < h->sent || h->una <= h->down_total) {
		h->sent = h->una < h->down_total ? h->una : h->down_total;
		if (h->window == 0)
			h->window = 1; /* a probe */
		host_push(h, net, now);
	}
}

/* ---- the user ----------------------------------------------------------- */

struct user {
	uint32_t queued, read;
	bool shut, closed, established;
	uint8_t outcome;
};

static void use(struct lab *lab, struct user *u, const struct host *h,
		struct net *net)
{
	uint8_t bytes[3000];
	int n;

	lab->events = irl_tcp_poll(lab->stack, lab->event, 64);
	for (unsigned i = 0; i < lab->events; i++) {
		u->established |= lab->event[i].kind == IRL_TCP_ESTABLISHED;
		if (lab->event[i].kind == IRL_TCP_CLOSED) {
			u->closed = true;
			u->outcome = lab->event[i].outcome;
		}
	}
	if (!u->established)
		return;
	do {
		n = irl_tcp_read(lab->stack, lab->id, bytes,
				 1 + (uint32_t)(draw(net) % sizeof(bytes)));
		for (int i = 0; i < n; i++)
			assert_int_equal(bytes[i], down(u->read++));
	} while (n > 0 && (u->closed || draw(net) % 4));
	if (u->closed || u->shut)
		return;
	while (u->queued < h->up_total) {
		uint32_t k = 1 + (uint32_t)(draw(net) % sizeof(bytes));

		if (k > h->up_total - u->queued)
			k = h->up_total - u->queued;
		for (uint32_t i = 0; i < k; i++)
			bytes[i] = up(u->queued + i);
		n = irl_tcp_send(lab->stack, lab->id, bytes, k, 0);
		assert_true(n >= 0);
		u->queued += (uint32_t)n;
		if ((uint32_t)n < k)
			return;
	}
	assert_int_equal(irl_tcp_shut(lab->stack, lab->id), 0);
	u->shut = true;
}

static void transfer(unsigned seed, unsigned loss, bool sack,
		     struct irl_tcp_stack_options *o, uint32_t size)
{
	static struct net net;
	struct host h = {.up_total = size,
			 .down_total = size,
			 .sack = sack,
			 .iss = 0xffff0000u + seed};
	struct user u = {0};
	struct irl_tcp_info info;
	struct lab lab;
	const char *wrong;
	unsigned steps = 0;

	net = (struct net){.random = 88172645463325252ull + seed,
			   .loss = loss,
			   .copies = loss / 4,
			   .delay_ns = 10 * MS,
			   .jitter_ns = loss ? 3 * MS : 0};
	h.got = test_calloc(size + 1, 1);
	lab_init(&lab, o);
	{
		struct irl_tcp_connect request = {.remote = irl_ip4(FAR),
						  .port = 80};

		irl_tcp_connect(lab.stack, &request, 1, &lab.id, lab.now);
	}
	while (!u.closed || u.read < size) {
		uint8_t bytes[1600];
		struct irl_frame frame = {.data = bytes};

		assert_true(++steps < 2000000);
		lab.now += MS;
		while (arrive(&net.in, lab.now, bytes, &frame.length))
			irl_tcp_input(lab.stack, &frame, 1, lab.now, NULL);
		irl_tcp_advance(lab.stack, lab.now);
		use(&lab, &u, &h, &net);
		lab_send(&lab);
		for (unsigned i = 0; i < lab.outs; i++)
			carry(&net, &net.out, lab.now, lab.frame[i].data,
			      lab.frame[i].length);
		while (arrive(&net.out, lab.now, bytes, &frame.length)) {
			struct segment s;

			decode(&frame, &s);
			host_take(&h, &net, lab.now, &s);
		}
		host_tick(&h, &net, lab.now);
		wrong = check_stack(lab.stack);
		if (wrong)
			fail_msg("%s", wrong);
		if (!irl_tcp_info(lab.stack, lab.id, &info) && u.established) {
			assert_true(info.received >= u.read);
			assert_true(info.sent <= u.queued);
		}
	}
	assert_int_equal(u.outcome, IRL_TCP_FINISHED);
	assert_int_equal(h.got_front, size);
	print_message("  seed %u loss %u sack %d: %u ms\n", seed, loss, sack,
		      steps);
	irl_tcp_free(lab.stack);
	test_free(h.got);
}

static void test_clean(void **state)
{
	struct irl_tcp_stack_options o = {.receive_bytes = 65535};

	(void)state;
	transfer(1, 0, true, &o, 300000);
	transfer(2, 0, false, &o, 300000);
}

static void test_lossy(void **state)
{
	struct irl_tcp_stack_options o = {.receive_bytes = 30000,
					  .data_retries = 30,
					  .syn_retries = 8,
					  .syn_timeout_ns = 300 * MS};

	(void)state;
	for (unsigned seed = 1; seed <= 6; seed++) {
		transfer(seed, 10, seed & 1, &o, 100000);
		transfer(seed, 50, seed & 1, &o, 60000);
		transfer(seed, 200, seed & 1, &o, 30000);
	}
}

/* Little memory: nothing is lost but time. */
static void test_tight(void **state)
{
	struct irl_tcp_stack_options o = {.receive_bytes = 9000,
					  .send_bytes = 5000,
					  .buffer_bytes = 64 * 512,
					  .data_retries = 30,
					  .syn_retries = 8,
					  .syn_timeout_ns = 300 * MS};

	(void)state;
	for (unsigned seed = 1; seed <= 4; seed++)
		transfer(seed, 30, seed & 1, &o, 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_lossy),
	    cmocka_unit_test(test_tight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

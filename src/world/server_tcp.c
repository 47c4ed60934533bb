// SPDX-License-Identifier: BSD-2-Clause
/* A connection of the server in user space (RFC 9293, 3.10.7). */
#include <string.h>
#include "wire/tcp.h"
#include "world/server.h"

#define SECOND_NS 1000000000ull
#define RTO_NS (SECOND_NS / 5)
#define RTO_MOST_NS (16 * SECOND_NS)
#define REPEATS_MOST 9
#define IDLE_NS (60 * SECOND_NS)
#define OVER_NS SECOND_NS
#define DRIP_NS SECOND_NS
#define MSS_DEFAULT 536 /* RFC 9293, 3.7.1 */
#define MSS_LEAST 64    /* less is an attack on us */
#define MSS_MOST 1460
#define WINDOW_FIRST 10u /* segments: RFC 6928 */
#define WINDOW_MOST (1u << 18)

/* When the SYN-ACK is sent again: seconds after it or the one before; then,
 * after as long again, the connection is forgotten. */
static const uint8_t schedule[3][6] = {
    [IRL_WORLD_LINUX] = {1, 2, 4, 8, 16, 0},
    [IRL_WORLD_WINDOWS] = {3, 6, 0},
    [IRL_WORLD_EMBEDDED] = {6, 24, 48, 0},
};

/* ---- sending ----------------------------------------------------------------
 */

static uint32_t window_of(const struct irl_world_connection *c)
{
	if (c->service.tarpit == IRL_WORLD_TARPIT_WINDOW && !c->asked)
		return 1;
	return irl_world_window(c->hash);
}

static struct irl_world_packet segment_of(struct irl_world_server *s,
					  struct irl_world_connection *c,
					  uint8_t flags)
{
	uint32_t window = window_of(c);
	struct irl_world_packet p = {.client = c->client,
				     .server = c->server,
				     .client_port = c->client_port,
				     .server_port = c->server_port,
				     .flags = flags | IRL_TCP_ACK,
				     .seq = c->isn + 1 + c->next,
				     .ack = c->received,
				     .echo = c->echo};

	memcpy(p.mac, c->mac, 6);
	if (!(flags & IRL_TCP_SYN) && (c->offered & IRL_OFFERED_SCALE))
		window >>= irl_world_scale(c->hash);
	p.window = (uint16_t)window;
	p.timed = c->offered & IRL_OFFERED_TIME;
	p.time = irl_world_clock(c->hash, s->now_ns);
	c->owes = false;
	return p;
}

static void send_ack(struct irl_world_server *s, struct irl_world_connection *c)
{
	struct irl_world_packet p = segment_of(s, c, 0);

	irl_server_send(s, c, &p);
}

static void send_synack(struct irl_world_server *s,
			struct irl_world_connection *c)
{
	struct irl_world_packet p = segment_of(s, c, IRL_TCP_SYN);

	p.seq = c->isn;
	p.offered = c->offered;
	irl_server_send(s, c, &p);
}

static void send_reset(struct irl_world_server *s,
		       struct irl_world_connection *c, uint32_t seq)
{
	struct irl_world_packet p = segment_of(s, c, 0);

	p.flags = IRL_TCP_RST;
	p.seq = seq;
	p.ack = 0;
	p.window = 0;
	p.timed = false;
	irl_server_send(s, c, &p);
}

/* @at .. @at + @n of the stream, and our FIN behind it if @fin. */
static void send_data(struct irl_world_server *s,
		      struct irl_world_connection *c, uint32_t at, uint32_t n,
		      bool fin)
{
	struct irl_world_packet p = segment_of(s, c, fin ? IRL_TCP_FIN : 0);

	p.seq = c->isn + 1 + at;
	p.offset = at;
	p.length = (uint16_t)n;
	if (n && at + n == c->end)
		p.flags |= IRL_TCP_PSH;
	if (c->acked == c->most)
		c->since_ns = s->now_ns;
	if (at < c->most)
		s->counts[IRL_WORLD_S_REPEATED]++;
	if (at + n + fin > c->most)
		c->most = at + n + fin;
	irl_server_send(s, c, &p);
}

/* What a tarpit lets through by now. */
static uint32_t allowed(const struct irl_world_connection *c)
{
	if (c->service.tarpit == IRL_WORLD_TARPIT_DRIP && c->dripped < c->end)
		return c->dripped;
	return c->end;
}

static uint64_t timeout_ns(const struct irl_world_connection *c)
{
	uint64_t ns = (RTO_NS + 2 * c->rtt_ns) << (c->repeats & 15);

	return ns < RTO_MOST_NS + 2 * c->rtt_ns ? ns
						: RTO_MOST_NS + 2 * c->rtt_ns;
}

static void set_timer(struct irl_world_server *s,
		      struct irl_world_connection *c)
{
	bool waits = c->acked < c->most || (c->next < allowed(c));
	uint64_t at = waits ? c->since_ns + timeout_ns(c) : s->now_ns + IDLE_NS;

	if (c->dripped < c->end && c->service.tarpit == IRL_WORLD_TARPIT_DRIP &&
	    at > s->now_ns + DRIP_NS)
		at = s->now_ns + DRIP_NS;
	irl_server_arm(s, c, at);
}

/* The bytes of the next segment; 0: none may go. */
static uint32_t next_bytes(const struct irl_world_connection *c)
{
	uint32_t limit = allowed(c), flight = c->next - c->acked, n;
	uint32_t space = c->window < c->congestion ? c->window : c->congestion;

	if (c->next >= limit || flight >= space)
		return 0;
	n = limit - c->next < c->segment ? limit - c->next : c->segment;
	if (n <= space - flight)
		return n;
	/* A part only if nothing else is on its way (RFC 9293, 3.8.6.2.1). */
	return flight ? 0 : space - flight;
}

/* All that may go now; an acknowledgment if one is owed and nothing went. */
static void push(struct irl_world_server *s, struct irl_world_connection *c)
{
	uint32_t n;

	while ((n = next_bytes(c)) > 0) {
		bool fin = c->finish && c->next + n == c->end;

		send_data(s, c, c->next, n, fin);
		c->next += n + fin;
	}
	if (c->finish && c->next == c->end) {
		send_data(s, c, c->next, 0, true);
		c->next++;
	}
	if (c->owes)
		send_ack(s, c);
	set_timer(s, c);
}

/* ---- opening ----------------------------------------------------------------
 */

static void set_segment(struct irl_world_connection *c, uint16_t mss)
{
	if (!mss)
		mss = MSS_DEFAULT;
	if (mss < MSS_LEAST)
		mss = MSS_LEAST;
	if (mss > MSS_MOST)
		mss = MSS_MOST;
	if (c->offered & IRL_OFFERED_TIME)
		mss -= IRL_WORLD_TIME_OPTION;
	c->segment = mss;
	c->congestion = WINDOW_FIRST * mss;
}

void irl_server_begin(struct irl_world_server *s,
		      struct irl_world_connection *c,
		      const struct irl_world_packet *in)
{
	c->state = IRL_WORLD_CONNECTION_OPENING;
	c->rtt_ns = irl_world_rtt_ns(&s->model, c->server);
	/* Far from the numbers of the kernel's responder for the same flow. */
	c->isn = irl_world_flow_isn(c->hash, c->client, c->client_port,
				    c->server_port) ^
		 0x80000000u;
	c->path.key = irl_world_mix(c->hash ^ (uint64_t)in->seq << 32 ^ c->isn ^
				    s->now_ns / IRL_WORLD_WHEEL_TICK_NS);
	c->received = in->seq + 1;
	c->offered = irl_server_agree(c->hash, in->offered);
	if (c->service.tarpit == IRL_WORLD_TARPIT_WINDOW)
		c->offered &= (uint8_t)~IRL_OFFERED_SCALE; /* one is one */
	c->scale = c->offered & IRL_OFFERED_SCALE ? in->scale : 0;
	c->window = in->window;
	c->echo = in->time;
	c->since_ns = s->now_ns;
	set_segment(c, in->mss);
	s->counts[IRL_WORLD_S_OPENED]++;
	send_synack(s, c);
	irl_server_arm(s, c,
		       s->now_ns +
			   SECOND_NS * schedule[irl_world_class(c->hash)][0]);
}

static void speak(struct irl_world_connection *c)
{
	c->end = c->service.stream;
	c->finish = c->service.closes || c->client_done;
}

/* The handshake's end.  The data that the deaf drop comes with it. */
static void open_up(struct irl_world_connection *c, struct irl_world_packet *in)
{
	c->state = IRL_WORLD_CONNECTION_OPEN;
	c->repeats = 0;
	if (c->service.deaf) {
		in->length = 0;
		in->flags &= (uint8_t)~IRL_TCP_FIN;
	}
	if (c->service.kind == IRL_WORLD_BANNER)
		speak(c);
}

/* ---- receiving
 * ----------------------------------------------------------------
 */

static void fast_repeat(struct irl_world_server *s,
			struct irl_world_connection *c)
{
	uint32_t n = c->end > c->acked ? c->end - c->acked : 0;

	if (n > c->segment)
		n = c->segment;
	send_data(s, c, c->acked, n, c->finish && c->acked + n == c->end);
}

static void heard_again(struct irl_world_server *s,
			struct irl_world_connection *c)
{
	if (c->copies < 255)
		c->copies++;
	if (c->copies != 3 || c->recovering)
		return;
	c->recovering = true;
	c->recover = c->most;
	c->congestion /= 2;
	if (c->congestion < 2u * c->segment)
		c->congestion = 2u * c->segment;
	fast_repeat(s, c);
}

static void acknowledge(struct irl_world_server *s,
			struct irl_world_connection *c, uint32_t acked)
{
	uint32_t more = acked - c->acked;

	c->acked = acked;
	c->since_ns = s->now_ns;
	if (c->next < acked)
		c->next = acked;
	c->copies = 0;
	c->repeats = 0;
	if (c->recovering && acked >= c->recover)
		c->recovering = false;
	if (c->recovering)
		fast_repeat(s, c);
	else if (c->congestion < WINDOW_MOST)
		c->congestion +=
		    more < 2u * c->segment ? more : 2u * c->segment;
	if (c->end && acked >= c->end && !c->counted) {
		c->counted = true;
		s->counts[IRL_WORLD_S_SERVED]++;
	}
}

/* false: acknowledges what was never sent. */
static bool read_ack(struct irl_world_server *s, struct irl_world_connection *c,
		     const struct irl_world_packet *in)
{
	uint32_t acked = in->ack - (c->isn + 1);
	uint32_t window = (uint32_t)in->window << c->scale;

	if ((int32_t)(acked - c->most) > 0)
		return false;
	if ((int32_t)(acked - c->acked) < 0)
		return true; /* old */
	if (acked != c->acked)
		acknowledge(s, c, acked);
	else if (!in->length && window && window == c->window &&
		 c->acked < c->most && !(in->flags & IRL_TCP_FIN))
		heard_again(s, c);
	c->window = window;
	return true;
}

/* What of @in is new and inside the window stays; the client sends again what
 * comes out of order. */
static bool cut(const struct irl_world_connection *c,
		struct irl_world_packet *in)
{
	uint32_t old = c->received - in->seq, window = window_of(c);

	if ((int32_t)old < 0 || old > in->length)
		return false;
	in->seq += old;
	in->length = (uint16_t)(in->length - old);
	if (in->length > window) {
		if (window != 1 || old)
			return false;
		in->length = 1;
		in->last[3] = in->first;
		in->flags &= (uint8_t)~IRL_TCP_FIN;
	}
	return true;
}

static void read_request(struct irl_world_connection *c,
			 const struct irl_world_packet *in)
{
	const uint32_t empty_line = 0x0d0a0d0a;
	uint32_t n = in->length < 4 ? in->length : 4;

	for (uint32_t i = 4 - n; i < 4; i++)
		c->last = c->last << 8 | in->last[i];
	if (c->service.kind != IRL_WORLD_HTTP)
		return;
	if (c->asked) {
		/* One request each: the next ends it. */
		if (c->acked >= c->end)
			c->finish = true;
		return;
	}
	if (c->last != empty_line)
		return;
	c->asked = true;
	c->dripped = 1;
	speak(c);
}

static void read_rest(struct irl_world_connection *c,
		      struct irl_world_packet *in)
{
	if (!in->length && !(in->flags & IRL_TCP_FIN)) {
		/* An empty segment beside the window, as keepalives are. */
		c->owes |= in->seq != c->received;
		return;
	}
	c->owes = true;
	if (!cut(c, in))
		return;
	c->received += in->length;
	if (in->length)
		read_request(c, in);
	if ((in->flags & IRL_TCP_FIN) && !c->client_done) {
		c->received++;
		c->client_done = true;
		c->finish = true;
	}
}

/* RFC 5961, 3.2: the exact number resets, one in the window is asked about. */
static void read_reset(struct irl_world_server *s,
		       struct irl_world_connection *c,
		       const struct irl_world_packet *in)
{
	if (in->seq == c->received)
		irl_server_close(s, c);
	else if (in->seq - c->received < window_of(c))
		send_ack(s, c);
}

/* A SYN: of this handshake, of the next one, or a challenge (RFC 5961, 4.2). */
static void read_syn(struct irl_world_server *s, struct irl_world_connection *c,
		     const struct irl_world_packet *in)
{
	bool plain_syn = !(in->flags & IRL_TCP_ACK);

	if (c->state == IRL_WORLD_CONNECTION_OPENING && plain_syn &&
	    in->seq + 1 == c->received) {
		send_synack(s, c);
	} else if (plain_syn && c->state != IRL_WORLD_CONNECTION_OPEN) {
		irl_server_close(s, c);
		irl_server_listen(s, in);
	} else {
		send_ack(s, c);
	}
}

static void finish_or_push(struct irl_world_server *s,
			   struct irl_world_connection *c)
{
	bool all = c->finish && c->acked == c->end + 1 && c->client_done;

	push(s, c);
	if (!all || c->state == IRL_WORLD_CONNECTION_OVER)
		return;
	if (s->plain) {
		irl_server_close(s, c);
		return;
	}
	c->state = IRL_WORLD_CONNECTION_OVER;
	irl_server_arm(s, c, s->now_ns + OVER_NS + 2 * c->rtt_ns);
}

void irl_server_segment(struct irl_world_server *s,
			struct irl_world_connection *c,
			const struct irl_world_packet *segment)
{
	struct irl_world_packet in = *segment;

	if (in.flags & IRL_TCP_RST) {
		read_reset(s, c, &in);
		return;
	}
	if (in.flags & IRL_TCP_SYN) {
		read_syn(s, c, &in);
		return;
	}
	if (!(in.flags & IRL_TCP_ACK))
		return;
	if (c->state == IRL_WORLD_CONNECTION_OVER) {
		send_ack(s, c);
		return;
	}
	if (c->state == IRL_WORLD_CONNECTION_OPENING) {
		if (in.ack != c->isn + 1) {
			send_reset(s, c, in.ack);
			return;
		}
		open_up(c, &in);
	}
	if (!read_ack(s, c, &in)) {
		send_ack(s, c);
		return;
	}
	if (in.timed && in.seq == c->received)
		c->echo = in.time; /* RFC 7323, 4.3 */
	read_rest(c, &in);
	finish_or_push(s, c);
}

/* ---- time
 * --------------------------------------------------------------------
 */

static void give_up(struct irl_world_server *s, struct irl_world_connection *c)
{
	s->counts[IRL_WORLD_S_GIVEN_UP]++;
	send_reset(s, c, c->isn + 1 + c->most);
	irl_server_close(s, c);
}

static void repeat_synack(struct irl_world_server *s,
			  struct irl_world_connection *c)
{
	const uint8_t *wait = schedule[irl_world_class(c->hash)];

	if (!wait[c->repeats]) {
		s->counts[IRL_WORLD_S_GIVEN_UP]++;
		irl_server_close(s, c);
		return;
	}
	c->repeats++;
	s->counts[IRL_WORLD_S_REPEATED]++;
	send_synack(s, c);
	irl_server_arm(s, c,
		       s->now_ns + SECOND_NS * (wait[c->repeats]
						    ? wait[c->repeats]
						    : wait[c->repeats - 1]));
}

/* All from the first hole on again; a closed window is probed with a byte. */
static void repeat_data(struct irl_world_server *s,
			struct irl_world_connection *c)
{
	if (++c->repeats > REPEATS_MOST) {
		give_up(s, c);
		return;
	}
	c->since_ns = s->now_ns;
	c->next = c->acked;
	c->recovering = false;
	c->copies = 0;
	c->congestion = c->segment;
	if (c->window == 0 && c->acked < allowed(c)) {
		send_data(s, c, c->acked, 1, false);
		c->next = c->acked + 1;
	}
	push(s, c);
}

static void ring(struct irl_world_server *s, struct irl_world_connection *c)
{
	if (c->state == IRL_WORLD_CONNECTION_OVER)
		irl_server_close(s, c);
	else if (c->state == IRL_WORLD_CONNECTION_OPENING)
		repeat_synack(s, c);
	else if (c->acked < c->most || c->next < allowed(c))
		repeat_data(s, c);
	else if (c->service.tarpit == IRL_WORLD_TARPIT_DRIP &&
		 c->dripped < c->end) {
		c->dripped++;
		push(s, c);
	} else {
		give_up(s, c);
	}
}

void irl_server_timer(struct irl_world_server *s,
		      struct irl_world_connection *c)
{
	if (!c->deadline_ns)
		return;
	if (c->deadline_ns > s->now_ns)
		irl_server_arm(s, c, c->deadline_ns);
	else
		ring(s, c);
}

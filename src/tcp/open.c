// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "tcp/stack.h"

/* ---- where to and from where -------------------------------------------- */

/* RFC 9293, 3.9.2.3 (MUST-46): no broadcast, no multicast. */
bool irl_tcp_can_connect(const struct irl_tcp_stack *st,
			 const struct irl_ip *remote, uint16_t port)
{
	if (!port || irl_segment_is_local(st, remote))
		return false;
	if (irl_ip_is4(remote)) {
		uint32_t addr = irl_ip_addr4(remote);

		return addr >> 24 && addr >> 24 != 127 && addr >> 28 < 0xe;
	}
	return remote->byte[0] != 0xff &&
	       memcmp(remote, &(struct irl_ip){{0}}, 15) != 0;
}

static void set_remote(struct irl_ends *ends, const struct irl_ip *remote)
{
	ends->v6 = !irl_ip_is4(remote);
	if (ends->v6)
		memcpy(ends->remote6, remote->byte, 16);
	else
		ends->remote4 = irl_ip_addr4(remote);
}

/*
 * RFC 6056, 3.3.3 (algorithm 3): the first port to try is a keyed hash of the
 * destination plus a counter, one for each local address.  Ports of one
 * destination tell it how many connections went elsewhere meanwhile, but not
 * where the ports of those lie.
 */
static uint64_t next_port(struct irl_tcp_stack *st, struct irl_ends *ends,
			  uint32_t from)
{
	const struct irl_tcp_local *local = &st->locals[ends->local];
	uint32_t range = (uint32_t)(local->port_last - local->port_first) + 1;
	uint32_t n = st->port_next[ends->local]++;

	ends->local_port = (uint16_t)(local->port_first + (from + n) % range);
	return irl_ends_index(st, ends);
}

static uint32_t port_offset(const struct irl_tcp_stack *st,
			    const struct irl_ends *ends)
{
	struct irl_ends key = *ends;

	key.local_port = 0;
	return (uint32_t)(irl_ends_hash(st, &key) >> 32);
}

static bool is_free(const struct irl_tcp_stack *st, const struct irl_ends *ends,
		    uint64_t hash)
{
	return irl_stub_find(st, ends, hash) == IRL_CONN_NONE &&
	       !irl_wait_has(st, ends);
}

/* The hash of ends that are free, or 0: all that were tried are taken. */
static uint64_t choose_port(struct irl_tcp_stack *st, struct irl_ends *ends)
{
	const struct irl_tcp_local *local = &st->locals[ends->local];
	uint32_t range = (uint32_t)(local->port_last - local->port_first) + 1;
	uint32_t from = port_offset(st, ends);

	for (uint32_t i = 0; i < irl_least(range, 512); i++) {
		uint64_t hash = next_port(st, ends, from);

		if (is_free(st, ends, hash))
			return hash;
	}
	return 0;
}

/* A port of the local asked for, or of any of the family in turn. */
static uint64_t choose_local(struct irl_tcp_stack *st, struct irl_ends *ends,
			     uint16_t local)
{
	unsigned count = local ? 1 : st->o.local_count;

	for (unsigned i = 0; i < count; i++) {
		unsigned at =
		    local ? local - 1u : st->local_next++ % st->o.local_count;
		uint64_t hash;

		if (irl_ip_is4(&st->locals[at].addr) == ends->v6)
			continue;
		ends->local = (uint8_t)at;
		hash = choose_port(st, ends);
		if (hash)
			return hash;
	}
	return 0;
}

/* A local of the family and a port, not yet known to be free. */
static uint64_t first_choice(struct irl_tcp_stack *st, struct irl_ends *ends,
			     uint16_t local)
{
	unsigned at = local ? local - 1u : st->local_next++ % st->o.local_count;

	if (irl_ip_is4(&st->locals[at].addr) == ends->v6)
		return 0; /* choose_local looks further */
	ends->local = (uint8_t)at;
	return next_port(st, ends, port_offset(st, ends));
}

/* A connection to be; without a remote port there can be none. */
struct opening {
	struct irl_ends ends;
	uint64_t hash;
};

/* The first choice of a local address and port, so that what it needs of the
 * index comes while others are prepared. */
static void prepare(struct irl_tcp_stack *st,
		    const struct irl_tcp_connect *request, struct opening *out)
{
	*out = (struct opening){0};
	if (request->local > st->o.local_count ||
	    !irl_tcp_can_connect(st, &request->remote, request->port))
		return;
	set_remote(&out->ends, &request->remote);
	out->ends.remote_port = request->port;
	out->hash = first_choice(st, &out->ends, request->local);
	irl_index_prefetch(&st->index, out->hash);
}

static uint64_t open_one(struct irl_tcp_stack *st,
			 const struct irl_tcp_connect *request,
			 struct opening *in)
{
	uint64_t hash = in->hash;
	uint32_t s;

	if (!in->ends.remote_port)
		return 0;
	if (!hash || !is_free(st, &in->ends, hash))
		hash = choose_local(st, &in->ends, request->local);
	s = hash ? irl_stub_take(st, &in->ends, hash) : IRL_CONN_NONE;
	if (s == IRL_CONN_NONE) {
		irl_count(st, IRL_TCP_N_FULL);
		return 0;
	}
	st->stub[s].user = request->user;
	irl_stub_set(st, s, IRL_STUB_SEND);
	if (request->flags & IRL_TCP_REQUEST_AFTER)
		st->stub[s].link.b |= IRL_STUB_AFTER;
	irl_list_append(st->stub, irl_syn_list(st), s);
	st->stats.half_open++;
	return irl_stub_id(st, s);
}

#define BATCH 32u

unsigned irl_tcp_connect(struct irl_tcp_stack *st,
			 const struct irl_tcp_connect *requests, unsigned count,
			 uint64_t id[], uint64_t now_ns)
{
	struct opening opening[BATCH];
	unsigned opened = 0;

	st->now_ns = now_ns;
	for (unsigned at = 0; at < count; at += BATCH) {
		unsigned n = count - at < BATCH ? count - at : BATCH;

		for (unsigned i = 0; i < n; i++)
			prepare(st, &requests[at + i], &opening[i]);
		for (unsigned i = 0; i < n; i++)
			irl_stub_prefetch(st, opening[i].hash);
		for (unsigned i = 0; i < n; i++) {
			id[at + i] =
			    open_one(st, &requests[at + i], &opening[i]);
			opened += id[at + i] != 0;
		}
	}
	return opened;
}

/* ---- the SYN-ACK -------------------------------------------------------- */

/* RFC 6528: a clock plus a keyed hash of the ends. */
uint32_t irl_stub_iss(const struct irl_tcp_stack *st, const struct irl_stub *s,
		      uint64_t hash)
{
	(void)st;
	return s->syn_at + (uint32_t)(hash >> 32);
}

/* What the MSS option says (RFC 9293, 3.7.1, MUST-15), within what our link
 * carries and not absurdly little. */
static uint16_t send_mss(const struct irl_tcp_stack *st,
			 const struct irl_segment *seg)
{
	uint32_t headers = seg->ends.v6 ? 60 : 40;
	uint32_t mss = seg->seen.mss;

	if (!mss)
		mss = seg->ends.v6 ? 1220 : 536;
	mss = irl_least(mss, st->o.mtu - headers);
	return (uint16_t)irl_most(mss, 64);
}

static void negotiate(struct irl_hot *h, const struct irl_tcp_offer *offer,
		      const struct irl_segment *seg)
{
	h->scales = IRL_SCALE_NONE | IRL_SCALE_NONE << 4;
	if (offer->scale >= 0 && seg->seen.scale >= 0)
		h->scales = (uint8_t)(seg->seen.scale | offer->scale << 4);
	if (offer->sack && seg->seen.sack_permitted)
		h->flags |= IRL_F_SACK;
	if (offer->timestamps && seg->seen.timestamps) {
		h->flags |= IRL_F_TIMESTAMPS;
		h->ts_recent = seg->seen.ts_value;
	}
}

/* The time of an earlier micro, 48 bits of it. */
static void set_since(struct irl_tcp_stack *st, struct irl_cold *cold,
		      uint32_t micro)
{
	uint64_t now = st->now_ns >> 10;
	uint64_t since = now - (uint32_t)((uint32_t)now - micro);

	cold->since = (uint32_t)since;
	cold->since_high = (uint16_t)(since >> 32);
}

uint32_t irl_conn_begin(struct irl_tcp_stack *st, uint32_t stub,
			const struct irl_handshake *shake,
			const struct irl_segment *seg)
{
	uint32_t c = irl_body_take(st, stub);
	struct irl_hot *h;

	if (c == IRL_CONN_NONE)
		return c;
	h = &st->hot[c];
	*irl_tally(st, c) = (struct irl_tally){
	    .iss = shake->iss,
	    .irs = seg->seq,
	    .segments_in = 1,
	    .segments_out = shake->syns,
	    .retransmits = (uint16_t)(shake->syns ? shake->syns - 1 : 0),
	};
	set_since(st, &st->cold[c], shake->syn_at);
	st->cold[c].timer.link.a = seg->ttl;
	h->state = IRL_CONN_SYN_RECEIVED;
	h->una = shake->iss;
	h->nxt = shake->iss + 1;
	h->rcv_nxt = seg->seq;
	irl_seq_advance(&h->rcv_nxt, 1, &st->cold[c].received_high);
	h->ack_sent = h->rcv_nxt;
	h->rcv_adv = h->rcv_nxt + irl_least(st->o.receive_bytes, 65535);
	h->wl1 = seg->seq;
	h->snd_wnd = seg->window; /* never scaled in a SYN (RFC 7323, 2.2) */
	h->mss = send_mss(st, seg);
	h->last_rx = irl_tick(st->now_ns);
	negotiate(h, &shake->offer, seg);
	if (shake->syns > 1)
		h->flags |= IRL_F_SYN_AGAIN;
	if (shake->after)
		h->flags |= IRL_F_AFTER;
	st->stats.open++;
	return c;
}

void irl_conn_establish(struct irl_tcp_stack *st, uint32_t c)
{
	struct irl_cold *cold = &st->cold[c];
	struct irl_hot *h = &st->hot[c];
	uint32_t rtt = irl_micro(st->now_ns) - cold->since;

	irl_seq_advance(&h->una, 1, &cold->sent_high);
	h->state = IRL_CONN_ESTABLISHED;
	h->backoff = 0;
	h->flags &= (uint16_t)~IRL_F_RTO;
	h->flags |= IRL_F_ACK_NOW;
	/* Karn: not if it may be the answer to another SYN. */
	if (!(h->flags & IRL_F_SYN_AGAIN)) {
		rtt = irl_most(rtt, 1);
		irl_tally(st, c)->syn_rtt = rtt;
		irl_rtt_sample(cold, rtt);
	}
	irl_event(st, c, IRL_TCP_ESTABLISHED);
	irl_dirty(st, c);
	irl_timer_set(st, c);
}

static void shake_of(struct irl_tcp_stack *st, uint32_t s, uint32_t iss,
		     struct irl_handshake *out)
{
	*out = (struct irl_handshake){
	    .iss = iss,
	    .syn_at = st->stub[s].syn_at,
	    .syns = irl_stub_syns(st, s),
	    .after = st->stub[s].link.b & IRL_STUB_AFTER,
	    .offer = st->o.offer,
	};
}

/* RFC 9293, 3.10.7.3, fourth: a SYN, with an ACK of ours or without any. */
static void syn_sent_syn(struct irl_tcp_stack *st, uint32_t s, uint32_t iss,
			 const struct irl_segment *seg)
{
	struct irl_handshake shake;
	uint32_t c;

	shake_of(st, s, iss, &shake);
	c = irl_conn_begin(st, s, &shake, seg);
	if (c == IRL_CONN_NONE) {
		irl_count(st, IRL_TCP_N_EVICTED);
		irl_reply_rst(st, seg);
		irl_stub_end(st, s, IRL_TCP_EVICTED, 0, 0);
		return;
	}
	irl_list_remove(st->stub, s);
	st->stats.half_open--;
	st->stub[s].link.prev = IRL_LINK_NONE;
	if (seg->flags & IRL_TCP_ACK) {
		irl_conn_establish(st, c);
		if (seg->length || seg->flags & IRL_TCP_FIN)
			irl_receive(st, c, seg);
		return;
	}
	/* Simultaneous open (3.5, figure 7): our SYN again, with an ACK. */
	st->hot[c].flags |= IRL_F_ACK_NOW;
	irl_rto_start(st, c);
	irl_dirty(st, c);
}

void irl_syn_sent_input(struct irl_tcp_stack *st, uint32_t s,
			const struct irl_segment *seg)
{
	uint32_t iss =
	    irl_stub_iss(st, &st->stub[s], irl_ends_hash(st, &seg->ends));
	bool unsent = !irl_stub_syns(st, s);
	bool good = seg->flags & IRL_TCP_ACK && seg->ack == iss + 1 && !unsent;

	if (seg->flags & IRL_TCP_ACK && !good) {
		irl_count(st, IRL_TCP_N_BAD_ACK);
		if (!(seg->flags & IRL_TCP_RST))
			irl_reply_rst(st, seg);
		return;
	}
	if (seg->flags & IRL_TCP_RST) {
		if (good)
			irl_stub_end(st, s, IRL_TCP_REFUSED, 0, 0);
		else
			irl_count(st, IRL_TCP_N_BAD_ACK);
		return;
	}
	if (seg->flags & IRL_TCP_SYN && !unsent)
		syn_sent_syn(st, s, iss, seg);
	else
		irl_count(st, IRL_TCP_N_OUTSIDE);
}

/* ---- adoption ----------------------------------------------------------- */

uint64_t irl_tcp_adopt(struct irl_tcp_stack *st, const struct irl_frame *synack,
		       const struct irl_tcp_offer *offer, uint32_t user,
		       uint64_t syn_ns, uint64_t now_ns)
{
	const uint8_t both = IRL_TCP_SYN | IRL_TCP_ACK;
	struct irl_handshake shake = {.offer = *offer,
				      .syn_at = irl_micro(syn_ns)};
	struct irl_segment seg;
	enum irl_tcp_count why;
	uint32_t s, c;

	st->now_ns = now_ns;
	if (irl_segment_parse(st, synack, &seg, &why) != IRL_TCP_TAKEN ||
	    seg.icmp || (seg.flags & (both | IRL_TCP_RST)) != both ||
	    irl_stub_find(st, &seg.ends, seg.hash) != IRL_CONN_NONE ||
	    irl_wait_has(st, &seg.ends))
		return 0;
	s = irl_stub_take(st, &seg.ends, seg.hash);
	if (s == IRL_CONN_NONE) {
		irl_count(st, IRL_TCP_N_FULL);
		return 0;
	}
	st->stub[s].user = user;
	shake.iss = seg.ack - 1;
	c = irl_conn_begin(st, s, &shake, &seg);
	if (c == IRL_CONN_NONE) {
		irl_count(st, IRL_TCP_N_FULL);
		irl_stub_unindex(st, s);
		irl_stub_give(st, s);
		return 0;
	}
	irl_conn_establish(st, c);
	if (seg.length || seg.flags & IRL_TCP_FIN)
		irl_receive(st, c, &seg);
	return irl_stub_id(st, s);
}

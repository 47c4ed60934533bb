// SPDX-License-Identifier: BSD-2-Clause
/* Frames between port and stack: received ones by what they are, ours until
 * the port takes them, and a sample of both into a file. */
#include <irl/net.h>
#include "base/clock.h"
#include "engine/count.h"
#include "engine/fetch.h"
#include "port/port.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"

#define RECEIVE_BATCH 256u
#define RECEIVE_CALLS 16u
#define RST_EACH_NS (100 * IRL_NS_PER_MS)
#define RST_EACH 100u /* so many in that time */

/* ---- the sample ---------------------------------------------------------- */

/* Whose a segment is. */
struct flow {
	const uint8_t *ip, *ports; /* of each two, one behind the other */
	unsigned ip_bytes;         /* of one */
};

/* Afterwards @in is what the packet carries.  False: nothing, or the rest of
 * something. */
static bool parse_ip(struct irl_bytes *in, bool six, struct flow *flow,
		     uint8_t *protocol)
{
	const uint8_t *ip = in->at;
	struct irl_ipv4 v4;
	struct irl_ipv6 v6;

	if (six) {
		if (!irl_ipv6_parse(in, &v6))
			return false;
		flow->ip = ip + 8;
		flow->ip_bytes = 16;
		*protocol = v6.next_header;
		return !v6.fragment;
	}
	if (!irl_ipv4_parse(in, &v4))
		return false;
	flow->ip = ip + 12;
	flow->ip_bytes = 4;
	*protocol = v4.protocol;
	return !v4.fragment_offset;
}

/* Afterwards @in is the packet that an error quotes; false: it is none. */
static bool is_error(struct irl_bytes *in, bool six)
{
	struct irl_icmp icmp;

	return irl_icmp_parse(in, &icmp) &&
	       (six ? irl_icmp6_is_error(icmp.type)
		    : irl_icmp_is_error(icmp.type));
}

/* An error is of the connection whose segment it quotes. */
static bool find_flow(const struct irl_frame *frame, struct flow *flow)
{
	struct irl_bytes in = irl_bytes(frame->data, frame->length);
	struct irl_eth eth;
	uint8_t protocol;
	bool six;

	if (!irl_eth_parse(&in, &eth))
		return false;
	six = eth.type == IRL_ETH_IPV6;
	if ((!six && eth.type != IRL_ETH_IPV4) ||
	    !parse_ip(&in, six, flow, &protocol))
		return false;
	if (protocol == (six ? IRL_IPV6_ICMP : IRL_IPV4_ICMP) &&
	    (!is_error(&in, six) || !parse_ip(&in, six, flow, &protocol)))
		return false;
	flow->ports = irl_bytes_take(&in, 4);
	return flow->ports && protocol == IRL_IPV4_TCP;
}

/* The same for both ways of a connection; false: it is of none. */
static bool flow_hash(const struct irl_frame *frame, uint64_t *hash)
{
	uint32_t ends = 0, ports = 0;
	struct flow flow;

	if (!find_flow(frame, &flow))
		return false;
	for (unsigned i = 0; i < flow.ip_bytes; i++) {
		uint8_t both = flow.ip[i] ^ flow.ip[flow.ip_bytes + i];

		ends = (ends << 8 | ends >> 24) ^ both;
	}
	for (unsigned i = 0; i < 2; i++)
		ports =
		    ports << 8 | (uint32_t)(flow.ports[i] ^ flow.ports[2 + i]);
	*hash = ((uint64_t)ends << 16 | ports) * 0x9E3779B97F4A7C15u;
	*hash ^= *hash >> 29;
	*hash *= 0xBF58476D1CE4E5B9u;
	*hash ^= *hash >> 32;
	return true;
}

static void sample(struct irl_fetch_worker *w, const struct irl_frame *frame,
		   uint64_t time_ns, enum irl_pcapng_direction direction)
{
	const struct irl_fetch_options *o = &w->fetch->options;
	uint64_t hash;

	if (!o->pcap || !flow_hash(frame, &hash) || hash % o->pcap_sample)
		return;
	/* A failure is told when the file is closed. */
	irl_pcapng_write(o->pcap, 0,
			 time_ns + (uint64_t)irl_clock_wall_offset_ns(),
			 frame->data, frame->length, direction, NULL);
}

/* ---- frames to send ------------------------------------------------------ */

/* For one more frame of ours, or NULL. */
static struct irl_frame *room(struct irl_fetch_worker *w)
{
	struct irl_outbox *box = &w->outbox;

	return box->count < IRL_FETCH_OUTBOX ? &box->frame[box->count] : NULL;
}

static void put(struct irl_fetch_worker *w)
{
	w->outbox.is_probe[w->outbox.count++] = false;
	irl_count(&w->counts.made, 1);
}

/* One of either kind, as the frame is. */
static void tally(const struct irl_outbox *box, unsigned i, uint64_t *frames,
		  uint64_t *probes)
{
	irl_count(box->is_probe[i] ? probes : frames, 1);
}

void irl_fetch_fail(struct irl_fetch_worker *w, int code)
{
	const struct irl_port_info *info = irl_port_info(w->fetch->way.port);

	irl_error_set(&w->error, -code,
		      code == -IRL_ENODEV
			  ? "interface %s has gone during the fetch"
			  : "the port on %s failed during the fetch: %s",
		      info->ifname, irl_error_name(code));
	irl_fetch_abort(w->fetch);
}

static void refused(struct irl_fetch_worker *w, unsigned i)
{
	tally(&w->outbox, i, &w->counts.refused, &w->counts.probes_refused);
}

static void give_up(struct irl_fetch_worker *w, unsigned i)
{
	tally(&w->outbox, i, &w->counts.given_up, &w->counts.probes_given_up);
}

/* All, of which those before @known have been counted as refused. */
static void give_up_all(struct irl_fetch_worker *w, unsigned known)
{
	struct irl_outbox *box = &w->outbox;

	for (unsigned i = 0; i < box->count; i++) {
		if (i >= known)
			refused(w, i);
		give_up(w, i);
	}
	box->count = box->old = 0;
}

void irl_fetch_drop(struct irl_fetch_worker *w)
{
	give_up_all(w, w->outbox.old);
}

/* What was refused stays, in its order, for the next time. */
static void keep_refused(struct irl_fetch_worker *w, uint64_t now)
{
	struct irl_outbox *box = &w->outbox;
	unsigned kept = 0;
	unsigned retries = w->fetch->options.scan.retries;
	bool first = box->count && box->status[0] != IRL_TX_ACCEPTED;

	box->tries = first ? box->tries + 1 : 0;
	for (unsigned i = 0; i < box->count; i++) {
		struct irl_frame frame = box->frame[i];

		if (box->status[i] == IRL_TX_ACCEPTED) {
			tally(box, i, &w->counts.sent,
			      &w->counts.probes_accepted);
			sample(w, &frame, now, IRL_PCAPNG_SENT);
			continue;
		}
		refused(w, i);
		if (box->status[i] == IRL_TX_LENGTH || box->tries > retries) {
			give_up(w, i);
			continue;
		}
		box->frame[i] = box->frame[kept];
		box->is_probe[kept] = box->is_probe[i];
		box->frame[kept++] = frame;
	}
	box->count = box->old = kept;
	if (box->tries > retries)
		box->tries = 0;
	box->wait_until_ns = kept ? now + 50 * IRL_NS_PER_US : 0;
}

static bool send_box(struct irl_fetch_worker *w, uint64_t now)
{
	struct irl_outbox *box = &w->outbox;
	int rc;

	for (unsigned i = 0; i < box->old; i++)
		tally(box, i, &w->counts.again, &w->counts.probes_again);
	rc = irl_port_send(w->fetch->way.port, w->queue, box->frame, box->count,
			   box->status);
	if (rc < 0) {
		give_up_all(w, 0);
		if (!w->error.code)
			irl_fetch_fail(w, rc);
		return false;
	}
	for (unsigned i = 0; i < box->count && !w->error.code; i++)
		if (box->status[i] == IRL_TX_GONE)
			irl_fetch_fail(w, -IRL_ENODEV);
	keep_refused(w, now);
	return !box->count;
}

static struct irl_ip dest_of(const uint8_t *frame)
{
	struct irl_ip dest;

	if (frame[12] == 8)
		return irl_ip4((uint32_t)frame[30] << 24 |
			       (uint32_t)frame[31] << 16 |
			       (uint32_t)frame[32] << 8 | frame[33]);
	memcpy(dest.byte, frame + 38, sizeof(dest));
	return dest;
}

/* The stack knows one next hop only. */
static void direct(const struct irl_way *way, const struct irl_frame frames[],
		   unsigned count)
{
	for (unsigned i = 0; (way->nearby || way->hops) && i < count; i++) {
		struct irl_ip dest = dest_of(frames[i].data);
		bool known;
		uint8_t mac[6];

		known = way->hops
			    ? irl_next_hops_find(way->hops, &dest, mac) ==
				  IRL_NEXT_HOP_KNOWN
			    : irl_nearby_hop(way->nearby, irl_ip_addr4(&dest),
					     mac) == IRL_HOP_NEIGHBOUR;
		if (known)
			memcpy(frames[i].data, mac, sizeof(mac));
	}
}

void irl_fetch_transmit(struct irl_fetch_worker *w, uint64_t now_ns)
{
	struct irl_outbox *box = &w->outbox;

	if (box->wait_until_ns > now_ns)
		return;
	for (;;) {
		unsigned n =
		    irl_tcp_output(w->tcp, box->frame + box->count,
				   IRL_FETCH_OUTBOX - box->count, now_ns);

		direct(&w->fetch->way, box->frame + box->count, n);
		memset(box->is_probe + box->count, 0, n);
		irl_count(&w->counts.made, n);
		box->count += n;
		if (!box->count || !send_box(w, now_ns))
			return;
	}
}

void irl_fetch_put_syn(struct irl_fetch_worker *w, const struct irl_item *item,
		       uint64_t now_ns)
{
	struct irl_frame *frame = room(w);

	frame->length = irl_syn_make(&w->probing->syn, &item->addr, item->port,
				     irl_probe_time(now_ns), frame->data);
	direct(&w->fetch->way, frame, 1);
	w->outbox.is_probe[w->outbox.count++] = true;
	irl_count(&w->counts.probes, 1);
}

void irl_fetch_ask(struct irl_fetch_worker *w, uint64_t now_ns)
{
	struct irl_next_hops *hops = w->fetch->way.hops;
	struct irl_frame *request;

	irl_next_hops_attend(hops);
	while ((request = room(w))) {
		request->length =
		    irl_next_hops_request(hops, now_ns, request->data);
		if (!request->length)
			return;
		put(w);
	}
}

/* ---- frames received ----------------------------------------------------- */

/* No TCP of ours: an answer about a next hop, or somebody asks for an address
 * of ours. */
static void foreign(struct irl_fetch_worker *w, const struct irl_frame *frame)
{
	const struct irl_way *way = &w->fetch->way;
	struct irl_frame *reply = room(w);

	if (w->probing && irl_fetch_unreachable(w, frame))
		return;
	if (way->hops && !w->queue &&
	    irl_next_hops_feed(way->hops, frame->data, frame->length))
		return;
	if (!reply)
		return;
	reply->length = irl_answer_steered(&way->steer, way->mac, frame->data,
					   frame->length, reply->data);
	if (!reply->length)
		return;
	put(w);
	irl_count(&w->counts.answered, 1);
}

/* RFC 9293, 3.10.7.1; not too many (RFC 5961, 7). */
static void reset(struct irl_fetch_worker *w, const struct irl_frame *frame,
		  uint64_t now)
{
	struct irl_frame *reply = room(w);

	if (now - w->rst_ns >= RST_EACH_NS) {
		w->rst_ns = now;
		w->rst_left = RST_EACH;
	}
	if (!reply || !w->rst_left) {
		irl_count(&w->counts.throttled, 1);
		return;
	}
	reply->length = irl_tcp_refuse(w->tcp, frame, reply->data);
	if (!reply->length)
		return;
	direct(&w->fetch->way, reply, 1);
	w->rst_left--;
	put(w);
	irl_count(&w->counts.resets, 1);
}

static void stray(struct irl_fetch_worker *w, const struct irl_frame *frame,
		  uint64_t now)
{
	if (w->probing && irl_fetch_answer(w, frame, now))
		return;
	if (!w->probing)
		irl_count(&w->counts.others, 1);
	reset(w, frame, now);
}

static void judge(struct irl_fetch_worker *w, const struct irl_frame frames[],
		  unsigned count, uint64_t now)
{
	enum irl_tcp_verdict verdict[RECEIVE_BATCH];

	irl_tcp_input(w->tcp, frames, count, now, verdict);
	for (unsigned i = 0; i < count; i++) {
		if (w->fetch->options.pcap)
			sample(w, &frames[i], frames[i].time_ns,
			       IRL_PCAPNG_RECEIVED);
		if (verdict[i] == IRL_TCP_STRAY)
			stray(w, &frames[i], now);
		else if (verdict[i] == IRL_TCP_FOREIGN)
			foreign(w, &frames[i]);
	}
}

/* Others' frames must not keep us from the rest, so one call takes some
 * thousands at most. */
bool irl_fetch_receive(struct irl_fetch_worker *w, uint64_t now_ns)
{
	struct irl_frame frame[RECEIVE_BATCH];
	bool caught_up = false;

	if (!w->behind_ns)
		w->behind_ns = now_ns;
	for (unsigned i = 0; i < RECEIVE_CALLS; i++) {
		int n = irl_port_recv(w->fetch->way.port, w->queue, frame,
				      RECEIVE_BATCH);

		if (n <= 0) {
			caught_up = true;
			break;
		}
		irl_count(&w->frames, (uint64_t)n);
		caught_up = frame[n - 1].time_ns > w->behind_ns;
		/* With probes one by one: the copy of a SYN-ACK that has just
		 * become a connection is that connection's. */
		for (int at = 0; at < n && w->probing; at++)
			judge(w, &frame[at], 1, now_ns);
		if (!w->probing)
			judge(w, frame, (unsigned)n, now_ns);
		/* The stack keeps as many errors as a batch can tell. */
		if (!__atomic_load_n(&w->fetch->over, __ATOMIC_RELAXED))
			irl_session_events(w, now_ns);
	}
	if (caught_up)
		w->behind_ns = 0;
	return caught_up;
}

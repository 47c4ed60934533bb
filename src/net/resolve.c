// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <irl/net.h>
#include "base/clock.h"
#include "net/arp.h"
#include "net/ndp.h"
#include "net/resolve.h"
#include "net/shell.h"

#define REQUESTS 3
#define WAIT_NS 1000000000 /* for an answer to each request */
#define SLICE_NS 10000000  /* on one queue, where there are several */
#define FRAMES 32u

struct question {
	struct irl_port *port;
	struct irl_ip source, target;
	struct irl_steer own; /* the source alone */
	const uint8_t *source_mac;
	uint8_t *mac;
	uint64_t *taken;
};

/* The reply that we wait for: then its sender's address is taken. */
static bool take_arp(const struct question *q, const uint8_t *frame,
		     uint32_t length)
{
	struct irl_eth eth;
	struct irl_arp arp;

	if (!net_arp_read(frame, length, &eth, &arp) ||
	    arp.operation != IRL_ARP_REPLY ||
	    arp.sender != irl_ip_addr4(&q->target) ||
	    arp.target != irl_ip_addr4(&q->source) ||
	    memcmp(arp.target_mac, q->source_mac, 6) != 0 ||
	    !net_mac_is_station(arp.sender_mac))
		return false;
	memcpy(q->mac, arp.sender_mac, 6);
	return true;
}

/* An answer to a question to a group names the MAC (RFC 4861, 4.4). */
static bool take_ndp(const struct question *q, const uint8_t *frame,
		     uint32_t length)
{
	struct net_ndp_ends ends;
	struct irl_ndp ndp;

	if (!net_ndp_read(frame, length, &ends, &ndp) ||
	    ndp.type != IRL_ICMP6_ADVERT || !(ndp.flags & IRL_NDP_SOLICITED) ||
	    !ndp.has_mac || memcmp(ndp.target, q->target.byte, 16) != 0 ||
	    memcmp(ends.dest, q->source.byte, 16) != 0 ||
	    memcmp(ends.dest_mac, q->source_mac, 6) != 0 ||
	    !net_mac_is_station(ndp.mac))
		return false;
	memcpy(q->mac, ndp.mac, 6);
	return true;
}

static bool take_reply(const struct question *q, const uint8_t *frame,
		       uint32_t length)
{
	return irl_ip_is4(&q->target) ? take_arp(q, frame, length)
				      : take_ndp(q, frame, length);
}

/* 1: accepted, 0: not this time, or -IRL_E... . */
static int send_one(struct irl_port *port, uint8_t *bytes, uint32_t length)
{
	struct irl_frame frame = {.data = bytes, .length = length};
	enum irl_tx_status status = IRL_TX_UNSENT;
	int result = irl_port_send(port, 0, &frame, 1, &status);

	if (result < 0)
		return result;
	if (status == IRL_TX_LINK_DOWN)
		return -IRL_ELINK;
	return status == IRL_TX_GONE ? -IRL_ENODEV : result;
}

/* Look at what one queue has: 1 resolved, 0 not, or -IRL_E... . */
static int look(const struct question *q, unsigned queue)
{
	struct irl_frame frames[FRAMES];
	uint8_t answer[IRL_FRAME_MAX];
	int n = irl_port_recv(q->port, queue, frames, FRAMES);
	int found = 0;

	if (n > 0)
		*q->taken += (uint64_t)n;

	for (int i = 0; i < n; i++) {
		const uint8_t *frame = frames[i].data;
		uint32_t length = frames[i].length;

		if (take_reply(q, frame, length)) {
			found = 1;
			continue;
		}
		/* a neighbour may want to know us before it answers */
		length = irl_answer_steered(&q->own, q->source_mac, frame,
					    length, answer);
		if (length)
			send_one(q->port, answer, length);
	}
	return n < 0 ? n : found;
}

/* Wait on one queue and look: 1, 0 or -IRL_E..., and what it took. */
static int wait_and_look(const struct question *q, unsigned queue,
			 int64_t most_ns, int64_t *spent_ns)
{
	int64_t begin = (int64_t)irl_clock_ns();
	int ready = irl_port_wait(q->port, queue, most_ns);
	int64_t spent = (int64_t)irl_clock_ns() - begin;

	/* A port in virtual time says that time is up before our clock does. */
	*spent_ns = ready == 0 && spent < most_ns ? most_ns : spent;
	if (ready < 0)
		return ready;
	return look(q, queue);
}

static int await_reply(const struct question *q)
{
	unsigned queues = irl_port_info(q->port)->queues;
	int64_t left = WAIT_NS;
	int result = 0;

	for (unsigned queue = 0; left > 0 && result == 0;
	     queue = (queue + 1) % queues) {
		int64_t most = queues > 1 && left > SLICE_NS ? SLICE_NS : left;
		int64_t spent;

		result = wait_and_look(q, queue, most, &spent);
		left -= spent;
	}
	return result;
}

static int failure(const struct question *q, int result, bool sent,
		   struct irl_error *err)
{
	const struct irl_port_info *info = irl_port_info(q->port);
	const char *way =
	    irl_ip_is4(&q->target) ? "ARP" : "neighbour discovery";
	char text[IRL_IP_TEXT], from[IRL_IP_TEXT], up[NET_SHELL_TEXT];
	const char *name = info->ifname;

	irl_ip_text(&q->target, text);
	irl_ip_text(&q->source, from);
	if (result == -IRL_ELINK)
		return irl_error_set(err, IRL_ELINK,
				     "the link of %s is down: cannot ask for "
				     "%s; %s, check the cable",
				     name, text,
				     net_shell_up(name, info->ifindex, up));
	if (result < 0)
		return irl_error_set(err, -result,
				     "cannot ask for %s on %s: %s", text, name,
				     irl_error_name(result));
	if (!sent)
		return irl_error_set(err, IRL_ENEIGH,
				     "no request for %s could be sent on %s: "
				     "its queue stays full",
				     text, name);
	return irl_error_set(err, IRL_ENEIGH,
			     "%s does not answer %s from %s on %s: is it up, "
			     "and on this link (%s)? Or give --gateway-mac",
			     text, way, from, name, net_shell_routes());
}

/* The question as a frame; returns its length. */
static uint32_t write_request(const struct question *q,
			      uint8_t frame[NET_NDP_FRAME])
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	struct irl_arp arp = {.operation = IRL_ARP_REQUEST};

	if (!irl_ip_is4(&q->target))
		return net_ndp_solicit(frame, q->source_mac, q->source.byte,
				       q->target.byte);
	arp.sender = irl_ip_addr4(&q->source);
	arp.target = irl_ip_addr4(&q->target);
	memcpy(arp.sender_mac, q->source_mac, 6);
	net_arp_frame(frame, everybody, &arp);
	return NET_FRAME_PADDED;
}

static int resolve(struct question *q, struct irl_error *err)
{
	uint8_t request[NET_NDP_FRAME];
	uint32_t length = write_request(q, request);
	bool sent = false;
	int result = 0;

	if (irl_ip_is4(&q->source)) {
		q->own.own[0] =
		    (struct irl_prefix4){irl_ip_addr4(&q->source), 32};
		q->own.own_count = 1;
	} else {
		q->own.own6[0] = (struct irl_prefix6){q->source, 128};
		q->own.own6_count = 1;
	}
	for (int i = 0; i < REQUESTS && result == 0; i++) {
		result = send_one(q->port, request, length);
		if (result < 0)
			break;
		sent |= result > 0;
		result = await_reply(q);
	}
	return result == 1 ? 0 : failure(q, result, sent, err);
}

int net_resolve(struct irl_port *port, const struct irl_ip *source,
		const uint8_t source_mac[6], const struct irl_ip *target,
		uint8_t mac[6], uint64_t *taken, struct irl_error *err)
{
	struct question q = {
	    .port = port,
	    .source = *source,
	    .target = *target,
	    .source_mac = source_mac,
	    .mac = mac,
	    .taken = taken,
	};

	return resolve(&q, err);
}

int irl_ip_resolve(struct irl_port *port, const struct irl_ip *source,
		   const uint8_t source_mac[6], const struct irl_ip *target,
		   uint8_t mac[6], struct irl_error *err)
{
	uint64_t taken = 0;

	return net_resolve(port, source, source_mac, target, mac, &taken, err);
}

int irl_resolve(struct irl_port *port, uint32_t source,
		const uint8_t source_mac[6], uint32_t target, uint8_t mac[6],
		struct irl_error *err)
{
	const struct irl_ip from = irl_ip4(source), to = irl_ip4(target);

	return irl_ip_resolve(port, &from, source_mac, &to, mac, err);
}

int irl_ip_next_hop(struct irl_port *port, const struct irl_ip_route *route,
		    const struct irl_ip *source, const struct irl_ip *dest,
		    uint8_t mac[6], struct irl_error *err)
{
	static const struct irl_ip none;
	const struct irl_ip *hop =
	    irl_ip_equal(&route->gateway, &none) ? dest : &route->gateway;
	int host = irl_ip_equal(source, &route->source)
		       ? 1
		       : irl_ip_is_host(source, err);

	if (host < 0)
		return host;
	if (host)
		return irl_ip_neighbour_resolve(route->ifindex, hop, 0, mac,
						err);
	if (!port)
		return irl_error_set(err, IRL_EINVAL,
				     "no open port to resolve a neighbour "
				     "with");
	return irl_ip_resolve(port, source, irl_port_info(port)->mac, hop, mac,
			      err);
}

int irl_next_hop(struct irl_port *port, const struct irl_route *route,
		 uint32_t source, uint32_t dest, uint8_t mac[6],
		 struct irl_error *err)
{
	const struct irl_ip from = irl_ip4(source), to = irl_ip4(dest);
	struct irl_ip_route wide = {.ifindex = route->ifindex,
				    .source = irl_ip4(route->source)};

	if (route->gateway)
		wide.gateway = irl_ip4(route->gateway);
	return irl_ip_next_hop(port, &wide, &from, &to, mac, err);
}

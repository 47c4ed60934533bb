// SPDX-License-Identifier: BSD-2-Clause
/* Segments of flows without a connection: SYNs, what the kernel's responder
 * would answer but has no room for, and strays (RFC 9293, 3.10.7.1). */
#include <string.h>
#include "wire/tcp.h"
#include "world/server.h"

struct irl_world_packet irl_server_back(const struct irl_world_packet *in)
{
	struct irl_world_packet out = {.client = in->client,
				       .server = in->server,
				       .client_port = in->client_port,
				       .server_port = in->server_port};

	memcpy(out.mac, in->mac, 6);
	return out;
}

uint8_t irl_server_agree(uint64_t hash, uint8_t offered)
{
	if (irl_world_class(hash) == IRL_WORLD_EMBEDDED)
		return 0;
	if (irl_world_class(hash) == IRL_WORLD_WINDOWS)
		offered &= (uint8_t)~IRL_OFFERED_TIME;
	return offered;
}

static uint32_t sequence_space(const struct irl_world_packet *p)
{
	uint32_t space = p->length;

	if (p->flags & IRL_TCP_SYN)
		space++;
	return p->flags & IRL_TCP_FIN ? space + 1 : space;
}

static void refuse(struct irl_world_server *s,
		   const struct irl_world_packet *in)
{
	struct irl_world_packet out = irl_server_back(in);

	if (in->flags & IRL_TCP_RST)
		return;
	out.flags = IRL_TCP_RST;
	if (in->flags & IRL_TCP_ACK) {
		out.seq = in->ack;
	} else {
		out.flags |= IRL_TCP_ACK;
		out.ack = in->seq + sequence_space(in);
	}
	irl_server_send(s, NULL, &out);
}

static void answer_unreachable(struct irl_world_server *s,
			       const struct irl_world_packet *in, uint64_t hash)
{
	struct irl_world_packet out = irl_server_back(in);

	out.icmp = (uint8_t)(irl_world_icmp_code(hash) + 1);
	out.seq = in->seq;
	irl_server_send(s, NULL, &out);
}

static uint32_t isn_of(const struct irl_world_packet *in, uint64_t hash)
{
	return irl_world_flow_isn(hash, in->client, in->client_port,
				  in->server_port);
}

/* A box that will never say more needs no memory. */
static void answer_hole(struct irl_world_server *s,
			const struct irl_world_packet *in, uint64_t hash)
{
	struct irl_world_packet out = irl_server_back(in);

	out.flags = IRL_TCP_SYN | IRL_TCP_ACK;
	out.seq = isn_of(in, hash);
	out.ack = in->seq + 1;
	out.window = irl_world_window(hash);
	irl_server_send(s, NULL, &out);
}

static void accept_syn(struct irl_world_server *s,
		       const struct irl_world_packet *in,
		       const struct irl_world_service *service, uint64_t hash)
{
	struct irl_world_connection *c;

	if (service->kind == IRL_WORLD_HOLE) {
		answer_hole(s, in, hash);
		return;
	}
	c = irl_server_open(s, in);
	if (!c) { /* it came, but nothing becomes of it */
		s->counts[IRL_WORLD_S_SEGMENT]--;
		s->counts[IRL_WORLD_S_CROWDED]++;
		return;
	}
	c->service = *service;
	c->hash = hash;
	irl_server_begin(s, c, in);
}

static void send_answer(struct irl_world_server *s,
			const struct irl_world_packet *in,
			const struct irl_world_service *service, uint64_t hash,
			const struct irl_world_reply *reply)
{
	struct irl_world_packet out = irl_server_back(in);

	out.seq = reply->seq;
	out.ack = reply->ack;
	out.flags = IRL_TCP_ACK;
	if (reply->fin)
		out.flags |= IRL_TCP_FIN;
	out.window = irl_world_window(hash);
	out.timed = in->timed;
	out.time = irl_world_clock(hash, s->now_ns);
	out.echo = in->time;
	if (reply->kind == IRL_WORLD_REPLY_ANSWER) {
		out.flags |= IRL_TCP_PSH;
		out.length = (uint16_t)service->stream;
	}
	irl_server_send(s, NULL, &out);
}

static bool asks(const struct irl_world_packet *in)
{
	return memcmp(in->last, "\r\n\r\n", 4) == 0;
}

/* No SYN: of a flow that the kernel's responder serves, or of none. */
static void answer_stray(struct irl_world_server *s,
			 const struct irl_world_packet *in,
			 const struct irl_world_service *service, uint64_t hash)
{
	struct irl_world_segment segment = {
	    .seq = in->seq,
	    .ack = in->ack,
	    .data = in->length,
	    .fin = in->flags & IRL_TCP_FIN,
	    .request = asks(in),
	};
	struct irl_world_reply reply;

	if (!(in->flags & IRL_TCP_ACK) || (in->flags & IRL_TCP_RST))
		return;
	if (service->kind == IRL_WORLD_HOLE)
		return;
	if ((in->flags & IRL_TCP_SYN) ||
	    !irl_world_stateless(&s->model, service)) {
		refuse(s, in);
		return;
	}
	segment.isn = isn_of(in, hash);
	irl_world_reply_to(service, &segment, &reply);
	if (reply.kind == IRL_WORLD_REPLY_FOREIGN)
		refuse(s, in);
	else if (reply.kind != IRL_WORLD_REPLY_NONE)
		send_answer(s, in, service, hash, &reply);
}

void irl_server_listen(struct irl_world_server *s,
		       const struct irl_world_packet *in)
{
	const uint8_t control =
	    IRL_TCP_SYN | IRL_TCP_ACK | IRL_TCP_RST | IRL_TCP_FIN;
	struct irl_world_host host = irl_world_host(&s->model, in->server);
	struct irl_world_service service;
	enum irl_world_kind kind;

	if (host.state == IRL_WORLD_DEAD)
		return;
	if (host.state == IRL_WORLD_UNREACHABLE) {
		answer_unreachable(s, in, host.hash);
		return;
	}
	kind = irl_world_knock(&s->model, host, in->server_port);
	if (kind == IRL_WORLD_RST)
		refuse(s, in);
	if (kind != IRL_WORLD_SYNACK)
		return;
	service = irl_world_service(&s->model, in->server, in->server_port);
	if ((in->flags & control) == IRL_TCP_SYN)
		accept_syn(s, in, &service, host.hash);
	else
		answer_stray(s, in, &service, host.hash);
}

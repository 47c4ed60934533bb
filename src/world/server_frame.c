// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <irl/frame.h>
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "world/server.h"

#define FRAME_LEAST 60u
#define OPTIONS_MAX 40u

/* ---- in --------------------------------------------------------------------
 */

static void read_option(struct irl_world_packet *out, const uint8_t *o,
			uint8_t size)
{
	irl_be32 word[2];

	if (o[0] == 2 && size == 4)
		out->mss = (uint16_t)(o[2] << 8 | o[3]);
	if (o[0] == 3 && size == 3) {
		out->offered |= IRL_OFFERED_SCALE;
		out->scale = o[2] < 14 ? o[2] : 14; /* RFC 7323, 2.3 */
	}
	if (o[0] == 4 && size == 2)
		out->offered |= IRL_OFFERED_SACK;
	if (o[0] == 8 && size == 10) {
		out->offered |= IRL_OFFERED_TIME;
		out->timed = true;
		memcpy(word, o + 2, sizeof(word));
		out->time = irl_host32(word[0]);
		out->echo = irl_host32(word[1]);
	}
}

/* Unknown ones are passed over; a length that lies ends the walk. */
static void read_options(struct irl_world_packet *out, struct irl_bytes o)
{
	while (o.left && o.at[0] != 0) {
		uint8_t size = 1;

		if (o.at[0] != 1) {
			if (o.left < 2 || o.at[1] < 2 || o.at[1] > o.left)
				return;
			size = o.at[1];
			read_option(out, o.at, size);
		}
		irl_bytes_take(&o, size);
	}
}

static void read_data(struct irl_world_packet *out, struct irl_bytes data)
{
	size_t n = data.left < 4 ? data.left : 4;

	out->length = (uint16_t)data.left;
	if (!n)
		return;
	out->first = data.at[0];
	memcpy(out->last + 4 - n, data.at + data.left - n, n);
}

/* Frames of a kernel of this machine may carry the pseudo-header's sum only. */
static bool is_sound(const struct irl_ipv4 *ip, const struct irl_tcp *tcp,
		     struct irl_bytes segment)
{
	uint64_t pseudo = irl_checksum_pseudo(
	    ip->source, ip->dest, IRL_IPV4_TCP, (uint16_t)segment.left);

	const uint16_t whole = irl_checksum_finish(pseudo);

	if ((tcp->checksum ^ whole) == 0xffff)
		return true;
	return irl_checksum_finish(
		   irl_checksum_add(pseudo, segment.at, segment.left)) == 0;
}

static enum irl_world_server_count parse(struct irl_world_server *s,
					 struct irl_bytes in,
					 struct irl_world_packet *out)
{
	struct irl_bytes segment;
	struct irl_eth eth;
	struct irl_ipv4 ip;
	struct irl_tcp tcp;

	if (!irl_eth_parse(&in, &eth))
		return IRL_WORLD_S_MALFORMED;
	if (eth.type != IRL_ETH_IPV4 || memcmp(eth.dest, s->mac, 6) != 0)
		return IRL_WORLD_S_IGNORED;
	if (!irl_ipv4_sound(in) || !irl_ipv4_parse(&in, &ip) || ip.cut)
		return IRL_WORLD_S_MALFORMED;
	if (ip.protocol != IRL_IPV4_TCP || ip.more_fragments ||
	    ip.fragment_offset || irl_world_reserved(ip.dest) ||
	    !irl_world_owns(&s->model, ip.dest))
		return IRL_WORLD_S_IGNORED;
	segment = in;
	if (!irl_tcp_parse(&in, &tcp) || !is_sound(&ip, &tcp, segment))
		return IRL_WORLD_S_MALFORMED;
	memcpy(out->mac, eth.source, 6);
	out->client = ip.source;
	out->server = ip.dest;
	out->client_port = tcp.source;
	out->server_port = tcp.dest;
	out->seq = tcp.seq;
	out->ack = tcp.ack;
	out->flags = tcp.flags;
	out->window = tcp.window;
	read_options(out, tcp.options);
	read_data(out, in);
	return IRL_WORLD_S_SEGMENT;
}

bool irl_server_read(struct irl_world_server *s, const uint8_t *frame,
		     uint32_t length, struct irl_world_packet *out)
{
	enum irl_world_server_count what;

	memset(out, 0, sizeof(*out));
	what = parse(s, irl_bytes(frame, length), out);
	if (what != IRL_WORLD_S_SEGMENT)
		s->counts[what]++;
	return what == IRL_WORLD_S_SEGMENT;
}

/* ---- out --------------------------------------------------------------------
 */

static uint8_t *put32(uint8_t *to, uint32_t value)
{
	irl_be32 word = irl_wire32(value);

	memcpy(to, &word, sizeof(word));
	return to + sizeof(word);
}

/* As the kernel's responder writes them (RFC 7323, appendix A). */
static size_t write_options(uint8_t *o, const struct irl_world_packet *p,
			    uint64_t hash)
{
	bool sack = p->offered & IRL_OFFERED_SACK, syn = p->flags & IRL_TCP_SYN;
	uint8_t *at = o;

	if (syn)
		at = put32(at, 0x02040000u | irl_world_mss(hash));
	if (p->timed) {
		at = put32(at, syn && sack ? 0x0402080au : 0x0101080au);
		at = put32(at, p->time);
		at = put32(at, p->echo);
	} else if (syn && sack) {
		at = put32(at, 0x01010402u);
	}
	if (syn && (p->offered & IRL_OFFERED_SCALE))
		at = put32(at, 0x01030300u | irl_world_scale(hash));
	return (size_t)(at - o);
}

static void write_ip(const struct irl_world_packet *p, uint32_t source,
		     uint8_t protocol, uint8_t ttl, size_t payload, uint8_t *to)
{
	struct irl_ipv4 ip = {.source = source,
			      .dest = p->client,
			      .protocol = protocol,
			      .ttl = ttl,
			      .dont_fragment = protocol == IRL_IPV4_TCP,
			      .total_length =
				  (uint16_t)(IRL_IPV4_HEADER + payload)};

	irl_ipv4_write(to, &ip);
}

static uint32_t pad(uint8_t *to, size_t length)
{
	if (length < FRAME_LEAST) {
		memset(to + length, 0, FRAME_LEAST - length);
		length = FRAME_LEAST;
	}
	return (uint32_t)length;
}

/* RFC 792: what came is quoted, its header made again. */
static uint32_t write_unreachable(const struct irl_world_packet *p,
				  uint64_t hash, uint8_t *to)
{
	struct irl_icmp icmp = {.type = IRL_ICMP_UNREACHABLE,
				.code = (uint8_t)(p->icmp - 1)};
	uint8_t *at = to + IRL_ETH_HEADER + IRL_IPV4_HEADER, *quote = at + 8;
	struct irl_ipv4 ip = {.source = p->client,
			      .dest = p->server,
			      .protocol = IRL_IPV4_TCP,
			      .ttl = 64,
			      .total_length = 40};

	irl_ipv4_write(quote, &ip);
	put32(quote + 20, (uint32_t)p->client_port << 16 | p->server_port);
	put32(quote + 24, p->seq);
	irl_icmp_write(at, &icmp, quote, 28);
	write_ip(p, irl_world_router(p->server), IRL_IPV4_ICMP,
		 irl_world_router_ttl(hash), 36, to + IRL_ETH_HEADER);
	return 14 + 20 + 36;
}

static uint32_t write_segment(const struct irl_world_server *s,
			      const struct irl_world_packet *p, uint64_t hash,
			      uint8_t *to)
{
	uint8_t options[OPTIONS_MAX];
	uint8_t *segment = to + IRL_ETH_HEADER + IRL_IPV4_HEADER, *data;
	size_t size = write_options(options, p, hash);
	struct irl_tcp tcp = {.seq = p->seq,
			      .ack = p->ack,
			      .source = p->server_port,
			      .dest = p->client_port,
			      .window = p->window,
			      .flags = p->flags,
			      .options = irl_bytes(options, size)};

	data = segment + IRL_TCP_HEADER + size;
	if (p->length) {
		struct irl_world_service service =
		    irl_world_service(&s->model, p->server, p->server_port);

		irl_world_stream(&service, p->offset, data, p->length);
	}
	irl_tcp_write(segment, &tcp, p->server, p->client, data, p->length);
	write_ip(p, p->server, IRL_IPV4_TCP, irl_world_ttl(hash),
		 IRL_TCP_HEADER + size + p->length, to + IRL_ETH_HEADER);
	return pad(to, IRL_ETH_HEADER + IRL_IPV4_HEADER + IRL_TCP_HEADER +
			   size + p->length);
}

uint32_t irl_server_write(const struct irl_world_server *s,
			  const struct irl_world_packet *p, uint8_t *to)
{
	uint64_t hash = irl_world_host(&s->model, p->server).hash;
	struct irl_eth eth = {.type = IRL_ETH_IPV4};

	memcpy(eth.dest, p->mac, 6);
	memcpy(eth.source, s->mac, 6);
	irl_eth_write(to, &eth);
	return p->icmp ? write_unreachable(p, hash, to)
		       : write_segment(s, p, hash, to);
}

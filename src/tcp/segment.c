// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "tcp/stack.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"

/* ---- whose is it -------------------------------------------------------- */

/* An address as two words; IPv4 mapped (RFC 4291, 2.5.5.2). */
struct address {
	uint64_t high, low;
};

static struct address address_of(const uint8_t *addr, bool v6)
{
	const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
	struct address a = {0};
	uint32_t prefix, rest;

	if (v6) {
		memcpy(&a, addr, sizeof(a));
		return a;
	}
	memcpy(&prefix, mapped, sizeof(prefix));
	memcpy(&rest, addr, sizeof(rest));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	a.low = (uint64_t)rest << 32 | prefix;
#else
	a.low = (uint64_t)prefix << 32 | rest;
#endif
	return a;
}

static bool has_address(const struct irl_tcp_local *local, struct address a)
{
	struct address its;

	memcpy(&its, local->addr.byte, sizeof(its));
	return its.high == a.high && its.low == a.low;
}

static uint32_t addr_slot(struct address a)
{
	uint64_t x = a.high * 3 ^ a.low;

	/* The last byte may be the highest, which nothing is carried from. */
	x = (x ^ x >> 32) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(x >> 40) & (2 * IRL_TCP_LOCALS - 1);
}

static unsigned after(unsigned at)
{
	return (at + 1) % (2 * IRL_TCP_LOCALS);
}

/* The place in the map of the first local with the address, or of none. */
static uint32_t find_addr(const struct irl_tcp_stack *st, struct address a)
{
	uint32_t at = addr_slot(a);

	while (st->local_map[at] &&
	       !has_address(&st->locals[st->local_map[at] - 1u], a))
		at = after(at);
	return at;
}

bool irl_segment_is_local(const struct irl_tcp_stack *st,
			  const struct irl_ip *ip)
{
	return st->local_map[find_addr(st, address_of(ip->byte, true))] != 0;
}

/* Of the locals with the address of that at @at, the one with the port; -1:
 * none. */
static int find_port(const struct irl_tcp_stack *st, uint32_t at, uint16_t port)
{
	const struct irl_tcp_local *first = &st->locals[st->local_map[at] - 1u];

	for (; st->local_map[at]; at = after(at)) {
		unsigned i = st->local_map[at] - 1u;
		const struct irl_tcp_local *local = &st->locals[i];

		if (port >= local->port_first && port <= local->port_last &&
		    (local == first ||
		     !memcmp(local->addr.byte, first->addr.byte, 16)))
			return (int)i;
	}
	return -1;
}

void irl_segment_map_local(struct irl_tcp_stack *st, unsigned i)
{
	uint32_t at = addr_slot(address_of(st->locals[i].addr.byte, true));

	while (st->local_map[at])
		at = after(at);
	st->local_map[at] = (uint16_t)(i + 1);
}

uint64_t irl_ends_hash(const struct irl_tcp_stack *st, const struct irl_ends *e)
{
	uint64_t word[3] = {(uint64_t)e->local << 32 |
			    (uint64_t)e->remote_port << 16 | e->local_port};

	if (!e->v6) {
		word[1] = e->remote4;
		return irl_siphash(&st->ends_key, word, 2);
	}
	memcpy(&word[1], e->remote6, 16);
	return irl_siphash(&st->ends_key, word, 3);
}

/* Both halves of the product, each of which is weak alone. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t irl_ends_index(const struct irl_tcp_stack *st,
			const struct irl_ends *e)
{
	const uint64_t *key = st->mix_key.key;
	uint64_t ports = (uint64_t)e->local << 32 |
			 (uint64_t)e->remote_port << 16 | e->local_port;
	uint64_t word[2] = {e->remote4}, hash;

	if (e->v6) {
		memcpy(word, e->remote6, 16);
		ports ^= mix(word[1] ^ key[1], key[0]);
	}
	hash = mix(ports ^ key[0], word[0] ^ key[1]);
	hash = mix(hash ^ key[1], 0x9e3779b97f4a7c15ull);
	return hash ? hash : 1;
}

/* ---- parsing ------------------------------------------------------------ */

/* A datagram's addresses and payload, of either family. */
struct packet {
	bool v6;
	uint8_t protocol, ttl;
	const uint8_t *near, *far; /* 4 or 16 bytes; near: of ours */
	uint32_t local;            /* the first with near's address */
	uint64_t pseudo;           /* without the length */
	struct irl_bytes in;
};

/* False: no local has the address; mapped in IPv6 it is nobody's. */
static bool is_near(const struct irl_tcp_stack *st, struct packet *p)
{
	unsigned local;

	p->local = find_addr(st, address_of(p->near, p->v6));
	local = st->local_map[p->local];
	return local && !(p->v6 && irl_ip_is4(&st->locals[local - 1].addr));
}

/* RFC 9293, 3.9.2.3 (MUST-57, 63): never from a group, from everybody, from
 * nobody or from this host. */
static bool bad_source(const uint8_t *addr, bool v6)
{
	static const uint8_t zero[15];

	if (v6)
		return addr[0] == 0xff ||
		       (!memcmp(addr, zero, 15) && addr[15] <= 1);
	return addr[0] == 0 || addr[0] == 127 || addr[0] >= 224;
}

static void set_far(struct irl_ends *ends, const struct packet *p)
{
	ends->v6 = p->v6;
	if (p->v6) {
		ends->remote4 = 0;
		memcpy(ends->remote6, p->far, 16);
	} else {
		irl_be32 wire;

		memcpy(&wire, p->far, sizeof(wire));
		ends->remote4 = irl_host32(wire);
	}
}

static enum irl_tcp_verdict refuse(enum irl_tcp_count *why,
				   enum irl_tcp_count cause)
{
	*why = cause;
	return cause == IRL_TCP_N_FOREIGN ? IRL_TCP_FOREIGN : IRL_TCP_BAD;
}

static bool tcp_sound(const struct irl_tcp_stack *st, const struct packet *p,
		      uint16_t stated)
{
	uint64_t pseudo = p->pseudo + p->in.left;

	/* The sender's NIC would have finished it.  Asked first: it spares
	 * looking at the data. */
	if (st->o.partial_checksums &&
	    irl_checksum_finish(pseudo) + stated == 0xffff)
		return true;
	return !irl_checksum_finish(
	    irl_checksum_add(pseudo, p->in.at, p->in.left));
}

static enum irl_tcp_verdict parse_tcp(const struct irl_tcp_stack *st,
				      struct packet *p, struct irl_segment *out,
				      enum irl_tcp_count *why)
{
	struct irl_bytes rest = p->in;
	struct irl_tcp tcp;
	int local;

	if (bad_source(p->far, p->v6) || !irl_tcp_parse(&rest, &tcp) ||
	    !tcp.source)
		return refuse(why, IRL_TCP_N_FORM);
	local = find_port(st, p->local, tcp.dest);
	if (local < 0)
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (!tcp_sound(st, p, tcp.checksum))
		return refuse(why, IRL_TCP_N_CHECKSUM);
	out->ends.local = (uint8_t)local;
	out->ends.local_port = tcp.dest;
	out->ends.remote_port = tcp.source;
	set_far(&out->ends, p);
	out->icmp = false;
	out->ttl = p->ttl;
	out->flags = tcp.flags;
	out->window = tcp.window;
	out->seq = tcp.seq;
	out->ack = tcp.ack;
	out->data = rest.at;
	out->length = (uint32_t)rest.left;
	irl_tcp_see(tcp.options, &out->seen);
	return IRL_TCP_TAKEN;
}

static bool icmp_sound(const struct packet *p)
{
	uint64_t sum = p->v6 ? p->pseudo + p->in.left : 0;

	return !irl_checksum_finish(
	    irl_checksum_add(sum, p->in.at, p->in.left));
}

/* The addresses and the first eight bytes of TCP of a quoted packet. */
static bool quoted(const struct irl_tcp_stack *st, struct irl_bytes in, bool v6,
		   struct irl_segment *out)
{
	struct packet p = {.v6 = v6};
	const uint8_t *h, *ip = in.at;
	struct irl_ipv4 ip4;
	struct irl_ipv6 ip6;
	int local;

	if (v6) {
		if (!irl_ipv6_parse(&in, &ip6) || ip6.fragment ||
		    ip6.next_header != IRL_IPV6_TCP)
			return false;
		p.near = ip + 8;
		p.far = ip + 24;
	} else {
		if (!irl_ipv4_parse(&in, &ip4) || ip4.fragment_offset ||
		    ip4.protocol != IRL_IPV4_TCP)
			return false;
		p.near = ip + 12;
		p.far = ip + 16;
	}
	h = irl_bytes_take(&in, 8);
	if (!h)
		return false;
	out->ends.local_port = (uint16_t)(h[0] << 8 | h[1]);
	out->ends.remote_port = (uint16_t)(h[2] << 8 | h[3]);
	out->seq = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 |
		   (uint32_t)h[6] << 8 | h[7];
	if (!is_near(st, &p))
		return false;
	local = find_port(st, p.local, out->ends.local_port);
	out->ends.local = (uint8_t)local;
	set_far(&out->ends, &p);
	return local >= 0;
}

static bool is_error(bool v6, uint8_t type)
{
	return v6 ? irl_icmp6_is_error(type) : irl_icmp_is_error(type);
}

static enum irl_tcp_verdict parse_icmp(const struct irl_tcp_stack *st,
				       struct packet *p,
				       struct irl_segment *out,
				       enum irl_tcp_count *why)
{
	struct irl_bytes rest = p->in;
	struct irl_icmp icmp;

	if (!irl_icmp_parse(&rest, &icmp))
		return refuse(why, IRL_TCP_N_FORM);
	if (!is_error(p->v6, icmp.type))
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (!icmp_sound(p))
		return refuse(why, IRL_TCP_N_CHECKSUM);
	if (!quoted(st, rest, p->v6, out))
		return refuse(why, IRL_TCP_N_FOREIGN);
	out->icmp = true;
	out->icmp_type = icmp.type;
	out->icmp_code = icmp.code;
	/* ICMPv6's MTU is 32 bits wide (RFC 4443, 3.2). */
	out->icmp_mtu = p->v6 && icmp.id ? 0xffff : icmp.sequence;
	return IRL_TCP_TAKEN;
}

static enum irl_tcp_verdict parse_upper(const struct irl_tcp_stack *st,
					struct packet *p,
					struct irl_segment *out,
					enum irl_tcp_count *why)
{
	if (p->protocol == IRL_IPV4_TCP)
		return parse_tcp(st, p, out, why);
	return parse_icmp(st, p, out, why);
}

static bool upper_is_ours(uint8_t protocol, bool v6)
{
	return protocol == IRL_IPV4_TCP ||
	       protocol == (v6 ? IRL_IPV6_ICMP : IRL_IPV4_ICMP);
}

static enum irl_tcp_verdict parse_ipv4(const struct irl_tcp_stack *st,
				       struct irl_bytes in,
				       struct irl_segment *out,
				       enum irl_tcp_count *why)
{
	struct packet p = {.near = in.at + 16, .far = in.at + 12, .in = in};
	struct irl_ipv4 ip;

	if (!irl_ipv4_parse(&p.in, &ip))
		return refuse(why, IRL_TCP_N_FORM);
	if (!is_near(st, &p))
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (!irl_ipv4_sound(in))
		return refuse(why, IRL_TCP_N_CHECKSUM);
	if (!upper_is_ours(ip.protocol, false))
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (ip.more_fragments || ip.fragment_offset)
		return refuse(why, IRL_TCP_N_FRAGMENT);
	if (ip.cut)
		return refuse(why, IRL_TCP_N_FORM);
	p.protocol = ip.protocol;
	p.ttl = ip.ttl;
	p.pseudo = irl_checksum_pseudo(ip.source, ip.dest, ip.protocol, 0);
	return parse_upper(st, &p, out, why);
}

static enum irl_tcp_verdict parse_ipv6(const struct irl_tcp_stack *st,
				       struct irl_bytes in,
				       struct irl_segment *out,
				       enum irl_tcp_count *why)
{
	struct packet p = {
	    .v6 = true, .near = in.at + 24, .far = in.at + 8, .in = in};
	struct irl_ipv6 ip;

	if (!irl_ipv6_parse(&p.in, &ip))
		return refuse(why, IRL_TCP_N_FORM);
	if (!is_near(st, &p))
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (ip.fragment)
		return refuse(why, IRL_TCP_N_FRAGMENT);
	if (!upper_is_ours(ip.next_header, true))
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (ip.cut)
		return refuse(why, IRL_TCP_N_FORM);
	p.protocol = ip.next_header;
	p.ttl = ip.hop_limit;
	p.pseudo = irl_ipv6_pseudo(ip.source, ip.dest, ip.next_header, 0);
	return parse_upper(st, &p, out, why);
}

enum irl_tcp_verdict irl_segment_parse(const struct irl_tcp_stack *st,
				       const struct irl_frame *frame,
				       struct irl_segment *out,
				       enum irl_tcp_count *why)
{
	struct irl_bytes in = irl_bytes(frame->data, frame->length);
	struct irl_eth eth;
	enum irl_tcp_verdict verdict;

	if (!irl_eth_parse(&in, &eth))
		return refuse(why, IRL_TCP_N_FORM);
	if (eth.type == IRL_ETH_IPV4)
		verdict = parse_ipv4(st, in, out, why);
	else if (eth.type == IRL_ETH_IPV6)
		verdict = parse_ipv6(st, in, out, why);
	else
		return refuse(why, IRL_TCP_N_FOREIGN);
	if (verdict == IRL_TCP_TAKEN)
		out->hash = irl_ends_index(st, &out->ends);
	return verdict;
}

/* ---- writing ------------------------------------------------------------ */

static uint32_t headers(const struct irl_segment_out *out)
{
	uint32_t ip = out->ends->v6 ? IRL_IPV6_HEADER : IRL_IPV4_HEADER;

	return IRL_ETH_HEADER + ip + IRL_TCP_HEADER + out->option_bytes;
}

uint8_t *irl_segment_data(uint8_t *frame, const struct irl_segment_out *out)
{
	return frame + headers(out);
}

static uint64_t write_ipv4(const struct irl_tcp_stack *st, uint8_t *to,
			   const struct irl_segment_out *out, uint16_t size)
{
	struct irl_ipv4 ip = {
	    .source = irl_ip_addr4(&st->locals[out->ends->local].addr),
	    .dest = out->ends->remote4,
	    .total_length = (uint16_t)(IRL_IPV4_HEADER + size),
	    .ttl = st->o.ttl,
	    .protocol = IRL_IPV4_TCP,
	    .dont_fragment = true, /* RFC 1191 */
	};

	irl_ipv4_write(to, &ip);
	return irl_checksum_pseudo(ip.source, ip.dest, IRL_IPV4_TCP, size);
}

static uint64_t write_ipv6(const struct irl_tcp_stack *st, uint8_t *to,
			   const struct irl_segment_out *out, uint16_t size)
{
	struct irl_ipv6 ip = {
	    .payload_length = size,
	    .next_header = IRL_IPV6_TCP,
	    .hop_limit = st->o.ttl,
	};

	memcpy(ip.source, st->locals[out->ends->local].addr.byte, 16);
	memcpy(ip.dest, out->ends->remote6, 16);
	irl_ipv6_write(to, &ip);
	return irl_ipv6_pseudo(ip.source, ip.dest, IRL_IPV6_TCP, size);
}

uint32_t irl_segment_write(const struct irl_tcp_stack *st, uint8_t *frame,
			   const struct irl_segment_out *out)
{
	struct irl_eth eth = {.type =
				  out->ends->v6 ? IRL_ETH_IPV6 : IRL_ETH_IPV4};
	struct irl_tcp tcp = {
	    .source = out->ends->local_port,
	    .dest = out->ends->remote_port,
	    .seq = out->seq,
	    .ack = out->ack,
	    .flags = out->flags,
	    .window = out->window,
	    .options = irl_bytes(out->options, out->option_bytes),
	};
	uint32_t size = IRL_TCP_HEADER + out->option_bytes + out->length;
	uint8_t *ip = frame + IRL_ETH_HEADER, *data = frame + headers(out);
	uint64_t pseudo;

	memcpy(eth.dest, st->o.gateway_mac, 6);
	memcpy(eth.source, st->o.mac, 6);
	irl_eth_write(frame, &eth);
	pseudo = out->ends->v6 ? write_ipv6(st, ip, out, (uint16_t)size)
			       : write_ipv4(st, ip, out, (uint16_t)size);
	irl_tcp_write_over(data - out->option_bytes - IRL_TCP_HEADER, &tcp,
			   pseudo, data, out->length);
	return headers(out) + out->length;
}

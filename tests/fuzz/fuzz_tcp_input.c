// SPDX-License-Identifier: BSD-2-Clause
/*
 * Bytes as a play: what peers and routers send, what the user does, how time
 * goes; the first one says in which family.  Segments are given near the
 * sequence numbers that are in play, which raw bytes would never hit.  After
 * each act the stack is looked at from inside.
 */
#include <stdio.h>
#include <stdlib.h>
#include "../octets.h"
#include "../tcp_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONNECTIONS 6u

struct play {
	const uint8_t *at;
	size_t left;
	struct irl_tcp_stack *st;
	uint64_t now, id[CONNECTIONS];
	bool v6;
	uint8_t bytes[8][1600];
};

static uint32_t next(struct play *p, unsigned bytes)
{
	uint32_t v = 0;

	for (; bytes; bytes--) {
		v = v << 8 | (p->left ? *p->at : 0);
		if (p->left) {
			p->at++;
			p->left--;
		}
	}
	return v;
}

static uint32_t checksum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return 0xffff - sum;
}

/* ---- frames: 10.0.0.2 to 10.0.0.1, or fd00::2 to fd00::1 ----------------- */

static struct irl_ip address(const struct play *p, uint8_t last)
{
	struct irl_ip ip = {{0xfd, [15] = last}};

	return p->v6 ? ip : irl_ip4(0x0a000000u + last);
}

static void put_address(const struct play *p, uint8_t *to, uint8_t last)
{
	struct irl_ip ip = address(p, last);

	memcpy(to, ip.byte + (p->v6 ? 0 : 12), p->v6 ? 16 : 4);
}

static uint32_t ip_bytes(const struct play *p)
{
	return p->v6 ? 40 : 20;
}

/* Where the addresses lie in the header. */
static uint32_t ip_source(const struct play *p)
{
	return p->v6 ? 8 : 12;
}

static void ip_header(const struct play *p, uint8_t *ip, uint32_t payload,
		      uint8_t protocol, uint8_t from, uint8_t to)
{
	uint8_t *source = ip + ip_source(p);

	put_address(p, source, from);
	put_address(p, source + (p->v6 ? 16 : 4), to);
	if (p->v6) {
		ip[0] = 0x60;
		put16(ip + 4, payload);
		ip[6] = protocol;
		ip[7] = 64;
		return;
	}
	ip[0] = 0x45;
	put16(ip + 2, 20 + payload);
	ip[8] = 64;
	ip[9] = protocol;
	put16(ip + 10, checksum(ip, 20, 0));
}

static uint8_t *upper(const struct play *p, uint8_t *f)
{
	return f + 14 + ip_bytes(p);
}

/* Headers around @payload bytes, whose own checksum stands at @at of them;
 * returns the frame's length. */
static uint32_t wrap(const struct play *p, uint8_t *f, uint32_t payload,
		     uint8_t protocol, uint32_t at)
{
	uint8_t *ip = f + 14;
	bool pseudo = p->v6 || protocol == 6;
	uint32_t sum = pseudo ? protocol + payload : 0;

	put16(f + 12, p->v6 ? 0x86dd : 0x0800);
	ip_header(p, ip, payload, protocol, 2, 1);
	if (pseudo)
		sum += 0xffff - checksum(ip + ip_source(p), p->v6 ? 32 : 8, 0);
	put16(upper(p, f) + at, checksum(upper(p, f), payload, sum));
	return 14 + ip_bytes(p) + payload;
}

/* A copy of its own size, so that ASan sees its end. */
static struct irl_frame exactly(const uint8_t *f, uint32_t length)
{
	struct irl_frame frame = {.data = malloc(length), .length = length};

	if (!frame.data)
		abort();
	memcpy(frame.data, f, length);
	return frame;
}

static void input(struct play *p, const uint8_t *f, uint32_t length)
{
	struct irl_frame frame = exactly(f, length);

	irl_tcp_input(p->st, &frame, 1, p->now, NULL);
	free(frame.data);
}

/* ---- the peer ------------------------------------------------------------ */

/* The stub of one of the play's connections; it need not be alive. */
static uint32_t stub(const struct play *p, uint32_t which)
{
	uint32_t s = irl_stub_of(p->st, p->id[which % CONNECTIONS]);

	return s == IRL_CONN_NONE ? 0 : s;
}

static void bases(const struct play *p, uint32_t s, uint32_t *seq,
		  uint32_t *ack)
{
	struct irl_ends ends;

	if (irl_stub_state(p->st, s) == IRL_STUB_FULL) {
		const struct irl_hot *h = &p->st->hot[p->st->stub[s].body];

		*seq = h->rcv_nxt;
		*ack = h->una;
		return;
	}
	irl_stub_ends(p->st, s, &ends);
	*seq = 0xfffffe00;
	*ack =
	    irl_stub_iss(p->st, &p->st->stub[s], irl_ends_hash(p->st, &ends)) +
	    1;
}

static void segment(struct play *p)
{
	uint8_t f[14 + 40 + 20 + 60 + 1500] = {0}, *tcp = upper(p, f);
	uint32_t s = stub(p, next(p, 1)), seq, ack, options, length;

	bases(p, s, &seq, &ack);
	put16(tcp, p->st->stub[s].remote_port);
	put16(tcp + 2, p->st->stub[s].local_port);
	tcp[13] = (uint8_t)next(p, 1);
	seq += (uint32_t)(int8_t)next(p, 1) * (tcp[13] & 0x80 ? 97 : 1);
	ack += (uint32_t)(int8_t)next(p, 1) * (tcp[13] & 0x40 ? 997 : 1);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	put16(tcp + 14, next(p, 1) * 257);
	options = next(p, 1) % 11 * 4;
	for (uint32_t i = 0; i < options; i++)
		tcp[20 + i] = (uint8_t)next(p, 1);
	/* SACK blocks and timestamps that hit. */
	if (options >= 12 && tcp[22] == 5 && tcp[23] == 10) {
		put32(tcp + 24, ack + tcp[27]);
		put32(tcp + 28, ack + tcp[31] * 16u);
	}
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	length = next(p, 1);
	length = length < 128 ? length : length * 5;
	for (uint32_t i = 0; i < length; i++)
		tcp[20 + options + i] = (uint8_t)(seq + i);
	input(p, f, wrap(p, f, 20 + options + length, 6, 16));
}

static void icmp(struct play *p)
{
	uint8_t f[14 + 40 + 8 + 48] = {0}, *m = upper(p, f), *quote = m + 8;
	uint8_t *tcp = quote + ip_bytes(p);
	uint32_t s = stub(p, next(p, 1)), seq, ack;

	bases(p, s, &seq, &ack);
	m[0] = (uint8_t)(next(p, 1) % 13);
	m[1] = (uint8_t)(next(p, 1) % 16);
	put16(m + 6, next(p, 2));
	ip_header(p, quote, 980, 6, 1, 2);
	put16(tcp, p->st->stub[s].local_port);
	put16(tcp + 2, p->st->stub[s].remote_port);
	put32(tcp + 4, ack + (uint32_t)(int8_t)next(p, 1));
	input(p, f, wrap(p, f, 16 + ip_bytes(p), p->v6 ? 58 : 1, 2));
}

static void raw(struct play *p)
{
	uint8_t f[200];
	uint32_t n = next(p, 1) % sizeof(f);

	for (uint32_t i = 0; i < n; i++)
		f[i] = (uint8_t)next(p, 1);
	if (n)
		input(p, f, n);
}

static const uint8_t all_options[20] = {2, 4, 2, 0, 4, 2, 8, 10, 0, 0,
					0, 1, 0, 0, 0, 0, 1, 3,  3, 2};

/* A SYN-ACK with the first @options bytes of those; the rest is their end. */
static uint32_t synack(const struct play *p, uint8_t *f, uint16_t port,
		       uint32_t seq, uint32_t ack, uint32_t options)
{
	uint8_t *tcp = upper(p, f);

	put16(tcp, 80);
	put16(tcp + 2, port);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = 0xa0;
	tcp[13] = 0x12;
	put16(tcp + 14, 4000);
	memcpy(tcp + 20, all_options, options);
	return wrap(p, f, 40, 6, 16);
}

/* A SYN-ACK to a SYN of somebody else, sound but for one octet, or not. */
static void adopt(struct play *p, uint64_t *id)
{
	uint8_t f[14 + 40 + 40] = {0};
	uint32_t how = next(p, 1), octet = next(p, 1), length;
	const struct irl_tcp_offer offer = {.mss = 1000,
					    .scale = how & 1 ? 3 : -1,
					    .sack = how & 2,
					    .timestamps = how & 4};
	struct irl_frame frame;
	uint64_t got;

	length = synack(p, f, (uint16_t)(1000 + (how >> 3) % 8), next(p, 4),
			next(p, 4), how & 0x40 ? 20 : 6);
	if (how & 0x80)
		f[octet % length] ^= (uint8_t)next(p, 1);
	frame = exactly(f, length);
	got =
	    irl_tcp_adopt(p->st, &frame, &offer, how, p->now - 1000000, p->now);
	free(frame.data);
	if (got)
		*id = got;
}

static void user(struct play *p)
{
	static const uint8_t text[4096];
	uint8_t bytes[2048];
	struct irl_tcp_connect request = {.remote = address(p, 2), .port = 80};
	uint32_t what = next(p, 1), which = next(p, 1) % CONNECTIONS;
	uint64_t *id = &p->id[which];
	struct irl_tcp_info info;

	switch (what % 11) {
	case 0:
		request.flags = what & 0x80 ? IRL_TCP_REQUEST_AFTER : 0;
		irl_tcp_connect(p->st, &request, 1, id, p->now);
		break;
	case 1:
		irl_tcp_send(p->st, *id, text, next(p, 2) % 4096, 0);
		break;
	case 2:
		irl_tcp_send(p->st, *id, text, next(p, 2) % 4096,
			     IRL_TCP_STATIC);
		break;
	case 3:
	case 4:
		irl_tcp_read(p->st, *id, bytes, next(p, 2) % 2048);
		break;
	case 5:
		irl_tcp_shut(p->st, *id);
		break;
	case 6:
		irl_tcp_close(p->st, *id);
		break;
	case 7:
		irl_tcp_abort(p->st, *id);
		break;
	case 8:
		irl_tcp_release(p->st, *id);
		break;
	case 9:
		adopt(p, id);
		break;
	default:
		irl_tcp_info(p->st, *id, &info);
		break;
	}
}

static void step(struct play *p)
{
	struct irl_tcp_event event[4];
	struct irl_frame frame[8];
	uint32_t what = next(p, 1);

	for (unsigned i = 0; i < 8; i++)
		frame[i].data = p->bytes[i];
	if (what & 0x80)
		irl_tcp_poll(p->st, event, 1 + (what >> 4 & 3));
	if (what & 0x40)
		irl_tcp_output(p->st, frame, 1 + (what >> 4 & 7), p->now);
	switch (what & 7) {
	case 0:
	case 1:
	case 2:
		segment(p);
		break;
	case 3:
		icmp(p);
		break;
	case 4:
		raw(p);
		break;
	case 5:
		p->now += (uint64_t)next(p, 2) << (what & 8 ? 24 : 14);
		irl_tcp_advance(p->st, p->now);
		irl_tcp_next_ns(p->st);
		break;
	default:
		user(p);
		break;
	}
}

/* Established, with a SYN-ACK that offers everything. */
static void establish(struct play *p, unsigned which)
{
	uint8_t f[14 + 40 + 40] = {0};
	uint32_t s = stub(p, which), seq, ack;

	bases(p, s, &seq, &ack);
	/* Without timestamps on every other, which are hard to keep up. */
	input(p, f,
	      synack(p, f, p->st->stub[s].local_port, seq, ack,
		     which & 1 ? 20 : 6));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irl_tcp_local local = {.port_first = 1000, .port_last = 1007};
	struct irl_tcp_connect request = {.port = 80};
	struct play *p = calloc(1, sizeof(*p));
	struct irl_tcp_stack_options o = {
	    .locals = &local,
	    .local_count = 1,
	    .connections = 8,
	    .established = 6,
	    .time_waits = 2,
	    .buffer_bytes = 64 * 512,
	    .receive_bytes = 8192,
	    .send_bytes = 16384,
	};
	struct irl_frame frame[8];
	uint32_t first;

	if (!p)
		abort();
	p->at = data;
	p->left = size;
	p->now = 1ull << 40;
	first = next(p, 1);
	o.idle_ns = first & 1 ? 30000000000ull : 0;
	o.statistics = first & 2;
	p->v6 = first & 4;
	local.addr = address(p, 1);
	request.remote = address(p, 2);
	if (irl_tcp_new(&p->st, &o, NULL))
		abort();
	for (unsigned i = 0; i < 8; i++)
		frame[i].data = p->bytes[i];
	for (unsigned i = 0; i < CONNECTIONS; i++)
		irl_tcp_connect(p->st, &request, 1, &p->id[i], p->now);
	irl_tcp_output(p->st, frame, 8, p->now);
	for (unsigned i = 0; i < 4; i++)
		establish(p, i);
	while (p->left) {
		const char *wrong;

		step(p);
		wrong = check_stack(p->st);
		if (wrong) {
			fprintf(stderr, "does not hold: %s\n", wrong);
			abort();
		}
	}
	irl_tcp_free(p->st);
	free(p);
	return 0;
}

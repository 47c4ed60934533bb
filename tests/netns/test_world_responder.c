// SPDX-License-Identifier: BSD-2-Clause
/*
 * The XDP responder, frame by frame: a test run of the loaded program takes one
 * frame in and gives verdict and frame out.  No interface is touched.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <cmocka.h>
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "world/core.h"
#include "world.skel.h"

#define SKIPPED 77
#define NO_QUEUE 9999u
#define CLIENT 0x0a000001u
#define SEQ 0xfffffffeu /* its successor but one wraps */
#define WORLD 0x0a400000u

static const uint8_t mac_here[6] = {2, 'i', 'r', 'l', 0, 1};
static const uint8_t mac_there[6] = {2, 'i', 'r', 'l', 0, 2};

struct frame {
	uint8_t byte[2048];
	uint32_t length;
};

static struct irl_world_model dense(void)
{
	struct irl_world_model m;

	irl_world_model_init(&m);
	m.seed = 5;
	m.alive = irl_world_share(0.6);
	m.unreachable = irl_world_share(0.2);
	m.open = irl_world_share(0.4);
	m.closed = irl_world_share(0.4);
	return m;
}

static struct world *load(const struct irl_world_model *m, uint32_t host_queue)
{
	struct world *w = world__open();

	assert_non_null(w);
	w->rodata->model = *m;
	memcpy((void *)w->rodata->mac, mac_there, 6);
	w->rodata->host_queue = host_queue;
	assert_int_equal(world__load(w), 0);
	return w;
}

static uint32_t run(struct world *w, const struct frame *in, struct frame *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->byte,
		    .data_size_in = in->length, .data_out = out->byte,
		    .data_size_out = sizeof(out->byte));

	assert_int_equal(
	    bpf_prog_test_run_opts(bpf_program__fd(w->progs.irl_world), &opts),
	    0);
	out->length = opts.data_size_out;
	return opts.retval;
}

static uint64_t count(struct world *w, enum irl_world_count which)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t(*each)[IRL_WORLD_COUNTS];
	uint64_t sum = 0;
	uint32_t zero = 0;

	each = calloc((size_t)cpus, sizeof(*each));
	assert_non_null(each);
	assert_int_equal(
	    bpf_map_lookup_elem(bpf_map__fd(w->maps.counts), &zero, each), 0);
	for (int i = 0; i < cpus; i++)
		sum += each[i][which];
	free(each);
	return sum;
}

/* Swallowed, and counted as @which. */
static void assert_dropped(struct world *w, const struct frame *in,
			   enum irl_world_count which)
{
	uint64_t before = count(w, which);
	struct frame out;

	assert_int_equal(run(w, in, &out), XDP_DROP);
	assert_int_equal(count(w, which), before + 1);
}

static void assert_passed(struct world *w, const struct frame *in)
{
	struct frame out;

	assert_int_equal(run(w, in, &out), XDP_PASS);
	assert_int_equal(out.length, in->length);
	assert_memory_equal(out.byte, in->byte, in->length);
}

/* ---- frames in --------------------------------------------------------------
 */

static void begin(struct frame *f, uint32_t dest, uint8_t protocol,
		  size_t payload)
{
	struct irl_eth eth = {.type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = CLIENT,
			      .dest = dest,
			      .ttl = 255,
			      .protocol = protocol,
			      .total_length =
				  (uint16_t)(IRL_IPV4_HEADER + payload)};

	memset(f, 0, sizeof(*f));
	memcpy(eth.dest, mac_there, 6);
	memcpy(eth.source, mac_here, 6);
	irl_eth_write(f->byte, &eth);
	irl_ipv4_write(f->byte + 14, &ip);
	f->length = (uint32_t)(34 + payload);
}

static struct frame tcp_frame(uint32_t dest, uint16_t port, uint8_t flags,
			      struct irl_bytes options)
{
	struct irl_tcp tcp = {.seq = SEQ,
			      .source = 40000,
			      .dest = port,
			      .window = 65535,
			      .flags = flags,
			      .options = options};
	struct frame f;

	begin(&f, dest, IRL_IPV4_TCP, 20 + options.left);
	irl_tcp_write(f.byte + 34, &tcp, CLIENT, dest, NULL, 0);
	if (f.length < 60) {
		/* What a recycled page may hold behind a short packet. */
		memset(f.byte + f.length, 0xee, 60 - f.length);
		f.length = 60;
	}
	return f;
}

static struct frame syn_frame(uint32_t dest, uint16_t port)
{
	return tcp_frame(dest, port, IRL_TCP_SYN, irl_bytes(NULL, 0));
}

static struct frame echo_frame(uint32_t dest, size_t data)
{
	struct irl_icmp icmp = {.type = 8, .id = 7, .sequence = 9};
	struct frame f;

	begin(&f, dest, IRL_IPV4_ICMP, 8 + data);
	for (size_t i = 0; i < data; i++)
		f.byte[42 + i] = (uint8_t)(i * 7);
	irl_icmp_write(f.byte + 34, &icmp, f.byte + 42, data);
	return f;
}

static struct frame arp_frame(uint32_t target, uint16_t operation)
{
	struct irl_eth eth = {.dest = {255, 255, 255, 255, 255, 255},
			      .type = IRL_ETH_ARP};
	struct irl_arp arp = {
	    .operation = operation, .sender = CLIENT, .target = target};
	struct frame f = {.length = 42};

	memcpy(eth.source, mac_here, 6);
	memcpy(arp.sender_mac, mac_here, 6);
	irl_eth_write(f.byte, &eth);
	irl_arp_write(f.byte + 14, &arp);
	return f;
}

/* An address in @state, the @skip-th. */
static uint32_t address(const struct irl_world_model *m,
			enum irl_world_state state, int skip)
{
	for (uint32_t addr = WORLD;; addr++)
		if (irl_world_host(m, addr).state == state && skip-- == 0)
			return addr;
}

/* The first target from @addr on of that answer. */
static struct irl_target target(const struct irl_world_model *m,
				enum irl_world_kind kind, uint32_t addr)
{
	for (;; addr++)
		for (uint16_t port = 1; port < 20; port++)
			if (irl_world_answer(m, addr, port).kind == kind)
				return (struct irl_target){addr, port};
}

/* ---- frames out -------------------------------------------------------------
 */

/* Ethernet turned round, checksums right, padding zero; the rest goes on. */
static struct irl_bytes open_answer(const struct frame *out, uint32_t from,
				    struct irl_ipv4 *ip)
{
	struct irl_bytes in = irl_bytes(out->byte, out->length);
	struct irl_eth eth;

	assert_true(out->length >= 60);
	assert_true(irl_eth_parse(&in, &eth));
	assert_memory_equal(eth.dest, mac_here, 6);
	assert_memory_equal(eth.source, mac_there, 6);
	assert_int_equal(eth.type, IRL_ETH_IPV4);
	assert_true(irl_ipv4_sound(in));
	assert_true(irl_ipv4_parse(&in, ip));
	assert_false(ip->cut);
	assert_int_equal(ip->header_length, 20);
	assert_int_equal(ip->source, from);
	assert_int_equal(ip->dest, CLIENT);
	assert_true(irl_checksum_valid(out->byte, out->length));
	for (uint32_t i = 14u + ip->total_length; i < out->length; i++)
		assert_int_equal(out->byte[i], 0);
	return in;
}

static void check_tcp(const struct frame *out, uint32_t addr, uint16_t port,
		      const struct irl_world_answer *a)
{
	bool open = a->kind == IRL_WORLD_SYNACK;
	struct irl_ipv4 ip;
	struct irl_tcp tcp;
	struct irl_bytes in = open_answer(out, addr, &ip);

	assert_int_equal(ip.protocol, IRL_IPV4_TCP);
	assert_int_equal(ip.ttl, a->ttl);
	assert_true(irl_tcp_parse(&in, &tcp));
	assert_int_equal(in.left, 0);
	assert_int_equal(tcp.source, port);
	assert_int_equal(tcp.dest, 40000);
	assert_int_equal(tcp.ack, SEQ + 1);
	assert_int_equal(tcp.flags, open ? 0x12 : 0x14);
	assert_int_equal(tcp.window, a->window);
	assert_int_equal(irl_tcp_mss(tcp.options), a->mss);
	if (!open)
		assert_int_equal(tcp.seq, 0);
}

static void check_unreachable(const struct frame *in, const struct frame *out,
			      const struct irl_world_answer *a)
{
	struct irl_ipv4 ip;
	struct irl_icmp icmp;
	struct irl_bytes rest = open_answer(out, a->responder, &ip);

	assert_int_equal(out->length, 70);
	assert_int_equal(ip.protocol, IRL_IPV4_ICMP);
	assert_int_equal(ip.ttl, a->ttl);
	assert_true(irl_icmp_parse(&rest, &icmp));
	assert_int_equal(icmp.type, 3);
	assert_int_equal(icmp.code, a->icmp_code);
	assert_int_equal(rest.left, 28);
	assert_memory_equal(rest.at, in->byte + 14, 28);
}

/* ---- tests
 * -------------------------------------------------------------------- */

/* The heart: what comes out is what the model says, target by target. */
static void test_syns_are_answered_as_the_model_says(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	uint64_t kinds[4] = {0};

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t addr = WORLD + i * 37;
		uint16_t port = (uint16_t)(i % 7 * 9001);
		struct irl_world_answer a = irl_world_answer(&m, addr, port);
		struct frame in = syn_frame(addr, port), out;
		uint32_t verdict = run(w, &in, &out);

		kinds[a.kind]++;
		assert_int_equal(verdict, a.kind == IRL_WORLD_SILENT
					      ? (uint32_t)XDP_DROP
					      : (uint32_t)XDP_TX);
		if (a.kind == IRL_WORLD_ICMP)
			check_unreachable(&in, &out, &a);
		else if (a.kind != IRL_WORLD_SILENT)
			check_tcp(&out, addr, port, &a);
	}
	assert_int_equal(count(w, IRL_WORLD_N_SILENT), kinds[0]);
	assert_int_equal(count(w, IRL_WORLD_N_SYNACK), kinds[1]);
	assert_int_equal(count(w, IRL_WORLD_N_RST), kinds[2]);
	assert_int_equal(count(w, IRL_WORLD_N_ICMP), kinds[3]);
	for (int i = 0; i < 4; i++)
		assert_true(kinds[i] > 100);
	world__destroy(w);
}

/* The scanner's own stack is answered by a redirect, which wakes its end. */
static void test_host_queue_is_answered_by_redirect(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, 0);
	struct irl_target t = target(&m, IRL_WORLD_SYNACK, WORLD);
	struct frame in = syn_frame(t.addr, t.port), out;

	(void)state;
	assert_int_equal(run(w, &in, &out), XDP_REDIRECT);
	world__destroy(w);
}

#define SCALE 1u
#define SACK 2u
#define TIME 4u

static size_t put_options(uint8_t *o, unsigned offered)
{
	static const uint8_t mss[] = {2, 4, 5, 0xb4}, sack[] = {4, 2, 1, 1},
			     time[] = {1,    1,    8, 10, 0xde, 0xad,
				       0xbe, 0xef, 0, 0,  0,    0},
			     scale[] = {1, 3, 3, 10};
	size_t n = sizeof(mss);

	memcpy(o, mss, n);
	if (offered & SACK)
		memcpy(o + n, sack, sizeof(sack)), n += sizeof(sack);
	if (offered & TIME)
		memcpy(o + n, time, sizeof(time)), n += sizeof(time);
	if (offered & SCALE)
		memcpy(o + n, scale, sizeof(scale)), n += sizeof(scale);
	return n;
}

/* Which of the three an answer holds; checks form and the echoed time. */
static unsigned read_answer(struct irl_bytes o)
{
	unsigned found = 0;

	while (o.left && *o.at) {
		size_t size = *o.at == 1 ? 1 : o.at[1];

		assert_true(size >= 1 && size <= o.left);
		if (*o.at == 3)
			found |= SCALE;
		else if (*o.at == 4)
			found |= SACK;
		else if (*o.at == 8)
			found |= TIME;
		else
			assert_true(*o.at == 1 || *o.at == 2);
		if (*o.at == 8)
			assert_memory_equal(o.at + 6, "\xde\xad\xbe\xef", 4);
		o.at += size;
		o.left -= size;
	}
	return found;
}

/* In the order of Linux, which the responder takes whole, and with one byte of
 * it wrong, which ends the options there. */
static size_t put_usual(uint8_t *o, unsigned n, unsigned *offered)
{
	static const uint8_t usual[20] = {2,  4,    5,    0xb4, 4,    2, 8,
					  10, 0xde, 0xad, 0xbe, 0xef, 0, 0,
					  0,  0,    1,    3,    3,    10};
	static const struct {
		uint8_t at, byte;
		unsigned left;
	} wrong[] = {
	    {1, 4, SCALE | SACK | TIME},
	    {18, 2, SACK | TIME},
	    {17, 5, SACK | TIME},
	    {16, 0, SACK | TIME},
	    {7, 9, SACK},
	    {5, 1, 0},
	};

	memcpy(o, usual, sizeof(usual));
	n %= sizeof(wrong) / sizeof(wrong[0]);
	o[wrong[n].at] = wrong[n].byte;
	*offered = wrong[n].left;
	return sizeof(usual);
}

/* RFC 7323, 2.2: an option that was not offered is not answered. */
static void test_options_answer_what_was_offered(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	struct irl_target t = {WORLD, 0};

	(void)state;
	for (unsigned n = 0; n < 140; n++) {
		unsigned offered = n % 8, may;
		uint64_t hash;
		uint8_t o[40];
		size_t size = n < 80 ? put_options(o, offered)
				     : put_usual(o, n, &offered);
		struct frame in, out;
		struct irl_ipv4 ip;
		struct irl_tcp tcp;
		struct irl_bytes rest;

		t = target(&m, IRL_WORLD_SYNACK, t.addr + 1);
		hash = irl_world_host(&m, t.addr).hash;
		may = offered;
		in = tcp_frame(t.addr, t.port, IRL_TCP_SYN, irl_bytes(o, size));
		assert_int_equal(run(w, &in, &out), XDP_TX);
		rest = open_answer(&out, t.addr, &ip);
		assert_true(irl_tcp_parse(&rest, &tcp));
		if (irl_world_class(hash) == IRL_WORLD_EMBEDDED)
			may = 0;
		if (irl_world_class(hash) == IRL_WORLD_WINDOWS)
			may &= ~TIME;
		assert_int_equal(read_answer(tcp.options), may);
		assert_int_equal(irl_tcp_mss(tcp.options), irl_world_mss(hash));
		assert_true(out.length <= in.length);
	}
	world__destroy(w);
}

/* Hostile options: no answer is wrong in form, whatever stands there. */
static void test_any_options(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	struct irl_target t = target(&m, IRL_WORLD_SYNACK, WORLD);
	struct irl_world_answer a = irl_world_answer(&m, t.addr, t.port);
	uint64_t random = 1;

	(void)state;
	for (int n = 0; n < 3000; n++) {
		static const uint8_t kinds[] = {0, 1, 2, 3, 4, 8, 8, 255};
		uint8_t o[40];
		struct frame in, out;

		for (size_t i = 0; i < sizeof(o); i++) {
			uint64_t r = irl_world_mix(++random);

			o[i] =
			    (uint8_t)(r & 16 ? r >> 8 & 15 : kinds[r >> 8 & 7]);
		}
		in = tcp_frame(t.addr, t.port, IRL_TCP_SYN,
			       irl_bytes(o, (size_t)(n % 11) * 4));
		assert_int_equal(run(w, &in, &out), XDP_TX);
		check_tcp(&out, t.addr, t.port, &a);
	}
	world__destroy(w);
}

static void test_checksums_are_checked(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	struct irl_target t = target(&m, IRL_WORLD_SYNACK, WORLD);
	struct irl_world_answer a = irl_world_answer(&m, t.addr, t.port);
	struct frame in = syn_frame(t.addr, t.port), out;
	uint16_t partial = (uint16_t)~irl_checksum_finish(
	    irl_checksum_pseudo(CLIENT, t.addr, 6, 20));

	(void)state;
	for (int at = 14; at < 54; at++) {
		struct frame bad = in;

		if (at >= 30 && at < 34)
			continue; /* another address: another host */
		bad.byte[at] ^= 0x40;
		assert_int_equal(run(w, &bad, &out), XDP_DROP);
	}
	assert_true(count(w, IRL_WORLD_N_MALFORMED) >= 34);
	/* What the kernel leaves to an offload. */
	in.byte[50] = (uint8_t)(partial >> 8);
	in.byte[51] = (uint8_t)partial;
	assert_int_equal(run(w, &in, &out), XDP_TX);
	check_tcp(&out, t.addr, t.port, &a);
	in.byte[51] ^= 1;
	assert_dropped(w, &in, IRL_WORLD_N_MALFORMED);
	world__destroy(w);
}

static void test_cut_frames(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	struct irl_target t = target(&m, IRL_WORLD_SYNACK, WORLD);
	struct frame in = syn_frame(t.addr, t.port), out;

	(void)state;
	for (in.length = 14; in.length < 54; in.length++)
		assert_dropped(w, &in, IRL_WORLD_N_MALFORMED);
	assert_int_equal(run(w, &in, &out), XDP_TX);
	assert_int_equal(out.length, 60);
	/* A length that says more than there is, and less than a header. */
	for (uint16_t length = 0; length < 2000; length++) {
		struct irl_ipv4 ip = {.source = CLIENT,
				      .dest = t.addr,
				      .ttl = 9,
				      .protocol = 6,
				      .total_length = length};

		if (length == 40)
			continue;
		in = syn_frame(t.addr, t.port);
		irl_ipv4_write(in.byte + 14, &ip);
		if (length < 40 || length > 46)
			assert_dropped(w, &in, IRL_WORLD_N_MALFORMED);
	}
	world__destroy(w);
}

/* Longer than a probe needs to be: the answer is cut to size all the same. */
static void test_long_padding(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	struct irl_target t = target(&m, IRL_WORLD_RST, WORLD);
	struct irl_world_answer a = irl_world_answer(&m, t.addr, t.port);
	struct frame in = syn_frame(t.addr, t.port), out;

	(void)state;
	memset(in.byte + 54, 0xee, 1000);
	in.length = 1054;
	assert_int_equal(run(w, &in, &out), XDP_TX);
	assert_int_equal(out.length, 60);
	check_tcp(&out, t.addr, t.port, &a);
	world__destroy(w);
}

static void test_other_segments_are_swallowed(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	uint32_t alive = address(&m, IRL_WORLD_ALIVE, 0);
	uint32_t dead = address(&m, IRL_WORLD_DEAD, 0);
	uint32_t unreachable = address(&m, IRL_WORLD_UNREACHABLE, 0);
	struct irl_bytes none = irl_bytes(NULL, 0);

	(void)state;
	for (unsigned flags = 0; flags < 64; flags++) {
		struct frame in = tcp_frame(alive, 80, (uint8_t)flags, none);

		if (flags & IRL_TCP_RST)
			assert_dropped(w, &in, IRL_WORLD_N_GOT_RST);
		else if ((flags & 0x13) != IRL_TCP_SYN)
			assert_dropped(w, &in, IRL_WORLD_N_SEGMENT);
		in = tcp_frame(dead, 80, (uint8_t)flags, none);
		assert_dropped(w, &in, IRL_WORLD_N_SILENT);
		in = tcp_frame(unreachable, 80, (uint8_t)flags, none);
		if ((flags & 0x17) != IRL_TCP_SYN)
			assert_dropped(w, &in,
				       flags & 4 ? IRL_WORLD_N_GOT_RST
						 : IRL_WORLD_N_SEGMENT);
	}
	world__destroy(w);
}

static void test_echo(void **state)
{
	static const size_t sizes[] = {0, 1, 17, 18, 19, 56, 1000, 1472};
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);
	uint32_t alive = address(&m, IRL_WORLD_ALIVE, 3);
	uint32_t lost = address(&m, IRL_WORLD_UNREACHABLE, 3);
	uint32_t dead = address(&m, IRL_WORLD_DEAD, 3);
	struct irl_world_answer a = irl_world_answer(&m, lost, 80);
	struct frame in, out;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		in = echo_frame(alive, sizes[i]);
		assert_int_equal(run(w, &in, &out), XDP_TX);
		assert_int_equal(out.length, in.length);
		assert_true(irl_checksum_valid(out.byte, out.length));
		assert_int_equal(out.byte[34], 0);
		assert_memory_equal(out.byte + 38, in.byte + 38, sizes[i] + 4);
		assert_int_equal(out.byte[22],
				 irl_world_ttl(irl_world_host(&m, alive).hash));
		assert_memory_equal(out.byte + 26, in.byte + 30, 4);
	}
	in.byte[40] ^= 1; /* a wrong checksum stays wrong */
	assert_int_equal(run(w, &in, &out), XDP_TX);
	assert_false(irl_checksum_valid(out.byte, out.length));
	in = echo_frame(lost, 30);
	assert_int_equal(run(w, &in, &out), XDP_TX);
	check_unreachable(&in, &out, &a);
	in = echo_frame(dead, 30);
	assert_dropped(w, &in, IRL_WORLD_N_SILENT);
	world__destroy(w);
}

/* RFC 1122, 3.2.2: no error about an error, and no reply to a reply. */
static void test_other_icmp(void **state)
{
	struct irl_world_model m = dense();
	struct world *w = load(&m, NO_QUEUE);

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		struct frame in =
		    echo_frame(address(&m, IRL_WORLD_UNREACHABLE, 0), 28);

		in.byte[34] = (uint8_t)type;
		if (type != 8)
			assert_dropped(w, &in, IRL_WORLD_N_OTHER);
		in = echo_frame(address(&m, IRL_WORLD_ALIVE, 0), 28);
		in.byte[34] = (uint8_t)type;
		if (type != 8)
			assert_dropped(w, &in, IRL_WORLD_N_OTHER);
	}
	world__destroy(w);
}

static void test_arp(void **state)
{
	struct irl_world_model m = dense();
	struct world *w;
	struct frame in = arp_frame(0x0a400001, IRL_ARP_REQUEST), out;
	struct irl_bytes rest;
	struct irl_arp arp;

	(void)state;
	assert_int_equal(irl_world_model_range(&m, "10.64.0.0/10", NULL), 0);
	w = load(&m, NO_QUEUE);
	assert_int_equal(run(w, &in, &out), XDP_TX);
	assert_int_equal(out.length, 60);
	assert_memory_equal(out.byte, mac_here, 6);
	rest = irl_bytes(out.byte + 14, 46);
	assert_true(irl_arp_parse(&rest, &arp));
	assert_int_equal(arp.operation, IRL_ARP_REPLY);
	assert_int_equal(arp.sender, 0x0a400001);
	assert_memory_equal(arp.sender_mac, mac_there, 6);
	assert_int_equal(arp.target, CLIENT);
	assert_memory_equal(arp.target_mac, mac_here, 6);
	for (int i = 42; i < 60; i++)
		assert_int_equal(out.byte[i], 0);
	in = arp_frame(0x0a400001, IRL_ARP_REPLY);
	assert_dropped(w, &in, IRL_WORLD_N_OTHER);
	in = arp_frame(0x0a800001, IRL_ARP_REQUEST);
	assert_dropped(w, &in, IRL_WORLD_N_OUTSIDE);
	in = arp_frame(IRL_WORLD_GATEWAY, IRL_ARP_REQUEST);
	assert_passed(w, &in);
	in = arp_frame(0x0a400001, IRL_ARP_REQUEST);
	for (in.length = 14; in.length < 42; in.length++)
		assert_dropped(w, &in, IRL_WORLD_N_MALFORMED);
	world__destroy(w);
}

static void test_what_is_not_the_worlds(void **state)
{
	struct irl_world_model m = dense();
	struct irl_target t = target(&m, IRL_WORLD_SYNACK, WORLD);
	struct world *w;
	struct frame in;

	(void)state;
	assert_int_equal(irl_world_model_range(&m, "10.64.0.0/10", NULL), 0);
	w = load(&m, NO_QUEUE);
	in = syn_frame(IRL_WORLD_GATEWAY, 22);
	assert_passed(w, &in);
	in = syn_frame(0x0a0000ff, 22);
	assert_passed(w, &in);
	in = syn_frame(0xc0000201, 80);
	assert_dropped(w, &in, IRL_WORLD_N_OUTSIDE);
	in = syn_frame(0x0a000100, 80);
	assert_dropped(w, &in, IRL_WORLD_N_OUTSIDE);
	in = syn_frame(t.addr, t.port);
	in.byte[12] = 0x86; /* IPv6, 802.1Q */
	in.byte[13] = 0xdd;
	assert_passed(w, &in);
	in.byte[12] = 0x81;
	in.byte[13] = 0x00;
	assert_passed(w, &in);
	in = syn_frame(t.addr, t.port);
	in.byte[5] ^= 1; /* to another station */
	assert_dropped(w, &in, IRL_WORLD_N_OTHER);
	in = syn_frame(t.addr, t.port);
	in.byte[20] = 0x20; /* a first fragment */
	assert_dropped(w, &in, IRL_WORLD_N_OTHER);
	in = syn_frame(t.addr, t.port);
	in.byte[21] = 1; /* a later one */
	assert_dropped(w, &in, IRL_WORLD_N_OTHER);
	in = syn_frame(t.addr, t.port);
	in.byte[14] = 0x46; /* IP options */
	assert_dropped(w, &in, IRL_WORLD_N_MALFORMED);
	begin(&in, t.addr, IRL_IPV4_UDP, 30);
	assert_dropped(w, &in, IRL_WORLD_N_OTHER);
	world__destroy(w);
}

/* Every probe is lost or answered by itself, so that passes are independent. */
static void test_loss(void **state)
{
	struct irl_world_model m = dense();
	struct irl_target t = target(&m, IRL_WORLD_SYNACK, WORLD);
	struct frame in = syn_frame(t.addr, t.port), out;
	const double share = (1 - 0.2) * (1 - 0.2);
	const int n = 20000;
	struct world *w;
	int answered = 0;

	(void)state;
	m.loss = irl_world_share(0.2);
	w = load(&m, NO_QUEUE);
	for (int i = 0; i < n; i++)
		answered += run(w, &in, &out) == XDP_TX;
	assert_true(fabs(answered - n * share) <
		    5 * sqrt(n * share * (1 - share)));
	assert_int_equal(count(w, IRL_WORLD_N_SYNACK), answered);
	assert_int_equal(count(w, IRL_WORLD_N_LOST), n - answered);
	world__destroy(w);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_syns_are_answered_as_the_model_says),
	    cmocka_unit_test(test_host_queue_is_answered_by_redirect),
	    cmocka_unit_test(test_options_answer_what_was_offered),
	    cmocka_unit_test(test_any_options),
	    cmocka_unit_test(test_checksums_are_checked),
	    cmocka_unit_test(test_cut_frames),
	    cmocka_unit_test(test_long_padding),
	    cmocka_unit_test(test_other_segments_are_swallowed),
	    cmocka_unit_test(test_echo),
	    cmocka_unit_test(test_other_icmp),
	    cmocka_unit_test(test_arp),
	    cmocka_unit_test(test_what_is_not_the_worlds),
	    cmocka_unit_test(test_loss),
	};

	libbpf_set_print(quiet);
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: needs root\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

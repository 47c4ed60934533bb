// SPDX-License-Identifier: BSD-2-Clause
/*
 * A live port on the host's own interface: the host keeps what is not ours,
 * byte for byte, and the port is had only where it can transmit.
 *
 *   here: live port on va, the host's sockets ---- veth ---- there: a sender
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <irl/port.h>
#include <irl/probe.h>
#include "base/xdp_features.h"
#include "wire/checksum.h"
#include "netns/net_lab.h"
#include "octets.h"

#define HERE ADDR(10, 9, 0, 1)
#define THERE ADDR(10, 9, 0, 2)
#define OWN ADDR(10, 77, 0, 0) /* /24: addresses that only we have */
#define PORT_FIRST 61000
#define PORT_LAST 65095
#define ANY_TYPE 0x88b5 /* for local experiments (IEEE 802) */

static struct lab lab;
static uint8_t mac_here[6];

/* A packet socket on one end; it hears nothing of what it sends itself. */
static int open_tap(int space, const char *interface, uint16_t type)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(type)};
	int yes = 1, room = 8 << 20, fd;

	lab_enter(space);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	at.sll_ifindex = (int)if_nametoindex(interface);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING,
				    &yes, sizeof(yes)),
			 0);
	assert_int_equal(
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &yes, sizeof(yes)), 0);
	/* a frame in a page of its own counts as 4 KiB */
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	lab_enter(lab.here);
	return fd;
}

/* A frame as it was on the wire: the kernel keeps its tag beside it. */
static int read_tap(int fd, uint8_t *frame, size_t size)
{
	uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec part = {frame, size - 4};
	struct msghdr envelope = {.msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &envelope, 0);
	const struct cmsghdr *told = CMSG_FIRSTHDR(&envelope);
	struct tpacket_auxdata aux = {0};
	uint16_t tag[2];

	if (n < 14 || !told)
		return -1;
	memcpy(&aux, CMSG_DATA(told), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
		return (int)n;
	tag[0] = htons(aux.tp_vlan_tpid);
	tag[1] = htons(aux.tp_vlan_tci);
	memmove(frame + 16, frame + 12, (size_t)n - 12);
	memcpy(frame + 12, tag, 4);
	return (int)n + 4;
}

/* A program of two instructions attached to an interface; a link. */
static int attach_pass(int space, const char *interface)
{
	const struct bpf_insn pass[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_link_create_opts, how, .flags = XDP_FLAGS_DRV_MODE);
	int program, link;

	lab_enter(space);
	program =
	    bpf_prog_load(BPF_PROG_TYPE_XDP, "pass", "GPL", pass, 2, NULL);
	link = bpf_link_create(program, (int)if_nametoindex(interface), BPF_XDP,
			       &how);
	assert_true(link >= 0);
	close(program);
	lab_enter(lab.here);
	return link;
}

/* ---- where the port can be had ------------------------------------------ */

/* Every frame handed to the port arrives, and is accepted. */
static void expect_arrivals(struct irl_port *port, int tap)
{
	enum { COUNT = 200 };
	static uint8_t bytes[COUNT][64], got[2048];
	struct irl_frame frames[COUNT];
	enum irl_tx_status status[COUNT];
	unsigned next = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		memset(bytes[i], (int)i, sizeof(bytes[i]));
		memset(bytes[i], 0xff, 6);
		memcpy(bytes[i] + 6, mac_here, 6);
		bytes[i][12] = ANY_TYPE >> 8;
		bytes[i][13] = ANY_TYPE & 255;
		frames[i] =
		    (struct irl_frame){.data = bytes[i], .length = 14 + i % 51};
	}
	assert_int_equal(irl_port_send(port, 0, frames, COUNT, status), COUNT);
	while (next < COUNT) {
		int n;

		assert_true(
		    LAB_AWAIT((n = read_tap(tap, got, sizeof(got))) >= 0));
		assert_int_equal(n, frames[next].length);
		assert_memory_equal(got, bytes[next], frames[next].length);
		next++;
	}
}

static void open_and_send(const char *kind, const char *expected, int tap)
{
	struct irl_port_options options = {.ifname = "va", .kind = kind};
	struct irl_error err = {0};
	struct irl_port *port;

	if (irl_port_open(&port, &options, &err))
		fail_msg("%s", err.text);
	assert_string_equal(irl_port_info(port)->kind, expected);
	if (!kind && !strcmp(expected, "packet"))
		assert_non_null(strstr(irl_port_info(port)->refused,
				       "live: va does not transmit"));
	expect_arrivals(port, tap);
	irl_port_close(port);
}

static void test_only_where_it_transmits(void **state)
{
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	int tap = open_tap(lab.there, "vb", ANY_TYPE), link;
	struct irl_error err = {0};
	struct irl_port *port;
	uint64_t has;

	(void)state;
	if (irl_xdp_features(if_nametoindex("va"), &has)) {
		close(tap);
		skip(); /* Linux before 6.3 does not tell */
	}
	lab_do_there(&lab, "ethtool -K vb gro off");
	assert_int_equal(irl_port_open(&port, &options, &err), -IRL_ENOTSUP);
	assert_null(port);
	assert_non_null(strstr(err.text, "ethtool -K PEER gro on"));
	assert_non_null(strstr(err.text, "--port packet"));
	open_and_send(NULL, "packet", tap);
	link = attach_pass(lab.there, "vb");
	open_and_send(NULL, "live", tap);
	close(link);
	lab_do_there(&lab,
		     "ethtool -K vb gro on"); /* the mend that the text names */
	open_and_send("live", "live", tap);
	close(tap);
}

/* ---- frames -------------------------------------------------------------- */

struct built {
	uint8_t bytes[IRL_FRAME_MAX];
	uint32_t length;
};

static void start(struct built *f, uint32_t type)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, mac_here, 6);
	memcpy(f->bytes + 6, "\x02\x00\x00\x00\x00\x0b", 6);
	put16(f->bytes + 12, type);
	f->length = 14;
}

/* An IPv4 packet around @payload; @fragment as in its header. */
static void ipv4(struct built *f, uint32_t dest, uint8_t protocol,
		 uint32_t fragment, const void *payload, uint32_t size)
{
	uint8_t *ip = f->bytes + 14;
	uint16_t sum;

	start(f, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, 20 + size);
	put16(ip + 4, 0x1234);
	put16(ip + 6, fragment);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, THERE);
	put32(ip + 16, dest);
	sum = irl_checksum_finish(irl_checksum_add(0, ip, 20));
	put16(ip + 10, sum);
	memcpy(ip + 20, payload, size);
	f->length = 34 + size;
}

/* UDP (without a checksum) of 40 bytes, or a bare header of 20 of TCP. */
static void segment(struct built *f, uint32_t dest, uint8_t protocol,
		    uint32_t port)
{
	uint8_t bytes[48] = {0};

	put16(bytes, 777);
	put16(bytes + 2, port);
	if (protocol == 17) {
		put16(bytes + 4, sizeof(bytes));
		memset(bytes + 8, 'x', 40);
		ipv4(f, dest, 17, 0, bytes, sizeof(bytes));
		return;
	}
	bytes[12] = 0x50;
	bytes[13] = 0x04; /* RST: the host answers nothing */
	ipv4(f, dest, protocol, 0, bytes, 20);
}

/* ICMP "port unreachable" quoting a UDP packet of ours from @port. */
static void quote(struct built *f, uint32_t from, uint32_t port)
{
	uint8_t icmp[36] = {3, 3};
	uint16_t sum;

	icmp[8] = 0x45;
	icmp[17] = 17;
	put32(icmp + 20, from);
	put32(icmp + 24, THERE);
	put16(icmp + 28, port);
	sum = irl_checksum_finish(irl_checksum_add(0, icmp, sizeof(icmp)));
	put16(icmp + 2, sum);
	ipv4(f, HERE, 1, 0, icmp, sizeof(icmp));
}

static void arp(struct built *f, uint32_t target)
{
	uint8_t *a = f->bytes + 14;

	start(f, 0x0806);
	memcpy(a, "\x00\x01\x08\x00\x06\x04\x00\x01", 8);
	memcpy(a + 8, f->bytes + 6, 6);
	put32(a + 14, THERE);
	put32(a + 24, target);
	f->length = 60;
}

static void tagged(struct built *f, uint32_t type, uint32_t tci)
{
	memmove(f->bytes + 16, f->bytes + 12, f->length - 12);
	put16(f->bytes + 12, type);
	put16(f->bytes + 14, tci);
	f->length += 4;
}

static void other(struct built *f, uint32_t type, uint32_t length)
{
	start(f, type);
	for (uint32_t i = 14; i < length; i++)
		f->bytes[i] = (uint8_t)i;
	f->length = length;
}

/* ---- frames of IPv6 ------------------------------------------------------ */

/* fd09::@low, or of the network that only we have: fd77::@low, /64 */
#define HERE6 0x09000001ull
#define THERE6 0x09000002ull
#define OWN6 0x77000000ull

static void put_addr6(uint8_t *p, uint64_t addr)
{
	memset(p, 0, 16);
	p[0] = 0xfd;
	p[1] = (uint8_t)(addr >> 24);
	put32(p + 12, (uint32_t)(addr & 0xffffff));
}

static void ipv6(struct built *f, uint64_t dest, uint8_t next,
		 const void *payload, uint32_t size)
{
	uint8_t *ip = f->bytes + 14;

	start(f, 0x86dd);
	ip[0] = 0x60;
	put16(ip + 4, size);
	ip[6] = next;
	ip[7] = 255;
	put_addr6(ip + 8, THERE6);
	put_addr6(ip + 24, dest);
	memcpy(ip + 40, payload, size);
	f->length = 54 + size;
}

static void segment6(struct built *f, uint64_t dest, uint8_t protocol,
		     uint32_t port)
{
	uint8_t bytes[20] = {0};

	put16(bytes, 777);
	put16(bytes + 2, port);
	ipv6(f, dest, protocol, bytes, sizeof(bytes));
}

/* Put an extension header of 8 * (@words + 1) bytes before what there is. */
static void behind(struct built *f, uint8_t type, uint32_t words)
{
	uint32_t n = (words + 1) * 8;

	memmove(f->bytes + 54 + n, f->bytes + 54, f->length - 54);
	memset(f->bytes + 54, 0, n);
	f->bytes[54] = f->bytes[20];
	f->bytes[55] = (uint8_t)words;
	f->bytes[20] = type;
	f->length += n;
	put16(f->bytes + 18, f->length - 54);
}

/* "Too big", or another error, quoting TCP of ours from @port. */
static void quote6(struct built *f, uint8_t type, uint64_t from, uint32_t port)
{
	uint8_t icmp[8 + 40 + 8] = {type};

	icmp[8] = 0x60;
	icmp[14] = 6;
	put_addr6(icmp + 16, from);
	put_addr6(icmp + 32, THERE6);
	put16(icmp + 48, port);
	ipv6(f, HERE6, 58, icmp, sizeof(icmp));
}

/* A solicitation for @target, to the group of @member. */
static void ask6(struct built *f, uint64_t target, uint64_t member)
{
	uint8_t icmp[24] = {135}, *to = f->bytes + 38;

	put_addr6(icmp + 8, target);
	ipv6(f, member, 58, icmp, sizeof(icmp));
	memcpy(to, "\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff", 13);
	memcpy(f->bytes, "\x33\x33\xff", 3);
	memcpy(f->bytes + 3, to + 13, 3);
}

/* ---- what the host keeps ------------------------------------------------- */

struct bench {
	struct irl_targets *targets;
	struct irl_probe *probe;
	struct irl_port *port;
	int sender, tap;
	uint64_t host, ours, judged; /* sent, by their fate */
};

static struct irl_steer rule(void)
{
	struct irl_steer steer = {.own = {{OWN, 24}},
				  .own_count = 1,
				  .host_addr = HERE,
				  .port_first = PORT_FIRST,
				  .port_last = PORT_LAST,
				  .own6_count = 1};

	put_addr6(steer.host_addr6.byte, HERE6);
	put_addr6(steer.own6[0].addr.byte, OWN6);
	steer.own6[0].length = 64;
	return steer;
}

static void open_bench(struct bench *b)
{
	struct irl_steer steer = rule();
	struct irl_port_options options = {
	    .ifname = "va", .kind = "live", .steer = &steer};
	struct irl_probe_options asked = {
	    .seed = 5,
	    .source_addr = HERE,
	    .port_first = PORT_FIRST,
	    .port_last = PORT_LAST,
	    .options = IRL_TCP_OPTIONS_MSS,
	};
	struct irl_error err = {0};

	memset(b, 0, sizeof(*b));
	lab_do_there(&lab, "ethtool -K vb gro on");
	assert_int_equal(irl_targets_new(&b->targets, &err), 0);
	assert_int_equal(irl_targets_allow_special(b->targets, "all", &err), 0);
	assert_int_equal(irl_targets_allow(b->targets, "10.0.0.0/8", &err), 0);
	assert_int_equal(irl_targets_ports(b->targets, "80", &err), 0);
	assert_int_equal(irl_targets_seal(b->targets, &err), 0);
	asked.targets = b->targets;
	assert_int_equal(irl_probe_new(&b->probe, &asked, &err), 0);
	options.probe = b->probe;
	if (irl_port_open(&b->port, &options, &err))
		fail_msg("%s", err.text);
	b->sender = open_tap(lab.there, "vb", ANY_TYPE);
	b->tap = open_tap(lab.here, "va", 0x0003 /* all */);
}

static void close_bench(struct bench *b)
{
	struct irl_port_stats s;

	irl_port_stats(b->port, &s);
	assert_int_equal(s.rx_frames, s.rx_host + s.rx_ours);
	/* the kernel at the other end may have a word to say besides */
	assert_true(s.rx_host >= b->host);
	assert_int_equal(s.rx_ours, b->ours + b->judged);
	assert_int_equal(s.rx_delivered, b->ours);
	assert_int_equal(s.rx_full, 0);
	irl_port_close(b->port);
	irl_probe_free(b->probe);
	irl_targets_free(b->targets);
	close(b->sender);
	close(b->tap);
}

/* The host has this frame, byte for byte. */
static bool host_has(struct bench *b, const struct built *f)
{
	uint8_t got[2048];
	int n;

	while ((n = read_tap(b->tap, got, sizeof(got))) >= 0)
		if (n == (int)f->length && !memcmp(got, f->bytes, f->length))
			return true;
	return false;
}

static bool we_have(struct bench *b, const struct built *f)
{
	struct irl_frame got;

	if (irl_port_recv(b->port, 0, &got, 1) != 1)
		return false;
	assert_int_equal(got.length, f->length);
	assert_memory_equal(got.data, f->bytes, f->length);
	return true;
}

/* Frames that the in-kernel check dealt with. */
static uint64_t judged(struct bench *b)
{
	struct irl_port_stats s;
	uint64_t n;

	irl_port_stats(b->port, &s);
	n = s.rx_hits + s.rx_hits_full;
	for (unsigned i = 0; i < 8; i++)
		n += s.rx_invalid[i];
	return n;
}

enum fate { LOST, HOST, OURS, JUDGED };

static enum fate fate_of(struct bench *b, const struct built *f)
{
	const struct irl_steer steer = rule();
	enum fate fate = LOST;

	assert_int_equal(send(b->sender, f->bytes, f->length, 0), f->length);
	assert_true(LAB_AWAIT(fate = host_has(b, f)          ? HOST
				     : we_have(b, f)         ? OURS
				     : judged(b) > b->judged ? JUDGED
							     : LOST));
	/* user space comes to the same verdict */
	assert_int_equal(irl_steer_match(&steer, f->bytes, f->length) ==
			     IRL_STEER_OURS,
			 fate != HOST);
	b->host += fate == HOST;
	b->ours += fate == OURS;
	b->judged += fate == JUDGED;
	return fate;
}

#define EXPECT(fate_, build)                                                   \
	do {                                                                   \
		enum fate got_;                                                \
		build;                                                         \
		got_ = fate_of(&b, &f);                                        \
		if (got_ != (fate_))                                           \
			fail_msg("%s: %d, not %s", #build, got_, #fate_);      \
	} while (0)

static void test_host_keeps_its_frames(void **state)
{
	struct built f;
	struct bench b;

	(void)state;
	open_bench(&b);
	EXPECT(HOST, segment(&f, HERE, 17, PORT_FIRST - 1));
	EXPECT(HOST, segment(&f, HERE, 17, PORT_LAST + 1));
	EXPECT(HOST, segment(&f, HERE, 6, 22));
	EXPECT(HOST, segment(&f, HERE, 132, PORT_FIRST)); /* SCTP */
	EXPECT(HOST, segment(&f, ADDR(10, 9, 0, 9), 6, PORT_FIRST));
	EXPECT(HOST, segment(&f, ADDR(10, 77, 1, 0), 17, PORT_FIRST));
	EXPECT(HOST, segment(&f, 0xffffffff, 17, PORT_FIRST));
	EXPECT(HOST, quote(&f, HERE, PORT_FIRST - 1));
	EXPECT(HOST, quote(&f, ADDR(10, 9, 0, 9), PORT_FIRST));
	EXPECT(HOST, ipv4(&f, HERE, 1, 0, "\x08\0\xf7\xfd\0\1\0\1", 8));
	EXPECT(HOST, arp(&f, HERE));
	EXPECT(HOST, arp(&f, ADDR(10, 9, 0, 9)));
	EXPECT(HOST, other(&f, ANY_TYPE, 14));
	EXPECT(HOST, other(&f, ANY_TYPE, IRL_FRAME_MAX));
	EXPECT(HOST, other(&f, 0x0026, 60)); /* 802.3: a length, no type */
	EXPECT(HOST, other(&f, 0x0800, 33)); /* not even an IPv4 header */
	close_bench(&b);
}

static void test_tags_and_fragments_are_the_hosts(void **state)
{
	uint8_t part[64] = {0};
	struct built f;
	struct bench b;

	(void)state;
	open_bench(&b);
	put16(part + 2, PORT_FIRST);
	for (unsigned p = 6; p <= 17; p += 11) {
		uint8_t protocol = (uint8_t)p;

		EXPECT(HOST, ipv4(&f, HERE, protocol, 0x2000, part, 64));
		EXPECT(HOST, ipv4(&f, HERE, protocol, 0x2008, part, 64));
		EXPECT(HOST, ipv4(&f, HERE, protocol, 0x0008, part, 64));
		EXPECT(HOST, (segment(&f, HERE, protocol, PORT_FIRST),
			      tagged(&f, 0x8100, 5)));
		EXPECT(HOST, (segment(&f, OWN, protocol, PORT_FIRST),
			      tagged(&f, 0x8100, 0xe005)));
		EXPECT(HOST, (segment(&f, HERE, protocol, PORT_FIRST),
			      tagged(&f, 0x88a8, 5)));
		EXPECT(HOST, (segment(&f, HERE, protocol, PORT_FIRST),
			      tagged(&f, 0x8100, 5), tagged(&f, 0x88a8, 6)));
	}
	EXPECT(HOST, (arp(&f, OWN), tagged(&f, 0x8100, 5)));
	EXPECT(HOST, (quote(&f, HERE, PORT_FIRST), tagged(&f, 0x8100, 5)));
	close_bench(&b);
}

static void test_ours_come_to_us(void **state)
{
	struct built f;
	struct bench b;

	(void)state;
	open_bench(&b);
	EXPECT(OURS, segment(&f, HERE, 17, PORT_FIRST));
	EXPECT(OURS, segment(&f, HERE, 17, PORT_LAST));
	EXPECT(OURS, segment(&f, OWN, 17, 53));
	EXPECT(OURS, segment(&f, OWN + 255, 132, 53));
	EXPECT(OURS, ipv4(&f, OWN + 1, 17, 0x0008, "12345678", 8));
	EXPECT(OURS, quote(&f, HERE, PORT_LAST));
	EXPECT(OURS, arp(&f, OWN + 7));
	EXPECT(JUDGED, segment(&f, HERE, 6, PORT_FIRST));
	close_bench(&b);
}

static void test_ipv6(void **state)
{
	struct built f;
	struct bench b;

	(void)state;
	open_bench(&b);
	EXPECT(OURS, segment6(&f, HERE6, 6, PORT_FIRST));
	EXPECT(OURS, segment6(&f, HERE6, 17, PORT_LAST));
	EXPECT(OURS, segment6(&f, OWN6 + 5, 132, 53));
	EXPECT(OURS, (segment6(&f, HERE6, 6, PORT_FIRST), behind(&f, 60, 0)));
	EXPECT(OURS, (segment6(&f, HERE6, 6, PORT_FIRST), behind(&f, 60, 9),
		      behind(&f, 0, 3)));
	EXPECT(OURS, (segment6(&f, OWN6, 6, 1), behind(&f, 44, 0)));
	for (uint8_t type = 1; type <= 4; type++)
		EXPECT(OURS, quote6(&f, type, HERE6, PORT_LAST));
	EXPECT(OURS, (quote6(&f, 2, HERE6, PORT_LAST), behind(&f, 60, 1)));
	EXPECT(OURS, ask6(&f, OWN6 + 7, OWN6 + 7));
	EXPECT(HOST, segment6(&f, HERE6, 6, PORT_FIRST - 1));
	EXPECT(HOST, segment6(&f, HERE6, 17, PORT_LAST + 1));
	EXPECT(HOST, segment6(&f, HERE6, 132, PORT_FIRST));
	EXPECT(HOST, segment6(&f, HERE6 + 1, 6, PORT_FIRST));
	EXPECT(HOST, (segment6(&f, HERE6, 6, PORT_FIRST), behind(&f, 60, 0),
		      behind(&f, 60, 0), behind(&f, 0, 0)));
	EXPECT(HOST, (segment6(&f, HERE6, 6, PORT_FIRST), behind(&f, 44, 0)));
	EXPECT(HOST, (segment6(&f, HERE6, 6, PORT_FIRST), behind(&f, 43, 0)));
	EXPECT(HOST,
	       (segment6(&f, OWN6, 6, PORT_FIRST), tagged(&f, 0x8100, 5)));
	EXPECT(HOST, quote6(&f, 2, HERE6, PORT_FIRST - 1));
	EXPECT(HOST, quote6(&f, 2, HERE6 + 1, PORT_FIRST));
	EXPECT(HOST, quote6(&f, 128, HERE6, PORT_FIRST));
	EXPECT(HOST, ask6(&f, HERE6, HERE6));
	EXPECT(HOST, ask6(&f, OWN6 + 7, OWN6 + 8));
	close_bench(&b);
}

static void any_frame(struct built *f, unsigned i)
{
	switch (i % 10) {
	case 0:
		segment6(f, HERE6, i % 4 ? 6 : 17, PORT_FIRST + i);
		return;
	case 1:
		segment6(f, OWN6 + i, 6, 80);
		return;
	case 2:
		quote6(f, 2, HERE6, PORT_LAST);
		return;
	case 3:
		ask6(f, OWN6 + i, OWN6 + i);
		return;
	case 4:
		segment(f, HERE, 6, PORT_FIRST + i);
		return;
	case 5:
		segment(f, i & 16 ? OWN + 1 : HERE, 17, PORT_FIRST + i);
		return;
	case 6:
		quote(f, HERE, PORT_LAST);
		return;
	case 7:
		arp(f, OWN + i % 256);
		return;
	}
	segment6(f, HERE6, 17, PORT_FIRST);
	behind(f, 60, i % 4);
	if (i % 10 == 9)
		behind(f, 0, i % 3);
}

/* A frame of each kind with one byte made random, and perhaps cut: the kernel
 * and user space agree (fate_of), and nothing is lost. */
static void test_any_frame_has_one_owner(void **state)
{
	struct built f;
	struct bench b;
	uint32_t seed = 1;

	(void)state;
	open_bench(&b);
	for (unsigned i = 0; i < 1000; i++) {
		uint32_t at;

		any_frame(&f, i);
		seed = seed * 1103515245 + 12345;
		at = 14 + (seed >> 8) % (f.length - 14);
		f.bytes[at] = (uint8_t)(seed >> 16);
		if (seed >> 28 == 0)
			f.length = at > 60 ? at : f.length;
		assert_int_not_equal(fate_of(&b, &f), LOST);
	}
	assert_true(b.ours > 100 && b.host > 100 && b.judged > 50);
	close_bench(&b);
}

/* A datagram in pieces to a port of our range is for the host, which puts it
 * together; whole datagrams to other ports reach its sockets as well. */
static void test_host_sockets_hear(void **state)
{
	static const uint16_t ports[] = {5000, PORT_FIRST + 5};
	struct bench b;

	(void)state;
	open_bench(&b);
	for (unsigned i = 0; i < 2; i++) {
		struct sockaddr_in at = {.sin_family = AF_INET,
					 .sin_port = htons(ports[i]),
					 .sin_addr.s_addr = htonl(HERE)};
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), from;
		uint8_t sent[3000], got[4000];
		ssize_t n = -1;

		assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)),
				 0);
		for (size_t k = 0; k < sizeof(sent); k++)
			sent[k] = (uint8_t)(k * 7 + i);
		lab_enter(lab.there);
		from = socket(AF_INET, SOCK_DGRAM, 0);
		lab_enter(lab.here);
		/* the first whole, the second in three */
		assert_true(sendto(from, sent, i ? 3000 : 1000, 0,
				   (struct sockaddr *)&at, sizeof(at)) > 0);
		assert_true(LAB_AWAIT((n = recv(fd, got, 4000, 0)) >= 0));
		assert_int_equal(n, i ? 3000 : 1000);
		assert_memory_equal(got, sent, (size_t)n);
		close(from);
		close(fd);
	}
	close_bench(&b);
}

static void read_mac(void)
{
	struct ifreq request = {.ifr_name = "va"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(ioctl(fd, SIOCGIFHWADDR, &request), 0);
	memcpy(mac_here, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}

static void set_up(void)
{
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	struct irl_error err = {0};
	struct irl_port *port;

	lab = lab_new();
	lab_enter(lab.there);
	if (lab_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; "
		    "ethtool -K vb gro on"))
		exit(LAB_SKIPPED);
	lab_enter(lab.here);
	lab_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
	if (irl_port_open(&port, &options, &err)) {
		fprintf(stderr, "skipped: %s\n", err.text);
		exit(LAB_SKIPPED);
	}
	irl_port_close(port);
	read_mac();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_only_where_it_transmits),
	    cmocka_unit_test(test_host_keeps_its_frames),
	    cmocka_unit_test(test_tags_and_fragments_are_the_hosts),
	    cmocka_unit_test(test_ours_come_to_us),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_any_frame_has_one_owner),
	    cmocka_unit_test(test_host_sockets_hear),
	};

	set_up();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

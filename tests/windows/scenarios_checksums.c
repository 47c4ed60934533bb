/* SPDX-License-Identifier: BSD-2-Clause */
/* Checksums that the adapter computes: asked of it only for what it can. */
#include "scenarios.h"

#define IP IRL_WIN_TX_CHECKSUM_IP
#define TCP IRL_WIN_TX_CHECKSUM_TCP
#define UDP IRL_WIN_TX_CHECKSUM_UDP
#define SIX IRL_WIN_TX_IPV6

/* A frame whose headers are as long as said. */
static size_t build(uint8_t buffer[256], unsigned flags, unsigned transport,
		    unsigned tcp)
{
	size_t at = 0;
	struct irl_win_frame *frame = lab_put(buffer, &at, 160, 1);
	uint8_t *bytes = (uint8_t *)(frame + 1);

	bytes[12] = flags & SIX ? 0x86 : 0x08;
	bytes[13] = flags & SIX ? 0xdd : 0x00;
	bytes[14] = (uint8_t)(flags & SIX ? 0x60 : 0x40 | (transport - 14) / 4);
	bytes[transport + 12] = (uint8_t)(tcp / 4 << 4);
	frame->flags = (uint16_t)flags;
	if (flags & (TCP | UDP))
		frame->transport = (uint16_t)transport;
	return at;
}

/* Bits as NDIS has them: IPv4 0, IPv6 1, TCP 2, UDP 3, IP header 4, where the
 * transport begins from bit 16. */
void test_checksums(void **state)
{
	static const struct {
		uint16_t flags, transport;
		uint64_t info;
	} cases[] = {
	    {0, 34, 0},
	    {IP, 34, 0x11},
	    {TCP, 34, 0x5 | 34 << 16},
	    {UDP, 34, 0x9 | 34 << 16},
	    {TCP | IP, 74, 0x15 | 74 << 16},
	    {SIX | UDP, 54, 0xa | 54 << 16},
	    {SIX | TCP, 54, 0x6 | 54 << 16},
	};
	struct nt_file *file;
	struct lab lab;
	uint8_t buffer[256] __attribute__((aligned(8)));
	size_t size;

	(void)state;
	file = scene_up(&lab, LAB_CHECKSUMS, 1, 1, false);
	for (unsigned i = 0; i < RTL_NUMBER_OF(cases); i++) {
		size = build(buffer, cases[i].flags, cases[i].transport, 20);
		assert_int_equal(scene_write(file, buffer, size),
				 STATUS_SUCCESS);
		assert_int_equal(lab.nic[0].log[i].checksum, cases[i].info);
	}
	/* where the transport begins is asked for TCP and UDP only */
	size = build(buffer, IP, 34, 20);
	((struct irl_win_frame *)buffer)->transport = 999;
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	assert_int_equal(lab.nic[0].log[RTL_NUMBER_OF(cases)].checksum, 0x11);
	scene_down_balanced(&lab, file);
}

static struct irl_win_adapter described(struct nt_file *file)
{
	struct irl_win_adapter adapter;

	assert_int_equal(lab_control(file, IRL_WIN_ADAPTERS, NULL, 0, &adapter,
				     sizeof(adapter)),
			 STATUS_SUCCESS);
	return adapter;
}

/* An administrator switches them off and on: refused meanwhile, and counted. */
void test_checksums_change(void **state)
{
	struct nt_file *file;
	struct lab lab;
	uint8_t buffer[256] __attribute__((aligned(8)));
	size_t size = build(buffer, TCP, 34, 20);

	(void)state;
	for (unsigned first = 0; first < 2; first++) {
		file = scene_up(&lab, first ? LAB_CHECKSUMS : LAB_PEND, 1, 1,
				false);
		for (unsigned i = 1; i <= 6; i++) {
			bool can = (first + i) & 1;

			nd_checksums(lab.nic[0].adapter, can);
			assert_int_equal(scene_write(file, buffer, size),
					 can ? STATUS_SUCCESS
					     : STATUS_NOT_SUPPORTED);
			assert_int_equal(described(file).checksum_v4,
					 can ? IRL_WIN_TX_CHECKSUMS : 0);
			assert_int_equal(described(file).checksum_v6,
					 can ? TCP | UDP : 0);
		}
		assert_int_equal(
		    lab_count(file).refused[IRL_WIN_REFUSED_CHECKSUM], 3);
		scene_down_balanced(&lab, file);
	}
}

void test_checksums_not_offered(void **state)
{
	struct nt_file *file;
	struct lab lab;
	uint8_t buffer[256] __attribute__((aligned(8)));
	size_t size = build(buffer, IP, 34, 20);

	(void)state;
	file = scene_up(&lab, LAB_PEND, 1, 8, false);
	assert_int_equal(scene_write(file, buffer, size), STATUS_NOT_SUPPORTED);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_CHECKSUM], 1);
	scene_down_balanced(&lab, file);
}

/* What an adapter says that it can, and frames. */
static const struct ability {
	uint32_t encapsulation, v4, v6; /* see nd_offload */
	uint32_t says_v4, says_v6;
	bool tcp, tcp_options, udp, ip_options, ip; /* goes out */
} abilities[] = {
    {2, 0x155, 0x55, IP | TCP | UDP, TCP | UDP, 1, 1, 1, 1, 1},
    {2, 0x151, 0x51, IP | TCP | UDP, TCP | UDP, 1, 0, 1, 1, 1},
    {2, 0x154, 0x54, IP | TCP | UDP, TCP | UDP, 1, 1, 1, 0, 1},
    {2, 0x150, 0x50, IP | TCP | UDP, TCP | UDP, 1, 0, 1, 0, 1},
    {2, 0x115, 0x15, IP | TCP, TCP, 1, 1, 0, 1, 1},
    {0x1e, 0x045, 0x45, UDP, UDP, 0, 0, 1, 1, 0},
    /* computes, but not for what frames of ours are wrapped in */
    {0, 0x155, 0x55, 0, 0, 0, 0, 0, 0, 0},
    {1, 0x155, 0x55, 0, 0, 0, 0, 0, 0, 0},
    {0x1c, 0x155, 0x55, 0, 0, 0, 0, 0, 0, 0},
};

static void expect(struct nt_file *file, unsigned flags, unsigned transport,
		   unsigned tcp, bool goes)
{
	uint8_t buffer[256] __attribute__((aligned(8)));
	size_t size = build(buffer, flags, transport, tcp);
	uint64_t was = lab_count(file).refused[IRL_WIN_REFUSED_CHECKSUM];

	assert_int_equal(scene_write(file, buffer, size),
			 goes ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_CHECKSUM],
			 was + !goes);
}

static void try_all(struct nt_file *file, const struct ability *a)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		unsigned six = v6 ? SIX : 0, bare = v6 ? 54 : 34;
		bool either = a->tcp || a->udp;

		expect(file, six | TCP, bare, 20, a->tcp);
		expect(file, six | TCP, bare, 40, a->tcp_options);
		expect(file, six | UDP, bare, 20, a->udp);
		/* what stands there is no TCP header */
		expect(file, six | UDP, bare, 40, a->udp);
		expect(file, six | (a->tcp ? TCP : UDP), bare + 8, 20,
		       either && a->ip_options);
	}
	expect(file, IP, 34, 20, a->ip);
	expect(file, IP, 38, 20, a->ip && a->ip_options);
}

/* A TCP header with options, an IP header with options, extension headers. */
void test_checksums_options(void **state)
{
	struct nt_file *file;
	struct lab lab;

	(void)state;
	for (unsigned zero_copy = 0; zero_copy < 2; zero_copy++) {
		file = scene_up(&lab, LAB_CHECKSUMS, 1, 1, zero_copy);
		for (unsigned i = 0; i < RTL_NUMBER_OF(abilities); i++) {
			const struct ability *a = &abilities[i];

			nd_offload(lab.nic[0].adapter, a->encapsulation, a->v4,
				   a->v6);
			assert_int_equal(described(file).checksum_v4,
					 a->says_v4);
			assert_int_equal(described(file).checksum_v6,
					 a->says_v6);
			try_all(file, a);
		}
		scene_down_balanced(&lab, file);
	}
}

/* A tag of a VLAN, or the other IP: not what the adapter was told. */
void test_checksums_tags(void **state)
{
	static const uint8_t types[][2] = {
	    {0x81, 0x00}, {0x86, 0xdd}, {0x08, 0x06}, {0x88, 0xdd}};
	struct nt_file *file;
	struct lab lab;
	uint8_t buffer[256] __attribute__((aligned(8)));
	size_t size;

	(void)state;
	file = scene_up(&lab, LAB_CHECKSUMS, 1, 1, false);
	for (unsigned i = 0; i < RTL_NUMBER_OF(types); i++) {
		size = build(buffer, TCP, 34, 20);
		memcpy(buffer + sizeof(struct irl_win_frame) + 12, types[i], 2);
		assert_int_equal(scene_write(file, buffer, size),
				 STATUS_NOT_SUPPORTED);
	}
	scene_down_balanced(&lab, file);
}

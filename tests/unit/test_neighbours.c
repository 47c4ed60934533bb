// SPDX-License-Identifier: BSD-2-Clause
/*
 * The table of neighbours in virtual time, and which addresses are on link.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "net/neighbours.h"
#include "net/on_link.h"

#define SECOND 1000000000ull
#define SOURCE 0x0a090001u
#define FIRST 0x0a090010u /* the addresses asked for begin here */

static const uint8_t ours[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t other[6] = {2, 0, 0, 0, 0, 0x66};

struct lab {
	struct net_neighbours *table;
	uint64_t now_ns;
	uint8_t frame[NET_NEIGHBOURS_FRAME];
};

static struct irl_ip ip6(uint8_t last)
{
	return (struct irl_ip){{0xfd, 9, [15] = last}};
}

static struct lab lab_new(unsigned room, unsigned in_flight, double rate)
{
	struct net_neighbours_options options = {
	    .source = SOURCE,
	    .source6 = ip6(1),
	    .room = room,
	    .in_flight = in_flight,
	    .rate_pps = rate,
	};
	struct lab lab = {.now_ns = 5 * SECOND};

	memcpy(options.mac, ours, 6);
	lab.table = net_neighbours_new(&options);
	assert_non_null(lab.table);
	return lab;
}

/* The neighbour's address: of its own for each. */
static void mac_of(uint32_t addr, uint8_t mac[6])
{
	const uint8_t bytes[6] = {
	    2,
	    9,
	    (uint8_t)(addr >> 24),
	    (uint8_t)(addr >> 16),
	    (uint8_t)(addr >> 8),
	    (uint8_t)addr,
	};

	memcpy(mac, bytes, 6);
}

static struct irl_arp reply_of(uint32_t addr)
{
	struct irl_arp arp = {
	    .operation = IRL_ARP_REPLY, .sender = addr, .target = SOURCE};

	mac_of(addr, arp.sender_mac);
	memcpy(arp.target_mac, ours, 6);
	return arp;
}

static bool feed(struct lab *lab, const struct irl_arp *arp,
		 const uint8_t to[6])
{
	uint8_t frame[NET_FRAME_PADDED];

	net_arp_frame(frame, to, arp);
	return net_neighbours_feed(lab->table, frame, sizeof(frame));
}

static bool answer(struct lab *lab, uint32_t addr)
{
	struct irl_arp arp = reply_of(addr);

	return feed(lab, &arp, ours);
}

/* The address that the next request asks for; 0: none now. */
static uint32_t request(struct lab *lab)
{
	struct irl_eth eth;
	struct irl_arp arp;

	uint32_t length =
	    net_neighbours_request(lab->table, lab->now_ns, lab->frame);

	if (!length)
		return 0;
	assert_int_equal(length, NET_FRAME_PADDED);
	assert_true(net_arp_read(lab->frame, length, &eth, &arp));
	assert_int_equal(arp.operation, IRL_ARP_REQUEST);
	assert_int_equal(arp.sender, SOURCE);
	assert_memory_equal(arp.sender_mac, ours, 6);
	assert_memory_equal(eth.source, ours, 6);
	assert_memory_equal(eth.dest, "\xff\xff\xff\xff\xff\xff", 6);
	return arp.target;
}

static enum net_neighbour_state state_of(const struct lab *lab, uint32_t addr)
{
	const struct irl_ip ip = irl_ip4(addr);
	uint8_t mac[6] = {0}, right[6];
	enum net_neighbour_state state =
	    net_neighbours_find(lab->table, &ip, mac);

	mac_of(addr, right);
	if (state == NET_NEIGHBOUR_KNOWN)
		assert_memory_equal(mac, right, 6);
	else
		assert_memory_equal(mac, "\0\0\0\0\0\0", 6);
	return state;
}

static enum net_neighbour_state ask_one(struct lab *lab, uint32_t addr)
{
	const struct irl_ip ip = irl_ip4(addr);

	return net_neighbours_ask(lab->table, &ip);
}

static void ask(struct lab *lab, unsigned count)
{
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(ask_one(lab, FIRST + i),
				 NET_NEIGHBOUR_WAITING);
}

/* ---- the table ------------------------------------------------------------
 */

static void who_answers_is_known(void **state)
{
	struct lab lab = lab_new(2, 0, 1e6);

	(void)state;
	assert_int_equal(net_neighbours_next_ns(lab.table, lab.now_ns),
			 UINT64_MAX);
	assert_int_equal(request(&lab), 0);
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_UNKNOWN);
	ask(&lab, 2);
	assert_true(net_neighbours_next_ns(lab.table, lab.now_ns) <=
		    lab.now_ns);
	assert_int_equal(request(&lab), FIRST);
	assert_int_equal(request(&lab), FIRST + 1);
	assert_int_equal(request(&lab), 0);
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_ASKED);
	assert_true(answer(&lab, FIRST + 1));
	assert_true(answer(&lab, FIRST));
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_KNOWN);
	assert_int_equal(state_of(&lab, FIRST + 1), NET_NEIGHBOUR_KNOWN);
	assert_int_equal(net_neighbours_known(lab.table), 2);
	assert_int_equal(net_neighbours_open(lab.table), 0);
	assert_int_equal(net_neighbours_next_ns(lab.table, lab.now_ns),
			 UINT64_MAX);
	/* asked for again: known already, nothing is sent */
	assert_int_equal(ask_one(&lab, FIRST), NET_NEIGHBOUR_KNOWN);
	lab.now_ns += 10 * SECOND;
	assert_int_equal(request(&lab), 0);
	net_neighbours_free(lab.table);
}

static void silence_is_three_requests_a_second_apart(void **state)
{
	struct lab lab = lab_new(4, 0, 1e6);

	(void)state;
	ask(&lab, 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(request(&lab), FIRST);
		assert_int_equal(net_neighbours_next_ns(lab.table, lab.now_ns),
				 lab.now_ns + SECOND);
		lab.now_ns += SECOND - 1;
		assert_int_equal(request(&lab), 0);
		assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_ASKED);
		lab.now_ns += 1;
	}
	assert_int_equal(net_neighbours_open(lab.table), 1);
	assert_int_equal(request(&lab), 0);
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_ABSENT);
	assert_int_equal(net_neighbours_open(lab.table), 0);
	/* absent it stays, until it speaks after all */
	assert_int_equal(ask_one(&lab, FIRST), NET_NEIGHBOUR_ABSENT);
	lab.now_ns += SECOND;
	assert_int_equal(request(&lab), 0);
	assert_true(answer(&lab, FIRST));
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_KNOWN);
	assert_int_equal(net_neighbours_open(lab.table), 0);
	net_neighbours_free(lab.table);
}

static void a_retry_may_be_answered(void **state)
{
	struct lab lab = lab_new(4, 0, 1e6);

	(void)state;
	ask(&lab, 2);
	request(&lab);
	request(&lab);
	assert_true(answer(&lab, FIRST));
	lab.now_ns += SECOND;
	/* the known one is not asked again */
	assert_int_equal(request(&lab), FIRST + 1);
	assert_int_equal(request(&lab), 0);
	assert_true(answer(&lab, FIRST + 1));
	assert_int_equal(net_neighbours_open(lab.table), 0);
	net_neighbours_free(lab.table);
}

static void a_full_table_says_so(void **state)
{
	struct lab lab = lab_new(3, 0, 1e6);

	(void)state;
	ask(&lab, 3);
	assert_int_equal(ask_one(&lab, FIRST + 3), NET_NEIGHBOUR_UNKNOWN);
	assert_int_equal(ask_one(&lab, FIRST + 1), NET_NEIGHBOUR_WAITING);
	assert_int_equal(state_of(&lab, FIRST + 3), NET_NEIGHBOUR_UNKNOWN);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(request(&lab), FIRST + i);
		assert_true(answer(&lab, FIRST + i));
	}
	assert_false(answer(&lab, FIRST + 3));
	net_neighbours_free(lab.table);
}

/* ---- bounds ---------------------------------------------------------------
 */

/* The n-th of addresses that differ in two bytes alone. */
static struct irl_ip alike(unsigned kind, unsigned n)
{
	static const unsigned at[] = {14, 14, 6, 4, 13};
	struct irl_ip addr = kind ? ip6(1) : irl_ip4(0xc6120000);

	addr.byte[at[kind]] = (uint8_t)(n >> 8);
	addr.byte[at[kind] + 1] = (uint8_t)n;
	return addr;
}

/* Asking and finding is O(1) whatever they have in common: milliseconds, where
 * it was more than a second. */
static void a_whole_network_is_found_at_once(void **state)
{
	struct lab lab;
	uint8_t mac[6];
	clock_t begun;

	(void)state;
	for (unsigned kind = 0; kind < 5; kind++) {
		lab = lab_new(NET_NEIGHBOURS_MAX, 1, 1000);
		begun = clock();
		for (unsigned i = 0; i < NET_NEIGHBOURS_MAX; i++) {
			struct irl_ip addr = alike(kind, i);

			net_neighbours_ask(lab.table, &addr);
			assert_int_equal(
			    net_neighbours_find(lab.table, &addr, mac),
			    NET_NEIGHBOUR_WAITING);
		}
		assert_true(clock() - begun < CLOCKS_PER_SEC / 2);
		net_neighbours_free(lab.table);
	}
}

static void few_are_in_flight(void **state)
{
	struct lab lab = lab_new(100, 4, 1e9);

	(void)state;
	ask(&lab, 100);
	lab.now_ns += SECOND;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(request(&lab), FIRST + i);
	assert_int_equal(request(&lab), 0);
	/* a reply makes room for one, wherever in the queue it was */
	assert_true(answer(&lab, FIRST + 2));
	assert_int_equal(request(&lab), FIRST + 4);
	assert_int_equal(request(&lab), 0);
	net_neighbours_free(lab.table);
}

/* Requests in a second of calls, @step_ns apart. */
static unsigned in_a_second(struct lab *lab, uint64_t step_ns)
{
	uint64_t end = lab->now_ns + SECOND;
	unsigned n = 0;

	for (; lab->now_ns < end; lab->now_ns += step_ns)
		while (request(lab))
			n++;
	return n;
}

static void the_rate_is_kept(void **state)
{
	struct lab lab = lab_new(5000, 5000, 1000);

	(void)state;
	ask(&lab, 5000);
	assert_in_range(in_a_second(&lab, 1000000), 999, 1002);
	/* new ones and retries share it */
	assert_in_range(in_a_second(&lab, 1000000), 999, 1001);
	/* a late caller catches up with little */
	lab.now_ns += SECOND / 2;
	assert_in_range(in_a_second(&lab, SECOND), 1, 18);
	net_neighbours_free(lab.table);
}

/* Neither in the first second nor after an idle one more go than may. */
static void a_low_rate_is_kept(void **state)
{
	struct lab lab = lab_new(50, 50, 1);

	(void)state;
	ask(&lab, 50);
	for (int i = 0; i < 3; i++)
		assert_in_range(in_a_second(&lab, 1000000), 1, 2);
	lab.now_ns += 10 * SECOND;
	assert_in_range(in_a_second(&lab, 1000000), 1, 2);
	net_neighbours_free(lab.table);
}

/* Call only when told to: all is settled, in the time that the rate sets. */
static void next_leads_to_the_end(void **state)
{
	struct lab lab = lab_new(1000, 0, 1000);
	uint64_t begin = lab.now_ns, next;
	unsigned sent = 0;
	uint32_t addr;

	(void)state;
	ask(&lab, 1000);
	while (net_neighbours_open(lab.table)) {
		next = net_neighbours_next_ns(lab.table, lab.now_ns);
		assert_true(next != UINT64_MAX);
		if (next > lab.now_ns)
			lab.now_ns = next;
		while ((addr = request(&lab)) != 0) {
			sent++;
			if (addr % 4 == 0) /* a quarter is there */
				assert_true(answer(&lab, addr));
		}
		assert_true(lab.now_ns < begin + 10 * SECOND);
	}
	assert_int_equal(sent, 250 + 3 * 750);
	assert_int_equal(net_neighbours_known(lab.table), 250);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(state_of(&lab, FIRST + i),
				 (FIRST + i) % 4 ? NET_NEIGHBOUR_ABSENT
						 : NET_NEIGHBOUR_KNOWN);
	assert_in_range(lab.now_ns - begin, 3 * SECOND, 5 * SECOND);
	net_neighbours_free(lab.table);
}

/* ---- what is not taken ----------------------------------------------------
 */

static void only_replies_to_what_was_asked(void **state)
{
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
	struct lab lab = lab_new(8, 0, 1e6);
	struct irl_arp arp;

	(void)state;
	ask(&lab, 1);
	assert_false(answer(&lab, FIRST)); /* before the question */
	assert_int_equal(request(&lab), FIRST);
	assert_false(answer(&lab, FIRST + 1)); /* never asked for */

	arp = reply_of(FIRST);
	arp.operation = IRL_ARP_REQUEST;
	assert_false(feed(&lab, &arp, ours));
	arp = reply_of(FIRST); /* gratuitous: announces itself */
	arp.target = FIRST;
	assert_false(feed(&lab, &arp, ours));
	arp = reply_of(FIRST);
	assert_false(feed(&lab, &arp, all));
	assert_false(feed(&lab, &arp, other));
	memcpy(arp.target_mac, other, 6);
	assert_false(feed(&lab, &arp, ours));
	arp = reply_of(FIRST); /* somebody else's question */
	arp.target = SOURCE + 1;
	assert_false(feed(&lab, &arp, ours));
	arp = reply_of(FIRST);
	memcpy(arp.sender_mac, all, 6);
	assert_false(feed(&lab, &arp, ours));
	memset(arp.sender_mac, 0, 6);
	assert_false(feed(&lab, &arp, ours));
	memcpy(arp.sender_mac, ours, 6);
	assert_false(feed(&lab, &arp, ours));
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_ASKED);

	assert_true(answer(&lab, FIRST));
	/* the first stands: a second one may be a forger's */
	arp = reply_of(FIRST);
	memcpy(arp.sender_mac, other, 6);
	assert_false(feed(&lab, &arp, ours));
	assert_int_equal(state_of(&lab, FIRST), NET_NEIGHBOUR_KNOWN);
	net_neighbours_free(lab.table);
}

static void cut_frames_are_nothing(void **state)
{
	struct lab lab = lab_new(8, 0, 1e6);
	uint8_t frame[NET_FRAME_PADDED];
	struct irl_arp arp = reply_of(FIRST);

	(void)state;
	ask(&lab, 1);
	request(&lab);
	net_arp_frame(frame, ours, &arp);
	for (uint32_t length = 0; length < 42; length++)
		assert_false(net_neighbours_feed(lab.table, frame, length));
	assert_true(net_neighbours_feed(lab.table, frame, 42));
	net_neighbours_free(lab.table);
}

/* ---- IPv6 -----------------------------------------------------------------
 */

static const uint8_t mac6[6] = {2, 6, 0, 0, 0, 6};

/* What the neighbour @addr says when it is asked. */
static bool advertise(struct lab *lab, const struct irl_ip *addr, uint8_t flags,
		      const struct irl_ip *to, const uint8_t to_mac[6])
{
	struct irl_ndp ndp = {
	    .type = IRL_ICMP6_ADVERT, .flags = flags, .has_mac = true};
	struct net_ndp_ends ends;
	uint8_t frame[NET_NDP_FRAME];
	uint32_t length;

	memcpy(ends.source_mac, mac6, 6);
	memcpy(ends.dest_mac, to_mac, 6);
	memcpy(ends.source, addr->byte, 16);
	memcpy(ends.dest, to->byte, 16);
	memcpy(ndp.target, addr->byte, 16);
	memcpy(ndp.mac, mac6, 6);
	length = net_ndp_frame(frame, &ends, &ndp);
	return net_neighbours_feed(lab->table, frame, length);
}

static enum net_neighbour_state state6(const struct lab *lab,
				       const struct irl_ip *addr)
{
	uint8_t mac[6] = {0};
	enum net_neighbour_state state =
	    net_neighbours_find(lab->table, addr, mac);

	assert_memory_equal(mac,
			    state == NET_NEIGHBOUR_KNOWN
				? mac6
				: (const uint8_t *)"\0\0\0\0\0\0",
			    6);
	return state;
}

static void solicited_neighbours_are_known(void **state)
{
	const struct irl_ip self = ip6(1), peer = ip6(7), third = ip6(8);
	struct lab lab = lab_new(4, 0, 1e6);
	struct net_ndp_ends ends;
	struct irl_ndp ndp;
	uint32_t length;

	(void)state;
	net_neighbours_ask(lab.table, &peer);
	ask(&lab, 1); /* of both families in one table */
	length = net_neighbours_request(lab.table, lab.now_ns, lab.frame);
	assert_true(net_ndp_read(lab.frame, length, &ends, &ndp));
	assert_int_equal(ndp.type, IRL_ICMP6_SOLICIT);
	assert_memory_equal(ndp.target, peer.byte, 16);
	assert_memory_equal(ends.source, self.byte, 16);
	assert_memory_equal(ndp.mac, ours, 6);
	assert_true(irl_ndp_is_group(ends.dest));
	assert_int_equal(request(&lab), FIRST);

	/* unasked for, to others, about others */
	assert_false(advertise(&lab, &peer, IRL_NDP_OVERRIDE, &self, ours));
	assert_false(advertise(&lab, &peer, IRL_NDP_SOLICITED, &third, ours));
	assert_false(advertise(&lab, &peer, IRL_NDP_SOLICITED, &self, other));
	assert_false(advertise(&lab, &third, IRL_NDP_SOLICITED, &self, ours));
	assert_int_equal(state6(&lab, &peer), NET_NEIGHBOUR_ASKED);
	assert_true(advertise(&lab, &peer, IRL_NDP_SOLICITED, &self, ours));
	assert_int_equal(state6(&lab, &peer), NET_NEIGHBOUR_KNOWN);
	assert_false(advertise(&lab, &peer, IRL_NDP_SOLICITED, &self, ours));
	assert_true(answer(&lab, FIRST));
	assert_int_equal(net_neighbours_open(lab.table), 0);
	net_neighbours_free(lab.table);
}

/* RFC 4862, 5.4: asked for from nobody, it is whoever's that says so, or that
 * asks likewise. */
static void a_claim_is_enough_where_nobody_asks(void **state)
{
	static const struct irl_ip all = {{0xff, 2, [15] = 1}}, none;
	static const uint8_t all_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
	struct net_neighbours_options options = {.room = 8, .rate_pps = 1e6};
	const struct irl_ip told = ip6(7), tried = ip6(8), wanted = ip6(9),
			    mute = ip6(10), third = ip6(11);
	struct lab lab = {.now_ns = 5 * SECOND};
	struct net_ndp_ends ends;
	struct irl_ndp ndp;
	uint32_t length;

	(void)state;
	memcpy(options.mac, ours, 6);
	lab.table = net_neighbours_new(&options);
	assert_non_null(lab.table);
	net_neighbours_ask(lab.table, &told);
	net_neighbours_ask(lab.table, &tried);
	net_neighbours_ask(lab.table, &wanted);
	net_neighbours_ask(lab.table, &mute);
	while ((length =
		    net_neighbours_request(lab.table, lab.now_ns, lab.frame))) {
		assert_true(net_ndp_read(lab.frame, length, &ends, &ndp));
		assert_memory_equal(ends.source, none.byte, 16);
		assert_false(ndp.has_mac);
		/* our own, come back */
		assert_false(net_neighbours_feed(lab.table, lab.frame, length));
		lab.now_ns += SECOND / 1000;
	}
	assert_true(advertise(&lab, &told, IRL_NDP_OVERRIDE, &all, all_mac));
	assert_false(advertise(&lab, &third, IRL_NDP_OVERRIDE, &all, all_mac));
	/* Who looks for it does not claim it. */
	length = net_ndp_solicit(lab.frame, mac6, third.byte, wanted.byte);
	assert_false(net_neighbours_feed(lab.table, lab.frame, length));
	length = net_ndp_solicit(lab.frame, mac6, none.byte, tried.byte);
	assert_true(net_neighbours_feed(lab.table, lab.frame, length));
	assert_int_equal(state6(&lab, &told), NET_NEIGHBOUR_KNOWN);
	assert_int_equal(state6(&lab, &tried), NET_NEIGHBOUR_KNOWN);
	assert_int_equal(state6(&lab, &wanted), NET_NEIGHBOUR_ASKED);
	assert_int_equal(state6(&lab, &mute), NET_NEIGHBOUR_ASKED);
	net_neighbours_free(lab.table);
}

static void what_is_learnt_is_not_asked(void **state)
{
	const struct irl_ip peer = ip6(7);
	struct lab lab = lab_new(1, 0, 1e6);

	(void)state;
	assert_false(net_neighbours_full(lab.table));
	assert_true(net_neighbours_learn(lab.table, &peer, mac6));
	assert_int_equal(state6(&lab, &peer), NET_NEIGHBOUR_KNOWN);
	assert_int_equal(net_neighbours_ask(lab.table, &peer),
			 NET_NEIGHBOUR_KNOWN);
	assert_int_equal(request(&lab), 0);
	assert_true(net_neighbours_full(lab.table));
	assert_int_equal(ask_one(&lab, FIRST), NET_NEIGHBOUR_UNKNOWN);
	net_neighbours_free(lab.table);
}

/* ---- on link --------------------------------------------------------------
 */

static void the_longest_prefix_decides(void **state)
{
	struct net_on_link links = {0};

	(void)state;
	assert_int_equal(net_on_link_place(&links, 0x0a090005), NET_PLACE_FAR);
	net_on_link_add(&links, (struct irl_prefix4){0x0a090001, 32},
			NET_PLACE_NOBODY);
	net_on_link_add(&links, (struct irl_prefix4){0x0a090000, 24},
			NET_PLACE_ON_LINK);
	/* of equal ones the first */
	net_on_link_add(&links, (struct irl_prefix4){0x0a090000, 24},
			NET_PLACE_FAR);
	net_on_link_add(&links, (struct irl_prefix4){0x0a090080, 25},
			NET_PLACE_FAR);
	net_on_link_add(&links, (struct irl_prefix4){0x0a090090, 32},
			NET_PLACE_ON_LINK);
	net_on_link_add(&links, (struct irl_prefix4){0x0a0900a0, 31},
			NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a090000),
			 NET_PLACE_NOBODY);
	assert_int_equal(net_on_link_place(&links, 0x0a090001),
			 NET_PLACE_NOBODY);
	assert_int_equal(net_on_link_place(&links, 0x0a090002),
			 NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a09007f),
			 NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a090080), NET_PLACE_FAR);
	assert_int_equal(net_on_link_place(&links, 0x0a0900ff), NET_PLACE_FAR);
	assert_int_equal(net_on_link_place(&links, 0x0a090090),
			 NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a0900a0),
			 NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a0900a1),
			 NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a0a0000), NET_PLACE_FAR);
}

static void broadcast_is_nobodys(void **state)
{
	struct net_on_link links = {0};

	(void)state;
	net_on_link_add(&links, (struct irl_prefix4){0x0a090000, 30},
			NET_PLACE_ON_LINK);
	assert_int_equal(net_on_link_place(&links, 0x0a090003),
			 NET_PLACE_NOBODY);
	assert_int_equal(net_on_link_place(&links, 0x0a090004), NET_PLACE_FAR);
	links.count = 0;
	while (net_on_link_add(&links, (struct irl_prefix4){0, 0},
			       NET_PLACE_ON_LINK))
		;
	assert_int_equal(links.count, NET_ON_LINK_MAX);
	assert_int_equal(net_on_link_place(&links, UINT32_MAX),
			 NET_PLACE_NOBODY);
	assert_int_equal(net_on_link_place(&links, 1), NET_PLACE_ON_LINK);
}

/* ---- looked up by another thread ----------------------------------------- */

#define TABLES 20000u

struct asker {
	struct net_neighbours *table;
	unsigned turn, done; /* counted up, by the one and by the other */
};

static void *ask_when_told(void *argument)
{
	const struct irl_ip addr = irl_ip4(FIRST);
	struct asker *asker = argument;

	for (unsigned turn = 1; turn <= TABLES; turn++) {
		while (__atomic_load_n(&asker->turn, __ATOMIC_ACQUIRE) != turn)
			;
		/* at another moment of the look-up each time */
		for (volatile unsigned i = 0; i < turn % 64; i++)
			;
		net_neighbours_ask(asker->table, &addr);
		__atomic_store_n(&asker->done, turn, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* There is one slot for it and the next, of two, stays free. */
static void a_slot_that_is_taken_meanwhile_is_anothers(void **state)
{
	const struct net_neighbours_options options = {
	    .source = SOURCE, .room = 1, .rate_pps = 1000};
	struct asker asker = {0};
	unsigned wrong = 0;
	pthread_t thread;
	uint8_t mac[6];

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, ask_when_told, &asker),
			 0);
	for (unsigned turn = 1; turn <= TABLES; turn++) {
		asker.table = net_neighbours_new(&options);
		assert_non_null(asker.table);
		__atomic_store_n(&asker.turn, turn, __ATOMIC_RELEASE);
		while (__atomic_load_n(&asker.done, __ATOMIC_ACQUIRE) != turn)
			for (uint32_t i = 1; i < 9; i++) {
				const struct irl_ip other_addr =
				    irl_ip4(FIRST + i);

				wrong += net_neighbours_find(
					     asker.table, &other_addr, mac) !=
					 NET_NEIGHBOUR_UNKNOWN;
			}
		net_neighbours_free(asker.table);
	}
	pthread_join(thread, NULL);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_answers_is_known),
	    cmocka_unit_test(silence_is_three_requests_a_second_apart),
	    cmocka_unit_test(a_retry_may_be_answered),
	    cmocka_unit_test(a_full_table_says_so),
	    cmocka_unit_test(a_whole_network_is_found_at_once),
	    cmocka_unit_test(few_are_in_flight),
	    cmocka_unit_test(the_rate_is_kept),
	    cmocka_unit_test(a_low_rate_is_kept),
	    cmocka_unit_test(next_leads_to_the_end),
	    cmocka_unit_test(only_replies_to_what_was_asked),
	    cmocka_unit_test(cut_frames_are_nothing),
	    cmocka_unit_test(solicited_neighbours_are_known),
	    cmocka_unit_test(a_claim_is_enough_where_nobody_asks),
	    cmocka_unit_test(what_is_learnt_is_not_asked),
	    cmocka_unit_test(the_longest_prefix_decides),
	    cmocka_unit_test(broadcast_is_nobodys),
	    cmocka_unit_test(a_slot_that_is_taken_meanwhile_is_anothers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Replies to questions for neighbours, any frames: only who was asked becomes
 * known, once and for all, with an address that a station can have; and the
 * counts are those of the states.
 * Input: frames, each with two bytes of length before it.
 */
#include <stdlib.h>
#include <string.h>
#include "net/neighbours.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ASKED 4u /* of each family, of which the last is not asked for */

static void require(bool condition)
{
	if (!condition)
		abort();
}

static const uint8_t us[6] = {2, 0, 0, 0, 0, 1};

static struct irl_ip address(unsigned n)
{
	struct irl_ip six = {{0xfd, 9, [15] = (uint8_t)(0x10 + n / 2)}};

	return n % 2 ? six : irl_ip4(0x0a090010 + n / 2);
}

static struct net_neighbours *make(void)
{
	struct net_neighbours_options options = {
	    .source = 0x0a090001,
	    .source6 = {{0xfd, 9, [15] = 1}},
	    .room = 2 * ASKED,
	    .rate_pps = 1e6,
	};
	struct net_neighbours *table;
	uint8_t frame[NET_NEIGHBOURS_FRAME];

	memcpy(options.mac, us, 6);
	table = net_neighbours_new(&options);
	require(table != NULL);
	for (unsigned n = 0; n < 2 * (ASKED - 1); n++) {
		struct irl_ip addr = address(n);

		net_neighbours_ask(table, &addr);
	}
	for (uint64_t now = 1000000000; now < 1001000000; now += 10000)
		while (net_neighbours_request(table, now, frame))
			;
	return table;
}

/* What is known stays as it is. */
static void check(const struct net_neighbours *table, uint8_t known[][6])
{
	static const uint8_t none[6];
	unsigned count = 0;

	for (unsigned n = 0; n < 2 * ASKED; n++) {
		struct irl_ip addr = address(n);
		uint8_t mac[6];

		if (net_neighbours_find(table, &addr, mac) !=
		    NET_NEIGHBOUR_KNOWN) {
			require(!memcmp(known[n], none, 6));
			continue;
		}
		count++;
		require(n < 2 * (ASKED - 1));
		require(!(mac[0] & 1) && memcmp(mac, none, 6) != 0 &&
			memcmp(mac, us, 6) != 0);
		require(!memcmp(known[n], none, 6) ||
			!memcmp(known[n], mac, 6));
		memcpy(known[n], mac, 6);
	}
	require(count == net_neighbours_known(table));
	require(count + net_neighbours_open(table) == 2 * (ASKED - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_neighbours *table = make();
	uint8_t known[2 * ASKED][6] = {{0}};

	while (size >= 2) {
		size_t length = (size_t)data[0] << 8 | data[1];
		unsigned before = net_neighbours_known(table);
		uint8_t *frame;
		bool taken;

		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		/* of its own length: reading beyond it is seen */
		frame = malloc(length ? length : 1);
		require(frame != NULL);
		memcpy(frame, data, length);
		taken = net_neighbours_feed(table, frame, (uint32_t)length);
		require(net_neighbours_known(table) == before + taken);
		free(frame);
		data += length;
		size -= length;
		check(table, known);
	}
	net_neighbours_free(table);
	return 0;
}

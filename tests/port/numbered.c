// SPDX-License-Identifier: BSD-2-Clause
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "conformance.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

struct batch *new_batch(void)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	for (unsigned i = 0; i < IRL_BATCH_MAX; i++)
		b->frames[i].data = b->data[i];
	return b;
}

uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void fill_random(uint8_t *to, uint32_t length, uint64_t *state)
{
	for (uint32_t i = 0; i < length; i++)
		to[i] = (uint8_t)(random_next(state) >> 24);
}

void number_frame(struct irl_frame *frame, uint32_t number, uint32_t length)
{
	struct sink_probe p = {.dest = {2, 0, 0, 0, 0, 2},
			       .source = {2, 0, 0, 0, 0, 1},
			       .type = SINK_TYPE >> 8 | (SINK_TYPE & 255) << 8,
			       .sequence = number,
			       .check = ~number};

	memset(frame->data, (int)(number & 255), length);
	memcpy(frame->data, &p, sizeof(p));
	frame->length = length;
	frame->flags = 0;
}

uint32_t udp_frame(const struct bed *bed, uint8_t *to, uint32_t dest,
		   uint16_t port, uint32_t number)
{
	uint8_t payload[26] = "irlstack conformance";
	struct irl_eth eth = {.source = {2, 0, 0, 0, 0, 9},
			      .type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = PEER_ADDR,
			      .dest = dest,
			      .total_length = 28 + sizeof(payload),
			      .ttl = 64,
			      .protocol = IRL_IPV4_UDP};
	struct irl_udp udp = {.source = 99, .dest = port};

	memcpy(payload + 22, &number, 4);
	memcpy(eth.dest, bed->mac, 6);
	irl_eth_write(to, &eth);
	irl_ipv4_write(to + 14, &ip);
	irl_udp_write(to + 34, &udp, ip.source, ip.dest, payload,
		      sizeof(payload));
	memcpy(to + 42, payload, sizeof(payload));
	return 42 + sizeof(payload);
}

/* ---- accounts ---------------------------------------------------------- */

/* Frames that wait for the reader are in no counter yet: take them. */
static void drain(struct bed *bed)
{
	struct irl_frame frames[64];
	unsigned queues = irl_port_info(bed->port)->queues;

	for (unsigned q = 0; q < queues; q++)
		do
			while (irl_port_recv(bed->port, q, frames, 64) > 0)
				;
		while (irl_port_wait(bed->port, q, 5000000) == 1 &&
		       irl_port_recv(bed->port, q, frames, 64) > 0);
}

int check_balance(struct bed *bed)
{
	struct irl_port_stats s;
	uint64_t sum = 0;

	drain(bed);
	irl_port_stats(bed->port, &s);
	for (unsigned i = 0; i < IRL_TX_STATUSES; i++)
		sum += s.tx[i];
	CHECK(s.tx_offered == sum, "%llu offered, %llu told",
	      (unsigned long long)s.tx_offered, (unsigned long long)sum);
	CHECK(s.tx_unknown == 0, "%llu", (unsigned long long)s.tx_unknown);
	CHECK(s.rx_frames == s.rx_ours + s.rx_host, "%llu %llu %llu",
	      (unsigned long long)s.rx_frames, (unsigned long long)s.rx_ours,
	      (unsigned long long)s.rx_host);
	CHECK(s.rx_ours == s.rx_delivered + s.rx_full, "%llu %llu %llu",
	      (unsigned long long)s.rx_ours, (unsigned long long)s.rx_delivered,
	      (unsigned long long)s.rx_full);
	return 0;
}

bool send_all(struct bed *bed, unsigned queue, struct batch *b, uint32_t first,
	      uint64_t count, unsigned size)
{
	uint64_t next = first, end = first + count;
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	unsigned have = 0, kept;
	int rc;

	while (next < end || have) {
		while (have < size && next < end) {
			number_frame(&b->frames[have], (uint32_t)next,
				     60 + (uint32_t)(next % 5 * 16));
			have++;
			next++;
		}
		rc =
		    irl_port_send(bed->port, queue, b->frames, have, b->status);
		if (rc < 0)
			return false;
		bed_pump(bed);
		kept = 0;
		for (unsigned i = 0; i < have; i++)
			if (b->status[i] != IRL_TX_ACCEPTED) {
				struct irl_frame again = b->frames[kept];

				/* Swap, so that each keeps a buffer. */
				b->frames[kept++] = b->frames[i];
				b->frames[i] = again;
			}
		if (rc > 0)
			deadline = bed_now_ns() + DEADLINE_NS;
		else if (bed_now_ns() > deadline)
			return false;
		else
			sched_yield();
		have = kept;
	}
	return true;
}

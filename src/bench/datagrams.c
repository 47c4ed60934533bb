// SPDX-License-Identifier: BSD-2-Clause
#include "bench/datagrams.h"

#define IP_AT 14u
#define UDP_AT 34u

void bench_datagrams_init(struct bench_datagrams *d, uint32_t length,
			  const uint8_t mac[6], const uint8_t far_mac[6],
			  uint32_t source, const struct bench_range *to)
{
	uint8_t *f = d->frame;

	*d = (struct bench_datagrams){.to = *to, .length = length};
	memcpy(f, far_mac, 6);
	memcpy(f + 6, mac, 6);
	bench_put16(f + 12, 0x0800);
	f[IP_AT] = 0x45;
	bench_put16(f + IP_AT + 2, length - IP_AT);
	f[IP_AT + 8] = 64;
	f[IP_AT + 9] = 17;
	bench_put32(f + IP_AT + 12, source);
	bench_put16(f + UDP_AT, BENCH_FAR_GOAL);
	bench_put16(f + UDP_AT + 2, BENCH_FAR_GOAL);
	bench_put16(f + UDP_AT + 4, length - UDP_AT);
	bench_datagram_data(f + BENCH_DATAGRAM_HEADERS, 0);
	d->ip_sum = bench_folded(bench_sum(f + IP_AT, 20));
	/* With the pseudo header: both addresses, the length again. */
	d->udp_sum = bench_folded(bench_sum(f + IP_AT + 12, length - 26) + 17 +
				  (length - UDP_AT));
}

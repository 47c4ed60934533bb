// SPDX-License-Identifier: BSD-2-Clause
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bed_any.h"

#define SETTLE_NS                                                              \
	UINT64_C(20000000000) /* until we believe it will not come             \
			       */

void bed_init(struct bed *bed, enum bed_kind kind, const char *port_kind,
	      const struct bed_options *options)
{
	*bed = (struct bed){
	    .kind = kind,
	    .port_kind = port_kind,
	    .numbers = options->numbers ? options->numbers : 1 << 20,
	    .steer = {.own6 = {{{{0xfd, 1}}, 64}}, /* fd01::/64 */
		      .own6_count = 1,
		      .own = {{OWN_FIRST, 26}},
		      .own_count = 1,
		      .host_addr = HOST_ADDR,
		      .port_first = 40000,
		      .port_last = 50000},
	    .ns_own = -1,
	    .ns_peer = -1,
	    .sender = -1,
	    .host = -1,
	    .tap = -1,
	};
}

int bed_open_port(struct bed *bed, const struct bed_options *options, char *why,
		  size_t size)
{
	struct irl_port_options o = {
	    .ifname = "va",
	    .kind = bed->port_kind,
	    .queues = options->queues,
	    .steer = options->deaf ? NULL : &bed->steer,
	    .rx_ring_bytes = options->rx_bytes,
	};
	struct irl_error err = {0};
	int rc = irl_port_open(&bed->port, &o, &err);

	if (rc)
		snprintf(why, size, "%s", err.text);
	return rc;
}

void bed_tick_off(struct bed *bed, const uint8_t *data, size_t length)
{
	struct sink_state *s = &bed->tap_state;
	struct sink_probe p;
	uint64_t bit;

	if (length < sizeof(p))
		return;
	memcpy(&p, data, sizeof(p));
	if (data[12] != SINK_TYPE >> 8 || data[13] != (SINK_TYPE & 255))
		return;
	if (p.sequence >= bed->numbers || p.check != ~p.sequence) {
		s->bad++;
	} else {
		bit = UINT64_C(1) << p.sequence % 64;
		s->twice += !!(bed->seen[p.sequence / 64] & bit);
		bed->seen[p.sequence / 64] |= bit;
	}
	__atomic_fetch_add(&s->received, 1, __ATOMIC_RELEASE);
}

void bed_start_reader(struct bed *bed, void *(*reader)(void *))
{
	if (pthread_create(&bed->reader, NULL, reader, bed))
		abort();
	bed->reading = true;
}

void bed_end_reader(struct bed *bed)
{
	if (!bed->reading)
		return;
	__atomic_store_n(&bed->stop, true, __ATOMIC_RELAXED);
	pthread_join(bed->reader, NULL);
	bed->reading = bed->stop = false;
}

void bed_settle(struct bed *bed, uint64_t received, struct sink_state *out)
{
	uint64_t deadline = bed_now_ns() + SETTLE_NS, n = 0;

	while (bed_now_ns() < deadline) {
		bed_pump(bed);
		n = __atomic_load_n(&bed->state->received, __ATOMIC_ACQUIRE);
		if (n >= received)
			break;
		sched_yield();
	}
	bed_end_reader(bed); /* what it counts is ours to read after this */
	*out = *bed->state;
}

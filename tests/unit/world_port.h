/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port whose other end is a world of a few lines, for scans in one process:
 *
 *   scan --frames--> lock [ memory link a ==== b --responder--> b ] --> scan
 *
 * The link's virtual time follows the clock, moved on by whoever calls; the
 * link keeps its seeded loss and copies.  Each queue may have a thread.
 */
#ifndef IRL_TESTS_WORLD_PORT_H
#define IRL_TESTS_WORLD_PORT_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <irl/link.h>
#include <irl/probe.h>
#include <irl/wrap.h>
#include "base/clock.h"
#include "port/port.h"

struct world_port {
	struct irl_port port;
	struct irl_port *inside, *peer;
	struct irl_link *link;
	pthread_mutex_t lock;
	uint64_t taken;   /* probes that reached the other end */
	uint64_t gone_at; /* the device goes after so many; 0: never */
	uint64_t down_at; /* so does the link */
	uint64_t down_ns; /* for so long; 0: for good */
	uint64_t down_since_ns;
	bool forge;         /* a forged SYN-ACK beside each answer */
	uint32_t flood;     /* an address with always a frame more to receive */
	uint64_t hits_full; /* answers that it says it had no room for */
};

/* What the world answers: 1 in 8 SYN-ACK, 1 in 8 RST, else silence. */
static inline enum irl_probe_verdict world_port_truth(uint32_t addr,
						      uint16_t port)
{
	uint32_t x = (addr * 2654435761u) ^ (port * 40503u);

	x = (x ^ x >> 15) * 2246822519u;
	switch (x >> 29) {
	case 0:
		return IRL_ANSWER_SYNACK;
	case 1:
		return IRL_ANSWER_RST;
	default:
		return IRL_ANSWER_NOT;
	}
}

static inline uint32_t world_port_get(const uint8_t *p, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static inline void world_port_put(uint8_t *p, uint32_t v)
{
	for (int i = 3; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

/* Turn a SYN into its answer, in place; false: silence. */
static inline bool world_port_reply(uint8_t *f, uint32_t wrong)
{
	uint8_t swap[12];
	uint32_t seq = world_port_get(f + 38, 4);

	if (world_port_get(f + 12, 2) != 0x800 || f[23] != 6 || f[47] != 2)
		return false;
	switch (world_port_truth(world_port_get(f + 30, 4),
				 world_port_get(f + 36, 2) & 0xffff)) {
	case IRL_ANSWER_SYNACK:
		f[47] = 0x12;
		break;
	case IRL_ANSWER_RST:
		f[47] = 0x14;
		break;
	default:
		return false;
	}
	memcpy(swap, f, 12);
	memcpy(f, swap + 6, 6);
	memcpy(f + 6, swap, 6);
	memcpy(swap, f + 26, 8);
	memcpy(f + 26, swap + 4, 4);
	memcpy(f + 30, swap, 4);
	memcpy(swap, f + 34, 4);
	memcpy(f + 34, swap + 2, 2);
	memcpy(f + 36, swap, 2);
	world_port_put(f + 42, seq + 1 + wrong);
	world_port_put(f + 38, 0x01020304);
	return true;
}

static inline void world_port_send_one(struct world_port *w, unsigned queue,
				       uint8_t *data, uint32_t length)
{
	struct irl_frame frame = {.data = data, .length = length};
	enum irl_tx_status status;

	irl_port_send(w->peer, queue, &frame, 1, &status);
}

static inline void world_port_fail(struct world_port *w)
{
	if (w->gone_at && w->taken >= w->gone_at)
		irl_link_set(w->link, IRL_LINK_GONE);
	if (!w->down_at || w->taken < w->down_at)
		return;
	if (!w->down_since_ns) {
		w->down_since_ns = irl_clock_ns();
		irl_link_set(w->link, IRL_LINK_DOWN);
	} else if (w->down_ns &&
		   irl_clock_ns() - w->down_since_ns >= w->down_ns) {
		w->down_at = 0;
		irl_link_set(w->link, IRL_LINK_UP);
	}
}

/* Time goes on to now; what has arrived over there is answered. */
static inline void world_port_pump(struct world_port *w)
{
	struct irl_frame frame[64];
	uint8_t copy[128];
	int n;

	irl_link_advance(w->link, irl_clock_ns());
	for (unsigned q = 0; q < w->port.info.queues; q++) {
		while ((n = irl_port_recv(w->peer, q, frame, 64)) > 0) {
			for (int i = 0; i < n; i++) {
				w->taken++;
				memcpy(copy, frame[i].data, frame[i].length);
				if (world_port_reply(copy, 0))
					world_port_send_one(w, q, copy,
							    frame[i].length);
				memcpy(copy, frame[i].data, frame[i].length);
				if (w->forge &&
				    world_port_reply(copy, 1u << 30))
					world_port_send_one(w, q, copy,
							    frame[i].length);
			}
		}
	}
	world_port_fail(w);
	irl_link_advance(w->link, irl_clock_ns());
}

static inline int world_port_send(struct irl_port *port, unsigned queue,
				  const struct irl_frame frames[],
				  unsigned count, enum irl_tx_status status[])
{
	struct world_port *w = (struct world_port *)port;
	int rc;

	pthread_mutex_lock(&w->lock);
	world_port_pump(w);
	rc = irl_port_send(w->inside, queue, frames, count, status);
	world_port_pump(w);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

/* Somebody sends to @addr without end: UDP, which answers no probe. */
static inline void world_port_stray(struct world_port *w, unsigned queue,
				    uint32_t addr)
{
	uint8_t frame[60] = {0};

	memcpy(frame, w->port.info.mac, 6);
	frame[6] = 2;
	memcpy(frame + 12, "\x08\x00\x45\x00\x00\x2e", 6);
	memcpy(frame + 22, "\x40\x11", 2);
	world_port_put(frame + 26, 0x0a090909);
	world_port_put(frame + 30, addr);
	world_port_send_one(w, queue, frame, sizeof(frame));
}

static inline int world_port_recv(struct irl_port *port, unsigned queue,
				  struct irl_frame frames[], unsigned max)
{
	struct world_port *w = (struct world_port *)port;
	int rc;

	pthread_mutex_lock(&w->lock);
	world_port_pump(w);
	for (unsigned i = 0; w->flood && i < max; i++)
		world_port_stray(w, queue, w->flood);
	world_port_pump(w);
	rc = irl_port_recv(w->inside, queue, frames, max);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

static inline int world_port_wait(struct irl_port *port, unsigned queue,
				  int64_t timeout_ns)
{
	(void)port;
	(void)queue;
	irl_clock_sleep_until(irl_clock_ns() + (uint64_t)timeout_ns);
	return 1;
}

static inline void world_port_stats(struct irl_port *port,
				    struct irl_port_stats *out)
{
	struct world_port *w = (struct world_port *)port;

	pthread_mutex_lock(&w->lock);
	irl_port_stats(w->inside, out);
	out->rx_hits_full = w->hits_full;
	out->rx_ours += w->hits_full;
	out->rx_frames += w->hits_full;
	pthread_mutex_unlock(&w->lock);
}

static inline void world_port_end_rx(struct irl_port *port)
{
	struct world_port *w = (struct world_port *)port;

	pthread_mutex_lock(&w->lock);
	irl_port_end_rx(w->inside);
	pthread_mutex_unlock(&w->lock);
}

static inline void world_port_close(struct irl_port *port)
{
	struct world_port *w = (struct world_port *)port;

	irl_port_close(w->inside);
	irl_port_close(w->peer);
	irl_link_free(w->link);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* @fault may be NULL. */
static inline struct world_port *
world_port_new(const struct irl_link_options *options,
	       const struct irl_fault_options *fault)
{
	static const struct irl_port_ops ops = {
	    .close = world_port_close,
	    .send = world_port_send,
	    .recv = world_port_recv,
	    .wait = world_port_wait,
	    .stats = world_port_stats,
	    .end_rx = world_port_end_rx,
	};
	struct world_port *w = calloc(1, sizeof(*w));
	struct irl_link_options link = *options;
	struct irl_error err = {0};

	/* What has been accepted waits, however late a thread is: lost is what
	 * the test says. */
	link.rx_frames = link.frames = 16384;
	if (!w || irl_link_new(&w->link, &link, &w->inside, &w->peer, &err))
		abort();
	if (fault && irl_port_fault(&w->inside, w->inside, fault, &err))
		abort();
	pthread_mutex_init(&w->lock, NULL);
	w->port.ops = &ops;
	w->port.info = *irl_port_info(w->inside);
	return w;
}

#endif

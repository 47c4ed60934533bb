/* SPDX-License-Identifier: BSD-2-Clause */
/* A stack on a port; one thread drives both. */
#ifndef IRL_BENCH_TCP_LINK_H
#define IRL_BENCH_TCP_LINK_H

#include <irl/port.h>
#include <irl/tcp.h>

#define BENCH_LINK_FRAMES 1024u

struct bench_link {
	struct irl_port *port;
	struct irl_tcp_stack *stack; /* the caller's */
	struct irl_steer steer;
	uint8_t mac[6];
	struct irl_frame in[BENCH_LINK_FRAMES], out[BENCH_LINK_FRAMES];
	enum irl_tcp_verdict verdict[BENCH_LINK_FRAMES];
	enum irl_tx_status status[BENCH_LINK_FRAMES];
	uint8_t *bytes;
};

/* Where a link begins. */
struct bench_near {
	const char *ifname, *kind; /* of the port */
	uint8_t mac[6], gateway_mac[6];
	uint32_t addr; /* nobody else's: the port takes all that comes for it */
	/* Where clients connect to. */
	uint32_t servers, server_count;
	uint16_t port;
};

/* @ring_bytes as irl_port_options. */
int bench_link_open(struct bench_link *link, const struct bench_near *near,
		    struct irl_tcp_stack *stack, uint32_t ring_bytes,
		    struct irl_error *err);
void bench_link_close(struct bench_link *link);

/* Received frames into the stack, and time; ARP and echo are answered. */
int bench_link_receive(struct bench_link *link, uint64_t now_ns);
/* All that the stack has to send.  What is refused is a lost segment. */
int bench_link_send(struct bench_link *link, uint64_t now_ns);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test bed: a port under test, and a far end that shares no code with it.
 *
 *   own namespace                      peer namespace
 *   [port under test] va ---- veth ---- vb [XDP sink | AF_PACKET sender]
 *   [port under test] va ---- tap ----- descriptor: read and write
 *   [port under test] ------- memory -- the other port of the link
 *   [port under test] drivers - ndis.sys (a double) -- mapped file: the wire
 *
 * Namespaces have no name and no way out: they die with the process.
 */
#ifndef IRL_TEST_BED_H
#define IRL_TEST_BED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <irl/link.h>
#include <irl/port.h>
#include "sink.h"

#define OWN_FIRST 0x0a010040u /* 10.1.0.64/26: ours alone */
#define HOST_ADDR 0x0a010001u
#define PEER_ADDR 0x0a010002u
#define HOST_PORT 7777

enum bed_kind { BED_VETH, BED_TAP, BED_MEMORY, BED_WINDOWS };

struct sink;

/* Where the frame goes that bed_take takes. */
struct bed_taken {
	uint8_t *data;
	size_t size;
	int length;
};

struct bed {
	enum bed_kind kind;
	const char *port_kind;
	struct irl_port *port;
	struct irl_steer steer;
	uint8_t mac[6];
	uint64_t numbers; /* sequence numbers that can be ticked off */
	int ns_own, ns_peer;
	/* veth */
	struct sink *sink;
	struct ring_buffer *sink_ring;
	struct bed_taken taken;
	struct bpf_link *sink_link;
	struct sink_state *state;
	uint64_t *seen;
	int sender; /* AF_PACKET socket on vb */
	int host;   /* UDP socket, -1: none */
	/* tap: a thread ticks off what arrives, when asked to */
	int tap;
	pthread_t reader;
	bool reading, stop;
	struct sink_state tap_state;
	/* memory */
	struct irl_link *link;
	struct irl_port *far;
	/* Windows, its thread as of a tap */
	struct wire *wire;
};

struct bed_options {
	unsigned queues;
	uint64_t numbers;  /* 0: 2^20 */
	uint32_t rx_bytes; /* rx_ring_bytes */
	bool deaf;         /* no steering: the port receives nothing */
	bool veth_only;    /* other links have no such thing */
};

/* 0, or 77 with the reason in @why when it cannot be had here. */
int bed_open(struct bed *bed, const char *port_kind, const char *link,
	     const struct bed_options *options, char *why, size_t size);
void bed_close(struct bed *bed);

/* Far end, receiving.  A frame captured: its length, or -1 for none now. */
void bed_capture(struct bed *bed);
int bed_take(struct bed *bed, uint8_t *data, size_t size);
/* Tick off numbers from now on; bed_pump must follow each send. */
void bed_tick(struct bed *bed);
void bed_pump(struct bed *bed);
/* Wait until @received have come or nothing more does; read the result. */
void bed_settle(struct bed *bed, uint64_t received, struct sink_state *out);

/* Far end, sending. */
bool bed_inject(struct bed *bed, const void *frame, uint32_t length);
/* All those injected, @ours of them ours, have reached the port. */
bool bed_landed(struct bed *bed, uint64_t ours);

/* The kernel of the far end sends a datagram, checksum left to the device; of
 * veth only. */
bool bed_datagram(struct bed *bed, uint32_t dest, uint16_t port,
		  const char *text);

/* The host's own side listens at HOST_PORT from now on. */
void bed_host_open(struct bed *bed);
/* Numbers of udp_frame that have come there, in order, *@next being the one
 * due, of @sent; returns how many came.  Where nobody listens, all have. */
unsigned bed_host_take(struct bed *bed, uint32_t *next, uint32_t sent);

/* Links. */
void bed_own_link(struct bed *bed, bool up);
void bed_peer_link(struct bed *bed, bool up);
void bed_delete(struct bed *bed);

/* Run a shell command in the own or the peer namespace. */
int bed_run(int ns, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void bed_enter(int ns);
uint64_t bed_now_ns(void);

#endif

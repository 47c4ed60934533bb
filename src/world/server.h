/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the server in user space.
 *
 *   frame -> read -> path in -> segment -> connection --+
 *   frame <- write <------- wheel <- path out <- send <-+
 *
 * Its sender is plain on purpose: slow start, go-back-N after a timeout, fast
 * retransmission of the first hole (RFC 5681, 6582).  It is the judge of the
 * client's stack and shares nothing with it but src/wire.
 */
#ifndef IRL_WORLD_SERVER_H
#define IRL_WORLD_SERVER_H

#include "world/path.h"
#include "world/service.h"
#include "world/wheel.h"

#define IRL_OFFERED_SCALE 1u
#define IRL_OFFERED_SACK 2u
#define IRL_OFFERED_TIME 4u

#define IRL_WORLD_CONNECTION_NONE UINT32_MAX

enum irl_world_connection_state {
	IRL_WORLD_CONNECTION_FREE,
	IRL_WORLD_CONNECTION_OPENING, /* SYN-ACK sent */
	IRL_WORLD_CONNECTION_OPEN,
	IRL_WORLD_CONNECTION_OVER, /* both FINs acknowledged: answers late ones
				    */
};

/*
 * Places in the stream count from 0, the byte behind our SYN; our FIN stands
 * at end.
 */
struct irl_world_connection {
	uint32_t client, server;
	uint16_t client_port, server_port;
	uint8_t mac[6];
	uint8_t state;   /* enum irl_world_connection_state */
	uint8_t offered; /* options in use */
	struct irl_world_service service;
	struct irl_path path;
	uint64_t hash, rtt_ns;
	uint64_t deadline_ns; /* of the timer, which may come early; 0: none */
	uint64_t
	    since_ns;   /* the oldest byte that is out: sent, or sent again */
	uint32_t timer; /* event in the wheel */
	uint32_t isn,
	    received; /* received: next sequence number of the client */
	uint32_t acked, next, most; /* una, nxt and the most ever sent */
	uint32_t end;               /* of what may be sent by now */
	uint32_t window, congestion;
	uint32_t recover; /* fast retransmission lasts until here is acked */
	uint32_t echo;    /* the client's last timestamp */
	uint32_t last;    /* the last four bytes of the request */
	uint32_t dripped; /* a tarpit's bytes allowed so far */
	uint16_t segment; /* bytes of data in one */
	uint8_t scale, repeats, copies;  /* of acknowledgments */
	bool asked, client_done, finish; /* request whole; FINs: theirs, ours */
	bool recovering, counted, owes;  /* owes: an acknowledgment */
};

struct irl_world_server {
	struct irl_world_model model;
	uint8_t mac[6];
	bool plain; /* nothing happens on the way */
	struct irl_world_connection *connection;
	uint32_t room, used, free, open; /* free: list by end */
	uint32_t *table, table_mask;     /* index + 1; 0: empty */
	struct irl_world_wheel wheel;
	uint64_t now_ns;
	uint64_t counts[IRL_WORLD_S_COUNTS];
};

/* ---- frames (server_frame.c) ---- */

/* true: a sound TCP segment for a target of the world.  Counts what is not. */
bool irl_server_read(struct irl_world_server *server, const uint8_t *frame,
		     uint32_t length, struct irl_world_packet *out);
/* @to of IRL_FRAME_MAX bytes; returns the frame's length. */
uint32_t irl_server_write(const struct irl_world_server *server,
			  const struct irl_world_packet *packet, uint8_t *to);

/* ---- connections (server_table.c) ---- */

bool irl_server_table_init(struct irl_world_server *server, unsigned room);
void irl_server_table_fini(struct irl_world_server *server);
/* Of the packet's flow; NULL: there is none. */
struct irl_world_connection *
irl_server_find(struct irl_world_server *server,
		const struct irl_world_packet *packet);
/* One more, zeroed but for its flow; NULL: no room. */
struct irl_world_connection *
irl_server_open(struct irl_world_server *server,
		const struct irl_world_packet *packet);
void irl_server_close(struct irl_world_server *server,
		      struct irl_world_connection *c);
/* The timer rings at @at_ns, or earlier for nothing; 0: not at all. */
void irl_server_arm(struct irl_world_server *server,
		    struct irl_world_connection *c, uint64_t at_ns);

/* ---- the way (server.c) ---- */

/* Send it off; @c: NULL where there is no connection. */
void irl_server_send(struct irl_world_server *server,
		     struct irl_world_connection *c,
		     const struct irl_world_packet *packet);

/* ---- TCP (server_tcp.c, server_listen.c) ---- */

/* A segment of a flow without a connection, and of one with it. */
void irl_server_listen(struct irl_world_server *server,
		       const struct irl_world_packet *in);
void irl_server_segment(struct irl_world_server *server,
			struct irl_world_connection *c,
			const struct irl_world_packet *in);
void irl_server_timer(struct irl_world_server *server,
		      struct irl_world_connection *c);
/* Begin with the SYN @in, which brought the connection about. */
void irl_server_begin(struct irl_world_server *server,
		      struct irl_world_connection *c,
		      const struct irl_world_packet *in);
/* An answer's addresses; the rest is zero. */
struct irl_world_packet irl_server_back(const struct irl_world_packet *in);
/* What the kind of host agrees to of the options offered. */
uint8_t irl_server_agree(uint64_t hash, uint8_t offered);

#endif

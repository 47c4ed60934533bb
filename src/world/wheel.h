/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A timer wheel of the server in user space: segments on their way and the
 * connections' timers, in a pool of fixed size.  Owned by one server; all
 * operations take a few steps, whatever waits.
 *
 * Time runs in ticks of 64 us.  An event is due at the first tick that is not
 * before its time; those of one tick keep the order in which they came.  The
 * wheel turns in 1 s; what is later than that is passed over until its turn.
 */
#ifndef IRL_WORLD_WHEEL_H
#define IRL_WORLD_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#define IRL_WORLD_WHEEL_TICK_NS 65536ull
#define IRL_WORLD_WHEEL_SLOTS 16384u
#define IRL_WORLD_WHEEL_NONE UINT32_MAX

enum irl_world_event_kind {
	IRL_WORLD_EVENT_IN,    /* a segment reaches the server */
	IRL_WORLD_EVENT_OUT,   /* one leaves for good */
	IRL_WORLD_EVENT_TIMER, /* of a connection */
};

/* What the server needs of a segment, either way; host byte order.  The stream
 * is a pure function, so that the bytes of ours are made when they leave. */
struct irl_world_packet {
	uint8_t mac[6]; /* the client's */
	uint8_t flags;
	uint8_t offered; /* SYN: IRL_OFFERED_... */
	uint32_t client, server;
	uint16_t client_port, server_port;
	uint32_t seq, ack;
	uint32_t offset;         /* out: in the stream */
	uint16_t window, length; /* data bytes */
	uint16_t mss;            /* SYN; 0: not given */
	uint8_t scale;
	uint8_t first;       /* in: the first byte of the data */
	uint8_t last[4];     /* in: the last bytes, what there is, at the end */
	uint32_t time, echo; /* timestamps */
	bool timed;          /* has them */
	uint8_t icmp; /* out: no segment but ICMP unreachable, this code + 1 */
};

struct irl_world_event {
	uint32_t next, prev;
	uint64_t tick;
	uint64_t due_ns; /* when it came out: when it happens */
	enum irl_world_event_kind kind;
	uint32_t connection; /* of a timer */
	struct irl_world_packet packet;
};

struct irl_world_wheel {
	struct irl_world_event *event;
	uint32_t count, free; /* list of unused ones */
	uint32_t used;
	uint64_t tick; /* all up to here are done */
	uint32_t first[IRL_WORLD_WHEEL_SLOTS], last[IRL_WORLD_WHEEL_SLOTS];
	uint64_t
	    busy[IRL_WORLD_WHEEL_SLOTS / 64]; /* slots that are not empty */
	uint32_t due_first, due_last;         /* taken out of their slots */
};

/* false: no memory. */
bool irl_world_wheel_init(struct irl_world_wheel *wheel, uint32_t events);
void irl_world_wheel_fini(struct irl_world_wheel *wheel);

/* An event, or IRL_WORLD_WHEEL_NONE: all are in use. */
uint32_t irl_world_wheel_take(struct irl_world_wheel *wheel);
void irl_world_wheel_give(struct irl_world_wheel *wheel, uint32_t index);

/* Let it be due at @at_ns, or with the next tick if that is over. */
void irl_world_wheel_add(struct irl_world_wheel *wheel, uint32_t index,
			 uint64_t at_ns);
/* Let it be the last of what is due now, at @now_ns. */
void irl_world_wheel_add_now(struct irl_world_wheel *wheel, uint32_t index,
			     uint64_t now_ns);
/* Take one out that was added and has not come out. */
void irl_world_wheel_remove(struct irl_world_wheel *wheel, uint32_t index);

/* The next event that is due by @now_ns, or IRL_WORLD_WHEEL_NONE. */
uint32_t irl_world_wheel_pop(struct irl_world_wheel *wheel, uint64_t now_ns);
/* Not later than the next event, and later than any pop so far. */
uint64_t irl_world_wheel_next(const struct irl_world_wheel *wheel);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a connection is made of.
 *
 * Every connection has a stub: its addresses and ports, its user's word, its
 * place in one list.  While half-open it has nothing else: 26 bytes and an
 * eleventh of a line of the index.  With the SYN-ACK it gets a body of a cache
 * line and a half.  What it has only while data is under way or waiting comes
 * from the buffers: the sender's state, the queues, what arrived ahead of a
 * gap.  Statistics are another half of a line, where they are asked for.
 *
 * Times: 32-bit "micro" are 1,024 ns, "ticks" 1,024 micro, both modulo 2^32.
 */
#ifndef IRL_TCP_CONN_H
#define IRL_TCP_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include "tcp/timer.h"

#define IRL_CONN_NONE UINT32_MAX
#define IRL_CONN_MAX 0xfff000u /* stubs; 24 bits less the list heads */

/* ---- half-open ---------------------------------------------------------- */

/*
 * All in one record, for each part waits for memory on its own where there are
 * millions; packed, since 32 bytes are all that a half-open connection may have
 * together with its part of the index.
 *
 * The link's byte a is the index of the local address, byte b state |
 * after << 3 | level << 4, the level being that of the SYN to send or waited
 * for; of an ENDED stub it is how many were sent.  While it is half-open, next
 * and prev hold it in the list of SYNs to send or in that of its level.
 * Afterwards next is the list of events and prev that of segments to send; of
 * an ENDED stub prev is outcome | type << 8 | code << 16.
 */
struct irl_stub {
	uint32_t remote; /* IPv4, or where the IPv6 address is kept */
	uint16_t remote_port, local_port;
	uint32_t user;
	union {
		uint32_t syn_at; /* SYN-SENT: the first SYN, micro */
		uint32_t body;   /* IRL_STUB_FULL */
		uint32_t lasted; /* IRL_STUB_ENDED: micro */
	};
	struct irl_link link;
	uint16_t generation;
} __attribute__((packed, aligned(2)));
_Static_assert(sizeof(struct irl_stub) == 26, "as promised");

enum irl_stub_state {
	IRL_STUB_FREE,
	IRL_STUB_SEND,  /* a SYN is to be sent */
	IRL_STUB_WAIT,  /* for an answer to it */
	IRL_STUB_FULL,  /* it has a body */
	IRL_STUB_ENDED, /* before it had one */
	IRL_STUB_LET_GO /* released, but in the list of events */
};
#define IRL_STUB_STATE 7u
#define IRL_STUB_AFTER 8u
#define IRL_STUB_LEVEL(b) ((b) >> 4)
#define IRL_STUB_LEVELS 16u

/* Lists of stubs; their heads are stubs of the same array. */

static inline void irl_list_init(struct irl_stub *at, uint32_t head)
{
	at[head].link.next = head & IRL_LINK_MASK;
	at[head].link.prev = head & IRL_LINK_MASK;
}

static inline bool irl_list_empty(const struct irl_stub *at, uint32_t head)
{
	return at[head].link.next == head;
}

static inline void irl_list_append(struct irl_stub *at, uint32_t head,
				   uint32_t node)
{
	uint32_t last = at[head].link.prev;

	at[node].link.next = head & IRL_LINK_MASK;
	at[node].link.prev = last & IRL_LINK_MASK;
	at[last].link.next = node & IRL_LINK_MASK;
	at[head].link.prev = node & IRL_LINK_MASK;
}

static inline void irl_list_remove(struct irl_stub *at, uint32_t node)
{
	uint32_t next = at[node].link.next, prev = at[node].link.prev;

	at[prev].link.next = next & IRL_LINK_MASK;
	at[next].link.prev = prev & IRL_LINK_MASK;
}

/* A record may lie across two lines. */
static inline void irl_stub_ask(const struct irl_stub *stub)
{
	__builtin_prefetch(stub, 1);
	__builtin_prefetch((const uint8_t *)(stub + 1) - 1, 1);
}

/* ---- established -------------------------------------------------------- */

enum irl_conn_state {
	IRL_CONN_SYN_RECEIVED, /* simultaneous open */
	IRL_CONN_ESTABLISHED,
	IRL_CONN_FIN_WAIT_1,
	IRL_CONN_FIN_WAIT_2,
	IRL_CONN_CLOSE_WAIT,
	IRL_CONN_CLOSING,
	IRL_CONN_LAST_ACK,
	IRL_CONN_CLOSED, /* a last segment or event may be left */
};

enum {
	IRL_F_SACK = 1,
	IRL_F_TIMESTAMPS = 2,
	IRL_F_ACK_NOW = 4,
	IRL_F_ACK_LATER = 8,
	IRL_F_DIRTY = 0x10,        /* in the list of segments to send */
	IRL_F_RST = 0x20,          /* one is to be sent */
	IRL_F_FIN = 0x40,          /* after what is queued */
	IRL_F_FIN_SENT = 0x80,     /* nxt is behind it */
	IRL_F_ORPHAN = 0x100,      /* closed by the user: nobody reads */
	IRL_F_AFTER = 0x200,       /* a bare ACK goes before data */
	IRL_F_RTO = 0x400,         /* rto_at is set */
	IRL_F_LISTED = 0x800,      /* in the list of events */
	IRL_F_GRAVE = 0x1000,      /* its CLOSED was taken */
	IRL_F_ENDED = 0x2000,      /* the peer's FIN was taken in */
	IRL_F_SYN_AGAIN = 0x4000,  /* the SYN was sent more than once */
	IRL_F_REQUEST_OK = 0x8000, /* a byte of ours was acknowledged */
};

/* What each segment needs. */
struct irl_hot {
	uint32_t stub : 24, state : 7;
	uint32_t silent : 1; /* it has sent nothing but SYNs */
	uint32_t una, nxt, snd_wnd, wl1;
	uint32_t rcv_nxt, rcv_adv; /* the edge of the window as announced */
	uint32_t ack_sent;         /* Last.ACK.sent (RFC 7323, 4.3) */
	uint32_t ts_recent;
	uint32_t tx;       /* block: struct irl_tx, while there is any use */
	uint32_t rx;       /* queue: in order, not yet read */
	uint32_t readable; /* bytes in rx */
	uint32_t ahead;    /* chunk: struct irl_ahead, 0: none */
	uint16_t flags;    /* IRL_F_... */
	uint16_t mss;      /* to send, without options */
	uint8_t events;    /* 1 << enum irl_tcp_event_kind */
	uint8_t scales;    /* theirs | ours << 4; IRL_SCALE_NONE */
	uint8_t backoff; /* retransmissions since something was acknowledged */
	uint8_t dupacks;
	uint32_t last_rx; /* ticks: when something new came */
};
_Static_assert(sizeof(struct irl_hot) == 64, "one cache line");
#define IRL_SCALE_NONE 15u

/* What few segments need. */
struct irl_cold {
	struct irl_timer timer; /* a: the SYN-ACK's TTL; b: it is armed */
	union {
		uint32_t rto_at; /* micro */
		struct {         /* CLOSED */
			uint8_t outcome;
			bool established; /* it was */
		};
	};
	uint32_t srtt, rttvar; /* micro; srtt 0: not measured */
	uint32_t since;        /* micro: of the connect; CLOSED: how long */
	uint16_t since_high;   /* the 16 bits above */
	uint8_t sent_high, received_high; /* bits 32 .. 39 of the streams */
};
_Static_assert(sizeof(struct irl_cold) == 32, "two a cache line");

/* Statistics; where nobody asks for them all connections share one. */
struct irl_tally {
	uint32_t iss, irs;
	uint32_t syn_rtt, first_byte; /* micro; 0: none */
	uint32_t segments_in, segments_out;
	uint16_t retransmits, sack_blocks_in, out_of_order, duplicates;
};
_Static_assert(sizeof(struct irl_tally) == 32, "two a cache line");

/* ---- while it sends ----------------------------------------------------- */

enum irl_tx_mode {
	IRL_TX_OPEN,
	IRL_TX_RECOVERY, /* RFC 6675, or 6582 without SACK */
	IRL_TX_LOSS,     /* after a timeout: all up to recover is lost */
};

enum irl_tx_timer { /* what rto_at is for */
		    IRL_TX_RTO,
		    IRL_TX_REORDER, /* RFC 8985, 6.3 */
		    IRL_TX_TAIL,    /* its 7.2 */
};

struct irl_tx {
	const uint8_t *first; /* first_left bytes by reference: before queue */
	uint32_t first_left;
	uint32_t queue;
	uint32_t queued; /* bytes from una on */
	uint32_t cwnd, ssthresh;
	uint32_t recover;   /* end of what was out when the loss was seen */
	uint32_t probed;    /* RFC 8985, TLP.end_seq, with probing */
	uint32_t timed_seq; /* RTT is measured by the ACK of this */
	uint32_t timed_at;  /* micro */
	uint32_t board;     /* chunk: struct irl_board; 0: nothing is known */
	uint32_t max_wnd;   /* the largest window seen */
	uint8_t mode;       /* enum irl_tx_mode */
	uint8_t timer;      /* enum irl_tx_timer */
	uint8_t unanswered; /* timeouts since any ACK came (R2) */
	uint8_t full_lost;  /* timeouts of a full segment in a row */
	bool timing : 1, probe : 1;
	bool rode : 1;        /* its first bytes, in the handshake's ACK */
	bool sizing : 1;      /* what is timed is of mss_path */
	bool resend : 1;      /* the first segment, where there is no board */
	bool reordered : 1;   /* the path was seen to do so */
	bool probe_tail : 1;  /* a tail loss probe is due */
	bool probing : 1;     /* one is out */
	bool probe_again : 1; /* and was sent before */
	uint16_t mss_path;    /* before a black hole was suspected */
	uint8_t sizes_lost, small_acked; /* ACKs since the last one */
};
_Static_assert(sizeof(struct irl_tx) == 64, "one block");

struct irl_range {
	uint32_t begin, end;
};

/* ---- while what it sent may be lost ------------------------------------- */

enum irl_mark_how {
	IRL_MARK_OUT, /* in flight, for all we know */
	IRL_MARK_SACKED,
	IRL_MARK_LOST, /* and not sent again */
};

/* A stretch with one fate: from begin to where the next one begins, or nxt. */
struct irl_mark {
	uint32_t begin;
	uint32_t sent; /* micro: the last time */
	uint8_t how;   /* enum irl_mark_how */
	bool again;    /* it was sent more than once */
};

/* From una to nxt, from the first sign of loss until all is acknowledged. */
#define IRL_BOARD_MARKS 41u
struct irl_board {
	uint32_t count;
	uint32_t sent, end, rtt; /* RFC 8985: RACK.xmit_ts, end_seq, rtt */
	uint32_t high;           /* RACK.fack */
	struct irl_mark mark[IRL_BOARD_MARKS];
};
_Static_assert(sizeof(struct irl_board) == 512, "one chunk");

/* ---- while something arrived ahead of a gap ----------------------------- */

#define IRL_AHEAD_RANGES 40u
struct irl_ahead_range {
	uint32_t begin, end, queue;
};

struct irl_ahead {
	struct irl_range twice; /* D-SACK (RFC 2883) owed; empty: none */
	uint32_t recent[3];     /* where what came last begins, latest first */
	uint32_t fin;           /* its sequence number, with has_fin */
	uint32_t bytes;         /* in all ranges */
	uint8_t count, owed;    /* owed: segments to acknowledge at once */
	bool has_fin;
	uint8_t told; /* the range that the next further ACK begins with */
	struct irl_ahead_range range[IRL_AHEAD_RANGES]; /* ascending, apart */
};
_Static_assert(sizeof(struct irl_ahead) == 512, "one chunk");

/* ---- afterwards --------------------------------------------------------- */

struct irl_time_wait {
	uint32_t nxt, rcv_nxt;
	uint64_t hash40_tick24; /* 0: forgotten */
};
_Static_assert(sizeof(struct irl_time_wait) == 16, "as promised");

/* ---- sequence numbers (RFC 9293, 3.4) ----------------------------------- */

static inline int32_t irl_seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool irl_seq_before(uint32_t a, uint32_t b)
{
	return irl_seq_diff(a, b) < 0;
}

/* @n further in a stream whose wraps @high counts. */
static inline void irl_seq_advance(uint32_t *seq, uint32_t n, uint8_t *high)
{
	*seq += n;
	if (*seq < n)
		++*high;
}

static inline uint32_t irl_least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t irl_most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static inline uint32_t irl_seq_later(uint32_t a, uint32_t b)
{
	return irl_seq_before(a, b) ? b : a;
}

#endif

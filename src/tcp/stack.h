/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack's own members and what its files call of each other. */
#ifndef IRL_TCP_STACK_H
#define IRL_TCP_STACK_H

#include <irl/tcp.h>
#include "base/siphash.h"
#include "tcp/buffer.h"
#include "tcp/conn.h"
#include "tcp/list.h"
#include "tcp/segment.h"
#include "tcp/table.h"
#include "tcp/timer.h"

#define IRL_REPLIES 256u
#define IRL_REPORTS 256u
/* Challenge ACKs of one connection in 1.07 s; connections share counters. */
#define IRL_CHALLENGES_EACH 5u
#define IRL_CHALLENGED 256u

/* A segment for which there is no connection to send it. */
struct irl_reply {
	struct irl_ends ends;
	uint32_t seq, ack;
	uint32_t ts_echo;
	uint8_t flags;
	bool timestamps;
};

/* An ICMP error that ended nothing. */
struct irl_report {
	uint64_t id;
	uint32_t user;
	uint8_t type, code;
};

struct irl_tcp_stack {
	struct irl_tcp_stack_options o; /* defaults filled in */
	struct irl_tcp_local locals[IRL_TCP_LOCALS];
	uint16_t local_map[2 * IRL_TCP_LOCALS]; /* by address; local + 1 */
	uint32_t port_next[IRL_TCP_LOCALS];
	uint32_t local_next;
	struct irl_siphash ends_key, noise_key, mix_key;
	uint64_t now_ns;

	/* Half-open. */
	struct irl_stub *stub; /* then IRL_STUB_LEVELS + 1 heads of lists */
	uint8_t (*addr6)[16];  /* of stubs, where a local is IPv6 */
	struct irl_index index;
	uint32_t stub_free, stub_fresh;
	uint32_t level_ends[IRL_STUB_LEVELS]; /* micro since the first SYN */

	/* Established. */
	struct irl_hot *hot;
	struct irl_cold *cold; /* and the wheel's heads */
	struct irl_tally *tally;
	struct irl_wheel wheel;
	uint32_t body_free, body_fresh;
	uint32_t sweep; /* where the search for memory goes on */

	/* Chains: events through next, segments to send through prev. */
	uint32_t event_first, event_last, grave_first;
	uint32_t dirty_first, dirty_last;

	struct irl_pool_memory pool;
	uint32_t reserve; /* chunks that data ahead of a gap leaves alone */

	struct irl_time_wait *wait;
	struct irl_index wait_index;
	uint32_t wait_first, wait_count, wait_live;

	struct irl_reply reply[IRL_REPLIES];
	uint32_t reply_first, reply_count;

	struct irl_report report[IRL_REPORTS];
	uint32_t report_first, report_count;

	uint32_t challenge_second, challenges;
	uint8_t challenged[IRL_CHALLENGED]; /* this second, by connection */
	struct irl_tcp_stats stats;
	uint8_t *memory; /* all of the above that is as large as is asked for */
	size_t bytes;
};

/* ---- time --------------------------------------------------------------- */

#define IRL_SECOND_MICRO 976563u

static inline uint32_t irl_micro(uint64_t ns)
{
	return (uint32_t)(ns >> 10);
}

static inline uint32_t irl_tick(uint64_t ns)
{
	return (uint32_t)(ns >> 20);
}

/* A tick that is not before @micro of time. */
static inline uint32_t irl_tick_after(const struct irl_tcp_stack *st,
				      uint32_t micro)
{
	uint64_t now = st->now_ns >> 10;
	uint64_t then =
	    now + (uint64_t)(int64_t)irl_seq_diff(micro, (uint32_t)now);

	return (uint32_t)((then + 1023) >> 10);
}

/* ---- table: stubs and bodies -------------------------------------------- */

static inline void irl_count(struct irl_tcp_stack *st, enum irl_tcp_count which)
{
	st->stats.count[which]++;
}

static inline uint8_t irl_stub_state(const struct irl_tcp_stack *st, uint32_t s)
{
	return st->stub[s].link.b & IRL_STUB_STATE;
}

static inline void irl_stub_set(struct irl_tcp_stack *st, uint32_t s,
				enum irl_stub_state state)
{
	uint32_t b = st->stub[s].link.b;

	st->stub[s].link.b = ((b & ~IRL_STUB_STATE) | state) & 0xff;
}

/* How many SYNs one without a body has sent. */
static inline uint32_t irl_stub_syns(const struct irl_tcp_stack *st, uint32_t s)
{
	uint32_t level = (uint32_t)IRL_STUB_LEVEL(st->stub[s].link.b);

	return irl_stub_state(st, s) == IRL_STUB_WAIT ? level + 1 : level;
}

uint64_t irl_stub_id(const struct irl_tcp_stack *st, uint32_t s);
/* The stub of an id, or IRL_CONN_NONE. */
uint32_t irl_stub_of(const struct irl_tcp_stack *st, uint64_t id);
void irl_stub_ends(const struct irl_tcp_stack *st, uint32_t s,
		   struct irl_ends *out);
/* The stubs that a search looks at; its cells are in the cache. */
void irl_stub_prefetch(const struct irl_tcp_stack *st, uint64_t hash);
/* What irl_stub_find will find, or something like it. */
uint32_t irl_stub_likely(const struct irl_tcp_stack *st,
			 const struct irl_ends *ends, uint64_t hash);
uint32_t irl_stub_find(const struct irl_tcp_stack *st,
		       const struct irl_ends *ends, uint64_t hash);
/* The same; @likely, which may be IRL_CONN_NONE, is looked at first. */
uint32_t irl_stub_find_at(const struct irl_tcp_stack *st,
			  const struct irl_ends *ends, uint64_t hash,
			  uint32_t likely);
/* Taken and in the index; IRL_CONN_NONE: full. */
uint32_t irl_stub_take(struct irl_tcp_stack *st, const struct irl_ends *ends,
		       uint64_t hash);
void irl_stub_unindex(struct irl_tcp_stack *st, uint32_t s);
/* Not in the index, nor in any list. */
void irl_stub_give(struct irl_tcp_stack *st, uint32_t s);
uint32_t irl_body_take(struct irl_tcp_stack *st, uint32_t s);
void irl_body_give(struct irl_tcp_stack *st, uint32_t c);

static inline uint32_t irl_syn_list(const struct irl_tcp_stack *st)
{
	return st->o.connections + IRL_STUB_LEVELS;
}

static inline uint32_t irl_level_list(const struct irl_tcp_stack *st,
				      uint32_t level)
{
	return st->o.connections + level;
}

/* Its statistics, or those that nobody reads. */
static inline struct irl_tally *irl_tally(const struct irl_tcp_stack *st,
					  uint32_t c)
{
	return &st->tally[st->o.statistics ? c : 0];
}

/* ---- the sender's block ------------------------------------------------- */

static inline struct irl_tx *irl_tx_of(const struct irl_tcp_stack *st,
				       const struct irl_hot *h)
{
	return h->tx ? irl_buffer_at(&st->pool, h->tx) : NULL;
}

static inline struct irl_ahead *irl_ahead_of(const struct irl_tcp_stack *st,
					     const struct irl_hot *h)
{
	return h->ahead ? irl_buffer_at(&st->pool, h->ahead) : NULL;
}

static inline struct irl_board *irl_board_of(const struct irl_tcp_stack *st,
					     const struct irl_tx *tx)
{
	return tx->board ? irl_buffer_at(&st->pool, tx->board) : NULL;
}

static inline uint32_t irl_queued(const struct irl_tx *tx)
{
	return tx ? tx->queued : 0;
}

/* Data of a full segment: what options leave. */
uint32_t irl_payload_max(const struct irl_tcp_stack *st,
			 const struct irl_hot *h);

/* ---- open.c ------------------------------------------------------------- */

struct irl_handshake {
	uint32_t iss, syn_at;
	uint32_t syns; /* of ours that went out */
	bool after;
	struct irl_tcp_offer offer;
};

uint32_t irl_stub_iss(const struct irl_tcp_stack *st, const struct irl_stub *s,
		      uint64_t hash);
/* Give the stub a body that has seen @seg, a SYN or SYN-ACK. */
uint32_t irl_conn_begin(struct irl_tcp_stack *st, uint32_t stub,
			const struct irl_handshake *shake,
			const struct irl_segment *seg);
/* Its SYN is acknowledged. */
void irl_conn_establish(struct irl_tcp_stack *st, uint32_t c);
void irl_syn_sent_input(struct irl_tcp_stack *st, uint32_t stub,
			const struct irl_segment *seg);

/* ---- input.c, ack.c, receive.c, icmp.c, wait.c -------------------------- */

void irl_conn_input(struct irl_tcp_stack *st, uint32_t c,
		    const struct irl_segment *seg);
/* Data and FIN of an acceptable segment. */
void irl_receive(struct irl_tcp_stack *st, uint32_t c,
		 const struct irl_segment *seg);
/* An ACK within [una, nxt].  @pure: neither data nor SYN nor FIN. */
void irl_ack_input(struct irl_tcp_stack *st, uint32_t c,
		   const struct irl_segment *seg, bool pure);
void irl_window_input(struct irl_tcp_stack *st, uint32_t c,
		      const struct irl_segment *seg);
void irl_icmp_input(struct irl_tcp_stack *st, const struct irl_segment *seg);
bool irl_challenge(struct irl_tcp_stack *st, uint32_t c);
bool irl_challenge_allowed(struct irl_tcp_stack *st);

/* The window's edge if it were announced now. */
uint32_t irl_receive_edge(const struct irl_tcp_stack *st,
			  const struct irl_hot *h);
void irl_ahead_clear(struct irl_tcp_stack *st, struct irl_hot *h);
/* Received in order and not acknowledged. */
static inline uint32_t irl_ack_owed(const struct irl_hot *h)
{
	return h->rcv_nxt - h->ack_sent;
}
/* The block for @h->ahead, taken if there is none; NULL: no memory. */
struct irl_ahead *irl_ahead_need(struct irl_tcp_stack *st, struct irl_hot *h);
/* Drop what others hold ahead of gaps, a few at a time. */
void irl_reclaim(struct irl_tcp_stack *st);

void irl_wait_enter(struct irl_tcp_stack *st, uint32_t c);
/* Whether it belonged to one that waits. */
bool irl_wait_input(struct irl_tcp_stack *st, const struct irl_segment *seg);
bool irl_wait_has(const struct irl_tcp_stack *st, const struct irl_ends *ends);
void irl_wait_advance(struct irl_tcp_stack *st);
bool irl_wait_next(const struct irl_tcp_stack *st, uint64_t *ns);

/* ---- ack.c: congestion and loss ----------------------------------------- */

struct irl_tx *irl_tx_need(struct irl_tcp_stack *st, uint32_t c);
void irl_tx_drop(struct irl_tcp_stack *st, struct irl_hot *h);
/* Nothing is kept of it that a new one would not have. */
void irl_tx_tidy(struct irl_tcp_stack *st, uint32_t c);
uint32_t irl_rto(const struct irl_tcp_stack *st, uint32_t c);
void irl_rto_start(struct irl_tcp_stack *st, uint32_t c);
void irl_rtt_sample(struct irl_cold *cold, uint32_t micro);
void irl_timeout(struct irl_tcp_stack *st, uint32_t c);
/* What is timed is sent again: its ACK will tell nothing (RFC 6298, 3). */
void irl_untime(struct irl_tx *tx);
/* Everything in flight counts as lost: it is sent anew as cwnd allows. */
void irl_send_anew(struct irl_tcp_stack *st, uint32_t c);

/* Start the timer for a tail loss probe, if one may be needed. */
void irl_tail_start(struct irl_tcp_stack *st, uint32_t c);
/* Bytes that are in the network. */
uint32_t irl_pipe(const struct irl_tcp_stack *st, const struct irl_hot *h,
		  const struct irl_tx *tx);
/* The next stretch that is lost and was not sent again; false: none. */
bool irl_next_hole(const struct irl_tcp_stack *st, const struct irl_hot *h,
		   const struct irl_tx *tx, struct irl_range *out);

/* ---- scoreboard.c ------------------------------------------------------- */

/* The board, taken if there is none; NULL: no memory. */
struct irl_board *irl_board_need(struct irl_tcp_stack *st, uint32_t c,
				 uint32_t una);
void irl_board_clear(struct irl_tcp_stack *st, struct irl_tx *tx);
/* What a SACK says, and all that una has passed, arrived. */
void irl_board_sacked(struct irl_tcp_stack *st, uint32_t c, uint32_t una,
		      const struct irl_range *range);
void irl_board_acked(struct irl_tcp_stack *st, uint32_t c, uint32_t una);
/* Find what is lost; returns the micro until more may be, or 0. */
uint32_t irl_board_detect(struct irl_tcp_stack *st, uint32_t c);
void irl_board_lose_all(struct irl_board *b);
void irl_board_lose_first(struct irl_board *b, uint32_t nxt, uint32_t bytes);
/* Bytes with that fate; @b may be NULL. */
uint32_t irl_board_count(const struct irl_board *b, uint32_t nxt,
			 enum irl_mark_how how);
bool irl_board_hole(const struct irl_board *b, uint32_t nxt,
		    struct irl_range *out);
/* A stretch goes out once more; new data goes out at @seq. */
void irl_board_again(struct irl_tcp_stack *st, struct irl_board *b,
		     uint32_t nxt, const struct irl_range *range);
void irl_board_new(struct irl_tcp_stack *st, struct irl_board *b, uint32_t seq);

/* ---- timers ------------------------------------------------------------- */

/* See to it that the timer fires by whatever is due first. */
void irl_timer_set(struct irl_tcp_stack *st, uint32_t c);
/* The timer of an ACK that may wait: at the end of its turn, since most answers
 * carry the ACK or end the connection.  True: it is due already. */
bool irl_ack_wait(struct irl_tcp_stack *st, uint32_t c);
void irl_syn_schedule(struct irl_tcp_stack *st);

/* ---- output.c, event.c, close.c ----------------------------------------- */

void irl_dirty(struct irl_tcp_stack *st, uint32_t c);
void irl_reply_add(struct irl_tcp_stack *st, const struct irl_reply *reply);
/* A RST for @seg (RFC 9293, 3.10.7.1). */
void irl_reply_rst(struct irl_tcp_stack *st, const struct irl_segment *seg);
void irl_event(struct irl_tcp_stack *st, uint32_t c,
	       enum irl_tcp_event_kind kind);
/* Tell the user of an ICMP error; the oldest one gives way. */
void irl_report(struct irl_tcp_stack *st, uint32_t stub, uint8_t type,
		uint8_t code);

/* The connection is over: it leaves the index and drops what it has to send;
 * what is readable stays. */
void irl_conn_end(struct irl_tcp_stack *st, uint32_t c,
		  enum irl_tcp_outcome outcome);
/* The same with a RST. */
void irl_conn_reset(struct irl_tcp_stack *st, uint32_t c,
		    enum irl_tcp_outcome outcome);
void irl_stub_end(struct irl_tcp_stack *st, uint32_t stub,
		  enum irl_tcp_outcome outcome, uint8_t icmp_type,
		  uint8_t icmp_code);
/* Give the body and stub back if nothing holds them any more. */
void irl_conn_bury(struct irl_tcp_stack *st, uint32_t c);
/* What FINs and their ACKs have done to the state. */
void irl_conn_fin_acked(struct irl_tcp_stack *st, uint32_t c);
void irl_conn_fin_taken(struct irl_tcp_stack *st, uint32_t c);

#endif

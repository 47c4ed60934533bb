/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The client side of TCP in user space (RFC 9293), for very many connections.
 *
 * A stack has no thread, no clock, no port and no callback.  Whoever drives it
 * passes received frames in, takes events out, answers them (send, read, close)
 * and takes the frames to send:
 *
 *     irl_tcp_input(stack, frames, n, now, NULL);
 *     irl_tcp_advance(stack, now);
 *     while ((n = irl_tcp_poll(stack, events, 256)) > 0)
 *             ... irl_tcp_send, irl_tcp_read, irl_tcp_abort ...
 *     n = irl_tcp_output(stack, frames, 256, now);
 *
 * Segments are decided in irl_tcp_output, not before: data sent in answer to
 * IRL_TCP_ESTABLISHED therefore travels in the ACK of the handshake, one ACK
 * stands for all that was read meanwhile, and a connection that is aborted in
 * answer to its data sends one RST and no ACK.
 *
 * One stack a worker; stacks share nothing.  All memory is allocated by
 * irl_tcp_new; beyond it connections are refused or evicted, and counted.  No
 * function blocks.  Times are nanoseconds of any monotonic clock that the
 * caller likes, never running back: a run with the same calls gives the same
 * frames.
 *
 * docs/tcp.md says RFC by RFC what is implemented.
 */
#ifndef IRL_TCP_H
#define IRL_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/frame.h>
#include <irl/ip.h>

struct irl_tcp_stack;

/* ---- making ------------------------------------------------------------- */

/* A source address and the ports that this stack alone uses of it. */
struct irl_tcp_local {
	struct irl_ip addr;
	uint16_t port_first, port_last;
};
#define IRL_TCP_LOCALS 256u

/* What our SYN offers; of a SYN that another sent, what it offered. */
struct irl_tcp_offer {
	uint16_t mss;    /* 0: no option, which means 536 (1,220 on IPv6) */
	int8_t scale;    /* of our window; -1: no option */
	bool sack;       /* RFC 2018 */
	bool timestamps; /* RFC 7323 */
};

/* All 0 is good, but for locals and the link. */
struct irl_tcp_stack_options {
	const struct irl_tcp_local *locals; /* copied */
	unsigned local_count;               /* 1 .. IRL_TCP_LOCALS */
	uint8_t mac[6];                     /* of our interface */
	uint8_t gateway_mac[6]; /* the destination of every frame; whoever has
				   more next hops overwrites it in the frame */
	uint16_t mtu;           /* 0: 1,500; at most 1,500 */
	uint8_t ttl;            /* 0: 64 */
	bool partial_checksums; /* also take a checksum that covers the pseudo-
				   header only, as a veth's peer leaves it */
	uint64_t seed; /* keys: ISN (RFC 6528), ports (RFC 6056), index */
	/* Budgets. */
	uint32_t connections;   /* at once, half-open ones too; 0: 65,536;
				   at most 16,773,120 */
	uint32_t established;   /* of them beyond the SYN-ACK, which take four
				   times the memory; 0: all */
	bool statistics;        /* of each connection, for irl_tcp_info: 32
				   bytes more of those beyond the SYN-ACK */
	uint32_t time_waits;    /* 16 bytes each; 0: 65,536 */
	uint64_t buffer_bytes;  /* data of all connections; 0: 64 MiB */
	uint32_t receive_bytes; /* window of one connection; 0: 256 KiB */
	uint32_t send_bytes;    /* unacknowledged of one; 0: 64 KiB */
	/* The SYN; offer.scale is made to fit receive_bytes if it is 0. */
	struct irl_tcp_offer offer; /* all 0: mss of the MTU, scale, sack,
				       timestamps */
	/* 0: our timestamps begin anywhere (RFC 7323, 5.4).  Else with this,
	 * and go on by one each 2^20 ns from then: for adopting, above
	 * all that SYNs had, for to the peer they must not run back (PAWS). */
	uint32_t timestamps_first;
	uint64_t timestamps_from_ns;
	bool plain; /* all 0 in offer is meant: no options but those above */
	uint64_t syn_timeout_ns; /* before the first retransmission, doubled
				    for each other; 0: 1 s */
	uint8_t syn_retries;     /* 0: 3; IRL_TCP_NO_RETRY: none */
	bool soft_errors;        /* ICMP errors that may pass (net or host
				    unreachable, time exceeded) also end what
				    is half-open (RFC 5461, 4.1) */
	/* Established. */
	uint64_t rto_min_ns;     /* 0: 200 ms; RFC 6298 says 1 s */
	uint64_t rto_max_ns;     /* 0: 60 s */
	uint64_t probe_min_ns;   /* of a tail loss probe (RFC 8985, 7.2), which
				    else comes after two round trips; 0:
				    10 ms */
	uint8_t data_retries;    /* R2 (RFC 9293, 3.8.3); 0: 8;
				    at most 254 */
	uint8_t initial_window;  /* segments (RFC 6928); 0: 10 */
	uint64_t delayed_ack_ns; /* 0: 40 ms; 1: at once; at most 500 ms */
	/* One ACK for how many full segments that come apart; 0: 2, as RFC
	 * 9293, 3.8.6.3, and RFC 5681, 4.2, want it; at most 64.  What one call
	 * of irl_tcp_input brought has one ACK in any case, like what a host's
	 * GRO joins.  More than 2 is for many flows whose segments arrive in
	 * ones and twos: with 11 half the ACKs.
	 * It is no default, since a sender that counts ACKs (RFC 5681, 3.1)
	 * grows its window by them and sends a burst for each (RFC 2525, 2.13):
	 * it would be measured slower than it is.  Still every second one is
	 * acknowledged at once in the first 16 round trips, at PSH and at a
	 * quarter of the window, each at gaps; and what is short of the number
	 * a quarter of a round trip (at least 2 ms) after it came. */
	uint8_t ack_segments;
	uint64_t time_wait_ns; /* 2 MSL; 0: 60 s */
	/* Limits; 0: none.  Their ends are IRL_TCP_IDLE and IRL_TCP_DEADLINE */
	uint64_t idle_ns;  /* nothing new received for so long */
	uint64_t total_ns; /* since the connect */
};
#define IRL_TCP_NO_RETRY 255

/** -IRL_EINVAL says which option makes no sense; -IRL_ENOMEM. */
IRL_API int irl_tcp_new(struct irl_tcp_stack **out,
			const struct irl_tcp_stack_options *options,
			struct irl_error *err);
/** Connections that are left vanish without a segment. */
IRL_API void irl_tcp_free(struct irl_tcp_stack *stack);

/* ---- opening ------------------------------------------------------------ */

/* Connections are named by index and generation; 0 names none. */
struct irl_tcp_connect {
	struct irl_ip remote;
	uint16_t port;
	uint16_t local; /* which of locals + 1; 0: any of the same family */
	uint32_t flags; /* IRL_TCP_... */
	uint32_t user;  /* comes back in every event */
};
/* Never data in the handshake's ACK: it goes behind it, in the same batch. */
#define IRL_TCP_REQUEST_AFTER 1u

/** Can there be a connection to it?  Not to what no other host has: port 0,
 * broadcast, multicast, loopback, our own.  A few ns. */
IRL_API bool irl_tcp_can_connect(const struct irl_tcp_stack *stack,
				 const struct irl_ip *remote, uint16_t port);

/**
 * Open @count connections by a SYN of ours.
 *
 * @id      of each, 0 where it was refused: no memory (IRL_TCP_N_FULL is
 *          counted), no free port, or not irl_tcp_can_connect
 * Returns  how many were opened.
 */
IRL_API unsigned irl_tcp_connect(struct irl_tcp_stack *stack,
				 const struct irl_tcp_connect *requests,
				 unsigned count, uint64_t id[],
				 uint64_t now_ns);

/**
 * Go on from a SYN-ACK to a SYN that somebody else sent, statelessly: a scan's
 * probe.  The caller vouches for it (its cookie fits); form and checksum are
 * judged here.
 *
 * @synack  the frame
 * @offer   what the probe offered
 * @syn_ns  when the probe was sent
 * Returns  the id (IRL_TCP_ESTABLISHED follows), or 0: malformed, not for
 *          one of locals, no memory, or there is such a connection already.
 */
IRL_API uint64_t irl_tcp_adopt(struct irl_tcp_stack *stack,
			       const struct irl_frame *synack,
			       const struct irl_tcp_offer *offer, uint32_t user,
			       uint64_t syn_ns, uint64_t now_ns);

/* ---- frames in, time, frames out ---------------------------------------- */

/* What became of a frame; drops are counted by cause besides. */
enum irl_tcp_verdict {
	IRL_TCP_TAKEN,   /* of a connection of ours, or an error about one */
	IRL_TCP_STRAY,   /* sound TCP to one of locals, but no connection */
	IRL_TCP_FOREIGN, /* no TCP or ICMP error to one of locals */
	IRL_TCP_BAD,     /* malformed, or a wrong checksum */
};

/**
 * @frames   whole Ethernet frames with IPv4 or IPv6, not changed; nothing
 *           of them is kept
 * @verdict  count entries, or NULL
 */
IRL_API void irl_tcp_input(struct irl_tcp_stack *stack,
			   const struct irl_frame frames[], unsigned count,
			   uint64_t now_ns, enum irl_tcp_verdict verdict[]);

/** Do what is due by @now_ns: retransmissions, delayed ACKs, limits. */
IRL_API void irl_tcp_advance(struct irl_tcp_stack *stack, uint64_t now_ns);
/** When irl_tcp_advance has something to do next; UINT64_MAX: never.  Never
 * late once irl_tcp_output has taken its turn; maybe early, and then it names a
 * later time when asked again. */
IRL_API uint64_t irl_tcp_next_ns(const struct irl_tcp_stack *stack);

/**
 * Write the segments that are due now.
 *
 * @frames  max entries; data has room for mtu + 14 bytes, length is written
 * Returns  how many were written.  If it is @max there may be more.
 * A frame that then cannot be sent is a lost segment: TCP mends it, later.
 */
IRL_API unsigned irl_tcp_output(struct irl_tcp_stack *stack,
				struct irl_frame frames[], unsigned max,
				uint64_t now_ns);

/**
 * The RST that RFC 9293, 3.10.7.1 wants for a stray segment (RFC 5961's
 * throttle is the caller's).  Pure but for the counters.
 * Returns the length, or 0: it is a RST itself, or not sound.
 */
IRL_API uint32_t irl_tcp_refuse(struct irl_tcp_stack *stack,
				const struct irl_frame *stray, uint8_t *frame);

/* ---- events ------------------------------------------------------------- */

enum irl_tcp_event_kind {
	IRL_TCP_ESTABLISHED, /* the SYN-ACK came */
	IRL_TCP_READABLE,    /* there is more to read than at the last event */
	IRL_TCP_WRITABLE,    /* all that was sent has been acknowledged */
	IRL_TCP_ENDED,       /* the peer's FIN: no more than is readable now */
	IRL_TCP_CLOSED,      /* with an outcome; what was readable still is */
	IRL_TCP_ICMP_ERROR,  /* one that ends nothing (RFC 1122, 4.2.4.1): the
				likely cause if silence does */
};

/* How a connection ended: data, not an error. */
enum irl_tcp_outcome {
	IRL_TCP_OPEN = 0,    /* it has not */
	IRL_TCP_FINISHED,    /* FIN both ways */
	IRL_TCP_HALF_CLOSED, /* irl_tcp_close: the peer acknowledged our FIN,
				and sent none of its own within time_wait_ns */
	IRL_TCP_ABORTED,     /* irl_tcp_abort; in words: closed by us */
	IRL_TCP_REFUSED,     /* RST to our SYN */
	IRL_TCP_RESET,       /* RST later */
	IRL_TCP_UNREACHABLE, /* a hard ICMP error, while SYN-SENT (RFC 5927) */
	IRL_TCP_SILENT,      /* no answer to any SYN */
	IRL_TCP_TIMED_OUT,   /* no acknowledgement of data, R2 */
	IRL_TCP_IDLE,        /* options.idle_ns */
	IRL_TCP_DEADLINE,    /* options.total_ns */
	IRL_TCP_EVICTED,     /* no memory for it */
	IRL_TCP_OUTCOMES,
};
IRL_API const char *irl_tcp_outcome_name(enum irl_tcp_outcome outcome);

struct irl_tcp_event {
	uint64_t id;
	uint32_t user;
	uint8_t kind;                 /* enum irl_tcp_event_kind */
	uint8_t outcome;              /* enum irl_tcp_outcome */
	uint8_t icmp_type, icmp_code; /* UNREACHABLE, ICMP_ERROR */
	uint32_t readable;            /* bytes */
};

/**
 * Take events, oldest first; of one connection at most one of each kind, but
 * of IRL_TCP_ICMP_ERROR, which come before all others and of which the last 256
 * are kept.
 * After IRL_TCP_CLOSED the id is good for irl_tcp_read and irl_tcp_info until
 * the next poll that returns 0 or irl_tcp_release.
 * Returns how many, 0 .. max.
 */
IRL_API unsigned irl_tcp_poll(struct irl_tcp_stack *stack,
			      struct irl_tcp_event events[], unsigned max);

/* ---- one connection ----------------------------------------------------- */
/* -IRL_ENOCONN: no such connection any more; its CLOSED event tells why. */

/**
 * Queue bytes to send.
 * @flags   IRL_TCP_STATIC: the bytes stay where and as they are until the
 *          connection is closed, and are not copied (a template that millions
 *          share)
 * Returns  bytes taken, fewer than @size when budgets are reached
 *          (IRL_TCP_WRITABLE follows), or -IRL_ENOCONN, or -IRL_EINVAL (not
 *          established yet, or shut).
 */
IRL_API int irl_tcp_send(struct irl_tcp_stack *stack, uint64_t id,
			 const void *bytes, uint32_t size, uint32_t flags);
#define IRL_TCP_STATIC 1u

/** Move up to @size received bytes out; opens the window.  Returns how many,
 * 0: none now. */
IRL_API int irl_tcp_read(struct irl_tcp_stack *stack, uint64_t id, void *bytes,
			 uint32_t size);

/** FIN after what is queued; reading goes on (half-close). */
IRL_API int irl_tcp_shut(struct irl_tcp_stack *stack, uint64_t id);
/** FIN after what is queued; what still arrives is dropped, with a RST if it
 * is data (RFC 9293, 3.6, SHLD-3); then TIME-WAIT in 16 bytes.  The peer's FIN
 * is waited for as long as TIME-WAIT lasts, not longer: IRL_TCP_HALF_CLOSED. */
IRL_API int irl_tcp_close(struct irl_tcp_stack *stack, uint64_t id);
/** RST, now; no TIME-WAIT on either side. */
IRL_API int irl_tcp_abort(struct irl_tcp_stack *stack, uint64_t id);

struct irl_tcp_info {
	struct irl_ip local, remote;
	uint16_t local_port, remote_port;
	uint32_t user;
	uint8_t outcome;
	uint8_t ttl;                     /* of the SYN-ACK */
	bool established, request_acked; /* a byte of ours was acknowledged */
	uint64_t srtt_ns;
	uint64_t total_ns; /* since the connect */
	uint16_t mss;      /* the peer's, ours to obey */
	int8_t scale;      /* the peer's; -1: none */
	bool sack, timestamps;
	/* All 0 without options.statistics. */
	uint64_t syn_rtt_ns;     /* 0: unknown (the SYN was sent twice) */
	uint64_t first_byte_ns;  /* since the connect; 0: none came */
	uint64_t received, sent; /* bytes of the stream, each once */
	uint32_t segments_in, segments_out;
	uint16_t retransmits;    /* segments of ours, SYN too */
	uint16_t sack_blocks_in; /* from the peer */
	uint16_t out_of_order;   /* segments queued ahead of a gap */
	uint16_t duplicates;     /* segments of the peer that brought nothing */
};
IRL_API int irl_tcp_info(const struct irl_tcp_stack *stack, uint64_t id,
			 struct irl_tcp_info *out);
/** After IRL_TCP_CLOSED: forget it now.  Of an open one: without a segment. */
IRL_API void irl_tcp_release(struct irl_tcp_stack *stack, uint64_t id);

/* ---- counters ----------------------------------------------------------- */

/* Each received frame is in exactly one of the first group. */
enum irl_tcp_count {
	IRL_TCP_N_TAKEN,
	IRL_TCP_N_STRAY,
	IRL_TCP_N_FOREIGN,
	IRL_TCP_N_FORM,     /* truncated, lengths that lie */
	IRL_TCP_N_CHECKSUM, /* of IP, TCP or ICMP */
	IRL_TCP_N_FRAGMENT, /* of a datagram: not reassembled */
	/* Of those taken, segments that brought nothing, by cause. */
	IRL_TCP_N_OUTSIDE,   /* of the window */
	IRL_TCP_N_PAWS,      /* RFC 7323, 5 */
	IRL_TCP_N_BAD_ACK,   /* of what was never sent */
	IRL_TCP_N_CHALLENGE, /* RFC 5961: answered by an ACK */
	IRL_TCP_N_THROTTLED, /* would have been, but too many */
	IRL_TCP_N_ICMP_BAD,  /* RFC 5927: the quote is not in flight */
	IRL_TCP_N_NO_BUFFER, /* data dropped: budget */
	/* Connections. */
	IRL_TCP_N_FULL,              /* connects refused: table or ports */
	IRL_TCP_N_EVICTED,           /* closed for want of buffers */
	IRL_TCP_N_TIME_WAIT_EVICTED, /* forgotten before their time */
	/* Segments sent. */
	IRL_TCP_N_SENT,
	IRL_TCP_N_RETRANSMITTED,
	IRL_TCP_N_RST_SENT,
	IRL_TCP_COUNTS,
};
IRL_API const char *irl_tcp_count_name(enum irl_tcp_count which);

struct irl_tcp_stats {
	uint64_t count[IRL_TCP_COUNTS];
	uint64_t outcome[IRL_TCP_OUTCOMES];  /* connections ended so */
	uint32_t half_open, open, time_wait; /* now */
	uint64_t buffer_bytes;               /* now in use */
	uint64_t memory_bytes;               /* allocated by irl_tcp_new */
};
IRL_API void irl_tcp_stats(const struct irl_tcp_stack *stack,
			   struct irl_tcp_stats *out);

#endif

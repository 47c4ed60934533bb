/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The fetch: targets -> connections -> request -> answer -> records, with a
 * ledger.  Targets are a set, a list that is given while it runs, or what
 * answers a stateless probe with a valid SYN-ACK.
 *
 * irl_fetch_run blocks until the fetch is over; it starts one thread a worker,
 * each with a TCP stack and source ports of its own, and calls back from the
 * calling thread only.  irl_fetch_stop may be called from any thread or a
 * signal handler: nothing is asked for any more; what is open, and SYN-ACKs
 * that probes still bring, get some time.  A connection that is cut off after
 * that has a record of status IRL_PROTO_UNKNOWN_ERROR whose error is "stopped".
 */
#ifndef IRL_FETCH_H
#define IRL_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/ip.h>
#include <irl/pcapng.h>
#include <irl/probe.h>
#include <irl/proto.h>
#include <irl/scan.h>
#include <irl/tcp.h>

struct irl_fetch;

#define IRL_FETCH_DOMAIN_MAX 255
#define IRL_FETCH_TAG_MAX 4095

/* Texts may be NULL; one of more bytes than these ends the fetch. */
struct irl_fetch_target {
	struct irl_ip addr;
	uint16_t port;
	const char *domain; /* for HTTP's Host */
	const char *tag;    /* comes back in the record */
};

/* Where a fetch stands: every target before next is finished, but for those in
 * again; none at it or behind it is, but for those in done.  Positions in the
 * set, or in the list, whose first target is 0; ascending.  To begin with,
 * those in again may be behind next in a set, too. */
struct irl_fetch_place {
	uint64_t next;
	const uint64_t *again, *done;
	size_t again_count, done_count;
};

/* All 0 is good, but for what it says otherwise. */
struct irl_fetch_options {
	/*
	 * What a fetch shares with a scan.  Used are: interface, port_kind,
	 * workers, seed, source (at most IRL_TCP_LOCALS addresses, source6
	 * among them) and ports, gateway_mac, retries, ttl; with a set of
	 * targets also shards, shard, start, max_targets; with probe also
	 * residence, rate_pps, cooldown_s, tcp_options.
	 *
	 * targets  the set; a list has none
	 */
	struct irl_scan_options scan;
	bool list; /* targets come by irl_fetch_events.next */
	/*
	 * Of a list, whose targets may be of both families, each with its own
	 * next hop by the interface's routes.
	 *
	 * first    its first target, which leads to the interface
	 * source6  where those of IPv6 are sent to from.  With neither this
	 *          nor scan.source_addr both are the host's, where it has one;
	 *          with one of them there are no targets of the other family
	 */
	struct irl_ip first, source6;
	/* A connection only where a probe was answered.  A list's probes are
	 * made in user space, in its order.  Its texts, if it has any, are kept
	 * for scan.cooldown_s (2 s at least), of at most 4 million targets and
	 * 256 MiB, for which probes wait; an answer after that is too late.
	 * Targets of one address and port have one probe together. */
	bool probe;
	/* Admission.  Each worker has its share of connections and rate; a
	 * network belongs to one worker, also with probe, so what follows holds
	 * at any moment. */
	uint32_t connections; /* at once; 0: 10,000 */
	double rate;          /* opened a second; 0: no limit */
	uint32_t per_host;    /* at once; 0: 2 */
	uint32_t per_net;     /* per /24 or /48; 0: 64 */
	uint64_t host_spacing_ns, net_spacing_ns; /* between two openings */
	/* Time. */
	uint64_t connect_ns;  /* before the first SYN is repeated; 0: 1 s */
	uint8_t syn_retries;  /* 0: 2; IRL_TCP_NO_RETRY: none */
	uint64_t idle_ns;     /* without anything new; 0: 10 s */
	uint64_t deadline_ns; /* of a whole connection; 0: 30 s */
	uint64_t grace_ns;    /* for open ones after a stop; 0: 2 s */
	/* Talk: what is asked and understood; both must outlive the fetch. */
	const struct irl_proto *proto;
	const struct irl_proto_config *config;
	uint32_t keep_bytes;   /* the most that @config lets a state keep of an
				  answer, head included; 0: 336 KiB */
	uint64_t buffer_bytes; /* for answers, all workers; 0: 128 MiB */
	bool request_after;    /* the handshake's ACK, not in it */
	bool close_by_fin;     /* not by RST */
	/* Records of targets without a SYN-ACK, too: silent, refused. */
	bool tell_unopened;
	/*
	 * Tell where it stands (irl_fetch_place), and go on where another stood
	 * that had the same targets: from.next is scan.start, and of a list,
	 * which is given anew from its beginning, how many were read; kept by
	 * reference.  What is cut off then has no record, and those that were
	 * before are taken first, and get their full time whatever
	 * scan.max_runtime says.
	 */
	bool track;
	struct irl_fetch_place from;
	/* Frames of one in pcap_sample connections go there, with the ICMP
	 * errors that quote them; NULL: none. */
	struct irl_pcapng *pcap;
	uint32_t pcap_sample; /* 0: 1, all */
};

/* How far a target got. */
enum irl_fetch_state {
	IRL_FETCH_NONE,    /* no SYN-ACK */
	IRL_FETCH_SYNACK,  /* that, and no more */
	IRL_FETCH_ACKED,   /* acknowledged a byte of ours */
	IRL_FETCH_SERVICE, /* sent a byte of its own */
	IRL_FETCH_STATES,
};
IRL_API const char *irl_fetch_state_name(enum irl_fetch_state state);

/* Why a target got no connection. */
enum irl_fetch_cause {
	IRL_FETCH_NOT_DUPLICATE, /* the same target, shortly before */
	IRL_FETCH_NOT_PLACE,     /* no address that another host can have */
	IRL_FETCH_NOT_ROUTE,     /* no route by the interface, or no source
				    address of its family */
	IRL_FETCH_NOT_NEIGHBOUR, /* on link, or behind a gateway, where nobody
				    answers ARP or neighbour discovery */
	IRL_FETCH_NOT_PORTS,     /* no source port, no memory */
	IRL_FETCH_NOT_STOPPED,   /* the fetch was stopped before */
	IRL_FETCH_NOT_ANSWERED, /* nor was the probe, which went out for another
				   name of the same address and port */
	IRL_FETCH_CAUSES,
};
IRL_API const char *irl_fetch_cause_name(enum irl_fetch_cause cause);

/* One connection, ended, or a target that got none.  Valid during the callback
 * only. */
struct irl_fetch_record {
	struct irl_fetch_target target;
	enum irl_fetch_state state;
	enum irl_proto_status status;
	struct irl_tcp_info tcp;      /* tcp.outcome: how it ended */
	uint8_t icmp_type, icmp_code; /* of the last ICMP error about it */
	const char *icmp; /* the same in words; NULL: there was none */
	bool probed;      /* the SYN was a stateless probe's */
	/* Why nothing was sent, IRL_FETCH_NOT_PLACE, _ROUTE or _NEIGHBOUR;
	 * IRL_FETCH_CAUSES: there was a connection. */
	enum irl_fetch_cause not_opened;
	uint64_t wall_ns;  /* CLOCK_REALTIME of its beginning */
	uint64_t position; /* in the set, or in a list; as in a place */
	/* The record as a line of JSON in zgrab2's shape, without line end:
	 * irl_proto_record, then "tag" and an object "tcp". */
	const char *json;
	size_t json_bytes;
};

/*
 * The ledger.  It balances if
 *   targets  = connected + not_opened (sum over cause)
 *   probes   = probes_accepted + probes_skipped + probes_no_neighbour
 *            + probes_given_up
 *   probes_refused = probes_again + probes_given_up
 *   synacks  = adopted + queued + repeats + crowded + too_late + unfit
 *   connected + adopted = ended (sum over outcome) = state (sum) = status
 *            (sum)
 *   connected + adopted + not_opened[NOT_PLACE, NOT_ROUTE, NOT_NEIGHBOUR]
 *            = told + untold
 *   received = taken + synacks + closed + unreachable + stray + foreign
 *            + form + checksum + fragment + lost
 *   stray    = invalid + others
 *   made     = sent + given_up;  refused = again + given_up
 *   tx_unknown = 0
 * docs/ledger.md.
 */
struct irl_fetch_counts {
	/* Targets. */
	uint64_t targets; /* of the set or list; with probe, those queued, and
			     of a list those not probed */
	uint64_t connected;
	uint64_t not_opened[IRL_FETCH_CAUSES];
	uint64_t deferred; /* targets that had to wait for a cap */
	/* Probes. */
	uint64_t probes, probes_accepted, probes_skipped, probes_given_up;
	uint64_t probes_no_neighbour; /* on link, where nobody answers ARP */
	uint64_t probes_refused, probes_again; /* frames, each time */
	uint64_t synacks;                      /* valid ones */
	uint64_t adopted;  /* of these, became a connection */
	uint64_t queued;   /* reset, to be connected to once caps allow */
	uint64_t repeats;  /* of targets that have had their turn */
	uint64_t crowded;  /* reset and lost: too many were queued */
	uint64_t too_late; /* after the cooldown, or when all was cut off */
	uint64_t unfit;    /* malformed behind the cookie, or no memory */
	/* Connections. */
	uint64_t ended[IRL_TCP_OUTCOMES];
	uint64_t state[IRL_FETCH_STATES];
	uint64_t status[IRL_PROTO_STATUSES];
	uint64_t redirects; /* answers that name another place; not followed */
	uint64_t told;      /* by a record */
	uint64_t untold;    /* unopened ones, and after an error */
	uint64_t bytes;     /* received, of streams */
	uint64_t short_of_memory; /* times that bytes of an answer were not
				     kept, for want of buffers */
	/* Frames received. */
	uint64_t received;
	uint64_t taken, stray, foreign, form, checksum, fragment;
	uint64_t unreachable; /* an ICMP error about a probe of ours */
	uint64_t lost;        /* ours, dropped: a buffer was full */
	uint64_t answered;    /* of foreign ones: ARP and echo */
	uint64_t closed;      /* a RST to a probe of ours */
	uint64_t invalid;     /* stray: an answer whose cookie does not fit */
	uint64_t others;      /* stray: late segments and whatever else */
	uint64_t resets;      /* RSTs of ours to strays */
	uint64_t throttled;   /* that would have been too many */
	uint64_t passed;      /* to the host's stack */
	/* Frames of ours, but for probes. */
	uint64_t made, sent, refused, again, given_up;
	uint64_t retransmitted; /* segments, of those made */
	uint64_t tx_unknown;
};

struct irl_fetch_progress {
	double elapsed_s;
	double rate;      /* opened a second, since the last status */
	double percent;   /* of a set, done; < 0: unknown */
	uint32_t open;    /* connections now */
	uint32_t waiting; /* targets that wait for a cap */
	bool stopping;
	struct irl_fetch_counts counts;
};

struct irl_fetch_events {
	void *context;
	/**
	 * The next target of a list.  Returns 1 (written; its texts are
	 * copied), 0 (none now, ask again), IRL_FETCH_END, or -IRL_E..., which
	 * ends the fetch.
	 */
	int (*next)(void *context, struct irl_fetch_target *target,
		    struct irl_error *err);
	/** Returns 0 to go on, -IRL_E... to stop with that error. */
	int (*record)(void *context, const struct irl_fetch_record *record);
	/** Once a second and once at the end. */
	void (*status)(void *context,
		       const struct irl_fetch_progress *progress);
};
#define IRL_FETCH_END 2

struct irl_fetch_result {
	struct irl_fetch_counts counts;
	double seconds;
	char port[16];
	char ifname[16];
	bool in_kernel; /* probes */
	uint32_t source_addr, gateway;
	struct irl_ip source6; /* all zero: none */
	uint16_t port_first, port_last;
	/* Positions of a set: begun at, and to go on at, the first that is not
	 * finished; some behind it may be.  Stopped, a probe that was sent less
	 * than scan.cooldown_s before the end is not: it may be answered yet.
	 */
	uint64_t first, next;
	bool complete;        /* every target has been dealt with; with track,
				 some may be left in its place, for want of room */
	double probe_seconds; /* until the last probe was sent; 0: none was */
	double cpu_user_s, cpu_system_s, cpu_softirq_s;
	char imbalance[300]; /* empty: the ledger balances */
};

/** Checks everything, opens the port, finds the gateway; connects nowhere. */
IRL_API int irl_fetch_open(struct irl_fetch **out,
			   const struct irl_fetch_options *options,
			   struct irl_error *err);
/** -IRL_ELEDGER (result filled in) if the ledger does not balance. */
IRL_API int irl_fetch_run(struct irl_fetch *fetch,
			  const struct irl_fetch_events *events,
			  struct irl_fetch_result *result,
			  struct irl_error *err);
/**
 * With track: the first @count records told are kept for good; what was told
 * after them is finished only once it is kept, too.  From callbacks and after
 * the run, as irl_fetch_place, which is good until the next call.
 *
 * Returns 0, or -IRL_ENOMEM, then and ever after: it does not know any more.
 */
IRL_API int irl_fetch_kept(struct irl_fetch *fetch, uint64_t count);
IRL_API int irl_fetch_place(struct irl_fetch *fetch,
			    struct irl_fetch_place *place);
IRL_API void irl_fetch_stop(struct irl_fetch *fetch); /* async-signal-safe */
/** As irl_fetch_stop, but what is open is reset at once. */
IRL_API void irl_fetch_abort(struct irl_fetch *fetch);
IRL_API void irl_fetch_close(struct irl_fetch *fetch);

#endif

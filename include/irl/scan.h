/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The scan: targets -> probes -> port -> answers -> records, with a ledger.
 *
 * irl_scan_run blocks until the scan is over; it starts one thread per worker
 * and calls back from the calling thread only.  irl_scan_stop may be called
 * from any thread or a signal handler: the scan then stops sending, waits for
 * its cooldown and returns as usual.
 */
#ifndef IRL_SCAN_H
#define IRL_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/port.h>
#include <irl/probe.h>
#include <irl/target.h>

struct irl_scan;

enum irl_residence {
	IRL_RESIDENCE_AUTO,   /* in the kernel where the port can */
	IRL_RESIDENCE_KERNEL, /* or fail */
	IRL_RESIDENCE_USER,
};

/* How irl_scan_open gets on with asking for neighbours. */
struct irl_scan_asking {
	double elapsed_s;
	uint32_t addresses; /* on link, to be scanned */
	uint32_t known;     /* of them, those that have answered */
	uint32_t open;      /* and those that may still answer */
};

struct irl_scan_options {
	const struct irl_targets *targets; /* sealed; must outlive the scan */
	const char *ifname;                /* NULL: of the route */
	const char *port_kind;             /* NULL: choose */
	enum irl_residence residence;
	unsigned workers; /* 0: 1 */
	uint64_t seed;
	uint32_t shards, shard; /* 0, 0: the whole */
	/* Later start or earlier stop within the shard: */
	uint64_t start; /* position, as result->next of an interrupted run; 0:
			   the shard's first */
	uint64_t max_targets; /* from there on; 0: all */
	/* Pace. */
	double rate_pps;   /* 0: as fast as the link, never above its speed */
	unsigned passes;   /* 0: 1; later passes probe what was silent */
	double cooldown_s; /* wait for late answers after each pass */
	double max_runtime_s; /* 0: no limit, of sending */
	/* Distinct successes after which sending stops; answers to what was
	 * sent are still recorded, so there may be more.  0: no limit. */
	uint64_t max_results;
	/* Of a refused frame, then it is given up; 0: 1000.  One that the link,
	 * being down, refuses is kept until it is back or the scan ends. */
	unsigned retries;
	/* The probe. */
	enum irl_tcp_options tcp_options;
	uint8_t ttl;
	uint32_t source_addr, source_count; /* 0: the host's own address */
	uint16_t port_first, port_last;     /* source ports; 0: a free range */
	uint8_t gateway_mac[6];             /* all 0: resolve */
	/* Called by irl_scan_open once a second while it asks for neighbours,
	 * and when a signal has ended a wait.  Returns 0 to go on, -IRL_E... to
	 * give up with that error.  NULL: a signal gives up (-IRL_EINTR). */
	int (*asking)(void *context, const struct irl_scan_asking *asking);
	void *asking_context;
};

/* An answer, judged and de-duplicated. */
struct irl_record {
	struct irl_hit hit;
	uint64_t position;
	bool success;     /* SYN-ACK */
	bool repeat;      /* this target has given this kind of answer before */
	bool cooldown;    /* came after sending was over */
	uint16_t pass;    /* 1 .. */
	uint64_t wall_ns; /* CLOCK_REALTIME of hit.time_ns */
};

/*
 * The ledger.  It balances if
 *   targets  = accepted + skipped + no_neighbour + given_up (sum over cause)
 *              + unsent
 *   refused (sum over cause) = again + given_up + unsent_refused
 *   received = valid + invalid (sums over verdict) + other + foreign + lost
 *   valid    = successes + failures + repeats + untold
 *   tx_unknown = 0
 * and the interface's own counter knows of every frame accepted, where it
 * counts live frames at all (veth, tun); docs/ledger.md.
 */
struct irl_scan_counts {
	uint64_t targets;  /* positions taken from the shard, all passes */
	uint64_t accepted; /* probes accepted by the driver */
	uint64_t skipped;  /* failed walks */
	/* On link, not probed: nobody there answers ARP, or nobody can be there
	 * (network and broadcast address, the host itself). */
	uint64_t no_neighbour;
	uint64_t given_up[IRL_TX_STATUSES];
	uint64_t refused[IRL_TX_STATUSES]; /* frames, each time */
	uint64_t again;                    /* refused frames sent again */
	uint64_t unsent;         /* targets left behind by an error or a stop */
	uint64_t unsent_refused; /* of these, refused before */
	uint64_t received;       /* frames steered to us since irl_scan_open */
	uint64_t valid[IRL_ANSWER_VERDICTS];   /* by verdict 1 .. 3 */
	uint64_t invalid[IRL_ANSWER_VERDICTS]; /* by verdict 4 .. 6 */
	uint64_t other;     /* ours, but no answer to a probe: ARP, echo, ... */
	uint64_t answered;  /* of these, answered by a frame of ours */
	uint64_t foreign;   /* valid cookie, target not of this scan */
	uint64_t lost;      /* ours, dropped because a buffer was full */
	uint64_t passed;    /* to the host's stack */
	uint64_t successes; /* distinct */
	uint64_t failures;  /* distinct targets that answered otherwise */
	uint64_t repeats;
	uint64_t untold;           /* valid, after an error of record() */
	uint64_t tx_unknown;       /* must be 0 */
	uint64_t device_tx_frames; /* the interface's own counters, during */
	uint64_t device_rx_frames;
};

struct irl_scan_status {
	double elapsed_s, remaining_s; /* remaining < 0: unknown */
	double percent;
	unsigned pass, passes;
	bool cooldown;
	bool link_down; /* a worker waits for the link to come back */
	double rate_pps, rate_average_pps;
	struct irl_scan_counts counts;
	/* All positions before it have been handed to workers, which may not
	 * have sent them yet; after the first pass, the end. */
	uint64_t next;
	/* Of all positions before it the answers that came within a cooldown
	 * have been told; after the first pass, the end. */
	uint64_t settled;
};

struct irl_scan_events {
	void *context;
	/** Returns 0 to go on, -IRL_E... to stop the scan with that error. */
	int (*record)(void *context, const struct irl_record *record);
	/** Once a second, when a stop is noticed, and at the end. */
	void (*status)(void *context, const struct irl_scan_status *status);
};

struct irl_scan_result {
	struct irl_scan_counts counts;
	double seconds, send_seconds;
	double rate_pps; /* kept to: as asked for, or what the link carries if
			    that is less; 0: no limit */
	char port[16];
	char ifname[16];
	bool in_kernel;
	uint32_t source_addr, gateway;
	/* Addresses on link that were asked for, 0 where all are sent to one
	 * next hop; of these, those that answered ARP. */
	uint32_t on_link, neighbours;
	uint16_t port_first, port_last;
	uint64_t first, next; /* positions: begun at, to be resumed at */
	bool link_down;       /* it ended while a worker waited for the link */
	bool complete; /* all was sent in all passes, late answers waited for */
	double cpu_user_s, cpu_system_s, cpu_softirq_s;
	double send_cpu_s;   /* user and system, while it sent */
	char imbalance[300]; /* empty: the ledger balances */
};

/**
 * The probe that irl_scan_open would make of @options, or why it would not as
 * far as that shows without a packet: the same route, source address and
 * ports.  Sends nothing, needs no privilege.
 *
 * @out  gateway_mac is all 0 where there are neighbours among the targets, or
 *       the host does not know the next hop's.  A source_addr without a route
 *       is taken as it is.
 */
IRL_API int irl_scan_plan(const struct irl_scan_options *options,
			  struct irl_probe_options *out, struct irl_error *err);

/**
 * Checks everything, opens the port, resolves the gateway; sends no probe.
 * What can be refused is refused before anybody is asked for by ARP.
 *
 * Where several targets are on link, at most 65,536 addresses, each is asked
 * for by ARP (of a shard or other part of at most 65,536 targets, only its
 * own), at most 1,000 times a second and no faster than rate_pps, and
 * once or twice more a second later where it is silent: for a /24 that takes
 * three seconds, for an empty /16 three minutes.  Their probes are made in user
 * space.  With a gateway_mac nobody is asked, and all probes go there.
 */
IRL_API int irl_scan_open(struct irl_scan **out,
			  const struct irl_scan_options *options,
			  struct irl_error *err);
/** -IRL_ELEDGER (result filled in) if the ledger does not balance. */
IRL_API int irl_scan_run(struct irl_scan *scan,
			 const struct irl_scan_events *events,
			 struct irl_scan_result *result, struct irl_error *err);
IRL_API void irl_scan_stop(struct irl_scan *scan); /* async-signal-safe */
/** As irl_scan_stop, but waits for no late answers either. */
IRL_API void irl_scan_abort(struct irl_scan *scan);
IRL_API void irl_scan_close(struct irl_scan *scan);

#endif

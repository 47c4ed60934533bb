/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A link in this process: two ports of kind "memory", joined, in virtual time.
 *
 * Time stands still until irl_link_advance moves it; irl_port_wait on such a
 * port never sleeps.  Loss, order, copies and delays come from the seed alone:
 * the same calls give the same trace.  The link and both ports are used by one
 * thread at a time; only irl_port_stats may be called from others.
 */
#ifndef IRL_LINK_H
#define IRL_LINK_H

#include <stdint.h>
#include <irl/error.h>
#include <irl/port.h>

struct irl_link;

/* Both directions alike.  Shares are probabilities, 0 .. 1. */
struct irl_link_options {
	uint64_t seed;
	double loss;      /* share of frames that vanish */
	double duplicate; /* share that arrives twice */
	double reorder;   /* share that arrives reorder_ns later */
	uint64_t reorder_ns;
	uint64_t delay_ns;
	uint64_t jitter_ns; /* 0 .. jitter_ns more, evenly; may reorder too */
	uint64_t bits_per_second; /* 0: no limit */
	uint32_t tx_frames; /* that wait for the wire before a frame is refused
			       (IRL_TX_FULL); 0: 1,024 */
	uint32_t rx_frames; /* that wait for the reader, per queue; 0: 4,096 */
	uint32_t frames; /* room, in flight and received; beyond it frames are
			    refused; 0: 16,384, of 1.5 KiB */
	unsigned queues; /* a frame arrives on that of its port (irl/steer.h),
			    without a rule on the one it was sent on; 0: 1 */
	/* What each end takes as its own; NULL: everything. */
	const struct irl_steer *steer_a, *steer_b;
};

enum irl_link_state {
	IRL_LINK_UP,
	IRL_LINK_DOWN, /* frames in flight die, new ones: IRL_TX_LINK_DOWN */
	IRL_LINK_GONE, /* the same, new ones: IRL_TX_GONE */
};

/* accepted + duplicated = arrived + lost + died + in_flight, both ways. */
struct irl_link_stats {
	uint64_t accepted, duplicated, reordered;
	uint64_t arrived, lost, died, in_flight;
};

/**
 * Make a link and its ports.  Each of the three is closed by itself, in any
 * order; a closed port's peer finds the link down.
 */
IRL_API int irl_link_new(struct irl_link **out,
			 const struct irl_link_options *options,
			 struct irl_port **a, struct irl_port **b,
			 struct irl_error *err);
IRL_API void irl_link_free(struct irl_link *link);

/** Move time on to @now_ns (never back); what is due by then has arrived. */
IRL_API void irl_link_advance(struct irl_link *link, uint64_t now_ns);
/** When the next frame arrives; UINT64_MAX: none is in flight. */
IRL_API uint64_t irl_link_next(const struct irl_link *link);
IRL_API uint64_t irl_link_now(const struct irl_link *link);
IRL_API void irl_link_set(struct irl_link *link, enum irl_link_state state);
IRL_API void irl_link_stats(const struct irl_link *link,
			    struct irl_link_stats *out);

#endif

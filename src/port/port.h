/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port's inside: one vtable call per batch.  port.c checks arguments once
 * (queue, count, lengths), so that a kind sees valid batches only; frames of
 * bad length already have their status and are left out.
 */
#ifndef IRL_PORT_PORT_H
#define IRL_PORT_PORT_H

#include <irl/port.h>

struct irl_port_ops {
	void (*close)(struct irl_port *port);
	/* As irl_port_send; returns accepted or -IRL_E... . */
	int (*send)(struct irl_port *port, unsigned queue,
		    const struct irl_frame frames[], unsigned count,
		    enum irl_tx_status status[]);
	int (*recv)(struct irl_port *port, unsigned queue,
		    struct irl_frame frames[], unsigned max);
	int (*wait)(struct irl_port *port, unsigned queue, int64_t timeout_ns);
	/* Adds to @out (zeroed by the caller) what the kind was given. */
	void (*stats)(struct irl_port *port, struct irl_port_stats *out);
	/* NULL where caps lack IRL_PORT_PROBE. */
	int (*probe)(struct irl_port *port, unsigned queue,
		     struct irl_probe_chunk *chunk);
	int (*hits)(struct irl_port *port, struct irl_hit *hits, unsigned max);
	/* As irl_port_hits_crowded. */
	bool (*crowded)(struct irl_port *port);
	/* As irl_port_end_rx; NULL: nothing arrives by itself. */
	void (*end_rx)(struct irl_port *port);
};

/* Each kind embeds this as its first member. */
struct irl_port {
	const struct irl_port_ops *ops;
	struct irl_port_info info;
	/* Frames that port.c kept from the kind, by status (bad length). */
	uint64_t tx_kept[IRL_TX_STATUSES];
};

/* What a receive ring has where options->rx_ring_bytes is 0. */
#define IRL_PORT_RING_BYTES (8u << 20)
/* What is enough for replies to requests of ours, a thousand a second. */
#define IRL_PORT_RING_ASKING (1u << 20)

/* What this system has, fastest first; the last has no name. */
struct irl_port_kind {
	const char *name;
	/* Options are checked and defaulted. */
	int (*open)(struct irl_port **out,
		    const struct irl_port_options *options,
		    struct irl_error *err);
};
extern const struct irl_port_kind irl_port_kinds[];

int irl_port_open_live(struct irl_port **out,
		       const struct irl_port_options *options,
		       struct irl_error *err);
int irl_port_open_packet(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err);
int irl_port_open_windows(struct irl_port **out,
			  const struct irl_port_options *options,
			  struct irl_error *err);
int irl_port_open_xdpwin(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err);

/*
 * Receive no more: what arrives from now on is neither delivered nor counted,
 * nor does it reach the host where the port has IRL_PORT_EXCLUSIVE.  What
 * arrived before can still be taken, and the counters come to rest.  Any
 * thread; not to be undone.
 */
void irl_port_end_rx(struct irl_port *port);

/* Half the room for hits is taken: whoever probes on may lose some.  From any
 * thread. */
bool irl_port_hits_crowded(struct irl_port *port);

/*
 * Fill name, ifindex, mac, mtu (at most 1,500), link_bps of @info from the
 * interface, in the network namespace of the calling thread.
 */
int irl_port_describe(struct irl_port_info *info, const char *interface,
		      struct irl_error *err);

#endif

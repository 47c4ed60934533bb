/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Ports: batches of raw link-layer frames to and from one interface.
 *
 * "It accepts buffers of packets from user space and transmits them in a
 * single call" (the paper's IRLstackP).  A port has transmit and receive
 * queues, numbered alike; each queue is used by one thread at a time, and
 * different queues by different threads without any lock between them.
 *
 * Several processes may have ports on one interface.  Live ports share it, up
 * to 8 with 48 queues together: each gets what its rule claims and is as exact
 * as alone; a claim that overlaps another's is refused at open (-IRL_ECLAIM,
 * naming the process), and so is an interface with anybody else's XDP program
 * (-IRL_EBUSY).
 * What nobody claims is the host's.  A live port has a thread that lets others
 * in; the last port takes all off the interface, however its process ends.
 *
 * While a live port is opened, libbpf's print function, which is the whole
 * process's, is none: what went wrong is told by struct irl_error.  Then it is
 * as before; who sets one (libbpf_set_print) must not do so meanwhile.
 *
 * kinds   "live"    XDP live frames: the fastest; Linux >= 5.18, BTF, XDP
 *         "packet"  AF_PACKET: any Linux, no BPF
 *         "windows" irlstackp.sys and irlstackf.sys: Windows.  A claim that
 *                   overlaps another's is not refused: who came first has it
 *         "xdpwin"  Microsoft's XDP for Windows: likewise.  Accepted is what
 *                   its ring took; rx_host does not count what no rule takes
 *         "memory"  two ends in this process, virtual time (irl_link_new)
 *         NULL      the fastest one that works here; the reasons why others
 *                   do not are in irl_port_info()->refused.  A claim of
 *                   another's is refused here, too: no kind would receive it
 */
#ifndef IRL_PORT_H
#define IRL_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/frame.h>
#include <irl/steer.h>

struct irl_port;
struct irl_probe; /* irl/probe.h */
struct irl_hit;

#define IRL_BATCH_MAX 4096u /* frames in one irl_port_send */
#define IRL_QUEUES_MAX 8u

/* What became of a frame of a batch.  Accepted is not arrived. */
enum irl_tx_status {
	IRL_TX_ACCEPTED = 0,  /* the driver took it */
	IRL_TX_FULL = 1,      /* transmit ring or device queue full: retry */
	IRL_TX_LINK_DOWN = 2, /* either end is down */
	IRL_TX_GONE = 3,      /* the interface has been deleted */
	IRL_TX_LENGTH = 4,    /* shorter than 14 or longer than the MTU + 14 */
	IRL_TX_UNSENT = 5,    /* the call ended early (a signal): retry */
	IRL_TX_REFUSED = 6,   /* any other cause the driver gave */
	IRL_TX_STATUSES = 7,
};

IRL_API const char *irl_tx_status_name(enum irl_tx_status status);

struct irl_port_options {
	const char *ifname;            /* its name */
	const char *kind;              /* NULL: choose */
	unsigned queues;               /* 0: 1; at most IRL_QUEUES_MAX */
	const struct irl_steer *steer; /* NULL: nothing is received */
	/* A stateless probe to be made and checked inside the kernel; NULL or a
	 * port without IRL_PORT_PROBE: probes are frames like any other.
	 * Copied at open, its tables included. */
	const struct irl_probe *probe;
	/* With @probe: answers are not judged in the kernel; every frame of
	 * ours is delivered whole, for whoever goes on from it. */
	bool deliver_answers;
	/* Per queue and receive queue of the card, a power of two from 64 KiB
	 * to 256 MiB; 0: 8 MiB, less for live where that makes more than 256
	 * MiB; packet 32 MiB (below 8 MiB it cuts what the host joined to more
	 * than 16 KiB). */
	uint32_t rx_ring_bytes;
};

#define IRL_PORT_PROBE 1u /* caps: irl_port_probe works */
/* caps: IRL_FRAME_CHECKSUM is honoured; in software on every port so far, since
 * a frame that XDP transmits never passes a card's checksum unit. */
#define IRL_PORT_CHECKSUM 2u
#define IRL_PORT_EXCLUSIVE 4u /* caps: steered frames do not reach the host */

struct irl_port_info {
	const char *kind;
	char ifname[16];
	unsigned ifindex;
	uint8_t mac[6];
	unsigned mtu; /* payload bytes of a frame, 1,500 */
	unsigned queues;
	uint32_t caps;     /* IRL_PORT_... */
	uint64_t link_bps; /* 0: unknown (virtual devices) */
	char refused[400]; /* which faster kinds were refused, and why */
};

/* Every frame is in exactly one counter; sums are in docs/ledger.md. */
struct irl_port_stats {
	uint64_t tx_offered;
	uint64_t tx[IRL_TX_STATUSES]; /* tx_offered = sum of tx[] */
	uint64_t tx_bytes;            /* accepted only */
	uint64_t tx_unknown; /* accepted or refused, but the kernel's count and
				ours differ: must be 0 */
	uint64_t rx_frames;  /* seen on the wire side of steering */
	uint64_t rx_ours;    /* rx_frames = ours + host */
	uint64_t rx_host;    /* not ours: the host's, or another process's */
	uint64_t rx_delivered; /* ours = delivered + hits + hits_full + invalid
				  + full + too_long */
	uint64_t rx_full;      /* dropped: the reader was too slow */
	uint64_t rx_too_long;  /* dropped: longer than IRL_FRAME_MAX */
	uint64_t rx_hits;      /* answers to the in-kernel probe that went up */
	uint64_t rx_hits_full; /* valid answers lost: hit buffer was full */
	uint64_t rx_invalid[8]; /* enum irl_probe_verdict, of the in-kernel
				   probe */
};

IRL_API int irl_port_open(struct irl_port **out,
			  const struct irl_port_options *options,
			  struct irl_error *err);

/** Detach, free; nothing of the port stays on the interface. */
IRL_API void irl_port_close(struct irl_port *port);

IRL_API const struct irl_port_info *irl_port_info(const struct irl_port *port);

/** Sum over all queues.  May be called from any thread. */
IRL_API void irl_port_stats(struct irl_port *port, struct irl_port_stats *out);

/**
 * Hand a batch of frames to one transmit queue.
 *
 * The port keeps no frame: all belong to the caller again on return, and
 * status[i] says what became of frame i.  Never sends a frame that it reports
 * as not accepted; refused frames may be sent again.  Blocks for the length of
 * the run only, never waits for room.
 *
 * @queue   0 .. info->queues - 1
 * @frames  count frames of 14 .. mtu + 14 bytes, any content
 * @count   0 .. IRL_BATCH_MAX
 * @status  count entries, all written unless the call fails
 * Returns  number accepted, or -IRL_E... (none taken, status untouched) when
 *          the port itself is unusable.
 * Cost     one indirect call, one system call.
 */
IRL_API int irl_port_send(struct irl_port *port, unsigned queue,
			  const struct irl_frame frames[], unsigned count,
			  enum irl_tx_status status[]);

/**
 * Take received frames; does not wait.  The queue has the frames of its part of
 * the ports (irl/steer.h), oldest first of each receive queue of the card.
 *
 * Frames taken by the previous call on this queue are given back first.
 * Returns the number written to @frames, 0 .. max, or -IRL_E... .
 */
IRL_API int irl_port_recv(struct irl_port *port, unsigned queue,
			  struct irl_frame frames[], unsigned max);

/**
 * Sleep until there may be something to receive, or @timeout_ns is over.
 * Returns 1 (look), 0 (time is up) or -IRL_EINTR.
 */
IRL_API int irl_port_wait(struct irl_port *port, unsigned queue,
			  int64_t timeout_ns);

/* A chunk of probes, made where the port makes them: needs IRL_PORT_PROBE. */
struct irl_probe_chunk {
	const uint64_t *again; /* positions to send first: refused, or of a
				  later pass */
	unsigned again_count;
	uint64_t first; /* then positions first, first + 1, ... */
	unsigned count; /* so many; again_count + count <= IRL_CHUNK_MAX */
	uint32_t time;  /* stamp for every probe (irl_probe_time), or 0: the
			   kernel reads its clock */
	/* written by the call */
	uint64_t *refused; /* room for again_count + count positions */
	uint8_t *cause;    /* enum irl_tx_status of each, or NULL */
	unsigned refused_count;
	unsigned accepted;
	unsigned skipped; /* failed walks: position has no target */
};
#define IRL_CHUNK_MAX 32768u

/** One synchronous run; blocks for its length (about 70 ns a probe). */
IRL_API int irl_port_probe(struct irl_port *port, unsigned queue,
			   struct irl_probe_chunk *chunk);

/** Take answers that the in-kernel check found valid; one thread. */
IRL_API int irl_port_hits(struct irl_port *port, struct irl_hit *hits,
			  unsigned max);

#endif

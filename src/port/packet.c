// SPDX-License-Identifier: BSD-2-Clause
/*
 * The port "packet": AF_PACKET and no BPF.  Each queue has a socket to send on,
 * with sendmmsg past the queueing discipline, and a socket with a TPACKET_V3
 * ring to receive from; several receive sockets part the frames by local port.
 *
 * The host's stack has its own copy of every frame: the port delivers ours and
 * leaves the rest alone.  Where the host's GRO joined segments, or the other
 * end of a veth never cut them (TSO), they are delivered, and counted, as
 * frames of ordinary length.  Frames that the kernel dropped for want of room
 * are counted as ours, since nobody looked at them.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "base/clock.h"
#include "port/counters.h"
#include "port/groups.h"
#include "port/packet_parts.h"
#include "port/packet_split.h"
#include "port/packet_tx.h"
#include "port/port.h"
#include "wire/checksum.h"

/* A block comes up when it is full or its time is over, however little is in
 * it: with 512 of them a reader may be held up for half a second.  What is
 * longer than a block is cut: the longest joined frames (64 KiB) fit those of
 * large rings only. */
#define BLOCK_BYTES (16u << 10)
#define BLOCK_BYTES_LARGE (64u << 10)
#define LARGE_RING (8u << 20)
#define RING_BYTES (32u << 20)
#define BLOCK_TIMEOUT_MS 1
/* While blocks come full, the reader of a ring with room for it naps: a wake-up
 * for each would cost it three times as much. */
#define NAP_NS 500000
#define NAP_BLOCKS 64u
/* Segments of joined frames in one call; a frame of 64 KiB has 45. */
#define PIECES 256u
#define PIECE_BYTES 1536u

struct ring {
	uint8_t *map;
	size_t map_bytes;
	unsigned block_bytes, blocks;
	/* Blocks count up for ever; block n lies at n % blocks. */
	uint64_t held;    /* oldest block not yet given back */
	uint64_t current; /* block being read */
	unsigned taken;   /* frames taken of it */
	uint8_t *next;    /* its next frame, if taken > 0 */
	bool busy;        /* the last block came up full, not timed out */
};

struct queue {
	struct irl_port_counters counters;
	uint64_t drops; /* taken from the kernel's counter by any thread */
	struct irl_packet_tx tx;
	int rx; /* -1 where nothing is steered */
	struct ring ring;
	/* The frame of the ring taken last, where it was a joined one. */
	struct irl_split split;
	uint64_t split_ns; /* when it came */
	uint8_t *pieces;   /* of this call */
	unsigned pieces_used;
};

struct packet {
	struct irl_port port;
	struct irl_steer steer;
	struct irl_groups groups;
	struct queue queue[IRL_QUEUES_MAX];
};

/* ---- send -------------------------------------------------------------- */

static int packet_send(struct irl_port *port, unsigned queue,
		       const struct irl_frame frames[], unsigned count,
		       enum irl_tx_status status[])
{
	struct queue *q = &((struct packet *)port)->queue[queue];

	irl_packet_tx_send(&q->tx, frames, count, status);
	return irl_count_batch(&q->counters, frames, count, status);
}

/* ---- receive ----------------------------------------------------------- */

static struct tpacket_block_desc *block(const struct ring *r, uint64_t n)
{
	return (void *)(r->map + (size_t)(n % r->blocks) * r->block_bytes);
}

static bool is_ready(const struct ring *r)
{
	return r->current - r->held < r->blocks &&
	       __atomic_load_n(&block(r, r->current)->hdr.bh1.block_status,
			       __ATOMIC_ACQUIRE) &
		   TP_STATUS_USER;
}

/* Give blocks back whose every frame the caller has done with. */
static void give_back(struct ring *r)
{
	for (; r->held < r->current; r->held++)
		__atomic_store_n(&block(r, r->held)->hdr.bh1.block_status,
				 TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

/* The next frame of the ring, or NULL. */
static struct tpacket3_hdr *next_frame(struct ring *r)
{
	struct tpacket_hdr_v1 *head;
	struct tpacket3_hdr *frame;

	for (;; r->current++, r->taken = 0) {
		if (!is_ready(r))
			return NULL;
		head = &block(r, r->current)->hdr.bh1;
		if (r->taken < head->num_pkts)
			break;
		r->busy = !(head->block_status & TP_STATUS_BLK_TMO);
	}
	if (!r->taken)
		r->next =
		    (uint8_t *)block(r, r->current) + head->offset_to_first_pkt;
	frame = (void *)r->next;
	r->next += frame->tp_next_offset;
	r->taken++;
	return frame;
}

static bool is_ours(const struct packet *p, struct tpacket3_hdr *h)
{
	/* A tag that the kernel took off still makes the frame the host's. */
	if (h->tp_status & TP_STATUS_VLAN_VALID)
		return false;
	return irl_steer_match(&p->steer, (uint8_t *)h + h->tp_mac,
			       h->tp_snaplen) == IRL_STEER_OURS;
}

static uint64_t time_of(const struct tpacket3_hdr *h, int64_t offset_ns)
{
	return (uint64_t)((int64_t)h->tp_sec * 1000000000 + h->tp_nsec +
			  offset_ns);
}

static void deliver(struct irl_frame *out, struct tpacket3_hdr *h,
		    int64_t offset_ns)
{
	*out = (struct irl_frame){
	    .data = (uint8_t *)h + h->tp_mac,
	    .length = h->tp_len,
	    .time_ns = time_of(h, offset_ns),
	};
	/* The sender left the checksum to a device that there is not. */
	if (h->tp_status & TP_STATUS_CSUMNOTREADY)
		irl_checksum_fill(out->data, out->length);
}

/* The pieces get checksums of their own: not what nobody has looked at. */
static bool is_sound(const struct tpacket3_hdr *h)
{
	if (h->tp_status & (TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY))
		return true;
	return h->tp_snaplen >= h->tp_len &&
	       irl_checksum_valid((const uint8_t *)h + h->tp_mac, h->tp_len);
}

static bool begin_split(struct queue *q, struct tpacket3_hdr *h,
			int64_t offset_ns)
{
	q->split_ns = time_of(h, offset_ns);
	/* first what is cheap: few long frames are TCP */
	if (irl_split_begin(&q->split, (uint8_t *)h + h->tp_mac, h->tp_snaplen,
			    h->tp_len) &&
	    is_sound(h))
		return true;
	q->split = (struct irl_split){0};
	return false;
}

/* Segments of the joined frame, as far as there is room for them. */
static unsigned deliver_split(struct queue *q, struct irl_frame frames[],
			      unsigned max)
{
	unsigned n = 0;

	while (n < max && irl_split_left(&q->split) &&
	       q->pieces_used < PIECES) {
		uint8_t *to =
		    q->pieces + (size_t)q->pieces_used++ * PIECE_BYTES;

		frames[n++] = (struct irl_frame){
		    .data = to,
		    .length = irl_split_next(&q->split, to),
		    .time_ns = q->split_ns,
		};
	}
	return n;
}

static int packet_recv(struct irl_port *port, unsigned queue,
		       struct irl_frame frames[], unsigned max)
{
	struct packet *p = (struct packet *)port;
	struct queue *q = &p->queue[queue];
	unsigned n, host = 0, too_long = 0;
	struct tpacket3_hdr *h;
	int64_t offset_ns;

	if (q->rx < 0)
		return 0;
	give_back(&q->ring);
	q->pieces_used = 0;
	n = deliver_split(q, frames, max);
	if (!n && !is_ready(&q->ring))
		return 0;
	/* The kernel stamps by the wall clock. */
	offset_ns = -irl_clock_wall_offset_ns();
	while (n < max && !irl_split_left(&q->split) &&
	       (h = next_frame(&q->ring))) {
		if (!is_ours(p, h))
			host++;
		else if (h->tp_len <= IRL_FRAME_MAX)
			deliver(&frames[n++], h, offset_ns);
		else if (begin_split(q, h, offset_ns))
			n += deliver_split(q, frames + n, max - n);
		else
			too_long++;
	}
	irl_count(&q->counters.rx_frames, host + n + too_long);
	irl_count(&q->counters.rx_host, host);
	irl_count(&q->counters.rx_ours, n + too_long);
	irl_count(&q->counters.rx_too_long, too_long);
	irl_count(&q->counters.rx_delivered, n);
	return (int)n;
}

/* Returns what is left of the time, or -1 for a signal. */
static int64_t nap(struct ring *r, int64_t timeout_ns)
{
	struct timespec time = {.tv_nsec = NAP_NS};

	if (!r->busy || r->blocks < NAP_BLOCKS || timeout_ns < NAP_NS)
		return timeout_ns;
	r->busy = false;
	return nanosleep(&time, NULL) ? -1 : timeout_ns - NAP_NS;
}

static int packet_wait(struct irl_port *port, unsigned queue,
		       int64_t timeout_ns)
{
	struct queue *q = &((struct packet *)port)->queue[queue];
	struct pollfd fd = {.fd = q->rx, .events = POLLIN};
	struct timespec timeout;
	socklen_t size = sizeof(int);
	int rc, ignored;

	if (irl_split_left(&q->split))
		return 1;
	if (q->rx >= 0 && is_ready(&q->ring) &&
	    q->ring.taken < block(&q->ring, q->ring.current)->hdr.bh1.num_pkts)
		return 1;
	timeout_ns = nap(&q->ring, timeout_ns);
	if (timeout_ns < 0)
		return -IRL_EINTR;
	timeout =
	    (struct timespec){timeout_ns / 1000000000, timeout_ns % 1000000000};
	rc = ppoll(&fd, q->rx >= 0, &timeout, NULL);
	if (rc < 0)
		return -IRL_EINTR;
	/* The link went down: clear the error, or poll would return at once
	 * for ever. */
	if (rc > 0 && fd.revents & POLLERR)
		getsockopt(q->rx, SOL_SOCKET, SO_ERROR, &ignored, &size);
	return rc > 0;
}

static void packet_stats(struct irl_port *port, struct irl_port_stats *out)
{
	struct packet *p = (struct packet *)port;

	for (unsigned i = 0; i < port->info.queues; i++) {
		struct queue *q = &p->queue[i];
		struct tpacket_stats_v3 now = {0};
		socklen_t size = sizeof(now);
		uint64_t drops;

		irl_counters_add(&q->counters, out);
		/* Reading sets the kernel's counter to zero: keep the sum. */
		if (q->rx >= 0)
			getsockopt(q->rx, SOL_PACKET, PACKET_STATISTICS, &now,
				   &size);
		drops = __atomic_add_fetch(&q->drops, now.tp_drops,
					   __ATOMIC_RELAXED);
		out->rx_full += drops;
		out->rx_ours += drops;
		out->rx_frames += drops;
	}
}

/* ---- open and close ---------------------------------------------------- */

static int map_ring(struct queue *q, uint32_t bytes, struct irl_error *err)
{
	unsigned page = (unsigned)sysconf(_SC_PAGESIZE);
	unsigned least = bytes < LARGE_RING ? BLOCK_BYTES : BLOCK_BYTES_LARGE;
	struct ring *r = &q->ring;
	int version = TPACKET_V3;
	struct tpacket_req3 request;

	/* The least ring has 64 KiB, the largest pages have as well. */
	r->block_bytes = page > least ? page : least;
	r->blocks = bytes / r->block_bytes;
	r->map_bytes = bytes;
	request = (struct tpacket_req3){
	    .tp_block_size = r->block_bytes,
	    .tp_block_nr = r->blocks,
	    .tp_frame_size = 2048,
	    .tp_frame_nr = bytes / 2048,
	    .tp_retire_blk_tov = BLOCK_TIMEOUT_MS,
	};
	if (setsockopt(q->rx, SOL_PACKET, PACKET_VERSION, &version,
		       sizeof(version)) ||
	    setsockopt(q->rx, SOL_PACKET, PACKET_RX_RING, &request,
		       sizeof(request)))
		return irl_error_errno(err, errno, "receive ring of %u bytes",
				       bytes);
	r->map =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, q->rx, 0);
	if (r->map == MAP_FAILED) {
		r->map = NULL;
		return irl_error_errno(err, errno, "receive ring of %u bytes",
				       bytes);
	}
	return 0;
}

/* Take no frame, until every queue is in the group: none arrives twice. */
static int hold_frames(int fd)
{
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &none};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

static int open_rx(struct packet *p, struct queue *q, uint32_t ring_bytes,
		   struct irl_error *err)
{
	int one = 1, rc;

	q->rx = irl_packet_socket(err);
	if (q->rx < 0)
		return q->rx;
	rc = map_ring(q, ring_bytes, err);
	if (rc)
		return rc;
	q->pieces = malloc((size_t)PIECES * PIECE_BYTES);
	if (!q->pieces)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	if (setsockopt(q->rx, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)))
		return irl_error_errno(err, errno,
				       "PACKET_IGNORE_OUTGOING "
				       "(Linux >= 4.20)");
	if (hold_frames(q->rx) ||
	    irl_packet_bind(q->rx, p->port.info.ifindex, ETH_P_ALL))
		return irl_error_errno(err, errno, "bind to %s",
				       p->port.info.ifname);
	return 0;
}

static void packet_end_rx(struct irl_port *port)
{
	struct packet *p = (struct packet *)port;

	for (unsigned i = 0; i < port->info.queues; i++)
		if (p->queue[i].rx >= 0)
			hold_frames(p->queue[i].rx);
}

/* Let the receive sockets part the frames. */
static int join(struct packet *p, struct irl_error *err)
{
	int group = PACKET_FANOUT_CBPF << 16 | PACKET_FANOUT_FLAG_UNIQUEID
						   << 16;
	socklen_t size = sizeof(group);

	for (unsigned i = 0; i < p->port.info.queues; i++) {
		int fd = p->queue[i].rx;

		if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &group,
			       sizeof(group)))
			return irl_error_errno(
			    err, errno,
			    "%s: sharing frames over %u queues (is it up?)",
			    p->port.info.ifname, p->port.info.queues);
		if (getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &group, &size))
			return irl_error_errno(err, errno, "PACKET_FANOUT");
		/* Later ones name the group that the first was given. */
		group = (group & 0xffff) | PACKET_FANOUT_CBPF << 16;
	}
	if (irl_packet_parts(p->queue[0].rx, &p->steer, p->port.info.queues))
		return irl_error_errno(err, errno, "PACKET_FANOUT_DATA");
	return 0;
}

static int open_receivers(struct packet *p, uint32_t ring_bytes,
			  struct irl_error *err)
{
	int rc = 0, ignored = 0;

	for (unsigned i = 0; !rc && i < p->port.info.queues; i++)
		rc = open_rx(p, &p->queue[i], ring_bytes, err);
	if (!rc && p->port.info.queues > 1)
		rc = join(p, err);
	for (unsigned i = 0; !rc && i < p->port.info.queues; i++)
		if (setsockopt(p->queue[i].rx, SOL_SOCKET, SO_DETACH_FILTER,
			       &ignored, sizeof(ignored)))
			rc = irl_error_errno(err, errno, "SO_DETACH_FILTER");
	return rc;
}

static void packet_close(struct irl_port *port)
{
	struct packet *p = (struct packet *)port;

	irl_groups_leave(&p->groups);
	for (unsigned i = 0; i < IRL_QUEUES_MAX; i++) {
		struct queue *q = &p->queue[i];

		if (q->ring.map)
			munmap(q->ring.map, q->ring.map_bytes);
		if (q->rx >= 0)
			close(q->rx);
		irl_packet_tx_close(&q->tx);
		free(q->pieces);
	}
	free(p);
}

static const struct irl_port_ops packet_ops = {
    .close = packet_close,
    .send = packet_send,
    .recv = packet_recv,
    .wait = packet_wait,
    .stats = packet_stats,
    .end_rx = packet_end_rx,
};

int irl_port_open_packet(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err)
{
	struct packet *p = aligned_alloc(64, (sizeof(*p) + 63) & ~(size_t)63);
	int rc;

	*out = NULL;
	if (!p)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memset(p, 0, sizeof(*p));
	p->port.ops = &packet_ops;
	p->port.info.kind = "packet";
	p->port.info.queues = options->queues;
	p->groups = (struct irl_groups){-1, -1};
	for (unsigned i = 0; i < IRL_QUEUES_MAX; i++)
		p->queue[i].tx.fd = p->queue[i].rx = -1;
	rc = irl_port_describe(&p->port.info, options->ifname, err);
	for (unsigned i = 0; !rc && i < options->queues; i++)
		rc = irl_packet_tx_open(&p->queue[i].tx, &p->port.info,
					IRL_BATCH_MAX, err);
	if (!rc)
		rc = irl_groups_join(&p->groups, options->steer,
				     p->port.info.ifindex, err);
	if (!rc && options->steer) {
		p->steer = *options->steer;
		rc = open_receivers(p,
				    options->rx_ring_bytes
					? options->rx_ring_bytes
					: RING_BYTES,
				    err);
	}
	if (rc) {
		packet_close(&p->port);
		return rc;
	}
	*out = &p->port;
	return 0;
}

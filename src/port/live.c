// SPDX-License-Identifier: BSD-2-Clause
/*
 * The live port: one synchronous XDP test run with live frames per batch, by
 * the program that also steers and receives (driver/linux/live.bpf.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <irl/privilege.h>
#include "base/quiet.h"
#include "base/xdp_features.h"
#include "port/counters.h"
#include "port/groups.h"
#include "port/link_queues.h"
#include "port/link_tags.h"
#include "port/live_probe.h"
#include "port/live_program.h"
#include "port/live_share.h"
#include "port/port.h"
#include "steer/parts.h"

/* Rings of unasked size: smaller where a card has very many queues. */
#define RX_TOTAL_BYTES (256u << 20)
#define RX_RING_LEAST (64u << 10)
/* A waiting reader looks after 50 us, 100 us, ... 1 ms; when frames come by the
 * hundred, after up to 1 ms from the start. */
#define LOOK_FIRST_NS 50000
#define LOOK_LAST_NS 1000000
#define NAP_LONGER_BYTES (128u * 80)
#define NAP_SHORTER_BYTES (32u * 80)
/* Frames the kernel makes before it flushes: 32 and 64 are best, 128 costs 15%
 * and 256 50% more time a frame at batch 256. */
#define RUN_BATCH 64u
#define LANES_FIRST 8u /* whose metadata, 4 bytes each, any kernel takes */
/* Runs in a row without room in the kernel, until the port is given up. */
#define VAIN_MAX 500u

struct queue {
	struct live_tx *tx;
	uint8_t *slots;
	uint8_t *input; /* metadata and frame handed to the test run */
	struct irl_port_counters count;
	uint64_t unknown; /* of the kernel's count and ours, the difference */
	uint64_t *taken;  /* of each of its rings, up to where */
	int64_t nap_ns;   /* how long the next wait sleeps at first */
	unsigned vain;    /* runs in a row that the kernel had no room for */
	unsigned turn;    /* whose ring is looked at first */
};

struct live_port {
	struct irl_port port;
	struct live *bpf;
	struct bpf_link *xmit, *redirect_err;
	struct irl_groups groups;
	struct irl_share *share;
	int program; /* its own; see irl_share_runner() */
	unsigned lane;
	struct queue queue[IRL_QUEUES_MAX];
	void *tx_memory, *slots_memory, *rx_memory;
	size_t tx_bytes, slots_bytes, rx_bytes;
	size_t rx_stride;
	unsigned rx_queues;
	uint32_t rx_ring;
	struct ring_buffer *hits;
	uint64_t hits_taken; /* by the one thread that takes them */
	struct irl_hit *hit; /* where the callback writes, its room */
	unsigned hit_count, hit_max;
};

static struct live_port *live_of(struct irl_port *port)
{
	return (struct live_port *)port;
}

/* Ring @n of all: rx_queues of queue 0, then as many of queue 1, ... */
static struct live_rx *ring_of(const struct live_port *live, unsigned n)
{
	return (void *)((char *)live->rx_memory + n * live->rx_stride);
}

static unsigned rings(const struct live_port *live)
{
	return live->rx_queues * live->port.info.queues;
}

/* ---- transmit ----------------------------------------------------------- */

/* Run the program @count times on frames of @length bytes. */
static int run(struct live_port *live, unsigned q, unsigned count,
	       uint32_t length)
{
	uint32_t meta = 4 * (live->lane + q + 1);
	struct xdp_md ctx = {.data = meta, .data_end = meta + length};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = live->queue[q].input,
		    .data_size_in = meta + length, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = (int)count,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
		    .batch_size = count < RUN_BATCH ? count : RUN_BATCH);
	int err =
	    bpf_prog_test_run_opts(irl_share_runner(live->share), &options);

	return err ? -errno : 0;
}

/*
 * What a run that made no frame means: 0 when the frames are to be tried again
 * (a signal came, or the kernel lacked pages just now), else the error.
 */
static int judge_run(struct queue *queue, int err)
{
	bool vain = err == -ENOMEM || err == -EAGAIN;

	if (!err || queue->tx->made) {
		queue->vain = 0;
		return 0;
	}
	if (err == -EINTR || (vain && ++queue->vain < VAIN_MAX))
		return 0;
	return irl_error_errno(NULL, -err, "test run");
}

static void begin(struct live_tx *tx, uint32_t mode, uint32_t count)
{
	tx->mode = mode;
	tx->count = count;
	tx->made = 0;
	tx->accepted = 0;
	tx->refused_count = 0;
	tx->skipped = 0;
	/* In one store: a program on another CPU, or one that preempts us here,
	 * takes a queue with head != tail for its own. */
	tx->tail = tx->head;
	tx->stray = 0;
}

/* Account for a run of which @offered frames were asked. */
static void settle(struct queue *queue, uint32_t offered, uint64_t bytes)
{
	const struct live_tx *tx = queue->tx;
	struct irl_port_counters *count = &queue->count;
	uint32_t known = tx->accepted + tx->refused_count + tx->skipped;

	irl_count(&count->tx_offered, offered - tx->skipped);
	irl_count(&count->tx[IRL_TX_ACCEPTED], tx->accepted);
	for (uint32_t i = 0; i < tx->refused_count; i++)
		irl_count(&count->tx[tx->cause[i]], 1);
	irl_count(&count->tx[IRL_TX_UNSENT], offered - tx->made);
	irl_count(&count->tx_bytes, bytes);
	if (tx->made != known || tx->stray)
		irl_count(&queue->unknown,
			  tx->stray + (tx->made > known ? tx->made - known
							: known - tx->made));
}

/* Most frames have 60 bytes: no call for them. */
static inline void copy(uint8_t *to, const uint8_t *from, uint32_t length)
{
	if (length == 60)
		memcpy(to, from, 60);
	else
		memcpy(to, from, length);
}

static int live_send(struct irl_port *port, unsigned q,
		     const struct irl_frame frames[], unsigned count,
		     enum irl_tx_status status[])
{
	struct live_port *live = live_of(port);
	struct queue *queue = &live->queue[q];
	struct live_tx *tx = queue->tx;
	uint32_t offset = 0, longest = IRL_FRAME_MIN;
	uint64_t bytes = 0;
	int err;

	for (unsigned i = 0; i < count; i++) {
		uint32_t length = frames[i].length;

		copy(queue->slots + offset, frames[i].data, length);
		tx->frame[i] = (uint64_t)length << 32 | offset;
		offset += (length + 63) & ~63u;
		longest = length > longest ? length : longest;
		bytes += length;
	}
	begin(tx, LIVE_FRAMES, count);
	err = run(live, q, count, longest);
	err = judge_run(queue, err);
	if (err)
		return err;
	for (unsigned i = 0; i < count; i++)
		status[i] = i < tx->made ? IRL_TX_ACCEPTED : IRL_TX_UNSENT;
	for (uint32_t i = 0; i < tx->refused_count; i++) {
		status[tx->refused[i]] = tx->cause[i];
		bytes -= frames[tx->refused[i]].length;
	}
	for (unsigned i = tx->made; i < count; i++)
		bytes -= frames[i].length;
	settle(queue, count, bytes);
	return (int)tx->accepted;
}

static int live_probe(struct irl_port *port, unsigned q,
		      struct irl_probe_chunk *chunk)
{
	struct live_port *live = live_of(port);
	struct queue *queue = &live->queue[q];
	struct live_tx *tx = queue->tx;
	uint32_t count = chunk->again_count + chunk->count;
	uint32_t length = live->bpf->rodata->probe_plan.length;
	int err;

	if (!count)
		return 0;
	if (chunk->again_count)
		memcpy(tx->again, chunk->again,
		       chunk->again_count * sizeof(uint64_t));
	begin(tx, LIVE_PROBE, count);
	tx->again_count = chunk->again_count;
	tx->first = chunk->first;
	tx->time = chunk->time;
	err = run(live, q, count, length);
	err = judge_run(queue, err);
	if (err)
		return err;
	settle(queue, count, (uint64_t)tx->accepted * length);
	chunk->accepted = tx->accepted;
	chunk->skipped = tx->skipped;
	chunk->refused_count = tx->refused_count;
	memcpy(chunk->refused, tx->refused,
	       tx->refused_count * sizeof(uint64_t));
	if (chunk->cause)
		memcpy(chunk->cause, tx->cause, tx->refused_count);
	for (uint32_t i = tx->made; i < count; i++) { /* see judge_run() */
		uint32_t n = chunk->refused_count++;

		chunk->refused[n] =
		    i < chunk->again_count
			? chunk->again[i]
			: chunk->first + (i - chunk->again_count);
		if (chunk->cause)
			chunk->cause[n] = IRL_TX_UNSENT;
	}
	return (int)chunk->accepted;
}

/* ---- receive ------------------------------------------------------------ */

/* Frames of one ring, from where they were taken; returns how many. */
static unsigned take(struct live_port *live, struct live_rx *rx,
		     uint64_t *taken, struct irl_frame frames[], unsigned max)
{
	uint64_t produced = __atomic_load_n(&rx->produced, __ATOMIC_ACQUIRE);
	uint8_t *bytes = (uint8_t *)(rx + 1);
	uint64_t at = *taken;
	unsigned n = 0;

	while (n < max && at != produced) {
		uint64_t offset = at & (live->rx_ring - 1), end;
		struct live_record *record = (void *)(bytes + offset);

		frames[n++] = (struct irl_frame){
		    .data = (uint8_t *)(record + 1),
		    .length = record->length,
		    .time_ns = record->time_ns,
		};
		end = offset + sizeof(*record) + ((record->length + 15) & ~15u);
		at += (end < live->rx_ring ? end : live->rx_ring) - offset;
	}
	*taken = at;
	return n;
}

/* Each call begins at another ring: a full one must not starve the rest. */
static int live_recv(struct irl_port *port, unsigned q,
		     struct irl_frame frames[], unsigned max)
{
	struct live_port *live = live_of(port);
	struct queue *queue = &live->queue[q];
	unsigned own = live->rx_queues, n = 0;

	for (unsigned k = 0; k < own; k++) {
		unsigned i = (queue->turn + k) % own;
		struct live_rx *rx = ring_of(live, q * own + i);

		if (queue->taken[i] != rx->consumed)
			__atomic_store_n(&rx->consumed, queue->taken[i],
					 __ATOMIC_RELEASE);
		n += take(live, rx, &queue->taken[i], frames + n, max - n);
	}
	queue->turn++;
	return (int)n;
}

/* Bytes that wait for the reader. */
static uint64_t waiting(const struct live_port *live, unsigned q)
{
	const struct queue *queue = &live->queue[q];
	uint64_t bytes = 0;

	for (unsigned i = 0; i < live->rx_queues; i++)
		bytes += __atomic_load_n(
			     &ring_of(live, q * live->rx_queues + i)->produced,
			     __ATOMIC_RELAXED) -
			 queue->taken[i];
	return bytes;
}

/* The more came during the last nap, the longer the next: a wake-up costs as
 * much as reading hundreds of frames, and frames are stamped on arrival. */
static void adapt(struct live_port *live, struct queue *queue, uint64_t bytes)
{
	if (bytes >= NAP_LONGER_BYTES && bytes < live->rx_ring / 8)
		queue->nap_ns *= 2;
	else if (bytes < NAP_SHORTER_BYTES || bytes >= live->rx_ring / 4)
		queue->nap_ns /= 2;
	if (queue->nap_ns > LOOK_LAST_NS)
		queue->nap_ns = LOOK_LAST_NS;
	if (queue->nap_ns < LOOK_FIRST_NS)
		queue->nap_ns = LOOK_FIRST_NS;
}

/* The program wakes nobody: that would cost each frame.  Look and sleep. */
static int live_wait(struct irl_port *port, unsigned q, int64_t timeout_ns)
{
	struct live_port *live = live_of(port);
	struct queue *queue = &live->queue[q];
	int64_t nap = queue->nap_ns;
	uint64_t bytes;

	if (waiting(live, q))
		return 1;
	do {
		struct timespec time;

		nap = nap < LOOK_LAST_NS ? nap : LOOK_LAST_NS;
		nap = nap < timeout_ns ? nap : timeout_ns;
		if (nap <= 0)
			return 0;
		time = (struct timespec){.tv_nsec = nap};
		if (nanosleep(&time, NULL))
			return -IRL_EINTR;
		timeout_ns -= nap;
		nap *= 2;
		bytes = waiting(live, q);
		adapt(live, queue, bytes);
	} while (!bytes);
	return 1;
}

static int on_hit(void *context, void *data, size_t size)
{
	struct live_port *live = context;

	if (size >= sizeof(struct irl_hit))
		memcpy(&live->hit[live->hit_count++], data,
		       sizeof(struct irl_hit));
	return live->hit_count < live->hit_max ? 0 : -ENOBUFS;
}

static int live_hits(struct irl_port *port, struct irl_hit *hits, unsigned max)
{
	struct live_port *live = live_of(port);

	live->hit = hits;
	live->hit_count = 0;
	live->hit_max = max;
	if (max)
		ring_buffer__consume(live->hits);
	irl_count(&live->hits_taken, live->hit_count);
	return (int)live->hit_count;
}

static bool live_crowded(struct irl_port *port)
{
	struct live_port *live = live_of(port);
	uint64_t taken = irl_counted(&live->hits_taken), hits = 0;

	for (unsigned r = 0; r < live->rx_queues; r++)
		hits += irl_counted(&ring_of(live, r)->hits);
	return hits > taken + IRL_LIVE_HITS / 2;
}

static void live_end_rx(struct irl_port *port)
{
	struct live_port *live = live_of(port);

	for (unsigned r = 0; r < rings(live); r++)
		__atomic_store_n(&ring_of(live, r)->ended, 1, __ATOMIC_RELAXED);
}

/* ---- counters ----------------------------------------------------------- */

/* Nothing that is read later is read before this. */
static uint64_t counted(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void live_stats(struct irl_port *port, struct irl_port_stats *out)
{
	struct live_port *live = live_of(port);

	for (unsigned q = 0; q < port->info.queues; q++) {
		struct queue *queue = &live->queue[q];

		irl_counters_add(&queue->count, out);
		out->tx_unknown += irl_counted(&queue->unknown);
	}
	/* A frame's fate is counted after the frame: read in the other order,
	 * no fate is ahead of its frame. */
	for (unsigned r = 0; r < rings(live); r++) {
		const struct live_rx *rx = ring_of(live, r);

		out->rx_host += counted(&rx->host);
		out->rx_delivered += counted(&rx->delivered);
		out->rx_full += counted(&rx->full);
		out->rx_too_long += counted(&rx->too_long);
		out->rx_hits += counted(&rx->hits);
		out->rx_hits_full += counted(&rx->hits_full);
		for (unsigned i = 0; i < IRL_ANSWER_VERDICTS; i++)
			out->rx_invalid[i] += counted(&rx->invalid[i]);
	}
	for (unsigned r = 0; r < live->rx_queues; r++)
		out->rx_frames += counted(&ring_of(live, r)->frames);
	out->rx_ours = out->rx_frames - out->rx_host;
}

/* ---- open and close ------------------------------------------------------ */

static void live_close(struct irl_port *port)
{
	struct live_port *live = live_of(port);

	irl_groups_leave(&live->groups);
	irl_share_leave(live->share);
	bpf_link__destroy(live->redirect_err);
	bpf_link__destroy(live->xmit);
	ring_buffer__free(live->hits);
	if (live->rx_memory)
		munmap(live->rx_memory, live->rx_bytes);
	if (live->slots_memory)
		munmap(live->slots_memory, live->slots_bytes);
	if (live->tx_memory)
		munmap(live->tx_memory, live->tx_bytes);
	for (unsigned q = 0; q < IRL_QUEUES_MAX; q++) {
		free(live->queue[q].input);
		free(live->queue[q].taken);
	}
	live__destroy(live->bpf);
	free(live);
}

static const struct irl_port_ops live_ops = {
    .close = live_close,
    .send = live_send,
    .recv = live_recv,
    .wait = live_wait,
    .stats = live_stats,
    .probe = live_probe,
    .hits = live_hits,
    .crowded = live_crowded,
    .end_rx = live_end_rx,
};

static void *map_memory(struct bpf_map *map, size_t stride, unsigned entries,
			size_t *bytes)
{
	void *memory;

	*bytes = (stride * entries + 4095) & ~(size_t)4095;
	memory = mmap(NULL, *bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(map), 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* Everything that must be known before loading: constants and map sizes. */
static int prepare(struct live_port *live,
		   const struct irl_port_options *options)
{
	struct live *bpf = live->bpf;
	uint32_t ring = options->rx_ring_bytes;
	struct irl_steer_parts parts;
	int err;

	if (!ring)
		for (ring = IRL_PORT_RING_BYTES;
		     ring > RX_RING_LEAST &&
		     (uint64_t)ring * rings(live) > RX_TOTAL_BYTES;)
			ring /= 2;
	live->rx_ring = ring;
	live->rx_stride = sizeof(struct live_rx) + ring + LIVE_RX_SLACK;
	bpf->rodata->live_ifindex = live->port.info.ifindex;
	bpf->rodata->live_rx_mask = ring - 1;
	bpf->rodata->live_rx_queues = live->rx_queues;
	bpf->rodata->live_queues = live->port.info.queues;
	parts = irl_steer_parts(options->steer, live->port.info.queues);
	memcpy((void *)&bpf->rodata->live_parts, &parts, sizeof(parts));
	bpf->rodata->live_slot = irl_share_slot(live->share);
	live->lane = irl_share_lane(live->share);
	bpf->rodata->live_lane = live->lane;
	if (options->steer)
		memcpy((void *)&bpf->rodata->live_steer, options->steer,
		       sizeof(*options->steer));
	err = bpf_map__set_value_size(bpf->maps.live_rx_map,
				      (uint32_t)live->rx_stride);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.live_rx_map,
					       rings(live));
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.live_tx_map,
					       live->port.info.queues);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.live_slots_map,
					       live->port.info.queues);
	if (!err && irl_share_array(live->share) >= 0)
		err = bpf_map__reuse_fd(bpf->maps.live_share,
					irl_share_array(live->share));
	if (!err)
		err = irl_live_prepare_probe(bpf, options->probe,
					     !options->deliver_answers);
	return err;
}

static int map_queues(struct live_port *live)
{
	unsigned queues = live->port.info.queues;

	live->tx_memory =
	    map_memory(live->bpf->maps.live_tx_map, sizeof(struct live_tx),
		       queues, &live->tx_bytes);
	live->slots_memory =
	    map_memory(live->bpf->maps.live_slots_map, LIVE_SLOTS_BYTES, queues,
		       &live->slots_bytes);
	live->rx_memory =
	    map_memory(live->bpf->maps.live_rx_map, live->rx_stride,
		       rings(live), &live->rx_bytes);
	if (!live->tx_memory || !live->slots_memory || !live->rx_memory)
		return -errno;
	for (unsigned q = 0; q < queues; q++) {
		struct queue *queue = &live->queue[q];

		queue->tx = (struct live_tx *)live->tx_memory + q;
		queue->slots =
		    (uint8_t *)live->slots_memory + q * LIVE_SLOTS_BYTES;
		queue->input = calloc(1, LIVE_SLOT + 64);
		queue->nap_ns = LOOK_FIRST_NS;
		queue->taken = calloc(live->rx_queues, sizeof(uint64_t));
		if (!queue->input || !queue->taken)
			return -ENOMEM;
	}
	return 0;
}

static int attach(struct live_port *live, struct irl_error *err)
{
	const char *interface = live->port.info.ifname;
	uint32_t key = 0, ifindex = live->port.info.ifindex;

	if (bpf_map_update_elem(bpf_map__fd(live->bpf->maps.live_device), &key,
				&ifindex, 0))
		return irl_error_errno(err, errno,
				       "the driver of %s cannot transmit by "
				       "XDP; use --port packet",
				       interface);
	live->xmit = bpf_program__attach(live->bpf->progs.irl_xmit);
	live->redirect_err =
	    bpf_program__attach(live->bpf->progs.irl_redirect_err);
	if (!live->xmit || !live->redirect_err)
		return irl_error_errno(
		    err, errno,
		    "cannot trace refused frames (tp_btf xdp_devmap_xmit); "
		    "grant cap_perfmon or use --port packet");
	return irl_share_join(live->share, live->program,
			      bpf_map__fd(live->bpf->maps.live_share), err);
}

static int forbidden(struct irl_error *err)
{
	int rc = irl_privilege_check(IRL_PRIVILEGE_ALL, err);

	return rc ? rc
		  : irl_error_set(err, IRL_EPERM,
				  "the kernel lets nobody load BPF programs "
				  "(lockdown, a container?); use --port "
				  "packet");
}

static int load(struct live_port *live, const struct irl_port_options *options,
		struct irl_error *err)
{
	int failed;

	live->bpf = live__open();
	if (!live->bpf)
		return irl_error_errno(err, errno, "cannot open the program");
	failed = prepare(live, options);
	if (!failed)
		failed = live__load(live->bpf);
	if (failed == -EPERM || failed == -EACCES)
		return forbidden(err);
	if (failed == -ESRCH) /* libbpf's word */
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "no BTF of this kernel (/sys/kernel/btf/vmlinux): it needs "
		    "CONFIG_DEBUG_INFO_BTF, and /sys mounted; use --port "
		    "packet");
	if (failed)
		return irl_error_errno(
		    err, -failed,
		    "this kernel does not take the XDP program (it needs "
		    "Linux 5.18); use --port packet");
	live->program = bpf_program__fd(live->bpf->progs.irl_live);
	return 0;
}

/* Frames of a VLAN are the host's; without their tag they may look like ours.
 */
static int check_tags(struct live_port *live, struct irl_error *err)
{
	const char *interface = live->port.info.ifname;
	struct irl_link_tags tags;

	irl_link_tags(interface, live->port.info.ifindex, "vlan", &tags);
	if (!irl_link_tags_hidden(&tags))
		return 0;
	if (!tags.stripped)
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "the driver of %s does not say whether it takes VLAN tags "
		    "off before XDP sees a frame; if so, frames of %s would "
		    "pass for its own: use --port packet",
		    interface, tags.device);
	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "%s takes VLAN tags off before XDP sees a frame, and frames of %s "
	    "would pass for its own: run 'ethtool -K %s rxvlan off' or use "
	    "--port packet",
	    interface, tags.device, interface);
}

/*
 * A driver may lack a way in for redirected frames, or have it only at times: a
 * veth whose other end does not poll refuses every frame.  Asked once our
 * program is attached, which makes some drivers open theirs; kernels before 6.3
 * cannot tell, and sending will.
 */
static int check_transmit(struct live_port *live, struct irl_error *err)
{
	uint64_t has;

	if (irl_xdp_features(live->port.info.ifindex, &has) < 0 ||
	    has & IRL_XDP_NDO_XMIT)
		return 0;
	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "%s does not transmit by XDP now; if it is a veth, run 'ethtool -K "
	    "PEER gro on' at its other end or attach an XDP program there, "
	    "else use --port packet",
	    live->port.info.ifname);
}

/* Old kernels ignore nothing: they refuse the flag, and the metadata of a lane
 * behind the eighth. */
static int try_run(struct live_port *live, struct irl_error *err)
{
	unsigned last = live->port.info.queues - 1;
	int failed;

	begin(live->queue[last].tx, LIVE_FRAMES, 0);
	failed = run(live, last, 1, 60);
	if (failed && live->lane + last >= LANES_FIRST)
		return irl_error_errno(
		    err, -failed,
		    "this kernel lets live ports on one interface have 8 queues"
		    " together; ask for fewer, or use --port packet");
	return failed ? irl_error_errno(err, -failed,
					"this kernel has no XDP live frames "
					"(Linux 5.18); use --port packet")
		      : 0;
}

static int open_port(struct irl_port **out,
		     const struct irl_port_options *options,
		     struct irl_error *err)
{
	struct live_port *live =
	    aligned_alloc(64, (sizeof(*live) + 63) & ~(size_t)63);
	int failed;

	*out = NULL;
	if (!live)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memset(live, 0, sizeof(*live));
	live->groups = (struct irl_groups){-1, -1};
	live->port.ops = &live_ops;
	live->port.info.queues = options->queues;
	live->port.info.kind = "live";
	live->port.info.caps = IRL_PORT_EXCLUSIVE;
	if (options->probe)
		live->port.info.caps |= IRL_PORT_PROBE;
	failed = irl_port_describe(&live->port.info, options->ifname, err);
	if (failed)
		goto fail;
	failed = check_tags(live, err);
	if (failed)
		goto fail;
	failed =
	    irl_link_rx_queues(live->port.info.ifindex, &live->rx_queues, err);
	if (failed)
		goto fail;
	failed = irl_share_enter(&live->share, &live->port.info, options->steer,
				 err);
	if (failed)
		goto fail;
	failed = load(live, options, err);
	if (failed)
		goto fail;
	failed = map_queues(live);
	if (!failed)
		failed = irl_live_fill_probe(live->bpf, options->probe);
	if (failed) {
		failed = irl_error_errno(err, -failed,
					 "cannot map the program's memory");
		goto fail;
	}
	live->hits = ring_buffer__new(bpf_map__fd(live->bpf->maps.live_hits),
				      on_hit, live, NULL);
	if (!live->hits) {
		failed = irl_error_errno(err, errno, "cannot map the answers");
		goto fail;
	}
	failed = attach(live, err);
	if (!failed)
		failed = check_transmit(live, err);
	if (!failed)
		failed = try_run(live, err);
	if (!failed)
		failed = irl_groups_join(&live->groups, options->steer,
					 live->port.info.ifindex, err);
	if (failed)
		goto fail;
	*out = &live->port;
	return 0;
fail:
	live_close(&live->port);
	return failed;
}

int irl_port_open_live(struct irl_port **out,
		       const struct irl_port_options *options,
		       struct irl_error *err)
{
	int result;

	irl_quiet_begin();
	result = open_port(out, options, err);
	irl_quiet_end();
	return result;
}

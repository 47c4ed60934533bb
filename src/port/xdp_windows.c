// SPDX-License-Identifier: BSD-2-Clause
/*
 * The port "xdpwin": XDP for Windows, whose driver Microsoft signs.
 *
 *   card's queue k -- rules -- inlet k --+-- store of queue q -- irl_port_recv
 *                     |         |        +-- ...
 *                     |         +-- the host's after all: back, and up
 *                     +-- no rule: up, to the host
 *   irl_port_send -- outlet of queue q -- the card
 *
 * Each inlet and outlet is an AF_XDP socket.  A rule cannot see whether a
 * packet is a fragment, so later fragments of the host's may look like ours;
 * and it cannot part a prefix by ports.  So whoever receives empties the inlets
 * by the rule of steer/core.h into the stores, and gives back what is the
 * host's: by the inlet's own transmit ring, which leads up.
 *
 * XDP tells of no frame what became of it: accepted is what its ring took.
 */
#include <pthread.h>
#include <string.h>
#include "base/memory.h"
#include "base/os.h"
#include "port/counters.h"
#include "port/port.h"
#include "port/xdp_rules.h"
#include "port/xdp_socket.h"

#define INLETS_MAX XDP_REQUESTS_MAX
#define INLET_CHUNKS_MIN 512u
#define OUTLET_CHUNKS (2 * IRL_BATCH_MAX)
/* The longest that closing waits for one socket. */
#define FLUSH_NS UINT64_C(1000000000)

/* Of one queue of the card; under the lock but for its file. */
struct inlet {
	struct xdp_socket s;
	void *program;
	struct xdp_request *request; /* ends when there are frames */
	pthread_mutex_t lock;
	bool waiting; /* the request is under way, or has ended */
	bool ended;   /* frames from place @end on are not counted */
	uint32_t end;
	uint64_t dropped_at_end;
	uint64_t host, too_long;
} __attribute__((aligned(64)));

struct slot {
	uint64_t time_ns;
	uint32_t length;
	uint8_t data[XDP_CHUNK - 12];
};
_Static_assert(sizeof(struct slot) == XDP_CHUNK,
	       "a slot is as large as a chunk");

/* Frames for one queue: written under the lock, read by its one thread. */
struct store {
	struct slot *slot;
	uint32_t mask;
	uint32_t head;  /* ever written */
	uint32_t tail;  /* ever given back */
	uint32_t taken; /* the reader's own */
	uint64_t full;
	pthread_mutex_t lock;
	struct xdp_bell *bell;
};

struct queue {
	struct irl_port_counters counters;
	struct xdp_socket out;
	uint32_t *spare; /* chunks of the outlet that are not under way */
	uint32_t spares;
	struct store store; /* without steering all zero */
} __attribute__((aligned(64)));

struct xdpwin {
	struct irl_port port;
	struct irl_steer steer;
	struct xdp_rules rules;
	unsigned inlets;
	struct inlet inlet[INLETS_MAX];
	struct queue queue[IRL_QUEUES_MAX];
};

/* ---- send ---------------------------------------------------------------- */

/* Chunks that have been sent. */
static void reap(struct queue *q)
{
	struct xdp_ring *ring = &q->out.completion;
	uint32_t n = xdp_ready(ring);

	for (uint32_t i = 0; i < n; i++) {
		const uint64_t *at = xdp_chunk(ring, *ring->consumer + i);

		q->spare[q->spares++] = (uint32_t)(*at / XDP_CHUNK);
	}
	xdp_advance(ring->consumer, n);
}

static void produce(struct queue *q, const struct irl_frame frames[],
		    uint32_t count)
{
	struct xdp_ring *ring = &q->out.tx;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = (uint64_t)q->spare[--q->spares] * XDP_CHUNK;
		struct xsk_frame *f = xdp_frame(ring, *ring->producer + i);

		memcpy(q->out.umem + at, frames[i].data, frames[i].length);
		*f = (struct xsk_frame){at, frames[i].length, 0};
	}
	xdp_advance(ring->producer, count);
}

static int xdpwin_send(struct irl_port *port, unsigned queue,
		       const struct irl_frame frames[], unsigned count,
		       enum irl_tx_status status[])
{
	struct queue *q = &((struct xdpwin *)port)->queue[queue];
	bool gone = xdp_has(&q->out.tx, XSK_RING_ERROR);
	uint32_t n;

	reap(q);
	n = gone ? 0 : xdp_room(&q->out.tx);
	n = n < q->spares ? n : q->spares;
	n = n < count ? n : count;
	produce(q, frames, n);
	if (!gone && xdp_has(&q->out.tx, XSK_RING_NEED_POKE))
		gone = xdp_socket_notify(&q->out, XSK_POKE_TX, 0) != 0;
	for (unsigned i = 0; i < count; i++)
		status[i] = gone    ? IRL_TX_GONE
			    : i < n ? IRL_TX_ACCEPTED
				    : IRL_TX_FULL;
	return irl_count_batch(&q->counters, frames, count, status);
}

/* Of a socket that is to be closed: what it took leaves. */
static void flush(struct xdp_socket *s)
{
	uint64_t end = irl_os_clock_ns() + FLUSH_NS;

	while (*s->tx.producer != xdp_acquire(s->completion.producer) &&
	       !xdp_has(&s->tx, XSK_RING_ERROR) && irl_os_clock_ns() < end) {
		xdp_advance(s->completion.consumer, xdp_ready(&s->completion));
		if (xdp_socket_notify(s, XSK_POKE_TX | XSK_WAIT_TX, 10))
			return;
	}
}

/* ---- receive ------------------------------------------------------------- */

static void put(struct store *store, const uint8_t *data, uint32_t length,
		uint64_t now_ns)
{
	struct slot *slot;

	pthread_mutex_lock(&store->lock);
	slot = &store->slot[store->head & store->mask];
	if (store->head - xdp_acquire(&store->tail) > store->mask) {
		irl_count(&store->full, 1);
	} else {
		slot->time_ns = now_ns;
		slot->length = length;
		memcpy(slot->data, data, length);
		xdp_advance(&store->head, 1);
	}
	pthread_mutex_unlock(&store->lock);
}

/* Where a frame goes.  False: it is the host's.  @ours gathers the queues. */
static bool sort(struct xdpwin *w, struct inlet *in, const uint8_t *data,
		 uint32_t length, uint64_t now_ns, bool late, uint32_t *ours)
{
	unsigned to;

	/* one that was cut is nobody's */
	if (length < XDP_CHUNK &&
	    irl_steer_match(&w->steer, data, length) == IRL_STEER_HOST) {
		irl_count(&in->host, !late);
		return false;
	}
	if (late)
		return true;
	if (length > IRL_FRAME_MAX) {
		irl_count(&in->too_long, 1);
		return true;
	}
	to = irl_steer_queue(&w->steer, w->port.info.queues, data, length);
	put(&w->queue[to].store, data, length, now_ns);
	*ours |= 1u << to;
	return true;
}

/* Chunks that the host has had. */
static uint32_t refill(struct inlet *in, uint32_t filled)
{
	struct xdp_ring *done = &in->s.completion, *fill = &in->s.fill;
	uint32_t n = xdp_ready(done);

	for (uint32_t i = 0; i < n; i++)
		*xdp_chunk(fill, *fill->producer + filled + i) =
		    *xdp_chunk(done, *done->consumer + i);
	xdp_advance(done->consumer, n);
	return filled + n;
}

/* Each chunk is in one ring only, and no ring has fewer places than there are
 * chunks: there is always room. */
static uint32_t drain(struct xdpwin *w, struct inlet *in)
{
	struct xdp_socket *s = &in->s;
	uint32_t n = xdp_ready(&s->rx), back = 0, filled = 0, ours = 0;
	uint64_t now_ns = n ? irl_os_clock_ns() : 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t place = *s->rx.consumer + i;
		const struct xsk_frame *f = xdp_frame(&s->rx, place);
		uint64_t chunk = f->address & ((UINT64_C(1) << 48) - 1);
		uint64_t offset = f->address >> XSK_OFFSET_SHIFT;
		bool late = in->ended && (int32_t)(place - in->end) >= 0;

		if (sort(w, in, s->umem + chunk + offset, f->length, now_ns,
			 late, &ours))
			*xdp_chunk(&s->fill, *s->fill.producer + filled++) =
			    chunk;
		else
			*xdp_frame(&s->tx, *s->tx.producer + back++) = *f;
	}
	filled = refill(in, filled);
	xdp_advance(s->rx.consumer, n);
	xdp_advance(s->fill.producer, filled);
	xdp_advance(s->tx.producer, back);
	if (back && xdp_has(&s->tx, XSK_RING_NEED_POKE))
		xdp_socket_notify(s, XSK_POKE_TX, 0);
	if (filled && xdp_has(&s->fill, XSK_RING_NEED_POKE))
		xdp_socket_notify(s, XSK_POKE_RX, 0);
	return ours;
}

static void drain_all(struct xdpwin *w, unsigned queue)
{
	uint32_t ours = 0;

	for (unsigned i = 0; i < w->inlets; i++) {
		pthread_mutex_lock(&w->inlet[i].lock);
		ours |= drain(w, &w->inlet[i]);
		pthread_mutex_unlock(&w->inlet[i].lock);
	}
	for (unsigned q = 0; q < w->port.info.queues; q++)
		if (q != queue && ours & 1u << q)
			xdp_bell_ring(w->queue[q].store.bell);
}

static unsigned take(struct store *store, struct irl_frame frames[],
		     unsigned max)
{
	uint32_t have = xdp_acquire(&store->head) - store->taken;
	unsigned n = have < max ? have : max;

	for (unsigned i = 0; i < n; i++) {
		struct slot *slot = &store->slot[store->taken++ & store->mask];

		frames[i] = (struct irl_frame){.data = slot->data,
					       .length = slot->length,
					       .time_ns = slot->time_ns};
	}
	return n;
}

static int xdpwin_recv(struct irl_port *port, unsigned queue,
		       struct irl_frame frames[], unsigned max)
{
	struct xdpwin *w = (struct xdpwin *)port;
	struct queue *q = &w->queue[queue];
	unsigned n;

	xdp_advance(&q->store.tail, q->store.taken - q->store.tail);
	n = take(&q->store, frames, max);
	if (n < max) {
		drain_all(w, queue);
		n += take(&q->store, frames + n, max - n);
	}
	irl_count(&q->counters.rx_delivered, n);
	return (int)n;
}

/* Have the request end when there are frames; false: there are some.  What
 * fails here fails for ever: the card is gone, and nothing is under way. */
static bool arm(struct inlet *in, struct xdp_request **waiting)
{
	const struct xsk_notify wait = {XSK_WAIT_RX, XSK_FOR_EVER};
	uint32_t error = XDP_PENDING;
	bool quiet;

	pthread_mutex_lock(&in->lock);
	quiet = !xdp_ready(&in->s.rx);
	if (quiet && (!in->waiting || xdp_has_ended(in->request))) {
		error = xdp_begin(in->request, in->s.file, XSK_NOTIFY_LATER,
				  &wait, sizeof(wait));
		in->waiting = error == XDP_PENDING;
	}
	*waiting = in->waiting ? in->request : NULL;
	pthread_mutex_unlock(&in->lock);
	return quiet && error;
}

static int xdpwin_wait(struct irl_port *port, unsigned queue,
		       int64_t timeout_ns)
{
	struct xdpwin *w = (struct xdpwin *)port;
	struct store *store = &w->queue[queue].store;
	struct xdp_request *requests[INLETS_MAX];
	unsigned count = 0;
	bool quiet = true;

	if (!w->inlets) {
		irl_os_sleep_until(irl_os_clock_ns() + (uint64_t)timeout_ns);
		return 0;
	}
	if (xdp_acquire(&store->head) != store->taken)
		return 1;
	for (unsigned i = 0; i < w->inlets; i++) {
		quiet &= arm(&w->inlet[i], &requests[count]);
		count += requests[count] != NULL;
	}
	if (!quiet)
		return 1;
	return timeout_ns &&
	       xdp_bell_wait(store->bell, requests, count, timeout_ns);
}

/* ---- counters ------------------------------------------------------------ */

static uint64_t dropped(struct inlet *in)
{
	uint64_t now = xdp_socket_statistics(&in->s).rx_dropped;

	return __atomic_load_n(&in->ended, __ATOMIC_ACQUIRE)
		   ? in->dropped_at_end
		   : now;
}

/* The host's frames pass by uncounted, but for those that were given back. */
static void xdpwin_stats(struct irl_port *port, struct irl_port_stats *out)
{
	struct xdpwin *w = (struct xdpwin *)port;

	for (unsigned i = 0; i < port->info.queues; i++) {
		irl_counters_add(&w->queue[i].counters, out);
		out->tx_unknown +=
		    xdp_socket_statistics(&w->queue[i].out).tx_invalid;
		out->rx_full += irl_counted(&w->queue[i].store.full);
	}
	for (unsigned i = 0; i < w->inlets; i++) {
		out->rx_full += dropped(&w->inlet[i]);
		out->rx_too_long += irl_counted(&w->inlet[i].too_long);
		out->rx_host += irl_counted(&w->inlet[i].host);
	}
	out->rx_ours = out->rx_delivered + out->rx_full + out->rx_too_long;
	out->rx_frames = out->rx_ours + out->rx_host;
}

static void xdpwin_end_rx(struct irl_port *port)
{
	struct xdpwin *w = (struct xdpwin *)port;

	/* Steering goes on, or the host would answer what is ours. */
	for (unsigned i = 0; i < w->inlets; i++) {
		struct inlet *in = &w->inlet[i];

		pthread_mutex_lock(&in->lock);
		in->dropped_at_end = xdp_socket_statistics(&in->s).rx_dropped;
		in->end = xdp_acquire(in->s.rx.producer);
		__atomic_store_n(&in->ended, true, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&in->lock);
	}
}

/* ---- open ---------------------------------------------------------------- */

/* Queues of a card are numbered without a gap; what a driver says beyond the
 * last differs. */
static bool is_no_queue(uint32_t error)
{
	return error == XDP_INVALID || error == XDP_NOT_FOUND ||
	       error == XDP_NOT_SUPPORTED;
}

static int not_bound(struct xdpwin *w, uint32_t error, struct irl_error *err)
{
	if (error == XDP_NOT_FOUND)
		return irl_error_set(
		    err, IRL_ENODEV,
		    "XDP for Windows is not bound to %s: enable it there "
		    "(Enable-NetAdapterBinding -ComponentID ms_xdp)",
		    w->port.info.ifname);
	return xdp_failed(err, error, "binding a socket");
}

/* An inlet for each queue of the card: or its answers would be the host's. */
static int bind_inlets(struct xdpwin *w, struct irl_error *err)
{
	const struct xdp_hook up = {0, XDP_HOOK_RX, XDP_HOOK_INJECT};
	uint32_t error = 0;

	for (; w->inlets < INLETS_MAX; w->inlets++) {
		struct xdp_socket *s = &w->inlet[w->inlets].s;
		int rc = xdp_socket_open(s, err);

		if (rc)
			return rc;
		error = xdp_socket_set(s, XSK_TX_HOOK, &up, sizeof(up));
		if (!error)
			error =
			    xdp_socket_bind(s, w->port.info.ifindex, w->inlets,
					    XSK_BIND_RX | XSK_BIND_TX);
		if (!error)
			continue;
		xdp_close(s->file);
		s->file = NULL;
		return w->inlets && is_no_queue(error)
			   ? 0
			   : not_bound(w, error, err);
	}
	return irl_error_set(err, IRL_ENOTSUP,
			     "%s has more than %u receive queues: fewer by "
			     "Set-NetAdapterRss -NumberOfReceiveQueues",
			     w->port.info.ifname, INLETS_MAX - 1);
}

static int start_inlet(struct inlet *in, uint32_t chunks, struct irl_error *err)
{
	int rc = xdp_socket_start(&in->s, chunks, XSK_RX_RING, err);

	if (rc)
		return rc;
	in->request = xdp_request_new();
	if (!in->request)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (uint32_t i = 0; i < chunks; i++)
		*xdp_chunk(&in->s.fill, i) = (uint64_t)i * XDP_CHUNK;
	xdp_advance(in->s.fill.producer, chunks);
	return 0;
}

static int attach(struct xdpwin *w, uint32_t queue, struct irl_error *err)
{
	struct inlet *in = &w->inlet[queue];
	struct xdp_open ea = {
	    .program = {.ifindex = w->port.info.ifindex,
			.hook = {0, XDP_HOOK_RX, XDP_HOOK_INSPECT},
			.queue = queue,
			.rule_count = w->rules.count,
			.rules = w->rules.rule},
	};

	xdp_rules_aim(&w->rules, in->s.file);
	return xdp_object_open(&in->program, &ea, XDP_OBJECT_PROGRAM,
			       "attaching the rules", err);
}

static int open_rx(struct xdpwin *w, const struct irl_port_options *o,
		   struct irl_error *err)
{
	uint32_t bytes =
	    o->rx_ring_bytes ? o->rx_ring_bytes : IRL_PORT_RING_BYTES;
	uint32_t chunks = bytes / XDP_CHUNK;
	int rc = 0;

	for (unsigned i = 0; i < o->queues; i++) {
		struct store *store = &w->queue[i].store;

		store->mask = chunks - 1;
		store->slot = irl_memory_take(bytes);
		store->bell = xdp_bell_new();
		if (!store->slot || !store->bell)
			return irl_error_set(err, IRL_ENOMEM, "out of memory");
	}
	rc = bind_inlets(w, err);
	/* the driver locks their memory: the default is for all together */
	while (!o->rx_ring_bytes && chunks > INLET_CHUNKS_MIN &&
	       (uint64_t)chunks * w->inlets * XDP_CHUNK > bytes)
		chunks /= 2;
	for (unsigned i = 0; !rc && i < w->inlets; i++)
		rc = start_inlet(&w->inlet[i], chunks, err);
	/* when all can take frames, not one of them before */
	for (unsigned i = 0; !rc && i < w->inlets; i++)
		rc = attach(w, i, err);
	return rc;
}

static int open_tx(struct xdpwin *w, struct queue *q, uint32_t queue,
		   struct irl_error *err)
{
	uint32_t error;
	int rc = xdp_socket_open(&q->out, err);

	if (rc)
		return rc;
	error =
	    xdp_socket_bind(&q->out, w->port.info.ifindex, queue, XSK_BIND_TX);
	if (queue && is_no_queue(error)) /* the card has fewer */
		error = xdp_socket_bind(&q->out, w->port.info.ifindex, 0,
					XSK_BIND_TX);
	if (error)
		return not_bound(w, error, err);
	q->spare = irl_memory_take(OUTLET_CHUNKS * sizeof(*q->spare));
	if (!q->spare)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (; q->spares < OUTLET_CHUNKS; q->spares++)
		q->spare[q->spares] = q->spares;
	return xdp_socket_start(&q->out, OUTLET_CHUNKS, XSK_TX_RING, err);
}

/* First the rules: what comes from then on is the host's, as some of what has
 * come may be.  A socket has one that waits. */
static void close_inlet(struct xdpwin *w, struct inlet *in)
{
	if (in->program)
		xdp_close(in->program);
	if (in->request)
		xdp_request_free(in->request);
	if (in->program) {
		drain(w, in);
		flush(&in->s);
	}
	xdp_socket_close(&in->s);
	pthread_mutex_destroy(&in->lock);
}

static void close_queue(struct queue *q)
{
	if (q->out.tx.producer) /* it was started */
		flush(&q->out);
	xdp_socket_close(&q->out);
	if (q->spare)
		irl_memory_give(q->spare, OUTLET_CHUNKS * sizeof(*q->spare));
	if (q->store.slot)
		irl_memory_give(q->store.slot,
				(size_t)(q->store.mask + 1) * XDP_CHUNK);
	if (q->store.bell)
		xdp_bell_free(q->store.bell);
	pthread_mutex_destroy(&q->store.lock);
}

static void xdpwin_close(struct irl_port *port)
{
	struct xdpwin *w = (struct xdpwin *)port;

	for (unsigned i = 0; i < INLETS_MAX; i++)
		close_inlet(w, &w->inlet[i]);
	for (unsigned i = 0; i < IRL_QUEUES_MAX; i++)
		close_queue(&w->queue[i]);
	irl_memory_give(w, sizeof(*w));
}

static const struct irl_port_ops xdpwin_ops = {
    .close = xdpwin_close,
    .send = xdpwin_send,
    .recv = xdpwin_recv,
    .wait = xdpwin_wait,
    .stats = xdpwin_stats,
    .end_rx = xdpwin_end_rx,
};

static struct xdpwin *make(const struct irl_port_options *options)
{
	struct xdpwin *w = irl_memory_take(sizeof(*w));

	if (!w)
		return NULL;
	w->port.ops = &xdpwin_ops;
	w->port.info.kind = "xdpwin";
	w->port.info.queues = options->queues;
	w->port.info.caps = IRL_PORT_EXCLUSIVE;
	for (unsigned i = 0; i < INLETS_MAX; i++)
		pthread_mutex_init(&w->inlet[i].lock, NULL);
	for (unsigned i = 0; i < IRL_QUEUES_MAX; i++)
		pthread_mutex_init(&w->queue[i].store.lock, NULL);
	if (options->steer) {
		w->steer = *options->steer;
		xdp_rules_make(&w->rules, &w->steer);
	}
	return w;
}

int irl_port_open_xdpwin(struct irl_port **out,
			 const struct irl_port_options *options,
			 struct irl_error *err)
{
	struct xdpwin *w = make(options);
	int rc;

	*out = NULL;
	if (!w)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	rc = irl_port_describe(&w->port.info, options->ifname, err);
	if (!rc && options->steer)
		rc = xdp_rules_check(options->steer, w->port.info.ifindex,
				     w->port.info.ifname, err);
	for (unsigned i = 0; !rc && i < options->queues; i++)
		rc = open_tx(w, &w->queue[i], i, err);
	if (!rc && options->steer)
		rc = open_rx(w, options, err);
	if (rc) {
		xdpwin_close(&w->port);
		return rc;
	}
	*out = &w->port;
	return 0;
}

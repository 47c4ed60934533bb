// SPDX-License-Identifier: BSD-2-Clause
/*
 * The port "memory": each frame sent takes a slot, waits in a heap ordered by
 * time of arrival, then in its receiver's ring, and its slot is free again when
 * the receiver has given it back.
 */
#include <stdlib.h>
#include <string.h>
#include <irl/link.h>
#include "base/memory.h"
#include "port/counters.h"
#include "port/port.h"
#include "port/random.h"

struct slot {
	uint32_t next; /* in the free list */
	uint32_t length;
	uint64_t time_ns;
	uint8_t data[IRL_FRAME_MAX];
};

struct flight {
	uint64_t time_ns, order; /* earliest first, then first sent */
	uint32_t slot;
	uint8_t to, queue;
};

/* Slots received: head .. tail wait, held .. head are with the caller. */
struct queue {
	struct irl_port_counters counters;
	uint32_t *ring;
	uint32_t held, head, tail;
};

struct end {
	struct irl_port port;
	struct irl_link *link;
	struct irl_steer steer;
	bool steered, open, deaf;
	uint64_t random;
	uint64_t wire_free_ns; /* when the last frame will have left */
	uint64_t *leaves_ns;   /* of frames that wait for the wire: a ring */
	uint32_t leaves_head, leaves_tail;
	struct queue queue[IRL_QUEUES_MAX];
};

struct irl_link {
	struct irl_link_options options;
	struct irl_link_stats stats;
	enum irl_link_state state;
	uint64_t now_ns, order;
	struct end *end[2];
	struct slot *slots;
	uint32_t free;
	struct flight *heap;
	uint32_t flights;
	unsigned users; /* link and open ports */
};

#define NONE UINT32_MAX

/* ---- slots and the heap ------------------------------------------------ */

static size_t slot_bytes(const struct irl_link *l)
{
	return (size_t)l->options.frames * sizeof(*l->slots);
}

static uint32_t take_slot(struct irl_link *l)
{
	uint32_t s = l->free;

	if (s != NONE)
		l->free = l->slots[s].next;
	return s;
}

static void free_slot(struct irl_link *l, uint32_t s)
{
	l->slots[s].next = l->free;
	l->free = s;
}

static bool is_before(const struct flight *a, const struct flight *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns
					: a->order < b->order;
}

static void push(struct irl_link *l, struct flight f)
{
	uint32_t i = l->flights++;

	for (; i && is_before(&f, &l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		l->heap[i] = l->heap[(i - 1) / 2];
	l->heap[i] = f;
}

static struct flight pop(struct irl_link *l)
{
	struct flight first = l->heap[0], last = l->heap[--l->flights];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < l->flights) {
		if (child + 1 < l->flights &&
		    is_before(&l->heap[child + 1], &l->heap[child]))
			child++;
		if (!is_before(&l->heap[child], &last))
			break;
		l->heap[i] = l->heap[child];
		i = child;
	}
	l->heap[i] = last;
	return first;
}

/* ---- arrival ----------------------------------------------------------- */

static void arrive(struct irl_link *l, const struct flight *f)
{
	struct end *e = l->end[f->to];
	struct slot *s = &l->slots[f->slot];
	unsigned n = e->steered
			 ? irl_steer_queue(&e->steer, e->port.info.queues,
					   s->data, s->length)
			 : f->queue;
	struct queue *q = &e->queue[n];

	l->stats.arrived++;
	irl_count(&q->counters.rx_frames, 1);
	if (e->steered &&
	    irl_steer_match(&e->steer, s->data, s->length) != IRL_STEER_OURS) {
		irl_count(&q->counters.rx_host, 1);
		free_slot(l, f->slot);
		return;
	}
	irl_count(&q->counters.rx_ours, 1);
	if (q->tail - q->held == l->options.rx_frames) {
		irl_count(&q->counters.rx_full, 1);
		free_slot(l, f->slot);
		return;
	}
	s->time_ns = f->time_ns;
	q->ring[q->tail++ % l->options.rx_frames] = f->slot;
}

static void arrive_until(struct irl_link *l, uint64_t now_ns)
{
	while (l->flights && l->heap[0].time_ns <= now_ns) {
		struct flight f = pop(l);

		if (l->end[f.to]->open && !l->end[f.to]->deaf) {
			arrive(l, &f);
		} else {
			l->stats.died++;
			free_slot(l, f.slot);
		}
	}
}

/* ---- send -------------------------------------------------------------- */

/* Whether the wire has room for one more; the frames that left make some. */
static bool has_room(struct end *e)
{
	const struct irl_link_options *o = &e->link->options;

	while (e->leaves_head != e->leaves_tail &&
	       e->leaves_ns[e->leaves_head % o->tx_frames] <= e->link->now_ns)
		e->leaves_head++;
	return e->leaves_tail - e->leaves_head < o->tx_frames;
}

/* When the last bit of a frame leaves the sender. */
static uint64_t put_on_wire(struct end *e, uint32_t length)
{
	const struct irl_link_options *o = &e->link->options;

	if (!o->bits_per_second)
		return e->link->now_ns;
	if (e->wire_free_ns < e->link->now_ns)
		e->wire_free_ns = e->link->now_ns;
	e->wire_free_ns += length * UINT64_C(8000000000) / o->bits_per_second;
	e->leaves_ns[e->leaves_tail++ % o->tx_frames] = e->wire_free_ns;
	return e->wire_free_ns;
}

static void fly(struct end *e, unsigned queue, uint32_t slot, uint64_t time_ns)
{
	struct irl_link *l = e->link;

	push(l, (struct flight){.time_ns = time_ns,
				.order = l->order++,
				.slot = slot,
				.to = l->end[0] == e,
				.queue = (uint8_t)queue});
}

static uint64_t delay(const struct irl_link_options *o, bool late,
		      uint64_t random)
{
	return o->delay_ns + (late ? o->reorder_ns : 0) +
	       (o->jitter_ns ? random % (o->jitter_ns + 1) : 0);
}

static enum irl_tx_status send_one(struct end *e, unsigned queue,
				   const struct irl_frame *frame)
{
	struct irl_link *l = e->link;
	const struct irl_link_options *o = &l->options;
	uint32_t slot, copy;
	uint64_t leaves;
	bool lost, twice, late;
	uint64_t jitter[2];

	if (!has_room(e) || (slot = take_slot(l)) == NONE)
		return IRL_TX_FULL;
	leaves = put_on_wire(e, frame->length);
	/* Always as many draws a frame, so that one option's value does not
	 * change what another does. */
	lost = irl_random_share(&e->random, o->loss);
	twice = irl_random_share(&e->random, o->duplicate);
	late = irl_random_share(&e->random, o->reorder);
	jitter[0] = irl_random(&e->random);
	jitter[1] = irl_random(&e->random);
	l->stats.accepted++;
	if (lost) {
		l->stats.lost++;
		free_slot(l, slot);
		return IRL_TX_ACCEPTED;
	}
	l->slots[slot].length = frame->length;
	memcpy(l->slots[slot].data, frame->data, frame->length);
	l->stats.reordered += late;
	fly(e, queue, slot, leaves + delay(o, late, jitter[0]));
	if (twice && (copy = take_slot(l)) != NONE) {
		l->stats.duplicated++;
		l->slots[copy].length = frame->length;
		memcpy(l->slots[copy].data, frame->data, frame->length);
		fly(e, queue, copy, leaves + delay(o, false, jitter[1]));
	}
	return IRL_TX_ACCEPTED;
}

static int memory_send(struct irl_port *port, unsigned queue,
		       const struct irl_frame frames[], unsigned count,
		       enum irl_tx_status status[])
{
	struct end *e = (struct end *)port;
	struct irl_link *l = e->link;
	bool is_up =
	    l->state == IRL_LINK_UP && l->end[0]->open && l->end[1]->open;

	for (unsigned i = 0; i < count; i++) {
		if (l->state == IRL_LINK_GONE)
			status[i] = IRL_TX_GONE;
		else if (!is_up)
			status[i] = IRL_TX_LINK_DOWN;
		else
			status[i] = send_one(e, queue, &frames[i]);
	}
	return irl_count_batch(&e->queue[queue].counters, frames, count,
			       status);
}

/* ---- receive ----------------------------------------------------------- */

static int memory_recv(struct irl_port *port, unsigned queue,
		       struct irl_frame frames[], unsigned max)
{
	struct end *e = (struct end *)port;
	struct irl_link *l = e->link;
	struct queue *q = &e->queue[queue];
	unsigned n = 0;

	for (; q->held != q->head; q->held++)
		free_slot(l, q->ring[q->held % l->options.rx_frames]);
	arrive_until(l, l->now_ns);
	for (; n < max && q->head != q->tail; n++, q->head++) {
		struct slot *s =
		    &l->slots[q->ring[q->head % l->options.rx_frames]];

		frames[n] = (struct irl_frame){.data = s->data,
					       .length = s->length,
					       .time_ns = s->time_ns};
	}
	irl_count(&q->counters.rx_delivered, n);
	return (int)n;
}

static int memory_wait(struct irl_port *port, unsigned queue,
		       int64_t timeout_ns)
{
	struct end *e = (struct end *)port;
	struct queue *q = &e->queue[queue];

	(void)timeout_ns; /* time passes by irl_link_advance alone */
	arrive_until(e->link, e->link->now_ns);
	return q->head != q->tail;
}

static void memory_stats(struct irl_port *port, struct irl_port_stats *out)
{
	struct end *e = (struct end *)port;

	for (unsigned i = 0; i < port->info.queues; i++)
		irl_counters_add(&e->queue[i].counters, out);
}

static void memory_end_rx(struct irl_port *port)
{
	((struct end *)port)->deaf = true;
}

/* ---- life -------------------------------------------------------------- */

static void free_end(struct end *e)
{
	if (!e)
		return;
	for (unsigned i = 0; i < IRL_QUEUES_MAX; i++)
		free(e->queue[i].ring);
	free(e->leaves_ns);
	irl_aligned_give(e);
}

static void leave(struct irl_link *l)
{
	if (--l->users)
		return;
	free_end(l->end[0]);
	free_end(l->end[1]);
	irl_memory_give(l->slots, slot_bytes(l));
	free(l->heap);
	free(l);
}

static void memory_close(struct irl_port *port)
{
	struct end *e = (struct end *)port;

	e->open = false;
	leave(e->link);
}

void irl_link_free(struct irl_link *link)
{
	if (link)
		leave(link);
}

static const struct irl_port_ops memory_ops = {
    .close = memory_close,
    .send = memory_send,
    .recv = memory_recv,
    .wait = memory_wait,
    .stats = memory_stats,
    .end_rx = memory_end_rx,
};

static struct end *new_end(struct irl_link *l, unsigned which,
			   const struct irl_steer *steer)
{
	struct end *e = irl_aligned_take((sizeof(*e) + 63) & ~(size_t)63);
	bool whole;

	if (!e)
		return NULL;
	memset(e, 0, sizeof(*e));
	e->port.ops = &memory_ops;
	e->port.info = (struct irl_port_info){
	    .kind = "memory",
	    .ifname = {'m', 'e', 'm', 'o', 'r', 'y', (char)('a' + which)},
	    .mac = {2, 0, 0, 0, 0, (uint8_t)(which + 1)},
	    .mtu = IRL_FRAME_MAX - IRL_FRAME_MIN,
	    .queues = l->options.queues,
	    .caps = IRL_PORT_CHECKSUM | IRL_PORT_EXCLUSIVE,
	    .link_bps = l->options.bits_per_second,
	};
	e->link = l;
	e->open = true;
	e->random = l->options.seed ^ (which ? 0xa5a5a5a5a5a5a5a5ull : 0);
	e->steered = steer;
	if (steer)
		e->steer = *steer;
	e->leaves_ns = calloc(l->options.tx_frames, sizeof(*e->leaves_ns));
	whole = e->leaves_ns;
	for (unsigned i = 0; i < l->options.queues; i++) {
		e->queue[i].ring =
		    calloc(l->options.rx_frames, sizeof(*e->queue[i].ring));
		whole = whole && e->queue[i].ring;
	}
	if (whole)
		return e;
	free_end(e);
	return NULL;
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 1;

	while (p < n && p < 1u << 30)
		p <<= 1;
	return p;
}

static int check(struct irl_link_options *o, struct irl_error *err)
{
	const double shares[] = {o->loss, o->duplicate, o->reorder};

	for (unsigned i = 0; i < 3; i++)
		if (!(shares[i] >= 0 && shares[i] <= 1))
			return irl_error_set(
			    err, IRL_EINVAL,
			    "a link's share of loss, copies or "
			    "reordering is from 0 to 1");
	o->queues = o->queues ? o->queues : 1;
	if (o->queues > IRL_QUEUES_MAX)
		return irl_error_set(err, IRL_EINVAL,
				     "%u queues asked for, at most %u",
				     o->queues, IRL_QUEUES_MAX);
	o->tx_frames = o->tx_frames ? o->tx_frames : 1024;
	o->rx_frames = o->rx_frames ? o->rx_frames : 4096;
	o->frames = o->frames ? o->frames : 16384;
	if (o->frames > 1u << 24 || o->tx_frames > 1u << 24 ||
	    o->rx_frames > 1u << 24)
		return irl_error_set(err, IRL_EINVAL,
				     "a link has room for 16 M frames at most");
	/* Indices run over 2^32: a ring's size must divide that. */
	o->tx_frames = power_of_two(o->tx_frames);
	o->rx_frames = power_of_two(o->rx_frames);
	return 0;
}

int irl_link_new(struct irl_link **out, const struct irl_link_options *options,
		 struct irl_port **a, struct irl_port **b,
		 struct irl_error *err)
{
	struct irl_link *l = calloc(1, sizeof(*l));
	int rc;

	*out = NULL;
	*a = *b = NULL;
	if (!l)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	l->users = 1;
	l->options = *options;
	rc = check(&l->options, err);
	if (rc)
		goto fail;
	l->slots = irl_memory_take(slot_bytes(l));
	l->heap = calloc(l->options.frames, sizeof(*l->heap));
	l->end[0] = new_end(l, 0, options->steer_a);
	l->end[1] = new_end(l, 1, options->steer_b);
	if (!l->slots || !l->heap || !l->end[0] || !l->end[1]) {
		rc = irl_error_set(err, IRL_ENOMEM, "out of memory");
		goto fail;
	}
	l->free = NONE;
	for (uint32_t i = l->options.frames; i > 0; i--)
		free_slot(l, i - 1);
	l->users = 3;
	*out = l;
	*a = &l->end[0]->port;
	*b = &l->end[1]->port;
	return 0;
fail:
	leave(l);
	return rc;
}

/* ---- time and state ---------------------------------------------------- */

void irl_link_advance(struct irl_link *link, uint64_t now_ns)
{
	if (now_ns > link->now_ns)
		link->now_ns = now_ns;
	arrive_until(link, link->now_ns);
}

uint64_t irl_link_next(const struct irl_link *link)
{
	return link->flights ? link->heap[0].time_ns : UINT64_MAX;
}

uint64_t irl_link_now(const struct irl_link *link)
{
	return link->now_ns;
}

void irl_link_set(struct irl_link *link, enum irl_link_state state)
{
	link->state = state;
	if (state == IRL_LINK_UP)
		return;
	while (link->flights) {
		struct flight f = pop(link);

		link->stats.died++;
		free_slot(link, f.slot);
	}
	for (unsigned i = 0; i < 2; i++)
		link->end[i]->leaves_head = link->end[i]->leaves_tail;
}

void irl_link_stats(const struct irl_link *link, struct irl_link_stats *out)
{
	*out = link->stats;
	out->in_flight = link->flights;
}

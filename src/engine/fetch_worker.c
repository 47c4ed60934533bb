// SPDX-License-Identifier: BSD-2-Clause
/* One queue's thread, and what it owns. */
#include <stdlib.h>
#include "base/clock.h"
#include "base/memory.h"
#include "engine/count.h"
#include "engine/device.h"
#include "engine/fetch.h"
#include "engine/pin.h"
#include "port/port.h"
#include "probe/probe.h"
#include "proto/config.h"

#define SLEEP_MAX_NS (10 * IRL_NS_PER_MS)
#define LOOK_NS IRL_NS_PER_MS /* targets come without a call */
#define SHOW_NS (20 * IRL_NS_PER_MS)
#define TOLD_BYTES (4u << 20)
/* Probed targets of a list that has names, all workers together. */
#define PENDING (1u << 22)
#define NAMES_BYTES (256u << 20)
#define NAMES_NS (2 * IRL_NS_PER_S) /* kept at least */
/* Of one connection, what is not acknowledged: at least a whole request. */
#define SEND_BYTES 65536u

/* ---- the loop ------------------------------------------------------------ */

static void show(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
}

/* Counters for the main thread. */
void irl_fetch_show(struct irl_fetch_worker *w)
{
	struct irl_fetch_counts *c = &w->counts;
	struct irl_tcp_stats stats;

	irl_tcp_stats(w->tcp, &stats);
	show(&c->taken, stats.count[IRL_TCP_N_TAKEN]);
	/* The stack knows nothing of probes. */
	show(&c->stray, stats.count[IRL_TCP_N_STRAY] - c->synacks - c->closed);
	show(&c->foreign, stats.count[IRL_TCP_N_FOREIGN] - c->unreachable);
	show(&c->form, stats.count[IRL_TCP_N_FORM]);
	show(&c->checksum, stats.count[IRL_TCP_N_CHECKSUM]);
	show(&c->fragment, stats.count[IRL_TCP_N_FRAGMENT]);
	show(&c->retransmitted, stats.count[IRL_TCP_N_RETRANSMITTED]);
	show(&c->short_of_memory,
	     w->budget.refused + stats.count[IRL_TCP_N_NO_BUFFER]);
	__atomic_store_n(&w->shown_open, w->open, __ATOMIC_RELAXED);
	__atomic_store_n(&w->shown_waiting, w->waiting.count, __ATOMIC_RELAXED);
}

static void show_sometimes(struct irl_fetch_worker *w, uint64_t now)
{
	if (now - w->stats_ns < SHOW_NS)
		return;
	w->stats_ns = now;
	irl_fetch_show(w);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Of a list: there is one to be sent, not perhaps later. */
static bool has_probes(const struct irl_fetch_worker *w)
{
	return w->probing && !w->probing->done &&
	       !(w->fetch->options.list && irl_item_none(w->in));
}

static bool has_list_room(const struct irl_fetch_worker *w)
{
	return !w->fetch->options.list || irl_fetch_list_has_room(w);
}

/* When the pacer allows the next; where there is no room for it, a look. */
static uint64_t pace(const struct irl_pacer *pacer, uint64_t now, bool blocked)
{
	return blocked ? now + LOOK_NS
		       : irl_pacer_next_ns(pacer, now, UINT64_MAX);
}

/* A set's, or of a list that is not probed first: to be opened by and by. */
static bool has_fresh(const struct irl_fetch_worker *w)
{
	return !(w->probing && w->fetch->options.list) &&
	       w->waiting.count < IRL_FETCH_WAITING && !irl_item_none(w->in);
}

static uint64_t next_ns(const struct irl_fetch_worker *w, uint64_t now)
{
	uint64_t next = sooner(now + SLEEP_MAX_NS, irl_tcp_next_ns(w->tcp));
	bool more = __atomic_load_n(&w->fetch->feeding, __ATOMIC_RELAXED);
	bool fresh = has_fresh(w);
	uint32_t tick;

	if (w->outbox.count)
		next = sooner(next, w->outbox.wait_until_ns);
	if (more || irl_wheel_next(&w->wheel, &tick))
		next = sooner(next, now + LOOK_NS);
	if (fresh || w->waiting.count)
		next = sooner(next, pace(&w->pacer, now,
					 (!fresh && w->waiting.vain >=
							w->waiting.count) ||
					     !irl_fetch_has_room(w)));
	if (has_probes(w))
		next = sooner(
		    next, pace(&w->probing->pacer, now,
			       irl_fetch_is_crowded(w) || !has_list_room(w)));
	return next;
}

/* The clock lets those go on that it has cut off once: else they never end. */
static void cut_off(struct irl_fetch_worker *w)
{
	bool again = __atomic_load_n(&w->fetch->hurried, __ATOMIC_RELAXED);

	if (w->aborted && (w->aborted_again || !again))
		return;
	w->aborted = true;
	w->aborted_again = again;
	irl_session_abort_all(w, again);
}

uint64_t irl_fetch_turn(struct irl_fetch_worker *w, uint64_t now_ns)
{
	bool caught_up = irl_fetch_receive(w, now_ns);

	if (caught_up)
		irl_tcp_advance(w->tcp, now_ns);
	irl_session_events(w, now_ns);
	if (caught_up)
		irl_session_ticks(w, now_ns);
	if (irl_fetch_stopping(w->fetch) == IRL_STOP_NOW)
		cut_off(w);
	irl_fetch_connect(w, now_ns);
	if (w->probing)
		irl_fetch_probe(w, now_ns);
	if (w->fetch->way.hops && !w->queue)
		irl_fetch_ask(w, now_ns);
	irl_fetch_transmit(w, now_ns);
	irl_session_events(w, now_ns);
	irl_fetch_tell_steps(w, caught_up, now_ns);
	show_sometimes(w, now_ns);
	return next_ns(w, now_ns);
}

/* Frames that are still to go, once all is over: the last resets. */
static void flush(struct irl_fetch_worker *w)
{
	uint64_t until = irl_clock_ns() + 100 * IRL_NS_PER_MS, now;

	do {
		now = irl_clock_ns();
		irl_fetch_transmit(w, now);
	} while (w->outbox.count && now < until);
}

static void *run(void *context)
{
	struct irl_fetch_worker *w = context;
	struct irl_port *port = w->fetch->way.port;

	irl_pin(w->cpu);
	irl_clock_precise();
	while (!__atomic_load_n(&w->fetch->over, __ATOMIC_ACQUIRE)) {
		uint64_t now = irl_clock_ns();
		uint64_t next = irl_fetch_turn(w, now);

		now = irl_clock_ns();
		if (next > now)
			irl_port_wait(port, w->queue, (int64_t)(next - now));
	}
	flush(w);
	return NULL;
}

/* ---- making -------------------------------------------------------------- */

static uint32_t share_of(uint32_t all, unsigned workers)
{
	uint32_t part = all / workers;

	return part ? part : 1;
}

/* The addresses, with the part of the ports whose frames come to this queue. */
static unsigned fill_locals(const struct irl_fetch_worker *w,
			    struct irl_tcp_local local[])
{
	const struct irl_way *way = &w->fetch->way;
	uint32_t count = way->options.source_count;
	unsigned n = 0;
	uint16_t first, last;

	if (!irl_steer_ports(&way->steer, w->fetch->workers, w->queue, &first,
			     &last))
		return 0;
	if (!irl_ip_is_none(&way->source6))
		local[n++] = (struct irl_tcp_local){way->source6, first, last};
	for (uint32_t i = 0; way->options.source_addr && n < IRL_TCP_LOCALS &&
			     i < (count ? count : 1);
	     i++)
		local[n++] = (struct irl_tcp_local){
		    irl_ip4(way->options.source_addr + i), first, last};
	return n;
}

/* A virtual link's other end leaves checksums to hardware that is not there. */
static bool is_virtual(const struct irl_fetch *fetch)
{
	struct irl_device device;

	return irl_device_read(irl_port_info(fetch->way.port)->ifindex,
			       &device) &&
	       *device.kind;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static int make_stack(struct irl_fetch_worker *w, struct irl_error *err)
{
	struct irl_tcp_local local[IRL_TCP_LOCALS];
	const struct irl_fetch *fetch = w->fetch;
	const struct irl_fetch_options *o = &fetch->options;
	const uint32_t request = irl_proto_request_most(o->config);
	struct irl_tcp_stack_options options = {
	    .locals = local,
	    .local_count = fill_locals(w, local),
	    .mtu = (uint16_t)irl_port_info(fetch->way.port)->mtu,
	    .ttl = o->scan.ttl,
	    .partial_checksums = is_virtual(fetch),
	    .seed = o->scan.seed * 8 + w->queue + 1,
	    /* Above those of probes (src/probe/core.h). */
	    .timestamps_first = o->probe ? IRL_PROBE_STAMPS : 0,
	    .timestamps_from_ns = fetch->way.opened_ns,
	    /* Some have ended and not left yet. */
	    .connections = w->sessions + w->sessions / 4 + 64,
	    .statistics = true,
	    .time_waits = o->close_by_fin ? 0 : 1024,
	    .buffer_bytes = o->buffer_bytes / 2 / fetch->workers,
	    .send_bytes = larger(SEND_BYTES, request),
	    .syn_timeout_ns = o->connect_ns,
	    .syn_retries = o->syn_retries,
	    .idle_ns = o->idle_ns,
	    .total_ns = o->deadline_ns,
	};

	if (!options.local_count)
		return irl_error_set(err, IRL_EINVAL,
				     "fewer source ports than workers; give "
				     "more by --source-port");
	if (request > options.buffer_bytes)
		return irl_error_set(err, IRL_EINVAL,
				     "a request may have %u bytes, and each "
				     "worker %llu for what is sent; shorten "
				     "it, or have fewer workers",
				     request,
				     (unsigned long long)options.buffer_bytes);
	memcpy(options.mac, fetch->way.mac, 6);
	memcpy(options.gateway_mac, fetch->way.gateway_mac, 6);
	return irl_tcp_new(&w->tcp, &options, err);
}

static void *room_for(size_t count, size_t each)
{
	size_t bytes = (count * each + 63) & ~(size_t)63;

	return irl_aligned_take(bytes ? bytes : 64);
}

/* Of a list's probes; what no names ask for is not touched. */
static int make_list(struct irl_fetch_worker *w)
{
	const struct irl_fetch_options *o = &w->fetch->options;
	uint64_t keep_ns = (uint64_t)(o->scan.cooldown_s * 1e9);
	uint32_t slots = PENDING;

	/* While it runs, no cooldown does not mean that nobody may answer. */
	if (keep_ns < NAMES_NS)
		keep_ns = NAMES_NS;
	while (slots > PENDING / w->fetch->workers)
		slots /= 2;
	if (irl_recent_init(&w->probing->answered, o->scan.seed))
		return -IRL_ENOMEM;
	return irl_pending_init(&w->probing->pending, slots,
				NAMES_BYTES / w->fetch->workers, keep_ns,
				o->scan.seed);
}

static bool make_memory(struct irl_fetch_worker *w)
{
	struct irl_outbox *box = &w->outbox;

	w->session = calloc(w->sessions, sizeof(*w->session));
	w->states = room_for(w->sessions, w->fetch->state_stride);
	w->timer = calloc(w->sessions + IRL_WHEEL_HEADS, sizeof(*w->timer));
	w->waiting.item = calloc(IRL_FETCH_WAITING, sizeof(struct irl_item));
	w->scratch = malloc(IRL_FETCH_SCRATCH);
	w->in = room_for(1, sizeof(*w->in));
	w->out.at = room_for(1, w->out.size);
	box->bytes = calloc(IRL_FETCH_OUTBOX, sizeof(*box->bytes));
	if (w->fetch->options.probe)
		w->probing = calloc(1, sizeof(*w->probing));
	if (w->probing && w->fetch->options.list && make_list(w))
		return false;
	return w->session && w->states && w->timer && w->waiting.item &&
	       w->scratch && w->in && w->out.at && box->bytes &&
	       (w->probing || !w->fetch->options.probe);
}

static int make_admission(struct irl_fetch_worker *w)
{
	const struct irl_fetch_options *o = &w->fetch->options;
	const struct irl_admission_options options = {
	    .connections = w->sessions,
	    .per_host = o->per_host,
	    .per_net = o->per_net,
	    .host_spacing_ns = o->host_spacing_ns,
	    .net_spacing_ns = o->net_spacing_ns,
	    .seed = o->scan.seed,
	};

	return irl_admission_init(&w->admission, &options);
}

/* A list's probes, from ports of this worker: there are some. */
static void make_syn(struct irl_fetch_worker *w)
{
	const struct irl_way *way = &w->fetch->way;
	const struct irl_scan_options *o = &w->fetch->options.scan;
	struct irl_probe_options options = {
	    .seed = o->seed,
	    .source_addr = way->options.source_addr,
	    .source_count = way->options.source_count,
	    .options = o->tcp_options,
	    .ttl = o->ttl,
	    .mtu = irl_port_info(way->port)->mtu,
	};

	irl_steer_ports(&way->steer, w->fetch->workers, w->queue,
			&options.port_first, &options.port_last);
	memcpy(options.source_mac, way->mac, 6);
	memcpy(options.gateway_mac, way->gateway_mac, 6);
	irl_syn_init(&w->probing->syn, &options, &way->source6);
}

static void link_free(struct irl_fetch_worker *w)
{
	for (uint32_t i = 0; i < w->sessions; i++)
		w->session[i].next_free =
		    i + 1 < w->sessions ? i + 1 : UINT32_MAX;
	for (unsigned i = 0; i < IRL_FETCH_OUTBOX; i++)
		w->outbox.frame[i].data = w->outbox.bytes[i];
	w->in->head = w->in->tail = 0;
	w->linked = true;
}

int irl_fetch_worker_init(struct irl_fetch_worker *w, struct irl_fetch *fetch,
			  unsigned queue, struct irl_error *err)
{
	size_t told = TOLD_BYTES;
	int rc;

	w->fetch = fetch;
	w->queue = queue;
	w->cpu = irl_pin_choose(queue, fetch->workers);
	w->low = UINT64_MAX;
	w->sessions = share_of(fetch->options.connections, fetch->workers);
	w->budget.max_bytes = fetch->options.buffer_bytes / 2 / fetch->workers;
	w->json.compact = true;
	while (told < 4 * irl_told_bytes(fetch->json_max))
		told *= 2;
	w->out.size = told;
	if (!make_memory(w) || make_admission(w))
		return irl_error_set(err, IRL_ENOMEM,
				     "out of memory for %u connections; allow "
				     "fewer at once",
				     fetch->options.connections);
	link_free(w);
	rc = make_stack(w, err);
	if (!rc && w->probing && fetch->options.list)
		make_syn(w);
	return rc;
}

void irl_fetch_worker_begin(struct irl_fetch_worker *w, uint64_t now_ns)
{
	const struct irl_fetch_options *o = &w->fetch->options;

	irl_pacer_init(&w->pacer, o->rate, w->queue, w->fetch->workers, now_ns);
	irl_wheel_init(&w->wheel, w->timer, sizeof(*w->timer), w->sessions,
		       (uint32_t)(now_ns / IRL_NS_PER_MS));
	if (!w->probing)
		return;
	irl_pacer_init(&w->probing->pacer, o->scan.rate_pps, w->queue,
		       w->fetch->workers, now_ns);
	w->probing->trail.each_ns =
	    (uint64_t)(o->scan.cooldown_s * 1e9) / IRL_TRAIL_EACH;
}

static void drop_items(struct irl_fetch_worker *w)
{
	struct irl_item item;

	while (irl_item_take(w->in, &item))
		free(item.names);
	for (uint32_t i = 0; i < w->waiting.count; i++)
		free(w->waiting.item[(w->waiting.head + i) % IRL_FETCH_WAITING]
			 .names);
}

static void drop_sessions(struct irl_fetch_worker *w)
{
	for (uint32_t i = 0; w->session && i < w->sessions; i++) {
		struct irl_session *session = &w->session[i];

		if (!session->id)
			continue;
		if (session->started)
			w->fetch->options.proto->fini(
			    w->states + (size_t)i * w->fetch->state_stride);
		free(session->item.names);
	}
}

void irl_fetch_worker_fini(struct irl_fetch_worker *w)
{
	drop_sessions(w);
	if (w->linked)
		drop_items(w);
	irl_tcp_free(w->tcp);
	irl_admission_fini(&w->admission);
	irl_json_fini(&w->json);
	free(w->session);
	irl_aligned_give(w->states);
	free(w->timer);
	free(w->waiting.item);
	free(w->scratch);
	irl_aligned_give(w->in);
	irl_aligned_give(w->out.at);
	free(w->outbox.bytes);
	free(w->steps);
	free(w->steps_out);
	if (w->probing && w->fetch->options.list) {
		irl_recent_fini(&w->probing->answered);
		irl_pending_fini(&w->probing->pending);
	}
	free(w->probing);
}

int irl_fetch_worker_start(struct irl_fetch_worker *w)
{
	return -pthread_create(&w->thread, NULL, run, w);
}

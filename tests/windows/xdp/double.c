// SPDX-License-Identifier: BSD-2-Clause
/*
 * As xdp.sys does it, in the order of its requests: bind, memory, rings,
 * activate, rules.  A thread is the card: it sends what the sockets' rings have
 * and looks at what arrives by the rules of its queue.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "double.h"
#include "port/xdp_device.h"
#include "wire.h"

#define BATCH 32u
#define BAD_STATE 22u /* ERROR_BAD_COMMAND */
#define SHARED_HEAD 192u

enum state { UNBOUND, BOUND, ACTIVE, DETACHED };
enum ring_name { RX, FILL, TX, COMPLETION, RINGS };

/* As the driver lays one out: three cache lines, then the elements. */
struct shared {
	uint32_t producer;
	uint8_t apart[60];
	uint32_t consumer;
	uint8_t apart2[60];
	uint32_t flags;
	uint8_t apart3[60];
};
_Static_assert(sizeof(struct shared) == SHARED_HEAD, "cache lines");

struct file {
	struct file *next; /* in the order of opening */
	uint32_t object;
	/* A program. */
	struct xdp_rule *rules;
	uint32_t rule_count;
	uint32_t queue; /* a socket's, too */
	/* A socket. */
	enum state state;
	uint32_t bound; /* XSK_BIND_... */
	struct xdp_hook tx_hook;
	struct xsk_umem umem;
	bool *sending; /* by chunk */
	struct shared *ring[RINGS];
	uint32_t size[RINGS];
	struct xsk_statistics statistics;
	bool poked, waits;
	struct xdp_request *request;
};

struct xdp_request {
	struct file *file; /* under way */
	bool ended;
};

struct xdp_bell {
	bool rung;
};

struct xdp_double xdp_double;

static struct machine {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t card;
	struct file *files;
	struct wire *wire;
	bool stop;
	bool waits; /* the card, for the lock: not every lock is fair */
} m = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void enter(void)
{
	while (__atomic_load_n(&m.waits, __ATOMIC_ACQUIRE))
		sched_yield();
	pthread_mutex_lock(&m.lock);
}

static void leave(void)
{
	pthread_mutex_unlock(&m.lock);
}

static void must(bool true_so, const char *what)
{
	if (true_so)
		return;
	fprintf(stderr, "BUGCHECK: %s\n", what);
	fflush(stderr);
	abort();
}

/* ---- rings --------------------------------------------------------------- */

static uint32_t stride(enum ring_name name)
{
	return name == RX || name == TX ? sizeof(struct xsk_frame) : 8;
}

static void *element(const struct file *f, enum ring_name name, uint32_t index)
{
	return (uint8_t *)(f->ring[name] + 1) +
	       (size_t)(index & (f->size[name] - 1)) * stride(name);
}

static uint32_t ready(const struct file *f, enum ring_name name)
{
	const struct shared *ring = f->ring[name];
	uint32_t n = __atomic_load_n(&ring->producer, __ATOMIC_ACQUIRE) -
		     __atomic_load_n(&ring->consumer, __ATOMIC_ACQUIRE);

	must(n <= f->size[name], "a ring holds more than it has places");
	return n;
}

static uint32_t room(const struct file *f, enum ring_name name)
{
	return f->size[name] - ready(f, name);
}

static void advance(uint32_t *index)
{
	__atomic_store_n(index, *index + 1, __ATOMIC_RELEASE);
}

/* The chunk at @address, which is the driver's now; it says so if the program
 * has given it away twice. */
static uint32_t chunk_of(const struct file *f, uint64_t address)
{
	uint64_t base = address & ((UINT64_C(1) << XSK_OFFSET_SHIFT) - 1);

	must(base + f->umem.chunk <= f->umem.bytes,
	     "a chunk outside of the memory");
	must(!f->sending[base / f->umem.chunk],
	     "a chunk that is being sent is in another place, too");
	return (uint32_t)(base / f->umem.chunk);
}

/* ---- the card ------------------------------------------------------------ */

static bool deliver(struct wire_ring *ring, const uint8_t *data,
		    uint32_t length)
{
	struct wire_slot *slot = wire_room(ring);

	if (!slot)
		return false;
	slot->length = length;
	slot->coalesced = 0;
	memcpy(slot->frame, data, length);
	wire_put(ring);
	return true;
}

static bool send_one(struct file *f)
{
	const struct xsk_frame *d = element(f, TX, f->ring[TX]->consumer);
	uint32_t chunk = chunk_of(f, d->address);
	uint64_t at =
	    (uint64_t)chunk * f->umem.chunk + (d->address >> XSK_OFFSET_SHIFT);
	bool up = f->tx_hook.direction == XDP_HOOK_RX;

	if (!d->length || d->length > m.wire->mtu + 14) {
		f->statistics.tx_invalid++;
		advance(&f->ring[TX]->consumer);
		return true;
	}
	must((at % f->umem.chunk) + d->length <= f->umem.chunk,
	     "a frame leaves its chunk");
	/* What the stand-in for TCP/IP has no room for is lost. */
	if (up)
		deliver(&m.wire->up, (uint8_t *)f->umem.address + at,
			d->length);
	else if (!m.wire->down &&
		 !deliver(&m.wire->out, (uint8_t *)f->umem.address + at,
			  d->length))
		return false;
	xdp_double.given_back += up;
	f->sending[chunk] = true;
	advance(&f->ring[TX]->consumer);
	return true;
}

/* Completed in the same turn, but in the order that the chunks have. */
static void complete(struct file *f)
{
	for (uint32_t i = 0; i < f->umem.bytes / f->umem.chunk; i++) {
		if (!f->sending[i])
			continue;
		must(room(f, COMPLETION) > 0, "no room for a completion");
		*(uint64_t *)element(f, COMPLETION,
				     f->ring[COMPLETION]->producer) =
		    (uint64_t)i * f->umem.chunk;
		f->sending[i] = false;
		advance(&f->ring[COMPLETION]->producer);
	}
}

/* The driver sleeps until it is poked when it has found nothing to send. */
static bool send_turn(struct file *f)
{
	uint32_t *flags = &f->ring[TX]->flags;
	uint32_t n;

	if (__atomic_load_n(flags, __ATOMIC_ACQUIRE) & XSK_RING_NEED_POKE &&
	    !f->poked)
		return false;
	f->poked = false;
	if (!ready(f, TX)) {
		__atomic_fetch_or(flags, XSK_RING_NEED_POKE, __ATOMIC_SEQ_CST);
		if (!ready(f, TX))
			return false;
	}
	__atomic_fetch_and(flags, ~XSK_RING_NEED_POKE, __ATOMIC_SEQ_CST);
	for (n = 0; n < BATCH && ready(f, TX); n++)
		if (!send_one(f))
			break;
	if (n)
		complete(f);
	return n > 0;
}

static bool is_ip(const uint8_t *frame, uint32_t length, uint32_t version)
{
	return version == 4
		   ? length >= 34 && frame[12] == 8 && frame[13] == 0 &&
			 frame[14] % 16 == 5
		   : length >= 54 && frame[12] == 0x86 && frame[13] == 0xdd;
}

/* As the driver parses: no options, no look at fragments, nothing between IPv6
 * and TCP or UDP. */
static bool matches_ports(const struct xdp_rule *rule, const uint8_t *frame,
			  uint32_t length)
{
	bool six = rule->match == XDP_MATCH_IPV6_UDP_PORT_SET ||
		   rule->match == XDP_MATCH_IPV6_TCP_PORT_SET;
	bool tcp = rule->match == XDP_MATCH_IPV4_TCP_PORT_SET ||
		   rule->match == XDP_MATCH_IPV6_TCP_PORT_SET;
	uint32_t at = six ? 54 : 34, port;
	const uint8_t *dest = frame + (six ? 38 : 30);

	if (!is_ip(frame, length, six ? 6 : 4) ||
	    frame[six ? 20 : 23] != (tcp ? 6 : 17) ||
	    length < at + (tcp ? 20 : 8) ||
	    (tcp && length < at + frame[at + 12] / 16 * 4u) ||
	    memcmp(dest, rule->ports.address, six ? 16 : 4))
		return false;
	port = (uint32_t)frame[at + 3] << 8 | frame[at + 2]; /* as it lies */
	return rule->ports.set[port / 8] >> port % 8 & 1;
}

static bool matches(const struct xdp_rule *rule, const uint8_t *frame,
		    uint32_t length)
{
	bool six = rule->match == XDP_MATCH_IPV6_DST_MASK;
	const uint8_t *dest = frame + (six ? 38 : 30);

	if (rule->match != XDP_MATCH_IPV4_DST_MASK && !six)
		return matches_ports(rule, frame, length);
	if (!is_ip(frame, length, six ? 6 : 4))
		return false;
	for (unsigned i = 0; i < (six ? 16u : 4u); i++)
		if ((dest[i] & rule->prefix.mask[i]) != rule->prefix.address[i])
			return false;
	return true;
}

static void receive(struct file *f, const uint8_t *frame, uint32_t length)
{
	struct xsk_frame *to;
	uint32_t chunk;

	if (f->state != ACTIVE)
		return; /* dropped, and nobody counts it */
	if (!ready(f, FILL) || !room(f, RX)) {
		f->statistics.rx_dropped++;
		return;
	}
	chunk =
	    chunk_of(f, *(uint64_t *)element(f, FILL, f->ring[FILL]->consumer));
	advance(&f->ring[FILL]->consumer);
	if (length > f->umem.chunk - f->umem.headroom) {
		length = f->umem.chunk - f->umem.headroom;
		f->statistics.rx_truncated++;
	}
	to = element(f, RX, f->ring[RX]->producer);
	*to = (struct xsk_frame){(uint64_t)chunk * f->umem.chunk |
				     (uint64_t)f->umem.headroom
					 << XSK_OFFSET_SHIFT,
				 length, 0};
	memcpy((uint8_t *)f->umem.address + (size_t)chunk * f->umem.chunk +
		   f->umem.headroom,
	       frame, length);
	advance(&f->ring[RX]->producer);
}

/* Each pair of addresses has one queue of the card. */
static uint32_t queue_of(const uint8_t *frame, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 26; i < 34 && i < length; i++)
		sum += frame[i];
	return sum % XDP_DOUBLE_QUEUES;
}

static void inspect(const uint8_t *frame, uint32_t length)
{
	uint32_t queue = queue_of(frame, length);

	for (struct file *f = m.files; f; f = f->next)
		for (uint32_t i = 0; f->queue == queue && i < f->rule_count;
		     i++)
			if (matches(&f->rules[i], frame, length)) {
				receive(f->rules[i].target.handle, frame,
					length);
				return;
			}
	m.wire->host++;
	deliver(&m.wire->up, frame, length);
}

static bool receive_turn(void)
{
	struct wire_ring *in = &m.wire->in;
	uint32_t n = 0;

	for (; n < BATCH && wire_waiting(in); n++) {
		const struct wire_slot *slot = wire_next(in, 0);

		inspect(slot->frame, slot->length);
		wire_took(in, 1);
	}
	return n > 0;
}

/* Sockets whose rules or rings are at an end say so by their rings. */
static void detach(struct file *f)
{
	for (unsigned i = 0; i < RINGS; i++)
		if (f->ring[i])
			__atomic_fetch_or(&f->ring[i]->flags, XSK_RING_ERROR,
					  __ATOMIC_SEQ_CST);
	f->state = DETACHED;
}

static void obey_wishes(void)
{
	uint32_t gone = __atomic_load_n(&m.wire->gone, __ATOMIC_ACQUIRE);

	for (struct file *f = m.files; gone && f; f = f->next)
		if (f->object == XDP_OBJECT_XSK && f->state != DETACHED)
			detach(f);
	__atomic_store_n(&m.wire->is_down, m.wire->down, __ATOMIC_RELEASE);
	__atomic_store_n(&m.wire->is_gone, gone, __ATOMIC_RELEASE);
}

static bool turn(void)
{
	bool busy = false;

	obey_wishes();
	for (struct file *f = m.files; f; f = f->next)
		if (f->state == ACTIVE && f->ring[TX] &&
		    !__atomic_load_n(&xdp_double.stalled, __ATOMIC_ACQUIRE))
			busy |= send_turn(f);
	if (!m.wire->is_gone)
		busy |= receive_turn();
	for (struct file *f = m.files; f; f = f->next)
		if (f->request && ready(f, RX)) {
			f->request->ended = true;
			f->request->file = NULL;
			f->request = NULL;
		}
	return busy;
}

static bool one_turn(void)
{
	bool busy;

	__atomic_store_n(&m.waits, true, __ATOMIC_RELEASE);
	pthread_mutex_lock(&m.lock);
	__atomic_store_n(&m.waits, false, __ATOMIC_RELEASE);
	busy = !m.stop && turn();
	if (busy)
		pthread_cond_broadcast(&m.changed);
	leave();
	return busy;
}

static void *run_card(void *unused)
{
	struct timespec nap = {.tv_nsec = 50000};
	unsigned idle = 0;

	while (!__atomic_load_n(&m.stop, __ATOMIC_ACQUIRE))
		if (one_turn())
			idle = 0;
		else if (++idle < 100)
			sched_yield();
		else
			nanosleep(&nap, NULL);
	return unused;
}

/* ---- objects ------------------------------------------------------------- */

static uint32_t attach(struct file *f, const struct xdp_program_open *program)
{
	size_t bytes = program->rule_count * sizeof(*f->rules);

	must(program->hook.layer == 0 &&
		 program->hook.direction == XDP_HOOK_RX &&
		 program->hook.sublayer == XDP_HOOK_INSPECT && !program->flags,
	     "a program that is none of ours");
	if (program->ifindex != m.wire->ifindex ||
	    program->queue >= XDP_DOUBLE_QUEUES)
		return XDP_NOT_FOUND;
	f->queue = program->queue;
	f->rule_count = program->rule_count;
	f->rules = malloc(bytes);
	memcpy(f->rules, program->rules, bytes);
	for (uint32_t i = 0; i < f->rule_count; i++) {
		const struct xdp_rule *rule = &f->rules[i];
		const struct file *xsk = rule->target.handle;
		bool by_ports = rule->match != XDP_MATCH_IPV4_DST_MASK &&
				rule->match != XDP_MATCH_IPV6_DST_MASK;

		must(rule->action == XDP_ACTION_REDIRECT &&
			 rule->target.type == XDP_TARGET_XSK,
		     "a rule that does not redirect");
		must(xsk->state == ACTIVE && xsk->bound & XSK_BIND_RX &&
			 xsk->queue == f->queue,
		     "a rule to a socket that cannot receive of its queue");
		must(!by_ports || (!rule->ports.reserved &&
				   (uintptr_t)rule->ports.set % 8 == 0),
		     "a set of ports out of line");
	}
	return 0;
}

static void begin_machine(void)
{
	if (m.files)
		return;
	m.wire = wire_map();
	must(m.wire, "no wire");
	__atomic_store_n(&m.stop, false, __ATOMIC_RELEASE);
	must(!pthread_create(&m.card, NULL, run_card, NULL), "no thread");
}

static void end_machine(void)
{
	enter();
	__atomic_store_n(&m.stop, !m.files, __ATOMIC_RELEASE);
	leave();
	if (!m.stop)
		return;
	pthread_join(m.card, NULL);
	m.wire->gone = m.wire->is_gone = 0; /* the next one has a card again */
	wire_unmap(m.wire);
}

static void unlink_file(struct file *f)
{
	struct file **at = &m.files;

	while (*at && *at != f)
		at = &(*at)->next;
	must(*at == f, "a file is closed twice");
	*at = f->next;
	xdp_double.open--;
}

uint32_t xdp_open(void **file, const struct xdp_open *ea, uint32_t bytes)
{
	uint32_t packet = 8 + sizeof(ea->name);
	struct file *f, **last = &m.files;
	uint32_t error = 0;

	*file = NULL;
	if (xdp_double.refuse_open)
		return xdp_double.refuse_open;
	must((uintptr_t)ea % 4 == 0 && !ea->next &&
		 ea->name_length == strlen("XdpOpenPacket000") &&
		 !memcmp(ea->name, "XdpOpenPacket000", sizeof(ea->name)) &&
		 bytes == packet + ea->value_length && ea->major == 1 &&
		 ea->api == 3,
	     "an attribute that the driver does not read");
	f = calloc(1, sizeof(*f));
	f->object = ea->object;
	f->tx_hook = (struct xdp_hook){0, XDP_HOOK_TX, XDP_HOOK_INJECT};
	begin_machine();
	enter();
	while (*last)
		last = &(*last)->next;
	*last = f;
	xdp_double.open++;
	if (f->object == XDP_OBJECT_PROGRAM) {
		struct xdp_program_open program = ea->program;

		error = attach(f, &program);
	}
	leave();
	if (error)
		xdp_close(f);
	else
		*file = f;
	return error;
}

/* Rules keep a reference to their socket; a closed one drops what they give it.
 * Here programs are closed first. */
void xdp_close(void *file)
{
	struct file *f = file;

	enter();
	for (struct file *other = m.files; other; other = other->next)
		for (uint32_t i = 0; i < other->rule_count; i++)
			must(other->rules[i].target.handle != f,
			     "a socket is closed before its rules");
	must(!f->request, "a socket is closed with a request under way");
	unlink_file(f);
	leave();
	end_machine();
	for (unsigned i = 0; i < RINGS; i++)
		free(f->ring[i]);
	free(f->sending);
	free(f->rules);
	free(f);
}

/* ---- requests ------------------------------------------------------------ */

static uint32_t bind_socket(struct file *f, const struct xsk_bind *in)
{
	if (f->state != UNBOUND)
		return BAD_STATE;
	if (in->flags & ~3u || !in->flags)
		return XDP_INVALID;
	if (xdp_double.refuse_bind)
		return xdp_double.refuse_bind;
	if (in->ifindex != m.wire->ifindex || m.wire->gone)
		return XDP_NOT_FOUND;
	if (in->queue >= XDP_DOUBLE_QUEUES)
		return XDP_INVALID;
	f->queue = in->queue;
	f->bound = in->flags;
	f->state = BOUND;
	return 0;
}

static uint32_t set_umem(struct file *f, const struct xsk_umem *umem)
{
	if (!umem->bytes || umem->bytes > UINT32_MAX || !umem->chunk ||
	    umem->chunk > umem->bytes || umem->headroom > umem->chunk)
		return XDP_INVALID;
	f->umem = *umem;
	f->sending = calloc(umem->bytes / umem->chunk, sizeof(*f->sending));
	return 0;
}

static uint32_t set_ring(struct file *f, enum ring_name name, uint32_t size)
{
	if (!size || size & (size - 1) || f->ring[name])
		return XDP_INVALID;
	if (name == RX || name == TX) /* extensions know the interface */
		must(f->state == BOUND, "a ring before the socket is bound");
	f->size[name] = size;
	f->ring[name] = calloc(1, SHARED_HEAD + (size_t)size * stride(name));
	return 0;
}

static uint32_t set_option(struct file *f, const struct xsk_set_option *in)
{
	if (f->state >= ACTIVE)
		return BAD_STATE;
	switch (in->option) {
	case XSK_UMEM:
		must(in->bytes == sizeof(struct xsk_umem), "bytes of UMEM");
		return f->sending ? BAD_STATE : set_umem(f, in->value);
	case XSK_TX_HOOK:
		must(in->bytes == sizeof(f->tx_hook), "bytes of a hook");
		if (f->state != UNBOUND)
			return BAD_STATE;
		f->tx_hook = *(const struct xdp_hook *)in->value;
		return f->tx_hook.sublayer == XDP_HOOK_INJECT ? 0 : XDP_INVALID;
	default:
		must(in->option >= XSK_RX_RING &&
			 in->option <= XSK_COMPLETION_RING && in->bytes == 4,
		     "an option that does not exist");
		return set_ring(f, in->option - XSK_RX_RING,
				*(const uint32_t *)in->value);
	}
}

static uint32_t activate(struct file *f)
{
	bool rx = f->ring[RX] && f->ring[FILL];
	bool tx = f->ring[TX] && f->ring[COMPLETION];

	if (f->state != BOUND || !f->sending ||
	    (f->bound & XSK_BIND_RX && !rx) || (f->bound & XSK_BIND_TX && !tx))
		return BAD_STATE;
	f->state = ACTIVE;
	if (tx)
		f->ring[TX]->flags = XSK_RING_NEED_POKE;
	return 0;
}

static struct xsk_ring_info describe(const struct file *f, enum ring_name name)
{
	if (!f->ring[name])
		return (struct xsk_ring_info){0};
	return (struct xsk_ring_info){
	    .ring = (uint8_t *)f->ring[name],
	    .elements = SHARED_HEAD,
	    .producer = 0,
	    .consumer = 64,
	    .flags = 128,
	    .size = f->size[name],
	    .stride = stride(name),
	};
}

static uint32_t get_option(struct file *f, uint32_t option, void *out,
			   uint32_t *bytes)
{
	const struct xsk_rings rings = {
	    .fill = describe(f, FILL),
	    .completion = describe(f, COMPLETION),
	    .rx = describe(f, RX),
	    .tx = describe(f, TX),
	};
	const void *from = option == XSK_RINGS ? (const void *)&rings
					       : (const void *)&f->statistics;
	uint32_t size =
	    option == XSK_RINGS ? sizeof(rings) : sizeof(f->statistics);

	must(option == XSK_RINGS || option == XSK_STATISTICS,
	     "an option that cannot be read");
	if (*bytes < size)
		return XDP_INVALID;
	memcpy(out, from, size);
	*bytes = size;
	return 0;
}

static struct timespec after(int64_t ns)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += (time_t)(ns / 1000000000);
	t.tv_nsec += (long)(ns % 1000000000);
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static uint32_t notify(struct file *f, const struct xsk_notify *in)
{
	enum ring_name name = in->flags & XSK_WAIT_RX ? RX : COMPLETION;
	struct timespec end = after((int64_t)in->timeout_ms * 1000000);

	xdp_double.notifies++;
	if (f->state != ACTIVE)
		return f->state == DETACHED ? XDP_REMOVED : BAD_STATE;
	if (in->flags & XSK_POKE_TX) {
		__atomic_fetch_and(&f->ring[TX]->flags, ~XSK_RING_NEED_POKE,
				   __ATOMIC_SEQ_CST);
		f->poked = true;
	}
	if (!(in->flags & (XSK_WAIT_RX | XSK_WAIT_TX)))
		return 0;
	if (f->request || f->waits)
		return BAD_STATE; /* one at a time */
	f->waits = true;
	while (f->state == ACTIVE && !ready(f, name) &&
	       !pthread_cond_timedwait(&m.changed, &m.lock, &end))
		;
	f->waits = false;
	return 0;
}

uint32_t xdp_control(void *file, uint32_t code, const void *in,
		     uint32_t in_bytes, void *out, uint32_t *out_bytes)
{
	struct file *f = file;
	uint32_t error = XDP_INVALID;

	enter();
	must(f->object == XDP_OBJECT_XSK, "a request to a program");
	switch (code) {
	case XSK_BIND:
		must(in_bytes == sizeof(struct xsk_bind), "bytes of BIND");
		error = bind_socket(f, in);
		break;
	case XSK_ACTIVATE:
		must(in_bytes == 4 && !*(const uint32_t *)in,
		     "flags of ACTIVATE");
		error = activate(f);
		break;
	case XSK_SET_OPTION:
		must(in_bytes == sizeof(struct xsk_set_option),
		     "bytes of SET_OPTION");
		error = set_option(f, in);
		break;
	case XSK_GET_OPTION:
		must(in_bytes == 4, "bytes of GET_OPTION");
		error = get_option(f, *(const uint32_t *)in, out, out_bytes);
		break;
	case XSK_NOTIFY:
		must(in_bytes == sizeof(struct xsk_notify), "bytes of NOTIFY");
		error = notify(f, in);
		break;
	}
	leave();
	return error;
}

struct xdp_request *xdp_request_new(void)
{
	return calloc(1, sizeof(struct xdp_request));
}

void xdp_request_free(struct xdp_request *request)
{
	enter();
	if (request->file)
		request->file->request = NULL;
	leave();
	free(request);
}

uint32_t xdp_begin(struct xdp_request *request, void *file, uint32_t code,
		   const void *in, uint32_t in_bytes)
{
	const struct xsk_notify *wait = in;
	struct file *f = file;
	uint32_t error = XDP_PENDING;

	enter();
	must(code == XSK_NOTIFY_LATER && in_bytes == sizeof(*wait) &&
		 wait->flags == XSK_WAIT_RX,
	     "a request that cannot end later");
	must(!request->file, "a request is begun twice");
	request->ended = false;
	if (f->state != ACTIVE || f->request || f->waits) {
		error = BAD_STATE;
	} else if (ready(f, RX)) {
		request->ended = true;
		error = 0;
	} else {
		request->file = f;
		f->request = request;
	}
	leave();
	return error;
}

bool xdp_has_ended(const struct xdp_request *request)
{
	bool ended;

	enter();
	ended = request->ended;
	leave();
	return ended;
}

/* ---- waiting ------------------------------------------------------------- */

struct xdp_bell *xdp_bell_new(void)
{
	return calloc(1, sizeof(struct xdp_bell));
}

void xdp_bell_free(struct xdp_bell *bell)
{
	free(bell);
}

void xdp_bell_ring(struct xdp_bell *bell)
{
	enter();
	bell->rung = true;
	pthread_cond_broadcast(&m.changed);
	leave();
}

bool xdp_bell_wait(struct xdp_bell *bell, struct xdp_request *const requests[],
		   unsigned count, int64_t timeout_ns)
{
	struct timespec end = after(timeout_ns);
	bool look = false;
	int rc = 0;

	enter();
	for (;;) {
		look = bell->rung;
		for (unsigned i = 0; i < count; i++)
			look |= requests[i]->ended;
		if (look || rc)
			break;
		rc = pthread_cond_timedwait(&m.changed, &m.lock, &end);
	}
	bell->rung = false;
	leave();
	return look;
}

bool xdp_is_on_link(unsigned ifindex, const uint8_t *address, unsigned bytes,
		    unsigned length)
{
	(void)ifindex;
	(void)address;
	(void)bytes;
	(void)length;
	return xdp_double.on_link;
}

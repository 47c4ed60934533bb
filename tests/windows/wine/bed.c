// SPDX-License-Identifier: BSD-2-Clause
/*
 * The bed of the conformance suite (tests/port/bed.h) over a wire: the far end
 * is this process itself, at its other side.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "bed_any.h"
#include "conformance.h"
#include "bed_wine.h"
#include "wire.h"

uint64_t bed_now_ns(void)
{
	return irl_os_clock_ns();
}

static void want(uint32_t *what, const uint32_t *is, uint32_t value)
{
	__atomic_store_n(what, value, __ATOMIC_RELEASE);
	while (__atomic_load_n(is, __ATOMIC_ACQUIRE) != value)
		sched_yield();
}

int bed_open(struct bed *bed, const char *port_kind, const char *link,
	     const struct bed_options *options, char *why, size_t size)
{
	bed_init(bed, BED_WINDOWS, port_kind, options);
	if (strcmp(link, "wine") && strcmp(link, "double")) {
		snprintf(why, size, "no link of kind %s here", link);
		return 77;
	}
	bed->wire = wire_map();
	bed->seen = calloc(bed->numbers / 64 + 1, 8);
	bed->state = &bed->tap_state;
	if (!bed->wire || !bed->seen) {
		snprintf(why, size, "no wire");
		return 1;
	}
	/* What an earlier port left. */
	want(&bed->wire->gone, &bed->wire->is_gone, 0);
	wire_took(&bed->wire->out, wire_waiting(&bed->wire->out));
	if (bed_open_port(bed, options, why, size)) {
		bed_close(bed);
		return 1; /* here nothing may be missing */
	}
	memcpy(bed->mac, irl_port_info(bed->port)->mac, 6);
	return 0;
}

void bed_close(struct bed *bed)
{
	bed_end_reader(bed);
	irl_port_close(bed->port);
	free(bed->seen);
	if (bed->wire)
		wire_unmap(bed->wire);
	memset(bed, 0, sizeof(*bed));
}

/* ---- the far end receives ---------------------------------------------- */

void bed_capture(struct bed *bed)
{
	(void)bed;
}

int bed_take(struct bed *bed, uint8_t *data, size_t size)
{
	struct wire_ring *ring = &bed->wire->out;
	const struct wire_slot *slot = wire_next(ring, 0);
	int length;

	if (!wire_waiting(ring))
		return -1;
	length = (int)slot->length;
	memcpy(data, slot->frame, slot->length < size ? slot->length : size);
	wire_took(ring, 1);
	return length;
}

static void *read_wire(void *context)
{
	struct bed *bed = context;
	uint8_t data[2048];

	while (!__atomic_load_n(&bed->stop, __ATOMIC_RELAXED)) {
		int n = bed_take(bed, data, sizeof(data));

		if (n > 0)
			bed_tick_off(bed, data, (size_t)n);
		else
			sched_yield();
	}
	return NULL;
}

void bed_tick(struct bed *bed)
{
	bed_start_reader(bed, read_wire);
}

void bed_pump(struct bed *bed)
{
	(void)bed;
}

/* ---- the far end sends ------------------------------------------------- */

static bool inject(struct bed *bed, const void *frame, uint32_t length,
		   bool joined)
{
	struct wire_slot *slot = wire_room(&bed->wire->in);

	if (!slot || length > WIRE_FRAME_MAX)
		return false;
	slot->length = length;
	slot->coalesced = joined;
	memcpy(slot->frame, frame, length);
	wire_put(&bed->wire->in);
	return true;
}

bool bed_inject(struct bed *bed, const void *frame, uint32_t length)
{
	return inject(bed, frame, length, false);
}

bool bed_inject_joined(struct bed *bed, const void *frame, uint32_t length)
{
	return inject(bed, frame, length, true);
}

bool bed_landed(struct bed *bed, uint64_t ours)
{
	(void)ours;
	return !wire_waiting(&bed->wire->in);
}

bool bed_datagram(struct bed *bed, uint32_t dest, uint16_t port,
		  const char *text)
{
	(void)bed;
	(void)dest;
	(void)port;
	(void)text;
	return false; /* of veth only */
}

/* ---- the host ---------------------------------------------------------- */

void bed_host_open(struct bed *bed)
{
	wire_took(&bed->wire->up, wire_waiting(&bed->wire->up));
}

/* @number's frame, to the byte. */
static bool is_frame(const struct bed *bed, const struct wire_slot *slot,
		     uint32_t number)
{
	uint8_t want_it[128];
	uint32_t length = udp_frame(bed, want_it, HOST_ADDR, HOST_PORT, number);

	return slot->length == length && !memcmp(slot->frame, want_it, length);
}

/* What is ours is never the host's as well. */
static void check_host(const struct wire_slot *slot)
{
	const uint8_t *f = slot->frame;
	uint32_t dest = (uint32_t)f[30] << 24 | (uint32_t)f[31] << 16 |
			(uint32_t)f[32] << 8 | f[33];

	if (slot->length < 34 || f[12] != 8 || f[13] != 0 ||
	    (dest & ~63u) != OWN_FIRST)
		return;
	printf("  a frame of ours reached the host\n");
	abort();
}

/* Others' frames are between them. */
unsigned bed_host_take(struct bed *bed, uint32_t *next, uint32_t sent)
{
	struct wire_ring *ring = &bed->wire->up;
	unsigned n = 0;

	for (; *next < sent && wire_waiting(ring); wire_took(ring, 1)) {
		check_host(wire_next(ring, 0));
		if (is_frame(bed, wire_next(ring, 0), *next)) {
			++*next;
			n++;
		}
	}
	return n;
}

/* ---- links ------------------------------------------------------------- */

/* A cable has one state, whichever end it is pulled from. */
void bed_own_link(struct bed *bed, bool up)
{
	want(&bed->wire->down, &bed->wire->is_down, !up);
}

void bed_peer_link(struct bed *bed, bool up)
{
	bed_own_link(bed, up);
}

void bed_delete(struct bed *bed)
{
	want(&bed->wire->gone, &bed->wire->is_gone, 1);
}

void bed_restore(struct bed *bed)
{
	want(&bed->wire->gone, &bed->wire->is_gone, 0);
}

void bed_later(struct bed *bed, bool later)
{
	want(&bed->wire->later, &bed->wire->is_later, later);
}

int bed_run(int ns, const char *format, ...)
{
	(void)ns;
	(void)format;
	return 1;
}

void bed_enter(int ns)
{
	(void)ns;
}

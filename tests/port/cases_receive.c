// SPDX-License-Identifier: BSD-2-Clause
/* Receiving: ours comes up, the host keeps its own, what has no room counts. */
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <time.h>
#include "conformance.h"
#include "port/port.h"
#include "wire/checksum.h"

static uint32_t number_of(const struct irl_frame *frame)
{
	uint32_t n = UINT32_MAX;

	if (frame->length == 68 || frame->length == 138)
		memcpy(&n, frame->data + frame->length - 4, 4);
	return n;
}

/* Frames that are the host's although an own address stands in them. */
static void inject_foreign(struct bed *bed)
{
	uint8_t data[128];
	uint32_t length = udp_frame(bed, data, OWN_FIRST, 7, 0);

	/* A VLAN tag, priority 0, VLAN 5. */
	memmove(data + 16, data + 12, length - 12);
	memcpy(data + 12, "\x81\x00\x00\x05", 4);
	bed_inject(bed, data, length + 4);
	/* Of the host's address: another port than ours. */
	length = udp_frame(bed, data, HOST_ADDR, 39999, 0);
	bed_inject(bed, data, length);
	/* Not IPv4 at all. */
	data[13] = 0xdd;
	bed_inject(bed, data, length);
}

/* Its stamp is of the time since it was injected.  AF_PACKET stamps by another
 * clock, whose distance is known to some microseconds. */
static bool came_after(const struct bed *bed, const struct irl_frame *frame,
		       uint64_t since)
{
	uint64_t slack = strcmp(bed->port_kind, "packet") ? 0 : 1000000;

	return bed->kind == BED_MEMORY ||
	       (frame->time_ns <= bed_now_ns() + slack &&
		frame->time_ns + slack >= since);
}

/* Ours come up exact and in order, the host's reach the host alone. */
int case_receive(struct run *run, struct bed *bed)
{
	struct irl_frame frames[64];
	struct irl_port_stats s;
	uint8_t data[128], want[128];
	uint32_t ours = 0, host = 0, told = 0, heard = 0;
	uint64_t deadline = bed_now_ns() + DEADLINE_NS, since;
	int n;

	bed_host_open(bed);
	while (told < 20000) {
		since = bed_now_ns();
		for (unsigned i = 0; i < 32 && ours < 20000; i++) {
			uint32_t length = udp_frame(bed, data, OWN_FIRST + 3,
						    (uint16_t)ours, ours);

			if (bed_inject(bed, data, length))
				ours++;
			length =
			    udp_frame(bed, data, HOST_ADDR, HOST_PORT, host);
			if (bed_inject(bed, data, length))
				host++;
		}
		inject_foreign(bed);
		while (told < ours && bed_now_ns() < deadline) {
			n = irl_port_recv(bed->port, 0, frames, 64);
			CHECK(n >= 0, "%d", n);
			for (int i = 0; i < n; i++) {
				uint32_t length =
				    udp_frame(bed, want, OWN_FIRST + 3,
					      (uint16_t)told, told);

				CHECK(frames[i].length == length &&
					  !memcmp(frames[i].data, want, length),
				      "number %u, got %u of %u bytes", told,
				      number_of(&frames[i]), frames[i].length);
				CHECK(came_after(bed, &frames[i], since),
				      "stamp %llu, after %llu",
				      (unsigned long long)frames[i].time_ns,
				      (unsigned long long)since);
				told++;
			}
			if (!n)
				irl_port_wait(bed->port, 0, 1000000);
		}
		CHECK(told == ours, "%u of %u", told, ours);
		while (heard < host && bed_now_ns() < deadline)
			if (!bed_host_take(bed, &heard, host))
				sched_yield();
		CHECK(heard == host, "host: %u of %u", heard, host);
	}
	while ((n = irl_port_recv(bed->port, 0, frames, 64)) == 0 &&
	       irl_port_wait(bed->port, 0, 20000000) == 1)
		;
	CHECK(n == 0, "a frame of the host's");
	irl_port_stats(bed->port, &s);
	CHECK(s.rx_ours == ours && s.rx_delivered == ours, "%llu, %llu of %u",
	      (unsigned long long)s.rx_ours, (unsigned long long)s.rx_delivered,
	      ours);
	/* XDP for Windows does not count what no rule takes. */
	CHECK(!strcmp(run->port, "xdpwin") || s.rx_host >= host, "%llu of %u",
	      (unsigned long long)s.rx_host, host);
	return check_balance(bed);
}

/* Frames until none has come for 20 ms. */
static unsigned take_rest(struct bed *bed)
{
	struct irl_frame frames[64];
	unsigned taken = 0;
	int n;

	while ((n = irl_port_recv(bed->port, 0, frames, 64)) > 0 ||
	       irl_port_wait(bed->port, 0, 20000000) == 1)
		taken += n > 0 ? (unsigned)n : 0;
	return taken;
}

/* After the end of reception, what had come can be taken and nothing more is
 * counted. */
int case_end_rx(struct run *run, struct bed *bed)
{
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	struct irl_port_stats after;
	uint8_t data[128];
	uint32_t length = udp_frame(bed, data, OWN_FIRST, 7, 0);

	(void)run;
	for (unsigned i = 0; i < 100; i++)
		CHECK(bed_inject(bed, data, length), "%u", i);
	while (!bed_landed(bed, 100) && bed_now_ns() < deadline)
		sched_yield();
	irl_port_end_rx(bed->port);
	for (unsigned i = 0; i < 100; i++)
		bed_inject(bed, data, length);
	CHECK(take_rest(bed) == 100, "not those before");
	irl_port_stats(bed->port, &after);
	CHECK(after.rx_ours == 100 && after.rx_delivered == 100 &&
		  after.rx_frames == 100 + after.rx_host,
	      "%llu ours", (unsigned long long)after.rx_ours);
	return check_balance(bed);
}

/* Of any length, with whatever stands behind its datagram, it comes up exact.
 */
int case_receive_exact(struct run *run, struct bed *bed)
{
	struct irl_frame frame;
	uint8_t data[1514];
	uint64_t seed = 88172645463325252ull;
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;

	(void)run;
	for (uint32_t length = 68; length <= sizeof(data); length++) {
		int n = 0;

		fill_random(data, length, &seed);
		udp_frame(bed, data, OWN_FIRST, 7, 0);
		while (!bed_inject(bed, data, length))
			CHECK(bed_now_ns() < deadline, "%u bytes", length);
		while (!n && bed_now_ns() < deadline)
			n = irl_port_recv(bed->port, 0, &frame, 1);
		CHECK(n == 1 && frame.length == length &&
			  !memcmp(frame.data, data, length),
		      "%u bytes: %d, %u bytes", length, n, frame.length);
	}
	return check_balance(bed);
}

/* Frames taken stay as they are until the next call on the queue. */
int case_owner(struct run *run, struct bed *bed)
{
	struct irl_frame frames[16];
	uint8_t data[128], want[128];
	uint32_t sent = 0, told = 0;
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;

	(void)run;
	while (told < 4000) {
		int n = irl_port_recv(bed->port, 0, frames, 16);

		CHECK(n >= 0, "%d", n);
		CHECK(bed_now_ns() < deadline, "%u of %u", told, sent);
		/* Others arrive while these are held. */
		for (unsigned i = 0; i < 24 && sent - told < 200; i++) {
			uint32_t length =
			    udp_frame(bed, data, OWN_FIRST, 7, sent);

			if (bed_inject(bed, data, length))
				sent++;
		}
		for (int i = 0; i < n; i++, told++) {
			uint32_t length =
			    udp_frame(bed, want, OWN_FIRST, 7, told);

			CHECK(frames[i].length == length &&
				  !memcmp(frames[i].data, want, length),
			      "number %u is now %u", told,
			      number_of(&frames[i]));
		}
		if (!n)
			irl_port_wait(bed->port, 0, 1000000);
	}
	return check_balance(bed);
}

/* Nobody reads for a while: what has no room is counted, to the frame. */
int case_rx_full(struct run *run, struct bed *bed)
{
	struct irl_frame frames[64];
	struct irl_port_stats s;
	uint8_t data[128];
	uint32_t sent = 0, told = 0, last = 0;
	uint64_t deadline;
	int n;

	(void)run;
	while (sent < 5000) {
		uint32_t length = udp_frame(bed, data, OWN_FIRST, 7, sent);

		if (bed_inject(bed, data, length))
			sent++;
		if (sent % 32 == 0) /* the kernel's own queues stay short */
			sched_yield();
	}
	deadline = bed_now_ns() + DEADLINE_NS;
	do {
		n = irl_port_recv(bed->port, 0, frames, 64);
		CHECK(n >= 0, "%d", n);
		for (int i = 0; i < n; i++, told++) {
			CHECK(!told || number_of(&frames[i]) > last,
			      "%u after %u", number_of(&frames[i]), last);
			last = number_of(&frames[i]);
		}
		if (!n)
			irl_port_wait(bed->port, 0, 1000000);
		irl_port_stats(bed->port, &s);
	} while (told + s.rx_full < sent && bed_now_ns() < deadline);
	CHECK(told + s.rx_full == sent, "%u delivered, %llu dropped, %u sent",
	      told, (unsigned long long)s.rx_full, sent);
	CHECK(s.rx_full > 0, "room for all: the case proves nothing");
	CHECK(s.rx_delivered == told, "%llu",
	      (unsigned long long)s.rx_delivered);
	return check_balance(bed);
}

/* The ring's room is bytes, not time: a reader that is held up while little
 * comes loses nothing. */
int case_rx_pause(struct run *run, struct bed *bed)
{
	struct timespec gap = {.tv_nsec = 2000000};
	struct irl_port_stats s;
	uint8_t data[128];
	unsigned taken;

	(void)run;
	for (uint32_t sent = 0; sent < 150; nanosleep(&gap, NULL))
		if (bed_inject(bed, data,
			       udp_frame(bed, data, OWN_FIRST, 7, sent)))
			sent++;
	taken = take_rest(bed);
	irl_port_stats(bed->port, &s);
	CHECK(taken == 150 && s.rx_full == 0, "%u taken, %llu dropped", taken,
	      (unsigned long long)s.rx_full);
	return check_balance(bed);
}

/* Datagrams of the far kernel, whose checksums a device was to complete. */
int case_partial(struct run *run, struct bed *bed)
{
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	struct irl_frame frame;
	int n = 0;

	CHECK(bed_datagram(bed, OWN_FIRST, 7, "partial checksum"), "sendto");
	while (!n && bed_now_ns() < deadline) {
		irl_port_wait(bed->port, 0, 1000000);
		n = irl_port_recv(bed->port, 0, &frame, 1);
	}
	CHECK(n == 1 && frame.length == 58, "%d", n);
	/* XDP does not say which frames' checksums are partial, so the live
	 * port hands up what it saw. */
	CHECK(!strcmp(run->port, "live") ||
		  irl_checksum_valid(frame.data, frame.length),
	      "checksum");
	return check_balance(bed);
}

/* Frame @n of those that are parted among queues, and which is to have it. */
static uint32_t parted_frame(const struct bed *bed, uint8_t *to, uint32_t n,
			     unsigned queues, unsigned *queue)
{
	uint32_t port = 39900 + n * 7919 % 10201; /* of 40,000 .. 50,000 */
	uint32_t length =
	    udp_frame(bed, to, OWN_FIRST + n % 64, (uint16_t)port, n);

	*queue =
	    port < 40000 || port > 50000 ? 0 : (port - 40000) * queues / 10001;
	switch (n % 8) {
	case 1: /* to the host's address */
		length = udp_frame(bed, to, HOST_ADDR,
				   (uint16_t)(port = 40000 + n % 10001), n);
		*queue = (port - 40000) * queues / 10001;
		break;
	case 2: /* TCP */
		to[23] = 6;
		break;
	case 3: /* a first fragment */
		to[20] = 0x20;
		*queue = 0;
		break;
	case 4: /* ICMP echo */
		to[23] = 1;
		to[34] = 8;
		*queue = 0;
		break;
	case 5: /* an error about what we sent from that port */
		to[23] = 1;
		memset(to + 34, 0, 30);
		to[34] = 11;
		to[42] = 0x45;
		to[51] = 17;
		to[62] = (uint8_t)(port >> 8);
		to[63] = (uint8_t)port;
		break;
	case 6: /* one word of options: the ports stand 4 bytes later */
		if (!strcmp(bed->port_kind, "xdpwin"))
			break; /* no rule takes such packets */
		to[14] = 0x46;
		to[36 + 4] = to[36];
		to[37 + 4] = to[37];
		break;
	case 7: /* no protocol with ports */
		to[23] = 47;
		*queue = 0;
		break;
	}
	return length;
}

/* The same over IPv6, behind @n % 3 extension headers. */
static uint32_t parted_frame6(const struct bed *bed, uint8_t *to, uint32_t n,
			      unsigned queues, unsigned *queue)
{
	uint32_t port = 39900 + n * 7919 % 10201, at = 54;
	uint8_t type = n % 9 < 6 ? 17 : 58, *next = to + 20;

	memset(to, 0, 138);
	memcpy(to, bed->mac, 6);
	to[6] = 2;
	to[12] = 0x86;
	to[13] = 0xdd;
	to[14] = 0x60;
	to[21] = 64;
	to[22] = to[38] = 0xfd;
	to[39] = 1;
	to[53] = (uint8_t)n;
	for (uint32_t i = 0; i < n % 3; i++) {
		*next = i ? 60 : 0;
		next = to + at;
		to[at + 1] = (uint8_t)(i * (n % 2)); /* 8 or 16 bytes */
		at += 8u + 8u * to[at + 1];
	}
	*next = type;
	*queue =
	    port < 40000 || port > 50000 ? 0 : (port - 40000) * queues / 10001;
	if (type == 17) {
		to[at + 2] = (uint8_t)(port >> 8);
		to[at + 3] = (uint8_t)port;
	} else { /* an error about what we sent from that port, or an echo */
		to[at] = n % 9 == 6 ? 128 : (uint8_t)(n % 9 - 6);
		to[at + 8] = 0x60;
		to[at + 14] = 17;
		to[at + 48] = (uint8_t)(port >> 8);
		to[at + 49] = (uint8_t)port;
		*queue = n % 9 == 6 ? 0 : *queue;
	}
	memcpy(to + 134, &n, 4);
	to[19] = 138 - 54;
	return 138;
}

/* Several queues: each frame comes up once, on the queue of its port. */
int case_spread(struct run *run, struct bed *bed)
{
	unsigned queues = irl_port_info(bed->port)->queues;
	uint8_t data[160], seen[4000] = {0}, due[4000];
	struct irl_frame frames[64];
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	uint32_t sent = 0, told = 0;

	(void)run;
	while (told < 4000) {
		for (unsigned i = 0; i < 32 && sent < 4000; i++) {
			unsigned queue;
			uint32_t length =
			    (sent % 17 < 8 ? parted_frame : parted_frame6)(
				bed, data, sent, queues, &queue);

			due[sent] = (uint8_t)queue;
			if (bed_inject(bed, data, length))
				sent++;
		}
		do {
			CHECK(bed_now_ns() < deadline, "%u of %u", told, sent);
			for (unsigned q = 0; q < queues; q++) {
				int n = irl_port_recv(bed->port, q, frames, 64);

				CHECK(n >= 0, "%d", n);
				for (int i = 0; i < n; i++, told++) {
					uint32_t k = number_of(&frames[i]);

					CHECK(k < 4000 && !seen[k],
					      "number %u twice", k);
					CHECK(due[k] == q,
					      "number %u on queue %u, not %u",
					      k, q, due[k]);
					seen[k] = 1;
				}
			}
		} while (told < sent);
	}
	return check_balance(bed);
}

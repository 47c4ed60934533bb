// SPDX-License-Identifier: BSD-2-Clause
/*
 * conformance PORT LINK [CASE]: what irl/port.h promises, for every port over
 * every link.  Each case makes a bed of its own (bed.h).
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>
#include "bed.h"
#include "port/port.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SOAK_FRAMES 1000000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SOAK_FRAMES 1000000
#endif
#endif
#ifndef SOAK_FRAMES
#define SOAK_FRAMES 10000000
#endif
#define DEADLINE_NS UINT64_C(30000000000)
#define FRAME_MAX IRL_FRAME_MAX

#define CHECK(condition, ...)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			printf("  %s:%d: %s: ", __FILE__, __LINE__,            \
			       #condition);                                    \
			printf(__VA_ARGS__);                                   \
			printf("\n");                                          \
			return 1;                                              \
		}                                                              \
	} while (0)

struct run {
	const char *port, *link;
	char why[400];
};

/* ---- frames ------------------------------------------------------------ */

struct batch {
	struct irl_frame frames[IRL_BATCH_MAX];
	enum irl_tx_status status[IRL_BATCH_MAX];
	uint8_t data[IRL_BATCH_MAX][FRAME_MAX + 16];
};

static struct batch *new_batch(void)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	for (unsigned i = 0; i < IRL_BATCH_MAX; i++)
		b->frames[i].data = b->data[i];
	return b;
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill_random(uint8_t *to, uint32_t length, uint64_t *state)
{
	for (uint32_t i = 0; i < length; i++)
		to[i] = (uint8_t)(random_next(state) >> 24);
}

/* A frame that bears @number and that nobody else makes. */
static void number_frame(struct irl_frame *frame, uint32_t number,
			 uint32_t length)
{
	struct sink_probe p = {.dest = {2, 0, 0, 0, 0, 2},
			       .source = {2, 0, 0, 0, 0, 1},
			       .type = htons(SINK_TYPE),
			       .sequence = number,
			       .check = ~number};

	memset(frame->data, (int)(number & 255), length);
	memcpy(frame->data, &p, sizeof(p));
	frame->length = length;
	frame->flags = 0;
}

/* UDP from the far end to @dest, @number in its payload. */
static uint32_t udp_frame(const struct bed *bed, uint8_t *to, uint32_t dest,
			  uint16_t port, uint32_t number)
{
	uint8_t payload[26] = "irlstack conformance";
	struct irl_eth eth = {.source = {2, 0, 0, 0, 0, 9},
			      .type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = PEER_ADDR,
			      .dest = dest,
			      .total_length = 28 + sizeof(payload),
			      .ttl = 64,
			      .protocol = IRL_IPV4_UDP};
	struct irl_udp udp = {.source = 99, .dest = port};

	memcpy(payload + 22, &number, 4);
	memcpy(eth.dest, bed->mac, 6);
	irl_eth_write(to, &eth);
	irl_ipv4_write(to + 14, &ip);
	irl_udp_write(to + 34, &udp, ip.source, ip.dest, payload,
		      sizeof(payload));
	memcpy(to + 42, payload, sizeof(payload));
	return 42 + sizeof(payload);
}

static uint32_t number_of(const struct irl_frame *frame)
{
	uint32_t n = UINT32_MAX;

	if (frame->length == 68 || frame->length == 138)
		memcpy(&n, frame->data + frame->length - 4, 4);
	return n;
}

/* ---- accounts ---------------------------------------------------------- */

/* Frames that wait for the reader are in no counter yet: take them. */
static void drain(struct bed *bed)
{
	struct irl_frame frames[64];
	unsigned queues = irl_port_info(bed->port)->queues;

	for (unsigned q = 0; q < queues; q++)
		do
			while (irl_port_recv(bed->port, q, frames, 64) > 0)
				;
		while (irl_port_wait(bed->port, q, 5000000) == 1 &&
		       irl_port_recv(bed->port, q, frames, 64) > 0);
}

static int check_balance(struct bed *bed)
{
	struct irl_port_stats s;
	uint64_t sum = 0;

	drain(bed);
	irl_port_stats(bed->port, &s);
	for (unsigned i = 0; i < IRL_TX_STATUSES; i++)
		sum += s.tx[i];
	CHECK(s.tx_offered == sum, "%llu offered, %llu told",
	      (unsigned long long)s.tx_offered, (unsigned long long)sum);
	CHECK(s.tx_unknown == 0, "%llu", (unsigned long long)s.tx_unknown);
	CHECK(s.rx_frames == s.rx_ours + s.rx_host, "%llu %llu %llu",
	      (unsigned long long)s.rx_frames, (unsigned long long)s.rx_ours,
	      (unsigned long long)s.rx_host);
	CHECK(s.rx_ours == s.rx_delivered + s.rx_full, "%llu %llu %llu",
	      (unsigned long long)s.rx_ours, (unsigned long long)s.rx_delivered,
	      (unsigned long long)s.rx_full);
	return 0;
}

/*
 * Send @count numbered frames from @first on, refused ones again until none is
 * left.  False: no progress for too long.
 */
static bool send_all(struct bed *bed, unsigned queue, struct batch *b,
		     uint32_t first, uint64_t count, unsigned size)
{
	uint64_t next = first, end = first + count;
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	unsigned have = 0, kept;
	int rc;

	while (next < end || have) {
		while (have < size && next < end) {
			number_frame(&b->frames[have], (uint32_t)next,
				     60 + (uint32_t)(next % 5 * 16));
			have++;
			next++;
		}
		rc =
		    irl_port_send(bed->port, queue, b->frames, have, b->status);
		if (rc < 0)
			return false;
		bed_pump(bed);
		kept = 0;
		for (unsigned i = 0; i < have; i++)
			if (b->status[i] != IRL_TX_ACCEPTED) {
				struct irl_frame again = b->frames[kept];

				/* Swap, so that each keeps a buffer. */
				b->frames[kept++] = b->frames[i];
				b->frames[i] = again;
			}
		if (rc > 0)
			deadline = bed_now_ns() + DEADLINE_NS;
		else if (bed_now_ns() > deadline)
			return false;
		else
			sched_yield();
		have = kept;
	}
	return true;
}

/* ---- cases ------------------------------------------------------------- */

/* Any length, any content, any batch: byte-exact and in order. */
static int case_exact(struct run *run, struct bed *bed)
{
	static const unsigned sizes[] = {1,   2,   3,    16,   255,
					 256, 257, 1024, 4096, 1501};
	uint8_t got[2048];
	struct batch *b = new_batch();
	uint64_t seed = 88172645463325252ull;
	uint64_t offered = 0;

	(void)run;
	bed_capture(bed);
	for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		unsigned n = sizes[s], left = n;

		for (unsigned i = 0; i < n; i++) {
			/* Once every length there is, 14 .. 1514. */
			b->frames[i].length =
			    n == 1501
				? 14 + i
				: 14 + (uint32_t)(random_next(&seed) % 1501);
			fill_random(b->frames[i].data, b->frames[i].length,
				    &seed);
		}
		while (left) {
			unsigned kept = 0;
			int rc = irl_port_send(bed->port, 0, b->frames, left,
					       b->status);
			uint64_t deadline = bed_now_ns() + DEADLINE_NS;

			CHECK(rc >= 0, "%d", rc);
			offered += left;
			for (unsigned i = 0; i < left; i++) {
				struct irl_frame f = b->frames[i];
				int length = -1;

				if (b->status[i]) {
					CHECK(b->status[i] == IRL_TX_FULL, "%s",
					      irl_tx_status_name(b->status[i]));
					b->frames[i] = b->frames[kept];
					b->frames[kept++] = f;
					continue;
				}
				while (length < 0 && bed_now_ns() < deadline)
					length =
					    bed_take(bed, got, sizeof(got));
				CHECK(length == (int)f.length &&
					  !memcmp(got, f.data, f.length),
				      "batch %u, frame %u of %u bytes: got %d",
				      n, i, f.length, length);
			}
			left = kept;
		}
	}
	CHECK(bed_take(bed, got, sizeof(got)) < 0, "one frame too many");
	free(b);
	struct irl_port_stats stats;

	irl_port_stats(bed->port, &stats);
	CHECK(stats.tx_offered == offered, "%llu",
	      (unsigned long long)stats.tx_offered);
	return check_balance(bed);
}

/* Too short, too long: told, and the others of the batch are sent. */
static int case_length(struct run *run, struct bed *bed)
{
	static const uint32_t lengths[] = {13,   14,   60, 0,    1514,
					   1515, 2000, 60, 5000, 64};
	const unsigned n = sizeof(lengths) / sizeof(lengths[0]);
	struct irl_port_stats s;
	uint8_t data[5000] = {2, 0, 0, 0, 0, 2}, got[2048];
	struct irl_frame frames[10];
	enum irl_tx_status status[10];
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;

	(void)run;
	bed_capture(bed);
	data[12] = 0x88;
	data[13] = 0xb5;
	for (unsigned i = 0; i < n; i++)
		frames[i] =
		    (struct irl_frame){.data = data, .length = lengths[i]};
	CHECK(irl_port_send(bed->port, 0, frames, n, status) == 5, "not 5");
	for (unsigned i = 0; i < n; i++) {
		bool good = lengths[i] >= 14 && lengths[i] <= 1514;
		int length = -1;

		CHECK(status[i] == (good ? IRL_TX_ACCEPTED : IRL_TX_LENGTH),
		      "%u bytes: %s", lengths[i],
		      irl_tx_status_name(status[i]));
		while (good && length < 0 && bed_now_ns() < deadline)
			length = bed_take(bed, got, sizeof(got));
		CHECK(!good || length == (int)lengths[i], "%u: %d", lengths[i],
		      length);
	}
	irl_port_stats(bed->port, &s);
	CHECK(s.tx[IRL_TX_LENGTH] == 5 && s.tx[IRL_TX_ACCEPTED] == 5 &&
		  s.tx_bytes == 14 + 60 + 1514 + 60 + 64,
	      "%llu bytes", (unsigned long long)s.tx_bytes);
	CHECK(irl_port_send(bed->port, 0, frames, 0, status) == 0, "empty");
	CHECK(irl_port_send(bed->port, 0, frames, IRL_BATCH_MAX + 1, status) ==
		  -IRL_EINVAL,
	      "longer than the maximum");
	CHECK(irl_port_send(bed->port, 99, frames, 1, status) == -IRL_EINVAL,
	      "no such queue");
	return check_balance(bed);
}

/* Nobody reads: the ring fills, which is told; later nothing is missing. */
static int case_full(struct run *run, struct bed *bed)
{
	struct batch *b = new_batch();
	struct sink_state seen;
	uint64_t accepted = 0, full = 0, deadline;
	uint32_t next = 0;
	uint8_t got[2048];

	(void)run;
	if (bed->kind == BED_TAP)
		for (; full == 0; next += 100) {
			for (unsigned i = 0; i < 100; i++)
				number_frame(&b->frames[i], next + i, 60);
			CHECK(irl_port_send(bed->port, 0, b->frames, 100,
					    b->status) >= 0,
			      "error");
			for (unsigned i = 0; i < 100; i++) {
				CHECK(b->status[i] <= IRL_TX_FULL, "%s",
				      irl_tx_status_name(b->status[i]));
				accepted += !b->status[i];
				full += b->status[i] == IRL_TX_FULL;
			}
			CHECK(next < 1000000, "never full");
		}
	/* Exactly those accepted come. */
	deadline = bed_now_ns() + DEADLINE_NS;
	for (uint64_t i = 0; i < accepted; i++) {
		int length = -1;

		while (length < 0 && bed_now_ns() < deadline)
			length = bed_take(bed, got, sizeof(got));
		CHECK(length == 60, "frame %llu of %llu: %d",
		      (unsigned long long)i, (unsigned long long)accepted,
		      length);
	}
	if (bed->kind == BED_TAP)
		CHECK(bed_take(bed, got, sizeof(got)) < 0, "a refused frame");
	/* The far end slower than we are: the largest batches. */
	bed_tick(bed);
	CHECK(send_all(bed, 0, b, 0, 200000, IRL_BATCH_MAX), "no progress");
	bed_settle(bed, 200000, &seen);
	CHECK(seen.received == 200000 && !seen.twice && !seen.bad,
	      "%llu came, %llu twice", (unsigned long long)seen.received,
	      (unsigned long long)seen.twice);
	free(b);
	return check_balance(bed);
}

struct flipper {
	struct bed *bed;
	bool own, stop;
	unsigned flips;
};

static void *flip(void *context)
{
	struct flipper *f = context;

	while (!__atomic_load_n(&f->stop, __ATOMIC_ACQUIRE)) {
		for (int up = 0; up < 2; up++)
			if (f->own)
				bed_own_link(f->bed, up);
			else
				bed_peer_link(f->bed, up);
		__atomic_fetch_add(&f->flips, 1, __ATOMIC_RELEASE);
		f->own = !f->own;
		sched_yield();
	}
	return NULL;
}

/* Links of this process know one thread: flip between the batches. */
static void flip_memory(struct bed *bed, struct flipper *f, unsigned round)
{
	if (bed->kind == BED_MEMORY && round % 7 == 0) {
		irl_link_set(bed->link,
			     round % 2 ? IRL_LINK_DOWN : IRL_LINK_UP);
		f->flips++;
	}
}

/* Links go down and up in mid-batch, either end: no refused frame arrives. */
static int case_link_down(struct run *run, struct bed *bed)
{
	struct flipper f = {.bed = bed, .own = true};
	struct irl_port_stats before, s;
	struct batch *b = new_batch();
	uint64_t *accepted = calloc(bed->numbers / 64 + 1, 8);
	uint64_t took = 0, stray = 0, down = 0;
	struct sink_state seen;
	uint32_t next = 0;
	unsigned round = 0;
	pthread_t thread;

	(void)run;
	bed_tick(bed);
	if (bed->kind != BED_MEMORY && pthread_create(&thread, NULL, flip, &f))
		abort();
	for (; __atomic_load_n(&f.flips, __ATOMIC_ACQUIRE) < 12; round++) {
		for (unsigned i = 0; i < 64; i++)
			number_frame(&b->frames[i],
				     (next + i) % (uint32_t)bed->numbers, 60);
		flip_memory(bed, &f, round);
		CHECK(irl_port_send(bed->port, 0, b->frames, 64, b->status) >=
			  0,
		      "error");
		for (unsigned i = 0; i < 64; i++) {
			CHECK(b->status[i] != IRL_TX_REFUSED &&
				  b->status[i] != IRL_TX_GONE,
			      "%s", irl_tx_status_name(b->status[i]));
			if (!b->status[i] && next + i < bed->numbers) {
				accepted[(next + i) / 64] |= UINT64_C(1)
							     << (next + i) % 64;
				took++;
			}
		}
		bed_pump(bed);
		next += 64;
		if (next + 2000 > bed->numbers)
			break;
	}
	if (bed->kind != BED_MEMORY) {
		__atomic_store_n(&f.stop, true, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
	}
	/* Down for certain: every frame is refused with the cause.  But live
	 * frames go to a tap without carrier, and arrive there. */
	irl_port_stats(bed->port, &before);
	for (int own = 0; own < 2; own++) {
		for (unsigned i = 0; i < 64; i++)
			number_frame(&b->frames[i], next + i, 60);
		own ? bed_own_link(bed, false) : bed_peer_link(bed, false);
		irl_port_send(bed->port, 0, b->frames, 64, b->status);
		for (unsigned i = 0; i < 64; i++)
			if (!own && bed->kind == BED_TAP && !b->status[i]) {
				accepted[(next + i) / 64] |= UINT64_C(1)
							     << (next + i) % 64;
				took++;
			} else {
				CHECK(b->status[i] == IRL_TX_LINK_DOWN,
				      "%s: %s", own ? "own" : "peer",
				      irl_tx_status_name(b->status[i]));
				down++;
			}
		next += 64;
		own ? bed_own_link(bed, true) : bed_peer_link(bed, true);
	}
	irl_port_stats(bed->port, &s);
	CHECK(s.tx[IRL_TX_LINK_DOWN] - before.tx[IRL_TX_LINK_DOWN] == down,
	      "%llu", (unsigned long long)s.tx[IRL_TX_LINK_DOWN]);
	/* And up again: all goes on. */
	CHECK(send_all(bed, 0, b, next, 1000, 64), "still down");
	for (unsigned i = 0; i < 1000; i++)
		accepted[(next + i) / 64] |= UINT64_C(1) << (next + i) % 64;
	if (bed->kind == BED_VETH) {
		uint64_t deadline = bed_now_ns() + DEADLINE_NS;
		uint32_t last = next + 999;

		while (bed_now_ns() < deadline &&
		       !(bed->seen[last / 64] >> last % 64 & 1))
			sched_yield();
		bed_settle(bed, 1, &seen);
	} else {
		bed_settle(bed, bed->kind == BED_TAP ? 1000 : 1, &seen);
	}
	for (uint64_t i = 0; i < bed->numbers / 64; i++)
		stray +=
		    (unsigned)__builtin_popcountll(bed->seen[i] & ~accepted[i]);
	CHECK(stray == 0, "%llu frames told as refused have arrived",
	      (unsigned long long)stray);
	CHECK(!seen.twice && !seen.bad && seen.received <= took + 1000,
	      "%llu of %llu, %llu twice", (unsigned long long)seen.received,
	      (unsigned long long)took, (unsigned long long)seen.twice);
	free(accepted);
	free(b);
	return check_balance(bed);
}

static void *delete_late(void *context)
{
	struct flipper *f = context;

	while (__atomic_load_n(&f->flips, __ATOMIC_ACQUIRE) < 20)
		sched_yield();
	bed_delete(f->bed);
	__atomic_store_n(&f->stop, true, __ATOMIC_RELEASE);
	return NULL;
}

/* The device goes away under a running sender. */
static int case_gone(struct run *run, struct bed *bed)
{
	struct flipper f = {.bed = bed};
	struct irl_frame frame;
	struct batch *b = new_batch();
	struct irl_port_stats s;
	pthread_t thread;

	(void)run;
	bed_tick(bed);
	for (unsigned i = 0; i < 256; i++)
		number_frame(&b->frames[i], i, 60);
	if (bed->kind == BED_MEMORY)
		bed_delete(bed);
	else if (pthread_create(&thread, NULL, delete_late, &f))
		abort();
	while (bed->kind != BED_MEMORY &&
	       !__atomic_load_n(&f.stop, __ATOMIC_ACQUIRE)) {
		CHECK(irl_port_send(bed->port, 0, b->frames, 256, b->status) >=
			  0,
		      "error");
		__atomic_fetch_add(&f.flips, 1, __ATOMIC_RELEASE);
	}
	if (bed->kind != BED_MEMORY)
		pthread_join(thread, NULL);
	CHECK(irl_port_send(bed->port, 0, b->frames, 256, b->status) == 0,
	      "accepted by nobody");
	for (unsigned i = 0; i < 256; i++)
		CHECK(b->status[i] == IRL_TX_GONE, "%s",
		      irl_tx_status_name(b->status[i]));
	irl_port_stats(bed->port, &s);
	CHECK(s.tx[IRL_TX_GONE] >= 256, "%llu",
	      (unsigned long long)s.tx[IRL_TX_GONE]);
	CHECK(irl_port_recv(bed->port, 0, &frame, 1) <= 0, "a frame");
	CHECK(irl_port_wait(bed->port, 0, 1000000) >= 0, "wait");
	free(b);
	return check_balance(bed);
}

/* The long run: none is lost without being counted. */
static int case_soak(struct run *run, struct bed *bed)
{
	struct batch *b = new_batch();
	struct sink_state seen;

	(void)run;
	bed_tick(bed);
	CHECK(send_all(bed, 0, b, 0, bed->numbers, 256), "no progress");
	bed_settle(bed, bed->numbers, &seen);
	CHECK(seen.received == bed->numbers && !seen.twice && !seen.bad,
	      "%llu of %llu came, %llu twice, %llu bad",
	      (unsigned long long)seen.received,
	      (unsigned long long)bed->numbers, (unsigned long long)seen.twice,
	      (unsigned long long)seen.bad);
	free(b);
	return check_balance(bed);
}

/* The receiving end in a kernel thread of its own. */
static int case_threaded(struct run *run, struct bed *bed)
{
	struct batch *b = new_batch();
	struct sink_state seen;

	(void)run;
	CHECK(!bed_run(bed->ns_peer,
		       "unshare -m sh -c 'mount -t sysfs sysfs /sys && "
		       "echo 1 >/sys/class/net/vb/threaded && "
		       "grep -q 1 /sys/class/net/vb/threaded'"),
	      "threaded NAPI");
	bed_tick(bed);
	CHECK(send_all(bed, 0, b, 0, 500000, 1024), "no progress");
	bed_settle(bed, 500000, &seen);
	CHECK(seen.received == 500000 && !seen.twice && !seen.bad,
	      "%llu came, %llu twice", (unsigned long long)seen.received,
	      (unsigned long long)seen.twice);
	free(b);
	return check_balance(bed);
}

/* Checksums are right where the port is asked, and left alone elsewhere. */
static int case_checksum(struct run *run, struct bed *bed)
{
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	enum irl_tx_status status[2];
	uint8_t data[2][128], got[2048];
	struct irl_frame frames[2];

	(void)run;
	CHECK(irl_port_info(bed->port)->caps & IRL_PORT_CHECKSUM,
	      "not offered");
	bed_capture(bed);
	for (unsigned i = 0; i < 2; i++) {
		frames[i].data = data[i];
		frames[i].length = udp_frame(bed, data[i], OWN_FIRST, 7, i);
		data[i][24] ^= 0x5a; /* the header's checksum */
		data[i][40] ^= 0x5a; /* UDP's */
		frames[i].flags = i ? IRL_FRAME_CHECKSUM : 0;
	}
	CHECK(irl_port_send(bed->port, 0, frames, 2, status) == 2, "refused");
	for (unsigned i = 0; i < 2; i++) {
		int length = -1;

		while (length < 0 && bed_now_ns() < deadline)
			length = bed_take(bed, got, sizeof(got));
		CHECK(length == 68, "%d", length);
		CHECK(irl_checksum_valid(got, 68) == (i == 1), "frame %u", i);
		CHECK(i == 1 || !memcmp(got, data[0], 68), "touched");
	}
	return 0;
}

struct lane {
	struct bed *bed;
	unsigned queue;
	uint32_t first;
	bool sent;
};

static void *send_lane(void *context)
{
	struct lane *lane = context;
	struct batch *b = new_batch();

	lane->sent =
	    send_all(lane->bed, lane->queue, b, lane->first, 100000, 256);
	free(b);
	return NULL;
}

/* Several queues, one thread each, and one that reads the counters. */
static int case_queues(struct run *run, struct bed *bed)
{
	unsigned queues = irl_port_info(bed->port)->queues;
	struct lane lanes[IRL_QUEUES_MAX];
	pthread_t threads[IRL_QUEUES_MAX];
	struct irl_port_stats s;
	struct sink_state seen;
	uint64_t deadline = bed_now_ns() + 4 * DEADLINE_NS;

	(void)run;
	bed_tick(bed);
	for (unsigned q = 0; q < queues; q++) {
		lanes[q] = (struct lane){bed, q, q * 100000, false};
		if (bed->kind == BED_MEMORY) /* one thread a link */
			send_lane(&lanes[q]);
		else if (pthread_create(&threads[q], NULL, send_lane,
					&lanes[q]))
			abort();
	}
	do {
		irl_port_stats(bed->port, &s);
		sched_yield();
	} while (s.tx[IRL_TX_ACCEPTED] < queues * 100000 &&
		 bed_now_ns() < deadline);
	for (unsigned q = 0; q < queues; q++) {
		if (bed->kind != BED_MEMORY)
			pthread_join(threads[q], NULL);
		CHECK(lanes[q].sent, "queue %u made no progress", q);
	}
	bed_settle(bed, queues * 100000, &seen);
	CHECK(seen.received == queues * 100000 && !seen.twice && !seen.bad,
	      "%llu came, %llu twice", (unsigned long long)seen.received,
	      (unsigned long long)seen.twice);
	return check_balance(bed);
}

/* ---- receive ----------------------------------------------------------- */

static int host_socket(struct bed *bed)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(HOST_PORT)};
	int fd, bytes = 8 << 20;

	if (bed->kind == BED_MEMORY)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		abort();
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

/* Numbers taken by the host's socket, in order; returns how many. */
static unsigned host_take(int fd, uint32_t *next)
{
	uint8_t data[64];
	unsigned n = 0;
	uint32_t number;

	while (recv(fd, data, sizeof(data), 0) == 26) {
		memcpy(&number, data + 22, 4);
		if (number == *next)
			++*next;
		n++;
	}
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

/* Ours come up exact and in order, the host's reach the host alone. */
static int case_receive(struct run *run, struct bed *bed)
{
	struct irl_frame frames[64];
	struct irl_port_stats s;
	uint8_t data[128], want[128];
	uint32_t ours = 0, host = 0, told = 0, heard = 0;
	int udp = host_socket(bed), n;
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;

	(void)run;
	while (told < 20000) {
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
				CHECK(bed->kind == BED_MEMORY ||
					  (frames[i].time_ns <= bed_now_ns() &&
					   frames[i].time_ns + DEADLINE_NS >
					       bed_now_ns()),
				      "stamp %llu",
				      (unsigned long long)frames[i].time_ns);
				told++;
			}
			if (!n)
				irl_port_wait(bed->port, 0, 1000000);
		}
		CHECK(told == ours, "%u of %u", told, ours);
		while (udp >= 0 && heard < host && bed_now_ns() < deadline)
			host_take(udp, &heard);
		CHECK(udp < 0 || heard == host, "host: %u of %u", heard, host);
	}
	while ((n = irl_port_recv(bed->port, 0, frames, 64)) == 0 &&
	       irl_port_wait(bed->port, 0, 20000000) == 1)
		;
	CHECK(n == 0, "a frame of the host's");
	irl_port_stats(bed->port, &s);
	CHECK(s.rx_ours == ours && s.rx_delivered == ours, "%llu, %llu of %u",
	      (unsigned long long)s.rx_ours, (unsigned long long)s.rx_delivered,
	      ours);
	CHECK(s.rx_host >= host, "%llu of %u", (unsigned long long)s.rx_host,
	      host);
	if (udp >= 0)
		close(udp);
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
static int case_end_rx(struct run *run, struct bed *bed)
{
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	struct irl_port_stats before, after;
	uint8_t data[128];
	uint32_t length = udp_frame(bed, data, OWN_FIRST, 7, 0);

	(void)run;
	for (unsigned i = 0; i < 100; i++)
		CHECK(bed_inject(bed, data, length), "%u", i);
	do {
		if (bed->kind == BED_MEMORY)
			irl_port_wait(bed->port, 0, 0);
		irl_port_stats(bed->port, &before);
	} while (before.rx_ours < 100 && bed->port_kind[0] != 'p' &&
		 bed_now_ns() < deadline);
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

/* Frames taken stay as they are until the next call on the queue. */
static int case_owner(struct run *run, struct bed *bed)
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
static int case_rx_full(struct run *run, struct bed *bed)
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
static int case_rx_pause(struct run *run, struct bed *bed)
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
static int case_partial(struct run *run, struct bed *bed)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(7),
				 .sin_addr.s_addr = htonl(OWN_FIRST)};
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	struct irl_frame frame;
	char mac[20];
	int fd, n = 0;

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", bed->mac[0],
		 bed->mac[1], bed->mac[2], bed->mac[3], bed->mac[4],
		 bed->mac[5]);
	CHECK(!bed_run(bed->ns_peer,
		       "ip neigh replace 10.1.0.64 lladdr %s dev vb", mac),
	      "neighbour");
	bed_enter(bed->ns_peer);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bed_enter(bed->ns_own);
	CHECK(sendto(fd, "partial checksum", 16, 0, (struct sockaddr *)&to,
		     sizeof(to)) == 16,
	      "sendto");
	close(fd);
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
static int case_spread(struct run *run, struct bed *bed)
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

/* ---- main -------------------------------------------------------------- */

struct test_case {
	const char *name;
	int (*run)(struct run *run, struct bed *bed);
	struct bed_options options;
};

static struct test_case cases[] = {
    {"exact", case_exact, {.deaf = true}},
    {"length", case_length, {.deaf = true}},
    {"checksum", case_checksum, {.deaf = true}},
    {"full", case_full, {.deaf = true}},
    {"link-down", case_link_down, {.numbers = 1 << 24}},
    {"gone", case_gone, {0}},
    {"queues", case_queues, {.queues = 3}},
    {"threaded", case_threaded, {.deaf = true, .veth_only = true}},
    {"receive", case_receive, {0}},
    {"owner", case_owner, {0}},
    {"end-rx", case_end_rx, {0}},
    {"rx-full", case_rx_full, {.rx_bytes = 64 << 10}},
    {"rx-pause", case_rx_pause, {0}},
    {"partial", case_partial, {.veth_only = true}},
    {"spread", case_spread, {.queues = 3}},
    {"soak", case_soak, {.deaf = true, .numbers = SOAK_FRAMES}},
};

static int run_case(struct run *run, struct test_case *test)
{
	struct bed bed;
	uint64_t begin = bed_now_ns();
	int rc = bed_open(&bed, run->port, run->link, &test->options, run->why,
			  sizeof(run->why));

	if (rc) {
		printf("%s %s: %s\n", rc == 77 ? "skipped" : "FAIL", test->name,
		       run->why);
		return rc;
	}
	rc = test->run(run, &bed);
	bed_close(&bed);
	printf("%s %s (%.1f s)\n", rc ? "FAIL" : "ok", test->name,
	       (double)(bed_now_ns() - begin) * 1e-9);
	fflush(stdout);
	return rc;
}

int main(int argc, char **argv)
{
	const char *soak = getenv("IRL_SOAK_FRAMES");
	struct run run = {0};
	int failed = 0, rc;

	if (argc < 3) {
		fprintf(stderr, "usage: conformance live|packet|memory "
				"veth|tap|memory [CASE]\n");
		return 2;
	}
	run.port = argv[1];
	run.link = argv[2];
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 3 && strcmp(argv[3], cases[i].name))
			continue;
		if (cases[i].options.veth_only && strcmp(run.link, "veth")) {
			printf("left out %s: of veth only\n", cases[i].name);
			continue;
		}
		if (!strcmp(cases[i].name, "soak") && soak)
			cases[i].options.numbers = strtoull(soak, NULL, 0);
		rc = run_case(&run, &cases[i]);
		if (rc == 77)
			return failed ? 1 : 77;
		failed |= rc;
	}
	return failed ? 1 : 0;
}

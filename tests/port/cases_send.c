// SPDX-License-Identifier: BSD-2-Clause
/* Sending: what is accepted arrives, what is not is told with its cause. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conformance.h"
#include "wire/checksum.h"

/* Any length, any content, any batch: byte-exact and in order. */
int case_exact(struct run *run, struct bed *bed)
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
int case_length(struct run *run, struct bed *bed)
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
int case_full(struct run *run, struct bed *bed)
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
		bed_own_link(bed, round % 2 == 0);
		f->flips++;
	}
}

/* Links go down and up in mid-batch, either end: no refused frame arrives. */
int case_link_down(struct run *run, struct bed *bed)
{
	struct flipper f = {.bed = bed, .own = true};
	struct irl_port_stats before, s;
	struct batch *b = new_batch();
	uint64_t *accepted = calloc(bed->numbers / 64 + 1, 8);
	uint64_t took = 0, stray = 0, down = 0;
	struct sink_state seen;
	uint32_t next = 0;
	unsigned round = 0;
	pthread_t thread = 0;

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
int case_gone(struct run *run, struct bed *bed)
{
	struct flipper f = {.bed = bed};
	struct irl_frame frame;
	struct batch *b = new_batch();
	struct irl_port_stats s;
	pthread_t thread = 0;

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
int case_soak(struct run *run, struct bed *bed)
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
int case_threaded(struct run *run, struct bed *bed)
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
int case_checksum(struct run *run, struct bed *bed)
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
int case_queues(struct run *run, struct bed *bed)
{
	unsigned queues = irl_port_info(bed->port)->queues;
	struct lane lanes[IRL_QUEUES_MAX];
	pthread_t threads[IRL_QUEUES_MAX] = {0};
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

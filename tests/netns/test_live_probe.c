// SPDX-License-Identifier: BSD-2-Clause
/*
 * The probe's two residences agree: frames that the kernel makes, and verdicts
 * that it finds, equal those of the library, byte for byte.
 *
 *   here: live port with a probe ---- veth ---- there: live port that listens
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <endian.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <irl/port.h>
#include <irl/probe.h>
#include "target/user.h"
#include "probe/core.h"
#include "probe/probe.h"
#include "port/live_probe.h"
#include "netns/net_lab.h"

#define HERE ADDR(10, 9, 0, 1)
#define POSITIONS 20000u
#define STAMP 0x1234567u

static struct lab lab;

/* Many small ranges and ports, so that ranks are searched for. */
static struct irl_targets *some_targets(void)
{
	struct irl_targets *targets;
	struct irl_error err = {0};
	char text[64];

	assert_int_equal(irl_targets_new(&targets, &err), 0);
	assert_int_equal(irl_targets_allow_special(targets, "all", &err), 0);
	for (unsigned i = 0; i < 400; i++) {
		snprintf(text, sizeof(text), "10.%u.%u.%u-10.%u.%u.%u", i % 200,
			 i * 7 % 256, i % 100, i % 200, i * 7 % 256,
			 i % 100 + i % 50);
		assert_int_equal(irl_targets_allow(targets, text, &err), 0);
	}
	assert_int_equal(
	    irl_targets_ports(targets, "22,80,443,8000-8010", &err), 0);
	assert_int_equal(irl_targets_seal(targets, &err), 0);
	return targets;
}

static struct irl_probe *divided_probe(const struct irl_targets *targets,
				       enum irl_tcp_options kind,
				       uint32_t parts)
{
	struct irl_probe_options options = {
	    .seed = 77,
	    .targets = targets,
	    .source_addr = HERE,
	    .port_first = 61000,
	    .port_last = 65095,
	    .port_parts = parts,
	    .source_mac = {2, 0, 0, 0, 0, 1},
	    .gateway_mac = {2, 0, 0, 0, 0, 2},
	    .options = kind,
	};
	struct irl_error err = {0};
	struct irl_probe *probe;

	assert_int_equal(irl_probe_new(&probe, &options, &err), 0);
	return probe;
}

static struct irl_probe *some_probe(const struct irl_targets *targets,
				    enum irl_tcp_options kind)
{
	return divided_probe(targets, kind, 0);
}

static struct irl_port *open_as(const struct irl_port_options *options)
{
	struct irl_error err = {0};
	struct irl_port *port;
	int rc = irl_port_open(&port, options, &err);

	if (rc) {
		/* What the kernel cannot do is skipped, no more. */
		bool skipped = rc == -IRL_ENOTSUP || rc == -IRL_EPERM;

		fprintf(stderr, "%s: %s\n", skipped ? "skipped" : "FAILED",
			err.text);
		exit(skipped ? LAB_SKIPPED : 1);
	}
	return port;
}

static struct irl_port *open_port(const char *interface,
				  const struct irl_steer *steer,
				  const struct irl_probe *probe)
{
	const struct irl_port_options options = {
	    .ifname = interface,
	    .kind = "live",
	    .steer = steer,
	    .probe = probe,
	};

	return open_as(&options);
}

/* The port at the far end, which takes every frame to 10.0.0.0/8. */
static struct irl_port *open_listener(void)
{
	static const struct irl_steer all = {.own = {{ADDR(10, 0, 0, 0), 8}},
					     .own_count = 1};
	struct irl_port *port;

	lab_enter(lab.there);
	port = open_port("vb", &all, NULL);
	lab_enter(lab.here);
	return port;
}

/* Next frame at the listener, or NULL after a second of silence. */
static const struct irl_frame *next_frame(struct irl_port *port)
{
	static struct irl_frame frames[256];
	static int have, at;
	double end = lab_now() + 1;

	if (at < have)
		return &frames[at++];
	do {
		have = irl_port_recv(port, 0, frames, 256);
		assert_true(have >= 0);
		at = 0;
		if (have)
			return &frames[at++];
		irl_port_wait(port, 0, 10000000);
	} while (lab_now() < end);
	return NULL;
}

static void expect_probe(struct irl_port *listener,
			 const struct irl_probe *probe, uint64_t position)
{
	const struct irl_frame *frame = next_frame(listener);
	uint8_t expected[IRL_FRAME_MAX];
	struct irl_target target;

	assert_non_null(frame);
	assert_true(irl_probe_target(probe, position, &target));
	assert_int_equal(frame->length, irl_probe_length(probe));
	irl_probe_make(probe, target, STAMP, expected);
	assert_memory_equal(frame->data, expected, frame->length);
}

/* Is @position the next of those refused? */
static bool was_refused(const struct irl_probe_chunk *chunk, unsigned *next,
			uint64_t position)
{
	if (*next == chunk->refused_count || chunk->refused[*next] != position)
		return false;
	*next += 1;
	return true;
}

/* A chunk comes in its order but for the positions that it says were refused:
 * where the receiving side falls behind, the link has no more room. */
static void expect_chunk(struct irl_port *port, struct irl_port *listener,
			 const struct irl_probe *probe,
			 struct irl_probe_chunk *chunk)
{
	uint64_t position, at = 0, skipped = 0;
	unsigned next = 0, all = chunk->again_count + chunk->count;
	struct irl_target target;

	irl_port_probe(port, 0, chunk);
	for (; at < all; at++) {
		position = at < chunk->again_count
			       ? chunk->again[at]
			       : chunk->first + at - chunk->again_count;
		if (was_refused(chunk, &next, position))
			continue;
		if (irl_probe_target(probe, position, &target))
			expect_probe(listener, probe, position);
		else
			skipped++;
	}
	assert_int_equal(next, chunk->refused_count);
	assert_int_equal(chunk->skipped, skipped);
	assert_int_equal(chunk->accepted + chunk->refused_count + skipped, all);
}

/* The chunk, and what of it was refused again until none is; the number of
 * refusals. */
static unsigned expect_all(struct irl_port *port, struct irl_port *listener,
			   const struct irl_probe *probe,
			   struct irl_probe_chunk chunk)
{
	static uint64_t refused[IRL_CHUNK_MAX], again[IRL_CHUNK_MAX];
	unsigned refusals = 0;

	chunk.refused = refused;
	expect_chunk(port, listener, probe, &chunk);
	while (chunk.refused_count) {
		assert_true(chunk.accepted > 0);
		refusals += chunk.refused_count;
		memcpy(again, refused, chunk.refused_count * sizeof(*again));
		chunk = (struct irl_probe_chunk){
		    .again = again,
		    .again_count = chunk.refused_count,
		    .time = STAMP,
		    .refused = refused,
		};
		expect_chunk(port, listener, probe, &chunk);
	}
	return refusals;
}

/* Frames of one kind: a list of positions, then a sequence. */
static void compare_frames(enum irl_tcp_options kind, uint32_t parts)
{
	static const uint64_t again[] = {19, 5, 19999, 0};
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = divided_probe(targets, kind, parts);
	struct irl_port *listener = open_listener();
	struct irl_port *port = open_port("va", NULL, probe);
	unsigned refusals = expect_all(port, listener, probe,
				       (struct irl_probe_chunk){
					   .again = again,
					   .again_count = 4,
					   .first = 3,
					   .count = POSITIONS,
					   .time = STAMP,
				       });
	struct irl_port_stats stats;

	irl_port_stats(port, &stats);
	assert_int_equal(stats.tx_offered, POSITIONS + 4 + refusals);
	assert_int_equal(stats.tx[IRL_TX_ACCEPTED], POSITIONS + 4);
	assert_int_equal(stats.tx_unknown, 0);
	irl_port_close(port);
	irl_port_close(listener);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

static void test_frames(void **state)
{
	(void)state;
	compare_frames(IRL_TCP_OPTIONS_NONE, 0);
	compare_frames(IRL_TCP_OPTIONS_MSS, 0);
	compare_frames(IRL_TCP_OPTIONS_LINUX, 0);
	compare_frames(IRL_TCP_OPTIONS_WINDOWS, 0);
	compare_frames(IRL_TCP_OPTIONS_LINUX, 3);
}

/* An order whose walks are long, and cut short for two targets of three: the
 * kernel gives up where the library does, and counts it. */
static void test_failed_walks(void **state)
{
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = some_probe(targets, IRL_TCP_OPTIONS_MSS);
	struct irl_permutation *order =
	    (struct irl_permutation *)&irl_probe_plan(probe)->order;
	struct irl_port *listener = open_listener(), *port;
	struct irl_port_stats stats;
	struct irl_target target;
	unsigned found = 0, refusals;

	(void)state;
	order->bits = 16;
	order->a = (uint32_t)(order->count >> 16) * 64 + 64;
	port = open_port("va", NULL, probe);
	for (uint64_t i = 0; i < POSITIONS; i++)
		found += irl_probe_target(probe, i, &target);
	assert_in_range(found, POSITIONS / 10, POSITIONS - POSITIONS / 10);
	refusals = expect_all(
	    port, listener, probe,
	    (struct irl_probe_chunk){.count = POSITIONS, .time = STAMP});
	irl_port_stats(port, &stats);
	assert_int_equal(stats.tx_offered, found + refusals);
	assert_int_equal(stats.tx_unknown, 0);
	irl_port_close(port);
	irl_port_close(listener);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

/* Turn a probe's frame into an answer, by flags; 60 bytes. */
static void make_answer(const uint8_t *probe, uint8_t flags, uint8_t *answer)
{
	uint32_t seq;

	memset(answer, 0, 60);
	memcpy(answer, probe + 6, 6);
	memcpy(answer + 6, probe, 6);
	memcpy(answer + 12, "\x08\x00\x45\x00\x00\x28\xab\xcd\x40\x00\x33\x06",
	       12);
	memcpy(answer + 26, probe + 30, 4);
	memcpy(answer + 30, probe + 26, 4);
	memcpy(answer + 34, probe + 36, 2);
	memcpy(answer + 36, probe + 34, 2);
	memcpy(answer + 38, "\x11\x22\x33\x44", 4);
	memcpy(&seq, probe + 38, 4);
	seq = htobe32(be32toh(seq) + 1);
	memcpy(answer + 42, &seq, 4);
	answer[46] = 0x50;
	answer[47] = flags;
	answer[48] = 0x72;
}

/* An ICMP error (3, 1) of 10.9.0.77 that quotes the probe; 70 bytes. */
static void make_icmp(const uint8_t *probe, uint8_t *answer)
{
	memset(answer, 0, 70);
	memcpy(answer, probe + 6, 6);
	memcpy(answer + 6, probe, 6);
	memcpy(answer + 12, "\x08\x00\x45\x00\x00\x38\x00\x00\x00\x00\x40\x01",
	       12);
	memcpy(answer + 26, "\x0a\x09\x00\x4d", 4);
	memcpy(answer + 30, probe + 26, 4);
	memcpy(answer + 34, "\x03\x01", 2);
	memcpy(answer + 42, probe + 14, 28);
}

struct judged {
	uint64_t hits, invalid[IRL_ANSWER_VERDICTS], other;
};

/* What the library says; fills @hits in order. */
static void judge(const struct irl_probe *probe, const struct irl_frame *frame,
		  uint64_t now, struct irl_hit *hits, struct judged *judged)
{
	struct irl_hit hit = {0};
	enum irl_probe_verdict verdict =
	    irl_probe_check(probe, frame->data, frame->length, now, &hit);

	if (verdict == IRL_ANSWER_NOT)
		judged->other++;
	else if (verdict <= IRL_ANSWER_ICMP)
		hits[judged->hits++] = hit;
	else
		judged->invalid[verdict]++;
}

/* Answers of every kind for the probe of @position, some broken by @salt. */
static uint32_t some_answer(const struct irl_probe *probe, uint64_t position,
			    uint32_t time, unsigned salt, uint8_t *answer)
{
	uint8_t frame[IRL_FRAME_MAX];
	struct irl_target target;

	assert_true(irl_probe_target(probe, position, &target));
	irl_probe_make(probe, target, time, frame);
	if (salt % 4 == 3) {
		make_icmp(frame, answer);
		answer[70 - 1 - (salt / 4) % 4] ^= (uint8_t)(salt % 16 == 15);
		return 70;
	}
	make_answer(frame,
		    salt % 4 == 0   ? 0x12
		    : salt % 4 == 1 ? 0x14
				    : 0x12,
		    answer);
	if (salt % 4 == 2) /* forged in one bit of the acknowledgement */
		answer[42 + salt / 4 % 2] ^= (uint8_t)(1u << (salt / 8 % 8));
	if (salt % 32 == 12)
		answer[47] = 0x10; /* a bare ACK answers nothing */
	if (salt % 32 == 16)
		answer[46] = 0x10; /* a header of 4 bytes */
	return 60;
}

static void send_all(struct irl_port *port, const struct irl_frame frames[],
		     unsigned count)
{
	static enum irl_tx_status status[IRL_BATCH_MAX];

	for (unsigned i = 0; i < count; i += 256)
		assert_int_equal(
		    irl_port_send(port, 0, frames + i,
				  count - i < 256 ? count - i : 256, status),
		    count - i < 256 ? count - i : 256);
}

static unsigned take_hits(struct irl_port *port, struct irl_hit *hits,
			  unsigned max, unsigned expected)
{
	double end = lab_now() + 2;
	unsigned n = 0;

	while (n < expected && lab_now() < end)
		n += (unsigned)irl_port_hits(port, hits + n, max - n);
	return n;
}

static void test_verdicts(void **state)
{
	enum { COUNT = 4096 };
	static uint8_t bytes[COUNT][80];
	static struct irl_frame frames[COUNT];
	static struct irl_hit expected[COUNT], hits[COUNT];
	struct irl_steer steer = {
	    .host_addr = HERE, .port_first = 61000, .port_last = 65095};
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = some_probe(targets, IRL_TCP_OPTIONS_MSS);
	struct irl_port *far = open_listener();
	struct irl_port *port = open_port("va", &steer, probe);
	struct judged judged = {0};
	struct irl_port_stats stats;
	struct timespec now;
	uint64_t now_ns;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	for (unsigned i = 0; i < COUNT; i++) {
		frames[i].data = bytes[i];
		frames[i].length = some_answer(
		    probe, i * 3, irl_probe_time(now_ns) - i, i, bytes[i]);
		judge(probe, &frames[i], now_ns, expected, &judged);
	}
	assert_true(judged.hits > COUNT / 2);
	assert_true(judged.invalid[IRL_ANSWER_COOKIE] > COUNT / 8);
	assert_true(judged.invalid[IRL_ANSWER_FLAGS] > 0);
	assert_true(judged.invalid[IRL_ANSWER_FORM] > 0);
	send_all(far, frames, COUNT);
	assert_int_equal(take_hits(port, hits, COUNT, (unsigned)judged.hits),
			 judged.hits);
	for (unsigned i = 0; i < judged.hits; i++) {
		/* the kernel's clock is a little later */
		assert_in_range(hits[i].rtt_ticks, expected[i].rtt_ticks,
				expected[i].rtt_ticks + (5u << 14));
		assert_true(hits[i].time_ns >= now_ns);
		hits[i].rtt_ticks = expected[i].rtt_ticks;
		hits[i].time_ns = expected[i].time_ns;
		assert_memory_equal(&hits[i], &expected[i], sizeof(hits[i]));
	}
	irl_port_stats(port, &stats);
	assert_int_equal(stats.rx_hits, judged.hits);
	assert_int_equal(stats.rx_hits_full, 0);
	for (unsigned v = 0; v < IRL_ANSWER_VERDICTS; v++)
		assert_int_equal(stats.rx_invalid[v], judged.invalid[v]);
	assert_int_equal(stats.rx_frames, stats.rx_ours + stats.rx_host);
	irl_port_close(port);
	irl_port_close(far);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

/* Send all @frames again and again until @count have gone; returns how many. */
static uint64_t flood(struct irl_port *port, const struct irl_frame frames[],
		      uint64_t count)
{
	static enum irl_tx_status status[IRL_BATCH_MAX];
	uint64_t sent = 0;

	while (sent < count) {
		int n = irl_port_send(port, 0, frames, IRL_BATCH_MAX, status);

		assert_true(n >= 0);
		sent += (unsigned)n;
	}
	return sent;
}

static uint64_t take_all_hits(struct irl_port *port)
{
	static struct irl_hit hits[1024];
	uint64_t taken = 0;
	int n;

	while ((n = irl_port_hits(port, hits, 1024)) > 0)
		taken += (unsigned)n;
	return taken;
}

/* More answers than the kernel's buffer holds, and nobody takes them: each one
 * that had no room is counted. */
static void test_hits_full(void **state)
{
	static uint8_t bytes[IRL_BATCH_MAX][80];
	static struct irl_frame frames[IRL_BATCH_MAX];
	struct irl_steer steer = {
	    .host_addr = HERE, .port_first = 61000, .port_last = 65095};
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = some_probe(targets, IRL_TCP_OPTIONS_MSS);
	struct irl_port *far = open_listener();
	struct irl_port *port = open_port("va", &steer, probe);
	struct irl_port_stats stats;
	struct timespec now;
	uint64_t sent;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &now);
	for (unsigned i = 0; i < IRL_BATCH_MAX; i++) {
		frames[i].data = bytes[i];
		frames[i].length = some_answer(
		    probe, i,
		    irl_probe_time((uint64_t)now.tv_sec * 1000000000u), 0,
		    bytes[i]);
	}
	sent = flood(far, frames, IRL_LIVE_HITS + 20000);
	irl_port_stats(port, &stats);
	assert_true(stats.rx_hits_full > 0);
	assert_int_equal(stats.rx_hits + stats.rx_hits_full, sent);
	assert_int_equal(stats.rx_ours, sent);
	assert_int_equal(take_all_hits(port), stats.rx_hits);
	/* There is room again. */
	sent += flood(far, frames, 1);
	irl_port_stats(port, &stats);
	assert_int_equal(stats.rx_hits + stats.rx_hits_full, sent);
	assert_true(take_all_hits(port) > 0);
	irl_port_close(port);
	irl_port_close(far);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

/* A port that probes in the kernel and yet delivers every answer whole. */
static void test_answers_delivered(void **state)
{
	enum { COUNT = 64 };
	static uint8_t bytes[COUNT][80];
	static struct irl_frame frames[COUNT];
	struct irl_steer steer = {
	    .host_addr = HERE, .port_first = 61000, .port_last = 65095};
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = some_probe(targets, IRL_TCP_OPTIONS_LINUX);
	const struct irl_port_options options = {
	    .ifname = "va",
	    .kind = "live",
	    .steer = &steer,
	    .probe = probe,
	    .deliver_answers = true,
	};
	struct irl_port *far = open_listener();
	struct irl_port *port = open_as(&options);
	uint64_t refused[1];
	struct irl_probe_chunk chunk = {
	    .first = 5, .count = 1, .time = STAMP, .refused = refused};

	(void)state;
	assert_true(irl_port_info(port)->caps & IRL_PORT_PROBE);
	assert_int_equal(irl_port_probe(port, 0, &chunk), 1);
	expect_probe(far, probe, 5);
	for (unsigned i = 0; i < COUNT; i++) {
		frames[i].data = bytes[i];
		frames[i].length = some_answer(probe, i * 3, 7, i, bytes[i]);
	}
	send_all(far, frames, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		const struct irl_frame *frame = next_frame(port);

		assert_non_null(frame);
		assert_memory_equal(frame->data, bytes[i], frames[i].length);
	}
	irl_port_close(port);
	irl_port_close(far);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

/* Refused probes come back as positions with their cause. */
static void expect_refused(struct irl_port *port, enum irl_tx_status cause)
{
	static uint64_t refused[IRL_CHUNK_MAX];
	static uint8_t why[IRL_CHUNK_MAX];
	static const uint64_t again[] = {9, 8};
	struct irl_probe_chunk chunk = {.again = again,
					.again_count = 2,
					.first = 100,
					.count = 998,
					.refused = refused,
					.cause = why};

	assert_int_equal(irl_port_probe(port, 0, &chunk), 0);
	assert_int_equal(chunk.refused_count, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(refused[i], i < 2 ? again[i] : 98 + i);
		assert_int_equal(why[i], cause);
	}
}

static void test_refused(void **state)
{
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = some_probe(targets, IRL_TCP_OPTIONS_MSS);
	struct irl_port *port = open_port("va", NULL, probe);
	struct irl_port *far = open_listener();
	struct irl_port_stats stats;

	(void)state;
	lab_enter(lab.there);
	assert_int_equal(lab_run("ip link set vb down"), 0);
	expect_refused(port, IRL_TX_LINK_DOWN);
	assert_int_equal(lab_run("ip link set vb up"), 0);
	lab_enter(lab.here);
	assert_int_equal(lab_run("ip link set va down"), 0);
	expect_refused(port, IRL_TX_LINK_DOWN);
	assert_int_equal(lab_run("ip link set va up"), 0);
	irl_port_stats(port, &stats);
	assert_int_equal(stats.tx[IRL_TX_LINK_DOWN], 2000);
	assert_int_equal(stats.tx_offered, 2000);
	assert_int_equal(stats.tx_unknown, 0);
	irl_port_close(far);
	irl_port_close(port);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

/* A program that no process holds is taken off by the command we name. */
static void test_mend_of_a_forgotten_program(void **state)
{
	const struct bpf_insn pass[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	int program =
	    bpf_prog_load(BPF_PROG_TYPE_XDP, "left", "GPL", pass, 2, NULL);
	struct irl_error err = {0};
	struct irl_port *port;

	(void)state;
	assert_int_equal(bpf_xdp_attach((int)if_nametoindex("va"), program,
					XDP_FLAGS_DRV_MODE, NULL),
			 0);
	close(program);
	assert_int_equal(irl_port_open(&port, &options, &err), -IRL_EBUSY);
	assert_non_null(strstr(err.text, "'ip link set va xdp off'"));
	assert_int_equal(lab_run("ip link set va xdp off"), 0);
	assert_int_equal(irl_port_open(&port, &options, &err), 0);
	irl_port_close(port);
}

/* SIGKILL in mid-run: nothing stays attached, no frame follows. */
static void test_killed(void **state)
{
	struct irl_targets *targets = some_targets();
	struct irl_probe *probe = some_probe(targets, IRL_TCP_OPTIONS_MSS);
	struct irl_port_stats before, after;
	struct irl_port *port, *far;
	int status, listening[2];
	pid_t child;
	double end;
	char byte = 0;

	(void)state;
	assert_int_equal(pipe(listening), 0);
	child = fork(); /* before there are threads: TSan wants it so */
	assert_true(child >= 0);
	if (!child) {
		static uint64_t refused[IRL_CHUNK_MAX];
		struct irl_probe_chunk chunk = {.count = IRL_CHUNK_MAX,
						.refused = refused};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(listening[0], &byte, 1) != 1)
			_exit(1);
		port = open_port("va", NULL, probe);
		for (;;)
			irl_port_probe(port, 0, &chunk);
	}
	far = open_listener();
	assert_int_equal(write(listening[1], &byte, 1), 1);
	close(listening[0]);
	close(listening[1]);
	end = lab_now() + 10;
	do {
		irl_port_stats(far, &before);
	} while (before.rx_ours < 100000 && lab_now() < end);
	assert_true(before.rx_ours >= 100000);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	/* The process is gone; so is the program, at the latest when another
	 * can be attached. */
	port = NULL;
	end = lab_now() + 2;
	while (!port && lab_now() < end) {
		struct irl_port_options options = {.ifname = "va",
						   .kind = "live"};
		irl_port_open(&port, &options, NULL);
	}
	assert_non_null(port);
	/* ours: the host may speak IPv6 at any time */
	irl_port_stats(far, &before);
	usleep(100000);
	irl_port_stats(far, &after);
	assert_int_equal(after.rx_ours, before.rx_ours);
	irl_port_close(port);
	irl_port_close(far);
	irl_probe_free(probe);
	irl_targets_free(targets);
}

/* Frames of another host's larger MTU: none is delivered cut, all counted. */
static void test_longer_than_ours(void **state)
{
	const struct irl_steer steer = {.own = {{HERE, 32}}, .own_count = 1};
	const unsigned length[] = {IRL_FRAME_MAX, 1518, 2048, 2108, 2900};
	struct irl_port *port;
	struct irl_port_stats stats;
	struct irl_frame frames[8];
	uint8_t frame[2900] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45};
	double end = lab_now() + 5;
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	int n = 0, fd;

	(void)state;
	assert_int_equal(lab_run("ip link set va mtu 3000"), 0);
	port = open_port("va", &steer, NULL);
	lab_enter(lab.there);
	assert_int_equal(lab_run("ip link set vb mtu 3000"), 0);
	to.sll_ifindex = (int)if_nametoindex("vb");
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	memcpy(frame + 30, "\x0a\x09\x00\x01", 4);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(sendto(fd, frame, length[i], 0,
					(struct sockaddr *)&to, sizeof(to)),
				 length[i]);
	close(fd);
	lab_enter(lab.here);
	do {
		irl_port_stats(port, &stats);
	} while (stats.rx_ours < 5 && lab_now() < end);
	n = irl_port_recv(port, 0, frames, 8);
	assert_int_equal(n, 1);
	assert_int_equal(frames[0].length, IRL_FRAME_MAX);
	assert_int_equal(stats.rx_ours, 5);
	assert_int_equal(stats.rx_delivered, 1);
	assert_int_equal(stats.rx_too_long, 4);
	irl_port_close(port);
	assert_int_equal(lab_run("ip link set va mtu 1500"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_frames),
	    cmocka_unit_test(test_failed_walks),
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_hits_full),
	    cmocka_unit_test(test_answers_delivered),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_mend_of_a_forgotten_program),
	    cmocka_unit_test(test_killed),
	    cmocka_unit_test(test_longer_than_ours),
	};

	lab = lab_new();
	/* so that either transmits by XDP even while no program is attached to
	 * the other */
	if (lab_run("ethtool -K va gro on"))
		return LAB_SKIPPED;
	lab_enter(lab.there);
	if (lab_run("ethtool -K vb gro on"))
		return LAB_SKIPPED;
	lab_enter(lab.here);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any frame to the check of answers, against a second, slower reading of the
 * rule.  Input: a byte that says whether to mend the frame's cookie, so that
 * valid answers are reached, then the frame.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <irl/probe.h>
#include "cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SOURCE 0x0a000001
#define SOURCES 16
#define PORT_FIRST 40000
#define PORT_LAST 40999
#define NOW_NS 1000000000000ull

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Does a probe to (addr, port) look as claimed, give or take its time? */
static bool was_sent(const struct irl_probe *probe, uint32_t addr,
		     uint16_t port, int64_t local, int64_t local_port,
		     uint32_t seq, int64_t id)
{
	uint8_t frame[80];
	struct cursor c = {frame, irl_probe_length(probe)};
	uint32_t now = irl_probe_time(NOW_NS);

	irl_probe_make(probe, (struct irl_target){addr, port}, 0, frame);
	return field(c, 26, 4) == local && field(c, 34, 2) == local_port &&
	       (id < 0 || field(c, 18, 2) == id) &&
	       now - (seq - (uint32_t)field(c, 38, 4)) < IRL_PROBE_AGE_TICKS;
}

static bool is_source(int64_t local, int64_t port)
{
	return local >= SOURCE && local < SOURCE + SOURCES &&
	       port >= PORT_FIRST && port <= PORT_LAST;
}

static enum irl_probe_verdict expect_tcp(const struct irl_probe *probe,
					 struct cursor ip, struct cursor tcp)
{
	int64_t flags = field(tcp, 13, 1) & 0x17;
	int64_t header = field(tcp, 12, 1) / 16 * 4;
	int64_t local = field(ip, 16, 4), local_port = field(tcp, 2, 2);

	if (tcp.left < 20)
		return IRL_ANSWER_FORM;
	if (!is_source(local, local_port))
		return IRL_ANSWER_NOT;
	if (header < 20 || (size_t)header > tcp.left)
		return IRL_ANSWER_FORM;
	if (flags != 0x12 && flags != 0x14)
		return IRL_ANSWER_FLAGS;
	if (!was_sent(probe, (uint32_t)field(ip, 12, 4),
		      (uint16_t)field(tcp, 0, 2), local, local_port,
		      (uint32_t)field(tcp, 8, 4) - 1, -1))
		return IRL_ANSWER_COOKIE;
	return flags == 0x12 ? IRL_ANSWER_SYNACK : IRL_ANSWER_RST;
}

static enum irl_probe_verdict expect_icmp(const struct irl_probe *probe,
					  struct cursor ip, struct cursor icmp)
{
	struct cursor q = slice(icmp, 8, SIZE_MAX), tcp;
	int64_t type = field(icmp, 0, 1), first = field(q, 0, 1);

	if (icmp.left < 8)
		return IRL_ANSWER_FORM;
	if (type != 3 && type != 4 && type != 5 && type != 11 && type != 12)
		return IRL_ANSWER_NOT;
	if (q.left < 20 || first < 0x45 || first > 0x4f)
		return IRL_ANSWER_FORM;
	if (field(q, 9, 1) != 6 || field(q, 6, 2) % 0x4000 != 0)
		return IRL_ANSWER_NOT;
	tcp = slice(q, (size_t)(first - 0x40) * 4, SIZE_MAX);
	if (tcp.left < 8)
		return IRL_ANSWER_FORM;
	if (field(q, 12, 4) != field(ip, 16, 4) ||
	    !is_source(field(q, 12, 4), field(tcp, 0, 2)))
		return IRL_ANSWER_NOT;
	if (!was_sent(probe, (uint32_t)field(q, 16, 4),
		      (uint16_t)field(tcp, 2, 2), field(q, 12, 4),
		      field(tcp, 0, 2), (uint32_t)field(tcp, 4, 4),
		      field(q, 4, 2)))
		return IRL_ANSWER_COOKIE;
	return IRL_ANSWER_ICMP;
}

static enum irl_probe_verdict expect(const struct irl_probe *probe,
				     struct cursor frame)
{
	struct cursor ip = slice(frame, 14, SIZE_MAX), body;
	int64_t first = field(ip, 0, 1), total = field(ip, 2, 2);
	int64_t local = field(ip, 16, 4), protocol = field(ip, 9, 1);
	int64_t header = (first - 0x40) * 4;

	if (field(frame, 12, 2) != 0x0800)
		return IRL_ANSWER_NOT;
	if (ip.left < 20 || first < 0x45 || first > 0x4f || total < header)
		return IRL_ANSWER_FORM;
	if (local < SOURCE || local >= SOURCE + SOURCES ||
	    (protocol != 1 && protocol != 6) || field(ip, 6, 2) % 0x4000 != 0)
		return IRL_ANSWER_NOT;
	if ((size_t)total > ip.left)
		return IRL_ANSWER_FORM;
	body = slice(ip, (size_t)header, (size_t)(total - header));
	return protocol == 6 ? expect_tcp(probe, ip, body)
			     : expect_icmp(probe, ip, body);
}

static void put(uint8_t *p, uint32_t v, int n)
{
	while (n--) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

/* Make what the frame says of its probe true, where the frame has room. */
static void mend(const struct irl_probe *probe, uint8_t *p, size_t size)
{
	size_t header = size > 14 ? (p[14] & 15u) * 4 : 0, at = 14 + header;
	uint8_t frame[80];
	struct irl_target target;
	struct cursor c = {p, size};

	if (size < at + 12 || header < 20)
		return;
	if (p[23] == 6) {
		target.addr = (uint32_t)field(c, 26, 4);
		target.port = (uint16_t)field(c, at, 2);
		irl_probe_make(probe, target, irl_probe_time(NOW_NS), frame);
		memcpy(p + 30, frame + 26, 4);
		memcpy(p + at + 2, frame + 34, 2);
		put(p + at + 8,
		    (uint32_t)field((struct cursor){frame, 60}, 38, 4) + 1, 4);
	} else if (size >= at + 8 + 60 + 8) {
		uint8_t *q = p + at + 8, *tcp = q + (q[0] & 15u) * 4;

		c = (struct cursor){q, size - at - 8};
		target.addr = (uint32_t)field(c, 16, 4);
		target.port = (uint16_t)field(c, (size_t)(tcp - q) + 2, 2);
		irl_probe_make(probe, target, irl_probe_time(NOW_NS), frame);
		memcpy(p + 30, frame + 26, 4);
		memcpy(q + 4, frame + 18, 2);
		memcpy(q + 12, frame + 26, 4);
		memcpy(tcp, frame + 34, 2);
		memcpy(tcp + 4, frame + 38, 4);
	}
}

static struct irl_probe *make_probe(void)
{
	struct irl_targets *t;
	struct irl_probe *probe;
	struct irl_probe_options o = {.seed = 1,
				      .source_addr = SOURCE,
				      .source_count = SOURCES,
				      .port_first = PORT_FIRST,
				      .port_last = PORT_LAST};

	require(irl_targets_new(&t, NULL) == 0);
	require(irl_targets_ports(t, "1-65535", NULL) == 0);
	require(irl_targets_seal(t, NULL) == 0);
	o.targets = t;
	require(irl_probe_new(&probe, &o, NULL) == 0);
	return probe;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct irl_probe *probe; /* the same for every input */
	enum irl_probe_verdict verdict;
	struct irl_hit hit;
	uint8_t *copy;
	bool mended;

	if (!probe)
		probe = make_probe();
	if (size < 1)
		return 0;
	mended = *data++ & 1;
	size--;
	copy = malloc(size ? size : 1); /* exact, so that overruns are seen */
	require(copy != NULL);
	memcpy(copy, data, size);
	if (mended)
		mend(probe, copy, size);
	verdict = irl_probe_check(probe, copy, (uint32_t)size, NOW_NS, &hit);
	require(verdict == expect(probe, (struct cursor){copy, size}));
	if (verdict >= IRL_ANSWER_SYNACK && verdict <= IRL_ANSWER_ICMP) {
		require(hit.verdict == verdict && hit.time_ns == NOW_NS);
		require(hit.rtt_ticks < IRL_PROBE_AGE_TICKS);
		require(is_source(hit.local, hit.local_port));
		require((hit.icmp_type != 0) == (verdict == IRL_ANSWER_ICMP));
	}
	free(copy);
	return 0;
}

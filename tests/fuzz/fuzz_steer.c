// SPDX-License-Identifier: BSD-2-Clause
/*
 * Steering of any frame, against a second, slower statement of the rule.
 * Input: 8 bytes of configuration, then the frame.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <irl/steer.h>
#include "cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_own(const struct irl_steer *s, int64_t addr)
{
	if (addr < 0)
		return 0;
	for (uint32_t i = 0; i < s->own_count; i++) {
		uint64_t size = 1ull << (32 - s->own[i].length);
		uint64_t first = s->own[i].addr / size * size;

		if ((uint64_t)addr >= first && (uint64_t)addr < first + size)
			return 1;
	}
	return 0;
}

static int is_port(const struct irl_steer *s, int64_t port)
{
	return port >= s->port_first && port <= s->port_last;
}

static int has_ports(int64_t protocol)
{
	return protocol == 6 || protocol == 17;
}

static int expect_icmp(const struct irl_steer *s, struct cursor icmp)
{
	struct cursor ip = slice(icmp, 8, SIZE_MAX);
	int64_t type = field(icmp, 0, 1), first = field(ip, 0, 1);

	if (type != 3 && type != 4 && type != 5 && type != 11 && type != 12)
		return 0;
	if (ip.left < 20 || first < 0x45 || first > 0x4f)
		return 0;
	return has_ports(field(ip, 9, 1)) && field(ip, 6, 2) % 8192 == 0 &&
	       field(ip, 12, 4) == s->host_addr &&
	       is_port(s, field(ip, (size_t)(first - 0x40) * 4, 2));
}

/* ---- IPv6 ---------------------------------------------------------------- */

static const uint8_t zero[16];

/* The address at @at; bit by bit. */
static int is_own6(const struct irl_steer *s, struct cursor c, size_t at)
{
	for (uint32_t i = 0; i < s->own6_count; i++) {
		uint32_t same = 0;

		while (same < 128 &&
		       !((s->own6[i].addr.byte[same / 8] ^ c.p[at + same / 8]) &
			 0x80 >> same % 8))
			same++;
		if (same >= s->own6[i].length)
			return 1;
	}
	return 0;
}

static int is_host6(const struct irl_steer *s, const uint8_t *addr)
{
	return memcmp(s->host_addr6.byte, zero, 16) != 0 &&
	       memcmp(s->host_addr6.byte, addr, 16) == 0;
}

static int expect_asked(const struct irl_steer *s, struct cursor ip)
{
	static const uint8_t group[13] = {0xff, 2, [11] = 1, 0xff};

	return ip.left >= 64 && field(ip, 6, 1) == 58 &&
	       field(ip, 40, 1) == 135 && !memcmp(ip.p + 24, group, 13) &&
	       !memcmp(ip.p + 24 + 13, ip.p + 48 + 13, 3) && is_own6(s, ip, 48);
}

static int expect_icmp6(const struct irl_steer *s, struct cursor icmp)
{
	struct cursor ip = slice(icmp, 8, SIZE_MAX);

	return ip.left >= 42 && icmp.p[0] > 0 && icmp.p[0] < 5 &&
	       ip.p[0] / 16 == 6 && has_ports(ip.p[6]) &&
	       is_host6(s, ip.p + 8) && is_port(s, field(ip, 40, 2));
}

static int expect6(const struct irl_steer *s, struct cursor ip)
{
	struct cursor next = slice(ip, 40, SIZE_MAX);
	int64_t type = field(ip, 6, 1);

	if (ip.left < 40 || ip.p[0] / 16 != 6)
		return 0;
	if (ip.p[24] == 0xff)
		return expect_asked(s, ip);
	if (is_own6(s, ip, 24))
		return 1;
	if (!is_host6(s, ip.p + 24))
		return 0;
	for (unsigned i = 0; i < 2 && (type == 0 || type == 60); i++) {
		if (next.left < 8)
			return 0;
		type = next.p[0];
		next = slice(next, 8 + (size_t)next.p[1] * 8, SIZE_MAX);
	}
	if (type == 58)
		return expect_icmp6(s, next);
	return has_ports(type) && is_port(s, field(next, 2, 2));
}

static int expect(const struct irl_steer *s, struct cursor frame)
{
	int64_t type = field(frame, 12, 2), first, to;
	struct cursor body = slice(frame, 14, SIZE_MAX);
	size_t header;

	if (type == 0x806)
		return field(body, 0, 6) == 0x000108000604 &&
		       is_own(s, field(body, 24, 4));
	if (type == 0x86dd)
		return expect6(s, body);
	first = field(body, 0, 1);
	to = field(body, 16, 4);
	if (type != 0x800 || to < 0 || first < 0x40 || first > 0x4f)
		return 0;
	if (is_own(s, to))
		return 1;
	header = (size_t)(first - 0x40) * 4;
	if (s->host_addr == 0 || to != s->host_addr || header < 20 ||
	    field(body, 6, 2) % 16384 != 0)
		return 0;
	if (field(body, 9, 1) == 1)
		return expect_icmp(s, slice(body, header, SIZE_MAX));
	return has_ports(field(body, 9, 1)) &&
	       is_port(s, field(body, header + 2, 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct irl_steer s = {
	    .host_addr = 0x0a000001, .port_first = 40000, .port_last = 49999};
	struct cursor frame;
	uint8_t *copy;
	int ours;

	if (size < 8)
		return 0;
	s.own_count = data[0] % 3;
	s.own[0] = (struct irl_prefix4){0x0a010000u | (uint32_t)data[1] << 8,
					data[2] % 33};
	s.own[1] = (struct irl_prefix4){0x0a020000u | (uint32_t)data[3] << 8,
					data[4] % 33};
	if (data[5] & 1)
		s.host_addr = 0;
	s.own6_count = data[6] % 3;
	s.own6[0] = (struct irl_prefix6){{{0xfd, 1}}, data[7] % 129};
	s.own6[1] = (struct irl_prefix6){
	    {{0xfd, [13] = 0xab, [14] = 0xcd, [15] = 0xef}}, 128};
	if (!(data[5] & 2))
		s.host_addr6 = s.own6[1].addr;
	size -= 8;
	copy = malloc(size ? size : 1); /* exact, so that overruns are seen */
	if (!copy)
		return 0;
	memcpy(copy, data + 8, size);
	frame = (struct cursor){copy, size};
	ours = irl_steer_match(&s, copy, (uint32_t)size) == IRL_STEER_OURS;
	if (ours != expect(&s, frame))
		abort();
	free(copy);
	return 0;
}

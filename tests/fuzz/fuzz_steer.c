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

static int expect(const struct irl_steer *s, struct cursor frame)
{
	int64_t type = field(frame, 12, 2), first, to;
	struct cursor body = slice(frame, 14, SIZE_MAX);
	size_t header;

	if (type == 0x806)
		return field(body, 0, 6) == 0x000108000604 &&
		       is_own(s, field(body, 24, 4));
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

// SPDX-License-Identifier: BSD-2-Clause
#include <irl/steer.h>
#include "steer/parts.h"

enum irl_steer_verdict irl_steer_match(const struct irl_steer *steer,
				       const void *frame, uint32_t length)
{
	return irl_steer_core(steer, frame, (const uint8_t *)frame + length);
}

struct irl_steer_parts irl_steer_parts(const struct irl_steer *steer,
				       unsigned queues)
{
	struct irl_steer_parts parts = {.count = 65536};

	if (steer && steer->port_last) {
		parts.first = steer->port_first;
		parts.count =
		    steer->port_last < steer->port_first
			? 1
			: (uint32_t)(steer->port_last - steer->port_first + 1);
	}
	parts.scale =
	    (((uint64_t)queues << 32) + parts.count - 1) / parts.count;
	return parts;
}

unsigned irl_steer_queue(const struct irl_steer *steer, unsigned queues,
			 const void *frame, uint32_t length)
{
	const struct irl_steer_parts parts = irl_steer_parts(steer, queues);

	if (length < 14)
		return 0;
	return irl_steer_part_of(
	    &parts,
	    irl_steer_local_port(frame, (const uint8_t *)frame + length));
}

bool irl_steer_ports(const struct irl_steer *steer, unsigned queues,
		     unsigned queue, uint16_t *first, uint16_t *last)
{
	const struct irl_steer_parts parts = irl_steer_parts(steer, queues);
	uint32_t from = (queue * parts.count + queues - 1) / queues;
	uint32_t to = ((queue + 1) * parts.count + queues - 1) / queues;

	*first = (uint16_t)(parts.first + from);
	*last = (uint16_t)(parts.first + to - 1);
	return from < to;
}

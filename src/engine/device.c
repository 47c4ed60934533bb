// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "engine/device.h"

uint64_t irl_device_short(const struct irl_device *before,
			  const struct irl_device *after, uint64_t accepted)
{
	uint64_t counted = after->tx_frames - before->tx_frames;

	if (!strcmp(after->kind, "tun"))
		counted += after->queue_length;
	else if (strcmp(after->kind, "veth"))
		return 0;
	return counted < accepted ? accepted - counted : 0;
}

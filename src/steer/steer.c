// SPDX-License-Identifier: BSD-2-Clause
#include <irl/steer.h>
#include "steer/core.h"

enum irl_steer_verdict irl_steer_match(const struct irl_steer *steer,
				       const void *frame, uint32_t length)
{
	return irl_steer_core(steer, frame, (const uint8_t *)frame + length);
}

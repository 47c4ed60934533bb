/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way between a client and the server in user space, per flow: how long,
 * and what happens to each frame on it.  Draws follow from the seed, the flow
 * and the count of its frames.
 */
#ifndef IRL_WORLD_PATH_H
#define IRL_WORLD_PATH_H

#include "world/core.h"

enum irl_path_way {
	IRL_PATH_IN,
	IRL_PATH_OUT,
};

/* One flow's; zero it to begin, and set key. */
struct irl_path {
	uint64_t key;
	uint32_t frames;
	uint8_t begun, bad; /* a bit for each way: in a burst? (Gilbert) */
};

struct irl_path_fate {
	bool lost, copied, late;
	uint64_t delay_ns, copy_delay_ns;
};

/* Does anything at all happen on the way? */
bool irl_path_is_plain(const struct irl_world_model *model);

/* There and back, from rtt_min_us to rtt_max_us: a mean of four draws between
 * their logarithms, so a bell on a logarithmic scale. */
uint64_t irl_world_rtt_ns(const struct irl_world_model *model, uint32_t addr);

/* What becomes of the flow's next frame; @rtt_ns of its address. */
struct irl_path_fate irl_path_draw(const struct irl_world_model *model,
				   struct irl_path *path, enum irl_path_way way,
				   uint64_t rtt_ns);

#endif

// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "bench/frames.h"
#include "bench/send_port.h"
#include "bench/stage.h"

void *bench_port_frames(const struct bench_sender_options *options)
{
	struct bench_frames *frames = malloc(sizeof(*frames));

	if (frames)
		bench_frames_init(frames, options->length,
				  options->stage->near_mac,
				  options->stage->far_mac);
	return frames;
}

void bench_port_frames_write(void *frames, const struct irl_frame to[],
			     unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bench_frames_write(frames, to[i].data);
}

const struct bench_sender bench_live = BENCH_PORT_SENDER("live", "live");
const struct bench_sender bench_packet = BENCH_PORT_SENDER("packet", "packet");

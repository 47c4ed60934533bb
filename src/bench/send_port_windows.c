// SPDX-License-Identifier: BSD-2-Clause
#include <stdlib.h>
#include "bench/peer_windows.h"
#include "bench/send_port.h"
#include "bench/senders_windows.h"

void *bench_port_frames(const struct bench_sender_options *options)
{
	const struct bench_peer *peer = options->peer;
	struct bench_datagrams *frames = malloc(sizeof(*frames));

	if (frames)
		bench_datagrams_init(frames, options->length, peer->near_mac,
				     peer->far_mac, peer->near_addr,
				     &peer->range);
	return frames;
}

void bench_port_frames_write(void *frames, const struct irl_frame to[],
			     unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bench_datagrams_write(frames, to[i].data);
}

const struct bench_sender bench_irlstack =
    BENCH_PORT_SENDER("irlstack", "windows");
const struct bench_sender bench_xdpwin = BENCH_PORT_SENDER("xdpwin", "xdpwin");

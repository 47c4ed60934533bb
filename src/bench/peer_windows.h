/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The far end of a cable (bench/far.h), as who asks it knows it.  There is none
 * unless a person has named it, it has answered in our own words, and the link
 * leads nowhere else: so no stranger ever gets a frame.
 *
 * One thread.
 */
#ifndef IRL_BENCH_PEER_WINDOWS_H
#define IRL_BENCH_PEER_WINDOWS_H

#include "bench/bench.h"
#include "bench/channel.h"
#include "bench/far.h"

struct bench_peer {
	struct bench_channel channel;
	uint32_t near_addr, far_addr; /* host byte order */
	uint8_t near_mac[6], far_mac[6];
	unsigned ifindex;
	char ifname[16];          /* its index, in digits */
	char guid[48];            /* "{...}" */
	struct bench_range range; /* what the far end owns */
	bool routed;              /* the system sends to @range by the peer */
};

/**
 * Ask @address.  -IRL_EINVAL: it was not named, or is somebody's;
 * -IRL_ENEIGH: no far end answers; -IRL_EPERM: the link has a way out.
 */
int bench_peer_open(struct bench_peer *peer, const char *address,
		    struct irl_error *err);
void bench_peer_close(struct bench_peer *peer);

/* What has come to it since it was asked first. */
int bench_peer_count(struct bench_peer *peer, struct bench_far_count *out);
/* Once frames and full have reached @expected, or nothing more comes. */
int bench_peer_settled(struct bench_peer *peer, uint64_t expected,
		       struct bench_far_count *out);

/* -IRL_ENOTSUP, with the mend, unless peer->routed. */
int bench_peer_need_route(const struct bench_peer *peer, struct irl_error *err);

/* The calling thread runs on @core from now on. */
int bench_pin(unsigned core, struct irl_error *err);

#endif

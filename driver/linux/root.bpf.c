// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The root: attached while several live ports share an interface.  A received
 * frame goes from one's program to the next's until one claims it; a test run,
 * which is cheap for what is attached only, goes to the program of its lane.
 */
#include "share.bpf.h"

SEC("xdp.frags")
int irl_root(struct xdp_md *ctx)
{
	if (ctx->ingress_ifindex == LIVE_LOOPBACK) {
		uint32_t lane = (ctx->data - ctx->data_meta) / 4 - 1;

		if (lane < SHARE_LANES)
			bpf_tail_call(ctx, &live_share, SHARE_HOLDERS + lane);
		return XDP_DROP;
	}
	SHARE_PASS_ON(ctx, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";

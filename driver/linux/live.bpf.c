// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0
/*
 * The live port's one program per interface: transmit, steer, receive, probe.
 *
 * It is attached to the interface, and the same program is test-run with live
 * frames to send: being attached, a run costs 9 us and not 1.4 ms (the kernel
 * need not patch its dispatcher).  Test runs come in by the loopback of the
 * namespace, received frames by the interface.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

#include "live.bpf.h"
#include "transmit.bpf.h"
#include "ledger.bpf.h"
#include "receive.bpf.h"

/* Frags: so that interfaces with a long MTU take the program. */
SEC("xdp.frags")
int irl_live(struct xdp_md *ctx)
{
	if (ctx->ingress_ifindex == LIVE_LOOPBACK)
		return transmit(ctx);
	return receive(ctx);
}

char _license[] SEC("license") = "Dual BSD/GPL";

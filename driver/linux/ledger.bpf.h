/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * What became of each frame.  A redirected frame waits in the CPU's bulk; the
 * driver takes the first `sent` of a bulk and refuses the rest, silently but
 * for this trace point.  Program, bulk and flush run on one CPU with softirqs
 * off, so the pending frames of this CPU are exactly the bulk.
 */
#ifndef IRL_LEDGER_BPF_H
#define IRL_LEDGER_BPF_H

#include "live.bpf.h"

struct bpf_prog;
struct net_device {
	int ifindex;
} __attribute__((preserve_access_index));

ALWAYS_INLINE void refuse(struct live_tx *tx, uint64_t what, uint32_t cause)
{
	uint32_t n = tx->refused_count;

	if (n < IRL_CHUNK_MAX) {
		tx->refused[n] = what;
		tx->cause[n] = (uint8_t)cause;
		tx->refused_count = n + 1;
	}
}

ALWAYS_INLINE uint32_t cause_of(int err)
{
	switch (err) {
	case 0: /* veth and tap: ring full */
	case -ENOSPC:
	case -EBUSY:
	case -EAGAIN:
	case -ENOBUFS:
		return IRL_TX_FULL;
	case -ENETDOWN:
	case -ENXIO: /* veth: the peer is down */
		return IRL_TX_LINK_DOWN;
	case -ENODEV:
		return IRL_TX_GONE;
	case -EMSGSIZE:
		return IRL_TX_LENGTH;
	default:
		return IRL_TX_REFUSED;
	}
}

/* The queue whose frames are pending on this CPU. */
ALWAYS_INLINE struct live_tx *pending_here(void)
{
	uint32_t cpu = bpf_get_smp_processor_id();

	for (uint32_t q = 0; q < IRL_QUEUES_MAX; q++) {
		uint32_t key = q;
		struct live_tx *tx = bpf_map_lookup_elem(&live_tx_map, &key);

		if (!tx)
			return 0;
		/* head before cpu: they are written in the other order */
		if (*(volatile uint32_t *)&tx->head !=
			*(volatile uint32_t *)&tx->tail &&
		    *(volatile uint32_t *)&tx->cpu == cpu)
			return tx;
	}
	return 0;
}

SEC("tp_btf/xdp_devmap_xmit")
int BPF_PROG(irl_xmit, const struct net_device *from,
	     const struct net_device *to, int sent, int drops, int err)
{
	struct live_tx *tx;

	if ((uint32_t)to->ifindex != live_ifindex)
		return 0;
	tx = pending_here();
	if (!tx)
		return 0;
	if ((uint32_t)(sent + drops) > tx->head - tx->tail) {
		tx->stray += (uint32_t)(sent + drops); /* not our frames */
		return 0;
	}
	tx->accepted += (uint32_t)sent;
	tx->tail += (uint32_t)sent;
	for (int i = 0; i < (int)LIVE_PENDING && i < drops; i++)
		refuse(tx, tx->pending[tx->tail++ % LIVE_PENDING],
		       cause_of(err));
	return 0;
}

/* Not even put into the bulk: the newest pending frame. */
SEC("tp_btf/xdp_redirect_err")
int BPF_PROG(irl_redirect_err, const struct net_device *from,
	     const struct bpf_prog *program, const void *target, int err,
	     int type, uint32_t map, uint32_t index)
{
	struct live_tx *tx;

	if (from->ifindex != LIVE_LOOPBACK)
		return 0;
	tx = pending_here();
	if (tx)
		refuse(tx, tx->pending[--tx->head % LIVE_PENDING],
		       cause_of(err));
	return 0;
}

#endif

// SPDX-License-Identifier: BSD-2-Clause
#include "port/counters.h"

int irl_count_batch(struct irl_port_counters *counters,
		    const struct irl_frame frames[], unsigned count,
		    const enum irl_tx_status status[])
{
	uint64_t by_status[IRL_TX_STATUSES] = {0}, bytes = 0;

	for (unsigned i = 0; i < count; i++) {
		by_status[status[i]]++;
		if (status[i] == IRL_TX_ACCEPTED)
			bytes += frames[i].length;
	}
	for (unsigned s = 0; s < IRL_TX_STATUSES; s++)
		if (by_status[s])
			irl_count(&counters->tx[s], by_status[s]);
	irl_count(&counters->tx_bytes, bytes);
	irl_count(&counters->tx_offered, count);
	return (int)by_status[IRL_TX_ACCEPTED];
}

void irl_counters_add(const struct irl_port_counters *counters,
		      struct irl_port_stats *out)
{
	out->tx_offered += irl_counted(&counters->tx_offered);
	for (unsigned s = 0; s < IRL_TX_STATUSES; s++)
		out->tx[s] += irl_counted(&counters->tx[s]);
	out->tx_bytes += irl_counted(&counters->tx_bytes);
	out->rx_frames += irl_counted(&counters->rx_frames);
	out->rx_ours += irl_counted(&counters->rx_ours);
	out->rx_host += irl_counted(&counters->rx_host);
	out->rx_delivered += irl_counted(&counters->rx_delivered);
	out->rx_full += irl_counted(&counters->rx_full);
	out->rx_too_long += irl_counted(&counters->rx_too_long);
}

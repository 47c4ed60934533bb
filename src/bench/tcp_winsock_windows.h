/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_BENCH_TCP_WINSOCK_WINDOWS_H
#define IRL_BENCH_TCP_WINSOCK_WINDOWS_H

#include "bench/peer_windows.h"
#include "bench/tcp.h"

/* ConnectEx and a completion port; each to another address of @to.  Adds a
 * sample to @row, tells the number of exchanges. */
int bench_tcp_winsock(struct bench_row *row, const struct bench_peer *peer,
		      const struct bench_range *to, uint32_t outstanding,
		      double seconds, uint64_t *done, struct irl_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Contenders on Windows (bench/sender.h); all send to bench_peer's. */
#ifndef IRL_BENCH_SENDERS_WINDOWS_H
#define IRL_BENCH_SENDERS_WINDOWS_H

#include "bench/sender.h"

/* "_one": all to the peer's address; else each to another of its range. */
extern const struct bench_sender bench_irlstack, bench_xdpwin, bench_sendto,
    bench_sendto_one, bench_wsasendto, bench_wsasendto_one, bench_rio,
    bench_rio_one, bench_pcap_sendpacket, bench_pcap_sendqueue;

#endif

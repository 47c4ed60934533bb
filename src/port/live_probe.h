/* SPDX-License-Identifier: BSD-2-Clause */
/* The in-kernel probe's plan and tables, into the live program. */
#ifndef IRL_PORT_LIVE_PROBE_H
#define IRL_PORT_LIVE_PROBE_H

#include <stdbool.h>
#include <irl/probe.h>

struct live;

/* The buffer of hits; each takes 8 bytes of the kernel's besides. */
#define IRL_LIVE_HITS_BYTES (64u << 20)
#define IRL_LIVE_HITS (IRL_LIVE_HITS_BYTES / (sizeof(struct irl_hit) + 8))

/* Before loading: constants and table sizes; @probe may be NULL.
 * @judge  answers in the kernel */
int irl_live_prepare_probe(struct live *bpf, const struct irl_probe *probe,
			   bool judge);
/* After loading: copy the tables. */
int irl_live_fill_probe(struct live *bpf, const struct irl_probe *probe);

#endif

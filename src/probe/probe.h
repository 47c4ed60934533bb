/* SPDX-License-Identifier: BSD-2-Clause */
/* A probe's inside, for whoever runs it elsewhere (in the kernel). */
#ifndef IRL_PROBE_PROBE_H
#define IRL_PROBE_PROBE_H

#include <irl/probe.h>

struct irl_probe_plan; /* src/probe/core.h */

/* What probes offer in their options. */
#define IRL_PROBE_MSS 1460
#define IRL_PROBE_MSS6 1440
#define IRL_PROBE_SCALE_LINUX 7
#define IRL_PROBE_SCALE_WINDOWS 8
/* Their timestamps are below this. */
#define IRL_PROBE_STAMPS (1u << 27)

#define IRL_PROBE_OPTIONS_MAX 20
/** The options of a SYN of that kind, into @options, with the MSS that fits the
 * family and that timestamp where it has one; their length. */
uint32_t irl_probe_syn(enum irl_tcp_options kind, bool ipv6, uint32_t stamp,
		       uint8_t options[IRL_PROBE_OPTIONS_MAX],
		       uint16_t *window);

/** Plain data; belongs to the probe and never changes. */
const struct irl_probe_plan *irl_probe_plan(const struct irl_probe *probe);
/** The set that the probe was made with; its tables: src/target/tables.h. */
const struct irl_targets *irl_probe_targets(const struct irl_probe *probe);

#endif

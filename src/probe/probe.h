/* SPDX-License-Identifier: BSD-2-Clause */
/* A probe's inside, for whoever runs it elsewhere (in the kernel). */
#ifndef IRL_PROBE_PROBE_H
#define IRL_PROBE_PROBE_H

#include <irl/probe.h>

struct irl_probe_plan; /* src/probe/core.h */

/* What probes offer in their options. */
#define IRL_PROBE_SCALE_LINUX 7
#define IRL_PROBE_SCALE_WINDOWS 8
/* Their timestamps are below this. */
#define IRL_PROBE_STAMPS (1u << 27)

/** The longest segment that a link takes (RFC 9293, 3.7.1).
 * @mtu  0: 1,500, which it is at most; at least 576 */
uint16_t irl_probe_mss(uint32_t mtu, bool ipv6);

#define IRL_PROBE_OPTIONS_MAX 20
/** The options of a SYN of that kind, into @options, with that MSS and that
 * timestamp where it has them; their length. */
uint32_t irl_probe_syn(enum irl_tcp_options kind, uint16_t mss, uint32_t stamp,
		       uint8_t options[IRL_PROBE_OPTIONS_MAX],
		       uint16_t *window);

/** Plain data; belongs to the probe and never changes. */
const struct irl_probe_plan *irl_probe_plan(const struct irl_probe *probe);
/** The set that the probe was made with; its tables: src/target/tables.h. */
const struct irl_targets *irl_probe_targets(const struct irl_probe *probe);

#endif

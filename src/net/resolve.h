/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IRL_NET_RESOLVE_H
#define IRL_NET_RESOLVE_H

#include <irl/net.h>

/* As irl_ip_resolve; adds to *@taken the frames that it took from the port. */
int net_resolve(struct irl_port *port, const struct irl_ip *source,
		const uint8_t source_mac[6], const struct irl_ip *target,
		uint8_t mac[6], uint64_t *taken, struct irl_error *err);

#endif

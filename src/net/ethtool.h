/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver says of its device: by ioctl, which works in any namespace.
 */
#ifndef IRL_NET_ETHTOOL_H
#define IRL_NET_ETHTOOL_H

#include <stdbool.h>
#include <stdint.h>

struct net_driver {
	char name[32], version[32];
};
/* 0 or -errno, as the others below. */
int net_ethtool_driver(const char *interface, struct net_driver *out);

/* Mbit/s; 0: unknown. */
uint32_t net_ethtool_speed(const char *interface);

struct net_channels {
	unsigned rx, tx; /* combined ones counted in both */
	unsigned most_rx, most_tx;
	bool combined; /* they come in pairs */
};
int net_ethtool_channels(const char *interface, struct net_channels *out);

/* Offloads that XDP or receive order suffer from. */
struct net_offloads {
	bool lro, gro_hw, vlan_strip;
};
int net_ethtool_offloads(const char *interface, struct net_offloads *out);

#endif

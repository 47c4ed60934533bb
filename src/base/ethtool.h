/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver says of its device: by ioctl, which works in any namespace.
 */
#ifndef IRL_BASE_ETHTOOL_H
#define IRL_BASE_ETHTOOL_H

#include <stdbool.h>
#include <stdint.h>

struct irl_ethtool_driver {
	char name[32], version[32];
};
/* 0 or -errno, as the others below. */
int irl_ethtool_driver(const char *interface, struct irl_ethtool_driver *out);

/* Mbit/s; 0: unknown. */
uint32_t irl_ethtool_speed(const char *interface);

struct irl_ethtool_channels {
	unsigned rx, tx; /* combined ones counted in both */
	unsigned most_rx, most_tx;
	bool combined; /* they come in pairs */
};
int irl_ethtool_channels(const char *interface,
			 struct irl_ethtool_channels *out);

/* Offloads that XDP or receive order suffer from. */
struct irl_ethtool_offloads {
	bool lro, gro_hw, vlan_strip;
};
int irl_ethtool_offloads(const char *interface,
			 struct irl_ethtool_offloads *out);

#endif

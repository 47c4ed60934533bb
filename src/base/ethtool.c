// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/ethtool.h"

static int ask(const char *interface, void *question)
{
	struct ifreq request = {.ifr_data = question};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	result = ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
	close(fd);
	return result;
}

int irl_ethtool_driver(const char *interface, struct irl_ethtool_driver *out)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int result = ask(interface, &info);

	memset(out, 0, sizeof(*out));
	if (result < 0)
		return result;
	snprintf(out->name, sizeof(out->name), "%.31s", info.driver);
	snprintf(out->version, sizeof(out->version), "%.31s", info.version);
	return 0;
}

uint32_t irl_ethtool_speed(const char *interface)
{
	struct ethtool_cmd link = {.cmd = ETHTOOL_GSET};
	uint32_t speed;

	/* the older question: its answer is of fixed size */
	if (ask(interface, &link) < 0)
		return 0;
	speed = ethtool_cmd_speed(&link);
	return speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
}

int irl_ethtool_channels(const char *interface,
			 struct irl_ethtool_channels *out)
{
	struct ethtool_channels have = {.cmd = ETHTOOL_GCHANNELS};
	int result = ask(interface, &have);

	memset(out, 0, sizeof(*out));
	if (result < 0)
		return result;
	out->rx = have.rx_count + have.combined_count;
	out->tx = have.tx_count + have.combined_count;
	out->most_rx = have.max_rx + have.max_combined;
	out->most_tx = have.max_tx + have.max_combined;
	out->combined = have.combined_count != 0;
	return 0;
}

/* ---- features, by their names ------------------------------------------ */

static unsigned count_features(const char *interface)
{
	/* the head is followed by a count for each bit of its mask */
	union {
		struct ethtool_sset_info head;
		uint8_t
		    room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} set = {
	    {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
	uint32_t count;

	if (ask(interface, &set) < 0 || !set.head.sset_mask)
		return 0;
	memcpy(&count, set.room + sizeof(set.head), sizeof(count));
	return count < 1024 ? count : 1024;
}

static bool is_active(const struct ethtool_gstrings *names,
		      const struct ethtool_gfeatures *features,
		      const char *name)
{
	const char *each = (const char *)names->data;

	for (unsigned i = 0; i < names->len; i++, each += ETH_GSTRING_LEN)
		if (!strncmp(each, name, ETH_GSTRING_LEN))
			return features->features[i / 32].active >> i % 32 & 1;
	return false;
}

int irl_ethtool_offloads(const char *interface,
			 struct irl_ethtool_offloads *out)
{
	unsigned n = count_features(interface), words = (n + 31) / 32;
	struct ethtool_gstrings *names;
	struct ethtool_gfeatures *features;
	int result = -ENOMEM;

	memset(out, 0, sizeof(*out));
	if (n == 0)
		return -EOPNOTSUPP;
	names = calloc(1, sizeof(*names) + (size_t)n * ETH_GSTRING_LEN);
	features = calloc(1, sizeof(*features) +
				 words * sizeof(features->features[0]));
	if (!names || !features)
		goto free_both;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = n;
	features->cmd = ETHTOOL_GFEATURES;
	features->size = words;
	result = ask(interface, names);
	if (result == 0)
		result = ask(interface, features);
	if (result < 0)
		goto free_both;
	out->lro = is_active(names, features, "rx-lro");
	out->gro_hw = is_active(names, features, "rx-gro-hw");
	out->vlan_strip = is_active(names, features, "rx-vlan-hw-parse");
free_both:
	free(names);
	free(features);
	return result;
}

// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include "port/port.h"

/*
 * By ioctl alone: a mounted sysfs shows the network namespace it was mounted
 * in, which is not ours after setns().
 */

/* The mask of link modes of ETHTOOL_GLINKSETTINGS follows the struct. */
#define LINK_MODE_WORDS 127

/* Mbit/s, or 0 where there is none: down, virtual, or not told. */
static uint32_t link_mbps(int fd, struct ifreq *request)
{
	union {
		struct ethtool_link_settings head;
		uint32_t room[sizeof(struct ethtool_link_settings) / 4 +
			      3 * LINK_MODE_WORDS];
	} link = {.head.cmd = ETHTOOL_GLINKSETTINGS};

	/* First call: the kernel says, negated, how many words it has. */
	request->ifr_data = (char *)&link;
	if (ioctl(fd, SIOCETHTOOL, request) < 0 ||
	    link.head.link_mode_masks_nwords >= 0)
		return 0;
	link.head.link_mode_masks_nwords =
	    (int8_t)-link.head.link_mode_masks_nwords;
	link.head.cmd = ETHTOOL_GLINKSETTINGS;
	if (ioctl(fd, SIOCETHTOOL, request) < 0 ||
	    link.head.speed == (uint32_t)SPEED_UNKNOWN)
		return 0;
	return link.head.speed;
}

/*
 * veth and tun say 10 Gbit/s because they must say something.  Nothing paces
 * them, so their speed is unknown.
 */
static bool is_virtual(int fd, struct ifreq *request)
{
	static const char *const names[] = {"veth", "tun", "bridge", "dummy"};
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};

	request->ifr_data = (char *)&driver;
	if (ioctl(fd, SIOCETHTOOL, request) < 0)
		return true;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(driver.driver, names[i]))
			return true;
	return false;
}

static int describe(struct irl_port_info *info, int fd, struct ifreq *request,
		    struct irl_error *err)
{
	const char *name = info->ifname;

	if (ioctl(fd, SIOCGIFINDEX, request) < 0)
		return irl_error_set(
		    err, IRL_ENODEV,
		    "%s: no such interface here; `ip link` lists them", name);
	info->ifindex = (unsigned)request->ifr_ifindex;
	if (ioctl(fd, SIOCGIFMTU, request) < 0)
		return irl_error_errno(err, errno, "%s: MTU", name);
	info->mtu = (unsigned)request->ifr_mtu;
	if (info->mtu > IRL_FRAME_MAX - IRL_FRAME_MIN)
		info->mtu = IRL_FRAME_MAX - IRL_FRAME_MIN;
	if (ioctl(fd, SIOCGIFHWADDR, request) < 0)
		return irl_error_errno(err, errno, "%s: address", name);
	/* ARPHRD_ETHER; loopback has Ethernet frames as well */
	if (request->ifr_hwaddr.sa_family != 1 &&
	    request->ifr_hwaddr.sa_family != 772)
		return irl_error_set(err, IRL_ENOTSUP,
				     "%s is not an Ethernet interface", name);
	memcpy(info->mac, request->ifr_hwaddr.sa_data, sizeof(info->mac));
	info->link_bps = is_virtual(fd, request)
			     ? 0
			     : (uint64_t)link_mbps(fd, request) * 1000000;
	return 0;
}

int irl_port_describe(struct irl_port_info *info, const char *interface,
		      struct irl_error *err)
{
	struct ifreq request = {0};
	int fd, rc;

	if (!interface || !*interface || strlen(interface) >= IFNAMSIZ)
		return irl_error_set(err, IRL_ENODEV,
				     "\"%s\" is not the name of an interface",
				     interface ? interface : "");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return irl_error_errno(err, errno, "socket");
	strcpy(request.ifr_name, interface);
	strcpy(info->ifname, interface);
	rc = describe(info, fd, &request, err);
	close(fd);
	return rc;
}

// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "port/groups.h"
#include "wire/ndp.h"

/* The kernel's stack joins it where the host speaks IPv6. */
static const uint8_t all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};

/* An address's group is named by its last 24 bits: how many a prefix has. */
static uint32_t groups_of(const struct irl_prefix6 *own)
{
	return own->length <= 104 ? 1u << 24 : 1u << (128 - own->length);
}

static uint32_t count_groups(const struct irl_steer *steer)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < steer->own6_count; i++)
		sum += groups_of(&steer->own6[i]);
	return sum;
}

static int join_card(int fd, unsigned ifindex, uint16_t type,
		     const uint8_t mac[6])
{
	struct packet_mreq request = {
	    .mr_ifindex = (int)ifindex, .mr_type = type, .mr_alen = 6};

	if (mac)
		memcpy(request.mr_address, mac, 6);
	return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request,
			  sizeof(request));
}

/* The kernel's stack says so on the link; a host without IPv6 there cannot. */
static void join_host(int fd, unsigned ifindex, const uint8_t group[16])
{
	struct ipv6_mreq request = {.ipv6mr_interface = ifindex};

	memcpy(&request.ipv6mr_multiaddr, group, 16);
	setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request,
		   sizeof(request));
}

static int join_prefix(const struct irl_groups *g,
		       const struct irl_prefix6 *own, unsigned ifindex)
{
	uint32_t count = groups_of(own);
	uint8_t addr[16], group[16], mac[6];

	memcpy(addr, own->addr.byte, sizeof(addr));
	/* fewer than 256, and the prefix begins at a multiple of them */
	addr[15] &= (uint8_t) ~(count - 1);
	for (uint32_t i = 0; i < count; i++, addr[15]++) {
		irl_ndp_group(addr, group);
		irl_ndp_group_mac(group, mac);
		if (join_card(g->card, ifindex, PACKET_MR_MULTICAST, mac))
			return -errno;
		if (g->host >= 0)
			join_host(g->host, ifindex, group);
	}
	return 0;
}

int irl_groups_join(struct irl_groups *out, const struct irl_steer *steer,
		    unsigned ifindex, struct irl_error *err)
{
	int rc = 0;

	*out = (struct irl_groups){-1, -1};
	if (!steer || !steer->own6_count)
		return 0;
	/* Protocol 0: a packet socket that receives nothing. */
	out->card = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (out->card < 0)
		return irl_error_errno(err, errno, "AF_PACKET socket");
	if (count_groups(steer) > IRL_GROUPS_MAX) {
		if (join_card(out->card, ifindex, PACKET_MR_ALLMULTI, NULL))
			rc = -errno;
	} else {
		out->host = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (join_card(out->card, ifindex, PACKET_MR_MULTICAST,
			      all_nodes))
			rc = -errno;
		for (uint32_t i = 0; !rc && i < steer->own6_count; i++)
			rc = join_prefix(out, &steer->own6[i], ifindex);
	}
	return rc ? irl_error_errno(err, -rc,
				    "cannot receive the multicast groups of "
				    "own IPv6 addresses")
		  : 0;
}

void irl_groups_leave(struct irl_groups *groups)
{
	if (groups->card >= 0)
		close(groups->card);
	if (groups->host >= 0)
		close(groups->host);
	*groups = (struct irl_groups){-1, -1};
}

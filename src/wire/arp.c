// SPDX-License-Identifier: BSD-2-Clause
#include "wire/arp.h"

struct header {
	irl_be16 hardware, protocol;
	uint8_t hardware_length, protocol_length;
	irl_be16 operation;
	uint8_t sender_mac[6];
	irl_be32 sender;
	uint8_t target_mac[6];
	irl_be32 target;
};
_Static_assert(sizeof(struct header) == IRL_ARP_HEADER, "on the wire");

bool irl_arp_parse(struct irl_bytes *in, struct irl_arp *out)
{
	struct irl_bytes rest = *in;
	const struct header *h = irl_bytes_take(&rest, sizeof(*h));

	if (!h || irl_host16(h->hardware) != 1 ||
	    irl_host16(h->protocol) != 0x0800 || h->hardware_length != 6 ||
	    h->protocol_length != 4)
		return false;
	out->operation = irl_host16(h->operation);
	memcpy(out->sender_mac, h->sender_mac, 6);
	memcpy(out->target_mac, h->target_mac, 6);
	out->sender = irl_host32(h->sender);
	out->target = irl_host32(h->target);
	*in = rest;
	return true;
}

void irl_arp_write(uint8_t to[IRL_ARP_HEADER], const struct irl_arp *arp)
{
	struct header h = {
	    .hardware = irl_wire16(1),
	    .protocol = irl_wire16(0x0800),
	    .hardware_length = 6,
	    .protocol_length = 4,
	    .operation = irl_wire16(arp->operation),
	    .sender = irl_wire32(arp->sender),
	    .target = irl_wire32(arp->target),
	};

	memcpy(h.sender_mac, arp->sender_mac, 6);
	memcpy(h.target_mac, arp->target_mac, 6);
	memcpy(to, &h, sizeof(h));
}

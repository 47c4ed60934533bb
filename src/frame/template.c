// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include <irl/pool.h>
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"

#define IPV4_CHECKSUM (IRL_ETH_HEADER + 10)
#define IPV4_DEST (IRL_ETH_HEADER + 16)
#define TRANSPORT_DEST 2 /* of TCP and UDP alike */

static uint16_t load16(const uint8_t *at)
{
	irl_be16 wire;

	memcpy(&wire, at, sizeof(wire));
	return irl_host16(wire);
}

static void store16(uint8_t *at, uint16_t value)
{
	irl_be16 wire = irl_wire16(value);

	memcpy(at, &wire, sizeof(wire));
}

int irl_template_init(struct irl_template *out, const void *frame,
		      uint32_t length, struct irl_error *err)
{
	struct irl_bytes in = irl_bytes(frame, length);
	struct irl_eth eth;
	struct irl_ipv4 ip;
	size_t least;

	if (length > IRL_FRAME_MAX || !irl_eth_parse(&in, &eth) ||
	    eth.type != IRL_ETH_IPV4 || !irl_ipv4_parse(&in, &ip) || ip.cut ||
	    ip.more_fragments || ip.fragment_offset ||
	    (ip.protocol != IRL_IPV4_TCP && ip.protocol != IRL_IPV4_UDP))
		goto fail;
	least = ip.protocol == IRL_IPV4_TCP ? 20 : 8;
	if (in.left < least)
		goto fail;
	out->length = length;
	memcpy(out->frame, frame, length);
	out->transport_at = (uint16_t)(in.at - (const uint8_t *)frame);
	out->checksum_at = (uint16_t)(out->transport_at +
				      (ip.protocol == IRL_IPV4_TCP ? 16 : 6));
	irl_checksum_fill(out->frame, length);
	return 0;
fail:
	return irl_error_set(err, IRL_EINVAL,
			     "a template is a whole TCP or UDP packet over "
			     "IPv4 of at most %u bytes",
			     IRL_FRAME_MAX);
}

void irl_template_make(const struct irl_template *in, uint32_t addr,
		       uint16_t port, struct irl_frame *frame)
{
	uint8_t *to = frame->data, *transport = to + in->transport_at;
	uint32_t before;
	uint16_t sum;

	memcpy(to, in->frame, in->length);
	frame->length = in->length;
	frame->flags = 0;
	before =
	    (uint32_t)load16(to + IPV4_DEST) << 16 | load16(to + IPV4_DEST + 2);
	sum = irl_checksum_update32(load16(to + IPV4_CHECKSUM), before, addr);
	store16(to + IPV4_CHECKSUM, sum);
	sum = irl_checksum_update32(load16(to + in->checksum_at), before, addr);
	sum =
	    irl_checksum_update(sum, load16(transport + TRANSPORT_DEST), port);
	if (!sum && in->checksum_at == in->transport_at + 6)
		sum = 0xffff; /* of UDP, zero says "none" (RFC 768) */
	store16(to + in->checksum_at, sum);
	store16(to + IPV4_DEST, (uint16_t)(addr >> 16));
	store16(to + IPV4_DEST + 2, (uint16_t)addr);
	store16(transport + TRANSPORT_DEST, port);
}

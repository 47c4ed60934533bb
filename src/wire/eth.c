// SPDX-License-Identifier: BSD-2-Clause
#include "wire/eth.h"

struct header {
	uint8_t dest[6], source[6];
	irl_be16 type;
};
_Static_assert(sizeof(struct header) == IRL_ETH_HEADER, "on the wire");

bool irl_eth_parse(struct irl_bytes *in, struct irl_eth *out)
{
	const struct header *h = irl_bytes_take(in, sizeof(*h));

	if (!h)
		return false;
	memcpy(out->dest, h->dest, 6);
	memcpy(out->source, h->source, 6);
	out->type = irl_host16(h->type);
	return true;
}

void irl_eth_write(uint8_t to[IRL_ETH_HEADER], const struct irl_eth *eth)
{
	struct header *h = (struct header *)to;

	memcpy(h->dest, eth->dest, 6);
	memcpy(h->source, eth->source, 6);
	h->type = irl_wire16(eth->type);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * IANA IPv4 Special-Purpose Address Registry (RFC 6890), entries that lie in
 * another one left out, with multicast and the reserved space of the IPv4
 * Address Space Registry.  None of these is a host that a scan of the Internet
 * means to probe.
 */
#include "target/ranges.h"

#define P(a, b, c, d, length)                                                  \
	{                                                                      \
		(uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d),              \
		    ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d)) |       \
			(uint32_t)(0xffffffffull >> (length))                  \
	}

static const struct irl_special table[] = {
    {P(0, 0, 0, 0, 8), "0.0.0.0/8", "this network", "RFC 791, 3.2"},
    {P(10, 0, 0, 0, 8), "10.0.0.0/8", "private use", "RFC 1918"},
    {P(100, 64, 0, 0, 10), "100.64.0.0/10", "shared address space", "RFC 6598"},
    {P(127, 0, 0, 0, 8), "127.0.0.0/8", "loopback", "RFC 1122, 3.2.1.3"},
    {P(169, 254, 0, 0, 16), "169.254.0.0/16", "link local", "RFC 3927"},
    {P(172, 16, 0, 0, 12), "172.16.0.0/12", "private use", "RFC 1918"},
    /* holds 192.0.0.0/29 (RFC 7335), .8 (RFC 7600), .9 (RFC 7723),
     * .10 (RFC 8155), .170 and .171 (RFC 8880) */
    {P(192, 0, 0, 0, 24), "192.0.0.0/24", "IETF protocol assignments",
     "RFC 6890, 2.1"},
    {P(192, 0, 2, 0, 24), "192.0.2.0/24", "documentation", "RFC 5737"},
    {P(192, 31, 196, 0, 24), "192.31.196.0/24", "AS112-v4", "RFC 7535"},
    {P(192, 52, 193, 0, 24), "192.52.193.0/24", "AMT", "RFC 7450"},
    {P(192, 88, 99, 0, 24), "192.88.99.0/24", "6to4 relay anycast, deprecated",
     "RFC 7526"},
    {P(192, 168, 0, 0, 16), "192.168.0.0/16", "private use", "RFC 1918"},
    {P(192, 175, 48, 0, 24), "192.175.48.0/24", "direct delegation AS112",
     "RFC 7534"},
    {P(198, 18, 0, 0, 15), "198.18.0.0/15", "benchmarking", "RFC 2544"},
    {P(198, 51, 100, 0, 24), "198.51.100.0/24", "documentation", "RFC 5737"},
    {P(203, 0, 113, 0, 24), "203.0.113.0/24", "documentation", "RFC 5737"},
    {P(224, 0, 0, 0, 4), "224.0.0.0/4", "multicast", "RFC 5771"},
    /* holds 255.255.255.255 (RFC 919, RFC 8190) */
    {P(240, 0, 0, 0, 4), "240.0.0.0/4", "reserved", "RFC 1112, 4"},
};

const struct irl_special *irl_special_table(size_t *count)
{
	*count = sizeof(table) / sizeof(table[0]);
	return table;
}

const struct irl_special *irl_special_find(uint32_t addr)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (addr >= table[i].range.first && addr <= table[i].range.last)
			return &table[i];
	return NULL;
}

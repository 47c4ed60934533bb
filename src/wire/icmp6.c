// SPDX-License-Identifier: BSD-2-Clause
#include "wire/icmp6.h"
#include "wire/checksum.h"

bool irl_icmp6_sound(const struct irl_ipv6 *ip, struct irl_bytes in)
{
	uint64_t sum;

	if (in.left < IRL_ICMP_HEADER)
		return false;
	sum = irl_ipv6_pseudo(ip->source, ip->dest, IRL_IPV6_ICMP,
			      (uint32_t)in.left);
	return !irl_checksum_finish(irl_checksum_add(sum, in.at, in.left));
}

const char *irl_icmp6_error_name(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {
	    "no route",
	    "communication admin. prohibited",
	    "beyond scope of source",
	    "host unreachable",
	    "port unreachable",
	    "source address failed policy",
	    "route rejected",
	};

	switch (type) {
	case IRL_ICMP6_UNREACHABLE:
		return code < sizeof(unreachable) / sizeof(unreachable[0])
			   ? unreachable[code]
			   : "unreachable";
	case IRL_ICMP6_TIME_EXCEEDED:
		return "time exceeded";
	case IRL_ICMP6_PARAMETER:
		return "parameter problem";
	default:
		return NULL;
	}
}

/* Of the types below 128 those that have been given a meaning. */
bool irl_icmp6_is_error(uint8_t type)
{
	return type >= IRL_ICMP6_UNREACHABLE && type <= IRL_ICMP6_PARAMETER;
}

void irl_icmp6_write(uint8_t to[IRL_ICMP_HEADER], const struct irl_icmp *icmp,
		     const uint8_t source[16], const uint8_t dest[16],
		     const void *data, size_t length)
{
	uint32_t whole = IRL_ICMP_HEADER + (uint32_t)length;

	irl_icmp_write_over(to, icmp,
			    irl_ipv6_pseudo(source, dest, IRL_IPV6_ICMP, whole),
			    data, length);
}

// SPDX-License-Identifier: BSD-2-Clause
#include "wire/icmp.h"
#include "wire/checksum.h"

struct header {
	uint8_t type, code;
	irl_be16 checksum, id, sequence;
};
_Static_assert(sizeof(struct header) == IRL_ICMP_HEADER, "on the wire");

bool irl_icmp_parse(struct irl_bytes *in, struct irl_icmp *out)
{
	const struct header *h = irl_bytes_take(in, sizeof(*h));

	if (!h)
		return false;
	*out = (struct irl_icmp){
	    .type = h->type,
	    .code = h->code,
	    .checksum = irl_host16(h->checksum),
	    .id = irl_host16(h->id),
	    .sequence = irl_host16(h->sequence),
	};
	return true;
}

const char *const irl_icmp_unreachable[IRL_ICMP_UNREACHABLE_CODES] = {
    "network unreachable",       "host unreachable",
    "protocol unreachable",      "port unreachable",
    "fragments required",        "source route failed",
    "network unknown",           "host unknown",
    "source host isolated",      "network admin. prohibited",
    "host admin. prohibited",    "network unreachable TOS",
    "host unreachable TOS",      "communication admin. prohibited",
    "host precedence violation", "precedence cutoff",
};

const char *irl_icmp_error_name(uint8_t type, uint8_t code)
{
	switch (type) {
	case IRL_ICMP_UNREACHABLE:
		return code < IRL_ICMP_UNREACHABLE_CODES
			   ? irl_icmp_unreachable[code]
			   : "unreachable";
	case IRL_ICMP_TIME_EXCEEDED:
		return "time exceeded";
	case IRL_ICMP_PARAMETER:
		return "parameter problem";
	default:
		return NULL;
	}
}

bool irl_icmp_sound(struct irl_bytes in)
{
	return in.left >= IRL_ICMP_HEADER &&
	       !irl_checksum_finish(irl_checksum_add(0, in.at, in.left));
}

bool irl_icmp_is_error(uint8_t type)
{
	switch (type) {
	case IRL_ICMP_UNREACHABLE:
	case IRL_ICMP_SOURCE_QUENCH:
	case IRL_ICMP_REDIRECT:
	case IRL_ICMP_TIME_EXCEEDED:
	case IRL_ICMP_PARAMETER:
		return true;
	default:
		return false;
	}
}

void irl_icmp_write_over(uint8_t to[IRL_ICMP_HEADER],
			 const struct irl_icmp *icmp, uint64_t pseudo,
			 const void *data, size_t length)
{
	struct header h = {
	    .type = icmp->type,
	    .code = icmp->code,
	    .id = irl_wire16(icmp->id),
	    .sequence = irl_wire16(icmp->sequence),
	};
	uint64_t sum = irl_checksum_add(pseudo, &h, sizeof(h));

	h.checksum = irl_wire16(
	    irl_checksum_finish(irl_checksum_add(sum, data, length)));
	memcpy(to, &h, sizeof(h));
}

void irl_icmp_write(uint8_t to[IRL_ICMP_HEADER], const struct irl_icmp *icmp,
		    const void *data, size_t length)
{
	irl_icmp_write_over(to, icmp, 0, data, length);
}

// SPDX-License-Identifier: BSD-2-Clause
#include <irl/output.h>
#include "output/field.h"
#include "output/format.h"
#include "wire/icmp.h"

const char irl_format_pairs[200] = "00010203040506070809"
				   "10111213141516171819"
				   "20212223242526272829"
				   "30313233343536373839"
				   "40414243444546474849"
				   "50515253545556575859"
				   "60616263646566676869"
				   "70717273747576777879"
				   "80818283848586878889"
				   "90919293949596979899";

/* enum irl_probe_verdict -> zmap's classification. */
static const char *const classes[] = {
    [IRL_ANSWER_SYNACK] = "synack",
    [IRL_ANSWER_RST] = "rst",
    [IRL_ANSWER_ICMP] = "icmp",
};

#define COUNT(a) (unsigned)(sizeof(a) / sizeof((a)[0]))
#define INT(n, w, h)                                                           \
	{                                                                      \
		.name = n, .width = w, .help = h, .type = IRL_TYPE_INT         \
	}
#define BOOL(n, w, h)                                                          \
	{                                                                      \
		.name = n, .width = w, .help = h, .type = IRL_TYPE_BOOL        \
	}
#define IPV4(n, h)                                                             \
	{                                                                      \
		.name = n, .width = 15, .help = h, .type = IRL_TYPE_IPV4       \
	}
#define NAME(n, w, h, list)                                                    \
	{                                                                      \
		.name = n, .width = w, .help = h, .type = IRL_TYPE_NAME,       \
		.names = list, .name_count = COUNT(list)                       \
	}

const struct irl_field_info irl_field_info[IRL_FIELDS] = {
    [IRL_FIELD_SADDR] = IPV4("saddr", "address of the target that answered"),
    [IRL_FIELD_SADDR_RAW] =
	INT("saddr_raw", 10, "saddr as an integer in network order"),
    [IRL_FIELD_DADDR] = IPV4("daddr", "our address"),
    [IRL_FIELD_DADDR_RAW] =
	INT("daddr_raw", 10, "daddr as an integer in network order"),
    [IRL_FIELD_IPID] = INT("ipid", 5, "IP identification of the answer"),
    [IRL_FIELD_TTL] = INT("ttl", 3, "time to live of the answer"),
    [IRL_FIELD_SPORT] = INT("sport", 5, "the target's port"),
    [IRL_FIELD_DPORT] = INT("dport", 5, "our port"),
    [IRL_FIELD_SEQNUM] = INT("seqnum", 10, "TCP sequence number"),
    [IRL_FIELD_ACKNUM] = INT("acknum", 10, "TCP acknowledgement number"),
    [IRL_FIELD_WINDOW] = INT("window", 6, "TCP window"),
    [IRL_FIELD_CLASSIFICATION] =
	NAME("classification", 14, "synack, rst or icmp", classes),
    [IRL_FIELD_SUCCESS] = BOOL("success", 7, "a SYN-ACK: the port is open"),
    [IRL_FIELD_REPEAT] =
	BOOL("repeat", 6, "this target has answered so before"),
    [IRL_FIELD_COOLDOWN] =
	BOOL("cooldown", 8, "came after the last probe was sent"),
    [IRL_FIELD_TIMESTAMP_STR] = {.name = "timestamp_str",
				 .help = "time of the answer, ISO 8601",
				 .width = 28,
				 .type = IRL_TYPE_CLOCK},
    [IRL_FIELD_TIMESTAMP_TS] =
	INT("timestamp_ts", 12, "time of the answer, seconds since 1970"),
    [IRL_FIELD_TIMESTAMP_US] =
	INT("timestamp_us", 12, "microseconds after timestamp_ts"),
    [IRL_FIELD_ICMP_RESPONDER] =
	IPV4("icmp_responder", "who sent the ICMP error"),
    [IRL_FIELD_ICMP_TYPE] = INT("icmp_type", 9, "ICMP type"),
    [IRL_FIELD_ICMP_CODE] = INT("icmp_code", 9, "ICMP code"),
    [IRL_FIELD_ICMP_UNREACH_STR] =
	NAME("icmp_unreach_str", 31, "ICMP destination unreachable in words",
	     irl_icmp_unreachable),
    [IRL_FIELD_RTT_US] =
	INT("rtt_us", 8, "round-trip time in microseconds, to 61 us"),
    [IRL_FIELD_PASS] = INT("pass", 4, "the pass it came in, from 1"),
};

static bool same_name(const char *given, size_t length, const char *name)
{
	for (size_t i = 0; i < length; i++)
		if ((given[i] == '-' ? '_' : given[i]) != name[i])
			return false;
	return name[length] == '\0';
}

bool irl_field_find(const char *name, size_t length, enum irl_field *field)
{
	for (unsigned i = 0; i < IRL_FIELDS; i++)
		if (same_name(name, length, irl_field_info[i].name)) {
			*field = (enum irl_field)i;
			return true;
		}
	return false;
}

bool irl_output_field(size_t i, const char **name, const char **help)
{
	if (i >= IRL_FIELDS)
		return false;
	*name = irl_field_info[i].name;
	*help = irl_field_info[i].help;
	return true;
}

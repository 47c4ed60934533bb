/* SPDX-License-Identifier: BSD-2-Clause */
/* The fields of a record: names, types, and their values as integers. */
#ifndef IRL_OUTPUT_FIELD_H
#define IRL_OUTPUT_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <irl/scan.h>
#include "wire/bytes.h"

enum irl_field {
	IRL_FIELD_SADDR,
	IRL_FIELD_SADDR_RAW,
	IRL_FIELD_DADDR,
	IRL_FIELD_DADDR_RAW,
	IRL_FIELD_IPID,
	IRL_FIELD_TTL,
	IRL_FIELD_SPORT,
	IRL_FIELD_DPORT,
	IRL_FIELD_SEQNUM,
	IRL_FIELD_ACKNUM,
	IRL_FIELD_WINDOW,
	IRL_FIELD_CLASSIFICATION,
	IRL_FIELD_SUCCESS,
	IRL_FIELD_REPEAT,
	IRL_FIELD_COOLDOWN,
	IRL_FIELD_TIMESTAMP_STR,
	IRL_FIELD_TIMESTAMP_TS,
	IRL_FIELD_TIMESTAMP_US,
	IRL_FIELD_ICMP_RESPONDER,
	IRL_FIELD_ICMP_TYPE,
	IRL_FIELD_ICMP_CODE,
	IRL_FIELD_ICMP_UNREACH_STR,
	IRL_FIELD_RTT_US,
	IRL_FIELD_PASS,
	IRL_FIELDS,
};

enum irl_field_type {
	IRL_TYPE_INT,
	IRL_TYPE_BOOL,
	IRL_TYPE_IPV4,  /* text; its integer is the address */
	IRL_TYPE_NAME,  /* text; its integer is an index into names */
	IRL_TYPE_CLOCK, /* timestamp_str */
};

struct irl_field_info {
	const char *name;
	const char *help;
	enum irl_field_type type;
	unsigned width; /* of a column for people */
	const char *const *names;
	unsigned name_count;
};

extern const struct irl_field_info irl_field_info[IRL_FIELDS];

/* By name; hyphens count as underscores, as old zmap wrote them. */
bool irl_field_find(const char *name, size_t length, enum irl_field *field);

/* 2^-14 s to microseconds: 10^6 / 2^14 = 15,625 / 256. */
static inline uint64_t irl_ticks_to_us(uint32_t ticks)
{
	return (uint64_t)ticks * 15625u >> 8;
}

/* The field's integer; false when this record has none. */
static inline bool irl_field_value(const struct irl_record *r,
				   enum irl_field field, uint64_t *value)
{
	const struct irl_hit *hit = &r->hit;
	bool icmp = hit->verdict == IRL_ANSWER_ICMP;

	switch (field) {
	case IRL_FIELD_SADDR:
		*value = hit->addr;
		return true;
	case IRL_FIELD_SADDR_RAW:
		*value = irl_swap32(hit->addr);
		return true;
	case IRL_FIELD_DADDR:
		*value = hit->local;
		return true;
	case IRL_FIELD_DADDR_RAW:
		*value = irl_swap32(hit->local);
		return true;
	case IRL_FIELD_IPID:
		*value = hit->ipid;
		return true;
	case IRL_FIELD_TTL:
		*value = hit->ttl;
		return true;
	case IRL_FIELD_SPORT:
		*value = hit->port;
		return true;
	case IRL_FIELD_DPORT:
		*value = hit->local_port;
		return true;
	case IRL_FIELD_SEQNUM:
		*value = hit->seq;
		return !icmp;
	case IRL_FIELD_ACKNUM:
		*value = hit->ack;
		return !icmp;
	case IRL_FIELD_WINDOW:
		*value = hit->window;
		return !icmp;
	case IRL_FIELD_CLASSIFICATION:
		*value = hit->verdict;
		return true;
	case IRL_FIELD_SUCCESS:
		*value = r->success;
		return true;
	case IRL_FIELD_REPEAT:
		*value = r->repeat;
		return true;
	case IRL_FIELD_COOLDOWN:
		*value = r->cooldown;
		return true;
	case IRL_FIELD_TIMESTAMP_STR:
	case IRL_FIELD_TIMESTAMP_TS:
		*value = r->wall_ns / 1000000000u;
		return true;
	case IRL_FIELD_TIMESTAMP_US:
		*value = r->wall_ns / 1000u % 1000000u;
		return true;
	case IRL_FIELD_ICMP_RESPONDER:
		*value = hit->responder;
		return icmp;
	case IRL_FIELD_ICMP_TYPE:
		*value = hit->icmp_type;
		return icmp;
	case IRL_FIELD_ICMP_CODE:
		*value = hit->icmp_code;
		return icmp;
	case IRL_FIELD_ICMP_UNREACH_STR:
		*value = hit->icmp_code;
		return icmp && hit->icmp_type == 3;
	case IRL_FIELD_RTT_US:
		*value = irl_ticks_to_us(hit->rtt_ticks);
		return true;
	case IRL_FIELD_PASS:
		*value = r->pass;
		return true;
	case IRL_FIELDS:
		break;
	}
	return false;
}

/* The text of a IRL_TYPE_NAME field's integer. */
static inline const char *irl_field_name(enum irl_field field, uint64_t value)
{
	const struct irl_field_info *info = &irl_field_info[field];

	return value < info->name_count && info->names[value]
		   ? info->names[value]
		   : "unknown";
}

#endif

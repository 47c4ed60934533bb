/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink, as little of it as the rooms above need.
 */
#ifndef IRL_BASE_NETLINK_H
#define IRL_BASE_NETLINK_H

#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>
#include <irl/error.h>

#define IRL_NETLINK_MESSAGE sizeof(struct nlmsghdr)
#define IRL_NETLINK_HEADER sizeof(struct nlattr)

/* Messages and attributes alike begin at multiples of four bytes. */
static inline size_t irl_netlink_align(size_t length)
{
	return (length + 3u) & ~(size_t)3u;
}

/* A request under construction: header, fixed part, attributes. */
struct irl_netlink {
	struct nlmsghdr head;
	uint8_t body[1008];
};

/* Start a request; returns its zeroed fixed part of @size bytes. */
void *irl_netlink_init(struct irl_netlink *request, uint16_t type,
		       uint16_t flags, size_t size);
/* Append an attribute; the room suffices for every use in this program. */
void irl_netlink_put(struct irl_netlink *request, uint16_t type,
		     const void *data, size_t size);

/* Called for each message of an answer; nonzero ends the call with it. */
typedef int irl_netlink_visit(void *context, const struct nlmsghdr *message);

/*
 * Send @request on a socket of its own and visit the answer, be it one message
 * or a dump.  Returns 0, what the visitor returned, or -errno of the kernel or
 * a system call.  -EAGAIN: the dump was torn by a change meanwhile, ask again.
 */
int irl_netlink_call(int protocol, struct irl_netlink *request,
		     irl_netlink_visit *visit, void *context);
/* The same, for a dump: asks again while torn, after reset(context). */
int irl_netlink_dump(int protocol, struct irl_netlink *request,
		     irl_netlink_visit *visit, void (*reset)(void *context),
		     void *context);

/* The attributes behind a fixed part of @fixed bytes, by type: table[type] is
 * NULL or the last such; lengths are checked, types from @count on ignored. */
void irl_netlink_attributes(const struct nlmsghdr *message, size_t fixed,
			    const struct nlattr *table[], unsigned count);
/* The same for attributes nested in one. */
void irl_netlink_nested(const struct nlattr *attribute,
			const struct nlattr *table[], unsigned count);

/* The fixed part, or NULL if the message is too short for it. */
const void *irl_netlink_fixed(const struct nlmsghdr *message, size_t size);
static inline const void *irl_netlink_data(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + IRL_NETLINK_HEADER;
}
static inline size_t irl_netlink_size(const struct nlattr *attribute)
{
	return (size_t)attribute->nla_len - IRL_NETLINK_HEADER;
}
/* 0 for an absent or short attribute. */
uint8_t irl_netlink_u8(const struct nlattr *attribute);
uint16_t irl_netlink_u16(const struct nlattr *attribute);
uint32_t irl_netlink_u32(const struct nlattr *attribute);
uint64_t irl_netlink_u64(const struct nlattr *attribute);
/* Copies at most size - 1 bytes and a NUL. */
void irl_netlink_string(const struct nlattr *attribute, char *text,
			size_t size);

#endif

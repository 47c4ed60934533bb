/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Netlink, as little of it as reading the host's network takes.
 */
#ifndef IRL_NET_NETLINK_H
#define IRL_NET_NETLINK_H

#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>
#include <irl/error.h>

#define NET_MESSAGE sizeof(struct nlmsghdr)
#define NET_HEADER sizeof(struct nlattr)

/* Messages and attributes alike begin at multiples of four bytes. */
static inline size_t net_align(size_t length)
{
	return (length + 3u) & ~(size_t)3u;
}

/* A request under construction: header, fixed part, attributes. */
struct net_request {
	struct nlmsghdr head;
	uint8_t body[1008];
};

/* Start a request; returns its zeroed fixed part of @size bytes. */
void *net_request_init(struct net_request *request, uint16_t type,
		       uint16_t flags, size_t size);
/* Append an attribute; the room suffices for every use in this program. */
void net_request_put(struct net_request *request, uint16_t type,
		     const void *data, size_t size);

/* Called for each message of an answer; nonzero ends the call with it. */
typedef int net_visit(void *context, const struct nlmsghdr *message);

/*
 * Send @request on a socket of its own and visit the answer, be it one message
 * or a dump.  Returns 0, what the visitor returned, or -errno of the kernel or
 * a system call.  -EAGAIN: the dump was torn by a change meanwhile, ask again.
 */
int net_call(int protocol, struct net_request *request, net_visit *visit,
	     void *context);
/* The same, for a dump: asks again while torn, after reset(context). */
int net_dump(int protocol, struct net_request *request, net_visit *visit,
	     void (*reset)(void *context), void *context);

/* The attributes behind a fixed part of @fixed bytes, by type: table[type] is
 * NULL or the last such; lengths are checked, types from @count on ignored. */
void net_attributes(const struct nlmsghdr *message, size_t fixed,
		    const struct nlattr *table[], unsigned count);
/* The same for attributes nested in one. */
void net_nested(const struct nlattr *attribute, const struct nlattr *table[],
		unsigned count);

/* The fixed part, or NULL if the message is too short for it. */
const void *net_fixed(const struct nlmsghdr *message, size_t size);
static inline const void *net_data(const struct nlattr *attribute)
{
	return (const uint8_t *)attribute + NET_HEADER;
}
static inline size_t net_size(const struct nlattr *attribute)
{
	return (size_t)attribute->nla_len - NET_HEADER;
}
/* 0 for an absent or short attribute. */
uint8_t net_u8(const struct nlattr *attribute);
uint16_t net_u16(const struct nlattr *attribute);
uint32_t net_u32(const struct nlattr *attribute);
uint64_t net_u64(const struct nlattr *attribute);
/* Copies at most size - 1 bytes and a NUL. */
void net_string(const struct nlattr *attribute, char *text, size_t size);

#endif

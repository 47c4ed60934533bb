// SPDX-License-Identifier: BSD-2-Clause
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/netlink.h"

/* The kernel sizes dumps by the reader's buffer; one link with all that we
 * ask for takes a few kilobytes. */
#define RECEIVE_BYTES 32768
#define MORE INT_MAX /* no visitor's word: go on */
#define TORN_MAX 10  /* dumps torn by changes before we give up */

void *irl_netlink_init(struct irl_netlink *request, uint16_t type,
		       uint16_t flags, size_t size)
{
	memset(request, 0, sizeof(*request));
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST);
	request->head.nlmsg_len = (uint32_t)(IRL_NETLINK_MESSAGE + size);
	return request->body;
}

void irl_netlink_put(struct irl_netlink *request, uint16_t type,
		     const void *data, size_t size)
{
	size_t at = irl_netlink_align(request->head.nlmsg_len);
	struct nlattr attribute = {
	    .nla_type = type,
	    .nla_len = (uint16_t)(IRL_NETLINK_HEADER + size),
	};
	uint8_t *to = (uint8_t *)request + at;

	assert(at + IRL_NETLINK_HEADER + size <= sizeof(*request));
	memcpy(to, &attribute, sizeof(attribute));
	if (size)
		memcpy(to + IRL_NETLINK_HEADER, data, size);
	request->head.nlmsg_len = (uint32_t)(at + IRL_NETLINK_HEADER + size);
}

static int open_socket(int protocol)
{
	struct sockaddr_nl here = {.nl_family = AF_NETLINK};
	/* The kernel answers or refuses; were an answer lost, an error beats
	 * waiting for ever. */
	struct timeval patience = {.tv_sec = 5};
	int yes = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&here, sizeof(here)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience))) {
		int error = errno;

		close(fd);
		return -error;
	}
	/* Strict checking makes the kernel filter dumps; old ones ignore it,
	 * and so visitors filter as well. */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes, sizeof(yes));
	return fd;
}

/* MORE to come, or how the call ends. */
static int take_message(const struct nlmsghdr *message,
			irl_netlink_visit *visit, void *context)
{
	const struct nlmsgerr *error;
	int result;

	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		return MORE;
	case NLMSG_DONE:
		if (message->nlmsg_len < IRL_NETLINK_MESSAGE + sizeof(int))
			return 0;
		memcpy(&result, NLMSG_DATA(message), sizeof(result));
		return result < 0 ? result : 0;
	case NLMSG_ERROR:
		error = irl_netlink_fixed(message, sizeof(*error));
		return error ? error->error : -EPROTO;
	default:
		result = visit ? visit(context, message) : 0;
		return result ? result : MORE;
	}
}

static int take_datagram(const uint8_t *bytes, size_t length,
			 irl_netlink_visit *visit, void *context)
{
	while (length >= IRL_NETLINK_MESSAGE) {
		const struct nlmsghdr *message =
		    (const struct nlmsghdr *)(const void *)bytes;
		size_t step;
		int result;

		if (message->nlmsg_len < IRL_NETLINK_MESSAGE ||
		    message->nlmsg_len > length)
			return -EPROTO;
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EAGAIN;
		result = take_message(message, visit, context);
		if (result != MORE)
			return result;
		step = irl_netlink_align(message->nlmsg_len);
		if (step >= length)
			break;
		bytes += step;
		length -= step;
	}
	return MORE;
}

static int receive_all(int fd, irl_netlink_visit *visit, void *context)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[RECEIVE_BYTES];

	for (;;) {
		struct sockaddr_nl from = {0};
		struct iovec part = {buffer, sizeof(buffer)};
		struct msghdr envelope = {
		    .msg_name = &from,
		    .msg_namelen = sizeof(from),
		    .msg_iov = &part,
		    .msg_iovlen = 1,
		};
		ssize_t n = recvmsg(fd, &envelope, 0);
		int result;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (from.nl_pid != 0)
			continue; /* not from the kernel */
		if (envelope.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		result = take_datagram(buffer, (size_t)n, visit, context);
		if (result != MORE)
			return result;
	}
}

int irl_netlink_call(int protocol, struct irl_netlink *request,
		     irl_netlink_visit *visit, void *context)
{
	int fd = open_socket(protocol);
	int result;

	if (fd < 0)
		return fd;
	/* With an acknowledgement every answer has an end.  (Half the bits of
	 * NLM_F_DUMP mean other things in requests that change.) */
	if ((request->head.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->head.nlmsg_flags |= NLM_F_ACK;
	request->head.nlmsg_seq = 1;
	if (send(fd, request, request->head.nlmsg_len, 0) < 0)
		result = -errno;
	else
		result = receive_all(fd, visit, context);
	close(fd);
	return result;
}

int irl_netlink_dump(int protocol, struct irl_netlink *request,
		     irl_netlink_visit *visit, void (*reset)(void *context),
		     void *context)
{
	int result = -EAGAIN;

	request->head.nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < TORN_MAX && result == -EAGAIN; i++) {
		reset(context);
		result = irl_netlink_call(protocol, request, visit, context);
	}
	return result;
}

static void attributes(const uint8_t *at, size_t length,
		       const struct nlattr *table[], unsigned count)
{
	memset(table, 0, count * sizeof(*table));
	while (length >= IRL_NETLINK_HEADER) {
		const struct nlattr *attribute =
		    (const struct nlattr *)(const void *)at;
		unsigned type = attribute->nla_type & (unsigned)NLA_TYPE_MASK;
		size_t step = irl_netlink_align(attribute->nla_len);

		if (attribute->nla_len < IRL_NETLINK_HEADER ||
		    attribute->nla_len > length)
			return;
		if (type < count)
			table[type] = attribute;
		if (step >= length)
			return;
		at += step;
		length -= step;
	}
}

void irl_netlink_attributes(const struct nlmsghdr *message, size_t fixed,
			    const struct nlattr *table[], unsigned count)
{
	size_t skip = IRL_NETLINK_MESSAGE + irl_netlink_align(fixed);

	if (message->nlmsg_len < skip) {
		memset(table, 0, count * sizeof(*table));
		return;
	}
	attributes((const uint8_t *)message + skip, message->nlmsg_len - skip,
		   table, count);
}

void irl_netlink_nested(const struct nlattr *attribute,
			const struct nlattr *table[], unsigned count)
{
	if (!attribute) {
		memset(table, 0, count * sizeof(*table));
		return;
	}
	attributes(irl_netlink_data(attribute), irl_netlink_size(attribute),
		   table, count);
}

const void *irl_netlink_fixed(const struct nlmsghdr *message, size_t size)
{
	return message->nlmsg_len < (IRL_NETLINK_MESSAGE + size)
		   ? NULL
		   : (const uint8_t *)message + IRL_NETLINK_MESSAGE;
}

static void take(const struct nlattr *attribute, void *value, size_t size)
{
	if (attribute && irl_netlink_size(attribute) >= size)
		memcpy(value, irl_netlink_data(attribute), size);
}

uint8_t irl_netlink_u8(const struct nlattr *attribute)
{
	uint8_t value = 0;

	take(attribute, &value, sizeof(value));
	return value;
}

uint16_t irl_netlink_u16(const struct nlattr *attribute)
{
	uint16_t value = 0;

	take(attribute, &value, sizeof(value));
	return value;
}

uint32_t irl_netlink_u32(const struct nlattr *attribute)
{
	uint32_t value = 0;

	take(attribute, &value, sizeof(value));
	return value;
}

uint64_t irl_netlink_u64(const struct nlattr *attribute)
{
	uint64_t value = 0;

	take(attribute, &value, sizeof(value));
	return value;
}

void irl_netlink_string(const struct nlattr *attribute, char *text, size_t size)
{
	size_t n;

	text[0] = '\0';
	if (!attribute)
		return;
	n = irl_netlink_size(attribute);
	if (n > size - 1)
		n = size - 1;
	memcpy(text, irl_netlink_data(attribute), n);
	text[n] = '\0';
}

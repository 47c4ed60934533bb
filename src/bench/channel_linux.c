// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/channel.h"

static struct sockaddr_in address(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(addr)};
}

int bench_channel_listen(struct bench_channel *channel, uint32_t addr,
			 uint16_t port, struct irl_error *err)
{
	struct sockaddr_in at = address(addr, port);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	channel->listener = fd;
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 1))
		return irl_error_errno(err, errno,
				       "cannot listen at TCP port %u of the "
				       "address given",
				       port);
	return 0;
}

int bench_channel_accept(struct bench_channel *channel)
{
	channel->socket = accept4((int)channel->listener, NULL, NULL,
				  SOCK_NONBLOCK | SOCK_CLOEXEC);
	channel->length = 0;
	return channel->socket >= 0;
}

void bench_channel_hang_up(struct bench_channel *channel)
{
	if (channel->socket >= 0)
		close((int)channel->socket);
	channel->socket = -1;
}

void bench_channel_close(struct bench_channel *channel)
{
	bench_channel_hang_up(channel);
	if (channel->listener >= 0)
		close((int)channel->listener);
	channel->listener = -1;
}

int bench_channel_receive(struct bench_channel *channel, char *to,
			  unsigned size)
{
	ssize_t n = recv((int)channel->socket, to, size, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n > 0 ? (int)n : -IRL_EPIPE;
}

int bench_channel_send(struct bench_channel *channel, const char *text)
{
	size_t length = strlen(text);
	ssize_t n = send((int)channel->socket, text, length, MSG_NOSIGNAL);

	return n == (ssize_t)length ? 0 : -IRL_EPIPE;
}

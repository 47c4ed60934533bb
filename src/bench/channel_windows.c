// SPDX-License-Identifier: BSD-2-Clause
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <string.h>
#include "bench/channel.h"

#define CONNECT_S 3

static struct sockaddr_in address(uint32_t addr, uint16_t port)
{
	struct sockaddr_in out = {.sin_family = AF_INET,
				  .sin_port = htons(port)};

	out.sin_addr.s_addr = htonl(addr);
	return out;
}

static void no_waiting(intptr_t s)
{
	u_long yes = 1;

	ioctlsocket((SOCKET)s, (long)FIONBIO, &yes);
}

static intptr_t new_socket(void)
{
	WSADATA data;

	/* Counted; it ends with the process. */
	if (WSAStartup(MAKEWORD(2, 2), &data))
		return -1;
	return (intptr_t)socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
}

static int failed(struct irl_error *err, const char *what)
{
	return irl_error_set(err, IRL_ESYSTEM, "%s: Windows error %d", what,
			     WSAGetLastError());
}

int bench_channel_listen(struct bench_channel *channel, uint32_t addr,
			 uint16_t port, struct irl_error *err)
{
	struct sockaddr_in at = address(addr, port);
	SOCKET s = (SOCKET)new_socket();

	channel->listener = (intptr_t)s;
	if (channel->listener < 0 ||
	    bind(s, (struct sockaddr *)&at, sizeof(at)) || listen(s, 1))
		return failed(err, "listening at the address given");
	no_waiting(channel->listener);
	return 0;
}

int bench_channel_accept(struct bench_channel *channel)
{
	channel->socket =
	    (intptr_t)accept((SOCKET)channel->listener, NULL, NULL);
	channel->length = 0;
	if (channel->socket < 0)
		return 0;
	no_waiting(channel->socket);
	return 1;
}

/* Whether the connection stands within some seconds. */
static bool await_connection(SOCKET s)
{
	struct timeval most = {.tv_sec = CONNECT_S};
	fd_set writable, failing;

	FD_ZERO(&writable);
	FD_ZERO(&failing);
	FD_SET(s, &writable);
	FD_SET(s, &failing);
	return select(0, NULL, &writable, &failing, &most) == 1 &&
	       FD_ISSET(s, &writable);
}

int bench_channel_connect(struct bench_channel *channel, uint32_t addr,
			  uint16_t port, uint32_t *local, struct irl_error *err)
{
	struct sockaddr_in to = address(addr, port), from;
	SOCKET s = (SOCKET)new_socket();
	int length = sizeof(from);

	channel->socket = (intptr_t)s;
	if (channel->socket < 0)
		return failed(err, "a socket");
	no_waiting(channel->socket);
	if (connect(s, (struct sockaddr *)&to, sizeof(to)) &&
	    (WSAGetLastError() != WSAEWOULDBLOCK || !await_connection(s)))
		return irl_error_set(err, IRL_ENEIGH,
				     "nobody answers there at TCP port %u: at "
				     "the other end of the cable, start irl "
				     "bench far",
				     port);
	if (getsockname(s, (struct sockaddr *)&from, &length))
		return failed(err, "the address of this end");
	*local = ntohl(from.sin_addr.s_addr);
	return 0;
}

void bench_channel_hang_up(struct bench_channel *channel)
{
	if (channel->socket >= 0)
		closesocket((SOCKET)channel->socket);
	channel->socket = -1;
}

void bench_channel_close(struct bench_channel *channel)
{
	bench_channel_hang_up(channel);
	if (channel->listener >= 0)
		closesocket((SOCKET)channel->listener);
	channel->listener = -1;
}

int bench_channel_receive(struct bench_channel *channel, char *to,
			  unsigned size)
{
	int n = recv((SOCKET)channel->socket, to, (int)size, 0);

	if (n < 0 && WSAGetLastError() == WSAEWOULDBLOCK)
		return 0;
	return n > 0 ? n : -IRL_EPIPE;
}

int bench_channel_send(struct bench_channel *channel, const char *text)
{
	int length = (int)strlen(text);

	return send((SOCKET)channel->socket, text, length, 0) == length
		   ? 0
		   : -IRL_EPIPE;
}

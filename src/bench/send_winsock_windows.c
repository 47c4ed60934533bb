// SPDX-License-Identifier: BSD-2-Clause
/*
 * Winsock: sendto, one call and one datagram; WSASendTo, overlapped, a batch
 * under way at once.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdlib.h>
#include "bench/peer_windows.h"
#include "bench/senders_windows.h"

#define SEND_BUFFER (4 << 20)
#define BATCH_MAX 1024u

struct operation {
	WSAOVERLAPPED io;
	uint8_t data[BENCH_DATAGRAM_MAX];
};

struct winsock {
	SOCKET socket;
	struct bench_range to;
	uint32_t next, bytes;
	unsigned batch;
	struct operation operation[];
};

static struct sockaddr_in next_address(struct winsock *w)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(BENCH_FAR_GOAL)};

	to.sin_addr.s_addr = htonl(bench_range_address(&w->to, w->next));
	return to;
}

static void close_winsock(void *sender)
{
	struct winsock *w = sender;

	closesocket(w->socket);
	for (unsigned i = 0; i < w->batch; i++)
		if (w->operation[i].io.hEvent)
			WSACloseEvent(w->operation[i].io.hEvent);
	free(w);
}

static int open_socket(struct winsock *w, const struct bench_peer *peer,
		       struct irl_error *err)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int bytes = SEND_BUFFER;

	from.sin_addr.s_addr = htonl(peer->near_addr);
	w->socket = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
			       WSA_FLAG_OVERLAPPED);
	if (w->socket == INVALID_SOCKET ||
	    bind(w->socket, (struct sockaddr *)&from, sizeof(from)))
		return irl_error_set(err, IRL_ESYSTEM,
				     "a UDP socket: Windows error %d",
				     WSAGetLastError());
	setsockopt(w->socket, SOL_SOCKET, SO_SNDBUF, (char *)&bytes,
		   sizeof(bytes));
	return 0;
}

static int open_winsock(void **out, const struct bench_sender_options *options,
			const struct bench_range *to, struct irl_error *err)
{
	struct winsock *w =
	    calloc(1, sizeof(*w) + options->batch * sizeof(w->operation[0]));
	int r;

	*out = NULL;
	if (!w)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	w->to = *to;
	w->batch = options->batch;
	w->bytes = options->length - BENCH_DATAGRAM_HEADERS;
	for (unsigned i = 0; i < w->batch; i++)
		w->operation[i].io.hEvent = WSACreateEvent();
	r = open_socket(w, options->peer, err);
	if (r < 0) {
		close_winsock(w);
		return r;
	}
	*out = w;
	return 0;
}

static int open_one(void **out, const struct bench_sender_options *options,
		    struct irl_error *err)
{
	const struct bench_range one = {options->peer->far_addr, 1};

	return open_winsock(out, options, &one, err);
}

static int open_unique(void **out, const struct bench_sender_options *options,
		       struct irl_error *err)
{
	int r = bench_peer_need_route(options->peer, err);

	return r < 0 ? r
		     : open_winsock(out, options, &options->peer->range, err);
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

/* ---- sendto --------------------------------------------------------------
 */

static int send_to(void *sender)
{
	struct winsock *w = sender;
	struct sockaddr_in to = next_address(w);
	uint8_t *data = w->operation[0].data;
	int n;

	bench_datagram_data(data, w->next++);
	n = sendto(w->socket, (char *)data, (int)w->bytes, 0,
		   (struct sockaddr *)&to, sizeof(to));
	if (n >= 0)
		return 1;
	return WSAGetLastError() == WSAENOBUFS ? 0 : -IRL_ESYSTEM;
}

/* ---- WSASendTo -----------------------------------------------------------
 */

/* 1: under way or done; 0: refused. */
static int begin(struct winsock *w, struct operation *o)
{
	struct sockaddr_in to = next_address(w);
	WSABUF buffer = {w->bytes, (char *)o->data};
	int error;

	bench_datagram_data(o->data, w->next++);
	if (!WSASendTo(w->socket, &buffer, 1, NULL, 0, (struct sockaddr *)&to,
		       sizeof(to), &o->io, NULL))
		return 1;
	error = WSAGetLastError();
	if (error == WSA_IO_PENDING)
		return 1;
	return error == WSAENOBUFS ? 0 : -IRL_ESYSTEM;
}

static bool end(struct winsock *w, struct operation *o)
{
	DWORD bytes, flags;

	return WSAGetOverlappedResult(w->socket, &o->io, &bytes, TRUE, &flags);
}

static int send_overlapped(void *sender)
{
	struct winsock *w = sender;
	bool begun[BATCH_MAX] = {false};
	int accepted = 0, r = 0;

	for (unsigned i = 0; r >= 0 && i < w->batch; i++) {
		r = begin(w, &w->operation[i]);
		begun[i] = r > 0;
	}
	for (unsigned i = 0; i < w->batch; i++)
		if (begun[i])
			accepted += end(w, &w->operation[i]);
	return r < 0 ? r : accepted;
}

#define CONTENDER(variable, text, how, most, usual, function)                  \
	const struct bench_sender variable = {                                 \
	    .name = text,                                                      \
	    .batch_max = most,                                                 \
	    .batch_usual = usual,                                              \
	    .open = how,                                                       \
	    .send = function,                                                  \
	    .finish = finish,                                                  \
	    .close = close_winsock,                                            \
	}

CONTENDER(bench_sendto, "sendto", open_unique, 1, 1, send_to);
CONTENDER(bench_sendto_one, "sendto_one", open_one, 1, 1, send_to);
CONTENDER(bench_wsasendto, "wsasendto", open_unique, BATCH_MAX, 64,
	  send_overlapped);
CONTENDER(bench_wsasendto_one, "wsasendto_one", open_one, BATCH_MAX, 64,
	  send_overlapped);

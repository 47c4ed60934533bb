// SPDX-License-Identifier: BSD-2-Clause
/*
 * Exchanges by Winsock as its documentation advises: ConnectEx with the
 * request, a read, one completion port; RST by SO_LINGER.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>
#include <stdlib.h>
#include "bench/tcp_client.h"
#include "bench/tcp_winsock_windows.h"

#define EVENTS 512
#define CONNECTS 64u /* between two looks at what is complete */
#define WAIT_MS 10
#define END_MS 2000

static const char request[] = BENCH_CLIENT_REQUEST;

enum state { CLOSED, CONNECTING, ASKED };

struct connection {
	OVERLAPPED io; /* first: a completion names it */
	SOCKET socket;
	enum state state;
	char bytes[2048];
};

struct winsock {
	HANDLE port;
	LPFN_CONNECTEX connect_ex;
	struct sockaddr_in from;
	struct bench_range to;
	uint32_t limit, open, free_count;
	uint64_t opened, done, failed;
	struct connection *connection;
	uint32_t *free;
};

static void put_back(struct winsock *w, struct connection *c)
{
	closesocket(c->socket); /* RST */
	c->state = CLOSED;
	w->open--;
	w->free[w->free_count++] = (uint32_t)(c - w->connection);
}

static void end_one(struct winsock *w, struct connection *c, bool good)
{
	put_back(w, c);
	w->done += good;
	w->failed += !good;
}

static SOCKET new_socket(struct winsock *w)
{
	const struct linger reset = {1, 0};
	SOCKET s = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
			      WSA_FLAG_OVERLAPPED);

	if (s == INVALID_SOCKET)
		return s;
	setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&reset,
		   sizeof(reset));
	if (bind(s, (struct sockaddr *)&w->from, sizeof(w->from)) ||
	    !CreateIoCompletionPort((HANDLE)s, w->port, 0, 0)) {
		closesocket(s);
		return INVALID_SOCKET;
	}
	return s;
}

static bool load(struct winsock *w)
{
	GUID id = WSAID_CONNECTEX;
	SOCKET s = new_socket(w);
	DWORD bytes;
	bool found;

	if (s == INVALID_SOCKET)
		return false;
	found = !WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id,
			  sizeof(id), &w->connect_ex, sizeof(w->connect_ex),
			  &bytes, NULL, NULL);
	closesocket(s);
	return found;
}

static bool connect_one(struct winsock *w)
{
	struct connection *c = &w->connection[w->free[w->free_count - 1]];
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(BENCH_FAR_GOAL)};
	DWORD sent;

	to.sin_addr.s_addr =
	    htonl(bench_range_address(&w->to, (uint32_t)w->opened));
	c->socket = new_socket(w);
	if (c->socket == INVALID_SOCKET)
		return false;
	c->io = (OVERLAPPED){0};
	c->state = CONNECTING;
	w->free_count--;
	w->opened++;
	w->open++;
	if (w->connect_ex(c->socket, (struct sockaddr *)&to, sizeof(to),
			  (void *)(uintptr_t)request, sizeof(request) - 1,
			  &sent, &c->io) ||
	    WSAGetLastError() == ERROR_IO_PENDING)
		return true;
	end_one(w, c, false);
	return false;
}

static void read_one(struct winsock *w, struct connection *c)
{
	WSABUF buffer = {sizeof(c->bytes), c->bytes};
	DWORD flags = 0;

	c->io = (OVERLAPPED){0};
	c->state = ASKED;
	if (WSARecv(c->socket, &buffer, 1, NULL, &flags, &c->io, NULL) &&
	    WSAGetLastError() != WSA_IO_PENDING)
		end_one(w, c, false);
}

static void go_on(struct winsock *w, const OVERLAPPED_ENTRY *event)
{
	struct connection *c = (struct connection *)event->lpOverlapped;
	bool good = c->io.Internal == 0; /* STATUS_SUCCESS */

	if (!good)
		end_one(w, c, false);
	else if (c->state == CONNECTING)
		read_one(w, c);
	else
		end_one(w, c, event->dwNumberOfBytesTransferred > 0);
}

static bool turn(struct winsock *w, bool connect, DWORD wait_ms)
{
	OVERLAPPED_ENTRY event[EVENTS];
	ULONG n;

	for (unsigned left = connect ? CONNECTS : 0;
	     left && w->open < w->limit && connect_one(w); left--)
		;
	if (!GetQueuedCompletionStatusEx(w->port, event, EVENTS, &n, wait_ms,
					 FALSE))
		return false;
	for (ULONG i = 0; i < n; i++)
		go_on(w, &event[i]);
	return true;
}

static int winsock_open(struct winsock *w, const struct bench_peer *peer,
			const struct bench_range *to, uint32_t limit,
			struct irl_error *err)
{
	*w = (struct winsock){
	    .from = {.sin_family = AF_INET}, .to = *to, .limit = limit};
	w->from.sin_addr.s_addr = htonl(peer->near_addr);
	w->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
	w->connection = calloc(limit, sizeof(*w->connection));
	w->free = calloc(limit, sizeof(*w->free));
	if (!w->port || !w->connection || !w->free)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (uint32_t i = 0; i < limit; i++)
		w->free[w->free_count++] = i;
	if (!load(w))
		return irl_error_set(err, IRL_ENOTSUP,
				     "this system has no ConnectEx");
	return 0;
}

/* What is under way has its memory: it ends first, or the memory stays. */
static void winsock_close(struct winsock *w)
{
	for (uint32_t i = 0; w->connection && i < w->limit; i++)
		if (w->connection[i].state != CLOSED)
			CancelIoEx((HANDLE)w->connection[i].socket, NULL);
	while (w->open && turn(w, false, END_MS))
		;
	if (w->port)
		CloseHandle(w->port);
	if (!w->open)
		free(w->connection);
	free(w->free);
}

int bench_tcp_winsock(struct bench_row *row, const struct bench_peer *peer,
		      const struct bench_range *to, uint32_t outstanding,
		      double seconds, uint64_t *done, struct irl_error *err)
{
	struct winsock w;
	int r = winsock_open(&w, peer, to, outstanding, err);
	struct bench_cost cost;

	if (r == 0) {
		bench_cost_begin(&cost);
		while (bench_cost_seconds(&cost) < seconds)
			turn(&w, true, w.open < w.limit ? 0 : WAIT_MS);
		bench_cost_note(&cost, row, w.done, w.failed);
	}
	*done = w.done;
	winsock_close(&w);
	return r;
}

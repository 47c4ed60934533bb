// SPDX-License-Identifier: BSD-2-Clause
/*
 * Registered I/O: a batch is put into the request queue, begun by its last
 * send, and its completions are polled for.  rio_one has a connected socket.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>
#include "base/os.h"
#include "bench/peer_windows.h"
#include "bench/rio_windows.h"
#include "bench/senders_windows.h"

#define BATCH_MAX 1024u
#define RESULTS 128u
#define PATIENCE_NS 2000000000ull /* for a completion */

/* What is registered, once for each datagram. */
struct cell {
	SOCKADDR_INET to;
	uint8_t data[BENCH_DATAGRAM_MAX];
};

struct rio {
	struct rio_table table;
	SOCKET socket;
	rio_cq completions;
	rio_rq requests;
	rio_id id;
	struct cell *cell;
	struct bench_range to;
	uint32_t next, bytes;
	unsigned batch;
	bool connected;
};

static void close_rio(void *sender)
{
	struct rio *r = sender;

	if (r->socket != INVALID_SOCKET)
		closesocket(r->socket);
	if (r->completions != RIO_BAD_CQ)
		r->table.close_cq(r->completions);
	if (r->id != RIO_BAD_BUFFER)
		r->table.deregister(r->id);
	if (r->cell)
		VirtualFree(r->cell, 0, MEM_RELEASE);
	free(r);
}

static int open_socket(struct rio *r, const struct bench_peer *peer,
		       struct irl_error *err)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(BENCH_FAR_GOAL)};

	r->socket = WSASocketW(AF_INET, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
			       WSA_FLAG_REGISTERED_IO);
	if (r->socket == INVALID_SOCKET ||
	    !bench_rio_load(r->socket, &r->table))
		return irl_error_set(err, IRL_ENOTSUP,
				     "this system has no Registered I/O");
	from.sin_addr.s_addr = htonl(peer->near_addr);
	to.sin_addr.s_addr = htonl(peer->far_addr);
	if (bind(r->socket, (struct sockaddr *)&from, sizeof(from)) ||
	    (r->connected &&
	     connect(r->socket, (struct sockaddr *)&to, sizeof(to))))
		return irl_error_set(err, IRL_ESYSTEM,
				     "a socket of Registered I/O: Windows "
				     "error %d",
				     WSAGetLastError());
	return 0;
}

static int open_queues(struct rio *r, struct irl_error *err)
{
	size_t size = r->batch * sizeof(*r->cell);

	r->cell =
	    VirtualAlloc(NULL, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	if (!r->cell)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r->id = r->table.register_buffer((char *)r->cell, (DWORD)size);
	r->completions = r->table.create_cq(r->batch + 1, NULL);
	if (r->id != RIO_BAD_BUFFER && r->completions != RIO_BAD_CQ)
		r->requests =
		    r->table.create_rq(r->socket, 0, 1, r->batch, 1,
				       r->completions, r->completions, NULL);
	if (r->requests == RIO_BAD_RQ)
		return irl_error_set(err, IRL_ESYSTEM,
				     "queues of Registered I/O: Windows error "
				     "%d",
				     WSAGetLastError());
	return 0;
}

static int open_rio(void **out, const struct bench_sender_options *options,
		    const struct bench_range *to, struct irl_error *err)
{
	struct rio *r = calloc(1, sizeof(*r));
	int rc;

	*out = NULL;
	if (!r)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r->socket = INVALID_SOCKET;
	r->id = RIO_BAD_BUFFER;
	r->to = *to;
	r->connected = to->count == 1;
	r->batch = options->batch;
	r->bytes = options->length - BENCH_DATAGRAM_HEADERS;
	rc = open_socket(r, options->peer, err);
	if (rc == 0)
		rc = open_queues(r, err);
	if (rc < 0) {
		close_rio(r);
		return rc;
	}
	*out = r;
	return 0;
}

static int open_one(void **out, const struct bench_sender_options *options,
		    struct irl_error *err)
{
	const struct bench_range one = {options->peer->far_addr, 1};

	return open_rio(out, options, &one, err);
}

static int open_unique(void **out, const struct bench_sender_options *options,
		       struct irl_error *err)
{
	int r = bench_peer_need_route(options->peer, err);

	return r < 0 ? r : open_rio(out, options, &options->peer->range, err);
}

static bool begin(struct rio *r, unsigned i)
{
	struct cell *cell = &r->cell[i];
	ULONG at = (ULONG)(i * sizeof(*cell));
	struct rio_buffer data = {
	    r->id, at + (ULONG)offsetof(struct cell, data), r->bytes};
	struct rio_buffer to = {r->id, at, sizeof(cell->to)};
	DWORD flags = i + 1 < r->batch ? RIO_DEFER : 0;

	if (!r->connected) {
		cell->to.Ipv4.sin_family = AF_INET;
		cell->to.Ipv4.sin_port = htons(BENCH_FAR_GOAL);
		cell->to.Ipv4.sin_addr.s_addr =
		    htonl(bench_range_address(&r->to, r->next));
	}
	bench_datagram_data(cell->data, r->next++);
	return r->connected ? r->table.send(r->requests, &data, 1, flags, NULL)
			    : r->table.send_ex(r->requests, &data, 1, NULL, &to,
					       NULL, NULL, flags, NULL);
}

/* Wait for @count completions; returns how many were sent. */
static int end(struct rio *r, unsigned count)
{
	struct rio_result result[RESULTS];
	uint64_t begun = irl_os_clock_ns();
	int accepted = 0;

	while (count) {
		ULONG n = r->table.dequeue(r->completions, result, RESULTS);

		if (n == RIO_CORRUPT || n > count ||
		    (!n && irl_os_clock_ns() - begun > PATIENCE_NS))
			return -IRL_ESYSTEM;
		for (ULONG i = 0; i < n; i++)
			accepted += result[i].status == 0;
		count -= n;
	}
	return accepted;
}

static int send_rio(void *sender)
{
	struct rio *r = sender;

	for (unsigned i = 0; i < r->batch; i++)
		if (!begin(r, i))
			return -IRL_ESYSTEM;
	return end(r, r->batch);
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_rio = {
    .name = "rio",
    .batch_max = BATCH_MAX,
    .open = open_unique,
    .send = send_rio,
    .finish = finish,
    .close = close_rio,
};

const struct bench_sender bench_rio_one = {
    .name = "rio_one",
    .batch_max = BATCH_MAX,
    .batch_usual = 256,
    .open = open_one,
    .send = send_rio,
    .finish = finish,
    .close = close_rio,
};

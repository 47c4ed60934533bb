// SPDX-License-Identifier: BSD-2-Clause
/*
 * The port "windows": the driver irlstackp.sys (irl/abi/windows.h).  Each queue
 * is a handle on it, with room for one batch to send and a few buffers that
 * wait to be filled with received frames.
 *
 * irl_port_send waits until the adapter has completed the batch: only then is
 * it known which frames it refused.  Nothing is received without the filter
 * irlstackf.sys, which keeps ours from the host.
 */
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/abi/windows.h>
#include "port/adapter_windows.h"
#include "port/counters.h"
#include "port/packet_split.h"
#include "port/port.h"
#include "wire/checksum.h"

/* Buffers of one queue to be filled while the caller has the frames of others.
 * Each has room for the longest frame there is (64 KiB, coalesced). */
#define READS 4u
#define READ_BYTES (128u << 10)
/* Segments of coalesced frames in one call; a frame of 64 KiB has 45. */
#define PIECES 256u
#define PIECE_BYTES 1536u
#define STATUS_OF_PENDING 0x103u /* NTSTATUS */
/* <winbase.h> of Windows 10 1803; mingw's of 2022 lacks it. */
#ifndef CREATE_WAITABLE_TIMER_HIGH_RESOLUTION
#define CREATE_WAITABLE_TIMER_HIGH_RESOLUTION 2
#endif

struct read {
	OVERLAPPED io;
	uint8_t *buffer;
	bool failed; /* not under way: the device is gone */
};

/* Reads count up for ever; read n is read[n % READS]. */
struct reader {
	struct read read[READS];
	uint64_t held;      /* oldest whose frames the caller may still have */
	uint64_t current;   /* the one being looked through */
	uint32_t at, bytes; /* its next frame's header, its end */
	HANDLE timer;
	struct irl_split split; /* of the frame taken last */
	uint64_t split_ns;
	uint8_t *pieces; /* of this call */
	unsigned pieces_used;
};

struct queue {
	struct irl_port_counters counters;
	/* Odd while a batch is with the adapter. */
	uint64_t sends;
	HANDLE device;
	OVERLAPPED tx_io;
	uint8_t *tx_buffer;
	struct reader rx; /* without steering all zero */
};

struct windows {
	struct irl_port port;
	uint64_t frequency;     /* of the performance counter */
	uint64_t filter_before; /* frames it had seen when we came */
	/* The performance counter when reception was ended, or all ones; the
	 * driver's counters of each queue then. */
	uint64_t end;
	struct irl_win_counters at_end[IRL_QUEUES_MAX];
	struct queue queue[IRL_QUEUES_MAX];
};

/* ---- requests ---------------------------------------------------------- */

/* Waits for what has been begun with @io; a Windows error, or 0. */
static DWORD finish(HANDLE device, OVERLAPPED *io, BOOL begun, DWORD *bytes)
{
	*bytes = 0;
	if (!begun && GetLastError() != ERROR_IO_PENDING)
		return GetLastError();
	return GetOverlappedResult(device, io, bytes, TRUE) ? 0
							    : GetLastError();
}

/* A request of the driver's, @in or @out may be NULL; seldom, any thread. */
static DWORD control(HANDLE device, uint32_t code, void *in, size_t in_bytes,
		     void *out, size_t out_bytes, DWORD *got)
{
	OVERLAPPED io = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
	DWORD error;

	if (!io.hEvent)
		return GetLastError();
	error = finish(device, &io,
		       DeviceIoControl(device, code, in, (DWORD)in_bytes, out,
				       (DWORD)out_bytes, NULL, &io),
		       got);
	CloseHandle(io.hEvent);
	return error;
}

static int failed(struct irl_error *err, DWORD error, const char *what)
{
	int code = IRL_ESYSTEM;

	if (error == ERROR_NO_SYSTEM_RESOURCES ||
	    error == ERROR_NOT_ENOUGH_MEMORY)
		code = IRL_ENOMEM;
	return irl_error_set(err, code, "irlstackp.sys: %s: Windows error %lu",
			     what, error);
}

/* ---- send -------------------------------------------------------------- */

static bool is_gone(const struct queue *q, unsigned ifindex)
{
	struct irl_win_adapter all[64];
	DWORD bytes;

	if (control(q->device, IRL_WIN_ADAPTERS, NULL, 0, all, sizeof(all),
		    &bytes))
		return true;
	for (unsigned i = 0; i < bytes / sizeof(all[0]); i++)
		if (all[i].if_index == ifindex)
			return all[i].state == IRL_WIN_ADAPTER_GONE;
	return true;
}

/* Why the driver refused a whole batch. */
static enum irl_tx_status why_refused(DWORD error)
{
	switch (error) {
	case ERROR_BUSY:
	case ERROR_NO_SYSTEM_RESOURCES:
		return IRL_TX_FULL;
	case ERROR_NOT_READY: /* pausing */
		return IRL_TX_UNSENT;
	case ERROR_DEVICE_REMOVED:
	case ERROR_FILE_NOT_FOUND: /* the driver has been unloaded */
		return IRL_TX_GONE;
	case ERROR_INVALID_USER_BUFFER:
		return IRL_TX_LENGTH;
	default:
		return IRL_TX_REFUSED;
	}
}

static enum irl_tx_status status_of(const struct queue *q, unsigned ifindex,
				    uint64_t outcome)
{
	switch (outcome) {
	case IRL_WIN_SENT:
		return IRL_TX_ACCEPTED;
	case IRL_WIN_PAUSED:
		return IRL_TX_UNSENT;
	case IRL_WIN_CANCELLED:
	case IRL_WIN_ABORTED:
	case IRL_WIN_FAILED:
		return is_gone(q, ifindex)         ? IRL_TX_GONE
		       : outcome == IRL_WIN_FAILED ? IRL_TX_REFUSED
						   : IRL_TX_UNSENT;
	case IRL_WIN_NO_RESOURCES:
		return IRL_TX_FULL;
	case IRL_WIN_NO_LINK:
		return IRL_TX_LINK_DOWN;
	default:
		return IRL_TX_REFUSED;
	}
}

/* Frames into the buffer; its bytes. */
static uint32_t fill(uint8_t *buffer, const struct irl_frame frames[],
		     unsigned count)
{
	uint32_t at = 0;

	for (unsigned i = 0; i < count; i++) {
		struct irl_win_frame *head = (void *)(buffer + at);

		*head = (struct irl_win_frame){.length = frames[i].length};
		memcpy(head + 1, frames[i].data, frames[i].length);
		at += irl_win_space(frames[i].length);
	}
	return at;
}

static void read_outcomes(const struct queue *q, unsigned ifindex,
			  const struct irl_frame frames[], unsigned count,
			  enum irl_tx_status status[])
{
	uint64_t last = IRL_WIN_SENT;
	enum irl_tx_status meaning = IRL_TX_ACCEPTED;
	uint32_t at = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct irl_win_frame *head =
		    (const void *)(q->tx_buffer + at);

		/* what it means may cost a request: once for a run of them */
		if (head->outcome != last) {
			last = head->outcome;
			meaning = status_of(q, ifindex, last);
		}
		status[i] = meaning;
		at += irl_win_space(frames[i].length);
	}
}

static int windows_send(struct irl_port *port, unsigned queue,
			const struct irl_frame frames[], unsigned count,
			enum irl_tx_status status[])
{
	struct queue *q = &((struct windows *)port)->queue[queue];
	uint32_t bytes = fill(q->tx_buffer, frames, count);
	DWORD error, done;
	int accepted;

	irl_count(&q->sends, 1);
	error = finish(q->device, &q->tx_io,
		       DeviceIoControl(q->device, IRL_WIN_SEND, NULL, 0,
				       q->tx_buffer, bytes, NULL, &q->tx_io),
		       &done);
	/* cancelled: some may have gone out */
	if (!error || error == ERROR_OPERATION_ABORTED)
		read_outcomes(q, port->info.ifindex, frames, count, status);
	else
		for (unsigned i = 0; i < count; i++)
			status[i] = why_refused(error);
	accepted = irl_count_batch(&q->counters, frames, count, status);
	irl_count(&q->sends, 1);
	return accepted;
}

/* ---- receive ----------------------------------------------------------- */

static struct read *nth(struct reader *r, uint64_t n)
{
	return &r->read[n % READS];
}

static bool is_ready(struct reader *r)
{
	struct read *next = nth(r, r->current);

	return r->current - r->held < READS && !next->failed &&
	       __atomic_load_n(&next->io.Internal, __ATOMIC_ACQUIRE) !=
		   STATUS_OF_PENDING;
}

/* Ask for frames; what fails now would fail again: the adapter is gone. */
static void begin_read(const struct queue *q, struct read *read)
{
	if (!ReadFile(q->device, read->buffer, READ_BYTES, NULL, &read->io))
		read->failed = GetLastError() != ERROR_IO_PENDING;
}

/* Fill the buffers again whose every frame the caller has done with. */
static void give_back(struct queue *q)
{
	for (; q->rx.held < q->rx.current; q->rx.held++)
		begin_read(q, nth(&q->rx, q->rx.held));
}

/* The next frame, or NULL. */
static const struct irl_win_frame *next_frame(struct queue *q)
{
	struct reader *r = &q->rx;
	const struct irl_win_frame *head;
	DWORD bytes;

	while (r->at >= r->bytes) {
		if (r->bytes)
			r->current++; /* looked through */
		r->at = r->bytes = 0;
		if (!is_ready(r))
			return NULL;
		if (GetOverlappedResult(q->device, &nth(r, r->current)->io,
					&bytes, FALSE))
			r->bytes = bytes;
		else
			nth(r, r->current)->failed = true;
		if (!r->bytes)
			return NULL;
	}
	head = (const void *)(nth(r, r->current)->buffer + r->at);
	r->at += irl_win_space(head->length);
	return head;
}

static uint64_t time_of(const struct windows *w, uint64_t counter)
{
	return counter / w->frequency * 1000000000 +
	       counter % w->frequency * 1000000000 / w->frequency;
}

static void deliver(struct irl_frame *out, const struct irl_win_frame *head,
		    uint64_t time_ns)
{
	*out = (struct irl_frame){
	    .data = (uint8_t *)(uintptr_t)(head + 1),
	    .length = head->length,
	    .time_ns = time_ns,
	};
}

/* The pieces get checksums of their own: not what nobody has looked at. */
static bool is_sound(const struct irl_win_frame *head)
{
	if (head->flags & IRL_WIN_RX_CHECKSUM_BAD)
		return false;
	return head->flags & IRL_WIN_RX_CHECKSUM_GOOD ||
	       irl_checksum_valid((const uint8_t *)(head + 1), head->length);
}

/* A frame that the adapter made of several segments. */
static bool begin_split(struct reader *r, const struct irl_win_frame *head,
			uint64_t time_ns)
{
	r->split_ns = time_ns;
	/* first what is cheap: few long frames are TCP */
	if (irl_split_begin(&r->split, (const uint8_t *)(head + 1),
			    head->length, head->length) &&
	    is_sound(head))
		return true;
	r->split = (struct irl_split){0};
	return false;
}

static unsigned deliver_split(struct reader *r, struct irl_frame frames[],
			      unsigned max)
{
	unsigned n = 0;

	while (n < max && irl_split_left(&r->split) &&
	       r->pieces_used < PIECES) {
		uint8_t *to =
		    r->pieces + (size_t)r->pieces_used++ * PIECE_BYTES;

		frames[n++] = (struct irl_frame){
		    .data = to,
		    .length = irl_split_next(&r->split, to),
		    .time_ns = r->split_ns,
		};
	}
	return n;
}

static int windows_recv(struct irl_port *port, unsigned queue,
			struct irl_frame frames[], unsigned max)
{
	struct windows *w = (struct windows *)port;
	struct queue *q = &w->queue[queue];
	uint64_t end = __atomic_load_n(&w->end, __ATOMIC_ACQUIRE);
	const struct irl_win_frame *head;
	unsigned n, too_long = 0;

	if (!q->rx.timer)
		return 0;
	give_back(q);
	q->rx.pieces_used = 0;
	n = deliver_split(&q->rx, frames, max);
	while (n < max && !irl_split_left(&q->rx.split) &&
	       (head = next_frame(q))) {
		uint64_t time_ns = time_of(w, head->time);

		if (head->time > end)
			continue;
		if (head->length <= IRL_FRAME_MAX)
			deliver(&frames[n++], head, time_ns);
		else if (begin_split(&q->rx, head, time_ns))
			n += deliver_split(&q->rx, frames + n, max - n);
		else
			too_long++;
	}
	irl_count(&q->counters.rx_too_long, too_long);
	irl_count(&q->counters.rx_delivered, n);
	return (int)n;
}

static int windows_wait(struct irl_port *port, unsigned queue,
			int64_t timeout_ns)
{
	struct queue *q = &((struct windows *)port)->queue[queue];
	LARGE_INTEGER due = {.QuadPart = -(timeout_ns + 99) / 100};
	HANDLE handles[2] = {q->rx.timer};
	DWORD count = 1;

	if (!q->rx.timer) {
		Sleep((DWORD)((timeout_ns + 999999) / 1000000));
		return 0;
	}
	if (irl_split_left(&q->rx.split) || q->rx.at < q->rx.bytes)
		return 1;
	give_back(q);
	if (is_ready(&q->rx))
		return 1;
	if (!timeout_ns ||
	    !SetWaitableTimer(q->rx.timer, &due, 0, NULL, NULL, FALSE))
		return 0;
	if (!nth(&q->rx, q->rx.current)->failed)
		handles[count++] = nth(&q->rx, q->rx.current)->io.hEvent;
	return WaitForMultipleObjects(count, handles, FALSE, INFINITE) ==
	       WAIT_OBJECT_0 + 1;
}

/* ---- counters ---------------------------------------------------------- */

static bool count(const struct queue *q, struct irl_win_counters *out)
{
	DWORD bytes;

	return !control(q->device, IRL_WIN_COUNTERS, NULL, 0, out, sizeof(*out),
			&bytes) &&
	       bytes == sizeof(*out);
}

/* Frames that the driver and we count differently, unless a batch is under way
 * and nobody can tell. */
static uint64_t unknown(const struct queue *q,
			const struct irl_win_counters *driver,
			uint64_t sends_before)
{
	uint64_t ours = irl_counted(&q->counters.tx[IRL_TX_ACCEPTED]);
	uint64_t theirs = driver->outcome[IRL_WIN_SENT];

	if (sends_before & 1 || irl_counted(&q->sends) != sends_before)
		return 0;
	return ours > theirs ? ours - theirs : theirs - ours;
}

/* Of ours, what the driver had no room for. */
static uint64_t lost(const struct irl_win_counters *c)
{
	return c->rx_ring_full + c->rx_unreadable;
}

/*
 * What is under way between the driver and the caller is in no counter yet: it
 * becomes ours when it is delivered.  All that the filter saw and that did not
 * come to this port is the host's, or another port's.
 */
static void windows_stats(struct irl_port *port, struct irl_port_stats *out)
{
	struct windows *w = (struct windows *)port;
	bool ended = __atomic_load_n(&w->end, __ATOMIC_ACQUIRE) != UINT64_MAX;
	struct irl_win_counters c = {0};
	uint64_t to_us = 0, seen = 0;

	for (unsigned i = 0; i < port->info.queues; i++) {
		struct queue *q = &w->queue[i];
		uint64_t sends = irl_counted(&q->sends);

		irl_counters_add(&q->counters, out);
		if (!count(q, &c))
			continue; /* the driver is gone: as far as we know */
		out->tx_unknown += unknown(q, &c, sends);
		if (ended)
			c = w->at_end[i];
		out->rx_full += lost(&c);
		out->rx_too_long += c.rx_too_long;
		to_us += c.rx_frames + lost(&c) + c.rx_too_long;
		seen = c.filter.frames - w->filter_before;
	}
	out->rx_ours = out->rx_delivered + out->rx_full + out->rx_too_long;
	/* the filter counted first, but queues were asked one by one */
	out->rx_host = w->queue[0].rx.timer && seen > to_us ? seen - to_us : 0;
	out->rx_frames = out->rx_ours + out->rx_host;
}

static void windows_end_rx(struct irl_port *port)
{
	struct windows *w = (struct windows *)port;
	LARGE_INTEGER now;

	/* Steering goes on, or the host would answer what is ours. */
	for (unsigned i = 0; i < port->info.queues; i++)
		count(&w->queue[i], &w->at_end[i]);
	QueryPerformanceCounter(&now);
	__atomic_store_n(&w->end, (uint64_t)now.QuadPart, __ATOMIC_RELEASE);
}

/* ---- open -------------------------------------------------------------- */

static int open_device(struct queue *q, struct irl_error *err)
{
	DWORD error;

	q->device = CreateFileA(IRL_WIN_DEVICE, GENERIC_READ | GENERIC_WRITE,
				FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
				OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
	if (q->device != INVALID_HANDLE_VALUE)
		return 0;
	error = GetLastError();
	q->device = NULL;
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		return irl_error_set(
		    err, IRL_ENOTSUP,
		    "the driver irlstackp.sys does not run: install it as "
		    "docs/windows.md says, or start it: sc start irlstackp");
	if (error == ERROR_ACCESS_DENIED)
		return irl_error_set(err, IRL_EPERM,
				     "frames are for administrators: start "
				     "this from a prompt \"Run as "
				     "administrator\"");
	return failed(err, error, "open");
}

static int query(struct windows *w, struct irl_error *err)
{
	struct irl_win_version version = {0};
	DWORD bytes, error;

	error = control(w->queue[0].device, IRL_WIN_QUERY, NULL, 0, &version,
			sizeof(version), &bytes);
	if (error)
		return failed(err, error, "version");
	if (bytes != sizeof(version) ||
	    version.head.version != IRL_WIN_VERSION || !version.frequency)
		return irl_error_set(err, IRL_ENOTSUP,
				     "irlstackp.sys speaks version %u, this "
				     "program %u: install those that came "
				     "together",
				     version.head.version, IRL_WIN_VERSION);
	w->frequency = version.frequency;
	return 0;
}

static uint32_t ring_bytes(const struct irl_port_options *o)
{
	if (!o->steer)
		return IRL_WIN_RING_MIN;
	if (!o->rx_ring_bytes)
		return IRL_PORT_RING_BYTES;
	return o->rx_ring_bytes < IRL_WIN_RING_MAX ? o->rx_ring_bytes
						   : IRL_WIN_RING_MAX;
}

static int bind_queue(struct windows *w, struct queue *q, const char *guid,
		      uint32_t ring, struct irl_error *err)
{
	struct irl_win_bind bind = {
	    .head = {IRL_WIN_VERSION, sizeof(bind)},
	    /* The buffer is ours alone until the batch is complete. */
	    .flags = IRL_WIN_BIND_ZERO_COPY,
	    .requests = 1,
	    .batch = IRL_BATCH_MAX,
	    .ring_bytes = ring,
	};
	struct irl_win_adapter adapter;
	char name[IRL_WIN_NAME];
	DWORD bytes, error;

	snprintf(name, sizeof(name), "\\DEVICE\\%s", guid);
	for (unsigned i = 0; name[i]; i++)
		bind.name[i] = (uint8_t)name[i];
	error = control(q->device, IRL_WIN_BIND, &bind, sizeof(bind), &adapter,
			sizeof(adapter), &bytes);
	if (error == ERROR_FILE_NOT_FOUND)
		return irl_error_set(
		    err, IRL_ENODEV,
		    "irlstackp.sys is not bound to %s: enable it there "
		    "(Enable-NetAdapterBinding -ComponentID irl_irlstackp)",
		    w->port.info.ifname);
	if (error)
		return failed(err, error, "BIND");
	if (adapter.mtu < w->port.info.mtu)
		w->port.info.mtu = adapter.mtu;
	return 0;
}

static int steer(struct queue *q, const char *interface,
		 const struct irl_steer *rule, unsigned queue, unsigned queues,
		 struct irl_error *err)
{
	struct irl_win_steer request = {
	    .head = {IRL_WIN_VERSION, sizeof(request)},
	    .queue = queue,
	    .queues = queues,
	    .rule = *rule,
	};
	DWORD bytes, error;

	error = control(q->device, IRL_WIN_STEER, &request, sizeof(request),
			NULL, 0, &bytes);
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_NOT_READY)
		return irl_error_set(err, IRL_ENOTSUP,
				     "the filter irlstackf.sys does not run: "
				     "start it: sc start irlstackf");
	if (error == ERROR_SHARING_VIOLATION)
		return irl_error_set(
		    err, IRL_ECLAIM,
		    "another process on %s receives frames for these addresses "
		    "and ports already: choose other source ports "
		    "(--source-port) or another unused address (--source-ip)",
		    interface);
	return error ? failed(err, error, "STEER") : 0;
}

static int open_tx(struct queue *q, struct irl_error *err)
{
	q->tx_io.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	q->tx_buffer = VirtualAlloc(
	    NULL, (size_t)IRL_BATCH_MAX * irl_win_space(IRL_FRAME_MAX),
	    MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
	if (!q->tx_io.hEvent || !q->tx_buffer)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	return 0;
}

static int open_rx(struct queue *q, struct irl_error *err)
{
	struct reader *r = &q->rx;
	bool short_of = false;

	/* A plain timer rounds up to the system's tick. */
	r->timer = CreateWaitableTimerExW(NULL, NULL,
					  CREATE_WAITABLE_TIMER_HIGH_RESOLUTION,
					  TIMER_ALL_ACCESS);
	if (!r->timer)
		r->timer = CreateWaitableTimerW(NULL, FALSE, NULL);
	r->pieces = malloc((size_t)PIECES * PIECE_BYTES);
	for (unsigned i = 0; i < READS; i++) {
		r->read[i].io.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
		r->read[i].buffer = VirtualAlloc(
		    NULL, READ_BYTES, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
		short_of |= !r->read[i].io.hEvent || !r->read[i].buffer;
	}
	if (!r->timer || !r->pieces || short_of)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < READS; i++)
		begin_read(q, &r->read[i]);
	return 0;
}

static int open_queues(struct windows *w, const struct irl_port_options *o,
		       const char *guid, struct irl_error *err)
{
	struct irl_win_counters before;
	int rc = 0;

	for (unsigned i = 0; !rc && i < o->queues; i++) {
		rc = open_device(&w->queue[i], err);
		if (!rc && !i)
			rc = query(w, err);
		if (!rc)
			rc = bind_queue(w, &w->queue[i], guid, ring_bytes(o),
					err);
		if (!rc)
			rc = open_tx(&w->queue[i], err);
	}
	if (rc || !o->steer)
		return rc;
	if (count(&w->queue[0], &before))
		w->filter_before = before.filter.frames;
	for (unsigned i = 0; !rc && i < o->queues; i++) {
		rc = open_rx(&w->queue[i], err);
		if (!rc)
			rc = steer(&w->queue[i], w->port.info.ifname, o->steer,
				   i, o->queues, err);
	}
	return rc;
}

static void close_event(HANDLE event)
{
	if (event)
		CloseHandle(event);
}

/* What is under way has the buffer: it ends first. */
static void close_rx(struct queue *q)
{
	struct reader *r = &q->rx;
	DWORD bytes;

	if (q->device)
		CancelIo(q->device);
	for (unsigned i = 0; i < READS; i++) {
		struct read *read = &r->read[i];

		if (q->device && read->io.Internal == STATUS_OF_PENDING)
			GetOverlappedResult(q->device, &read->io, &bytes, TRUE);
		close_event(read->io.hEvent);
		if (read->buffer)
			VirtualFree(read->buffer, 0, MEM_RELEASE);
	}
	close_event(r->timer);
	free(r->pieces);
}

static void windows_close(struct irl_port *port)
{
	struct windows *w = (struct windows *)port;

	for (unsigned i = 0; i < IRL_QUEUES_MAX; i++) {
		struct queue *q = &w->queue[i];

		close_rx(q);
		if (q->device)
			CloseHandle(q->device);
		close_event(q->tx_io.hEvent);
		if (q->tx_buffer)
			VirtualFree(q->tx_buffer, 0, MEM_RELEASE);
	}
	_aligned_free(w);
}

static const struct irl_port_ops windows_ops = {
    .close = windows_close,
    .send = windows_send,
    .recv = windows_recv,
    .wait = windows_wait,
    .stats = windows_stats,
    .end_rx = windows_end_rx,
};

int irl_port_open_windows(struct irl_port **out,
			  const struct irl_port_options *options,
			  struct irl_error *err)
{
	struct windows *w = _aligned_malloc(sizeof(*w), 64);
	struct irl_adapter adapter;
	int rc;

	*out = NULL;
	if (!w)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	memset(w, 0, sizeof(*w));
	w->port.ops = &windows_ops;
	w->port.info.kind = "windows";
	w->port.info.queues = options->queues;
	w->port.info.caps = IRL_PORT_EXCLUSIVE;
	w->end = UINT64_MAX;
	rc = irl_adapter_find(&adapter, options->ifname, err);
	if (!rc)
		rc = irl_port_describe(&w->port.info, options->ifname, err);
	if (!rc)
		rc = open_queues(w, options, adapter.guid, err);
	if (rc) {
		windows_close(&w->port);
		return rc;
	}
	*out = &w->port;
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * AF_XDP in copy mode through libxdp: a plain sender that fills the ring,
 * kicks and takes completions.  af_xdp_tuned is the same with the kernel's
 * budget of a call raised to the batch (XDP_MAX_TX_SKB_BUDGET, which libxdp
 * does not know).
 */
#ifdef IRL_HAVE_XDP
#include <errno.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <xdp/xsk.h>
#include "bench/frames.h"
#include "bench/sender.h"
#include "bench/stage.h"

#define FRAMES 4096u
#define FRAME_BYTES 2048u
#define UMEM_BYTES ((size_t)FRAMES * FRAME_BYTES)
#define BUFFER_BYTES (64 << 20)
#define BIND_TRIES 100
#define BIND_WAIT_NS 2000000ull
#define DRAIN_NS 100000000ull
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET 9 /* Linux 6.16 */
#endif

struct xdp_sender {
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons done, none;
	uint8_t *memory;
	unsigned batch, next, outstanding;
	struct bench_frames frames;
};

static void close_xdp(void *sender)
{
	struct xdp_sender *s = sender;

	if (s->socket)
		xsk_socket__delete(s->socket);
	if (s->umem)
		xsk_umem__delete(s->umem);
	if (s->memory)
		munmap(s->memory, UMEM_BYTES);
	free(s);
}

static int make_umem(struct xdp_sender *s)
{
	const struct xsk_umem_config config = {
	    .fill_size = FRAMES,
	    .comp_size = FRAMES,
	    .frame_size = FRAME_BYTES,
	};
	void *memory = mmap(NULL, UMEM_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	s->memory = memory;
	return xsk_umem__create(&s->umem, memory, UMEM_BYTES, &s->fill,
				&s->done, &config);
}

static int make_socket(struct xdp_sender *s, const char *interface)
{
	const struct xsk_socket_config config = {
	    .tx_size = FRAMES,
	    .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
	    .bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	int r = -EBUSY;

	/* For some milliseconds after a close the queue is still taken. */
	for (int i = 0; r == -EBUSY && i < BIND_TRIES; i++) {
		r = xsk_socket__create(&s->socket, interface, 0, s->umem, NULL,
				       &s->tx, &config);
		if (r == -EBUSY)
			bench_sleep_ns(BIND_WAIT_NS);
	}
	return r;
}

/* Older kernels do not have it: they are slower then. */
static void raise_budget(const struct xdp_sender *s)
{
	int budget = (int)(s->batch < 32 ? 32 : s->batch);

	setsockopt(xsk_socket__fd(s->socket), SOL_XDP, XDP_MAX_TX_SKB_BUDGET,
		   &budget, sizeof(budget));
}

static void widen(const struct xdp_sender *s)
{
	int fd = xsk_socket__fd(s->socket);
	int bytes = BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static int open_xdp(void **out, const struct bench_sender_options *options,
		    struct irl_error *err)
{
	struct xdp_sender *s = calloc(1, sizeof(*s));
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->batch = options->batch;
	bench_frames_init(&s->frames, options->length, options->stage->near_mac,
			  options->stage->far_mac);
	r = make_umem(s);
	if (r == 0)
		r = make_socket(s, options->ifname);
	if (r) {
		close_xdp(s);
		return irl_error_errno(err, -r, "cannot open an AF_XDP socket");
	}
	widen(s);
	*out = s;
	return 0;
}

static int open_tuned(void **out, const struct bench_sender_options *options,
		      struct irl_error *err)
{
	int r = open_xdp(out, options, err);

	if (r == 0)
		raise_budget(*out);
	return r;
}

static unsigned complete(struct xdp_sender *s)
{
	uint32_t first;
	unsigned n = xsk_ring_cons__peek(&s->done, FRAMES, &first);

	if (n)
		xsk_ring_cons__release(&s->done, n);
	s->outstanding -= n;
	return n;
}

static void kick(struct xdp_sender *s)
{
	(void)sendto(xsk_socket__fd(s->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
}

static void submit(struct xdp_sender *s)
{
	uint32_t first;

	if (xsk_ring_prod__reserve(&s->tx, s->batch, &first) != s->batch)
		return;
	for (unsigned i = 0; i < s->batch; i++) {
		struct xdp_desc *d = xsk_ring_prod__tx_desc(&s->tx, first + i);

		d->addr = (uint64_t)(s->next++ % FRAMES) * FRAME_BYTES;
		d->len = s->frames.length;
		d->options = 0;
		bench_frames_write(&s->frames, s->memory + d->addr);
	}
	xsk_ring_prod__submit(&s->tx, s->batch);
	s->outstanding += s->batch;
}

static int send_xdp(void *sender)
{
	struct xdp_sender *s = sender;
	unsigned done;

	submit(s);
	kick(s);
	done = complete(s);
	/* A frame's memory is written again only when it has come back. */
	while (s->outstanding > FRAMES - s->batch) {
		kick(s);
		done += complete(s);
	}
	return (int)done;
}

static int finish(void *sender)
{
	struct xdp_sender *s = sender;
	uint64_t end = bench_now_ns() + DRAIN_NS;
	unsigned done = 0;

	while (s->outstanding && bench_now_ns() < end) {
		kick(s);
		done += complete(s);
	}
	return (int)done;
}

const struct bench_sender bench_af_xdp = {
    .name = "af_xdp",
    .batch_max = FRAMES / 2,
    .open = open_xdp,
    .send = send_xdp,
    .finish = finish,
    .close = close_xdp,
};

const struct bench_sender bench_af_xdp_tuned = {
    .name = "af_xdp_tuned",
    .batch_max = FRAMES / 2,
    .open = open_tuned,
    .send = send_xdp,
    .finish = finish,
    .close = close_xdp,
};
#endif

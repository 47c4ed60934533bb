// SPDX-License-Identifier: BSD-2-Clause
/* AF_XDP in copy mode through libxdp; the reader sleeps in poll. */
#ifdef IRL_HAVE_XDP
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/xsk.h>
#include "bench.skel.h"
#include "bench/receiver.h"

#define FRAMES 8192u
#define FRAME_BYTES 2048u
#define UMEM_BYTES ((size_t)FRAMES * FRAME_BYTES)
#define BATCH 512u
#define WAIT_MS 2
#define BIND_TRIES 100
#define BIND_WAIT_NS 2000000ull

struct xdp_receiver {
	struct xsk_umem *umem;
	struct xsk_socket *socket;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons rx, done;
	uint8_t *memory;
	int link;
};

static void close_xdp(void *receiver)
{
	struct xdp_receiver *x = receiver;

	if (x->link >= 0)
		close(x->link);
	if (x->socket)
		xsk_socket__delete(x->socket);
	if (x->umem)
		xsk_umem__delete(x->umem);
	if (x->memory)
		munmap(x->memory, UMEM_BYTES);
	free(x);
}

static int make_umem(struct xdp_receiver *x)
{
	/* A fill ring of just the frames' number would run dry. */
	const struct xsk_umem_config config = {
	    .fill_size = FRAMES * 2,
	    .comp_size = 64,
	    .frame_size = FRAME_BYTES,
	};
	void *memory = mmap(NULL, UMEM_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	x->memory = memory;
	return xsk_umem__create(&x->umem, memory, UMEM_BYTES, &x->fill,
				&x->done, &config);
}

static int make_socket(struct xdp_receiver *x, unsigned queue)
{
	const struct xsk_socket_config config = {
	    .rx_size = FRAMES,
	    .libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
	    .bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	int r = -EBUSY;

	for (int i = 0; r == -EBUSY && i < BIND_TRIES; i++) {
		r = xsk_socket__create(&x->socket, IRL_WORLD_SCANNER_LINK,
				       queue, x->umem, &x->rx, NULL, &config);
		if (r == -EBUSY)
			bench_sleep_ns(BIND_WAIT_NS);
	}
	return r;
}

static void fill(struct xdp_receiver *x)
{
	uint32_t first;

	if (xsk_ring_prod__reserve(&x->fill, FRAMES, &first) != FRAMES)
		return;
	for (uint32_t i = 0; i < FRAMES; i++)
		*xsk_ring_prod__fill_addr(&x->fill, first + i) =
		    (uint64_t)i * FRAME_BYTES;
	xsk_ring_prod__submit(&x->fill, FRAMES);
}

static int attach(struct xdp_receiver *x,
		  const struct bench_receiver_options *options)
{
	const struct bench *bpf = options->stage->bpf;
	LIBBPF_OPTS(bpf_link_create_opts, link, .flags = XDP_FLAGS_DRV_MODE);
	uint32_t key = options->queue;
	int fd = xsk_socket__fd(x->socket);

	if (bpf_map_update_elem(bpf_map__fd(bpf->maps.bench_sockets), &key, &fd,
				0))
		return -errno;
	x->link = bpf_link_create(bpf_program__fd(bpf->progs.bench_to_socket),
				  (int)options->stage->near, BPF_XDP, &link);
	return x->link < 0 ? -errno : 0;
}

static int open_xdp(void **out, const struct bench_receiver_options *options,
		    struct irl_error *err)
{
	struct xdp_receiver *x = calloc(1, sizeof(*x));
	int r;

	*out = NULL;
	if (!x)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	x->link = -1;
	r = make_umem(x);
	if (r == 0)
		r = make_socket(x, options->queue);
	if (r == 0)
		r = attach(x, options);
	if (r) {
		close_xdp(x);
		return irl_error_errno(err, -r, "cannot open an AF_XDP socket");
	}
	fill(x);
	*out = x;
	return 0;
}

static int receive_xdp(void *receiver, struct bench_order *order)
{
	struct xdp_receiver *x = receiver;
	uint32_t from, to;
	unsigned n = xsk_ring_cons__peek(&x->rx, BATCH, &from);

	if (!n) {
		struct pollfd p = {xsk_socket__fd(x->socket), POLLIN, 0};

		poll(&p, 1, WAIT_MS);
		return 0;
	}
	/* There is room for every frame that is ours. */
	if (xsk_ring_prod__reserve(&x->fill, n, &to) != n)
		return -IRL_ESYSTEM;
	for (unsigned i = 0; i < n; i++) {
		uint64_t at = xsk_ring_cons__rx_desc(&x->rx, from + i)->addr;

		bench_order_note(order, x->memory + at);
		*xsk_ring_prod__fill_addr(&x->fill, to + i) =
		    at & ~(uint64_t)(FRAME_BYTES - 1);
	}
	xsk_ring_prod__submit(&x->fill, n);
	xsk_ring_cons__release(&x->rx, n);
	return (int)n;
}

static uint64_t dropped(void *receiver)
{
	struct xdp_receiver *x = receiver;
	struct xdp_statistics s = {0};
	socklen_t size = sizeof(s);

	if (getsockopt(xsk_socket__fd(x->socket), SOL_XDP, XDP_STATISTICS, &s,
		       &size))
		return 0;
	return s.rx_dropped + s.rx_ring_full;
}

const struct bench_receiver bench_receive_af_xdp = {
    .name = "af_xdp",
    .open = open_xdp,
    .receive = receive_xdp,
    .dropped = dropped,
    .close = close_xdp,
};
#endif

// SPDX-License-Identifier: BSD-2-Clause
/* AF_PACKET: send, one frame a call; sendmmsg past the queueing discipline. */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/frames.h"
#include "bench/sender.h"
#include "bench/stage.h"

#define BATCH_MAX 1024 /* UIO_MAXIOV */
#define BUFFER_BYTES (64 << 20)

struct socket_sender {
	int fd;
	unsigned batch;
	struct bench_frames frames;
	struct mmsghdr message[BATCH_MAX];
	struct iovec part[BATCH_MAX];
	uint8_t bytes[BATCH_MAX][2048];
};

static void socket_close(void *sender)
{
	struct socket_sender *s = sender;

	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static int bind_socket(struct socket_sender *s, const char *interface,
		       int bypass, struct irl_error *err)
{
	struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_ifindex = (int)if_nametoindex(interface),
	};
	int bytes = BUFFER_BYTES;

	s->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (s->fd < 0 ||
	    setsockopt(s->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass,
		       sizeof(bypass)) ||
	    bind(s->fd, (struct sockaddr *)&address, sizeof(address)))
		return irl_error_errno(err, errno,
				       "cannot open a packet socket "
				       "on %s",
				       interface);
	/* More than net.core.wmem_max needs a privilege; less works too. */
	if (setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes,
		       sizeof(bytes)))
		setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	return 0;
}

static int socket_open(void **out, const struct bench_sender_options *options,
		       int bypass, struct irl_error *err)
{
	struct socket_sender *s = calloc(1, sizeof(*s));
	int r;

	*out = NULL;
	if (!s)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	s->batch = options->batch;
	bench_frames_init(&s->frames, options->length, options->stage->near_mac,
			  options->stage->far_mac);
	for (unsigned i = 0; i < s->batch; i++) {
		s->part[i].iov_base = s->bytes[i];
		s->part[i].iov_len = options->length;
		s->message[i].msg_hdr.msg_iov = &s->part[i];
		s->message[i].msg_hdr.msg_iovlen = 1;
	}
	r = bind_socket(s, options->ifname, bypass, err);
	if (r < 0) {
		socket_close(s);
		return r;
	}
	*out = s;
	return 0;
}

static int open_send(void **out, const struct bench_sender_options *options,
		     struct irl_error *err)
{
	return socket_open(out, options, 0, err);
}

static int open_sendmmsg(void **out, const struct bench_sender_options *options,
			 struct irl_error *err)
{
	return socket_open(out, options, 1, err);
}

static int result_of(ssize_t n)
{
	if (n >= 0)
		return (int)n;
	return errno == ENOBUFS || errno == EAGAIN || errno == EINTR
		   ? 0
		   : -IRL_ESYSTEM;
}

static int send_one(void *sender)
{
	struct socket_sender *s = sender;

	ssize_t n;

	bench_frames_write(&s->frames, s->bytes[0]);
	n = send(s->fd, s->bytes[0], s->frames.length, 0);
	return n > 0 ? 1 : result_of(n);
}

static int send_many(void *sender)
{
	struct socket_sender *s = sender;

	for (unsigned i = 0; i < s->batch; i++)
		bench_frames_write(&s->frames, s->bytes[i]);
	return result_of(sendmmsg(s->fd, s->message, s->batch, 0));
}

static int finish(void *sender)
{
	(void)sender;
	return 0;
}

const struct bench_sender bench_send = {
    .name = "send",
    .batch_max = 1,
    .batch_usual = 1,
    .open = open_send,
    .send = send_one,
    .finish = finish,
    .close = socket_close,
};

const struct bench_sender bench_sendmmsg = {
    .name = "sendmmsg",
    .batch_max = BATCH_MAX,
    .open = open_sendmmsg,
    .send = send_many,
    .finish = finish,
    .close = socket_close,
};

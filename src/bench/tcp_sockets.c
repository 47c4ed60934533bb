// SPDX-License-Identifier: BSD-2-Clause
/* The same exchange by the host's stack: non-blocking sockets, epoll, RST by
 * SO_LINGER. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <irl/cpu.h>
#include "bench/stage.h"
#include "bench/tcp.h"
#include "bench/tcp_client.h"

#define EVENTS 512
#define PORT 80
#define ONE_SERVER 0x0a010001u

static const char request[] = BENCH_CLIENT_REQUEST;

enum state { CLOSED, CONNECTING, ASKED };

struct sockets {
	int poll;
	bool unique;
	uint32_t open, limit;
	uint64_t opened, done, failed;
	uint8_t *state; /* enum state, by descriptor */
	int most;       /* descriptors */
};

static int sockets_open(struct sockets *s, uint32_t limit, bool unique,
			struct irl_error *err)
{
	struct rlimit files;

	*s = (struct sockets){.limit = limit, .unique = unique};
	s->most = (int)limit + 64;
	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < limit + 64)
		files.rlim_cur = limit + 64;
	if (setrlimit(RLIMIT_NOFILE, &files))
		return irl_error_errno(err, errno, "cannot have %u sockets",
				       limit);
	s->poll = epoll_create1(EPOLL_CLOEXEC);
	s->state = calloc((size_t)s->most, 1);
	if (s->poll < 0 || !s->state)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	return 0;
}

static void end_one(struct sockets *s, int fd, bool good)
{
	close(fd); /* RST */
	s->state[fd] = CLOSED;
	s->open--;
	s->done += good;
	s->failed += !good;
}

static bool connect_one(struct sockets *s)
{
	const struct linger reset = {1, 0};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(PORT)};
	struct epoll_event event = {.events = EPOLLOUT | EPOLLIN | EPOLLET};
	int off = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || fd >= s->most) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	to.sin_addr.s_addr = htonl(
	    s->unique ? BENCH_CLIENT_SERVERS +
			    (uint32_t)(s->opened % BENCH_CLIENT_SERVER_COUNT)
		      : ONE_SERVER);
	s->opened++;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	/* The request travels in the handshake's ACK: 10% more a second. */
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off));
	if (connect(fd, (void *)&to, sizeof(to)) && errno != EINPROGRESS) {
		s->failed++;
		close(fd);
		return false;
	}
	s->state[fd] = CONNECTING;
	event.data.fd = fd;
	epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &event);
	s->open++;
	return true;
}

static void go_on(struct sockets *s, const struct epoll_event *event)
{
	int fd = event->data.fd;
	char bytes[2048];

	if (event->events & (EPOLLERR | EPOLLHUP)) {
		end_one(s, fd, false);
	} else if (s->state[fd] == CONNECTING) {
		s->state[fd] = ASKED;
		if (write(fd, request, sizeof(request) - 1) < 0)
			end_one(s, fd, false);
	} else if (event->events & EPOLLIN) {
		end_one(s, fd, read(fd, bytes, sizeof(bytes)) > 0);
	}
}

static void turn(struct sockets *s)
{
	struct epoll_event event[EVENTS];
	int n;

	while (s->open < s->limit && connect_one(s))
		;
	n = epoll_wait(s->poll, event, EVENTS, 10);
	for (int i = 0; i < n; i++)
		go_on(s, &event[i]);
}

static void sockets_close(struct sockets *s)
{
	for (int fd = 0; s->state && fd < s->most; fd++)
		if (s->state[fd] != CLOSED)
			close(fd);
	if (s->poll >= 0)
		close(s->poll);
	free(s->state);
}

int bench_tcp_sockets(struct bench_row *row, bool unique, uint32_t outstanding,
		      double seconds, struct irl_error *err)
{
	struct sockets s;
	int r = sockets_open(&s, outstanding, unique, err);
	struct bench_cost cost;

	if (r == 0) {
		bench_cost_begin(&cost);
		while (bench_cost_seconds(&cost) < seconds)
			turn(&s);
		bench_cost_note(&cost, row, s.done, s.failed);
	}
	sockets_close(&s);
	return r;
}

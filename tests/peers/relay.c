// SPDX-License-Identifier: BSD-2-Clause
/*
 * A bad network between two interfaces: loses, doubles, delays and reorders
 * IPv4 frames and TCP over IPv6 by a seed, both ways alike; all others (ARP,
 * neighbour discovery) pass.
 *
 *   relay A B SEED LOSS DUPLICATE REORDER DELAY-US REORDER-US
 *
 * Shares are per thousand.  Ended by SIGTERM it says how many frames were lost
 * and how many delayed out of order, both ways together.  Which frame meets
 * what is decided by the seed and its number on its way; what that frame is
 * depends on the two ends.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#define ROOM 16384u
#define FRAME 2048u

struct waiting {
	uint64_t due_ns;
	int to;
	uint32_t length;
	uint8_t *data;
};

struct relay {
	int fd[2];
	uint64_t random;
	unsigned loss, duplicate, reorder;
	uint64_t delay_ns, reorder_ns;
	unsigned lost, reordered;
	unsigned count;
	struct waiting queue[ROOM]; /* by time, the next one last */
	uint8_t *spare[ROOM];
	unsigned spares;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* splitmix64 */
static unsigned thousandth(struct relay *r)
{
	uint64_t z = r->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (unsigned)((z ^ z >> 31) % 1000);
}

static int open_on(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	struct packet_mreq all = {.mr_ifindex = at.sll_ifindex,
				  .mr_type = PACKET_MR_PROMISC};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1;
	int bytes = 8 << 20;

	if (fd < 0 || !at.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all,
		       sizeof(all)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at))) {
		perror(name);
		exit(1);
	}
	return fd;
}

static void put(struct relay *r, int to, const uint8_t *data, uint32_t length,
		uint64_t due_ns)
{
	unsigned i;
	uint8_t *copy;

	if (r->count == ROOM)
		return;
	copy = r->spare[--r->spares];
	memcpy(copy, data, length);
	for (i = r->count++; i > 0 && r->queue[i - 1].due_ns <= due_ns; i--)
		r->queue[i] = r->queue[i - 1];
	r->queue[i] = (struct waiting){due_ns, to, length, copy};
}

static bool meets_harm(const uint8_t *data)
{
	if (data[12] == 0x08 && data[13] == 0x00)
		return true;
	return data[12] == 0x86 && data[13] == 0xdd && data[20] == IPPROTO_TCP;
}

static void meet(struct relay *r, int to, const uint8_t *data, uint32_t length)
{
	uint64_t due_ns = now_ns() + r->delay_ns;

	if (!meets_harm(data)) {
		put(r, to, data, length, due_ns);
		return;
	}
	if (thousandth(r) < r->loss) {
		r->lost++;
		return;
	}
	if (thousandth(r) < r->duplicate)
		put(r, to, data, length, due_ns);
	if (thousandth(r) < r->reorder) {
		due_ns += r->reorder_ns;
		r->reordered++;
	}
	put(r, to, data, length, due_ns);
}

static void take(struct relay *r, int from)
{
	uint8_t data[FRAME];

	for (unsigned i = 0; i < 64; i++) {
		ssize_t n = recv(r->fd[from], data, sizeof(data),
				 MSG_DONTWAIT | MSG_TRUNC);

		if (n <= 0)
			return;
		if (n > (ssize_t)sizeof(data)) {
			fprintf(stderr, "relay: %zd bytes: turn GSO off\n", n);
			exit(1);
		}
		meet(r, !from, data, (uint32_t)n);
	}
}

static void give(struct relay *r)
{
	uint64_t now = now_ns();

	while (r->count && r->queue[r->count - 1].due_ns <= now) {
		struct waiting *w = &r->queue[--r->count];

		if (send(r->fd[w->to], w->data, w->length, 0) < 0)
			perror("relay: send");
		r->spare[r->spares++] = w->data;
	}
}

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void run(struct relay *r)
{
	struct pollfd fds[2] = {{.fd = r->fd[0], .events = POLLIN},
				{.fd = r->fd[1], .events = POLLIN}};

	while (!ended) {
		struct timespec wait = {.tv_nsec = 100000000};
		uint64_t now = now_ns(), due;

		if (r->count) {
			due = r->queue[r->count - 1].due_ns;
			wait.tv_nsec = due > now ? (long)(due - now) : 0;
		}
		ppoll(fds, 2, &wait, NULL);
		take(r, 0);
		take(r, 1);
		give(r);
	}
}

int main(int argc, char **argv)
{
	static struct relay r;

	if (argc != 9) {
		fprintf(stderr, "relay A B SEED LOSS DUPLICATE REORDER "
				"DELAY-US REORDER-US\n");
		return 2;
	}
	for (r.spares = 0; r.spares < ROOM; r.spares++)
		r.spare[r.spares] = malloc(FRAME);
	r.fd[0] = open_on(argv[1]);
	r.fd[1] = open_on(argv[2]);
	r.random = strtoull(argv[3], NULL, 0);
	r.loss = (unsigned)atoi(argv[4]);
	r.duplicate = (unsigned)atoi(argv[5]);
	r.reorder = (unsigned)atoi(argv[6]);
	r.delay_ns = strtoull(argv[7], NULL, 0) * 1000;
	r.reorder_ns = strtoull(argv[8], NULL, 0) * 1000;
	signal(SIGTERM, end);
	run(&r);
	printf("%u %u\n", r.lost, r.reordered);
	return 0;
}

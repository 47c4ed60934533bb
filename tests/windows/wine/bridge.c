// SPDX-License-Identifier: BSD-2-Clause
/*
 * bridge FILE INTERFACE: frames between the wire of the double's adapter and an
 * interface, until it is killed.  The interface is a test's, in a namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include "wire.h"

#define NAP_US 50

static struct wire *map(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *wire = mmap(NULL, sizeof(struct wire), PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);

	close(fd);
	return wire == MAP_FAILED ? NULL : wire;
}

static int open_socket(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex =
					  (int)if_nametoindex(interface)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int one = 1, bytes = 8 << 20;

	if (fd < 0 || !address.sll_ifindex ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

/* What the adapter sent; a full queue takes it the next time. */
static bool send_out(int fd, struct wire_ring *ring)
{
	const struct wire_slot *slot = wire_next(ring, 0);

	if (!wire_waiting(ring) ||
	    (send(fd, slot->frame, slot->length, MSG_DONTWAIT) < 0 &&
	     errno != EMSGSIZE))
		return false;
	wire_took(ring, 1);
	return true;
}

/* What comes, while the adapter has room. */
static bool take_in(int fd, struct wire_ring *ring)
{
	struct wire_slot *slot = wire_room(ring);
	ssize_t length =
	    slot ? recv(fd, slot->frame, sizeof(slot->frame), MSG_DONTWAIT)
		 : -1;

	if (length <= 0)
		return false;
	slot->length = (uint32_t)length;
	slot->coalesced = 0;
	wire_put(ring);
	return true;
}

int main(int argc, char **argv)
{
	struct wire *wire = argc == 3 ? map(argv[1]) : NULL;
	int fd = wire ? open_socket(argv[2]) : -1;

	if (fd < 0) {
		fprintf(stderr, "bridge: usage, or %s\n", strerror(errno));
		return 2;
	}
	for (;;)
		if (!(send_out(fd, &wire->out) | take_in(fd, &wire->in)))
			usleep(NAP_US);
}

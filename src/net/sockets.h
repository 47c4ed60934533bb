/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host's open TCP and UDP sockets.
 */
#ifndef IRL_NET_SOCKETS_H
#define IRL_NET_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/ip.h>

struct net_socket {
	bool udp, ipv6;
	uint8_t state; /* as in netinet/tcp.h; TCP_CLOSE for plain UDP */
	uint16_t port;
	struct irl_ip addr; /* all zero: any */
};

/* Called for each; nonzero ends the walk with it. */
typedef int net_socket_visit(void *context, const struct net_socket *socket);

/*
 * Visit, at least once each, the sockets that packets to @addr could reach:
 * TCP in any state, UDP, and for IPv4 the IPv6 sockets that take it.  By
 * sock_diag, or where the kernel lacks that from /proc/net, where an IPv6
 * socket bound to any address is taken to take IPv4.  Returns 0, what the
 * visitor returned
 * (> 0), or -IRL_E... .
 */
int net_sockets_visit(const struct irl_ip *addr, net_socket_visit *visit,
		      void *context, struct irl_error *err);

/* The second way alone, for a test that holds both to the same. */
int net_sockets_visit_proc(const struct irl_ip *addr, net_socket_visit *visit,
			   void *context, struct irl_error *err);

/* How to find out whose it is, into @text, which is returned. */
const char *net_socket_who(const struct net_socket *socket, char text[48]);

/* "listening", "established", ... */
const char *net_socket_state(const struct net_socket *socket);

#endif

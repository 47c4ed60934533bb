// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include "base/netlink.h"
#include "net/sockets.h"

struct walk {
	const struct irl_ip *addr;
	bool udp;
	net_socket_visit *visit;
	void *context;
};

const char *net_socket_state(const struct net_socket *socket)
{
	if (socket->udp)
		return "open";
	switch (socket->state) {
	case TCP_LISTEN:
		return "listening";
	case TCP_ESTABLISHED:
		return "connected";
	case TCP_TIME_WAIT:
		return "in TIME-WAIT, for a minute";
	default:
		return "open";
	}
}

/* ::ffff:a.b.c.d of four words in network byte order. */
static bool is_mapped(const uint32_t words[4])
{
	return words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff);
}

/* The address bound to, of @words; false: of the other family. */
static bool read_addr(bool ipv6, bool want4, bool only_v6,
		      const uint32_t words[4], struct irl_ip *out)
{
	bool any = !(words[0] | words[1] | words[2] | words[3]);

	memset(out, 0, sizeof(*out));
	if (!ipv6) {
		if (words[0])
			*out = irl_ip4(ntohl(words[0]));
		return want4;
	}
	if (is_mapped(words)) {
		if (words[3])
			*out = irl_ip4(ntohl(words[3]));
		return want4;
	}
	memcpy(out->byte, words, sizeof(out->byte));
	return want4 ? any && !only_v6 : true;
}

/*
 * Can packets to walk->addr reach a socket bound to @words?  Then fill @out and
 * pass it on.  @only_v6 concerns a socket bound to any address.
 */
static int consider(const struct walk *walk, bool ipv6, bool only_v6,
		    const uint32_t words[4], uint8_t state, uint16_t port)
{
	static const struct irl_ip any;
	struct net_socket out = {
	    .udp = walk->udp,
	    .ipv6 = ipv6,
	    .state = state,
	    .port = port,
	};

	if (!read_addr(ipv6, irl_ip_is4(walk->addr), only_v6, words, &out.addr))
		return 0;
	if (!irl_ip_equal(&out.addr, &any) &&
	    !irl_ip_equal(&out.addr, walk->addr))
		return 0;
	return walk->visit(walk->context, &out);
}

/* ---- by sock_diag ------------------------------------------------------ */

static int visit_diag(void *context, const struct nlmsghdr *message)
{
	const struct walk *walk = context;
	const struct inet_diag_msg *diag =
	    irl_netlink_fixed(message, sizeof(*diag));
	const struct nlattr *table[INET_DIAG_SKV6ONLY + 1];

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY || !diag)
		return 0;
	irl_netlink_attributes(message, sizeof(*diag), table,
			       INET_DIAG_SKV6ONLY + 1);
	return consider(walk, diag->idiag_family == AF_INET6,
			irl_netlink_u8(table[INET_DIAG_SKV6ONLY]),
			diag->id.idiag_src, diag->idiag_state,
			ntohs(diag->id.idiag_sport));
}

static void keep(void *context)
{
	(void)context; /* visiting a socket again does no harm */
}

/* 0, a visitor's word (> 0), or -errno. */
static int walk_diag(struct walk *walk, uint8_t family)
{
	struct irl_netlink request;
	struct inet_diag_req_v2 *wanted;

	wanted =
	    irl_netlink_init(&request, SOCK_DIAG_BY_FAMILY, 0, sizeof(*wanted));
	wanted->sdiag_family = family;
	wanted->sdiag_protocol = walk->udp ? IPPROTO_UDP : IPPROTO_TCP;
	wanted->idiag_states = UINT32_MAX;
	return irl_netlink_dump(NETLINK_SOCK_DIAG, &request, visit_diag, keep,
				walk);
}

/* ---- by /proc/net ------------------------------------------------------ */

static int visit_line(const struct walk *walk, bool ipv6, const char *line)
{
	uint32_t words[4] = {0};
	unsigned port, state;
	int n;

	/* each word is printed as the host reads it */
	if (ipv6)
		n = sscanf(line,
			   " %*u: %8" SCNx32 "%8" SCNx32 "%8" SCNx32 "%8" SCNx32
			   ":%4x %*32[0-9A-F]:%*4x %2x",
			   &words[0], &words[1], &words[2], &words[3], &port,
			   &state) -
		    3;
	else
		n = sscanf(line, " %*u: %8" SCNx32 ":%4x %*8[0-9A-F]:%*4x %2x",
			   &words[0], &port, &state);
	if (n != 3)
		return 0; /* the heading */
	return consider(walk, ipv6, false, words, (uint8_t)state,
			(uint16_t)port);
}

static int walk_proc(struct walk *walk, bool ipv6)
{
	char path[40], line[512];
	int result = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s%s",
		 walk->udp ? "udp" : "tcp", ipv6 ? "6" : "");
	file = fopen(path, "re");
	if (!file) /* a kernel without IPv6 has no such file */
		return ipv6 && errno == ENOENT ? 0 : -errno;
	while (result == 0 && fgets(line, sizeof(line), file))
		result = visit_line(walk, ipv6, line);
	fclose(file);
	return result;
}

static int walk_all(const struct irl_ip *addr, net_socket_visit *visit,
		    void *context, bool diag, struct irl_error *err)
{
	struct walk walk = {.addr = addr, .visit = visit, .context = context};

	for (int i = 0; i < 4; i++) {
		bool ipv6 = i & 1;
		int result = -1;

		walk.udp = i & 2;
		if (diag)
			result = walk_diag(&walk, ipv6 ? AF_INET6 : AF_INET);
		if (result < 0)
			result = walk_proc(&walk, ipv6);
		if (result < 0)
			return irl_error_errno(err, -result,
					       "cannot list the open sockets");
		if (result > 0)
			return result;
	}
	return 0;
}

int net_sockets_visit(const struct irl_ip *addr, net_socket_visit *visit,
		      void *context, struct irl_error *err)
{
	return walk_all(addr, visit, context, true, err);
}

int net_sockets_visit_proc(const struct irl_ip *addr, net_socket_visit *visit,
			   void *context, struct irl_error *err)
{
	return walk_all(addr, visit, context, false, err);
}

const char *net_socket_who(const struct net_socket *socket, char text[48])
{
	snprintf(text, 48, "ss -a%cnp 'sport = :%u'", socket->udp ? 'u' : 't',
		 socket->port);
	return text;
}

// SPDX-License-Identifier: BSD-2-Clause
/* By the tables of the IP helper API.  They do not tell which IPv6 sockets take
 * IPv4: each that is bound to any address is taken to. */
#include <stdio.h>
#include <stdlib.h>
#include "net/sockets.h"
#include "net/windows.h"

#define ATTEMPTS 8 /* the table grows between two calls, but not for ever */

static DWORD table_of(void *table, DWORD *bytes, bool udp, bool ipv6)
{
	ULONG family = ipv6 ? AF_INET6 : AF_INET;

	return udp ? GetExtendedUdpTable(table, bytes, FALSE, family,
					 UDP_TABLE_OWNER_PID, 0)
		   : GetExtendedTcpTable(table, bytes, FALSE, family,
					 TCP_TABLE_OWNER_PID_ALL, 0);
}

/* To be freed; NULL with *error. */
static void *take_table(bool udp, bool ipv6, DWORD *error)
{
	DWORD bytes = 64 << 10;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		void *table = malloc(bytes);

		*error = ERROR_NOT_ENOUGH_MEMORY;
		if (!table)
			return NULL;
		*error = table_of(table, &bytes, udp, ipv6);
		if (!*error)
			return table;
		free(table);
		if (*error != ERROR_INSUFFICIENT_BUFFER)
			return NULL;
	}
	return NULL;
}

static struct irl_ip ip4(DWORD addr)
{
	return addr ? irl_ip4(ntohl(addr)) : (struct irl_ip){{0}};
}

static uint16_t port_of(DWORD port)
{
	return ntohs((u_short)port);
}

/* Entry @i; false behind the last. */
static bool read_entry(const void *table, bool udp, bool ipv6, DWORD i,
		       struct net_socket *out)
{
	const MIB_TCPTABLE_OWNER_PID *tcp4 = table;
	const MIB_TCP6TABLE_OWNER_PID *tcp6 = table;
	const MIB_UDPTABLE_OWNER_PID *udp4 = table;
	const MIB_UDP6TABLE_OWNER_PID *udp6 = table;

	if (i >= *(const DWORD *)table)
		return false;
	*out = (struct net_socket){.udp = udp, .ipv6 = ipv6};
	if (udp && ipv6) {
		out->port = port_of(udp6->table[i].dwLocalPort);
		memcpy(out->addr.byte, udp6->table[i].ucLocalAddr, 16);
	} else if (udp) {
		out->port = port_of(udp4->table[i].dwLocalPort);
		out->addr = ip4(udp4->table[i].dwLocalAddr);
	} else if (ipv6) {
		out->port = port_of(tcp6->table[i].dwLocalPort);
		out->state = (uint8_t)tcp6->table[i].dwState;
		memcpy(out->addr.byte, tcp6->table[i].ucLocalAddr, 16);
	} else {
		out->port = port_of(tcp4->table[i].dwLocalPort);
		out->state = (uint8_t)tcp4->table[i].dwState;
		out->addr = ip4(tcp4->table[i].dwLocalAddr);
	}
	return true;
}

static bool is_reached(const struct net_socket *socket,
		       const struct irl_ip *addr)
{
	if (irl_ip_is_none(&socket->addr))
		return socket->ipv6 || irl_ip_is4(addr);
	return irl_ip_equal(&socket->addr, addr);
}

static int visit_table(const struct irl_ip *addr, bool udp, bool ipv6,
		       net_socket_visit *visit, void *context,
		       struct irl_error *err)
{
	struct net_socket socket;
	DWORD error;
	void *table = take_table(udp, ipv6, &error);
	int rc = 0;

	if (!table)
		return irl_error_set(err, IRL_ESYSTEM,
				     "cannot list the sockets: Windows error "
				     "%lu",
				     error);
	for (DWORD i = 0; !rc && read_entry(table, udp, ipv6, i, &socket); i++)
		if (is_reached(&socket, addr))
			rc = visit(context, &socket);
	free(table);
	return rc;
}

int net_sockets_visit(const struct irl_ip *addr, net_socket_visit *visit,
		      void *context, struct irl_error *err)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < 4; i++)
		rc = visit_table(addr, i & 1, i & 2, visit, context, err);
	return rc;
}

const char *net_socket_state(const struct net_socket *socket)
{
	static const char *const name[] = {
	    [MIB_TCP_STATE_CLOSED] = "closed",
	    [MIB_TCP_STATE_LISTEN] = "listening",
	    [MIB_TCP_STATE_SYN_SENT] = "connecting",
	    [MIB_TCP_STATE_SYN_RCVD] = "being connected",
	    [MIB_TCP_STATE_ESTAB] = "established",
	    [MIB_TCP_STATE_FIN_WAIT1] = "closing",
	    [MIB_TCP_STATE_FIN_WAIT2] = "closing",
	    [MIB_TCP_STATE_CLOSE_WAIT] = "closed by the peer",
	    [MIB_TCP_STATE_CLOSING] = "closing",
	    [MIB_TCP_STATE_LAST_ACK] = "closing",
	    [MIB_TCP_STATE_TIME_WAIT] = "in TIME-WAIT",
	};
	const unsigned count = sizeof(name) / sizeof(name[0]);

	if (socket->udp)
		return "open";
	return socket->state < count && name[socket->state]
		   ? name[socket->state]
		   : "in use";
}

const char *net_socket_who(const struct net_socket *socket, char text[48])
{
	snprintf(text, 48, "netstat -ano -p %s%s", socket->udp ? "UDP" : "TCP",
		 socket->ipv6 ? "v6" : "");
	return text;
}

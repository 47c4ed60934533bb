// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "net/port_range.h"
#include "net/sockets.h"

#define PRIVILEGED 1024u

void net_ports_set(struct net_ports *ports, unsigned first, unsigned last)
{
	for (unsigned p = first; p <= last; p++)
		ports->bits[p / 64] |= 1ull << p % 64;
}

static bool has_bit(const struct net_ports *ports, unsigned port)
{
	return ports->bits[port / 64] >> port % 64 & 1;
}

int net_ports_parse(struct net_ports *ports, const char *text)
{
	unsigned first, last;
	int used;

	memset(ports, 0, sizeof(*ports));
	while (sscanf(text, " %5u%n", &first, &used) == 1) {
		text += used;
		last = first;
		if (sscanf(text, "-%5u%n", &last, &used) == 1)
			text += used;
		if (first > last || last > 65535)
			return -1;
		net_ports_set(ports, first, last);
		text += *text == ',';
	}
	return text[strspn(text, " \t\n")] ? -1 : 0;
}

/* ---- choosing ---------------------------------------------------------- */

static int mark(void *context, const struct net_socket *socket)
{
	net_ports_set(context, socket->port, socket->port);
	return 0;
}

/* The lowest run of @want clear ports in [from, to]; 0: none.  *longest is
 * raised to the longest run seen. */
static unsigned lowest_run(const struct net_ports *taken, unsigned from,
			   unsigned to, unsigned want, unsigned *longest)
{
	unsigned run = 0;

	for (unsigned p = from; p <= to; p++) {
		run = has_bit(taken, p) ? 0 : run + 1;
		if (run > *longest)
			*longest = run;
		if (run == want)
			return p - want + 1;
	}
	return 0;
}

static unsigned highest_run(const struct net_ports *taken, unsigned from,
			    unsigned to, unsigned want, unsigned *longest)
{
	unsigned run = 0;

	for (unsigned p = to; p >= from && p > 0; p--) {
		run = has_bit(taken, p) ? 0 : run + 1;
		if (run > *longest)
			*longest = run;
		if (run == want)
			return p;
	}
	return 0;
}

unsigned net_ports_pick(const struct net_port_policy *policy,
			const struct net_ports *used, unsigned want,
			unsigned *longest)
{
	struct net_ports taken = policy->reserved;
	unsigned first;

	for (unsigned i = 0; i < NET_PORT_WORDS; i++)
		taken.bits[i] |= used->bits[i];
	*longest = 0;
	net_ports_set(&taken, 0, PRIVILEGED - 1);
	net_ports_set(&taken, policy->low, policy->high);
	first = lowest_run(&taken, policy->high, 65535, want, longest);
	return first ? first
		     : highest_run(&taken, PRIVILEGED, policy->low, want,
				   longest);
}

int net_ports_choose(const struct irl_ip addrs[], unsigned count, unsigned want,
		     const struct net_ports *avoid, uint16_t *first,
		     uint16_t *last, struct irl_error *err)
{
	struct net_port_policy policy = {0};
	struct net_ports used = *avoid;
	unsigned found, longest = 0;
	int result = net_port_policy_read(&policy, err);

	*first = *last = 0;
	if (!want)
		want = IRL_PORTS_WANTED;
	if (result == 0 && want > 65536 - PRIVILEGED)
		result = irl_error_set(err, IRL_EINVAL,
				       "%u source ports: there are only %u",
				       want, 65536 - PRIVILEGED);
	for (unsigned i = 0; result == 0 && i < count; i++)
		result = net_sockets_visit(&addrs[i], mark, &used, err);
	if (result < 0)
		return result;
	for (unsigned i = 0; i < count; i++)
		net_ports_mark_claimed(&addrs[i], &used);
	found = net_ports_pick(&policy, &used, want, &longest);
	if (!found)
		return irl_error_set(
		    err, IRL_EBUSY,
		    "no %u free source ports in a row outside %u-%u, which the "
		    "kernel hands out: ask for at most %u, or narrow %s",
		    want, policy.low, policy.high, longest, policy.narrow);
	*first = (uint16_t)found;
	*last = (uint16_t)(found + want - 1);
	return 0;
}

int irl_ip_port_range_choose(const struct irl_ip addrs[], unsigned count,
			     unsigned want, uint16_t *first, uint16_t *last,
			     struct irl_error *err)
{
	static const struct net_ports none;

	return net_ports_choose(addrs, count, want, &none, first, last, err);
}

/* ---- checking ---------------------------------------------------------- */

struct conflict {
	unsigned first, last;
	struct net_socket socket;
};

static int find_conflict(void *context, const struct net_socket *socket)
{
	struct conflict *conflict = context;

	if (socket->port < conflict->first || socket->port > conflict->last)
		return 0;
	conflict->socket = *socket;
	return 1;
}

static int taken_by_socket(const struct net_socket *socket, uint16_t first,
			   uint16_t last, struct irl_error *err)
{
	static const struct irl_ip any;
	char addr[IRL_IP_TEXT], who[48];

	return irl_error_set(
	    err, IRL_EBUSY,
	    "source ports %u-%u: %s port %u is in use, by %s socket on %s "
	    "that is %s (who: %s): choose other ports",
	    first, last, socket->udp ? "UDP" : "TCP", socket->port,
	    socket->ipv6 ? "an IPv6" : "an IPv4",
	    irl_ip_equal(&socket->addr, &any)
		? "any address"
		: irl_ip_text(&socket->addr, addr),
	    net_socket_state(socket), net_socket_who(socket, who));
}

bool net_ports_handed_out(const struct net_port_policy *policy, unsigned *first,
			  unsigned *last)
{
	unsigned from = *first > policy->low ? *first : policy->low;
	unsigned to = *last < policy->high ? *last : policy->high;

	while (from <= to && has_bit(&policy->reserved, from))
		from++;
	if (from > to)
		return false;
	while (has_bit(&policy->reserved, to))
		to--;
	*first = from;
	*last = to;
	return true;
}

int irl_ip_port_range_check(const struct irl_ip addrs[], unsigned count,
			    uint16_t first, uint16_t last,
			    struct irl_error *err)
{
	struct net_port_policy policy;
	struct conflict conflict = {.first = first, .last = last};
	unsigned from = first, to = last;
	int result;

	if (first == 0 || first > last)
		return irl_error_set(err, IRL_EINVAL,
				     "source ports %u-%u: must be a range "
				     "within 1-65535",
				     first, last);
	result = net_port_policy_read(&policy, err);
	if (result < 0)
		return result;
	if (net_ports_handed_out(&policy, &from, &to))
		return irl_error_set(
		    err, IRL_EBUSY,
		    "source ports %u-%u: the kernel hands out %u-%u itself "
		    "(%s): choose others, or %s%u-%u",
		    first, last, from, to, policy.where, policy.reserve, from,
		    to);
	for (unsigned i = 0; result == 0 && i < count; i++)
		result =
		    net_sockets_visit(&addrs[i], find_conflict, &conflict, err);
	return result > 0 ? taken_by_socket(&conflict.socket, first, last, err)
			  : result;
}

/* ---- of IPv4 alone ------------------------------------------------------ */

int irl_port_range_choose(uint32_t addr, unsigned want, uint16_t *first,
			  uint16_t *last, struct irl_error *err)
{
	const struct irl_ip ip = irl_ip4(addr);

	return irl_ip_port_range_choose(&ip, 1, want, first, last, err);
}

int irl_port_range_check(uint32_t addr, uint16_t first, uint16_t last,
			 struct irl_error *err)
{
	const struct irl_ip ip = irl_ip4(addr);

	return irl_ip_port_range_check(&ip, 1, first, last, err);
}

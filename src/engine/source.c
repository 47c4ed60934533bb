// SPDX-License-Identifier: BSD-2-Clause
#include <string.h>
#include "base/clock.h"
#include "engine/source.h"
#include "net/inquire.h"
#include "wire/text.h"

#define WAIT_NS (100 * IRL_NS_PER_MS) /* for a reply, on a link */
#define ASKED_MAX 256u
#define ASK_RATE 10000.0 /* requests a second: few, and soon over */

/* Networks, by their first byte, in which there are no hosts. */
static const struct {
	uint32_t first, last;
} hostless[] = {{0, 0}, {127, 127}, {224, 255}};

int irl_source_check(const struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_scan_options *o = &plan->options;
	uint64_t last = (uint64_t)o->source_addr + o->source_count - 1;
	char text[IRL_ADDR_TEXT];

	if (!o->source_addr)
		return 0;
	for (unsigned i = 0; i < sizeof(hostless) / sizeof(*hostless); i++) {
		uint32_t bad = hostless[i].first << 24;

		if (last < bad || o->source_addr >> 24 > hostless[i].last)
			continue;
		bad = o->source_addr > bad ? o->source_addr : bad;
		return irl_error_set(
		    err, IRL_EINVAL,
		    "--source-ip: no host can have the address %s; give an "
		    "unused one of the network of %s",
		    irl_addr_text(bad, text), plan->link.name);
	}
	return 0;
}

/* Has the host an address on the link that the first of ours is on? */
static bool is_on_link(const struct irl_plan *plan, uint32_t *host)
{
	struct irl_route route;

	if (irl_route_get(plan->options.source_addr, plan->link.name, &route,
			  NULL))
		return false;
	*host = route.source;
	return route.source && !route.gateway && !route.local;
}

/* What the table has found: somebody else's? */
static int judge(const struct irl_plan *plan,
		 const struct net_neighbours *table, unsigned count,
		 struct irl_error *err)
{
	char text[IRL_ADDR_TEXT], whose[IRL_TEXT_MAC];
	uint8_t mac[6];

	for (unsigned i = 0; i < count; i++) {
		struct irl_ip addr = irl_ip4(plan->options.source_addr + i);

		if (net_neighbours_find(table, &addr, mac) !=
			NET_NEIGHBOUR_KNOWN ||
		    !memcmp(mac, plan->link.mac, 6))
			continue;
		return irl_error_set(
		    err, IRL_EINVAL,
		    "--source-ip: %s is the address of another host on the "
		    "link of %s (%s), which would get the answers; give an "
		    "unused one",
		    irl_addr_text(plan->options.source_addr + i, text),
		    plan->link.name, irl_text_mac(mac, whose));
	}
	return 0;
}

static int inquire(const struct irl_plan *plan, struct irl_port *port,
		   uint32_t host, struct irl_error *err)
{
	struct net_neighbours_options options = {
	    .source = host, .wait_ns = WAIT_NS, .rate_pps = ASK_RATE};
	struct net_neighbours *table;
	unsigned count = plan->options.source_count;
	int rc;

	count = count < ASKED_MAX ? count : ASKED_MAX;
	options.room = count;
	memcpy(options.mac, plan->link.mac, 6);
	table = net_neighbours_new(&options);
	if (!table)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < count; i++) {
		struct irl_ip addr = irl_ip4(plan->options.source_addr + i);

		net_neighbours_ask(table, &addr);
	}
	rc = net_inquire(port, table, NULL, 0, NULL, err);
	if (!rc)
		rc = judge(plan, table, count, err);
	net_neighbours_free(table);
	return rc;
}

bool irl_source_is_asked(const struct irl_plan *plan)
{
	uint32_t host;

	return plan->own_source && is_on_link(plan, &host);
}

int irl_source_ask(const struct irl_plan *plan, struct irl_error *err)
{
	struct irl_steer replies = {.own_count = 1};
	struct irl_port *port;
	uint32_t host;
	int rc;

	if (!plan->own_source || !is_on_link(plan, &host))
		return 0;
	replies.own[0] = (struct irl_prefix4){host, 32};
	rc = net_inquire_port(&port, plan->link.name, &replies, err);
	if (rc)
		return rc;
	rc = inquire(plan, port, host, err);
	irl_port_close(port);
	return rc;
}

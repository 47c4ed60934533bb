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

static int refuse(const struct irl_plan *plan, const char *addr,
		  struct irl_error *err)
{
	return irl_error_set(err, IRL_EINVAL,
			     "--source-ip: no host can have the address %s; "
			     "give an unused one of the network of %s",
			     addr, plan->link.name);
}

static int check4(const struct irl_plan *plan, struct irl_error *err)
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
		return refuse(plan, irl_addr_text(bad, text), err);
	}
	return 0;
}

static int check6(const struct irl_plan *plan, struct irl_error *err)
{
	const struct irl_ip *addr = &plan->list->source6;
	char text[IRL_IP_TEXT];

	if (addr->byte[0] == 0xff || irl_ip_is_loopback(addr))
		return refuse(plan, irl_ip_text(addr, text), err);
	return 0;
}

int irl_source_check(const struct irl_plan *plan, struct irl_error *err)
{
	int rc = check4(plan, err);

	return rc || !plan->list ? rc : check6(plan, err);
}

/* ---- is it another's? ---------------------------------------------------- */

/* The addresses that could be. */
struct question {
	uint32_t host; /* in whose name IPv4 is asked for */
	unsigned count;
	struct irl_ip addr[ASKED_MAX + 1];
};

/* Is it on the link, and what would the host ask from? */
static bool is_on_link(const struct irl_plan *plan, struct irl_ip addr,
		       struct irl_ip *host)
{
	struct irl_ip_route route;

	if (irl_ip_route_get(&addr, plan->link.name, &route, NULL))
		return false;
	*host = route.source;
	return irl_ip_is_none(&route.gateway) && !route.local;
}

/* False: there are none. */
static bool find_question(const struct irl_plan *plan, struct question *out)
{
	const struct irl_scan_options *o = &plan->options;
	struct irl_ip host;

	*out = (struct question){0};
	if (plan->own_source &&
	    is_on_link(plan, irl_ip4(o->source_addr), &host) &&
	    irl_ip_is4(&host)) {
		out->host = irl_ip_addr4(&host);
		while (out->count < o->source_count && out->count < ASKED_MAX) {
			uint32_t addr = o->source_addr + out->count;

			out->addr[out->count++] = irl_ip4(addr);
		}
	}
	if (plan->own_source6 && is_on_link(plan, plan->source6, &host))
		out->addr[out->count++] = plan->source6;
	return out->count;
}

bool irl_source_is_asked(const struct irl_plan *plan)
{
	struct question question;

	return find_question(plan, &question);
}

/* What the table has found: somebody else's? */
static int judge(const struct irl_plan *plan, const struct question *question,
		 const struct net_neighbours *table, struct irl_error *err)
{
	char text[IRL_IP_TEXT], whose[IRL_TEXT_MAC];
	uint8_t mac[6];

	for (unsigned i = 0; i < question->count; i++) {
		const struct irl_ip *addr = &question->addr[i];

		if (net_neighbours_find(table, addr, mac) !=
		    NET_NEIGHBOUR_KNOWN)
			continue;
		return irl_error_set(
		    err, IRL_EINVAL,
		    "--source-ip: %s is the address of another host on the "
		    "link of %s (%s), which would get the answers; give an "
		    "unused one",
		    irl_ip_text(addr, text), plan->link.name,
		    irl_text_mac(mac, whose));
	}
	return 0;
}

/* IPv6 from nobody. */
static int inquire(const struct irl_plan *plan, const struct question *question,
		   struct irl_port *port, struct irl_error *err)
{
	struct net_neighbours_options options = {.source = question->host,
						 .room = question->count,
						 .wait_ns = WAIT_NS,
						 .rate_pps = ASK_RATE};
	struct net_neighbours *table;
	int rc;

	memcpy(options.mac, plan->link.mac, 6);
	table = net_neighbours_new(&options);
	if (!table)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	for (unsigned i = 0; i < question->count; i++)
		net_neighbours_ask(table, &question->addr[i]);
	rc = net_inquire(port, table, NULL, 0, NULL, err);
	if (!rc)
		rc = judge(plan, question, table, err);
	net_neighbours_free(table);
	return rc;
}

/* The host sees the answers, too. */
static struct irl_steer replies_to(const struct question *question)
{
	const struct irl_ip *last = &question->addr[question->count - 1];
	struct irl_steer replies = {0};

	if (question->host)
		replies.own[replies.own_count++] =
		    (struct irl_prefix4){question->host, 32};
	if (!irl_ip_is4(last)) /* there is one at most */
		replies.own6[replies.own6_count++] =
		    (struct irl_prefix6){*last, 128};
	return replies;
}

int irl_source_ask(const struct irl_plan *plan, struct irl_error *err)
{
	struct question question;
	struct irl_steer replies;
	struct irl_port *port;
	int rc;

	if (!find_question(plan, &question))
		return 0;
	replies = replies_to(&question);
	rc = net_inquire_port(&port, plan->link.name, &replies, err);
	if (rc)
		return rc;
	rc = inquire(plan, &question, port, err);
	irl_port_close(port);
	return rc;
}

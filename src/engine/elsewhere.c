// SPDX-License-Identifier: BSD-2-Clause
#include <stdio.h>
#include "engine/elsewhere.h"
#include "engine/set_rank.h"
#include "net/route.h"

/* A prefix may be shadowed by longer ones: so many of its targets are asked
 * about. */
#define ASKED 16u

struct search {
	const struct irl_targets *targets;
	const struct irl_route *route;
	struct irl_prefix4 prefix;
	struct irl_route other;
	uint32_t addr;
};

static bool leaves_elsewhere(struct search *search, uint32_t addr)
{
	search->addr = addr;
	return !irl_route_get(addr, NULL, &search->other, NULL) &&
	       !search->other.local &&
	       search->other.ifindex != search->route->ifindex;
}

static bool visit(void *context, struct irl_prefix4 prefix)
{
	struct search *search = context;
	const struct irl_targets *targets = search->targets;
	uint64_t end = prefix.addr + (1ull << (32 - prefix.length));
	uint64_t rank = irl_rank_from(targets, prefix.addr);
	uint64_t count = irl_rank_from(targets, end) - rank;
	uint64_t asked = count < ASKED ? count : ASKED;

	search->prefix = prefix;
	for (uint64_t i = 0; i < asked; i++)
		if (leaves_elsewhere(
			search, irl_addr_at(targets, rank + count * i / asked)))
			return true;
	return false;
}

int irl_elsewhere_check(const struct irl_targets *targets,
			const struct irl_route *route, struct irl_error *err)
{
	struct search search = {.targets = targets, .route = route};
	char prefix[IRL_ADDR_TEXT], addr[IRL_ADDR_TEXT];
	int rc = net_route_elsewhere(route->ifindex, visit, &search, err);

	if (rc <= 0)
		return rc;
	return irl_error_set(
	    err, IRL_ENOTSUP,
	    "the targets are behind two interfaces: those of %s/%u, such as "
	    "%s, "
	    "leave by %s, others by %s; scan them apart, or choose by "
	    "--interface or --gateway-mac",
	    irl_addr_text(search.prefix.addr, prefix), search.prefix.length,
	    irl_addr_text(search.addr, addr), search.other.ifname,
	    route->ifname);
}

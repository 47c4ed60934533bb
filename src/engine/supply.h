/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Supply: positions handed to workers in claims, in order, by one counter.
 *
 * Whoever takes a claim finishes it, also when the scan is being stopped; so
 * at the end all positions below the counter have been dealt with and none
 * above, and the counter is where to resume.  Where that would take long, or
 * the port fails, a worker leaves the rest, and its lowest position is where.
 */
#ifndef IRL_ENGINE_SUPPLY_H
#define IRL_ENGINE_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <irl/error.h>
#include <irl/scan.h>

struct irl_supply {
	uint64_t first, end; /* positions of this run */
	_Alignas(64) uint64_t next;
};

struct irl_claim {
	uint64_t first, count;
};

/* The shard, from @options->start on, at most max_targets; -IRL_EINVAL. */
int irl_supply_init(struct irl_supply *supply,
		    const struct irl_scan_options *options,
		    struct irl_error *err);

static inline bool irl_supply_claim(struct irl_supply *supply, uint64_t want,
				    struct irl_claim *claim)
{
	uint64_t next = __atomic_load_n(&supply->next, __ATOMIC_RELAXED);
	uint64_t n;

	do {
		if (next >= supply->end)
			return false;
		n = supply->end - next < want ? supply->end - next : want;
	} while (!__atomic_compare_exchange_n(&supply->next, &next, next + n,
					      true, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	*claim = (struct irl_claim){.first = next, .count = n};
	return true;
}

/* Who sees a claim in it sees what its taker wrote before, too. */
static inline uint64_t irl_supply_next(const struct irl_supply *supply)
{
	return __atomic_load_n(&supply->next, __ATOMIC_ACQUIRE);
}

#endif

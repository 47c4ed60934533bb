// SPDX-License-Identifier: BSD-2-Clause
#include "engine/supply.h"

int irl_supply_init(struct irl_supply *supply,
		    const struct irl_scan_options *options,
		    struct irl_error *err)
{
	const struct irl_scan_options *o = options;
	uint64_t first, count, end;

	if (o->shards && o->shard >= o->shards)
		return irl_error_set(
		    err, IRL_EINVAL,
		    "shard %u of %u: shards are counted from 0", o->shard,
		    o->shards);
	irl_shard(irl_targets_count(o->targets), o->shards, o->shard, &first,
		  &count);
	end = first + count;
	if (o->start) {
		if (o->start < first || o->start > end)
			return irl_error_set(
			    err, IRL_EINVAL,
			    "cannot start at position %llu: the shard has %llu "
			    "to %llu; were targets, seed or shard changed?",
			    (unsigned long long)o->start,
			    (unsigned long long)first, (unsigned long long)end);
		first = o->start;
	}
	if (o->max_targets && o->max_targets < end - first)
		end = first + o->max_targets;
	supply->first = supply->next = first;
	supply->end = end;
	return 0;
}

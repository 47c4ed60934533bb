/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that are kept: one block that grows by doubling, within a budget. */
#ifndef IRL_PROTO_STORE_H
#define IRL_PROTO_STORE_H

#include <irl/proto.h>

struct irl_store {
	uint8_t *bytes;
	uint32_t length, room;
	bool refused; /* something did not fit */
};

static inline bool irl_budget_take(struct irl_proto_budget *b, uint64_t bytes)
{
	if (!b)
		return true;
	if (b->max_bytes && bytes > b->max_bytes - b->used_bytes) {
		b->refused++;
		return false;
	}
	b->used_bytes += bytes;
	return true;
}

static inline void irl_budget_give(struct irl_proto_budget *b, uint64_t bytes)
{
	if (b)
		b->used_bytes -= bytes;
}

/* Make room for @bytes in all, if that can be had; what is there stays. */
bool irl_store_reserve(struct irl_store *store, struct irl_proto_budget *budget,
		       uint32_t bytes);

/* False: nothing was taken, and nothing will be from now on. */
bool irl_store_put(struct irl_store *store, struct irl_proto_budget *budget,
		   const void *bytes, uint32_t count);

void irl_store_fini(struct irl_store *store, struct irl_proto_budget *budget);

#endif

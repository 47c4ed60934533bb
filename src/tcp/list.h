/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubly linked lists through an array: nodes are 24-bit indices, heads are
 * nodes of the same array, eight bytes a node.  The spare bytes of a node are
 * whoever's owns it.
 */
#ifndef IRL_TCP_LIST_H
#define IRL_TCP_LIST_H

#include <stdbool.h>
#include <stdint.h>

#define IRL_LINK_NONE 0xffffffu
#define IRL_LINK_MASK 0xffffffu

struct irl_link {
	uint32_t next : 24, a : 8;
	uint32_t prev : 24, b : 8;
};
_Static_assert(sizeof(struct irl_link) == 8, "eight bytes a node");

static inline void irl_list_init(struct irl_link *at, uint32_t head)
{
	at[head].next = head & IRL_LINK_MASK;
	at[head].prev = head & IRL_LINK_MASK;
}

static inline bool irl_list_empty(const struct irl_link *at, uint32_t head)
{
	return at[head].next == head;
}

static inline void irl_list_append(struct irl_link *at, uint32_t head,
				   uint32_t node)
{
	uint32_t last = at[head].prev;

	at[node].next = head & IRL_LINK_MASK;
	at[node].prev = last & IRL_LINK_MASK;
	at[last].next = node & IRL_LINK_MASK;
	at[head].prev = node & IRL_LINK_MASK;
}

static inline void irl_list_remove(struct irl_link *at, uint32_t node)
{
	uint32_t next = at[node].next, prev = at[node].prev;

	at[prev].next = next & IRL_LINK_MASK;
	at[next].prev = prev & IRL_LINK_MASK;
}

#endif

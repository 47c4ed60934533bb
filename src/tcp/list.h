/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doubly linked lists through an array: nodes are 24-bit indices, heads are
 * nodes of the same array, a link of eight bytes in each.  Its spare bytes are
 * whoever's owns it.
 */
#ifndef IRL_TCP_LIST_H
#define IRL_TCP_LIST_H

#include <stdint.h>

#define IRL_LINK_NONE 0xffffffu
#define IRL_LINK_MASK 0xffffffu

struct irl_link {
	uint32_t next : 24, a : 8;
	uint32_t prev : 24, b : 8;
};
_Static_assert(sizeof(struct irl_link) == 8, "as promised");

#endif

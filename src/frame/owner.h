/* SPDX-License-Identifier: BSD-2-Clause */
/* Who has a pool's frame. */
#ifndef IRL_FRAME_OWNER_H
#define IRL_FRAME_OWNER_H

#include <irl/pool.h>

enum irl_owner { IRL_OWNER_POOL, IRL_OWNER_CALLER, IRL_OWNER_BATCH };

/* Hand @frame on; asserts that it is @from's. */
void irl_pool_hand(struct irl_pool *pool, const struct irl_frame *frame,
		   enum irl_owner from, enum irl_owner to);

/* Put @frame, which is @from's, back into the pool. */
void irl_pool_put(struct irl_pool *pool, const struct irl_frame *frame,
		  enum irl_owner from);

#endif

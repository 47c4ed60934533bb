// SPDX-License-Identifier: BSD-2-Clause
#include "frame/owner.h"

void irl_batch_init(struct irl_batch *batch, struct irl_pool *pool)
{
	batch->pool = pool;
	batch->count = 0;
}

bool irl_batch_add(struct irl_batch *batch, const struct irl_frame *frame)
{
	if (batch->count == IRL_BATCH_MAX)
		return false;
	irl_pool_hand(batch->pool, frame, IRL_OWNER_CALLER, IRL_OWNER_BATCH);
	batch->frames[batch->count++] = *frame;
	return true;
}

int irl_batch_send(struct irl_batch *batch, struct irl_port *port,
		   unsigned queue)
{
	int accepted = irl_port_send(port, queue, batch->frames, batch->count,
				     batch->status);
	unsigned kept = 0;

	if (accepted < 0)
		return accepted;
	for (unsigned i = 0; i < batch->count; i++)
		if (batch->status[i] == IRL_TX_ACCEPTED) {
			irl_pool_put(batch->pool, &batch->frames[i],
				     IRL_OWNER_BATCH);
		} else {
			batch->status[kept] = batch->status[i];
			batch->frames[kept++] = batch->frames[i];
		}
	batch->count = kept;
	return accepted;
}

void irl_batch_drop(struct irl_batch *batch)
{
	while (batch->count)
		irl_pool_put(batch->pool, &batch->frames[--batch->count],
			     IRL_OWNER_BATCH);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* The division of a rule's ports among queues, as the kernel wants it. */
#ifndef IRL_STEER_PARTS_H
#define IRL_STEER_PARTS_H

#include "steer/core.h"

/* @steer NULL: no ports are ruled. */
struct irl_steer_parts irl_steer_parts(const struct irl_steer *steer,
				       unsigned queues);

#endif

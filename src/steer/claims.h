/* SPDX-License-Identifier: BSD-2-Clause */
/* Do two rules claim a frame both?  For processes that share an interface. */
#ifndef IRL_STEER_CLAIMS_H
#define IRL_STEER_CLAIMS_H

#include <stddef.h>
#include <irl/steer.h>
#include "steer/overlap.h"

/* Is some frame ours by @a and by @b?  @text (of @size) then names what @b
 * claims of it: "10.1.2.0/24" or "ports 61000-61999 of 10.0.0.1". */
enum irl_overlap irl_steer_overlap(const struct irl_steer *a,
				   const struct irl_steer *b, char *text,
				   size_t size);

#endif

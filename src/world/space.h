/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pair of network namespaces with the veth between them and the responder
 * attached; and work done inside one of them without moving the caller.
 */
#ifndef IRL_WORLD_SPACE_H
#define IRL_WORLD_SPACE_H

#include <irl/world.h>

struct irl_world {
	int space[2]; /* descriptors, by enum irl_world_side */
};

/* Run @work in a thread of its own inside the namespace @space, or in mount and
 * network namespaces of its own if @space is -1.  Returns what @work returns.
 */
int irl_space_run(int space, int (*work)(void *context, struct irl_error *err),
		  void *context, struct irl_error *err);

/* Is this namespace of our making?  1, 0 or -IRL_E... . */
int irl_space_ours(int space, struct irl_error *err);

/* Where named namespaces are bound, as ip has them. */
#define IRL_SPACE_NAMES "/run/netns"

/* A descriptor of the named world's side with the responder. */
int irl_world_open_space(const char *name, struct irl_error *err);

/* Take the veth of the scanner's side away, if it is there. */
int irl_space_strip(int space, struct irl_error *err);

/* The responder: attached at the world's end, in the caller's namespace. */
int irl_responder_attach(const struct irl_world_model *model,
			 const uint8_t mac[6], unsigned queues,
			 struct irl_error *err);
/* Read from the one attached; -IRL_ENODEV when there is none. */
int irl_responder_read(struct irl_world_model *model,
		       uint64_t counts[IRL_WORLD_COUNTS],
		       struct irl_error *err);

#endif

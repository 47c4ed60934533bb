/* SPDX-License-Identifier: BSD-2-Clause */
/* Are the addresses that we send from ours to use? */
#ifndef IRL_ENGINE_SOURCE_H
#define IRL_ENGINE_SOURCE_H

#include "engine/plan.h"

/* Those of @plan that no host can have: 0.0.0.0/8, 127.0.0.0/8, groups and
 * beyond (RFC 6890), ::1 and groups (RFC 4291); -IRL_EINVAL. */
int irl_source_check(const struct irl_plan *plan, struct irl_error *err);

/* Are there any that others could have: not the host's, and on link? */
bool irl_source_is_asked(const struct irl_plan *plan);

/*
 * Ask the link whether another host has one of them, as a host does before it
 * takes an address: RFC 5227, 2.1 (the first 256 are asked for, in the host's
 * name), and RFC 4862, 5.4, each thrice; -IRL_EINVAL names it.  Takes a third
 * of a second.
 */
int irl_source_ask(const struct irl_plan *plan, struct irl_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Policy routing (ip rule): tables that hold for some packets only. */
#ifndef IRL_NET_RULES_H
#define IRL_NET_RULES_H

#include <stdbool.h>
#include <irl/error.h>

/* The rules of a family that lead to other tables than local, main and
 * default, or -IRL_E... . */
int net_rules_count(bool ipv6, struct irl_error *err);

#endif

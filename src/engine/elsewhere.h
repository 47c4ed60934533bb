/* SPDX-License-Identifier: BSD-2-Clause */
/* Targets that the host would not reach by the interface of the scan. */
#ifndef IRL_ENGINE_ELSEWHERE_H
#define IRL_ENGINE_ELSEWHERE_H

#include <irl/net.h>
#include <irl/target.h>

/**
 * Compare the whole set with the main table: -IRL_ENOTSUP, told with the prefix
 * and both interfaces, where a route by another interface than @route's takes
 * targets.  Costs one listing of the routes, and a few questions to the kernel
 * for each that leaves elsewhere and holds targets.
 */
int irl_elsewhere_check(const struct irl_targets *targets,
			const struct irl_route *route, struct irl_error *err);

#endif

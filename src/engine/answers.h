/* SPDX-License-Identifier: BSD-2-Clause */
/* Hits on the main thread: judged against this scan, once each, recorded. */
#ifndef IRL_ENGINE_ANSWERS_H
#define IRL_ENGINE_ANSWERS_H

struct irl_scan;

/*
 * Take the hits there are, at most some thousands, and call back with each.
 * Returns how many, or what the callback returned: no record follows then.
 */
int irl_answers_take(struct irl_scan *scan);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* The status that is called back once a second. */
#ifndef IRL_ENGINE_PROGRESS_H
#define IRL_ENGINE_PROGRESS_H

#include <irl/scan.h>

/* Calls back when a second has passed. */
void irl_progress_tick(struct irl_scan *scan, uint64_t now_ns);
/* The last one, with the final counts. */
void irl_progress_end(struct irl_scan *scan,
		      const struct irl_scan_counts *counts);

#endif

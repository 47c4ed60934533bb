/* SPDX-License-Identifier: BSD-2-Clause */
/* The ledger: what all threads counted, added up and checked. */
#ifndef IRL_ENGINE_LEDGER_H
#define IRL_ENGINE_LEDGER_H

#include <stddef.h>
#include <irl/scan.h>

/* Sum over workers and main thread, as of now; from the main thread. */
void irl_ledger_counts(struct irl_scan *scan, struct irl_scan_counts *out);

/*
 * After the workers have returned: take what the port still holds until its
 * counters and ours speak of the same frames, then read them for good into
 * @out and say in @imbalance which equation fails (empty: none).
 */
void irl_ledger_close(struct irl_scan *scan, struct irl_scan_counts *out,
		      char *imbalance, size_t size);

/* The equations alone: the first that fails into @text.  Pure. */
void irl_ledger_check(const struct irl_scan_counts *counts, char *text,
		      size_t size);

#endif

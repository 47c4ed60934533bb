/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbpf's print function is the whole process's.  Ours are told by struct
 * irl_error; so it is taken away while we may fail, and then given back.
 */
#ifndef IRL_BASE_QUIET_H
#define IRL_BASE_QUIET_H

/* In pairs, from any thread, nested or not; takes a lock, never blocks long. */
void irl_quiet_begin(void);
void irl_quiet_end(void);

#endif

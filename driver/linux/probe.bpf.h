/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The probe inside the kernel: the core of src/probe over tables in maps. */
#ifndef IRL_PROBE_BPF_H
#define IRL_PROBE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <stdint.h>

/* Tables: sized and filled before the first run; see src/probe/core.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint64_t);
} probe_rank SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint64_t);
} probe_guide SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint64_t);
} probe_ports SEC(".maps");

/* The core hands its tables on to the macros; here they are maps. */
struct irl_core_tables {
	char none;
};

static __attribute__((always_inline)) inline uint64_t probe_look(void *map,
								 uint32_t i)
{
	uint64_t *value = bpf_map_lookup_elem(map, &i);

	return value ? *value : 0;
}

#define IRL_CORE_RANK(i) probe_look(&probe_rank, (i))
#define IRL_CORE_GUIDE(i) ((uint32_t)probe_look(&probe_guide, (i)))
#define IRL_CORE_PORT(i) ((uint16_t)probe_look(&probe_ports, (i)))
/* Called, not inlined: the verifier looks at the loop once, not once a target.
 */
#define IRL_CORE_SEARCH(low, high, rank) probe_search((low), (high), (rank))
uint32_t probe_search(uint32_t low, uint32_t high, uint64_t rank);
#include "probe/core.h"

__attribute__((noinline)) uint32_t probe_search(uint32_t low, uint32_t high,
						uint64_t rank)
{
	return irl_core_search(0, low, high, rank);
}

const volatile struct irl_probe_plan probe_plan;

#endif

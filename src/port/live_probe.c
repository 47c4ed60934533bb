// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <bpf/libbpf.h>

#include "port/live_program.h"
#include "port/live_probe.h"
#include "probe/probe.h"

/* The three tables as (map, entries); the guide's and ports' entries take 8
 * bytes each: that is the stride of a mapped array. */
static int size_tables(struct live *bpf, const struct irl_core_tables *tables)
{
	int err =
	    bpf_map__set_max_entries(bpf->maps.probe_rank, tables->rank_count);

	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.probe_guide,
					       tables->guide_count);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.probe_ports,
					       tables->shape.port_count);
	if (!err)
		err = bpf_map__set_max_entries(bpf->maps.live_hits,
					       IRL_LIVE_HITS_BYTES);
	return err;
}

int irl_live_prepare_probe(struct live *bpf, const struct irl_probe *probe,
			   bool judge)
{
	if (!probe)
		return 0;
	bpf->rodata->live_probing = 1;
	bpf->rodata->live_judging = judge;
	memcpy((void *)&bpf->rodata->probe_plan, irl_probe_plan(probe),
	       sizeof(struct irl_probe_plan));
	return size_tables(bpf, irl_targets_tables(irl_probe_targets(probe)));
}

static uint64_t *open_table(struct bpf_map *map, size_t entries)
{
	void *memory =
	    mmap(NULL, entries * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		 MAP_SHARED, bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void close_table(uint64_t *table, size_t entries)
{
	if (table)
		munmap(table, entries * sizeof(uint64_t));
}

int irl_live_fill_probe(struct live *bpf, const struct irl_probe *probe)
{
	const struct irl_core_tables *tables;
	uint64_t *rank, *guide, *ports;
	size_t ranks;
	int err = 0;

	if (!probe)
		return 0;
	tables = irl_targets_tables(irl_probe_targets(probe));
	ranks = tables->rank_count;
	rank = open_table(bpf->maps.probe_rank, ranks);
	guide = open_table(bpf->maps.probe_guide, tables->guide_count);
	ports = open_table(bpf->maps.probe_ports, tables->shape.port_count);
	if (rank && guide && ports) {
		memcpy(rank, tables->rank, ranks * sizeof(*rank));
		for (size_t i = 0; i < tables->guide_count; i++)
			guide[i] = tables->guide[i];
		for (size_t i = 0; i < tables->shape.port_count; i++)
			ports[i] = tables->port[i];
	} else {
		err = -errno;
	}
	close_table(rank, ranks);
	close_table(guide, tables->guide_count);
	close_table(ports, tables->shape.port_count);
	return err;
}

// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "base/quiet.h"
#include "world/space.h"
#include "world.skel.h"

#define MAPS_MAX 8

/* libbpf's own words would be pages; ours is one sentence. */
static int load_failed(int r, struct irl_error *err)
{
	return irl_error_errno(
	    err, -r, "cannot load the world's XDP program (%s)",
	    r == -EPERM ? "root or CAP_BPF and CAP_NET_ADMIN are needed: sudo"
			: "Linux 5.18 or later with BPF is needed");
}

/*
 * Attached by netlink, not by a link: it lives as long as the interface, which
 * goes with its namespace, so that nobody needs to hold it.
 */
int irl_responder_attach(const struct irl_world_model *model,
			 const uint8_t mac[6], unsigned queues,
			 struct irl_error *err)
{
	unsigned ifindex = if_nametoindex(IRL_WORLD_LINK);
	struct world *program;
	int r;

	irl_quiet_begin();
	program = world__open();
	r = -errno;
	if (!program) {
		r = load_failed(r, err);
		goto out;
	}
	program->rodata->model = *model;
	memcpy((void *)program->rodata->mac, mac, 6);
	program->rodata->host_queue = queues - 1;
	r = world__load(program);
	if (r < 0) {
		r = load_failed(r, err);
		goto out;
	}
	r = bpf_xdp_attach((int)ifindex,
			   bpf_program__fd(program->progs.irl_world),
			   XDP_FLAGS_DRV_MODE, NULL);
	if (r < 0)
		r = irl_error_errno(err, -r,
				    "cannot attach the world's XDP program");
out:
	world__destroy(program);
	irl_quiet_end();
	return r;
}

static int read_counts(int map, uint64_t counts[IRL_WORLD_COUNTS])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t(*each)[IRL_WORLD_COUNTS];
	uint32_t zero = 0;
	int r = -ENOMEM;

	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return r;
	r = bpf_map_lookup_elem(map, &zero, each);
	memset(counts, 0, sizeof(each[0]));
	for (int cpu = 0; r == 0 && cpu < cpus; cpu++)
		for (int i = 0; i < IRL_WORLD_COUNTS; i++)
			counts[i] += each[cpu][i];
	free(each);
	return r;
}

/* The map is as long as its last variable, the struct rounded up. */
static int read_model(int map, uint32_t size, struct irl_world_model *model)
{
	const size_t at = offsetof(struct world__rodata, model);
	uint32_t zero = 0;
	uint8_t *bytes;
	int r;

	if (size < at + sizeof(*model))
		return -EPROTO;
	bytes = malloc(size);
	if (!bytes)
		return -ENOMEM;
	r = bpf_map_lookup_elem(map, &zero, bytes);
	if (r == 0)
		memcpy(model, bytes + at, sizeof(*model));
	free(bytes);
	return r;
}

static int read_map(uint32_t id, struct irl_world_model *model,
		    uint64_t counts[IRL_WORLD_COUNTS])
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	int r, fd = bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return fd;
	r = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (r == 0 && counts && strcmp(info.name, "counts") == 0)
		r = read_counts(fd, counts);
	else if (r == 0 && model && strcmp(info.name, "world.rodata") == 0)
		r = read_model(fd, info.value_size, model);
	close(fd);
	return r;
}

int irl_responder_read(struct irl_world_model *model,
		       uint64_t counts[IRL_WORLD_COUNTS], struct irl_error *err)
{
	unsigned ifindex = if_nametoindex(IRL_WORLD_LINK);
	uint32_t id = 0, maps[MAPS_MAX], size;
	struct bpf_prog_info info = {0};
	int fd, r;

	if (ifindex)
		bpf_xdp_query_id((int)ifindex, XDP_FLAGS_DRV_MODE, &id);
	if (!id)
		return irl_error_set(
		    err, IRL_ENODEV,
		    "no responder is attached to " IRL_WORLD_LINK);
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return irl_error_errno(err, -fd, "cannot open the responder");
	info.map_ids = (uintptr_t)maps;
	info.nr_map_ids = MAPS_MAX;
	size = sizeof(info);
	r = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	for (uint32_t i = 0; r == 0 && i < info.nr_map_ids && i < MAPS_MAX; i++)
		r = read_map(maps[i], model, counts);
	if (r < 0)
		return irl_error_errno(err, -r, "cannot read the responder");
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bench/stage.h"
#include "bench/tcp_server.h"

#define EMPTY_RUNS 1000000

static int open_program(const struct bench_stage *stage, struct irl_error *err)
{
	uint32_t id = 0;
	int back, fd = -ENOENT;
	int r = irl_world_enter(stage->world, IRL_WORLD_SIDE_WORLD, err);

	if (r < 0)
		return r;
	bpf_xdp_query_id((int)stage->far, XDP_FLAGS_DRV_MODE, &id);
	if (id)
		fd = bpf_prog_get_fd_by_id(id);
	back = irl_world_enter(stage->world, IRL_WORLD_SIDE_SCANNER, err);
	if (fd < 0)
		return irl_error_errno(err, -fd, "cannot open the server");
	if (back < 0)
		close(fd);
	return back < 0 ? back : fd;
}

static int spent(int program, uint64_t *ns, uint64_t *runs,
		 struct irl_error *err)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	int r = bpf_obj_get_info_by_fd(program, &info, &size);

	*ns = info.run_time_ns;
	*runs = info.run_cnt;
	return r < 0 ? irl_error_errno(err, -r, "cannot read its statistics")
		     : 0;
}

int bench_server_answered(const struct irl_world *world, uint64_t *out,
			  struct irl_error *err)
{
	uint64_t n[IRL_WORLD_COUNTS];
	int r = irl_world_counts(world, n, err);

	if (r == 0)
		*out = n[IRL_WORLD_N_SERVED];
	return r;
}

/* What the statistics tell of a program that does nothing: their own time. */
static int time_nothing(double *out, struct irl_error *err)
{
	const struct bpf_insn nothing[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	uint8_t frame[64] = {0};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = sizeof(frame), .repeat = EMPTY_RUNS);
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "irl_nothing", "GPL",
				    nothing, 2, NULL);
	uint64_t ns = 0, runs = 0;
	int r;

	if (program < 0)
		return irl_error_errno(err, -program, "cannot load a program");
	r = bpf_prog_test_run_opts(program, &options);
	r = r < 0 ? irl_error_errno(err, -r, "cannot run a program")
		  : spent(program, &ns, &runs, err);
	close(program);
	if (r == 0)
		*out = (double)ns / (double)(runs ? runs : 1);
	return r;
}

static void give_back(struct bench_server *server)
{
	if (server->program >= 0)
		close(server->program);
	if (server->statistics >= 0)
		close(server->statistics);
	server->program = server->statistics = -1;
}

int bench_server_watch(struct bench_server *server,
		       const struct bench_stage *stage, struct irl_error *err)
{
	int r;

	*server = (struct bench_server){
	    .stage = stage, .program = -1, .statistics = -1};
	server->program = open_program(stage, err);
	if (server->program < 0)
		return server->program;
	server->statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (server->statistics < 0)
		r = irl_error_errno(err, -server->statistics,
				    "cannot have programs timed");
	else
		r = spent(server->program, &server->spent_ns, &server->runs,
			  err);
	if (r == 0)
		r = bench_server_answered(stage->world, &server->served, err);
	if (r < 0)
		give_back(server);
	return r;
}

int bench_server_cost(struct bench_server *server, double *out,
		      struct irl_error *err)
{
	uint64_t ns = 0, runs = 0, answered = 0;
	double nothing = 0;
	int r = spent(server->program, &ns, &runs, err);

	if (r == 0)
		r = bench_server_answered(server->stage->world, &answered, err);
	if (r == 0)
		r = time_nothing(&nothing, err);
	give_back(server);
	answered -= server->served;
	if (r == 0)
		*out = ((double)(ns - server->spent_ns) -
			nothing * (double)(runs - server->runs)) /
		       (double)(answered ? answered : 1);
	return r;
}

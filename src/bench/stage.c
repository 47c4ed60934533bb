// SPDX-License-Identifier: BSD-2-Clause
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "bench.skel.h"
#include "bench/frames.h"
#include "bench/stage.h"

#define NS_PER_S 1000000000ull
#define SETTLE_NS 2000000ull
#define SETTLE_ROUNDS 100

static uint64_t read_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

uint64_t bench_thread_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

void bench_sleep_ns(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / NS_PER_S),
			     .tv_nsec = (long)(ns % NS_PER_S)};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

unsigned bench_cores(void)
{
	return (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
}

int bench_pin(unsigned core, struct irl_error *err)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return irl_error_errno(err, errno, "cannot run on core %u",
				       core);
	return 0;
}

void bench_stage_options_init(struct bench_stage_options *options)
{
	*options = (struct bench_stage_options){
	    .length = BENCH_FRAME_MIN,
	    .core = bench_cores() - 1,
	};
	irl_world_model_init(&options->model);
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int read_mac(const char *interface, uint8_t mac[6],
		    struct irl_error *err)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int r = 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request))
		r = irl_error_errno(err, errno, "cannot read the address of %s",
				    interface);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return r;
}

static void *map_array(const struct bpf_map *map, size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			    bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* What the generators send. */
static void set_frame(struct bench_stage *stage, bool far_generates)
{
	const uint32_t reader = htonl(BENCH_READER);
	uint8_t *frame = (uint8_t *)stage->bpf->rodata->bench_frame;
	struct bench_frames frames;

	bench_frames_init(&frames, BENCH_FRAME_MIN, stage->near_mac,
			  stage->far_mac);
	bench_frames_write(&frames, frame);
	if (!far_generates)
		return;
	memcpy(frame, stage->near_mac, 6);
	memcpy(frame + 6, stage->far_mac, 6);
	memcpy(frame + 30, &reader, 4);
}

static int load(struct bench_stage *stage,
		const struct bench_stage_options *options,
		struct irl_error *err)
{
	int r;

	libbpf_set_print(silent);
	stage->bpf = bench__open();
	if (!stage->bpf)
		return irl_error_errno(err, errno, "cannot open the programs");
	set_frame(stage, options->far_generates);
	stage->bpf->rodata->bench_expect = options->expect;
	stage->bpf->rodata->bench_length = options->length;
	stage->bpf->rodata->bench_by_time = options->by_time;
	stage->bpf->rodata->bench_pass_own = options->pass_own;
	r = bench__load(stage->bpf);
	if (r)
		return irl_error_errno(err, -r,
				       "cannot load the benchmark's programs");
	stage->seen = map_array(stage->bpf->maps.bench_seen_map,
				BENCH_QUEUES * sizeof(struct bench_seen));
	stage->times = map_array(stage->bpf->maps.bench_time_map,
				 BENCH_SLOTS * sizeof(uint64_t));
	stage->made =
	    map_array(stage->bpf->maps.bench_made_map, sizeof(uint64_t));
	if (!stage->seen || !stage->times || !stage->made)
		return irl_error_errno(err, errno, "cannot map the counters");
	return 0;
}

/* In place of the responder.  A generator is attached to where it sends: its
 * runs are then cheap (the kernel need not patch its dispatcher). */
static int attach(struct bench_stage *stage,
		  const struct bench_stage_options *options,
		  struct irl_error *err)
{
	const struct bpf_program *program =
	    options->far_generates ? stage->bpf->progs.bench_numbered
				   : stage->bpf->progs.bench_sink;
	int r = bpf_xdp_attach((int)stage->far, bpf_program__fd(program),
			       XDP_FLAGS_DRV_MODE, NULL);

	return r ? irl_error_errno(err, -r, "cannot attach the receiver") : 0;
}

/* The device is looked up in the namespace of the caller. */
static int aim(struct bench_stage *stage, unsigned ifindex,
	       struct irl_error *err)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(stage->bpf->maps.bench_device),
				&zero, &ifindex, 0))
		return irl_error_errno(err, errno, "cannot name the device");
	return 0;
}

static int set_far_side(struct bench_stage *stage,
			const struct bench_stage_options *options,
			struct irl_error *err)
{
	int r = irl_world_enter(stage->world, IRL_WORLD_SIDE_WORLD, err);

	if (r == 0)
		r = read_mac(IRL_WORLD_LINK, stage->far_mac, err);
	stage->far = if_nametoindex(IRL_WORLD_LINK);
	if (r == 0)
		r = load(stage, options, err);
	if (r == 0 && !options->no_sink)
		r = attach(stage, options, err);
	if (r == 0 && options->far_generates)
		r = aim(stage, stage->far, err);
	return r;
}

static int read_near_side(struct bench_stage *stage, struct irl_error *err)
{
	int r = irl_world_enter(stage->world, IRL_WORLD_SIDE_SCANNER, err);

	if (r == 0)
		r = read_mac(IRL_WORLD_SCANNER_LINK, stage->near_mac, err);
	stage->near = if_nametoindex(IRL_WORLD_SCANNER_LINK);
	return r;
}

int bench_stage_open(struct bench_stage *stage,
		     const struct bench_stage_options *options,
		     struct irl_error *err)
{
	struct irl_world_options world = {.model = options->model};
	int r;

	*stage = (struct bench_stage){0};
	r = irl_world_new(&stage->world, &world, err);
	if (r == 0)
		r = read_near_side(stage, err);
	if (r == 0)
		r = set_far_side(stage, options, err);
	if (r == 0)
		r = irl_world_enter(stage->world, IRL_WORLD_SIDE_SCANNER, err);
	if (r == 0 && !options->far_generates)
		r = aim(stage, stage->near, err);
	if (r == 0 && options->core != BENCH_ANY_CORE)
		r = bench_pin(options->core, err);
	if (r < 0)
		bench_stage_close(stage);
	return r;
}

void bench_stage_close(struct bench_stage *stage)
{
	if (stage->seen)
		munmap(stage->seen, BENCH_QUEUES * sizeof(struct bench_seen));
	if (stage->times)
		munmap(stage->times, BENCH_SLOTS * sizeof(uint64_t));
	if (stage->made)
		munmap(stage->made, sizeof(uint64_t));
	bench__destroy(stage->bpf);
	irl_world_free(stage->world);
	*stage = (struct bench_stage){0};
}

struct bench_seen bench_stage_seen(const struct bench_stage *stage)
{
	const volatile struct bench_seen *seen = stage->seen;
	struct bench_seen sum = {0};

	for (unsigned q = 0; q < BENCH_QUEUES; q++) {
		sum.intact += seen[q].intact;
		sum.damaged += seen[q].damaged;
		sum.passed += seen[q].passed;
	}
	return sum;
}

struct bench_seen bench_stage_settled(const struct bench_stage *stage)
{
	struct bench_seen last = bench_stage_seen(stage), now;

	for (int i = 0; i < SETTLE_ROUNDS; i++) {
		bench_sleep_ns(SETTLE_NS);
		now = bench_stage_seen(stage);
		if (now.intact == last.intact && now.damaged == last.damaged)
			break;
		last = now;
	}
	return last;
}

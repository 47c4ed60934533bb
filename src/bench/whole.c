// SPDX-License-Identifier: BSD-2-Clause
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <irl/cpu.h>
#include <irl/output.h>
#include <irl/scan.h>
#include "bench/whole.h"

#define COOLDOWN_S 1.0

/* What the child tells, through a pipe. */
struct told {
	int code;
	struct irl_error error;
	struct bench_whole whole;
};

/* A sum over a set that does not depend on its order. */
struct set {
	uint64_t count, sum;
};

static void set_add(struct set *set, uint32_t addr, uint16_t port)
{
	uint64_t x = ((uint64_t)addr << 16 | port) + 0x9e3779b97f4a7c15ull;

	/* splitmix64's finish (Steele, Lea, Flood 2014) */
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	set->sum += x ^ x >> 31;
	set->count++;
}

/* ---- the child ------------------------------------------------------------
 */

static int make_targets(struct irl_targets **out,
			const struct bench_whole_options *o,
			struct irl_error *err)
{
	uint32_t a = o->model->range_addr;
	char range[32];
	int r = irl_targets_new(out, err);

	snprintf(range, sizeof(range), "%u.%u.%u.%u/%d", a >> 24, a >> 16 & 255,
		 a >> 8 & 255, a & 255,
		 __builtin_popcount(o->model->range_mask));
	if (r == 0)
		r = irl_targets_allow(*out, range, err);
	if (r == 0)
		r = irl_targets_allow_special(*out, range, err);
	if (r == 0)
		r = irl_targets_ports(*out, o->ports, err);
	return r < 0 ? r : irl_targets_seal(*out, err);
}

static int keep(void *context, const struct irl_record *record)
{
	int r = irl_output_record(context, record);

	return r < 0 ? r : 0;
}

static int discard(void *context, const struct irl_record *record)
{
	(void)context;
	(void)record;
	return 0;
}

static int scan_into(struct irl_scan *scan, struct irl_output *output,
		     struct bench_whole *whole, struct irl_error *err)
{
	const struct irl_scan_events events = {
	    .context = output,
	    .record = output ? keep : discard,
	};
	struct irl_cpu_reading from, to;
	struct irl_scan_result result;
	struct irl_cpu cpu;
	uint64_t begin;
	int r;

	irl_cpu_read(&from);
	begin = bench_now_ns();
	r = irl_scan_run(scan, &events, &result, err);

	if (r == 0 && output)
		r = irl_output_flush(output, err);
	whole->begin_ns = begin;
	whole->seconds = (double)(bench_now_ns() - begin) * 1e-9 - COOLDOWN_S;
	irl_cpu_read(&to);
	irl_cpu_between(&from, &to, &cpu);
	whole->cpu_s = cpu.user_s + cpu.system_s + cpu.softirq_s;
	whole->targets = result.counts.targets;
	whole->accepted = result.counts.accepted;
	whole->answers = result.counts.successes;
	return r < 0 ? r : 0;
}

static int child_scan(const struct bench_whole_options *o, const char *path,
		      struct bench_whole *whole, struct irl_error *err)
{
	const struct irl_output_options file = {.path = path,
						.fields = o->fields};
	struct irl_scan_options scan = {
	    .ifname = IRL_WORLD_SCANNER_LINK,
	    .port_kind = "live",
	    .workers = o->workers,
	    .seed = 1,
	    .rate_pps = o->rate_pps,
	    .max_targets = o->max_targets,
	    .cooldown_s = COOLDOWN_S,
	    .tcp_options = IRL_TCP_OPTIONS_MSS,
	};
	struct irl_output *output = NULL;
	struct irl_targets *targets;
	struct irl_scan *handle = NULL;
	int r = make_targets(&targets, o, err);

	scan.targets = targets;
	memcpy(scan.gateway_mac, o->stage->far_mac, 6);
	if (r == 0 && o->fields)
		r = irl_output_open(&output, &file, err);
	if (r == 0)
		r = irl_scan_open(&handle, &scan, err);
	if (r == 0)
		r = scan_into(handle, output, whole, err);
	irl_scan_close(handle);
	irl_targets_free(targets);
	if (irl_output_close(output, r ? NULL : err) < 0 && r == 0)
		r = -IRL_EIO;
	return r;
}

static _Noreturn void child(const struct bench_whole_options *o,
			    const char *path, int pipe)
{
	struct told told = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	told.code = child_scan(o, path, &told.whole, &told.error);
	_exit(write(pipe, &told, sizeof(told)) != (ssize_t)sizeof(told));
}

/* ---- the judge ------------------------------------------------------------
 */

static int add_truth(void *context, struct irl_target target,
		     const struct irl_world_answer *answer)
{
	(void)answer;
	set_add(context, target.addr, target.port);
	return 0;
}

static int read_truth(const struct bench_whole_options *o, struct set *set,
		      struct irl_error *err)
{
	struct irl_targets *targets;
	int r = make_targets(&targets, o, err);

	if (r == 0)
		r = irl_world_truth(o->model, targets, false, add_truth, set);
	irl_targets_free(targets);
	return r;
}

/* Lines that begin with "saddr,sport". */
static int read_rows(const char *path, struct set *set, struct irl_error *err)
{
	FILE *file = fopen(path, "re");
	unsigned a, b, c, d, port;
	char line[512];

	if (!file)
		return irl_error_errno(err, errno, "cannot read %s", path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%u.%u.%u.%u,%u", &a, &b, &c, &d, &port) == 5)
			set_add(set, a << 24 | b << 16 | c << 8 | d,
				(uint16_t)port);
	fclose(file);
	return 0;
}

static int judge(const struct bench_whole_options *o, const char *path,
		 struct bench_whole *out, struct irl_error *err)
{
	struct set truth = {0}, rows = {0};
	int r = read_truth(o, &truth, err);

	if (r == 0)
		r = read_rows(path, &rows, err);
	out->truth = truth.count;
	out->rows = rows.count;
	out->equal = truth.count == rows.count && truth.sum == rows.sum;
	return r;
}

/* ---- both -----------------------------------------------------------------
 */

static int run_child(const struct bench_whole_options *o, const char *path,
		     struct bench_whole *out, struct irl_error *err)
{
	struct told told = {.code = -IRL_ESYSTEM};
	struct rusage usage = {0};
	int ends[2];
	ssize_t n;
	pid_t pid;

	irl_error_set(&told.error, IRL_ESYSTEM, "the scan's process died");
	if (pipe(ends))
		return irl_error_errno(err, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		child(o, path, ends[1]);
	close(ends[1]);
	if (pid > 0) {
		do
			n = read(ends[0], &told, sizeof(told));
		while (n < 0 && errno == EINTR);
		wait4(pid, NULL, 0, &usage);
	}
	close(ends[0]);
	if (told.code < 0) {
		*err = told.error;
		return told.code;
	}
	*out = told.whole;
	out->peak_mib = (double)usage.ru_maxrss / 1024;
	return 0;
}

/* The file has no name any more: it goes with the process, however that ends.
 */
static int make_file(int *fd, struct irl_error *err)
{
	const char *folder = getenv("TMPDIR");
	char path[300];

	snprintf(path, sizeof(path), "%s/irl-bench-XXXXXX",
		 folder ? folder : "/tmp");
	*fd = mkstemp(path);
	if (*fd < 0)
		return irl_error_errno(err, errno, "cannot make %s", path);
	unlink(path);
	return 0;
}

int bench_whole_run(const struct bench_whole_options *options,
		    struct bench_whole *out, struct irl_error *err)
{
	char path[64];
	int fd, r;

	*out = (struct bench_whole){0};
	r = make_file(&fd, err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = run_child(options, path, out, err);
	if (r == 0 && options->fields)
		r = judge(options, path, out, err);
	close(fd);
	return r;
}

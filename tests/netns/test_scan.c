// SPDX-License-Identifier: BSD-2-Clause
/*
 * Whole scans against a world, in both residences:
 *
 *   scanner's namespace            the world's
 *   irl0 10.0.0.1/30 ==== veth ==== world0  XDP: world(seed, address, port)
 *
 * What comes back must be what the world says a perfect scan finds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <irl/net.h>
#include <irl/scan.h>
#include <irl/world.h>
#include <irl/privilege.h>

#define SOURCE 0x0a000003u /* 10.0.0.3: nobody's */

struct entry {
	uint32_t addr;
	uint16_t port;
	uint8_t kind;
	uint8_t ttl;
	uint32_t responder;
	uint16_t window;
};

struct list {
	struct entry *entry;
	size_t count, room;
	uint64_t repeats;
	struct irl_world *stall; /* the first record takes until it rests */
};

static void add(struct list *list, const struct entry *entry)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 1024;
		list->entry =
		    realloc(list->entry, list->room * sizeof(*list->entry));
		assert_non_null(list->entry);
	}
	list->entry[list->count++] = *entry;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct entry));
}

/* Until for a tenth of a second the world has not been probed. */
static void wait_for_rest(struct irl_world *world)
{
	uint64_t counts[IRL_WORLD_COUNTS], before, after = UINT64_MAX;

	do {
		before = after;
		usleep(100000);
		assert_int_equal(irl_world_counts(world, counts, NULL), 0);
		after = counts[IRL_WORLD_N_SYNACK];
	} while (before != after);
}

static int on_record(void *context, const struct irl_record *record)
{
	struct list *list = context;
	struct entry entry;

	if (list->stall) {
		wait_for_rest(list->stall);
		list->stall = NULL;
	}
	if (record->repeat) {
		list->repeats++;
		return 0;
	}
	memset(&entry, 0, sizeof(entry));
	entry.addr = record->hit.addr;
	entry.port = record->hit.port;
	entry.kind = record->hit.verdict;
	entry.ttl = record->hit.ttl;
	entry.responder = record->hit.responder;
	if (record->hit.verdict == IRL_ANSWER_SYNACK)
		entry.window = record->hit.window;
	add(list, &entry);
	return 0;
}

static int on_truth(void *context, struct irl_target target,
		    const struct irl_world_answer *answer)
{
	struct entry entry;

	memset(&entry, 0, sizeof(entry));
	entry.addr = target.addr;
	entry.port = target.port;
	entry.kind = (uint8_t)answer->kind;
	entry.ttl = answer->ttl;
	entry.responder = answer->responder;
	if (answer->kind == IRL_WORLD_SYNACK)
		entry.window = answer->window;
	add(context, &entry);
	return 0;
}

struct lab {
	struct irl_world *world;
	struct irl_world_model model;
	struct irl_targets *targets;
	struct irl_scan_options options;
	struct irl_scan_result result;
	struct list found, truth;
};

static void lab_open_model(struct lab *lab, const char *range,
			   const char *ports,
			   const struct irl_world_model *model)
{
	struct irl_world_options options = {.model = *model};
	struct irl_error err = {0};

	memset(lab, 0, sizeof(*lab));
	lab->model = *model;
	if (irl_world_new(&lab->world, &options, &err))
		fail_msg("%s", err.text);
	if (irl_world_enter(lab->world, IRL_WORLD_SIDE_SCANNER, &err) ||
	    irl_targets_new(&lab->targets, &err) ||
	    irl_targets_allow(lab->targets, range, &err) ||
	    irl_targets_allow_special(lab->targets, "all", &err) ||
	    irl_targets_ports(lab->targets, ports, &err) ||
	    irl_targets_seal(lab->targets, &err))
		fail_msg("%s", err.text);
	lab->options = (struct irl_scan_options){.targets = lab->targets,
						 .seed = 7,
						 .cooldown_s = 0.3,
						 .port_kind = "packet",
						 .source_addr = SOURCE,
						 .rate_pps = 400000};
}

static void lab_open(struct lab *lab, const char *range, const char *ports,
		     double loss)
{
	struct irl_world_model model;

	irl_world_model_init(&model);
	model.loss = irl_world_share(loss);
	model.alive = irl_world_share(0.05);
	lab_open_model(lab, range, ports, &model);
}

static void lab_close(struct lab *lab)
{
	free(lab->found.entry);
	free(lab->truth.entry);
	irl_targets_free(lab->targets);
	irl_world_free(lab->world);
}

static void lab_truth(struct lab *lab)
{
	assert_int_equal(irl_world_truth(&lab->model, lab->targets, true,
					 on_truth, &lab->truth),
			 0);
	qsort(lab->truth.entry, lab->truth.count, sizeof(struct entry),
	      compare);
}

static void lab_scan(struct lab *lab)
{
	const struct irl_scan_events events = {.context = &lab->found,
					       .record = on_record};
	struct irl_error err = {0};
	struct irl_scan *scan;

	lab->found.count = 0;
	if (irl_scan_open(&scan, &lab->options, &err) ||
	    irl_scan_run(scan, &events, &lab->result, &err))
		fail_msg("%s", err.text);
	irl_scan_close(scan);
	qsort(lab->found.entry, lab->found.count, sizeof(struct entry),
	      compare);
}

static void equal(const struct list *a, const struct list *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->entry, b->entry, a->count * sizeof(*a->entry));
}

static void finds_truth(const char *kind, enum irl_residence residence,
			unsigned workers, uint32_t source)
{
	uint64_t counts[IRL_WORLD_COUNTS];
	struct lab lab;

	lab_open(&lab, "10.128.0.0/17", "80,443,8080-8083", 0);
	lab.options.port_kind = kind;
	lab.options.residence = residence;
	lab.options.workers = workers;
	lab.options.source_addr = source;
	lab_truth(&lab);
	lab_scan(&lab);
	assert_true(lab.truth.count > 1000);
	/* first, since it tells why answers lack */
	assert_int_equal(lab.result.counts.lost, 0);
	equal(&lab.found, &lab.truth);
	assert_true(lab.result.complete);
	assert_int_equal(lab.result.counts.targets, 32768 * 6);
	assert_true(lab.result.in_kernel == (residence != IRL_RESIDENCE_USER));
	assert_true(lab.result.counts.device_tx_frames >= 32768 * 6);
	/* Neither we nor the kernel reset what the world opened. */
	assert_int_equal(irl_world_counts(lab.world, counts, NULL), 0);
	assert_int_equal(counts[IRL_WORLD_N_GOT_RST], 0);
	assert_true(counts[IRL_WORLD_N_SYNACK] > 1000);
	lab_close(&lab);
}

static void test_packet_finds_truth(void **state)
{
	(void)state;
	finds_truth("packet", IRL_RESIDENCE_USER, 1, SOURCE);
}

static void test_packet_two_workers(void **state)
{
	(void)state;
	finds_truth("packet", IRL_RESIDENCE_USER, 2, SOURCE);
}

static void test_live_kernel_finds_truth(void **state)
{
	(void)state;
	finds_truth("live", IRL_RESIDENCE_KERNEL, 1, SOURCE);
}

static void test_live_kernel_host_address(void **state)
{
	(void)state;
	finds_truth("live", IRL_RESIDENCE_KERNEL, 1, 0);
}

static void test_live_kernel_two_workers(void **state)
{
	(void)state;
	finds_truth("live", IRL_RESIDENCE_KERNEL, 2, 0);
}

static void test_live_user_finds_truth(void **state)
{
	(void)state;
	finds_truth("live", IRL_RESIDENCE_USER, 1, 0);
}

/*
 * Loss p of probes and of answers: silent in a pass with q = 1 - (1 - p)^2,
 * after two with q^2.  Found within 4.5 standard deviations.
 */
static void within_binomial(double loss)
{
	double q = 1 - (1 - loss) * (1 - loss), miss = q * q, mean, sd;
	struct lab lab;

	lab_open(&lab, "10.128.0.0/16", "80,443,8080-8083", loss);
	lab.options.port_kind = "live";
	lab.options.residence = IRL_RESIDENCE_KERNEL;
	lab.options.passes = 2;
	lab.options.rate_pps = 0;
	lab_truth(&lab);
	lab_scan(&lab);
	mean = (double)lab.truth.count * miss;
	sd = sqrt(mean * (1 - miss));
	assert_true(fabs((double)(lab.truth.count - lab.found.count) - mean) <=
		    4.5 * sd + 1);
	assert_int_equal(lab.found.repeats, 0);
	lab_close(&lab);
}

static void test_live_passes_under_loss(void **state)
{
	(void)state;
	within_binomial(0.01);
	within_binomial(0.05);
}

/* Stopped by --max-runtime, begun again where it stopped: the whole. */
static void test_live_stop_and_resume(void **state)
{
	struct list found = {0};
	struct lab lab;

	(void)state;
	lab_open(&lab, "10.128.0.0/17", "80,443,8080-8083", 0);
	lab.options.port_kind = "live";
	lab.options.workers = 2;
	lab.options.max_runtime_s = 0.2;
	lab_truth(&lab);
	lab_scan(&lab);
	assert_false(lab.result.complete);
	assert_int_equal(lab.result.counts.targets, lab.result.next);
	for (size_t i = 0; i < lab.found.count; i++)
		add(&found, &lab.found.entry[i]);
	lab.options.start = lab.result.next;
	lab.options.max_runtime_s = 0;
	lab_scan(&lab);
	assert_true(lab.result.complete);
	for (size_t i = 0; i < lab.found.count; i++)
		add(&found, &lab.found.entry[i]);
	if (found.entry)
		qsort(found.entry, found.count, sizeof(struct entry), compare);
	equal(&found, &lab.truth);
	free(found.entry);
	lab_close(&lab);
}

/* Whoever takes the records stalls while every probe is answered: sending waits
 * before the kernel's buffer of hits is full, and none is lost. */
static void test_live_slow_reader(void **state)
{
	struct irl_world_model model;
	struct lab lab;

	(void)state;
	irl_world_model_init(&model);
	model.unreachable = model.closed = 0;
	model.alive = model.open = irl_world_share(1);
	lab_open_model(&lab, "10.128.0.0/16", "1-20", &model);
	lab.options.port_kind = "live";
	lab.options.rate_pps = 0;
	lab.found.stall = lab.world;
	lab_scan(&lab);
	assert_int_equal(lab.result.counts.lost, 0);
	assert_int_equal(lab.found.count, 20 * 65536);
	lab_close(&lab);
}

/* Without XDP the kernel resets answers to its own address: said at once. */
static void test_packet_refuses_own_address(void **state)
{
	struct irl_error err = {0};
	struct irl_scan *scan;
	struct lab lab;

	(void)state;
	lab_open(&lab, "10.128.0.0/24", "80", 0);
	lab.options.source_addr = 0;
	assert_int_equal(irl_scan_open(&scan, &lab.options, &err),
			 -IRL_ENOTSUP);
	assert_null(scan);
	assert_non_null(strstr(err.text, "--source-ip"));
	lab_close(&lab);
}

static int open_code(struct lab *lab, struct irl_error *err)
{
	struct irl_scan *scan;
	int rc = irl_scan_open(&scan, &lab->options, err);

	assert_null(scan);
	assert_true(rc < 0);
	assert_int_equal(err->code, -rc);
	assert_null(strchr(err->text, '\n'));
	return rc;
}

static void test_open_says_what_is_wrong(void **state)
{
	struct irl_error err = {0};
	struct lab lab;

	(void)state;
	lab_open(&lab, "10.128.0.0/24", "80", 0);
	lab.options.ifname = "nosuch0";
	assert_int_equal(open_code(&lab, &err), -IRL_ENODEV);
	lab.options.ifname = NULL;
	lab.options.shards = 2;
	lab.options.shard = 2;
	assert_int_equal(open_code(&lab, &err), -IRL_EINVAL);
	lab.options.shards = lab.options.shard = 0;
	lab.options.workers = 9;
	assert_int_equal(open_code(&lab, &err), -IRL_EINVAL);
	lab.options.workers = 0;
	assert_int_equal(system("ip link set irl0 down"), 0);
	assert_int_equal(open_code(&lab, &err), -IRL_ENOROUTE);
	lab_close(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packet_finds_truth),
	    cmocka_unit_test(test_packet_two_workers),
	    cmocka_unit_test(test_live_kernel_finds_truth),
	    cmocka_unit_test(test_live_kernel_host_address),
	    cmocka_unit_test(test_live_kernel_two_workers),
	    cmocka_unit_test(test_live_user_finds_truth),
	    cmocka_unit_test(test_live_passes_under_loss),
	    cmocka_unit_test(test_live_stop_and_resume),
	    cmocka_unit_test(test_live_slow_reader),
	    cmocka_unit_test(test_packet_refuses_own_address),
	    cmocka_unit_test(test_open_says_what_is_wrong),
	};

	if (geteuid() != 0 || irl_privilege_missing(IRL_PRIVILEGE_ALL)) {
		printf("skipped: needs root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/* A scan's ledger finds each miscount, also against the device. */
#include <pthread.h> /* workers are threads */
#include "scan_lab.h"

static struct irl_scan_counts balanced(void)
{
	struct irl_scan_counts c = {
	    .targets = 100,
	    .accepted = 85,
	    .skipped = 1,
	    .no_neighbour = 5,
	    .given_up = {[IRL_TX_FULL] = 4, [IRL_TX_LENGTH] = 2},
	    .unsent = 3,
	    .unsent_refused = 1,
	    .refused = {[IRL_TX_FULL] = 20, [IRL_TX_LENGTH] = 2},
	    .again = 15,
	    .received = 31,
	    .valid = {[IRL_ANSWER_SYNACK] = 10, [IRL_ANSWER_RST] = 5},
	    .invalid = {[IRL_ANSWER_COOKIE] = 4},
	    .other = 6,
	    .foreign = 2,
	    .lost = 4,
	    .successes = 8,
	    .failures = 4,
	    .repeats = 2,
	    .untold = 1,
	};

	return c;
}

static bool balances(const struct irl_scan_counts *counts)
{
	char text[300];

	irl_ledger_check(counts, text, sizeof(text));
	return !*text;
}

static void test_ledger_finds_each_miscount(void **state)
{
	const size_t off[] = {
	    offsetof(struct irl_scan_counts, targets),
	    offsetof(struct irl_scan_counts, accepted),
	    offsetof(struct irl_scan_counts, skipped),
	    offsetof(struct irl_scan_counts, no_neighbour),
	    offsetof(struct irl_scan_counts, given_up[IRL_TX_FULL]),
	    offsetof(struct irl_scan_counts, refused[IRL_TX_LENGTH]),
	    offsetof(struct irl_scan_counts, again),
	    offsetof(struct irl_scan_counts, unsent),
	    offsetof(struct irl_scan_counts, unsent_refused),
	    offsetof(struct irl_scan_counts, received),
	    offsetof(struct irl_scan_counts, valid[IRL_ANSWER_RST]),
	    offsetof(struct irl_scan_counts, invalid[IRL_ANSWER_FORM]),
	    offsetof(struct irl_scan_counts, other),
	    offsetof(struct irl_scan_counts, foreign),
	    offsetof(struct irl_scan_counts, lost),
	    offsetof(struct irl_scan_counts, successes),
	    offsetof(struct irl_scan_counts, failures),
	    offsetof(struct irl_scan_counts, repeats),
	    offsetof(struct irl_scan_counts, untold),
	    offsetof(struct irl_scan_counts, tx_unknown),
	};
	struct irl_scan_counts c = balanced();

	(void)state;
	assert_true(balances(&c));
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		c = balanced();
		++*(uint64_t *)((char *)&c + off[i]);
		assert_false(balances(&c));
	}
}

/* In the place of src/engine/device.c's: a veth that says it has sent @counted
 * frames, from its @late reading on. */
static struct {
	uint64_t counted;
	unsigned late, readings;
} device;

bool __wrap_irl_device_read(unsigned ifindex, struct irl_device *out);
bool __wrap_irl_device_read(unsigned ifindex, struct irl_device *out)
{
	(void)ifindex;
	memset(out, 0, sizeof(*out));
	if (!device.counted)
		return false;
	strcpy(out->kind, "veth");
	out->tx_frames = 777;
	if (device.readings++ >= device.late)
		out->tx_frames += device.counted;
	return true;
}

/* A scan of 256 targets whose device says so. */
static int scan_counted(struct lab *lab, uint64_t counted, unsigned late)
{
	int rc;

	device.counted = counted;
	device.late = late;
	device.readings = 0;
	memset(lab->seen.verdict, 0, irl_targets_count(lab->targets));
	rc = lab_try(lab);
	device.counted = 0;
	return rc;
}

/* What the device has not sent although it was accepted fails the run. */
static void test_device_must_know_all(void **state)
{
	struct lab lab;

	(void)state;
	lab_init(&lab, "10.1.0.0/24", "80");
	lab.options.cooldown_s = 0;
	assert_int_equal(scan_counted(&lab, 256, 1), 0);
	assert_string_equal(lab.result.imbalance, "");
	assert_int_equal(scan_counted(&lab, 256, 9), 0); /* a little later */
	assert_string_equal(lab.result.imbalance, "");
	assert_int_equal(scan_counted(&lab, 300, 1), 0); /* others send, too */
	assert_int_equal(scan_counted(&lab, 255, 1), -IRL_ELEDGER);
	assert_non_null(strstr(lab.result.imbalance, "1 frames fewer"));
	assert_non_null(strstr(lab.err.text, lab.result.imbalance));
	lab_fini(&lab);
}

static void test_device_counter(void **state)
{
	struct irl_device from = {.tx_frames = 1000}, to = from;

	(void)state;
	to.tx_frames += 99;
	strcpy(to.kind, "veth");
	assert_int_equal(irl_device_short(&from, &to, 99), 0);
	assert_int_equal(irl_device_short(&from, &to, 98), 0);
	assert_int_equal(irl_device_short(&from, &to, 100), 1);
	strcpy(to.kind, "tun"); /* frames may wait for the reader */
	to.queue_length = 10;
	assert_int_equal(irl_device_short(&from, &to, 109), 0);
	assert_int_equal(irl_device_short(&from, &to, 110), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ledger_finds_each_miscount),
	    cmocka_unit_test(test_device_must_know_all),
	    cmocka_unit_test(test_device_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

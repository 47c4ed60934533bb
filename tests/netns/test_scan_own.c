// SPDX-License-Identifier: BSD-2-Clause
/*
 * A scan from an address that only we own is that address's host meanwhile:
 * the neighbour's kernel finds it by ARP and its echo is answered.
 *
 *   here: scan from 10.9.0.50 ---- veth ---- there: ping 10.9.0.50
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <irl/net.h>
#include <irl/scan.h>
#include <irl/privilege.h>
#include "netns/net_lab.h"

static struct lab lab;

struct asker {
	struct irl_scan *scan;
	int failed;
};

static void *ask(void *context)
{
	struct asker *asker = context;

	lab_enter(lab.there);
	lab_run("ip neigh flush dev vb");
	asker->failed = lab_run("ping -c 3 -i 0.2 -W 2 10.9.0.50 >/dev/null");
	irl_scan_abort(asker->scan);
	return NULL;
}

static void is_its_host(const char *kind, enum irl_residence residence)
{
	struct irl_scan_options options = {.port_kind = kind,
					   .residence = residence,
					   .ifname = "va",
					   .seed = 1,
					   .rate_pps = 1000,
					   .cooldown_s = 20,
					   .source_addr = ADDR(10, 9, 0, 50),
					   .gateway_mac = {2, 0, 0, 0, 0, 9}};
	const struct irl_scan_events events = {0};
	struct irl_scan_result result;
	struct irl_targets *targets;
	struct irl_error err = {0};
	struct asker asker = {0};
	pthread_t thread;

	assert_int_equal(irl_targets_new(&targets, &err), 0);
	assert_int_equal(irl_targets_allow(targets, "10.9.0.128/25", &err), 0);
	assert_int_equal(irl_targets_allow_special(targets, "all", &err), 0);
	assert_int_equal(irl_targets_ports(targets, "80", &err), 0);
	assert_int_equal(irl_targets_seal(targets, &err), 0);
	options.targets = targets;
	if (irl_scan_open(&asker.scan, &options, &err))
		fail_msg("%s", err.text);
	assert_int_equal(pthread_create(&thread, NULL, ask, &asker), 0);
	if (irl_scan_run(asker.scan, &events, &result, &err))
		fail_msg("%s", err.text);
	pthread_join(thread, NULL);
	assert_int_equal(asker.failed, 0);
	/* three echoes and at least one ARP request */
	assert_true(result.counts.answered >= 4);
	assert_true(result.counts.other >= result.counts.answered);
	irl_scan_close(asker.scan);
	irl_targets_free(targets);
}

static void test_live_kernel(void **state)
{
	(void)state;
	is_its_host("live", IRL_RESIDENCE_KERNEL);
}

static void test_live_user(void **state)
{
	(void)state;
	is_its_host("live", IRL_RESIDENCE_USER);
}

static void test_packet(void **state)
{
	(void)state;
	is_its_host("packet", IRL_RESIDENCE_USER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_live_kernel),
	    cmocka_unit_test(test_live_user),
	    cmocka_unit_test(test_packet),
	};

	lab = lab_new();
	lab_enter(lab.there);
	/* Without it this end of a veth takes no XDP frames. */
	if (lab_run("ethtool -K vb gro on"))
		return LAB_SKIPPED;
	lab_enter(lab.here);
	if (irl_privilege_missing(IRL_PRIVILEGE_ALL)) {
		printf("skipped: needs root\n");
		return LAB_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

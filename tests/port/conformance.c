// SPDX-License-Identifier: BSD-2-Clause
/*
 * conformance PORT LINK [CASE]: what irl/port.h promises, for every port over
 * every link.  Each case makes a bed of its own (bed.h).
 */
#include <stdlib.h>
#include <string.h>
#include "conformance.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SOAK_FRAMES 1000000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SOAK_FRAMES 1000000
#endif
#endif
#ifndef SOAK_FRAMES
#define SOAK_FRAMES 10000000
#endif

static struct test_case cases[] = {
    {"exact", case_exact, {.deaf = true}},
    {"length", case_length, {.deaf = true}},
    {"checksum", case_checksum, {.deaf = true}},
    {"full", case_full, {.deaf = true}},
    {"link-down", case_link_down, {.numbers = 1 << 24}},
    {"gone", case_gone, {0}},
    {"queues", case_queues, {.queues = 3}},
    {"threaded", case_threaded, {.deaf = true, .veth_only = true}},
    {"receive", case_receive, {0}},
    {"receive_exact", case_receive_exact, {0}},
    {"owner", case_owner, {0}},
    {"end-rx", case_end_rx, {0}},
    {"rx-full", case_rx_full, {.rx_bytes = 64 << 10}},
    {"rx-pause", case_rx_pause, {0}},
    {"partial", case_partial, {.veth_only = true}},
    {"spread", case_spread, {.queues = 3}},
    {"soak", case_soak, {.deaf = true, .numbers = SOAK_FRAMES}},
};

static int run_case(struct run *run, struct test_case *test)
{
	struct bed bed;
	uint64_t begin = bed_now_ns();
	int rc = bed_open(&bed, run->port, run->link, &test->options, run->why,
			  sizeof(run->why));

	if (rc) {
		printf("%s %s: %s\n", rc == 77 ? "skipped" : "FAIL", test->name,
		       run->why);
		return rc;
	}
	rc = test->run(run, &bed);
	bed_close(&bed);
	printf("%s %s (%.1f s)\n", rc ? "FAIL" : "ok", test->name,
	       (double)(bed_now_ns() - begin) * 1e-9);
	fflush(stdout);
	return rc;
}

int main(int argc, char **argv)
{
	const char *soak = getenv("IRL_SOAK_FRAMES");
	struct run run = {0};
	int failed = 0, rc;

	if (argc < 3) {
		fprintf(stderr, "usage: conformance live|packet|memory "
				"veth|tap|memory [CASE]\n");
		return 2;
	}
	run.port = argv[1];
	run.link = argv[2];
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 3 && strcmp(argv[3], cases[i].name))
			continue;
		if (cases[i].options.veth_only && strcmp(run.link, "veth")) {
			printf("left out %s: of veth only\n", cases[i].name);
			continue;
		}
		if (cases[i].run == case_link_down &&
		    !strcmp(run.port, "xdpwin")) {
			printf("left out %s: XDP tells of no outcome\n",
			       cases[i].name);
			continue;
		}
		if (!strcmp(cases[i].name, "soak") && soak)
			cases[i].options.numbers = strtoull(soak, NULL, 0);
		rc = run_case(&run, &cases[i]);
		if (rc == 77)
			return failed ? 1 : 77;
		failed |= rc;
	}
	return failed ? 1 : 0;
}

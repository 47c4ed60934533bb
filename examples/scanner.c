// SPDX-License-Identifier: BSD-2-Clause
/*
 * Print every address and port that accepts a TCP connection.
 *
 *   cc scanner.c $(pkg-config --cflags --libs irlstack)
 *   ./a.out TARGETS PORTS PACKETS-PER-SECOND [SPECIAL]
 *
 * Special-purpose ranges such as 10.0.0.0/8 are left out unless named as
 * SPECIAL.  Try it where nothing real can be reached:
 *
 *   irl world run -- ./a.out 10.0.0.0/20 80 10000 10.0.0.0/8
 */
#include <stdio.h>
#include <stdlib.h>
#include <irl/net.h>
#include <irl/scan.h>

static int print(void *context, const struct irl_record *record)
{
	(void)context;
	if (record->success && !record->repeat) {
		char text[IRL_ADDR_TEXT];

		printf("%s:%u\n", irl_addr_text(record->hit.addr, text),
		       record->hit.port);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct irl_targets *targets = NULL;
	struct irl_scan *scan = NULL;
	struct irl_scan_result result;
	struct irl_error err = {.text = "scanner TARGETS PORTS PPS [SPECIAL]"};
	struct irl_scan_options options = {.cooldown_s = 2};
	const struct irl_scan_events events = {.record = print};
	int code = -1;

	if (argc >= 4 && irl_targets_new(&targets, &err) >= 0 &&
	    irl_targets_allow(targets, argv[1], &err) >= 0 &&
	    irl_targets_ports(targets, argv[2], &err) >= 0 &&
	    (!argv[4] ||
	     irl_targets_allow_special(targets, argv[4], &err) >= 0) &&
	    irl_targets_seal(targets, &err) >= 0) {
		options.targets = targets;
		options.rate_pps = atof(argv[3]);
		code = irl_scan_open(&scan, &options, &err);
	}
	if (code >= 0)
		code = irl_scan_run(scan, &events, &result, &err);
	irl_scan_close(scan);
	irl_targets_free(targets);
	if (code < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	fprintf(stderr, "%llu targets probed, %llu open\n",
		(unsigned long long)result.counts.accepted,
		(unsigned long long)result.counts.successes);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
/* zmap and masscan as installed, as fast as they go, on all cores. */
#include <stdio.h>
#include <stdlib.h>
#include "bench/flow.h"
#include "bench/process.h"

struct peer_flow {
	pid_t pid;
};

static void text_of(char text[18], const uint8_t mac[6])
{
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
}

static int start(void **out, const char *const argv[], struct irl_error *err)
{
	struct peer_flow *f = calloc(1, sizeof(*f));
	int r;

	*out = NULL;
	if (!f)
		return irl_error_set(err, IRL_ENOMEM, "out of memory");
	r = bench_process_start(&f->pid, argv, err);
	if (r < 0) {
		free(f);
		return r;
	}
	*out = f;
	return 0;
}

/* Its own configuration may name options that it does not know. */
static int start_zmap(void **out, const struct bench_flow_options *options,
		      struct irl_error *err)
{
	char gateway[18];
	const char *const argv[] = {"zmap",
				    "-C",
				    "/dev/null",
				    "-b",
				    "/dev/null",
				    "-i",
				    IRL_WORLD_SCANNER_LINK,
				    "-S",
				    "10.0.0.1",
				    "-G",
				    gateway,
				    "-p",
				    "80",
				    "-r",
				    "0",
				    "-c",
				    "0",
				    "-o",
				    "/dev/null",
				    "-q",
				    "10.0.0.0/8",
				    NULL};

	text_of(gateway, options->stage->far_mac);
	return start(out, argv, err);
}

static int start_masscan(void **out, const struct bench_flow_options *options,
			 struct irl_error *err)
{
	char gateway[18], source[18];
	const char *const argv[] = {"masscan",
				    "10.0.0.0/8",
				    "-p1-1000",
				    "--rate",
				    "100000000",
				    "-e",
				    IRL_WORLD_SCANNER_LINK,
				    "--adapter-ip",
				    "10.0.0.1",
				    "--adapter-mac",
				    source,
				    "--router-mac",
				    gateway,
				    "--wait",
				    "0",
				    "-oL",
				    "/dev/null",
				    NULL};

	text_of(gateway, options->stage->far_mac);
	text_of(source, options->stage->near_mac);
	return start(out, argv, err);
}

static double cpu_s(void *flow)
{
	const struct peer_flow *f = flow;

	return bench_process_cpu_s(f->pid);
}

static int stop(void *flow, int64_t *accepted, struct irl_error *err)
{
	struct peer_flow *f = flow;

	(void)err;
	bench_process_kill(f->pid);
	*accepted = -1;
	free(f);
	return 0;
}

const struct bench_flow bench_flow_zmap = {
    .name = "zmap",
    .program = "zmap",
    .start = start_zmap,
    .cpu_s = cpu_s,
    .stop = stop,
};

const struct bench_flow bench_flow_masscan = {
    .name = "masscan",
    .program = "masscan",
    .start = start_masscan,
    .cpu_s = cpu_s,
    .stop = stop,
};

// SPDX-License-Identifier: BSD-2-Clause
/* irl bench tx | rx | scan | tcp | ... */
#include "bench.h"

#define AT BENCH_AT

static const struct cli_option options[] = {
    BENCH_OPTION_JSON,
    BENCH_OPTION_QUIET,
    BENCH_OPTION_SECONDS(
	"of each contender in each round, except those of answers and huge; "
	"default: 1, of pace and host 10"),
    BENCH_OPTION_ROUNDS("that count; default: 5, of huge 1"),
    {.name = "contenders",
     .argument = "NAMES",
     .type = CLI_STRING,
     .offset = AT(contenders),
     .help = "of tx, rx, scan and tcp, only these: live,sendmmsg"},
    BENCH_OPTION_BATCHES,
    BENCH_OPTION_FRAME_BYTES,
    {.name = "ring-bytes",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(ring_bytes),
     .max = 1u << 30,
     .help = "of the ports' receive rings in rx, a power of two; "
	     "0: their default"},
    {.name = "workers",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(workers),
     .min = 1,
     .max = 8,
     .help = "of the scan of huge (default: one a core)"},
    {.name = "range",
     .argument = "PREFIX",
     .type = CLI_STRING,
     .offset = AT(range),
     .help = "that answers and huge scan; default: 10.0.0.0/8. That far owns; "
	     "default: 198.18.0.0/15"},
    BENCH_OPTION_CORE("where a contender of tx, rx, scan, host and tcp runs; "
		      "default: the last one"),
    BENCH_OPTION_INTERFACE,
    BENCH_OPTION_LISTEN,
};

static const struct bench_kind kinds[] = {
    {"tx", 1, 5, "seconds,rounds,contenders,batches,frame-bytes,core",
     bench_tx},
    {"rx", 1, 5, "seconds,rounds,contenders,ring-bytes,core", bench_rx},
    {"scan", 1, 5, "seconds,rounds,contenders,core", bench_scan},
    {"answers", 1, 5, "rounds,range", bench_answers},
    {"huge", 1, 1, "rounds,workers,range", bench_huge},
    {"pace", 10, 5, "seconds,rounds", bench_pace},
    {"host", 10, 5, "seconds,rounds,core", bench_host},
    {"tcp", 1, 5, "seconds,rounds,contenders,core", bench_tcp},
    {"far", 1, 1, "interface,listen,range", bench_far},
};

static int bench(void *values, int argc, char **argv)
{
	return bench_command(
	    &cmd_bench, kinds, CLI_COUNT_OF(kinds),
	    "tx, rx, scan, answers, huge, pace, host, tcp or far", values, argc,
	    argv);
}

const struct cli_command cmd_bench = {
    .name = "bench",
    .summary = "measure this machine: ours and others side by side",
    .operands = "tx|rx|scan|answers|huge|pace|host|tcp|far",
    .text =
	"Every benchmark but far makes two network namespaces of its own "
	"without an "
	"uplink, joined by a veth with one queue more than there are cores, "
	"and removes them however it ends. Contenders take turns round by "
	"round; frames are counted where they arrive; processor time is that "
	"of all cores, softirqs included.\n\n"
	"tx: frames made in user space, one core, by every way there is: send, "
	"sendmmsg, libpcap, AF_XDP, the ports packet and live, and the bare "
	"limit of live frames.\n\n"
	"rx: numbered frames at 1, 2, 4 and 8 Mpps and flat out, to user "
	"space on the ports and AF_XDP, and to a reader that is too slow; each "
	"is delivered, dropped and counted, or lost.\n\n"
	"scan: whole scans with one and two workers, the bare limit, and zmap "
	"and masscan where they are installed.\n\n"
	"answers: scans, with one and two workers, of a world in which a "
	"quarter of the addresses answers, into CSV. huge: 3.3 billion targets "
	"in one run (minutes). "
	"Both are held against the truth.\n\n"
	"pace: how evenly a scan with a rate arrives. host: an echo and a "
	"bulk flow of the host's own, alone and beside a scan.\n\n"
	"tcp: whole exchanges (connect, request, answer, RST) a second by the "
	"host's sockets and by ours, through the port and in memory, and ten "
	"million connections at once.\n\n"
	"far: the other end of a cable for irl bench on Windows: it counts "
	"what arrives at --listen and at --range, tells who asks it there, and "
	"answers connections, until it is ended.\n\n"
	"The first lines name processor, kernel and mitigations: the same "
	"processor is twice as fast or as slow by them. An option that a "
	"benchmark does not have is refused. scripts/results makes tables of "
	"the JSON files.",
    .examples = "irl bench tx --json tx.json\n"
		"  some minutes\n"
		"irl bench tx --contenders live,sendmmsg --batches 256\n"
		"  a few seconds\n"
		"irl bench huge\n"
		"  3.3 billion targets\n",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct bench_values),
    .run = bench,
};

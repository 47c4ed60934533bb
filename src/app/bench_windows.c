// SPDX-License-Identifier: BSD-2-Clause
/* irl bench tx | tcp | soak | far */
#include "bench.h"

static const struct cli_option options[] = {
    BENCH_OPTION_JSON,
    BENCH_OPTION_QUIET,
    {.letter = 'p',
     .name = "peer",
     .argument = "ADDRESS",
     .type = CLI_STRING,
     .offset = BENCH_AT(peer),
     .group = "The cable",
     .help =
	 "of tx, tcp and soak: the other end of the cable, where irl bench far "
	 "runs; nothing is sent to anybody else"},
    {.name = "port",
     .argument = "KIND",
     .type = CLI_STRING,
     .offset = BENCH_AT(port),
     .help = "of soak: windows, the two drivers, which is the default, or "
	     "xdpwin, XDP for Windows"},
    BENCH_OPTION_INTERFACE,
    BENCH_OPTION_LISTEN,
    {.name = "range",
     .argument = "PREFIX",
     .type = CLI_STRING,
     .offset = BENCH_AT(range),
     .help = "that far owns; default: 198.18.0.0/15"},
    BENCH_OPTION_SECONDS("of each contender in each round; default: 1. Of "
			 "soak: in all; default: 1h"),
    BENCH_OPTION_ROUNDS("that count; default: 5"),
    {.name = "contenders",
     .argument = "NAMES",
     .type = CLI_STRING,
     .offset = BENCH_AT(contenders),
     .help = "only these: irlstack,sendto"},
    BENCH_OPTION_BATCHES,
    BENCH_OPTION_FRAME_BYTES,
    BENCH_OPTION_CORE("where the contenders run; default: the last one"),
};

static const struct bench_kind kinds[] = {
    {"tx", 1, 5, "peer,seconds,rounds,contenders,batches,frame-bytes,core",
     bench_tx},
    {"tcp", 1, 5, "peer,seconds,rounds,contenders,core", bench_tcp},
    {"soak", 3600, 1, "peer,port,seconds,core", bench_soak},
    {"far", 1, 1, "interface,listen,range", bench_far},
};

static int bench(void *values, int argc, char **argv)
{
	return bench_command(&cmd_bench, kinds, CLI_COUNT_OF(kinds),
			     "tx, tcp, soak or far", values, argc, argv);
}

const struct cli_command cmd_bench = {
    .name = "bench",
    .summary = "measure this machine: ours and others side by side",
    .operands = "tx|tcp|soak|far",
    .text =
	"Two machines and a cable between them that leads nowhere else. At the "
	"one, irl bench far counts what arrives and answers connections; it "
	"may also be Linux. At the other, contenders take turns round by round "
	"and send to it and to a range that it owns. Nothing is sent before it "
	"has been named (--peer), has answered, and its link has been found to "
	"have no gateway. Processor time is that of all cores: let nothing "
	"else run.\n\n"
	"tx: datagrams in frames of 60 bytes: irlstack, the two drivers; "
	"xdpwin, XDP for Windows; sendto; wsasendto, overlapped; rio, "
	"Registered I/O; pcap_sendpacket "
	"and pcap_sendqueue, where Npcap is installed. Each goes to another "
	"address of the range, those called ..._one to one. Winsock and RIO "
	"need a route to the range by the peer; what is not to be had is told "
	"as not available.\n\n"
	"tcp: whole exchanges (connect, request, answer, RST) a second: "
	"connectex_one and connectex by Winsock, ConnectEx and a completion "
	"port, to one address and to many; tcp by ours over the two drivers, "
	"tcp_xdpwin over XDP for Windows.\n\n"
	"soak: batches of every size and length through ports that are opened "
	"and closed all the time; meanwhile kill programs, restart drivers, "
	"switch the adapter off and on. It waits while the adapter is away, "
	"and fails where a port's counters do not add up to what its calls "
	"told.\n\n"
	"far: needs --interface and --listen; ends with Ctrl-C.",
    .examples = "irl bench far --interface \"Ethernet 2\" --listen 10.0.0.2\n"
		"  at the one end\n"
		"irl bench tx --peer 10.0.0.2 --json tx.json\n"
		"  at the other; some minutes\n",
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .values_size = sizeof(struct bench_values),
    .run = bench,
};

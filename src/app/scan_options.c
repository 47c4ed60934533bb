// SPDX-License-Identifier: BSD-2-Clause
/* irl scan as a table; zmap's names where the meaning is the same. */
#include "common_options.h"
#include "scan.h"

#define AT(member) offsetof(struct scan_values, member)

static const struct cli_option options[] = {
    {.letter = 'p',
     .name = "target-ports",
     .argument = "PORTS",
     .type = CLI_LIST,
     .offset = AT(ports),
     .help = "TCP ports to probe: 80 or 80,443,8000-8100; given again, they "
	     "add up",
     .group = "Targets",
     .aliases = "target-port,ports"},
    OPTION_ALLOWLIST_FILE(
	"scan what FILE lists: an address, range or prefix a line, # "
	"begins a comment; - is standard input"),
    OPTION_BLOCKLIST_FILE("never probe what FILE lists"),
    OPTION_EXCLUDE("never probe these addresses, ranges, prefixes"),
    OPTION_ALLOW_SPECIAL,
    OPTION_TARGET,
    OPTION_MAX_TARGETS(
	"stop after the first N targets, or so many percent of them"),
    OPTION_SEED("of the order and the cookies; the same seed gives the same "
		"scan; 0: chosen at random, told in the metadata"),
    OPTION_SHARDS("divide the targets among N scans with the same seed"),
    OPTION_SHARD,
    OPTION_START("continue there (an interrupted scan tells its position and "
		 "seed); the output file is appended to"),
    OPTION_RESUME(
	"if interrupted, stopped by --max-runtime or --max-results, or left by "
	"the reader of its results, write FILE and exit with 75; if FILE "
	"exists, continue as it says; when all is done FILE says that, and to "
	"continue does nothing; also written while it runs and when results "
	"cannot be, so that who is killed or finds the disk full loses nothing "
	"but may find some records twice"),
    OPTION_RESUME_EVERY(
	"write the resume file so often; its position is one of a "
	"cooldown before"),
    OPTION_TARGETS_HASH,

    {.letter = 'r',
     .name = "rate",
     .argument = "PPS",
     .type = CLI_RATE,
     .offset = AT(rate),
     .help = "probes a second; 0: as fast as the link",
     .group = "Pace",
     .initial = "0",
     .max = CLI_RATE_MAX},
    {.letter = 'B',
     .name = "bandwidth",
     .argument = "BPS",
     .type = CLI_BITS,
     .offset = AT(bandwidth),
     .help = "the same in bits a second on the wire",
     .max = CLI_RATE_MAX},
    {.letter = 'P',
     .name = "passes",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(passes),
     .help = "probe N times what stays silent, pass after pass",
     .initial = "1",
     .aliases = "probes",
     .min = 1,
     .max = 100},
    {.letter = 'c',
     .name = "cooldown-time",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(cooldown),
     .help = "wait for late answers after each pass",
     .initial = "8",
     .aliases = "cooldown"},
    OPTION_MAX_RUNTIME("stop sending after that time"),
    {.letter = 'N',
     .name = "max-results",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(max_results),
     .help = "stop sending after N distinct successes; answers still on their "
	     "way are recorded, too, so there may be more"},
    OPTION_RETRIES,

    OPTION_INTERFACE,
    {.letter = 'S',
     .name = "source-ip",
     .argument = "ADDR[-ADDR]",
     .type = CLI_STRING,
     .offset = AT(source_ip),
     .help = "source address, range or prefix; default: the host's own"},
    OPTION_SOURCE_PORT(
	"source ports; default: a range that neither the host nor another "
	"scan on the interface uses"),
    OPTION_GATEWAY_MAC(
	"Ethernet address to send all probes to; default: that of each "
	"neighbour, and the gateway's for all others, asked for by ARP"),
    {.letter = 'T',
     .name = "workers",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(workers),
     .help = "sending threads, a queue each",
     .initial = "1",
     .aliases = "sender-threads",
     .min = 1,
     .max = IRL_QUEUES_MAX},
    OPTION_PORT(
	"the way to the wire; \"irl doctor\" says which work here; live "
	"ports of several processes share an interface; windows and xdpwin "
	"are for Windows"),
    OPTION_RESIDENCE("where probes are made and answers checked", NULL),

    {.name = "tcp-options",
     .argument = "KIND",
     .type = CLI_STRING,
     .offset = AT(tcp_options),
     .help = "options of the SYN, as that system sends them",
     .group = "Probe",
     .initial = "mss",
     .aliases = "probe-args",
     .choices = "none|mss|linux|windows"},
    {.name = "probe-ttl",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(ttl),
     .help = "time to live of probes",
     .initial = "255",
     .min = 1,
     .max = 255},
    {.letter = 'd',
     .name = "dry-run",
     .type = CLI_FLAG,
     .offset = AT(dry_run),
     .help = "print each probe that would be sent, as text on standard "
	     "output; send none, write no file",
     .aliases = "dryrun"},

    OPTION_OUTPUT_FILE,
    {.letter = 'O',
     .name = "output-module",
     .argument = "FORMAT",
     .type = CLI_STRING,
     .offset = AT(output_module),
     .help = "format of records",
     .initial = "csv",
     .choices = "csv|json|text"},
    {.letter = 'f',
     .name = "output-fields",
     .argument = "FIELDS",
     .type = CLI_STRING,
     .offset = AT(output_fields),
     .help = "fields of a record, * for all; default: saddr, and sport where "
	     "there are several ports"},
    {.name = "output-filter",
     .argument = "FILTER",
     .type = CLI_STRING,
     .offset = AT(output_filter),
     .help = "records to write, as \"success = 1 || classification = rst\"; "
	     "empty: all",
     .initial = IRL_OUTPUT_FILTER},
    {.name = "no-header-row",
     .type = CLI_FLAG,
     .offset = AT(no_header),
     .help = "no line of field names at the top of CSV and text; as with zmap "
	     "there is no such line where a record has one field",
     .only_with = "output-module=csv|text"},
    {.name = "list-output-fields",
     .type = CLI_FLAG,
     .offset = AT(list_fields),
     .help = "print the fields there are and exit"},
    OPTION_METADATA_FILE(
	"write seed, options, counts and ledger as JSON at the end; a "
	"resumed scan keeps those of its parts as FILE.1, FILE.2 ..."),
    OPTION_NOTES,
    OPTION_STATUS_UPDATES_FILE(
	"write progress there every second, as CSV; a resumed scan adds to "
	"it"),
    OPTION_QUIET,
    OPTION_STATUS_UPDATES,
    OPTION_VERBOSITY(
	"0: errors only; 3: a summary on a terminal; 4: everywhere; 5: "
	"how the scan is set up, too"),
};

static const char text[] =
    "Send one TCP SYN to each target, in random order, and write a record for "
    "each answer. A target is an address and a port; TARGET is an address, a "
    "prefix (192.0.2.0/24), a range (192.0.2.1-192.0.2.9), several of these "
    "with commas, or - for a list on standard input; 0.0.0.0/0 is the whole "
    "IPv4 Internet. Special-purpose addresses are left out. Inside \"irl "
    "world run\" the world's own range need not be named.\n"
    "\n"
    "No state is kept for silence: a cookie in each probe proves an answer "
    "genuine and tells its round-trip time. The host's own traffic is not "
    "disturbed, and its kernel resets no answer while the scan runs; what "
    "comes to the host's own address after the cooldown is the host's again, "
    "and its kernel resets it, as it should. Every frame is accounted for in "
    "a ledger, and a scan whose ledger does not balance fails.\n"
    "\n"
    "Targets on link (the host's routes without a gateway tell which; at most "
    "65,536 addresses) are probed at their own Ethernet addresses, all others "
    "at that of one gateway; targets behind two gateways or interfaces are "
    "refused. Neighbours are asked for by ARP before the first probe, 1,000 "
    "requests a second at most and never faster than --rate, three for who is "
    "silent: three seconds for a /24, three minutes for an empty /16. A shard "
    "or another part of at most 65,536 targets asks for its own alone. The "
    "status line tells how far that is, an interrupt ends it. Who does not "
    "answer, the network and broadcast addresses of a prefix on link and the "
    "host's own are not probed, and are counted as without a neighbour. Where "
    "targets on link are more than one in 256, or over four millions, probes "
    "are made in user space unless --residence says kernel.\n"
    "\n"
    "Records go to standard output or a file, messages and the status line to "
    "standard error. The first interrupt (SIGINT, SIGTERM, or a closed "
    "terminal) stops sending, waits for late answers and tells how to "
    "continue (exit code 75), one half a second later or more quits at once "
    "(exit code 130, by SIGTERM 143). "
    "When the reader of a pipe goes away, the scan ends quietly, unless it is "
    "to be resumed. When results cannot be written, it ends at once and tells "
    "how to go on before the first that was lost: where it stood at the last "
    "status, at most a second ago, less the cooldown, so that some results "
    "are there twice. Of a reader that goes, what it had not read is lost. "
    "With --resume results are on the disk before FILE calls them done, and "
    "one scan at a time has FILE.irl-lock, where that can be made; it may stay "
    "where one was killed, and is in nobody's way then. Positions are resumed "
    "exactly in the first pass; later passes of a resumed scan probe what its "
    "own part left silent. While records cannot be written as "
    "fast as they come, sending waits; frames that found a buffer full all "
    "the same are counted as lost, and told at the end. While the link is "
    "down the scan waits, and says so: what it refuses is sent when it is "
    "back; a scan that is stopped meanwhile can be resumed (exit code 75). "
    "The summary says which limit ended a scan early, and how to go on, and "
    "what held a scan back that missed its --rate by more than 3 %.\n"
    "\n" ABOUT_CPU "\n"
    "\n"
    "tcpdump on the scanning interface sees nothing of a scan by the live "
    "port, whose frames pass below it, and of one by --port packet the "
    "answers only. It sees all at the other end of the link; --dry-run prints "
    "the probes, and irl fetch writes the frames of its connections (--pcap "
    "FILE --pcap-sample 1).\n"
    "\n"
    "An answer that comes after the end is the host's: its kernel resets it "
    "where the source was the host's own address. Wait longer "
    "(--cooldown-time), or send from an unused address (--source-ip).";

static const char examples[] =
    "irl world run -- irl scan -p 80\n"
    "  try it: scan a simulated Internet that nothing can leave\n"
    "irl scan -p 80,443 -r 100k -b blocklist.txt -o found.csv 192.0.2.0/24\n"
    "  two ports of a network, 100,000 probes a second\n"
    "irl scan -p 22 --shards 4 --shard 0 --seed 7 --resume state -o 0.csv\n"
    "  a quarter of the Internet, to be repeated until it exits with 0\n"
    "irl scan -p 443 -f saddr,ttl,rtt_us -O json -w targets.txt | head\n"
    "  JSON Lines of the first answers\n"
    "irl scan -p 80 -n 10 --seed 1 -d --allow-special all 10.0.0.0/8\n"
    "  print ten probes and send none";

static const struct cli_foreign foreign[] = {
    {'M', "probe-module", "probes are SYNs of TCP, as tcp_synscan of zmap"},
    {'I', "list-of-ips-file", "lists are given by --allowlist-file (-w)"},
    {'l', "log-file", "messages go to standard error: 2>FILE"},
    {0, "max-rate", "it is --rate (-r)"},
    {0, "banners", "irl fetch --scan --protocol banner takes them"},
    {0}};

const struct cli_command cmd_scan = {
    .name = "scan",
    .summary = "find open TCP ports on many addresses",
    .operands = "[TARGET...]",
    .text = text,
    .examples = examples,
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .foreign = foreign,
    .values_size = sizeof(struct scan_values),
    .run = scan_run,
};

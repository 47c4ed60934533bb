// SPDX-License-Identifier: BSD-2-Clause
/* irl fetch as a table; zmap's and zgrab2's names where the meaning is. */
#include "common_options.h"
#include "fetch.h"

#define AT(member) offsetof(struct fetch_values, member)

static const struct cli_option options[] = {
    {.letter = 'f',
     .name = "input-file",
     .argument = "FILE",
     .type = CLI_STRING,
     .offset = AT(input_file),
     .help =
	 "targets, one a line: IP,DOMAIN,TAG,PORT, of which all but IP "
	 "may be left out (# begins a comment, also behind IP alone), or CSV "
	 "whose first line names its columns, or "
	 "JSON Lines, as \"irl scan\" writes, with ip or saddr, port or "
	 "sport, domain, tag; a quoted field may hold commas and quotes, no "
	 "line break; a tag has at most 4095 bytes, a line 4 MiB; the same IP, "
	 "domain and port again, within a million "
	 "targets, is fetched once, with the first one's tag; IP may have its "
	 "port behind it, as 10.0.0.1:80 or [fd00::1]:80, or "
	 "be an IPv6 prefix of 112 bits or more, which is each of its "
	 "addresses; - is standard input, and the default where there is "
	 "no other target",
     .group = "Targets"},
    {.letter = 'p',
     .name = "target-ports",
     .argument = "PORTS",
     .type = CLI_LIST,
     .offset = AT(ports),
     .help = "TCP ports: 80 or 80,443,8000-8100; given again, they add up; of "
	     "a list, one port, for lines without; default: 80",
     .aliases = "target-port,ports"},
    OPTION_ALLOWLIST_FILE(
	"fetch from what FILE lists: an address, range or prefix a line"),
    OPTION_BLOCKLIST_FILE("never connect to what FILE lists"),
    OPTION_EXCLUDE(
	"never connect to these addresses, ranges, prefixes; of a list "
	"also IPv6 (::/0 is all of that, and nothing of IPv4)"),
    OPTION_ALLOW_SPECIAL,
    OPTION_TARGET,
    OPTION_MAX_TARGETS(
	"stop after the first N targets of a set, or so many percent"),
    OPTION_SEED(
	"of the order of a set, of cookies, ports and sequence numbers; "
	"0: chosen at random, told in the metadata"),
    OPTION_SHARDS("divide a set among N fetches with the same seed"),
    OPTION_SHARD,
    OPTION_START("continue there (a fetch that was interrupted or ended by "
		 "--max-runtime tells its position and seed); the output file "
		 "is appended to"),
    OPTION_RESUME(
	"if interrupted, ended by --max-runtime or left by the reader of its "
	"records, write FILE and exit with 75; if FILE exists, continue as it "
	"says; when all is done FILE says that, and to continue does nothing; "
	"of a set, or of a list in a file; also written while it runs and when "
	"records cannot be"),
    OPTION_RESUME_EVERY("write the resume file so often, for one that is "
			"killed: what came after it has its record twice"),
    OPTION_TARGETS_HASH,
    {.name = "again",
     .argument = "POSITIONS",
     .type = CLI_LIST,
     .offset = AT(again),
     .help = "before --start, to be fetched first (resume files say which)"},
    {.name = "done",
     .argument = "POSITIONS",
     .type = CLI_LIST,
     .offset = AT(done),
     .help = "from --start on, not to be fetched (resume files say which)"},

    {.name = "scan",
     .type = CLI_FLAG,
     .offset = AT(scan),
     .help = "probe all targets without state first; connect only where a "
	     "valid SYN-ACK comes, and go on from it; of a list also IPv6; its "
	     "names and tags are kept for the --cooldown-time",
     .group = "Probes"},
    {.name = "scan-rate",
     .argument = "PPS",
     .type = CLI_RATE,
     .offset = AT(scan_rate),
     .help = "probes a second; 0: as fast as the link",
     .initial = "10k",
     .only_with = "scan",
     .max = CLI_RATE_MAX},
    {.name = "cooldown-time",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(cooldown),
     .help = "wait for late answers to probes",
     .initial = "8",
     .aliases = "cooldown",
     .only_with = "scan"},
    {.name = "tcp-options",
     .argument = "KIND",
     .type = CLI_STRING,
     .offset = AT(tcp_options),
     .help = "options of a probe, as that system sends them",
     .initial = "linux",
     .choices = "none|mss|linux|windows",
     .only_with = "scan"},
    OPTION_RESIDENCE("where probes are made", "scan"),

    {.letter = 'r',
     .name = "rate",
     .argument = "CPS",
     .type = CLI_RATE,
     .offset = AT(rate),
     .help = "connections opened a second by a SYN of their own; 0: as fast "
	     "as they end",
     .group = "Pace",
     .initial = "1000",
     .max = CLI_RATE_MAX},
    {.letter = 'c',
     .name = "max-connections",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(connections),
     .help = "at once",
     .initial = "10000",
     .min = 1,
     .max = 8e6},
    {.name = "max-per-host",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(per_host),
     .help = "connections to one address at once; further targets wait",
     .initial = "2",
     .min = 1,
     .max = 65535,
     .at_most = "max-per-net"},
    {.name = "max-per-net",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(per_net),
     .help = "connections to one /24 (IPv6: /48) at once",
     .initial = "64",
     .min = 1,
     .max = 8e6},
    {.name = "host-spacing",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(host_spacing),
     .help = "between two connections to one address",
     .initial = "0"},
    {.name = "net-spacing",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(net_spacing),
     .help = "between two connections to one /24 (IPv6: /48)",
     .initial = "0"},
    OPTION_MAX_RUNTIME("open nothing after that time"),
    OPTION_RETRIES,

    {.name = "connect-timeout",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(connect_timeout),
     .help = "without a SYN-ACK, all tries together",
     .group = "Time",
     .initial = "7",
     .min = 0.01,
     .max = 600,
     .at_most = "idle"},
    {.name = "syn-retries",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(syn_retries),
     .help = "repeat a SYN N times, each after twice the time",
     .initial = "2",
     .min = 0,
     .max = 6},
    {.name = "idle",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(idle),
     .help = "give up a connection that brought nothing new for so long; also "
	     "one without a SYN-ACK, whatever --connect-timeout says",
     .initial = "10",
     .min = 0.01,
     .max = 86400,
     .at_most = "deadline"},
    {.name = "deadline",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(deadline),
     .help = "of a whole connection",
     .initial = "30",
     .min = 0.01,
     .max = 86400},
    {.name = "wait",
     .argument = "TIME",
     .type = CLI_TIME,
     .offset = AT(wait),
     .help = "for the server to speak first",
     .initial = "2",
     .min = 0.001,
     .max = 600,
     .only_with = "protocol=banner,request"},

    {.name = "protocol",
     .argument = "NAME",
     .type = CLI_STRING,
     .offset = AT(protocol),
     .help = "http: a request and its response; banner: the server speaks "
	     "first; raw: send --request, keep whatever comes",
     .group = "Talk",
     .initial = "http",
     .choices = "http|banner|raw"},
    {.name = "request",
     .argument = "FILE",
     .type = CLI_STRING,
     .offset = AT(request),
     .help = "send what FILE holds, in which {host} {authority} {ip} {port} "
	     "{domain} are replaced; banner: after waiting in vain"},
    {.name = "request-after",
     .type = CLI_FLAG,
     .offset = AT(request_after),
     .help = "send the request behind the handshake's ACK, not in it",
     .only_with = "protocol=http|raw"},
    {.name = "http-method",
     .argument = "METHOD",
     .type = CLI_STRING,
     .offset = AT(http_method),
     .help = "of the request",
     .initial = "GET",
     .aliases = "method",
     .only_with = "protocol=http,!request"},
    {.name = "http-path",
     .argument = "PATH",
     .type = CLI_STRING,
     .offset = AT(http_path),
     .help = "of the request",
     .initial = "/",
     .aliases = "endpoint",
     .only_with = "protocol=http,!request"},
    {.letter = 'H',
     .name = "header",
     .argument = "NAME: VALUE",
     .type = CLI_LIST,
     .offset = AT(header),
     .help = "a further header, or in place of one that is sent anyway",
     .only_with = "protocol=http,!request"},
    {.letter = 'A',
     .name = "user-agent",
     .argument = "TEXT",
     .type = CLI_STRING,
     .offset = AT(user_agent),
     .help = "tells servers who asks; say where you can be reached",
     .only_with = "protocol=http,!request"},
    {.name = "max-body",
     .argument = "BYTES",
     .type = CLI_UINT,
     .offset = AT(max_body),
     .help = "of a body or banner that are kept",
     .initial = "262144",
     .min = 1,
     .max = 64 << 20},
    {.name = "hex",
     .type = CLI_FLAG,
     .offset = AT(hex),
     .help = "bytes as hexadecimal digits",
     .only_with = "protocol=banner|raw"},
    {.name = "sha256",
     .type = CLI_FLAG,
     .offset = AT(sha256),
     .help = "the SHA-256 of all of a body or banner, kept or not"},
    {.name = "close",
     .argument = "HOW",
     .type = CLI_STRING,
     .offset = AT(close),
     .help = "end a connection by RST, which leaves no state on either side, "
	     "or by FIN",
     .initial = "rst",
     .choices = "rst|fin"},

    OPTION_INTERFACE,
    {.letter = 'S',
     .name = "source-ip",
     .argument = "ADDR[-ADDR][,ADDR]",
     .type = CLI_STRING,
     .offset = AT(source_ip),
     .help = "source address, range or prefix; of a list besides, or instead, "
	     "an IPv6 address, and what has no source is not connected to; "
	     "at most 256; default: the host's own"},
    OPTION_SOURCE_PORT(
	"source ports; default: a range that the host does not use"),
    OPTION_GATEWAY_MAC(
	"Ethernet address to send to; default: asked for by ARP"),
    {.letter = 'T',
     .name = "workers",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(workers),
     .help = "threads, each with a queue, a part of the source ports and a "
	     "part of the networks (IPv4: /24, IPv6: /48)",
     .initial = "1",
     .aliases = "senders",
     .min = 1,
     .max = IRL_QUEUES_MAX},
    OPTION_PORT("the way to the wire; \"irl doctor\" says which work here"),
    {.name = "ttl",
     .argument = "N",
     .type = CLI_UINT,
     .offset = AT(ttl),
     .help = "time to live of all frames",
     .initial = "64",
     .aliases = "probe-ttl",
     .min = 1,
     .max = 255},

    OPTION_OUTPUT_FILE,
    {.name = "all",
     .type = CLI_FLAG,
     .offset = AT(all),
     .help = "records of targets that did not open, too; not of those "
	     "that --scan probes, since it remembers nobody"},
    {.name = "pcap",
     .argument = "FILE",
     .type = CLI_STRING,
     .offset = AT(pcap),
     .help = "write the frames of a sample of connections, as pcapng"},
    {.name = "pcap-sample",
     .argument = "1/N",
     .type = CLI_STRING,
     .offset = AT(pcap_sample),
     .help = "which share of connections that is; all frames of each are in "
	     "it, but for the SYN where it was a probe of --scan; then "
	     "answers that no connection came of are, too",
     .initial = "1/1000",
     .only_with = "pcap"},
    OPTION_METADATA_FILE(
	"write seed, options, counts and ledger as JSON at the end; a "
	"resumed fetch keeps those of its parts as FILE.1, FILE.2 ..."),
    OPTION_NOTES,
    OPTION_STATUS_UPDATES_FILE("write progress there every second, as CSV"),
    OPTION_QUIET,
    OPTION_STATUS_UPDATES,
    OPTION_VERBOSITY(
	"0: errors only; 3: a summary on a terminal; 4: everywhere"),
};

static const char text[] =
    "Connect to each target, ask, and write a record of what came back: a "
    "line of JSON in the shape of zgrab2's, with an object \"tcp\" about the "
    "connection. TCP runs in this process; the host's own connections are not "
    "disturbed.\n"
    "\n"
    "Targets are a set, as for irl scan (TARGET is an address, a prefix, a "
    "range, several of these with commas), or a list of lines by --input-file "
    "or standard input, which may be a running scan's output. A list may hold "
    "IPv6 addresses, and both families; each of its targets is sent to by its "
    "own next hop, as the routes of the interface have it that leads to the "
    "first, and what has no route by it, or nobody on that link answers for, "
    "is counted (no_route, no_neighbour), and told with --all. Exclusions may "
    "be IPv6 prefixes, too, and of IPv6 only global unicast addresses are not "
    "special. A line that is no target is left out: the first five are named "
    "with file and line, all are counted, and the exit code is 2 once the "
    "rest is fetched, whose records are good; a list that begins with one is "
    "refused before anything "
    "is sent. With --scan targets are probed without state first, and a "
    "connection begins with the SYN-ACK that came: a set in random order, "
    "inside the kernel where that can be, a list of either family in its own "
    "order, in user space. Names and tags of a list that is probed are kept "
    "until the answer comes, for --cooldown-time at most, or two seconds if "
    "that is longer (an answer after that is too late), of at most 4 million "
    "targets and 256 MiB at once, for which "
    "probes wait; several names of one address and port have one probe. A "
    "prefix in a list (IPv6, at most 16 host bits) is in random "
    "order.\n"
    "\n"
    "Three states are told apart: synack (the port accepts), acked (what was "
    "sent has been acknowledged), service (somebody spoke). Targets that "
    "never answered are counted, and told with --all.\n"
    "\n"
    "The request travels in the ACK of the handshake; a server that ignores "
    "it there gets it again. A connection ends by RST as soon as the answer "
    "is whole (tcp.outcome is then closed_by_us, with --close fin finished, or "
    "idle, deadline or half-closed where the server does not close within "
    "--idle, --deadline or a minute, and holds its place meanwhile: "
    "whether it was a success data.*.status says). Caps for each host and "
    "network keep a fetch polite: raise them "
    "for hosts of your own only. Each frame, connection and target is "
    "accounted for in a ledger, and a fetch whose ledger does not balance "
    "fails.\n"
    "\n"
    "Records go to standard output or a file, messages and the status line to "
    "standard error. The first interrupt, and --max-runtime, stop probing and "
    "opening, give open connections and SYN-ACKs on their way two seconds and "
    "write all there is (exit code 75 after an interrupt, and with --resume "
    "after --max-runtime, too; else 0); the next interrupt, half a "
    "second later or more, quits at once (exit code 130, by SIGTERM 143). "
    "What is cut off after the two "
    "seconds has a record with status unknown-error and error \"stopped\". Of "
    "a set the position to go on at is before all that was cut off, and with "
    "--scan before all that was probed less than --cooldown-time before the "
    "end: nothing is lost that answers within that time, some is fetched "
    "twice. Of a list those targets are done "
    "that have a record with another error or none. While records cannot be "
    "written as fast as they come, nothing is opened.\n"
    "\n"
    "With --resume nothing is fetched twice, and what is cut off has no record "
    "until it is whole: the file says which targets before its position are "
    "left, and the next part takes those first. --max-runtime cuts a target "
    "off once: the next part, though it opens nothing more after that time, "
    "lets it go on until --idle or --deadline ends it, so that parts of "
    "any length come to an end; an interrupt cuts it off each time. After a "
    "full disk it goes on before the first record that was lost. Of one that "
    "was killed, by kill -9 or a second interrupt, the records since the file "
    "was last written (--resume-every, and a second) may be there twice; of "
    "one whose reader went, the last that the pipe and the reader may have "
    "held: its size and 64 KiB, and a second's. Records are on the disk before "
    "FILE calls their targets done, and one fetch at a time has FILE.irl-lock, "
    "where that can be made; it may stay where one was killed, and is in "
    "nobody's way then. With "
    "--scan who answers later than --cooldown-time may be missed where a part "
    "ends. What this host had no room for (crowded, unfit or no_port in the "
    "metadata) is left to the next part, with exit code 75. "
    "A list is read again from its beginning, so it must be a file, and "
    "another one, or other exclusions, are refused.\n"
    "\n" ABOUT_CPU;

static const char examples[] =
    "irl world run --serve all -- irl fetch --scan -p 80 10.1.0.0/16\n"
    "  try it: fetch from a simulated Internet that nothing can leave\n"
    "irl scan -p 80,81 -r 10k -b no.txt -w in.txt | irl fetch -o out.jsonl\n"
    "  the pages of all that a scan finds, while it finds them; a scan of\n"
    "  one port writes no port: -f saddr,sport, or give fetch the same -p\n"
    "irl fetch -f found.csv -o pages.jsonl --resume state\n"
    "  of a list in a file, to be repeated until it exits with 0: lines of\n"
    "  IP,DOMAIN,TAG,PORT, or what irl scan -f saddr,sport has written\n"
    "irl fetch --scan -p 22 --protocol banner -b blocked.txt 192.0.2.0/24\n"
    "  what SSH servers of a network say first\n"
    "shuf hitlist.txt | irl fetch --scan -f - -p 443 --scan-rate 50k\n"
    "  what answers of a list of IPv6 addresses\n"
    "irl fetch -p 6379 --protocol raw --request ask.txt -w in.txt\n"
    "  what comes when the bytes of ask.txt are sent, say PING and a line end\n"
    "irl fetch --pcap talk.pcapng --pcap-sample 1 192.0.2.0/28 >pages.jsonl\n"
    "  with every frame of every connection, for Wireshark\n"
    "echo 192.0.2.1,www.example.org | irl fetch --http-path /robots.txt\n"
    "  one page of one name\n"
    "echo 2001:db8::1 | irl fetch --allow-special all -p 25 --protocol banner\n"
    "  what a server says first, over IPv6";

static const struct cli_foreign foreign[] = {
    {'O', "output-module", "results are JSON Lines always"},
    {'l', "log-file", "messages go to standard error: 2>FILE"},
    {0, "timeout", "limits are --connect-timeout, --idle and --deadline"},
    {0, "max-size", "it is --max-body, in bytes"},
    {0, "gomaxprocs", "it is --workers (-T)"},
    {0}};

const struct cli_command cmd_fetch = {
    .name = "fetch",
    .summary = "fetch pages or banners from many addresses",
    .operands = "[TARGET...]",
    .text = text,
    .examples = examples,
    .options = options,
    .option_count = CLI_COUNT_OF(options),
    .foreign = foreign,
    .values_size = sizeof(struct fetch_values),
    .run = fetch_run,
};

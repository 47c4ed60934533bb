// SPDX-License-Identifier: BSD-2-Clause
/*
 * client die: many programs one after the other are killed while they send and
 * receive.  Each time the driver takes back what they had, and the next finds
 * everything as the first did.
 * client busy: such a program.
 * client joined: segments that an adapter joined come up apart, every byte
 * once; what is damaged does not come up, and counts. client claims: what a
 * port has another is refused. client resolve INTERFACE ADDRESS MAC: ask for a
 * neighbour's address, over the bridge.
 * client flap PROGRAM ARGUMENT...: while it runs, the cable is pulled and the
 * adapter removed, again and again; ends as the program does.
 * client pipe PROGRAM ARGUMENT... into PROGRAM ARGUMENT...: both at once; ends
 * as the first does that fails.
 */
#include <windows.h>
#undef far
#include <stdlib.h>
#include <string.h>
#include <irl/net.h>
#include "conformance.h"
#include "bed_wine.h"
#include "wire.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define DEATHS 12u
#define FRAMES 4096u

/* Sends the largest batches, takes what comes; ends by being killed. */
static int busy(void)
{
	struct irl_frame got[64];
	struct batch *b = new_batch();
	struct bed bed;
	char why[400];

	if (bed_open(&bed, "windows", "wine", &(struct bed_options){0}, why,
		     sizeof(why))) {
		printf("busy: %s\n", why);
		return 1;
	}
	for (uint32_t i = 0; i < FRAMES; i++)
		number_frame(&b->frames[i], i, 60);
	for (;;) {
		if (irl_port_send(bed.port, 0, b->frames, FRAMES, b->status) <
		    0)
			return 1;
		irl_port_recv(bed.port, 0, got, 64);
	}
}

static HANDLE start(const char *command)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	PROCESS_INFORMATION process;
	char line[64];

	snprintf(line, sizeof(line), "C:\\irl\\client.exe %s", command);
	if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &info,
			    &process))
		return NULL;
	CloseHandle(process.hThread);
	return process.hProcess;
}

/* The far end, while the program lives: takes @frames, sends ours. */
static uint64_t attend(struct bed *bed, uint64_t frames, uint64_t ns)
{
	uint64_t end = bed_now_ns() + ns, taken = 0;
	uint8_t data[2048];

	while (taken < frames && bed_now_ns() < end)
		if (bed_take(bed, data, sizeof(data)) < 0)
			Sleep(0);
		else if (++taken % 4 == 0)
			bed_inject(bed, data,
				   udp_frame(bed, data, OWN_FIRST, 7, 1));
	return taken;
}

static int kill_one(struct bed *far_end, unsigned frames)
{
	HANDLE process = start("busy");
	uint64_t taken;
	DWORD waited;
	BOOL killed;

	CHECK(process, "no process");
	/* To the end of some batch, then so far into the next. */
	taken = attend(far_end, FRAMES + frames, DEADLINE_NS);
	killed = TerminateProcess(process, 9);
	/* What the adapter has it sends, though nobody waits for it now. */
	while (attend(far_end, UINT64_MAX, 100000000))
		;
	waited = WaitForSingleObject(process, 10000);
	CloseHandle(process);
	CHECK(taken == FRAMES + frames, "it sent %llu frames",
	      (unsigned long long)taken);
	CHECK(killed && waited == WAIT_OBJECT_0, "it does not end");
	return 0;
}

/* Exact as ever. */
static int works(void)
{
	struct batch *b = new_batch();
	struct sink_state seen;
	struct bed bed;
	char why[400];

	CHECK(!bed_open(&bed, "windows", "wine", &(struct bed_options){0}, why,
			sizeof(why)),
	      "%s", why);
	bed_tick(&bed);
	CHECK(send_all(&bed, 0, b, 0, 20000, 256), "no progress");
	bed_settle(&bed, 20000, &seen);
	CHECK(seen.received == 20000 && !seen.twice && !seen.bad, "%llu came",
	      (unsigned long long)seen.received);
	CHECK(!check_balance(&bed), "accounts");
	bed_close(&bed);
	free(b);
	return 0;
}

static int die(void)
{
	struct bed far_end;
	char why[400];

	CHECK(!bed_open(&far_end, "windows", "wine",
			&(struct bed_options){.deaf = true}, why, sizeof(why)),
	      "%s", why);
	for (unsigned i = 0; i < DEATHS; i++) {
		/* Completed within the call, or by another thread. */
		bed_later(&far_end, i & 1);
		if (kill_one(&far_end, 1 + i * 997 % FRAMES) || works())
			return 1;
		printf("killed %u\n", i + 1);
	}
	bed_later(&far_end, false);
	bed_close(&far_end);
	return 0;
}

#define JOINED 3500u /* bytes of data */
#define HEADERS 54u

/* From the far end to an own address, @number the first byte of its data. */
static uint32_t joined_frame(const struct bed *bed, uint8_t *to, uint8_t number)
{
	struct irl_eth eth = {.source = {2, 0, 0, 0, 0, 9},
			      .type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = PEER_ADDR,
			      .dest = OWN_FIRST,
			      .total_length = HEADERS - 14 + JOINED,
			      .ttl = 64,
			      .protocol = IRL_IPV4_TCP};
	struct irl_tcp tcp = {
	    .source = 80, .dest = 40001, .seq = 1000, .flags = IRL_TCP_ACK};

	for (uint32_t i = 0; i < JOINED; i++)
		to[HEADERS + i] = (uint8_t)(number + i * 7 + i / 256);
	memcpy(eth.dest, bed->mac, 6);
	irl_eth_write(to, &eth);
	irl_ipv4_write(to + 14, &ip);
	irl_tcp_write(to + 34, &tcp, ip.source, ip.dest, to + HEADERS, JOINED);
	return HEADERS + JOINED;
}

/* The pieces of one; one frame is taken at a time, so that a call ends within
 * it. */
static int take_apart(struct bed *bed, const uint8_t *whole)
{
	uint64_t deadline = bed_now_ns() + DEADLINE_NS;
	struct irl_frame got;
	uint32_t at = 0;

	while (at < JOINED) {
		CHECK(bed_now_ns() < deadline, "%u of %u bytes", at, JOINED);
		irl_port_wait(bed->port, 0, 1000000);
		if (irl_port_recv(bed->port, 0, &got, 1) != 1)
			continue;
		CHECK(got.length > HEADERS && got.length <= IRL_FRAME_MAX &&
			  irl_checksum_valid(got.data, got.length),
		      "%u bytes", got.length);
		CHECK(!memcmp(got.data + HEADERS, whole + HEADERS + at,
			      got.length - HEADERS),
		      "other bytes at %u", at);
		at += got.length - HEADERS;
	}
	return 0;
}

static int joined(void)
{
	uint8_t whole[HEADERS + JOINED];
	struct irl_port_stats s;
	uint64_t deadline;
	struct bed bed;
	char why[400];

	CHECK(!bed_open(&bed, "windows", "wine", &(struct bed_options){0}, why,
			sizeof(why)),
	      "%s", why);
	for (uint8_t i = 0; i < 100; i++) {
		uint32_t length = joined_frame(&bed, whole, i);

		CHECK(bed_inject_joined(&bed, whole, length), "no room");
		if (take_apart(&bed, whole))
			return 1;
	}
	whole[HEADERS + 5] ^= 1;
	CHECK(bed_inject_joined(&bed, whole, sizeof(whole)), "no room");
	deadline = bed_now_ns() + DEADLINE_NS;
	do {
		irl_port_wait(bed.port, 0, 1000000);
		irl_port_recv(bed.port, 0, &(struct irl_frame){0}, 1);
		irl_port_stats(bed.port, &s);
	} while (!s.rx_too_long && bed_now_ns() < deadline);
	CHECK(s.rx_too_long == 1 && s.rx_delivered == 300 && s.rx_ours == 301 &&
		  s.rx_frames == s.rx_ours + s.rx_host,
	      "%llu delivered, %llu too long",
	      (unsigned long long)s.rx_delivered,
	      (unsigned long long)s.rx_too_long);
	bed_close(&bed);
	return 0;
}

/* A second port does not get what the first one has, and gets it afterwards. */
static int claims(void)
{
	struct irl_steer steer = {.own = {{OWN_FIRST, 32}}, .own_count = 1};
	struct irl_port_options options = {.kind = "windows", .steer = &steer};
	char why[400], ifname[64];
	struct irl_port *port;
	struct irl_error err;
	struct bed bed;
	int rc;

	CHECK(!bed_open(&bed, "windows", "wine", &(struct bed_options){0}, why,
			sizeof(why)),
	      "%s", why);
	snprintf(ifname, sizeof(ifname), "%s", irl_port_info(bed.port)->ifname);
	options.ifname = ifname;
	rc = irl_port_open(&port, &options, &err);
	CHECK(rc == -IRL_ECLAIM, "%d: %s", rc, rc ? err.text : "");
	CHECK(strstr(err.text, "--source-ip"), "%s", err.text);
	bed_close(&bed);
	CHECK(!irl_port_open(&port, &options, &err), "%s", err.text);
	irl_port_close(port);
	return 0;
}

static int resolve(const char *ifname, const char *address, const char *want)
{
	struct irl_steer steer = {.own = {{OWN_FIRST, 26}}, .own_count = 1};
	struct irl_port_options options = {
	    .ifname = ifname, .kind = "windows", .steer = &steer};
	const struct irl_ip source = irl_ip4(OWN_FIRST);
	struct irl_port *port;
	struct irl_ip target;
	struct irl_error err;
	char text[20];
	uint8_t m[6];
	int rc;

	CHECK(irl_ip_read(address, &target), "%s", address);
	CHECK(!irl_port_open(&port, &options, &err), "%s", err.text);
	rc = irl_ip_resolve(port, &source, irl_port_info(port)->mac, &target, m,
			    &err);
	irl_port_close(port);
	CHECK(!rc, "%s", err.text);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0],
		 m[1], m[2], m[3], m[4], m[5]);
	printf("%s is at %s\n", address, text);
	CHECK(!strcmp(text, want), "not at %s", want);
	return 0;
}

/* One after the other: the cable out, in; the adapter away, back. */
static void flap_once(struct bed *bed, unsigned turn)
{
	switch (turn % 4) {
	case 0:
	case 1:
		bed_own_link(bed, turn % 4 == 1);
		break;
	case 2:
		bed_delete(bed);
		break;
	case 3:
		bed_restore(bed);
		break;
	}
}

/* A program with standard input and output as @info says. */
static HANDLE run(char **argv, int argc, STARTUPINFOA *info)
{
	PROCESS_INFORMATION process;
	char line[1024] = "";

	for (int i = 0; i < argc; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 "%s ", argv[i]);
	if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, info,
			    &process)) {
		printf("no process: %s\n", line);
		return NULL;
	}
	CloseHandle(process.hThread);
	return process.hProcess;
}

static int end_of(HANDLE process)
{
	DWORD code = 1;

	WaitForSingleObject(process, INFINITE);
	GetExitCodeProcess(process, &code);
	CloseHandle(process);
	return (int)code;
}

static int flap(int argc, char **argv)
{
	STARTUPINFOA info = {.cb = sizeof(info)};
	struct bed bed = {.wire = wire_map()};
	unsigned turn = 0;
	HANDLE process;

	CHECK(bed.wire, "no wire");
	process = run(argv, argc, &info);
	if (!process)
		return 1;
	while (WaitForSingleObject(process, turn ? 300 : 2000) == WAIT_TIMEOUT)
		flap_once(&bed, turn++);
	bed_own_link(&bed, true);
	bed_restore(&bed);
	CHECK(turn > 4, "it ended after %u turns", turn);
	return end_of(process);
}

/* @end is this program's alone but for a child that is started in between. */
static void inherit(HANDLE end, bool yes)
{
	SetHandleInformation(end, HANDLE_FLAG_INHERIT,
			     yes ? HANDLE_FLAG_INHERIT : 0);
}

static HANDLE run_with(char **argv, int argc, HANDLE in, HANDLE out, HANDLE end)
{
	STARTUPINFOA info = {.cb = sizeof(info),
			     .dwFlags = STARTF_USESTDHANDLES,
			     .hStdInput = in,
			     .hStdOutput = out,
			     .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
	HANDLE process;

	inherit(end, true);
	process = run(argv, argc, &info);
	CloseHandle(end);
	return process;
}

static int pipe_into(int argc, char **argv)
{
	HANDLE from, to, first, second;
	int words = 0, code, last;

	while (words < argc && strcmp(argv[words], "into"))
		words++;
	CHECK(words < argc, "into what?");
	CHECK(CreatePipe(&from, &to, NULL, 0), "no pipe");
	first = run_with(argv, words, GetStdHandle(STD_INPUT_HANDLE), to, to);
	second = run_with(argv + words + 1, argc - words - 1, from,
			  GetStdHandle(STD_OUTPUT_HANDLE), from);
	if (!first || !second)
		return 1;
	code = end_of(first);
	last = end_of(second);
	return code ? code : last;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc > 1 && !strcmp(argv[1], "busy"))
		return busy();
	if (argc > 1 && !strcmp(argv[1], "die"))
		return die();
	if (argc > 1 && !strcmp(argv[1], "joined"))
		return joined();
	if (argc > 1 && !strcmp(argv[1], "claims"))
		return claims();
	if (argc == 5 && !strcmp(argv[1], "resolve"))
		return resolve(argv[2], argv[3], argv[4]);
	if (argc > 2 && !strcmp(argv[1], "flap"))
		return flap(argc - 2, argv + 2);
	if (argc > 2 && !strcmp(argv[1], "pipe"))
		return pipe_into(argc - 2, argv + 2);
	printf("usage: client die|joined|claims|resolve INTERFACE ADDRESS MAC|"
	       "flap PROGRAM...|pipe PROGRAM... into PROGRAM...\n");
	return 2;
}

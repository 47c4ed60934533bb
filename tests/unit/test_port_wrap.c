// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <cmocka.h>
#include <irl/link.h>
#include <irl/wrap.h>
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

struct wires {
	struct irl_link *link;
	struct irl_port *a, *b;
	struct irl_wrap_clock clock;
};

static uint64_t link_now(void *context)
{
	return irl_link_now(context);
}

static void join(struct wires *w)
{
	struct irl_link_options o = {.delay_ns = 1000};

	assert_int_equal(irl_link_new(&w->link, &o, &w->a, &w->b, NULL), 0);
	w->clock = (struct irl_wrap_clock){link_now, w->link};
}

static void part(struct wires *w)
{
	irl_port_close(w->a);
	irl_port_close(w->b);
	irl_link_free(w->link);
}

static uint32_t make_syn(uint8_t *to)
{
	struct irl_eth eth = {.type = IRL_ETH_IPV4};
	struct irl_ipv4 ip = {.source = 0x0a000001,
			      .dest = 0x0a000002,
			      .total_length = 40,
			      .ttl = 64,
			      .protocol = IRL_IPV4_TCP};
	struct irl_tcp tcp = {.source = 40000,
			      .dest = 80,
			      .seq = 100,
			      .flags = IRL_TCP_SYN,
			      .window = 1024};

	irl_eth_write(to, &eth);
	irl_ipv4_write(to + 14, &ip);
	irl_tcp_write(to + 34, &tcp, ip.source, ip.dest, NULL, 0);
	return 54;
}

static void tells_frames(void **state)
{
	static const char want[] =
	    "0.000005000 >   54 tcp 10.0.0.1:40000 > 10.0.0.2:80 SYN seq 100 "
	    "ack 0 win 1024 len 0\n"
	    "0.000007500 <   42 arp who-has 10.0.0.9 tell 10.0.0.2\n"
	    "0.000008000 >   42 arp who-has 10.0.0.9 tell 10.0.0.2 ! link "
	    "down\n";
	uint8_t syn[64], arp[64];
	struct irl_arp question = {.operation = IRL_ARP_REQUEST,
				   .sender = 0x0a000002,
				   .target = 0x0a000009};
	struct irl_eth eth = {.type = IRL_ETH_ARP};
	struct irl_frame frame = {.data = syn, .length = make_syn(syn)};
	enum irl_tx_status status;
	struct irl_port *port;
	struct wires w;
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	join(&w);
	assert_int_equal(irl_port_trace(&port, w.a, file, &w.clock, NULL), 0);
	w.a = port;
	irl_link_advance(w.link, 5000);
	assert_int_equal(irl_port_send(w.a, 0, &frame, 1, &status), 1);
	irl_link_advance(w.link, 6500);
	irl_eth_write(arp, &eth);
	irl_arp_write(arp + 14, &question);
	frame = (struct irl_frame){.data = arp, .length = 42};
	assert_int_equal(irl_port_send(w.b, 0, &frame, 1, &status), 1);
	irl_link_advance(w.link, 8000);
	assert_int_equal(irl_port_recv(w.a, 0, &frame, 1), 1);
	irl_link_set(w.link, IRL_LINK_DOWN);
	frame = (struct irl_frame){.data = arp, .length = 42};
	assert_int_equal(irl_port_send(w.a, 0, &frame, 1, &status), 0);
	fclose(file);
	assert_string_equal(text, want);
	free(text);
	part(&w);
}

/* ---- recording --------------------------------------------------------- */

static void temporary(char path[40])
{
	int fd;

	strcpy(path, "/tmp/irl-test-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

/* The first line that a shell command prints. */
static void line_of(const char *command, char *to, int size)
{
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	if (!fgets(to, size, pipe))
		*to = '\0';
	pclose(pipe);
}

static void record_some(const char *path, unsigned count)
{
	struct irl_pcapng *pcapng;
	uint8_t syn[64];
	struct irl_frame frame = {.data = syn, .length = make_syn(syn)}, got;
	enum irl_tx_status status;
	struct irl_port *port;
	struct wires w;

	join(&w);
	assert_int_equal(irl_pcapng_open(&pcapng, path, NULL), 0);
	assert_int_equal(irl_port_record(&port, w.a, pcapng, &w.clock, NULL),
			 0);
	w.a = port;
	irl_link_advance(w.link, UINT64_C(1700000000123456789));
	for (unsigned i = 0; i < count; i++) {
		struct irl_port *from = i % 2 ? w.b : w.a;

		assert_int_equal(irl_port_send(from, 0, &frame, 1, &status), 1);
		irl_link_advance(w.link, irl_link_now(w.link) + 1000);
		assert_int_equal(irl_port_recv(i % 2 ? w.a : w.b, 0, &got, 1),
				 1);
	}
	part(&w);
	assert_int_equal(irl_pcapng_close(pcapng, NULL), 0);
}

static void tshark_reads_it(void **state)
{
	char path[40], command[400], line[300];

	(void)state;
	if (system("command -v tshark >/dev/null 2>&1"))
		skip();
	temporary(path);
	record_some(path, 10001);
	snprintf(command, sizeof(command),
		 "tshark -r %s -o tcp.check_checksum:TRUE -Y "
		 "'tcp.checksum.status==1 && frame.packet_flags_direction==1' "
		 "2>/dev/null | wc -l",
		 path);
	line_of(command, line, sizeof(line));
	assert_int_equal(atoi(line), 5000);
	snprintf(command, sizeof(command),
		 "tshark -r %s -Y 'frame.packet_flags_direction==2' "
		 "2>/dev/null | wc -l",
		 path);
	line_of(command, line, sizeof(line));
	assert_int_equal(atoi(line), 5001);
	snprintf(command, sizeof(command),
		 "tshark -r %s -c 2 -T fields -e frame.time_epoch "
		 "-e frame.interface_name -e tcp.dstport 2>/dev/null | tail -1",
		 path);
	line_of(command, line, sizeof(line));
	assert_string_equal(line, "1700000000.123458789\tmemorya\t80\n");
	snprintf(command, sizeof(command),
		 "capinfos -Tmc %s 2>/dev/null | tail -1 | grep -o ',10001$'",
		 path);
	line_of(command, line, sizeof(line));
	assert_string_equal(line, ",10001\n");
	unlink(path);
}

/* A file that may not grow further: what is there is whole, and it is told. */
static void full_disk_leaves_whole_blocks(void **state)
{
	const struct rlimit limit = {100000, RLIM_INFINITY};
	struct irl_error err = {0}, again = {0};
	struct irl_pcapng *pcapng;
	struct rlimit before;
	char path[40], command[200], line[100];
	uint8_t frame[1000] = {0};
	struct stat stat_of;
	uint8_t *bytes;
	size_t at = 0;
	uint32_t length;
	FILE *file;
	int rc = 0;

	(void)state;
	temporary(path);
	assert_int_equal(irl_pcapng_open(&pcapng, path, NULL), 0);
	assert_int_equal(irl_pcapng_interface(pcapng, "x", NULL, 0, NULL), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (unsigned i = 0; i < 1000 && !rc; i++)
		rc = irl_pcapng_write(pcapng, 0, i, frame, sizeof(frame),
				      IRL_PCAPNG_SENT, &err);
	assert_true(rc < 0);
	assert_true(err.text[0]);
	assert_int_equal(
	    irl_pcapng_write(pcapng, 0, 0, frame, 60, IRL_PCAPNG_SENT, &again),
	    rc);
	assert_int_equal(again.code, 0); /* told once */
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(irl_pcapng_close(pcapng, NULL), rc);

	assert_int_equal(stat(path, &stat_of), 0);
	assert_in_range(stat_of.st_size, 98000, 100000);
	bytes = malloc((size_t)stat_of.st_size);
	file = fopen(path, "rb");
	assert_int_equal(fread(bytes, 1, (size_t)stat_of.st_size, file),
			 stat_of.st_size);
	fclose(file);
	while (at < (size_t)stat_of.st_size) {
		memcpy(&length, bytes + at + 4, 4);
		assert_memory_equal(&length, bytes + at + length - 4, 4);
		at += length;
	}
	assert_int_equal(at, stat_of.st_size);
	free(bytes);
	if (system("command -v tshark >/dev/null 2>&1")) {
		printf("skipped: pcapng of every kind: needs tshark\n");
	} else {
		snprintf(command, sizeof(command),
			 "tshark -r %s 2>&1 >/dev/null | grep -vc root", path);
		line_of(command, line, sizeof(line));
		assert_string_equal(line, "0\n");
	}
	unlink(path);
}

static void closed_pipe_is_told(void **state)
{
	struct irl_error err = {0};
	struct irl_pcapng *pcapng;
	int ends[2], out = dup(STDOUT_FILENO);

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDOUT_FILENO);
	assert_int_equal(irl_pcapng_open(&pcapng, "-", NULL), 0);
	dup2(out, STDOUT_FILENO);
	close(out);
	close(ends[1]);
	close(ends[0]);
	/* SIGPIPE would end the program here. */
	assert_int_equal(irl_pcapng_flush(pcapng, &err), -IRL_EPIPE);
	assert_int_equal(irl_pcapng_close(pcapng, NULL), -IRL_EPIPE);
}

static void no_such_folder(void **state)
{
	struct irl_error err = {0};
	struct irl_pcapng *pcapng;

	(void)state;
	assert_int_equal(irl_pcapng_open(&pcapng, "/nowhere/x.pcapng", &err),
			 -IRL_EIO);
	assert_null(pcapng);
	assert_non_null(strstr(err.text, "/nowhere/x.pcapng"));
}

/* ---- faults ------------------------------------------------------------ */

static void check_fault(struct wires *w, struct irl_port *port)
{
	struct irl_frame frames[64];
	enum irl_tx_status status[64];
	static uint8_t data[64][60];
	uint64_t refused = 0, accepted = 0, got = 0, spoilt = 0;
	struct irl_port_stats s;
	int n;

	for (unsigned round = 0; round < 200; round++) {
		for (unsigned i = 0; i < 64; i++)
			frames[i] =
			    (struct irl_frame){.data = data[i], .length = 60};
		n = irl_port_send(port, 0, frames, 64, status);
		assert_true(n >= 0);
		for (unsigned i = 0; i < 64; i++) {
			refused += status[i] == IRL_TX_FULL;
			accepted += status[i] == IRL_TX_ACCEPTED;
		}
		n = irl_port_send(w->b, 0, frames, 64, status);
		assert_int_equal(n, 64);
		irl_link_advance(w->link, irl_link_now(w->link) + 1000);
		while (irl_port_recv(w->b, 0, frames, 64) > 0)
			;
		while ((n = irl_port_recv(port, 0, frames, 64)) > 0)
			for (int i = 0; i < n; i++) {
				got++;
				spoilt += !!memcmp(frames[i].data, data[0], 60);
			}
	}
	assert_int_equal(refused + accepted, 12800);
	assert_in_range(refused, 3500, 4180); /* 0.3 of 12,800 = 3,840 */
	irl_port_stats(port, &s);
	assert_int_equal(s.tx[IRL_TX_FULL], refused);
	assert_int_equal(s.tx[IRL_TX_ACCEPTED], accepted);
	assert_int_equal(s.tx_offered, 12800);
	assert_int_equal(s.rx_delivered, got);
	assert_int_equal(s.rx_frames, s.rx_ours);
	assert_int_equal(s.rx_ours, s.rx_delivered);
	/* 12,800 less 20%, and a tenth of the rest twice: 11,264 */
	assert_in_range(got, 10900, 11630);
	assert_in_range(spoilt, 420, 720); /* 5% of them: 563 */
}

static void faults_are_counted(void **state)
{
	struct irl_fault_options o = {.seed = 5,
				      .refuse = {[IRL_TX_FULL] = 0.3},
				      .rx_loss = 0.2,
				      .rx_duplicate = 0.1,
				      .rx_corrupt = 0.05};
	struct irl_port *port;
	struct wires w;

	(void)state;
	join(&w);
	assert_int_equal(irl_port_fault(&port, w.a, &o, NULL), 0);
	w.a = port;
	check_fault(&w, port);
	part(&w);
}

static void refuses_wild_shares(void **state)
{
	struct irl_fault_options o = {
	    .refuse = {[IRL_TX_FULL] = 0.6, [IRL_TX_GONE] = 0.6}};
	struct irl_port *port;
	struct wires w;

	(void)state;
	join(&w);
	assert_int_equal(irl_port_fault(&port, w.a, &o, NULL), -IRL_EINVAL);
	assert_null(port);
	part(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_frames),
	    cmocka_unit_test(tshark_reads_it),
	    cmocka_unit_test(full_disk_leaves_whole_blocks),
	    cmocka_unit_test(closed_pipe_is_told),
	    cmocka_unit_test(no_such_folder),
	    cmocka_unit_test(faults_are_counted),
	    cmocka_unit_test(refuses_wild_shares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

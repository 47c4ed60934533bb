// SPDX-License-Identifier: BSD-2-Clause
/*
 * irl scan beside its host, against Linux at the other end:
 *
 *   here                                there
 *   va 10.9.0.1/24 ------------------ vb 10.9.0.2/24
 *   irl scan; the host's services       10.64.0.0/16 is local there: port 80
 *   on 10.9.0.1, port 7000              is open, port 81 closed
 *                                       10.65.0.0/16: ICMP host unreachable
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "netns/net_lab.h"

#define HOST ADDR(10, 9, 0, 1)
#define PEER ADDR(10, 9, 0, 2)
#define OWN ADDR(10, 9, 0, 77)
#define SERVICE 7000
#define TARGETS 1024u /* addresses of 10.64.0.0/22 */
#define FOR_EVER 10000

static struct lab lab;
static const char *irl;
static pid_t running; /* a scan, or 0 */
static char work[] = "/tmp/irl-coexist-XXXXXX";

/* ---- sockets --------------------------------------------------------------
 */

static struct sockaddr_in at(uint32_t addr, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(addr)};
}

static int bound(int type, uint32_t addr, uint16_t port)
{
	struct sockaddr_in a = at(addr, port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 4096), 0);
	return fd;
}

/* 0 or what connect() to it came to. */
static int try_connect(uint32_t addr, uint16_t port)
{
	struct sockaddr_in to = at(addr, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = ETIMEDOUT;

	assert_true(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 ||
		    errno == EINPROGRESS);
	if (poll(&ready, 1, FOR_EVER) > 0)
		assert_int_equal(
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size), 0);
	close(fd);
	return error;
}

/* ---- what passes a link's end, as the kernel there sees it ------------------
 */

struct seen {
	unsigned frames, probes, synacks, host_resets, own_frames, errors;
	bool ports[65536]; /* source ports of the probes */
};

static int capture(int space, const char *link)
{
	struct sockaddr_ll all = {.sll_family = AF_PACKET,
				  .sll_protocol = htons(0x0003)};
	int fd, room = 64 << 20;

	lab_enter(space);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	all.sll_ifindex = (int)if_nametoindex(link);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	assert_int_equal(bind(fd, (struct sockaddr *)&all, sizeof(all)), 0);
	lab_enter(lab.here);
	return fd;
}

static uint32_t word(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, 4);
	return ntohl(value);
}

static void look_tcp(struct seen *seen, const uint8_t *ip)
{
	const uint8_t *tcp = ip + (ip[0] & 15) * 4;
	uint16_t port = (uint16_t)(tcp[0] << 8 | tcp[1]);

	if (tcp[13] == 2 && word(ip + 16) >> 16 == 0x0a40) {
		seen->probes++;
		seen->ports[port] = true;
	}
	seen->synacks += tcp[13] == 0x12 && word(ip + 12) >> 16 == 0x0a40;
	seen->host_resets += tcp[13] & 4 && word(ip + 12) >> 8 == HOST >> 8;
}

/* Add what was captured since; nothing may have been dropped. */
static void look(int fd, struct seen *seen)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);
	uint8_t frame[2048];

	while (recv(fd, frame, sizeof(frame), MSG_DONTWAIT) > 0) {
		const uint8_t *ip = frame + 14;

		seen->frames++;
		if (frame[12] != 8 || frame[13] != 0)
			continue;
		seen->own_frames +=
		    word(ip + 16) == OWN || word(ip + 12) == OWN;
		if (ip[9] == 6)
			look_tcp(seen, ip);
		else if (ip[9] == 1 && ip[20] == 3 &&
			 word(ip + 12) >> 8 == HOST >> 8)
			seen->errors++;
	}
	assert_int_equal(
	    getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size), 0);
	assert_int_equal(stats.tp_drops, 0);
}

/* ---- irl scan ---------------------------------------------------------------
 */

/* Begin one with these options; output in out, complaints in err. */
static pid_t begin(const char *options)
{
	char command[600];
	pid_t pid;

	snprintf(command, sizeof(command),
		 "exec %s scan --allow-special all --no-header-row %s "
		 ">%s/out 2>%s/err",
		 irl, options, work, work);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(126);
	}
	running = pid;
	return pid;
}

static int end(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	running = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* It must end well; else its complaint is shown. */
static void end_well(pid_t pid)
{
	if (end(pid)) {
		lab_run("cat %s/err >&2", work);
		fail_msg("the scan failed");
	}
}

static void scan(const char *options)
{
	end_well(begin(options));
}

static bool is_running(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

static bool is_attached(void)
{
	return !system("ip link show va | grep -q prog/xdp");
}

/* One line with this text, exit code 1. */
static void refused(const char *options, const char *text)
{
	assert_int_equal(end(begin(options)), 1);
	if (lab_run("test $(wc -l <%s/err) = 1 && grep -qF -- '%s' %s/err",
		    work, text, work)) {
		lab_run("cat %s/err >&2", work);
		fail_msg("not told: %s", text);
	}
}

/* The records are exactly addr,port,class of all of 10.64.0.0/22. */
static void equals_truth(void)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/truth", work);
	file = fopen(path, "we");
	assert_non_null(file);
	for (unsigned i = 0; i < TARGETS; i++)
		fprintf(file, "10.64.%u.%u,80,synack\n10.64.%u.%u,81,rst\n",
			i / 256, i % 256, i / 256, i % 256);
	fclose(file);
	assert_int_equal(lab_run("sort %s/truth >%s/sorted && sort %s/out | "
				 "diff - %s/sorted >%s/diff || "
				 "{ wc -l %s/out; head -3 %s/diff; exit 1; }",
				 work, work, work, work, work, work, work),
			 0);
}

#define ALL                                                                    \
	" -f saddr,sport,classification --output-filter 'repeat = 0' "         \
	"-p 80,81 10.64.0.0/22"

/* ---- tests ------------------------------------------------------------------
 */

/* At the host's own address: every answer is seen by the scan, none is reset,
 * as long as it runs; SYN-ACKs that the peer repeats after that are the
 * host's. */
static void test_no_reset_while_it_runs(void **state)
{
	int far = capture(lab.there, "vb"), near = capture(lab.here, "va");
	static struct seen there, here;
	unsigned low, high;
	FILE *range;

	(void)state;
	/* The peer repeats its SYN-ACKs once, after a second: within the
	 * cooldown. */
	scan("--port live -r 20k -c 1.5" ALL);
	look(far, &there);
	look(near, &here);
	equals_truth();
	assert_true(there.probes >= 2 * TARGETS);
	assert_true(there.synacks > TARGETS);
	assert_int_equal(there.host_resets, 0);
	assert_int_equal(here.host_resets, 0);
	assert_int_equal(here.synacks, 0);
	assert_int_equal(there.errors + here.errors, 0);
	/* Source ports are none that the kernel hands out. */
	range = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	assert_non_null(range);
	assert_int_equal(fscanf(range, "%u %u", &low, &high), 2);
	fclose(range);
	for (unsigned port = low; port <= high; port++)
		assert_false(there.ports[port]);
	/* Other ports: the peer has half a connection for those of before. */
	scan("--port live -s 20000-24095 -r 20k -c 0.2" ALL);
	equals_truth();
	assert_true(
	    LAB_AWAIT((look(far, &there), there.host_resets >= TARGETS)));
	close(far);
	close(near);
}

/* Has the peer an answer for the address that only the scan owns? */
static bool knows_own(void)
{
	return !lab_run("ip neigh show 10.9.0.77 dev vb | grep -qFf %s/mac",
			work);
}

/* Ping and ARP of that address, from the peer. */
static void ask_own(pid_t pid)
{
	lab_enter(lab.there);
	/* To forget an address that is being asked for, as ip neigh flush may
	 * in its second round, loses what waits for it: answers of the host's
	 * kernel, which it does not repeat. */
	assert_true(LAB_AWAIT(knows_own()));
	/* Asked by broadcast, so that a cached answer does not do; answers to
	 * the scan wait for ours, as many as come. */
	assert_int_equal(lab_run("echo 4096 >/proc/sys/net/ipv4/neigh/vb/"
				 "unres_qlen; ip neigh del 10.9.0.77 dev vb; "
				 "ping -q -c 3 -i 0.05 -W 5 10.9.0.77 >%s/ping",
				 work),
			 0);
	assert_true(knows_own());
	/* The host's own address is answered by its kernel as ever. */
	assert_int_equal(
	    lab_run("ping -q -c 3 -i 0.05 -W 5 10.9.0.1 >%s/ping", work), 0);
	lab_enter(lab.here);
	assert_true(is_running(pid));
}

static void own_address(const char *options, bool exclusive)
{
	int far = capture(lab.there, "vb"), near = capture(lab.here, "va");
	struct seen *there = test_calloc(2, sizeof(*there)), *here = there + 1;
	char all[300];
	pid_t pid;

	snprintf(all, sizeof(all), "-S 10.9.0.77 %s -r 1k -c 2" ALL, options);
	pid = begin(all);
	assert_true(LAB_AWAIT((look(far, there), there->probes > 0)));
	ask_own(pid);
	assert_true(
	    LAB_AWAIT((look(far, there), there->probes >= 2 * TARGETS)));
	look(near, here);
	assert_true(is_running(pid));
	end_well(pid);
	look(far, there);
	equals_truth();
	assert_true(there->synacks > 0);
	assert_int_equal(there->host_resets, 0);
	assert_int_equal(there->errors, 0);
	if (exclusive) { /* the host's kernel never sees those frames */
		assert_int_equal(here->own_frames, 0);
	} else { /* but its answers, as the README says of tcpdump */
		assert_true(here->synacks > 0);
		assert_int_equal(here->probes, 0);
	}
	test_free(there);
	close(far);
	close(near);
}

static void test_own_address_live_kernel(void **state)
{
	(void)state;
	own_address("--port live --residence kernel", true);
}

static void test_own_address_live_user(void **state)
{
	(void)state;
	own_address("--port live --residence user", true);
}

static void test_own_address_packet(void **state)
{
	(void)state;
	own_address("--port packet", false);
}

/* A router keeps few frames for a neighbour that it does not know yet: the
 * scan makes its addresses known before the first answer. */
static void first_answers(const char *options)
{
	char all[300];

	lab_enter(lab.there);
	assert_int_equal(
	    lab_run("ip neigh flush dev vb && "
		    "echo 1 >/proc/sys/net/ipv4/neigh/vb/unres_qlen"),
	    0);
	lab_enter(lab.here);
	snprintf(all, sizeof(all), "%s -r 50k -c 0.3" ALL, options);
	scan(all);
	equals_truth();
}

static void test_first_answers(void **state)
{
	(void)state;
	first_answers("-S 10.9.0.80 --port live");
	first_answers("-S 10.9.0.81 --port live --residence user");
	first_answers("-S 10.9.0.82 --port packet");
	first_answers("-S 10.9.0.84-10.9.0.91 --port live");
}

/* The host's TCP and UDP services, its connections and the ICMP errors that
 * concern them, while a scan at its own address goes on. */
static void test_host_goes_on(void **state)
{
	int tcp = bound(SOCK_STREAM, HOST, SERVICE);
	int udp = bound(SOCK_DGRAM, HOST, SERVICE), peer;
	struct sockaddr_in to = at(HOST, SERVICE);
	char text[8] = "";
	pid_t pid;

	(void)state;
	pid = begin("--port live -r 1k -c 1 -p 80-90 -o /dev/null "
		    "10.64.0.0/22");
	assert_true(LAB_AWAIT(is_attached()));
	lab_enter(lab.there);
	peer = bound(SOCK_DGRAM, PEER, SERVICE);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(try_connect(HOST, SERVICE), 0);
		assert_int_equal(try_connect(HOST, SERVICE + 1), ECONNREFUSED);
		assert_int_equal(sendto(peer, "hello", 6, 0,
					(struct sockaddr *)&to, sizeof(to)),
				 6);
		assert_int_equal(
		    poll(&(struct pollfd){udp, POLLIN, 0}, 1, FOR_EVER), 1);
		assert_int_equal(read(udp, text, sizeof(text)), 6);
	}
	close(peer);
	lab_enter(lab.here);
	for (uint16_t i = 0; i < 20; i++) {
		assert_int_equal(try_connect(ADDR(10, 64, 1, i), 80), 0);
		assert_int_equal(try_connect(ADDR(10, 64, 1, i), 81),
				 ECONNREFUSED);
	}
	assert_int_equal(try_connect(ADDR(10, 65, 0, 1), 80), EHOSTUNREACH);
	assert_true(is_running(pid));
	kill(pid, SIGKILL);
	end(pid);
	close(tcp);
	close(udp);
}

/* Source ports that somebody uses, or that the kernel hands out. */
static void test_ports_in_use(void **state)
{
	int tcp = bound(SOCK_STREAM, HOST, 62000);
	int udp = bound(SOCK_DGRAM, 0, 62100);

	(void)state;
	refused("--port live -s 61990-62010 -p 80 10.64.0.0/22",
		"TCP port 62000 is in use");
	refused("--port live -s 62100 -p 80 10.64.0.0/22",
		"UDP port 62100 is in use");
	refused("--port live -s 40000-40100 -p 80 10.64.0.0/22",
		"ip_local_port_range");
	assert_false(is_attached());
	close(tcp);
	close(udp);
	scan("--port live -s 61990-62010 -r 20k -c 0.3" ALL);
	equals_truth();
}

/* Neighbours on the link, and gateways that nobody is. */
static void test_next_hop(void **state)
{
	(void)state;
	/* Who is silent is known to be after three requests: sooner. */
	assert_int_equal(lab_run("echo 200 >/proc/sys/net/ipv4/neigh/va/"
				 "retrans_time_ms && ip neigh flush dev va"),
			 0);
	scan("--port live -c 0.3 -p 81 --output-filter '' 10.9.0.2");
	assert_int_equal(lab_run("grep -qx 10.9.0.2 %s/out", work), 0);
	refused("--port live -p 80 10.9.0.50", "10.9.0.50");
	scan("--port live -c 0.3 -p 81 --output-filter '' --no-header-row "
	     "10.9.0.1-10.9.0.2");
	assert_int_equal(lab_run("test $(cat %s/out) = 10.9.0.2", work), 0);
	assert_int_equal(
	    lab_run("ip route add 10.67.0.0/16 via 10.9.0.200 dev va"), 0);
	refused("--port live -p 80 10.67.0.0/16", "10.9.0.200");
	refused("--port live -p 80 -S 10.9.0.77 10.67.0.0/16", "10.9.0.200");
	assert_false(is_attached());
}

/* What a failed test leaves. */
static int tear_down(void **state)
{
	(void)state;
	lab_enter(lab.here);
	if (running) {
		kill(running, SIGKILL);
		end(running);
	}
	return 0;
}

/* ---- the peer ---------------------------------------------------------------
 */

static void set_up(void)
{
	lab_enter(lab.there);
	if (lab_run("ethtool -K vb gro on && "
		    "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter && "
		    "echo 1 >/proc/sys/net/ipv4/ip_forward && "
		    "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit && "
		    "echo 1 >/proc/sys/net/ipv4/tcp_synack_retries && "
		    "echo 8192 >/proc/sys/net/ipv4/tcp_max_syn_backlog && "
		    "echo 8192 >/proc/sys/net/core/somaxconn && "
		    "ip route add local 10.64.0.0/16 dev lo && "
		    "ip route add unreachable 10.65.0.0/16"))
		exit(1);
	bound(SOCK_STREAM, 0, 80);
	lab_enter(lab.here);
	if (lab_run("ip route add 10.64.0.0/15 via 10.9.0.2 && "
		    "ip -o link show va | sed 's/.*ether "
		    "\\([0-9a-f:]*\\).*/\\1/' >%s/mac",
		    work))
		exit(1);
	if (end(begin("--port live -c 0 -p 81 -o /dev/null 10.64.0.1"))) {
		lab_run("cat %s/err", work);
		printf("skipped: no live port here\n");
		exit(LAB_SKIPPED);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_no_reset_while_it_runs, tear_down),
	    cmocka_unit_test_teardown(test_own_address_live_kernel, tear_down),
	    cmocka_unit_test_teardown(test_own_address_live_user, tear_down),
	    cmocka_unit_test_teardown(test_own_address_packet, tear_down),
	    cmocka_unit_test_teardown(test_first_answers, tear_down),
	    cmocka_unit_test_teardown(test_host_goes_on, tear_down),
	    cmocka_unit_test_teardown(test_ports_in_use, tear_down),
	    cmocka_unit_test_teardown(test_next_hop, tear_down),
	};
	int failed;

	if (argc < 2)
		return 2;
	irl = argv[1];
	lab = lab_new();
	if (!mkdtemp(work))
		return 1;
	set_up();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	lab_run("rm -rf %s", work);
	return failed;
}

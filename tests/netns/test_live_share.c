// SPDX-License-Identifier: BSD-2-Clause
/*
 * Processes of ours that share one interface: each sends and receives as if it
 * were alone, whoever comes, goes or is killed meanwhile.
 *
 *   here: processes with live ports on va ---- veth ---- there: all to all
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <irl/port.h>
#include "netns/net_lab.h"
#include "octets.h"
#include "port/live_share.h"
#include "port/share_door.h"

#define HERE ADDR(10, 9, 0, 1)
#define OWN(n) ADDR(10, 77, (n), 0) /* /24 of process n */
#define BATCH 256
#define AHEAD 50000
#define PROCESSES SHARE_HOLDERS
#define A_MOMENT 0.02 /* s: within which a frame too many would come */
#define MANY 40000u   /* frames */

static struct lab lab;
static unsigned ifindex;

/* What a process tells of itself while it runs: shared memory. */
struct told {
	int opened; /* 1: yes; -IRL_E...: no */
	char text[400];
	uint64_t accepted; /* known to it after each batch */
	uint64_t received, strange;
	uint64_t arrived; /* written by the far end */
	uint64_t due;     /* likewise: frames that it has sent to this one */
	struct irl_port_stats stats;
	int go, stop, done;
};

static struct told *tell; /* PROCESSES of them */

static int get(int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

static uint64_t seen(const uint64_t *count)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE);
}

/* ---- frames --------------------------------------------------------------
 */

/* 60 bytes to @dest; byte 40 says who sent it. */
static void make_frame(uint8_t frame[64], uint32_t dest, unsigned from)
{
	memset(frame, 0, 64);
	memset(frame, 0x02, 12);
	put16(frame + 12, 0x0800);
	frame[14] = 0x45;
	put16(frame + 16, 46);
	frame[22] = 64;
	frame[23] = 17;
	put32(frame + 26, ADDR(10, 9, 0, 9));
	put32(frame + 30, dest);
	put16(frame + 36, 9);
	frame[40] = (uint8_t)from;
}

/* One batch; returns how many were accepted. */
static unsigned send_batch(struct irl_port *port, unsigned queue, uint32_t dest,
			   unsigned from)
{
	static uint8_t bytes[BATCH][64];
	static struct irl_frame frames[BATCH];
	static enum irl_tx_status status[BATCH];
	int rc;

	for (unsigned i = 0; i < BATCH; i++) {
		make_frame(bytes[i], dest, from);
		frames[i] = (struct irl_frame){bytes[i], .length = 60};
	}
	rc = irl_port_send(port, queue, frames, BATCH, status);
	if (rc < 0) {
		fprintf(stderr, "send: %d\n", rc);
		abort();
	}
	return (unsigned)rc;
}

/* ---- a process of ours -----------------------------------------------------
 */

static void rule_of(unsigned n, struct irl_steer *rule)
{
	*rule = (struct irl_steer){.own = {{OWN(n), 24}}, .own_count = 1};
}

/* Returns whether there was anything. */
static bool drain(struct irl_port *port, unsigned n, struct told *t)
{
	struct irl_frame frames[64];
	int got = irl_port_recv(port, 0, frames, 64);

	for (int i = 0; i < got; i++)
		if (frames[i].length == 60 && frames[i].data[32] == n)
			t->received++;
		else
			t->strange++;
	return got > 0;
}

/* What is on its way, and a moment more. */
static void drain_last(struct irl_port *port, unsigned n, struct told *t)
{
	double end = lab_now() + 10;

	do {
		drain(port, n, t);
		irl_port_stats(port, &t->stats);
	} while (t->stats.rx_ours < t->due && lab_now() < end);
	end = lab_now() + A_MOMENT;
	while (drain(port, n, t) || lab_now() < end)
		;
	irl_port_stats(port, &t->stats);
}

static void live(unsigned n, struct told *t)
{
	struct irl_steer rule;
	struct irl_port_options options = {.ifname = "va",
					   .kind = "live",
					   .steer = &rule,
					   .rx_ring_bytes = 4 << 20};
	struct irl_error err = {0};
	struct irl_port *port;
	int rc;

	rule_of(n, &rule);
	rc = irl_port_open(&port, &options, &err);
	strcpy(t->text, err.text);
	set(&t->opened, rc ? rc : 1);
	if (rc)
		_exit(0);
	while (!get(&t->go) && !get(&t->stop))
		drain(port, n, t);
	while (!get(&t->stop)) {
		unsigned sent;

		drain(port, n, t);
		/* no more than fits the far end's ring */
		if (t->accepted > seen(&t->arrived) + AHEAD)
			continue;
		sent = send_batch(port, 0, ADDR(10, 9, 0, 2), n);

		__atomic_store_n(&t->accepted, t->accepted + sent,
				 __ATOMIC_RELEASE);
	}
	drain_last(port, n, t);
	irl_port_close(port);
	set(&t->done, 1);
	_exit(0);
}

static pid_t begin(unsigned n, int cpu)
{
	pid_t pid;

	memset(&tell[n], 0, sizeof(tell[n]));
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cpu >= 0) {
		cpu_set_t cpus;

		CPU_ZERO(&cpus);
		CPU_SET((size_t)cpu, &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	live(n, &tell[n]);
	return 0;
}

static void await_open(unsigned n)
{
	assert_true(LAB_AWAIT(get(&tell[n].opened)));
	if (get(&tell[n].opened) != 1)
		fail_msg("process %u: %s", n, tell[n].text);
}

static void end(unsigned n, pid_t pid)
{
	int status;

	set(&tell[n].stop, 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void kill_it(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* ---- what is attached ---------------------------------------------------- */

/* The program's name; "": none. */
static const char *attached(void)
{
	static struct bpf_prog_info info;
	uint32_t id = 0, size = sizeof(info);
	int fd;

	memset(&info, 0, sizeof(info));
	if (bpf_xdp_query_id((int)ifindex, 0, &id) || !id)
		return "";
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return "";
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		info.name[0] = '\0';
	close(fd);
	return info.name;
}

static bool is_attached(const char *name)
{
	return !strcmp(attached(), name);
}

/* ---- the far end --------------------------------------------------------- */

/* Takes all that comes, told apart by sender; sends to each and to the host. */
struct far {
	struct irl_port *port;
	uint64_t from[PROCESSES + 1], accepted[PROCESSES], to_host;
};

static void open_far(struct far *far)
{
	static const struct irl_steer all = {.own = {{0, 0}}, .own_count = 1};
	struct irl_port_options options = {.ifname = "vb",
					   .kind = "live",
					   .steer = &all,
					   .rx_ring_bytes = 64 << 20};
	struct irl_error err = {0};
	int rc;

	memset(far, 0, sizeof(*far));
	lab_enter(lab.there);
	rc = irl_port_open(&far->port, &options, &err);
	lab_enter(lab.here);
	if (rc)
		fail_msg("%s", err.text);
}

static bool drain_far(struct far *far)
{
	struct irl_frame frames[256];
	int n = irl_port_recv(far->port, 0, frames, 256);

	for (int i = 0; i < n; i++) {
		unsigned from = frames[i].data[40];

		if (frames[i].length != 60 || from >= PROCESSES)
			from = PROCESSES;
		far->from[from]++;
		if (from < PROCESSES)
			__atomic_store_n(&tell[from].arrived,
					 tell[from].arrived + 1,
					 __ATOMIC_RELEASE);
	}
	return n > 0;
}

/* A batch to each of @mask and to the host, and whatever has come. */
static void exchange_once(struct far *far, unsigned mask)
{
	for (unsigned n = 0; n < PROCESSES; n++)
		if (mask & 1u << n)
			far->accepted[n] +=
			    send_batch(far->port, 0, OWN(n) + 5, PROCESSES);
	far->to_host += send_batch(far->port, 0, ADDR(10, 99, 0, 1), PROCESSES);
	while (drain_far(far))
		;
}

/* For @seconds. */
static void exchange_for(struct far *far, unsigned mask, double seconds)
{
	double until = lab_now() + seconds;

	while (lab_now() < until)
		exchange_once(far, mask);
}

/* Until MANY more have come from each of @senders, and a quarter of that has
 * gone to each of @mask. */
static void exchange_many(struct far *far, unsigned mask, unsigned senders)
{
	const struct far before = *far;
	double deadline = lab_now() + 60;
	bool enough;

	do {
		exchange_once(far, mask);
		enough = true;
		for (unsigned n = 0; n < PROCESSES; n++) {
			uint64_t came = far->from[n] - before.from[n];
			uint64_t went = far->accepted[n] - before.accepted[n];

			if (senders & 1u << n)
				enough &= came >= MANY;
			if (mask & 1u << n)
				enough &= went >= MANY / 4;
		}
		assert_true(lab_now() < deadline);
	} while (!enough);
}

/* Until the program of that name is attached. */
static void exchange_until(struct far *far, unsigned mask, const char *name)
{
	double deadline = lab_now() + 10;

	while (!is_attached(name)) {
		assert_true(lab_now() < deadline);
		exchange_once(far, mask);
	}
}

/* Takes the last of @due frames that were sent, and what there is too much. */
static void settle_far(struct far *far, uint64_t due)
{
	double deadline = lab_now() + 10;
	struct irl_port_stats stats;
	uint64_t came;

	do {
		drain_far(far);
		came = 0;
		for (unsigned n = 0; n < PROCESSES; n++)
			came += far->from[n];
	} while (came < due && lab_now() < deadline);
	deadline = lab_now() + A_MOMENT;
	while (drain_far(far) || lab_now() < deadline)
		;
	irl_port_stats(far->port, &stats);
	assert_int_equal(stats.rx_full, 0);
	assert_int_equal(stats.tx_unknown, 0);
}

/* The far end has sent its last to process @n. */
static void stop(struct far *far, unsigned n)
{
	tell[n].due = far->accepted[n];
	set(&tell[n].stop, 1);
}

static void end_at(struct far *far, unsigned n, pid_t pid)
{
	assert_true(LAB_AWAIT(!drain_far(far) && get(&tell[n].done)));
	end(n, pid);
}

/* Its own ledger, and the far end's word of it. */
static void expect_exact(const struct far *far, unsigned n)
{
	const struct told *t = &tell[n];
	const struct irl_port_stats *s = &t->stats;
	uint64_t sum = 0;

	for (unsigned i = 0; i < IRL_TX_STATUSES; i++)
		sum += s->tx[i];
	print_message("process %u: %llu sent, %llu received\n", n,
		      (unsigned long long)t->accepted,
		      (unsigned long long)t->received);
	assert_int_equal(s->tx_unknown, 0);
	assert_int_equal(s->tx_offered, sum);
	assert_int_equal(s->tx[IRL_TX_ACCEPTED], t->accepted);
	assert_int_equal(far->from[n], t->accepted);
	assert_int_equal(t->strange, 0);
	assert_int_equal(s->rx_delivered, t->received);
	assert_int_equal(s->rx_ours, far->accepted[n]);
	assert_int_equal(s->rx_delivered + s->rx_full, s->rx_ours);
	assert_int_equal(s->rx_frames, s->rx_ours + s->rx_host);
}

/* ---- cases --------------------------------------------------------------- */

static void two_at_once(int cpu_a, int cpu_b)
{
	struct far far;
	pid_t pid[2];

	open_far(&far);
	pid[0] = begin(0, cpu_a);
	await_open(0);
	assert_true(is_attached("irl_live"));
	pid[1] = begin(1, cpu_b);
	await_open(1);
	assert_true(is_attached("irl_root"));
	for (unsigned n = 0; n < 2; n++)
		set(&tell[n].go, 1);
	exchange_many(&far, 3, 3);
	for (unsigned n = 0; n < 2; n++)
		stop(&far, n);
	for (unsigned n = 0; n < 2; n++)
		end_at(&far, n, pid[n]);
	settle_far(&far, tell[0].accepted + tell[1].accepted);
	for (unsigned n = 0; n < 2; n++) {
		assert_true(tell[n].accepted >= MANY);
		assert_true(tell[n].received > 0);
		expect_exact(&far, n);
		/* nobody's frames were left to the host */
		assert_true(tell[n].stats.rx_host >= far.to_host);
	}
	/* the second sees what the first left: the host's and none of its */
	assert_int_equal(tell[1].stats.rx_host, far.to_host);
	assert_true(is_attached(""));
	irl_port_close(far.port);
}

static void test_two_on_one_cpu(void **state)
{
	(void)state;
	two_at_once(0, 0);
}

static void test_two_on_two_cpus(void **state)
{
	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	two_at_once(0, 1);
}

/* Counts the IPv4 frames that the host's stack gets from va. */
static int open_count(void)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IP),
				 .sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static uint64_t close_count(int fd)
{
	struct tpacket_stats stats;
	socklen_t size = sizeof(stats);

	assert_int_equal(
	    getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size), 0);
	close(fd);
	return stats.tp_packets;
}

/* One of two is killed in mid-run; the other loses nothing of its own, and is
 * alone soon. */
static void killed(unsigned victim)
{
	unsigned other = !victim;
	uint64_t before, host;
	struct far far;
	pid_t pid[2];
	int count;

	open_far(&far);
	for (unsigned n = 0; n < 2; n++) {
		pid[n] = begin(n, -1);
		await_open(n);
	}
	for (unsigned n = 0; n < 2; n++)
		set(&tell[n].go, 1);
	exchange_many(&far, 3, 3);
	before = seen(&tell[victim].accepted);
	kill_it(pid[victim]);
	exchange_until(&far, 3, "irl_live");
	/* what the dead one claimed is the host's again */
	count = open_count();
	host = far.accepted[victim] + far.to_host;
	exchange_many(&far, 3, 1u << other);
	host = far.accepted[victim] + far.to_host - host;
	assert_true(host > MANY / 4);
	stop(&far, other);
	end_at(&far, other, pid[other]);
	settle_far(&far, far.from[victim] + tell[other].accepted);
	expect_exact(&far, other);
	assert_true(tell[other].stats.rx_host >= host);
	/* more, if some were on their way already */
	assert_true(close_count(count) >= host);
	/* its last run was made but perhaps not told */
	assert_true(far.from[victim] >= before);
	assert_true(LAB_AWAIT(is_attached("")));
	irl_port_close(far.port);
}

static void test_first_is_killed(void **state)
{
	(void)state;
	killed(0);
}

static void test_second_is_killed(void **state)
{
	(void)state;
	killed(1);
}

/* Many come at once and are killed at any moment beside one that stays. */
static void test_coming_and_dying(void **state)
{
	unsigned rounds = getenv("IRL_NIGHTLY") ? 60 : 6, random = 12345;
	struct far far;
	pid_t stays;

	(void)state;
	open_far(&far);
	stays = begin(0, -1);
	await_open(0);
	set(&tell[0].go, 1);
	for (unsigned r = 0; r < rounds; r++) {
		pid_t pid[4];

		for (unsigned n = 1; n < 4; n++) {
			pid[n] = begin(n, -1);
			set(&tell[n].go, 1);
		}
		for (unsigned n = 1; n < 4; n++) {
			random = random * 1103515245 + 12345;
			exchange_for(&far, 1, (random >> 16) % 300 * 1e-3);
			kill(pid[n], SIGKILL);
			/* freeing its memory takes a while: read on */
			while (waitpid(pid[n], NULL, WNOHANG) != pid[n])
				drain_far(&far);
		}
	}
	exchange_until(&far, 1, "irl_live");
	exchange_many(&far, 1, 1);
	pid_t late = begin(1, -1);
	await_open(1);
	end(1, late);
	stop(&far, 0);
	end_at(&far, 0, stays);
	settle_far(&far,
		   far.from[1] + far.from[2] + far.from[3] + tell[0].accepted);
	expect_exact(&far, 0);
	irl_port_close(far.port);
}

/* All are killed at any moment: nothing stays, and the next one can open. */
static void test_all_die(void **state)
{
	unsigned rounds = getenv("IRL_NIGHTLY") ? 60 : 6, random = 777;

	(void)state;
	for (unsigned r = 0; r < rounds; r++) {
		pid_t pid[3];

		for (unsigned n = 0; n < 3; n++) {
			pid[n] = begin(n, -1);
			set(&tell[n].go, 1);
		}
		random = random * 1103515245 + 12345;
		usleep((random >> 16) % 600 * 1000);
		for (unsigned n = 0; n < 3; n++)
			kill(pid[n], SIGKILL);
		for (unsigned n = 0; n < 3; n++)
			waitpid(pid[n], NULL, 0);
		assert_true(LAB_AWAIT(is_attached("")));
	}
	pid_t last = begin(0, -1);
	await_open(0);
	end(0, last);
}

static int open_rule(struct irl_port **port, const struct irl_steer *rule,
		     unsigned queues, struct irl_error *err)
{
	struct irl_port_options options = {.ifname = "va",
					   .kind = "live",
					   .steer = rule,
					   .queues = queues,
					   .rx_ring_bytes = 64 << 10};

	return irl_port_open(port, &options, err);
}

#define OWN6                                                                   \
	{                                                                      \
		{                                                              \
			0xfd, 0x77                                             \
		}                                                              \
	}
#define HERE6                                                                  \
	{                                                                      \
		{                                                              \
			0xfd, 0x09, [15] = 1                                   \
		}                                                              \
	}

/* No slower kind takes its place: it would receive nothing. */
static void refused_by_any_kind(const struct irl_steer *rule)
{
	const struct irl_port_options options = {.ifname = "va", .steer = rule};
	struct irl_error err = {0};
	struct irl_port *port;

	assert_int_equal(irl_port_open(&port, &options, &err), -IRL_ECLAIM);
	assert_null(port);
	assert_null(strstr(err.text, "packet"));
}

static void test_overlaps_are_refused(void **state)
{
	static const struct {
		struct irl_steer rule;
		const char *text; /* NULL: it is let in */
	} cases[] = {
	    {{.own = {{OWN(1), 24}}, .own_count = 1}, "10.77.1.0/24"},
	    {{.own = {{OWN(1) + 7, 32}}, .own_count = 1}, "10.77.1.0/24"},
	    {{.own = {{OWN(2), 24}, {OWN(0), 16}}, .own_count = 2},
	     "10.77.1.0/24"},
	    {{.own = {{OWN(2), 24}}, .own_count = 1}, NULL},
	    {{.own = {{HERE, 32}}, .own_count = 1},
	     "ports 5000-5999 of 10.9.0.1"},
	    {{.host_addr = HERE, .port_first = 5999, .port_last = 6000},
	     "ports 5000-5999 of 10.9.0.1"},
	    {{.host_addr = HERE, .port_first = 1, .port_last = 65535},
	     "ports 5000-5999 of 10.9.0.1"},
	    {{.host_addr = OWN(1) + 3, .port_first = 1, .port_last = 9},
	     "10.77.1.0/24"},
	    {{.host_addr = HERE, .port_first = 6000, .port_last = 6999}, NULL},
	    {{.host_addr = HERE + 1, .port_first = 5000, .port_last = 5999},
	     NULL},
	    {{.own6 = {{OWN6, 64}}, .own6_count = 1}, "fd77::/48"},
	    {{.own6 = {{{{0xfd}}, 8}}, .own6_count = 1}, "fd77::/48"},
	    {{.own6 = {{HERE6, 128}}, .own6_count = 1},
	     "ports 5000-5999 of fd09::1"},
	    {{.own6 = {{{{0xfd, 0x78}}, 48}}, .own6_count = 1}, NULL},
	    {{.host_addr6 = HERE6, .port_first = 5999, .port_last = 6000},
	     "ports 5000-5999 of fd09::1"},
	    {{.host_addr6 = HERE6, .port_first = 6000, .port_last = 6999},
	     NULL},
	    {{.host_addr6 = OWN6, .port_first = 1, .port_last = 9},
	     "fd77::/48"},
	};
	const struct irl_steer first = {.own = {{OWN(1), 24}},
					.own_count = 1,
					.own6 = {{OWN6, 48}},
					.own6_count = 1,
					.host_addr6 = HERE6,
					.host_addr = HERE,
					.port_first = 5000,
					.port_last = 5999};
	struct irl_error err = {0};
	struct irl_port *holder, *port;
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "process %d ", getpid());
	assert_int_equal(open_rule(&holder, &first, 1, &err), 0);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = open_rule(&port, &cases[i].rule, 1, &err);

		assert_int_equal(rc, cases[i].text ? -IRL_ECLAIM : 0);
		if (!rc) {
			irl_port_close(port);
			continue;
		}
		assert_null(port);
		assert_non_null(strstr(err.text, cases[i].text));
		assert_non_null(strstr(err.text, pid));
		assert_non_null(strstr(err.text, "va"));
		/* Other ports help whoever wants ports only, of nobody's own.
		 */
		assert_int_equal(!strncmp(cases[i].text, "ports", 5) &&
				     !cases[i].rule.own_count &&
				     !cases[i].rule.own6_count,
				 strstr(err.text, "--source-port") != NULL);
		assert_non_null(strstr(err.text, "--source-ip"));
		refused_by_any_kind(&cases[i].rule);
	}
	irl_port_close(holder);
	assert_true(is_attached(""));
}

/* As many as can be: each sends on its last queue; one more is refused. */
static void test_full_house(void **state)
{
	unsigned queues = SHARE_LANES / SHARE_HOLDERS;
	struct irl_port *port[SHARE_HOLDERS], *more;
	int pids[SHARE_HOLDERS + 1];
	struct irl_error err = {0};
	struct far far;

	(void)state;
	open_far(&far);
	for (unsigned n = 0; n < SHARE_HOLDERS; n++) {
		struct irl_steer rule;

		rule_of(n, &rule);
		if (open_rule(&port[n], &rule, queues, &err))
			fail_msg("%u: %s", n, err.text);
	}
	assert_int_equal(
	    irl_share_holders(ifindex, pids, NULL, SHARE_HOLDERS + 1),
	    SHARE_HOLDERS);
	assert_int_equal(pids[SHARE_HOLDERS - 1], getpid());
	assert_int_equal(open_rule(&more, NULL, 1, &err), -IRL_EBUSY);
	assert_non_null(strstr(err.text, "8 live ports"));
	for (unsigned n = 0; n < SHARE_HOLDERS; n++)
		for (unsigned q = 0; q < queues; q++)
			assert_int_equal(
			    send_batch(port[n], q, ADDR(10, 9, 0, 2), n),
			    BATCH);
	settle_far(&far, (uint64_t)SHARE_HOLDERS * queues * BATCH);
	for (unsigned n = 0; n < SHARE_HOLDERS; n++)
		assert_int_equal(far.from[n], queues * BATCH);
	irl_port_close(port[0]);
	assert_int_equal(open_rule(&port[0], NULL, queues + 1, &err),
			 -IRL_EBUSY);
	assert_non_null(strstr(err.text, "48 queues"));
	for (unsigned n = 1; n < SHARE_HOLDERS; n++)
		irl_port_close(port[n]);
	assert_true(is_attached(""));
	irl_port_close(far.port);
}

/* A stopped holder cannot be asked: told so, and it is let be. */
static void test_stopped_holder(void **state)
{
	struct irl_error err = {0};
	struct irl_port *port;
	pid_t pid = begin(0, -1);
	char text[64];

	(void)state;
	await_open(0);
	snprintf(text, sizeof(text), "process %d has va and does not answer",
		 pid);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	assert_int_equal(open_rule(&port, NULL, 1, &err), -IRL_EBUSY);
	assert_non_null(strstr(err.text, text));
	kill(pid, SIGCONT);
	assert_int_equal(open_rule(&port, NULL, 1, &err), 0);
	irl_port_close(port);
	end(0, pid);
}

/* Anyone may bind the names; only root and ourselves are heard. */
static void test_strangers_are_not_heard(void **state)
{
	struct irl_error err = {0};
	struct irl_port *port, *second;
	int ready[2], pids[SHARE_HOLDERS], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		bool bound;

		bound = !setresuid(65534, 65534, 65534) &&
			/* after that, which clears it */
			!prctl(PR_SET_PDEATHSIG, SIGKILL) &&
			irl_door_bind(ifindex, 0) >= 0;
		byte = bound ? 'y' : 'n';
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(open_rule(&port, NULL, 1, &err), 0);
	assert_int_equal(open_rule(&second, NULL, 1, &err), 0);
	assert_true(is_attached("irl_root"));
	assert_int_equal(irl_share_holders(ifindex, pids, NULL, 8), 3);
	irl_port_close(second);
	irl_port_close(port);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	close(ready[1]);
}

static void set_up(void)
{
	struct irl_error err = {0};
	struct irl_port *port;

	lab = lab_new();
	lab_enter(lab.there);
	if (lab_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; "
		    "ip neigh add 10.9.0.1 lladdr 02:02:02:02:02:02 dev vb; "
		    "ethtool -K vb gro on"))
		exit(LAB_SKIPPED);
	lab_enter(lab.here);
	lab_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1; "
		"ethtool -K va gro on");
	ifindex = if_nametoindex("va");
	if (open_rule(&port, NULL, 1, &err)) {
		fprintf(stderr, "skipped: %s\n", err.text);
		exit(LAB_SKIPPED);
	}
	irl_port_close(port);
	tell = mmap(NULL, PROCESSES * sizeof(*tell), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tell == MAP_FAILED)
		exit(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_on_one_cpu),
	    cmocka_unit_test(test_two_on_two_cpus),
	    cmocka_unit_test(test_first_is_killed),
	    cmocka_unit_test(test_second_is_killed),
	    cmocka_unit_test(test_overlaps_are_refused),
	    cmocka_unit_test(test_full_house),
	    cmocka_unit_test(test_stopped_holder),
	    cmocka_unit_test(test_strangers_are_not_heard),
	    cmocka_unit_test(test_coming_and_dying),
	    cmocka_unit_test(test_all_die),
	};

	set_up();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

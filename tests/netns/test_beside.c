// SPDX-License-Identifier: BSD-2-Clause
/*
 * The host's own TCP beside a full-rate scan or fetch, in a world whose last
 * queue is the host's (XPS):
 *
 *   irl scan, irl fetch ==== irl0/world0 ====  XDP responder
 *   echo every 10 ms    ====              ====  a service on 10.0.0.2
 *   a bulk flow
 *
 * No segment is lost, no echo stays out, the kernel resets nothing of ours, and
 * the world has every probe that the scan says was accepted.  A retransmission
 * alone is no loss: on a busy machine a timer runs out while segment and answer
 * still wait for a CPU.  The receiver knows better: behind a lost segment of a
 * steady flow the next one arrives out of order, while one sent needlessly
 * arrives twice.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <irl/world.h>

#define SKIPPED 77
#define SERVICE 7777
#define ECHO_BYTES 64
#define ECHOES 150 /* at least 1.5 s */
#define FOR_EVER 20000

static const char *irl;
static char work[] = "/tmp/irl-beside-XXXXXX";
static struct irl_world *world;
static int report[2]; /* a pipe from the service */

/* A child that does not outlive its parent, however that ends. */
static pid_t begin(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

static void enter(enum irl_world_side side)
{
	assert_int_equal(irl_world_enter(world, side, NULL), 0);
}

static struct sockaddr_in service(void)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(SERVICE),
				    .sin_addr.s_addr =
					htonl(IRL_WORLD_GATEWAY)};
}

/* ---- the service: echoes what begins with E, swallows the rest -------------
 */

static unsigned out_of_order(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
	return info.tcpi_rcv_ooopack;
}

/* Of a flow that ended, how many segments came out of order. */
static void serve(int fd)
{
	static char data[1 << 16];
	unsigned result;
	bool bulk = false;
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0) {
		bulk = *data != 'E';
		if (!bulk && write(fd, data, (size_t)n) != n)
			break;
	}
	result = out_of_order(fd);
	if (bulk && write(report[1], &result, sizeof(result)) < 0)
		_exit(1);
	_exit(0);
}

/* Two connections, a process each; ends when they do. */
static pid_t start_service(void)
{
	struct sockaddr_in at = service();
	int one = 1, fd;
	pid_t pid;

	enter(IRL_WORLD_SIDE_WORLD);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	enter(IRL_WORLD_SIDE_SCANNER);
	pid = begin();
	if (pid) {
		close(fd);
		return pid;
	}
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (!begin()) {
			close(fd);
			serve(peer);
		}
		close(peer);
	}
}

static int connect_service(void)
{
	struct sockaddr_in to = service();
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* ---- the host's flows -------------------------------------------------------
 */

static void echo(int fd)
{
	char data[ECHO_BYTES] = "E";
	size_t got = 0;

	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	while (got < sizeof(data)) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		ssize_t n;

		assert_int_equal(poll(&ready, 1, FOR_EVER), 1);
		n = read(fd, data + got, sizeof(data) - got);
		assert_true(n > 0);
		got += (size_t)n;
	}
}

static pid_t start_bulk(int fd)
{
	static char data[1 << 16];
	pid_t pid = begin();

	if (pid)
		return pid;
	memset(data, 'B', sizeof(data));
	while (write(fd, data, sizeof(data)) > 0)
		;
	_exit(0);
}

/* Repeated for want of an answer, less those of which the receiver said (by
 * DSACK, RFC 2883) that it had them already. */
static unsigned lost_echoes(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size),
			 0);
	return info.tcpi_total_retrans - info.tcpi_dsack_dups;
}

/* Closes the bulk flow: what its receiver found missing. */
static unsigned lost_of_bulk(int fd)
{
	struct pollfd ready = {.fd = report[0], .events = POLLIN};
	struct tcp_info info;
	socklen_t size = sizeof(info);
	unsigned result;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size),
			 0);
	print_message("%u repeated, %u of them known to be needless, %llu "
		      "bytes\n",
		      info.tcpi_total_retrans, info.tcpi_dsack_dups,
		      (unsigned long long)info.tcpi_bytes_acked);
	assert_true(info.tcpi_bytes_acked > 1000000);
	close(fd);
	assert_int_equal(poll(&ready, 1, FOR_EVER), 1);
	assert_int_equal(read(report[0], &result, sizeof(result)),
			 sizeof(result));
	return result;
}

/* ---- the scan, or the fetch -------------------------------------------------
 */

struct job {
	const char *command, *accepted; /* in its metadata */
	uint64_t least;
};

static const struct job scan = {"scan -p 1-60000 -c 0.5", "accepted", 100000};
static const struct job fetch = {
    "fetch -p 80 --scan --scan-rate 0 --cooldown 0.5 --idle 1", "told", 1000};

static pid_t start_job(const struct job *job, const char *options)
{
	char command[600];
	pid_t pid = begin();

	snprintf(command, sizeof(command),
		 "exec %s %s --allow-special all --exclude 10.0.0.0/24 "
		 "-o %s/out -m %s/meta %s 10.0.0.0/8 2>%s/err",
		 irl, job->command, work, work, options, work);
	if (pid)
		return pid;
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(126);
}

static uint64_t number_of(const char *path, const char *format)
{
	char line[400];
	uint64_t number = 0;
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, &number) == 1)
			break;
	fclose(file);
	return number;
}

/* How many probes it says were accepted, or records written. */
static uint64_t stop_job(const struct job *job, pid_t pid)
{
	char path[64], format[64];
	int status;

	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 75);
	snprintf(path, sizeof(path), "%s/meta", work);
	snprintf(format, sizeof(format), " \"%s\": %%lu", job->accepted);
	return number_of(path, format);
}

/* Of this namespace's kernel: the 14th number of the second line of TCP. */
static uint64_t kernel_resets(void)
{
	return number_of("/proc/net/snmp",
			 "Tcp: %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d "
			 "%*d %lu");
}

/* Probes that the world has judged: all that it had but the kernel's. */
static uint64_t judged(void)
{
	uint64_t n[IRL_WORLD_COUNTS];

	assert_int_equal(irl_world_counts(world, n, NULL), 0);
	assert_int_equal(n[IRL_WORLD_N_MALFORMED], 0);
	return n[IRL_WORLD_N_SILENT] + n[IRL_WORLD_N_SYNACK] +
	       n[IRL_WORLD_N_RST] + n[IRL_WORLD_N_ICMP];
}

/* Returns what the world has judged more than @job says was accepted. */
static int64_t beside(const struct job *job, const char *options)
{
	pid_t server = start_service(), bulk, pid;
	int echoes = connect_service(), flow = connect_service();
	uint64_t before = judged(), accepted;

	bulk = start_bulk(flow);
	echo(echoes);
	pid = start_job(job, options);
	for (time_t end = time(NULL) + 20;
	     judged() == before && time(NULL) < end;)
		echo(echoes);
	for (int i = 0; i < ECHOES; i++) {
		echo(echoes);
		usleep(10000);
	}
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	accepted = stop_job(job, pid);
	print_message("%llu %s\n", (unsigned long long)accepted, job->accepted);
	kill(bulk, SIGKILL);
	waitpid(bulk, NULL, 0);
	echo(echoes);
	assert_int_equal(lost_echoes(echoes), 0);
	assert_int_equal(lost_of_bulk(flow), 0);
	assert_int_equal(kernel_resets(), 0);
	assert_true(accepted > job->least);
	close(echoes);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return (int64_t)(judged() - before - accepted);
}

static void test_one_worker(void **state)
{
	(void)state;
	assert_int_equal(beside(&scan, "--port live"), 0);
}

static const char *all_workers(void)
{
	static char options[64];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	snprintf(options, sizeof(options), "--port live -T %ld",
		 cores < 4 ? cores : 4);
	return options;
}

static void test_all_workers(void **state)
{
	(void)state;
	assert_int_equal(beside(&scan, all_workers()), 0);
}

/* Connections, each with a request, an answer and our RST. */
static void test_fetch(void **state)
{
	(void)state;
	assert_true(beside(&fetch, "--port live") > 0);
	assert_true(beside(&fetch, all_workers()) > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_worker),
	    cmocka_unit_test(test_all_workers),
	    cmocka_unit_test(test_fetch),
	};
	struct irl_world_options options = {0};
	struct irl_error err = {0};
	char command[300];
	int failed;

	if (argc < 2)
		return 2;
	irl = argv[1];
	signal(SIGPIPE, SIG_IGN);
	irl_world_model_init(&options.model);
	options.model.services.serve = IRL_WORLD_SERVE_SHORT;
	if (irl_world_new(&world, &options, &err) ||
	    irl_world_enter(world, IRL_WORLD_SIDE_SCANNER, &err) ||
	    !mkdtemp(work) || pipe(report)) {
		fprintf(stderr, "skipped: %s\n", err.text);
		return SKIPPED;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", work);
	irl_world_free(world);
	return system(command) ? 1 : failed;
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Source ports on the host's own address, against real sockets of a namespace
 * of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <irl/net.h>
#include "net/sockets.h"
#include "netns/net_lab.h"

#define HOST ADDR(10, 9, 0, 1)

static struct lab lab;

static int open_ipv4(int type, uint32_t addr, uint16_t port)
{
	struct sockaddr_in at = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(addr),
	    .sin_port = htons(port),
	};
	int fd = socket(AF_INET, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* Kernels without IPv6 have nothing to show here. */
static void need_ipv6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	if (fd < 0)
		skip();
	close(fd);
}

static int open_ipv6(int type, const char *addr, uint16_t port, int only)
{
	struct sockaddr_in6 at = {
	    .sin6_family = AF_INET6,
	    .sin6_port = htons(port),
	};
	int fd = socket(AF_INET6, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET6, addr, &at.sin6_addr), 1);
	assert_int_equal(
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void expect_free(uint16_t first, uint16_t last)
{
	struct irl_error err = {0};

	if (irl_port_range_check(HOST, first, last, &err))
		fail_msg("%s", err.text);
}

static void expect_conflict(uint16_t first, uint16_t last, const char *what)
{
	struct irl_error err = {0};

	assert_int_equal(irl_port_range_check(HOST, first, last, &err),
			 -IRL_EBUSY);
	if (!strstr(err.text, what))
		fail_msg("'%s' lacks '%s'", err.text, what);
}

static void usual_range(void **state)
{
	struct irl_error err = {0};
	uint16_t first, last;

	(void)state;
	assert_int_equal(irl_port_range_choose(HOST, 0, &first, &last, &err),
			 0);
	assert_int_equal(first, 61000);
	assert_int_equal(last, 65095);
	expect_free(first, last);
}

static void listening_socket_is_named(void **state)
{
	int fd = open_ipv4(SOCK_STREAM, 0, 62000);

	(void)state;
	expect_conflict(61000, 65095, "TCP port 62000");
	expect_conflict(62000, 62000, "any address");
	expect_conflict(62000, 62000, "listening");
	expect_free(61000, 61999);
	expect_free(62001, 65095);
	close(fd);
	expect_free(61000, 65095);
}

static void socket_on_our_address_counts_on_another_not(void **state)
{
	int ours = open_ipv4(SOCK_STREAM, HOST, 62001);
	int other = open_ipv4(SOCK_STREAM, ADDR(127, 0, 0, 1), 62002);

	(void)state;
	expect_conflict(62001, 62001, "10.9.0.1");
	expect_free(62002, 62002);
	close(ours);
	close(other);
}

static void udp_socket_counts(void **state)
{
	int fd = open_ipv4(SOCK_DGRAM, 0, 62003);

	(void)state;
	expect_conflict(61000, 65095, "UDP port 62003");
	close(fd);
}

static void ipv6_socket_counts_where_it_takes_ipv4(void **state)
{
	int fd;

	(void)state;
	need_ipv6();
	for (int udp = 0; udp < 2; udp++) {
		int type = udp ? SOCK_DGRAM : SOCK_STREAM;

		fd = open_ipv6(type, "::", 62004, 0);
		expect_conflict(61000, 65095, "an IPv6 socket");
		close(fd);
		fd = open_ipv6(type, "::ffff:10.9.0.1", 62004, 0);
		expect_conflict(61000, 65095, "10.9.0.1");
		close(fd);
		fd = open_ipv6(type, "::", 62004, 1);
		expect_free(61000, 65095);
		close(fd);
		fd = open_ipv6(type, "::1", 62004, 0);
		expect_free(61000, 65095);
		close(fd);
	}
}

/* What IPv6 packets to an address of ours could reach. */
static void sockets_of_ipv6(void **state)
{
	static const struct {
		const char *addr;
		int only;
		bool counts;
	} cases[] = {{"::", 0, true},
		     {"::", 1, true},
		     {"fd00::1", 0, true},
		     {"::1", 0, false},
		     {"::ffff:10.9.0.1", 0, false}};
	struct irl_ip host[2] = {irl_ip4(HOST)};
	struct irl_error err;
	uint16_t first, last;
	int fd;

	(void)state;
	need_ipv6();
	assert_int_equal(lab_run("ip addr add fd00::1/64 dev va nodad"), 0);
	assert_true(irl_ip_read("fd00::1", &host[1]));
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fd = open_ipv6(i % 2 ? SOCK_DGRAM : SOCK_STREAM, cases[i].addr,
			       62020, cases[i].only);
		assert_int_equal(
		    irl_ip_port_range_check(&host[1], 1, 62000, 62100, &err),
		    cases[i].counts ? -IRL_EBUSY : 0);
		assert_int_equal(irl_ip_port_range_choose(host + 1, 1, 0,
							  &first, &last, &err),
				 0);
		assert_int_equal(first, cases[i].counts ? 32768 - 4096 : 61000);
		close(fd);
	}
	/* an IPv4 socket counts for the first of two */
	fd = open_ipv4(SOCK_STREAM, HOST, 62020);
	assert_int_equal(
	    irl_ip_port_range_check(host + 1, 1, 62000, 62100, &err), 0);
	assert_int_equal(irl_ip_port_range_check(host, 2, 62000, 62100, &err),
			 -IRL_EBUSY);
	assert_non_null(strstr(err.text, "10.9.0.1"));
	close(fd);
	fd = open_ipv6(SOCK_STREAM, "fd00::1", 62020, 0);
	assert_int_equal(irl_ip_port_range_check(host, 2, 62000, 62100, &err),
			 -IRL_EBUSY);
	assert_non_null(strstr(err.text, "fd00::1"));
	close(fd);
}

static void connection_without_listener_counts(void **state)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(HOST),
	    .sin_port = htons(5000),
	};
	int listener = open_ipv4(SOCK_STREAM, HOST, 5000);
	struct sockaddr_in from = to;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	from.sin_port = htons(62005);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	expect_conflict(61000, 65095, "TCP port 62005");
	close(fd);
	close(listener);
}

static void chosen_range_avoids_sockets(void **state)
{
	struct irl_error err = {0};
	int fd = open_ipv4(SOCK_DGRAM, 0, 61100);
	uint16_t first, last;

	(void)state;
	assert_int_equal(irl_port_range_choose(HOST, 0, &first, &last, &err),
			 0);
	assert_int_equal(first, 61101);
	assert_int_equal(last, 61101 + 4095);
	expect_free(first, last);
	close(fd);
	/* in the middle: none above, so below what the kernel hands out */
	fd = open_ipv4(SOCK_DGRAM, 0, 63000);
	assert_int_equal(irl_port_range_choose(HOST, 0, &first, &last, &err),
			 0);
	assert_int_equal(last, 32767);
	assert_int_equal(first, 32767 - 4095);
	close(fd);
}

static void ports_that_the_kernel_hands_out(void **state)
{
	struct irl_error err = {0};
	uint16_t first, last;

	(void)state;
	expect_conflict(40000, 40099, "40000-40099");
	expect_conflict(60990, 61010, "60990-60999");
	assert_int_equal(
	    lab_run("sysctl -qw net.ipv4.ip_local_reserved_ports=40000-40099"),
	    0);
	expect_free(40000, 40099);
	expect_conflict(40000, 40100, "40100-40100");
	assert_int_equal(
	    lab_run("sysctl -qw net.ipv4.ip_local_reserved_ports=61500"), 0);
	assert_int_equal(irl_port_range_choose(HOST, 500, &first, &last, &err),
			 0);
	assert_int_equal(first, 61000);
	assert_int_equal(irl_port_range_choose(HOST, 501, &first, &last, &err),
			 0);
	assert_int_equal(first, 61501);
	assert_int_equal(lab_run("sysctl -qw net.ipv4.ip_local_reserved_ports= "
				 "net.ipv4.ip_local_port_range='1024 65000'"),
			 0);
	assert_int_equal(irl_port_range_choose(HOST, 0, &first, &last, &err),
			 -IRL_EBUSY);
	assert_non_null(strstr(err.text, "at most 535"));
	assert_non_null(strstr(err.text, "ip_local_port_range"));
	assert_int_equal(irl_port_range_choose(HOST, 535, &first, &last, &err),
			 0);
	assert_int_equal(first, 65001);
	assert_int_equal(lab_run("sysctl -qw "
				 "net.ipv4.ip_local_port_range='32768 60999'"),
			 0);
}

static void senseless_ranges_are_refused(void **state)
{
	struct irl_error err = {0};
	uint16_t first, last;

	(void)state;
	assert_int_equal(irl_port_range_check(HOST, 0, 10, &err), -IRL_EINVAL);
	assert_int_equal(irl_port_range_check(HOST, 9, 8, &err), -IRL_EINVAL);
	assert_int_equal(
	    irl_port_range_choose(HOST, 64513, &first, &last, &err),
	    -IRL_EINVAL);
}

struct seen {
	unsigned count;
	struct net_socket socket[32];
};

static int remember(void *context, const struct net_socket *socket)
{
	struct seen *seen = context;

	assert_true(seen->count < 32);
	seen->socket[seen->count++] = *socket;
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct net_socket *x = a, *y = b;

	return x->port - y->port;
}

static void proc_tells_the_same_as_sock_diag(void **state)
{
	const struct irl_ip host = irl_ip4(HOST);
	struct seen diag = {0}, proc = {0};
	int fd[4];

	(void)state;
	need_ipv6();
	fd[0] = open_ipv4(SOCK_STREAM, 0, 62010);
	fd[1] = open_ipv4(SOCK_DGRAM, HOST, 62011);
	fd[2] = open_ipv6(SOCK_STREAM, "::", 62012, 0);
	fd[3] = open_ipv6(SOCK_DGRAM, "::ffff:10.9.0.1", 62013, 0);
	assert_int_equal(net_sockets_visit(&host, remember, &diag, NULL), 0);
	assert_int_equal(net_sockets_visit_proc(&host, remember, &proc, NULL),
			 0);
	assert_true(diag.count >= 4);
	assert_int_equal(diag.count, proc.count);
	qsort(diag.socket, diag.count, sizeof(diag.socket[0]), by_port);
	qsort(proc.socket, proc.count, sizeof(proc.socket[0]), by_port);
	for (unsigned i = 0; i < diag.count; i++) {
		assert_int_equal(diag.socket[i].port, proc.socket[i].port);
		assert_memory_equal(&diag.socket[i].addr, &proc.socket[i].addr,
				    sizeof(struct irl_ip));
		assert_int_equal(diag.socket[i].udp, proc.socket[i].udp);
		assert_int_equal(diag.socket[i].ipv6, proc.socket[i].ipv6);
		assert_int_equal(diag.socket[i].state, proc.socket[i].state);
	}
	for (unsigned i = 0; i < 4; i++)
		close(fd[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(usual_range),
	    cmocka_unit_test(listening_socket_is_named),
	    cmocka_unit_test(socket_on_our_address_counts_on_another_not),
	    cmocka_unit_test(udp_socket_counts),
	    cmocka_unit_test(ipv6_socket_counts_where_it_takes_ipv4),
	    cmocka_unit_test(chosen_range_avoids_sockets),
	    cmocka_unit_test(ports_that_the_kernel_hands_out),
	    cmocka_unit_test(senseless_ranges_are_refused),
	    cmocka_unit_test(proc_tells_the_same_as_sock_diag),
	    /* last: it leaves a connection in TIME-WAIT */
	    cmocka_unit_test(sockets_of_ipv6),
	    cmocka_unit_test(connection_without_listener_counts),
	};

	lab = lab_new();
	(void)lab;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Resolving neighbours ourselves, and being found: with an address that only
 * we own (10.9.0.9), over the packet port, against the kernel of the other end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <irl/net.h>
#include "netns/net_lab.h"

#define OURS ADDR(10, 9, 0, 9)
#define PEER ADDR(10, 9, 0, 2)
#define PEER_MAC "\x02\0\0\0\0\x0b"

static struct lab lab;
static const struct irl_steer steer = {.own = {{OURS, 32}}, .own_count = 1};

static struct irl_port *open_port(unsigned queues)
{
	const struct irl_port_options options = {
	    .ifname = "va",
	    .kind = "packet",
	    .queues = queues,
	    .steer = &steer,
	};
	struct irl_error err = {0};
	struct irl_port *port;

	if (irl_port_open(&port, &options, &err))
		fail_msg("%s", err.text);
	return port;
}

static void neighbour_answers_us(void **state)
{
	(void)state;
	for (unsigned queues = 1; queues <= 2; queues++) {
		struct irl_port *port = open_port(queues);
		struct irl_error err = {0};
		uint8_t mac[6] = {0};

		if (irl_resolve(port, OURS, irl_port_info(port)->mac, PEER, mac,
				&err))
			fail_msg("%s", err.text);
		assert_memory_equal(mac, PEER_MAC, 6);
		irl_port_close(port);
	}
}

static void silence_is_an_error_with_the_mend(void **state)
{
	struct irl_port *port = open_port(1);
	struct irl_error err = {0};
	uint8_t mac[6] = {0};

	(void)state;
	assert_int_equal(irl_resolve(port, OURS, irl_port_info(port)->mac,
				     ADDR(10, 9, 0, 66), mac, &err),
			 -IRL_ENEIGH);
	assert_int_equal(err.code, IRL_ENEIGH);
	assert_non_null(strstr(err.text, "10.9.0.66 does not answer ARP from "
					 "10.9.0.9 on va"));
	assert_non_null(strstr(err.text, "--gateway-mac"));
	irl_port_close(port);
}

static void link_down_is_told_at_once(void **state)
{
	struct irl_port *port = open_port(1);
	struct irl_error err = {0};
	uint8_t mac[6] = {0};

	(void)state;
	assert_int_equal(lab_run("ip link set va down"), 0);
	assert_int_equal(
	    irl_resolve(port, OURS, irl_port_info(port)->mac, PEER, mac, &err),
	    -IRL_ELINK);
	assert_non_null(strstr(err.text, "ip link set va up"));
	assert_int_equal(lab_run("ip link set va up"), 0);
	irl_port_close(port);
}

static bool carrier(void)
{
	struct irl_interface i;

	return irl_interface_get("va", &i, NULL) == 0 && i.carrier;
}

static void next_hop_by_either_way(void **state)
{
	static const uint32_t source[] = {OURS, ADDR(10, 9, 0, 1)};
	struct irl_port *port;
	struct irl_route route;
	struct irl_error err = {0};

	(void)state;
	assert_true(LAB_AWAIT(carrier()));
	assert_int_equal(lab_run("ip route replace 10.50.0.0/16 via 10.9.0.2"),
			 0);
	port = open_port(1);
	assert_int_equal(irl_route_get(ADDR(10, 50, 0, 1), NULL, &route, &err),
			 0);
	for (int i = 0; i < 2; i++) {
		uint8_t mac[6] = {0};

		/* the host's own source does without the port */
		if (irl_next_hop(i ? NULL : port, &route, source[i],
				 ADDR(10, 50, 0, 1), mac, &err))
			fail_msg("%s", err.text);
		assert_memory_equal(mac, PEER_MAC, 6);
	}
	assert_int_equal(irl_next_hop(NULL, &route, OURS, ADDR(10, 50, 0, 1),
				      (uint8_t[6]){0}, &err),
			 -IRL_EINVAL);
	irl_port_close(port);
}

/* ---- being found ------------------------------------------------------- */

struct answerer {
	struct irl_port *port;
	atomic_bool stop;
	unsigned answered;
};

static void *answer_all(void *context)
{
	struct answerer *a = context;
	const struct irl_port_info *info = irl_port_info(a->port);
	uint8_t bytes[IRL_FRAME_MAX];

	while (!atomic_load(&a->stop)) {
		struct irl_frame in[16], out = {.data = bytes};
		enum irl_tx_status status;
		int n;

		irl_port_wait(a->port, 0, 20000000);
		n = irl_port_recv(a->port, 0, in, 16);
		for (int i = 0; i < n; i++) {
			out.length =
			    irl_answer(steer.own, steer.own_count, info->mac,
				       in[i].data, in[i].length, bytes);
			if (out.length)
				a->answered += irl_port_send(a->port, 0, &out,
							     1, &status) == 1;
		}
	}
	return NULL;
}

static void peer_can_ping_us(void **state)
{
	struct answerer a = {.port = open_port(1)};
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, answer_all, &a), 0);
	lab_do_there(&lab, "ip neigh flush dev vb");
	lab_do_there(&lab, "ping -q -c 3 -i 0.05 -W 5 10.9.0.9 >/dev/null");
	lab_do_there(
	    &lab,
	    "ip neigh show 10.9.0.9 dev vb | grep -q 'lladdr 02:00:00:00:00:"
	    "0a'");
	lab_do_there(&lab,
		     "ping -q -c 3 -i 0.05 -W 5 -s 0 10.9.0.9 >/dev/null");
	lab_do_there(
	    &lab,
	    "ping -q -c 3 -i 0.05 -W 5 -s 1472 -M do 10.9.0.9 >/dev/null");
	/* nobody's address stays silent; the host's own answers by itself */
	lab_do_there(&lab, "! ping -q -c 1 -w 1 10.9.0.10 >/dev/null");
	lab_do_there(&lab, "ping -q -c 1 -W 5 10.9.0.1 >/dev/null");
	atomic_store(&a.stop, true);
	pthread_join(thread, NULL);
	assert_true(a.answered >= 10); /* nine echoes and an ARP reply */
	irl_port_close(a.port);
}

/* A neighbour may want to know us before it answers us. */
static void we_can_be_asked_while_we_ask(void **state)
{
	struct irl_port *port = open_port(1);
	struct irl_error err = {0};
	uint8_t mac[6] = {0};
	int status = -1;
	pid_t child;

	(void)state;
	lab_do_there(&lab, "ip neigh flush dev vb");
	child = fork();
	if (child == 0) {
		lab_enter(lab.there);
		execlp("ping", "ping", "-q", "-c", "1", "-W", "10", "10.9.0.9",
		       (char *)NULL);
		_exit(127);
	}
	assert_true(child > 0);
	for (int i = 0; i < 3 && waitpid(child, &status, WNOHANG) == 0; i++)
		assert_int_equal(irl_resolve(port, OURS,
					     irl_port_info(port)->mac,
					     ADDR(10, 9, 0, 66), mac, &err),
				 -IRL_ENEIGH);
	if (status == -1)
		waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	irl_port_close(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(neighbour_answers_us),
	    cmocka_unit_test(silence_is_an_error_with_the_mend),
	    cmocka_unit_test(link_down_is_told_at_once),
	    cmocka_unit_test(next_hop_by_either_way),
	    cmocka_unit_test(peer_can_ping_us),
	    cmocka_unit_test(we_can_be_asked_while_we_ask),
	};

	lab = lab_new();
	if (lab_run("ip link set va address 02:00:00:00:00:0a"))
		return 1;
	lab_enter(lab.there);
	if (lab_run("ip link set vb address 02:00:00:00:00:0b"))
		return 1;
	lab_enter(lab.here);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

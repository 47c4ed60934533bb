// SPDX-License-Identifier: BSD-2-Clause
/*
 * IPv6 neighbours and routes: an address that only we own (fd09::9), over both
 * ports, against the kernel of the other end.
 *
 *   va fd09::1/64, fe80::a ------- vb fd09::2/64, fe80::b, fd50::1/64 behind it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <irl/net.h>
#include "netns/net_lab.h"

#define PEER_MAC "\x02\0\0\0\0\x0b"

static struct lab lab;
static const char *const kinds[] = {"packet", "live"};

static struct irl_ip ip(const char *text)
{
	struct irl_ip out;

	assert_true(irl_ip_read(text, &out));
	return out;
}

static struct irl_port *open_port(const char *kind, const char *own,
				  uint32_t length)
{
	struct irl_steer steer = {.own6_count = 1};
	const struct irl_port_options options = {
	    .ifname = "va", .kind = kind, .steer = &steer};
	struct irl_error err = {0};
	struct irl_port *port;

	steer.own6[0] = (struct irl_prefix6){ip(own), length};
	if (irl_port_open(&port, &options, &err))
		fail_msg("%s", err.text);
	return port;
}

static void text_of_addresses(void **state)
{
	static const char *const good[] = {"10.1.2.3", "fd00::1",
					   "::", "fe80::a:b"};
	static const char *const bad[] = {"",      "fd00::1%va", "[::1]",
					  "1.2.3", "fd00:::1",   "::1 "};
	char text[IRL_IP_TEXT];
	struct irl_ip out;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		out = ip(good[i]);
		assert_string_equal(irl_ip_text(&out, text), good[i]);
		assert_int_equal(irl_ip_is4(&out), i == 0);
	}
	for (unsigned i = 0; i < 6; i++)
		assert_false(irl_ip_read(bad[i], &out));
}

static void expect_route(const char *dest, const char *interface,
			 const char *source, const char *gateway, bool local)
{
	const struct irl_ip to = ip(dest), from = ip(source), by = ip(gateway);
	struct irl_error err = {0};
	struct irl_ip_route route;

	if (irl_ip_route_get(&to, interface, &route, &err))
		fail_msg("%s", err.text);
	assert_true(irl_ip_equal(&route.source, &from));
	assert_true(irl_ip_equal(&route.gateway, &by));
	assert_int_equal(route.local, local);
	if (!local)
		assert_string_equal(route.ifname, "va");
}

static void routes(void **state)
{
	const struct irl_ip nowhere = ip("fd99::1"), here = ip("fd09::1"),
			    own = ip("fd09::9"), here4 = ip("10.9.0.1");
	struct irl_error err = {0};
	struct irl_ip_route route;

	(void)state;
	expect_route("fd09::2", NULL, "fd09::1", "::", false);
	expect_route("fd09::2", "va", "fd09::1", "::", false);
	expect_route("fd50::1", NULL, "fd09::1", "fe80::b", false);
	expect_route("fd09::1", NULL, "fd09::1", "::", true);
	expect_route("10.9.0.2", NULL, "10.9.0.1", "::", false);
	assert_int_equal(irl_ip_route_get(&nowhere, NULL, &route, &err),
			 -IRL_ENOROUTE);
	assert_non_null(strstr(err.text, "ip -6 route add fd99::1"));
	assert_int_equal(irl_ip_route_get(&nowhere, "va", &route, &err),
			 -IRL_ENOROUTE);
	assert_int_equal(irl_ip_is_host(&here, &err), 1);
	assert_int_equal(irl_ip_is_host(&here4, &err), 1);
	assert_int_equal(irl_ip_is_host(&own, &err), 0);
	assert_int_equal(irl_ip_is_host(&nowhere, &err), 0);
}

static void neighbour_answers_us(void **state)
{
	static const char *const targets[] = {"fd09::2", "fe80::b"};
	const struct irl_ip own = ip("fd09::9");

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct irl_port *port = open_port(kinds[i / 2], "fd09::9", 128);
		const struct irl_ip target = ip(targets[i % 2]);
		struct irl_error err = {0};
		uint8_t mac[6] = {0};

		lab_do_there(&lab, "ip -6 neigh flush dev vb");
		if (irl_ip_resolve(port, &own, irl_port_info(port)->mac,
				   &target, mac, &err))
			fail_msg("%s", err.text);
		assert_memory_equal(mac, PEER_MAC, 6);
		irl_port_close(port);
	}
}

static void silence_is_an_error_with_the_mend(void **state)
{
	const struct irl_ip own = ip("fd09::9"), absent = ip("fd09::66");
	struct irl_port *port = open_port("packet", "fd09::9", 128);
	struct irl_error err = {0};
	uint8_t mac[6];

	(void)state;
	assert_int_equal(irl_ip_resolve(port, &own, irl_port_info(port)->mac,
					&absent, mac, &err),
			 -IRL_ENEIGH);
	assert_non_null(strstr(err.text, "fd09::66 does not answer neighbour "
					 "discovery from fd09::9 on va"));
	irl_port_close(port);
}

static void next_hop_by_either_way(void **state)
{
	static const char *const source[] = {"fd09::9", "fd09::1"};
	const struct irl_ip dest = ip("fd50::1"), absent = ip("fd09::66");
	struct irl_port *port = open_port("packet", "fd09::9", 128);
	struct irl_ip_route route;
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(irl_ip_route_get(&dest, NULL, &route, &err), 0);
	for (int i = 0; i < 2; i++) {
		const struct irl_ip from = ip(source[i]);
		uint8_t mac[6] = {0};

		/* the host's own source does without the port */
		if (irl_ip_next_hop(i ? NULL : port, &route, &from, &dest, mac,
				    &err))
			fail_msg("%s", err.text);
		assert_memory_equal(mac, PEER_MAC, 6);
	}
	assert_int_equal(irl_ip_neighbour_resolve(route.ifindex, &absent, 0,
						  (uint8_t[6]){0}, &err),
			 -IRL_ENEIGH);
	irl_port_close(port);
}

/* ---- being found ------------------------------------------------------- */

struct answerer {
	struct irl_port *port;
	struct irl_steer steer;
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
			    irl_answer_steered(&a->steer, info->mac, in[i].data,
					       in[i].length, bytes);
			if (out.length)
				a->answered += irl_port_send(a->port, 0, &out,
							     1, &status) == 1;
		}
	}
	return NULL;
}

static void peer_can_ping_us(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct answerer a = {
		    .port = open_port(kinds[i], "fd09::9", 128),
		    .steer = {.own6 = {{ip("fd09::9"), 128}}, .own6_count = 1}};
		pthread_t thread;

		assert_int_equal(pthread_create(&thread, NULL, answer_all, &a),
				 0);
		lab_do_there(&lab, "ip -6 neigh flush dev vb");
		lab_do_there(&lab,
			     "ping -q -c 3 -i 0.05 -W 5 fd09::9 >/dev/null");
		lab_do_there(&lab, "ip neigh show fd09::9 dev vb | grep -q "
				   "'lladdr 02:00:00:00:00:0a'");
		lab_do_there(&lab, "ping -q -c 3 -i 0.05 -W 5 -s 1452 fd09::9 "
				   ">/dev/null");
		/* nobody's address is silent; the host's own answers itself */
		lab_do_there(&lab, "! ping -q -c 1 -w 1 fd09::8 >/dev/null");
		lab_do_there(&lab, "ping -q -c 1 -W 5 fd09::1 >/dev/null");
		/* who would take our address finds it taken (RFC 4862) */
		lab_do_there(&lab, "ip addr add fd09::9/64 dev vb");
		lab_enter(lab.there);
		assert_true(LAB_AWAIT(!system(
		    "ip addr show dev vb to fd09::9 | grep -q dadfailed")));
		lab_enter(lab.here);
		lab_do_there(&lab, "ip addr del fd09::9/64 dev vb");
		atomic_store(&a.stop, true);
		pthread_join(thread, NULL);
		assert_true(a.answered >= 7); /* echoes, advertisements */
		irl_port_close(a.port);
	}
}

/* ---- groups ------------------------------------------------------------ */

/* The card is told the groups that own addresses are asked for by; nothing of
 * it stays. */
static void groups_are_joined_and_left(void **state)
{

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct irl_port *port =
		    open_port(kinds[i], "fd09::ab:cd08", 127);

		for (int there = 1; there >= 0; there--) {
			const char *no = there ? "" : "! ";

			assert_int_equal(lab_run("%s ip maddr show dev va | "
						 "grep -q 33:33:ff:ab:cd:08",
						 no),
					 0);
			assert_int_equal(lab_run("%s ip maddr show dev va | "
						 "grep -q ff02::1:ffab:cd09",
						 no),
					 0);
			/* all nodes: the kernel's stack is there, too */
			assert_int_equal(
			    lab_run("%s ip maddr show dev va | grep -q "
				    "'33:33:00:00:00:01 users [2-9]'",
				    no),
			    0);
			if (there)
				irl_port_close(port);
		}
		/* too many to name */
		port = open_port(kinds[i], "fd09:0:0:1::", 64);
		lab_do("ip -d link show va | grep -q 'allmulti 1'");
		irl_port_close(port);
		lab_do("ip -d link show va | grep -q 'allmulti 0'");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_of_addresses),
	    cmocka_unit_test(routes),
	    cmocka_unit_test(neighbour_answers_us),
	    cmocka_unit_test(silence_is_an_error_with_the_mend),
	    cmocka_unit_test(next_hop_by_either_way),
	    cmocka_unit_test(peer_can_ping_us),
	    cmocka_unit_test(groups_are_joined_and_left),
	};

	lab = lab_new();
	if (lab_run("ip link set va address 02:00:00:00:00:0a") ||
	    lab_run("ip addr add fe80::a/64 dev va nodad && "
		    "ip addr add fd09::1/64 dev va nodad"))
		return LAB_SKIPPED;
	lab_enter(lab.there);
	if (lab_run("ethtool -K vb gro on && "
		    "ip link set vb address 02:00:00:00:00:0b && "
		    "ip addr add fe80::b/64 dev vb nodad && "
		    "ip addr add fd09::2/64 dev vb nodad && "
		    "ip addr add fd50::1/64 dev vb nodad"))
		return 1;
	lab_enter(lab.here);
	if (lab_run("ip -6 route add fd50::/64 via fe80::b dev va"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

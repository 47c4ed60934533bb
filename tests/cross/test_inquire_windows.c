// SPDX-License-Identifier: BSD-2-Clause
/* Neighbours asked for in the host's name: by Windows, of which a function of
 * the test's own has the part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/os.h"
#include "net/host_port_windows.h"
#include "net/inquire.h"

#define HOST 0x0a010001u
#define FIRST 0x0a010100u
#define COUNT 300u

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
static const struct irl_port_info info = {
    .ifname = "va", .ifindex = 7, .mac = {2, 0, 0, 0, 0, 1}, .mtu = 1500};

static unsigned calls, held; /* atomic */

/* There are those with an even last byte. */
static int half(unsigned ifindex, const struct irl_ip *addr,
		unsigned timeout_ms, uint8_t out[6], struct irl_error *err)
{
	(void)timeout_ms;
	__atomic_fetch_add(&calls, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&held, __ATOMIC_SEQ_CST))
		irl_os_sleep_until(irl_os_clock_ns() + 1000000);
	if (ifindex != 7 || addr->byte[15] & 1)
		return irl_error_set(err, IRL_ENEIGH, "silent");
	memcpy(out, (uint8_t[]){2, 1, 0, 0, addr->byte[14], addr->byte[15]}, 6);
	return 0;
}

static struct irl_port *open_port(void)
{
	struct irl_port *port;

	calls = 0;
	assert_int_equal(net_host_port(&port, &info, half, NULL), 0);
	return port;
}

static struct net_neighbours *new_table(struct irl_ip source6)
{
	struct net_neighbours_options options = {.source = HOST,
						 .source6 = source6,
						 .room = COUNT + 2,
						 .rate_pps = 1e6};
	struct net_neighbours *table;

	memcpy(options.mac, mac, 6);
	table = net_neighbours_new(&options);
	assert_non_null(table);
	return table;
}

static void check(const struct net_neighbours *table, const struct irl_ip *addr)
{
	const uint8_t want[6] = {2, 1, 0, 0, addr->byte[14], addr->byte[15]};
	uint8_t got[6];
	enum net_neighbour_state state = net_neighbours_find(table, addr, got);

	if (addr->byte[15] & 1) {
		assert_int_equal(state, NET_NEIGHBOUR_ABSENT);
		return;
	}
	assert_int_equal(state, NET_NEIGHBOUR_KNOWN);
	assert_memory_equal(got, want, 6);
}

static void test_many(void **state)
{
	struct irl_port *port = open_port();
	struct net_neighbours *table = new_table((struct irl_ip){{0}});
	struct irl_error err;

	(void)state;
	for (uint32_t i = 0; i < COUNT; i++) {
		struct irl_ip addr = irl_ip4(FIRST + i);

		net_neighbours_ask(table, &addr);
	}
	assert_int_equal(net_inquire(port, table, NULL, 0, NULL, &err), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct irl_ip addr = irl_ip4(FIRST + i);

		check(table, &addr);
	}
	net_neighbours_free(table);
	irl_port_close(port);
}

/* In the host's name, and from nobody. */
static void test_ipv6(void **state)
{
	const struct irl_ip source[] = {{{0xfe, 0x80, [15] = 9}}, {{0}}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const struct irl_ip there = {{0xfe, 0x80, [15] = 8}};
		const struct irl_ip absent = {{0xfe, 0x80, [15] = 7}};
		struct irl_port *port = open_port();
		struct net_neighbours *table = new_table(source[i]);
		struct irl_error err;

		net_neighbours_ask(table, &there);
		net_neighbours_ask(table, &absent);
		assert_int_equal(net_inquire(port, table, NULL, 0, NULL, &err),
				 0);
		check(table, &there);
		check(table, &absent);
		net_neighbours_free(table);
		irl_port_close(port);
	}
}

/* What is under way is not asked for twice, and outlives the port. */
static void test_under_way(void **state)
{
	struct irl_port *port = open_port();
	struct net_neighbours *table = new_table((struct irl_ip){{0}});
	const struct irl_ip addr = irl_ip4(FIRST);
	uint8_t request[NET_NEIGHBOURS_FRAME], other[60] = {0};
	struct irl_frame frame[2] = {{.data = request},
				     {.data = other, .length = 60}};
	enum irl_tx_status status[2];
	struct irl_port_stats stats;

	(void)state;
	held = 1;
	net_neighbours_ask(table, &addr);
	frame[0].length = net_neighbours_request(table, 1, request);
	assert_int_equal(irl_port_send(port, 0, frame, 2, status), 1);
	assert_int_equal(status[0], IRL_TX_ACCEPTED);
	assert_int_equal(status[1], IRL_TX_REFUSED);
	assert_int_equal(irl_port_send(port, 0, frame, 1, status), 1);
	assert_int_equal(irl_port_wait(port, 0, 5000000), 0);
	assert_int_equal(irl_port_recv(port, 0, frame, 2), 0);
	while (!__atomic_load_n(&calls, __ATOMIC_SEQ_CST))
		irl_os_sleep_until(irl_os_clock_ns() + 1000000);
	assert_int_equal(calls, 1);
	irl_port_stats(port, &stats);
	assert_int_equal(stats.tx_offered, 2);
	irl_port_close(port);
	__atomic_store_n(&held, 0, __ATOMIC_SEQ_CST);
	net_neighbours_free(table);
}

static int first_interface(struct irl_interface *out)
{
	struct irl_interface list[64];
	int n = irl_interface_list(list, 64, NULL);

	for (int i = 0; i < n; i++)
		if (!list[i].loopback &&
		    irl_address_list(list[i].ifindex, NULL, 0, NULL) > 0) {
			*out = list[i];
			return 1;
		}
	return 0;
}

/* The host's address needs no driver; one of ours needs one that is there. */
static void test_whose(void **state)
{
	struct irl_steer steer = {.own_count = 1};
	struct irl_interface interface;
	struct irl_address addr;
	struct irl_error err = {0};
	struct irl_port *port;

	(void)state;
	if (!first_interface(&interface) ||
	    irl_address_list(interface.ifindex, &addr, 1, NULL) != 1 ||
	    !addr.addr)
		skip();
	steer.own[0] = (struct irl_prefix4){addr.addr, 32};
	assert_int_equal(net_inquire_port(&port, interface.name, &steer, &err),
			 0);
	assert_true(net_inquire_by_port(port));
	assert_string_equal(irl_port_info(port)->ifname, interface.name);
	irl_port_close(port);
	steer.own[0].addr = 0x0a63feccu;
	if (net_inquire_port(&port, interface.name, &steer, &err)) {
		assert_non_null(strstr(err.text, "irlstackp.sys"));
		return;
	}
	assert_false(net_inquire_by_port(port));
	irl_port_close(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_ipv6),
	    cmocka_unit_test(test_under_way),
	    cmocka_unit_test(test_whose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

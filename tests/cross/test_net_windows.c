// SPDX-License-Identifier: BSD-2-Clause
/* What the host's network says through the IP helper API, held against itself:
 * any host has a loopback, an address there, and sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <irl/link.h>
#include <irl/net.h>
#include "net/on_link.h"
#include "net/route.h"
#include "net/windows.h"

static void test_interfaces(void **state)
{
	struct irl_interface list[64], again, by_number;
	struct irl_error err = {0};
	char number[16];
	int n = irl_interface_list(list, 64, &err);
	unsigned loopbacks = 0;

	(void)state;
	assert_in_range(n, 1, 64);
	for (int i = 0; i < n; i++) {
		loopbacks += list[i].loopback;
		assert_int_equal(irl_interface_get(list[i].name, &again, &err),
				 0);
		assert_int_equal(again.ifindex, list[i].ifindex);
		snprintf(number, sizeof(number), "%u", list[i].ifindex);
		assert_int_equal(irl_interface_get(number, &by_number, &err),
				 0);
		assert_memory_equal(&by_number, &again, sizeof(again));
		assert_string_equal(net_interface_name(list[i].ifindex, number),
				    list[i].name);
	}
	assert_int_equal(loopbacks, 1);
	assert_int_equal(irl_interface_get("nosuch", &again, &err),
			 -IRL_ENODEV);
	assert_non_null(strstr(err.text, list[0].name));
	assert_string_equal(net_interface_name(999999, number), "?");
}

static void test_addresses(void **state)
{
	struct irl_address list[64];
	struct irl_error err = {0};
	struct irl_ip one = {.byte = {[15] = 1}};
	int n = irl_address_list(0, list, 64, &err);
	bool has_loopback = false;

	(void)state;
	assert_in_range(n, 1, 64);
	for (int i = 0; i < n; i++) {
		has_loopback |= list[i].addr == 0x7f000001;
		assert_int_equal(irl_address_is_host(list[i].addr, &err), 1);
		assert_in_range(
		    irl_address_list(list[i].ifindex, NULL, 0, &err), 1, n);
	}
	assert_true(has_loopback);
	assert_int_equal(irl_address_is_host(0x7f010203, &err), 1);
	assert_int_equal(irl_address_is_host(0xc0000201, &err), 0);
	assert_int_equal(irl_ip_is_host(&one, &err), 1);
}

static void count_route(void *count, const struct net_route *route)
{
	assert_true(route->ifindex != 0);
	assert_in_range(route->length, 0, 128);
	++*(unsigned *)count;
}

static void test_routes(void **state)
{
	struct irl_error err = {0};
	struct net_on_link on_link;
	struct irl_route route;
	unsigned count = 0;

	(void)state;
	assert_int_equal(irl_route_get(0xe0000001, NULL, &route, &err),
			 -IRL_ENOROUTE);
	assert_non_null(strstr(err.text, "multicast"));
	assert_int_equal(irl_route_get(0x0a000001, "nosuch", &route, &err),
			 -IRL_ENODEV);
	assert_int_equal(
	    net_route_each(false, 0, count_route, NULL, &count, &err), 0);
	if (!irl_route_default(NULL, &route, &err)) {
		struct irl_route distant;

		assert_true(count > 0);
		assert_true(route.gateway && route.ifindex);
		assert_int_equal(
		    irl_route_get(0x08080808, NULL, &distant, &err), 0);
		assert_int_equal(distant.gateway, route.gateway);
		assert_int_equal(distant.ifindex, route.ifindex);
		assert_int_equal(
		    net_on_link_read(route.ifindex, &on_link, &err), 0);
		assert_int_equal(net_on_link_place(&on_link, route.gateway),
				 NET_PLACE_ON_LINK);
		assert_int_equal(net_on_link_place(&on_link, 0x08080808),
				 NET_PLACE_FAR);
	} else {
		assert_int_equal(err.code, IRL_ENOROUTE);
	}
}

/* Bound by us, so it is in use. */
static void test_ports(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(0x7f000001)};
	int length = sizeof(at);
	struct irl_error err = {0};
	uint16_t first, last;
	WSADATA data;
	SOCKET s;

	(void)state;
	assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
	assert_int_equal(
	    irl_port_range_choose(0x7f000001, 0, &first, &last, &err), 0);
	assert_int_equal(last - first + 1, IRL_PORTS_WANTED);
	assert_in_range(first, 1024, 49151);
	assert_int_equal(irl_port_range_check(0x7f000001, first, last, &err),
			 0);
	s = socket(AF_INET, SOCK_STREAM, 0);
	at.sin_port = htons(first);
	assert_int_equal(bind(s, (struct sockaddr *)&at, length), 0);
	assert_int_equal(listen(s, 1), 0);
	assert_int_equal(irl_port_range_check(0x7f000001, first, last, &err),
			 -IRL_EBUSY);
	assert_non_null(strstr(err.text, "listening"));
	assert_non_null(strstr(err.text, "netstat"));
	closesocket(s);
	assert_int_equal(irl_port_range_check(0x7f000001, 50000, 50099, &err),
			 -IRL_EBUSY);
	assert_non_null(strstr(err.text, "dynamic"));
	WSACleanup();
}

static void test_neighbours(void **state)
{
	struct irl_neighbour out;
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(irl_neighbour_get(1, 0xc0000201, &out, &err), 0);
	assert_true(out.state < IRL_NEIGHBOUR_OLD);
}

/* What to do is told in words that this system knows. */
static void test_words(void **state)
{
	const struct irl_ip from = irl_ip4(0x0a000001),
			    to = irl_ip4(0x0a000002);
	struct irl_link_options options = {0};
	struct irl_port *a, *b;
	struct irl_link *link;
	struct irl_error err = {0};
	uint8_t mac[6];

	(void)state;
	assert_int_equal(irl_link_new(&link, &options, &a, &b, &err), 0);
	assert_int_equal(
	    irl_ip_resolve(a, &from, irl_port_info(a)->mac, &to, mac, &err),
	    -IRL_ENEIGH);
	assert_non_null(strstr(err.text, "on this link (Get-NetRoute)?"));
	irl_link_set(link, IRL_LINK_DOWN);
	assert_int_equal(
	    irl_ip_resolve(a, &from, irl_port_info(a)->mac, &to, mac, &err),
	    -IRL_ELINK);
	assert_non_null(strstr(err.text, "Get-NetAdapter -InterfaceIndex 0 | "
					 "Enable-NetAdapter, check the cable"));
	irl_port_close(a);
	irl_port_close(b);
	irl_link_free(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_interfaces), cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_routes),     cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_neighbours), cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Interfaces, addresses, routes and neighbours, against the kernel's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <irl/net.h>
#include "net/hops.h"
#include "net/on_link.h"
#include "netns/net_lab.h"

static struct lab lab;

static unsigned index_of(const char *name)
{
	struct irl_interface interface;
	struct irl_error err = {0};

	if (irl_interface_get(name, &interface, &err))
		fail_msg("%s", err.text);
	return interface.ifindex;
}

static void wait_for_carrier(void)
{
	struct irl_interface i;

	assert_true(
	    LAB_AWAIT(irl_interface_get("va", &i, NULL) == 0 && i.carrier));
}

static void interfaces_are_described(void **state)
{
	struct irl_interface i, list[8];
	struct irl_error err = {0};

	(void)state;
	lab_do("ip link set va address 02:00:00:00:00:0a mtu 1450");
	wait_for_carrier();
	assert_int_equal(irl_interface_get("va", &i, &err), 0);
	assert_string_equal(i.name, "va");
	assert_int_equal(i.mtu, 1450);
	assert_memory_equal(i.mac, "\x02\0\0\0\0\x0a", 6);
	assert_true(i.ethernet && i.up && !i.loopback);
	assert_int_equal(irl_interface_get("lo", &i, &err), 0);
	assert_true(i.loopback && !i.ethernet);
	assert_int_equal(irl_interface_list(list, 8, &err), 2);
	assert_string_equal(list[0].name, "lo");
	assert_string_equal(list[1].name, "va");
	/* the count is whole where the room is not */
	assert_int_equal(irl_interface_list(list, 1, &err), 2);
	lab_do("ip link set va down");
	assert_int_equal(irl_interface_get("va", &i, &err), 0);
	assert_true(!i.up && !i.carrier);
	lab_do("ip link set va mtu 1500 up");
}

static void unknown_interface_names_those_there(void **state)
{
	static const char *const bad[] = {"nosuch0", "",
					  "a-name-that-is-too-long"};
	struct irl_interface i;
	struct irl_error err;

	(void)state;
	for (unsigned n = 0; n < 3; n++) {
		memset(&err, 0, sizeof(err));
		assert_int_equal(irl_interface_get(bad[n], &i, &err),
				 -IRL_ENODEV);
		assert_int_equal(err.code, IRL_ENODEV);
		assert_non_null(strstr(err.text, "lo, va"));
	}
}

static void addresses_are_listed(void **state)
{
	struct irl_address list[4];
	struct irl_error err = {0};

	(void)state;
	lab_do("ip addr add 10.9.1.7/28 dev va");
	assert_int_equal(irl_address_list(index_of("va"), list, 4, &err), 2);
	assert_int_equal(list[0].addr, ADDR(10, 9, 0, 1));
	assert_int_equal(list[0].length, 24);
	assert_int_equal(list[1].addr, ADDR(10, 9, 1, 7));
	assert_int_equal(list[1].length, 28);
	assert_int_equal(irl_address_list(0, list, 4, &err), 3); /* and lo's */
	lab_do("ip addr del 10.9.1.7/28 dev va");
	assert_int_equal(irl_address_list(index_of("va"), list, 4, &err), 1);
}

static void own_addresses_are_told_apart(void **state)
{
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(irl_address_is_host(ADDR(10, 9, 0, 1), &err), 1);
	assert_int_equal(irl_address_is_host(ADDR(127, 0, 0, 9), &err), 1);
	assert_int_equal(irl_address_is_host(ADDR(10, 9, 0, 2), &err), 0);
	/* no route at all is no error here */
	assert_int_equal(irl_address_is_host(ADDR(10, 200, 0, 1), &err), 0);
	lab_do("ip route add local 10.77.0.0/16 dev lo");
	assert_int_equal(irl_address_is_host(ADDR(10, 77, 3, 4), &err), 1);
	lab_do("ip route del local 10.77.0.0/16 dev lo");
	assert_int_equal(irl_address_is_host(ADDR(10, 77, 3, 4), &err), 0);
}

static void route_on_link(void **state)
{
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	assert_int_equal(irl_route_get(ADDR(10, 9, 0, 2), NULL, &r, &err), 0);
	assert_string_equal(r.ifname, "va");
	assert_int_equal(r.ifindex, index_of("va"));
	assert_int_equal(r.source, ADDR(10, 9, 0, 1));
	assert_int_equal(r.gateway, 0);
	assert_false(r.local);
	assert_int_equal(irl_route_get(ADDR(10, 9, 0, 1), NULL, &r, &err), 0);
	assert_true(r.local);
}

static void route_by_gateway(void **state)
{
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	lab_do("ip route add 10.50.0.0/16 via 10.9.0.2");
	for (int named = 0; named < 2; named++) {
		assert_int_equal(irl_route_get(ADDR(10, 50, 1, 1),
					       named ? "va" : NULL, &r, &err),
				 0);
		assert_int_equal(r.gateway, ADDR(10, 9, 0, 2));
		assert_int_equal(r.source, ADDR(10, 9, 0, 1));
		assert_string_equal(r.ifname, "va");
	}
	lab_do("ip route del 10.50.0.0/16");
}

static void no_route_says_what_to_do(void **state)
{
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), NULL, &r, &err),
			 -IRL_ENOROUTE);
	assert_non_null(strstr(err.text, "no route to 10.60.1.1"));
	assert_non_null(strstr(err.text, "ip route add"));
	assert_non_null(strstr(err.text, "--gateway-mac"));
	/* the kernel alone would take it to be on link */
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), "va", &r, &err),
			 -IRL_ENOROUTE);
	assert_non_null(strstr(err.text, "through va"));
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), "vq", &r, &err),
			 -IRL_ENODEV);
	lab_do("ip link add vd type veth peer name ve");
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), "vd", &r, &err),
			 -IRL_ENOROUTE);
	assert_string_equal(err.text,
			    "interface vd is down: ip link set vd up");
	lab_do("ip link del vd");
}

/* No route will help. */
static void interfaces_that_lead_nowhere(void **state)
{
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), "lo", &r, &err),
			 -IRL_ENOROUTE);
	assert_string_equal(err.text, "interface lo leads to this host alone: "
				      "name another one (--interface)");
	lab_do("ip link set va down");
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), NULL, &r, &err),
			 -IRL_ENOROUTE);
	assert_string_equal(err.text,
			    "interface va is down: ip link set va up");
	lab_do("ip link add vd type veth peer name ve");
	lab_do("ip link set vd up");
	assert_int_equal(irl_route_get(ADDR(10, 60, 1, 1), NULL, &r, &err),
			 -IRL_ENOROUTE);
	assert_non_null(strstr(err.text, "no route to 10.60.1.1: add one"));
	lab_do("ip link del vd");
	lab_do("ip link set va up");
}

static void refusing_routes_are_no_routes(void **state)
{
	static const char *const kind[] = {"unreachable", "prohibit",
					   "blackhole"};
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(
		    lab_run("ip route add %s 10.61.0.0/16", kind[i]), 0);
		assert_int_equal(
		    irl_route_get(ADDR(10, 61, 1, 1), NULL, &r, &err),
		    -IRL_ENOROUTE);
		assert_int_equal(
		    lab_run("ip route del %s 10.61.0.0/16", kind[i]), 0);
	}
	assert_int_equal(irl_route_get(ADDR(10, 9, 0, 255), NULL, &r, &err),
			 -IRL_ENOROUTE);
	assert_non_null(strstr(err.text, "broadcast"));
}

static void ipv6_gateway_is_told(void **state)
{
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	lab_do("ip route add 10.62.0.0/16 via inet6 fe80::1 dev va");
	assert_int_equal(irl_route_get(ADDR(10, 62, 1, 1), NULL, &r, &err),
			 -IRL_ENOTSUP);
	assert_non_null(strstr(err.text, "--gateway-mac"));
	lab_do("ip route del 10.62.0.0/16");
}

static void default_route_of_lowest_metric(void **state)
{
	struct irl_error err = {0};
	struct irl_route r;

	(void)state;
	assert_int_equal(irl_route_default(NULL, &r, &err), -IRL_ENOROUTE);
	lab_do("ip route add default via 10.9.0.9 metric 500");
	lab_do("ip route add default via 10.9.0.2 metric 50");
	assert_int_equal(irl_route_default(NULL, &r, &err), 0);
	assert_int_equal(r.gateway, ADDR(10, 9, 0, 2));
	assert_int_equal(r.source, ADDR(10, 9, 0, 1));
	assert_int_equal(irl_route_default("va", &r, &err), 0);
	assert_int_equal(irl_route_default("lo", &r, &err), -IRL_ENOROUTE);
	lab_do("ip route flush default && ip route add default nexthop via "
	       "10.9.0.3 dev va nexthop via 10.9.0.4 dev va");
	assert_int_equal(irl_route_default("va", &r, &err), 0);
	assert_int_equal(r.gateway, ADDR(10, 9, 0, 3));
	lab_do("ip route flush default");
}

static void kernel_resolves_a_neighbour(void **state)
{
	unsigned va = index_of("va");
	struct irl_error err = {0};
	struct irl_neighbour n;
	uint8_t mac[6] = {0};

	(void)state;
	lab_do("ip neigh flush dev va");
	lab_enter(lab.there);
	lab_do("ip link set vb address 02:00:00:00:00:0b");
	lab_enter(lab.here);
	assert_int_equal(irl_neighbour_get(va, ADDR(10, 9, 0, 2), &n, &err), 0);
	assert_true(n.state < IRL_NEIGHBOUR_OLD);
	if (irl_neighbour_resolve(va, ADDR(10, 9, 0, 2), 0, mac, &err))
		fail_msg("%s", err.text);
	assert_memory_equal(mac, "\x02\0\0\0\0\x0b", 6);
	assert_int_equal(irl_neighbour_get(va, ADDR(10, 9, 0, 2), &n, &err), 0);
	assert_int_equal(n.state, IRL_NEIGHBOUR_GOOD);
	assert_memory_equal(n.mac, mac, 6);
}

static void stale_neighbour_is_confirmed_not_believed(void **state)
{
	unsigned va = index_of("va");
	struct irl_error err = {0};
	struct irl_neighbour n;
	uint8_t mac[6] = {0};

	(void)state;
	/* the entry still has a station's address that has gone */
	lab_do("sysctl -qw net.ipv4.neigh.va.retrans_time_ms=50 && ip neigh "
	       "replace 10.9.0.2 lladdr 02:00:00:00:00:77 nud stale dev va");
	assert_int_equal(irl_neighbour_get(va, ADDR(10, 9, 0, 2), &n, &err), 0);
	assert_int_equal(n.state, IRL_NEIGHBOUR_OLD);
	if (irl_neighbour_resolve(va, ADDR(10, 9, 0, 2), 0, mac, &err))
		fail_msg("%s", err.text);
	assert_memory_equal(mac, "\x02\0\0\0\0\x0b", 6);
}

static void neighbour_set_by_hand_is_believed(void **state)
{
	struct irl_error err = {0};
	uint8_t mac[6] = {0};

	(void)state;
	lab_do("ip neigh replace 10.9.0.88 lladdr 02:00:00:00:00:88 nud "
	       "permanent dev va");
	assert_int_equal(irl_neighbour_resolve(
			     index_of("va"), ADDR(10, 9, 0, 88), 0, mac, &err),
			 0);
	assert_memory_equal(mac, "\x02\0\0\0\0\x88", 6);
}

static void silent_neighbour_is_an_error(void **state)
{
	unsigned va = index_of("va");
	struct irl_error err = {0};
	struct irl_neighbour n;
	uint8_t mac[6] = {0};

	(void)state;
	for (int again = 0; again < 2; again++) {
		assert_int_equal(
		    irl_neighbour_resolve(va, ADDR(10, 9, 0, 66), 0, mac, &err),
		    -IRL_ENEIGH);
		assert_non_null(strstr(err.text, "10.9.0.66"));
		assert_non_null(strstr(err.text, "--gateway-mac"));
	}
	assert_int_equal(irl_neighbour_get(va, ADDR(10, 9, 0, 66), &n, &err),
			 0);
	assert_int_equal(n.state, IRL_NEIGHBOUR_FAILED);
}

/* Routes of scope link, less what others take out of them. */
static void what_is_on_link(void **state)
{
	static const struct {
		uint32_t addr;
		enum net_place place;
	} expected[] = {
	    {ADDR(10, 9, 0, 0), NET_PLACE_NOBODY},
	    {ADDR(10, 9, 0, 1), NET_PLACE_NOBODY}, /* ours */
	    {ADDR(10, 9, 0, 2), NET_PLACE_ON_LINK},
	    {ADDR(10, 9, 0, 127), NET_PLACE_ON_LINK},
	    {ADDR(10, 9, 0, 128), NET_PLACE_FAR}, /* by a gateway */
	    {ADDR(10, 9, 0, 200), NET_PLACE_FAR}, /* to lo */
	    {ADDR(10, 9, 0, 192), NET_PLACE_FAR},
	    {ADDR(10, 9, 0, 255), NET_PLACE_FAR},
	    {ADDR(10, 9, 1, 0), NET_PLACE_FAR},
	    {ADDR(10, 71, 0, 1), NET_PLACE_ON_LINK},
	    {ADDR(10, 71, 255, 255), NET_PLACE_NOBODY},
	    {ADDR(10, 72, 0, 1), NET_PLACE_FAR}, /* the first of two wins */
	};
	struct net_on_link links;
	struct irl_error err = {0};

	(void)state;
	lab_do("ip route add 10.9.0.128/25 via 10.9.0.2 && "
	       "ip route add 10.9.0.200/32 dev lo && "
	       "ip route add 10.71.0.0/16 dev va && "
	       "ip route add 10.72.0.0/16 dev va metric 9 && "
	       "ip route add 10.72.0.0/16 via 10.9.0.2 metric 5");
	if (net_on_link_read(index_of("va"), &links, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_int_equal(net_on_link_place(&links, expected[i].addr),
				 expected[i].place);
	lab_do("for i in $(seq 1 64); do ip route add 10.71.$i.0/24 via "
	       "10.9.0.2 || exit; done");
	assert_int_equal(net_on_link_read(index_of("va"), &links, &err),
			 -IRL_EINVAL);
	assert_non_null(strstr(err.text, "--gateway-mac"));
}

/* Each destination's own next hop, of both families. */
static void next_hops_are_each_ones_own(void **state)
{
	static const struct {
		const char *dest, *next; /* NULL: not by this interface */
	} expected[] = {
	    {"10.9.0.2", "10.9.0.2"},
	    {"10.9.0.130", "10.9.0.2"}, /* a gateway within the link's prefix */
	    {"10.9.0.200", NULL},       /* to lo */
	    {"10.72.0.1", "10.9.0.2"},  /* of two the better */
	    {"10.73.0.1", NULL},        /* unreachable */
	    {"192.0.2.1", "10.9.0.3"},
	    {"fd09::2", "fd09::2"},
	    {"fe80::77", "fe80::77"},
	    {"fd0a::1", "fd09::9"},
	    {"fd0b::1", NULL}, /* no route */
	};
	struct net_hops *hops = calloc(1, sizeof(*hops));
	struct irl_ip dest, next, wanted;
	struct irl_error err = {0};

	(void)state;
	lab_do("for i in $(seq 1 64); do ip route del 10.71.$i.0/24; done");
	lab_do("ip addr add fd09::1/64 dev va nodad && "
	       "ip route add unreachable 10.73.0.0/16 && "
	       "ip route add default via 10.9.0.3 && "
	       "ip route add fd0a::/32 via fd09::9");
	if (net_hops_read(index_of("va"), false, hops, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		const char *to = expected[i].next;

		irl_ip_read(expected[i].dest, &dest);
		assert_int_equal(net_hops_find(hops, &dest, &next), to != NULL);
		if (!to)
			continue;
		irl_ip_read(to, &wanted);
		assert_memory_equal(&next, &wanted, sizeof(next));
	}
	assert_true(net_hops_sample(hops, false, &dest));
	assert_int_equal(irl_ip_addr4(&dest), ADDR(1, 0, 0, 1));
	assert_true(net_hops_sample(hops, true, &dest));
	irl_ip_read("fd0a::1", &wanted);
	assert_memory_equal(&dest, &wanted, sizeof(dest));
	lab_do("for i in $(seq 1 129); do ip route add fd0c:$i::/32 via "
	       "fd09::9 || exit; done");
	assert_int_equal(net_hops_check(hops, &err), 0);
	assert_int_equal(net_hops_read(index_of("va"), false, hops, &err), 0);
	assert_int_equal(net_hops_check(hops, &err), -IRL_EINVAL);
	assert_non_null(strstr(err.text, "--gateway-mac"));
	free(hops);
}

/* As the kernel finds them where the interface is given. */
static void next_hops_of_a_chosen_interface(void **state)
{
	struct net_hops *hops = calloc(1, sizeof(*hops));
	struct irl_ip next, to_lo, refused, refused6;
	struct irl_error err = {0};

	(void)state;
	irl_ip_read("10.9.0.200", &to_lo);
	irl_ip_read("10.73.0.1", &refused);
	irl_ip_read("fd0d::1", &refused6);
	lab_do("ip route add unreachable fd0d::/32 && "
	       "ip route add default via fd09::9");
	if (net_hops_read(index_of("va"), true, hops, &err))
		fail_msg("%s", err.text);
	assert_true(net_hops_find(hops, &to_lo, &next));
	assert_int_equal(irl_ip_addr4(&next), ADDR(10, 9, 0, 2));
	assert_false(net_hops_find(hops, &refused, &next));
	assert_false(net_hops_find(hops, &refused6, &next));
	free(hops);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interfaces_are_described),
	    cmocka_unit_test(unknown_interface_names_those_there),
	    cmocka_unit_test(addresses_are_listed),
	    cmocka_unit_test(own_addresses_are_told_apart),
	    cmocka_unit_test(route_on_link),
	    cmocka_unit_test(route_by_gateway),
	    cmocka_unit_test(no_route_says_what_to_do),
	    cmocka_unit_test(refusing_routes_are_no_routes),
	    cmocka_unit_test(ipv6_gateway_is_told),
	    cmocka_unit_test(default_route_of_lowest_metric),
	    cmocka_unit_test(kernel_resolves_a_neighbour),
	    cmocka_unit_test(stale_neighbour_is_confirmed_not_believed),
	    cmocka_unit_test(neighbour_set_by_hand_is_believed),
	    cmocka_unit_test(silent_neighbour_is_an_error),
	    cmocka_unit_test(what_is_on_link),
	    cmocka_unit_test(next_hops_are_each_ones_own),
	    cmocka_unit_test(next_hops_of_a_chosen_interface),
	    cmocka_unit_test(interfaces_that_lead_nowhere),
	};

	lab = lab_new();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

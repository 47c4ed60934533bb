// SPDX-License-Identifier: BSD-2-Clause
/* Caps and spacing against a model that remembers everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "engine/admission.h"

#define MS 1000000ull

static struct irl_admission make(uint32_t connections, uint32_t per_host,
				 uint32_t per_net, uint64_t host_spacing,
				 uint64_t net_spacing)
{
	const struct irl_admission_options options = {
	    .connections = connections,
	    .per_host = per_host,
	    .per_net = per_net,
	    .host_spacing_ns = host_spacing,
	    .net_spacing_ns = net_spacing,
	    .seed = 5};
	struct irl_admission a;

	assert_int_equal(irl_admission_init(&a, &options), 0);
	return a;
}

static bool ask4(struct irl_admission *a, uint32_t addr, uint64_t now)
{
	struct irl_ip ip = irl_ip4(addr);

	return irl_admission_ask(a, &ip, now);
}

static void release4(struct irl_admission *a, uint32_t addr, uint64_t now)
{
	struct irl_ip ip = irl_ip4(addr);

	irl_admission_release(a, &ip, now);
}

static void test_caps(void **state)
{
	struct irl_admission a = make(6, 2, 3, 0, 0);

	(void)state;
	assert_true(ask4(&a, 0x0a000001, 1));
	assert_true(ask4(&a, 0x0a000001, 1));
	assert_false(ask4(&a, 0x0a000001, 1)); /* the host */
	assert_true(ask4(&a, 0x0a000002, 1));
	assert_false(ask4(&a, 0x0a000003, 1)); /* the network */
	assert_true(ask4(&a, 0x0a000101, 1));
	assert_true(ask4(&a, 0x0a000201, 1));
	assert_true(ask4(&a, 0x0a000301, 1));
	assert_false(ask4(&a, 0x0a000401, 1)); /* all */
	release4(&a, 0x0a000001, 2);
	assert_true(ask4(&a, 0x0a000003, 2));
	assert_int_equal(a.open, 6);
	irl_admission_fini(&a);
}

static void test_spacing(void **state)
{
	struct irl_admission a = make(100, 9, 9, 20 * MS, 5 * MS);

	(void)state;
	assert_true(ask4(&a, 0x0a000001, 0));
	assert_false(ask4(&a, 0x0a000002, 5 * MS - 1));
	assert_true(ask4(&a, 0x0a000002, 5 * MS));
	release4(&a, 0x0a000001, 6 * MS); /* its end changes nothing */
	assert_false(ask4(&a, 0x0a000001, 20 * MS - 1));
	assert_true(ask4(&a, 0x0a000001, 20 * MS));
	irl_admission_fini(&a);
}

/* IPv6: a network is a /48. */
static void test_families(void **state)
{
	struct irl_admission a = make(100, 9, 2, 0, 0);
	struct irl_ip ip = {{0x20, 1, 0xd, 0xb8, 0, 1, 0, 1}};

	(void)state;
	assert_true(irl_admission_ask(&a, &ip, 0));
	ip.byte[7] = 2;
	assert_true(irl_admission_ask(&a, &ip, 0));
	ip.byte[15] = 3;
	assert_false(irl_admission_ask(&a, &ip, 0));
	ip.byte[5] = 2;
	assert_true(irl_admission_ask(&a, &ip, 0));
	irl_admission_fini(&a);
}

/* Many hosts, in any order: as the model says, and memory stays as it is. */
static void test_against_model(void **state)
{
	enum { HOSTS = 256, NETS = 16, CAP = 3, NETCAP = 8, ALL = 64 };
	struct irl_admission a = make(ALL, CAP, NETCAP, 7, 3);
	static unsigned host[HOSTS], net[NETS];
	static uint64_t host_next[HOSTS], net_next[NETS];
	unsigned open = 0, admitted = 0;
	uint32_t x = 1;

	(void)state;
	for (uint64_t now = 0; now < 400000; now++) {
		unsigned h, n;

		x = x * 1664525 + 1013904223;
		h = (x >> 8) % HOSTS;
		n = h % NETS;
		if (x >> 31) {
			bool may = open < ALL && host[h] < CAP &&
				   net[n] < NETCAP && host_next[h] <= now &&
				   net_next[n] <= now;

			assert_int_equal(ask4(&a, 0x0a000000 | n << 8 | h, now),
					 may);
			if (!may)
				continue;
			admitted++;
			open++;
			host[h]++;
			net[n]++;
			host_next[h] = now + 7;
			net_next[n] = now + 3;
		} else if (host[h]) {
			release4(&a, 0x0a000000 | n << 8 | h, now);
			open--;
			host[h]--;
			net[n]--;
		}
	}
	assert_true(admitted > 10000);
	assert_true(a.host.used <= HOSTS);
	irl_admission_fini(&a);
}

/* So many hosts are remembered for their spacing that there is no more room:
 * then the next waits, and is admitted once some are forgotten. */
static void test_memory_is_bounded(void **state)
{
	struct irl_admission a = make(16, 1, 1000, 1000 * MS, 0);
	unsigned refused = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		if (!ask4(&a, 0x0a000000 + i, i)) {
			refused++;
			continue;
		}
		release4(&a, 0x0a000000 + i, i);
	}
	assert_true(refused > 900);
	assert_int_equal(a.open, 0);
	for (uint32_t i = 0, ok = 0; !ok; i++) {
		assert_true(i < 1000);
		ok = ask4(&a, 0x0b000000, 1001 * MS + 1000);
	}
	irl_admission_fini(&a);
}

static void test_recent(void **state)
{
	struct irl_recent r;
	struct irl_ip ip = irl_ip4(0x0a000001);

	(void)state;
	assert_int_equal(irl_recent_init(&r, 3), 0);
	assert_false(irl_recent_seen(&r, &ip, 80, NULL));
	assert_true(irl_recent_seen(&r, &ip, 80, NULL));
	assert_true(irl_recent_seen(&r, &ip, 80, ""));
	assert_false(irl_recent_seen(&r, &ip, 443, NULL));
	assert_false(irl_recent_seen(&r, &ip, 80, "a.example"));
	assert_false(irl_recent_seen(&r, &ip, 80, "b.example"));
	assert_true(irl_recent_seen(&r, &ip, 80, "a.example"));
	for (uint32_t i = 0; i < 300000; i++) {
		ip = irl_ip4(0x0b000000 + i);
		assert_false(irl_recent_seen(&r, &ip, 80, NULL));
	}
	irl_recent_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_spacing),
	    cmocka_unit_test(test_families),
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_memory_is_bounded),
	    cmocka_unit_test(test_recent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

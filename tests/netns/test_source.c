// SPDX-License-Identifier: BSD-2-Clause
/*
 * Is a source address another host's?  Asked on the link (RFC 5227, RFC 4862),
 * against the kernel of the other end.
 *
 *   va 10.9.0.1/24, fd09::1/64 ------ vb 10.9.0.2/24, fd09::2/64, fe80::b,
 * fd0a::2 fd0a::/64, no address of ours     fd50::/64 behind it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include "engine/source.h"
#include "netns/net_lab.h"
#include "wire/text.h"

static struct lab lab;

static struct irl_ip ip(const char *text)
{
	struct irl_ip out;

	assert_true(irl_ip_read(text, &out));
	return out;
}

/* A way from @four, or 0, and @six, or NULL, neither of them the host's. */
static struct irl_plan plan_of(uint32_t four, const char *six)
{
	struct irl_plan plan = {
	    .options = {.source_addr = four, .source_count = 1},
	    .own_source = four != 0,
	    .own_source6 = six != NULL,
	};
	struct irl_error err = {0};

	if (six)
		plan.source6 = ip(six);
	if (irl_interface_get("va", &plan.link, &err))
		fail_msg("%s", err.text);
	return plan;
}

static void expect_taken(uint32_t four, const char *six, const char *whose)
{
	const struct irl_plan plan = plan_of(four, six);
	struct irl_error err = {0};
	char text[200];

	snprintf(text, sizeof(text),
		 "--source-ip: %s is the address of another host on the link "
		 "of va (02:00:00:00:00:0b)",
		 whose);
	assert_true(irl_source_is_asked(&plan));
	assert_int_equal(irl_source_ask(&plan, &err), -IRL_EINVAL);
	if (strncmp(err.text, text, strlen(text)) != 0)
		fail_msg("%s", err.text);
}

static void expect_free(uint32_t four, const char *six, bool asked)
{
	const struct irl_plan plan = plan_of(four, six);
	struct irl_error err = {0};

	assert_int_equal(irl_source_is_asked(&plan), asked);
	if (irl_source_ask(&plan, &err))
		fail_msg("%s", err.text);
}

static void another_host_has_it(void **state)
{
	(void)state;
	expect_taken(ADDR(10, 9, 0, 2), NULL, "10.9.0.2");
	expect_taken(0, "fd09::2", "fd09::2");
	expect_taken(0, "fe80::b", "fe80::b");
	/* of both families either */
	expect_taken(ADDR(10, 9, 0, 66), "fd09::2", "fd09::2");
	expect_taken(ADDR(10, 9, 0, 2), "fd09::66", "10.9.0.2");
	/* where the host has no address to ask from */
	expect_taken(0, "fd0a::2", "fd0a::2");
}

static void nobody_has_it(void **state)
{
	(void)state;
	expect_free(ADDR(10, 9, 0, 66), "fd09::66", true);
	expect_free(0, "fd0a::66", true);
	/* behind a gateway nobody can be asked, nor is the host's asked for */
	expect_free(0, "fd50::2", false);
	expect_free(0, NULL, false);
}

/* RFC 4861, 4.3: from nobody, and without the sender's address. */
static void it_is_asked_for_thrice_from_nobody(void **state)
{
	const struct irl_ip target = ip("fd09::66");
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_protocol = htons(ETH_P_IPV6)};
	uint8_t frame[200], group[13] = {0xff, 2, [11] = 1, [12] = 0xff};
	unsigned asked = 0;
	ssize_t n;
	int fd;

	(void)state;
	lab_enter(lab.there);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	at.sll_ifindex = (int)if_nametoindex("vb");
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	lab_enter(lab.here);
	expect_free(0, "fd09::66", true);
	while ((n = recv(fd, frame, sizeof(frame), 0)) > 0) {
		static const uint8_t nobody[16];

		if (n < 78 || memcmp(frame + 62, target.byte, 16) != 0 ||
		    frame[54] != 135)
			continue;
		assert_int_equal(n, 78);
		assert_int_equal(frame[21], 255);
		assert_memory_equal(frame + 22, nobody, 16);
		assert_memory_equal(frame + 38, group, 13);
		asked++;
	}
	assert_int_equal(asked, 3);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(another_host_has_it),
	    cmocka_unit_test(nobody_has_it),
	    cmocka_unit_test(it_is_asked_for_thrice_from_nobody),
	};

	lab = lab_new();
	if (lab_run("ip addr add fd09::1/64 dev va nodad && "
		    "ip -6 route add fd0a::/64 dev va && "
		    "ip -6 route add fd50::/64 via fd09::2"))
		return 1;
	lab_enter(lab.there);
	if (lab_run("ip link set vb address 02:00:00:00:00:0b && "
		    "ip addr add fe80::b/64 dev vb nodad && "
		    "ip addr add fd09::2/64 dev vb nodad && "
		    "ip addr add fd0a::2/64 dev vb nodad && "
		    "ip addr add fd50::2/64 dev vb nodad"))
		return 1;
	lab_enter(lab.here);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

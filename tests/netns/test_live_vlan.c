// SPDX-License-Identifier: BSD-2-Clause
/*
 * Tags that the driver takes off: XDP sees frames of a VLAN as the interface's
 * own.  A veth has the offload; a macvlan stands for a VLAN device where the
 * kernel has none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <net/if.h>
#include <irl/doctor.h>
#include <irl/port.h>
#include "netns/net_lab.h"
#include "port/link_tags.h"

static struct lab lab;

static struct irl_link_tags tags_of(const char *interface, const char *kind)
{
	struct irl_link_tags tags;

	irl_link_tags(interface, if_nametoindex(interface), kind, &tags);
	assert_false(tags.unknown);
	return tags;
}

static void none_without_a_device(void **state)
{
	struct irl_link_tags tags = tags_of("va", "macvlan");

	(void)state;
	assert_string_equal(tags.device, "");
	assert_true(tags.stripped);
	assert_false(irl_link_tags_hidden(&tags));
}

static void hidden_by_offload_and_device(void **state)
{
	struct irl_link_tags tags;

	(void)state;
	lab_do("ip link add va5 link va type macvlan");
	tags = tags_of("va", "macvlan");
	assert_string_equal(tags.device, "va5");
	assert_true(irl_link_tags_hidden(&tags));
	/* of that kind, on that interface */
	assert_string_equal(tags_of("va", "vlan").device, "");
	assert_string_equal(tags_of("va5", "macvlan").device, "");
	assert_string_equal(tags_of("lo", "macvlan").device, "");
	lab_do("ethtool -K va rxvlan off");
	tags = tags_of("va", "macvlan");
	assert_string_equal(tags.device, "va5");
	assert_false(irl_link_tags_hidden(&tags));
	lab_do("ethtool -K va rxvlan on && ip link del va5");
}

/* Nobody can be asked: said so, not that tags are left on. */
static void unknown_where_no_driver_answers(void **state)
{
	struct irl_link_tags tags;

	(void)state;
	lab_do("ip link add va5 link va type macvlan");
	irl_link_tags("nosuch0", if_nametoindex("va"), "macvlan", &tags);
	assert_true(tags.unknown);
	assert_string_equal(tags.device, "va5");
	assert_true(irl_link_tags_hidden(&tags));
	lab_do("ip link del va5");
	irl_link_tags("nosuch0", if_nametoindex("va"), "macvlan", &tags);
	assert_true(tags.unknown);
	assert_false(irl_link_tags_hidden(&tags));
}

/* A device whose lower one is elsewhere, of the same number as ours. */
static void not_of_another_namespace(void **state)
{
	char command[200];

	(void)state;
	lab_enter(lab.there);
	snprintf(command, sizeof(command),
		 "ip link add vc index 77 type veth peer name vd && ip link "
		 "add vc5 link vc type macvlan && ip link set vc5 netns "
		 "/proc/%d/fd/%d",
		 getpid(), lab.here);
	lab_do(command);
	lab_enter(lab.here);
	lab_do("ip link add ve index 77 type veth peer name vf");
	assert_string_equal(tags_of("ve", "macvlan").device, "");
	lab_do("ip link del ve && ip link del vc5");
}

static const char *fact_of(const struct irl_doctor_report *report,
			   const char *name)
{
	for (unsigned i = 0; i < report->fact_count; i++)
		if (!strcmp(report->fact[i].name, name))
			return report->fact[i].mend;
	return NULL;
}

static void live_is_refused(void **state)
{
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	struct irl_doctor_report report;
	struct irl_error err = {0};
	struct irl_port *port;

	(void)state;
	if (lab_run("ip link add va.5 link va type vlan id 5 2>/dev/null")) {
		printf("skipped: live_is_refused: this kernel makes no VLAN "
		       "devices\n");
		skip();
	}
	assert_int_equal(irl_port_open(&port, &options, &err), -IRL_ENOTSUP);
	assert_non_null(strstr(err.text, "frames of va.5"));
	assert_non_null(strstr(err.text, "ethtool -K va rxvlan off"));
	assert_int_equal(irl_doctor_run("va", 0, &report, &err), 0);
	assert_string_equal(report.port, "packet");
	assert_string_equal(fact_of(&report, "VLAN tags"),
			    "ethtool -K va rxvlan off");
	lab_do("ethtool -K va rxvlan off");
	assert_int_equal(irl_port_open(&port, &options, &err), 0);
	irl_port_close(port);
	lab_do("ethtool -K va rxvlan on && ip link del va.5");
	assert_int_equal(irl_port_open(&port, &options, &err), 0);
	irl_port_close(port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(none_without_a_device),
	    cmocka_unit_test(unknown_where_no_driver_answers),
	    cmocka_unit_test(hidden_by_offload_and_device),
	    cmocka_unit_test(not_of_another_namespace),
	    cmocka_unit_test(live_is_refused),
	};

	lab = lab_new();
	lab_do_there(&lab, "ethtool -K vb gro on");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
/*
 * irl doctor on a veth that is whole, and with one thing at a time amiss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/mount.h>
#include <irl/doctor.h>
#include <irl/port.h>
#include <irl/privilege.h>
#include "base/xdp_features.h"
#include "net/xdp.h"
#include "netns/net_lab.h"

static struct lab lab;
static unsigned cpus;

static void wait_for_carrier(bool wanted)
{
	struct irl_interface i;

	assert_true(LAB_AWAIT(irl_interface_get("va", &i, NULL) == 0 &&
			      i.carrier == wanted));
}

static struct irl_doctor_report examine(uint32_t target)
{
	static struct irl_doctor_report report;
	struct irl_error err = {0};

	if (irl_doctor_run("va", target, &report, &err))
		fail_msg("%s", err.text);
	return report;
}

/* The fact of that name, of that level, whose text has @part. */
static const struct irl_doctor_fact *
expect(const struct irl_doctor_report *report, const char *name,
       enum irl_doctor_level level, const char *part)
{
	for (unsigned i = 0; i < report->fact_count; i++) {
		const struct irl_doctor_fact *fact = &report->fact[i];

		if (strcmp(fact->name, name))
			continue;
		if (fact->level != level || !strstr(fact->text, part))
			fail_msg("%s: %s '%s', not %s '%s'", name,
				 irl_doctor_level_name(fact->level), fact->text,
				 irl_doctor_level_name(level), part);
		return fact;
	}
	fail_msg("no fact '%s'", name);
	abort(); /* fail_msg does not return, but does not say so */
}

static void expect_mend(const struct irl_doctor_fact *fact, const char *part)
{
	if (!strstr(fact->mend, part))
		fail_msg("'%s' lacks '%s'", fact->mend, part);
}

static void expect_run(const char *before, const char *arguments, int code,
		       const char *const part[])
{
	char text[16384];
	int got = lab_output(text, sizeof(text), "%s %s doctor %s 2>&1", before,
			     IRL_PROGRAM, arguments);

	if (got != code)
		fail_msg("exit code %d, not %d:\n%s", got, code, text);
	for (; *part; part++)
		if (!strstr(text, *part))
			fail_msg("lacks '%s':\n%s", *part, text);
}

#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void whole(void **state)
{
	struct irl_doctor_report r = examine(0);
	struct net_xdp_attached left;

	(void)state;
	expect(&r, "driver", IRL_DOCTOR_OK, "veth");
	expect(&r, "link", IRL_DOCTOR_OK, "up");
	expect(&r, "addresses", IRL_DOCTOR_OK, "10.9.0.1/24");
	expect(&r, "route", IRL_DOCTOR_OK, "0.0.0.0/0 via 10.9.0.2");
	expect(&r, "gateway", IRL_DOCTOR_OK, "02:00:00:00:00:0b, answers ARP");
	expect(&r, "source ports", IRL_DOCTOR_OK, "61000-65095");
	expect(&r, "privilege", IRL_DOCTOR_OK, "all");
	expect(&r, "XDP program", IRL_DOCTOR_OK, "none");
	if (!r.works)
		fail_msg("%s", r.verdict);
	assert_true(r.port[0]);
	assert_int_equal(strncmp(r.verdict, r.port, strlen(r.port)), 0);
	/* nothing stays behind */
	assert_int_equal(net_xdp_attached(r.link.ifindex, &left), 0);
	assert_int_equal(left.prog_id, 0);
	expect_run("", "va", 0, PARTS("\nport: ", r.verdict));
	expect_run("", "", 0, PARTS("va\n", "port: ")); /* the default route */
}

/* What is said of the kernel must be what the live port found. */
static void live_where_its_needs_are_met(void **state)
{
	static const char *const needs[] = {"native XDP", "live frames",
					    "refusals"};
	struct irl_doctor_report r = examine(0);
	unsigned met = 0;

	(void)state;
	for (unsigned i = 0; i < r.fact_count; i++)
		for (unsigned n = 0; n < 3; n++)
			if (!strcmp(r.fact[i].name, needs[n]) &&
			    r.fact[i].level == IRL_DOCTOR_OK)
				met++;
	assert_int_equal(!strcmp(r.port, "live"), met == 3);
	if (met == 3)
		assert_non_null(strstr(r.verdict, "fastest"));
	else
		assert_non_null(strstr(r.verdict, "not live"));
}

static void json_says_the_same(void **state)
{
	char got[600];
	struct irl_doctor_report r = examine(0);

	(void)state;
	if (lab_run("command -v jq >/dev/null"))
		skip();
	snprintf(got, sizeof(got),
		 "%s doctor --json va | jq -e '.[0] | .works and .interface == "
		 "\"va\" and .port == \"%s\" and (.facts | length) == %u and "
		 "(.facts[0] | .name == \"driver\" and .level == \"ok\" and "
		 ".mend == null)' >/dev/null",
		 IRL_PROGRAM, r.port, r.fact_count);
	lab_do(got);
}

static void silent_gateway(void **state)
{
	struct irl_doctor_report r;

	(void)state;
	/* Three requests, but not a second apart. */
	lab_do("echo 200 >/proc/sys/net/ipv4/neigh/va/retrans_time_ms");
	lab_do("ip route replace default via 10.9.0.66");
	r = examine(0);
	expect(&r, "gateway", IRL_DOCTOR_BAD, "10.9.0.66 does not answer");
	assert_false(r.works);
	assert_non_null(strstr(r.verdict, "see gateway"));
	lab_do("ip route replace default via 10.9.0.2");
}

/* Rules of IPv6 count as well; those of the main table do not. */
static void policy_routing(void **state)
{
	struct irl_doctor_report r;

	(void)state;
	lab_do("ip rule add to 10.66.0.0/16 lookup main pref 90");
	r = examine(0);
	for (unsigned i = 0; i < r.fact_count; i++)
		assert_string_not_equal(r.fact[i].name, "rules");
	lab_do("ip rule add to 10.66.0.0/16 lookup 1000 pref 100");
	lab_do("ip -6 rule add to fd66::/16 lookup 77 pref 100");
	r = examine(0);
	expect_mend(expect(&r, "rules", IRL_DOCTOR_WARN, "2 of policy routing"),
		    "--gateway-mac");
	assert_true(r.works);
	lab_do("ip rule del pref 90 && ip rule del pref 100 && "
	       "ip -6 rule del pref 100");
}

static void no_route(void **state)
{
	struct irl_doctor_report r;

	(void)state;
	lab_do("ip route del default");
	r = examine(ADDR(10, 200, 0, 1));
	expect(&r, "route", IRL_DOCTOR_BAD, "no route to 10.200.0.1");
	assert_false(r.works);
	r = examine(ADDR(10, 9, 0, 1));
	expect(&r, "route", IRL_DOCTOR_BAD, "own address");
	r = examine(0);
	expect(&r, "route", IRL_DOCTOR_OK, "10.9.0.0/24 on link");
	expect(&r, "gateway", IRL_DOCTOR_OK, "on link");
	lab_do("ip addr flush dev va");
	r = examine(0);
	expect_mend(expect(&r, "addresses", IRL_DOCTOR_BAD, "no IPv4"),
		    "ip addr add");
	expect_mend(expect(&r, "route", IRL_DOCTOR_BAD, "no route"),
		    "ip route add default");
	lab_do("ip addr add 10.9.0.1/24 dev va && ip route add default via "
	       "10.9.0.2");
}

static void link_down(void **state)
{
	struct irl_doctor_report r;

	(void)state;
	lab_do_there(&lab, "ip link set vb down");
	wait_for_carrier(false);
	r = examine(0);
	expect(&r, "link", IRL_DOCTOR_BAD, "without carrier");
	lab_do("ip link set va down");
	expect_run("", "va", 1, PARTS("bad   link", "ip link set va up"));
	lab_do("ip link set va up");
	lab_do_there(&lab, "ip link set vb up");
	wait_for_carrier(true);
	lab_do("ip route replace default via 10.9.0.2");
}

static int load_pass(void)
{
	const struct bpf_insn pass[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	int fd =
	    bpf_prog_load(BPF_PROG_TYPE_XDP, "somebodys", "GPL", pass, 2, NULL);

	assert_true(fd >= 0);
	return fd;
}

static void xdp_attached_already(void **state)
{
	static const struct {
		unsigned flags;
		const char *mode;
	} cases[] = {{XDP_FLAGS_DRV_MODE, "(driver)"},
		     {XDP_FLAGS_SKB_MODE, "(generic)"}};
	int program = load_pass();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		LIBBPF_OPTS(bpf_link_create_opts, how, .flags = cases[i].flags);
		struct irl_doctor_report r = examine(0);
		struct net_xdp_attached still;
		uint64_t has;
		int link = bpf_link_create(program, (int)r.link.ifindex,
					   BPF_XDP, &how);

		assert_true(link >= 0);
		r = examine(0);
		expect_mend(
		    expect(&r, "XDP program", IRL_DOCTOR_WARN, "somebodys"),
		    "xdp off");
		expect(&r, "XDP program", IRL_DOCTOR_WARN, cases[i].mode);
		assert_string_equal(r.port, "packet");
		assert_non_null(strstr(r.verdict, "not live"));
		assert_true(r.works);
		/* but not with the host's own address */
		expect_mend(expect(&r, "source address", IRL_DOCTOR_WARN,
				   "packet cannot keep"),
			    "--source-ip");
		/* nor has it been put off */
		assert_int_equal(net_xdp_attached(r.link.ifindex, &still), 0);
		assert_true(still.prog_id > 0);
		assert_true(net_xdp_try(r.link.ifindex, &has) < 0);
		close(link);
	}
	close(program);
}

static void xdp_is_tried_without_a_trace(void **state)
{
	struct irl_doctor_report r = examine(0);
	struct net_xdp_attached left;
	uint64_t has;

	(void)state;
	assert_int_equal(net_xdp_try(r.link.ifindex, &has), 0);
	assert_true(has & IRL_XDP_BASIC);
	assert_int_equal(net_xdp_attached(r.link.ifindex, &left), 0);
	assert_int_equal(left.prog_id, 0);
}

static void other_end_does_not_poll(void **state)
{
	struct irl_doctor_report r = examine(0);
	uint64_t has;

	(void)state;
	if (irl_xdp_features(r.link.ifindex, &has) < 0 ||
	    strcmp(r.port, "live"))
		skip();
	lab_do_there(&lab, "ethtool -K vb gro off");
	r = examine(0);
	expect_mend(expect(&r, "native XDP", IRL_DOCTOR_WARN, "not transmit"),
		    "gro on");
	assert_true(r.works);
	assert_string_equal(r.port, "packet");
	assert_non_null(strstr(r.verdict, "not live: va does not transmit"));
	lab_do_there(&lab, "ethtool -K vb gro on");
	r = examine(0);
	expect(&r, "native XDP", IRL_DOCTOR_OK, "transmits");
	assert_string_equal(r.port, "live");
}

static void expect_no_btf(void)
{
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	struct irl_doctor_report r = examine(0);
	struct irl_error err = {0};
	struct irl_port *port;
	char text[16384];

	expect_mend(
	    expect(&r, "refusals", IRL_DOCTOR_WARN, "no BTF of this kernel"),
	    "CONFIG_DEBUG_INFO_BTF");
	assert_true(r.works);
	assert_string_equal(r.port, "packet");
	if (!strstr(r.verdict, "not live: no BTF of this kernel"))
		fail_msg("%s", r.verdict);
	assert_int_equal(irl_port_open(&port, &options, &err), -IRL_ENOTSUP);
	assert_null(port);
	assert_non_null(strstr(err.text, "use --port packet"));
	/* nothing of libbpf's own besides */
	assert_int_equal(
	    lab_output(text, sizeof(text), IRL_PROGRAM " doctor va 2>&1"), 0);
	if (strstr(text, "libbpf"))
		fail_msg("%s", text);
}

/* As on a kernel without CONFIG_DEBUG_INFO_BTF, and with a file of no use;
 * the mounts are this process's own. */
static void without_btf(void **state)
{
	struct irl_doctor_report r = examine(0);

	(void)state;
	if (strcmp(r.port, "live"))
		skip();
	lab_do("mount -t tmpfs none /sys/kernel/btf");
	expect_no_btf();
	lab_do("umount /sys/kernel/btf");
	lab_do("mount --bind /dev/null /sys/kernel/btf/vmlinux");
	expect_no_btf();
	lab_do("umount /sys/kernel/btf/vmlinux");
	r = examine(0);
	assert_string_equal(r.port, "live");
}

static void without_privileges(void **state)
{
	(void)state;
	expect_run("setpriv --bounding-set=-all --inh-caps=-all", "va", 1,
		   PARTS("bad   privilege", "setcap cap_net_admin,cap_net_raw,",
			 ",cap_perfmon,cap_bpf=ep /", "port: none: "));
	/* Once is enough. */
	assert_int_equal(
	    lab_run("setpriv --bounding-set=-all --inh-caps=-all %s doctor va "
		    "| grep -c setcap | grep -qx 1",
		    IRL_PROGRAM),
	    0);
	/* enough for the packet port */
	expect_run("setpriv --bounding-set=-all,+net_raw,+net_admin", "va", 0,
		   PARTS("warn  privilege", "missing cap_perfmon,cap_bpf",
			 "port: packet (not live: "));
	/* before Linux 5.8 cap_sys_admin stood for what has its own name now */
	expect_run("setpriv --bounding-set=-all,+net_raw,+net_admin,"
		   "+sys_admin",
		   "va", 0,
		   PARTS("ok    privilege", "told by the kernel (tp_btf)"));
}

static void privileges_are_checked(void **state)
{
	struct irl_error err = {0};
	char text[100];

	(void)state;
	assert_int_equal(irl_privilege_missing(IRL_PRIVILEGE_ALL), 0);
	assert_int_equal(irl_privilege_check(IRL_PRIVILEGE_ALL, &err), 0);
	irl_privilege_text(IRL_PRIVILEGE_BPF | IRL_PRIVILEGE_NET_RAW, text,
			   sizeof(text));
	assert_string_equal(text, "cap_net_raw,cap_bpf");
	irl_privilege_text(IRL_PRIVILEGE_ALL, text, 8);
	assert_string_equal(text, "cap_net");
}

static void no_such_interface(void **state)
{
	(void)state;
	expect_run("", "nosuch0", 1,
		   PARTS("irl doctor: no interface named nosuch0; there are: "
			 "lo, va"));
	expect_run("", "va vb", 2, PARTS("'vb' is one word too many"));
	expect_run("", "--target 10.1.2 va", 2, PARTS("give an IPv4 address"));
	expect_run("", "lo", 1, PARTS("lo is not an Ethernet device"));
}

static void no_free_source_ports(void **state)
{
	struct irl_doctor_report r;

	(void)state;
	lab_do("sysctl -qw net.ipv4.ip_local_port_range='1024 65000'");
	r = examine(0);
	expect(&r, "source ports", IRL_DOCTOR_BAD, "at most 535");
	assert_false(r.works);
	lab_do("sysctl -qw net.ipv4.ip_local_port_range='32768 60999'");
}

/* The host's queue: none to spare, one but no XPS, one of its own. */
static void queues_and_who_shares_them(void **state)
{
	struct irl_doctor_report r = examine(0);
	const struct irl_doctor_fact *fact;
	char command[400];

	(void)state;
	expect_mend(expect(&r, "sharing", IRL_DOCTOR_WARN, "spread"),
		    "xps_cpus");
	/* the mend is a command that mends */
	fact = expect(&r, "sharing", IRL_DOCTOR_WARN, "spread");
	snprintf(command, sizeof(command), "( %s )", fact->mend);
	lab_do(command);
	r = examine(0);
	snprintf(command, sizeof(command), "queue %u for itself", cpus);
	expect(&r, "sharing", IRL_DOCTOR_OK, command);
	assert_int_equal(lab_run("ethtool -L va tx %u", cpus), 0);
	r = examine(0);
	snprintf(command, sizeof(command), "ethtool -L va tx %u", cpus + 1);
	expect_mend(expect(&r, "sharing", IRL_DOCTOR_WARN, "shares a queue"),
		    command);
	assert_int_equal(lab_run("ethtool -L va tx %u", cpus + 1), 0);
}

static void choice_of_interface(void **state)
{
	struct irl_interface list[4];
	struct irl_error err = {0};

	(void)state;
	assert_int_equal(irl_doctor_choose(0, list, 4, &err), 1);
	assert_string_equal(list[0].name, "va");
	lab_do("ip link add vc type veth peer name vd");
	assert_int_equal(irl_doctor_choose(0, list, 4, &err), 1);
	lab_do("ip route del default");
	assert_int_equal(irl_doctor_choose(0, list, 1, &err), 3);
	assert_int_equal(irl_doctor_choose(ADDR(10, 9, 0, 7), list, 4, &err),
			 1);
	assert_string_equal(list[0].name, "va");
	assert_int_equal(irl_doctor_choose(ADDR(10, 99, 0, 7), list, 4, &err),
			 -IRL_ENOROUTE);
	lab_do("ip link del vc && ip route add default via 10.9.0.2");
}

/* A /sys that shows this namespace; other processes keep theirs. */
static int own_sys(void)
{
	return unshare(CLONE_NEWNS) ||
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount("sys", "/sys", "sysfs", 0, NULL);
}

static int set_up(void)
{
	cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
	if (lab_run("ip link del va && ip link add va numtxqueues %u "
		    "numrxqueues %u type veth peer name vb numtxqueues %u "
		    "numrxqueues %u netns /proc/%d/fd/%d && ip addr add "
		    "10.9.0.1/24 dev va && ip link set va up",
		    cpus + 1, cpus + 1, cpus + 1, cpus + 1, getpid(),
		    lab.there))
		return 1;
	lab_enter(lab.there);
	if (lab_run("ip link set vb address 02:00:00:00:00:0b && ip addr add "
		    "10.9.0.2/24 dev vb && ip link set vb up && ethtool -K vb "
		    "gro on"))
		return 1;
	lab_enter(lab.here);
	return lab_run("ip route add default via 10.9.0.2") || own_sys();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole),
	    cmocka_unit_test(live_where_its_needs_are_met),
	    cmocka_unit_test(json_says_the_same),
	    cmocka_unit_test(silent_gateway),
	    cmocka_unit_test(policy_routing),
	    cmocka_unit_test(no_route),
	    cmocka_unit_test(link_down),
	    cmocka_unit_test(xdp_attached_already),
	    cmocka_unit_test(xdp_is_tried_without_a_trace),
	    cmocka_unit_test(other_end_does_not_poll),
	    cmocka_unit_test(without_btf),
	    cmocka_unit_test(without_privileges),
	    cmocka_unit_test(privileges_are_checked),
	    cmocka_unit_test(no_such_interface),
	    cmocka_unit_test(no_free_source_ports),
	    cmocka_unit_test(queues_and_who_shares_them),
	    cmocka_unit_test(choice_of_interface),
	};

	lab = lab_new();
	if (set_up())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

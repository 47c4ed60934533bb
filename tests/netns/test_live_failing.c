// SPDX-License-Identifier: BSD-2-Clause
/*
 * Test runs that fail.  The kernel may lack pages for a moment: then the frames
 * are unsent and the port goes on; only what lasts is an error of the port.
 *
 *   here: live port on va ---- veth ---- there: vb
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <irl/port.h>
#include "netns/net_lab.h"

#define COUNT 8u

static struct lab lab;
static struct irl_port *port;
static unsigned failures; /* runs that will fail */
static int failure;       /* with this errno */

/* In the place of libbpf's. */
int bpf_prog_test_run_opts(int fd, struct bpf_test_run_opts *options)
{
	static int (*real)(int, struct bpf_test_run_opts *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "bpf_prog_test_run_opts");
	if (!failures)
		return real(fd, options);
	failures--;
	errno = failure;
	return -failure;
}

/* In the place of the C library's. */
int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	static int (*real)(int, struct mmsghdr *, unsigned, int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sendmmsg");
	if (!failures)
		return real(fd, messages, count, flags);
	failures--;
	errno = failure;
	return -1;
}

/* Sends COUNT frames; what each became is in @status. */
static int send_some(enum irl_tx_status status[])
{
	static uint8_t bytes[60] = {2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 8};
	struct irl_frame frame[COUNT];

	for (unsigned i = 0; i < COUNT; i++)
		frame[i] = (struct irl_frame){.data = bytes, .length = 60};
	memset(status, 0xff, COUNT * sizeof(*status));
	return irl_port_send(port, 0, frame, COUNT, status);
}

static void expect_all(const enum irl_tx_status status[],
		       enum irl_tx_status wanted)
{
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(status[i], wanted);
}

static void try_transient(int number)
{
	enum irl_tx_status status[COUNT];

	failure = number;
	failures = 499;
	while (failures) {
		assert_int_equal(send_some(status), 0);
		expect_all(status, IRL_TX_UNSENT);
	}
	assert_int_equal(send_some(status), COUNT);
	expect_all(status, IRL_TX_ACCEPTED);
}

static void test_no_room_for_a_moment(void **state)
{
	(void)state;
	try_transient(ENOMEM);
	try_transient(EAGAIN);
}

static void test_no_room_at_all(void **state)
{
	enum irl_tx_status status[COUNT];

	(void)state;
	failure = ENOMEM;
	failures = 500;
	for (unsigned i = 0; i < 499; i++)
		assert_int_equal(send_some(status), 0);
	assert_int_equal(send_some(status), -IRL_ENOMEM);
	assert_int_equal(send_some(status), COUNT); /* it may come back */
}

static void test_other_errors_at_once(void **state)
{
	enum irl_tx_status status[COUNT];

	(void)state;
	failure = ENODEV;
	failures = 1;
	assert_int_equal(send_some(status), -IRL_ENODEV);
}

static void test_unsent_are_counted(void **state)
{
	struct irl_port_stats before, after;
	enum irl_tx_status status[COUNT];

	(void)state;
	irl_port_stats(port, &before);
	failure = ENOMEM;
	failures = 1;
	assert_int_equal(send_some(status), 0);
	irl_port_stats(port, &after);
	/* Unsent frames are offered ones too, or the ledger would not hold. */
	assert_int_equal(after.tx_offered - before.tx_offered, COUNT);
	assert_int_equal(after.tx[IRL_TX_UNSENT] - before.tx[IRL_TX_UNSENT],
			 COUNT);
	assert_int_equal(after.tx_unknown, before.tx_unknown);
}

static void test_packet_without_room(void **state)
{
	struct irl_port_options options = {.interface = "va", .kind = "packet"};
	struct irl_port *live = port;
	enum irl_tx_status status[COUNT];
	struct irl_error err = {0};

	(void)state;
	if (irl_port_open(&port, &options, &err))
		fail_msg("%s", err.text);
	failure = ENOMEM;
	failures = 1;
	assert_int_equal(send_some(status), 0);
	assert_int_equal(status[0], IRL_TX_FULL);
	assert_int_equal(send_some(status), COUNT);
	irl_port_close(port);
	port = live;
}

static int users(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

/* libbpf's print function is the process's: it comes back, whether a port opens
 * or not. */
static void test_leaves_libbpf_as_it_was(void **state)
{
	struct irl_port_options options = {.interface = "va", .kind = "live"};
	struct irl_port *more;

	(void)state;
	libbpf_set_print(users);
	assert_int_equal(irl_port_open(&more, &options, NULL), 0);
	assert_ptr_equal(libbpf_set_print(users), users);
	irl_port_close(more);
	failure = EINVAL;
	failures = 1;
	assert_true(irl_port_open(&more, &options, NULL) < 0);
	assert_ptr_equal(libbpf_set_print(users), users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_room_for_a_moment),
	    cmocka_unit_test(test_no_room_at_all),
	    cmocka_unit_test(test_other_errors_at_once),
	    cmocka_unit_test(test_unsent_are_counted),
	    cmocka_unit_test(test_packet_without_room),
	    cmocka_unit_test(test_leaves_libbpf_as_it_was),
	};
	struct irl_port_options options = {.interface = "va", .kind = "live"};
	struct irl_error err = {0};
	int failed;

	lab = lab_new();
	lab_enter(lab.there);
	if (lab_run("ethtool -K vb gro on"))
		return LAB_SKIPPED;
	lab_enter(lab.here);
	if (irl_port_open(&port, &options, &err)) {
		fprintf(stderr, "skipped: %s\n", err.text);
		return LAB_SKIPPED;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	irl_port_close(port);
	return failed;
}

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
#include <sys/mman.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <irl/port.h>
#include "port/live_program.h"
#include "netns/net_lab.h"

#define COUNT 8u

static struct lab lab;
static struct irl_port *port;
static unsigned failures; /* runs that will fail */
static int failure;       /* with this errno */
static unsigned unseen;   /* accepted frames of a run that no trace tells */

/* The first map of that name which the program @fd uses. */
static int map_of(int fd, const char *name)
{
	uint32_t ids[64], size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = 64,
				     .map_ids = (uintptr_t)ids};

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		struct bpf_map_info map = {0};
		int found = bpf_map_get_fd_by_id(ids[i]);

		size = sizeof(map);
		assert_int_equal(bpf_obj_get_info_by_fd(found, &map, &size), 0);
		if (!strcmp(map.name, name))
			return found;
		close(found);
	}
	fail_msg("no map %s", name);
	return -1;
}

/* As if the trace point had not been called for some frames of the run. */
static void forget(int program)
{
	int map = map_of(program, "live_tx_map");
	struct live_tx *tx =
	    mmap(NULL, sizeof(*tx), PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	assert_true(tx != MAP_FAILED);
	tx->accepted -= unseen;
	munmap(tx, sizeof(*tx));
	close(map);
}

/* In the place of libbpf's. */
int bpf_prog_test_run_opts(int fd, struct bpf_test_run_opts *options)
{
	static int (*real)(int, struct bpf_test_run_opts *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "bpf_prog_test_run_opts");
	if (!failures) {
		int err = real(fd, options);

		if (unseen)
			forget(fd);
		return err;
	}
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

/* A fate that the kernel did not tell is no fate: the ledger must not hold. */
static void test_untold_fates_are_unknown(void **state)
{
	struct irl_port_stats before, after;
	enum irl_tx_status status[COUNT];

	(void)state;
	irl_port_stats(port, &before);
	unseen = 3;
	assert_int_equal(send_some(status), COUNT - 3);
	unseen = 0;
	assert_int_equal(send_some(status), COUNT);
	irl_port_stats(port, &after);
	assert_int_equal(after.tx_offered - before.tx_offered, 2 * COUNT);
	assert_int_equal(after.tx[IRL_TX_ACCEPTED] - before.tx[IRL_TX_ACCEPTED],
			 2 * COUNT - 3);
	assert_int_equal(after.tx_unknown - before.tx_unknown, 3);
}

/* A kernel without live frames: the next kind, which tells why. */
static void test_no_live_frames(void **state)
{
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
	struct irl_error err = {0};
	struct irl_port *other;

	(void)state;
	irl_port_close(port); /* the first on the interface is told so */
	failure = EINVAL;
	failures = 1;
	assert_int_equal(irl_port_open(&other, &options, &err), -IRL_EINVAL);
	assert_null(other);
	assert_non_null(strstr(err.text, "no XDP live frames (Linux 5.18)"));
	failures = 1;
	options.kind = NULL;
	assert_int_equal(irl_port_open(&other, &options, &err), 0);
	assert_string_equal(irl_port_info(other)->kind, "packet");
	assert_non_null(strstr(irl_port_info(other)->refused,
			       "live: this kernel has no XDP live frames"));
	irl_port_close(other);
	options.kind = "live";
	assert_int_equal(irl_port_open(&port, &options, &err), 0);
}

static void test_packet_without_room(void **state)
{
	struct irl_port_options options = {.ifname = "va", .kind = "packet"};
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
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
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
	    cmocka_unit_test(test_untold_fates_are_unknown),
	    cmocka_unit_test(test_no_live_frames),
	    cmocka_unit_test(test_packet_without_room),
	    cmocka_unit_test(test_leaves_libbpf_as_it_was),
	};
	struct irl_port_options options = {.ifname = "va", .kind = "live"};
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

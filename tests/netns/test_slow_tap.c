// SPDX-License-Identifier: BSD-2-Clause
/*
 * irl scan over a device that takes frames more slowly than they are made:
 *
 *   irl scan --- tap0 10.9.0.1/24 --- this process, which reads 64 frames and
 *                                     naps a millisecond
 *
 * What the device refuses is sent again: each target is probed exactly once.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <cmocka.h>
#include "netns/net_lab.h"

#define TARGETS 65536u /* 10.64.0.0/16, one port */
#define BURST 64u

static const char *irl;
static char work[] = "/tmp/irl-tap-XXXXXX";
static int tap;

struct read {
	uint8_t times[TARGETS];
	unsigned frames, other;
};

/* Returns whether there was a frame. */
static bool read_one(struct read *read_)
{
	uint8_t frame[2048];
	ssize_t length = read(tap, frame, sizeof(frame));

	if (length < 0)
		return false;
	if (length >= 54 && frame[12] == 8 && !frame[13] && frame[23] == 6 &&
	    frame[30] == 10 && frame[31] == 64 && frame[47] == 2) {
		read_->frames++;
		read_->times[frame[32] << 8 | frame[33]]++;
	} else {
		read_->other++;
	}
	return true;
}

static pid_t begin(const char *options)
{
	char command[600];
	pid_t pid = fork();

	snprintf(command, sizeof(command),
		 "exec %s scan --allow-special all -p 80 -i tap0 -c 0 -o "
		 "/dev/null -m %s/meta -G 02:00:00:00:00:09 %s 10.64.0.0/16",
		 irl, work, options);
	assert_true(pid >= 0);
	if (!pid) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(126);
	}
	return pid;
}

static int read_all(pid_t pid, struct read *read_)
{
	int status = 0;
	bool over = false;

	while (!over) {
		over = waitpid(pid, &status, WNOHANG) == pid;
		for (unsigned i = 0; i < BURST && read_one(read_); i++)
			;
		usleep(1000);
	}
	while (read_one(read_)) /* what the device still held */
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The sum of the numbers by cause that follow the key in the metadata. */
static unsigned long by_cause(const char *key)
{
	char command[300], text[32] = "";
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "sed -n '/\"%s\": {/,/}/p' %s/meta | "
		 "grep -o ': [0-9][0-9]*' | awk '{ n += $2 } END { print n }'",
		 key, work);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	assert_non_null(fgets(text, sizeof(text), pipe));
	assert_int_equal(pclose(pipe), 0);
	assert_true(*text >= '0' && *text <= '9');
	return strtoul(text, NULL, 10);
}

static void each_once(const char *options)
{
	struct read *seen = test_calloc(1, sizeof(*seen));
	unsigned missing = 0, twice = 0;

	assert_int_equal(read_all(begin(options), seen), 0);
	for (unsigned i = 0; i < TARGETS; i++) {
		missing += seen->times[i] == 0;
		twice += seen->times[i] > 1;
	}
	assert_int_equal(missing, 0);
	assert_int_equal(twice, 0);
	assert_int_equal(seen->frames, TARGETS);
	/* It was too slow indeed, nothing was given up, the books balance. */
	assert_true(by_cause("refused") > 0);
	assert_int_equal(by_cause("given_up"), 0);
	assert_int_equal(lab_run("grep -q '\"balances\": true' %s/meta", work),
			 0);
	test_free(seen);
}

static void test_live_kernel(void **state)
{
	(void)state;
	each_once("--port live --residence kernel");
}

static void test_live_user(void **state)
{
	(void)state;
	each_once("--port live --residence user");
}

static void test_packet(void **state)
{
	(void)state;
	each_once("--port packet -S 10.9.0.77");
}

static void set_up(void)
{
	struct ifreq request = {.ifr_name = "tap0",
				.ifr_flags = IFF_TAP | IFF_NO_PI};

	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &request)) {
		perror("skipped: /dev/net/tun");
		exit(LAB_SKIPPED);
	}
	if (lab_run("ip addr add 10.9.0.1/24 dev tap0 && ip link set tap0 up"))
		exit(1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_live_kernel),
	    cmocka_unit_test(test_live_user),
	    cmocka_unit_test(test_packet),
	};
	int failed;

	if (argc < 2)
		return 2;
	irl = argv[1];
	lab_new();
	set_up();
	if (!mkdtemp(work))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	lab_run("rm -rf %s", work);
	return failed;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two nameless network namespaces joined by a veth, for one test process:
 *
 *      here                          there
 *   va 10.9.0.1/24 ----------- vb 10.9.0.2/24      (no uplink)
 *
 * Nameless, they are gone when the process is, however it ends.
 */
#ifndef IRL_TESTS_NETNS_NET_LAB_H
#define IRL_TESTS_NETNS_NET_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAB_SKIPPED 77
#define ADDR(a, b, c, d)                                                       \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

struct lab {
	int here, there;
};

/* Run a command of the shell in the present namespace; 0 if it succeeded. */
static inline __attribute__((format(printf, 1, 2))) int lab_run(const char *fmt,
								...)
{
	char command[600];
	va_list args;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	status = system(command);
	if (status)
		fprintf(stderr, "failed (%d): %s\n", status, command);
	return status;
}

/* The same, with its output; its exit code. */
static inline __attribute__((format(printf, 3, 4))) int
lab_output(char *text, size_t size, const char *fmt, ...)
{
	char command[600];
	va_list args;
	FILE *pipe;
	int status;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	text[fread(text, 1, size - 1, pipe)] = '\0';
	status = pclose(pipe);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline void lab_enter(int fd)
{
	if (setns(fd, CLONE_NEWNET)) {
		perror("setns");
		exit(1);
	}
}

/* Exits with "skipped" where namespaces cannot be made. */
static inline struct lab lab_new(void)
{
	struct lab lab;

	if (unshare(CLONE_NEWNET)) {
		perror("skipped: needs root: unshare");
		exit(LAB_SKIPPED);
	}
	lab.there = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (lab_run("ip link set lo up") || unshare(CLONE_NEWNET))
		exit(1);
	lab.here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (lab_run("ip link set lo up && ip link add va type veth peer name "
		    "vb netns /proc/%d/fd/%d && ip addr add 10.9.0.1/24 dev va "
		    "&& ip link set va up",
		    getpid(), lab.there))
		exit(1);
	lab_enter(lab.there);
	if (lab_run("ip addr add 10.9.0.2/24 dev vb && ip link set vb up"))
		exit(1);
	lab_enter(lab.here);
	return lab;
}

/* As lab_run; the test case fails if the command does. */
static inline void lab_do(const char *command)
{
	assert_int_equal(lab_run("%s", command), 0);
}

/* The same in the other namespace. */
static inline void lab_do_there(const struct lab *lab, const char *command)
{
	int status;

	lab_enter(lab->there);
	status = lab_run("%s", command);
	lab_enter(lab->here);
	assert_int_equal(status, 0);
}

static inline double lab_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Poll a condition for up to ten seconds. */
#define LAB_AWAIT(condition)                                                   \
	({                                                                     \
		double end_ = lab_now() + 10;                                  \
		bool yes_;                                                     \
		while (!(yes_ = (condition)) && lab_now() < end_)              \
			usleep(2000);                                          \
		yes_;                                                          \
	})

#endif

// SPDX-License-Identifier: BSD-2-Clause
/* Signals of a person and of programs, by a clock of the test's own. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "interrupt.h"

static long now_ms;

uint64_t __wrap_irl_os_clock_ns(void);

uint64_t __wrap_irl_os_clock_ns(void)
{
	return (uint64_t)now_ms * 1000000u;
}

struct step {
	int signal;
	long at_ms;
};

static void count_stop(void *stops)
{
	(*(int *)stops)++;
}

/* Exits with the number of stops. */
static _Noreturn void child(const struct step *steps, size_t count)
{
	int stops = 0;

	interrupt_catch();
	interrupt_aim(count_stop, &stops);
	for (size_t i = 0; i < count; i++) {
		now_ms = steps[i].at_ms;
		raise(steps[i].signal);
	}
	_exit(interrupt_seen() ? stops : 100);
}

static int status_after(const struct step *steps, size_t count)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		child(steps, count);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void stops_once(const struct step *steps, size_t count)
{
	int status = status_after(steps, count);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void dies_of(int number, const struct step *steps, size_t count)
{
	int status = status_after(steps, count);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), number);
}

static void test_first(void **state)
{
	(void)state;
	for (int number = SIGHUP; number <= SIGTERM; number++) {
		const struct step one[] = {{number, 1000}};

		if (number == SIGHUP || number == SIGINT || number == SIGTERM)
			stops_once(one, 1);
	}
}

static void test_one_wish(void **state)
{
	const struct step same[] = {{SIGINT, 9900}, {SIGINT, 9901}};
	const struct step other[] = {{SIGINT, 9900}, {SIGTERM, 10400}};
	const struct step hangup[] = {{SIGHUP, 1}, {SIGHUP, 2}, {SIGTERM, 3}};

	(void)state;
	stops_once(same, 2);
	stops_once(other, 2);
	stops_once(hangup, 3);
}

static void test_second(void **state)
{
	const struct step same[] = {{SIGINT, 9900}, {SIGINT, 10401}};
	const struct step other[] = {{SIGHUP, 1}, {SIGTERM, 2}, {SIGTERM, 700}};

	(void)state;
	dies_of(SIGINT, same, 2);
	dies_of(SIGTERM, other, 3);
}

/* Whoever closes the terminal after Ctrl-C still wants the resume file. */
static void test_closed_terminal(void **state)
{
	const struct step later[] = {{SIGINT, 1}, {SIGHUP, 9000}};

	(void)state;
	stops_once(later, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_one_wish),
	    cmocka_unit_test(test_second),
	    cmocka_unit_test(test_closed_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

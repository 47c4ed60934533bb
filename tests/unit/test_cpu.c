// SPDX-License-Identifier: BSD-2-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/cpu.h"

static struct irl_cpu between(double user, double system, double busy,
			      double softirq)
{
	const struct irl_cpu_reading from = {1, 2, 100, 30};
	const struct irl_cpu_reading to = {1 + user, 2 + system, 100 + busy,
					   30 + softirq};
	struct irl_cpu out;

	irl_cpu_between(&from, &to, &out);
	return out;
}

/* Half a second of softirqs, all inside our own 2 busy seconds. */
static void test_inside_is_not_counted_twice(void **state)
{
	struct irl_cpu cpu = between(0.5, 1.5, 2, 0.5);

	(void)state;
	assert_true(cpu.user_s == 0.5 && cpu.system_s == 1.5);
	assert_true(cpu.softirq_s == 0);
}

/* The same half second on a core where nothing of ours ran. */
static void test_outside_is_counted(void **state)
{
	struct irl_cpu cpu = between(0.5, 1.5, 2.5, 0.5);

	(void)state;
	assert_true(cpu.softirq_s == 0.5);
}

/* Other processes were busy too: never more than all softirqs. */
static void test_bounded_by_softirq(void **state)
{
	struct irl_cpu cpu = between(0.5, 0.5, 50, 0.25);

	(void)state;
	assert_true(cpu.softirq_s == 0.25);
}

/* /proc/stat is coarse: busy may seem less than what we used. */
static void test_never_negative(void **state)
{
	struct irl_cpu cpu = between(0.5, 0.5, 0.9, 0.1);

	(void)state;
	assert_true(cpu.softirq_s == 0);
}

/* Of a machine that has been up for months; what is less than /proc/stat can
 * tell is no time. */
static void test_whole_ticks(void **state)
{
	const struct irl_cpu_reading from = {0, 0, 9000000.10, 3000000.03};
	const struct irl_cpu_reading to = {0.5, 0, 9000002.60, 3000000.10};
	struct irl_cpu cpu;

	(void)state;
	irl_cpu_between(&from, &to, &cpu);
	assert_true(cpu.softirq_s == 0.07);
	assert_true(between(0.1, 0.7, 0.80001, 0.5).softirq_s == 0);
}

static void test_own_work_is_seen(void **state)
{
	struct irl_cpu_reading from, to;
	struct irl_cpu cpu;
	volatile unsigned x = 0;

	(void)state;
	irl_cpu_read(&from);
	do {
		for (int i = 0; i < 1000000; i++)
			x = x * 3 + 1;
		irl_cpu_read(&to);
		irl_cpu_between(&from, &to, &cpu);
	} while (cpu.user_s < 0.05); /* ends because work is counted */
	assert_true(to.busy_s > 0);
}

/* Seconds of all cores as proc(5) has them: busy, and of these softirqs. */
static double read_stat(double *softirq)
{
	const double hz = (double)sysconf(_SC_CLK_TCK);
	double column[8];
	FILE *file = fopen("/proc/stat", "re");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf",
				&column[0], &column[1], &column[2], &column[3],
				&column[4], &column[5], &column[6]),
			 7);
	fclose(file);
	*softirq = column[6] / hz;
	return (column[0] + column[1] + column[2] + column[5] + column[6]) / hz;
}

/* Idle and waiting are no work; interrupts and softirqs are. */
static void test_all_work_is_busy(void **state)
{
	double softirq[2], busy = read_stat(&softirq[0]);
	struct irl_cpu_reading now;

	(void)state;
	irl_cpu_read(&now);
	assert_true(busy <= now.busy_s && softirq[0] <= now.softirq_s);
	busy = read_stat(&softirq[1]);
	assert_true(now.busy_s <= busy && now.softirq_s <= softirq[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inside_is_not_counted_twice),
	    cmocka_unit_test(test_outside_is_counted),
	    cmocka_unit_test(test_bounded_by_softirq),
	    cmocka_unit_test(test_never_negative),
	    cmocka_unit_test(test_whole_ticks),
	    cmocka_unit_test(test_own_work_is_seen),
	    cmocka_unit_test(test_all_work_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What our unit tests use of cmocka, by the same names, for systems that have
 * no cmocka packaged.  On Linux the tests are built with cmocka itself, which
 * keeps this honest.  The first failure ends a test, not the program.
 */
#ifndef IRL_TESTS_SHIM_CMOCKA_H
#define IRL_TESTS_SHIM_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <irl/error.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

#define cmocka_unit_test(f)                                                    \
	{                                                                      \
#f, f, NULL, NULL                                              \
	}
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                    \
	{                                                                      \
#f, f, setup, teardown                                         \
	}

enum shim_end { SHIM_RAN, SHIM_FAILED, SHIM_SKIPPED };

static jmp_buf shim_end_of_test;
static int shim_runs; /* a test */

__attribute__((noreturn)) static inline void shim_end(enum shim_end how)
{
	fflush(NULL);
	if (!shim_runs)
		exit(-1);
	longjmp(shim_end_of_test, how);
}

__attribute__((noreturn)) static inline IRL_PRINTF(3, 4) void shim_fail(
    const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "[  ERROR   ] %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	shim_end(SHIM_FAILED);
}

#define fail_msg(...) shim_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail() fail_msg("failed")
#define skip() shim_end(SHIM_SKIPPED)
#define print_message printf
#define print_error(...) fprintf(stderr, __VA_ARGS__)
#define test_calloc calloc
#define test_free free

static inline void shim_true(int holds, const char *what, const char *file,
			     int line)
{
	if (!holds)
		shim_fail(file, line, "%s", what);
}

static inline void shim_equal(uintmax_t a, uintmax_t b, int wanted,
			      const char *file, int line)
{
	if ((a == b) != wanted)
		shim_fail(file, line, "0x%llx %s 0x%llx", (unsigned long long)a,
			  wanted ? "!=" : "==", (unsigned long long)b);
}

static inline void shim_range(uintmax_t value, uintmax_t min, uintmax_t max,
			      const char *file, int line)
{
	if (value < min || value > max)
		shim_fail(file, line, "%llu is not within %llu-%llu",
			  (unsigned long long)value, (unsigned long long)min,
			  (unsigned long long)max);
}

static inline void shim_string(const char *a, const char *b, const char *file,
			       int line)
{
	if (strcmp(a, b))
		shim_fail(file, line, "\"%s\" != \"%s\"", a, b);
}

static inline void shim_memory(const void *a, const void *b, size_t n,
			       const char *file, int line)
{
	const unsigned char *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			shim_fail(file, line, "byte %zu: 0x%02x != 0x%02x", i,
				  x[i], y[i]);
}

#define assert_true(x) shim_true(!!(x), #x, __FILE__, __LINE__)
#define assert_false(x) shim_true(!(x), "!(" #x ")", __FILE__, __LINE__)
#define assert_non_null(x) shim_true((x) != NULL, #x, __FILE__, __LINE__)
#define assert_null(x) shim_true((x) == NULL, "!(" #x ")", __FILE__, __LINE__)
#define assert_ptr_equal(a, b)                                                 \
	shim_equal((uintptr_t)(a), (uintptr_t)(b), 1, __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                 \
	shim_equal((uintmax_t)(a), (uintmax_t)(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                             \
	shim_equal((uintmax_t)(a), (uintmax_t)(b), 0, __FILE__, __LINE__)
#define assert_in_range(x, min, max)                                           \
	shim_range((uintmax_t)(x), (uintmax_t)(min), (uintmax_t)(max),         \
		   __FILE__, __LINE__)
#define assert_string_equal(a, b)                                              \
	shim_string((const char *)(a), (const char *)(b), __FILE__, __LINE__)
#define assert_memory_equal(a, b, n) shim_memory(a, b, n, __FILE__, __LINE__)

static inline enum shim_end shim_run(const struct CMUnitTest *test, void *state)
{
	enum shim_end end = (enum shim_end)setjmp(shim_end_of_test);

	shim_runs = end == SHIM_RAN;
	if (end == SHIM_RAN) {
		if (test->setup && test->setup(&state))
			return SHIM_FAILED;
		test->test(&state);
	}
	shim_runs = 0;
	if (test->teardown)
		test->teardown(&state);
	return end;
}

static inline int shim_run_all(const struct CMUnitTest tests[], size_t count,
			       int (*setup)(void **), int (*teardown)(void **))
{
	static const char *const ends[] = {"OK", "FAILED", "SKIPPED"};
	void *state = NULL;
	int failed = 0;

	if (setup && setup(&state))
		return 1;
	for (size_t i = 0; i < count; i++) {
		enum shim_end end = shim_run(&tests[i], state);

		printf("[%9s ] %s\n", ends[end], tests[i].name);
		failed += end == SHIM_FAILED;
	}
	if (teardown && teardown(&state))
		failed++;
	printf("%d of %zu failed\n", failed, count);
	return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown)                         \
	shim_run_all(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

#endif

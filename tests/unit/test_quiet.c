// SPDX-License-Identifier: BSD-2-Clause
/* libbpf's print function is given back as it was found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <bpf/libbpf.h>
#include "base/quiet.h"

#define THREADS 4
#define TURNS 2000

static unsigned printed;

static int users(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	printed++;
	return 0;
}

/* Something that libbpf has a word for. */
static void fail_aloud(void)
{
	assert_null(bpf_object__open_file("/nonexistent", NULL));
}

static void silent_in_between(void **state)
{
	(void)state;
	libbpf_set_print(users);
	fail_aloud();
	assert_true(printed > 0);
	printed = 0;
	irl_quiet_begin();
	fail_aloud();
	irl_quiet_begin();
	irl_quiet_end();
	fail_aloud();
	assert_int_equal(printed, 0);
	irl_quiet_end();
	fail_aloud();
	assert_true(printed > 0);
}

static void *take_turns(void *unused)
{
	for (int i = 0; i < TURNS; i++) {
		irl_quiet_begin();
		irl_quiet_end();
	}
	return unused;
}

static void given_back_to_the_user(void **state)
{
	pthread_t thread[THREADS];

	(void)state;
	libbpf_set_print(users);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
		    pthread_create(&thread[i], NULL, take_turns, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_ptr_equal(libbpf_set_print(NULL), users);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(silent_in_between),
	    cmocka_unit_test(given_back_to_the_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

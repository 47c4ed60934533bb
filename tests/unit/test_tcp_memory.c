// SPDX-License-Identifier: BSD-2-Clause
/* A stack for which there is no memory. */
#include "base/memory.h"
#include "tcp_check.h"
#include "tcp_peer.h"

void *__wrap_irl_memory_take(size_t bytes);

void *__wrap_irl_memory_take(size_t bytes)
{
	(void)bytes;
	return NULL;
}

/* It is told for as many as were to be had, asked for or by default. */
static void test_no_memory(void **state)
{
	const struct irl_tcp_local local = {irl_ip4(NEAR), 1024, 65535};
	struct irl_tcp_stack_options o = {.locals = &local, .local_count = 1};
	struct irl_tcp_stack *stack = (void *)&o;
	struct irl_error err;

	(void)state;
	assert_int_equal(irl_tcp_new(&stack, &o, &err), -IRL_ENOMEM);
	assert_null(stack);
	assert_int_equal(err.code, IRL_ENOMEM);
	assert_non_null(strstr(err.text, "65536 TCP connections"));
	o.connections = 1000;
	assert_int_equal(irl_tcp_new(&stack, &o, &err), -IRL_ENOMEM);
	assert_non_null(strstr(err.text, "1000 TCP connections"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

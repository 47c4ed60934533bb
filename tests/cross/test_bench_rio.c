// SPDX-License-Identifier: BSD-2-Clause
/*
 * The contender "rio" over a table of functions that this test has in place of
 * Winsock's: each datagram lies in registered memory, a batch is begun by its
 * last send, every completion is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <winsock2.h>
#include <ws2tcpip.h>
#include "bench/peer_windows.h"
#include "bench/rio_windows.h"
#include "bench/senders_windows.h"

#define NEAR_ADDR 0x7f000001u
#define RANGE_FIRST 0x0a400000u
#define RANGE_COUNT (1u << 22)
#define BATCH 64u
#define SENDS_MAX 4096u

static struct {
	bool absent;
	char *memory;
	DWORD bytes;
	unsigned deferred, begun, taken, in_queue;
	unsigned fails_from; /* completions from this one on say so */
	uint32_t number[SENDS_MAX], address[SENDS_MAX];
	unsigned cqs, rqs;
} here;

static const uint8_t *registered(const struct rio_buffer *b, ULONG least)
{
	assert_ptr_equal((void *)b->id, (void *)(uintptr_t)7);
	assert_true(b->length >= least);
	assert_true(b->offset + b->length <= here.bytes);
	return (const uint8_t *)here.memory + b->offset;
}

static BOOL note(const struct rio_buffer *data, uint32_t address, DWORD flags)
{
	const uint8_t *d = registered(data, BENCH_DATAGRAM_MIN);
	unsigned n = here.begun + here.deferred;

	assert_memory_equal(d, BENCH_DATAGRAM_MARK, BENCH_DATAGRAM_MARK_BYTES);
	assert_true(n - here.taken < here.in_queue); /* room was asked for */
	here.number[n % SENDS_MAX] = bench_get32(d + BENCH_DATAGRAM_MARK_BYTES);
	here.address[n % SENDS_MAX] = address;
	here.deferred++;
	if (!(flags & RIO_DEFER)) {
		here.begun += here.deferred;
		here.deferred = 0;
	}
	return TRUE;
}

static BOOL WINAPI send_ex(rio_rq rq, struct rio_buffer *data, ULONG count,
			   struct rio_buffer *local, struct rio_buffer *remote,
			   struct rio_buffer *control, struct rio_buffer *flags,
			   DWORD how, void *context)
{
	const SOCKADDR_INET *to =
	    (const void *)registered(remote, sizeof(SOCKADDR_INET));

	(void)rq;
	(void)context;
	assert_true(count == 1 && !local && !control && !flags);
	assert_int_equal(to->Ipv4.sin_family, AF_INET);
	assert_int_equal(ntohs(to->Ipv4.sin_port), BENCH_FAR_GOAL);
	return note(data, ntohl(to->Ipv4.sin_addr.s_addr), how);
}

static BOOL WINAPI send_connected(rio_rq rq, struct rio_buffer *data,
				  ULONG count, DWORD how, void *context)
{
	(void)rq;
	(void)context;
	assert_int_equal(count, 1);
	return note(data, 0, how);
}

static rio_cq WINAPI create_cq(DWORD size, void *notification)
{
	(void)notification;
	here.in_queue = size;
	here.cqs++;
	return (rio_cq)(uintptr_t)3;
}

static void WINAPI close_cq(rio_cq cq)
{
	assert_ptr_equal((void *)cq, (void *)(uintptr_t)3);
	here.cqs--;
}

static rio_rq WINAPI create_rq(SOCKET socket, ULONG receives,
			       ULONG receive_buffers, ULONG sends,
			       ULONG send_buffers, rio_cq receive, rio_cq send,
			       void *context)
{
	(void)socket;
	(void)receives;
	(void)receive_buffers;
	(void)context;
	assert_true(receive && send && send_buffers == 1 &&
		    sends <= here.in_queue);
	here.rqs++;
	return (rio_rq)(uintptr_t)5;
}

static rio_id WINAPI register_buffer(char *memory, DWORD bytes)
{
	here.memory = memory;
	here.bytes = bytes;
	return (rio_id)(uintptr_t)7;
}

static void WINAPI deregister(rio_id id)
{
	(void)id;
	here.memory = NULL;
}

/* Few at a time, only what was begun. */
static ULONG WINAPI dequeue(rio_cq cq, struct rio_result *result, ULONG most)
{
	ULONG n = 0;

	(void)cq;
	for (; n < most && n < 5 && here.taken < here.begun; n++)
		result[n] = (struct rio_result){
		    .status = ++here.taken >= here.fails_from ? 55 : 0};
	return n;
}

bool bench_rio_load(SOCKET socket, struct rio_table *out)
{
	(void)socket;
	*out = (struct rio_table){
	    .size = sizeof(*out),
	    .send = send_connected,
	    .send_ex = send_ex,
	    .create_cq = create_cq,
	    .close_cq = close_cq,
	    .create_rq = create_rq,
	    .register_buffer = register_buffer,
	    .deregister = deregister,
	    .dequeue = dequeue,
	};
	return !here.absent;
}

static const struct bench_peer peer = {
    .near_addr = NEAR_ADDR,
    .far_addr = NEAR_ADDR,
    .range = {RANGE_FIRST, RANGE_COUNT},
    .routed = true,
};

static void begin(void)
{
	WSADATA data;

	memset(&here, 0, sizeof(here));
	here.fails_from = ~0u;
	assert_int_equal(WSAStartup(MAKEWORD(2, 2), &data), 0);
}

static void *opened(const struct bench_sender *sender)
{
	const struct bench_sender_options options = {
	    .peer = &peer, .batch = BATCH, .length = 60};
	struct irl_error err = {0};
	void *s;
	int r;

	begin();
	r = sender->open(&s, &options, &err);

	if (r)
		print_message("%s\n", err.text);
	assert_int_equal(r, 0);
	return s;
}

static void test_unique(void **state)
{
	void *s = opened(&bench_rio);

	(void)state;
	for (unsigned i = 1; i <= 10; i++) {
		assert_int_equal(bench_rio.send(s), BATCH);
		assert_int_equal(here.begun, i * BATCH);
		assert_int_equal(here.taken, here.begun);
	}
	for (unsigned i = 0; i < here.begun; i++) {
		assert_int_equal(here.number[i], i);
		assert_int_equal(here.address[i],
				 bench_range_address(&peer.range, i));
	}
	bench_rio.close(s);
	assert_null(here.memory);
	assert_int_equal(here.cqs, 0);
}

static void test_one(void **state)
{
	void *s = opened(&bench_rio_one);

	(void)state;
	assert_int_equal(bench_rio_one.send(s), BATCH);
	assert_int_equal(here.address[3], 0);
	bench_rio_one.close(s);
}

/* What Windows did not send is not accepted. */
static void test_failing(void **state)
{
	void *s = opened(&bench_rio);

	(void)state;
	here.fails_from = 11;
	assert_int_equal(bench_rio.send(s), 10);
	bench_rio.close(s);
}

static void test_absent(void **state)
{
	const struct bench_sender_options options = {
	    .peer = &peer, .batch = BATCH, .length = 60};
	struct irl_error err;
	void *s;

	(void)state;
	begin();
	here.absent = true;
	assert_int_equal(bench_rio.open(&s, &options, &err), -IRL_ENOTSUP);
	assert_null(s);
}

/* Without a route to the range it would go astray. */
static void test_no_route(void **state)
{
	struct bench_peer lost = peer;
	const struct bench_sender_options options = {
	    .peer = &lost, .batch = BATCH, .length = 60};
	struct irl_error err;
	void *s;

	(void)state;
	lost.routed = false;
	assert_int_equal(bench_rio.open(&s, &options, &err), -IRL_ENOTSUP);
	assert_non_null(strstr(err.text, "New-NetRoute -DestinationPrefix "
					 "10.64.0.0/10"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unique),   cmocka_unit_test(test_one),
	    cmocka_unit_test(test_failing),  cmocka_unit_test(test_absent),
	    cmocka_unit_test(test_no_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

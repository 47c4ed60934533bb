/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The drivers on a machine of several processors: programs that write, read,
 * cancel, close and die; an adapter that pauses, is unbound, loses its link;
 * both drivers unloaded under load.  For ThreadSanitizer and AddressSanitizer.
 */
#include "lab.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define FRAMES 8

struct play {
	struct lab lab;
	int stop, over;
	uint64_t written, refused, called_back, read, cancelled, opened, events;
	uint64_t steered;
};

static bool going(struct play *play)
{
	return !__atomic_load_n(&play->stop, __ATOMIC_RELAXED);
}

static void count(uint64_t *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static struct nt_file *open_any(struct play *play, bool zero_copy)
{
	struct irl_win_bind bind = lab_bind(0, 4, FRAMES, zero_copy);
	NTSTATUS status;
	struct nt_file *file = lab_open(&bind, &status);

	if (file)
		count(&play->opened);
	return file;
}

static void pause_us(unsigned us)
{
	struct timespec time = {.tv_nsec = (long)us * 1000};

	nanosleep(&time, NULL);
}

/* Several writes at once; what came is what went, or it was refused. */
static void write_some(struct play *play, struct nt_file *file)
{
	struct nt_request *requests[6];
	size_t size;
	uint8_t *buffer = lab_batch(FRAMES, 100, &size);

	for (unsigned i = 0; i < 6; i++)
		requests[i] = nt_write(file, buffer, size);
	for (unsigned i = 3; i < 6; i++)
		nt_cancel(requests[i]);
	for (unsigned i = 0; i < 6; i++) {
		NTSTATUS status = nt_finish(requests[i], NULL);

		count(status == STATUS_CANCELLED ? &play->called_back
		      : status                   ? &play->refused
						 : &play->written);
	}
	free(buffer);
}

static void *writer(void *context)
{
	struct play *play = context;
	unsigned turn = 0;

	while (going(play)) {
		struct nt_file *file = open_any(play, turn++ & 1);

		if (!file) {
			pause_us(50);
			continue;
		}
		for (unsigned i = 0; i < 20 && going(play); i++)
			write_some(play, file);
		nt_close(file);
	}
	return NULL;
}

static void read_some(struct play *play, struct nt_file *file, uint8_t *buffers)
{
	struct nt_request *requests[4];

	for (unsigned i = 0; i < 4; i++)
		requests[i] = nt_read(file, buffers + 512 * i, 512);
	pause_us(20);
	for (unsigned i = 0; i < 4; i += 2)
		nt_cancel(requests[i]);
	lab_count(file);
	nt_cancel(requests[1]);
	nt_cancel(requests[3]);
	for (unsigned i = 0; i < 4; i++)
		count(nt_finish(requests[i], NULL) ? &play->cancelled
						   : &play->read);
}

static void *reader(void *context)
{
	struct play *play = context;
	struct irl_win_receive receive = {
	    .head = {IRL_WIN_VERSION, sizeof(receive)},
	    .batch = 3,
	    .delay_us = 30};
	uint8_t *buffers = malloc(4 * 512);

	while (going(play)) {
		struct nt_file *file = open_any(play, false);

		if (!file) {
			pause_us(50);
			continue;
		}
		lab_steer(file, 0, 1);
		lab_control(file, IRL_WIN_RECEIVE, &receive, sizeof(receive),
			    NULL, 0);
		for (unsigned i = 0; i < 10 && going(play); i++)
			read_some(play, file, buffers);
		nt_close(file);
	}
	free(buffers);
	return NULL;
}

/* A process that dies with all it asked for pending. */
static void *victim(void *context)
{
	struct play *play = context;
	size_t size;
	uint8_t *buffer = lab_batch(FRAMES, 60, &size);
	uint8_t *in = malloc(512);

	while (going(play)) {
		struct nt_file *file = open_any(play, true);

		if (!file) {
			pause_us(50);
			continue;
		}
		lab_steer(file, 1, 2);
		for (unsigned i = 0; i < 3; i++) {
			nt_write(file, buffer, size);
			nt_read(file, in, 512);
		}
		nt_kill(file);
	}
	free(buffer);
	free(in);
	return NULL;
}

/* Own IPv6 addresses: each change asks the adapter for other frames. */
static void *steerer(void *context)
{
	struct play *play = context;
	struct irl_win_steer steer = {
	    .head = {IRL_WIN_VERSION, sizeof(steer)},
	    .queues = 1,
	    .rule = {.own6 = {{{{0x20, 1, 0xd, 0xb8}}, 32}}}};

	while (going(play)) {
		struct nt_file *file = open_any(play, false);

		for (unsigned i = 0; file && i < 20 && going(play); i++) {
			steer.rule.own6_count = !(i & 1);
			if (!lab_control(file, IRL_WIN_STEER, &steer,
					 sizeof(steer), NULL, 0))
				count(&play->steered);
		}
		if (file)
			nt_close(file);
		pause_us(10);
	}
	return NULL;
}

static void *wire(void *context)
{
	struct play *play = context;
	uint8_t bytes[4][60];
	struct nd_frame frames[4];
	unsigned turn = 0;

	for (unsigned i = 0; i < 4; i++) {
		lab_udp(bytes[i], i & 1 ? 0x0a000001 : 0xc6120001,
			(uint16_t)(i * 20000));
		frames[i] = (struct nd_frame){
		    .bytes = bytes[i], .length = 60, .split = i * 15};
	}
	while (going(play)) {
		nd_receive(play->lab.nic[0].adapter, frames, 4,
			   turn++ & 1 ? ND_RESOURCES : 0);
		pause_us(5);
	}
	return NULL;
}

static void *events(void *context)
{
	struct play *play = context;
	struct nd_adapter *adapter = play->lab.nic[0].adapter;
	static const enum nd_complete modes[] = {ND_AT_ONCE, ND_LATER,
						 ND_QUEUED};

	for (unsigned turn = 0; going(play); turn++) {
		nd_complete_mode(adapter, modes[turn / 3 % 3]);
		nd_cancel_later(adapter, turn & 2);
		nd_checksums(adapter, turn & 1);
		nd_complete_singly(adapter, turn & 4);
		nd_fail_sends(adapter, turn & 8 ? (int)0xc000009a : 0);
		switch (turn % 4) {
		case 0:
			nd_pause(adapter);
			pause_us(30);
			nd_restart(adapter);
			break;
		case 1:
			nd_link(adapter, turn & 16);
			break;
		case 2:
			nd_unbind(adapter);
			pause_us(30);
			nd_bind(adapter);
			break;
		default:
			nd_host_keeps(adapter, true);
			pause_us(30);
			nd_host_keeps(adapter, false);
		}
		nd_link(adapter, true);
		count(&play->events);
		pause_us(300);
	}
	return NULL;
}

/* Sends what is queued, until nobody waits for it any more. */
static void *hardware(void *context)
{
	struct play *play = context;

	for (unsigned turn = 0; !__atomic_load_n(&play->over, __ATOMIC_RELAXED);
	     turn++) {
		nd_release(play->lab.nic[0].adapter, 2, turn & 1);
		pause_us(20);
	}
	return NULL;
}

static void *unloader(void *context)
{
	struct play *play = context;

	while (going(play)) {
		pause_us(2000);
		nt_unload(play->lab.filter);
		while (lab_load_filter(&play->lab) < 0)
			;
		count(&play->events);
	}
	return NULL;
}

typedef void *part(void *);

static void run(struct play *play, part *const parts[], unsigned count_,
		unsigned ms)
{
	pthread_t threads[8], last;

	lab_up(&play->lab, LAB_RUNS | LAB_CHECKSUMS);
	pthread_create(&last, NULL, hardware, play);
	for (unsigned i = 0; i < count_; i++)
		pthread_create(&threads[i], NULL, parts[i], play);
	for (unsigned i = 0; i < ms; i++)
		pause_us(999);
	__atomic_store_n(&play->stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < count_; i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&play->over, 1, __ATOMIC_RELAXED);
	pthread_join(last, NULL);
	lab_down(&play->lab);
}

static void test_load_and_events(void **state)
{
	static part *const parts[] = {writer, writer, reader, reader,
				      victim, wire,   events};
	struct play play = {0};

	(void)state;
	run(&play, parts, RTL_NUMBER_OF(parts), 1500);
	assert_true(play.written && play.opened && play.cancelled &&
		    play.events);
	assert_true(play.read && play.called_back);
}

static void test_unload_filter(void **state)
{
	static part *const parts[] = {writer, reader, victim, wire, unloader};
	struct play play = {0};

	(void)state;
	run(&play, parts, RTL_NUMBER_OF(parts), 1000);
	assert_true(play.written && play.cancelled && play.events);
}

/* The protocol goes while others have it open, and comes back. */
static void test_unload_protocol(void **state)
{
	static part *const parts[] = {writer, reader, victim, wire};
	struct play play = {0};
	pthread_t threads[4];

	(void)state;
	lab_up(&play.lab, LAB_RUNS);
	for (unsigned i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, parts[i], &play);
	for (unsigned i = 0; i < 20; i++) {
		pause_us(20000);
		nt_unload(play.lab.protocol);
		assert_int_equal(lab_load_protocol(&play.lab), STATUS_SUCCESS);
	}
	pause_us(20000);
	__atomic_store_n(&play.stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	lab_down(&play.lab);
	assert_true(play.written && play.opened > 20);
}

static void receive_some(struct play *play)
{
	uint8_t bytes[60];
	struct nd_frame frame = {.bytes = bytes, .length = 60};

	lab_udp(bytes, 0xc6120001, 9);
	for (unsigned i = 0; i < 50; i++) {
		nd_receive(play->lab.nic[0].adapter, &frame, 1, 0);
		pause_us(20);
	}
}

/* The card is pulled out, or taken away, and put in again. */
static void test_remove(void **state)
{
	static part *const parts[] = {writer, writer, reader, victim, steerer};
	const unsigned flags = LAB_RUNS | LAB_PEND;
	struct play play = {0};
	pthread_t threads[5];

	(void)state;
	lab_up(&play.lab, flags | LAB_TWO);
	for (unsigned i = 0; i < 5; i++)
		pthread_create(&threads[i], NULL, parts[i], &play);
	for (unsigned i = 0; i < 60; i++) {
		nd_complete_mode(play.lab.nic[0].adapter,
				 i & 2 ? ND_LATER : ND_AT_ONCE);
		receive_some(&play);
		nd_remove(play.lab.nic[0].adapter, i & 1);
		pause_us(500);
		lab_plug(&play.lab, 0, flags);
	}
	__atomic_store_n(&play.stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 5; i++)
		pthread_join(threads[i], NULL);
	lab_down(&play.lab);
	assert_true(play.written && play.opened > 60 && play.steered);
}

#if defined(__SANITIZE_THREAD__)
#define IRL_RACES_ARE_ERRORS
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IRL_RACES_ARE_ERRORS
#endif
#endif

#ifndef IRL_RACES_ARE_ERRORS
/* Headers that change while the driver reads them: a frame is as long as the
 * header said when it was looked at, or the whole buffer is refused. */
static void *liar(void *context)
{
	struct irl_win_frame *frame = ((void **)context)[0];
	int *stop = ((void **)context)[1];
	volatile uint32_t *length = &frame->length;
	uint32_t value = 1;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		value = value * 1103515245 + 12345;
		*length = value & 1 ? 60 : value & 2 ? 0xffffffff : value >> 20;
	}
	return NULL;
}

static void test_changing(void **state)
{
	unsigned sent = 0, refused = 0;
	void *context[2];
	struct play play = {0};
	struct nt_file *file;
	pthread_t thread;
	uint8_t *buffer;
	size_t size;

	(void)state;
	lab_up(&play.lab, LAB_RUNS);
	buffer = lab_batch(3, 60, &size);
	context[0] = buffer + irl_win_space(60);
	context[1] = &play.stop;
	pthread_create(&thread, NULL, liar, context);
	for (unsigned round = 0; round < 2; round++) {
		file = open_any(&play, round);
		/* The liar may not run for long on a busy machine. */
		for (unsigned i = 0; i < 10000 || !sent || !refused; i++)
			if (nt_finish(nt_write(file, buffer, size), NULL))
				refused++;
			else
				sent++;
		nt_close(file);
	}
	play.stop = 1;
	pthread_join(thread, NULL);
	free(buffer);
	assert_true(sent && refused);
	assert_in_range(play.lab.nic[0].frames, sent, 3ull * sent);
	lab_down(&play.lab);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_load_and_events),
	    cmocka_unit_test(test_unload_filter),
	    cmocka_unit_test(test_unload_protocol),
	    cmocka_unit_test(test_remove),
#ifndef IRL_RACES_ARE_ERRORS
	    cmocka_unit_test(test_changing),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

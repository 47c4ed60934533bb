/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of handles, of adapters and of the drivers themselves. */
#include "scenarios.h"

#include <stdlib.h>

/* -- handles and processes -- */
void test_cancel(void **state)
{
	struct nt_request *reads[5];
	uint8_t buffer[5][64] __attribute__((aligned(8)));
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < 5; i++)
		reads[i] = nt_read(file, buffer[i], 64);
	nt_cancel(reads[2]);
	nt_cancel(reads[2]);
	nt_cancel(reads[4]);
	nt_cancel(reads[0]);
	for (unsigned i = 0; i < 5; i += 2)
		assert_int_equal(nt_finish(reads[i], NULL), STATUS_CANCELLED);
	assert_false(nt_done(reads[1]));
	nt_cleanup(file);
	for (unsigned i = 1; i < 5; i += 2)
		assert_int_equal(nt_finish(reads[i], NULL), STATUS_CANCELLED);
	scene_down(&lab, file);
}

void test_too_many_reads(void **state)
{
	static uint8_t buffer[64] __attribute__((aligned(8)));
	struct nt_request *read;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	file = scene_up(&lab, 0, 1, 1, false);
	for (unsigned i = 0; i < IRL_WIN_REQUESTS_MAX; i++)
		assert_false(nt_done(nt_read(file, buffer, sizeof(buffer))));
	read = nt_read(file, buffer, sizeof(buffer));
	assert_int_equal(nt_finish(read, NULL), STATUS_DEVICE_BUSY);
	nt_kill(file);
	lab_down(&lab);
}

/* Three handles with sends and reads under way, closed or killed in any order,
 * the adapter giving back before, between or after. */
static void closing(unsigned order, unsigned when, bool kill)
{
	static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	static uint8_t in[3][64] __attribute__((aligned(8)));
	struct nt_request *writes[3], *reads[3];
	struct nt_file *file[3];
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	lab_up(&lab, 0);
	buffer = lab_batch(4, 60, &size);
	nd_complete_mode(lab.nic[0].adapter, ND_HELD);
	for (unsigned i = 0; i < 3; i++) {
		file[i] = scene_open(2, 4, true);
		lab_steer(file[i], i, 3);
		writes[i] = nt_write(file[i], buffer, size);
		reads[i] = nt_read(file[i], in[i], sizeof(in[i]));
	}
	for (unsigned i = 0; i < 3; i++) {
		unsigned k = orders[order][i];

		if (when == i)
			nd_release(lab.nic[0].adapter, 3, order & 1);
		if (kill) {
			nt_kill(file[k]);
			continue;
		}
		nt_cleanup(file[k]);
		assert_int_equal(nt_finish(reads[k], NULL), STATUS_CANCELLED);
		assert_int_equal(nt_finish(writes[k], NULL), STATUS_SUCCESS);
		nt_close(file[k]);
	}
	free(buffer);
	lab_down(&lab);
}

void test_closing(void **state)
{
	(void)state;
	for (unsigned order = 0; order < 6; order++)
		for (unsigned when = 0; when < 4; when++) {
			closing(order, when, false);
			closing(order, when, true);
		}
}

/* -- NDIS events -- */
static void not_suspended(void *unused)
{
	(void)unused;
	assert_false(nt_suspendable());
}

void test_pause(void **state)
{
	struct nt_request *write;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	file = scene_up(&lab, LAB_PEND, 2, 4, true);
	buffer = lab_batch(4, 60, &size);
	/* or a program that is being debugged would hold up the next pause */
	nd_before_send(lab.nic[0].adapter, not_suspended, NULL);
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	scene_write_held(&lab, file, buffer, size, &write, 1);
	nd_pause(lab.nic[0].adapter); /* waits for what is held */
	assert_int_equal(nt_finish(write, NULL), STATUS_SUCCESS);
	assert_int_equal(scene_write(file, buffer, size),
			 STATUS_DEVICE_NOT_READY);
	nd_restart(lab.nic[0].adapter);
	nd_complete_mode(lab.nic[0].adapter, ND_AT_ONCE);
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	assert_int_equal(lab_count(file).refused[IRL_WIN_REFUSED_PAUSED], 1);
	nd_link(lab.nic[0].adapter, false);
	nd_fail_sends(lab.nic[0].adapter, (int)0xc023001f);
	assert_int_equal(scene_write(file, buffer, size), STATUS_SUCCESS);
	assert_int_equal(lab_count(file).outcome[IRL_WIN_NO_LINK], 4);
	nd_link(lab.nic[0].adapter, true);
	free(buffer);
	scene_down_balanced(&lab, file);
}

/* Pulled out under load; the handle outlives its adapter. */
static void gone(bool surprise, unsigned flags)
{
	static uint8_t in[64] __attribute__((aligned(8)));
	struct nt_request *write, *read;
	struct nt_file *file;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	file = scene_up(&lab, flags, 2, 4, true);
	buffer = lab_batch(4, 60, &size);
	assert_int_equal(lab_steer(file, 0, 1),
			 flags & LAB_NO_FILTER ? STATUS_OBJECT_NAME_NOT_FOUND
					       : STATUS_SUCCESS);
	scene_write_held(&lab, file, buffer, size, &write, 1);
	read = nt_read(file, in, sizeof(in));
	nd_remove(lab.nic[0].adapter, surprise);
	lab.nic[0].adapter = NULL;
	assert_int_equal(nt_finish(write, NULL), STATUS_SUCCESS);
	assert_int_equal(
	    lab_count(file).outcome[surprise ? IRL_WIN_FAILED : IRL_WIN_SENT],
	    4);
	assert_int_equal(scene_write(file, buffer, size),
			 STATUS_DEVICE_REMOVED);
	/* It ends by itself: nothing can come any more. */
	assert_true(nt_done(read));
	assert_int_equal(nt_finish(read, NULL), STATUS_DEVICE_REMOVED);
	free(buffer);
	scene_down(&lab, file);
}

void test_removal(void **state)
{
	(void)state;
	gone(false, 0);
	gone(true, 0);
	gone(true, LAB_PEND | LAB_TWO);
	gone(true, LAB_NO_FILTER);
}

void test_unbind_bind(void **state)
{
	struct nt_file *old, *new;
	struct lab lab;
	uint8_t *buffer;
	size_t size;

	(void)state;
	lab_up(&lab, LAB_TWO);
	buffer = lab_batch(1, 60, &size);
	old = scene_open(1, 1, false);
	nd_unbind(lab.nic[0].adapter);
	assert_int_equal(scene_write(old, buffer, size), STATUS_DEVICE_REMOVED);
	nd_bind(lab.nic[0].adapter);
	/* Another binding: the old handle stays with what it had. */
	assert_int_equal(scene_write(old, buffer, size), STATUS_DEVICE_REMOVED);
	new = scene_open(1, 1, false);
	assert_int_equal(scene_write(new, buffer, size), STATUS_SUCCESS);
	nt_close(old);
	nt_close(new);
	free(buffer);
	lab_down(&lab);
}

static uint64_t host_frames(struct lab_nic *nic)
{
	struct nd_counters n;

	nd_count(nic->adapter, &n);
	return n.host;
}

/* What was ours of an adapter is so no longer when the binding goes, nor when
 * it comes again: the old handle claims nothing, and gets nothing. */
void test_unbind_steering(void **state)
{
	uint8_t bytes[60], in[128] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nt_file *old, *other, *new, *again;
	struct nd_adapter *adapter;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	for (unsigned pend = 0; pend < 2; pend++) {
		lab_up(&lab, LAB_TWO | (pend ? LAB_PEND : 0));
		adapter = lab.nic[0].adapter;
		old = scene_open(1, 1, false);
		other = scene_open_at(1, 1, 1, false);
		assert_int_equal(lab_steer(old, 0, 1), STATUS_SUCCESS);
		assert_int_equal(lab_steer(other, 0, 1), STATUS_SUCCESS);
		nd_unbind(adapter);
		nd_receive(adapter, &frame, 1, 0);
		assert_int_equal(host_frames(&lab.nic[0]), 1);
		assert_int_equal(lab_steer(old, 0, 1), STATUS_DEVICE_REMOVED);
		nd_bind(adapter);
		assert_int_equal(lab_steer(old, 0, 1), STATUS_DEVICE_REMOVED);
		new = scene_open(1, 1, false);
		assert_int_equal(lab_steer(new, 0, 1), STATUS_SUCCESS);
		nt_close(old);
		nd_receive(adapter, &frame, 1, 0);
		assert_int_equal(host_frames(&lab.nic[0]), 1);
		assert_int_equal(scene_read(new, in, sizeof(in)),
				 irl_win_space(60));
		/* the other adapter's stands */
		again = scene_open_at(1, 1, 1, false);
		assert_int_equal(lab_steer(again, 0, 1),
				 STATUS_SHARING_VIOLATION);
		nt_close(again);
		nd_receive(lab.nic[1].adapter, &frame, 1, 0);
		assert_int_equal(scene_read(other, in, sizeof(in)),
				 irl_win_space(60));
		nt_close(new);
		scene_down(&lab, other);
	}
}

/* The adapter goes while BIND is at work: as if it had gone afterwards. */
void test_unbind_in_bind(void **state)
{
	uint8_t in[64] __attribute__((aligned(8)));
	struct nt_request *read;
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_up(&lab, 0);
	nd_before_pool((void (*)(void *))nd_unbind, lab.nic[0].adapter);
	file = scene_open(1, 1, false);
	read = nt_read(file, in, sizeof(in));
	assert_true(nt_done(read));
	assert_int_equal(nt_finish(read, NULL), STATUS_DEVICE_REMOVED);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_DEVICE_REMOVED);
	scene_down(&lab, file);
}

/* Either driver is unloaded and loaded again beside the other. */
void test_unload(void **state)
{
	uint8_t bytes[60], in[128] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60};
	struct nt_file *file;
	struct lab lab;

	(void)state;
	lab_udp(bytes, 0xc6120001, 9);
	file = scene_up_steered(&lab, LAB_TWO);
	nt_unload(lab.filter);
	lab.filter = NULL;
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(scene_read(file, in, sizeof(in)), 0);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_OBJECT_NAME_NOT_FOUND);
	assert_int_equal(lab_load_filter(&lab), STATUS_SUCCESS);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(scene_read(file, in, sizeof(in)), irl_win_space(60));
	nt_close(file);
	nt_unload(lab.protocol);
	nd_receive(lab.nic[0].adapter, &frame, 1, 0);
	assert_int_equal(lab_load_protocol(&lab), STATUS_SUCCESS);
	file = scene_open(1, 1, false);
	assert_int_equal(lab_steer(file, 0, 1), STATUS_SUCCESS);
	scene_down(&lab, file);
}

/* -- memory that is not there -- */
static void whole_life(struct lab *lab)
{
	struct irl_win_bind bind = lab_bind(0, 2, 3, true);
	static uint8_t bytes[60], in[256] __attribute__((aligned(8)));
	struct nd_frame frame = {.bytes = bytes, .length = 60, .split = 20};
	struct nt_file *file = NULL;
	struct nt_request *request;
	NTSTATUS status;
	uint8_t *buffer;
	size_t size;

	lab_udp(bytes, 0xc6120001, 9);
	if (lab_load_protocol(lab) < 0)
		lab->protocol = NULL;
	if (lab_load_filter(lab) < 0)
		lab->filter = NULL;
	if (lab->protocol)
		file = lab_open(&bind, &status);
	if (file) {
		lab_steer(file, 0, 1);
		buffer = lab_batch(3, 60, &size);
		nt_finish(nt_write(file, buffer, size), NULL);
		lab_control(file, IRL_WIN_SEND, NULL, 0, buffer, size);
		nd_receive(lab->nic[0].adapter, &frame, 1, 0);
		request = nt_read(file, in, sizeof(in));
		nt_cancel(request);
		nt_finish(request, NULL);
		free(buffer);
		nt_close(file);
	}
}

void test_no_memory(void **state)
{
	struct lab lab;
	long nth = 0;
	bool failed;

	(void)state;
	do {
		lab_up(&lab, LAB_NO_DRIVERS | (nth & 1 ? LAB_PEND : 0));
		nt_fail_at(nth++);
		whole_life(&lab);
		failed = nt_failed();
		nt_fail_at(-1);
		lab_down(&lab);
	} while (failed);
	assert_true(nth > 30);
}
